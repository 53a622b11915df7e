# SPDX-License-Identifier: Apache-2.0
"""Experiments: a file, a text or a dict, changed by the keys of TOML, checked, run."""

from __future__ import annotations

import difflib
import html
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import _core, toml_text
from .callbacks import Callback
from .errors import ConfigError
from .execution import BY_RESUME, Execution, Seeds, seeds_value
from .layered import LayeredRule
from .machine import PathLike, data_folder, experiment_file, thread_count
from .run import Run
from .task import Task


@dataclass(frozen=True)
class Forecast:
    """What an experiment will take, as `print` shows it and as numbers.

    Attributes:
        what: model, task, seeds and precision.
        lines: what there is to say, by name ("memory", "time" …).
        figures: the same as numbers, e.g. figures["seconds"], figures["state_bytes"].
        circuit: every population and projection; "" if there are none.
    """

    label: str
    what: str
    lines: Mapping[str, str]
    figures: Mapping[str, float]
    data_provenance: str = ""
    circuit: str = field(default="", repr=False)

    def __str__(self) -> str:
        width = max((len(name) for name in self.lines), default=0)
        return "\n".join([self.what, *(f"  {name:<{width}}  {text}" for name, text in self.lines.items())])

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th style='text-align:left'>{html.escape(n)}</th><td>{html.escape(t)}</td></tr>"
            for n, t in self.lines.items()
        )
        return f"<table><caption>{html.escape(self.what)}</caption>{rows}</table>"


