# SPDX-License-Identifier: Apache-2.0
"""What the process gives to a run: threads, data sets, a directory for results."""

from __future__ import annotations

import os
import re
from pathlib import Path

from .errors import ConfigError, DataError

#: Anything that names a path.
PathLike = str | os.PathLike[str]


def data_folder(given: PathLike | None = None) -> str:
    """Where data sets lie: `given`, else $APICAL_DATA, else apical in $XDG_DATA_HOME (~/.local/share)."""
    if given is not None:
        return os.fspath(given)
    if named := os.environ.get("APICAL_DATA"):
        return named
    home = os.environ.get("XDG_DATA_HOME", "")
    # A relative XDG_DATA_HOME is to be ignored (XDG Base Directory Specification 0.8).
    base = Path(home) if Path(home).is_absolute() else Path("~/.local/share").expanduser()
    return str(base / "apical")


def thread_count(given: int | None) -> int:
    """0: all that the process may use."""
    if given is None:
        return 0
    if not 1 <= given <= 4096:
        raise ConfigError(f"threads is {given}; expected 1 to 4096, or None for all")
    return given


def shipped_experiments() -> Path:
    """The folder of experiments that come with Apical."""
    return Path(__file__).parent / "share" / "apical" / "experiments"


def experiment_file(path: PathLike) -> Path:
    """The file itself, or the shipped one of that name ("yin-yang/error-neurons", with or without .toml)."""
    given = Path(path)
    if given.is_file():
        return given
    relative = Path(*given.parts[1:]) if given.parts[:1] == ("experiments",) else given
    for candidate in (relative, relative.with_name(relative.name + ".toml")):
        shipped = shipped_experiments() / candidate
        if shipped.is_file():
            return shipped
    raise DataError(f"no experiment '{given}': there is no such file, here or in {shipped_experiments()}")


def output_directory(out: PathLike | None, stem: str) -> Path:
    """`out`, or the next free runs/STEM-NNN, made at once so that no other process takes it."""
    if out is not None:
        return Path(out)
    stem = re.sub(r"[^A-Za-z0-9_.-]+", "-", stem).strip("-") or "run"
    number = 1
    while True:
        path = Path("runs") / f"{stem}-{number:03d}"
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            path.mkdir()
        except FileExistsError:
            number += 1
        else:
            return path
