"""How the Datasets of all runs are dressed: names, units, coordinates, attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from multispin.runs._observing import SWEEPING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from multispin.models import Model
    from multispin.runs.observables import Measure

UNIT = "energy unit of J and h"

#: Dimensions, values and attributes, as xarray takes them.
Variable = tuple[tuple[str, ...], Any, dict[str, Any]]


def variable(
    dims: Sequence[str], values: ArrayLike, long_name: str, units: str | None = None
) -> Variable:
    """Return a variable or coordinate with its label."""
    label = {"long_name": long_name}
    return tuple(dims), values, label if units is None else {**label, "units": units}


def temperature(dim: str, values: ArrayLike) -> Variable:
    """Return temperatures along `dim`."""
    return variable((dim,), values, "temperature T", f"{UNIT} (k_B = 1)")


def draws(thermalization: int, interval: int, count: int, dim: str = "draw") -> Variable:
    """Return the sweeps since the start at each draw, along `dim`."""
    when = thermalization + interval * np.arange(1, count + 1, dtype=np.int64)
    return variable((dim,), when, "sweeps since the start", "sweep")


def numbered(dim: str, count: int, long_name: str) -> Variable:
    """Return the numbers 0, 1, … along `dim`."""
    return variable((dim,), np.arange(count), long_name)


def observed(
    measures: Sequence[Measure],
    values: Mapping[str, NDArray[Any]],
    taken: Mapping[str, float],
    dims: Sequence[str],
    rare: Callable[[Measure], Variable],
) -> tuple[dict[str, Variable], dict[str, Variable]]:
    """Return the variables of observables, and the coordinates that they bring.

    Parameters
    ----------
    measures
        The observables.
    values
        What was measured, by name.
    taken
        Seconds by name.
    dims
        Names of the axes that are those of the run, the first of `values`; one of them is "draw" or
        "step".
    rare
        What takes the place of that one where an observable is not always measured: an axis of its
        own, with its coordinate.
    """
    found: dict[str, Variable] = {}
    coords: dict[str, Variable] = {}
    for one in measures:
        lead = tuple(dims)
        if one.every > 1:
            coordinate = rare(one)
            (own,) = coordinate[0]
            lead = tuple(own if dim in ("draw", "step") else dim for dim in dims)
            coords[own] = coordinate
        axes = one.dims_of(values[one.name].ndim - len(lead))
        found[one.name] = variable((*lead, *axes), values[one.name], one.long_name, one.units)
        found[one.name][2]["seconds"] = taken.get(one.name, 0.0)
        if one.labels is not None:
            coords[axes[0]] = variable(axes, list(one.labels), axes[0].replace("_", " "))
    return found, coords


def rare_draws(thermalization: int, interval: int, count: int, one: Measure) -> Variable:
    """Return the coordinate of the draws, of so many, at which an observable is measured."""
    every = interval * one.every
    return draws(thermalization, every, one.count(count), f"draw_{every}")


def seconds(taken: Mapping[str, float]) -> dict[str, float]:
    """Return the attributes that say what observables took, beside sweeping."""
    others = sum(value for name, value in taken.items() if name != SWEEPING)
    return {"sweeping_seconds": taken.get(SWEEPING, 0.0), "observable_seconds": others}


def attributes(
    title: str, arguments: dict[str, Any], model: Model, origin: dict[str, Any]
) -> dict[str, Any]:
    """Return what a Dataset says of how its numbers were made."""
    about = {"shape": list(model.shape), "n_spins": model.n_spins, **model.description}
    return {"title": title, **arguments, **about, **origin}
