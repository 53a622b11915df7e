# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import apical as ap

from .conftest import states


def two_areas() -> ap.SpikingCircuit:
    c = ap.SpikingCircuit("gated", dt_ms=0.1)
    x = c.population("input", 20, kind="poisson", neuron={"rate_Hz": 20}, estimator={"burst_limit_ms": 0.05})
    low = c.population("low", 30, kind="burst_poisson", dendrite_current={"constant_pA": 100})
    high = c.population("high", 15, kind="burst_poisson", dendrite_current={"constant_pA": 100})
    som = c.population("som", 8, kind="exponential_if", neuron={"leak_nS": 5})
    for p in (low, high):
        c.background(p, receptor="soma_excitatory", rate_Hz=1500, weight=0.4)
    c.connect(x, low, transmits="events", delay_steps=0, density=0.5, weight=0.2, rule={"eta": 0.01, "w_max": 2})
    up = c.connect(
        low,
        high,
        name="up",
        transmits="events",
        delay_steps=0,
        density=0.5,
        weight=0.2,
        weight_sd=0.05,
        rule={"eta": 0.01, "w_max": 2},
    )
    c.connect(high, low, receptor="dendrite_excitatory", transmits="bursts", density=0.5, weight=0.2, follow=up)
    c.connect(high, som, weight=0.5)
    c.connect(som, low, receptor="dendrite_inhibitory", weight=0.1)
    return c


def course(seconds: float = 0.3, plastic: bool = False) -> list[dict[str, object]]:
    return [
        {
            "name": "watch",
            "phase": [{"name": "on", "duration_s": seconds, "plastic": plastic}],
            "measure": [{"quantities": ["event_Hz"], "of": ["low", "high"]}],
        }
    ]


def test_a_circuit_says_itself_again_as_toml() -> None:
    c = two_areas()
    text = c.to_toml()
    assert 'neurons = "spiking"' in text
    again = ap.Experiment(text + '\n[[stage]]\nname = "watch"\n[[stage.phase]]\nname = "on"\nduration_s = 0.1\n')
    assert "follow" in again.to_toml()
    assert "burst_poisson" in c.describe()
    assert "gated" in c._repr_html_()


def test_an_experiment_has_the_bits_of_the_program(by_program: Callable[..., Path]) -> None:
    exp = two_areas().experiment(course(), run={"seeds": 2})
    here = exp.run(out="here")
    assert states(here.path) == states(by_program(exp.to_toml()))
    assert here.measurements[here.measurements.metric == "low_event_Hz"].value.gt(0).all()


def test_a_simulation_spikes_as_a_run_does() -> None:
    exp = two_areas().experiment(course(), run={"seeds": 1}, record={"spikes": True, "until_s": 0.3})
    run = exp.run(out="here")
    import h5py

    with ap.SpikingSimulation(two_areas(), seed=1) as sim:
        sim.record("low")
        sim.advance(3000)
        mine = sim.spikes("low")
        assert sim.time_ms == pytest.approx(300)
        assert sim.counts("low").spikes == len(mine.time_ms)
        with h5py.File(run.path / "spikes" / "seed-1.h5") as file:
            times, neurons = file["spikes/low/timestamps"][:], file["spikes/low/node_ids"][:]
        np.testing.assert_allclose(np.sort(mine.time_ms), np.sort(times), atol=0.11)
        assert sorted(mine.neuron.tolist()) == sorted(neurons.tolist())
        assert sim.counts("low").events == (mine.label == 1).sum()


def test_seeds_side_by_side_are_what_each_is_alone() -> None:
    def potentials(**which: object) -> list[np.ndarray]:
        with ap.SpikingSimulation(two_areas(), **which) as sim:  # type: ignore[arg-type]
            sim.advance(300, learning=True)
            return [sim.read("high.soma_mV", seed=s) for s in sim.seeds]

    both = potentials(seeds=[3, 4])
    np.testing.assert_array_equal(both[0], potentials(seed=3)[0])
    np.testing.assert_array_equal(both[1], potentials(seed=4)[0])
    assert not np.array_equal(both[0], both[1])


def test_what_is_silenced_does_not_spike_until_it_is_restored() -> None:
    with ap.SpikingSimulation(two_areas()) as sim:
        sim.silence("low", units=range(10))
        sim.silence("input")
        sim.record("low")
        sim.record("input")
        sim.advance(3000)
        spikes = sim.spikes("low")
        assert spikes.neuron.size > 0
        assert spikes.neuron.min() >= 10
        assert sim.counts("input").spikes == 0
        sim.restore()
        sim.advance(5000)
        assert (sim.spikes("low").neuron < 10).any()
        assert sim.counts("input").spikes > 0


def test_currents_and_rates_drive_neurons() -> None:
    with ap.SpikingSimulation(two_areas()) as sim:
        sim.inject("som.soma", 500)
        sim.show("input", np.linspace(0, 400, 20), steps=2000)
        assert sim.counts("som").spikes > 100
        assert (sim["low.event_Hz"] >= 0).all()
        assert sim["som.soma_mV"].shape == (8,)
        sim.record("input")
        sim.advance(5000)
        by_source = np.bincount(sim.spikes("input").neuron, minlength=20)
        assert by_source[0] == 0
        assert by_source[19] > by_source[5]


