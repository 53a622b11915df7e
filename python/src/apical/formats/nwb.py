# SPDX-License-Identifier: Apache-2.0
"""A seed of a run as a file of Neurodata Without Borders 2. Needs pynwb (extra `nwb`).

Spikes go into `units`, one row per neuron; recorded variables are TimeSeries in the processing module
"simulation". Who shares the file adds what it asks for of people and places: the session says that it is simulated.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from pynwb import NWBHDF5IO, NWBFile, TimeSeries
from pynwb.file import Subject

from ..errors import DataError
from ..machine import PathLike
from ..run import Run


def write(run: Run, path: PathLike, *, seed: int | None = None, **session: Any) -> Path:
    """Writes recordings and spikes of one seed (default: the first); the path.

    Args:
        run: that recorded something.
        path: of the file, which is replaced.
        seed: of the replica.
        session: further arguments of `pynwb.NWBFile`, e.g. experimenter=["Ada"], institution="…", subject=…
            (default: one that says that it is no animal).

    DataError if there is nothing to write.
    """
    which = run.seeds[0] if seed is None else seed
    if which not in run.seeds:
        raise DataError(f"{run.path} has no seed {which}; it has {', '.join(map(str, run.seeds))}")
    made = NWBFile(
        **{
            "session_description": f"simulated: {run.manifest.get('title') or run.label}, seed {which}",
            "identifier": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{run.manifest['created']} {run.path.name} {which}")),
            "session_start_time": datetime.fromisoformat(str(run.manifest["created"])),
            "session_id": f"{run.path.name}-seed-{which}",
            "source_script": (run.path / "experiment.toml").read_text(encoding="utf-8"),
            "source_script_file_name": "experiment.toml",
            "subject": Subject(
                subject_id=f"{run.label}-seed-{which}",
                description="a simulated circuit, not an animal",
                sex="U",
                age="P0D",
            ),
            "keywords": ["simulation", "credit assignment", run.label],
            **session,
        }
    )
    added = _add_series(made, run, which) + _add_units(made, run, which)
    if added == 0:
        raise DataError(f"{run.path} recorded nothing of seed {which}; see [[record]] or [record] of its experiment")
    out = Path(path)
    beside = out.with_name(f"{out.stem}.part.nwb")
    with NWBHDF5IO(str(beside), "w") as file:
        file.write(made)
    beside.replace(out)
    return out


def _add_series(made: NWBFile, run: Run, seed: int) -> int:
    module = None
    added = 0
    for name, variable in run.recordings.items():
        if seed not in variable.seed.values or "time" not in variable.dims:
            continue
        module = module or made.create_processing_module("simulation", "variables of the simulated circuit")
        one = variable.sel(seed=seed)
        times = one.time.values * (1e-3 if one.time.attrs["units"] == "ms" else 1.0)
        unit = str(one.attrs.get("units", "1"))
        steps = np.diff(times)
        regular = len(steps) > 0 and np.allclose(steps, steps[0], rtol=1e-6)
        when = {"starting_time": float(times[0]), "rate": float(1 / steps[0])} if regular else {"timestamps": times}
        module.add(
            TimeSeries(
                name=name.replace("/", "."),
                description=str(one.attrs.get("description") or f"{name}: (time, neuron)"),
                data=np.asarray(one.values),
                unit="a.u." if unit == "1" else unit,
                **when,
            )
        )
        added += 1
    return added


def _add_units(made: NWBFile, run: Run, seed: int) -> int:
    trains = run.spikes(seed)
    if not trains:
        return 0
    made.add_unit_column("population", "of the simulated circuit")
    made.add_unit_column("neuron", "position in its population, from 0")
    for population, train in trains.items():
        window = [[train.start_ms / 1e3, train.stop_ms / 1e3]]
        for neuron in range(train.neurons):
            made.add_unit(
                spike_times=train.time_ms[train.neuron == neuron] / 1e3,
                obs_intervals=window,
                population=population,
                neuron=neuron,
            )
    return len(trains)
