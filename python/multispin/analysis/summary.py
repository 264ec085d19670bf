"""Averages with standard errors, from the measurements of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from multispin._base import checks
from multispin._base.extras import require
from multispin.analysis import overlaps, selection, statistics

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["summarize", "summarize_overlaps"]


def summarize(run: xr.Dataset) -> xr.Dataset:
    r"""Reduce a run to one value and one standard error per temperature.

    Replicas are independent runs of one system and are pooled; errors allow for autocorrelation
    (see `analysis.statistics`). Disorder samples are averaged: errors are then over samples.

    Parameters
    ----------
    run : xarray.Dataset
        What `multispin.simulate` or `multispin.temper` returned, or a part of it, or several joined
        along any dimension but ``draw``: at least 20 draws at equal distances.

    Returns
    -------
    xarray.Dataset
        Along ``temperature`` (or without it, if one was selected), each with its
        ``<name>_error``: ``energy_per_spin`` :math:`e = \langle E \rangle / N`, ``magnetization``
        :math:`\langle m \rangle`, ``abs_magnetization`` :math:`\langle |m| \rangle`,
        ``specific_heat``, ``susceptibility`` and ``binder_cumulant`` (defined in
        `analysis.statistics`), and ``paramagnetic_susceptibility``
        :math:`N \langle m^2 \rangle / T`, which is the susceptibility where
        :math:`\langle m \rangle` = 0 in the infinite system. Of at least 2 disorder samples, the
        average of what each of them has, but for ``binder_cumulant``,
        :math:`1 - [\langle m^4 \rangle] / (3 [\langle m^2 \rangle]^2)`.
        ``tau`` is the integrated autocorrelation time of :math:`|m|` in sweeps, of samples the
        mean, and ``tau_energy`` that of the energy: either may be far longer than the other.

    Raises
    ------
    TypeError, ValueError
        If it is not such a run, has fewer than 20 draws, or draws at unequal distances.

    Examples
    --------
    >>> import multispin as ms
    >>> run = ms.simulate(
    ...     ms.Ising((64, 64)), 2.0, sweeps=500, thermalization=200, seed=1, init="up", replicas=8
    ... )
    >>> summarize(run).abs_magnetization.values.round(2)
    array([0.91])
    """
    return averages("run", run)


def averages(name: str, run: xr.Dataset) -> xr.Dataset:
    """`summarize` the argument `name`."""
    xarray = require("xarray", "run")
    checks.dataset(name, run, ("energy", "magnetization", "draw", "temperature"), _MEASURED)
    if run.sizes.get("draw", 1) < statistics.MIN_DRAWS:
        raise ValueError(
            f"{name}: got {run.sizes.get('draw', 1)} draws, allowed: at least "
            f"{statistics.MIN_DRAWS} for error bars, so more sweeps or a shorter interval"
        )
    interval = selection.sweeps_between_draws(name, run)
    one_temperature = "temperature" not in run.dims
    run, order, samples = _by_sample(
        name, selection.with_dimensions(name, run, "temperature", "replica")
    )
    of_each = _of_each(name, run, order)
    m = selection.values(name, run, "magnetization", (*order, "replica", "draw"))
    if samples:
        estimates = {
            what: statistics.sample_jackknife(_same, one.value) for what, one in of_each.items()
        }
        moments = [(m**power).mean(axis=(-2, -1)) for power in (2, 4)]
        estimates["binder_cumulant"] = statistics.sample_jackknife(_cumulant, *moments)
    else:
        estimates = of_each | {"binder_cumulant": statistics.binder_cumulant(m, replicas=True)}
    columns = variables(estimates)
    for what, of, estimate in (
        ("tau", "|m|", of_each["abs_magnetization"]),
        ("tau_energy", "the energy", of_each["energy_per_spin"]),
    ):
        tau = np.mean(estimate.tau, axis=0) if samples else estimate.tau
        attributes = {"long_name": f"integrated autocorrelation time of {of}", "units": "sweep"}
        columns[what] = ("temperature", tau * interval, attributes)
    coordinates = {"temperature": run.temperature}
    summary = xarray.Dataset(columns, coordinates, attrs=run.attrs)
    return cast("xr.Dataset", summary.isel(temperature=0) if one_temperature else summary)


def _of_each(name: str, run: xr.Dataset, order: tuple[str, ...]) -> dict[str, statistics.Estimate]:
    """Return what each sample, or the only one, has by itself, by name."""
    n_spins, T = selection.n_spins(name, run), selection.temperatures(name, run)
    energy = selection.values(name, run, "energy", (*order, "replica", "draw"))
    magnetization = selection.magnetizations(name, run, (*order, "replica", "draw"))
    size = np.abs(magnetization)
    with np.errstate(over="ignore"):
        if not np.isfinite(n_spins / T).all():
            allowed = "temperatures at which N/T is finite"
            raise ValueError(checks.describe(f"{name}.temperature", float(T.min()), allowed))
    with checks.within(name):
        return {
            "energy_per_spin": statistics.mean(energy / n_spins, replicas=True),
            "magnetization": statistics.mean(magnetization, replicas=True),
            "abs_magnetization": statistics.mean(size, replicas=True),
            "specific_heat": statistics.specific_heat(energy, T, n_spins, replicas=True),
            "susceptibility": statistics.susceptibility(size, T, n_spins, replicas=True),
            "paramagnetic_susceptibility": statistics.mean(
                n_spins * size**2 / T[:, None, None], replicas=True
            ),
        }


def energy_per_spin(run: xr.Dataset) -> statistics.Estimate:
    """Energy per spin along the temperature; of several samples, however few draws there are."""
    checks.dataset("run", run, ("energy", "draw", "temperature"), _MEASURED)
    run, order, samples = _by_sample(
        "run", selection.with_dimensions("run", run, "temperature", "replica")
    )
    energy = selection.values("run", run, "energy", (*order, "replica", "draw"))
    energy = energy / selection.n_spins("run", run)
    with checks.within("run"):
        if samples:
            return statistics.sample_jackknife(_same, energy.mean(axis=(-2, -1)))
        return statistics.mean(energy, replicas=True)


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
        of the lattice are equal (defined in `analysis.overlaps`). Errors are over samples if there
        are at least 2 of them, else over draws. Ratios of averages are ``nan`` for 2 samples with
        fewer than 20 draws: without one, the jackknife has a ratio of next to nothing.

    Raises
    ------
    TypeError, ValueError
        If it is not such a run, or a single sample has fewer than 20 draws.

    Examples
    --------
    >>> import numpy as np
    >>> import xarray as xr
    >>> q = xr.DataArray(np.full((1, 1, 50), 0.5), dims=("temperature", "pair", "draw"))
    >>> run = xr.Dataset({"overlap": q}, {"temperature": [1.0]}, {"n_spins": 64, "shape": [8, 8]})
    >>> summarize_overlaps(run).spin_glass_susceptibility.values
    array([16.])
    """
    return overlap_averages("run", run)


