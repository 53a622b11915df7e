# SPDX-License-Identifier: Apache-2.0
"""Recordings and spikes of a run as Neo objects, for Elephant and others. Needs neo (extra `neo`)."""

from __future__ import annotations

from typing import Any

import numpy as np

try:
    import neo
    import quantities
except ModuleNotFoundError as _missing:
    raise ModuleNotFoundError("apical.formats.neo needs neo: pip install 'apical[neo]'", name="neo") from _missing

from ..errors import DataError
from ..run import Run
from .shown import recorded_trials

_UNITS_OF_TIME = {"ms": "ms", "s": "s"}


def block(run: Run) -> neo.Block:
    """A segment for each seed, with an AnalogSignal for each variable at regular times, an IrregularlySampledSignal for
    others, a SpikeTrain for each neuron whose spikes were kept, and an Epoch "trials" of what was shown meanwhile.

    Signals are (time, unit). Numbers are read from the run at once.
    """
    made = neo.Block(name=run.label, description=str(run.manifest.get("title", "")), file_origin=str(run.path))
    for seed in run.seeds:
        segment = neo.Segment(name=f"seed {seed}", seed=seed)
        for name, variable in run.recordings.items():
            if seed in variable.seed.values and "time" in variable.dims:
                _add_signal(segment, name, variable.sel(seed=seed))
        for population, train in run.spikes(seed).items():
            by_neuron = np.argsort(train.neuron, kind="stable")  # times stay in order
            ends = np.searchsorted(train.neuron[by_neuron], np.arange(train.neurons + 1))
            for neuron in range(train.neurons):
                times = train.time_ms[by_neuron[ends[neuron] : ends[neuron + 1]]]
                segment.spiketrains.append(
                    neo.SpikeTrain(
                        times,
                        t_start=train.start_ms,
                        t_stop=train.stop_ms,
                        units="ms",
                        name=f"{population}.{neuron}",
                        population=population,
                        neuron=neuron,
                    )
                )
        if len(trials := recorded_trials(run, seed)):
            segment.epochs.append(
                neo.Epoch(
                    times=trials.start_s,
                    durations=trials.stop_s - trials.start_s,
                    labels=np.array(trials.stimulus, dtype="U"),
                    units="s",
                    name="trials",
                    array_annotations={"stage": np.array(trials.stage, dtype="U"), "epoch": trials.epoch},
                )
            )
        made.segments.append(segment)
    made.check_relationships()
    return made


def _add_signal(segment: neo.Segment, name: str, variable: Any) -> None:
    values = np.asarray(variable.values)
    if values.ndim == 1:
        values = values[:, np.newaxis]
    times, time_unit = variable.time.values, str(variable.time.attrs["units"])
    if time_unit not in _UNITS_OF_TIME:
        raise DataError(
            f"'{name}' was recorded by the {time_unit}, which is no time, and signals of Neo have one; "
            "run.recordings and formats.nwb have it"
        )
    unit = str(variable.attrs.get("units", "1"))
    units = "dimensionless" if unit == "1" else unit
    steps = np.diff(times)
    if len(steps) and np.allclose(steps, steps[0], rtol=1e-6):
        segment.analogsignals.append(
            neo.AnalogSignal(
                values,
                units=units,
                t_start=times[0] * neo_unit(time_unit),
                sampling_period=steps[0] * neo_unit(time_unit),
                name=name,
            )
        )
    else:
        segment.irregularlysampledsignals.append(
            neo.IrregularlySampledSignal(times, values, units=units, time_units=time_unit, name=name)
        )


def neo_unit(name: str) -> Any:
    """A unit of time as Neo's quantities have it."""
    return getattr(quantities, _UNITS_OF_TIME[name])
