# SPDX-License-Identifier: Apache-2.0
"""A seed of a run as a file of Neurodata Without Borders 2. Needs pynwb (extra `nwb`).

Spikes go into `units`, one row per neuron; recorded variables are TimeSeries in the processing module
"simulation". Of a course of spiking neurons, what it shows while something is recorded are `trials`, and its stimuli a
table among the stimuli; times are biological time. Of rate circuits samples follow one another without pause for whole
epochs: they have no trials. Who shares the file adds what it asks for of people and places: the session says that it is
simulated.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from pynwb import NWBHDF5IO, NWBFile, TimeSeries
from pynwb.core import DynamicTable, VectorData
from pynwb.file import Subject

from .. import _core
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
    experiment = run.experiment
    add_trials(made, _core.presentations(experiment._document, which), _recorded_s(run, which))
    add_stimuli(made, experiment.to_dict().get("stimulus", ()))
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


def _recorded_s(run: Run, seed: int) -> list[tuple[float, float]]:
    """Stretches of biological time of which there is something."""
    spans = [(train.start_ms / 1e3, train.stop_ms / 1e3) for train in run.spikes(seed).values()]
    for variable in run.recordings.values():
        if "time" in variable.dims and variable.time.attrs["units"] == "s" and variable.time.size:
            spans.append((float(variable.time[0]), float(variable.time[-1])))
    return sorted(set(spans))


def add_trials(
    made: NWBFile, shown: Iterable[tuple[str, int, str, float, float]], within: Iterable[tuple[float, float]]
) -> int:
    """A trial for each presentation (stage, epoch, stimulus, start, stop) of which something was recorded; how many."""
    spans = list(within)
    rows = [row for row in shown if any(row[3] < stop and row[4] > start for start, stop in spans)]
    if not rows:
        return 0
    made.add_trial_column("stage", "of the course")
    made.add_trial_column("epoch", "of training, from 1; 0 before it")
    made.add_trial_column("stimulus", "label of the stimulus, or which sample; empty where nothing is shown")
    for stage, epoch, stimulus, start, stop in rows:
        made.add_trial(start_time=start, stop_time=stop, stage=stage, epoch=epoch, stimulus=stimulus)
    return len(rows)


def add_stimuli(made: NWBFile, stimuli: Iterable[Mapping[str, Any]]) -> int:
    """A table of what a course can show, by the labels that trials have; how many."""
    rows = list(stimuli)
    if not rows:
        return 0
    about = [{key: value for key, value in s.items() if key not in ("name", "label")} for s in rows]
    made.add_stimulus(
        DynamicTable(
            name="stimuli",
            description="what the course shows",
            columns=[
                VectorData(name="label", description="as in trials", data=[str(s.get("label", "")) for s in rows]),
                VectorData(
                    name="stimulus_name", description="in measures", data=[str(s.get("name", "")) for s in rows]
                ),
                VectorData(
                    name="definition",
                    description="currents, rates and target as in [[stimulus]] of the experiment",
                    data=["\n".join(f"{key} = {json.dumps(value)}" for key, value in a.items()) for a in about],
                ),
            ],
        )
    )
    return len(rows)
