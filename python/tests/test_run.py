# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import apical as ap

from .conftest import states

Small = Callable[[str], ap.Experiment]


@pytest.mark.parametrize("kind", ["rate", "layered", "reward"])
def test_a_run_has_the_bits_of_the_program(kind: str, small: Small, by_program: Callable[..., Path]) -> None:
    exp = small(kind)
    here = exp.run(out="here", threads=1)
    assert here.finished
    assert states(here.path) == states(by_program(exp.to_toml()))


def test_a_spiking_course_has_the_bits_of_the_program(by_program: Callable[..., Path]) -> None:
    exp = ap.Experiment("payeur2021/propagation")
    exp.update({"circuit.sizes": 50} if "circuit.sizes" in exp.to_toml() else {"run.seeds": 1})
    here = exp.run(out="here")
    assert states(here.path) == states(by_program(exp.to_toml()))
    name = next(n for n in here.recordings if n.endswith("event_rate"))
    assert here.recordings[name].dims == ("seed", "time")
    assert here.recordings[name].time.attrs["units"] == "s"


def test_metrics_are_tidy(small: Small) -> None:
    run = small("rate").run(out="r")
    m = run.metrics
    assert list(m.columns[:3]) == ["epoch", "seed", "split"] or list(m.columns[:3]) == [
        "epoch",
        "split",
        "seed",
    ]
    assert set(m.split) == {"validation", "test"}
    assert m[m.split == "validation"].groupby("epoch").size().to_dict() == {0: 2, 1: 2, 2: 2, 3: 2}
    assert m.accuracy.between(0, 1).all()
    assert {"a1", "a2", "total"} <= set(run.areas.area)
    assert run.areas.angle_deg.between(0, 180).all()
    last = m[(m.split == "test")].loss.mean()
    told = next(s for s in run.summary["measures"] if s["where"] == "test" and s["metric"] == "loss")
    assert told["mean"] == pytest.approx(last)
    assert "accuracy" in run._repr_html_()


def test_recordings_are_labelled_and_lazy(small: Small) -> None:
    run = small("rate").run(out="r")
    soma = run.recordings["a1.err.soma"]
    assert soma.dims == ("seed", "time", "unit")
    assert soma.shape[0] == 2
    assert soma.shape[2] == 10
    assert soma.attrs["units"] == "1"
    assert soma.time.attrs["units"] == "ms"
    assert not soma.variable._in_memory
    import h5py

    with h5py.File(run.path / "results.h5") as file:
        expected = file["seed-2/a1/err/soma"][:]
    np.testing.assert_array_equal(soma.sel(seed=2).values, expected)
    np.testing.assert_array_equal(
        soma.isel(time=slice(2, 9, 3), unit=[1, 0]).sel(seed=[2]).values[0], expected[2:9:3][:, [1, 0]]
    )
    assert soma.time.values[1] - soma.time.values[0] == pytest.approx(0.4)
    with pytest.raises(KeyError, match=r"a1\.err\.soma"):
        run.recordings["a1.err.sommm"]


def test_weights_are_those_of_the_final_state(small: Small) -> None:
    run = small("rate").run(out="r")
    w = run.weights("a1.rep->a2.rep", seed=1)
    assert w.shape == (3, 10)
    assert not np.array_equal(w, run.weights("a1.rep->a2.rep", seed=2))
    assert "a1.rep->a2.rep.basal" in run.projections
    with pytest.raises(ap.ConfigError, match="seed 7"):
        run.weights("a1.rep->a2.rep", seed=7)
    with pytest.raises(ap.ConfigError, match="a1"):
        run.weights("a1.rep->a9.rep")


def test_layers_have_weights_and_offsets(small: Small) -> None:
    run = small("layered").run(out="r")
    assert run.projections == ["input->a1", "a1->a2", "a2->a1"], "feedback alignment has feedback of its own"
    assert run.weights("a2->a1").shape == (12, 3)
    with pytest.raises(ap.ConfigError, match="no offsets"):
        run.offsets("a2->a1")
    assert run.weights("input->a1").shape == (12, 4)
    assert run.offsets("a1->a2").shape == (3,)
    longer = small("layered").update({"training.epochs": 4}).run(out="longer")
    assert not np.array_equal(longer.weights("a1->a2"), run.weights("a1->a2"))


@pytest.mark.parametrize("kind", ["rate", "layered"])
def test_weights_go_out_and_in_again(kind: str, small: Small) -> None:
    run = small(kind).run(out="r")
    assert [p.name for p in run.export("w.npz")] == ["w.npz", "w.npz.json"]
    first = run.projections[0]
    with np.load("w.npz") as file:
        np.testing.assert_allclose(file[f"seed-2/{first}"], run.weights(first, seed=2), rtol=1e-6)
    for start in (run, "w.npz"):
        exp = small(kind).update({"training.epochs": 1, "run.seeds": 2})
        exp["model.start_from"] = start
        exp["training.align_every"] = 0
        went_on = exp.run(out=f"from-{'file' if start == 'w.npz' else 'run'}")
        begun = went_on.metrics[(went_on.metrics.epoch == 0) & (went_on.metrics.split == "validation")]
        ended = run.metrics[(run.metrics.epoch == 3) & (run.metrics.split == "validation")]
        if kind == "layered":
            np.testing.assert_allclose(begun.sort_values("seed").loss, ended.sort_values("seed").loss, rtol=1e-5)
        assert "start_from" in went_on.manifest


