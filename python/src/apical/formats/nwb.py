# SPDX-License-Identifier: Apache-2.0
"""A seed of a run or of a probe as a file of Neurodata Without Borders 2. Needs pynwb (extra `nwb`).

Spikes go into `units`, one row per neuron; recorded variables are TimeSeries in the processing module
"simulation". What was shown while something was recorded are `trials`, and what these show stands in a table "stimuli"
among the stimuli: stimuli of a course with their definitions, samples with their inputs, targets and classes. Times
are biological time; recordings of layered networks count batches, which their description says, and have no trials.

A probe is an average over trials: each of its states and conditions is one of the `trials`, one after the other, with
the onsets of stimulus and target; what was done to the circuit is in a table "conditions", what came out in
"contrasts".
Who shares the file adds what it asks for of people and places: the session says that it is simulated.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

try:
    from pynwb import NWBHDF5IO, NWBFile, TimeSeries
    from pynwb.core import DynamicTable, VectorData
    from pynwb.epoch import TimeIntervals
    from pynwb.file import Subject
except ModuleNotFoundError as _missing:
    raise ModuleNotFoundError("apical.formats.nwb needs pynwb: pip install 'apical[nwb]'", name="pynwb") from _missing

from ..errors import DataError
from ..machine import PathLike
from ..run import Run
from ..study import Probe
from .probed import ProbedModel, probed_model
from .shown import Trials, recorded_trials, samples_of


def write(
    source: Run | Probe, path: PathLike, *, seed: int | None = None, model: str | None = None, **session: Any
) -> Path:
    """Writes recordings and spikes of one seed (default: the first), or what a probe found; the path.

    Args:
        source: a run that recorded something, or a probe.
        path: of the file, which is replaced.
        seed: of the replica.
        model: label of a model of a probe; it may be left out where there is one only.
        session: further arguments of `pynwb.NWBFile`, e.g. experimenter=["Ada"], institution="…", subject=…
            (default: one that says that it is no animal).

    DataError if there is nothing to write, and for a seed or a model that is not there.
    """
    if isinstance(source, Probe):
        made = _of_probe(probed_model(source, model, seed), session)
    else:
        made = _of_run(source, source.seeds[0] if seed is None else seed, session)
    out = Path(path)
    beside = out.with_name(f"{out.stem}.part.nwb")
    try:
        with NWBHDF5IO(str(beside), "w") as file:
            file.write(made)
        beside.replace(out)
    finally:
        beside.unlink(missing_ok=True)
    return out


def _file(
    what: str, label: str, name: str, seed: int, manifest: Mapping[str, Any], toml: Path, session: Any
) -> NWBFile:
    return NWBFile(
        **{
            "session_description": f"simulated: {what}, seed {seed}",
            "identifier": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{manifest['created']} {name} {seed}")),
            "session_start_time": datetime.fromisoformat(str(manifest["created"])),
            "session_id": f"{name}-seed-{seed}",
            "source_script": toml.read_text(encoding="utf-8"),
            "source_script_file_name": toml.name,
            "subject": Subject(
                subject_id=f"{label}-seed-{seed}",
                description="a simulated circuit, not an animal",
                sex="U",
                age="P0D",
            ),
            "keywords": ["simulation", "credit assignment", label],
            **session,
        }
    )


def _of_run(run: Run, seed: int, session: Mapping[str, Any]) -> NWBFile:
    if seed not in run.seeds:
        raise DataError(f"{run.path} has no seed {seed}; it has {', '.join(map(str, run.seeds))}")
    manifest = run.manifest
    what = str(manifest.get("title") or run.label)
    made = _file(what, run.label, run.path.name, seed, manifest, run.path / "experiment.toml", session)
    added = _add_series(made, run, seed) + _add_units(made, run, seed)
    if added == 0:
        raise DataError(f"{run.path} recorded nothing of seed {seed}; see [[record]] or [record] of its experiment")
    trials = recorded_trials(run, seed)
    _add_trials(made, trials)
    shown = sorted(set(trials.sample[trials.sample >= 0].tolist()))
    if shown:
        labels = [f"training sample {i}" for i in shown]
        _add_samples(made, labels, samples_of(run, seed, "train", shown))
    else:
        _add_stimuli(made, run.experiment.to_dict().get("stimulus", ()))
    return made


def _module(made: NWBFile) -> Any:
    name = "simulation"
    if name not in made.processing:
        made.create_processing_module(name, "variables of the simulated circuit")
    return made.processing[name]


def _add_series(made: NWBFile, run: Run, seed: int) -> int:
    added = 0
    for name, variable in run.recordings.items():
        if seed not in variable.seed.values or "time" not in variable.dims:
            continue
        one = variable.sel(seed=seed)
        counted = str(one.time.attrs["units"])
        unit = str(one.attrs.get("units", "1"))
        about = str(one.attrs.get("description") or f"{name}: (time, neuron)")
        if counted not in ("ms", "s"):
            about += f"; times count units of '{counted}', not seconds: there is no time"
        _add_one(
            made,
            name.replace("/", "."),
            about,
            np.asarray(one.values),
            one.time.values * (1e-3 if counted == "ms" else 1.0),
            "a.u." if unit == "1" else unit,
        )
        added += 1
    return added


def _add_one(
    made: NWBFile, name: str, about: str, data: npt.NDArray[Any], times: npt.NDArray[Any], unit: str = "a.u."
) -> None:
    steps = np.diff(times)
    regular = len(steps) > 0 and np.allclose(steps, steps[0], rtol=1e-6)
    when = {"starting_time": float(times[0]), "rate": float(1 / steps[0])} if regular else {"timestamps": times}
    _module(made).add(TimeSeries(name=name, description=about, data=data, unit=unit, **when))


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


def _columns(**columns: tuple[str, Any]) -> list[VectorData]:
    return [VectorData(name=name, description=about, data=data) for name, (about, data) in columns.items()]


def _add_trials(made: NWBFile, trials: Trials) -> None:
    if not len(trials):
        return
    # Columns at once: there may be a million rows.
    made.trials = TimeIntervals(
        name="trials",
        description="what was shown while something was recorded",
        columns=_columns(
            start_time=("s", trials.start_s),
            stop_time=("s", trials.stop_s),
            stage=("of the course, or of learning", list(trials.stage)),
            epoch=("of training, from 1; 0 before it", trials.epoch),
            stimulus=("label of the stimulus, or which sample; empty where nothing is shown", list(trials.stimulus)),
        ),
    )


def _add_samples(made: NWBFile, labels: Sequence[str], samples: Mapping[str, Any]) -> None:
    columns: dict[str, tuple[str, Any]] = {"label": ("as in trials", list(labels))}
    if samples["classes"]:
        columns["target_class"] = ("by name", list(samples["classes"]))
    columns["target"] = ("what is asked of the outputs", np.asarray(samples["targets"], np.float32))
    if len(samples["inputs"]):
        columns["inputs"] = ("what input neurons are shown", np.asarray(samples["inputs"], np.float32))
    about = "samples that were shown" + ("" if "inputs" in columns else "; each is a course in time, left out here")
    made.add_stimulus(DynamicTable(name="stimuli", description=about, columns=_columns(**columns)))


def _defined(entries: Iterable[Mapping[str, Any]], *named: str) -> list[str]:
    """The rest of each table, a key a line."""
    return ["\n".join(f"{k} = {json.dumps(v)}" for k, v in one.items() if k not in named) for one in entries]


def _add_stimuli(made: NWBFile, stimuli: Iterable[Mapping[str, Any]]) -> None:
    rows = list(stimuli)
    if not rows:
        return
    made.add_stimulus(
        DynamicTable(
            name="stimuli",
            description="what the course shows",
            columns=_columns(
                label=("as in trials", [str(s.get("label", "")) for s in rows]),
                stimulus_name=("in measures", [str(s.get("name", "")) for s in rows]),
                definition=(
                    "currents, rates and target as in [[stimulus]] of the experiment",
                    _defined(rows, "name", "label"),
                ),
            ),
        )
    )


def _of_probe(p: ProbedModel, session: Mapping[str, Any]) -> NWBFile:
    manifest, tables = p.manifest, p.tables
    protocol: dict[str, Any] = tables["protocol"]
    what = str(protocol.get("question") or tables.get("title") or p.label)
    made = _file(f"probe of {p.label}: {what}", p.label, p.directory.name, p.seed, manifest,
                 p.directory / "experiment.toml", session)  # fmt: skip
    if p.averages:
        _add_average_trials(made, p, protocol)
    _add_stimuli(made, tables.get("stimulus", ()))
    conditions = [c for c in tables.get("condition", ()) if isinstance(c, dict)]
    made.add_stimulus(
        DynamicTable(
            name="conditions",
            description="what is done to the circuit",
            columns=_columns(
                condition=("as in trials and contrasts", [str(c["name"]) for c in conditions]),
                definition=("as in [[condition]] of the experiment", _defined(conditions, "name")),
            ),
        )
    )
    if p.contrasts:
        keys = {
            "measure": "what is compared",
            "condition": "with the control",
            "epochs": "trained before the probe",
            "control": "mean over the window of the measure, under the control",
            "value": "the same under the condition",
        }
        made.add_analysis(
            DynamicTable(
                name="contrasts",
                description="conditions against the control, in this seed; the seed is the unit of replication",
                columns=_columns(**{k: (about, [c[k] for c in p.contrasts]) for k, about in keys.items()}),
            )
        )
    elif not p.averages:
        raise DataError(f"the probe recorded nothing of {p.label}")
    return made


def _add_average_trials(made: NWBFile, p: ProbedModel, protocol: Mapping[str, Any]) -> None:
    """States and conditions one after the other, each as long as a trial with the blank before it."""
    blank, shown = float(protocol["blank_ms"]) / 1e3, float(protocol["presentation_ms"]) / 1e3
    order = list(dict.fromkeys((a.epochs, a.condition) for a in p.averages))
    onset = {key: i * (blank + shown) + blank for i, key in enumerate(order)}
    for name in dict.fromkeys(a.measure for a in p.averages):
        of_measure = sorted((a for a in p.averages if a.measure == name), key=lambda a: onset[a.epochs, a.condition])
        times = np.concatenate([onset[a.epochs, a.condition] + p.time_ms / 1e3 for a in of_measure])
        about = f"{name}: {p.measures.get(name, '')}, mean over trials, aligned to the onset of the stimulus"
        _add_one(made, name.replace("/", "."), about, np.concatenate([a.mean for a in of_measure]), times)
        if (units := [a.units for a in of_measure if a.units is not None]) and len(units) == len(of_measure):
            _add_one(made, f"{name.replace('/', '.')}.units", f"{about}: (time, neuron)", np.concatenate(units), times)
    starts = np.array([onset[key] for key in order])
    split, samples, repeats = str(protocol["split"]), int(protocol["samples"]), int(protocol["repeats"])
    columns: dict[str, tuple[str, Any]] = {
        "start_time": ("s", starts - blank),
        "stop_time": ("s", starts + shown),
        "stimulus_onset": ("s", starts),
    }
    if protocol["target"]:
        columns["target_onset"] = ("s", starts + float(protocol["target_onset_ms"]) / 1e3)
    columns |= {
        "condition": ("as in conditions", [condition for _, condition in order]),
        "epochs": ("trained before", np.array([epochs for epochs, _ in order], np.int64)),
        "trials": ("over which it is the average", np.full(len(order), samples * repeats, np.int64)),
    }
    made.trials = TimeIntervals(
        name="trials",
        description=f"by state and condition: averages over {samples} {split} samples, {repeats} times each",
        columns=_columns(**columns),
    )
    labels = [f"{split} sample {i}" for i in range(samples)]
    _add_samples(made, labels, samples_of(p, p.seed, split, range(samples)))
