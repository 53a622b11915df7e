# SPDX-License-Identifier: Apache-2.0
"""Equal, recorded effort for every model that is compared: so many trials, drawn at random, judged on validation."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .callbacks import Callback
from .circuit import Weights
from .errors import ConfigError, DataError
from .execution import Execution, Seeds
from .experiment import Experiment
from .machine import PathLike
from .study import Comparison, Points, run_points

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class LogUniform:
    """Uniform on a logarithmic scale, in [low, high]."""

    low: float
    high: float


def log_uniform(low: float, high: float) -> LogUniform:
    """A value between `low` and `high`, all orders of magnitude alike."""
    if not 0 < low <= high < math.inf:
        raise ConfigError(f"log_uniform({low}, {high}): expected 0 < low <= high")
    return LogUniform(low, high)


@dataclass(frozen=True)
class Tuning:
    """What a search found.

    Attributes:
        best: the experiment with the values of the best trial.
        values: these values by key.
        trials: a row for each: the values, the score (mean over seeds) and whether it broke.
        runs: all of it, with a report.
    """

    best: Experiment
    values: Mapping[str, Any]
    trials: pd.DataFrame
    runs: Comparison

    def _repr_html_(self) -> str:
        shown: str = self.trials.to_html(float_format="{:.4g}".format)
        return shown


def draw(space: Any, generator: np.random.Generator) -> Any:
    """One value: from log_uniform(low, high), uniform(low, high), normal(mean, sd) or a list."""
    if isinstance(space, LogUniform):
        return float(np.exp(generator.uniform(math.log(space.low), math.log(space.high))))
    if isinstance(space, Weights) and space.table.get("law") == "uniform":
        return float(generator.uniform(space.table["low"], space.table["high"]))
    if isinstance(space, Weights) and space.table.get("law") == "normal":
        return float(generator.normal(space.table["low"], space.table["high"]))
    if isinstance(space, Sequence) and not isinstance(space, str) and len(space) > 0:
        return space[int(generator.integers(len(space)))]
    raise ConfigError(f"{space!r} is no space; expected log_uniform, uniform, normal or a list of values")


def tune(
    experiment: Experiment,
    space: Mapping[str, Any],
    *,
    trials: int = 20,
    metric: str | None = None,
    seeds: Seeds | None = None,
    draw_seed: int = 1,
    out: PathLike | None = None,
    callbacks: Iterable[Callback] = (),
    resume: bool = False,
    threads: int | None = None,
    data: PathLike | None = None,
) -> Tuning:
    """Tries values drawn at random and takes what did best on the validation split.

    Args:
        experiment: of one model.
        space: by key: log_uniform(low, high), uniform(low, high) or a list of values.
        trials: how many; the same for every model makes an honest comparison.
        metric: of the last validation; default accuracy, else loss (smaller is better).
        seeds: that are judged on; take others than those that are tested afterwards.
        draw_seed: of the values. The same seed and space, the same trials.

    Every trial is a run in `out`, so that the search itself can be looked at and repeated.

    >>> tune(exp, {"model.learning_rate": log_uniform(1e-4, 1e-1)}, trials=20, seeds=[101, 102])  # doctest: +SKIP
    """
    if trials < 1:
        raise ConfigError(f"trials is {trials}; expected at least 1")
    generator = np.random.Generator(np.random.PCG64(draw_seed))
    drawn = [tuple(draw(space[key], generator) for key in space) for _ in range(trials)]
    numbers = range(1, trials + 1)
    points = Points("trial", list(space), drawn, [float(i) for i in numbers], [f"trial {i}" for i in numbers])
    runs = run_points(experiment, points, "tune", Execution(seeds, out, callbacks, resume, threads, data))
    return _judged(experiment, points, metric, runs)


def _judged(experiment: Experiment, points: Points, metric: str | None, runs: Comparison) -> Tuning:
    import pandas as pd

    measured = runs.metrics[runs.metrics["split"] == "validation"]
    chosen = metric or next((m for m in ("accuracy", "loss") if m in measured and measured[m].notna().any()), None)
    if chosen is None or chosen not in measured:
        raise DataError(
            f"'{metric or 'accuracy'}' was not measured on the validation split; see training.validate_every"
        )
    broken = {label for label, _ in runs.faults}
    rows = []
    for label, point in zip(points.labels, points.values, strict=True):
        of_trial = measured[measured["model"] == label]
        last = of_trial[of_trial["epoch"] == of_trial["epoch"].max()]
        score = float("nan") if label in broken or last.empty else float(last[chosen].mean())
        values = dict(zip(points.keys, point, strict=True))
        rows.append({"trial": label, **values, chosen: score, "broke": label in broken})
    table = pd.DataFrame(rows).set_index("trial")
    scores = table[chosen].to_numpy(dtype=float)
    if np.isnan(scores).all():
        raise DataError("no trial gave a finite score; every one broke or was stopped")
    best = int(np.nanargmin(scores) if chosen == "loss" else np.nanargmax(scores))
    values = dict(zip(points.keys, points.values[best], strict=True))
    return Tuning(experiment.copy().update(values), values, table, runs)
