# SPDX-License-Identifier: Apache-2.0
"""A circuit that tables of an experiment file describe: what circuits of any neurons share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from . import _core, toml_text


class Described(ABC):
    """Read, checked and put into words by the program's own code."""

    name: str

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """The tables of an experiment file that describe it."""

    @property
    def _document(self) -> _core.Document:
        return _core.Document.parse(toml_text.document(self.to_dict()), f"<circuit {self.name}>")

    def to_toml(self) -> str:
        """The circuit as tables of an experiment file, with every name checked."""
        return _core.circuit_text(self._document)

    def validate(self) -> None:
        """ConfigError for anything an engine could not run."""
        self.to_toml()

    def describe(self) -> str:
        """A page of text: each population with its model and constants, each projection with what it transmits and
        its rule."""
        return _core.circuit_described(self._document)
