# SPDX-License-Identifier: Apache-2.0
"""Runs in the formats of others, read by the packages of these others."""

from __future__ import annotations

import importlib
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
    exp["record"] = [{"population": "a1.err", "variable": "soma", "every_ms": 0.4, "seeds": 2}]
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
    found = [*signals[1].analogsignals, *signals[1].irregularlysampledsignals]
    soma = next(s for s in found if s.name == "a1.err.soma")
    np.testing.assert_array_equal(soma.magnitude, rates.recordings["a1.err.soma"].sel(seed=2).values)


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
            else:
                series = read.processing["simulation"]["a1.err.soma"]
                np.testing.assert_array_equal(series.data[:], run.recordings["a1.err.soma"].sel(seed=2).values)
        inspector = need("nwbinspector")
        found = list(inspector.inspect_nwbfile(nwbfile_path=str(file)))
        severe = [m for m in found if m.importance.name in ("ERROR", "PYNWB_VALIDATION", "CRITICAL")]
        assert not severe, [f"{m.importance.name} {m.check_function_name}: {m.message}" for m in severe]


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
