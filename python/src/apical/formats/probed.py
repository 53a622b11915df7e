# SPDX-License-Identifier: Apache-2.0
"""What a probe recorded of one model: averages over trials, aligned to the onset of the stimulus."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from ..errors import DataError
from ..experiment import Experiment
from ..machine import PathLike
from ..study import Probe

_OF_PROBES = ("protocol", "condition", "measure", "discriminate")


@dataclass(frozen=True)
class Average:
    """One measure under one condition in one state of learning: what its trials were like on average."""

    measure: str
    condition: str
    epochs: int
    mean: npt.NDArray[np.float64]  #: (time)
    units: npt.NDArray[np.float64] | None  #: (time, neuron), of single neurons


@dataclass(frozen=True)
class ProbedModel:
    """One model of a probe and one of its seeds."""

    label: str
    directory: Path
    experiment: Experiment  #: without what only probes have
    tables: dict[str, Any]  #: of the file, [protocol], [[condition]] and [[measure]] among them
    seed: int
    time_ms: npt.NDArray[np.float64]  #: from the onset of the stimulus
    averages: Sequence[Average]
    contrasts: Sequence[dict[str, Any]]  #: measure, condition, epochs, control and value of the seed
    measures: dict[str, str] = field(default_factory=dict)  #: what each is, in words
    _data: PathLike | None = None

    @property
    def _handed(self) -> Any:
        return self.experiment._handed

    @property
    def manifest(self) -> dict[str, Any]:
        """Of its run."""
        found: dict[str, Any] = json.loads((self.directory / "manifest.json").read_text(encoding="utf-8"))
        return found


def probed_model(probe: Probe, model: str | None, seed: int | None) -> ProbedModel:
    """`model` is a label (default: the only one). DataError, with those there are, for another, and for a seed that
    did not take part."""
    index = json.loads((probe.path / "comparison.json").read_text(encoding="utf-8"))
    summary = json.loads((probe.path / "summary.json").read_text(encoding="utf-8"))
    labels = [m["label"] for m in summary["models"]]
    if model is None and len(labels) > 1:
        raise DataError(f"{probe.path} probed {', '.join(labels)}; say which with model=")
    label = labels[0] if model is None else model
    if label not in labels:
        raise DataError(f"{probe.path} probed no model '{label}'; it probed {', '.join(labels)}")
    seeds = [int(s) for s in summary["seeds"]]
    which = seeds[0] if seed is None else seed
    if which not in seeds:
        raise DataError(f"{probe.path} has no seed {which}; it has {', '.join(map(str, seeds))}")
    row = seeds.index(which)
    averages = []
    with h5py.File(probe.path / "results.h5", "r") as file:
        time_ms = file["time"][:] if "time" in file else np.zeros(0)
        for t in summary["traces"]:
            if t["model"] != label:
                continue
            group = file[t["group"]]
            units = group["units"][row] if "units" in group else None
            averages.append(Average(t["measure"], t["condition"], int(t["epochs"]), group["mean"][row], units))
    directory = probe.path / index["runs"][labels.index(label)]
    tables = tomllib.loads((directory / "experiment.toml").read_text(encoding="utf-8"))
    # Measures may name populations of other models only: what is shown is asked of the rest.
    rest = {key: value for key, value in tables.items() if key not in _OF_PROBES}
    experiment = Experiment(rest)
    experiment._handed = probe._handed
    return ProbedModel(
        label,
        directory,
        experiment,
        tables,
        which,
        time_ms,
        averages,
        [
            {
                "measure": c["measure"],
                "condition": c["condition"],
                "epochs": int(c["epochs"]),
                "control": float(c["by_seed"]["control"][row]),
                "value": float(c["by_seed"]["value"][row]),
            }
            for c in summary["contrasts"]
            if c["model"] == label
        ],
        {m["name"]: f"{m['reduce']} of {m['variable']} over {', '.join(m['populations'])}"
         for m in summary["measures"] if m["model"] == label},
        probe._data,
    )  # fmt: skip
