# SPDX-License-Identifier: Apache-2.0
"""Circuits of rate neurons stepped by hand, with everything readable and settable between two steps."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from . import _core
from .arrays import ArrayLike, matrix, require_finite, vector
from .circuit import Circuit
from .errors import ConfigError
from .experiment import Experiment
from .held import Held, seeds_of
from .machine import PathLike, thread_count
from .run import Run
from .spiking import SpikingCircuit


def document_of(circuit: Circuit | SpikingCircuit | Experiment | Run | PathLike) -> _core.Document:
    """What describes it."""
    if isinstance(circuit, Circuit | SpikingCircuit | Experiment):
        return circuit._document
    return (circuit.experiment if isinstance(circuit, Run) else Experiment(circuit))._document


class Simulation(Held["_core.RateSimulation"]):
    """A circuit in time.

    Args:
        circuit: a `Circuit`, an `Experiment` of one, a file of either, or a `Run`, whose trained weights are
            taken.
        seed: of initial weights and noise; `seeds` runs several side by side.
        threads: default 1, which is best for small circuits.

    Names are "population.variable": soma, lookahead, rate, or a compartment. Numbers are double precision.

    >>> from apical import Circuit, identity
    >>> c = Circuit(dt_ms=0.1)
    >>> x = c.input("input", 1)
    >>> n = c.population("neuron", 1, leak=0.03, basal=0.1)
    >>> _ = c.connect(x, n.basal, weights=identity())
    >>> with Simulation(c, seed=1) as sim:
    ...     sim.show([2.0], steps=1000)
    ...     round(float(sim["neuron.soma"][0]), 4)            # g / (leak + g) times 2
    1.5385
    """

    def __init__(
        self,
        circuit: Circuit | Experiment | Run | PathLike,
        *,
        seed: int | None = None,
        seeds: Iterable[int] | None = None,
        threads: int | None = 1,
    ) -> None:
        run = circuit if isinstance(circuit, Run) else None
        self.seeds = seeds_of(seed, seeds, run)
        self._turn = threading.Lock()
        self._engine: _core.RateSimulation | None = _core.RateSimulation(
            document_of(circuit), self.seeds, thread_count(threads), "" if run is None else str(run.path)
        )
        self._sizes = self._engine.populations()
        self._roles = {role: self._engine.role(role) for role in ("stimulus", "target", "readout")}

    # Stepping.

    @property
    def time_ms(self) -> float:
        """Simulated so far."""
        return self._live.time_ms

    def advance(self, steps: int = 1, *, learning: bool = False) -> None:
        """So many Euler steps, with or without plasticity. Other threads of Python run meanwhile.

        NumericalFault when a value is not finite any more; the simulation cannot go on then.
        """
        with self._alone() as engine:
            engine.advance(int(steps), learning)

    def show(
        self,
        inputs: ArrayLike | None = None,
        *,
        steps: int = 0,
        target: ArrayLike | None = None,
        learning: bool = False,
    ) -> None:
        """Sets what the stimulus (and target) population shows, until set again, and advances.

        Args:
            inputs: one number per input neuron, any shape and type; None: as before.
            steps: to advance with it.
            target: one number per target neuron; None: the target is absent.
            learning: with plasticity.
        """
        if inputs is not None:
            self.set(self._role("stimulus"), inputs)
        if target is not None:
            self.set(self._role("target"), target)
        elif self._roles["target"]:
            self._live.hide(self._roles["target"])
        self.advance(steps, learning=learning)

    def _role(self, role: str) -> str:
        if not self._roles[role]:
            raise ConfigError(f"this circuit names no {role}; set populations by name with set()")
        return self._roles[role]

    def set(self, population: str, values: ArrayLike, *, seed: int | None = None) -> None:
        """What an external population shows from now on; of all seeds unless one is named."""
        given = self._given(values, population)
        for s in self._of(seed):
            self._live.show(population, given, s)

    def hide(self, population: str) -> None:
        """The external population is absent from now on."""
        self._live.hide(population)

    # Reading and writing.

    def _split(self, name: str) -> tuple[str, str]:
        population, _, variable = name.rpartition(".")
        if population not in self._sizes and name in self._sizes:
            return name, "rate"
        return population, variable

    def _of(self, seed: int | None) -> Sequence[int]:
        return self.seeds if seed is None else [seed]

    def __getitem__(self, name: str) -> npt.NDArray[np.float64]:
        """A copy of "population.variable", one number per neuron; (seed, neuron) if there are several seeds."""
        if len(self.seeds) == 1:
            return self.read(name)
        return np.stack([self.read(name, seed=s) for s in self.seeds])

    def read(self, name: str, *, seed: int | None = None) -> npt.NDArray[np.float64]:
        """A copy of "population.variable" of one seed (default: the first)."""
        population, variable = self._split(name)
        return self._live.read(population, variable, self.seeds[0] if seed is None else seed)

    def __setitem__(self, name: str, values: ArrayLike) -> None:
        """Writes a variable, in all seeds."""
        population, variable = self._split(name)
        given = self._given(values, population)
        for s in self.seeds:
            self._live.write(population, variable, given, s)

    def weights(self, projection: str, *, seed: int | None = None) -> npt.NDArray[np.float64]:
        """A copy, (postsynaptic, presynaptic), of one seed (default: the first)."""
        return self._live.weights(projection, self.seeds[0] if seed is None else seed)

    def set_weights(self, projection: str, values: ArrayLike, *, seed: int | None = None) -> None:
        """(postsynaptic, presynaptic); of all seeds unless one is named."""
        array = matrix(values, f"weights of '{projection}'")
        require_finite(array, f"weights of '{projection}'")
        for s in self._of(seed):
            self._live.set_weights(projection, array, s)

    @property
    def populations(self) -> dict[str, int]:
        """Sizes by name."""
        return {name: size for name, (size, _, _) in self._sizes.items()}

    @property
    def projections(self) -> list[str]:
        """Their names."""
        return self._live.projections()

    def _given(self, values: ArrayLike, population: str) -> npt.NDArray[np.float64]:
        size = self._sizes[population][0] if population in self._sizes else None
        return vector(values, size, f"values for '{population}'")

    # Perturbing: from now on, in all seeds, until restore().

    def _perturb(
        self, kind: str, of: str, variable: str, value: float, units: Iterable[int] | None, hold: int = 1
    ) -> None:
        chosen = [] if units is None else [int(u) for u in units]
        if units is not None and not chosen:
            return
        self._live.perturb(kind, of, variable, float(value), chosen, hold)

    def silence(self, population: str, units: Iterable[int] | None = None) -> None:
        """Rates are 0, whatever the potentials say. `units`: default all."""
        self._perturb("clamp", population, "rate", 0.0, units)

    def clamp(self, name: str, value: float, units: Iterable[int] | None = None) -> None:
        """Holds "population.variable": a rate, the soma or a compartment."""
        population, variable = self._split(name)
        self._perturb("clamp", population, variable, value, units)

    def inject(self, name: str, value: float, units: Iterable[int] | None = None) -> None:
        """Adds a potential to "population.compartment"."""
        population, variable = self._split(name)
        self._perturb("inject", population, variable, value, units)

    def disturb(self, name: str, sd: float, units: Iterable[int] | None = None, *, hold_steps: int = 1) -> None:
        """Adds noise to "population.compartment", drawn anew every `hold_steps` steps."""
        population, variable = self._split(name)
        self._perturb("noise", population, variable, sd, units, hold_steps)

    def cut(self, projection: str, units: Iterable[int] | None = None) -> None:
        """The projection transmits nothing. `units`: presynaptic ones, default all."""
        self._perturb("scale", projection, "", 0.0, units)

    def freeze(self, projection: str) -> None:
        """The projection's weights stay as they are."""
        self._perturb("freeze", projection, "", 0.0, None)

    def restore(self) -> None:
        """Undoes every perturbation."""
        self._live.restore()

    def __repr__(self) -> str:
        if self._engine is None:
            return "Simulation(closed)"
        return f"Simulation({len(self._sizes)} populations, {len(self.seeds)} seeds, {self.time_ms:g} ms)"
