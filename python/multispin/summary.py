"""Averages with standard errors, from the measurements of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from multispin import overlaps, statistics
from multispin._extras import require

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["summarize", "summarize_overlaps"]


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
    variables = _variables(estimates)
    tau = estimates["abs_magnetization"].tau * interval
    long_name = "integrated autocorrelation time of |m|"
    variables["tau"] = ("temperature", tau, {"long_name": long_name, "units": "sweep"})
    coordinates = {"temperature": run.temperature}
    return cast("xr.Dataset", xarray.Dataset(variables, coordinates, attrs=run.attrs))


def summarize_overlaps(run: xr.Dataset) -> xr.Dataset:
    r"""Reduce the overlaps of a tempering run to spin-glass order against temperature.

    Parameters
    ----------
    run : xarray.Dataset
        With ``overlap`` (temperature, pair, draw), or with ``sample`` as a first dimension, and the
        attributes ``n_spins`` and ``shape``; with ``overlap_k2``, if there is to be a correlation
        length.

    Returns
    -------
    xarray.Dataset
        Along ``temperature``, each with its ``<name>_error``: ``spin_glass_susceptibility``
        :math:`\chi_{SG}` and ``binder_ratio`` g, and ``xi_over_length`` :math:`\xi/L` if all sides
        of the lattice are equal (defined in `multispin.overlaps`). Errors are over samples if there
        are at least 2 of them, else over draws.

    Raises
    ------
    ValueError
        If a single sample has fewer than 20 draws, or there are no overlaps.

    Examples
    --------
    >>> import numpy as np
    >>> import xarray as xr
    >>> q = xr.DataArray(np.full((1, 1, 50), 0.5), dims=("temperature", "pair", "draw"))
    >>> run = xr.Dataset({"overlap": q}, {"temperature": [1.0]}, {"n_spins": 64, "shape": [8, 8]})
    >>> summarize_overlaps(run).spin_glass_susceptibility.values
    array([16.])
    """
    xarray = require("xarray", "run")
    if "overlap" not in run:
        raise ValueError("run: got one without overlaps, allowed: one that has measured them")
    samples = run.sizes.get("sample", 1) > 1
    if not samples and "sample" in run.dims:
        run = run.isel(sample=0)
    order = (*(("sample",) if samples else ()), "temperature", "pair", "draw")
    q, sides = run.overlap.transpose(*order).values, {int(side) for side in run.attrs["shape"]}
    estimates = {
        "spin_glass_susceptibility": overlaps.susceptibility(q, int(run.attrs["n_spins"]), samples),
        "binder_ratio": overlaps.binder_ratio(q, samples),
    }
    if "overlap_k2" in run and len(sides) == 1:
        length = sides.pop()
        k2 = run.overlap_k2.transpose(*order).values
        xi = overlaps.correlation_length(q, k2, length, samples)
        estimates["xi_over_length"] = statistics.Estimate(
            xi.value / length, xi.error / length, xi.tau
        )
    coordinates = {"temperature": run.temperature}
    return cast("xr.Dataset", xarray.Dataset(_variables(estimates), coordinates, attrs=run.attrs))


def _variables(estimates: dict[str, statistics.Estimate]) -> dict[str, Any]:
    """Values and errors along the temperature, with names and units."""
    variables: dict[str, Any] = {}
    for name, estimate in estimates.items():
        long_name, units = _LABELS[name]
        attributes = {"long_name": long_name, "units": units}
        errors = {"long_name": f"standard error of the {long_name}", "units": units}
        variables[name] = ("temperature", estimate.value, attributes)
        variables[f"{name}_error"] = ("temperature", estimate.error, errors)
    return variables


_LABELS = {
    "energy_per_spin": ("energy per spin", "energy unit of J and h"),
    "abs_magnetization": ("mean absolute magnetization per spin", "1"),
    "specific_heat": ("specific heat per spin", "k_B"),
    "susceptibility": ("susceptibility per spin", "1 / energy unit of J and h"),
    "binder": ("Binder cumulant", "1"),
    "spin_glass_susceptibility": ("spin-glass susceptibility", "1"),
    "binder_ratio": ("Binder ratio of the overlap", "1"),
    "xi_over_length": ("correlation length of the overlap over lattice side", "1"),
}
