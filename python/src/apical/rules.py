# SPDX-License-Identifier: Apache-2.0
"""Plasticity rules of circuits, written as a formula for dw/dt, in 1/ms, of what is local to the synapse.

    rule("eta * (look - a * v) * pre - decay * w", eta=0.02, decay=1e-4)

A formula is made of the names below, numbers by name, + - * / ^, parentheses, and exp, log, tanh, sqrt, abs, relu,
step, min and max.

| name | what it is |
| --- | --- |
| pre | what the synapse transmitted one step ago |
| look | lookahead potential of the postsynaptic soma |
| v | potential of the compartment that the synapse is on, one step ago; v_NAME: of the one called NAME |
| a | how much of v reaches the soma: conductance x tau |
| rate | of the postsynaptic neuron |
| w | the weight |

Products that the engine has kernels for, eta * post * pre - decay * w with post one of (look - a * v), v and rate, run
as these, to the same bits but for constants that are multiplied out; anything else is interpreted, and `check` says
what that costs. The library reads formulas, wherever they come from: `rule = {formula = "…", eta = 0.02}` is the same
in a file.

Between neurons that spike, weights jump at events and bursts of the postsynaptic neuron:

    rule("eta * (burst - p * event) * pre", eta=0.01)

| name | what it is |
| --- | --- |
| pre | trace of the presynaptic events, one more at each, with the time constant `pre_tau_ms` of the rule |
| event, burst | events and bursts of the postsynaptic neuron: each term has one of them |
| p | moving average of the share of its events that are bursts |
| event_rate, burst_rate | moving averages, in Hz |

`eta * (burst - p * event) * pre`, with p or a number, is the kernel of Payeur et al. (2021); any other
`(f * event + g * burst) * pre`, with f and g of p, the rates and numbers, is interpreted, once for each event and
burst.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from . import _core
from .errors import ConfigError

#: What a synapse can know, by its name in formulas.
LOCAL: Mapping[str, str] = _core.local_quantities()

#: The same between neurons that spike.
LOCAL_OF_SPIKES: Mapping[str, str] = _core.local_quantities(spiking=True)


@dataclass(frozen=True)
class Rule:
    """A rule as it was written.

    Attributes:
        formula: for dw/dt in 1/ms.
        numbers: what its names stand for.
        interpreted: no kernel of the engine has it.
    """

    formula: str
    numbers: Mapping[str, float] = field(default_factory=dict)
    interpreted: bool = False

    def to_dict(self) -> dict[str, Any]:
        """The table `rule` of a projection."""
        return {"formula": self.formula, **self.numbers}


def rule_table(given: Rule | Mapping[str, Any]) -> dict[str, Any]:
    """The table `rule` of a projection, from what a user may say."""
    if isinstance(given, Rule):
        return given.to_dict()
    if isinstance(given, Mapping):
        return dict(given)
    raise ConfigError(
        f"the rule is {given!r}; expected apical.rule(…) or a table",
        hint=f"rule=apical.rule({given!r}, eta=…) gives its numbers" if isinstance(given, str) else "",
    )


def rule(formula: str, /, **numbers: float) -> Rule:
    """A plasticity rule from its formula for dw/dt, in 1/ms.

    Args:
        formula: of what is local to the synapse (`help(apical.rules)`), numbers and functions.
        numbers: the value of every other name in it.

    Raises:
        ConfigError: for what is not local to the synapse, and why; for what is no formula, with its column.

    >>> rule("eta * (look - a * v) * pre - decay * w", eta=0.02, decay=1e-4).interpreted
    False
    >>> rule("eta * (rate * pre - rate^2 * w)", eta=0.02).interpreted
    True
    >>> rule("eta * (burst - p * event) * pre", eta=0.01).interpreted
    False
    >>> rule("eta * error * pre", eta=0.1)
    Traceback (most recent call last):
    ...
    apical.errors.ConfigError: 'error' is not local to a synapse: an error must be the activity of some \
population that projects to the synapse's neuron
    """
    values = {name: float(number) for name, number in numbers.items()}
    return Rule(formula, values, _core.is_interpreted(formula, values))
