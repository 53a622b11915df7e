# SPDX-License-Identifier: Apache-2.0
"""Questions that take many runs: comparisons, sweeps, probes, figures reproduced, runs repeated."""

from __future__ import annotations

import html
import itertools
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np

from . import _core, toml_text
from .callbacks import Callback
from .errors import ConfigError, DataError
from .execution import Execution, Seeds, stopped
from .experiment import Experiment
from .machine import PathLike, output_directory
from .planned import PlannedSweep
from .plot import HasFigures
from .run import Run, _need, notes_html
from .task import Task, handed_by
from .variants import variant_of

if TYPE_CHECKING:
    import pandas as pd

    from .plot import ComparisonPlots


class Comparison(HasFigures):
    """Several runs over the same task and seeds, read from their directory.

    Args:
        path: the directory.
        task: the `Task` of runs whose data or environment live in this process; needed for what they answer.
    """

    def __init__(
        self,
        path: PathLike,
        *,
        task: Task | None = None,
        notes: Iterable[str] | None = None,
        faults: Iterable[tuple[str, str]] = (),
    ) -> None:
        self.path = Path(path)
        self._notes = None if notes is None else list(notes)
        self.faults = list(faults)
        self._handed = _core.Handed()
        if task is not None:
            self._handed.add(task._handed)
        self._data: PathLike | None = None
        index = self.path / "comparison.json"
        if not index.is_file():
            raise DataError(f"{self.path} holds no comparison (no comparison.json)")
        self._index: dict[str, Any] = json.loads(index.read_text(encoding="utf-8"))

    @cached_property
    def runs(self) -> dict[str, Run]:
        """By label, those that have begun."""
        found = [self.path / name for name in self._index["runs"]]
        begun = [Run(path, data=self._data) for path in found if (path / "manifest.json").is_file()]
        for run in begun:
            run._handed = self._handed
        return {run.label: run for run in begun}

    def __getitem__(self, label: str) -> Run:
        """By its label, "feedback alignment", or its name, "feedback-alignment". KeyError, with those there are."""
        named = [run for key, run in self.runs.items() if label in (key, key.replace(" ", "-"))]
        if not named:
            raise KeyError(f"no run '{label}'; there are {', '.join(map(repr, self.runs)) or 'none'}")
        return named[0]

    def __iter__(self) -> Iterator[Run]:
        return iter(self.runs.values())

    def __len__(self) -> int:
        return len(self.runs)

    @property
    def notes(self) -> list[str]:
        """What there is to know about the results, as of a `Run`."""
        if self._notes is None:
            return [f"{label}: {note}" for label, run in self.runs.items() for note in run.notes]
        return self._notes

    @property
    def finished(self) -> bool:
        """Every run has finished, or broken where a sweep allows it."""
        return len(self.runs) == len(self._index["runs"]) and all(run.finished for run in self)

    @property
    def report(self) -> Path:
        """One page over all."""
        page = self.path / "report.html"
        return page if page.is_file() else Path(_core.write_report(str(self.path)))

    @cached_property
    def metrics(self) -> pd.DataFrame:
        """Those of all runs, with a column `model`; of a sweep also `at` and `series`."""
        return self._together("metrics")

    @cached_property
    def areas(self) -> pd.DataFrame:
        """What was measured in areas, of all runs."""
        return self._together("areas")

    def _together(self, what: str) -> pd.DataFrame:
        pandas = _need("pandas", "data")
        swept = {entry["run"]: entry for entry in self._index.get("sweep", [])}
        frames = []
        for label, run in self.runs.items():
            frame = getattr(run, what).copy()
            frame.insert(0, "model", label)
            if entry := swept.get(run.path.name):
                frame.insert(1, "at", entry["at"])
                frame.insert(2, "series", entry["series"])
            frames.append(frame)
        joined: pd.DataFrame = pandas.concat(frames, ignore_index=True)
        return joined

    @cached_property
    def table(self) -> pd.DataFrame:
        """A row for each model: what its last test gave, mean and 95 % interval over seeds; of a task without test
        samples what validation did, as validation_accuracy and so on."""
        pandas = _need("pandas", "data")
        rows = []
        for label, run in self.runs.items():
            if not run.finished:
                continue
            row: dict[str, Any] = {"model": label, "seeds": len(run.seeds)}
            measures = run.summary["measures"]
            tested = any(m["where"] == "test" for m in measures)
            places = {"total": "total_"} | ({"test": ""} if tested else {"validation": "validation_"})
            for m in measures:
                name = places.get(m["where"])
                if name is None or m["metric"] in ("samples", "undefined_samples"):
                    continue
                name += m["metric"]
                row[name] = _number(m.get("mean", m.get("median")))
                if "low95" in m:
                    row[f"{name}_low"], row[f"{name}_high"] = _number(m["low95"]), _number(m["high95"])
            row["seconds_per_epoch"] = _number(run.summary.get("seconds_per_epoch"))
            rows.append(row)
        table: pd.DataFrame = pandas.DataFrame(rows)
        return table.set_index("model") if rows else table

    @property
    def plot(self) -> ComparisonPlots:
        """Figures: accuracy(), loss(), angle(), metric(name); each returns axes. Needs the extra `plot`."""
        from .plot import ComparisonPlots

        return ComparisonPlots(self)

    def wait(self) -> Comparison:
        """Itself: what runs here has finished when the call that made it returns."""
        return self

    def __repr__(self) -> str:
        noted = f", {len(self._notes)} notes" if self._notes else ""  # reads no files to find any
        return f"Comparison({str(self.path)!r}, {', '.join(self.runs)}{noted})"

    def _repr_html_(self) -> str:
        table = self.table
        shown = table.to_html(float_format="{:.4g}".format)
        return f"<b>{html.escape(self._index.get('title', ''))}</b>{shown}{notes_html(self.notes)}"


