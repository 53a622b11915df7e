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

    DataError, in which `what` names it, for what is no array: ragged lists, text, objects.
    """
    if hasattr(values, "detach"):  # a torch tensor; one that needs gradients does not convert itself
        values = values.detach().cpu().numpy()
    try:
        array = np.asarray(values)
    except (TypeError, ValueError) as e:
        raise DataError(f"{what} are not numbers: {e}") from None
    if array.dtype == object:
        try:
            array = array.astype(np.float64)
        except (TypeError, ValueError) as e:
            raise DataError(f"{what} are not numbers: {e}") from None
    if array.dtype.kind not in "biuf":
        raise DataError(f"{what} are not numbers but {array.dtype}; expected real ones")
    return array


def require_finite(array: npt.NDArray[Any], what: str) -> None:
    """DataError with the first index whose number is NaN or infinite."""
    if array.dtype.kind != "f" or np.isfinite(array).all():
        return
    at = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
    raise DataError(f"{what} are not finite at {at if len(at) > 1 else at[0]}: {array[at]}")


def vector(values: ArrayLike, size: int | None, what: str) -> npt.NDArray[np.float64]:
    """`size` finite numbers (None: any), in C order, whatever the shape they came in."""
    array = np.ascontiguousarray(as_array(values, what).reshape(-1), dtype=np.float64)
    if size is not None and array.size != size:
        raise DataError(f"{what} have shape {np.shape(values)}; expected {size} numbers, one per neuron")
    require_finite(array, what)
    return array


def matrix(values: ArrayLike, what: str) -> npt.NDArray[np.float64]:
    """Two dimensions, in C order."""
    array = np.ascontiguousarray(as_array(values, what), dtype=np.float64)
    if array.ndim != 2:
        raise DataError(f"{what} have shape {array.shape}; expected two dimensions")
    return array
