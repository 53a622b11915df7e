# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest

import apical as ap
from apical import program

from .conftest import states
from .test_circuit import two_areas

mpl.use("agg")

TASK = {"name": "yin-yang", "train_samples": 60, "validation_samples": 30, "test_samples": 30}
SHORT = {"epochs": 2, "align_every": 1, "align_samples": 5}


def test_a_circuit_beside_models_by_name() -> None:
    heard: list[str] = []
    r = ap.compare(
        TASK,
        [two_areas(dt_ms=0.02), "burstprop", "backpropagation"],
        seeds=2,
        out="c",
        training=SHORT,
        callbacks=[lambda e: heard.append(e.label)],
    )
    assert r.finished
    assert list(r.table.index) == list(r.runs)
    assert r.runs.keys() >= {"mine", "backpropagation"}
    assert (r.table.accuracy_low <= r.table.accuracy).all()
    assert r.table.total_angle_deg["backpropagation"] == pytest.approx(0, abs=0.1)
    assert set(heard) == set(r.runs)
    assert set(r.metrics.model) == set(r.runs)
    assert any("accuracy" in name for name in r.figures)
    assert 'width="60.00mm"' in r.figure("accuracy", "fig.svg", width="6cm").read_text(encoding="utf-8")
    with pytest.raises(ap.ConfigError, match="there is no figure 'acuracy'"):
        r.figure("acuracy")
    with pytest.raises(ValueError, match="89 parsec"):
        r.figure("accuracy", width="89 parsec")
    both = ap.plot.figure([*r.runs.values()], "accuracy", "both.svg")
    assert all(f">{label}</text>" in both.read_text(encoding="utf-8") for label in r.runs)
    assert ap.plot.figures(r) == r.figures
    axes = r.plot.accuracy()
    assert {t.get_text() for t in axes.get_legend().get_texts()} == set(r.runs)
    assert "degrees" in r.plot.angle().get_ylabel()
    assert r.report.is_file()
    assert "backpropagation" in r._repr_html_()


def test_a_model_of_a_comparison_has_the_bits_it_has_alone() -> None:
    one = ap.experiment(TASK, two_areas(dt_ms=0.02), seeds=2, training=SHORT)
    r = ap.compare(TASK, [two_areas(dt_ms=0.02), "backpropagation"], seeds=2, out="c", training=SHORT)
    assert states(r["mine"].path) == states(one.run(out="alone").path)


def test_a_comparison_that_was_stopped_goes_on() -> None:
    def compare(**more: object) -> ap.Comparison:
        return ap.compare(TASK, [two_areas(dt_ms=0.02), "backpropagation"], seeds=2, training=SHORT, **more)  # type: ignore[arg-type]

    stopped = compare(out="c", callbacks=[lambda e: e.epoch < 1])
    assert not stopped.finished
    resumed = compare(out="c", resume=True)
    assert resumed.finished
    whole = compare(out="whole")
    for label in whole.runs:
        assert states(resumed[label].path) == states(whole[label].path)


def test_names_without_settings_and_two_of_one_label_are_refused() -> None:
    with pytest.raises(ap.ConfigError, match="no settings of model 'backprop'"):
        ap.compare(TASK, ["backprop"], out="c")
    with pytest.raises(ap.ConfigError, match="label"):
        ap.compare(TASK, [two_areas(dt_ms=0.02), two_areas(dt_ms=0.02)], out="c")


def test_a_sweep_over_one_key_and_over_two(small: Callable[[str], ap.Experiment]) -> None:
    exp = small("layered")
    s = ap.sweep(exp, {"model.learning_rate": [0.001, 0.01, 0.1]}, seeds=2, out="one").wait()
    assert sorted(s.metrics["at"].unique()) == [0.001, 0.01, 0.1]
    assert len(s.table) == 3
    one = exp.copy()
    one["model.learning_rate"] = 0.01
    assert states(s["learning_rate = 0.01"].path) == states(one.run(out="alone").path)
    grid = ap.sweep(exp, {"model.learning_rate": [0.001, 0.01], "model.layers": [[4, 5, 3], [4, 9, 3]]}, out="two")
    assert len(grid) == 4
    assert exp["model.learning_rate"] == [0.01], "the experiment is left as it was"
    with pytest.raises(ap.ConfigError, match="lerning"):
        ap.sweep(exp, {"model.lerning_rate": [1]}, out="three")
    with pytest.raises(ap.ConfigError, match="local"):
        ap.sweep(exp, {"model.learning_rate": [1]}, on="moon")