def _number(x: Any) -> float:
    try:
        return float(x)
    except (TypeError, ValueError):
        return float("nan")


def compare(
    task: str | Mapping[str, Any] | Task | PathLike | Experiment | Sequence[Experiment],
    models: Sequence[Any] | None = None,
    *,
    seeds: Seeds | None = None,
    out: PathLike | None = None,
    callbacks: Iterable[Callback] = (),
    resume: bool = False,
    threads: int | None = None,
    data: PathLike | None = None,
    ignore_memory: bool = False,
    **tables: Any,
) -> Comparison:
    """Runs several models on one task over the same seeds, into one directory with one report.

    Args:
        task: a task's name or table, or a `Task`, with `models`; or else a file or `Experiment` with [[variant]]
            entries, or a list of experiments.
        models: circuits, experiments, and names of models or `layered_rule`s, for which Apical brings settings for the
            task. On a `Task` these are the settings for Yin-Yang, 120 hidden units (CartPole-v1 where it rewards, 64
            and 64), unless model={"layers": …} says otherwise, and angles are measured every 5 epochs. Circuits whose
            readout is tanh or logistic are taught the task's numbers as potentials.
        seeds: how many, or which; default: those of the experiments, which must agree.
        out, callbacks, resume, threads, data: as for `Experiment.run`.
        tables: changes for every model, e.g. training={"epochs": 20}.
    """
    if models is not None:
        if not isinstance(task, str | Mapping | Task):
            raise ConfigError("with models, the task is a name, a table or a Task")
        experiments = [variant_of(task, model, tables).copy() for model in models]
        stem = f"{experiments[0]['task.name'] if experiments else 'task'}-compare"
    else:
        if isinstance(task, Mapping | Task):
            raise ConfigError("models are missing; expected compare(task, [models])")
        if isinstance(task, Experiment):
            experiments = [task.copy()]
        elif isinstance(task, Sequence) and not isinstance(task, str):
            experiments = [e.copy() for e in task]
        else:
            experiments = [Experiment(task)]
        stem = f"{experiments[0].name}-compare" if experiments else "compare"
        if tables:
            for e in experiments:
                e.update(tables)
    return _run_comparison(experiments, stem, Execution(seeds, out, callbacks, resume, threads, data, ignore_memory))


def _run_comparison(experiments: Sequence[Experiment], stem: str, how: Execution) -> Comparison:
    if how.seeds is not None:
        for e in experiments:
            e.with_seeds(how.seeds)
    with how.into(stem, handed_by(*experiments), begun_by="comparison.json") as call:
        result = _core.compare([e._document for e in experiments], call)
    notes = [*result["notes"], *(note for run in result["runs"] for note in run["notes"])]
    made = Comparison(call.directory, notes=notes, faults=result["faults"])
    made._handed = call.handed
    made._data = how.data
    return made


_BY_MPI = "mpirun -n 4 apical compare FILE --mpi shares a sweep's file among ranks (docs/clusters.md)"


