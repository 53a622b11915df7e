# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import apical as ap

from .conftest import states


def two_areas(name: str = "mine", sizes: tuple[int, int, int] = (4, 12, 3), dt_ms: float = 0.1) -> ap.Circuit:
    inputs, hidden, outputs = sizes
    c = ap.Circuit(name, dt_ms=dt_ms)
    x, y = c.input("input", inputs), c.target("label", outputs)
    v1 = c.population("v1.pyr", hidden, activation="tanh", leak=0.03, basal=0.1, apical=0.06)
    v2 = c.population("v2.pyr", outputs, leak=0.03, basal=0.1, apical=0.06)
    rule = ap.rule("eta * (look - a * v) * pre - decay * w", eta=0.02, decay=1e-4)
    c.connect(x, v1.basal, weights=ap.uniform(-0.5, 0.5), rule=rule)
    ff2 = c.connect(v1, v2.basal, weights=ap.uniform(-0.5, 0.5), rule=rule)
    c.connect(v2, v1.apical, weights=ff2.T + ap.normal(0, 0.05), pathway="feedback")
    c.connect(y, v2.apical, one_to_one=True, pathway="teaching")
    return c


def test_the_circuit_of_the_design_page_is_built_as_written() -> None:
    c = ap.Circuit("mine", dt_ms=0.1)
    x, y = c.input("input", 784), c.target("label", 10)
    v1 = c.population("v1.pyr", 200, activation="tanh", basal=0.1, apical=0.06)
    v2 = c.population("v2.pyr", 10, activation="tanh", basal=0.1, apical=0.06)
    rule = ap.rule("eta * (look - a * v) * pre - decay * w", eta=0.02, decay=1e-4)
    ff1 = c.connect(x, v1.basal, weights=ap.uniform(-0.5, 0.5), rule=rule)
    ff2 = c.connect(v1, v2.basal, weights=ap.uniform(-0.5, 0.5), rule=rule)
    c.connect(v2, v1.apical, weights=ff2.T + ap.normal(0, 0.05), pathway="feedback")
    c.connect(y, v2.apical, one_to_one=True, pathway="teaching")
    text = c.to_toml()
    assert 'stimulus = "input"' in text
    assert 'readout = "v2.pyr"' in text
    assert 'rule = {formula = "eta * (look - a * v) * pre - decay * w", decay = 0.0001, eta = 0.02}' in text
    assert ff1.name == "input->v1.pyr.basal"
    assert "v1.pyr" in c.describe()


def test_a_circuit_learns_a_task_with_the_bits_of_the_program(by_program: Callable[..., Path]) -> None:
    exp = ap.experiment(
        {"name": "yin-yang", "train_samples": 50, "validation_samples": 20, "test_samples": 20},
        two_areas(dt_ms=0.02),
        seeds=2,
        training={"epochs": 2, "align_every": 1, "align_samples": 5},
        record=[{"population": "v1.pyr", "variable": "apical", "every_ms": 1}],
    )
    run = exp.run(out="here")
    assert states(run.path) == states(by_program(exp.to_toml()))
    assert run.label == "mine"
    assert run.recordings["v1.pyr.apical"].shape[0] == 1
    feedback = run.weights("v2.pyr->v1.pyr")
    assert feedback.shape == (12, 3)
    np.testing.assert_allclose(feedback, run.weights("v1.pyr->v2.pyr").T, atol=0.5)


def test_weights_can_be_arrays_of_any_kind() -> None:
    for given in (
        np.arange(12, dtype=np.float32).reshape(3, 4),
        np.asfortranarray(np.arange(12.0).reshape(3, 4)),
        np.arange(24.0).reshape(3, 8)[:, ::2] / 2,
        [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]],
    ):
        c = ap.Circuit()
        x = c.input("input", 4)
        n = c.population("a.pyr", 3, leak=0.1, basal=0.1)
        c.connect(x, n, weights=given)
        with ap.Simulation(c) as sim:
            np.testing.assert_array_equal(sim.weights("input->a.pyr.basal"), np.asarray(given, dtype=float))


