"""Pictures of spin glasses: overlaps, their order, how walkers moved, and how replicas cooled.

Like `multispin.plot`: every function returns a `matplotlib.figure.Figure` of its own. Tempering
runs hold ``overlap`` (temperature, pair, draw) and more, with ``sample`` as a first dimension if
there are disorder samples; see `analysis.summary.summarize_overlaps`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks
from multispin._base.extras import require
from multispin.analysis import overlaps, selection
from multispin.analysis.summary import overlap_averages
from multispin.plot.style import (
    COLOURS,
    FAINT,
    MARKERS,
    TEMPERATURE,
    extent,
    lattice_name,
    named,
    new_figure,
    overlap_axes,
    style,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeAlias

    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Runs: TypeAlias = xr.Dataset | Sequence[xr.Dataset]

__all__ = ["annealing", "binder_ratio", "correlation_length", "overlap_distribution", "tempering"]

_MOST_CURVES = 5
_TEMPERED = "one of temper that measured them"
_MOVED = (
    "swap_accepted",
    "swap_attempts",
    "from_top",
    "round_trips",
    "round_trip_time",
    "temperature",
)


def overlap_distribution(run: xr.Dataset, bins: int = 51) -> Figure:
    """P(q) at up to five temperatures of a run, the lowest and the highest among them.

    It is shown as measured. Without a field P(q) = P(−q), and where a curve is lopsided by more
    than its errors the run is too short.

    Parameters
    ----------
    run : xarray.Dataset
        With ``overlap`` and the attribute ``n_spins``.
    bins : int
        Most bins to use; see `analysis.overlaps.distribution`.

    Returns
    -------
    matplotlib.figure.Figure
        Curves with bands of one standard error, over samples if there are at least 2.

    Raises
    ------
    TypeError, ValueError
        If it is not such a run, or a single sample has fewer than 20 draws.

    Examples
    --------
    >>> import numpy as np
    >>> import multispin as ms
    >>> from multispin import plot
    >>> glass = ms.EdwardsAnderson((4, 4, 4), seed=1, samples=4)
    >>> run = ms.temper(glass, np.geomspace(0.6, 2.4, 8), sweeps=200, interval=2)
    >>> plot.glass.overlap_distribution(run).savefig("overlap_distribution.png")
    """
    bins = checks.count("bins", bins, 3, checks.MOST_SITES)
    checks.dataset("run", run, ("overlap", "temperature", "pair", "draw"), _TEMPERED)
    run = selection.with_dimensions("run", run, "temperature", "pair")
    T, n_spins = selection.temperatures("run", run), selection.n_spins("run", run)
    title = f"{lattice_name('run', run)}{extent('run', run)}"
    samples = selection.n_samples("run", run) > 1
    if not samples and "sample" in run.dims:
        run = run.isel(sample=0)
    shown = np.unique(np.linspace(0, T.size - 1, min(T.size, _MOST_CURVES)).round().astype(int))
    order = (*(("sample",) if samples else ()), "temperature", "pair", "draw")
    q = selection.values("run", run.isel(temperature=shown), "overlap", order)
    with checks.within("run"):
        found = overlaps.distribution(q, n_spins, bins=bins, samples=samples)
    with style():
        figure = new_figure(6.4, 4.2)
        axes = figure.subplots()
        for number, temperature in enumerate(T[shown]):
            density, error = found.density[number], found.error[number]
            colour = _heat(number / max(1, len(shown) - 1))
            label = f"$T = {temperature:.3g}$"
            axes.plot(found.q, density, color=colour, label=label)
            axes.fill_between(
                found.q, density - error, density + error, color=colour, alpha=0.25, lw=0
            )
        overlap_axes(axes)
        axes.set_title(title, loc="left")
        # Beside the curves, which may be anywhere.
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
        return figure


def binder_ratio(runs: Runs) -> Figure:
    """Binder's ratio of the overlap against temperature.

    Parameters
    ----------
    runs : xarray.Dataset or sequence of xarray.Dataset
        Tempering runs; several lattices share the axes, and their curves cross near T_c.

    Returns
    -------
    matplotlib.figure.Figure
        Points with standard errors, joined.

    Raises
    ------
    TypeError, ValueError
        If there is none, or one is not such a run, or a single sample has fewer than 20 draws.

    Examples
    --------
    >>> import numpy as np
    >>> import multispin as ms
    >>> from multispin import plot
    >>> glass = ms.EdwardsAnderson((4, 4, 4), seed=1, samples=4)
    >>> run = ms.temper(glass, np.geomspace(0.6, 2.4, 8), sweeps=200, interval=2)
    >>> plot.glass.binder_ratio(run).savefig("binder_ratio.png")
    """
    return _curves(runs, "binder_ratio", r"Binder ratio $g$")


def correlation_length(runs: Runs) -> Figure:
    """Correlation length over lattice side ξ/L against temperature; see `binder_ratio`.

    Parameters
    ----------
    runs : xarray.Dataset or sequence of xarray.Dataset
        Tempering runs with ``overlap_k2`` on lattices with equal sides.

    Returns
    -------
    matplotlib.figure.Figure
        Points with standard errors, joined; none where ξ is not defined.

    Raises
    ------
    TypeError, ValueError
        As `binder_ratio`; also if a lattice has sides that differ, or did not measure
        ``overlap_k2``.

    Examples
    --------
    >>> import numpy as np
    >>> import multispin as ms
    >>> from multispin import plot
    >>> glass = ms.EdwardsAnderson((4, 4, 4), seed=1, samples=4)
    >>> run = ms.temper(glass, np.geomspace(0.6, 2.4, 8), sweeps=200, interval=2)
    >>> plot.glass.correlation_length(run).savefig("correlation_length.png")
    """
    return _curves(runs, "xi_over_length", r"correlation length $\xi / L$")


def tempering(run: xr.Dataset) -> Figure:
    """How walkers moved through the temperatures: acceptance of swaps, and where they came from.

    Parameters
    ----------
    run : xarray.Dataset
        Of `multispin.temper`; disorder samples are pooled.

    Returns
    -------
    matplotlib.figure.Figure
        The acceptance between neighbouring temperatures, and the fraction of walkers at each that
        come from the top. That is linear in the temperature's number (the line) if walkers meet no
        bottleneck; see `analysis.temperature_grid`.

    Raises
    ------
    TypeError, ValueError
        If it is not such a run.

    Examples
    --------
    >>> import numpy as np
    >>> import multispin as ms
    >>> from multispin import plot
    >>> glass = ms.EdwardsAnderson((4, 4, 4), seed=1, samples=4)
    >>> run = ms.temper(glass, np.geomspace(0.6, 2.4, 8), sweeps=200, interval=2)
    >>> plot.glass.tempering(run).savefig("tempering.png")
    """
    checks.dataset("run", run, _MOVED, "one of temper")
    T, lead = selection.temperatures("run", run), ("sample",) if "sample" in run.dims else ()
    accepted, attempts = (
        selection.values("run", run, what, (*lead, "gap")).reshape(-1, run.sizes["gap"]).sum(axis=0)
        for what in ("swap_accepted", "swap_attempts")
    )
    if accepted.size != T.size - 1:
        allowed = f"{T.size - 1}, between {T.size} temperatures"
        raise ValueError(f"run.swap_accepted: got {accepted.size} gaps, allowed: {allowed}")
    from_top = selection.real("run", run, "from_top", (*lead, "temperature")).reshape(-1, T.size)
    title = f"{lattice_name('run', run)}{extent('run', run)},  {_trips('run', run)}"
    acceptance = accepted / np.where(attempts > 0, attempts, np.nan)
    with style():
        figure = new_figure(6.4, 5.4)
        top, bottom = figure.subplots(2, 1, sharex=True)
        top.plot(np.sqrt(T[1:] * T[:-1]), acceptance, marker="o", ms=4.5, color=COLOURS[0], lw=0.8)
        top.set_ylim(0, 1)
        top.set_ylabel("acceptance of swaps")
        top.set_title(title, loc="left")
        even = np.linspace(0, 1, T.size)
        bottom.plot(T, even, color=FAINT, lw=0.8, ls="--", zorder=0, label="no bottleneck")
        mean, error = _over_samples(from_top)
        bottom.errorbar(
            T, mean, error, marker="s", markersize=4.5, color=COLOURS[1], lw=0.8, label="measured"
        )
        bottom.set_ylim(-0.03, 1.03)
        bottom.set_ylabel("fraction from the top")
        bottom.set_xlabel(TEMPERATURE)
        bottom.legend()
        return figure


def annealing(run: xr.Dataset, sample: int = 0) -> Figure:
    """Energies of annealed replicas against temperature, and what they end with.

    Parameters
    ----------
    run : xarray.Dataset
        Of `multispin.anneal`.
    sample : int
        The disorder sample to show, if there are several.

    Returns
    -------
    matplotlib.figure.Figure
        Left, in the order of the schedule: median, middle half and all of the replicas; where
        temperatures are repeated the path goes back and forth. Right, magnified: how many replicas
        ended with which energy. The line is the lowest energy seen.

    Raises
    ------
    TypeError, ValueError
        If it is not such a run, or has no such sample.

    Examples
    --------
    >>> import numpy as np
    >>> import multispin as ms
    >>> from multispin import plot
    >>> glass = ms.EdwardsAnderson((4, 4, 4), seed=1)
    >>> run = ms.anneal(glass, np.linspace(3.0, 0.3, 28), 20, replicas=64)
    >>> plot.glass.annealing(run).savefig("annealing.png")
    """
    needed = ("energy", "best_state_energy", "temperature", "step")
    checks.dataset("run", run, needed, "one of anneal")
    if "sample" not in run.dims and checks.count("sample", sample) != 0:
        allowed = "0, as the run has one set of couplings"
        raise ValueError(checks.describe("sample", sample, allowed))
    sample = checks.count("sample", sample, 0, selection.n_samples("run", run) - 1)
    shown = run.isel(sample=sample) if "sample" in run.dims else run
    shown = selection.with_dimensions("run", shown, "step", "replica")
    n_spins, title = selection.n_spins("run", run), lattice_name("run", run)
    energy = selection.values("run", shown, "energy", ("step", "replica")) / n_spins
    T = selection.values("run", shown, "temperature", ("step",))
    low, first, median, third, high = np.quantile(energy, [0, 0.25, 0.5, 0.75, 1], axis=1)
    best = float(selection.values("run", shown, "best_state_energy", ())) / n_spins
    levels, counts = np.unique(energy[-1], return_counts=True)
    with style():
        figure = new_figure(6.4, 4.2)
        left, right = figure.subplots(1, 2, width_ratios=(2, 1))
        left.fill_between(T, low, high, color=COLOURS[0], alpha=0.15, lw=0, label="all replicas")
        left.fill_between(T, first, third, color=COLOURS[0], alpha=0.35, lw=0, label="middle half")
        left.plot(T, median, color=COLOURS[0], label="median")
        left.set_xlabel(TEMPERATURE)
        left.set_ylabel("energy per spin $E / N$  [$J$]")
        left.set_title(f"{title},  {energy.shape[1]} replicas", loc="left")
        width = 0.8 * np.diff(levels).min() if len(levels) > 1 else 1 / n_spins
        right.barh(levels, counts, height=width, color=COLOURS[1], lw=0)
        right.set_xlabel("replicas at the end")
        right.margins(y=0.15)
        for axes in (left, right):
            axes.axhline(best, color=FAINT, lw=0.8, ls="--", zorder=0)
        left.plot([], [], color=FAINT, lw=0.8, ls="--", label=f"lowest seen, {best:.4f}")
        left.legend()
        return figure


def _curves(runs: Runs, name: str, label: str) -> Figure:
    tables = [
        (selection.with_dimensions(of, overlap_averages(of, run), "temperature"), of)
        for of, run in named(runs)
    ]
    for table, of in tables:
        if name not in table:
            sides = selection.sides(of, table)
            without = "overlap_k2" if len(set(sides)) == 1 else "equal sides"
            got = f"one of {' x '.join(map(str, sides))} spins without {without}"
            allowed = "lattices with equal sides that have measured overlap_k2"
            raise ValueError(f"{of}: got {got}, allowed: {allowed}")
    with style():
        figure = new_figure(6.4, 4.2)
        axes: Axes = figure.subplots()
        for number, (table, of) in enumerate(tables):
            axes.errorbar(
                table.temperature.values,
                table[name].values,
                table[f"{name}_error"].values,
                label=lattice_name(of, table),
                color=COLOURS[number % len(COLOURS)],
                marker=MARKERS[number % len(MARKERS)],
                markersize=4.5,
                linewidth=0.8,
                elinewidth=1.0,
            )
        axes.set_xlabel(TEMPERATURE)
        axes.set_ylabel(label)
        axes.legend()
        return figure


def _over_samples(values: NDArray[np.float64]) -> tuple[Any, Any]:
    """Mean and standard error over the samples (samples, M) that have a value at a temperature."""
    known = np.isfinite(values)
    count = np.where(known.any(axis=0), known.sum(axis=0), np.nan)
    mean = np.where(known, values, 0).sum(axis=0) / count
    squares = np.where(known, values - mean, 0) ** 2
    return mean, np.sqrt(squares.sum(axis=0) / np.maximum(count - 1, 1) / count)


def _trips(name: str, run: xr.Dataset) -> str:
    lead = ("sample",) if "sample" in run.dims else ()
    total = int(selection.values(name, run, "round_trips", (*lead, "replica", "walker")).sum())
    time = selection.real(name, run, "round_trip_time", (*lead, "replica"))
    if total == 0:
        return "no round trip"
    if not (time > 0).all():
        allowed = "sweeps > 0, or inf where there was no round trip"
        raise ValueError(checks.describe(f"{name}.round_trip_time", time, allowed))
    # Ladders are equally long, so rates average and times do not.
    sweeps = 1 / np.mean(1 / time)
    return f"{total} round trip{'s' * (total > 1)} of {sweeps:.0f} sweeps"


def _heat(share: float) -> Any:
    """Colour of a temperature, from 0 (cold, dark) to 1 (hot, light)."""
    return require("matplotlib", "plot").colormaps["plasma"](0.85 * share)
