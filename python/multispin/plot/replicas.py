"""Pictures of what replicas are worth: errors and throughput against their number.

Like `multispin.plot`: every function returns a `matplotlib.figure.Figure` of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from multispin._base import checks
from multispin.analysis import selection
from multispin.analysis.replica_error import ReplicaError
from multispin.plot._words import words
from multispin.plot.style import COLOURS, FAINT, MARKERS, new_figure, overlap_axes, style

if TYPE_CHECKING:
    from collections.abc import Iterable

    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

__all__ = ["error", "overview", "throughput"]

#: Bits of the words that hold one bit of each replica.
_WORDS = (64, 128, 256, 512)

_MOST_TICKS = 11

_KIND = "one of replica_sweep"
_NEEDED = (
    "replicas",
    "flips_per_ns",
    "bytes",
    "energy_per_spin_error",
    "energy_per_spin_error_uncertainty",
    "energy_per_spin_slope",
    "energy_per_spin_slope_error",
)


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
    TypeError, ValueError
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
    result = _checked_result("result", result)
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

    Raises
    ------
    TypeError, ValueError
        If they are not numbers > 0, as many of one as of the other, or replicas not ascending.

    Examples
    --------
    >>> import multispin as ms
    >>> from multispin import plot
    >>> run = ms.replica_sweep(ms.Ising((8, 8)), 2.5, (1, 2, 4, 8), sweeps=200, thermalization=50)
    >>> plot.replicas.throughput(run.replicas, run.flips_per_ns).savefig("throughput.png")
    """
    numbers = _checked_replicas("replicas", replicas)
    speed = checks.positive_numbers("flips_per_ns", flips_per_ns)
    if speed.shape != numbers.shape:
        allowed = f"{numbers.shape}, as there are so many numbers of replicas"
        raise ValueError(f"flips_per_ns: got shape {speed.shape}, allowed: {allowed}")
    with style():
        figure = new_figure(6.4, 4.2)
        axes = figure.subplots()
        _replica_axis(axes, numbers)
        axes.plot(numbers, speed, marker="o", ms=4.5, color=COLOURS[0], lw=0.8)
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
    numbers = np.unique(np.concatenate([run.error.replicas for run in named.values()]))
    with_pairs = {name: run for name, run in named.items() if run.distribution is not None}
    with style():
        figure = new_figure(9.6, 7.6) if with_pairs else new_figure(12.8, 4.2)
        panels = list(figure.subplots(2, 2).flat if with_pairs else figure.subplots(1, 3))
        speed, memory, errors = panels[:3]
        for axes in panels[:3]:
            _replica_axis(axes, numbers)
        for index, (name, run) in enumerate(named.items()):
            look = {"color": COLOURS[index % len(COLOURS)], "marker": MARKERS[index % len(MARKERS)]}
            label = words("runs", name)
            speed.plot(run.error.replicas, run.flips_per_ns, ms=4.5, lw=0.8, label=label, **look)
            memory.plot(run.error.replicas, run.bytes, ms=4.5, lw=0.8, **look)
            _draw_errors(errors, run.error, index)
        speed.set_yscale("log")
        speed.set_ylabel("spin updates per ns")
        held = np.concatenate([run.bytes for run in named.values()])
        memory.set_yscale("log")
        memory.set_ylim(held.min() / 3, held.max() * 3)  # not to magnify what hardly changes
        memory.set_ylabel("memory of the engine  [byte]")
        errors.set_ylabel("standard error of the energy per spin  [$J$]")
        errors.set_title(
            f"runs of {_range(run.sweeps for run in named.values())} sweeps", loc="left"
        )
        for axes in (speed, memory):
            _mark_full_words(axes, numbers)
        if with_pairs:
            _draw_distributions(panels[3], with_pairs, list(named))
        figure.legend(*speed.get_legend_handles_labels(), loc="outside upper center", ncols=3)
        return figure


# --- what is taken out of runs --------------------------------------------------------------------


class _Run(NamedTuple):
    """What is shown of a run: (sizes,) each, and P(q), its error and where it is, all (bins,)."""

    flips_per_ns: Array
    bytes: Array
    error: ReplicaError
    sweeps: int
    distribution: tuple[Array, Array, Array] | None
    pairs_of: int  # replicas


def _named(runs: Any) -> dict[str, _Run]:
    several = f"{_KIND}, or a mapping of names to such runs"
    if hasattr(type(runs), "data_vars"):  # a Dataset is a mapping, too
        run = _checked_run("runs", runs)
        spins, T = selection.n_spins("runs", runs), selection.number("runs", runs, "temperature")
        return {f"$N = {spins}$,  $T = {T:g}$": run}
    checks.instance("runs", runs, Mapping, several)
    if not runs:
        raise ValueError(checks.describe("runs", runs, several))
    for name in runs:
        checks.instance("runs", name, str, several)
    return {name: _checked_run(f"runs[{name!r}]", run) for name, run in runs.items()}


