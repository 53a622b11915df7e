# SPDX-License-Identifier: Apache-2.0
"""Circuits of spiking neurons stepped by hand."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from . import _core
from .arrays import ArrayLike, matrix, vector
from .experiment import Experiment
from .held import Held, seeds_of
from .machine import PathLike, thread_count
from .run import Run
from .simulation import document_of
from .spiking import SpikingCircuit


class Spikes(NamedTuple):
    """Spikes in order of time and neuron. `label`: 1 an event, 2 what makes it a burst, 0 another spike."""

    time_ms: npt.NDArray[np.float64]
    neuron: npt.NDArray[np.int64]
    label: npt.NDArray[np.int64]


class Counts(NamedTuple):
    """Of a population since reset_counts()."""

    spikes: int
    events: int
    bursts: int


class SpikingSimulation(Held["_core.SpikingSimulation"]):
    """A circuit of spiking neurons in time, by the engine and in the precision that runs have.

    Args:
        circuit: a `SpikingCircuit`, an `Experiment` of one, a file of either, or a `Run`, whose trained weights
            are taken.
        seed: of wiring, weights and noise; `seeds` runs several side by side.
        threads: default 1, which is best below some thousand neurons.

    Names are "population.variable": soma_mV, dendrite_mV and threshold_mV of what has a membrane, and the moving
    averages event_Hz, burst_Hz and burst_probability.

    >>> c = SpikingCircuit()
    >>> x = c.population("input", 1, kind="relay")
    >>> n = c.population("cell", 1, kind="exponential_if")
    >>> _ = c.connect(x, n, topology="one_to_one", weight=20, delay_steps=0)
    >>> with SpikingSimulation(c) as sim:
    ...     sim.record("cell")
    ...     sim.emit("input", [0])
    ...     sim.advance(200)
    ...     sim.counts("cell").spikes > 0, sim.spikes("cell").neuron[:1].tolist()
    (True, [0])
    """

    def __init__(
        self,
        circuit: SpikingCircuit | Experiment | Run | PathLike,
        *,
        seed: int | None = None,
        seeds: Iterable[int] | None = None,
        threads: int | None = 1,
    ) -> None:
        run = circuit if isinstance(circuit, Run) else None
        self.seeds = seeds_of(seed, seeds, run)
        self._turn = threading.Lock()
        self._engine: _core.SpikingSimulation | None = _core.SpikingSimulation(
            document_of(circuit), self.seeds, thread_count(threads), "" if run is None else str(run.path)
        )
        self._sizes: dict[str, int] = {name: size for name, (size, _, _) in self._engine.populations().items()}

    # Stepping.

    @property
    def time_ms(self) -> float:
        """Simulated so far."""
        return self._live.step * self._live.dt_ms

    def advance(self, steps: int = 1, *, learning: bool = False) -> None:
        """So many steps, with or without plasticity. Other threads of Python run meanwhile.

        Projections that follow or view others catch up when learning ends, that is with the next advance without it.
        NumericalFault when a potential is not finite any more; the simulation cannot go on then.
        """
        with self._alone() as engine:
            engine.advance(int(steps), learning)

    def show(self, population: str, rates_Hz: ArrayLike, *, steps: int = 0, learning: bool = False) -> None:
        """Sets the rates of Poisson sources, until set again, and advances."""
        self._live.set_rates(population, self._given(rates_Hz, population))
        self.advance(steps, learning=learning)

    def inject(self, name: str, current_pA: ArrayLike) -> None:
        """A current into "population.soma" or "population.dendrite", on top of what the circuit injects, until set
        again: one number per neuron, or one for all."""
        population, _, compartment = name.rpartition(".")
        self._live.set_currents(population, compartment, self._given(current_pA, population) * 1e-12)

    def emit(self, population: str, neurons: Iterable[int]) -> None:
        """Makes relay neurons spike in the next step."""
        self._live.emit(population, [int(n) for n in neurons])

    # Perturbing: in all seeds, until restore().

    def silence(self, population: str, units: Iterable[int] | None = None) -> None:
        """Neurons are held far below threshold by a current of -10 nA, whatever else was injected; sources have the
        rate 0, relays do not relay. `units`: default all."""
        size = self._size(population)
        self._live.silence(population, list(range(size)) if units is None else [int(u) for u in units])

    def cut(self, projection: str) -> None:
        """The projection transmits nothing."""
        self._live.cut(projection)

    def restore(self) -> None:
        """Undoes silencing and cuts."""
        self._live.restore()

    # Reading.

    def __getitem__(self, name: str) -> npt.NDArray[np.float64]:
        """A copy of "population.variable", one number per neuron; (seed, neuron) if there are several seeds."""
        if len(self.seeds) == 1:
            return self.read(name)
        return np.stack([self.read(name, seed=s) for s in self.seeds])

    def read(self, name: str, *, seed: int | None = None) -> npt.NDArray[np.float64]:
        """A copy of "population.variable" of one seed (default: the first)."""
        population, _, variable = name.rpartition(".")
        return self._live.read(population, variable, self._seed(seed))

    def counts(self, population: str, *, seed: int | None = None) -> Counts:
        """Spikes, events and bursts of a population since reset_counts()."""
        return Counts(*self._live.counts(population, self._seed(seed)))

    def reset_counts(self) -> None:
        """Counts from now on."""
        self._live.reset_counts()

    def record(self, population: str, on: bool = True) -> None:
        """Keeps the population's spikes from now on, or no longer."""
        self._live.record(population, on)

    def spikes(self, population: str, *, seed: int | None = None) -> Spikes:
        """Those recorded since the last call."""
        time_ms, neuron, label = self._live.take_spikes(population, self._seed(seed))
        return Spikes(time_ms, neuron.astype(np.int64), label.astype(np.int64))

    def weights(self, projection: str, *, seed: int | None = None) -> npt.NDArray[np.float64]:
        """A copy, (postsynaptic, presynaptic), NaN where there is no synapse."""
        return self._live.weights(projection, self._seed(seed))

    def set_weights(self, projection: str, values: ArrayLike, *, seed: int | None = None) -> None:
        """(postsynaptic, presynaptic), of which the synapses that are there are taken; of all seeds unless one is
        named."""
        array = matrix(values, f"weights of '{projection}'")
        for s in self.seeds if seed is None else [seed]:
            self._live.set_weights(projection, array, s)

    @property
    def populations(self) -> dict[str, int]:
        """Sizes by name."""
        return dict(self._sizes)

    @property
    def projections(self) -> list[str]:
        """Their names."""
        return self._live.projections()

    def _seed(self, seed: int | None) -> int:
        return self.seeds[0] if seed is None else seed

    def _size(self, population: str) -> int:
        return self._sizes.get(population, 0)

    def _given(self, values: ArrayLike, population: str) -> npt.NDArray[np.float64]:
        size = self._sizes.get(population)
        if isinstance(values, int | float | np.number):
            values = np.full(size or 1, values)
        return vector(values, size, f"values for '{population}'")

    def __repr__(self) -> str:
        if self._engine is None:
            return "SpikingSimulation(closed)"
        return f"SpikingSimulation({len(self._sizes)} populations, {len(self.seeds)} seeds, {self.time_ms:g} ms)"
