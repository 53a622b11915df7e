# SPDX-License-Identifier: Apache-2.0
"""The package as such: types, style, stubs, examples in docstrings, what an import takes along."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import apical as ap
from apical import program

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "python" / "src" / "apical"


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(c) for c in command], capture_output=True, text=True, cwd=ROOT, check=False)


def test_types_hold() -> None:
    result = run(sys.executable, "-m", "mypy", "--config-file", ROOT / "pyproject.toml", SOURCES)
    assert result.returncode == 0, result.stdout + result.stderr


def test_style_holds() -> None:
    result = run(sys.executable, "-m", "ruff", "check")
    assert result.returncode == 0, result.stdout
    result = run(sys.executable, "-m", "ruff", "format", "--check")
    assert result.returncode == 0, result.stdout


#: Functions and classes of nanobind are of its own types, which no stub can say.
_OF_NANOBIND = re.compile(
    r"apical\._core\.\S+ (is not a function|is a disjoint base at runtime, .*|is inconsistent, "
    r"(metaclass differs|stub is a staticmethod but runtime is not|stub does not have \*args parameter .*))"
)
#: Of packages that are not among those of the tests.
_NOT_HERE = re.compile(r"apical\.formats\.torch failed to import\. Maybe install .*")


def test_stubs_say_what_is_there() -> None:
    """stubtest: names, arguments, defaults and kinds of everything public."""
    config = ("--mypy-config-file", ROOT / "pyproject.toml")
    result = run(sys.executable, "-m", "mypy.stubtest", "apical", "--concise", "--ignore-missing-stub", *config)
    told = [line for line in result.stdout.splitlines() if line.startswith("apical")]
    assert told or result.returncode == 0, result.stdout + result.stderr
    assert [line for line in told if not _OF_NANOBIND.match(line) and not _NOT_HERE.match(line)] == []


def test_the_stub_of_the_extension_is_what_nanobind_makes_of_it(tmp_path: Path) -> None:
    made = tmp_path / "_core.pyi"
    result = run(sys.executable, "-m", "nanobind.stubgen", "-m", "apical._core", "-o", made)
    assert result.returncode == 0, result.stderr
    assert made.read_text() == (SOURCES / "_core.pyi").read_text(), (
        "python -m nanobind.stubgen -m apical._core -o python/src/apical/_core.pyi"
    )


def test_the_reference_page_is_what_the_docstrings_say() -> None:
    result = run(sys.executable, ROOT / "tools" / "python_reference.py")
    assert result.returncode == 0, result.stderr
    assert result.stdout == (ROOT / "docs" / "python-reference.md").read_text(encoding="utf-8"), (
        "build/python-venv/bin/python tools/python_reference.py > docs/python-reference.md"
    )


@pytest.mark.parametrize(
    "module", sorted(m.name for m in pkgutil.walk_packages(ap.__path__, "apical.") if m.name != "apical._core")
)
def test_examples_in_docstrings_run(module: str) -> None:
    try:
        documented = importlib.import_module(module)
    except ModuleNotFoundError as e:
        pytest.skip(str(e))
    assert doctest.testmod(documented, optionflags=doctest.ELLIPSIS).failed == 0


def test_an_import_takes_numpy_along_and_nothing_else() -> None:
    script = (
        "import sys, apical; print(*sorted({m.split('.')[0] for m in sys.modules} & "
        "{'pandas', 'xarray', 'h5py', 'matplotlib', 'IPython', 'tqdm', 'subprocess', 'shutil'}))"
    )
    result = run(sys.executable, "-c", script)
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == ""


def test_errors_say_which_extra_is_missing(tmp_path: Path) -> None:
    script = f"""
import sys
sys.modules["pandas"] = None
import apical as ap
task = {{"name": "yin-yang", "train_samples": 20, "validation_samples": 10, "test_samples": 10}}
model = {{"name": "backpropagation", "layers": [4, 5, 3]}}
exp = ap.Experiment({{"task": task, "model": model, "training": {{"epochs": 1}}}})
run = exp.run(out={str(tmp_path / "r")!r})
print(run.weights("input->a1").shape)
try:
    run.metrics
except ImportError as e:
    print(e)
"""
    result = run(sys.executable, "-c", script)
    assert result.stdout.splitlines() == ["(5, 4)", "this needs pandas: pip install 'apical[data]'"], result.stderr


def test_the_package_brings_the_program_of_its_version() -> None:
    result = run(program.path(), "--version")
    assert ap.__version__ in result.stdout
    listed = run(program.path(), "tasks")
    assert "yin-yang" in listed.stdout


def test_versions_are_said() -> None:
    assert ap.numerics_version >= 4
    assert ap.revision