def test_a_finished_run_goes_on_to_the_bits_of_a_longer_one(small: Small) -> None:
    whole = small("layered").update({"training.epochs": 5}).run(out="whole")
    longer = small("layered").run(out="three").extend(5, out="five")
    assert longer.manifest["continues"]
    last = [
        rows[rows.epoch >= 4].drop(columns="epoch").to_numpy() for rows in (whole.measurements, longer.measurements)
    ]
    assert sorted(map(str, last[0])) == sorted(map(str, last[1]))


def test_an_export_says_what_it_can_write(small: Small) -> None:
    run = small("layered").run(out="r")
    with pytest.raises(ap.ConfigError, match="format"):
        run.export("weights.xls")
    with pytest.raises(ap.ConfigError, match="weihgts"):
        run.export("w.npz", what="weihgts")
    (metrics,) = run.export("m.csv", what="metrics")
    assert metrics.read_text().count("\n") == len(run.measurements) + 1


def test_policies_have_weights_too(small: Small) -> None:
    assert small("reward").run(out="r").weights("a1->a2").shape == (2, 16)


def test_callbacks_hear_every_epoch_in_order_on_this_thread(small: Small) -> None:
    heard: list[ap.EpochEnd] = []
    threads = set()

    def callback(event: ap.EpochEnd) -> None:
        heard.append(event)
        threads.add(threading.get_ident())

    small("rate").run(out="r", callbacks=[callback])
    assert [e.epoch for e in heard] == [0, 1, 2, 3]
    assert heard[-1].epochs == 3
    assert threads == {threading.get_ident()}
    rows = {(m.epoch, m.where, m.metric, m.seed): m.value for e in heard for m in e.measured}
    frame = ap.Run("r").measurements
    assert len(rows) == len(frame)
    for row in frame.itertuples():
        value = rows[(row.epoch, row.where, row.metric, row.seed)]
        assert value == row.value or (np.isnan(value) and np.isnan(row.value))
    assert 0 <= heard[1].mean("accuracy") <= 1
    assert heard[1].seconds > 0


@pytest.mark.parametrize("kind", ["rate", "layered"])
def test_false_stops_with_a_checkpoint_and_resume_gives_the_same_bits(kind: str, small: Small) -> None:
    whole = small(kind).run(out="whole")
    stopped = small(kind).run(out="stopped", callbacks=[lambda e: e.epoch < 1])
    assert not stopped.finished
    assert stopped.measurements.epoch.max() == 1
    with pytest.raises(ap.DataError, match="resume"):
        stopped.summary  # noqa: B018
    resumed = stopped.resume()
    assert resumed.finished
    assert states(resumed.path) == states(whole.path)
    again = resumed.resume()
    assert again.finished, "a finished run has nothing left to do"


def test_false_of_numpy_stops_too_and_means_are_of_what_there_is(small: Small) -> None:
    seen: list[float] = []

    def enough(event: ap.EpochEnd) -> np.bool_:
        seen.append(event.mean("accuracy"))
        return np.mean([event.epoch]) < 1

    run = small("layered").run(out="r", callbacks=[enough], seeds=[np.int64(3)])  # type: ignore[list-item]
    assert not run.finished
    assert run.seeds == [3]
    assert all(0 <= a <= 1 for a in seen)
    event = ap.EpochEnd("m", 1, 2, 0.0, [ap.Measurement(1, "test", "accuracy", 1, 0.5)])
    assert event.mean("accuracy") == 0.5
    assert np.isnan(event.mean("accuracy", "validation"))


def test_what_a_callback_raises_stops_the_run_and_is_raised_again(small: Small) -> None:
    class Mine(Exception):
        pass

    def callback(event: ap.EpochEnd) -> None:
        if event.epoch == 2:
            raise Mine("at two")

    with pytest.raises(Mine, match="at two"):
        small("layered").run(out="r", callbacks=[callback])
    run = ap.Run("r")
    assert not run.finished
    assert states(run.resume().path) == states(small("layered").run(out="whole").path)


def test_a_callback_that_cannot_be_called_is_refused_before_anything_is_written(small: Small) -> None:
    with pytest.raises(TypeError, match="callback"):
        small("layered").run(out="r", callbacks=[3])  # type: ignore[list-item]
    assert not Path("r").exists()


def test_a_directory_that_is_not_empty_is_refused(small: Small) -> None:
    Path("full").mkdir()
    (Path("full") / "mine").write_text("x")
    with pytest.raises(ap.IoError) as caught:
        small("layered").run(out="full")
    assert isinstance(caught.value, OSError)
    assert [p.name for p in Path("full").iterdir()] == ["mine"]