class Experiment:
    """An experiment, of which every key can be read and changed by its name in TOML.

    Args:
        source: the path of a TOML file (of yours, or one that comes with Apical, such as
            "yin-yang/error-neurons"); TOML as a text of several lines; a dict of its tables, in which "task" may
            be a `Task` and the "name" of "model" a `layered_rule`.

    Raises:
        ConfigError: with file, line and the nearest valid name, for what is wrong in it.
        DataError: if there is no such file.

    >>> exp = Experiment({"task": {"name": "yin-yang"},
    ...                   "model": {"name": "backpropagation", "layers": [4, 30, 3]}})
    >>> exp["training.epochs"] = 20
    >>> exp["training.epochs"], exp["model.batch"]
    (20, 20)
    """

    def __init__(self, source: PathLike | Mapping[str, Any]) -> None:
        self._handed = _core.Handed()
        if isinstance(source, Mapping):
            self.name = "experiment"
            if isinstance(task := source.get("task"), Task):
                self._handed.add(task._handed)
                source = {**source, "task": task.to_dict()}
            model = source.get("model")
            if isinstance(model, Mapping) and isinstance(rule := model.get("name"), LayeredRule):
                self._handed.add(rule._handed)
                source = {**source, "model": {**model, **rule.to_dict()}}
            self._document = _core.Document.parse(toml_text.document(source), "<dict>")
        elif isinstance(source, str) and "\n" in source:
            self.name = "experiment"
            self._document = _core.Document.parse(source, "<text>")
        else:
            file = experiment_file(source)
            self.name = file.stem
            self._document = _core.Document.read(str(file))
        self._resolved: list[dict[str, Any]] | None = None
        self._experiments()

    @classmethod
    def _of(cls, document: _core.Document, name: str, handed: _core.Handed) -> Experiment:
        self = cls.__new__(cls)
        self.name = name
        self._handed = handed
        self._document = document
        self._resolved = None
        return self

    def _experiments(self) -> list[dict[str, Any]]:
        if self._resolved is None:
            self._resolved = _core.resolved(self._document)
        return self._resolved

    def _one(self) -> dict[str, Any]:
        all_of_them = self._experiments()
        if len(all_of_them) != 1:
            labels = ", ".join(repr(e["label"]) for e in all_of_them)
            raise ConfigError(
                f"{self._document.origin} describes {len(all_of_them)} experiments ({labels}), not one",
                hint="take one of exp.variants(), or run all with apical.compare(exp)",
            )
        return all_of_them[0]

    # Keys.

    def __setitem__(self, key: str, value: Any) -> None:
        """The same as --set KEY=VALUE of the program: what is wrong with this very key is raised at once and
        changes nothing; what others must fit first is raised by check() and run(), or use update()."""
        if isinstance(value, Task):
            raise ConfigError(
                f"'{key}' is a Task, which lives in this process", hint="apical.experiment(task, model) takes one"
            )
        changed = self._document.copy()
        assignment = f"{key}={toml_text.value(value, key)}"
        changed.set(assignment)
        resolved = None
        try:
            resolved = _core.resolved(changed)
        except ConfigError as e:
            if e.file.startswith("--set"):
                raise
        self._document, self._resolved = changed, resolved

    def update(self, changes: Mapping[str, Any] | None = None, /, **tables: Mapping[str, Any]) -> Experiment:
        """Changes several keys at once, all or none; returns the experiment.

        >>> exp = Experiment("yin-yang/layered").update({"model.layers": [4, 50, 20, 3], "run.seeds": 2})
        """
        changed = self._document.copy()
        for key, value in {**(changes or {}), **tables}.items():
            changed.set(f"{key}={toml_text.value(value, key)}")
        resolved = _core.resolved(changed)
        self._document, self._resolved = changed, resolved
        return self

    def __getitem__(self, key: str) -> Any:
        """The value as it will be used, defaults included."""
        at: Any = self.to_dict()
        for part in key.split("."):
            if not isinstance(at, dict) or part not in at:
                known = list(at) if isinstance(at, dict) else []
                near = difflib.get_close_matches(part, known, 1)
                hint = f"did you mean '{near[0]}'?" if near else f"known: {', '.join(known)}"
                raise ConfigError(f"unknown key '{key}'\n  {hint}", problem=f"unknown key '{key}'", hint=hint)
            at = at[part]
        return at

    def copy(self) -> Experiment:
        """Another one that can be changed by itself."""
        return Experiment._of(self._document.copy(), self.name, self._handed)

    # What it is.

    def to_toml(self) -> str:
        """The experiment as a file of its own, every default filled in: the program runs it to the same bits, unless
        samples, an environment or a rule are in this process."""
        toml: str = self._one()["toml"]
        return toml

    def to_dict(self) -> dict[str, Any]:
        """The same as a dict of its tables."""
        return tomllib.loads(self.to_toml())

    def variants(self) -> list[Experiment]:
        """One for each [[variant]] and value of [sweep]; only itself if it has none."""
        out = []
        for e in self._experiments():
            document = _core.Document.parse(e["toml"], f"{self._document.origin}, {e['label']}")
            one = Experiment._of(document, self.name, self._handed)
            one["label"] = e["label"]
            out.append(one)
        return out

    @property
    def labels(self) -> list[str]:
        """Of each variant."""
        return [e["label"] for e in self._experiments()]

    def __repr__(self) -> str:
        try:
            described = "; ".join(
                f"{e['title']}, {len(e['seeds'])} seed{'s' if len(e['seeds']) != 1 else ''}"
                for e in self._experiments()
            )
        except ConfigError as e:
            described = f"not valid yet: {e.problem}"
        return f"Experiment({described})"

    def check(self, *, threads: int | None = None, data: PathLike | None = None) -> Forecast:
        """Builds the experiment and lets it run for a moment: memory, output and time before you run it."""
        self._one()
        return Forecast(**_core.forecast(self._document, thread_count(threads), data_folder(data), self._handed))

    # Running.

    def run(
        self,
        *,
        seeds: Seeds | None = None,
        out: PathLike | None = None,
        callbacks: Iterable[Callback] = (),
        resume: bool = False,
        threads: int | None = None,
        data: PathLike | None = None,
        report: bool = True,
        ignore_memory: bool = False,
    ) -> Run:
        """Runs into a directory with everything that is needed to read, check, continue and repeat it.

        Args:
            seeds: how many, or which; default: those of the experiment.
            out: the directory, new or empty; default: the next free runs/NAME-NNN.
            callbacks: each is called with an `EpochEnd` between epochs, on this thread; one that returns
                False stops the run with a checkpoint.
            resume: continues what stands in `out`, bit for bit, if anything does.
            threads: default all that the process may use; numbers do not depend on it.
            data: folder of data sets; default $APICAL_DATA, else ~/.local/share/apical.
            report: writes report.html.
            ignore_memory: runs it although `check` says that the machine has not that much.

        Other threads of Python run meanwhile. Ctrl-C ends the run with a checkpoint and raises
        KeyboardInterrupt; `apical.Run(out).resume()` goes on.

        Raises:
            ConfigError, DataError, IoError: before anything is written.
            NumericalFault: a value was not finite; the state is kept beside the checkpoints.
        """
        experiment = self if seeds is None else self.copy().with_seeds(seeds)
        how = Execution(None, out, callbacks, resume, threads, data, ignore_memory)
        with how.into(self.name, self._handed, begun_by="experiment.toml", go_on=BY_RESUME) as call:
            result = _core.run(experiment._document, call, report)
        return Run._made(call, result["notes"], data)

    def with_seeds(self, seeds: Seeds) -> Experiment:
        """Sets run.seeds: how many, or which; returns the experiment."""
        return self.update({"run.seeds": seeds_value(seeds)})


def experiment(
    task: str | Mapping[str, Any] | Task,
    model: str | Mapping[str, Any] | Any,
    *,
    seeds: Seeds | None = None,
    **tables: Any,
) -> Experiment:
    """An experiment from its parts.

    Args:
        task: a name, the table [task], or a `Task`.
        model: a name, the table [model], in which the name may be a `layered_rule`, or a `Circuit`.
        seeds: how many, or which.
        tables: further tables by name, e.g. training={"epochs": 20}, record=[{…}], or plain keys (title=…).

    >>> exp = experiment("yin-yang", {"name": "backpropagation", "layers": [4, 30, 3]}, training={"epochs": 5})
    """
    document: dict[str, Any] = {"task": {"name": task} if isinstance(task, str) else task}
    circuit = getattr(model, "to_dict", None)
    if isinstance(model, str | LayeredRule):
        document["model"] = {"name": model}
    elif circuit is not None:
        document |= circuit()
    else:
        document["model"] = dict(model)
    document |= tables
    if seeds is not None:
        document["run"] = dict(document.get("run", {})) | {"seeds": seeds_value(seeds)}
    return Experiment(document)


def read(path: PathLike) -> Experiment:
    """The experiment of a file or of a run directory."""
    folder = Path(path)
    return Experiment(folder / "experiment.toml" if folder.is_dir() else folder)
