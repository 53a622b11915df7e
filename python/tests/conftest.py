# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import contextlib
import hashlib
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import apical as ap
from apical import program

SMALL: dict[str, dict[str, Any]] = {
    "rate": {
        "title": "a circuit in continuous time",
        "task": {"name": "yin-yang", "train_samples": 60, "validation_samples": 30, "test_samples": 30},
        "model": {
            "name": "error-neuron-microcircuit",
            "layers": [4, 10, 3],
            "activation": "logistic",
            "weight_range": [8, 1],
            "eta": [300, 8],
        },
        "training": {"epochs": 3, "align_every": 1, "align_samples": 5},
        "run": {"seeds": 2},
        "record": [{"population": "a1.err", "variable": "soma", "every_ms": 0.4, "seeds": 2}],
    },
    "layered": {
        "title": "a layered network",
        "task": {"name": "yin-yang", "train_samples": 100, "validation_samples": 50, "test_samples": 50},
        "model": {"name": "feedback-alignment", "layers": [4, 12, 3], "learning_rate": 0.01},
        "training": {"epochs": 3, "align_every": 1, "align_samples": 5},
        "run": {"seeds": 2},
    },
    "reward": {
        "title": "learning from reward",
        "task": {"name": "cart-pole-v1"},
        "model": {"name": "backpropagation", "layers": [4, 16, 2], "learning_rate": 0.003},
        "training": {"environment_steps": 4096},
        "run": {"seeds": 2},
    },
}


@pytest.fixture
def small() -> Callable[[str], ap.Experiment]:
    return lambda kind: ap.Experiment(SMALL[kind])


@pytest.fixture(autouse=True)
def in_a_directory_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def by_program(tmp_path: Path) -> Callable[..., Path]:
    """Runs text under the program; the directory of the run."""

    def run(toml: str, *arguments: str, name: str = "by-program") -> Path:
        file = tmp_path / f"{name}.toml"
        file.write_text(toml, encoding="utf-8")
        out = tmp_path / name
        subprocess.run(
            [program.path(), "run", file, "--out", out, "--quiet", *arguments],
            check=True,
            capture_output=True,
        )
        return out

    return run


def states(run: Path) -> list[str]:
    """What must be the same bits: the numbers, in the order of their keys, and all weights of the last checkpoint."""
    lines = (run / "metrics.ndjson").read_text().splitlines()
    return sorted(line.split(",", 1)[1] for line in lines) + weights_of(run)


def weights_of(run: Path) -> list[str]:
    """Their bits by projection and seed; none of a course without weights."""
    read = ap.Run(run)
    try:
        names = read.projections
    except ap.DataError:
        return []
    out = []
    for name in names:
        for seed in read.seeds:
            out.append(f"{name} {seed} {hashlib.sha256(read.weights(name, seed).tobytes()).hexdigest()}")
            with contextlib.suppress(ap.DataError, ap.ConfigError):  # circuits have no offsets
                out.append(f"{name} offsets {seed} {hashlib.sha256(read.offsets(name, seed).tobytes()).hexdigest()}")
    return out
