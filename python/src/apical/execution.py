# SPDX-License-Identifier: Apache-2.0
"""How something is run: which seeds, where to, with what of the machine, and who hears of it."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from . import _core
from .callbacks import Callback, heard_by
from .errors import ConfigError, Stopped
from .machine import PathLike, data_folder, output_directory, thread_count

#: One number is how many (1 … n), a list is the seeds themselves.
Seeds = int | Iterable[int]


def seeds_value(seeds: Seeds) -> int | list[int]:
    """As run.seeds has them."""
    if isinstance(seeds, Iterable):
        return [int(s) for s in seeds]
    return operator.index(seeds)  # NumPy's whole numbers as well


#: How to go on with a single run.
BY_RESUME = "apical.Run({0!r}).resume()"
_BY_CALL = "the same call, out={0!r} and resume=True"


def stopped(what: str, directory: PathLike) -> Stopped:
    """What to raise where nothing can be said before the end."""
    return Stopped(f"{what}\n  {_BY_CALL.format(str(directory))} goes on", path=Path(directory))


@dataclass(frozen=True)
class Execution:
    """The options that everything that runs takes by keyword; `Experiment.run` says what each means."""

    seeds: Seeds | None = None
    out: PathLike | None = None
    callbacks: Iterable[Callback] = ()
    resume: bool = False
    threads: int | None = None
    data: PathLike | None = None
    ignore_memory: bool = False

    @contextmanager
    def into(
        self, stem: str, handed: _core.Handed, *, begun_by: str | None = None, go_on: str = _BY_CALL
    ) -> Iterator[_core.Call]:
        """A call that writes into `out` or the next free runs/STEM-NNN, which is given back if nothing was written.

        Args:
            stem: of the directory's name.
            handed: what tasks have in memory.
            begun_by: the file that says that there is something to resume; None: any.
            go_on: what an interrupt says.
        """
        if self.resume and self.out is None:
            raise ConfigError("resume=True goes on in a directory, and there is none", hint="out='runs/…'")
        heard = heard_by(self.callbacks)
        threads = thread_count(self.threads)
        directory = output_directory(self.out, stem)
        call = _core.Call(
            str(directory),
            self.resume and _has_begun(directory, begun_by),
            threads,
            data_folder(self.data),
            handed,
            heard,
            self.ignore_memory,
        )
        try:
            yield call
        except BaseException as e:
            written = directory.is_dir() and any(directory.iterdir())
            if isinstance(e, KeyboardInterrupt) and written:
                e.add_note(f"stopped with a checkpoint; go on with {go_on.format(str(directory))}")
            if self.out is None and not written:
                directory.rmdir()
            raise


def _has_begun(directory: Path, begun_by: str | None) -> bool:
    if begun_by is not None:
        return (directory / begun_by).exists()
    return directory.is_dir() and any(directory.iterdir())
