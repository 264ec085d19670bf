"""Pictures of what replicas are worth: errors and throughput against their number.

Like `multispin.plot`: every function returns a `matplotlib.figure.Figure` of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks
from multispin.analysis.replica_error import ReplicaError
from multispin.plot.style import COLOURS, FAINT, MARKERS, new_figure, overlap_axes, style

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray

__all__ = ["error", "overview", "throughput"]

#: Bits of the words that hold one bit of each replica.
_WORDS = (64, 128, 256, 512)

_MOST_TICKS = 11

_NEEDED = ("replicas", "flips_per_ns", "bytes", "energy_per_spin_error")


def error(result: ReplicaError) -> Figure:
    """Standard error against the number of replicas, beside the 1/√R of independent ones.

    Parameters
    ----------
    result : ReplicaError
        What `analysis.replica_error.replica_error` returned.

    Returns
    -------
    matplotlib.figure.Figure
        Points with standard errors on logarithmic scales; the line goes through that of one
        replica.

    Raises
    ------
    TypeError
        If it is not such a result.

    Examples
    --------
    >>> import numpy as np
    >>> from multispin import plot
    >>> from multispin.analysis.replica_error import replica_error
    >>> values = np.random.default_rng(1).normal(size=(64, 100))  # (replica, draw)
    >>> plot.replicas.error(replica_error(values)).savefig("error.png")
    """
    checks.instance("result", result, ReplicaError, "what replica_error returned")
    with style():
        figure = new_figure(6.4, 4.2)
        axes = figure.subplots()
        _replica_axis(axes, result.replicas)
        _draw_errors(axes, result, 0, "measured")
        return figure


def throughput(replicas: ArrayLike, flips_per_ns: ArrayLike) -> Figure:
    """Throughput against the number of replicas.

    Parameters
    ----------
    replicas : array_like
        Numbers of replicas R, (sizes,).
    flips_per_ns : array_like
        Attempted spin updates per nanosecond of all replicas together, (sizes,).

    Returns
    -------
    matplotlib.figure.Figure
        Points, joined; higher is better.

    Examples
    --------
    >>> import multispin as ms
    >>> from multispin import plot
    >>> run = ms.replica_sweep(ms.Ising((8, 8)), 2.5, (1, 2, 4, 8), sweeps=200, thermalization=50)
    >>> plot.replicas.throughput(run.replicas, run.flips_per_ns).savefig("throughput.png")
    """
    with style():
        figure = new_figure(6.4, 4.2)
        axes = figure.subplots()
        _replica_axis(axes, np.asarray(replicas))
        axes.plot(replicas, flips_per_ns, marker="o", ms=4.5, color=COLOURS[0], lw=0.8)
        axes.set_yscale("log")
        axes.set_ylabel("spin updates per ns")
        return figure


def overview(runs: xr.Dataset | Mapping[str, xr.Dataset]) -> Figure:
    """What replicas cost and bring: throughput, memory, the error of the energy, and P(q).

    Parameters
    ----------
    runs : xarray.Dataset, or mapping of str to xarray.Dataset
        What `multispin.replica_sweep` returned; several, by the name of the system.

    Returns
    -------
    matplotlib.figure.Figure
        Attempted spin updates per nanosecond, bytes that the engine holds, and the standard error
        of the energy beside 1/√R, all scales logarithmic; dotted lines are at 64, 128, 256 and 512
        replicas, which fill words of so many bits. If there are pairs of replicas, also the
        distribution of their overlap in the largest run, with a band of one standard error that
        may be narrower than the line.

    Raises
    ------
    TypeError, ValueError
        If there is no run, or one is not of this kind.

    Examples
    --------
    >>> import multispin as ms
    >>> from multispin import plot
    >>> run = ms.replica_sweep(ms.Ising((8, 8)), 2.5, (1, 2, 4, 8), sweeps=200, thermalization=50)
    >>> plot.replicas.overview({"8 x 8": run}).savefig("overview.png")
    """
    named = _named(runs)
    numbers = np.unique(np.concatenate([run.replicas.values for run in named.values()]))
    with_pairs = {name: run for name, run in named.items() if "overlap_distribution" in run}
    with style():
        figure = new_figure(9.6, 7.6) if with_pairs else new_figure(12.8, 4.2)
        panels = list(figure.subplots(2, 2).flat if with_pairs else figure.subplots(1, 3))
        speed, memory, errors = panels[:3]
        for axes in panels[:3]:
            _replica_axis(axes, numbers)
        for index, (name, run) in enumerate(named.items()):
            look = {"color": COLOURS[index % len(COLOURS)], "marker": MARKERS[index % len(MARKERS)]}
            speed.plot(run.replicas, run.flips_per_ns, ms=4.5, lw=0.8, label=name, **look)
            memory.plot(run.replicas, run["bytes"], ms=4.5, lw=0.8, **look)
            _draw_errors(errors, _energy_error(run), index)
        speed.set_yscale("log")
        speed.set_ylabel("spin updates per ns")
        held = np.concatenate([run["bytes"].values for run in named.values()])
        memory.set_yscale("log")
        memory.set_ylim(held.min() / 3, held.max() * 3)  # not to magnify what hardly changes
        memory.set_ylabel("memory of the engine  [byte]")
        errors.set_ylabel("standard error of the energy per spin  [$J$]")
        errors.set_title(f"runs of {_range(named, 'sweeps')} sweeps", loc="left")
        for axes in (speed, memory):
            _mark_full_words(axes, numbers)
        if with_pairs:
            _draw_distributions(panels[3], with_pairs, list(named))
        figure.legend(*speed.get_legend_handles_labels(), loc="outside upper center", ncols=3)
        return figure


def _named(runs: Any) -> dict[str, xr.Dataset]:
    allowed = "one of replica_sweep"
    if hasattr(runs, "data_vars"):  # a Dataset is a mapping, too
        checks.dataset("runs", runs, _NEEDED, allowed)
        return {f"$N = {runs.attrs['n_spins']}$,  $T = {runs.attrs['temperature']:g}$": runs}
    several = f"{allowed}, or a mapping of names to such runs"
    checks.instance("runs", runs, Mapping, several)
    if not runs:
        raise ValueError(checks.describe("runs", runs, several))
    for name, run in runs.items():
        checks.dataset(f"runs[{name!r}]", run, _NEEDED, allowed)
    return dict(runs)


def _mark_full_words(axes: Axes, replicas: NDArray[np.int64]) -> None:
    """Draw a line where words of one bit a replica are full, as far as the axis goes."""
    inside = [bits for bits in _WORDS if replicas[0] <= bits <= replicas[-1]]
    label = f"words of {', '.join(map(str, inside))} bits full"
    for bits in inside:
        axes.axvline(bits, color=FAINT, lw=0.8, ls=":", zorder=0, label=label)
        label = "_nolegend_"


def _draw_distributions(axes: Axes, runs: Mapping[str, xr.Dataset], names: list[str]) -> None:
    for name, run in runs.items():
        colour = COLOURS[names.index(name) % len(COLOURS)]
        q, density = run.q.values, run.overlap_distribution.values
        error = run.overlap_distribution_error.values
        axes.plot(q, density, color=colour, lw=1.0)
        axes.fill_between(q, density - error, density + error, color=colour, alpha=0.25, lw=0)
    overlap_axes(axes)
    most = {name: run.overlap_distribution for name, run in runs.items()}
    axes.set_title(f"pairs of {_range(most, 'replicas')} replicas", loc="left")


def _range(runs: Mapping[str, xr.Dataset | xr.DataArray], attribute: str) -> str:
    """Return the number that all runs have in common, or from which to which it goes."""
    values = sorted({int(run.attrs[attribute]) for run in runs.values()})
    return str(values[0]) if len(values) == 1 else f"{values[0]} to {values[-1]}"


def _energy_error(run: xr.Dataset) -> ReplicaError:
    return ReplicaError(
        run.replicas.values,
        run.energy_per_spin_error.values,
        run.energy_per_spin_error_uncertainty.values,
        float(run.energy_per_spin_slope),
        float(run.energy_per_spin_slope_error),
    )


def _draw_errors(axes: Axes, result: ReplicaError, index: int, name: str = "") -> None:
    if np.any(result.error > 0):  # without noise there is nothing to show, but no reason to fail
        axes.set_yscale("log")
    line = result.error[0] * np.sqrt(result.replicas[0] / result.replicas)
    label = r"$1/\sqrt{R}$" if index == 0 else None
    known = np.isfinite(result.slope)  # not of one number of replicas
    slope = f"slope ${result.slope:.3f} \\pm {result.slope_error:.3f}$" if known else ""
    axes.plot(result.replicas, line, color=FAINT, lw=1.0, zorder=0, label=label)
    axes.errorbar(
        result.replicas,
        result.error,
        result.uncertainty,
        linestyle="none",
        marker=MARKERS[index % len(MARKERS)],
        markersize=4.5,
        color=COLOURS[index % len(COLOURS)],
        label=", ".join(filter(None, (name, slope))) or "measured",
    )
    axes.set_ylabel("standard error of the mean")
    axes.legend()


def _replica_axis(axes: Axes, replicas: NDArray[np.int64]) -> None:
    axes.set_xscale("log", base=2)
    axes.set_xlim(replicas[0] / 1.4, replicas[-1] * 1.4)
    ticks = _ticks(replicas)
    axes.set_xticks(ticks, [str(number) for number in ticks])
    axes.minorticks_off()
    axes.set_xlabel("replicas $R$")


def _ticks(replicas: NDArray[np.int64]) -> list[int]:
    """Return the numbers that there is room for."""
    logs = np.log2(replicas)
    room = (logs[-1] - logs[0]) / _MOST_TICKS
    ticks: list[int] = []
    for number in replicas.tolist():
        if not ticks or np.log2(number / ticks[-1]) >= room:
            ticks.append(number)
    return ticks
