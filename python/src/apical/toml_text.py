# SPDX-License-Identifier: Apache-2.0
"""Python values as TOML text. Reading is left to the library, which knows what every key means."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .errors import ConfigError

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def key(name: str) -> str:
    """A key, in quotes where TOML needs them."""
    return name if _BARE.fullmatch(name) else text(name)


def text(value: str) -> str:
    """A basic string in quotes."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def value(x: Any, what: str = "value") -> str:
    """A value on one line; `what` names it in messages."""
    if what == "model.start_from" and not isinstance(x, str | os.PathLike):
        raise ConfigError(
            f"'model.start_from' is {type(x).__name__}; expected a run, or a .npz or .safetensors file",
            hint='numpy.savez("w.npz", **weights) writes one of a dict of arrays',
        )
    if isinstance(x, np.ndarray | np.generic):
        x = x.tolist()
    if isinstance(x, bool):
        return "true" if x else "false"
    if isinstance(x, int):
        return str(x)
    if isinstance(x, float):
        if not math.isfinite(x):
            raise ConfigError(f"'{what}' is {x}; expected a finite number")
        return repr(x) if x != int(x) or abs(x) > 1e15 else f"{x:.1f}"
    if isinstance(x, str | os.PathLike):
        return text(os.fspath(x))
    if isinstance(x, Mapping):
        return "{" + ", ".join(f"{key(str(k))} = {value(v, f'{what}.{k}')}" for k, v in x.items()) + "}"
    if isinstance(x, Sequence):
        return "[" + ", ".join(value(v, f"{what}[{i}]") for i, v in enumerate(x)) + "]"
    raise ConfigError(f"'{what}' is of type {type(x).__name__}; expected a number, text, list or dict")


def document(table: Mapping[str, Any]) -> str:
    """A document: plain values first, then tables and lists of tables."""
    lines: list[str] = []
    _write(lines, table, ())
    return "\n".join(lines) + "\n"


def _is_table_list(x: Any) -> bool:
    return isinstance(x, Sequence) and not isinstance(x, str) and bool(x) and all(isinstance(e, Mapping) for e in x)


def _write(lines: list[str], table: Mapping[str, Any], path: tuple[str, ...]) -> None:
    later = []
    for k, v in table.items():
        if isinstance(v, Mapping) or _is_table_list(v):
            later.append((k, v))
        elif v is not None:
            lines.append(f"{key(k)} = {value(v, '.'.join((*path, k)))}")
    for k, v in later:
        inner = (*path, k)
        name = ".".join(key(p) for p in inner)
        if isinstance(v, Mapping):
            lines.append(f"\n[{name}]")
            _write(lines, v, inner)
        else:
            for entry in v:
                lines.append(f"\n[[{name}]]")
                _write(lines, entry, inner)
