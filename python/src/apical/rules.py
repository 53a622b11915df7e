# SPDX-License-Identifier: Apache-2.0
"""Plasticity rules of circuits, written as a formula of what is local to the synapse.

    rule("eta * (look - a * v) * pre - decay * w", eta=0.02, decay=1e-4)

A formula is multiplied out and matched with the rules the engine has kernels for, which run at full speed:

    dw/dt = eta (post x pre) - decay w

| post | |
| --- | --- |
| look - a * v | what the soma does that the compartment did not foresee; a: conductance x tau unless given |
| v | potential of the compartment that the synapse is on, one step ago |
| rate | of the postsynaptic neuron |

`pre` is what the synapse transmitted one step ago, `w` its weight. Everything else is a number, given by name.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .errors import ConfigError

#: What a synapse can know, and what it is called in formulas.
LOCAL = {
    "pre": "what the synapse transmitted one step ago",
    "look": "lookahead potential of the postsynaptic soma",
    "v": "potential of the postsynaptic compartment one step ago",
    "a": "how much of v reaches the soma: conductance x tau",
    "rate": "rate of the postsynaptic neuron",
    "w": "the weight",
}
_NOT_LOCAL = {
    "loss": "the loss is known to nobody in the circuit",
    "error": "an error must be the activity of some population that projects to the synapse's neuron",
    "target": "a target is the activity of an external population; let it project to a compartment",
    "label": "a label is the activity of an external population; let it project to a compartment",
    "grad": "a gradient is not available at a synapse",
    "W": "the whole matrix is not available at one synapse; its own weight is w",
    "reward": "reward as a third factor is not available in rate circuits yet",
}

_Term = tuple[str, ...]
_Sum = dict[_Term, float]


@dataclass(frozen=True)
class Rule:
    """A rule as the engine has it; `formula` as it was written."""

    formula: str
    eta: float
    post: Mapping[str, Any] = field(default_factory=dict)
    attenuation: float | None = None
    pre: bool = True
    decay: float = 0.0

    def to_dict(self, compartment: str) -> dict[str, Any]:
        """The table `rule` of a projection to this compartment."""
        table: dict[str, Any] = {"eta": self.eta}
        if self.post:
            table["post"] = dict(self.post)
            if self.post["kind"] != "rate":
                table["post"]["compartment"] = compartment
            if self.attenuation is not None:
                table["post"]["attenuation"] = self.attenuation
            table["pre"] = {"kind": "transmitted"}
        if self.decay:
            table["decay"] = {"alpha": self.decay / self.eta}
        return table


def rule(formula: str, /, **numbers: float) -> Rule:
    """A plasticity rule from its formula for dw/dt, in 1/ms.

    Args:
        formula: of the symbols above, numbers, + - * and parentheses.
        numbers: the value of every other name in it.

    Raises:
        ConfigError: for what is not local to the synapse, and why; for a form the engine has no kernel for.

    >>> rule("eta * (look - a * v) * pre - decay * w", eta=0.02, decay=1e-4).to_dict("basal")["decay"]
    {'alpha': 0.005}
    >>> rule("eta * error * pre", eta=0.1)
    Traceback (most recent call last):
    ...
    apical.errors.ConfigError: 'error' is not local to a synapse: an error must be the activity of some \
population that projects to the synapse's neuron
    """
    for name, number in numbers.items():
        if not math.isfinite(number):
            raise ConfigError(f"'{name}' is {number}; expected a finite number")
    try:
        tree = ast.parse(formula, mode="eval")
    except SyntaxError as e:
        raise ConfigError(f"'{formula}' is no formula: {e.msg} at column {e.offset}") from None
    used: set[str] = set()
    terms = {t: c for t, c in _expand(tree.body, numbers, used).items() if c != 0}
    unused = sorted(set(numbers) - used)
    if unused:
        raise ConfigError(f"'{unused[0]}' does not occur in '{formula}'")
    return _matched(formula, terms)


def _expand(node: ast.expr, numbers: Mapping[str, float], used: set[str]) -> _Sum:
    """The sum of products of symbols that a formula is."""
    match node:
        case ast.Constant(value=int() | float() as number):
            return {(): float(number)}
        case ast.Name(id=name):
            if name in numbers:
                used.add(name)
                return {(): float(numbers[name])}
            if name in LOCAL:
                return {(name,): 1.0}
            if name in _NOT_LOCAL:
                raise ConfigError(f"'{name}' is not local to a synapse: {_NOT_LOCAL[name]}")
            known = "; ".join(f"{symbol}: {meaning}" for symbol, meaning in LOCAL.items())
            raise ConfigError(
                f"'{name}' is neither a number that was given nor local to a synapse\n  local are {known}",
                problem=f"'{name}' is neither a number that was given nor local to a synapse",
                hint=f"give it a value: rule(…, {name}=…)",
            )
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return {t: -c for t, c in _expand(inner, numbers, used).items()}
        case ast.UnaryOp(op=ast.UAdd(), operand=inner):
            return _expand(inner, numbers, used)
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() as op, right=right):
            total = dict(_expand(left, numbers, used))
            sign = 1.0 if isinstance(op, ast.Add) else -1.0
            for t, c in _expand(right, numbers, used).items():
                total[t] = total.get(t, 0.0) + sign * c
            return total
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            product: _Sum = {}
            others = _expand(right, numbers, used)
            for t, c in _expand(left, numbers, used).items():
                for u, d in others.items():
                    both = tuple(sorted(t + u))
                    product[both] = product.get(both, 0.0) + c * d
            return product
        case _:
            raise ConfigError(
                f"'{ast.unparse(node)}' is not understood; a rule is made of names, numbers, + - * and ()"
            )


def _matched(formula: str, terms: _Sum) -> Rule:
    def take(*symbols: str) -> float:
        return terms.pop(tuple(sorted(symbols)), 0.0)

    decay = -take("w")
    look, a_v, v, rate = take("look", "pre"), take("a", "pre", "v"), take("pre", "v"), take("pre", "rate")
    if terms:
        left = " * ".join(next(iter(terms))) or "a constant"
        raise ConfigError(
            f"'{formula}' has a term in {left}, for which there is no kernel yet; known are eta * post * pre "
            "- decay * w with post one of (look - a * v), v, rate"
        )
    if look != 0 and rate == 0 and (a_v == 0 or v == 0):
        if a_v not in (0.0, -look):
            raise ConfigError(
                f"'{formula}': look and a * v must have the same factor, as in eta * (look - a * v) * pre"
            )
        attenuation = None if a_v else -v / look
        return Rule(formula, look, {"kind": "voltage_residual"}, attenuation, True, decay)
    if look == 0 and a_v == 0 and (v == 0) != (rate == 0):
        kind = "compartment" if v else "rate"
        return Rule(formula, v or rate, {"kind": kind}, None, True, decay)
    if look == a_v == v == rate == 0 and decay != 0:
        return Rule(formula, 1.0, {}, None, False, decay)
    raise ConfigError(f"'{formula}' adds several postsynaptic factors, for which there is no kernel yet")
