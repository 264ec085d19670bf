"""Pictures of what replicas are worth: errors and throughput against their number.

Like `multispin.plot`: every function returns a `matplotlib.figure.Figure` of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from multispin._figures import COLOURS, FAINT, MARKERS, new_figure, style
from multispin.replica_error import ReplicaError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray

__all__ = ["error", "overview", "throughput"]


def error(result: ReplicaError) -> Figure:
    """Standard error against the number of replicas, beside the 1/√R of independent ones.

    Parameters
    ----------
    result : ReplicaError
        What `multispin.replica_error.replica_error` returned.

    Returns
    -------
    matplotlib.figure.Figure
        Points with standard errors on logarithmic scales; the line goes through that of one
        replica.

    Examples
    --------
    >>> import numpy as np
    >>> from multispin import plot_replicas
    >>> from multispin.replica_error import replica_error
    >>> values = np.random.default_rng(1).normal(size=(64, 100))  # (replica, draw)
    >>> plot_replicas.error(replica_error(values)).savefig("error.png")
    """
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
    >>> from multispin import plot_replicas
    >>> run = ms.replica_sweep(ms.Ising((8, 8)), 2.5, (1, 2, 4, 8), sweeps=200, thermalization=50)
    >>> plot_replicas.throughput(run.replicas, run.flips_per_ns).savefig("throughput.png")
    """
    with style():
        figure = new_figure(6.4, 4.2)
        axes = figure.subplots()
        _replica_axis(axes, np.asarray(replicas))
        axes.plot(replicas, flips_per_ns, marker="o", ms=4.5, color=COLOURS[0], lw=0.8)
        axes.set_ylim(bottom=0)
        axes.set_ylabel("spin updates per ns")
        return figure


def overview(runs: Mapping[str, xr.Dataset]) -> Figure:
    """Throughput, and the error of the energy beside 1/√R, of one or more systems.

    Parameters
    ----------
    runs : mapping of str to xarray.Dataset
        What `multispin.replica_sweep` returned, by the name of the system.

    Returns
    -------
    matplotlib.figure.Figure
        Two pictures side by side, all scales logarithmic.

    Examples
    --------
    >>> import multispin as ms
    >>> from multispin import plot_replicas
    >>> run = ms.replica_sweep(ms.Ising((8, 8)), 2.5, (1, 2, 4, 8), sweeps=200, thermalization=50)
    >>> plot_replicas.overview({"8 x 8": run}).savefig("overview.png")
    """
    numbers = np.unique(np.concatenate([run.replicas.values for run in runs.values()]))
    with style():
        figure = new_figure(9.6, 4.2)
        left, right = figure.subplots(1, 2)
        for axes in (left, right):
            _replica_axis(axes, numbers)
        for index, (name, run) in enumerate(runs.items()):
            look = {"color": COLOURS[index % len(COLOURS)], "marker": MARKERS[index % len(MARKERS)]}
            left.plot(run.replicas, run.flips_per_ns, ms=4.5, lw=0.8, label=name, **look)
            _draw_errors(right, _energy_error(run), index, name)
        left.set_yscale("log")
        left.set_ylabel("spin updates per ns")
        left.legend()
        right.set_ylabel("standard error of the energy per spin")
        return figure


def _energy_error(run: xr.Dataset) -> ReplicaError:
    return ReplicaError(
        run.replicas.values,
        run.energy_per_spin_error.values,
        run.energy_per_spin_error_uncertainty.values,
        float(run.energy_per_spin_slope),
        float(run.energy_per_spin_slope_error),
    )


def _draw_errors(axes: Axes, result: ReplicaError, index: int, name: str) -> None:
    axes.set_yscale("log")
    line = result.error[0] * np.sqrt(result.replicas[0] / result.replicas)
    label = r"$1/\sqrt{R}$" if index == 0 else None
    axes.plot(result.replicas, line, color=FAINT, lw=1.0, zorder=0, label=label)
    axes.errorbar(
        result.replicas,
        result.error,
        result.uncertainty,
        linestyle="none",
        marker=MARKERS[index % len(MARKERS)],
        markersize=4.5,
        color=COLOURS[index % len(COLOURS)],
        label=f"{name}, slope ${result.slope:.3f} \\pm {result.slope_error:.3f}$",
    )
    axes.set_ylabel("standard error of the mean")
    axes.legend()


def _replica_axis(axes: Axes, replicas: NDArray[np.int64]) -> None:
    axes.set_xscale("log", base=2)
    axes.set_xticks(replicas, [str(number) for number in replicas])
    axes.minorticks_off()
    axes.set_xlabel("replicas $R$")
