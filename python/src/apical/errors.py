# SPDX-License-Identifier: Apache-2.0
"""What can go wrong, as exceptions with fields."""

from __future__ import annotations

import re
from pathlib import Path

_QUOTED = re.compile(r"'([^'\s]+)'")


class Error(Exception):
    """Root of all errors of Apical that a person can act on."""


class ConfigError(Error, ValueError):
    """A wrong experiment, circuit or argument.

    Attributes:
        file: where it stands; "" if nowhere.
        line, column: counted from 1; 0 if unknown.
        key: the key it is about, as far as the message names one; else "".
        problem: the message without its place.
        hint: what to try, e.g. the nearest valid name.
    """

    def __init__(
        self,
        message: str,
        *,
        file: str = "",
        line: int = 0,
        column: int = 0,
        problem: str = "",
        hint: str = "",
    ) -> None:
        super().__init__(message if hint in message else f"{message}\n  {hint}")
        self.file = file
        self.line = line
        self.column = column
        self.problem = problem or message
        self.hint = hint
        named = _QUOTED.search(self.problem)
        self.key = named.group(1) if named else ""


class DataError(Error, ValueError):
    """Data, a checkpoint or a run directory that is damaged, missing or does not fit."""


class IoError(Error, OSError):
    """The file system refused: full, read-only, missing, not empty."""


class Stopped(Error):
    """A callback stopped a search, a probe or a figure, of which nothing can be said before its end; the same call with
    resume=True goes on.

    Attributes:
        path: its directory.
    """

    def __init__(self, message: str, *, path: Path) -> None:
        super().__init__(message)
        self.path = path


class NumericalFault(Error, ArithmeticError):
    """A value that is not finite, or diverged. The state is kept beside the checkpoints of the run.

    Attributes:
        population: or projection, or layer.
        quantity: compartment, rate, weight.
        unit, seed, step: of the first such value; time_ms of the step; value itself.
    """

    def __init__(
        self,
        message: str,
        *,
        population: str = "",
        quantity: str = "",
        unit: int = 0,
        seed: int = 0,
        step: int = 0,
        time_ms: float = 0.0,
        value: float = float("nan"),
    ) -> None:
        super().__init__(message)
        self.population = population
        self.quantity = quantity
        self.unit = unit
        self.seed = seed
        self.step = step
        self.time_ms = time_ms
        self.value = value