def test_a_sweep_by_workers_is_that_of_this_process(
    small: Callable[[str], ap.Experiment], monkeypatch: pytest.MonkeyPatch
) -> None:
    exp = small("layered")
    values = {"model.learning_rate": [0.001, 0.01]}
    here = ap.sweep(exp, values, seeds=2, out="here")
    by_workers = ap.sweep(exp, values, seeds=2, on="workers", out="workers")
    assert by_workers.status["complete"]
    there = ap.PlannedSweep("workers-plan", out="workers").wait(every_s=0.1)
    assert set(there.runs) == set(here.runs)
    for label in here.runs:
        assert states(there[label].path) == states(here[label].path)
    sbatch = Path("bin/sbatch")
    sbatch.parent.mkdir()
    with monkeypatch.context() as patched:
        patched.setenv("PATH", str(sbatch.parent.resolve()))
        with pytest.raises(ap.Error, match="no sbatch in PATH"):
            ap.sweep(exp, values, on="slurm", out="nowhere")
    sbatch.write_text("#!/bin/sh\ngrep '^#SBATCH --partition' \"$1\"\necho Submitted batch job 42\n")
    sbatch.chmod(0o755)
    monkeypatch.setenv("PATH", f"{sbatch.parent.resolve()}:{os.environ['PATH']}")
    submitted = ap.sweep(exp, values, seeds=1, on="slurm", slurm=["--partition=cpu"], out="cluster")
    assert "2 open" in repr(submitted)
    assert "--partition=cpu" in submitted.submit(["--partition=cpu"])
    submitted.work(workers=2)
    assert len(submitted.wait().table) == 2
    with pytest.raises(ap.ConfigError, match="mpirun"):
        ap.sweep(exp, values, on="mpi")  # type: ignore[call-overload]
    with pytest.raises(ap.ConfigError, match="no plan"):
        ap.PlannedSweep("nothing")


def test_sweeps_go_on_past_a_value_that_breaks(small: Callable[[str], ap.Experiment]) -> None:
    exp = small("layered")
    exp["model.optimiser"] = "sgd"
    s = ap.sweep(exp, {"model.learning_rate": [0.01, 1e30]}, out="s")
    assert [label for label, _ in s.faults] == ["learning_rate = 1e+30"]
    assert len(s.table) == 1


def test_a_run_is_repeated_to_the_same_bits(small: Callable[[str], ap.Experiment]) -> None:
    run = small("rate").run(out="r")
    again = ap.reproduce(run, out="again")
    assert again
    assert "identical" in str(again)


def test_expectations_of_a_file_are_judged(small: Callable[[str], ap.Experiment]) -> None:
    expected = {
        "reproduces": {"paper": "Nobody 2026", "figure": "1", "shows": "s", "source": "s", "minutes": 1},
        "expect": [{"quantity": "test_accuracy", "statistic": "mean", "at_least": 2.0, "because": "cannot be"}],
    }
    document = small("layered").to_dict() | expected
    from apical import toml_text

    with open("figure.toml", "w", encoding="utf-8") as file:
        file.write(toml_text.document(document))
    result = ap.reproduce("figure.toml", out="r")
    assert not result
    assert "DEVIATES" in result.text
    assert result.outcomes[0]["quantity"] == "test_accuracy"


def test_a_probe_gives_contrasts() -> None:
    exp = ap.Experiment("protocols/mismatch")
    found = ap.probe(
        exp.update({"training.epochs": 1, "task.train_samples": 60, "protocol.samples": 6, "protocol.epochs": [0, 1]}),
        seeds=2,
        out="p",
    )
    assert {"model", "measure", "condition", "difference", "low", "high"} <= set(found.contrasts.columns)
    assert np.isfinite(found.contrasts.difference).any()
    assert found.report.is_file()


