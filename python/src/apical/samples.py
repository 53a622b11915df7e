# SPDX-License-Identifier: Apache-2.0
"""Samples of one split, from whatever users have."""

from __future__ import annotations

import csv
import warnings
from collections.abc import Iterable, Mapping, Sized
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from .arrays import as_array, require_present, require_unmasked
from .errors import DataError

#: What the engine reads as it is; other numbers are converted.
_READ_AS_THEY_ARE: tuple[type[np.generic], ...] = (np.float32, np.float64, np.uint8, np.int64, np.bool_)


@dataclass(frozen=True)
class Samples:
    """Inputs, and one of labels, their names, and targets."""

    inputs: npt.NDArray[Any]
    labels: npt.NDArray[np.int64] | None = None
    columns: int = 0  #: of one-hot rows: classes, whether they occur or not
    label_names: list[str] | None = None
    targets: npt.NDArray[Any] | None = None

    def write_csv(self, file: Path) -> None:
        """As task 'arrays' finds them in a table: a column for each feature, and `labels`. Every digit is there."""
        flat = self.inputs.reshape(len(self.inputs), -1)
        with file.open("w", newline="", encoding="utf-8") as out:
            writer = csv.writer(out)
            writer.writerow([*(f"x{i}" for i in range(flat.shape[1])), "labels"])
            for row, name in zip(flat, self.label_names or [], strict=True):
                writer.writerow([*map(repr, map(float, row)), name])

    def by_name(self) -> dict[str, npt.NDArray[Any]]:
        """As task 'arrays' finds them in a file."""
        if self.targets is not None:
            return {"inputs": self.inputs, "targets": self.targets}
        if self.labels is None:
            raise DataError("labels that are texts stand in CSV files")
        return {"inputs": self.inputs, "labels": self.labels}


@dataclass(frozen=True, repr=False)
class ShownSamples:
    """The samples of a split, as a network is shown them.

    Attributes:
        inputs: (sample, feature), normalised, without augmentation; no rows of tasks whose samples run in time.
        targets: (sample, output), what is wanted of the outputs.
        labels: of each sample, a class from 0 on; empty of tasks that do not classify.
        classes: the name of each sample's class.
        rows: which samples of your arrays or table they are; empty of tasks that come from none.
    """

    inputs: npt.NDArray[np.floating[Any]]
    targets: npt.NDArray[np.float64]
    labels: npt.NDArray[np.int64]
    classes: list[str]
    rows: npt.NDArray[np.int64]

    @classmethod
    def _of(cls, found: dict[str, Any], real: type[np.floating[Any]]) -> ShownSamples:
        whole = {name: found[name].astype(np.int64) for name in ("labels", "rows")}
        return cls(inputs=found["inputs"].astype(real), targets=found["targets"], classes=found["classes"], **whole)

    def __len__(self) -> int:
        return len(self.targets)

    def __repr__(self) -> str:
        return f"ShownSamples({len(self)} samples, inputs {self.inputs.shape}, targets {self.targets.shape})"


def splits_of(given: Mapping[str, tuple[Any, Any]]) -> dict[str, Samples]:
    """By split, train first. What targets are is for the training samples to say: a few rows of a test may happen to
    have a single 1 each."""
    parts: dict[str, Samples] = {}
    for part, pair in given.items():
        if not isinstance(pair, tuple | list) or len(pair) != 2:
            raise DataError(f"{part} is {type(pair).__name__}; expected a pair (inputs, targets)")
        as_numbers = part != "train" and parts["train"].targets is not None
        parts[part] = samples(*pair, part=part, as_numbers=as_numbers)
    return parts


def samples(inputs: Any, targets: Any, *, part: str, as_numbers: bool = False) -> Samples:
    """What the engine takes; targets as numbers even if they look like labels, where the training samples have such.
    DataError for what are no arrays of numbers, and for lengths that differ."""
    _require_same_index(inputs, targets, part)
    x = as_array(inputs, f"{part} inputs")
    if x.ndim < 2:
        raise DataError(f"{part} inputs have shape {x.shape}; expected (sample, feature)")
    if 0 in x.shape:
        raise DataError(f"{part} inputs have shape {x.shape}; expected at least one sample and one feature")
    x = _readable(x)
    y = _answers(targets, part)
    if y.ndim == 0 or len(y) != len(x):
        raise DataError(f"{part} inputs have shape {x.shape}, targets {y.shape}; expected as many of them")
    if y.dtype.kind in "OUS":
        return Samples(x, label_names=_texts(y, part))
    if as_numbers:
        return Samples(x, targets=_readable(y))
    if y.ndim == 1 and y.dtype.kind in "biu":
        if part == "train" and y.dtype.kind == "i" and y.min() < 0 and len(np.unique(y)) > 2:
            warnings.warn(
                f"{part} targets have the label {y.min()}, at {int(y.argmin())}, which is a class like the others; "
                "leave such samples out if it says that there is none",
                stacklevel=4,
            )
        return Samples(x, labels=y.astype(np.int64))
    if part == "train" and y.dtype.kind in "iu" and y.ndim == 2 and y.shape[1] == 1:
        warnings.warn(
            f"{part} targets are whole numbers of shape {y.shape}, and so numbers to come close to: give y.ravel() if "
            "they are classes, y.astype(float) if they are numbers",
            stacklevel=4,
        )
    if _is_one_hot(y):
        return Samples(x, labels=y.argmax(axis=1).astype(np.int64), columns=y.shape[1])
    if part == "train" and _look_like_labels(y):
        warnings.warn(
            f"{part} targets are {y.dtype.name}, and so numbers to come close to, though all are whole: give "
            "y.astype(int) if they are classes, y.reshape(-1, 1) if they are numbers",
            stacklevel=4,
        )
    if y.ndim > 2:
        raise DataError(f"{part} targets have shape {y.shape}; expected (sample,) or (sample, output)")
    return Samples(x, targets=_readable(y))


