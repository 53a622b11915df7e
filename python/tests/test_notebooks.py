# SPDX-License-Identifier: Apache-2.0
"""Notebooks are kept without outputs, and run from top to bottom."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
nbformat = pytest.importorskip("nbformat", reason="nbformat is not there: see python/requirements.lock")
nbclient = pytest.importorskip("nbclient", reason="nbclient is not there: see python/requirements.lock")


def test_there_are_ten() -> None:
    assert [int(path.name[:2]) for path in NOTEBOOKS] == list(range(1, 11))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_notebook_holds_no_outputs(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        assert not cell.get("outputs"), cell.source
        assert cell.get("execution_count") is None, cell.source


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_notebook_runs(path: Path, tmp_path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    client = nbclient.NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}})
    began = time.monotonic()
    client.execute()
    print(f"{path.stem}: {time.monotonic() - began:.0f} s")  # under a minute on two idle cores
    drawn = [o for cell in notebook.cells for o in cell.get("outputs", []) if "image/png" in o.get("data", {})]
    told = [o for cell in notebook.cells for o in cell.get("outputs", [])]
    assert told
    assert drawn or path.stem.startswith(("05", "08")), "it shows a figure"