def test_a_search_is_recorded_repeatable_and_judged_on_validation(small: Callable[[str], ap.Experiment]) -> None:
    exp = small("layered")
    exp["model.optimiser"] = "sgd"
    space = {"model.learning_rate": ap.log_uniform(1e-3, 1e30), "model.batch": [10, 20]}
    found = ap.tune(exp, space, trials=6, seeds=[101], rounds=1, out="t")
    assert len(found.trials) == 6
    assert found.trials.broke.any(), "some rates are far too high"
    scores = found.trials.accuracy
    assert found.best["model.learning_rate"] == [found.trials["model.learning_rate"][scores.idxmax()]]
    assert found.best["tuned.score"] == scores.max()
    one = ap.Experiment(exp.to_toml()).update({**found.values, "run.seeds": [101]}).run(out="alone")
    last = one.metrics[one.metrics.split == "validation"].accuracy.iloc[-1]
    assert last == scores.max()
    again = ap.tune(exp, space, trials=6, seeds=[101], rounds=1, out="again", threads=1)
    assert again.trials.equals(found.trials)
    with pytest.raises(ap.ConfigError, match="no space"):
        ap.tune(exp, {"model.learning_rate": 3}, trials=1)
    with pytest.raises(ap.ConfigError, match="is a tuple; expected a list of values, or log_uniform"):
        ap.tune(exp, {"model.learning_rate": (1e-4, 1e-1)}, trials=1)
    own = ap.Experiment(exp.to_dict() | {"tune": {"trials": 3, "space": {"model.batch": {"choice": [5, 10]}}}})
    with pytest.raises(ap.ConfigError, match="has a table \\[tune\\] of its own"):
        ap.tune(own, space, trials=1)
    with pytest.raises(ap.IoError, match="not empty"):
        ap.tune(exp, space, trials=6, seeds=[101], rounds=1, out="t")


def test_a_search_is_that_of_the_program(small: Callable[[str], ap.Experiment]) -> None:
    exp = small("layered").update({"training.epochs": 4})
    space = {
        "model.learning_rate": ap.log_uniform(1e-4, 1e-1),
        "model.batch": ap.log_uniform(5, 50, whole=True),
        "training.shuffle": [True, False],
    }
    found = ap.tune(exp, space, trials=5, seeds=2, rounds=2, keep_one_of=2, draw_seed=7, out="python", threads=2)
    Path("search.toml").write_text(found.to_toml(), encoding="utf-8")
    subprocess.run([program.path(), "tune", "search.toml", "--out", "program", "--quiet"], check=True)
    for name in ("tuned.toml", "tuning.json", "report.html"):
        assert Path("python", name).read_bytes() == Path("program", name).read_bytes(), name
    assert found.trials["round"].tolist().count(2) == 3
    assert set(found.trials["model.batch"].map(type)) == {int}
    assert {type(b) for b in found.trials["training.shuffle"]} <= {bool, np.bool_}
    best = found.trials[found.trials["round"] == 2].accuracy
    assert found.best["tuned.score"] == best.max()
    runs = found.runs[best.idxmax()]
    assert [run.seeds for run in runs] == [[101], [102]]
    assert sum(run.metrics[run.metrics.split == "validation"].accuracy.iloc[-1] for run in runs) / 2 == best.max()


def test_a_search_that_is_stopped_goes_on_to_the_same_bits(small: Callable[[str], ap.Experiment]) -> None:
    exp = small("layered")
    space = {"model.learning_rate": ap.uniform(1e-3, 1e-1)}
    heard: list[str] = []

    def enough(epoch: ap.EpochEnd) -> bool:
        heard.append(epoch.label)
        return len(heard) < 3

    with pytest.raises(ap.Stopped, match="resume=True goes on") as stopped:
        ap.tune(exp, space, trials=4, seeds=[101], callbacks=[enough], out="stopped")
    assert stopped.value.path == Path("stopped")
    whole = ap.tune(exp, space, trials=4, seeds=[101], out="whole")
    gone_on = ap.tune(exp, space, trials=4, seeds=[101], out="stopped", resume=True)
    assert gone_on.trials.equals(whole.trials)
    assert Path("stopped/tuning.json").read_bytes() == Path("whole/tuning.json").read_bytes()


