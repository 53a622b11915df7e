# SPDX-License-Identifier: Apache-2.0
"""Runs as they stand in their directories, whoever made them: this package or the program."""

from __future__ import annotations

import html
import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from . import _core
from .arrays import as_array, matrix, require_finite
from .callbacks import Callback
from .errors import ConfigError, DataError
from .execution import BY_RESUME, Execution
from .machine import PathLike, data_folder, thread_count
from .plot import HasFigures
from .samples import ShownSamples

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from .arrays import ArrayLike
    from .experiment import Experiment
    from .layered import LayeredRule
    from .recordings import Recordings
    from .spikes import SpikeTrains
    from .task import Task

_SPLITS = ("train", "validation", "test")

Read = TypeVar("Read")


class _ReadOnce(Generic[Read]):
    """A property that is read again only when the run has gone on since, here or in another process."""

    def __init__(self, read: Callable[[Any], Read]) -> None:
        self._read = read
        self.attrname = read.__name__
        self.__doc__ = read.__doc__

    @overload
    def __get__(self, run: None, owner: type) -> _ReadOnce[Read]: ...
    @overload
    def __get__(self, run: Run, owner: type) -> Read: ...
    def __get__(self, run: Run | None, owner: type) -> Read | _ReadOnce[Read]:
        if run is None:
            return self
        now = run._stamp()
        before = run._kept.get(self.attrname)
        if before is None or before[0] != now:
            before = run._kept[self.attrname] = (now, self._read(run))
        found: Read = before[1]
        return found


def _need(module: str, extra: str) -> Any:
    import importlib

    try:
        return importlib.import_module(module)
    except ImportError as e:
        raise ImportError(f"this needs {module}: pip install 'apical[{extra}]'") from e


