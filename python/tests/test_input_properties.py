# SPDX-License-Identifier: Apache-2.0
"""Input as users have it, drawn at random: whatever holds the numbers, the numbers count; and what is wrong with them
is said once, with shapes and the first index, while nothing is written and the process goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

import apical as ap
from apical.samples import samples

from .conftest import states
from .test_circuit import two_areas
from .test_task import Tensor

Array = npt.NDArray[Any]

settings.register_profile(
    "apical", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
settings.load_profile("apical")
FEW = settings(max_examples=12)

SIZES = st.tuples(st.integers(2, 9), st.integers(1, 5))
SEEDS = st.integers(0, 2**32 - 1)
#: Every type that holds the whole numbers 0 … 99 exactly.
TYPES = st.sampled_from(
    ["<f4", ">f4", "<f8", ">f8", "<f2", "u1", "i1", "<i2", "<u4", ">i4", "<i8", "<u8", "longdouble"]
)


def strided(x: Array) -> Array:
    wide = np.zeros(tuple(2 * n for n in x.shape), x.dtype)
    wide[tuple(slice(None, None, 2) for _ in x.shape)] = x
    return wide[tuple(slice(None, None, 2) for _ in x.shape)]


def read_only(x: Array) -> Array:
    x = x.copy()
    x.flags.writeable = False
    return x


def native(x: Array) -> Array:
    return x.astype(x.dtype.newbyteorder("="))


def data_frame(x: Array) -> Any:
    import pandas as pd

    return pd.DataFrame(native(x)) if x.ndim == 2 else pd.Series(native(x))


def data_array(x: Array) -> Any:
    import xarray as xr

    return xr.DataArray(x)


class Convertible:
    """Anything with the array protocol."""

    def __init__(self, x: Array) -> None:
        self.x = x

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.array(self.x, dtype=dtype)

    def __len__(self) -> int:
        return len(self.x)


HOLDERS: dict[str, Callable[[Array], Any]] = {
    "C": lambda x: x,
    "Fortran": np.asfortranarray,
    "strided": strided,
    "reversed": lambda x: x[::-1].copy()[::-1],
    "turned": lambda x: x.T.copy().T,
    "read-only": read_only,
    "list": lambda x: x.tolist(),
    "tuple": lambda x: tuple(map(tuple, x.tolist())) if x.ndim == 2 else tuple(x.tolist()),
    "list of rows": list,
    "objects": lambda x: x.astype(object),
    "pandas": data_frame,
    "xarray": data_array,
    "tensor": Tensor,
    "array protocol": Convertible,
    "masked array without a mask": np.ma.masked_array,
}
HOLDER = st.sampled_from(list(HOLDERS))


def numbers(size: tuple[int, int], seed: int) -> tuple[Array, Array]:
    rng = np.random.default_rng(seed)
    return rng.integers(0, 100, size), np.arange(size[0]) % 2


def held(holder: str, x: Array, dtype: str) -> Any:
    assume(not (holder == "pandas" and dtype in ("<f2", "longdouble")))  # pandas has no columns of these
    return HOLDERS[holder](x.astype(dtype))


def refused(says: str, call: Callable[[], Any]) -> None:
    with pytest.raises(ap.DataError, match=f"(?s){says}") as caught:
        call()
    assert isinstance(caught.value, ValueError)
    assert not list(Path.cwd().iterdir()), "nothing is written"


@given(SIZES, SEEDS, HOLDER, TYPES)
def test_the_numbers_count_and_not_what_holds_them(size: tuple[int, int], seed: int, holder: str, dtype: str) -> None:
    x, y = numbers(size, seed)
    given_x = held(holder, x, dtype)
    before = np.array(x)
    taken = samples(given_x, y, part="train").inputs
    np.testing.assert_array_equal(taken, x)
    np.testing.assert_array_equal(x, before)
    assert taken.flags.c_contiguous
    assert taken.dtype.isnative
    task = ap.Task.arrays(given_x, y, test_fraction=0.5)
    assert (task.inputs, task.outputs) == (size[1], 2)


@given(SIZES, SEEDS, st.sampled_from(["C", "read-only"]), TYPES)
def test_memory_is_shared_where_the_engine_reads_it_as_it_is(
    size: tuple[int, int], seed: int, holder: str, dtype: str
) -> None:
    x, y = numbers(size, seed)
    given_x = held(holder, x, dtype)
    taken = samples(given_x, y, part="train").inputs
    as_it_is = dtype in ("<f4", "<f8", "u1", "<i8")
    assert np.shares_memory(taken, given_x) == as_it_is


@given(SIZES, SEEDS, HOLDER, st.sampled_from(["<i8", "u1", ">i4", "?"]), st.booleans())
def test_labels_count_and_not_what_holds_them(
    size: tuple[int, int], seed: int, holder: str, dtype: str, one_hot: bool
) -> None:
    x, y = numbers(size, seed)
    wanted = np.eye(2)[y] if one_hot else y
    taken = samples(x, held(holder, wanted, dtype), part="train")
    assert taken.labels is not None
    np.testing.assert_array_equal(taken.labels, y)


@given(SIZES, SEEDS, HOLDER, st.sampled_from(["<f4", ">f8"]), st.sampled_from([np.nan, np.inf, -np.inf]), st.data())
def test_what_is_not_finite_is_refused_with_the_first_index(
    size: tuple[int, int], seed: int, holder: str, dtype: str, value: float, data: st.DataObject
) -> None:
    x, y = numbers(size, seed)
    bad = x.astype(np.float64)
    row, column = data.draw(st.integers(0, size[0] - 1)), data.draw(st.integers(0, size[1] - 1))
    bad[row:, column] = value
    given_x = held(holder, bad, dtype)
    refused(rf"inputs\[{row}, {column}\] is {value}", lambda: ap.Task.arrays(given_x, y, classes=2))
    refused(rf"targets\[{row}\] is {value}", lambda: ap.Task.arrays(x, held(holder, bad[:, column], dtype)))
    assert ap.Task.arrays(x, y, classes=2).inputs == size[1], "the process goes on"


@given(SIZES, SEEDS, HOLDER, st.data())
def test_labels_out_of_range_are_refused_with_the_first_index(
    size: tuple[int, int], seed: int, holder: str, data: st.DataObject
) -> None:
    x, y = numbers(size, seed)
    row = data.draw(st.integers(0, size[0] - 1))
    y[row] = value = data.draw(st.sampled_from([2, 3, 1000, -1]))
    refused(rf"labels\[{row}\] is {value}", lambda: ap.Task.arrays(x, held(holder, y, "<i8"), classes=2))


@given(SIZES, SEEDS, HOLDER, st.integers(-2, 2))
@example((2, 1), 0, "C", -2)
def test_lengths_that_differ_are_refused_with_both_shapes(
    size: tuple[int, int], seed: int, holder: str, longer: int
) -> None:
    assume(longer != 0)
    x, _ = numbers(size, seed)
    y = np.zeros(size[0] + longer, np.int64)
    says = rf"\({size[0]}, {size[1]}\).*\({len(y)},\)"
    refused(says, lambda: ap.Task.arrays(held(holder, x, "<f4"), held(holder, y, "<i8")))


@given(SIZES, SEEDS, st.data())
def test_ragged_rows_are_refused(size: tuple[int, int], seed: int, data: st.DataObject) -> None:
    x, y = numbers(size, seed)
    rows: list[Any] = x.tolist()
    rows[data.draw(st.integers(0, size[0] - 1))].append(1)
    refused("train inputs are not numbers", lambda: ap.Task.arrays(rows, y))


@pytest.mark.parametrize("shape", [(0,), (0, 3), (4, 0), (0, 0), ()])
@pytest.mark.parametrize("holder", ["C", "Fortran", "list", "tensor", "array protocol"])
def test_what_is_empty_is_refused_with_its_shape(shape: tuple[int, ...], holder: str) -> None:
    x = np.zeros(shape)
    if holder == "Fortran":
        shape = np.asfortranarray(x).shape  # of a single number (1,)
    says = "inputs" if holder == "list" else rf"inputs have shape \({', '.join(map(str, shape))},?\)"
    refused(says, lambda: ap.Task.arrays(HOLDERS[holder](x), np.zeros(x.shape[:1], int)))


def test_what_is_masked_or_missing_is_refused_and_not_filled() -> None:
    import pandas as pd

    x, y = numbers((6, 2), 1)
    masked = np.ma.masked_array(x.astype(np.float32), mask=np.zeros(x.shape, bool))
    masked[4, 1] = np.ma.masked
    refused(r"train inputs are masked at \(4, 1\)", lambda: ap.Task.arrays(masked, y))
    labels = np.ma.masked_array(y, mask=np.arange(6) == 3)
    refused(r"train targets are masked at 3", lambda: ap.Task.arrays(x, labels))
    frame = pd.DataFrame(x, dtype="Int64")
    frame.iloc[2, 0] = pd.NA
    refused(r"train inputs are missing at \(2, 0\)", lambda: ap.Task.arrays(frame, y))
    frame = pd.DataFrame({"a": [0.5, None, 2, 3, 4, 5], "b": 1.0})
    refused(r"inputs\[1, 0\] is nan", lambda: ap.Task.arrays(frame, y))
    names = pd.Series(["on", None, "off", "on", "off", "on"])
    refused(r"train targets are missing at 1", lambda: ap.Task.arrays(x, names))
    dates = pd.DataFrame({"a": pd.date_range("2020-01-01", periods=6), "b": 1.0})
    refused("train inputs are not numbers", lambda: ap.Task.arrays(dates, y))
    named = pd.DataFrame({"size": x[:, 0], "colour": ["red"] * 6})
    refused(r"not numbers at \(0, 1\), column .colour.", lambda: ap.Task.arrays(named, y))


@given(SIZES, SEEDS, st.sampled_from(sorted({*HOLDERS} - {"list", "tuple", "objects"})), st.integers(1, 4))
def test_batches_of_any_size_are_the_same_samples(size: tuple[int, int], seed: int, holder: str, batch: int) -> None:
    x, y = numbers(size, seed)

    def batches() -> Iterator[Any]:
        for at in range(0, len(x), batch):
            rows = slice(at, at + batch)
            yield held(holder, x[rows], "<f4"), held(holder, y[rows], "<i8")

    whole = ap.Task.arrays(x.astype(np.float32), y, test_fraction=0.5)
    assert ap.Task.loader(batches(), test_fraction=0.5).to_dict() == whole.to_dict(), "names follow from content"


@given(st.integers(0, 3), st.integers(1, 4))
def test_a_loader_that_breaks_off_is_refused_or_raises_what_it_raised(good: int, short: int) -> None:
    x, y = numbers((8, 2), 1)

    class Broken(Exception):
        pass

    class Loader:
        def __init__(self, error: Exception | None) -> None:
            self.error = error

        def __iter__(self) -> Iterator[Any]:
            for _ in range(good):
                yield x, y
            if self.error:
                raise self.error

        def __len__(self) -> int:
            return good + short

    with pytest.raises(Broken, match="in batch"):
        ap.Task.loader(Loader(Broken("in batch")))
    says = f"ended after {good} batches; it said {good + short}" if good else "gave no batch"
    refused(says, lambda: ap.Task.loader(Loader(None)))


@FEW
@given(st.integers(0, 3), st.booleans())
def test_a_callback_that_raises_leaves_a_run_that_goes_on_to_the_same_bits(epoch: int, stops: bool) -> None:
    x, y = numbers((12, 3), 5)
    task = ap.Task.arrays(x.astype(np.float32), y, test_fraction=0.25)
    exp = ap.experiment(task, {"name": "backpropagation", "layers": [3, 4, 2]}, training={"epochs": 3}, seeds=2)

    class Broken(Exception):
        pass

    def callback(event: ap.EpochEnd) -> bool | None:
        if event.epoch < epoch:
            return None
        if stops:
            return False
        raise Broken

    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        whole = exp.run(out=Path(folder) / "whole", report=False)
        out = Path(folder) / "r"
        try:
            exp.run(out=out, callbacks=[callback], report=False)
            raised = False
        except Broken:
            raised = True
        run = ap.Run(out, task=task)
        assert raised == (not stops)
        if not run.finished:
            run = run.resume(report=False)
        assert states(run.path) == states(whole.path)


@pytest.fixture(scope="module")
def simulation() -> Iterator[ap.Simulation]:
    with ap.Simulation(two_areas(sizes=(4, 5, 3))) as sim:
        yield sim


@given(SEEDS, HOLDER, TYPES)
def test_a_simulation_takes_what_a_task_takes(simulation: ap.Simulation, seed: int, holder: str, dtype: str) -> None:
    shown, weights = numbers((1, 4), seed)[0][0], numbers((5, 4), seed)[0]
    simulation.set("input", held(holder, shown, dtype))
    simulation.advance()
    np.testing.assert_array_equal(simulation["input.rate"], shown)
    name = simulation.projections[0]
    simulation.set_weights(name, held(holder, weights, dtype))
    np.testing.assert_array_equal(simulation.weights(name), weights)
    with pytest.raises(ap.DataError, match=r"expected 4 numbers"):
        simulation.set("input", held(holder, np.arange(5), dtype))
    simulation.advance()
    np.testing.assert_array_equal(simulation["input.rate"], shown, "what is refused changes nothing")
