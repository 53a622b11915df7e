# SPDX-License-Identifier: Apache-2.0
"""Circuits of spiking neurons, described population by population: the keys are those of docs/spiking-circuits.md."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

from .described import Described
from .errors import ConfigError
from .experiment import Experiment
from .rules import Rule, rule_table


class SpikingPopulation:
    """Neurons of one model, Poisson sources, or relays."""

    def __init__(self, name: str, size: int) -> None:
        self.name = name
        self.size = size

    def __repr__(self) -> str:
        return f"SpikingPopulation({self.name!r}, {self.size})"


class SpikingProjection:
    """Synapses from one population to a receptor of another; `view` and `follow` of others name it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"SpikingProjection({self.name!r})"


class SpikingCircuit(Described):
    """A circuit of spiking neurons. Units stand in the names of keys: mV, ms, pA, Hz.

    Args:
        name: of the model in reports.
        dt_ms: time step.

    >>> c = SpikingCircuit("relayed")
    >>> x = c.population("input", 20, kind="poisson", neuron={"rate_Hz": 20}, estimator={"burst_limit_ms": 0.05})
    >>> pyr = c.population("pyr", 30, kind="burst_poisson", dendrite_current={"constant_pA": 100})
    >>> c.background(pyr, receptor="soma_excitatory", rate_Hz=1500, weight=0.4)
    >>> up = c.connect(x, pyr, transmits="events", delay_steps=0, density=0.5, weight=0.2, rule={"eta": 0.01})
    >>> c.validate()
    """

    def __init__(self, name: str = "circuit", *, dt_ms: float = 0.1) -> None:
        self.name = name
        self.dt_ms = dt_ms
        self._populations: dict[str, dict[str, Any]] = {}
        self._background: list[dict[str, Any]] = []
        self._projections: dict[str, dict[str, Any]] = {}

    def population(
        self,
        name: str,
        size: int,
        *,
        kind: str,
        neuron: Mapping[str, Any] | None = None,
        estimator: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> SpikingPopulation:
        """Neurons of one model.

        Args:
            name: unique.
            size: neurons.
            kind: two_compartment, burst_poisson, escape_burst, exponential_if, poisson or relay.
            neuron: constants of the kind, e.g. {"threshold_mV": -50}.
            estimator: how events and bursts are told apart and averaged, e.g. {"alpha_s": 1}.
            options: further keys of [[population]], e.g. dendrite_current={"constant_pA": 100}.
        """
        if name in self._populations:
            raise ConfigError(f"population '{name}' is there already")
        table: dict[str, Any] = {"name": name, "kind": kind, "size": int(size)}
        if neuron:
            table["neuron"] = dict(neuron)
        if estimator:
            table["estimator"] = dict(estimator)
        self._populations[name] = table | options
        return SpikingPopulation(name, int(size))

    def background(
        self, to: SpikingPopulation, *, rate_Hz: float, weight: float, receptor: str = "soma_excitatory"
    ) -> None:
        """An independent Poisson train for each neuron of a population."""
        self._background.append(
            {"to": to.name, "receptor": receptor, "rate_Hz": float(rate_Hz), "weight": float(weight)}
        )

    def connect(
        self,
        source: SpikingPopulation,
        to: SpikingPopulation,
        *,
        receptor: str = "soma_excitatory",
        transmits: str = "spikes",
        weight: float | None = None,
        name: str | None = None,
        rule: Rule | Mapping[str, Any] | None = None,
        follow: SpikingProjection | Mapping[str, Any] | None = None,
        view: SpikingProjection | Mapping[str, Any] | None = None,
        **options: Any,
    ) -> SpikingProjection:
        """Synapses from a population to a receptor of another.

        Args:
            source: the presynaptic population.
            to: the postsynaptic one.
            receptor: soma_excitatory, soma_inhibitory, dendrite_excitatory or dendrite_inhibitory.
            transmits: spikes, events or bursts.
            weight: in units of the leak conductance of the compartment.
            name: default "from->to".
            rule: burst-dependent plasticity, e.g. {"eta": 0.01, "w_max": 2}; or a formula (`help(apical.rules)`),
                `ap.rule("eta * burst * pre", eta=0.01)`, with further keys {**formula.to_dict(), "w_max": 2}.
            follow: weights change as those of this projection do; a table may give `scale` and `transposed`.
            view: weights are those of this projection, transposed.
            options: further keys of [[projection]]: topology, density, delay_steps, weight_sd, short_term …
        """
        named = name or f"{source.name}->{to.name}"
        if named in self._projections:
            raise ConfigError(f"projection '{named}' is there already; give this one a name")
        table: dict[str, Any] = {"name": name} if name else {}
        table |= {"from": source.name, "to": to.name, "receptor": receptor, "transmits": transmits}
        if weight is not None:
            table["weight"] = float(weight)
        for key, of in (("follow", follow), ("view", view)):
            if of is not None:
                table[key] = {"of": of.name} if isinstance(of, SpikingProjection) else dict(of)
        if rule is not None:
            table["rule"] = rule_table(rule)
        self._projections[named] = table | options
        return SpikingProjection(named)

    # What it is.

    def to_dict(self) -> dict[str, Any]:
        """The tables of an experiment file that describe it."""
        return {
            "circuit": {"neurons": "spiking", "name": self.name, "dt_ms": float(self.dt_ms)},
            "population": list(self._populations.values()),
            "background": list(self._background),
            "projection": list(self._projections.values()),
        }

    def experiment(self, stages: Sequence[Mapping[str, Any]], **tables: Any) -> Experiment:
        """With a course of stimuli, as docs/spiking.md describes it.

        Args:
            stages: the tables [[stage]], each with its phases.
            tables: further tables by name, e.g. stimulus=[{…}], run={"seeds": 3}.
        """
        return Experiment(self.to_dict() | {"stage": list(stages)} | tables)

    def __repr__(self) -> str:
        return (
            f"SpikingCircuit({self.name!r}: {len(self._populations)} populations, {len(self._projections)} projections)"
        )

    def _repr_html_(self) -> str:
        try:
            return f"<pre>{html.escape(self.describe())}</pre>"
        except ConfigError as e:
            return f"<p>{html.escape(repr(self))}, not valid yet: {html.escape(e.problem)}</p>"
