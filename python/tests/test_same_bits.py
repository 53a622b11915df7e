# SPDX-License-Identifier: Apache-2.0
"""Shipped experiments of all kinds, shortened, from Python and under the program: the same bytes."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

import apical as ap
from apical import program

from .conftest import weights_of

EXPERIMENTS = Path(__file__).resolve().parents[2] / "experiments"
ONE_EPOCH: dict[str, Any] = {"training.epochs": 1}

#: File, changes, seeds.
TWELVE: list[tuple[str, dict[str, Any], int]] = [
    ("yin-yang/error-neurons", {**ONE_EPOCH, "task.train_samples": 200}, 2),
    ("yin-yang/compare", {**ONE_EPOCH, "task.train_samples": 200}, 1),
    ("max2026/figure-2a-tanh", {**ONE_EPOCH}, 2),
    ("max2026/figure-2b", {**ONE_EPOCH}, 2),
    ("delayed-match-to-sample/compare", {**ONE_EPOCH}, 2),
    ("teacher-student/compare", {"training.epochs": 2}, 2),
    ("cart-pole/compare", {**ONE_EPOCH}, 1),
    ("cart-pole-v1/methods", {"training.environment_steps": 2048}, 1),
    ("xor/compare", {"training.epochs": 20}, 2),
    ("payeur2021/xor", {**ONE_EPOCH}, 1),
    ("payeur2021/pairing-poisson", {}, 1),
    ("own-circuits/som-gated-xor", {**ONE_EPOCH}, 1),
]


def leaves(directory: Path) -> dict[str, bytes]:
    """What must be the same: all that was measured, recorded and learned, by its place below the directory."""
    out = {}
    for file in directory.rglob("metrics.ndjson"):
        lines = sorted(line.split(b",", 1)[1] for line in file.read_bytes().splitlines())
        out[str(file.relative_to(directory))] = b"\n".join(lines)
        out[str(file.parent.relative_to(directory)) + ", weights"] = "\n".join(weights_of(file.parent)).encode()
    for file in directory.rglob("results.h5"):
        out[str(file.relative_to(directory))] = file.read_bytes()
    return out


@pytest.mark.parametrize(("name", "changes", "seeds"), TWELVE, ids=[name for name, *_ in TWELVE])
def test_a_shipped_experiment_gives_the_bytes_of_the_program(name: str, changes: dict[str, Any], seeds: int) -> None:
    file = EXPERIMENTS / f"{name}.toml"
    settings = [argument for key, value in changes.items() for argument in ("--set", f"{key}={value}")]
    several = "[[variant]]" in file.read_text(encoding="utf-8")
    command = [program.path(), "compare" if several else "run", file, "--seeds", str(seeds), "--out", "program"]
    subprocess.run([*command, "--quiet", *settings], check=True, capture_output=True)
    exp = ap.Experiment(file)
    for key, value in changes.items():
        exp[key] = value
    if several:
        ap.compare(exp, seeds=seeds, out="python")
    else:
        exp.run(seeds=seeds, out="python")
    here, there = leaves(Path("python")), leaves(Path("program"))
    assert here
    assert here.keys() == there.keys()
    for place, numbers in there.items():
        assert here[place] == numbers, place