def _checked_run(name: str, run: xr.Dataset) -> _Run:
    checks.dataset(name, run, _NEEDED, _KIND)
    run = selection.with_dimensions(name, run, "replicas")
    along = ("replicas",)
    speed, held = (
        checks.positive_numbers(f"{name}.{what}", selection.values(name, run, what, along))
        for what in ("flips_per_ns", "bytes")
    )
    error = ReplicaError(
        _checked_replicas(f"{name}.replicas", run.replicas.values),
        selection.real(name, run, "energy_per_spin_error", along),
        selection.real(name, run, "energy_per_spin_error_uncertainty", along),
        float(selection.real(name, run, "energy_per_spin_slope", ())),
        float(selection.real(name, run, "energy_per_spin_slope_error", ())),
    )
    sweeps = int(selection.number(name, run, "sweeps"))
    if "overlap_distribution" not in run:
        return _Run(speed, held, _checked_result(name, error), sweeps, None, 0)
    checks.dataset(name, run, ("q", "overlap_distribution_error"), _KIND)
    of_bins = ("overlap_distribution", "overlap_distribution_error", "q")
    density, uncertainty, q = (selection.real(name, run, what, ("q",)) for what in of_bins)
    pairs_of = run.overlap_distribution.attrs.get("replicas")
    label = f"{name}.overlap_distribution.attrs['replicas']"
    number = checks.count(label, pairs_of, 2)
    found = (density, uncertainty, q)
    return _Run(speed, held, _checked_result(name, error), sweeps, found, number)


def _checked_replicas(name: str, values: ArrayLike) -> NDArray[np.int64]:
    """Return numbers of replicas, (sizes,), ascending."""
    allowed = "one or more integers >= 1, ascending, (sizes,)"
    numbers = checks.array(name, values, allowed)
    if numbers.dtype.kind not in "iu":
        raise TypeError(checks.describe(name, values, allowed))
    good = numbers.ndim == 1 and numbers.size > 0 and numbers.min() >= 1
    if not good or bool(np.any(numbers[1:] <= numbers[:-1])) or numbers[-1] > checks.MOST_SITES:
        raise ValueError(checks.describe(name, values, allowed))
    return numbers.astype(np.int64)


def _checked_result(name: str, result: ReplicaError) -> ReplicaError:
    """Return what `analysis.replica_error` found as arrays of one length; some may be nan."""
    replicas = _checked_replicas(f"{name}.replicas", result.replicas)
    error, uncertainty = (
        _checked_errors(f"{name}.{part}", values, replicas.shape)
        for part, values in (("error", result.error), ("uncertainty", result.uncertainty))
    )
    slope, slope_error = (
        _checked_slope(f"{name}.{part}", value)
        for part, value in (("slope", result.slope), ("slope_error", result.slope_error))
    )
    return ReplicaError(replicas, error, uncertainty, slope, slope_error)


def _checked_errors(name: str, values: ArrayLike, shape: tuple[int, ...]) -> Array:
    allowed = f"real numbers >= 0 or nan, {shape}"
    column = checks.array(name, values, allowed)
    if column.dtype.kind not in "iuf":
        raise TypeError(checks.describe(name, values, allowed))
    if column.shape != shape or bool(np.any(column < 0)) or bool(np.isinf(column).any()):
        raise ValueError(checks.describe(name, values, allowed))
    return column.astype(np.float64)


def _checked_slope(name: str, value: object) -> float:
    if not isinstance(value, Real):
        raise TypeError(checks.describe(name, value, "a real number, or nan"))
    return float(value)


# --- panels ---------------------------------------------------------------------------------------


def _mark_full_words(axes: Axes, replicas: NDArray[np.int64]) -> None:
    """Draw a line where words of one bit a replica are full, as far as the axis goes."""
    inside = [bits for bits in _WORDS if replicas[0] <= bits <= replicas[-1]]
    label = f"words of {', '.join(map(str, inside))} bits full"
    for bits in inside:
        axes.axvline(bits, color=FAINT, lw=0.8, ls=":", zorder=0, label=label)
        label = "_nolegend_"


def _draw_distributions(axes: Axes, runs: Mapping[str, _Run], names: list[str]) -> None:
    for name, run in runs.items():
        if run.distribution is None:
            continue
        colour = COLOURS[names.index(name) % len(COLOURS)]
        density, error, q = run.distribution
        axes.plot(q, density, color=colour, lw=1.0)
        axes.fill_between(q, density - error, density + error, color=colour, alpha=0.25, lw=0)
    overlap_axes(axes)
    axes.set_title(f"pairs of {_range(run.pairs_of for run in runs.values())} replicas", loc="left")


def _range(numbers: Iterable[int]) -> str:
    """Return the number that all runs have in common, or from which to which it goes."""
    values = sorted(set(numbers))
    return str(values[0]) if len(values) == 1 else f"{values[0]} to {values[-1]}"


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
