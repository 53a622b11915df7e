# SPDX-License-Identifier: Apache-2.0
"""Equal, recorded effort for every model that is compared: the search of `apical tune`, to the same bits."""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import _core, toml_text
from .callbacks import Callback
from .circuit import Weights
from .errors import ConfigError, IoError
from .execution import Execution, Seeds, stopped
from .experiment import Experiment
from .machine import PathLike
from .run import Run, _need

if TYPE_CHECKING:
    import pandas as pd

#: Where seeds that are only counted begin, so that none is tested afterwards.
_FIRST_SEED = 101
#: What a search begins with.
_BEGUN = "round-1"


@dataclass(frozen=True)
class LogUniform:
    """Uniform on a logarithmic scale, in [low, high]: see `log_uniform`."""

    low: float
    high: float
    whole: bool = False
    each: int = 0


def log_uniform(low: float, high: float, *, whole: bool = False, each: int = 0) -> LogUniform:
    """A value between `low` and `high`, all orders of magnitude alike.

    Args:
        whole: only whole numbers, both ends included.
        each: a list of so many, each drawn for itself, e.g. a learning rate of every area.
    """
    if not 0 < low <= high < math.inf:
        raise ConfigError(f"log_uniform({low}, {high}): expected 0 < low <= high")
    return LogUniform(low, high, whole, each)


@dataclass(frozen=True)
class Tuning:
    """What a search found.

    Attributes:
        best: the experiment with the values of the best trial; a table [tuned] says how they were found.
        values: these values by key.
        trials: a row for each: the values, the score (mean over seeds, of the last round it was in), that round, for
            how many epochs it learned in it, and whether it broke.
        path: the directory of the search, with tuned.toml, tuning.json, report.html and every run.
    """

    best: Experiment
    values: Mapping[str, Any]
    trials: pd.DataFrame
    path: Path
    _searched: str = field(repr=False, default="")
    _runs: Mapping[str, Sequence[str]] = field(repr=False, default_factory=dict)
    _data: PathLike | None = field(repr=False, default=None)

    @property
    def runs(self) -> dict[str, list[Run]]:
        """Of each trial, in the last round it was in: a run for each seed; none of one that broke."""
        found = {label: [Run(path, data=self._data) for path in paths] for label, paths in self._runs.items()}
        for run in (run for runs in found.values() for run in runs):
            run._handed = self.best._handed
        return found

    @property
    def report(self) -> Path:
        """A page with a figure for every key."""
        return self.path / "report.html"

    def to_toml(self) -> str:
        """The search as a file: `apical tune FILE --out DIR` makes the same trials, to the same bits.

        What this process handed in (arrays, environments, rules in Python) the program has not: save arrays before.
        """
        return self._searched

    def _repr_html_(self) -> str:
        shown: str = self.trials.to_html(float_format="{:.4g}".format)
        return shown


def _law(key: str, space: Any) -> dict[str, Any]:
    """What [tune.space] says of a key."""
    if isinstance(space, LogUniform):
        law: dict[str, Any] = {"log_uniform": [space.low, space.high]}
        whole, each = space.whole, space.each
    elif isinstance(space, Weights) and space.table.get("law") == "uniform":
        scale = space.table.get("scale", 1.0)
        law = {"uniform": sorted(scale * space.table[bound] for bound in ("low", "high"))}
        whole, each = space.whole, space.each
    elif isinstance(space, tuple):
        raise ConfigError(
            f"'{key}': {space!r} is a tuple; expected a list of values, or log_uniform(low, high) for a range"
        )
    elif isinstance(space, Sequence) and not isinstance(space, str) and len(space) > 0:
        return {"choice": list(space)}
    else:
        raise ConfigError(f"'{key}': {space!r} is no space; expected log_uniform, uniform or a list of values")
    return law | ({"whole": True} if whole else {}) | ({"each": each} if each else {})


