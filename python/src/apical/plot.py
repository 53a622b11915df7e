# SPDX-License-Identifier: Apache-2.0
"""Figures. Each function draws on the axes it is given, or new ones, and returns them; no style is set."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from . import _core
from .errors import DataError
from .machine import PathLike

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from .study import Comparison


def _axes(axes: Axes | None) -> Any:
    if axes is not None:
        return axes
    try:
        from matplotlib import pyplot
    except ImportError as e:
        raise ImportError("this needs matplotlib: pip install 'apical[plot]'") from e
    return pyplot.subplots(layout="constrained")[1]


def curves(frame: pd.DataFrame, value: str, by: str, *, axes: Axes | None = None) -> Axes:
    """The mean over seeds against epochs for each `by`, with every seed as a thin line."""
    drawn = _axes(axes)
    for label, rows in frame.dropna(subset=[value]).groupby(by, sort=False):
        mean = rows.groupby("epoch")[value].mean()
        (line,) = drawn.plot(mean.index, mean.to_numpy(), marker="." if len(mean) < 30 else "", label=str(label))
        for _, one in rows.groupby("seed"):
            drawn.plot(one["epoch"], one[value], color=line.get_color(), alpha=0.25, linewidth=0.7)
    drawn.set_xlabel("epoch")
    drawn.legend()
    result: Axes = drawn
    return result


_UNITS_MM = {"mm": 1.0, "cm": 10.0, "in": 25.4, "pt": 25.4 / 72}


class HasPath(Protocol):
    """A run, a comparison or a probe."""

    @property
    def path(self) -> Path:
        """Its directory."""


Runs = PathLike | HasPath | Iterable[PathLike | HasPath]


def _directories(runs: Runs) -> list[str]:
    if isinstance(runs, str | os.PathLike):
        return [os.fspath(runs)]
    if isinstance(path := getattr(runs, "path", None), Path):
        return [str(path)]
    several = [] if not isinstance(runs, Iterable) else list(runs)
    if not several:
        raise DataError(f"{runs!r} is no run, and no list of some")
    return [name for one in several for name in _directories(one)]


def figures(runs: Runs) -> dict[str, str]:
    """Titles of the figures of a report, by name.

    Args:
        runs: one run, comparison or directory; or several, beside each other as `apical report A B C` shows them:
            seeds of one experiment put together, and drawn over the key in which experiments differ if that is one
            with numbers. A directory that holds runs stands for all of them.
    """
    return _core.figures(_directories(runs))


def figure(runs: Runs, what: str, out: PathLike | None = None, *, width: str = "89mm") -> Path:
    """Writes a figure of a report as vector graphics in the size of an article, texts of 7 points.

    Args:
        runs: as of `figures`.
        what: a name of `figures`, or a metric: its first figure; a warning says so if there are others, and what the
            report warns of.
        out: ends in .svg or .pdf (which needs rsvg-convert); default: `what` and .svg, here.
        width: "89mm", "8.9cm", "3.5in" or "252pt".

    Raises:
        ConfigError: if there is no such figure; it lists those that there are.
    """
    try:
        millimetres = float(width[:-2]) * _UNITS_MM[width[-2:]]
    except (ValueError, KeyError):
        millimetres = 0.0
    if not 30 <= millimetres <= 1000:
        raise ValueError(f"width is {width!r}; expected a length from 30mm to 1000mm with its unit, such as '89mm'")
    path = Path(out) if out is not None else Path(f"{what}.svg")
    if path.suffix not in (".svg", ".pdf"):
        raise ValueError(f"out is {str(path)!r}; expected a name that ends in .svg or .pdf")
    _core.require_place_for(str(path))
    drawn, notes = _core.figure_svg(_directories(runs), what, millimetres)
    for note in notes:
        warnings.warn(note, stacklevel=2)
    content = drawn.encode("utf-8")
    if path.suffix == ".pdf":
        import shutil  # here: with what they import, a tenth of the time that the package takes to load
        import subprocess

        if shutil.which("rsvg-convert") is None:
            raise OSError("PDF is made by rsvg-convert, which is not in PATH; install librsvg2-bin, or write .svg")
        call = ["rsvg-convert", "--format=pdf"]
        content = subprocess.run(call, input=content, capture_output=True, check=True).stdout
    beside = path.with_name(path.name + ".tmp")
    beside.write_bytes(content)
    beside.replace(path)
    return path


class HasFigures:
    """What has a report, and so figures for articles."""

    path: Path

    @property
    def figures(self) -> dict[str, str]:
        """Titles of the figures of the report, by name."""
        return figures(self.path)

    def figure(self, what: str, out: PathLike | None = None, *, width: str = "89mm") -> Path:
        """Writes a figure of the report as vector graphics in the size of an article, texts of 7 points.

        Args:
            what: a name of `figures`, or a metric: its first figure.
            out: ends in .svg or .pdf (which needs rsvg-convert); default: `what` and .svg, here.
            width: "89mm", "8.9cm", "3.5in" or "252pt".

        Raises:
            ConfigError: if there is no such figure.
        """
        return figure(self.path, what, out, width=width)


class ComparisonPlots:
    """Figures of a comparison."""

    def __init__(self, comparison: Comparison) -> None:
        self._of = comparison

    def metric(self, name: str, *, split: str | None = None, axes: Axes | None = None) -> Axes:
        """A metric of a split against epochs, models beside each other.

        `split`: default validation, or test where there is no validation. DataError if it was not measured.
        """
        frame = self._of.metrics
        there = set(frame.dropna(subset=[name])["split"]) if name in frame else set()
        chosen = split or next((s for s in ("validation", "test") if s in there), "validation")
        if chosen not in there:
            raise DataError(f"{name} was not measured on the {chosen} split; it was on {', '.join(there) or 'none'}")
        drawn = curves(frame[frame["split"] == chosen], name, "model", axes=axes)
        drawn.set_ylabel(f"{chosen} {name}")
        return drawn

    def accuracy(self, *, split: str | None = None, axes: Axes | None = None) -> Axes:
        """Accuracy against epochs."""
        return self.metric("accuracy", split=split, axes=axes)

    def loss(self, *, split: str | None = None, axes: Axes | None = None) -> Axes:
        """Squared error, summed over outputs, against epochs."""
        return self.metric("loss", split=split, axes=axes)

    def angle(self, *, area: str = "total", axes: Axes | None = None) -> Axes:
        """Angle between assigned credit and the exact gradient, degrees, against epochs.

        `area`: "total", "a1" … DataError, with those there are, for one in which it was not measured.
        """
        frame = self._of.areas
        there = set(frame.dropna(subset=["angle_deg"])["area"]) if "angle_deg" in frame else set()
        if area not in there:
            raise DataError(
                f"no angle was measured in {area}; "
                + (f"it was in {', '.join(sorted(there))}" if there else "training={'align_every': 5} measures them")
            )
        drawn = curves(frame[frame["area"] == area], "angle_deg", "model", axes=axes)
        drawn.set_ylabel(f"angle to gradient, {area} (degrees)")
        return drawn
