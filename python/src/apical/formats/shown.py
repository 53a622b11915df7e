# SPDX-License-Identifier: Apache-2.0
"""What a run showed when: trials and stimuli, as the formats of others have them beside recordings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import _core
from ..machine import data_folder
from ..run import Run

_NANOSECOND = 1e-9


@dataclass(frozen=True)
class Trials:
    """Presentations in order, a row each; times in seconds of biological time."""

    stage: Sequence[str]  #: of a course; "settling" or "training" of a circuit of rate neurons
    epoch: npt.NDArray[np.int64]  #: from 1; 0 before training
    stimulus: Sequence[str]  #: its label, or which sample; empty where nothing is shown
    start_s: npt.NDArray[np.float64]
    stop_s: npt.NDArray[np.float64]
    sample: npt.NDArray[np.int64]  #: of the training split; -1 for what is no sample of it

    def __len__(self) -> int:
        return len(self.start_s)

    def within(self, spans: Iterable[tuple[float, float]]) -> Trials:
        """Those that overlap with a span (start, stop) in seconds."""
        keep = np.zeros(len(self), bool)
        for start, stop in spans:
            keep |= (self.start_s < stop) & (self.stop_s > start)
        rows: list[int] = np.flatnonzero(keep).tolist()
        return Trials(
            [self.stage[i] for i in rows],
            self.epoch[rows],
            [self.stimulus[i] for i in rows],
            self.start_s[rows],
            self.stop_s[rows],
            self.sample[rows],
        )


def recorded_trials(run: Run, seed: int) -> Trials:
    """Of a seed, those of which something was recorded; none of layered networks, which learn in batches without time,
    and where evaluations steer a plant.

    A course of spiking neurons is shown what its stages say, a circuit of rate neurons one training sample after the
    other, without a pause; between two epochs, evaluations take time of which nothing is recorded.
    """
    document = run.experiment._document
    if _core.is_spiking(document):
        rows = _core.presentations(document, seed)
        all_of_them = Trials(
            [r[0] for r in rows],
            np.array([r[1] for r in rows], np.int64),
            [r[2] for r in rows],
            np.array([r[3] for r in rows], np.float64),
            np.array([r[4] for r in rows], np.float64),
            np.full(len(rows), -1, np.int64),
        )
    else:
        epochs = int(run.measurements.epoch.max())
        shown = _core.training_shown(document, seed, epochs, data_folder(run._data), run._handed)
        epoch, sample = shown["epoch"].astype(np.int64), shown["sample"].astype(np.int64)
        all_of_them = Trials(
            ["training" if e else "settling" for e in epoch.tolist()],
            epoch,
            [f"training sample {i}" for i in sample.tolist()],
            shown["start_s"],
            shown["stop_s"],
            sample,
        )
    return all_of_them.within(_recorded_s(run, seed))


def _recorded_s(run: Run, seed: int) -> list[tuple[float, float]]:
    """Stretches of biological time of which there is something."""
    spans = [(train.start_ms / 1e3, train.stop_ms / 1e3) for train in run.spikes(seed).values()]
    for variable in run.recordings.values():
        if "time" not in variable.dims or not variable.time.size or seed not in variable.seed.values:
            continue
        if scale := {"s": 1.0, "ms": 1e-3}.get(str(variable.time.attrs["units"])):
            # A row is what the step before it came to: one at the very end of a trial is of this trial.
            spans.append((scale * float(variable.time[0]) - _NANOSECOND, scale * float(variable.time[-1])))
    return sorted(set(spans))


def samples_of(source: Any, seed: int, split: str, which: Sequence[int]) -> dict[str, Any]:
    """inputs (sample, feature), no rows of sequences; targets (sample, output); classes, the names of labels.

    `source` is a run, or anything with an experiment, a folder of data and what was handed in.
    """
    return _core.samples(
        source.experiment._document, seed, split, list(which), data_folder(source._data), source._handed
    )