@overload
def sweep(
    experiment: Experiment,
    values: Mapping[str, Sequence[Any]],
    *,
    seeds: Seeds | None = None,
    on: Literal["local"] = "local",
    out: PathLike | None = None,
    callbacks: Iterable[Callback] = (),
    resume: bool = False,
    threads: int | None = None,
    data: PathLike | None = None,
    ignore_memory: bool = False,
) -> Comparison: ...
@overload
def sweep(
    experiment: Experiment,
    values: Mapping[str, Sequence[Any]],
    *,
    seeds: Seeds | None = None,
    on: Literal["workers", "slurm"],
    out: PathLike | None = None,
    data: PathLike | None = None,
    slurm: Sequence[str] = (),
) -> PlannedSweep: ...
def sweep(
    experiment: Experiment,
    values: Mapping[str, Sequence[Any]],
    *,
    seeds: Seeds | None = None,
    on: str = "local",
    out: PathLike | None = None,
    callbacks: Iterable[Callback] = (),
    resume: bool = False,
    threads: int | None = None,
    data: PathLike | None = None,
    ignore_memory: bool = False,
    slurm: Sequence[str] = (),
) -> Comparison | PlannedSweep:
    """Runs the experiment at every value of a key, and at every combination if there are several keys.

    Args:
        experiment: with one model, or [[variant]] entries: each runs at every value ("local" only).
        values: lists by key, e.g. {"model.eta": [[300, 8], [100, 3]]}.
        on: "local": here, by threads of this process, a `Comparison` when it returns. "workers": by processes, as
            many as there are cores, and "slurm": by a batch system; then a `PlannedSweep` whose `wait()` gives the same
            comparison. Tasks, environments and rules that live in this process run "local" only.
        slurm: options of sbatch, e.g. ["--partition=cpu", "--time=02:00:00"].

    A model may break (NumericalFault) at some value: the others are run all the same, see `faults`.
    """
    if on not in ("local", "workers", "slurm"):
        raise ConfigError(f"on is '{on}'; expected 'local', 'workers' or 'slurm'", hint=_BY_MPI if on == "mpi" else "")
    if slurm and on != "slurm":
        raise ConfigError(f"options of sbatch go with on='slurm', not '{on}'")
    for key, of_key in values.items():
        if isinstance(of_key, str) or not hasattr(of_key, "__len__"):
            raise ConfigError(f"'{key}': {of_key!r} is no list of values to run at; expected e.g. [{of_key!r}, …]")
    if not values or not all(len(v) for v in values.values()):
        raise ConfigError("no values to sweep; expected lists by key, e.g. {'model.eta': [0.1, 0.2]}")
    keys = list(values)
    grid = list(itertools.product(*values.values()))
    numeric = len(keys) == 1 and all(isinstance(v, int | float | np.number) for (v,) in grid)
    at = [float(v) for (v,) in grid] if numeric else [float(i) for i in range(1, len(grid) + 1)]
    labels = [
        ", ".join(f"{k.split('.')[-1]} = {_short(v)}" for k, v in zip(keys, point, strict=True)) for point in grid
    ]
    name = ", ".join(keys)
    points = Points(name, keys, grid, at, labels)
    if on == "local":
        return run_points(
            experiment, points, "sweep", Execution(seeds, out, callbacks, resume, threads, data, ignore_memory)
        )
    if list(callbacks) or resume or threads is not None:
        raise ConfigError("callbacks, resume and threads are of sweeps that run 'local'")
    one = experiment.copy() if seeds is None else experiment.copy().with_seeds(seeds)
    text = f"{one.to_toml()}\n{toml_text.document({'sweep': points.to_dict()})}"
    into = output_directory(out, f"{experiment.name}-sweep")
    planned = PlannedSweep.made(text, into.with_name(into.name + "-plan"), out=into, data=data)
    if on == "workers":
        planned.work(workers=len(os.sched_getaffinity(0)))
    else:
        planned.submit(slurm)
    return planned


@dataclass(frozen=True)
class Points:
    """Where in the space of some keys an experiment is run: a table [sweep]."""

    name: str
    keys: Sequence[str]
    values: Sequence[tuple[Any, ...]]  #: of the keys, at each point
    at: Sequence[float]  #: where each is drawn
    labels: Sequence[str]

    def to_dict(self) -> dict[str, Any]:
        """The table."""
        lists: dict[str, Any] = {}
        for i, key in enumerate(self.keys):
            place = lists
            *path, last = key.split(".")
            for part in path:
                place = place.setdefault(part, {})
            place[last] = [point[i] for point in self.values]
        return {"name": self.name, "at": list(self.at), "labels": list(self.labels), "values": lists}


