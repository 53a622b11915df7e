# SPDX-License-Identifier: Apache-2.0
"""What the Neuromorphic Intermediate Representation can say: circuits of leaky integrators. Needs nir (extra `nir`).

A population of linear neurons without lookahead is a node LI, a projection a node Linear:
tau du/dt = sum_c g_c tau v_c - u with tau = 1 / (leak + sum_c g_c), so that the weights of the graph are
g_c tau times those of the circuit and r is 1. Plasticity, compartments with a time course, other activations and
spikes by events and bursts cannot be said, and are refused. A synapse takes a step dt here and none there.
"""

from __future__ import annotations

import tomllib
from typing import Any

import numpy as np

try:
    import nir
except ModuleNotFoundError as _missing:
    raise ModuleNotFoundError("apical.formats.nir needs nir: pip install 'apical[nir]'", name="nir") from _missing

from .. import _core
from ..circuit import Circuit, Population
from ..errors import ConfigError
from ..experiment import Experiment
from ..run import Run
from ..simulation import Simulation, document_of

_NEUTRAL = {
    "activation": "linear",
    "slope": 1,
    "offset": 0,
    "slope_sd": 0,
    "offset_sd": 0,
    "lookahead": False,
    "transmits": "rate",
    "effect": "add",
    "delay_steps": 0,
}


def graph_of(source: Circuit | Experiment | Run, *, seed: int | None = None, as_tested: bool = False) -> nir.NIRGraph:
    """The circuit with the weights that it has for a seed: of a run those it learned, else the initial ones.

    Args:
        source: a circuit of rate neurons.
        seed: of the weights; default: the first of a run, else 1.
        as_tested: leaves out what NIR cannot say and tests do not have: plasticity, and targets.

    ConfigError for what NIR cannot say.
    """
    circuit = tomllib.loads(_core.circuit_text(document_of(source)))
    head = circuit["circuit"]
    absent = {head["target"]} if as_tested and head.get("target") else set()
    if not as_tested and any("rule" in p for p in circuit["projection"]):
        raise ConfigError(
            "NIR has no plasticity, and this circuit has", hint="as_tested=True takes the weights as they stand"
        )
    nodes: dict[str, Any] = {}
    scale: dict[tuple[str, str], float] = {}
    for p in circuit["population"]:
        name, size = p["name"], int(p["size"])
        if name in absent:
            continue
        if p.get("kind") == "external":
            nodes[name] = nir.Input({"input": np.array([size])})
            continue
        _refuse_more("population", p, {"lookahead": True})
        tau_ms, of_compartment = _time_constant(p, circuit["projection"], absent)
        scale |= {(name, c): share for c, share in of_compartment.items()}
        nodes[name] = nir.LI(tau=np.full(size, tau_ms * 1e-3), r=np.ones(size), v_leak=np.zeros(size))
    edges = []
    with Simulation(source, seed=seed) as sim:
        for j in circuit["projection"]:
            if j["from"] in absent:
                continue
            name = j.get("name", f"{j['from']}->{j['to']}.{j['compartment']}")
            _refuse_more("projection", {**j, "name": name})
            nodes[name] = nir.Linear(weight=scale[j["to"], j["compartment"]] * sim.weights(name))
            edges += [(j["from"], name), (name, j["to"])]
    readout = head.get("readout")
    if not readout:
        raise ConfigError("the circuit names no readout, which would be the graph's output")
    nodes["output"] = nir.Output({"output": np.array([int(sim.populations[readout])])})
    return nir.NIRGraph(nodes, [*edges, (readout, "output")])


def _refuse_more(what: str, table: dict[str, Any], defaults: dict[str, Any] | None = None) -> None:
    for key, neutral in _NEUTRAL.items():
        value = table.get(key, (defaults or {}).get(key, neutral))
        if value != neutral:
            raise ConfigError(
                f"{what} '{table['name']}' has {key} = {value!r}, which NIR cannot say; expected {neutral!r}"
            )
    for key in ("noise", "teacher", "slopes", "offsets"):
        if table.get(key):
            raise ConfigError(f"{what} '{table['name']}' has '{key}', which NIR cannot say")