class Run(HasFigures):
    """One execution of one experiment, read from its directory. Reading needs the extra `data`.

    Args:
        path: the directory.
        data: folder of data sets, as it was for the run.
        task: the `Task` of a run whose data or environment live in this process; needed to go on with it, and for
            `samples` and `predict`.
        rule: the `layered_rule` of a run, to go on with it and for `predict`.

    Raises:
        DataError: if it holds no run.
    """

    def __init__(
        self,
        path: PathLike,
        *,
        data: PathLike | None = None,
        task: Task | None = None,
        rule: LayeredRule | None = None,
    ) -> None:
        self.path = Path(path)
        self._notes: list[str] | None = None
        self._kept: dict[str, tuple[Any, Any]] = {}
        self._data = data
        self._handed = _core.Handed()
        for source in (task, rule):
            if source is not None:
                self._handed.add(source._handed)
        if not (self.path / "manifest.json").is_file():
            raise DataError(f"{self.path} holds no run (no manifest.json)")

    @classmethod
    def _made(cls, call: _core.Call, notes: Iterable[str], data: PathLike | None) -> Run:
        run = cls(call.directory, data=data)
        run._notes = list(notes)
        run._handed = call.handed
        return run

    def _stamp(self) -> tuple[Any, ...]:
        """Another one whenever the run has gone on."""
        seen: list[Any] = []
        for name in ("metrics.ndjson", "checkpoints", "summary.json"):
            try:
                found = (self.path / name).stat()
            except FileNotFoundError:
                seen.append(None)
            else:
                seen.append((found.st_mtime_ns, found.st_size))
        return tuple(seen)

    # What it is.

    @property
    def finished(self) -> bool:
        """False: it was stopped; resume() goes on."""
        return (self.path / "summary.json").is_file()

    @property
    def manifest(self) -> dict[str, Any]:
        """Program, machine, data, needs and cost of the model, how it was measured."""
        return _json(self.path / "manifest.json")

    @property
    def summary(self) -> dict[str, Any]:
        """Final figures with their 95 % intervals over seeds. DataError unless finished."""
        if not self.finished:
            raise DataError(f"{self.path} has not finished; resume() goes on")
        return _json(self.path / "summary.json")

    @property
    def label(self) -> str:
        """Of the model in comparisons."""
        return str(self.manifest["label"])

    @property
    def seeds(self) -> list[int]:
        """Of its replicas."""
        return [int(s) for s in self.manifest["seeds"]]

    @property
    def experiment(self) -> Experiment:
        """As it was run, every default filled in."""
        from .experiment import Experiment

        document = _core.Document.read(str(self.path / "experiment.toml"))
        return Experiment._of(document, "experiment", self._handed)

    @property
    def report(self) -> Path:
        """The page for eyes; it is written if it is missing."""
        page = self.path / "report.html"
        if not page.is_file():
            _core.write_report(str(self.path))
        return page

    @property
    def notes(self) -> list[str]:
        """What there is to know about the result: what was said at the end of the run, and of one that was made
        elsewhere what its diagnosis says that wants attention."""
        if self._notes is None and self.finished:
            self._notes = _core.attention(str(self.path))
        return self._notes or []

    # What was measured.

    @_ReadOnce
    def measurements(self) -> pd.DataFrame:
        """Every number as a row: epoch, where (split, area or part of a course), metric, seed, value."""
        pandas = _need("pandas", "data")
        rows = []
        with (self.path / "metrics.ndjson").open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if not line.endswith("\n"):
                    break  # a run that is being written
                try:
                    row = json.loads(line)
                    rows.append((row["epoch"], row["where"], row["metric"], row["seed"], float(row["value"])))
                except (ValueError, KeyError, TypeError) as e:
                    raise DataError(f"{self.path / 'metrics.ndjson'}:{number}: no measurement: {e}") from e
        frame: pd.DataFrame = pandas.DataFrame(rows, columns=["epoch", "where", "metric", "seed", "value"])
        if len(frame) and (frame["epoch"] % 1 == 0).all():
            frame["epoch"] = frame["epoch"].astype("int64")
        return frame.drop_duplicates(["epoch", "where", "metric", "seed"], keep="last", ignore_index=True)

    @_ReadOnce
    def metrics(self) -> pd.DataFrame:
        """Tidy: a row for each epoch, split and seed, a column for each metric (loss, accuracy …).

        Of a course without splits: a row for each epoch, part and seed. What is measured in areas, such as
        angles, is in `areas`.

        >>> run.metrics.groupby(["epoch", "split"]).accuracy.mean().unstack().plot()   # doctest: +SKIP
        """
        rows = self.measurements
        of_splits = rows[rows["where"].isin(_SPLITS)]
        return _wide(of_splits if len(of_splits) else rows, "split")

    @_ReadOnce
    def areas(self) -> pd.DataFrame:
        """Tidy: a row for each epoch, area and seed, a column for each measure, e.g. angle_deg."""
        rows = self.measurements
        return _wide(rows[~rows["where"].isin(_SPLITS)], "area")

    @_ReadOnce
    def recordings(self) -> Recordings:
        """By name, "population.variable", each an xarray.DataArray that is read when it is used."""
        from .recordings import Recordings

        return Recordings(self.path)

    def spikes(self, seed: int | None = None) -> dict[str, SpikeTrains]:
        """By population: all spikes that [record] of a spiking experiment asked for, of a seed (default: the first).

        Empty if none were kept.
        """
        from .spikes import read_spikes

        experiment = self.experiment
        return read_spikes(self.path, self._seed(seed), experiment._document, experiment.to_dict().get("record", {}))

    @property
    def diagnosis(self) -> pd.DataFrame:
        """Whether the result is to be trusted: a row for each check, with its verdict (clean, attention, not
        applicable), what it measured, why that matters and what to try. What wants attention also stands in the report,
        and in `notes` of what was run here."""
        pandas = _need("pandas", "data")
        rows: pd.DataFrame = pandas.DataFrame(_core.diagnosis(str(self.path)))
        return rows.set_index("check")

    # Samples, and what the networks answer.

    @property
    def classes(self) -> list[str]:
        """Names of the classes, from class 0 on; empty of tasks that do not classify."""
        return self._answers.classes()

    def samples(self, split: str = "test", *, seed: int | None = None) -> ShownSamples:
        """The samples of a split as the network is shown them: normalised, in the order of the split.

        Args:
            split: "train", "validation" or "test".
            seed: of tasks that are drawn; default: the first.

        DataError where they are not there (any more), or are others than the run began with.
        """
        return ShownSamples._of(self._answers.samples(split, self._seed(seed)), self._real)

    def predict(
        self, inputs: ArrayLike | None = None, *, split: str | None = None, seed: int | None = None
    ) -> npt.NDArray[np.float64]:
        """What the network answers at the last checkpoint: outputs (sample, output), after the last layer's function.

        Args:
            inputs: (sample, feature) in the units of the task's own data: they are normalised as these are. Pixels are
                0 … 255, in planes (sample, channel, row, column). None: the samples of a split.
            split: "train", "validation" or "test" (the default), in place of inputs.
            seed: of which network; default: the first.

        Nothing is learned and nothing of the run changes. Circuits in continuous time are shown one sample after the
        other, each for as long as in training, from where the run ended. A run of samples or a rule in this process
        wants `Run(path, task=…, rule=…)`. DataError for circuits that spike and for policies, which do not answer
        sample by sample, and where data are others than the run began with.

        >>> (run.decide() == run.samples("test").labels).mean()   # doctest: +SKIP
        """
        if inputs is None:
            return self._answers.of_split(split or "test", self._seed(seed))
        if split is not None or isinstance(inputs, str):
            raise ConfigError("predict takes inputs, or the name of a split as split=…, not both")
        return self._answers.to(self._rows(inputs), self._seed(seed))

    def decide(
        self, inputs: ArrayLike | None = None, *, split: str | None = None, seed: int | None = None
    ) -> npt.NDArray[np.int64]:
        """The class that the network answers with, per sample, as tests count it; `classes` has the names. Arguments as
        of `predict`. DataError of tasks that do not classify."""
        classes = self._answers.decide(self.predict(inputs, split=split, seed=seed))
        return classes.astype("int64")

    def normalised(self, inputs: ArrayLike, *, seed: int | None = None) -> npt.NDArray[np.floating[Any]]:
        """Inputs (sample, feature) in the units of the task's own data as the network sees them, in its precision, e.g.
        for a module of PyTorch: (x - mean) / sd over the training samples with normalisation = "standard"."""
        return self._answers.scaled(self._rows(inputs), self._seed(seed)).astype(self._real)

    def _seed(self, seed: int | None) -> int:
        return self.seeds[0] if seed is None else seed

    @property
    def _real(self) -> type[np.floating[Any]]:
        import numpy as np

        return np.float64 if self._answers.double_precision() else np.float32

    def _rows(self, inputs: ArrayLike) -> npt.NDArray[np.float64]:
        given = as_array(inputs, "inputs")
        if given.ndim < 2 or len(given) == 0:
            raise DataError(f"inputs have shape {given.shape}; expected (sample, feature), at least one sample")
        picture = self._answers.picture()
        if picture is not None and given.ndim > 2 and list(given.shape[1:]) not in (picture, picture[-2:]):
            raise DataError(f"inputs have shape {given.shape}; expected (sample, channel, row, column) with {picture}")
        rows = matrix(given.reshape(len(given), -1), "inputs")
        require_finite(rows, "inputs")
        return rows

    @_ReadOnce
    def _answers(self) -> _core.RunAnswers:
        try:
            return _core.RunAnswers(str(self.path), thread_count(None), data_folder(self._data), self._handed)
        except DataError as e:
            if "memory:" not in str(e):
                raise
            raise DataError(
                f"{e}\n  Run(path, task=…) hands in what lives in this process, and rule=… a rule"
            ) from None

    # Weights.

    @_ReadOnce
    def _state(self) -> _core.SavedState:
        return _core.SavedState(str(self.path), 1)

    @property
    def projections(self) -> list[str]:
        """That have weights in the last checkpoint. Of a layered network: input->a1, a1->a2 …"""
        return self._state.projections()

    def weights(self, projection: str, seed: int | None = None) -> npt.NDArray[np.float64]:
        """Of the last checkpoint, which of a finished run is its final state; (postsynaptic, presynaptic).

        Args:
            projection: its name, without ".compartment" if that is clear.
            seed: default: the first.

        A convolution has one row per channel, kernels channel by channel.
        """
        return self._state.weights(projection, self._seed(seed))

    def offsets(self, projection: str, seed: int | None = None) -> npt.NDArray[np.float64]:
        """Biases of the postsynaptic units of a layered network."""
        return self._state.offsets(projection, self._seed(seed))

    def export(
        self, file: PathLike, *, what: str = "weights", seed: int | None = None, format: str | None = None
    ) -> list[Path]:
        """Writes a file of others, as `apical export` does; what was written.

        Args:
            file: to write; replaced if it is there.
            what: "weights", "recordings", "metrics" or "spikes".
            seed: of one replica; default: all, names then begin with seed-N/ if there are several.
            format: "npz", "safetensors", "csv" or "hdf5"; default: what the file's name ends with.
        """
        ends = {".npz": "npz", ".safetensors": "safetensors", ".csv": "csv", ".h5": "hdf5"}
        chosen = format or ends.get(Path(file).suffix)
        if chosen is None:
            raise ConfigError(f"'{file}' does not say a format", hint=f"end it with {', '.join(ends)}, or say format=")
        return [Path(p) for p in _core.export_files(str(self.path), what, chosen, seed, os.fspath(file))]

    # Going on.

    def extend(
        self,
        epochs: int,
        *,
        out: PathLike | None = None,
        callbacks: Iterable[Callback] = (),
        threads: int | None = None,
        data: PathLike | None = None,
    ) -> Run:
        """Trains a finished run on to so many epochs in all, as a new run that names this one as its parent.

        The bits are those of a run that was given all epochs at once, unless a schedule depends on their number.
        """
        longer = self.experiment.update({"training.epochs": epochs, "training.continue_from": str(self.path.resolve())})
        longer.name = self.path.name
        folder = self._data if data is None else data
        return longer.run(out=out, callbacks=callbacks, threads=threads, data=folder)

    def __fspath__(self) -> str:
        """Its directory: a run can stand where its path can, e.g. exp["model.start_from"] = run."""
        return str(self.path)

    def resume(
        self,
        *,
        callbacks: Iterable[Callback] = (),
        threads: int | None = None,
        data: PathLike | None = None,
        report: bool = True,
        ignore_memory: bool = False,
    ) -> Run:
        """Continues a stopped or killed run; the bits are those of one that was never stopped."""
        document = _core.Document.read(str(self.path / "experiment.toml"))
        folder = self._data if data is None else data
        how = Execution(None, self.path, callbacks, True, threads, folder, ignore_memory)
        with how.into(self.path.name, self._handed, go_on=BY_RESUME) as call:
            result = _core.run(document, call, report)
        return Run._made(call, result["notes"], folder)

    def __repr__(self) -> str:
        state = "finished" if self.finished else "stopped"
        noted = f", {len(self._notes)} notes" if self._notes else ""  # reads no files to find any
        return f"Run({str(self.path)!r}, {self.label}, {len(self.seeds)} seeds, {state}{noted})"

    def _repr_html_(self) -> str:
        head = f"<b>{html.escape(self.label)}</b>, {len(self.seeds)} seeds, {html.escape(str(self.path))}"
        notes = notes_html(self.notes)
        if not self.finished:
            return f"{head}: stopped; <code>resume()</code> goes on{notes}"
        rows = "".join(
            f"<tr><td>{html.escape(m['where'])}</td><td>{html.escape(m['metric'])}</td><td>{m['epoch']:g}</td>"
            f"<td>{_figure(m)}</td></tr>"
            for m in self.summary["measures"]
            if m["where"] in _SPLITS and m["metric"] in ("accuracy", "loss", "return")
        )
        heads = "<th>split</th><th>metric</th><th>epoch</th><th>mean [95 %]</th>"
        return f"{head}<table><tr>{heads}</tr>{rows}</table>{notes}"


def notes_html(notes: Iterable[str]) -> str:
    """What there is to know about a result, below it."""
    lines = "".join(f"<li>{html.escape(note)}</li>" for note in notes)
    return f"<ul>{lines}</ul>" if lines else ""


def _figure(measure: dict[str, Any]) -> str:
    mean = measure.get("mean", measure.get("median"))
    if not isinstance(mean, int | float):
        return str(mean)
    if "low95" not in measure:
        return f"{mean:.4g}"
    return f"{mean:.4g} [{float(measure['low95']):.4g}, {float(measure['high95']):.4g}]"


def _json(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as e:
        raise DataError(f"{path} is damaged: {e}") from e
    return found


def _wide(rows: pd.DataFrame, place: str) -> pd.DataFrame:
    wide = rows.pivot(index=["epoch", "where", "seed"], columns="metric", values="value")
    return wide.rename_axis(columns=None).reset_index().rename(columns={"where": place})
