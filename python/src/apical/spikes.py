# SPDX-License-Identifier: Apache-2.0
"""Spikes that a run kept, from its files in SONATA's layout."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from . import _core

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class SpikeTrains:
    """Spikes of a population in order of time, from `start_ms` to `stop_ms`; `neurons` is the population's size."""

    time_ms: npt.NDArray[np.float64]
    neuron: npt.NDArray[np.int64]
    neurons: int
    start_ms: float
    stop_ms: float

    def of(self, neuron: int) -> npt.NDArray[np.float64]:
        """Times of one neuron, in ms."""
        times: npt.NDArray[np.float64] = self.time_ms[self.neuron == neuron]
        return times

    def to_frame(self) -> pd.DataFrame:
        """A row for each spike."""
        import pandas as pd

        return pd.DataFrame({"time_ms": self.time_ms, "neuron": self.neuron})


def read_spikes(run: Path, seed: int, document: _core.Document, record: dict[str, Any]) -> dict[str, SpikeTrains]:
    """By population; empty if none were kept for this seed."""
    import h5py

    file = run / "spikes" / f"seed-{seed}.h5"
    if not file.is_file():
        return {}
    sizes = _core.population_sizes(document)
    start, stop = 1e3 * float(record.get("from_s", 0.0)), 1e3 * float(record["until_s"])
    with h5py.File(file, "r") as spikes:
        return {
            name: SpikeTrains(
                group["timestamps"][:], group["node_ids"][:].astype(np.int64), sizes.get(name, 0), start, stop
            )
            for name, group in spikes["spikes"].items()
        }
