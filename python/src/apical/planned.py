# SPDX-License-Identifier: Apache-2.0
"""Sweeps that other processes work on: a plan in a folder, which the program's workers share (docs/clusters.md)."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import program
from .errors import ConfigError, Error
from .machine import PathLike, data_folder

if TYPE_CHECKING:
    from .study import Comparison

#: States of tasks of which nothing more comes.
_OVER = ("done", "failed", "damaged")
#: That `collect` ends with: all there is; all there is, of which something diverged.
_COLLECTED = (0, 4)


class PlannedSweep:
    """A sweep as a plan: tasks that workers take, wherever they run, and what comes of them.

    It can be taken up again in another session: `PlannedSweep("plans/mine").wait()`.

    Args:
        plan: the directory of the plan, which all workers see.
        out: where `wait` puts results together; default: beside the plan, with "-runs" behind its name.
    """

    def __init__(self, plan: PathLike, *, out: PathLike | None = None, data: PathLike | None = None) -> None:
        self.plan = Path(plan)
        self.out = Path(out) if out is not None else self.plan.with_name(self.plan.name + "-runs")
        self._data = data
        if not (self.plan / "plan.json").is_file():
            raise ConfigError(f"{self.plan} holds no plan (no plan.json)")

    @classmethod
    def made(cls, toml: str, plan: PathLike, *, out: PathLike | None, data: PathLike | None) -> PlannedSweep:
        """Freezes what a text describes."""
        folder = Path(plan)
        folder.parent.mkdir(parents=True, exist_ok=True)
        file = folder.with_name(folder.name + ".toml")
        file.write_text(toml, encoding="utf-8")
        _say("plan", file, "--out", folder, data=data)
        return cls(folder, out=out, data=data)

    @property
    def status(self) -> dict[str, Any]:
        """How far it is: "count" of tasks by state, "tasks", "troubles" in words, "seconds_left" of one worker."""
        found: dict[str, Any] = json.loads(_say("status", self.plan, "--json", accepts=(0, 1)))
        return found

    def submit(self, options: Sequence[str] = ()) -> str:
        """Hands what is open to Slurm; what sbatch said. `options` are those of sbatch, e.g. "--partition=cpu"."""
        return _say("submit", self.plan, "--on", "slurm", *(["--", *options] if options else []), data=self._data)

    def work(self, *, workers: int = 1) -> None:
        """Works on it here, by so many processes, until nothing is left to take."""
        _say("run", self.plan, "--quiet", "--workers", str(workers), data=self._data, accepts=(0, 1))

    def wait(self, *, every_s: float = 10.0) -> Comparison:
        """Returns when all tasks are over, with the runs put together; looks every so many seconds.

        Models that diverged are left out, as in a sweep here. Broken off, workers go on: call it again.
        """
        from .study import Comparison

        while not all(task["state"] in _OVER for task in self.status["tasks"]):
            time.sleep(every_s)
        _say("collect", self.plan, "--out", self.out, data=self._data, accepts=_COLLECTED)
        faults = {t["experiment"]: t["fault"] for t in self.status["tasks"] if t["state"] == "failed"}
        return Comparison(self.out, faults=faults.items())

    def __repr__(self) -> str:
        count = ", ".join(f"{n} {state}" for state, n in self.status["count"].items() if n)
        return f"PlannedSweep({str(self.plan)!r}: {count})"


def _say(action: str, *arguments: PathLike, data: PathLike | None = None, accepts: Sequence[int] = (0,)) -> str:
    """What the program answers. ConfigError or Error with what it says if it ends otherwise."""
    import subprocess  # here, as in plot.py

    words: list[PathLike] = [program.path(), "sweep", action]
    if data is not None and action in ("plan", "run", "collect", "submit"):
        words += [f"--data={data_folder(data)}"]
    done = subprocess.run([os.fspath(w) for w in [*words, *arguments]], capture_output=True, text=True, check=False)
    if done.returncode in accepts:
        return done.stdout
    said = done.stderr.strip().removeprefix("apical: ")
    raise (ConfigError(said) if done.returncode in (2, 3) else Error(said))
