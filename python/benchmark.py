# SPDX-License-Identifier: Apache-2.0
"""What Python costs: importing, a callback, a step of a simulation, two runs at once.

build/python-venv/bin/python python/benchmark.py
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import apical as ap


def seconds(f: Callable[[], object], repeats: int = 5) -> float:
    """The shortest of several times, each in a directory of its own."""
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        f()
        best = min(best, time.perf_counter() - start)
    return best


def import_time() -> float:
    """Of the package in a new interpreter, beyond the interpreter's own start and NumPy."""

    def start(code: str) -> float:
        return seconds(lambda: subprocess.run([sys.executable, "-c", code], check=True), 7)

    bare, numpy, apical = start("pass"), start("import numpy"), start("import apical")
    print(f"import apical: {1000 * (apical - bare):.0f} ms, of which NumPy {1000 * (numpy - bare):.0f} ms")
    return apical - bare


def circuit(hidden: int = 120) -> ap.Experiment:
    """The error-neuron microcircuit on a small Yin-Yang."""
    return ap.Experiment("yin-yang/error-neurons").update({"model.layers": [4, hidden, 3], "training.align_every": 0})


def callback_cost() -> None:
    """From many epochs of next to nothing, with and without a callback."""
    tiny = ap.Experiment(
        {
            "task": {"name": "yin-yang", "train_samples": 4, "validation_samples": 4, "test_samples": 4},
            "model": {"name": "backpropagation", "layers": [4, 3, 3]},
            "training": {"epochs": 2000},
            "run": {"seeds": 1, "checkpoint_every_s": 1000},
        }
    )
    calls = []
    with tempfile.TemporaryDirectory() as folder:
        numbers = iter(range(1000))

        def run(*callbacks: Callable[[ap.EpochEnd], object]) -> Callable[[], object]:
            return lambda: tiny.run(out=Path(folder) / str(next(numbers)), callbacks=callbacks, report=False, threads=1)

        without = seconds(run(), 3)
        with_one = seconds(run(calls.append), 3)
    print(f"callback: {1e6 * (with_one - without) / 2000:.0f} µs each, with what was measured as objects")


def step_cost() -> None:
    """A step of a simulation from Python, beside the engine's own."""
    for hidden in (20, 200):
        with ap.Simulation(circuit(hidden)) as sim:
            sim.show([0.1, 0.2, 0.9, 0.8], steps=10)
            n = 20_000

            def by_hand(sim: ap.Simulation = sim, n: int = n) -> None:
                for _ in range(n):
                    sim.advance()

            def read(sim: ap.Simulation = sim, n: int = n) -> None:
                for _ in range(n):
                    sim["a1.rep.soma"]

            engine = seconds(lambda sim=sim, n=n: sim.advance(n), 3) / n
            python = seconds(by_hand, 3) / n
            reading = seconds(read, 3) / n
        print(
            f"step of 4-{hidden}-3: engine {1e6 * engine:.2f} µs, from Python {1e6 * python:.2f} µs; "
            f"reading a variable {1e6 * reading:.2f} µs"
        )


def two_at_once() -> None:
    """Two runs in two threads against one."""
    exp = circuit().update({"training.epochs": 5, "run.seeds": 1, "record": []})
    with tempfile.TemporaryDirectory() as folder:
        numbers = iter(range(1000))

        def run() -> None:
            exp.run(out=Path(folder) / str(next(numbers)), threads=1, report=False)

        def two() -> None:
            threads = [threading.Thread(target=run) for _ in range(2)]
            for t in threads:
                t.start()
            for t in threads:
                t.join()

        one, both = seconds(run, 3), seconds(two, 3)
    print(f"one run {one:.2f} s, two in two threads {both:.2f} s")


if __name__ == "__main__":
    print(f"Python {sys.version.split()[0]}, NumPy {np.__version__}, apical {ap.__version__} ({ap.revision})")
    import_time()
    callback_cost()
    step_cost()
    two_at_once()