def test_the_next_free_directory_is_taken_and_given_back_on_error(small: Small) -> None:
    exp = small("layered")
    assert exp.run().path == Path("runs/experiment-001")
    assert exp.run().path == Path("runs/experiment-002")
    digits = ap.experiment("mnist", {"name": "backpropagation", "layers": [784, 10, 10]})
    with pytest.raises(ap.DataError, match="nowhere"):
        digits.run(data="nowhere")
    assert sorted(p.name for p in Path("runs").iterdir()) == ["experiment-001", "experiment-002"]


def test_a_fault_has_its_place_as_fields(small: Small) -> None:
    exp = small("layered")
    exp["model.learning_rate"] = 1e30
    exp["model.optimiser"] = "sgd"
    with pytest.raises(ap.NumericalFault) as caught:
        exp.run(out="r")
    assert caught.value.seed in (1, 2)
    assert caught.value.population
    assert not np.isfinite(caught.value.value) or abs(caught.value.value) > 1e6
    assert isinstance(caught.value, ArithmeticError)
    exp["model.learning_rate"] = 0.01
    assert exp.run(out="after").finished, "the process goes on"


def test_threads_of_python_run_side_by_side(small: Small) -> None:
    faults: list[BaseException] = []

    def work(name: str) -> None:
        try:
            small("rate").run(out=name, threads=1)
        except BaseException as e:
            faults.append(e)

    workers = [threading.Thread(target=work, args=(name,)) for name in ("one", "two")]
    ticks = 0
    for w in workers:
        w.start()
    while any(w.is_alive() for w in workers):
        ticks += 1
        for w in workers:
            w.join(0.001)
    assert not faults
    assert ticks > 5, "this thread ran meanwhile"
    assert states(Path("one")) == states(Path("two"))


def test_a_damaged_line_of_metrics_is_named(small: Small) -> None:
    run = small("layered").run(out="r")
    file = run.path / "metrics.ndjson"
    lines = file.read_text().splitlines()
    lines[3] = lines[3][:20]
    file.write_text("\n".join(lines) + "\n")
    with pytest.raises(ap.DataError, match="ndjson:4"):
        ap.Run("r").measurements  # noqa: B018


def test_what_is_no_run_is_a_data_error() -> None:
    with pytest.raises(ap.DataError, match="no run"):
        ap.Run("nowhere")


def test_manifest_and_events_say_what_ran(small: Small) -> None:
    run = small("layered").run(out="r")
    assert run.seeds == [1, 2]
    assert run.manifest["model"] == "feedback-alignment"
    assert run.experiment.to_toml() == small("layered").to_toml()
    assert run.report.is_file()
    assert json.loads((run.path / "events.ndjson").read_text().splitlines()[-1])["event"] == "finished"


def test_callbacks_pass_on_what_is_measured_to_programs_that_collect_it(small: Callable[[str], ap.Experiment]) -> None:
    class Collector:
        def __init__(self) -> None:
            self.scalars: dict[tuple[str, int], float] = {}
            self.logged: dict[int, dict[str, float]] = {}
            self.flushed = 0

        def add_scalar(self, tag: str, value: float, step: int) -> None:
            self.scalars[tag, step] = value

        def flush(self) -> None:
            self.flushed += 1

        def log(self, numbers: dict[str, float]) -> None:
            self.logged[int(numbers["epoch"])] = numbers

    there = Collector()
    run = small("layered").run(callbacks=[ap.tensorboard(there), ap.wandb(there)])
    metrics = run.metrics.set_index(["epoch", "split", "seed"]).accuracy
    assert there.scalars["feedback-alignment/validation/accuracy/seed 2", 3] == metrics[3, "validation", 2]
    assert there.flushed == 4
    mean = (metrics[3, "validation", 1] + metrics[3, "validation", 2]) / 2
    assert there.logged[3]["feedback-alignment/validation/accuracy"] == pytest.approx(mean)
    assert list(there.logged) == [0, 1, 2, 3]


def test_models_that_learn_in_turns_have_a_bar_each(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[tuple[str, Bar]] = []

    class Bar:
        def __init__(self, desc: str, total: float, **_: object) -> None:
            self.n, self.total, self.closed = 0.0, total, False
            made.append((desc, self))

        def update(self, more: float) -> None:
            self.n += more

        def set_postfix(self, _: dict[str, str]) -> None: ...

        def close(self) -> None:
            self.closed = True

    monkeypatch.setattr("tqdm.auto.tqdm", Bar)
    bar = ap.bar()
    for done in (1, 2):
        for label in ("a", "b"):
            bar.progress(ap.Progress(label, 1, 1, done, 4, "samples"))
    bar(ap.EpochEnd("a", 1, 1, 0.1, []))
    bar.progress(ap.Progress("a", 1, 1, 4, 4, "samples"))
    assert [(label, b.n, b.closed) for label, b in made] == [("a", 4, True), ("b", 2, False)]


def test_a_run_that_went_on_elsewhere_is_read_again(small: Small) -> None:
    run = small("layered").run(out="r", callbacks=[lambda e: e.epoch < 1])
    before, weights = len(run.metrics), run.weights("input->a1")
    ap.Run("r").resume()
    assert len(run.metrics) > before
    assert not np.array_equal(run.weights("input->a1"), weights)
