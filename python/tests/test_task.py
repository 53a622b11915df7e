# SPDX-License-Identifier: Apache-2.0
"""Own data: what is taken, what is refused, and that nothing is written before it is."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import apical as ap

from .conftest import states

RNG = np.random.default_rng(3)
X = RNG.normal(size=(80, 4)).astype(np.float32)
XT = RNG.normal(size=(40, 4)).astype(np.float32)


def label(x: np.ndarray) -> np.ndarray:
    return (x[:, 0] + x[:, 1] > 0).astype(np.int64) + (x[:, 2] > 1)


Y, YT = label(X), label(XT)


def experiment(task: ap.Task, **training: Any) -> ap.Experiment:
    model = {"name": "backpropagation", "layers": [task.inputs, 8, task.outputs], "learning_rate": 0.01}
    return ap.experiment(task, model, training={"epochs": 2, **training})


def numbers(task: ap.Task, out: str = "r") -> list[str]:
    return states(experiment(task).run(out=out).path)


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    task = ap.Task.arrays(X, Y, test=(XT, YT))
    return states(experiment(task).run(out=tmp_path_factory.mktemp("reference") / "r").path)


def read_only(x: np.ndarray) -> np.ndarray:
    copy = x.copy()
    copy.flags.writeable = False
    return copy


def every_other(x: np.ndarray) -> np.ndarray:
    wide = np.zeros((x.shape[0] * 2, x.shape[1] * 2), x.dtype)
    wide[::2, ::2] = x
    return wide[::2, ::2]


def frame(x: np.ndarray) -> Any:
    import pandas as pd

    return pd.DataFrame(x, columns=list("abcd"))


class Tensor:
    """As torch's: refuses to become an array while it needs gradients."""

    def __init__(self, values: np.ndarray, detached: bool = False) -> None:
        self.values = values
        self.detached = detached

    def __array__(self, *_: Any, **__: Any) -> np.ndarray:
        raise RuntimeError("Can't call numpy() on Tensor that requires grad")

    def __len__(self) -> int:
        return len(self.values)

    def detach(self) -> Tensor:
        return Tensor(self.values, True)

    def cpu(self) -> Tensor:
        return self

    def numpy(self) -> np.ndarray:
        assert self.detached
        return self.values


@pytest.mark.parametrize(
    "kind",
    [
        lambda x: x,
        np.asfortranarray,
        read_only,
        every_other,
        lambda x: x[::-1][::-1],
        lambda x: x.astype(np.float64),
        lambda x: x.astype(">f4"),
        lambda x: x.tolist(),
        frame,
        Tensor,
    ],
    ids=["C", "Fortran", "read-only", "strided", "reversed", "float64", "big-endian", "list", "pandas", "tensor"],
)
def test_inputs_of_any_kind_give_the_same_bits(kind: Callable[[np.ndarray], Any], reference: list[str]) -> None:
    assert numbers(ap.Task.arrays(kind(X), Y, test=(kind(XT), YT))) == reference


@pytest.mark.parametrize(
    "kind",
    [
        lambda y: y.tolist(),
        lambda y: y.astype(np.uint8),
        lambda y: np.eye(3)[y],
        Tensor,
        lambda y: np.array([f"class {k}" for k in y]),
        lambda y: np.array([f"class {k}" for k in y], dtype=object),
    ],
    ids=["list", "uint8", "one-hot", "tensor", "text", "objects"],
)
def test_labels_of_any_kind_give_the_same_bits(kind: Callable[[np.ndarray], Any], reference: list[str]) -> None:
    assert numbers(ap.Task.arrays(X, kind(Y), test=(XT, kind(YT)))) == reference


def test_what_is_c_contiguous_float32_is_not_copied() -> None:
    from apical.samples import samples

    taken = samples(X, Y, part="train")
    assert np.shares_memory(taken.inputs, X)
    assert not np.shares_memory(samples(np.asfortranarray(X), Y, part="train").inputs, X)


def test_arrays_live_as_long_as_what_uses_them_and_no_longer() -> None:
    x = X.copy()
    gone = weakref.ref(x)
    task = ap.Task.arrays(x, Y, test=(XT, YT))
    exp = experiment(task)
    del x, task
    gc.collect()
    assert gone() is not None
    assert exp.run(out="r").finished
    del exp
    gc.collect()
    assert gone() is None