def overlap_averages(name: str, run: xr.Dataset) -> xr.Dataset:
    """`summarize_overlaps` the argument `name`."""
    xarray = require("xarray", "run")
    needed = ("overlap", "draw", "temperature")
    checks.dataset(name, run, needed, "one of temper that measured them")
    one_temperature = "temperature" not in run.dims
    run, lead, samples = _by_sample(
        name, selection.with_dimensions(name, run, "temperature", "pair")
    )
    order, sides = (*lead, "pair", "draw"), set(selection.sides(name, run))
    q, n_spins = selection.values(name, run, "overlap", order), selection.n_spins(name, run)
    with checks.within(name):
        estimates = {
            "spin_glass_susceptibility": overlaps.susceptibility(q, n_spins, samples),
            "binder_ratio": overlaps.binder_ratio(q, samples),
        }
    if "overlap_k2" in run and len(sides) == 1:
        length = sides.pop()
        k2 = selection.values(name, run, "overlap_k2", order)
        with checks.within(name):
            xi = overlaps.correlation_length(q, k2, length, samples)
        estimates["xi_over_length"] = statistics.Estimate(
            xi.value / length, xi.error / length, xi.tau
        )
    if run.sizes.get("sample") == 2 and run.sizes["draw"] < statistics.MIN_DRAWS:
        for what in estimates.keys() - {"spin_glass_susceptibility"}:
            unknown = np.full(run.sizes["temperature"], np.nan)
            estimates[what] = statistics.Estimate(unknown, unknown, estimates[what].tau)
    coordinates = {"temperature": run.temperature}
    summary = xarray.Dataset(variables(estimates), coordinates, attrs=run.attrs)
    return cast("xr.Dataset", summary.isel(temperature=0) if one_temperature else summary)


def _by_sample(name: str, run: xr.Dataset) -> tuple[xr.Dataset, tuple[str, ...], bool]:
    """Return the run, the order of the first dimensions, and if there are samples to average."""
    if selection.n_samples(name, run) > 1:
        return run, ("sample", "temperature"), True
    return run.isel(sample=0) if "sample" in run.dims else run, ("temperature",), False


def _same(values: Any) -> Any:
    return values


def _cumulant(m2: Any, m4: Any) -> Any:
    """Binder's cumulant from the moments of m; nan if m is always 0."""
    with np.errstate(invalid="ignore"):
        return 1 - m4 / (3 * m2**2)


def variables(estimates: dict[str, statistics.Estimate]) -> dict[str, Any]:
    """Values and errors along the temperature, with names and units."""
    columns: dict[str, Any] = {}
    for name, estimate in estimates.items():
        long_name, units = _LABELS[name]
        attributes = {"long_name": long_name, "units": units}
        errors = {"long_name": f"standard error of the {long_name}", "units": units}
        columns[name] = ("temperature", estimate.value, attributes)
        columns[f"{name}_error"] = ("temperature", estimate.error, errors)
    return columns


_MEASURED = "one of simulate or temper"

_LABELS = {
    "energy_per_spin": ("energy per spin", "energy unit of J and h"),
    "magnetization": ("mean magnetization per spin", "1"),
    "abs_magnetization": ("mean absolute magnetization per spin", "1"),
    "specific_heat": ("specific heat per spin", "k_B"),
    "susceptibility": ("susceptibility per spin", "1 / energy unit of J and h"),
    "paramagnetic_susceptibility": (
        "susceptibility per spin without spontaneous magnetization",
        "1 / energy unit of J and h",
    ),
    "binder_cumulant": ("Binder cumulant", "1"),
    "energy_per_spin_2": ("mean squared energy per spin", "squared energy unit of J and h"),
    "magnetization_2": ("mean squared magnetization per spin", "1"),
    "magnetization_4": ("mean fourth power of the magnetization per spin", "1"),
    "spin_glass_susceptibility": ("spin-glass susceptibility", "1"),
    "binder_ratio": ("Binder ratio of the overlap", "1"),
    "xi_over_length": ("correlation length of the overlap over lattice side", "1"),
}
