# SPDX-License-Identifier: Apache-2.0
"""docs/python-reference.md from the docstrings of the package:

build/python-venv/bin/python tools/python_reference.py > docs/python-reference.md
"""

from __future__ import annotations

import enum
import importlib
import importlib.util
import inspect
import operator
import re
import sys
from collections.abc import Iterator
from types import FunctionType
from unittest.mock import MagicMock

import apical as ap

_FORMATS = ("neo", "nir", "nwb", "torch")
for _package in ("neo", "quantities", "nir", "pynwb", "hdmf", "torch"):  # their docstrings can be read without them
    if importlib.util.find_spec(_package) is None:
        sys.modules[_package] = MagicMock()
for _format in _FORMATS:
    importlib.import_module(f"apical.formats.{_format}")

_GROUPS = {
    "Experiments": "Experiment experiment read Forecast",
    "Runs": "Run EpochEnd Measurement Progress live bar tensorboard wandb",
    "Own data and environments": "Task",
    "Many runs": "compare sweep tune log_uniform probe reproduce Comparison Tuning Probe Reproduction "
    "plot.figure plot.figures",
    "Circuits of rate neurons": "Circuit Population Compartment Projection rule Rule uniform normal constant identity "
    "Weights Transpose Simulation",
    "Circuits of spiking neurons": "SpikingCircuit SpikingPopulation SpikingProjection SpikingSimulation Spikes Counts",
    "Rules of layered networks": "layered_rule LayeredRule LayeredBatch",
    "Formats of others": "formats.neo.block formats.nwb.write formats.nir.graph_of formats.nir.circuit_of "
    "formats.torch.module_of formats.torch.weights_of",
    "Errors": "Error ConfigError DataError IoError NumericalFault",
}


def signature(thing: object) -> str:
    """As it is called, without annotations that only repeat the text below."""
    try:
        found = inspect.signature(thing)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return "(…)"
    bare = [p.replace(annotation=inspect.Parameter.empty) for p in found.parameters.values() if p.name != "self"]
    return str(found.replace(parameters=bare, return_annotation=inspect.Signature.empty))


def text(thing: object) -> str:
    """The docstring as Markdown: `Args:` and the like become bold, examples become code."""
    doc = inspect.getdoc(thing) or ""
    out, in_code = [], False
    for line in doc.splitlines():
        code = line.lstrip().startswith((">>>", "..."))
        if code and not in_code:
            out.append("```python")
        if in_code and not code and not line.strip():
            out.append("```")
            in_code = False
        in_code = in_code or code
        if not in_code and re.fullmatch(r"(Args|Raises|Attributes):", line):
            out += [f"**{line[:-1]}**", ""]
        elif not in_code and re.match(r"    \S", line):
            name, _, meaning = line.strip().partition(": ")
            out.append(f"- `{name}`: {meaning}" if meaning else f"  {name}")
        else:
            out.append(re.sub(r"\s*# doctest: \+\w+", "", line.strip() if not in_code else line))
    if in_code:
        out.append("```")
    return "\n".join(out)


def members(cls: type) -> Iterator[tuple[str, object]]:
    """Public methods and properties in the order they were written: its own, then those of bases that stand nowhere
    else on the page."""
    shared = [b for b in cls.__mro__[1:] if b.__module__.startswith("apical.") and b.__name__ not in ap.__all__]
    seen = set()
    for name, member in (item for c in [cls, *shared] for item in vars(c).items()):
        if name in seen or (name.startswith("_") and name not in ("__getitem__", "__setitem__")):
            continue
        seen.add(name)
        bare = member.__func__ if isinstance(member, classmethod | staticmethod) else member
        if isinstance(bare, FunctionType | property) or hasattr(bare, "attrname"):
            yield name, bare


def page() -> str:
    """All of it."""
    groups = {title: names.split() for title, names in _GROUPS.items()}
    named = [name for names in groups.values() for name in names]
    if rest := [n for n in ap.__all__ if n not in named and isinstance(getattr(ap, n), type | FunctionType)]:
        groups["Further"] = rest
    out = [
        "# Reference of the Python package",
        "",
        "Made from docstrings by `tools/python_reference.py`; [Apical from Python](python.md) tells it as a story.",
        "Keys of experiments are those of [TOML](reference.md).",
        "",
    ]
    for title, names in groups.items():
        out += [f"## {title}", ""]
        for name in names:
            thing = operator.attrgetter(name)(ap)
            plain = isinstance(thing, type) and (issubclass(thing, enum.Enum) or thing.__module__ == "typing")
            out += [f"### `{name}{'' if plain else signature(thing)}`", "", text(thing), ""]
            if not isinstance(thing, type) or issubclass(thing, Exception):
                continue
            for member, of in members(thing):
                is_call = isinstance(of, FunctionType)
                called = signature(of).replace("(cls, ", "(").replace("(cls)", "()") if is_call else ""
                out += [f"#### `{name}.{member}{called}`", "", text(of), ""]
    return "\n".join(out).rstrip() + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
