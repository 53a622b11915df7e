# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import apical as ap
from apical import toml_text

Small = Callable[[str], ap.Experiment]


def test_a_key_is_read_with_its_default_and_changed_by_its_name(small: Small) -> None:
    exp = small("layered")
    assert exp["training.epochs"] == 3
    assert exp["training.eta_schedule"] == "constant"
    exp["training.epochs"] = 20
    exp["model.layers"] = np.array([4, 8, 3])
    assert exp["training.epochs"] == 20
    assert exp["model.layers"] == [4, 8, 3]


def test_a_misspelt_key_says_the_nearest_one_and_changes_nothing(small: Small) -> None:
    exp = small("layered")
    with pytest.raises(ap.ConfigError) as caught:
        exp["training.epohcs"] = 20
    assert caught.value.key == "epohcs"
    assert "epochs" in caught.value.hint
    assert caught.value.file.startswith("--set")
    assert exp["training.epochs"] == 3
    with pytest.raises(ap.ConfigError, match="epochs"):
        exp["training.epohcs"]


def test_a_value_of_the_wrong_type_is_refused_at_once(small: Small) -> None:
    exp = small("layered")
    for wrong in ("many", 1.5, -1, [1, 2], float("nan"), object()):
        with pytest.raises(ap.ConfigError):
            exp["training.epochs"] = wrong
    assert exp["training.epochs"] == 3


def test_keys_that_must_fit_each_other_can_be_changed_one_by_one_or_together(small: Small) -> None:
    exp = small("rate")
    together = exp.copy().update(
        {"model.layers": [4, 10, 5, 3], "model.eta": [300, 100, 8], "model.weight_range": [8, 4, 1]}
    )
    assert together["model.layers"] == [4, 10, 5, 3]
    assert exp["model.layers"] == [4, 10, 3], "a copy is changed by itself"
    with pytest.raises(ap.ConfigError):
        exp.update({"model.layers": [4, 10, 5, 3], "training.epochs": "many"})
    assert exp["model.layers"] == [4, 10, 3], "all or none"


def test_an_error_of_a_file_has_file_and_line(tmp_path: Path) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text(
        '[task]\nname = "yin-yang"\n[model]\nname = "backpropagation"\nlayers = [4, 10, 3]\nlerning_rate = 1\n'
    )
    with pytest.raises(ap.ConfigError) as caught:
        ap.Experiment(file)
    e = caught.value
    assert (Path(e.file).name, e.line, e.key) == ("wrong.toml", 6, "lerning_rate")
    assert "learning_rate" in e.hint
    assert isinstance(e, ValueError)
    file.write_text("title = ")
    with pytest.raises(ap.ConfigError) as caught:
        ap.Experiment(file)
    assert caught.value.line == 1


def test_a_file_that_is_not_there_is_a_data_error() -> None:
    with pytest.raises(ap.DataError, match="no-such-file"):
        ap.Experiment("no-such-file.toml")


def test_text_dict_and_file_are_the_same_experiment(small: Small, tmp_path: Path) -> None:
    exp = small("rate")
    file = tmp_path / "same.toml"
    file.write_text(exp.to_toml())
    assert ap.Experiment(file).to_toml() == exp.to_toml()
    assert ap.Experiment(exp.to_toml()).to_toml() == exp.to_toml()
    assert ap.Experiment(exp.to_dict()).to_toml() == exp.to_toml()


def test_shipped_experiments_are_found_by_name() -> None:
    for name in (
        "experiments/yin-yang/error-neurons.toml",
        "yin-yang/error-neurons.toml",
        "yin-yang/error-neurons",
    ):
        assert ap.Experiment(name)["task.name"] == "yin-yang"


def test_a_file_of_several_experiments_gives_each() -> None:
    exp = ap.Experiment("yin-yang/compare")
    assert len(exp.labels) > 1
    with pytest.raises(ap.ConfigError, match="not one"):
        exp.to_toml()
    assert [v["label"] for v in exp.variants()] == exp.labels


def test_check_says_what_it_takes_as_text_and_numbers(small: Small) -> None:
    forecast = small("rate").check(threads=1)
    assert "memory" in str(forecast)
    assert forecast.figures["state_bytes"] > 0
    assert "a1.rep" in forecast.circuit
    assert "<table>" in forecast._repr_html_()


def test_values_become_toml_that_reads_back() -> None:
    import tomllib

    document = {
        "text": 'a "quoted" line\nand another \\ with ü',
        "numbers": [1, 2.5, 1e-300, 1e22, -0.0, True],
        "odd key": {"inner": {"x": np.float32(0.1), "y": np.arange(3)}, "path": Path("a/b")},
        "list": [{"a": 1, "b": {"c": [1, [2, 3]]}}, {"a": 2}],
        "none": None,
    }
    read = tomllib.loads(toml_text.document(document))
    assert read["text"] == document["text"]
    assert read["numbers"] == document["numbers"]
    assert read["odd key"] == {"inner": {"x": float(np.float32(0.1)), "y": [0, 1, 2]}, "path": "a/b"}
    assert read["list"] == document["list"]
    assert "none" not in read
    with pytest.raises(ap.ConfigError, match="finite"):
        toml_text.value(float("inf"), "eta")


def test_parts_make_an_experiment() -> None:
    exp = ap.experiment("yin-yang", {"name": "burstprop", "layers": [4, 20, 3]}, seeds=[3, 5], training={"epochs": 2})
    assert exp["run.seeds"] == [3, 5]
    assert exp["training.epochs"] == 2


@given(
    st.recursive(
        st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
        max_leaves=12,
    )
)
@settings(max_examples=300, deadline=None)
def test_any_value_reads_back_as_it_was(x: object) -> None:
    import tomllib

    assert tomllib.loads(toml_text.document({"x": x, "table": {"y": x}}))["table"]["y"] == x
