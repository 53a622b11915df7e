#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What two ranks gain over one process, beside goals that hold on an idle machine of two cores.

    bench/ranks.py PROGRAM [--repeats 3] [--share 1.0] [NAME…]

One thread each. Of what ranks share (circuits, networks) the seconds are those of learning, as the run's own log has
them; of seeds and sweeps those of the whole command, and behind the ratio stands that without what the same command
takes for tasks of a moment: starting, planning and putting together. Efficiency is the ratio for each rank.

What limits it stands beside: the part of the time that went into exchanges, waiting for the other rank included, how
many there were and how long one took; and "side by side", the ratio that two processes reach which have nothing to do
with one another: what is missing from 2 there is what the machine has too little of for two, memory bandwidth above
all. Ranks do better only where halves fit into caches that the whole does not. `--share 0.1` takes a tenth of each, to
try this script. About four minutes.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

FEW = 'name = "yin-yang"\ntrain_samples = {train}\nvalidation_samples = 1\ntest_samples = 1'


def training(model: str, *, train: int, epochs: int, seeds: int = 1, more: str = "", below: str = "") -> str:
    """A model that learns Yin-Yang."""
    return (
        f"[task]\n{FEW.format(train=train)}\n[model]\n{model}\n[training]\nepochs = {epochs}\n{more}\n"
        f"[run]\nseeds = {seeds}\n{below}"
    )


def spiking(share: float) -> str:
    """Three areas of bursting neurons, 13 million plastic synapses."""
    areas = ("v1", "v2", "v4")
    text = '[circuit]\nneurons = "spiking"\nname = "areas"\ndt_ms = 0.1\n'
    text += (
        '[[population]]\nname = "input"\nkind = "poisson"\nsize = 2000\nneuron = {rate_Hz = 20}\n'
        "estimator = {burst_limit_ms = 0.05}\n"
    )
    for area in areas:
        text += (
            f'[[population]]\nname = "{area}"\nkind = "burst_poisson"\nsize = 8192\nestimator = {{alpha_s = 1}}\n'
            "dendrite_current = {constant_pA = 100}\ninitial_voltage_sd_mV = 5\n"
            f'[[background]]\nto = "{area}"\nreceptor = "soma_excitatory"\nrate_Hz = 1500\nweight = 0.07\n'
        )
    for one, other in (("input", "v1"), ("v1", "v2"), ("v2", "v4")):
        text += (
            f'[[projection]]\nfrom = "{one}"\nto = "{other}"\nreceptor = "soma_excitatory"\ntransmits = "events"\n'
            "delay_steps = 0\ndensity = 0.1\nweight = 0.001\nrule = {eta = 0.001, w_max = 2}\n"
        )
    for one, other in (("v2", "v1"), ("v4", "v2")):
        text += (
            f'[[projection]]\nfrom = "{one}"\nto = "{other}"\nreceptor = "dendrite_excitatory"\n'
            'transmits = "bursts"\ndensity = 0.02\nweight = 0.01\n'
        )
    return text + (
        '[training]\nepochs = 1\n[[stage]]\nname = "learn"\nwhen = "epoch"\nwhere = "train"\n'
        'watched = "learning"\n[[stage.phase]]\nname = "learning"\n'
        f"duration_s = {max(0.01, round(share, 3))}\nplastic = true\n"
        '[[stage.measure]]\nquantities = ["event_Hz"]\nof = ["v1", "v2", "v4"]\n'
        "[run]\nseeds = 1\ncheckpoint_every_s = 3600\n"
    )


def rate(share: float) -> str:
    """Error neurons, 19 million synapses, feedback through the transpose."""
    return training(
        'name = "error-neuron-microcircuit"\nlayers = [4, 3072, 3072, 3072, 3]\nactivation = "logistic"\n'
        "weight_range = 0.02\neta = 0.5",
        train=max(1, round(10 * share)),
        epochs=1,
        more="presentation_ms = 0.4\nsettling_ms = 0.4\nalign_every = 0",
    )


def layered(share: float) -> str:
    """Feedback alignment, 2 million weights, batches of 512."""
    return training(
        'name = "feedback-alignment"\nlayers = [4, 1024, 1024, 1024, 3]\nbatch = 512',
        train=2048,
        epochs=max(1, round(12 * share)),
    )


SMALL = 'name = "backpropagation"\nlayers = [4, 120, 3]\nbatch = 20'
SMALL_EPOCHS = 80


def replicas(share: float) -> str:
    """Eight seeds of a network of 4-120-3."""
    return training(SMALL, train=5000, epochs=max(1, round(SMALL_EPOCHS * share)), seeds=8)


def sweep(share: float) -> str:
    """Eight learning rates of the same."""
    rates = "".join(f'[[variant]]\nlabel = "rate {n}"\nmodel.learning_rate = {n}e-3\n' for n in range(1, 9))
    return training(SMALL, train=5000, epochs=max(1, round(SMALL_EPOCHS * share)), below=rates)


COPIED = 1 << 28  # bytes, more than caches hold
COPY = f"""
import sys, time
one, other = bytearray({COPIED}), bytearray({COPIED})
sys.stdin.readline()
begun = time.perf_counter()
for _ in range(8):
    one[:] = other
print(time.perf_counter() - begun)
"""


