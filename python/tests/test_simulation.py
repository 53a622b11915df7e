# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import apical as ap

from .test_circuit import two_areas


def test_the_closed_loop_of_the_design_page() -> None:
    c = two_areas(sizes=(16, 20, 4))
    stream = np.random.default_rng(1).random((40, 4, 4), dtype=np.float32)
    trace = np.zeros((40, 20))
    with ap.Simulation(c, seed=1) as sim:
        for t, image in enumerate(stream):
            sim.show(image, steps=20)
            trace[t] = sim["v1.pyr.apical"]
            if t == 20:
                sim.silence("v2.pyr", units=[0, 1])
        assert sim.step == 800
        assert sim.time_ms == pytest.approx(80)
        np.testing.assert_array_equal(sim["v2.pyr.rate"][:2], [0, 0])
        assert (sim["v2.pyr.rate"][2:] != 0).all()
        sim.restore()
        sim.advance(2)
        assert (sim["v2.pyr"] != 0).all()
    assert trace.any(axis=1).all()
    with pytest.raises(ap.ConfigError, match="closed"):
        sim.advance()


def test_seeds_side_by_side_are_what_each_is_alone() -> None:
    c = two_areas()

    def trace(**which: object) -> list[np.ndarray]:
        with ap.Simulation(c, **which) as sim:  # type: ignore[arg-type]
            sim.show([1, 0, 0, 1], steps=50, target=[1, 0, 0], learning=True)
            return [sim.read("v1.pyr.soma", seed=s) for s in sim.seeds]

    both = trace(seeds=[3, 4])
    np.testing.assert_array_equal(both[0], trace(seed=3)[0])
    np.testing.assert_array_equal(both[1], trace(seed=4)[0])
    assert not np.array_equal(both[0], both[1])


@pytest.mark.parametrize(
    "given",
    [
        [1, 2, 3, 4],
        np.array([1, 2, 3, 4], dtype=np.float32),
        np.arange(1, 9)[::2].repeat(1) / 2 + 0.5,
        np.array([[1, 2], [3, 4]], order="F").T.T,
        np.array([1.0, 2, 3, 4]),
    ],
)
def test_inputs_of_any_kind_are_taken(given: object) -> None:
    with ap.Simulation(two_areas()) as sim:
        array = np.asarray(given)
        array = array.copy()
        array.flags.writeable = False
        sim.show(array, steps=1)
        np.testing.assert_allclose(sim["input"], np.asarray(given, dtype=float).reshape(-1))


def test_wrong_inputs_are_refused_with_shape_and_index() -> None:
    with ap.Simulation(two_areas()) as sim:
        with pytest.raises(ap.DataError, match=r"\(5,\).*expected 4"):
            sim.show(np.zeros(5))
        with pytest.raises(ap.DataError, match="not finite at 2"):
            sim.show([0, 1, np.nan, 2])
        with pytest.raises(ap.DataError, match="not numbers"):
            sim.show(["a", "b", "c", "d"])
        with pytest.raises(ap.DataError, match="not numbers"):
            sim.show([[1, 2], [3]])
        with pytest.raises(ap.ConfigError, match=r"v1\.pyr"):
            sim["v1.pyt.soma"]
        with pytest.raises(ap.ConfigError, match="basal"):
            sim["v1.pyr.bassal"]
        with pytest.raises(ap.ConfigError, match="external"):
            sim.set("v1.pyr", np.zeros(12))
        with pytest.raises(ap.DataError, match="12 x 3; expected 3 x 12"):
            sim.set_weights("v1.pyr->v2.pyr.basal", np.zeros((12, 3)))
        with pytest.raises(ap.ConfigError):
            sim.silence("v2.pyr", units=[3])
        sim.show([1, 2, 3, 4], steps=5)
        assert np.isfinite(sim["v1.pyr.soma"]).all(), "the simulation goes on"


def test_perturbations_do_what_they_say() -> None:
    with ap.Simulation(two_areas()) as sim:
        sim.show([1, 0, 1, 0], steps=20)
        sim.clamp("v1.pyr.soma", 0.25, units=[3])
        sim.advance(3)
        assert sim["v1.pyr.soma"][3] == 0.25
        sim.restore()
        sim.cut("v1.pyr->v2.pyr.basal")
        sim.advance(2)
        np.testing.assert_array_equal(sim["v2.pyr.basal"], np.zeros(3))
        sim.restore()
        sim.freeze("v1.pyr->v2.pyr.basal")
        before = sim.weights("v1.pyr->v2.pyr.basal")
        sim.show(target=[1, 0, 0], steps=5, learning=True)
        np.testing.assert_array_equal(sim.weights("v1.pyr->v2.pyr.basal"), before)
        sim.restore()
        sim.advance(5, learning=True)
        assert not np.array_equal(sim.weights("v1.pyr->v2.pyr.basal"), before)


