"""What a run along a schedule is known by, and the Dataset that becomes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._info import __version__
from multispin.models.base import digest
from multispin.runs._dataset import (
    UNIT,
    attributes,
    numbered,
    observed,
    seconds,
    temperature,
    variable,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

    import xarray as xr
    from numpy.typing import NDArray

    from multispin.models import Model
    from multispin.runs._dataset import Variable
    from multispin.runs._schedule_run import ScheduleRun
    from multispin.runs.observables import Measure
    from multispin.sampling.sampler import Sampler


def identity(
    model: Model,
    schedule: Mapping[str, Any],
    replicas: int,
    start: str | NDArray[Any],
    sampler: Sampler,
) -> dict[str, Any]:
    """Return the arguments that make a run along a schedule the one it is."""
    return {
        "version": __version__,
        "model": repr(model),
        **schedule,
        "replicas": replicas,
        "seed": sampler.info()["seed"],
        "dynamics": sampler.info()["dynamics"],
        "init": start if isinstance(start, str) else f"array {digest(start.astype(np.int8))}",
        "engine": sampler.info()["engine"],
    }


def axes_of(run: ScheduleRun) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Return names and lengths of the axes of replicas: with one of samples, if there are any."""
    replicas = run.energy.shape[2]
    if run.model.samples is None:
        return ("replica",), (replicas,)
    return ("sample", "replica"), (run.model.samples, replicas)


def dataset_of(
    xarray: ModuleType,
    run: ScheduleRun,
    title: str,
    shown: dict[str, Any],
    origin: dict[str, Any],
    variables: Mapping[str, Variable],
    coords: Mapping[str, Variable],
) -> xr.Dataset:
    """Return what a finished run has given.

    Parameters
    ----------
    xarray
        The package.
    run
        The run.
    title, shown, origin
        What the attributes say: which kind of run, arguments, and what made the numbers.
    variables, coords
        What this kind of run has beside energies, temperatures and sweeps of steps, observables
        and final states.
    """
    model, schedule = run.model, run.schedule
    each, shape = axes_of(run)
    energy = run.energy.reshape(-1, *shape)
    found: dict[str, Variable] = {
        "energy": variable(("step", *each), energy, "total energy E at the end of the step", UNIT),
        **variables,
    }
    along: dict[str, Variable] = {
        "temperature": temperature("step", schedule.temperatures),
        **coords,
        "sweep": variable(("step",), schedule.ends, "sweeps since the start", "sweep"),
        "replica": numbered("replica", shape[-1], "replica"),
    }
    if model.samples is not None:
        along["sample"] = numbered("sample", model.samples, "disorder sample")
    values = {
        name: array.reshape(len(array), *shape, *array.shape[2:])
        for name, array in run.observed.values.items()
    }
    more, labels = observed(
        run.measures, values, run.observed.seconds, ("step", *each),
        lambda one: _rare_steps(len(run.energy), one),
    )  # fmt: skip
    found |= more
    along |= labels
    if run.final_state is not None:
        axes = tuple(f"axis_{number}" for number in range(len(model.shape)))
        states = run.final_state.reshape(*shape, *model.shape)
        found["final_state"] = variable((*each, *axes), states, "spins at the end", "1")
    data: xr.Dataset = xarray.Dataset(found, coords=along)
    data.attrs = attributes(title, shown, model, origin)
    if run.measures:
        data.attrs |= seconds(run.observed.seconds)
    return data


def _rare_steps(count: int, one: Measure) -> Variable:
    numbers = one.every * np.arange(1, one.count(count) + 1) - 1
    return variable((f"step_{one.every}",), numbers, "number of the step, from 0")
