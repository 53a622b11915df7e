# SPDX-License-Identifier: Apache-2.0
"""What Python costs, beside goals: importing, a callback, a step of a simulation, a rule that is interpreted, a credit
rule in Python, a step of an environment, two runs at once.

build/python-venv/bin/python bench/python_overheads.py

What is beyond a goal is marked. Goals hold on an idle machine with a core for each thread.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # as many as the engine has for what it is compared with

import numpy as np

import apical as ap


def seconds(f: Callable[[], object], repeats: int = 5) -> float:
    """The shortest of several times: what the machine does besides only adds."""
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        f()
        best = min(best, time.perf_counter() - start)
    return best


@contextmanager
def directories() -> Iterator[Callable[[], Path]]:
    """New directories, all gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        numbers = itertools.count()
        yield lambda: Path(folder) / str(next(numbers))


def line(what: str, measured: str, goal: str, beside: str) -> None:
    """One line of the table."""
    print(f"| {what:<46} | {measured:>12} | {goal:>12} | {beside:<62} |", flush=True)


def row(what: str, measured: float, goal: float, unit: str, beside: str) -> None:
    """A figure and the goal that it should stay below."""
    beyond = "" if measured <= goal else f"; {measured / goal:.1f} x the goal"
    line(what, f"{measured:.3g} {unit}", f"{goal:.3g} {unit}", beside + beyond)


def import_time() -> None:
    """Processor time of a new interpreter, beyond its own start: what others do meanwhile does not count."""

    def start(code: str) -> float:
        best = float("inf")
        for _ in range(7):
            before = os.times()
            subprocess.run([sys.executable, "-c", code], check=True)
            after = os.times()
            used = after.children_user - before.children_user + after.children_system - before.children_system
            best = min(best, used)
        return best

    bare, numpy, apical = start("pass"), start("import numpy"), start("import apical")
    row("import apical", 1000 * (apical - bare), 300, "ms", f"NumPy alone {1000 * (numpy - bare):.0f} ms")


def circuit(hidden: int = 120) -> ap.Experiment:
    """The error-neuron microcircuit on a small Yin-Yang."""
    return ap.Experiment("yin-yang/error-neurons").update({"model.layers": [4, hidden, 3], "training.align_every": 0})


def callback_cost() -> None:
    """From many epochs of next to nothing, with and without a callback."""
    epochs = 2000
    tiny = ap.Experiment(
        {
            "task": {"name": "yin-yang", "train_samples": 4, "validation_samples": 4, "test_samples": 4},
            "model": {"name": "backpropagation", "layers": [4, 3, 3]},
            "training": {"epochs": epochs},
            "run": {"seeds": 1, "checkpoint_every_s": 1000},
        }
    )
    calls: list[ap.EpochEnd] = []
    with directories() as new:

        def run(*callbacks: Callable[[ap.EpochEnd], object]) -> Callable[[], object]:
            return lambda: tiny.run(out=new(), callbacks=callbacks, report=False, threads=1)

        without, with_one = seconds(run(), 3), seconds(run(calls.append), 3)
    row("callback", 1e6 * (with_one - without) / epochs, 100, "µs", "each epoch, what was measured as objects")


def step_cost() -> None:
    """A step of a simulation from Python, beside the engine's own."""
    n = 20_000
    for hidden in (20, 200):
        with ap.Simulation(circuit(hidden)) as sim:
            sim.show([0.1, 0.2, 0.9, 0.8], steps=10)

            def by_hand(sim: ap.Simulation = sim) -> None:
                for _ in range(n):
                    sim.advance()

            def read(sim: ap.Simulation = sim) -> None:
                for _ in range(n):
                    sim["a1.rep.soma"]

            engine = seconds(lambda sim=sim: sim.advance(n), 3) / n  # type: ignore[misc]
            python, reading = seconds(by_hand, 3) / n, seconds(read, 3) / n
        row(
            f"step of Simulation, 4-{hidden}-3",
            1e6 * python,
            1e6 * engine + 1,
            "µs",
            f"engine's own {1e6 * engine:.2f} µs; reading a variable {1e6 * reading:.2f} µs",
        )