def copied_per_second(processes: int) -> float:
    """GB/s that so many processes copy together; each byte is read and written."""
    all_of_them = [
        subprocess.Popen([sys.executable, "-c", COPY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(processes)
    ]
    time.sleep(0.5)  # until all have their arrays
    for one in all_of_them:
        one.stdin.write("\n")
        one.stdin.flush()
    return sum(8 * COPIED / 1e9 / float(one.communicate()[0]) for one in all_of_them)


@dataclass
class Run:
    """What one run took, and what it had to say to other ranks."""

    seconds: float
    in_exchanges: float = 0.0  # part of the time
    exchanges: int = 0
    exchange_us: float = 0.0


class Bench:
    """Runs the program in a folder."""

    def __init__(self, program: str, folder: Path) -> None:
        self.program, self.folder = str(Path(program).resolve()), folder
        self.environment = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")

    def command(self, case: "Case", ranks: int, file: Path, out: Path) -> list[str]:
        """What one process is told, or so many of them."""
        one = [self.program, case.word, str(file), "--quiet", "--threads", "1", "--out", str(out)]
        if ranks == 1:
            return one
        if case.word == "compare":
            return [*one, "--on", "local", "--jobs", str(ranks)]
        spread = ["--mpi", "--spread", "circuit" if case.shared else "seeds"]
        return ["mpirun", "-n", str(ranks), "--bind-to", "core", *one, *spread]

    def runs(self, case: "Case", share: float, ranks: int, copies: int = 1) -> list[Run]:
        """So many of them at the same time."""
        file = self.folder / "experiment.toml"
        file.write_text(case.experiment(share))
        outs = [self.folder / f"run-{copy}" for copy in range(copies)]
        for out in outs:
            shutil.rmtree(out, ignore_errors=True)
        begun = time.perf_counter()
        started = [
            subprocess.Popen(
                self.command(case, ranks, file, out),
                env=self.environment,
                text=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
            for out in outs
        ]
        for one in started:
            said = one.communicate()[0]
            if one.returncode != 0:
                sys.exit(f"{' '.join(one.args)}: exit {one.returncode}\n{said}")
        took = time.perf_counter() - begun
        return [self.learning(out) if case.shared else Run(took) for out in outs]

    @staticmethod
    def learning(out: Path) -> Run:
        """What the log of a run says of its learning."""
        log = [json.loads(line) for line in (out / "events.ndjson").read_text().splitlines()]
        seconds = sum(event["seconds"] for event in log if event["event"] == "epoch")
        end = log[-1]
        if "exchanges" not in end:
            return Run(seconds)
        n, exchanging = end["exchanges"], end["exchange_seconds"]
        return Run(seconds, exchanging / end["shared_seconds"], n, 1e6 * exchanging / max(1, n))


@dataclass
class Case:
    """What is timed."""

    experiment: Callable[[float], str]  # of a share of the work
    word: str  # the command
    goal: float | None  # ratio that is aimed at
    shared: bool  # whether ranks share one network: then learning is timed


CASES = {
    "spiking circuit": Case(spiking, "run", 1.8, True),
    "rate circuit": Case(rate, "run", 1.8, True),
    "layered": Case(layered, "run", None, True),
    "replicas (seeds)": Case(replicas, "run", 1.9, False),
    "sweep, local workers": Case(sweep, "compare", 1.9, False),
}


def row(bench: Bench, name: str, share: float, repeats: int) -> str:
    """Of the table."""
    case = CASES[name]
    taken: dict[int, list[Run]] = {1: [], 2: []}
    for _ in range(repeats):  # in turns, so that both meet the same machine
        for ranks, runs in taken.items():
            runs += bench.runs(case, share, ranks)
    one, two = (statistics.median(run.seconds for run in taken[ranks]) for ranks in (1, 2))
    beside = max(run.seconds for run in bench.runs(case, share, 1, copies=2))
    ratio = one / two
    ratio_text = f"{ratio:.2f}"
    if case.shared:
        part = statistics.median(run.in_exchanges for run in taken[2])
        us = statistics.median(run.exchange_us for run in taken[2])
        exchanges = f"{100 * part:.0f} %: {taken[2][0].exchanges} of {us:.1f} µs"
    else:
        moment = [bench.runs(case, 0, ranks)[0].seconds for ranks in (1, 2)]
        beyond = one - moment[0], two - moment[1]
        ratio_text += f" ({beyond[0] / beyond[1]:.2f})" if min(beyond) > 0 else " (-)"
        exchanges = "-"
    goal = case.goal or "-"
    return (
        f"| {name:20} | {one:7.2f} s | {two:5.2f} s | {ratio_text:11} | {100 * ratio / 2:8.0f} % | {goal:>4} "
        f"| {2 * one / beside:12.2f} | {exchanges:22} |"
    )


def processor() -> str:
    """Its name."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor()


def main() -> None:
    """Times what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(f"'{name}'" for name in CASES))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--share", type=float, default=1.0)
    arguments = parser.parse_intermixed_args()
    if unknown := [name for name in arguments.names if name not in CASES]:
        parser.error(f"unknown: {', '.join(unknown)}")
    load = os.getloadavg()[0]
    begun = time.perf_counter()
    print(
        f"{processor()}, {os.cpu_count()} cores, load {load:.1f} before, one thread each, float, median of "
        f"{arguments.repeats}" + ("; NOT IDLE: the goals do not hold" if load > 0.5 else "")
    )
    alone, together = copied_per_second(1), copied_per_second(2)
    print(f"Memory: one process copies {alone:.1f} GB/s, two copy {together:.1f} GB/s together")
    print(
        f"\n| {'what':20} | 1 process | 2 ranks | ratio       | efficiency | goal | side by side | in exchanges"
        f"           |\n| {'-' * 20} | --------: | ------: | ----------- | ---------: | ---: | -----------: "
        f"| {'-' * 22} |"
    )
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(arguments.program, Path(folder))
        for name in arguments.names or CASES:
            print(row(bench, name, arguments.share, arguments.repeats), flush=True)
    print(f"\n{time.perf_counter() - begun:.0f} s in all")


if __name__ == "__main__":
    main()
