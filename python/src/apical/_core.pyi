"""
What the package apical is made of. Use the package: this module may change without notice.
"""

from collections.abc import Sequence
from typing import Annotated

import numpy
from numpy.typing import NDArray


def version() -> str: ...

def revision() -> str: ...

def numerics_version() -> int: ...

class Document:
    """A parsed experiment file."""

    @staticmethod
    def read(path: str) -> Document: ...

    @staticmethod
    def parse(text: str, origin: str) -> Document: ...

    def copy(self) -> Document: ...

    def set(self, assignment: str) -> None:
        """key=value in TOML, as --set has it."""

    def overlay(self, other: Document) -> None: ...

    @property
    def origin(self) -> str: ...

def resolved(document: Document) -> list:
    """Every experiment of a document, defaults filled in."""

def forecast(document: Document, threads: int, data: str) -> dict: ...

def circuit_text(document: Document) -> str:
    """The circuit alone, as TOML."""

def circuit_described(document: Document) -> str: ...

def run(document: Document, directory: str, resume: bool, report: bool, threads: int, data: str, heard: object | None) -> dict:
    """
    Runs into a directory. `heard(kind, fields)` is called on this thread, without the engine's; False stops.
    """

def write_report(directory: str) -> str:
    """Writes the page of a directory again; its path."""

class Call:
    """
    Where a call writes, what it may use of the machine, and who hears of it.
    """

    def __init__(self, directory: str, resume: bool, threads: int, data: str, heard: object | None) -> None: ...

def compare(documents: Sequence[Document], call: Call) -> dict: ...

def probe(document: Document, call: Call) -> dict: ...

def reproduce(document: Document, call: Call) -> dict: ...

def repeat(run: str, call: Call) -> dict: ...

class SavedState:
    """The last checkpoint of a run."""

    def __init__(self, run: str, threads: int, data: str) -> None: ...

    def projections(self) -> list[str]: ...

    def weights(self, projection: str, seed: int) -> Annotated[NDArray[numpy.float64], dict(shape=(None, None))]:
        """(postsynaptic, presynaptic)"""

    def offsets(self, projection: str, seed: int) -> Annotated[NDArray[numpy.float64], dict(shape=(None,))]:
        """one per postsynaptic unit"""

class RateSimulation:
    """A circuit of rate neurons, stepped by hand."""

    def __init__(self, document: Document, seeds: Sequence[int], threads: int) -> None: ...

    def advance(self, steps: int, learning: bool) -> None: ...

    def show(self, population: str, values: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)], seed: int) -> None: ...

    def hide(self, population: str) -> None: ...

    def read(self, population: str, variable: str, seed: int) -> Annotated[NDArray[numpy.float64], dict(shape=(None,))]: ...

    def write(self, population: str, variable: str, values: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)], seed: int) -> None: ...

    def weights(self, projection: str, seed: int) -> Annotated[NDArray[numpy.float64], dict(shape=(None, None))]: ...

    def set_weights(self, projection: str, values: Annotated[NDArray[numpy.float64], dict(shape=(None, None), order='C', device='cpu', writable=False)], seed: int) -> None: ...

    def perturb(self, kind: str, of: str, variable: str, value: float, units: Sequence[int], hold_steps: int) -> None: ...

    def restore(self) -> None: ...

    def role(self, name: str) -> str: ...

    def populations(self) -> dict: ...

    def projections(self) -> list[str]: ...

    @property
    def time_ms(self) -> float: ...

    @property
    def step(self) -> int: ...

    @property
    def seeds(self) -> list[int]: ...
