#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What two ranks gain over one process, beside goals that hold on an idle machine of two cores.

    bench/ranks.py PROGRAM [--repeats 3] [--share 1.0] [NAME…]

One thread each. Of what ranks share (circuits, networks) the seconds are those of learning, as the run's own log has them; of
seeds and sweeps those of the whole command, and behind the ratio stands that without what the same command takes for tasks of
a moment: starting, planning and putting together. `--share 0.1` takes a tenth of each, to try this script. About four
minutes.
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
from pathlib import Path

FEW = 'name = "yin-yang"\ntrain_samples = {train}\nvalidation_samples = 20\ntest_samples = 20'


def training(model: str, *, train: int, epochs: int, seeds: int = 1, more: str = "", below: str = "") -> str:
    return (f"[task]\n{FEW.format(train=train)}\n[model]\n{model}\n[training]\nepochs = {epochs}\n{more}\n"
            f"[run]\nseeds = {seeds}\n{below}")


def spiking(share: float) -> str:
    """Three areas of bursting neurons, 13 million plastic synapses."""
    areas = ("v1", "v2", "v4")
    text = '[circuit]\nneurons = "spiking"\nname = "areas"\ndt_ms = 0.1\n'
    text += ('[[population]]\nname = "input"\nkind = "poisson"\nsize = 2000\nneuron = {rate_Hz = 20}\n'
             "estimator = {burst_limit_ms = 0.05}\n")
    for area in areas:
        text += (f'[[population]]\nname = "{area}"\nkind = "burst_poisson"\nsize = 8192\nestimator = {{alpha_s = 1}}\n'
                 "dendrite_current = {constant_pA = 100}\ninitial_voltage_sd_mV = 5\n"
                 f'[[background]]\nto = "{area}"\nreceptor = "soma_excitatory"\nrate_Hz = 1500\nweight = 0.07\n')
    for one, other in (("input", "v1"), ("v1", "v2"), ("v2", "v4")):
        text += (f'[[projection]]\nfrom = "{one}"\nto = "{other}"\nreceptor = "soma_excitatory"\ntransmits = "events"\n'
                 "delay_steps = 0\ndensity = 0.1\nweight = 0.001\nrule = {eta = 0.001, w_max = 2}\n")
    for one, other in (("v2", "v1"), ("v4", "v2")):
        text += (f'[[projection]]\nfrom = "{one}"\nto = "{other}"\nreceptor = "dendrite_excitatory"\n'
                 'transmits = "bursts"\ndensity = 0.02\nweight = 0.01\n')
    return text + ('[training]\nepochs = 1\n[[stage]]\nname = "learn"\nwhen = "epoch"\nwhere = "train"\n'
                   'watched = "learning"\n[[stage.phase]]\nname = "learning"\n'
                   f"duration_s = {max(0.01, round(share, 3))}\nplastic = true\n"
                   '[[stage.measure]]\nquantities = ["event_Hz"]\nof = ["v1", "v2", "v4"]\n'
                   "[run]\nseeds = 1\ncheckpoint_every_s = 3600\n")


def rate(share: float) -> str:
    """Error neurons, 19 million synapses, feedback through the transpose."""
    return training('name = "error-neuron-microcircuit"\nlayers = [4, 3072, 3072, 3072, 3]\nactivation = "logistic"\n'
                    "weight_range = 0.02\neta = 0.5", train=max(1, round(10 * share)), epochs=1,
                    more="presentation_ms = 0.4\nsettling_ms = 0.4\nalign_every = 0")


def layered(share: float) -> str:
    """Feedback alignment, 2 million weights, batches of 512."""
    return training('name = "feedback-alignment"\nlayers = [4, 1024, 1024, 1024, 3]\nbatch = 512', train=2048,
                    epochs=max(1, round(25 * share)))


def replicas(share: float) -> str:
    """Eight seeds of a network of 4-120-3."""
    return training('name = "backpropagation"\nlayers = [4, 120, 3]\nbatch = 20', train=5000,
                    epochs=max(1, round(SMALL_EPOCHS * share)), seeds=8)


