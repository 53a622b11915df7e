# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import apical as ap

from .conftest import states


class Space:
    def __init__(self, shape: tuple[int, ...] | None = None, n: int | None = None) -> None:
        if shape is not None:
            self.shape = shape
        if n is not None:
            self.n = n


class Walk:
    """Right is good, left is bad; every step has a noise that the seed of the start decides."""

    observation_space = Space(shape=(1, 2))
    action_space = Space(n=2)

    def __init__(self) -> None:
        self.steps = 0

    def reset(self, *, seed: int) -> tuple[np.ndarray, dict[str, Any]]:
        self.noise = np.random.Generator(np.random.PCG64(seed))
        self.steps = 0
        self.place = self.noise.normal()
        return self.seen(), {}

    def seen(self) -> np.ndarray:
        return np.array([[self.place, self.steps / 20]], dtype=np.float32)

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        self.steps += 1
        self.place += (1 if action == 1 else -1) + 0.1 * self.noise.normal()
        return self.seen(), float(action == 1), abs(self.place) > 30, self.steps >= 20, {}


def experiment(task: ap.Task, steps: int = 2048, **tables: Any) -> ap.Experiment:
    model = {"name": "backpropagation", "layers": [task.inputs, 8, task.outputs], "learning_rate": 0.01}
    return ap.experiment(task, model, training={"environment_steps": steps}, **tables)


def test_a_policy_learns_in_an_environment_of_the_users() -> None:
    task = ap.Task.env(Walk, solved=18, validation_episodes=5, test_episodes=5)
    assert (task.inputs, task.outputs) == (2, 2)
    run = experiment(task, 8192, seeds=2).run(out="r")
    m = run.metrics
    returned = m[m.split == "test"]["return"]
    assert returned.mean() > 19, "it goes right"
    assert "environment" in run.experiment.to_toml()


def test_the_same_seed_gives_the_same_bits_on_any_number_of_threads() -> None:
    task = ap.Task.env(Walk, solved=18)
    one = experiment(task, seeds=2).run(out="one", threads=1)
    two = experiment(task, seeds=2).run(out="two", threads=2)
    assert states(one.path) == states(two.path)


def test_a_run_that_was_stopped_goes_on_to_the_same_bits() -> None:
    task = ap.Task.env(Walk, solved=18)
    whole = experiment(task, 4096).run(out="whole")
    stopped = experiment(task, 4096).run(out="stopped", callbacks=[lambda e: e.epoch < 2])
    assert not stopped.finished
    assert states(stopped.resume().path) == states(whole.path)


def test_a_run_that_is_read_again_is_told_its_task() -> None:
    task = ap.Task.env(Walk, solved=18)
    experiment(task, 4096).run(out="r", callbacks=[lambda e: e.epoch < 2])
    assert ap.Run("r").weights("input->a1").shape == (8, 2), "weights need no environment"
    with pytest.raises(ap.ConfigError, match=r"(?s)memory:Walk.*Task\.env"):
        ap.Run("r").resume()
    resumed = ap.Run("r", task=task).resume()
    assert resumed.finished
    assert resumed.weights("input->a1").shape == (8, 2)


def test_what_an_environment_raises_ends_the_run_and_the_process_goes_on() -> None:
    class Breaks(Walk):
        def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
            if self.steps == 7:
                raise ZeroDivisionError("in the world")
            return super().step(action)

    with pytest.raises(ZeroDivisionError, match="in the world"):
        experiment(ap.Task.env(Breaks, solved=1)).run(out="r")
    assert experiment(ap.Task.env(Walk, solved=18)).run(out="after").finished


def test_observations_that_are_not_finite_are_faults_with_their_place() -> None:
    class Explodes(Walk):
        def seen(self) -> np.ndarray:
            return np.array([[self.place, np.nan if self.steps == 3 else 0]])

    with pytest.raises(ap.NumericalFault) as caught:
        experiment(ap.Task.env(Explodes, solved=1)).run(out="r")
    assert caught.value.population == "environment"
    assert (caught.value.unit, caught.value.step) == (1, 3)


def test_a_world_that_does_not_repeat_itself_is_refused() -> None:
    entropy = np.random.default_rng(0)

    class Forgets(Walk):
        def reset(self, *, seed: int) -> tuple[np.ndarray, dict[str, Any]]:
            return super().reset(seed=int(entropy.integers(1 << 30)))

    stopped = experiment(ap.Task.env(Forgets, solved=1), 4096).run(out="r", callbacks=[lambda e: e.epoch < 2])
    with pytest.raises(ap.DataError, match="does not repeat itself"):
        stopped.resume()


class Continuous(Walk):
    action_space = Space(shape=(1,))