def test_a_projection_that_is_cut_transmits_nothing() -> None:
    def spikes(cut: bool) -> int:
        with ap.SpikingSimulation(two_areas()) as sim:
            if cut:
                sim.cut("high->som")
            sim.advance(5000)
            return sim.counts("som").spikes

    assert spikes(cut=False) > 0
    assert spikes(cut=True) == 0


def test_weights_are_nan_where_there_is_no_synapse() -> None:
    with ap.SpikingSimulation(two_areas()) as sim:
        before = sim.weights("up")
        assert before.shape == (15, 30)
        there = np.isfinite(before)
        assert 0.35 < there.mean() < 0.65
        sim.advance(3000, learning=True)
        sim.advance(1)
        assert not np.array_equal(before[there], sim.weights("up")[there])
        sim.set_weights("up", np.full((15, 30), 0.25))
        after = sim.weights("up")
        np.testing.assert_array_equal(np.isfinite(after), there)
        np.testing.assert_allclose(after[there], 0.25)
        with pytest.raises(ap.ConfigError, match=r"\(30, 15\).*\(15, 30\)"):
            sim.set_weights("up", np.zeros((30, 15)))
        with pytest.raises(ap.ConfigError, match="nan"):
            sim.set_weights("up", np.full((15, 30), np.nan))


def test_a_run_gives_its_weights_to_a_simulation() -> None:
    stages = [*course(0.1, plastic=True), *course(0.1, plastic=True)]
    for number, stage in enumerate(stages):
        stage["name"], stage["where"] = f"part {number}", ("train", "test")[number]
    run = two_areas().experiment(stages, run={"seeds": 2}).run(out="here")
    assert "up" in run.projections
    w = run.weights("up", seed=2)
    assert w.shape == (15, 30)
    assert not np.array_equal(w, run.weights("up", seed=1), equal_nan=True)
    with ap.SpikingSimulation(run, seed=2) as sim:
        np.testing.assert_array_equal(sim.weights("up"), w)
    with ap.SpikingSimulation(two_areas(), seed=2) as fresh:
        assert not np.array_equal(fresh.weights("up"), w, equal_nan=True), "it has learned"
    with pytest.raises(ap.ConfigError, match="weights only"):
        run.offsets("up")
    short = two_areas().experiment(course(0.1)).run(out="short")
    with ap.SpikingSimulation(two_areas(), seed=1) as fresh:
        np.testing.assert_array_equal(short.weights("up"), fresh.weights("up"))


def two_stages(seconds: float = 0.1) -> list[dict[str, object]]:
    return [
        {**stage, "name": f"part {number}", "where": ("train", "test")[number]}
        for number, stage in enumerate([*course(seconds, plastic=True), *course(seconds, plastic=True)])
    ]


def test_weights_go_out_and_in_again() -> None:
    run = two_areas().experiment(two_stages(), run={"seeds": 2}).run(out="taught")
    run.export("w.npz")
    run.export("w.safetensors")
    with np.load("w.npz") as file:
        np.testing.assert_array_equal(file["seed-2/up"], run.weights("up", seed=2))
        assert "seed-1/high->low" in file, "what follows another has weights of its own"
    ways = []
    for number, source in enumerate((run, "w.npz", "w.safetensors")):
        exp = two_areas().experiment(course(), run={"seeds": 2})
        exp["model.start_from"] = source
        began = exp.run(out=f"began-{number}")
        assert set(began.manifest["start_from"]["taken"]) == set(run.projections)
        np.testing.assert_array_equal(began.weights("up", seed=2), run.weights("up", seed=2))
        ways.append((states(began.path), began.measurements))
    for state, measured in ways[1:]:
        assert state == ways[0][0]
        assert measured.equals(ways[0][1])
    # Weights as they are drawn change nothing; those that were learned do.
    fresh = two_areas().experiment(course(), run={"seeds": 2})
    drawn = fresh.run(out="drawn")
    fresh["model.start_from"] = drawn
    assert states(fresh.run(out="drawn-again").path) == states(drawn.path)
    assert not ways[0][1].equals(drawn.measurements)


def test_weights_are_of_the_seed_that_drew_their_synapses() -> None:
    one = two_areas().experiment(two_stages(), run={"seeds": 1}).run(out="one")
    exp = two_areas().experiment(course(), run={"seeds": 2})
    exp["model.start_from"] = one
    with pytest.raises(ap.DataError, match="seed 2 has"):
        exp.run(out="two")
    assert not Path("two").exists()


FORMULA = "eta * (burst - p * event) * pre"


