# SPDX-License-Identifier: Apache-2.0
"""Runs in the formats of others, read by the packages of these others."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import apical as ap

from .test_spiking import course, two_areas


def need(*packages: str) -> Any:
    """The last of them; the test is skipped, and says so, if one is not there."""
    for package in packages:
        module = pytest.importorskip(package, reason=f"{package} is not there: see python/requirements.lock")
    return module


@pytest.fixture(scope="module")
def spiking(tmp_path_factory: pytest.TempPathFactory) -> ap.Run:
    out = tmp_path_factory.mktemp("spiking") / "run"
    record = {"spikes": True, "until_s": 0.3, "seeds": 1}
    return two_areas().experiment(course(), run={"seeds": 1}, record=record).run(out=out)


@pytest.fixture(scope="module")
def rates(tmp_path_factory: pytest.TempPathFactory) -> ap.Run:
    exp = ap.Experiment("yin-yang/error-neurons")
    exp.update({"model.layers": [4, 6, 3], "training.epochs": 1, "run.seeds": 2})
    exp.update({"task.train_samples": 30, "task.validation_samples": 10, "task.test_samples": 10})
    exp["record"] = [
        {"population": "a1.err", "variable": "soma", "every_ms": 0.4, "seeds": 2},
        {"population": "input", "variable": "rate", "every_ms": 0.1, "seeds": 2},
    ]
    return exp.run(out=tmp_path_factory.mktemp("rates") / "run")


def test_neo_has_signals_and_spike_trains(spiking: ap.Run, rates: ap.Run) -> None:
    need("neo")
    neo_objects = importlib.import_module("apical.formats.neo")
    block = neo_objects.block(spiking)
    segment = block.segments[0]
    kept = spiking.spikes()
    assert len(segment.spiketrains) == sum(s.neurons for s in kept.values())
    train = next(t for t in segment.spiketrains if t.name == "low.3")
    np.testing.assert_allclose(train.magnitude, kept["low"].of(3))
    assert float(train.t_stop) == 300
    signals = neo_objects.block(rates).segments
    assert len(signals) == 2
    shown = signals[1].epochs[0]
    assert shown.name == "trials"
    assert len(shown) == len(set(np.asarray(shown.times.magnitude)))
    assert block.segments[0].epochs[0].durations.magnitude == pytest.approx(0.3), "of the course"
    found = [*signals[1].analogsignals, *signals[1].irregularlysampledsignals]
    soma = next(s for s in found if s.name == "a1.err.soma")
    np.testing.assert_array_equal(soma.magnitude, rates.recordings["a1.err.soma"].sel(seed=2).values)


def inspected(file: Path) -> None:
    """nwbinspector finds nothing worse than advice."""
    inspector = need("nwbinspector")
    found = list(inspector.inspect_nwbfile(nwbfile_path=str(file)))
    severe = [m for m in found if m.importance.name in ("ERROR", "PYNWB_VALIDATION", "CRITICAL")]
    assert not severe, [f"{m.importance.name} {m.check_function_name}: {m.message}" for m in severe]


def times_of(series: Any) -> np.ndarray:
    """In seconds, of a TimeSeries with a rate or without."""
    if series.rate is None:
        return series.timestamps[:]
    return series.starting_time + np.arange(len(series.data)) / series.rate


def test_nwb_is_accepted_by_its_inspector(spiking: ap.Run, rates: ap.Run, tmp_path: Path) -> None:
    need("pynwb")
    nwb = importlib.import_module("apical.formats.nwb")
    for run, seed in ((spiking, 1), (rates, 2)):
        file = nwb.write(run, tmp_path / f"{run.label}.nwb", seed=seed, experimenter=["Lovelace, Ada"])
        import pynwb

        with pynwb.NWBHDF5IO(str(file), "r") as io:
            read = io.read()
            if run is spiking:
                kept = run.spikes()
                assert len(read.units) == sum(s.neurons for s in kept.values())
                row = next(
                    i
                    for i in range(len(read.units))
                    if read.units["population"][i] == "low" and read.units["neuron"][i] == 3
                )
                np.testing.assert_allclose(read.units["spike_times"][row] * 1e3, kept["low"].of(3))
                trials = read.trials.to_dataframe()
                assert trials.stage.tolist() == ["watch"]
                np.testing.assert_allclose([trials.start_time[0], trials.stop_time[0]], [0, 0.3])
            else:
                series = read.processing["simulation"]["a1.err.soma"]
                np.testing.assert_array_equal(series.data[:], run.recordings["a1.err.soma"].sel(seed=2).values)
                trials, stimuli = read.trials.to_dataframe(), read.stimulus["stimuli"].to_dataframe()
                assert trials.stage.value_counts().to_dict() == {"settling": 100, "training": 30}
                assert trials[trials.stage == "training"].stimulus.nunique() == 30, "each once in the epoch"
                inputs = stimuli.set_index("label").inputs
                source = read.processing["simulation"]["input.rate"]
                at = np.searchsorted(trials.stop_time, times_of(source) - 1e-7)
                wanted = np.stack([inputs[label] for label in trials.stimulus.iloc[at]])
                np.testing.assert_array_equal(source.data[:], wanted)
                assert set(stimuli.target_class) <= {"yin", "yang", "dot"}
                assert (stimuli.target.map(np.argmax).nunique(), len(stimuli)) == (3, 30)
        inspected(file)


def test_nwb_has_what_a_course_showed_as_trials(tmp_path: Path) -> None:
    need("pynwb")
    nwb = importlib.import_module("apical.formats.nwb")
    stages = [
        {"name": "before", "shows": "stimuli", "phase": [{"name": "on", "duration_s": 0.1}]},
        {"name": "after", "phase": [{"name": "on", "duration_s": 0.1}]},
        {"name": "late", "phase": [{"name": "on", "duration_s": 0.1}]},
    ]
    stimuli = [
        {"name": "weak", "label": "100 pA", "inject": [{"population": "low", "into": "soma", "pA": 100}]},
        {"name": "strong", "label": "400 pA", "inject": [{"population": "low", "into": "soma", "pA": 400}]},
    ]
    record = {"spikes": True, "from_s": 0.05, "until_s": 0.25}
    exp = two_areas().experiment(stages, stimulus=stimuli, run={"seeds": 1}, record=record)
    file = nwb.write(exp.run(out=tmp_path / "r"), tmp_path / "r.nwb")
    import pynwb

    with pynwb.NWBHDF5IO(str(file), "r") as io:
        read = io.read()
        trials = read.trials.to_dataframe()
        assert trials.stage.tolist() == ["before", "before", "after"], "nothing was recorded later"
        assert trials.stimulus.tolist() == ["100 pA", "400 pA", ""]
        np.testing.assert_allclose(trials.start_time, [0, 0.1, 0.2])
        np.testing.assert_allclose(trials.stop_time, [0.1, 0.2, 0.3])
        table = read.stimulus["stimuli"].to_dataframe()
        assert table.label.tolist() == ["100 pA", "400 pA"]
        assert "400" in table.definition[1]
    inspected(file)


@pytest.fixture(scope="module")
def mismatch(tmp_path_factory: pytest.TempPathFactory) -> ap.Probe:
    exp = ap.Experiment("protocols/mismatch")
    exp.update({"training.epochs": 1, "task.train_samples": 60, "protocol.samples": 6, "protocol.epochs": [0, 1]})
    return ap.probe(exp, seeds=2, out=tmp_path_factory.mktemp("mismatch") / "p")


def test_nwb_of_a_probe_has_its_averages_as_trials(mismatch: ap.Probe, tmp_path: Path) -> None:
    need("pynwb")
    import pynwb

    nwb = importlib.import_module("apical.formats.nwb")
    with pytest.raises(ap.DataError, match="say which with model="):
        nwb.write(mismatch, tmp_path / "p.nwb")
    with pytest.raises(ap.DataError, match="probed no model 'x'"):
        nwb.write(mismatch, tmp_path / "p.nwb", model="x")
    with pytest.raises(ap.DataError, match="no seed 9"):
        nwb.write(mismatch, tmp_path / "p.nwb", model="error neurons", seed=9)
    file = nwb.write(mismatch, tmp_path / "p.nwb", model="error neurons", seed=2)
    assert [p.name for p in tmp_path.iterdir()] == ["p.nwb"]
    with pynwb.NWBHDF5IO(str(file), "r") as io:
        read = io.read()
        trials = read.trials.to_dataframe()
        assert trials[["epochs", "condition"]].to_numpy().tolist() == [
            [0, "expected"], [0, "unexpected"], [1, "expected"], [1, "unexpected"]
        ]  # fmt: skip
        assert (trials.trials == 6).all()
        np.testing.assert_allclose(trials.stop_time - trials.start_time, 0.7e-3)
        np.testing.assert_allclose(trials.target_onset - trials.stimulus_onset, 0.3e-3)
        series = read.processing["simulation"]["error neurons, output area"]
        import h5py

        with h5py.File(mismatch.path / "results.h5") as results:
            kept = json.loads((mismatch.path / "summary.json").read_text())["traces"]
            wanted = ("error neurons", "error neurons, output area", "unexpected", 1)
            one = next(t for t in kept if (t["model"], t["measure"], t["condition"], t["epochs"]) == wanted)
            group = results[one["group"]]["mean"]
            time_ms = results["time"][:]
            last = series.data[:][-len(time_ms) :]
            np.testing.assert_array_equal(last, group[1])
        times = times_of(series)
        np.testing.assert_allclose(times[-len(time_ms) :], trials.stimulus_onset.iloc[-1] + time_ms / 1e3)
        assert times.max() <= trials.stop_time.max() + 1e-9
        units = read.processing["simulation"]["error neurons, hidden area.units"]
        assert units.data.shape == (len(series.data), 5)
        stimuli = read.stimulus["stimuli"].to_dataframe()
        assert stimuli.label.tolist() == [f"test sample {i}" for i in range(6)]
        assert "permute" in read.stimulus["conditions"].to_dataframe().definition[1]
        contrasts = read.analysis["contrasts"].to_dataframe()
        found = mismatch.contrasts
        assert len(contrasts) == (found.model == "error neurons").sum()
        assert (contrasts.value != contrasts.control).any()
    inspected(file)


def test_nwb_of_a_probe_of_spiking_neurons_has_its_contrasts(tmp_path: Path) -> None:
    need("pynwb")
    import pynwb

    nwb = importlib.import_module("apical.formats.nwb")
    exp = ap.Experiment("protocols/spiking-feedback").update({"training.epochs": 1, "protocol.epochs": [1]})
    file = nwb.write(ap.probe(exp, seeds=1, out=tmp_path / "p"), tmp_path / "p.nwb")
    with pynwb.NWBHDF5IO(str(file), "r") as io:
        read = io.read()
        contrasts = read.analysis["contrasts"].to_dataframe()
        assert set(contrasts.condition) == {"feedback silenced in tests", "feedback silenced in training"}
        assert read.stimulus["stimuli"].to_dataframe().label.tolist() == ["0,0", "1,0", "0,1", "1,1"]
    inspected(file)


def test_nwb_of_a_layered_network_says_that_it_counts_batches(tmp_path: Path) -> None:
    need("pynwb")
    import pynwb

    nwb = importlib.import_module("apical.formats.nwb")
    task = {"name": "yin-yang", "train_samples": 100, "validation_samples": 10, "test_samples": 10}
    record = [{"population": "a1", "variable": "rate", "every_batches": 1}]
    model = {"name": "backpropagation", "layers": [4, 5, 3]}
    run = ap.experiment(task, model, training={"epochs": 2}, record=record).run(out=tmp_path / "r")
    file = nwb.write(run, tmp_path / "r.nwb")
    with pynwb.NWBHDF5IO(str(file), "r") as io:
        read = io.read()
        assert "'batch', not seconds" in read.processing["simulation"]["a1.rate"].description
        assert read.trials is None
    inspected(file)


def test_nwb_of_a_run_that_recorded_nothing_is_refused(tmp_path: Path) -> None:
    need("pynwb")
    nwb = importlib.import_module("apical.formats.nwb")
    task = {"name": "yin-yang", "train_samples": 20, "validation_samples": 10, "test_samples": 10}
    run = ap.experiment(task, {"name": "backpropagation", "layers": [4, 5, 3]}, training={"epochs": 1}).run(
        out=tmp_path / "r"
    )
    with pytest.raises(ap.DataError, match="recorded nothing"):
        nwb.write(run, tmp_path / "none.nwb")
    assert not (tmp_path / "none.nwb").exists()


def test_libsonata_reads_the_spikes(spiking: ap.Run) -> None:
    libsonata = need("libsonata")
    reader = libsonata.SpikeReader(str(spiking.path / "spikes" / "seed-1.h5"))
    low = spiking.spikes()["low"]
    read = reader["low"].get_dict()
    np.testing.assert_allclose(np.sort(read["timestamps"]), np.sort(low.time_ms))
    assert sorted(read["node_ids"]) == sorted(low.neuron)


def integrators() -> ap.Circuit:
    c = ap.Circuit("integrators", dt_ms=0.01)
    x = c.input("in", 3)
    slow = {"lookahead": False, "initial_soma_sd": 0.0}
    a = c.population("a.pyr", 5, leak=0.05, basal=0.1, apical=0.02, options=slow)
    b = c.population("b.pyr", 2, leak=0.1, basal=0.3, options=slow)
    c.connect(x, a.basal, weights=ap.normal(0, 1))
    c.connect(a, b.basal, weights=ap.normal(0, 1))
    c.connect(b, a.apical, weights=ap.normal(0, 1), pathway="feedback")
    return c


def test_nir_integrates_as_the_circuit_does() -> None:
    nir = need("nir")
    bridge = importlib.import_module("apical.formats.nir")
    graph = bridge.graph_of(integrators())
    dt = 0.01e-3
    state = {name: np.zeros(n.tau.size) for name, n in graph.nodes.items() if isinstance(n, nir.LI)}
    shown = np.array([1.0, -0.5, 2.0])
    with ap.Simulation(integrators()) as sim:
        sim.show(shown, steps=1)
        for _ in range(1000):
            before = {"in": shown, **state}
            for name, node in graph.nodes.items():
                if isinstance(node, nir.LI):
                    current = sum(
                        graph.nodes[w].weight @ before[source]
                        for w, target in graph.edges
                        if target == name
                        for source, linear in graph.edges
                        if linear == w
                    )
                    state = {
                        **state,
                        name: before[name] + dt / node.tau * (node.v_leak - before[name] + node.r * current),
                    }
        sim.advance(1000)
        for name, u in state.items():
            np.testing.assert_allclose(sim[f"{name}.soma"], u, rtol=0, atol=2e-3)
        with ap.Simulation(bridge.circuit_of(graph, dt_ms=0.01)) as again:
            again.show(shown, steps=1001)
            for name in state:
                np.testing.assert_allclose(again[f"{name}.soma"], sim[f"{name}.soma"], rtol=1e-6, atol=1e-9)


def test_nir_files_read_back(tmp_path: Path) -> None:
    nir = need("nir")
    bridge = importlib.import_module("apical.formats.nir")
    graph = bridge.graph_of(integrators())
    nir.write(tmp_path / "c.nir", graph)
    again = nir.read(tmp_path / "c.nir")
    assert set(again.nodes) == set(graph.nodes)
    one, other = bridge.circuit_of(again).to_dict(), bridge.circuit_of(graph).to_dict()
    assert one["circuit"] == other["circuit"]
    for part in ("population", "projection"):
        assert sorted(map(str, one[part])) == sorted(map(str, other[part]))


def test_what_nir_cannot_say_is_refused() -> None:
    need("nir")
    bridge = importlib.import_module("apical.formats.nir")
    from .test_circuit import two_areas as plastic

    with pytest.raises(ap.ConfigError, match="no plasticity"):
        bridge.graph_of(plastic())
    with pytest.raises(ap.ConfigError, match="activation = 'tanh'"):
        bridge.graph_of(plastic(), as_tested=True)
    prospective = integrators()
    prospective._populations["a.pyr"]["lookahead"] = True
    with pytest.raises(ap.ConfigError, match="lookahead"):
        bridge.graph_of(prospective)


def test_what_a_circuit_would_leave_out_of_a_graph_is_refused() -> None:
    nir = need("nir")
    bridge = importlib.import_module("apical.formats.nir")
    cell = nir.LI(tau=np.full(2, 0.01), r=np.ones(2), v_leak=np.zeros(2))
    nodes = {"in": nir.Input(np.array([2])), "cell": cell, "out": nir.Output(np.array([2]))}
    with pytest.raises(ap.ConfigError, match="'in' goes to 'cell' without a Linear"):
        bridge.circuit_of(nir.NIRGraph(nodes, [("in", "cell"), ("cell", "out")]))
    more = {**nodes, "w": nir.Linear(np.eye(2)), "other": nir.Input(np.array([2]))}
    edges = [("in", "w"), ("w", "cell"), ("cell", "out")]
    with pytest.raises(ap.ConfigError, match=r"2 nodes Input \(in, other\)"):
        bridge.circuit_of(nir.NIRGraph(more, [*edges, ("other", "w")]))
    del more["other"]
    assert bridge.circuit_of(nir.NIRGraph(more, edges)).readout_activation == "linear"


def test_signals_of_batches_are_refused_by_neo(small: Callable[[str], ap.Experiment]) -> None:
    need("neo")
    exp = small("layered").update({"record": [{"population": "a1", "variable": "rate", "seeds": 1}]})
    with pytest.raises(ap.DataError, match="recorded by the batch, which is no time"):
        importlib.import_module("apical.formats.neo").block(exp.run())