def run_points(experiment: Experiment, points: Points, stem: str, how: Execution) -> Comparison:
    """The experiment at each point."""
    swept = experiment.copy()
    swept._document.overlay(_core.Document.parse(toml_text.document({"sweep": points.to_dict()}), "<sweep>"))
    swept._resolved = None
    swept._experiments()
    return _run_comparison([swept], f"{experiment.name}-{stem}", how)


def _short(value: Any) -> str:
    text = toml_text.value(value)
    return text if len(text) <= 40 else text[:37] + "..."


@dataclass(frozen=True)
class Probe(HasFigures):
    """What a protocol found. `contrasts`: conditions against the control, by model, measure and epochs."""

    path: Path
    contrasts: pd.DataFrame
    notes: Sequence[str] = ()
    _handed: _core.Handed = field(default_factory=_core.Handed, repr=False, compare=False)
    _data: PathLike | None = field(default=None, repr=False, compare=False)

    @property
    def report(self) -> Path:
        """The page."""
        return self.path / "report.html"

    def _repr_html_(self) -> str:
        shown: str = self.contrasts.drop(columns=["control", "value"]).to_html(float_format="{:.4g}".format)
        return shown


def probe(
    protocol: PathLike | Experiment,
    *,
    seeds: Seeds | None = None,
    out: PathLike | None = None,
    callbacks: Iterable[Callback] = (),
    resume: bool = False,
    threads: int | None = None,
    data: PathLike | None = None,
    ignore_memory: bool = False,
) -> Probe:
    """An in-silico experiment: perturbs trained models and compares what they predict (docs/protocols.md)."""
    pandas = _need("pandas", "data")
    experiment = (protocol if isinstance(protocol, Experiment) else Experiment(protocol)).copy()
    if seeds is not None:
        experiment.with_seeds(seeds)
    with Execution(seeds, out, callbacks, resume, threads, data, ignore_memory).into(
        experiment.name, experiment._handed
    ) as call:
        result = _core.probe(experiment._document, call)
    if result["stopped"]:
        raise stopped("the probe was stopped", call.directory)
    contrasts = pandas.DataFrame(result["contrasts"])
    return Probe(Path(call.directory), contrasts, result["notes"], experiment._handed, data)


@dataclass(frozen=True)
class Reproduction:
    """Whether a figure came out (every expectation reproduced, none undecided), or a run again to the same bits. True
    in a condition if it did. `outcomes` says of each expectation its verdict (reproduced, undecided, deviates) and what
    it rests on (program, paper, law, hypothesis)."""

    path: Path
    reproduced: bool
    text: str
    outcomes: Sequence[Mapping[str, Any]] = ()

    def __bool__(self) -> bool:
        return self.reproduced

    def __str__(self) -> str:
        return self.text


def reproduce(
    what: PathLike | Run,
    *,
    out: PathLike | None = None,
    callbacks: Iterable[Callback] = (),
    resume: bool = False,
    threads: int | None = None,
    data: PathLike | None = None,
    ignore_memory: bool = False,
) -> Reproduction:
    """Runs what reproduces a published figure ("max2026/figure-2b", or a file with [reproduces]), or a finished
    run again, and says whether the expectations hold, or the bits are the same."""
    run = what.path if isinstance(what, Run) else Path(what)
    if isinstance(what, Run) and data is None:
        data = what._data
    again = (run / "manifest.json").is_file()
    experiment = None if again else Experiment(run)
    stem = f"{run.name}-again" if experiment is None else experiment.name
    handed = what._handed if isinstance(what, Run) else _core.Handed()
    with Execution(None, out, callbacks, resume, threads, data, ignore_memory).into(stem, handed) as call:
        result = _core.repeat(str(run), call) if experiment is None else _core.reproduce(experiment._document, call)
    directory = Path(call.directory)
    if experiment is not None and result["comparison"]["stopped"]:
        raise stopped(f"{result['figure']} was stopped", directory)
    if experiment is None:
        if not result["text"]:
            raise stopped(f"the repetition of {result['label']} was stopped", directory)
        return Reproduction(directory, result["identical"], f"{result['label']}: {result['text']}")
    words = {"reproduced": "reproduced  ", "undecided": "undecided   ", "deviates": "DEVIATES    "}
    lines = [words[o["verdict"]] + o["text"] for o in result["outcomes"]]
    return Reproduction(directory, result["reproduced"], "\n".join([result["figure"], *lines]), result["outcomes"])
