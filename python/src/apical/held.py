# SPDX-License-Identifier: Apache-2.0
"""An engine of the extension that lives until it is closed: what simulations of any neurons share."""

from __future__ import annotations

from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Generic, TypeVar

from . import _core
from .errors import ConfigError

if TYPE_CHECKING:
    from typing import Self

Engine = TypeVar("Engine", "_core.RateSimulation", "_core.SpikingSimulation")


class Held(Generic[Engine]):
    """Seeds side by side in one engine."""

    seeds: list[int]
    _engine: Engine | None

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
            raise ConfigError("this simulation has been closed")
        return self._engine

    @property
    def step(self) -> int:
        """Steps so far."""
        return self._live.step


def seeds_of(seed: int, seeds: Iterable[int] | None) -> list[int]:
    """Those that run side by side."""
    return [int(s) for s in (seeds if seeds is not None else [seed])]
