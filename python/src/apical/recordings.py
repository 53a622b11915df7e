# SPDX-License-Identifier: Apache-2.0
"""results.h5 of a run as labelled arrays, read when they are used."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import xarray as xr
from xarray.backends import BackendArray
from xarray.core import indexing

from .errors import DataError

if TYPE_CHECKING:
    import pandas as pd


@dataclass
class _Variable:
    """One variable of all seeds that recorded it: where it lies, and when its rows were taken."""

    times: str | None
    dims: tuple[str, ...]
    paths: dict[int, str] = field(default_factory=dict)


class _Stacked(BackendArray):
    """Datasets of several seeds as one array; nothing is open between two reads."""

    def __init__(self, file: Path, paths: list[str], shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        self.file = file
        self.paths = paths
        self.shape = (len(paths), *shape)
        self.dtype = dtype

    def __getitem__(self, key: indexing.ExplicitIndexer) -> Any:
        return indexing.explicit_indexing_adapter(key, self.shape, indexing.IndexingSupport.BASIC, self._read)

    def _read(self, key: tuple[Any, ...]) -> Any:
        seeds, rest = key[0], key[1:]
        with h5py.File(self.file, "r") as file:
            if isinstance(seeds, int | np.integer):
                return file[self.paths[int(seeds)]][rest]
            return np.stack([file[path][rest] for path in self.paths[seeds]])


class Recordings(Mapping[str, xr.DataArray]):
    """Recorded variables by name: "population.variable", of spiking runs "stage.population.variable".

    Each has dims (seed, time, unit), or (seed, time) for averages over a population; time in ms, or in s
    where the run counts seconds (`attrs["units"]` of the coordinate says which). Numbers are read from the
    file when they are used, and only those.
    """

    def __init__(self, run: Path) -> None:
        self._file = run / "results.h5"
        self._variables: dict[str, _Variable] = {}
        self._rasters: dict[str, dict[int, str]] = {}
        if not self._file.is_file():
            if not (run / "summary.json").is_file() and list(run.glob("results.segment-*")):
                raise DataError(f"{run} has not finished; recordings can be read once it has (resume() goes on)")
            return
        with h5py.File(self._file, "r") as file:
            for group in file:
                if group.startswith("seed-"):
                    self._find(file, group, int(group.removeprefix("seed-")))

    def _find(self, file: h5py.File, group: str, seed: int) -> None:
        def visit(name: str, item: Any) -> None:
            if not isinstance(item, h5py.Dataset):
                return
            path = f"{group}/{name}"
            parts = name.split("/")
            variable = parts[-1]
            if f"{path}_steps" in file:
                inner = parts[1:-1] if parts[0] in ("projections", "external") else parts[:-1]
                self._add(".".join([*inner, variable]), seed, path, f"{path}_steps", ("time", "unit"))
            elif len(parts) == 3 and f"{group}/{parts[0]}/time" in file:
                self._add(".".join(parts), seed, path, f"{group}/{parts[0]}/time", ("time",))
            elif len(parts) == 4 and parts[2:] == ["raster", "time"]:
                self._rasters.setdefault(".".join(parts[:2]), {})[seed] = path.removesuffix("/time")
            elif parts[0] == "curves" and variable == "delta_w":
                self._add(f"curves.{parts[1]}", seed, path, path.removesuffix("delta_w") + "x", ("x",))

        file[group].visititems(visit)

    def _add(self, name: str, seed: int, path: str, times: str, dims: tuple[str, ...]) -> None:
        self._variables.setdefault(name, _Variable(times, dims)).paths[seed] = path

    def __iter__(self) -> Iterator[str]:
        return iter(self._variables)

    def __len__(self) -> int:
        return len(self._variables)

    def __getitem__(self, name: str) -> xr.DataArray:
        """The variable of all seeds that recorded it. KeyError, with the nearest name, if none did."""
        if name not in self._variables:
            near = difflib.get_close_matches(name, self._variables, 1)
            known = ", ".join(self._variables) or "nothing"
            raise KeyError(
                f"'{name}' was not recorded; " + (f"did you mean '{near[0]}'?" if near else f"recorded: {known}")
            )
        variable = self._variables[name]
        seeds = sorted(variable.paths)
        paths = [variable.paths[seed] for seed in seeds]
        with h5py.File(self._file, "r") as file:
            shapes = {file[path].shape for path in paths}
            if len(shapes) > 1:
                raise DataError(f"'{name}' has another shape in every seed: {sorted(shapes)}; take them one by one")
            data = file[paths[0]]
            attributes = {key: value for key, value in data.attrs.items() if key in ("units", "description")}
            times = file[str(variable.times)]
            if variable.dims[0] == "time" and str(variable.times).endswith("_steps"):
                step = data.attrs.get("step", "")  # "batch" where there is no time
                coordinate, unit = (times[:], str(step)) if step else (times[:] * float(data.attrs["dt_ms"]), "ms")
            else:
                coordinate, unit = times[:], str(times.attrs.get("units", "1"))
            lazy = indexing.LazilyIndexedArray(_Stacked(self._file, paths, data.shape, data.dtype))
        dims = ("seed", *variable.dims)
        return xr.DataArray(
            xr.Variable(dims, lazy, attributes),
            coords={
                "seed": seeds,
                variable.dims[0]: (variable.dims[0], coordinate, {"units": unit}),
                **({"unit": np.arange(data_units)} if (data_units := _units(lazy, dims)) else {}),
            },
            name=name,
        )

    @property
    def rasters(self) -> list[str]:
        """Names "stage.population" of which spikes were kept."""
        return list(self._rasters)

    def spikes(self, name: str, seed: int) -> pd.DataFrame:
        """Spikes of a spiking run's first neurons: time_s from the start of the stage, neuron, and label
        (1: an event, 2: what makes it a burst, 0: another spike)."""
        import pandas as pd

        try:
            group = self._rasters[name][seed]
        except KeyError:
            raise KeyError(f"no spikes of '{name}', seed {seed}; kept: {', '.join(self._rasters) or 'none'}") from None
        with h5py.File(self._file, "r") as file:
            raster = file[group]
            return pd.DataFrame(
                {"time_s": raster["time"][:], "neuron": raster["neuron"][:], "label": raster["label"][:]}
            )


def _units(array: indexing.LazilyIndexedArray, dims: tuple[str, ...]) -> int:
    return int(array.shape[2]) if "unit" in dims else 0