def test_numbers_to_come_close_to_are_a_regression() -> None:
    wanted = np.stack([X[:, 0] * 2, X[:, 1] - X[:, 2]], axis=1)
    task = ap.Task.arrays(X, wanted, validation_fraction=0.2, test_fraction=0.2)
    assert (task.inputs, task.outputs) == (4, 2)
    model = {"name": "backpropagation", "layers": [4, 20, 2], "learning_rate": 0.01, "output": "linear", "loss": "mse"}
    m = ap.experiment(task, model, training={"epochs": 30}).run(out="r").metrics
    losses = m[m.split == "validation"].set_index("epoch").loss
    assert losses.iloc[-1] < losses.iloc[0] / 2
    assert ap.Task.arrays(X, X[:, 0].astype(float)).outputs == 1


def test_images_are_flattened_and_bytes_are_taken_as_they_are() -> None:
    images = RNG.integers(0, 256, size=(30, 5, 6), dtype=np.uint8)
    task = ap.Task.arrays(images, RNG.integers(2, size=30), normalisation="unit", test_fraction=0.2)
    assert task.inputs == 30
    assert numbers(task)


def test_an_axis_of_time_is_a_course_for_circuits() -> None:
    courses = RNG.random((12, 5, 4))
    task = ap.Task.arrays(courses, np.arange(12) % 3, axes="time", test_fraction=0.25, dt_ms=0.1, steps_per_row=3)
    assert (task.inputs, task.outputs) == (4, 3)
    from .test_circuit import two_areas

    assert ap.experiment(task, two_areas(), training={"epochs": 1}).run(out="r").finished


def test_saved_arrays_are_the_same_experiment_to_the_program(by_program: Callable[..., Path]) -> None:
    task = ap.Task.arrays(X, Y, test=(XT, YT))
    files = task.save("data")
    here = states(experiment(files).run(out="files").path)
    assert here == numbers(task, "memory")
    assert here == states(by_program(experiment(files).to_toml()))


def test_the_program_says_that_it_has_no_arrays_in_memory(by_program: Callable[..., Path]) -> None:
    import subprocess

    with pytest.raises(subprocess.CalledProcessError) as caught:
        by_program(experiment(ap.Task.arrays(X, Y, test=(XT, YT))).to_toml())
    assert b"memory:" in caught.value.stderr


def test_a_stopped_run_goes_on_with_the_same_arrays_only() -> None:
    task = ap.Task.arrays(X, Y, test=(XT, YT))
    whole = experiment(task, epochs=4).run(out="whole")
    experiment(task, epochs=4).run(out="r", callbacks=[lambda e: e.epoch < 2])
    assert ap.Run("r").weights("input->a1").shape == (8, 4), "weights need no data"
    with pytest.raises(ap.DataError, match="handed in"):
        ap.Run("r").resume()
    other = X.copy()
    other[0, 0] += 1
    with pytest.raises(ap.DataError, match="handed in"):
        ap.Run("r", task=ap.Task.arrays(other, Y, test=(XT, YT))).resume()
    again = ap.Run("r", task=ap.Task.arrays(X.tolist(), Y.tolist(), test=(XT, YT)))
    with pytest.raises(ap.DataError, match="handed in"):
        again.resume()  # float64 of the same numbers are other arrays
    assert states(ap.Run("r", task=ap.Task.arrays(X.copy(), Y, test=(XT, YT))).resume().path) == states(whole.path)


def broken(at: tuple[int, ...], value: float) -> np.ndarray:
    x = X.copy()
    x[at] = value
    return x


