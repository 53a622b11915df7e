# SPDX-License-Identifier: Apache-2.0
"""Credit rules of layered networks as functions of NumPy arrays, called once per batch."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from . import _core
from .arrays import as_array
from .errors import ConfigError, DataError

Array = npt.NDArray[Any]


class _PerLayer(Sequence[Array]):
    """Arrays by layer, copied when they are first asked for."""

    def __init__(self, get: Callable[[int], Array], first: int, count: int) -> None:
        self._get, self._first, self._count = get, first, count
        self._copied: dict[int, Array] = {}

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> Array: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Array]: ...
    def __getitem__(self, index: int | slice) -> Array | Sequence[Array]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(self._count))]
        at = index + self._count if index < 0 else index
        if not 0 <= at < self._count:
            raise IndexError(f"there are {self._count} of them, no [{index}]")
        if at not in self._copied:
            self._copied[at] = self._get(self._first + at)
        return self._copied[at]

    def __iter__(self) -> Iterator[Array]:
        return (self[i] for i in range(self._count))


class LayeredBatch:
    """What a credit rule is told of one batch. Arrays are copies, made when they are first asked for.

    Layer l has pre-activations a[l] = h[l] W[l]ᵀ + b[l] and activities h[l + 1] = f(a[l]), so that h[0] is the input
    and h[l] what layer l reads. N samples, n_0 … n_L units.

    Attributes:
        h: L + 1 arrays (N, n_l): the input, then the activities of every layer.
        a: L arrays (N, n_l): pre-activations.
        W: L arrays (units, units below).
        b: L arrays (units,).
        error: (N, n_L), dLoss/da of the output for each sample; of the mean loss it is this / N.
        slope: L arrays (N, n_l): f'(a); 1 for softmax.
        feedback: L - 1 arrays, of the shapes of W[1:], random and fixed, the same as "feedback-alignment" has with this
            seed, unless `start_from` gives others: feedback[l] carries errors of layer l + 1 to layer l.
        target: (N, n_L).
        seed: of the replica that learns.
        resting: True while angles to the gradient are measured: nothing is learned from the batch, and a rule that
            changes something by itself, such as feedback of its own, leaves it as it is.
        depth: L.
        samples: N.
    """

    def __init__(self, told: _core.ToldBatch) -> None:
        self._told = told
        self.depth = told.depth
        self.samples = told.samples
        self.seed = told.seed
        self.resting = told.resting
        self.h = _PerLayer(told.activity, 0, self.depth + 1)
        self.a = _PerLayer(told.potential, 1, self.depth)
        self.W = _PerLayer(told.weights, 1, self.depth)
        self.b = _PerLayer(told.offsets, 1, self.depth)
        self.slope = _PerLayer(told.slope, 1, self.depth)
        self.feedback = _PerLayer(told.feedback, 1, self.depth - 1)

    @property
    def error(self) -> Array:
        """dLoss/da of the output, (N, n_L), not divided by N."""
        return self._told.error()

    @property
    def target(self) -> Array:
        """(N, n_L)."""
        return self._told.target()


#: For each layer the gradient of its weights, or a pair with that of its offsets; offsets without one stay.
Gradients = Sequence[Array | tuple[Array, Array]]


class LayeredRule:
    """A credit rule in Python, made by `layered_rule`. Goes wherever the name of a model goes.

    Attributes:
        name: in experiments and figures.
        function: what is called with a `LayeredBatch`.
    """

    def __init__(self, function: Callable[[LayeredBatch], Gradients], name: str) -> None:
        if not callable(function):
            raise TypeError(f"a rule is {function!r}; expected a function of a LayeredBatch")
        self.function = function
        self.name = name
        self._handed = _core.Handed()
        self._handed.add_rule(name, functools.partial(_credit, name, function))

    def __call__(self, batch: LayeredBatch) -> Gradients:
        """The gradients that the function gives."""
        return self.function(batch)

    def __repr__(self) -> str:
        return f"LayeredRule({self.name!r})"

    def to_dict(self) -> dict[str, str]:
        """Keys of [model]. What they call memory:NAME is in this process: no file can say it, and the program refuses
        to run it."""
        return {"name": "layered-rule", "rule": f"memory:{self.name}"}


def _credit(
    name: str, function: Callable[[LayeredBatch], Gradients], told: _core.ToldBatch
) -> list[tuple[Array, Array | None]]:
    """What the engine calls; it holds the function, but not the rule, whose memory it is part of."""
    batch = LayeredBatch(told)
    given = function(batch)
    if isinstance(given, np.ndarray) or not isinstance(given, Sequence):
        raise DataError(f"rule '{name}' gave {type(given).__name__}; expected a list of gradients, one per layer")
    if len(given) != batch.depth:
        raise DataError(f"rule '{name}' gave {len(given)} gradients; expected {batch.depth}, one per layer")
    units = [batch.h[layer].shape[1] for layer in range(batch.depth + 1)]
    pairs: list[tuple[Array, Array | None]] = []
    for layer, one in enumerate(given):
        where = f"rule '{name}', layer {layer + 1}"
        weights, offsets = one if isinstance(one, tuple) and len(one) == 2 else (one, None)
        checked = _numbers(weights, "weights", (units[layer + 1], units[layer]), batch.h[0].dtype, where)
        of_offsets = (units[layer + 1],)
        pairs.append(
            (checked, None if offsets is None else _numbers(offsets, "offsets", of_offsets, batch.h[0].dtype, where))
        )
    return pairs


def _numbers(given: Any, of: str, shape: tuple[int, ...], dtype: np.dtype[Any], where: str) -> Array:
    numbers = np.ascontiguousarray(as_array(given, f"{where}: {of}"), dtype=dtype)
    if numbers.shape != shape:
        what = "units, units below" if len(shape) == 2 else "units"
        raise DataError(f"{where}: the gradient of the {of} has shape {numbers.shape}; expected {shape} ({what})")
    return numbers


@overload
def layered_rule(function: Callable[[LayeredBatch], Gradients], /, *, name: str | None = None) -> LayeredRule: ...
@overload
def layered_rule(
    function: None = None, /, *, name: str | None = None
) -> Callable[[Callable[[LayeredBatch], Gradients]], LayeredRule]: ...
def layered_rule(
    function: Callable[[LayeredBatch], Gradients] | None = None, /, *, name: str | None = None
) -> LayeredRule | Callable[[Callable[[LayeredBatch], Gradients]], LayeredRule]:
    """A credit rule of layered networks from a function of a `LayeredBatch`, which gives for each layer the gradient of
    its weights, mean over the batch, or a pair with that of its offsets. Weights go downhill by the model's optimiser.

    Args:
        function: called for every batch, on threads of the engine, for each seed and for the angles to the gradient.
            It should be a function of what it is told: what it keeps from batch to batch is in no checkpoint, and
            rests while `batch.resting`.
        name: default: the function's.

    The rule is a model: `ap.compare(task, [rule, "backpropagation"])` gives it the settings that Apical brings for
    backpropagation, `ap.experiment(task, {"name": rule, "layers": [4, 30, 3]})` your own, with the keys of
    backpropagation. Layers are all to all. It lives in this process: experiments with it have no TOML that the program
    could run, and `ap.Run(directory, rule=rule)` goes on with a run later. Shapes that do not fit raise `DataError`,
    numbers that are not finite `NumericalFault`, both with the layer and the place.

    >>> @layered_rule
    ... def feedback_alignment(batch):
    ...     delta, gradients = batch.error, [None] * batch.depth
    ...     for l in reversed(range(batch.depth)):
    ...         gradients[l] = delta.T @ batch.h[l] / batch.samples, delta.mean(axis=0)
    ...         if l > 0:
    ...             delta = delta @ batch.feedback[l - 1] * batch.slope[l - 1]
    ...     return gradients
    >>> feedback_alignment
    LayeredRule('feedback_alignment')
    """

    def made(f: Callable[[LayeredBatch], Gradients]) -> LayeredRule:
        called = str(name or getattr(f, "__name__", type(f).__name__))
        if not called.isidentifier() and not called.replace("-", "_").replace(" ", "_").isidentifier():
            raise ConfigError(f"a rule is called '{called}'; expected a name", hint="layered_rule(f, name='mine')")
        return LayeredRule(f, called)

    return made if function is None else made(function)