def test_a_trained_run_can_be_stepped(small: Callable[[str], ap.Experiment]) -> None:
    run = small("rate").run(out="r")
    with ap.Simulation(run, seeds=[1, 2]) as sim:
        np.testing.assert_array_equal(
            sim.weights("a1.rep->a2.rep.basal", seed=2), run.weights("a1.rep->a2.rep", seed=2)
        )
        sim.show([0.1, 0.2, 0.9, 0.8], steps=100)
        assert sim["a2.rep.rate"].shape == (2, 3)


def test_what_starts_from_a_run_steps_its_weights_and_deviations(small: Callable[[str], ap.Experiment]) -> None:
    noisy = small("rate").update({"model.feedback_deviation": 0.2, "record": []})
    parent = noisy.run(seeds=[7], out="parent")
    forwards, backwards = "a1.rep->a2.rep", "a2.err->a1.err"
    transposed = parent.weights(forwards).T
    assert np.abs(parent.weights(backwards) - transposed).max() > 0.05  # it deviates
    child = noisy.update({"model.start_from": parent, "training.epochs": 0})
    run = child.run(seeds=[1, 2], out="child")  # in float32
    for begun in (child, run):
        with ap.Simulation(begun, seeds=[1, 2]) as sim:
            for seed in (1, 2):
                np.testing.assert_array_equal(sim.weights(f"{forwards}.basal", seed=seed), parent.weights(forwards))
                shown = sim.weights(f"{backwards}.dendrite", seed=seed)
                np.testing.assert_allclose(shown, run.weights(backwards, seed=seed), rtol=1e-5, atol=1e-7)


def test_arrays_that_were_read_outlive_the_simulation() -> None:
    with ap.Simulation(two_areas()) as sim:
        sim.show([1, 0, 1, 0], steps=20)
        soma = sim["v1.pyr.soma"]
        kept = soma.copy()
        sim.advance(10)
    del sim
    np.testing.assert_array_equal(soma, kept)


def test_a_layered_experiment_cannot_be_stepped(small: Callable[[str], ap.Experiment]) -> None:
    with pytest.raises(ap.ConfigError, match="no circuit"):
        ap.Simulation(small("layered"))


def test_a_fault_has_its_place() -> None:
    c = ap.Circuit(dt_ms=0.1)
    x = c.input("input", 1)
    n = c.population("n", 1, leak=0.03, basal=0.1)
    c.connect(x, n.basal, weights=[[1.0]], rule=ap.rule("eta * v * pre", eta=1e6), name="ff")
    with ap.Simulation(c, seed=5) as sim:
        sim.show([1e3])
        with pytest.raises(ap.NumericalFault) as caught:
            sim.advance(100_000, learning=True)
        assert caught.value.seed == 5
        with pytest.raises(ap.Error, match="not usable"):
            sim.advance()


def test_a_simulation_of_a_run_has_the_seeds_of_the_run(small: Callable[[str], ap.Experiment]) -> None:
    run = small("rate").run(out="r", seeds=[5, 7])
    with ap.Simulation(run) as sim:
        np.testing.assert_array_equal(sim.weights("a1.rep->a2.rep.basal"), run.weights("a1.rep->a2.rep", seed=5))
    with pytest.raises(ap.ConfigError, match="no seed 1; it has 5, 7"):
        ap.Simulation(run, seed=1)


def test_nobody_looks_at_a_simulation_that_advances(small: Callable[[str], ap.Experiment]) -> None:
    with ap.Simulation(small("rate"), seed=1) as sim, ThreadPoolExecutor(1) as pool:
        advancing = pool.submit(sim.advance, 300_000)
        refused = 0
        while not advancing.done():
            try:
                sim["a1.rep.soma"]
            except ap.ConfigError:  # another thread is advancing it
                refused += 1
        advancing.result()
        assert refused > 0
        assert sim["a1.rep.soma"].shape == (10,)