def test_what_does_not_fit_is_said_with_names() -> None:
    c = two_areas()
    with pytest.raises(ap.ConfigError, match=r"v1\.pyr.*there already"):
        c.population("v1.pyr", 3, basal=0.1)
    with pytest.raises(AttributeError, match="basal, apical"):
        c.population("v3.pyr", 3, basal=0.1, apical=0.1).bassal  # noqa: B018
    x = ap.Population("nobody", 3, ())
    c.connect(x, ap.Compartment("v1.pyr", "basal"))
    with pytest.raises(ap.ConfigError, match="nobody"):
        c.validate()
    c = two_areas()
    with pytest.raises(ap.ConfigError, match=r"not finite at \(0, 1\)"):
        c.connect(c.input("more", 2), ap.Compartment("v2.pyr", "basal"), weights=[[1, np.nan], [0, 0], [0, 0]])
    with pytest.raises(ap.ConfigError, match="say which"):
        c.connect(c.input("other", 2), c.population("a.b", 2, basal=0.1, apical=0.1))


def test_a_circuit_draws_itself() -> None:
    html = two_areas("<mine> & co")._repr_html_()
    svg = ET.fromstring(html[: html.index("</svg>") + 6])
    namespace = "{http://www.w3.org/2000/svg}"
    assert len(svg.findall(f"{namespace}rect")) == 4
    assert len(svg.findall(f"{namespace}path")) == 4
    assert svg.find(f"{namespace}title").text == "<mine> & co"  # type: ignore[union-attr]


def test_scaled_transposes_keep_the_deviation_that_was_said() -> None:
    t = 0.5 * ap.Projection("ff").T + ap.uniform(-0.1, 0.1)
    assert t.to_dict() == {
        "of": "ff",
        "scale": 0.5,
        "deviation": {"law": "uniform", "low": -0.1, "high": 0.1, "scale": 2.0},
    }


def learner_with(rule: ap.Rule) -> ap.Circuit:
    c = ap.Circuit(dt_ms=0.1)
    x = c.input("input", 1)
    n = c.population("n", 1, leak=0.03, basal=0.1, apical=0.06)
    c.connect(x, n.basal, weights=[[0.5]], rule=rule, name="ff")
    return c


@pytest.mark.parametrize(
    ("rule", "kernel"),
    [
        (ap.rule("0.1 * (look - a * v) * pre"), "0.1 [(u_look - 0.5263 v_basal) x rate_pre]"),
        (ap.rule("eta * pre * (look - b * v)", eta=2, b=0.25), "2 [(u_look - 0.25 v_basal) x rate_pre]"),
        (ap.rule("-eta * v * pre", eta=2), "-2 [v_basal x rate_pre]"),
        (ap.rule("eta * v_apical * pre", eta=2), "2 [v_apical x rate_pre]"),
        (ap.rule("eta * rate * pre - (d + d) * w", eta=0.5, d=0.25), "0.5 [r x rate_pre - 1 (w)]"),
        (ap.rule("-0.1 * w"), "1 [ - 0.1 (w)]"),
    ],
)
def test_products_become_rules_of_the_engine(rule: ap.Rule, kernel: str) -> None:
    assert not rule.interpreted
    assert f"dw/dt = {kernel}" in learner_with(rule).describe()


def test_a_formula_is_the_same_in_python_and_in_a_file() -> None:
    c = learner_with(ap.rule("eta * (rate * pre - rate^2 * w)", eta=0.02))
    table = c.to_dict()["projection"][0]["rule"]
    assert table == {"formula": "eta * (rate * pre - rate^2 * w)", "eta": 0.02}
    assert 'rule = {formula = "eta * (rate * pre - rate^2 * w)", eta = 0.02}' in c.to_toml()
    assert "(interpreted)" in c.describe()


def test_an_interpreted_rule_agrees_with_numpy() -> None:
    rng = np.random.default_rng(1)
    c = ap.Circuit(dt_ms=0.1)
    x = c.input("input", 7)
    n = c.population("n", 3, activation="tanh", leak=0.03, basal=0.1)
    oja = ap.rule("eta * (rate * pre - rate^2 * w)", eta=0.5)
    c.connect(x, n.basal, weights=rng.normal(size=(3, 7)), rule=oja, name="ff")
    with ap.Simulation(c) as sim:
        pre = np.zeros(7)
        for _ in range(20):
            w, now = sim.weights("ff"), rng.normal(size=7)
            sim.show(now)
            sim.advance(1, learning=True)
            rate = sim["n.rate"]
            expected = w + 0.1 * 0.5 * (np.outer(rate, pre) - rate[:, np.newaxis] ** 2 * w)
            np.testing.assert_allclose(sim.weights("ff"), expected, rtol=1e-12, atol=1e-12)
            pre = now