def learning(rule: object) -> ap.SpikingCircuit:
    c = ap.SpikingCircuit("formula", dt_ms=0.1)
    low = c.population("low", 20, kind="burst_poisson", dendrite_current={"constant_pA": 200})
    high = c.population("high", 10, kind="burst_poisson", dendrite_current={"constant_pA": 200})
    for p in (low, high):
        c.background(p, receptor="soma_excitatory", rate_Hz=1500, weight=0.5)
    c.connect(low, high, name="up", transmits="events", delay_steps=0, density=0.5, weight=0.5, rule=rule)  # type: ignore[arg-type]
    return c


def test_a_rule_written_as_a_formula_is_the_kernel_or_interpreted() -> None:
    none = {"minimum_rate_Hz": 0, "maximum_rate_Hz": "none"}
    rules = {
        "table": {"eta": 0.02, **none},
        "kernel": ap.rule(FORMULA, eta=0.02),
        "interpreted": ap.rule(FORMULA.replace("p *", "max(p, p) *"), eta=0.02),
        "other": ap.rule("eta * (burst - p^2 * event) * pre", eta=0.02),
    }
    assert [r.interpreted for r in rules.values() if isinstance(r, ap.Rule)] == [False, True, True]
    weights = {}
    for name, rule in rules.items():
        with ap.SpikingSimulation(learning(rule), seed=1) as sim:
            sim.advance(5000, learning=True)
            weights[name] = sim.weights("up")
    np.testing.assert_array_equal(weights["kernel"], weights["table"])
    np.testing.assert_allclose(weights["interpreted"], weights["table"], rtol=1e-5)
    assert np.nanmax(np.abs(weights["other"] - weights["table"])) > 1e-4
    assert np.nanmax(np.abs(weights["table"] - 0.5)) > 1e-4, "it has learned"
    assert "interpreted" in learning(rules["other"]).describe()
    text = learning(rules["kernel"]).to_toml()
    assert FORMULA in text


@pytest.mark.parametrize(
    ("formula", "says"),
    [
        ("burst * pre * w", "w_min and w_max"),
        ("burst * pre^2", "no function or power"),
        ("burst * pre + p * pre", "between them"),
        ("burst * look * pre", "neither a number"),
    ],
)
def test_what_no_spiking_synapse_can_do_is_refused(formula: str, says: str) -> None:
    with pytest.raises(ap.ConfigError, match=says):
        ap.rule(formula)


def test_relays_emit_what_they_are_told() -> None:
    c = ap.SpikingCircuit()
    c.population("in", 3, kind="relay")
    with ap.SpikingSimulation(c) as sim:
        sim.record("in")
        for step, neurons in enumerate([[0], [], [1, 2], [2]]):
            sim.emit("in", neurons)
            sim.advance()
            assert sim.step == step + 1
        got = sim.spikes("in")
        assert got.neuron.tolist() == [0, 1, 2, 2]
        np.testing.assert_allclose(got.time_ms, [0, 0.2, 0.2, 0.3])


@pytest.mark.parametrize(
    ("do", "says"),
    [
        (lambda sim: sim["low.somma_mV"], "soma_mV"),
        (lambda sim: sim["lwo.soma_mV"], "low"),
        (lambda sim: sim.inject("som.dendrite", 1), "no dendrite"),
        (lambda sim: sim.inject("input.soma", 1), "integrates no currents"),
        (lambda sim: sim.show("low", np.ones(30)), "Poisson"),
        (lambda sim: sim.show("input", [1, 2]), r"\(2,\)"),
        (lambda sim: sim.emit("low", [1]), "relays"),
        (lambda sim: sim.silence("low", [30]), "counted from 0; found 30"),
        (lambda sim: sim.cut("upp"), "up"),
        (lambda sim: sim.read("low.soma_mV", seed=9), "no seed 9"),
        (lambda sim: sim.advance(-1), "-1"),
    ],
)
def test_mistakes_are_explained(do: Callable[[ap.SpikingSimulation], object], says: str) -> None:
    with ap.SpikingSimulation(two_areas()) as sim, pytest.raises((ap.ConfigError, ap.DataError), match=says):
        do(sim)


def test_rates_and_spikes_have_simulations_of_their_own() -> None:
    with pytest.raises(ap.ConfigError, match="SpikingSimulation"):
        ap.Simulation(two_areas())  # type: ignore[arg-type]
    rates = ap.experiment("yin-yang", {"name": "backpropagation", "layers": [4, 5, 3]})
    with pytest.raises(ap.ConfigError, match="no circuit of spiking neurons"):
        ap.SpikingSimulation(rates)


def test_spikes_of_a_run_are_arrays_by_population() -> None:
    record = {"spikes": True, "from_s": 0.1, "until_s": 0.3, "seeds": 1, "populations": ["low", "som"]}
    run = two_areas().experiment(course(), run={"seeds": 2}, record=record).run(out="here")
    spikes = run.spikes()
    assert set(spikes) == {"low", "som"}
    low = spikes["low"]
    assert low.neurons == 30
    assert (low.start_ms, low.stop_ms) == (100, 300)
    assert low.time_ms.min() >= 100
    assert low.of(int(low.neuron[0]))[0] == low.time_ms[0]
    assert len(low.to_frame()) == len(low.time_ms)
    assert run.spikes(seed=2) == {}
