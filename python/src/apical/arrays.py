# SPDX-License-Identifier: Apache-2.0
"""Numbers as users have them: lists, NumPy of any type and order, pandas, torch tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .errors import DataError

#: Numbers of any kind that NumPy makes an array of.
ArrayLike = npt.ArrayLike


def as_array(values: Any, what: str) -> npt.NDArray[Any]:
    """An array of numbers or truth values; the same memory where NumPy can share it.

    DataError, in which `what` names it, for what is no array: ragged lists, text, objects; and for what is masked or
    missing, which nothing could be filled in for.
    """
    if type(values) is np.ndarray and values.dtype.kind in "biuf":
        return values  # at once, for those that are asked for at every step
    if hasattr(values, "detach"):  # a torch tensor; one that needs gradients does not convert itself
        try:
            values = values.detach().cpu().numpy()
        except (TypeError, RuntimeError) as e:  # bfloat16, sparse
            raise DataError(f"{what} are a tensor that NumPy has no array for: {e}") from None
    if values is None:
        raise DataError(f"{what} are missing: None")
    require_unmasked(values, what)
    try:
        array = np.asarray(values)
    except (TypeError, ValueError, RuntimeError) as e:  # of a list of tensors that need gradients
        raise DataError(f"{what} are not numbers: {e}") from None
    if array.dtype == object:
        require_present(array, what)
        whole = all(isinstance(v, int | np.integer) for v in array.reshape(-1))
        try:
            array = array.astype(np.int64 if whole and array.size else np.float64)
        except (TypeError, ValueError, OverflowError) as e:
            raise DataError(f"{what} are not numbers{_first_other(array, values)}: {e}") from None
    if array.dtype.kind not in "biuf":
        raise DataError(f"{what} are not numbers but {array.dtype}; expected real ones")
    return array


def _first(where: npt.NDArray[np.bool_]) -> tuple[int, ...] | int:
    """The first index at which it is true, as messages have it."""
    at = tuple(int(i) for i in np.argwhere(where)[0])
    return at if len(at) != 1 else at[0]


def _first_other(objects: npt.NDArray[Any], values: Any) -> str:
    """Where the first object is that is no number, and in which column of a data frame."""

    def other(value: Any) -> bool:
        try:
            float(value)
        except (TypeError, ValueError):
            return True
        return False

    where = np.asarray(np.frompyfunc(other, 1, 1)(objects), dtype=bool)
    if not where.any():
        return ""
    at, columns = _first(where), getattr(values, "columns", None)
    return f" at {at}" + (f", column {columns[at[1]]!r}" if columns is not None and isinstance(at, tuple) else "")


def require_finite(array: npt.NDArray[Any], what: str) -> None:
    """DataError with the first index whose number is NaN or infinite."""
    if array.dtype.kind != "f" or np.isfinite(array).all():
        return
    at = _first(~np.isfinite(array))
    raise DataError(f"{what} are not finite at {at}: {array[at]}")


def require_unmasked(values: Any, what: str) -> None:
    """DataError with the first index that a masked array hides: its numbers would be taken as if they were seen."""
    if isinstance(values, np.ma.MaskedArray) and (mask := np.ma.getmaskarray(values)).any():
        raise DataError(f"{what} are masked at {_first(mask)}; leave such samples out, or fill them in")


def require_present(objects: npt.NDArray[Any], what: str, *, texts: bool = False) -> None:
    """DataError with the first index at which there is None or a missing value of pandas; among texts also NaN."""

    def missing(value: Any) -> bool:
        return (
            value is None
            or type(value).__name__ in ("NAType", "NaTType")
            or (texts and isinstance(value, float) and value != value)
        )

    found = np.asarray(np.frompyfunc(missing, 1, 1)(objects), dtype=bool)
    if found.any():
        raise DataError(f"{what} are missing at {_first(found)}; leave such samples out, or fill them in")


def vector(values: ArrayLike, size: int | None, what: str) -> npt.NDArray[np.float64]:
    """`size` finite numbers (None: any), in C order, whatever the shape they came in."""
    given = as_array(values, what)
    array = np.ascontiguousarray(given.reshape(-1), dtype=np.float64)
    if size is not None and array.size != size:
        raise DataError(f"{what} have shape {given.shape}; expected {size} numbers, one per neuron")
    require_finite(array, what)
    return array


def matrix(values: ArrayLike, what: str) -> npt.NDArray[np.float64]:
    """Two dimensions, in C order."""
    array = np.ascontiguousarray(as_array(values, what), dtype=np.float64)
    if array.ndim != 2:
        raise DataError(f"{what} have shape {array.shape}; expected two dimensions")
    return array
