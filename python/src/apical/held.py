# SPDX-License-Identifier: Apache-2.0
"""An engine of the extension that lives until it is closed: what simulations of any neurons share."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Generic, TypeVar

from . import _core
from .errors import ConfigError

if TYPE_CHECKING:
    from typing import Self

    from .run import Run

_CLOSED = "this simulation has been closed"
_BUSY = "another thread is advancing this simulation; ask it when it has returned"

Engine = TypeVar("Engine", "_core.RateSimulation", "_core.SpikingSimulation")


class Held(Generic[Engine]):
    """Seeds side by side in one engine."""

    seeds: list[int]
    _engine: Engine | None
    _turn: threading.Lock

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Frees the engine; nothing can be asked afterwards."""
        self._engine = None

    @property
    def _live(self) -> Engine:
        if self._engine is None:
            raise ConfigError(_CLOSED)
        if self._turn.locked():
            raise ConfigError(_BUSY)
        return self._engine

    @contextmanager
    def _alone(self) -> Iterator[Engine]:
        """The engine while it advances without the interpreter's lock: nobody else may look at it."""
        if not self._turn.acquire(blocking=False):
            raise ConfigError(_BUSY)
        try:
            if self._engine is None:
                raise ConfigError(_CLOSED)
            yield self._engine
        finally:
            self._turn.release()

    @property
    def step(self) -> int:
        """Steps so far."""
        return self._live.step


def seeds_of(seed: int | None, seeds: Iterable[int] | None, run: Run | None) -> list[int]:
    """Those that run side by side; by default the first of a run, else 1. ConfigError for one that a run has not."""
    first = 1 if run is None else run.seeds[0]
    chosen = [int(s) for s in (seeds if seeds is not None else [first if seed is None else seed])]
    for s in chosen:
        if run is not None and s not in run.seeds:
            raise ConfigError(f"{run.path} has no seed {s}; it has {', '.join(map(str, run.seeds))}")
    return chosen
