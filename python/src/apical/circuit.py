# SPDX-License-Identifier: Apache-2.0
"""Circuits of rate neurons, described population by population. A circuit is data: it has no numerics, can be
printed as TOML, compared, taught a task, or stepped by hand."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .arrays import ArrayLike, as_array
from .described import Described
from .errors import ConfigError
from .rules import Rule, rule_table


@dataclass(frozen=True)
class Weights:
    """How weights begin: a law, or another projection's weights. As a space of `tune`, a law may be of whole numbers,
    or of lists of so many."""

    table: Mapping[str, Any]
    whole: bool = False
    each: int = 0

    def __mul__(self, factor: float) -> Weights:
        return Weights({**self.table, "scale": float(factor) * self.table.get("scale", 1.0)}, self.whole, self.each)

    __rmul__ = __mul__

    def to_dict(self) -> dict[str, Any]:
        """As a projection has it."""
        if self.whole or self.each:
            raise ConfigError("whole and each are of spaces that tune searches, not of weights", hint="leave them out")
        return dict(self.table)


def uniform(low: float, high: float, *, whole: bool = False, each: int = 0) -> Weights:
    """Uniform in [low, high), drawn per seed.

    Args:
        whole: as a space of `tune`: only whole numbers, both ends included.
        each: as a space of `tune`: a list of so many, each drawn for itself.
    """
    return Weights({"law": "uniform", "low": float(low), "high": float(high)}, whole, each)


def normal(mean: float, sd: float) -> Weights:
    """Normal, drawn per seed."""
    return Weights({"law": "normal", "low": float(mean), "high": float(sd)})


def constant(value: float) -> Weights:
    """The same for all synapses."""
    return Weights({"low": float(value)})


def identity(scale: float = 1.0) -> Weights:
    """`scale` on the diagonal, else 0."""
    return Weights({"identity": float(scale)})


@dataclass(frozen=True)
class Transpose:
    """The transpose of a projection's weights as they are at every moment, with a fixed deviation."""

    of: str
    scale: float = 1.0
    deviation: Weights | None = None

    def __add__(self, deviation: Weights) -> Transpose:
        if not isinstance(deviation, Weights):
            return NotImplemented
        if self.deviation is not None:
            raise ConfigError(f"the transpose of '{self.of}' has a deviation already; expected one law")
        if self.scale == 0:
            raise ConfigError(f"the transpose of '{self.of}' is scaled by 0; a law alone says as much")
        # The library multiplies the deviation by the scale, too.
        return Transpose(self.of, self.scale, deviation if self.scale == 1 else deviation * (1 / self.scale))

    __radd__ = __add__

    def __mul__(self, factor: float) -> Transpose:
        return Transpose(self.of, self.scale * float(factor), self.deviation)

    __rmul__ = __mul__

    def __neg__(self) -> Transpose:
        return self * -1

    def to_dict(self) -> dict[str, Any]:
        """The table `view` of a projection."""
        table: dict[str, Any] = {"of": self.of}
        if self.scale != 1:
            table["scale"] = self.scale
        if self.deviation is not None:
            table["deviation"] = self.deviation.to_dict()
        return table


@dataclass(frozen=True)
class Compartment:
    """A place where synapses end."""

    population: str
    name: str


class Population:
    """Neurons of one kind, or an external source of rates. Its compartments are attributes: `pyr.basal`."""

    def __init__(self, name: str, size: int, compartments: Sequence[str]) -> None:
        self.name = name
        self.size = size
        self.compartments = tuple(compartments)

    def __getattr__(self, name: str) -> Compartment:
        if name.startswith("__") or name not in self.__dict__.get("compartments", ()):
            known = ", ".join(self.__dict__.get("compartments", ())) or "none"
            raise AttributeError(f"population has no compartment '{name}'; it has {known}")
        return Compartment(self.name, name)

    def __repr__(self) -> str:
        return f"Population({self.name!r}, {self.size})"