def _require_same_index(inputs: Any, targets: Any, part: str) -> None:
    """DataError for pandas whose rows are named differently: they would be taken in the order in which they stand."""
    one: Any = getattr(inputs, "index", None)
    other: Any = getattr(targets, "index", None)
    if not hasattr(one, "equals") or not hasattr(other, "equals") or len(one) != len(other) or one.equals(other):
        return
    at = next(i for i, (a, b) in enumerate(zip(one, other, strict=True)) if a != b)
    raise DataError(
        f"{part} inputs and targets have different indices, first at row {at}: {one[at]} and {other[at]}; align "
        "them (targets.loc[inputs.index]), or give arrays (to_numpy()), whose rows are taken as they stand"
    )


def _answers(targets: Any, part: str) -> npt.NDArray[Any]:
    if targets is None or hasattr(targets, "detach"):
        return as_array(targets, f"{part} targets")
    require_unmasked(targets, f"{part} targets")
    try:
        y = np.asarray(targets)
    except ValueError as e:
        raise DataError(f"{part} targets are no array: {e}") from None
    if y.dtype == object and any(isinstance(t, str) for t in y.reshape(-1)):
        require_present(y, f"{part} targets", texts=True)
    if y.dtype.kind in "US" or (y.dtype == object and all(isinstance(t, str) for t in y.reshape(-1))):
        return y
    return as_array(y, f"{part} targets")


def _texts(y: npt.NDArray[Any], part: str) -> list[str]:
    if y.ndim != 1:
        raise DataError(f"{part} targets are texts of shape {y.shape}; expected one per sample")
    return [t.decode() if isinstance(t, bytes) else str(t) for t in y.tolist()]


def _readable(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The same memory if it is C-contiguous and of a type that the engine reads, else one copy."""
    if array.dtype.type not in _READ_AS_THEY_ARE or not array.dtype.isnative:
        array = array.astype(np.float64 if array.dtype.kind in "iu" or array.dtype.itemsize > 4 else np.float32)
    return np.ascontiguousarray(array)


def _pair_named(batch: Mapping[str, Any], what: str) -> tuple[Any, Any]:
    """By their names, whatever the order."""
    for inputs, targets in (("inputs", "targets"), ("inputs", "labels"), ("x", "y")):
        if inputs in batch and targets in batch:
            return batch[inputs], batch[targets]
    raise DataError(
        f"{what} has the keys {', '.join(map(str, batch))}; expected inputs and targets, inputs and labels, or x and y"
    )


def _is_one_hot(y: npt.NDArray[Any]) -> bool:
    return y.ndim == 2 and y.shape[1] > 1 and bool(((y == 0) | (y == 1)).all() and (y.sum(axis=1) == 1).all())


def _look_like_labels(y: npt.NDArray[Any]) -> bool:
    """Few whole numbers, many times: what numpy.loadtxt makes of a column of classes."""
    if y.ndim != 1 or y.dtype.kind != "f" or not np.isfinite(y).all():
        return False
    return bool((y == np.floor(y)).all() and y.min() >= 0 and len(np.unique(y)) <= min(100, len(y) // 2))


def collected(batches: Iterable[Any], part: str) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """The batches of a loader, joined."""
    inputs: list[npt.NDArray[Any]] = []
    targets: list[npt.NDArray[Any]] = []
    for number, batch in enumerate(batches):
        if isinstance(batch, Mapping):
            batch = _pair_named(batch, f"{part} batch {number}")
        if not isinstance(batch, tuple | list) or len(batch) != 2:
            raise DataError(
                f"{part} batch {number} is {type(batch).__name__}"
                f"{f' of {len(batch)}' if hasattr(batch, '__len__') else ''}; expected a pair (inputs, targets)"
            )
        x, y = as_array(batch[0], f"{part} batch {number}, inputs"), _answers(batch[1], f"{part} batch {number},")
        if x.ndim == 0 or y.ndim == 0 or len(x) != len(y):
            raise DataError(f"{part} batch {number} has inputs {x.shape} and targets {y.shape}")
        for what, now, before in (("inputs", x, inputs), ("targets", y, targets)):
            if before and before[0].shape[1:] != now.shape[1:]:
                raise DataError(
                    f"{part} batch {number} has {what} {now.shape}, batch 0 has {before[0].shape}; expected the same "
                    "but for the number of samples"
                )
        inputs.append(np.array(x))  # copied: a loader may fill the same buffer again
        targets.append(np.array(y))
    if not inputs:
        raise DataError(f"the {part} loader gave no batch; an iterator can be gone through only once")
    if isinstance(batches, Sized) and len(inputs) < len(batches):
        raise DataError(f"the {part} loader ended after {len(inputs)} batches; it said {len(batches)}")
    return np.concatenate(inputs), np.concatenate(targets)