def test_an_interpreted_rule_learns_and_check_says_its_cost(by_program: Callable[..., Path]) -> None:
    c = ap.Circuit("own rule", dt_ms=0.02)
    x, y = c.input("input", 4), c.target("label", 3)
    v1 = c.population("v1.pyr", 12, activation="tanh", leak=0.03, basal=0.1, apical=0.06)
    v2 = c.population("v2.pyr", 3, leak=0.03, basal=0.1, apical=0.06)
    own = ap.rule("eta * tanh(look - a * v) * pre - decay * w", eta=0.02, decay=1e-4)
    c.connect(x, v1.basal, weights=ap.uniform(-0.5, 0.5), rule=own)
    ff2 = c.connect(v1, v2.basal, weights=ap.uniform(-0.5, 0.5), rule=own)
    c.connect(v2, v1.apical, weights=ff2.T, pathway="feedback")
    c.connect(y, v2.apical, one_to_one=True, pathway="teaching")
    exp = ap.experiment(
        {"name": "yin-yang", "train_samples": 50, "validation_samples": 20, "test_samples": 20},
        c,
        seeds=2,
        training={"epochs": 2, "align_every": 1, "align_samples": 5},
    )
    forecast = exp.check()
    assert "is interpreted (input->v1.pyr.basal and v1.pyr->v2.pyr.basal)" in forecast.lines["rules"]
    assert forecast.figures["interpreted_ns_per_synapse"] > 0
    run = exp.run(out="here")
    assert run.areas.angle_deg.notna().any()
    assert states(run.path) == states(by_program(exp.to_toml()))


def test_a_formula_agrees_with_what_the_engine_does() -> None:
    c = ap.Circuit(dt_ms=0.1)
    x = c.input("input", 1)
    n = c.population("n", 1, leak=0.03, basal=0.1)
    c.connect(x, n.basal, weights=[[0.5]], rule=ap.rule("eta * v * pre - d * w", eta=0.01, d=0.002), name="ff")
    with ap.Simulation(c) as sim:
        sim.show([2.0], steps=100)
        w = sim.weights("ff")[0, 0]
        sim.advance(1, learning=True)
        assert sim.weights("ff")[0, 0] == pytest.approx(w + 0.1 * (0.01 * (w * 2.0) * 2.0 - 0.002 * w), rel=1e-12)


@pytest.mark.parametrize(
    ("formula", "numbers", "why"),
    [
        ("eta * error * pre", {"eta": 1}, "not local.*population that projects"),
        ("eta * grad", {"eta": 1}, "not local"),
        ("eta * post * pre", {"eta": 1}, "neither a number"),
        ("eta * look * pre", {"eta": 1, "unused": 2}, "unused"),
        ("eta * pre * (w", {"eta": 1}, r"no formula.*'\)' was expected at column 15"),
        ("__import__('os').system('x')", {}, "is no formula"),
        ("__import__('os')", {}, "no formula|unknown function"),
        ("eta * (", {"eta": 1}, "no formula"),
        ("tahn(pre)", {}, "did you mean 'tanh'"),
        ("eta * v * pre", {"eta": float("nan")}, "finite"),
    ],
)
def test_what_is_no_local_rule_is_refused_with_the_reason(formula: str, numbers: dict[str, float], why: str) -> None:
    with pytest.raises(ap.ConfigError, match=why):
        ap.rule(formula, **numbers)


def test_a_transpose_has_one_deviation() -> None:
    c = ap.Circuit()
    x = c.input("input", 2)
    v = c.population("v", 3, basal=0.1, apical=0.1)
    ff = c.connect(x, v.basal, weights=ap.uniform(-1, 1))
    law = ap.normal(0, 0.1)
    assert (law + ff.T).to_dict() == (ff.T + law).to_dict()
    assert (-ff.T).to_dict()["scale"] == -1
    with pytest.raises(ap.ConfigError, match="has a deviation already"):
        ff.T + law + ap.constant(0.1)
    with pytest.raises(ap.ConfigError, match="scaled by 0"):
        0 * ff.T + law


def test_weights_that_are_hidden_or_ragged_are_refused() -> None:
    c = ap.Circuit()
    x, v = c.input("input", 2), c.population("v", 1, basal=0.1)
    with pytest.raises(ap.DataError, match=r"weights of 'input->v.basal' are masked at \(0, 1\)"):
        c.connect(x, v.basal, weights=np.ma.array([[1.0, 2.0]], mask=[[False, True]]))
    with pytest.raises(ap.DataError, match="are not numbers"):
        c.connect(x, v.basal, weights=[[1.0], [1.0, 2.0]])