def test_what_callbacks_of_a_search_raise_is_raised(small: Callable[[str], ap.Experiment]) -> None:
    exp = small("layered")
    space = {"model.learning_rate": ap.uniform(1e-3, 1e-1)}

    def breaks(epoch: ap.EpochEnd) -> None:
        raise ZeroDivisionError("in the callback")

    with pytest.raises(ZeroDivisionError, match="in the callback"):
        ap.tune(exp, space, trials=3, seeds=[101], callbacks=[breaks], out="broken")
    assert len(ap.tune(exp, space, trials=3, seeds=[101], out="broken", resume=True).trials) == 3


def test_spaces_are_no_weights() -> None:
    c = ap.Circuit("mine", dt_ms=0.05)
    x = c.input("input", 4)
    a = c.population("a", 3, basal=0.1)
    with pytest.raises(ap.ConfigError, match="of spaces that tune searches"):
        c.connect(x, a.basal, weights=ap.uniform(-1, 1, whole=True))
    assert ap.uniform(1, 4, whole=True, each=2) != ap.uniform(1, 4)


def test_experiments_of_a_comparison_take_its_changes_and_stand_on_its_task() -> None:
    own = ap.experiment(TASK, {"name": "backpropagation", "layers": [4, 5, 3]}).update({"label": "own"})
    r = ap.compare(TASK, [own, "feedback-alignment"], seeds=1, training={"epochs": 2})
    assert [run.experiment["training.epochs"] for run in r.runs.values()] == [2, 2]
    with pytest.raises(ap.ConfigError, match=r"'own' is an experiment with task.name = 'yin-yang'; the comparison has"):
        ap.compare("xor", [own])


def test_going_on_needs_a_place(small: Callable[[str], ap.Experiment]) -> None:
    with pytest.raises(ap.ConfigError, match="resume=True goes on in a directory"):
        small("layered").run(resume=True)


def test_a_scaled_range_is_searched_as_scaled(small: Callable[[str], ap.Experiment]) -> None:
    found = ap.tune(small("layered"), {"model.learning_rate": 0.01 * ap.uniform(1, 2)}, trials=2, seeds=1, rounds=1)
    assert found.trials["model.learning_rate"].between(0.01, 0.02).all()


def test_optuna_drives_experiments_and_prunes_them(small: Callable[[str], ap.Experiment]) -> None:
    optuna = pytest.importorskip("optuna", reason="optuna is not there: see python/requirements.lock")
    optuna.logging.set_verbosity(optuna.logging.WARNING)

    def score(trial: Any) -> float:
        rate = trial.suggest_categorical("model.learning_rate", [0.001, 0.01, 0.03])

        def heard(event: ap.EpochEnd) -> None:
            trial.report(event.mean("accuracy", "validation"), event.epoch)
            if rate == 0.03 and event.epoch == 1:
                raise optuna.TrialPruned

        run = small("layered").update({"model.learning_rate": rate}).run(seeds=1, out=f"trial-{rate}", callbacks=heard)
        return last_validation(run)

    def last_validation(run: ap.Run) -> float:
        return float(run.metrics.query("split == 'validation'").accuracy.iloc[-1])

    study = optuna.create_study(
        direction="maximize", sampler=optuna.samplers.GridSampler({"model.learning_rate": [0.001, 0.01, 0.03]}, seed=1)
    )
    study.optimize(score, n_trials=3)
    ended = {t.params["model.learning_rate"]: t.state.name for t in study.trials}
    assert ended == {0.001: "COMPLETE", 0.01: "COMPLETE", 0.03: "PRUNED"}
    again = small("layered").update(study.best_params).run(seeds=1)
    assert last_validation(again) == study.best_value
    assert ap.Run("trial-0.03").resume().finished  # what was pruned left a checkpoint