@pytest.mark.parametrize(
    ("inputs", "targets", "says"),
    [
        (X, Y[:-1], r"\(80, 4\).*\(79,\)"),
        (X[:, 0], Y, r"\(80,\); expected .sample, feature"),
        (X[:0], Y[:0], r"\(0, 4\)"),
        (X[:, :0], Y, r"\(80, 0\)"),
        (broken((17, 2), np.nan), Y, r"\[17, 2\] is nan"),
        (broken((3, 0), -np.inf), Y, r"\[3, 0\] is -inf"),
        ([[1, 2], [3]], [0, 1], "train inputs are not numbers"),
        ([["a", "b"], ["c", "d"]], [0, 1], "not numbers"),
        (X.astype(complex), Y, "complex"),
        (X, Y[:, None, None].repeat(2, 1).repeat(2, 2) * 0.5, r"\(80, 2, 2\)"),
        (X, np.where(np.arange(80) == 5, np.nan, 0.5), r"\[5\] is nan"),
        (X, None, "targets"),
        (X, np.array([["a"] * 2] * 80), "texts of shape"),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_what_does_not_fit_is_refused_with_shape_and_index(inputs: Any, targets: Any, says: str) -> None:
    with pytest.raises(ap.DataError, match=f"(?s){says}"):
        ap.Task.arrays(inputs, targets, test_fraction=0.1)
    assert not Path("runs").exists()


def test_splits_must_fit_one_another() -> None:
    with pytest.raises(ap.DataError, match=r"(?s)test.*\[40, 3\].*\[80, 4\]"):
        ap.Task.arrays(X, Y, test=(XT[:, :3], YT))
    with pytest.raises(ap.DataError, match=r"(?s)test.*labels\[7\] is 9"):
        ap.Task.arrays(X, Y, test=(XT, np.where(np.arange(40) == 7, 9, YT)))
    with pytest.raises(ap.DataError, match=r"labels\[0\] is -1"):
        ap.Task.arrays(X, Y - 1, test=(XT, YT), classes=3)
    with pytest.raises(ap.ConfigError, match="validation_fraction"):
        ap.Task.arrays(X, Y, validation_fraktion=0.1)


def batches(size: int = 16) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    for at in range(0, len(X), size):
        yield X[at : at + size], Y[at : at + size]


class Loader:
    """As torch's DataLoader: can be gone through again, and says how long it is."""

    def __init__(self, make: Callable[[], Iterator[Any]], length: int) -> None:
        self.make = make
        self.length = length

    def __iter__(self) -> Iterator[Any]:
        return self.make()

    def __len__(self) -> int:
        return self.length


def test_loaders_are_gone_through_once_and_are_the_same_samples(reference: list[str]) -> None:
    assert numbers(ap.Task.loader(Loader(batches, 5), test=[(XT, YT)])) == reference
    tensors = ((Tensor(x), Tensor(y)) for x, y in batches())
    assert numbers(ap.Task.loader(tensors, test=iter([(XT, YT)])), "again") == reference


def ends_with(error: Exception) -> Iterator[Any]:
    yield from list(batches())[:2]
    raise error


@pytest.mark.parametrize(
    ("loader", "says"),
    [
        ([], "gave no batch"),
        (iter([]), "gone through only once"),
        (Loader(lambda: iter(list(batches())[:3]), 5), "ended after 3 batches; it said 5"),
        ([(X, Y, Y)], "batch 0 is tuple of 3; expected a pair"),
        ([X], "expected a pair"),
        ([(X, Y), (X[:, :3], Y)], r"batch 1 has inputs \(80, 3\), batch 0 has \(80, 4\)"),
        ([(X, Y[:3])], r"batch 0 has inputs \(80, 4\) and targets \(3,\)"),
        ([(X, Y), ([[1, 2], [3]], [0, 1])], "batch 1, inputs are not numbers"),
    ],
)
def test_loaders_that_break_off_are_refused_with_the_batch(loader: Any, says: str) -> None:
    with pytest.raises(ap.DataError, match=says):
        ap.Task.loader(loader, test=[(XT, YT)])


def test_what_a_loader_raises_is_raised() -> None:
    with pytest.raises(ZeroDivisionError, match="in the loader"):
        ap.Task.loader(ends_with(ZeroDivisionError("in the loader")))
    assert numbers(ap.Task.loader(batches(), test=[(XT, YT)])), "the process goes on"


def test_models_by_name_and_circuits_are_compared_on_own_data() -> None:
    from .test_circuit import two_areas

    task = ap.Task.arrays(X, Y, test=(XT, YT), validation_fraction=0.2)
    r = ap.compare(task, [two_areas(dt_ms=0.02), "burstprop", "backpropagation"], seeds=2, training={"epochs": 10})
    assert set(r.runs) == {"mine", "burstprop", "backpropagation"}
    assert r.table.accuracy["backpropagation"] > 0.6, "a third is chance"
    assert r["backpropagation"].weights("input->a1").shape == (120, 4)
    assert r.metrics.model.nunique() == 3


def test_searches_sweeps_and_repeats_keep_the_arrays() -> None:
    exp = experiment(ap.Task.arrays(X, Y, test=(XT, YT), validation_fraction=0.2))
    found = ap.tune(exp, {"model.learning_rate": ap.log_uniform(1e-4, 1e-1)}, trials=3, seeds=[11])
    run = found.best.run(out="best")
    assert ap.reproduce(run), "the same bits"
    swept = ap.sweep(found.best, {"model.learning_rate": [1e-3, 1e-2]})
    assert all(one.weights("input->a1").shape == (8, 4) for one in swept)
    assert run.experiment.check().figures["seconds"] >= 0
    assert run.extend(3).finished


def test_what_has_no_validation_is_drawn_by_its_test() -> None:
    import matplotlib as mpl

    mpl.use("agg")
    r = ap.compare(ap.Task.arrays(X, Y, test=(XT, YT)), ["backpropagation"], seeds=1, training={"epochs": 2})
    axes = r.plot.accuracy()
    assert axes.get_ylabel() == "test accuracy"
    assert axes.lines
    with pytest.raises(ap.DataError, match="validation"):
        r.plot.accuracy(split="validation")


def test_memory_is_what_the_arrays_take_and_what_check_says(tmp_path: Path) -> None:
    script = """
import resource, sys
import numpy as np
import apical as ap
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
rng = np.random.default_rng(1)
x = rng.random((100_000, 200), dtype=np.float32)
y = rng.integers(10, size=100_000)
task = ap.Task.arrays(x, y, test=(x[:100], y[:100]))
exp = ap.experiment(task, {"name": "backpropagation", "layers": [200, 10, 10]}, training={"epochs": 1})
before = peak()
exp.run(out=sys.argv[1], threads=1, report=False)
print(peak() - before, x.nbytes, exp.check().figures["state_bytes"])
"""
    import subprocess
    import sys

    result = subprocess.run([sys.executable, "-c", script, tmp_path / "r"], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    grown, arrays, state = (float(v) for v in result.stdout.split())
    assert grown < 0.5 * arrays + state, f"{grown:.3g} bytes beside {arrays:.3g} of arrays: they were copied"


def test_each_column_of_one_hot_rows_is_a_class_whether_it_occurs_or_not() -> None:
    wanted = np.eye(4)[[0, 1, 3, 3, 1, 0]]
    task = ap.Task.arrays(X[:6], wanted, test=(X[6:8], np.eye(4)[[2, 3]]))
    assert task.outputs == 4


def test_the_training_samples_say_what_targets_are() -> None:
    several = np.array([[1, 1, 0], [0, 1, 0], [0, 1, 1]] * 4, dtype=float)
    task = ap.Task.arrays(X[:12], several, test=(X[12:14], np.eye(3)[:2]))
    assert task.to_dict()["targets"] == ["targets"]
    with pytest.raises(ap.DataError, match="test is ndarray; expected a pair"):
        ap.Task.arrays(X, Y, test=XT)  # type: ignore[arg-type]


def test_a_loader_may_fill_one_buffer_again_and_again(reference: list[str]) -> None:
    def batches() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        x, y = np.empty((10, X.shape[1]), X.dtype), np.empty(10, np.int64)
        for at in range(0, len(X), 10):
            x[:], y[:] = X[at : at + 10], Y[at : at + 10]
            yield x, y

    assert numbers(ap.Task.loader(batches(), test=[(XT, YT)]), "reused") == reference


def test_whole_numbers_in_a_column_are_told_to_be_no_labels() -> None:
    with pytest.warns(UserWarning, match=r"shape \(4, 1\).*ravel"):
        task = ap.Task.arrays(np.zeros((4, 2)), np.array([[0], [1], [2], [1]]))
    assert task.outputs == 1


def test_batches_with_names_are_taken_by_their_names() -> None:
    x, y = np.arange(8.0).reshape(4, 2), np.array([0, 1, 2, 0])
    task = ap.Task.loader([{"labels": y, "inputs": x}])
    assert (task.inputs, task.outputs) == (2, 3)
    with pytest.raises(ap.DataError, match="batch 0 has the keys label, image; expected inputs and targets"):
        ap.Task.loader([{"label": y, "image": x}])


def test_tensors_without_an_array_are_refused_by_what_they_are() -> None:
    torch = pytest.importorskip("torch", reason="torch is not there: see python/requirements.lock")
    with pytest.raises(ap.DataError, match="train inputs are a tensor that NumPy has no array for"):
        ap.Task.arrays(torch.zeros(4, 2, dtype=torch.bfloat16), [0, 1, 0, 1])


def test_rows_of_pandas_that_are_named_differently_are_refused() -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not there: see python/requirements.lock")
    frame = pandas.DataFrame({"x": [1.0, 2.0, 3.0], "y": [0.0, 1.0, 0.0]})
    labels = pandas.Series(["a", "b", "a"])
    assert ap.Task.arrays(frame, labels).outputs == 2
    shuffled = labels.loc[[0, 2, 1]]
    with pytest.raises(ap.DataError, match="train inputs and targets have different indices, first at row 1: 1 and 2"):
        ap.Task.arrays(frame, shuffled)
    assert ap.Task.arrays(frame, shuffled.loc[frame.index]).outputs == 2
    assert ap.Task.arrays(frame, shuffled.to_numpy()).outputs == 2