def formula_cost() -> None:
    """A rule of a circuit that is interpreted, beside its kernel, and beside weights that stay."""
    inputs, units = 784, 200
    rules = {
        "fixed": None,
        "kernel": ap.rule("eta * (look - a * v) * pre", eta=1e-9),
        "the same": ap.rule("eta * (look - a * v) * max(pre, pre)", eta=1e-9),
        "Oja": ap.rule("eta * (rate * pre - rate^2 * w)", eta=1e-9),
        "tanh": ap.rule("eta * tanh(w * pre) * rate", eta=1e-9),
    }
    assert [r.interpreted for r in rules.values() if r] == [False, True, True, True]
    costs = {}
    for name, rule in rules.items():
        c = ap.Circuit(dt_ms=0.1)
        x = c.input("input", inputs)
        n = c.population("n", units, activation="tanh", leak=0.03, basal=0.1)
        c.connect(x, n.basal, weights=ap.uniform(-0.1, 0.1), rule=rule)
        with ap.Simulation(c) as sim:
            sim.show(np.full(inputs, 0.5), steps=10)

            def learn(sim: ap.Simulation = sim) -> None:
                sim.advance(200, learning=True)

            costs[name] = 1e9 * seconds(learn, 9) / 200 / (inputs * units)
    beyond = {name: cost - costs["fixed"] for name, cost in costs.items()}
    row(
        "interpreted rule, 784-200, double",
        beyond["the same"],
        5 * beyond["kernel"],
        "ns",
        f"per synapse and step beyond fixed weights; its kernel {beyond['kernel']:.2f} ns",
    )
    row("  Oja's", beyond["Oja"], 5 * beyond["kernel"], "ns", f"tanh of each synapse {beyond['tanh']:.2f} ns")


def spiking_formula_cost() -> None:
    """A rule of a spiking projection that is interpreted, beside its kernel: a second of biological time."""
    rules = {
        "kernel": ap.rule("eta * (burst - p * event) * pre", eta=1e-9),
        "the same": ap.rule("eta * (burst - max(p, p) * event) * pre", eta=1e-9),
    }
    assert [r.interpreted for r in rules.values()] == [False, True]
    costs = {}
    for name, rule in rules.items():
        c = ap.SpikingCircuit(dt_ms=0.1)
        low = c.population("low", 1000, kind="burst_poisson", dendrite_current={"constant_pA": 200})
        high = c.population("high", 1000, kind="burst_poisson", dendrite_current={"constant_pA": 200})
        for p in (low, high):
            c.background(p, rate_Hz=1500, weight=0.4)
        c.connect(low, high, transmits="events", delay_steps=0, density=0.1, weight=0.01, rule=rule)
        with ap.SpikingSimulation(c) as sim:
            sim.advance(5000)

            def learn(sim: ap.SpikingSimulation = sim) -> None:
                sim.advance(10_000, learning=True)

            costs[name] = 1000 * seconds(learn)
    row(
        "interpreted spiking rule, 1000-1000, 10^5 synapses",
        costs["the same"],
        1.1 * costs["kernel"],
        "ms",
        f"a second of biological time; its kernel {costs['kernel']:.3g} ms",
    )


@ap.layered_rule
def own_alignment(batch: ap.LayeredBatch) -> list[Any]:
    """Feedback alignment in NumPy."""
    gradients: list[Any] = [None] * batch.depth
    delta = batch.error
    for layer in reversed(range(batch.depth)):
        gradients[layer] = delta.T @ batch.h[layer] / batch.samples, delta.mean(axis=0)
        if layer > 0:
            delta = delta @ batch.feedback[layer - 1] * batch.slope[layer - 1]
    return gradients


