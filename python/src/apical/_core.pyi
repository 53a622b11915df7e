"""
What the package apical is made of. Use the package: this module may change without notice.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated

import numpy
from numpy.typing import NDArray


def version() -> str: ...

def revision() -> str: ...

def numerics_version() -> int: ...

class ToldBatch:
    """What a rule is told of a batch, while it is called."""

    @property
    def depth(self) -> int: ...

    @property
    def samples(self) -> int: ...

    @property
    def seed(self) -> int: ...

    @property
    def resting(self) -> bool: ...

    def activity(self, layer: int) -> NDArray: ...

    def potential(self, layer: int) -> NDArray: ...

    def slope(self, layer: int) -> NDArray: ...

    def weights(self, layer: int) -> NDArray: ...

    def offsets(self, layer: int) -> NDArray: ...

    def feedback(self, layer: int) -> NDArray: ...

    def error(self) -> NDArray: ...

    def target(self) -> NDArray: ...

class Handed:
    """What is in this process instead of in files, by name."""

    def __init__(self) -> None: ...

    def add_world(self, name: str, make: object, observations: int, actions: int) -> None:
        """
        `make()` gives an object with begin(seed) and act(action), called on threads of the engine.
        """

    def add_samples(self, inputs: Annotated[NDArray, dict(order='C', device='cpu', writable=False)], labels: Annotated[NDArray, dict(order='C', device='cpu', writable=False)] | None, label_names: Sequence[str], targets: Annotated[NDArray, dict(order='C', device='cpu', writable=False)] | None, origin: str) -> str:
        """memory:NAME"""

    def add_rule(self, name: str, credit: object) -> None:
        """
        `credit(ToldBatch)` gives a pair of gradients per layer, called on threads of the engine.
        """

    def add(self, other: Handed) -> None: ...

def task_sizes(table: dict, handed: Handed) -> tuple[int, int]:
    """Features and outputs; makes the data set, with all its checks."""

class TaskEnvironment:
    """The environment of a task that rewards."""

    def __init__(self, task: dict) -> None: ...

    @property
    def observations(self) -> int: ...

    @property
    def actions(self) -> int: ...

    def begin(self, episode: int) -> Annotated[NDArray[numpy.float64], dict(shape=(None,))]:
        """The observation at the start of an episode."""

    def act(self, action: int) -> tuple[Annotated[NDArray[numpy.float64], dict(shape=(None,))], float, bool, bool]:
        """
        Observation, reward, whether nothing follows, whether a time limit cut it.
        """

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

    def text(self) -> str:
        """As TOML, with all that was set and laid over it."""

    @property
    def origin(self) -> str: ...

def resolved(document: Document) -> list:
    """Every experiment of a document, defaults filled in."""

def forecast(document: Document, threads: int, data: str, handed: Handed) -> dict: ...

def circuit_text(document: Document) -> str:
    """The circuit alone, as TOML."""

def circuit_described(document: Document) -> str: ...

def population_sizes(document: Document) -> dict[str, int]:
    """Of a circuit of spiking neurons."""

def is_spiking(document: Document) -> bool:
    """Whether its neurons spike."""

def presentations(document: Document, seed: int) -> list[tuple[str, int, str, float, float]]:
    """
    Rows (stage, epoch, stimulus, start, stop) of what a course of spiking neurons shows, in biological seconds; empty of anything else.
    """

def training_shown(document: Document, seed: int, epochs: int, data: str, handed: Handed) -> dict:
    """
    Which training sample a circuit of rate neurons is shown when: arrays epoch (0 while it settles), sample, start_s and stop_s; empty of anything else, and where evaluations steer a plant.
    """

def samples(document: Document, seed: int, split: str, which: Sequence[int], data: str, handed: Handed) -> dict:
    """
    Inputs as they are seen (sample, feature; no rows of sequences), targets (sample, output), labels and names of classes, and rows, the samples of the arrays that they come from.
    """

class Call:
    """
    Where a call writes, what it may use of the machine, and who hears of it.
    """

    def __init__(self, directory: str, resume: bool, threads: int, data: str, handed: Handed, heard: object | None, ignore_memory: bool) -> None:
        """
        `heard(kind, fields)` is called on the thread that calls, without the engine's; False stops.
        """

    @property
    def directory(self) -> str: ...

    @property
    def handed(self) -> Handed: ...

def run(document: Document, call: Call, report: bool) -> dict: ...

def write_report(directory: str) -> str:
    """Writes the page of a directory again; its path."""

def attention(run: str) -> list[str]:
    """What the checks say that wants attention, in words."""

def diagnosis(run: str) -> list[dict]:
    """What each check says: check, verdict, measured, why, remedy."""

def require_place_for(file: str) -> None:
    """IoError for a file of a run."""

def figures(directories: Sequence[str]) -> dict:
    """Titles of the figures of a page of directories, by name."""

def figure_svg(directories: Sequence[str], what: str, width_mm: float) -> tuple[str, list[str]]:
    """
    The figure that a name or a metric names, as an SVG file, and what there is to warn of.
    """

def compare(documents: Sequence[Document], call: Call) -> dict: ...

def probe(document: Document, call: Call) -> dict: ...

def reproduce(document: Document, call: Call) -> dict: ...

def tune(document: Document, call: Call) -> dict:
    """
    The search that [tune] describes; its files say what was found. `runs`: of every trial, in its last round.
    """

def repeat(run: str, call: Call) -> dict: ...

def is_interpreted(formula: str, numbers: Mapping[str, float]) -> bool:
    """
    Whether no kernel has the formula. ConfigError for what is no formula of local quantities.
    """

def local_quantities(spiking: bool = False) -> dict[str, str]:
    """What a synapse knows, by its name in formulas."""

class SavedState:
    """The last checkpoint of a run."""

    def __init__(self, run: str, threads: int) -> None: ...

    def projections(self) -> list[str]: ...

    def weights(self, projection: str, seed: int) -> Annotated[NDArray[numpy.float64], dict(shape=(None, None))]:
        """(postsynaptic, presynaptic)"""

    def answer_to_zeros(self, seed: int) -> Annotated[NDArray[numpy.float64], dict(shape=(None,))]:
        """outputs"""

    def offsets(self, projection: str, seed: int) -> Annotated[NDArray[numpy.float64], dict(shape=(None,))]:
        """one per postsynaptic unit"""

def export_files(run: str, what: str, format: str, seed: int | None, file: str) -> list[str]:
    """What was written."""

class RunAnswers:
    """What the networks of a run answer at its last checkpoint."""

    def __init__(self, run: str, threads: int, data: str, handed: Handed) -> None: ...

    def double_precision(self) -> bool: ...

    def classes(self) -> list[str]:
        """Names of classes, from class 0 on."""

    def picture(self) -> list[int] | None:
        """Channels, rows and columns of an input that is a picture."""

    def samples(self, split: str, seed: int) -> dict:
        """
        All of a split: inputs as they are seen, targets, labels, classes, rows.
        """

    def of_split(self, split: str, seed: int) -> Annotated[NDArray[numpy.float64], dict(shape=(None, None))]:
        """(sample, output)"""

    def to(self, inputs: Annotated[NDArray[numpy.float64], dict(shape=(None, None), order='C', device='cpu', writable=False)], seed: int) -> Annotated[NDArray[numpy.float64], dict(shape=(None, None))]:
        """(sample, output); inputs in the units of the task's own data"""

    def scaled(self, inputs: Annotated[NDArray[numpy.float64], dict(shape=(None, None), order='C', device='cpu', writable=False)], seed: int) -> Annotated[NDArray[numpy.float64], dict(shape=(None, None))]:
        """Inputs as the network sees them."""

    def decide(self, outputs: Annotated[NDArray[numpy.float64], dict(shape=(None, None), order='C', device='cpu', writable=False)]) -> Annotated[NDArray[numpy.float64], dict(shape=(None,))]:
        """The class that each row stands for."""

