# SPDX-License-Identifier: Apache-2.0
"""Tasks that live in this process: arrays to learn from, environments to act in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from . import _core
from .arrays import ArrayLike
from .environment import World, sizes_of
from .errors import ConfigError
from .machine import PathLike
from .samples import Samples, collected, splits_of


class Task:
    """What is learned, where it lives in this process instead of in files: made by `Task.arrays`, `.loader`, `.env`.

    Goes wherever the name of a task goes: `experiment(task, model)`, `compare(task, models)`. Experiments that were
    made with it keep it alive.

    Attributes:
        inputs: features of a sample, or numbers of an observation.
        outputs: classes, targets, or actions.
        rewards: an environment answers actions with reward; there are no targets.
    """

    def __init__(
        self,
        table: Mapping[str, Any],
        handed: _core.Handed,
        inputs: int,
        outputs: int,
        *,
        rewards: bool,
        parts: Mapping[str, Samples] | None = None,
    ) -> None:
        self._table = dict(table)
        self._handed = handed
        self._parts = dict(parts or {})
        self.inputs = inputs
        self.outputs = outputs
        self.rewards = rewards

    @classmethod
    def arrays(
        cls,
        inputs: ArrayLike,
        targets: ArrayLike,
        *,
        validation: tuple[ArrayLike, ArrayLike] | None = None,
        test: tuple[ArrayLike, ArrayLike] | None = None,
        axes: str | None = None,
        **options: Any,
    ) -> Task:
        """Samples that are there as arrays, lists, data frames or tensors.

        Args:
            inputs: (sample, feature); further axes are flattened. C-contiguous float32, float64 and uint8 are taken
                without a copy, and must not be changed as long as the task is used; anything else with one copy.
            targets: whole numbers or texts, one per sample, are labels of classes; so is a row per sample that is 1 at
                the label and 0 elsewhere, with a class for each column. Anything else, (sample,) or (sample,
                output), are numbers to come close to; a warning says so if they are floats that look like labels.
            validation, test: pairs (inputs, targets) like these.
            axes: "time" for (sample, time, feature), a course that circuits are shown; default "feature", or "flatten"
                if there are more than two axes.
            options: further keys of task "arrays", e.g. validation_fraction=0.1, normalisation="standard",
                classes=10.

        DataError, with shapes and the first index, for what does not fit, is not finite, or is no class.

        >>> import numpy as np
        >>> rng = np.random.default_rng(1)
        >>> X = rng.normal(size=(60, 4)).astype(np.float32)
        >>> task = Task.arrays(X, X[:, 0] > 0, test_fraction=0.2)
        >>> task.inputs, task.outputs
        (4, 2)
        """
        given = {"train": (inputs, targets), "validation": validation, "test": test}
        parts = splits_of({part: pair for part, pair in given.items() if pair is not None})
        return cls._of_samples(parts, axes, options)

    @classmethod
    def loader(
        cls,
        batches: Iterable[Any],
        *,
        validation: Iterable[Any] | None = None,
        test: Iterable[Any] | None = None,
        axes: str | None = None,
        **options: Any,
    ) -> Task:
        """Samples of a torch DataLoader, or of anything that gives batches (inputs, targets) one after the other.

        Each is gone through once, now, and its batches are joined to arrays: they need twice their memory for a moment.
        Draws that a loader makes anew in every epoch are those of this pass for all epochs; the order of samples is
        drawn by the run. DataError for one that ends before the length it says.

        Args:
            batches: of the training samples.
            validation, test: the same.
            axes, options: as of `arrays`.
        """
        given = {"train": batches, "validation": validation, "test": test}
        parts = splits_of({part: collected(b, part) for part, b in given.items() if b is not None})
        return cls._of_samples(parts, axes, options)

    @classmethod
    def _of_samples(cls, parts: Mapping[str, Samples], axes: str | None, options: Mapping[str, Any]) -> Task:
        handed = _core.Handed()
        table: dict[str, Any] = {"name": "arrays"}
        for part, s in parts.items():
            table[part] = handed.add_samples(s.inputs, s.labels, s.label_names or [], s.targets, part)
        if parts["train"].targets is not None:
            table["targets"] = ["targets"]
        chosen = axes or ("feature" if parts["train"].inputs.ndim <= 2 else "flatten")
        if chosen != "feature":
            table["axes"] = chosen
        if parts["train"].columns:
            table["classes"] = parts["train"].columns
        table |= {name: value for name, value in options.items() if value is not None}
        inputs, outputs = _core.task_sizes(table, handed)
        return cls(table, handed, inputs, outputs, rewards=False, parts=parts)

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
        try:
            observations, actions = sizes_of(world)
        finally:
            if callable(close := getattr(world, "close", None)):
                close()  # it was made to be looked at
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
        """The table [task]. What it calls memory:NAME is in this process: the program cannot run it, see save()."""
        return dict(self._table)

    def save(self, folder: PathLike) -> Task:
        """Writes the arrays as FOLDER/train.npz and so on, or train.csv if labels are texts; the same task, from these
        files.

        Its experiments are the same text to the program. ConfigError for an environment, and for texts beside an axis
        of time.
        """
        if not self._parts:
            raise ConfigError("only tasks of arrays can be saved")
        as_table = any(s.label_names for s in self._parts.values())
        if as_table and self._table.get("axes") == "time":
            raise ConfigError("a table has no axis of time; give labels as whole numbers to save this task")
        into = Path(folder)
        into.mkdir(parents=True, exist_ok=True)
        table = dict(self._table)
        if as_table:
            table.pop("axes", None)
            table["labels"] = "labels"
        for part, of_part in self._parts.items():
            file = into / f"{part}.{'csv' if as_table else 'npz'}"
            if as_table:
                of_part.write_csv(file)
            else:
                np.savez(file, allow_pickle=False, **of_part.by_name())
            table[part] = str(file.resolve())
        return type(self)(table, _core.Handed(), self.inputs, self.outputs, rewards=False, parts=self._parts)

    def __deepcopy__(self, memo: Any) -> Task:
        return self  # its arrays are shared and nobody changes it

    def __reduce__(self) -> Any:
        raise TypeError("a Task lives in its process and cannot be pickled; save(folder) makes files of its arrays")

    def __repr__(self) -> str:
        return f"Task({', '.join(f'{k}={v!r}' for k, v in self._table.items())})"


def handed_by(*sources: Any) -> _core.Handed:
    """All that these have in memory: tasks, experiments, runs."""
    handed = _core.Handed()
    for source in sources:
        handed.add(source._handed)
    return handed