def layered_rule_cost() -> None:
    """A batch of feedback alignment in NumPy, beside the built-in rule."""
    rng = np.random.default_rng(1)
    for sizes, batch in (((4, 120, 3), 20), ((784, 256, 10), 64)):
        samples = 200 * batch
        task = ap.Task.arrays(rng.random((samples, sizes[0]), dtype=np.float32), rng.integers(0, sizes[-1], samples))
        with directories() as new:

            def learning(name: Any, task: ap.Task = task, sizes: Any = sizes, batch: int = batch) -> float:
                model = {"name": name, "layers": list(sizes), "batch": batch}
                exp = ap.experiment(task, model, training={"epochs": 5}, seeds=1)
                epochs = (exp.run(out=new(), threads=1, report=False).summary for _ in range(5))
                return min(float(e["seconds_per_epoch"]) for e in epochs) / 200

            python, engine = learning(own_alignment), learning("feedback-alignment")
        row(
            f"batch of {batch} of a rule in Python, {'-'.join(map(str, sizes))}",
            1e6 * python,
            2e6 * engine + 200,
            "µs",
            f"the built-in rule {1e6 * engine:.0f} µs",
        )


class Nothing:
    """An environment that does nothing, so that what is left is the way to it."""

    class Box:
        """Four numbers."""

        shape = (4,)

    class Discrete:
        """Two actions."""

        n = 2

    observation_space, action_space = Box(), Discrete()

    def __init__(self) -> None:
        self.seen, self.info, self.steps = np.zeros(4), {}, 0

    def reset(self, *, seed: int) -> tuple[Any, ...]:
        """The start."""
        self.steps = seed % 1
        return self.seen, self.info

    def step(self, action: int) -> tuple[Any, ...]:
        """One of 500."""
        self.steps += 1
        return self.seen, 1.0, False, self.steps == 500, self.info


def environment_cost() -> None:
    """A step of an environment in Python, beside the whole step of the learner in our own plant."""
    steps = 65_536
    model = {"name": "backpropagation", "layers": [4, 16, 2]}
    training = {"environment_steps": steps}
    none = {"validation_episodes": 1, "test_episodes": 1}
    task = ap.Task.env(Nothing, solved=1e6, **none)  # type: ignore[arg-type]
    ours: dict[str, Any] = {"name": "cart-pole-v1", **none}
    with directories() as new:

        def run(of: ap.Task | dict[str, Any]) -> Callable[[], object]:
            exp = ap.experiment(of, model, training=training, seeds=1)
            return lambda: exp.run(out=new(), threads=1, report=False)

        python, engine = seconds(run(task), 3) / steps, seconds(run(ours), 3) / steps
    row(
        "step of an environment, learning included",
        1e6 * python,
        1e6 * engine + 5,
        "µs",
        f"cart-pole-v1 of the engine {1e6 * engine:.2f} µs",
    )


def two_at_once() -> None:
    """Two runs in two threads against one."""
    exp = circuit().update({"training.epochs": 5, "run.seeds": 1, "record": []})
    with directories() as new:

        def run() -> None:
            exp.run(out=new(), threads=1, report=False)

        def two() -> None:
            threads = [threading.Thread(target=run) for _ in range(2)]
            for t in threads:
                t.start()
            for t in threads:
                t.join()

        one, both = seconds(run, 3), seconds(two, 3)
    row("two runs in two threads", both, 1.15 * one, "s", f"one run {one:.2f} s")


if __name__ == "__main__":
    print(f"Python {sys.version.split()[0]}, NumPy {np.__version__}, apical {ap.__version__} ({ap.revision})")
    line("what", "costs", "goal", "beside")
    print(f"| {'-' * 46} | {'-' * 11}: | {'-' * 11}: | {'-' * 62} |")
    import_time()
    callback_cost()
    step_cost()
    formula_cost()
    spiking_formula_cost()
    layered_rule_cost()
    environment_cost()
    two_at_once()