def _time_constant(
    population: dict[str, Any], projections: list[dict[str, Any]], absent: set[str]
) -> tuple[float, dict[str, float]]:
    """tau in ms, and what part of each compartment's potential reaches the soma."""
    conductances = {}
    for c in population.get("compartments", []):
        if c.get("low_pass_ms"):
            raise ConfigError(
                f"compartment '{c['name']}' of '{population['name']}' has a time constant of its own, which NIR "
                "cannot say"
            )
        sources = {j["from"] for j in projections if (j["to"], j["compartment"]) == (population["name"], c["name"])}
        if c.get("when_absent") == "disconnects" and sources and sources <= absent:
            continue
        conductances[c["name"]] = float(c.get("conductance", 0))
    total = float(population.get("leak", 0)) + sum(conductances.values())
    if total <= 0:
        raise ConfigError(f"population '{population['name']}' has no conductance, and so no time constant")
    return 1 / total, {c: g / total for c, g in conductances.items()}


def _require_one_way_through(graph: nir.NIRGraph) -> None:
    """ConfigError for what a circuit would leave out: several inputs or outputs, and edges that are no projection."""
    for kind in (nir.Input, nir.Output):
        found = [key for key, node in graph.nodes.items() if isinstance(node, kind)]
        if len(found) != 1:
            raise ConfigError(
                f"the graph has {len(found)} nodes {kind.__name__} ({', '.join(found) or 'none'}); expected one"
            )
    for a, b in graph.edges:
        ends = graph.nodes[a], graph.nodes[b]
        if not any(isinstance(end, nir.Linear) for end in ends) and not (
            isinstance(ends[0], nir.LI) and isinstance(ends[1], nir.Output)
        ):
            raise ConfigError(
                f"'{a}' goes to '{b}' without a Linear between them; expected Input or LI, Linear, LI, and LI to Output"
            )
        if isinstance(ends[1], nir.Output) and isinstance(ends[0], nir.Linear):
            raise ConfigError(f"Linear '{a}' goes to Output '{b}'; expected an LI before it")


def circuit_of(graph: nir.NIRGraph, *, dt_ms: float = 0.1, name: str = "from NIR") -> Circuit:
    """A graph of Input, Linear, LI and Output nodes as a circuit without plasticity.

    ConfigError for other nodes, for leaks of several time constants or resistances in one node, and for v_leak.
    """
    c = Circuit(name, dt_ms=dt_ms)
    places: dict[str, Population] = {}
    _require_one_way_through(graph)
    outputs = [a for a, b in graph.edges if isinstance(graph.nodes[b], nir.Output)]
    for key, node in graph.nodes.items():
        if isinstance(node, nir.Input):
            places[key] = c.input(key, int(np.prod(next(iter(node.input_type.values())))))
        elif isinstance(node, nir.LI):
            tau, r = np.unique(node.tau), np.unique(node.r)
            if len(tau) > 1 or len(r) > 1 or np.any(node.v_leak):
                raise ConfigError(f"node '{key}' has several tau or r, or a v_leak; populations have one tau, v_leak 0")
            share = 1 / (float(tau[0]) * 1e3)
            places[key] = c.population(
                key,
                int(node.tau.size),
                input=share,
                readout=key in outputs,
                options={"lookahead": False, "initial_soma_sd": 0.0},
            )
        elif not isinstance(node, nir.Linear | nir.Output):
            raise ConfigError(f"node '{key}' is {type(node).__name__}; expected Input, Linear, LI or Output")
    for key, node in graph.nodes.items():
        if not isinstance(node, nir.Linear):
            continue
        sources = [a for a, b in graph.edges if b == key]
        targets = [b for a, b in graph.edges if a == key]
        for source in sources:
            for target in targets:
                if source not in places or not isinstance(graph.nodes[target], nir.LI):
                    raise ConfigError(f"Linear '{key}' joins '{source}' to '{target}'; expected Input or LI, to LI")
                resistance = float(graph.nodes[target].r.flat[0])
                alone = len(sources) == len(targets) == 1
                c.connect(
                    places[source],
                    places[target],
                    weights=resistance * np.asarray(node.weight),
                    name=key if alone else f"{key}, {source} to {target}",
                )
    return c
