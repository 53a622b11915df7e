# SPDX-License-Identifier: Apache-2.0
"""Circuits that assign credit the way cortex might, measured against backpropagation.

    import apical as ap

    exp = ap.Experiment("experiments/yin-yang/error-neurons.toml")
    exp["training.epochs"] = 20
    run = exp.run(seeds=5, callbacks=[ap.live()])
    run.metrics.groupby(["epoch", "split"]).accuracy.mean().unstack().plot()

Everything but callbacks can be written as TOML (`to_toml()`), which the program `apical` runs to the same bits.
The core needs NumPy only; tables, recordings and plots need the extras `data` and `plot`.
"""

from __future__ import annotations

from . import _core, plot
from .callbacks import Callback, EpochEnd, Measurement, Progress, ProgressCallback, bar, live, tensorboard, wandb
from .circuit import (
    Circuit,
    Compartment,
    Population,
    Projection,
    Transpose,
    Weights,
    constant,
    identity,
    normal,
    uniform,
)
from .environment import Environment
from .errors import ConfigError, DataError, Error, IoError, NumericalFault, Stopped
from .experiment import Experiment, Forecast, experiment, read
from .layered import LayeredBatch, LayeredRule, layered_rule
from .planned import PlannedSweep
from .rules import Rule, rule
from .run import Run
from .samples import ShownSamples
from .simulation import Simulation
from .spiking import SpikingCircuit, SpikingPopulation, SpikingProjection
from .spiking_simulation import Counts, Spikes, SpikingSimulation
from .study import Comparison, Probe, Reproduction, compare, probe, reproduce, sweep
from .task import Task
from .tuning import Tuning, log_uniform, tune

__version__ = _core.version()
#: Of the sources it was built from.
revision = _core.revision()
#: Rises when the same seed may give other numbers than before.
numerics_version = _core.numerics_version()

__all__ = [
    "Callback",
    "Circuit",
    "Comparison",
    "Compartment",
    "ConfigError",
    "Counts",
    "DataError",
    "Environment",
    "EpochEnd",
    "Error",
    "Experiment",
    "Forecast",
    "IoError",
    "LayeredBatch",
    "LayeredRule",
    "Measurement",
    "NumericalFault",
    "PlannedSweep",
    "Population",
    "Probe",
    "Progress",
    "ProgressCallback",
    "Projection",
    "Reproduction",
    "Rule",
    "Run",
    "Stopped",
    "ShownSamples",
    "Simulation",
    "Spikes",
    "SpikingCircuit",
    "SpikingPopulation",
    "SpikingProjection",
    "SpikingSimulation",
    "Task",
    "Transpose",
    "Tuning",
    "Weights",
    "__version__",
    "bar",
    "compare",
    "constant",
    "experiment",
    "identity",
    "layered_rule",
    "live",
    "log_uniform",
    "normal",
    "numerics_version",
    "plot",
    "probe",
    "read",
    "reproduce",
    "revision",
    "rule",
    "sweep",
    "tensorboard",
    "tune",
    "uniform",
    "wandb",
]
