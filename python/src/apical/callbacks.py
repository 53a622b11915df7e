# SPDX-License-Identifier: Apache-2.0
"""What a run tells while it lasts. Callbacks are called on the thread that called `run`, between epochs."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np


@dataclass(frozen=True)
class Measurement:
    """A number that was measured: of one seed, at one epoch, of a split, an area or a part of a course."""

    epoch: float
    where: str
    metric: str
    seed: int
    value: float


@dataclass(frozen=True)
class Progress:
    """How far a run is. `done` and `total` count `unit` of one seed; `epoch` is the one in training."""

    label: str
    epoch: int
    epochs: int
    done: float
    total: float
    unit: str


@dataclass(frozen=True)
class EpochEnd:
    """An epoch has ended (0: before the first). Nothing of the next one has been learned yet.

    `seconds` is the time of training, all seeds together; `measured` all that has been measured since the
    last call.
    """

    label: str
    epoch: int
    epochs: int
    seconds: float
    measured: Sequence[Measurement] = field(repr=False)

    def mean(self, metric: str, where: str | None = None) -> float:
        """The mean over seeds of what was measured now; NaN if it was not.

        Args:
            where: split, area or part of a course; default: validation, else test, else train, of those measured
                now: name it where epochs differ in what they measure.
        """
        for place in (where,) if where is not None else ("validation", "test", "train"):
            values = [m.value for m in self.measured if m.metric == metric and m.where == place]
            if values:
                return sum(values) / len(values)
        return math.nan


#: Returns False to stop the run, with a checkpoint. What it raises stops the run too, and is raised again.
Callback = Callable[[EpochEnd], Any]


@runtime_checkable
class ProgressCallback(Protocol):
    """A callback that also wants to hear how far the run is, a few times a second."""

    def __call__(self, event: EpochEnd) -> Any:
        """Hears that an epoch has ended."""

    def progress(self, progress: Progress) -> Any:
        """Hears how far the run is."""


def _is_false(answer: Any) -> bool:
    """False, of Python's or NumPy's; None and 0 are answers of callbacks that say nothing."""
    return isinstance(answer, bool | np.bool_) and not answer


def heard_by(callbacks: Iterable[Callback] | Callback) -> Callable[[str, dict[str, Any]], bool] | None:
    """What the library calls; None if there is nobody to tell."""
    listeners: list[Callback] = [callbacks] if callable(callbacks) else list(callbacks)
    for listener in listeners:
        if not callable(listener):
            raise TypeError(f"a callback is {listener!r}; expected something that can be called with an EpochEnd")
    if not listeners:
        return None
    watching = [c for c in listeners if isinstance(c, ProgressCallback)]

    def heard(kind: str, fields: dict[str, Any]) -> bool:
        go_on = True
        if kind == "progress":
            progress = Progress(**fields)
            for watcher in watching:
                go_on &= not _is_false(watcher.progress(progress))
            return go_on
        event = EpochEnd(
            label=fields["label"],
            epoch=fields["epoch"],
            epochs=fields["epochs"],
            seconds=fields["seconds"],
            measured=[Measurement(*row) for row in fields["measured"]],
        )
        for listener in listeners:
            go_on &= not _is_false(listener(event))
        return go_on

    return heard


def _in_notebook() -> bool:
    shell = sys.modules.get("IPython")
    if shell is None:
        return False
    current = shell.get_ipython()
    return current is not None and type(current).__name__ == "ZMQInteractiveShell"


class live:
    """Shows curves while a model learns: drawn in a notebook, a line on standard error elsewhere.

    Args:
        metric: what to show, by default accuracy, else return, else loss.
    """

    def __init__(self, metric: str | None = None) -> None:
        self.metric = metric
        self.curves: dict[tuple[str, str], tuple[list[float], list[float]]] = {}
        self._handle: Any = None

    def _chosen(self, event: EpochEnd) -> str | None:
        if self.metric is not None:
            return self.metric
        there = {m.metric for m in event.measured if m.where in ("train", "validation", "test")}
        return next((m for m in ("accuracy", "return", "loss") if m in there), None)

    def __call__(self, event: EpochEnd) -> None:
        """Adds a point to each curve and shows them."""
        metric = self._chosen(event)
        if metric is None:
            return
        latest = []
        for where in dict.fromkeys(m.where for m in event.measured if m.metric == metric):
            mean = event.mean(metric, where)
            x, y = self.curves.setdefault((event.label, where), ([], []))
            x.append(event.epoch)
            y.append(mean)
            latest.append(f"{where} {metric} {mean:.4g}")
        if _in_notebook():
            self._draw(metric)
        else:
            print(f"{event.label}: epoch {event.epoch}/{event.epochs}, {', '.join(latest)}", file=sys.stderr)

    def _draw(self, metric: str) -> None:
        from IPython.display import display
        from matplotlib.figure import Figure

        figure = Figure(figsize=(6, 3.2), layout="constrained")
        axes = figure.add_subplot()
        for (label, where), (x, y) in self.curves.items():
            axes.plot(x, y, marker=".", label=f"{label}, {where}")
        axes.set_xlabel("epoch")
        axes.set_ylabel(f"{metric}, mean over seeds")
        axes.legend()
        if self._handle is None:
            self._handle = display(figure, display_id=True)
        else:
            self._handle.update(figure)


class bar:
    """A progress bar by tqdm, in a notebook or a terminal; needs tqdm (extra `notebook`)."""

    def __init__(self) -> None:
        from tqdm.auto import tqdm

        self._make = tqdm
        self._bars: dict[str, Any] = {}

    def __call__(self, event: EpochEnd) -> None:
        """Shows what was measured last beside the bar."""
        bar = self._bars.get(event.label)
        if bar is None:
            return
        shown = {m: event.mean(m) for m in ("accuracy", "loss", "return")}
        bar.set_postfix({m: f"{x:.4g}" for m, x in shown.items() if not math.isnan(x)})
        if event.epoch == event.epochs:
            bar.update(bar.total - bar.n)
            bar.close()
            del self._bars[event.label]

    def progress(self, progress: Progress) -> None:
        """Moves the bar of a run; a new one for each, below those that are not at their end."""
        bar = self._bars.get(progress.label)
        if bar is None:
            if progress.done >= progress.total:  # told once more after the last epoch
                return
            bar = self._make(desc=progress.label, total=progress.total, unit=f" {progress.unit}", unit_scale=True)
            self._bars[progress.label] = bar
        bar.update(progress.done - bar.n)


class tensorboard:
    """Scalars for TensorBoard: every number that is measured, by the epoch.

    Args:
        writer: with add_scalar(tag, value, step), as `torch.utils.tensorboard.SummaryWriter` or tensorboardX's.

    >>> exp.run(callbacks=[tensorboard(SummaryWriter("logs"))])  # doctest: +SKIP
    """

    def __init__(self, writer: Any) -> None:
        self.writer = writer

    def __call__(self, event: EpochEnd) -> None:
        """Writes what was measured, as label/where/metric/seed N."""
        for m in event.measured:
            if math.isfinite(m.value):
                self.writer.add_scalar(f"{event.label}/{m.where}/{m.metric}/seed {m.seed}", m.value, event.epoch)
        self.writer.flush()


class wandb:
    """Means over seeds for Weights & Biases, by the epoch.

    Args:
        run: with log(numbers), as `wandb.init()` gives it. Several models follow one another; draw them by `epoch`.

    >>> exp.run(callbacks=[wandb(weights_and_biases.init(project="mine"))])  # doctest: +SKIP
    """

    def __init__(self, run: Any) -> None:
        self.run = run

    def __call__(self, event: EpochEnd) -> None:
        """Logs what was measured, as label/where/metric."""
        keys = dict.fromkeys((m.where, m.metric) for m in event.measured)
        means = {f"{event.label}/{where}/{metric}": event.mean(metric, where) for where, metric in keys}
        self.run.log({"epoch": event.epoch, **means})