class Projection:
    """Synapses from one population to a compartment of another."""

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def T(self) -> Transpose:
        """The transpose of its weights, followed as they learn: weights of a feedback projection."""
        return Transpose(self.name)

    def __repr__(self) -> str:
        return f"Projection({self.name!r})"


class Circuit(Described):
    """A circuit of rate neurons.

    Args:
        name: of the model in reports.
        dt_ms: Euler step.

    >>> c = Circuit("two areas", dt_ms=0.1)
    >>> x, y = c.input("input", 4), c.target("label", 3)
    >>> v1 = c.population("v1.pyr", 12, activation="tanh", leak=0.03, basal=0.1, apical=0.06)
    >>> out = c.population("v2.pyr", 3, leak=0.03, basal=0.1, apical=0.06)
    >>> ff1 = c.connect(x, v1.basal, weights=uniform(-0.5, 0.5))
    >>> ff2 = c.connect(v1, out.basal, weights=uniform(-0.5, 0.5))
    >>> fb = c.connect(out, v1.apical, weights=ff2.T + normal(0, 0.05), pathway="feedback")
    >>> teach = c.connect(y, out.apical, one_to_one=True, pathway="teaching")
    >>> c.validate()
    """

    def __init__(self, name: str = "circuit", *, dt_ms: float = 0.01) -> None:
        self.name = name
        self.dt_ms = dt_ms
        self._populations: dict[str, dict[str, Any]] = {}
        self._projections: dict[str, dict[str, Any]] = {}
        self._stimulus: str | None = None
        self._target: str | None = None
        self._readout: str | None = None

    # Describing.

    def _new_population(self, table: dict[str, Any]) -> None:
        name = table["name"]
        if name in self._populations:
            raise ConfigError(f"population '{name}' is there already")
        self._populations[name] = table

    def _external(self, name: str, size: int) -> Population:
        self._new_population({"name": name, "kind": "external", "size": int(size)})
        return Population(name, int(size), ())

    def input(self, name: str, size: int) -> Population:
        """An external population that shows a task's inputs."""
        made = self._external(name, size)
        self._stimulus = self._stimulus or name
        return made

    def target(self, name: str, size: int) -> Population:
        """An external population that shows a task's targets, absent in tests."""
        made = self._external(name, size)
        self._target = self._target or name
        return made

    def population(
        self,
        name: str,
        size: int,
        *,
        activation: str = "linear",
        leak: float = 0.0,
        readout: bool | None = None,
        options: Mapping[str, Any] | None = None,
        compartments: Mapping[str, Mapping[str, Any]] | None = None,
        **conductances: float,
    ) -> Population:
        """Neurons: du/dt = (tau sum_c g_c v_c - u) / tau with tau = 1 / (leak + sum_c g_c).

        Args:
            name: "area.population".
            size: neurons.
            activation: linear, relu, soft_relu, logistic, tanh or hard_sigmoid.
            leak: 1/ms.
            readout: True: the task's outputs are its rates; default: those of the population last described.
            options: further keys of [[population]], e.g. {"lookahead": False}.
            compartments: further keys of compartments, e.g. {"apical": {"when_absent": "disconnects"}}.
            conductances: compartments by name, with their conductance to the soma in 1/ms.
        """
        extra = compartments or {}
        for unknown in set(extra) - set(conductances):
            raise ConfigError(f"compartment '{unknown}' of population '{name}' has no conductance")
        table: dict[str, Any] = {"name": name, "size": int(size)}
        if leak:
            table["leak"] = float(leak)
        table["compartments"] = [
            {"name": c, "conductance": float(g), **extra.get(c, {})} for c, g in conductances.items()
        ]
        if activation != "linear":
            table["activation"] = activation
        table |= options or {}
        self._new_population(table)
        if readout:
            self._readout = name
        return Population(name, int(size), list(conductances))

    def connect(
        self,
        source: Population,
        to: Compartment | Population,
        *,
        weights: Weights | Transpose | ArrayLike | None = None,
        rule: Rule | Mapping[str, Any] | None = None,
        pathway: str = "forward",
        one_to_one: bool = False,
        name: str | None = None,
        **options: Any,
    ) -> Projection:
        """Synapses from a population to a compartment.

        Args:
            source: the presynaptic population.
            to: a compartment, `pyr.basal`; a population if it has only one.
            weights: a law (`uniform`, `normal`, `constant`, `identity`), an array (postsynaptic, presynaptic),
                or another projection's transpose, `ff.T`, plus a deviation. Default: 1 if one to one, else 0.
            rule: from `rule`, or the table `rule` of docs/circuits.md; None: the weights are fixed.
            pathway: forward, lateral, feedback or teaching: for learning switches and reports.
            one_to_one: neuron k to neuron k.
            options: further keys of [[projection]], e.g. delay_steps=2, density=0.6, transmits="slope".
        """
        if isinstance(to, Population):
            if len(to.compartments) != 1:
                raise ConfigError(
                    f"population '{to.name}' has compartments {', '.join(to.compartments) or '(none)'}; say which"
                )
            to = Compartment(to.name, to.compartments[0])
        named = name or f"{source.name}->{to.population}.{to.name}"
        if named in self._projections:
            raise ConfigError(f"projection '{named}' is there already; give this one a name")
        table: dict[str, Any] = {"from": source.name, "to": to.population, "compartment": to.name}
        if name:
            table = {"name": name, **table}
        if one_to_one:
            table["topology"] = "one_to_one"
            weights = identity() if weights is None else weights
        if pathway != "forward":
            table["pathway"] = pathway
        table |= options
        if isinstance(weights, Transpose):
            table["view"] = weights.to_dict()
        elif isinstance(weights, Weights):
            table["weights"] = weights.to_dict()
        elif weights is not None:
            table["weights"] = {"law": "explicit_values", "values": _matrix(weights, named)}
        if rule is not None:
            table["rule"] = rule_table(rule)
        self._projections[named] = table
        return Projection(named)

    # What it is.

    @property
    def readout_activation(self) -> str:
        """Of the population whose rates are the output; "" before there is one."""
        named = self.to_dict()["circuit"]["readout"]
        return str(self._populations[named].get("activation", "linear")) if named else ""

    def to_dict(self) -> dict[str, Any]:
        """The tables of an experiment file that describe it."""
        neurons = [name for name, p in self._populations.items() if p.get("kind") != "external"]
        roles = {"stimulus": self._stimulus, "target": self._target}
        readout = self._readout or (neurons[-1] if neurons else None)
        return {
            "circuit": {"name": self.name, "dt_ms": float(self.dt_ms), **roles, "readout": readout},
            "population": list(self._populations.values()),
            "projection": list(self._projections.values()),
        }

    def __repr__(self) -> str:
        return f"Circuit({self.name!r}: {len(self._populations)} populations, {len(self._projections)} projections)"

    def _repr_html_(self) -> str:
        from .drawing import circuit_svg

        try:
            described = f"<details><summary>in words</summary><pre>{html.escape(self.describe())}</pre></details>"
        except ConfigError as e:
            described = f"<p>not valid yet: {html.escape(e.problem)}</p>"
        return circuit_svg(self.to_dict()) + described


def _matrix(weights: ArrayLike, what: str) -> list[list[float]]:
    values = as_array(weights, f"weights of '{what}'").astype(np.float64)
    if values.ndim == 1:
        values = values[np.newaxis]
    if values.ndim != 2:
        raise ConfigError(f"weights of '{what}' have shape {values.shape}; expected (postsynaptic, presynaptic)")
    if not np.isfinite(values).all():
        at = tuple(int(i) for i in np.argwhere(~np.isfinite(values))[0])
        raise ConfigError(f"weights of '{what}' are not finite at {at}")
    rows: list[list[float]] = values.tolist()
    return rows