class Text(Walk):
    observation_space = Space()


class Old(Walk):
    def step(self, action: int) -> Any:
        return super().step(action)[:4]


class OldReset(Walk):
    def reset(self, *, seed: int) -> Any:
        return super().reset(seed=seed)[0]


class Grows(Walk):
    def seen(self) -> np.ndarray:
        return np.zeros(2 + (self.steps == 2))


@pytest.mark.parametrize(
    ("world", "says"),
    [
        (Continuous, r"Discrete"),
        (Text, "Box"),
        (object, "observation_space"),
        (Old, "4 values; expected .observation, reward"),
        (OldReset, "expected .observation, info"),
        (Grows, r"\(3,\); expected 2"),
    ],
)
def test_what_is_no_environment_is_explained(world: Callable[[], Any], says: str) -> None:
    with pytest.raises((ap.ConfigError, ap.DataError), match=says):
        experiment(ap.Task.env(world, solved=1)).run(out="r")


def test_an_environment_without_a_threshold_needs_one() -> None:
    with pytest.raises(ap.ConfigError, match="solved"):
        ap.Task.env(Walk)


def test_named_models_are_compared_on_an_environment() -> None:
    task = ap.Task.env(Walk, solved=18, validation_episodes=2, test_episodes=2)
    r = ap.compare(task, ["backpropagation", "feedback-alignment"], seeds=1, training={"environment_steps": 2048})
    assert len(r) == 2
    assert all(run.weights("input->a1").shape[1] == 2 for run in r)


def test_two_worlds_of_one_name_are_told_apart() -> None:
    first, second = ap.Task.env(Walk, solved=18), ap.Task.env(Walk, solved=18)
    with pytest.raises(ap.ConfigError, match="two environments are called 'Walk'"):
        ap.compare([experiment(first), experiment(second).update({"label": "other"})])


@pytest.mark.parametrize("seed", range(20))
def test_gymnasiums_cart_pole_is_the_environment_of_the_task_step_by_step(seed: int) -> None:
    gymnasium = pytest.importorskip("gymnasium", reason="gymnasium is not there")
    ours = ap.Environment("cart-pole-v1")
    theirs = gymnasium.make("CartPole-v1").unwrapped
    theirs.reset(seed=seed)
    start, _ = ours.reset(seed=seed)
    theirs.state = tuple(start)  # gymnasium draws its own
    chance = np.random.default_rng(seed)
    steps = 0
    while True:
        action = int(chance.integers(2))
        seen, reward, terminated, truncated, _ = ours.step(action)
        expected, their_reward, their_end, *_ = theirs.step(action)
        # The same doubles, but for the last bit of NumPy's sine; gymnasium returns them rounded to float32.
        np.testing.assert_allclose(seen, np.array(theirs.state), rtol=1e-13, atol=1e-15)
        np.testing.assert_allclose(seen, expected, rtol=1e-6, atol=1e-7)
        assert (reward, terminated) == (their_reward, their_end)
        steps += 1
        if terminated:
            break
    assert not truncated
    assert steps > 5
    with pytest.raises(ap.ConfigError, match="the episode is over"):
        ours.step(0)


def test_the_time_limit_is_that_of_gymnasium() -> None:
    assert ap.Task.env("CartPole-v1").to_dict()["solved"] == 475
    world = ap.Environment("cart-pole-v1")
    x, _ = world.reset(seed=1)
    for step in range(1, 501):
        # A controller that holds the pole: push to the side to which it falls.
        x, _, terminated, truncated, _ = world.step(int(x[2] + 0.5 * x[3] + 0.02 * x[0] + 0.05 * x[1] > 0))
        assert not terminated
        assert truncated == (step == 500)


def test_an_environment_is_asked_for_what_there_is() -> None:
    with pytest.raises(ap.ConfigError, match="'yin-yang' has no environment"):
        ap.Environment("yin-yang")
    with pytest.raises(ap.ConfigError, match="did you mean 'cart-pole-v1'"):
        ap.Environment("cart-pole-v2")
    world = ap.Environment("cart-pole-v1")
    world.reset(seed=0)
    with pytest.raises(ap.ConfigError, match="action 2: there are 2"):
        world.step(2)


@pytest.mark.parametrize("name", ["CartPole-v1"])
def test_ppo_improves_in_gymnasiums_cart_pole(name: str) -> None:
    pytest.importorskip("gymnasium", reason="gymnasium is not there")
    task = ap.Task.env(name, validation_episodes=5, test_episodes=10)
    r = ap.compare(task, ["backpropagation"], seeds=1, training={"environment_steps": 40960})
    m = next(iter(r)).metrics
    assert m[m.split == "test"]["return"].mean() > 100, "chance is 20"
