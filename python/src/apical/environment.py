# SPDX-License-Identifier: Apache-2.0
"""Environments with gymnasium's interface: those of tasks to act in by hand, and those of users as the engine acts in
them. gymnasium itself is not needed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from . import _core
from .arrays import as_array
from .errors import ConfigError, DataError


@dataclass(frozen=True)
class Numbers:
    """A space of observations: arrays of this shape."""

    shape: tuple[int, ...]


@dataclass(frozen=True)
class Actions:
    """A space of actions: 0 to n - 1."""

    n: int


class Environment:
    """The environment of a task that rewards, with gymnasium's interface, to act in by hand.

    Args:
        task: its name, as `cart-pole-v1`.
        options: of the task, as in `[task]`.

    Raises:
        ConfigError: there is no such task, it has no such option, or it shows samples and rewards nothing.

    >>> world = Environment("cart-pole-v1", episode_steps=200)
    >>> observation, info = world.reset(seed=3)
    >>> observation.shape, world.action_space.n
    ((4,), 2)
    >>> observation, reward, terminated, truncated, info = world.step(1)
    >>> reward, terminated, truncated
    (1.0, False, False)
    """

    def __init__(self, task: str, **options: Any) -> None:
        self._world = _core.TaskEnvironment({"name": task, **options})
        self._episode = 0
        self.observation_space = Numbers((self._world.observations,))
        self.action_space = Actions(self._world.actions)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[npt.NDArray[np.float64], dict[str, Any]]:
        """Goes to the start of episode `seed`, which is the same for everybody; None: of the one after the last.

        Returns:
            The observation, and nothing else that is known.
        """
        self._episode = self._episode + 1 if seed is None else seed
        return self._world.begin(self._episode), {}

    def step(self, action: int) -> tuple[npt.NDArray[np.float64], float, bool, bool, dict[str, Any]]:
        """Acts: the observation after it, the reward, whether nothing follows, whether a time limit cut the episode.

        Raises:
            ConfigError: there is no such action, or the episode is over.
        """
        observation, reward, terminated, truncated = self._world.act(int(action))
        return observation, reward, terminated, truncated, {}


def sizes_of(environment: Any) -> tuple[int, int]:
    """Numbers of an observation, and actions. ConfigError for spaces that a policy cannot act in."""
    for attribute in ("observation_space", "action_space", "reset", "step"):
        if not hasattr(environment, attribute):
            raise ConfigError(f"{type(environment).__name__} has no '{attribute}'; expected gymnasium's interface")
    actions = getattr(environment.action_space, "n", None)
    if not isinstance(actions, int | np.integer) or getattr(environment.action_space, "shape", ()) not in ((), None):
        raise ConfigError(f"the action space is {environment.action_space!r}; expected Discrete(n)")
    shape = getattr(environment.observation_space, "shape", None)
    if not shape:
        raise ConfigError(f"the observation space is {environment.observation_space!r}; expected a Box of numbers")
    return math.prod(int(n) for n in shape), int(actions)


class World:
    """One environment; all that the engine asks of it."""

    def __init__(self, environment: Any, observations: int, actions: int) -> None:
        if sizes_of(environment) != (observations, actions):
            raise DataError(
                f"the environment has {sizes_of(environment)} observations and actions where the first one made had "
                f"{(observations, actions)}"
            )
        self._environment = environment
        self._size = observations
        self._first_action = int(getattr(environment.action_space, "start", 0))

    def begin(self, seed: int) -> npt.NDArray[np.float64]:
        """The observation at the start that the seed decides."""
        answer = self._environment.reset(seed=seed)
        if not (isinstance(answer, tuple) and len(answer) == 2):
            raise DataError(f"reset() gave {type(answer).__name__}; expected (observation, info)")
        return self._numbers(answer[0])

    def act(self, action: int) -> tuple[npt.NDArray[np.float64], float, bool, bool]:
        """Observation, reward, whether nothing follows, whether a time limit cut it."""
        answer = self._environment.step(self._first_action + action)
        if not (isinstance(answer, tuple) and len(answer) == 5):
            what = f"{len(answer)} values" if isinstance(answer, tuple) else type(answer).__name__
            raise DataError(f"step() gave {what}; expected (observation, reward, terminated, truncated, info)")
        observation, reward, terminated, truncated, _ = answer
        return self._numbers(observation), float(reward), bool(terminated), bool(truncated)

    def _numbers(self, observation: Any) -> npt.NDArray[np.float64]:
        numbers = np.ascontiguousarray(as_array(observation, "an observation"), dtype=np.float64).reshape(-1)
        if numbers.size != self._size:
            raise DataError(f"an observation has shape {np.shape(observation)}; expected {self._size} numbers")
        return numbers
