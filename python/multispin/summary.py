"""Thermal averages with standard errors, from the measurements of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from multispin import statistics
from multispin._extras import require

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["summarize"]


def summarize(run: xr.Dataset) -> xr.Dataset:
    r"""Reduce a run to one value and one standard error per temperature.

    Replicas are independent runs of one system and are pooled; errors allow for autocorrelation
    (see `multispin.statistics`).

    Parameters
    ----------
    run : xarray.Dataset
        What `multispin.simulate` returned: at least 20 draws (sweeps // interval).

    Returns
    -------
    xarray.Dataset
        Along ``temperature``, each with its ``<name>_error``: ``energy_per_spin``
        :math:`e = \langle E \rangle / N`, ``abs_magnetization`` :math:`\langle |m| \rangle`,
        ``specific_heat``, ``susceptibility`` and ``binder`` (defined in `multispin.statistics`).
        ``tau`` is the integrated autocorrelation time of :math:`|m|` in sweeps.

    Raises
    ------
    ValueError
        If the run has fewer than 20 draws.

    Examples
    --------
    >>> import multispin as ms
    >>> run = ms.simulate(
    ...     ms.Ising((64, 64)), 2.0, sweeps=500, thermalization=200, seed=1, init="up", replicas=8
    ... )
    >>> summarize(run).abs_magnetization.values.round(2)
    array([0.91])
    """
    xarray = require("xarray", "run")
    draws, interval, fewest = run.sizes["draw"], int(run.attrs["interval"]), statistics.MIN_DRAWS
    if draws < fewest:
        raise ValueError(
            f"run: got {draws} draws (sweeps={run.attrs['sweeps']}, interval={interval}), allowed: "
            f"at least {fewest} for error bars, so sweeps >= {fewest * interval} or a shorter "
            "interval"
        )
    n_spins, temperature = int(run.attrs["n_spins"]), run.temperature.values
    energy, magnetization = run.energy.values, run.magnetization.values
    size = np.abs(magnetization)

    estimates = {
        "energy_per_spin": statistics.mean(energy / n_spins, replicas=True),
        "abs_magnetization": statistics.mean(size, replicas=True),
        "specific_heat": statistics.specific_heat(energy, temperature, n_spins, replicas=True),
        "susceptibility": statistics.susceptibility(size, temperature, n_spins, replicas=True),
        "binder": statistics.binder(magnetization, replicas=True),
    }
    variables = {}
    for name, estimate in estimates.items():
        long_name, units = _LABELS[name]
        attributes = {"long_name": long_name, "units": units}
        errors = {"long_name": f"standard error of the {long_name}", "units": units}
        variables[name] = ("temperature", estimate.value, attributes)
        variables[f"{name}_error"] = ("temperature", estimate.error, errors)
    tau = estimates["abs_magnetization"].tau * interval
    long_name = "integrated autocorrelation time of |m|"
    variables["tau"] = ("temperature", tau, {"long_name": long_name, "units": "sweep"})
    coordinates = {"temperature": run.temperature}
    return cast("xr.Dataset", xarray.Dataset(variables, coordinates, attrs=run.attrs))


_LABELS = {
    "energy_per_spin": ("energy per spin", "energy unit of J and h"),
    "abs_magnetization": ("mean absolute magnetization per spin", "1"),
    "specific_heat": ("specific heat per spin", "k_B"),
    "susceptibility": ("susceptibility per spin", "1 / energy unit of J and h"),
    "binder": ("Binder cumulant", "1"),
}
