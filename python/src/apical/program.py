# SPDX-License-Identifier: Apache-2.0
"""The program `apical`, which the package brings along."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NoReturn


def path() -> Path:
    """Where it lies."""
    return Path(__file__).parent / "bin" / "apical"


def main() -> NoReturn:
    """Becomes the program."""
    os.execv(path(), ["apical", *sys.argv[1:]])
