"""Pictures of problems of optimisation: how their replicas went, in the problem's own values.

Like `multispin.plot`: every function returns a `matplotlib.figure.Figure` of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from multispin._base import checks
from multispin.plot._words import words
from multispin.plot.style import COLOURS, FAINT, new_figure, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray

__all__ = ["annealing"]

_LEVELS = 40  # values at the end that each have a bar of their own


def annealing(
    temperatures: ArrayLike, values: ArrayLike, what: str = "energy", best: float | None = None
) -> Figure:
    """What is optimised, in replicas that are cooled down, and what they end with.

    Parameters
    ----------
    temperatures : array_like
        Temperatures > 0 in the order in which they were visited, (steps,).
    values : array_like
        The value of each replica at the end of each step, (steps, replicas): an energy, or a cut.
    what : str
        What it is.
    best : float, optional
        The best value seen, if it is to be marked.

    Returns
    -------
    matplotlib.figure.Figure
        Left, on a logarithmic axis from hot to cold: median, middle half and all of the replicas.
        Right: how many replicas ended with which value.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of this kind.

    Examples
    --------
    >>> import multispin as ms
    >>> from multispin import plot
    >>> run = ms.anneal(ms.SherringtonKirkpatrick(30, seed=1), replicas=32, seed=1)
    >>> picture = plot.problems.annealing(run.temperature, run.energy)
    >>> picture.savefig("annealing.png")
    """
    T = checks.temperatures("temperatures", temperatures)
    value = checks.numbers("values", values)
    if value.ndim != 2 or len(value) != len(T) or value.size == 0:
        allowed = f"({len(T)}, replicas), as there are {len(T)} temperatures"
        raise ValueError(checks.describe("values", f"an array of shape {value.shape}", allowed))
    # Axes have to have room for differences.
    if np.abs(value).max() > 1e300:
        raise ValueError(checks.describe("values", float(np.abs(value).max()), "up to 1e300"))
    what = words("what", what)
    if best is not None:
        best = checks.finite("best", best)
    low, first, median, third, high = np.quantile(value, [0, 0.25, 0.5, 0.75, 1], axis=1)
    with style():
        figure = new_figure(6.4, 4.2)
        left, right = figure.subplots(1, 2, width_ratios=(2, 1))
        left.fill_between(T, low, high, color=COLOURS[0], alpha=0.15, lw=0, label="all replicas")
        left.fill_between(T, first, third, color=COLOURS[0], alpha=0.35, lw=0, label="middle half")
        left.plot(T, median, color=COLOURS[0], label="median")
        left.set_xscale("log")
        if T[0] > T[-1]:
            left.invert_xaxis()
        left.set_xlabel("temperature $T$, hot to cold")
        left.set_ylabel(what)
        left.set_title(f"{value.shape[1]} replicas", loc="left")
        _draw_ends(right, value[-1])
        if best is not None:
            for axes in (left, right):
                axes.axhline(best, color=FAINT, lw=0.8, ls="--", zorder=0)
            left.plot([], [], color=FAINT, lw=0.8, ls="--", label=f"best seen, {best:.10g}")
        left.legend()
        return figure


def _draw_ends(axes: Axes, ends: NDArray[np.float64]) -> None:
    """Draw how many replicas ended with which value: a bar for each, or for ranges of many."""
    levels, counts = np.unique(ends, return_counts=True)
    if len(levels) > _LEVELS:
        counts, borders = np.histogram(ends, bins=_LEVELS // 2)
        levels, width = (borders[1:] + borders[:-1]) / 2, np.diff(borders)[0]
    else:
        width = np.diff(levels).min() if len(levels) > 1 else 1.0
    axes.barh(levels, counts, height=0.8 * width, color=COLOURS[1], lw=0)
    axes.set_xlabel("replicas at the end")
    axes.margins(y=0.15)
