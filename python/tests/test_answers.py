# SPDX-License-Identifier: Apache-2.0
"""What the networks of a run answer, and the samples that they were shown."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import apical as ap

Small = Callable[[str], ap.Experiment]

RNG = np.random.default_rng(5)
X = (RNG.normal(size=(240, 3)) * [1, 10, 100] + [0, 5, -50]).astype(np.float32)
NAMES = np.where(X[:, 1] > 5, "high", "low")


def trained(targets: Any, **options: Any) -> ap.Run:
    task = ap.Task.arrays(X, targets, test_fraction=0.25, normalisation="standard", **options)
    model = {"name": "backpropagation", "layers": [3, 10, task.outputs], "learning_rate": 0.05}
    return ap.experiment(task, model, training={"epochs": 10}, seeds=2).run()


@pytest.mark.parametrize("kind", ["rate", "layered"])
def test_answers_to_the_test_split_are_what_the_last_test_judged(kind: str, small: Small) -> None:
    run = small(kind).run(out="r")
    for seed in run.seeds:
        shown = run.samples("test", seed=seed)
        assert (run.decide(seed=seed) == run.predict(split="test", seed=seed).argmax(axis=1)).all()
        right = (run.decide(seed=seed) == shown.labels).mean()
        last = run.metrics[(run.metrics.split == "test") & (run.metrics.seed == seed)].accuracy.iloc[-1]
        assert right == pytest.approx(last, abs=0.5 / len(shown) if kind == "layered" else 1.5 / len(shown))
    assert not np.array_equal(run.predict(seed=1), run.predict(seed=2))


def test_answers_to_inputs_are_those_to_the_same_samples() -> None:
    run = trained(NAMES)
    test = run.samples("test")
    assert len(test) == 60
    np.testing.assert_array_equal(run.predict(X[test.rows]), run.predict(split="test"))
    np.testing.assert_array_equal(run.normalised(X[test.rows]), test.inputs)
    assert run.normalised(X).dtype == np.float32, "the run's precision, as a module of PyTorch wants it"
    assert run.classes == ["high", "low"]
    assert (np.array(run.classes)[run.decide(X)] == NAMES).mean() > 0.9
    assert (NAMES[test.rows] == test.classes).all()
    train = run.samples("train")
    assert sorted([*train.rows, *test.rows]) == list(range(240))
    mean, sd = X[train.rows].mean(axis=0, dtype=float), X[train.rows].astype(float).std(axis=0)
    np.testing.assert_allclose(run.normalised(X), (X - mean) / sd, rtol=1e-6, atol=1e-6)


def test_answers_follow_from_the_weights() -> None:
    run = trained(NAMES)
    h = run.normalised(X)
    a = h @ run.weights("input->a1", seed=2).T + run.offsets("input->a1", seed=2)
    out = np.maximum(a, 0) @ run.weights("a1->a2", seed=2).T + run.offsets("a1->a2", seed=2)
    softmax = np.exp(out - out.max(axis=1, keepdims=True))
    softmax /= softmax.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(run.predict(X, seed=2), softmax, rtol=1e-4, atol=1e-6)


def test_pictures_are_planes_of_bytes(tmp_path: Path) -> None:
    from PIL import Image

    for name in ("dark", "light"):
        for split, count in (("train", 6), ("test", 3)):
            folder = tmp_path / "pictures" / split / name
            folder.mkdir(parents=True)
            for k in range(count):
                shade = RNG.integers(0, 128, size=(4, 4, 3), dtype=np.uint8) + (128 if name == "light" else 0)
                Image.fromarray(shade.astype(np.uint8)).save(folder / f"{k}.png")
    exp = ap.Experiment(
        {
            "task": {
                "name": "image-folder",
                "directory": str(tmp_path / "pictures"),
                "size": 4,
                "normalisation": "standard",
            },
            "model": {"name": "backpropagation", "layers": [48, 4, 2]},
            "training": {"epochs": 1},
            "run": {"seeds": 1},
        }
    )
    run = exp.run()
    shown = run.samples("test")
    assert shown.rows.size == 0, "they come from files"
    planes = RNG.integers(0, 256, size=(3, 3, 4, 4))
    mean, sd = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    wanted = (planes / 255 - mean[:, None, None]) / sd[:, None, None]
    np.testing.assert_allclose(run.normalised(planes), wanted.reshape(3, 48), rtol=1e-6)
    with pytest.raises(ap.DataError, match="channel, row, column"):
        run.predict(planes.transpose(0, 2, 3, 1))


def test_a_threshold_decides_as_tests_do() -> None:
    model = {"name": "backpropagation", "layers": [2, 8, 1], "loss": "mse", "output": "logistic"}
    run = ap.experiment("xor", model, training={"epochs": 3}, seeds=1).run()
    right = (run.decide() == run.samples("test").labels).mean()
    assert right == pytest.approx(run.metrics[run.metrics.split == "test"].accuracy.iloc[-1])


def test_samples_that_run_in_time_are_answered_by_split_alone() -> None:
    run = (
        ap.Experiment("delayed-match-to-sample/angle")
        .update({"training.epochs": 1, "run.seeds": 1})
        .variants()[0]
        .run()
    )
    assert run.predict().shape == (len(run.samples("test").labels), 1)
    with pytest.raises(ap.DataError, match="in time"):
        run.predict([[0.0]])


def test_other_data_than_the_run_began_with_are_refused() -> None:
    labels = (X[:, 1] > 5).astype(int)
    np.savez("train.npz", inputs=X, labels=labels)
    task = {"name": "arrays", "train": str(Path("train.npz").resolve()), "normalisation": "standard"}
    run = ap.experiment(task, {"name": "backpropagation", "layers": [3, 4, 2]}, training={"epochs": 1}).run()
    assert run.predict(X).shape == (240, 2)
    np.savez("train.npz", inputs=X + 1, labels=labels)
    with pytest.raises(ap.DataError, match="began on other data"):
        ap.Run(run.path).predict(X)


def test_threads_may_ask_a_run_at_once() -> None:
    run = trained(NAMES)
    expected = run.predict(X)
    with ThreadPoolExecutor(4) as pool:
        for answer in pool.map(run.predict, [X] * 8):
            np.testing.assert_array_equal(answer, expected)


def test_bytes_in_memory_are_pixels() -> None:
    images = RNG.integers(0, 256, size=(50, 2, 3), dtype=np.uint8)
    task = ap.Task.arrays(images, images[:, 0, 0] > 127, test_fraction=0.2, normalisation="unit")
    run = ap.experiment(task, {"name": "backpropagation", "layers": [6, 4, 2]}, training={"epochs": 1}).run()
    np.testing.assert_allclose(run.normalised(images), images.reshape(50, 6) / 255)
    assert run.predict(images).shape == (50, 2)


def test_what_cannot_answer_says_so(small: Small) -> None:
    run = trained(NAMES)
    with pytest.raises(ap.DataError, match="2 features; expected 3"):
        run.predict(X[:, :2])
    with pytest.raises(ap.DataError, match=r"not finite at \(1, 2\)"):
        run.predict([[1, 2, 3], [4, 5, np.nan]])
    with pytest.raises(ap.DataError, match="no validation split"):
        run.predict(split="validation")
    with pytest.raises(ap.ConfigError, match="unknown split 'tset'"):
        run.predict(split="tset")
    with pytest.raises(ap.ConfigError, match="no seed 9"):
        run.predict(X, seed=9)
    with pytest.raises(ap.ConfigError, match="no seed 9"):
        run.samples("test", seed=9)
    with pytest.raises(ap.ConfigError, match="split=…"):
        run.predict("test")  # type: ignore[arg-type]
    with pytest.raises(ap.DataError, match="at least one sample"):
        run.predict(X[:0])
    with pytest.raises(ap.DataError, match="single precision; expected at most"):
        run.predict([[1e39, 0, 0]] * 2)
    with pytest.raises(ap.DataError, match="policy"):
        small("reward").run(out="reward").predict()


def test_a_diagnosis_is_a_table_and_its_warnings_are_notes(small: Small) -> None:
    run = small("layered").run(out="r", seeds=1)
    assert set(run.diagnosis.verdict) <= {"clean", "attention", "not applicable"}
    wanted = run.diagnosis[run.diagnosis.verdict == "attention"]
    assert len(wanted) == sum(note.startswith("diagnosis: ") for note in run.notes)
    assert len(wanted) > 0, "one seed is one"
    assert "diagnosis: " in run._repr_html_()


def test_labels_that_are_texts_are_saved_to_the_same_bits() -> None:
    task = ap.Task.arrays(X, NAMES, test=(X[:20], NAMES[:20]), normalisation="standard")
    saved = task.save(Path("data"))
    assert Path("data/train.csv").is_file()
    model = {"name": "backpropagation", "layers": [3, 6, 2]}
    here, there = (ap.experiment(t, model, training={"epochs": 2}).run() for t in (task, saved))
    np.testing.assert_array_equal(here.weights("input->a1"), there.weights("input->a1"))


def test_tasks_are_shared_not_copied() -> None:
    task = ap.Task.arrays(X, NAMES)
    assert copy.deepcopy({"task": task})["task"] is task
    with pytest.raises(TypeError, match=r"save\(folder\)"):
        pickle.dumps(task)


def test_a_label_that_may_say_that_there_is_none_is_pointed_at() -> None:
    labels = (X[:, 1] > 5).astype(int)
    labels[7] = -1
    with pytest.warns(UserWarning, match="label -1, at 7"):
        ap.Task.arrays(X, labels)


def test_slips_are_told_in_words(small: Small) -> None:
    exp = small("layered")
    with pytest.raises(ap.ConfigError, match=r"numpy\.savez"):
        exp["model.start_from"] = {"input->a1": np.zeros((12, 4))}
    with pytest.raises(ap.ConfigError, match=r"0\.1 is no list of values"):
        ap.sweep(exp, {"model.learning_rate": 0.1})  # type: ignore[dict-item]
    heard: list[int] = []
    exp.run(out="r", callbacks=lambda e: heard.append(e.epoch))  # type: ignore[arg-type]
    assert heard == [0, 1, 2, 3]
    c = ap.Circuit("mine")
    x, y = c.input("x", 2), c.population("y", 2, basal=0.1)
    with pytest.raises(ap.ConfigError, match=r"rule=apical\.rule\('eta \* pre'"):
        c.connect(x, y, rule="eta * pre")  # type: ignore[arg-type]


def test_runs_of_samples_in_memory_say_what_they_need_when_they_are_read_again() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(60, 3))
    task = ap.Task.arrays(x, x[:, 0] > 0, validation_fraction=0.2)
    model = {"name": "backpropagation", "layers": [3, 4, 2]}
    made = ap.compare([ap.experiment(task, model, training={"epochs": 1})], out="c")
    assert "validation_accuracy" in made.table.columns  # there are no test samples
    label = next(iter(made.runs))
    with pytest.raises(ap.DataError, match=r"Run\(path, task=…\) hands in what lives in this process"):
        ap.Comparison("c")[label].predict(x)
    again = ap.Comparison("c", task=task)
    np.testing.assert_array_equal(again[label].predict(x), made[label].predict(x))
    assert again.notes == [f"{label}: {note}" for note in again[label].notes]
