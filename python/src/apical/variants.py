# SPDX-License-Identifier: Apache-2.0
"""One model of a comparison, with the settings that Apical brings if it is just a name."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from .circuit import Circuit
from .errors import ConfigError
from .experiment import Experiment, experiment
from .layered import LayeredRule
from .machine import shipped_experiments
from .task import Task

#: Activations of which no potential gives the rates 0 and 1 that classes ask for.
_BELOW_ONE = ("tanh", "logistic")


def variant_of(task: str | Mapping[str, Any] | Task, model: Any, tables: Mapping[str, Any]) -> Experiment:
    """The experiment of this model on this task, `tables` changed."""
    if isinstance(model, Experiment):
        _require_same_task(model, task)
        return model.copy().update(tables) if tables else model.copy()
    if isinstance(model, LayeredRule):
        made = variant_of(task, "backpropagation", tables).copy()
        made._handed.add(model._handed)
        return made.update({f"model.{key}": value for key, value in model.to_dict().items()} | {"label": model.name})
    if isinstance(model, Circuit):
        parts = {k: v for k, v in tables.items() if k != "model"}
        if isinstance(task, Task) and model.readout_activation in _BELOW_ONE:
            parts["training"] = {"target_potentials": "task_numbers"} | parts.get("training", {})
        made = experiment(task, model, **parts)
        made["label"] = model.name
        return _aligned(made, tables) if isinstance(task, Task) else made
    if isinstance(task, Task):
        return _aligned(_on_own_task(task, str(model), tables), tables)
    name = task if isinstance(task, str) else str(task["name"])
    one = _shipped(name, str(model))
    changes = {} if isinstance(task, str) else {"task": dict(task)}
    return one.update({**changes, **tables}) if changes or tables else one


def _require_same_task(model: Experiment, task: str | Mapping[str, Any] | Task) -> None:
    """ConfigError, with the first key that differs, for an experiment on another task than the comparison's."""
    named = {"name": task} if isinstance(task, str) else task.to_dict() if isinstance(task, Task) else dict(task)
    has = model.to_dict().get("task", {})
    for key, value in named.items():
        if key in has and has[key] != value:
            raise ConfigError(
                f"'{model['label']}' is an experiment with task.{key} = {has[key]!r}; the comparison has {value!r}",
                hint="compare([experiments]) takes experiments as they are",
            )


def _names(label: str, tables: Mapping[str, Any]) -> tuple[Any, ...]:
    """By which a model is known: its label, with spaces or without, and the name of its recipe."""
    return label, label.replace(" ", "-"), tables.get("model", {}).get("name")


def _shipped(task: str, model: str) -> Experiment:
    settings = shipped_experiments() / task / "all.toml"
    if settings.is_file():
        for one in Experiment(settings).variants():
            if model in _names(one["label"], one.to_dict()):
                return one
    raise ConfigError(
        f"no settings of model '{model}' for task '{task}' come with Apical",
        hint="give an Experiment: apical.experiment(task, {'name': …, 'layers': …})",
    )


def _on_own_task(task: Task, model: str, tables: Mapping[str, Any]) -> Experiment:
    """As for Yin-Yang, or environments of tasks that reward, with as many inputs and outputs as the task has."""
    file = shipped_experiments() / ("environment" if task.rewards else "yin-yang") / "all.toml"
    settings = tomllib.loads(file.read_text(encoding="utf-8"))
    known = next((v for v in settings["variant"] if model in _names(v["label"], v)), None)
    if known is None:
        labels = [v["label"] for v in settings["variant"]]
        near = difflib.get_close_matches(model, labels, 1)
        hint = f"did you mean '{near[0]}'?" if near else f"there are {'; '.join(labels)}"
        raise ConfigError(f"no settings of model '{model}' come with Apical", hint=hint)

    def of(table: str) -> dict[str, Any]:
        return {**settings.get(table, {}), **known.get(table, {})}

    network = of("model")
    network["layers"] = [task.inputs, *network["layers"][1:-1], task.outputs]
    document: dict[str, Any] = {"label": known["label"], "task": task, "model": network | tables.get("model", {})}
    document |= {table: of(table) for table in ("reward", "value") if of(table)}
    if "eta_schedule" in of("training"):
        document["training"] = {"eta_schedule": of("training")["eta_schedule"]}
    made = Experiment(document)
    others = {k: v for k, v in tables.items() if k != "model"}
    return made.update(others) if others else made


def _aligned(made: Experiment, tables: Mapping[str, Any]) -> Experiment:
    """Angles to the gradient are measured where there is one, unless `tables` say how often."""
    if "align_every" in tables.get("training", {}):
        return made
    with suppress(ConfigError):  # a circuit without an exact gradient, or a task whose samples are not held
        made["training.align_every"] = 5
    return made
