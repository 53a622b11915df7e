# SPDX-License-Identifier: Apache-2.0
"""Credit rules of layered networks in Python, beside the built-in ones."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import apical as ap

Array = npt.NDArray[Any]

TASK = {"name": "yin-yang", "train_samples": 100, "validation_samples": 50, "test_samples": 50}


def carried(batch: ap.LayeredBatch, matrices: Sequence[Array]) -> list[tuple[Array, Array]]:
    """Errors through these matrices, from the top down."""
    gradients, delta = [], batch.error
    for layer in reversed(range(batch.depth)):
        gradients.append((delta.T @ batch.h[layer] / batch.samples, delta.mean(axis=0)))
        if layer > 0:
            delta = delta @ matrices[layer - 1] * batch.slope[layer - 1]
    return gradients[::-1]


@ap.layered_rule
def own_backpropagation(batch: ap.LayeredBatch) -> ap.layered.Gradients:
    return carried(batch, batch.W[1:])


@ap.layered_rule(name="own feedback alignment")
def own_alignment(batch: ap.LayeredBatch) -> ap.layered.Gradients:
    return carried(batch, batch.feedback)


def experiment(model: Any) -> ap.Experiment:
    return ap.experiment(
        TASK,
        {"name": model, "layers": [4, 12, 8, 3], "activation": "tanh", "optimiser": "sgd", "learning_rate": 0.1},
        seeds=2,
        training={"epochs": 3, "align_every": 1, "align_samples": 5},
    )


def trained(model: Any, name: str, precision: str = "float") -> ap.Run:
    return experiment(model).update({"run.precision": precision}).run(out=name)


@pytest.mark.parametrize(
    ("own", "built_in"), [(own_backpropagation, "backpropagation"), (own_alignment, "feedback-alignment")]
)
@pytest.mark.parametrize(("precision", "near"), [("float", 1e-5), ("double", 1e-12)])
def test_rules_written_in_python_give_what_the_built_in_ones_do(
    own: ap.LayeredRule, built_in: str, precision: str, near: float
) -> None:
    mine, theirs = trained(own, "mine", precision), trained(built_in, "theirs", precision)
    for seed in (1, 2):
        for layer in ("input->a1", "a1->a2", "a2->a3"):
            np.testing.assert_allclose(mine.weights(layer, seed), theirs.weights(layer, seed), rtol=near, atol=near)
        np.testing.assert_allclose(
            mine.offsets("input->a1", seed), theirs.offsets("input->a1", seed), rtol=near, atol=near
        )
    angles = [run.areas.pivot(index=["epoch", "seed"], columns="area", values="angle_deg") for run in (mine, theirs)]
    np.testing.assert_allclose(*angles, atol=0.05 if precision == "float" else 1e-4)


def test_a_rule_stands_beside_built_in_ones_in_a_comparison() -> None:
    X = np.random.default_rng(1).normal(size=(120, 4)).astype(np.float32)
    task = ap.Task.arrays(X, X[:, 0] * X[:, 1] > 0, test_fraction=0.2, validation_fraction=0.1)
    small: dict[str, Any] = {"training": {"epochs": 2, "align_every": 1, "align_samples": 5}}
    r = ap.compare(task, [own_alignment, own_backpropagation, "feedback-alignment"], seeds=2, out="c", **small)
    assert list(r.table.index[:2]) == ["own feedback alignment", "own_backpropagation"]
    assert r.table.total_angle_deg.notna().all()
    same = r.table.iloc[[0, 2]].accuracy
    assert same.iloc[0] == pytest.approx(same.iloc[1], abs=0.05)
    shipped = ap.compare(TASK, [own_alignment], seeds=1, out="s", training={"epochs": 1})
    assert shipped["own feedback alignment"].finished


def test_a_run_goes_on_with_its_rule_to_the_same_bits() -> None:
    whole = trained(own_alignment, "whole")
    assert not experiment(own_alignment).run(out="half", callbacks=[lambda event: event.epoch < 1]).finished
    with pytest.raises(ap.ConfigError, match="not in memory"):
        ap.Run("half").resume()
    resumed = ap.Run("half", rule=own_alignment).resume()
    for layer in ("input->a1", "a2->a3"):
        np.testing.assert_array_equal(resumed.weights(layer, 1), whole.weights(layer, 1))


def test_what_a_rule_is_told() -> None:
    seen: dict[str, Any] = {}

    @ap.layered_rule
    def looks(batch: ap.LayeredBatch) -> ap.layered.Gradients:
        if not seen:
            seen["batch"] = batch
            for layer in range(batch.depth):
                a = batch.h[layer] @ batch.W[layer].T + batch.b[layer]
                np.testing.assert_allclose(batch.a[layer], a, rtol=1e-4, atol=1e-5)
                assert batch.slope[layer].shape == batch.h[layer + 1].shape
            np.testing.assert_allclose(batch.h[1], np.tanh(batch.a[0]), rtol=1e-5)
            np.testing.assert_allclose(batch.slope[0], 1 - np.tanh(batch.a[0]) ** 2, rtol=1e-4, atol=1e-6)
            np.testing.assert_allclose(batch.error, batch.h[-1] - batch.target, rtol=1e-5, atol=1e-6)
            assert [m.shape for m in batch.feedback] == [m.shape for m in batch.W[1:]]
            assert batch.h[0].dtype == np.float32
            assert batch.seed in (1, 2)
            with pytest.raises(IndexError):
                batch.W[3]
        return [np.zeros_like(w) for w in batch.W]

    run = trained(looks, "looked")
    first, last = run.weights("input->a1", 1), seen["batch"]
    assert np.isfinite(first).all()
    with pytest.raises(ap.DataError, match="the batch is over"):
        last.error  # noqa: B018


@pytest.mark.parametrize(
    ("answer", "error", "why"),
    [
        (lambda b: [w.T for w in b.W], ap.DataError, r"layer 1: .*weights has shape \(4, 12\); expected \(12, 4\)"),
        (lambda b: list(b.W)[:2], ap.DataError, "gave 2 gradients; expected 3"),
        (lambda b: b.W[0], ap.DataError, "gave ndarray; expected a list"),
        (lambda b: None, ap.DataError, "gave NoneType"),
        (lambda b: [(w, w[0]) for w in b.W], ap.DataError, r"layer 1: .*offsets has shape \(4,\); expected \(12,\)"),
        (lambda b: ["x" for w in b.W], ap.DataError, "layer 1: weights are not numbers"),
        (lambda b: [w * (np.nan if i == 1 else 1) for i, w in enumerate(b.W)], ap.NumericalFault, "layer 2"),
        (lambda b: 1 / 0, ZeroDivisionError, "division"),
    ],
)
def test_what_a_rule_may_not_answer(answer: Callable[[Any], Any], error: type[Exception], why: str) -> None:
    with pytest.raises(error, match=why):
        trained(ap.layered_rule(answer, name="wrong"), "wrong")
    assert trained(own_backpropagation, "after").finished, "the process goes on"


def test_rules_are_refused_where_they_cannot_be() -> None:
    exp = ap.experiment(TASK, {"name": own_alignment, "layers": [4, 12, 3]})
    assert 'rule = "memory:own feedback alignment"' in exp.to_toml()
    with pytest.raises(ap.ConfigError, match="memory:own feedback alignment"):
        ap.Experiment(exp.to_toml()).run()
    with pytest.raises(ap.ConfigError, match="expected memory:NAME"):
        ap.experiment(TASK, {"name": "layered-rule", "rule": "mine.py", "layers": [4, 3]})
    with pytest.raises(TypeError, match="expected a function"):
        ap.layered_rule(3, name="three")  # type: ignore[call-overload]
    twice = ap.layered_rule(lambda b: b.W, name="own feedback alignment")
    with pytest.raises(ap.ConfigError, match="two rules are called"):
        ap.compare(TASK, [own_alignment, twice])


def test_a_rule_learns_from_reward() -> None:
    exp = ap.experiment(
        {"name": "cart-pole-v1", "validation_episodes": 2, "test_episodes": 2},
        {"name": own_backpropagation, "layers": [4, 16, 2], "learning_rate": 0.003},
        training={"environment_steps": 4096},
        seeds=1,
    )
    assert exp.run(out="reward").finished


def test_a_rule_rests_while_it_is_measured() -> None:
    told: list[tuple[int, bool]] = []
    weights: list[Array] = []

    @ap.layered_rule
    def drifting(batch: ap.LayeredBatch) -> ap.layered.Gradients:
        """Feedback that turns a little further with every batch that it learns from."""
        if not weights:
            weights.extend(batch.W[1:])
        told.append((batch.samples, batch.resting))
        if not batch.resting:
            weights[:] = [0.5 * w for w in weights]
        return carried(batch, weights)

    run = experiment(drifting).update({"run.seeds": 1, "training.epochs": 1, "model.batch": 20}).run(out="r")
    assert run.finished
    learned = [samples for samples, resting in told if not resting]
    assert learned == [20] * 5, "100 samples; angles, costs and the examination of the end change nothing"
    assert 1 in [samples for samples, resting in told if resting], "angles are measured sample by sample"


def test_feedback_of_a_rule_can_be_that_of_a_run() -> None:
    theirs = trained("feedback-alignment", "theirs")
    exp = experiment(own_alignment).update({"training.epochs": 1})
    exp["model.start_from"] = theirs
    mine = exp.run(out="mine")
    built_in = experiment("feedback-alignment").update({"training.epochs": 1})
    built_in["model.start_from"] = theirs
    again = built_in.run(out="again")
    assert "a2->a1" in mine.projections
    np.testing.assert_allclose(mine.weights("a2->a1"), theirs.weights("a2->a1"))
    np.testing.assert_allclose(mine.weights("a1->a2"), again.weights("a1->a2"), rtol=1e-4, atol=1e-6)


def test_seeds_take_turns_in_a_rule() -> None:
    inside = 0

    @ap.layered_rule
    def alone(batch: ap.LayeredBatch) -> list[np.ndarray]:
        nonlocal inside
        inside += 1
        time.sleep(0.001)  # without the interpreter's lock
        assert inside == 1
        inside -= 1
        return [np.zeros_like(w) for w in batch.W]

    exp = ap.experiment(
        {"name": "yin-yang", "train_samples": 60}, {"name": alone, "layers": [4, 5, 3]}, training={"epochs": 1}
    )
    assert exp.run(seeds=4, threads=4).finished
