"""Runs as users cut and join them: what their coordinates say, not what they said when they ran.

Selecting and joining leave attributes as they were, so how far draws are apart is only in the
coordinate ``draw``; and a selected replica or temperature takes its dimension with it.

A run may come from anywhere, so what is taken out of one is looked at. Messages begin with `name`,
that of the argument which the run was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr
    from numpy.typing import NDArray


def with_dimensions(name: str, run: xr.Dataset, *dims: str) -> xr.Dataset:
    """Return the run with a dimension of one element for each of `dims` that it lacks."""
    missing = [dim for dim in dims if dim not in run.dims]
    for dim in missing:
        if dim in run.variables and run[dim].ndim:
            allowed = f"a number, or numbers along the dimension {dim}"
            raise ValueError(f"{name}.{dim}: got dimensions {run[dim].dims}, allowed: {allowed}")
    return run.expand_dims(missing) if missing else run


def n_samples(name: str, run: xr.Dataset) -> int:
    """Return the number of disorder samples, 1 for a run of one set of couplings."""
    samples: int = run.sizes.get("sample", 1)
    if samples < 1:
        raise ValueError(f"{name}: got no disorder sample, allowed: at least one")
    return samples


def n_spins(name: str, run: xr.Dataset) -> int:
    """Return the number of spins that the run's attributes say."""
    given = run.attrs.get("n_spins")
    return checks.count(f"{name}.attrs['n_spins']", given, 1, checks.MOST_SITES)


def sides(name: str, run: xr.Dataset) -> list[int]:
    """Return the shape of a configuration, of which a file has the one side as a number."""
    label, allowed = f"{name}.attrs['shape']", "the sides of the lattice, integers >= 1"
    given = np.atleast_1d(checks.array(label, run.attrs.get("shape"), allowed))
    if given.dtype.kind not in "iu":
        raise TypeError(checks.describe(label, run.attrs.get("shape"), allowed))
    if given.ndim != 1 or given.size == 0 or given.min() < 1:
        raise ValueError(checks.describe(label, run.attrs.get("shape"), allowed))
    return [int(side) for side in given]


def number(name: str, run: xr.Dataset, attribute: str) -> float:
    """Return an attribute that is a finite number."""
    return checks.finite(f"{name}.attrs[{attribute!r}]", run.attrs.get(attribute))


def values(
    name: str, run: xr.Dataset, variable: str, dims: Sequence[str], kinds: str = "iuf"
) -> NDArray[np.float64]:
    """Return a variable of finite numbers with its dimensions, none empty, in the order `dims`."""
    found = ordered(name, run, variable, dims)
    return checks.numbers(f"{name}.{variable}", found, "finite numbers", kinds)


def ordered(name: str, run: xr.Dataset, variable: str, dims: Sequence[str]) -> NDArray[Any]:
    """Return a variable, of whatever, with its dimensions, none empty, in the order `dims`."""
    allowed = f"dimensions ({', '.join(dims)}), none of them empty"
    found = run[variable]
    if set(found.dims) != set(dims) or found.size == 0:
        sizes = ", ".join(f"{dim}: {size}" for dim, size in found.sizes.items())
        raise ValueError(f"{name}.{variable}: got dimensions ({sizes}), allowed: {allowed}")
    array: NDArray[Any] = found.transpose(*dims).values
    return array


def real(name: str, run: xr.Dataset, variable: str, dims: Sequence[str]) -> NDArray[np.float64]:
    """Return a variable of real numbers, of which some may be unknown (nan) or infinite."""
    array = ordered(name, run, variable, dims)
    if array.dtype.kind not in "iuf":
        got = f"an array of {array.dtype}"
        raise TypeError(checks.describe(f"{name}.{variable}", got, "real numbers"))
    return array.astype(np.float64)


def temperatures(name: str, run: xr.Dataset) -> NDArray[np.float64]:
    """Return the temperatures along their dimension."""
    given = values(name, run, "temperature", ("temperature",))
    return checks.positive_numbers(f"{name}.temperature", given)


def magnetizations(name: str, run: xr.Dataset, dims: Sequence[str]) -> NDArray[np.float64]:
    """Return the magnetizations per spin with their dimensions in the order `dims`."""
    found = values(name, run, "magnetization", dims)
    largest = float(np.abs(found).max())
    if largest > 1 + 1e-6:
        raise ValueError(checks.describe(f"{name}.magnetization", largest, "numbers from -1 to 1"))
    return found


def sweeps_between_draws(name: str, run: xr.Dataset) -> int:
    """Return the sweeps from one draw to the next.

    Raises
    ------
    ValueError
        If draws are not at equal distances, as where runs were joined one after the other.
    """
    allowed = "draws at equal distances, in the coordinate `draw` (sweeps since the start)"
    if "draw" not in run.coords:
        raise ValueError(f"{name}: got no coordinate `draw`, allowed: {allowed}")
    distances = np.unique(np.diff(values(name, run, "draw", ("draw",))))
    if len(distances) != 1 or distances[0] <= 0:
        some = ", ".join(f"{each:g}" for each in distances[:3])
        raise ValueError(f"{name}: got draws {some} sweeps apart, allowed: {allowed}")
    return int(distances[0])
