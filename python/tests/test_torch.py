# SPDX-License-Identifier: Apache-2.0
"""Weights to and from PyTorch, by answers.

Torch is that of this interpreter or of Debian's (python3-torch): the package needs nothing but NumPy, and so runs in
either.
"""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import apical as ap


@cache
def interpreter() -> str:
    """One that has torch; the test is skipped, and says so, if there is none."""
    for python in (sys.executable, "/usr/bin/python3"):
        there = (
            Path(python).exists()
            and not subprocess.run([python, "-c", "import torch"], check=False, capture_output=True).returncode
        )
        if there:
            return python
    pytest.skip("PyTorch is not there: pip install torch, or Debian's python3-torch")


def with_torch(script: str, folder: Path) -> str:
    (folder / "path").mkdir(exist_ok=True)
    link = folder / "path" / "apical"
    if not link.exists():
        link.symlink_to(Path(ap.__file__).parent)
    result = subprocess.run(
        [interpreter(), "-c", script],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(folder / "path")},
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


NETWORK = """
import numpy as np, torch
from torch import nn
torch.manual_seed(3)
net = nn.Sequential(nn.Linear(6, 20), nn.Tanh(), nn.Linear(20, 15), nn.Tanh(), nn.Linear(15, 4))
"""


def test_a_network_of_torch_is_loaded_and_answers_the_same(tmp_path: Path) -> None:
    with_torch(
        NETWORK
        + """
from apical.formats.torch import weights_of
np.savez("weights.npz", **weights_of(net))
x = torch.randn(200, 6)
with torch.no_grad():
    np.savez("answers.npz", x=x.numpy(), y=net(x).numpy())
""",
        tmp_path,
    )
    with np.load(tmp_path / "answers.npz") as file:
        x, y = file["x"], file["y"]
    task = ap.Task.arrays(x, y, validation=(x, y), test=(x, y))
    model = {
        "name": "backpropagation",
        "layers": [6, 20, 15, 4],
        "activation": "tanh",
        "output": "linear",
        "loss": "mse",
        "start_from": str(tmp_path / "weights.npz"),
    }
    m = ap.experiment(task, model, training={"epochs": 1}).run(out=tmp_path / "r").metrics
    untrained = m[(m.epoch == 0) & (m.split == "validation")].loss.iloc[0]
    assert untrained < 1e-12, "mean square of what answers differ by: 1e-6"
    assert np.mean(np.square(y)) > 1e-2


def test_a_trained_network_answers_the_same_in_torch(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(300, 4)).astype(np.float32)
    y = np.stack([np.sin(x[:, 0]), x[:, 1] * x[:, 2]], axis=1)
    task = ap.Task.arrays(x, y, test=(x, y))
    model = {
        "name": "feedback-alignment",
        "layers": [4, 16, 2],
        "activation": "tanh",
        "output": "linear",
        "loss": "mse",
    }
    run = ap.experiment(task, model, training={"epochs": 20}).run(out=tmp_path / "r")
    np.savez(tmp_path / "test.npz", x=x, y=y)
    told = with_torch(
        """
import numpy as np, torch
import apical as ap
from apical.formats.torch import module_of
net = module_of(ap.Run("r"))
with np.load("test.npz") as file:
    with torch.no_grad():
        wrong = net(torch.from_numpy(file["x"])).double().numpy() - file["y"]
print(np.mean(np.sum(wrong ** 2, axis=1)))
""",
        tmp_path,
    )
    loss = next(s for s in run.summary["measures"] if s["where"] == "test" and s["metric"] == "loss")["mean"]
    assert float(told) == pytest.approx(loss, rel=1e-5)


def test_a_module_is_made_of_what_one_pass_answers_alone(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    x = (rng.normal(size=(200, 4)) * [1, 5, 9, 2] + 3).astype(np.float32)
    task = ap.Task.arrays(x, x[:, 0] > 3, test_fraction=0.2, normalisation="standard")
    for name, model in {
        "forward": {"name": "backpropagation", "layers": [4, 8, 2], "learning_rate": 0.05},
        "settles": {"name": "equilibrium-propagation", "layers": [4, 8, 2], "learning_rate": 0.05},
    }.items():
        run = ap.experiment(task, model, training={"epochs": 3}).run(out=tmp_path / name)
        np.savez(tmp_path / f"{name}.npz", x=run.normalised(x), y=run.predict(x))
    ap.Experiment("yin-yang/error-neurons").update({"training.epochs": 1, "run.seeds": 1}).run(out=tmp_path / "circuit")
    told = with_torch(
        """
import numpy as np, torch
import apical as ap
from apical.formats.torch import module_of, weights_of
net = module_of(ap.Run("forward"))
with np.load("forward.npz") as file:
    with torch.no_grad():
        answer = net(torch.from_numpy(file["x"])).softmax(1).numpy()
    print(np.abs(answer - file["y"]).max())
for run in ("settles", "circuit"):
    try:
        module_of(ap.Run(run))
    except ap.ConfigError as e:
        print(e)
try:
    weights_of(torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.BatchNorm1d(8), torch.nn.Linear(8, 2)))
except ap.ConfigError as e:
    print(e)
""",
        tmp_path,
    )
    difference, *refusals = told.split("\n", 1)
    assert float(difference) < 1e-5
    assert "its layers settle" in refusals[0]
    assert "no layered network" in refusals[0]
    assert "BatchNorm1d" in refusals[0]