class RateSimulation:
    """A circuit of rate neurons, stepped by hand."""

    def __init__(self, document: Document, seeds: Sequence[int], threads: int, weights: str) -> None:
        """`weights`: of this run; empty: as the document says."""

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

class SpikingSimulation:
    """A circuit of spiking neurons, stepped by hand."""

    def __init__(self, document: Document, seeds: Sequence[int], threads: int, weights: str) -> None:
        """`weights`: of this run; empty: as the document says."""

    def advance(self, steps: int, learning: bool) -> None: ...

    def set_rates(self, population: str, rates_Hz: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)]) -> None: ...

    def set_currents(self, population: str, compartment: str, amperes: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)]) -> None: ...

    def emit(self, population: str, neurons: Sequence[int]) -> None: ...

    def silence(self, population: str, neurons: Sequence[int]) -> None: ...

    def cut(self, projection: str) -> None: ...

    def restore(self) -> None: ...

    def read(self, population: str, variable: str, seed: int) -> Annotated[NDArray[numpy.float64], dict(shape=(None,))]: ...

    def counts(self, population: str, seed: int) -> tuple:
        """Spikes, events and bursts."""

    def reset_counts(self) -> None: ...

    def record(self, population: str, on: bool) -> None: ...

    def take_spikes(self, population: str, seed: int) -> tuple: ...

    def weights(self, projection: str, seed: int) -> Annotated[NDArray[numpy.float64], dict(shape=(None, None))]: ...

    def set_weights(self, projection: str, values: Annotated[NDArray[numpy.float64], dict(shape=(None, None), order='C', device='cpu', writable=False)], seed: int) -> None: ...

    def populations(self) -> dict: ...

    def projections(self) -> list[str]: ...

    @property
    def dt_ms(self) -> float: ...

    @property
    def step(self) -> int: ...
