"""Pictures of what replicas are worth: errors and throughput against their number.

Like `multispin.plot`: every function returns a `matplotlib.figure.Figure` of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from multispin._figures import COLOURS, FAINT, new_figure, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray

    from multispin.replica_error import ReplicaError

__all__ = ["error", "throughput"]


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
    """
    with style():
        figure = new_figure(6.4, 4.2)
        axes = figure.subplots()
        _replica_axis(axes, result.replicas)
        axes.set_yscale("log")
        line = result.error[0] / np.sqrt(result.replicas)
        axes.plot(result.replicas, line, color=FAINT, lw=1.0, zorder=0, label=r"$1/\sqrt{R}$")
        axes.errorbar(
            result.replicas,
            result.error,
            result.uncertainty,
            linestyle="none",
            marker="o",
            markersize=4.5,
            color=COLOURS[0],
            label=f"measured, slope ${result.slope:.3f} \\pm {result.slope_error:.3f}$",
        )
        axes.set_ylabel("standard error of the mean")
        axes.legend()
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
    """
    with style():
        figure = new_figure(6.4, 4.2)
        axes = figure.subplots()
        _replica_axis(axes, np.asarray(replicas))
        axes.plot(replicas, flips_per_ns, marker="o", ms=4.5, color=COLOURS[0], lw=0.8)
        axes.set_ylim(bottom=0)
        axes.set_ylabel("spin updates per ns")
        return figure


def _replica_axis(axes: Axes, replicas: NDArray[np.int64]) -> None:
    axes.set_xscale("log", base=2)
    axes.set_xticks(replicas, [str(number) for number in replicas])
    axes.minorticks_off()
    axes.set_xlabel("replicas $R$")
