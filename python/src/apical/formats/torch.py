# SPDX-License-Identifier: Apache-2.0
"""Layered networks of all-to-all layers as torch modules, and back. Needs torch (extra `torch`)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, takewhile
from typing import Any

import numpy as np
import numpy.typing as npt

try:
    import torch
    from torch import nn
except ModuleNotFoundError as _missing:
    raise ModuleNotFoundError(
        "apical.formats.torch needs torch: pip install 'apical[torch]', or torch from where you get it", name="torch"
    ) from _missing

from ..errors import ConfigError
from ..run import Run

_ACTIVATIONS: dict[str, Any] = {
    "linear": None,
    "relu": nn.ReLU,
    "tanh": nn.Tanh,
    "logistic": nn.Sigmoid,
    "sigmoid": nn.Sigmoid,
}


def _forward_names() -> Iterator[str]:
    yield "input->a1"
    yield from (f"a{area}->a{area + 1}" for area in count(1))


def module_of(run: Run, seed: int | None = None) -> nn.Sequential:
    """The network of a finished run, which answers as it does: outputs before a softmax. It wants inputs as the network
    was shown them: `run.samples("test").inputs`, or `run.normalised(x)`.

    ConfigError for what is no layered network of all-to-all layers, for activations that torch has not, and for rules
    whose layers settle instead of answering in one pass forwards.
    """
    model = run.experiment.to_dict().get("model", {})
    layers: list[nn.Module] = []
    projections = list(takewhile(set(run.projections).__contains__, _forward_names()))  # without feedback
    if not projections:
        raise ConfigError(f"{run.path} is no layered network: it has {', '.join(run.projections)}")
    if any(not isinstance(layer, int) for layer in model.get("layers", [])):
        raise ConfigError(
            f"{run.path} has layers {model['layers']}; expected all-to-all layers, which are numbers of units"
        )
    double = run.experiment["run.precision"] == "double"
    for number, projection in enumerate(projections):
        w, b = run.weights(projection, seed), run.offsets(projection, seed)
        layer = nn.Linear(w.shape[1], w.shape[0], dtype=torch.float64 if double else torch.float32)
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(w))
            layer.bias.copy_(torch.from_numpy(b))
        layers.append(layer)
        named = model.get("output", "linear") if number == len(projections) - 1 else model.get("activation", "relu")
        if named in ("softmax",):
            continue
        if named not in _ACTIVATIONS:
            raise ConfigError(f"activation '{named}' is none of torch's: {', '.join(_ACTIVATIONS)}")
        if _ACTIVATIONS[named] is not None:
            layers.append(_ACTIVATIONS[named]())
    net = nn.Sequential(*layers)
    _require_same_answer(run, net, run.seeds[0] if seed is None else seed, model.get("output") == "softmax")
    return net


def _require_same_answer(run: Run, net: nn.Sequential, seed: int, softmax: bool) -> None:
    """To an input of zeros, for which no data are needed: what settles comes to something else."""
    expected = run._state.answer_to_zeros(seed)
    with torch.no_grad():
        answer = net(torch.zeros(1, net[0].in_features, dtype=net[0].weight.dtype))[0]
        answer = (answer.softmax(0) if softmax else answer).double().numpy()
    if not np.allclose(answer, expected, rtol=1e-3, atol=1e-4):
        raise ConfigError(
            f"'{run.manifest['model']}' answers {expected} to zeros where one pass forwards gives {answer}: its layers "
            "settle, which a module of PyTorch does not; run.weights() has the weights, run.predict(x) the answers"
        )


def weights_of(module: nn.Module) -> dict[str, npt.NDArray[np.float32]]:
    """Weights and offsets of the linear layers of a module, in order, by the names that `start_from` knows.

    >>> import numpy as np
    >>> np.savez("start.npz", **weights_of(net))                  # doctest: +SKIP
    >>> exp["model.start_from"] = "start.npz"                     # doctest: +SKIP
    """
    for name, layer in module.named_modules():
        if not isinstance(layer, nn.Linear) and next(layer.parameters(recurse=False), None) is not None:
            raise ConfigError(
                f"'{name}' is a {type(layer).__name__}, whose parameters have no place among all-to-all layers; "
                "expected nn.Linear and layers without parameters"
            )
    found = [layer for layer in module.modules() if isinstance(layer, nn.Linear)]
    if not found:
        raise ConfigError("the module has no linear layer")
    out: dict[str, npt.NDArray[np.float32]] = {}
    for number, layer in enumerate(found, 1):
        name = f"a{number - 1}->a{number}" if number > 1 else "input->a1"
        out[name] = layer.weight.detach().cpu().numpy().astype(np.float32)
        offset = layer.bias
        out[f"a{number}.offsets"] = (
            np.zeros(layer.out_features, np.float32)
            if offset is None
            else offset.detach().cpu().numpy().astype(np.float32)
        )
    return out