def tune(
    experiment: Experiment,
    space: Mapping[str, Any],
    *,
    trials: int = 20,
    metric: str | None = None,
    seeds: Seeds | None = None,
    rounds: int = 3,
    keep_one_of: int = 3,
    draw_seed: int = 1,
    out: PathLike | None = None,
    callbacks: Iterable[Callback] = (),
    resume: bool = False,
    threads: int | None = None,
    data: PathLike | None = None,
    ignore_memory: bool = False,
) -> Tuning:
    """Tries values that fill a space evenly and takes what did best on the validation split: `apical tune`.

    Args:
        experiment: of one model.
        space: by key: log_uniform(low, high), uniform(low, high) or a list of values.
        trials: how many; the same for every model makes an honest comparison.
        metric: of the last validation; default accuracy, else loss (smaller is better); the return where tasks reward.
        seeds: that are judged on, none of those that are tested afterwards: which, or how many from 101 on; default 2.
        rounds: in each, the trials that are left learn for longer, from the beginning; in the last for all epochs.
        keep_one_of: the best of so many go on to the next round. rounds=1: all learn for all epochs.
        draw_seed: where the sequence of trials begins. The same seed and space, the same trials.
        out, callbacks, resume, threads, data, ignore_memory: as for `Experiment.run`.

    Every trial is a run in `out`, so that the search itself can be looked at and repeated. Stopped, with its
    `path`, if a callback stopped it: nothing has been chosen yet.

    >>> tune(exp, {"model.learning_rate": log_uniform(1e-4, 1e-1)}, trials=20, seeds=[101, 102])  # doctest: +SKIP
    """
    _need("pandas", "data")  # now, not after the search
    if trials < 1:
        raise ConfigError(f"trials is {trials}; expected at least 1")
    table: dict[str, Any] = {"trials": trials, "rounds": rounds, "keep_one_of": keep_one_of, "draw_seed": draw_seed}
    if metric is not None:
        table["metric"] = metric
    if seeds is not None:
        table["seeds"] = list(range(_FIRST_SEED, _FIRST_SEED + seeds) if isinstance(seeds, int) else seeds)
    table["space"] = {key: _law(key, of_key) for key, of_key in space.items()}
    experiment._one()
    if "tune" in tomllib.loads(experiment._document.text()):
        raise ConfigError("the experiment has a table [tune] of its own; take it out, or search it with 'apical tune'")
    document = experiment._document.copy()
    document.overlay(_core.Document.parse(toml_text.document({"tune": table}), "<tune>"))
    how = Execution(None, out, callbacks, resume, threads, data, ignore_memory)
    with how.into(f"{experiment.name}-tune", experiment._handed, begun_by=_BEGUN) as call:
        _require_new(Path(call.directory), resume)
        result = _core.tune(document, call)
    if not result["complete"]:
        raise stopped(f"the search was stopped in round {result['round']} of {result['rounds']}", call.directory)
    return _read(experiment, Path(call.directory), document.text(), result["runs"], data)


def _require_new(directory: Path, resume: bool) -> None:
    goes_on = resume and (directory / _BEGUN).is_dir()
    if goes_on or not directory.is_dir() or not any(directory.iterdir()):
        return
    raise IoError(f"{directory} is not empty; a search never overwrites another\n  resume=True goes on with it")


def _value(toml: str) -> Any:
    return tomllib.loads(f"value = {toml}")["value"]


def _read(
    experiment: Experiment, path: Path, searched: str, runs: Sequence[Sequence[str]], data: PathLike | None
) -> Tuning:
    pd = _need("pandas", "data")
    (found,) = json.loads((path / "tuning.json").read_text(encoding="utf-8"))["variants"]
    best = _core.Document.read(str(path / "tuned.toml"))
    rows = []
    for trial in found["trials"]:
        values = {key: _value(toml) for key, toml in trial["values"].items()}
        last = len(trial["scores"])
        score = _score(trial["scores"][-1])
        rows.append(
            {"trial": f"trial {trial['number']}", **values, found["metric"]: score, "round": last}
            | {"epochs": found["epochs"][last - 1], "broke": math.isnan(score)}
        )
    of_best = found["trials"][found["best"] - 1]["values"]
    return Tuning(
        Experiment._of(best, experiment.name, experiment._handed),
        {key: _value(toml) for key, toml in of_best.items()},
        pd.DataFrame(rows).set_index("trial"),
        path,
        searched,
        {row["trial"]: of_trial for row, of_trial in zip(rows, runs, strict=True)},
        data,
    )


def _score(written: Any) -> float:
    """What is not finite stands in JSON as null or a word."""
    try:
        return float(written)
    except (TypeError, ValueError):
        return math.nan