def sweep(share: float) -> str:
    """Eight learning rates of the same."""
    return training('name = "backpropagation"\nlayers = [4, 120, 3]\nbatch = 20', train=5000,
                    epochs=max(1, round(SMALL_EPOCHS * share)),
                    below="".join(f'[[variant]]\nlabel = "rate {n}"\nmodel.learning_rate = {n}e-3\n' for n in range(1, 9)))


SMALL_EPOCHS = 80
# name: experiment, command, ratio that is aimed at, whether learning is what is timed
CASES = {
    "spiking circuit": (spiking, "run", 1.8, True),
    "rate circuit": (rate, "run", 1.8, True),
    "layered": (layered, "run", None, True),
    "replicas (seeds)": (replicas, "run", 1.9, False),
    "sweep, local workers": (sweep, "compare", 1.9, False),
}


class Bench:
    def __init__(self, program: str, folder: Path) -> None:
        self.program, self.folder = str(Path(program).resolve()), folder
        self.environment = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")

    def command(self, file: Path, word: str, ranks: int, shared: bool, out: Path) -> list[str]:
        one = [self.program, word, str(file), "--quiet", "--threads", "1", "--out", str(out)]
        if ranks == 1:
            return one
        if word == "compare":
            return [*one, "--on", "local", "--jobs", str(ranks)]
        spread = ["--mpi", "--spread", "circuit" if shared else "seeds"]
        return ["mpirun", "-n", str(ranks), "--bind-to", "core", *one, *spread]

    def seconds(self, text: str, word: str, ranks: int, shared: bool) -> tuple[float, float]:
        """What one run takes, and which part of it in exchanges."""
        file, out = self.folder / "experiment.toml", self.folder / "run"
        file.write_text(text)
        shutil.rmtree(out, ignore_errors=True)
        begun = time.perf_counter()
        done = subprocess.run(self.command(file, word, ranks, shared, out), env=self.environment, text=True,
                              capture_output=True)
        took = time.perf_counter() - begun
        if done.returncode != 0:
            sys.exit(f"{' '.join(done.args)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        if not shared:
            return took, 0.0
        log = [json.loads(line) for line in (out / "events.ndjson").read_text().splitlines()]
        end = log[-1]
        return (sum(e["seconds"] for e in log if e["event"] == "epoch"),
                end.get("exchange_seconds", 0.0) / end.get("shared_seconds", 1.0))


def processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(f"'{name}'" for name in CASES))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--share", type=float, default=1.0)
    arguments = parser.parse_intermixed_args()
    if unknown := [name for name in arguments.names if name not in CASES]:
        parser.error(f"unknown: {', '.join(unknown)}")
    load = os.getloadavg()[0]
    print(f"{processor()}, {os.cpu_count()} cores, load {load:.1f} before, one thread each, float, median of "
          f"{arguments.repeats}" + ("; NOT IDLE: the goals do not hold" if load > 0.5 else ""))
    print(f"\n| {'what':22} | 1 process | 2 ranks | ratio | goal | in exchanges |\n"
          f"| {'-' * 22} | --------: | ------: | ----: | ---: | -----------: |")
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(arguments.program, Path(folder))
        for name in arguments.names or CASES:
            experiment, word, goal, shared = CASES[name]
            text = experiment(arguments.share)
            taken: dict[int, list[float]] = {1: [], 2: []}
            parts = []
            for _ in range(arguments.repeats):  # in turns, so that both meet the same machine
                for ranks in taken:
                    seconds, part = bench.seconds(text, word, ranks, shared)
                    taken[ranks].append(seconds)
                    if ranks == 2:
                        parts.append(part)
            one, two = (statistics.median(taken[ranks]) for ranks in (1, 2))
            ratio = f"{one / two:.2f}"
            if not shared:
                moment = [bench.seconds(experiment(0), word, ranks, shared)[0] for ranks in (1, 2)]
                ratio += f" ({(one - moment[0]) / (two - moment[1]):.2f})"
            print(f"| {name:22} | {one:7.2f} s | {two:5.2f} s | {ratio} | {goal or '-'} | "
                  f"{f'{100 * statistics.median(parts):.0f} %' if shared else '-'} |", flush=True)
    print(f"\n{time.perf_counter() - begun:.0f} s in all")


if __name__ == "__main__":
    main()
