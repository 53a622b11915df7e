# SPDX-License-Identifier: Apache-2.0
"""Figures. Each function draws on the axes it is given, or new ones, and returns them; no style is set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .errors import DataError

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
        """Angle between assigned credit and the exact gradient, degrees, against epochs."""
        frame = self._of.areas
        drawn = curves(frame[frame["area"] == area], "angle_deg", "model", axes=axes)
        drawn.set_ylabel(f"angle to gradient, {area} (degrees)")
        return drawn
