# SPDX-License-Identifier: Apache-2.0
"""What the package was designed for, as it was written down before it was there (what_a_user_writes.py), and what the
page of the docs says."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest

import apical as ap
from apical import program

from .test_circuit import two_areas

mpl.use("agg")

WRITTEN = Path(__file__).with_name("what_a_user_writes.py")


@pytest.fixture
def frame() -> dict[str, Any]:
    """What the text takes for granted: data, and an experiment of that name that is quick."""
    small = ap.Experiment("yin-yang/error-neurons")
    small.update({"task.train_samples": 30, "task.validation_samples": 10, "task.test_samples": 20})
    small.update({"model.layers": [4, 8, 3], "run.seeds": 5})
    small["record"] = [{"population": "a1.err", "variable": "soma", "every_ms": 0.4, "seeds": 5}]
    file = Path("experiments/yin-yang/error-neurons.toml")
    file.parent.mkdir(parents=True)
    file.write_text(small.to_toml(), encoding="utf-8")
    rng = np.random.default_rng(1)
    return {
        "X": rng.random((10, 784), dtype=np.float32),
        "Y": np.arange(10),
        "Xt": rng.random((10, 784), dtype=np.float32),
        "Yt": np.arange(10),
        "stream": rng.random((502, 28, 28), dtype=np.float32),
        "trace": np.zeros((502, 200)),
    }


def test_what_a_user_writes_runs_as_written(frame: dict[str, Any]) -> None:
    exec(compile(WRITTEN.read_text(encoding="utf-8"), WRITTEN.name, "exec"), frame)
    run, r, s, best = frame["run"], frame["r"], frame["s"], frame["best"]
    assert run.metrics.seed.nunique() == 5
    assert run.metrics.epoch.max() == 20
    assert run.recordings["a1.err.soma"].dims == ("seed", "time", "unit")
    assert set(r.table.index) == {"mine", "burstprop", "backpropagation"}
    assert (r.table.seeds == 5).all()
    assert r.areas.angle_deg.notna().any(), "angles to the gradient are measured"
    assert frame["trace"].any(axis=1).all()
    assert len(s.table) == 2
    assert (s.table.seeds == 10).all()
    assert len(best.trials) == 40
    assert 1 <= best.values["model.eta"] <= 1e4


def write_flowers() -> None:
    rows = (f"{0.1 * i},{0.1 * (i % 7)},{('setosa', 'virginica')[i % 2]}" for i in range(40))
    Path("flowers.csv").write_text("\n".join(["length,width,species", *rows]), encoding="utf-8")


def test_own_data_of_the_readme_run_as_written(capsys: pytest.CaptureFixture[str]) -> None:
    page = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    (block,) = (b for b in re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL) if "flowers.csv" in b)
    write_flowers()
    # PyTorch may not be in this interpreter: test_torch.py has that part.
    known: dict[str, Any] = {"ap": ap}
    exec(compile(block.split("from apical.formats.torch")[0], "README.md", "exec"), known)
    assert "accuracy_low" in capsys.readouterr().out
    assert Path("angles.pdf").is_file()
    assert known["r"]["feedback-alignment"].finished


def test_the_page_of_the_docs_runs_as_written(frame: dict[str, Any]) -> None:
    pytest.importorskip("gymnasium", reason="gymnasium is not there")
    page = (Path(__file__).parents[2] / "docs" / "python.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    assert len(blocks) >= 7
    write_flowers()
    frame["circuit"] = two_areas("mine", sizes=(784, 20, 10), dt_ms=0.1)
    for block in blocks:
        exec(compile(block, "docs/python.md", "exec"), frame)
    assert set(frame["r"].runs) == {"backpropagation", "feedback alignment"}
    angles = frame["compared"].table.total_angle_deg
    assert angles["random_feedback"] == pytest.approx(angles["feedback alignment"], abs=1)
    assert frame["own"]["model.learning_rate"] == [0.01]
    assert frame["trace"].any(axis=1).all()
    assert frame["exp"].labels
    assert (frame["flowers"].inputs, frame["flowers"].outputs) == (2, 2)


def test_the_shipped_experiment_learns_as_the_readme_says() -> None:
    exp = ap.Experiment("experiments/yin-yang/error-neurons.toml")
    exp["training.epochs"] = 20
    run = exp.run(seeds=2, out="runs/yy", callbacks=[ap.live()])
    assert run.weights("a1.rep->a2.rep", seed=1).shape == (3, 120)
    assert run.metrics[run.metrics.split == "test"].accuracy.mean() > 0.8
    told = subprocess.run([program.path(), "report", run.path], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
