"""What a sweep of the number of replicas returns: costs, means, errors and their slopes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from multispin._info import info
from multispin.analysis import overlaps, statistics
from multispin.analysis.replica_error import ReplicaError, error_of_groups
from multispin.runs._dataset import UNIT, variable
from multispin.runs._replica_run import Plan, Run, many_samples

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import ModuleType

    import xarray as xr
    from numpy.typing import NDArray

    from multispin.runs._dataset import Variable

    Array = NDArray[np.float64]

#: What is measured in any case, with labels and units.
ALWAYS = {
    "energy_per_spin": ("energy per spin", UNIT),
    "abs_magnetization": ("|m|", None),
    "overlap2": ("q^2 of pairs of replicas", None),
}

#: What costs are called, with labels and units.
COSTS = {
    "flips_per_ns": ("throughput", "1/ns"),
    "seconds": ("time of the run with its measurements", "s"),
    "bytes": ("memory of the engine", "byte"),
    "bytes_per_spin": ("memory of the engine per spin", "byte"),
    "engine": ("engine", None),
    "device": ("device", None),
}

#: What of an observable stands along "replicas", and what without, by what follows its name.
_COLUMNS = {
    "": "{}",
    "_error": "error of {}, from groups of R replicas",
    "_error_uncertainty": "standard error of the error of {}",
    "_direct_error": "error of {}, from the run with R replicas",
}
_SLOPES = {
    "_slope": "d ln error / d ln R of {}",
    "_slope_error": "error of the slope of {}",
}
SUFFIXES = (*_COLUMNS, *_SLOPES)


def columns_of(names: Iterable[str]) -> list[str]:
    """Return the names of what stands in the Dataset of these observables."""
    return [name + suffix for name in names for suffix in SUFFIXES]


def dataset(xarray: ModuleType, plan: Plan, sizes: list[int], runs: list[Run]) -> xr.Dataset:
    """Return the Dataset of runs with these numbers of replicas, ascending."""
    variables: dict[str, Any] = {
        name: variable(["replicas"], [run.costs[name] for run in runs], label, units)
        for name, (label, units) in COSTS.items()
    }
    for name, (label, units) in ALWAYS.items():
        variables |= _error_variables(name, label, units, (), sizes, runs)
    coords: dict[str, Any] = {"replicas": variable(["replicas"], sizes, "replicas R")}
    for one in plan.measures:
        axes = one.dims_of(len(runs[-1].shape_of(one.name)))
        variables |= _error_variables(one.name, one.long_name, one.units, axes, sizes, runs)
        if one.labels is not None:
            coords[axes[0]] = variable(axes, list(one.labels), axes[0].replace("_", " "))
    if sizes[-1] > 1:
        samples = many_samples(plan.model)
        found = overlaps.distribution_of_shares(
            runs[-1].shares, plan.model.n_spins, samples=samples
        )
        of_pairs = {"long_name": "P(q)", "replicas": sizes[-1]}
        variables |= {
            "overlap_distribution": ("q", found.density, of_pairs),
            "overlap_distribution_error": ("q", found.error, {"long_name": "error of P(q)"}),
            "q_width": ("q", found.width, {"long_name": "width of the bins of q"}),
        }
        coords["q"] = ("q", found.q, {"long_name": "overlap q"})
    data = xarray.Dataset(variables, coords=coords)
    shown = {name: plan.request[name] for name in ("temperature", "seed", "dynamics")}
    data.attrs = {
        "title": "Numbers of replicas",
        "version": str(info()["version"]),
        "model": repr(plan.model),
        "n_spins": plan.model.n_spins,
        "samples": plan.model.samples or 1,
        **shown,
        "sweeps": plan.draws * plan.interval,
        "thermalization": plan.thermalization,
        "interval": plan.interval,
    }
    return cast("xr.Dataset", data)


def _error_variables(
    name: str,
    label: str,
    units: str | None,
    axes: tuple[str, ...],
    sizes: list[int],
    runs: list[Run],
) -> dict[str, Variable]:
    """Means, errors and slopes of one observable; nan where R replicas do not have it."""
    series = [run.groups[name].get(R) for R, run in zip(sizes, runs, strict=True)]
    having = [number for number, one in enumerate(series) if one is not None]
    shape = runs[-1].shape_of(name)
    columns = np.full((len(_COLUMNS), len(sizes), *shape), np.nan)
    slopes = np.full((len(_SLOPES), *shape), np.nan)
    for component in np.ndindex(shape) if having else ():
        at, of_sizes = (..., *component), (slice(None), having, *component)
        direct = [statistics.mean(one[0][at]) for one in series if one is not None]
        scatter = _scatter({R: one[at] for R, one in runs[-1].groups[name].items()})
        columns[of_sizes] = (
            [one.value for one in direct],
            scatter.error,
            scatter.uncertainty,
            [one.error for one in direct],
        )
        slopes[at] = scatter.slope, scatter.slope_error
    along = {
        name + suffix: variable(["replicas", *axes], values, text.format(label), units)
        for (suffix, text), values in zip(_COLUMNS.items(), columns, strict=True)
    }
    return along | {
        name + suffix: variable(axes, values, text.format(label))
        for (suffix, text), values in zip(_SLOPES.items(), slopes, strict=True)
    }


def _scatter(groups: dict[int, Array]) -> ReplicaError:
    """Error against the size of a group: the smallest groups know the autocorrelation time best."""
    smallest = next(iter(groups.values()))
    tau = float(statistics.autocorrelation_time(smallest, replicas=True).tau)
    return error_of_groups(np.array(list(groups)), list(groups.values()), tau)
