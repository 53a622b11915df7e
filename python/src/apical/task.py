# SPDX-License-Identifier: Apache-2.0
"""Tasks that live in this process: environments to act in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from . import _core
from .environment import World, sizes_of
from .errors import ConfigError


class Task:
    """What is learned, where it lives in this process instead of in files: made by `Task.env`.

    Goes wherever the name of a task goes: `experiment(task, model)`, `compare(task, models)`. Experiments that were
    made with it keep it alive.

    Attributes:
        inputs: features of a sample, or numbers of an observation.
        outputs: classes, targets, or actions.
        rewards: an environment answers actions with reward; there are no targets.
    """

    def __init__(
        self, table: Mapping[str, Any], handed: _core.Handed, inputs: int, outputs: int, *, rewards: bool
    ) -> None:
        self._table = dict(table)
        self._handed = handed
        self.inputs = inputs
        self.outputs = outputs
        self.rewards = rewards

    @classmethod
    def env(
        cls,
        make: str | Callable[[], Any],
        *,
        solved: float | None = None,
        validation_episodes: int = 20,
        test_episodes: int = 100,
        name: str | None = None,
    ) -> Task:
        """Learning from reward in an environment with the interface of gymnasium.

        Args:
            make: gives a new environment at each call, on threads of the engine; or a name that gymnasium knows.
            solved: mean return of 100 training episodes that counts as solved; default: its spec's threshold.
            validation_episodes, test_episodes: of an evaluation, with the most likely action at every step.
            name: in experiments; default: that of its spec, or its class.

        Actions must be discrete; observations are flattened. Starts follow from the seed of the run: `reset(seed=…)`
        and the actions alone must decide what happens, or a checkpoint of it is refused. What it raises ends the run
        and is raised again.

        >>> task = Task.env(MyMaze, solved=0.9)  # doctest: +SKIP
        """
        if isinstance(make, str):
            import functools

            from .run import _need

            make = functools.partial(_need("gymnasium", "gym").make, make)
        world = make()
        observations, actions = sizes_of(world)
        spec = getattr(world, "spec", None)
        if solved is None:
            solved = getattr(spec, "reward_threshold", None)
        if solved is None:
            raise ConfigError("the environment has no reward_threshold; say solved=…, the mean return that counts")
        called = name or getattr(spec, "id", None) or type(world).__name__
        handed = _core.Handed()
        made = make
        handed.add_world(called, lambda: World(made(), observations, actions), observations, actions)
        table = {
            "name": "environment",
            "world": f"memory:{called}",
            "solved": float(solved),
            "validation_episodes": int(validation_episodes),
            "test_episodes": int(test_episodes),
        }
        return cls(table, handed, observations, actions, rewards=True)

    def to_dict(self) -> dict[str, Any]:
        """The table [task]. What it calls memory:NAME is in this process: the program cannot run it."""
        return dict(self._table)

    def __repr__(self) -> str:
        return f"Task({', '.join(f'{k}={v!r}' for k, v in self._table.items())})"


def handed_by(*sources: Any) -> _core.Handed:
    """All that these have in memory: tasks, experiments, runs."""
    handed = _core.Handed()
    for source in sources:
        handed.add(source._handed)
    return handed
