"""Pictures of runs: thermal averages against temperature, time series, and snapshots.

Every function returns a `matplotlib.figure.Figure` of its own and touches no global state, so it
works without a display, in a notebook, and in a worker. Save with ``figure.savefig(path)``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks
from multispin._base.extras import require
from multispin.analysis import selection
from multispin.analysis.summary import averages
from multispin.plot import _theory
from multispin.plot._words import words, words_of_each
from multispin.plot.style import (
    COLOURS,
    MARKERS,
    TEMPERATURE,
    lattice_name,
    named,
    new_figure,
    style,
)

if TYPE_CHECKING:
    from typing import TypeAlias

    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray

    Runs: TypeAlias = xr.Dataset | Sequence[xr.Dataset]
    Theory: TypeAlias = str | Sequence[str] | None

__all__ = [
    "binder_cumulant",
    "energy",
    "magnetization",
    "overview",
    "series",
    "snapshots",
    "specific_heat",
    "susceptibility",
    "throughput",
]

_LABELS = {
    "energy_per_spin": "energy per spin $e$  [$J$]",
    "abs_magnetization": r"magnetization $\langle |m| \rangle$",
    "specific_heat": r"specific heat $C/N$  [$k_B$]",
    "susceptibility": r"susceptibility $\chi$  [$1/J$]",
    "binder_cumulant": "Binder cumulant $U_4$",
}


def energy(runs: Runs, theory: Theory = "auto", coordination: float | None = None) -> Figure:
    """Energy per spin against temperature, with curves of theory behind the points.

    Parameters
    ----------
    runs : xarray.Dataset or sequence of xarray.Dataset
        What `multispin.simulate` returned; several lattices share the axes.
    theory : str or sequence of str, optional
        Curves of the first run, by name: "onsager" (`exact.onsager`) and "kaufman"
        (`exact.ising_2d`, of its size) of square `Ising` lattices without a field, "chain"
        (`exact.chain`), "curie_weiss" and "bethe" (`theory.curie_weiss`, with zJ for J, and
        `theory.bethe`) of ferromagnets, "nishimori" (`theory.nishimori.energy`) of glasses ±J.
        "auto" is Onsager's where it is exact, and else none; None is none.
    coordination : float, optional
        Neighbours z of each site, for the last three; by default those of a periodic lattice of
        the shape of the run.

    Returns
    -------
    matplotlib.figure.Figure
        Points with standard errors.

    Raises
    ------
    TypeError, ValueError
        If there is no run, or one is not of this kind.

    Examples
    --------
    >>> import multispin as ms
    >>> run = ms.simulate(ms.Ising((32, 32)), [2.0, 2.3, 2.6], 200, 100, interval=2, replicas=4)
    >>> ms.plot.runs.energy(run).savefig("energy.png")
    """
    return _single(runs, "energy_per_spin", theory, coordination)


def magnetization(runs: Runs, theory: Theory = "auto", coordination: float | None = None) -> Figure:
    """Mean absolute magnetization against temperature, with Yang's curve; see `energy`."""
    return _single(runs, "abs_magnetization", theory, coordination)


def specific_heat(runs: Runs, theory: Theory = "auto", coordination: float | None = None) -> Figure:
    """Specific heat against temperature, with Onsager's curve; see `energy`."""
    return _single(runs, "specific_heat", theory, coordination)


def susceptibility(runs: Runs) -> Figure:
    """Susceptibility against temperature, on a logarithmic scale; see `energy`."""
    return _single(runs, "susceptibility")


def binder_cumulant(runs: Runs) -> Figure:
    """Binder's cumulant U₄ of m against temperature: curves of different sizes cross near T_c."""
    return _single(runs, "binder_cumulant")


def overview(runs: Runs, theory: Theory = "auto", coordination: float | None = None) -> Figure:
    """Energy, magnetization, specific heat and susceptibility in one figure; see `energy`."""
    names = ("energy_per_spin", "abs_magnetization", "specific_heat", "susceptibility")
    curves = _theory.chosen("theory", theory, names)
    coordination = _checked_coordination(coordination)
    tables = _tables(runs)
    with style():
        figure = new_figure(9.0, 6.6)
        for number, (axes, name) in enumerate(zip(figure.subplots(2, 2).flat, names, strict=True)):
            _draw(axes, tables, name, curves, coordination, legend=number == 0)
        return figure


def series(run: xr.Dataset) -> Figure:
    """Energy and magnetization of every replica against the sweep number.

    Parameters
    ----------
    run : xarray.Dataset
        What `multispin.simulate` returned; its first temperature is shown.

    Returns
    -------
    matplotlib.figure.Figure
        Two panels, one line a replica.

    Raises
    ------
    TypeError, ValueError
        If it is not such a run, or of several disorder samples.
    """
    needed = ("energy", "magnetization", "temperature", "replica", "draw")
    checks.dataset("run", run, needed, "one of simulate")
    if "sample" in run.dims:
        allowed = "one system: run.isel(sample=k)"
        raise ValueError(f"run: got one of {run.sizes['sample']} samples, allowed: {allowed}")
    run = selection.with_dimensions("run", run, "temperature", "replica")
    T, n_spins = selection.temperatures("run", run)[0], selection.n_spins("run", run)
    sweep = selection.values("run", run, "draw", ("draw",))
    order = ("temperature", "replica", "draw")
    energy, magnetization = (
        selection.values("run", run, what, order)[0] for what in ("energy", "magnetization")
    )
    rows = (
        (energy / n_spins, _LABELS["energy_per_spin"]),
        (magnetization, "magnetization $m$"),
    )
    title = f"{lattice_name('run', run)},  $T = {T:g}$"
    with style():
        figure = new_figure(8.0, 5.0)
        panels = figure.subplots(2, 1, sharex=True)
        for axes, (values, label) in zip(panels, rows, strict=True):
            for replica, line in enumerate(values):
                axes.plot(sweep, line, color=COLOURS[replica % len(COLOURS)], lw=0.8)
            axes.set_ylabel(label)
        panels[0].set_title(title, loc="left")
        panels[-1].set_xlabel("sweeps since the start")
        return figure


def snapshots(images: Sequence[ArrayLike], titles: Sequence[str]) -> Figure:
    """Spin configurations side by side, dark for s = +1 and light for s = −1.

    Parameters
    ----------
    images : sequence of array_like, shape (rows, columns)
        Spins ±1, or block averages between −1 and 1.
    titles : sequence of str
        One for each image.

    Returns
    -------
    matplotlib.figure.Figure
        One panel an image.

    Raises
    ------
    TypeError, ValueError
        If there is no image, one is none, or there are more or fewer titles.
    """
    require("matplotlib.figure", "plot")
    pictures = _pictures(images)
    count = len(pictures)
    above = words_of_each("titles", titles, count, count, f"{count} texts, one for each image")
    with style():
        figure = new_figure(3.3 * count, 3.5)
        panels = figure.subplots(1, count, squeeze=False)[0]
        for axes, image, title in zip(panels, pictures, above, strict=True):
            axes.imshow(image, cmap=_spin_colours(), vmin=-1, vmax=1, interpolation="nearest")
            axes.set_title(title)
            axes.set(xticks=[], yticks=[])
            axes.spines[:].set_visible(True)
        return figure


def throughput(bench: xr.Dataset) -> Figure:
    """Throughput against lattice size, one line for each generator and number of threads.

    Parameters
    ----------
    bench : xarray.Dataset
        What `multispin.runs.throughput.measure` returned.

    Returns
    -------
    matplotlib.figure.Figure
        Attempted spin updates per nanosecond; higher is better.

    Raises
    ------
    TypeError, ValueError
        If it is not such a measurement.
    """
    dims = ("size", "generator", "threads")
    checks.dataset("bench", bench, ("flips_per_ns", *dims), "what throughput.measure returned")
    bench = selection.with_dimensions("bench", bench, *dims)
    sizes, threads = (selection.values("bench", bench, dim, (dim,)) for dim in dims[::2])
    generators = [
        words("bench.generator", str(name))
        for name in selection.ordered("bench", bench, "generator", ("generator",))
    ]
    speed = checks.positive_numbers(
        "bench.flips_per_ns", selection.values("bench", bench, "flips_per_ns", dims)
    )
    checks.positive_numbers("bench.size", sizes)
    with style():
        figure = new_figure(6.4, 4.2)
        axes = figure.subplots()
        for place, (colour, generator) in enumerate(zip(COLOURS, generators, strict=False)):
            for column, (marker, line, count) in enumerate(
                zip(MARKERS, ("-", "--", ":"), threads, strict=False)
            ):
                values = speed[:, place, column]
                label = f"{generator}, {count:g} thread{'s' if count > 1 else ''}"
                axes.plot(sizes, values, line, marker=marker, color=colour, ms=5, label=label)
        axes.set_xscale("log", base=2)
        axes.set_xticks(sizes, [f"{size:g}" for size in sizes])
        axes.minorticks_off()
        axes.set_ylim(bottom=0)
        axes.set_xlabel("linear size $L$")
        axes.set_ylabel("spin updates per ns")
        axes.legend()
        return figure


def _tables(runs: Runs) -> list[tuple[str, xr.Dataset]]:
    """Return the averages of each run, along the temperature, with what messages call it."""
    return [
        (name, selection.with_dimensions(name, averages(name, run), "temperature"))
        for name, run in named(runs)
    ]


def _pictures(images: Any) -> list[NDArray[np.float64]]:
    """Return images as arrays of finite numbers (rows, columns)."""
    allowed = "one or more arrays (rows, columns) of numbers from -1 to 1"
    several = images.ndim > 0 if isinstance(images, np.ndarray) else isinstance(images, Sequence)
    if isinstance(images, (str, bytes)) or not several:
        raise TypeError(checks.describe("images", images, allowed))
    pictures = [
        checks.numbers(f"images[{number}]", image, allowed) for number, image in enumerate(images)
    ]
    if not pictures or any(image.ndim != 2 or image.size == 0 for image in pictures):
        shapes = ", ".join(str(image.shape) for image in pictures) or "none"
        raise ValueError(f"images: got {shapes}, allowed: {allowed}")
    if any(np.abs(image).max() > 1 + 1e-6 for image in pictures):
        raise ValueError(f"images: got a number beyond, allowed: {allowed}")
    return pictures


def _single(
    runs: Runs, name: str, theory: Theory = "auto", coordination: float | None = None
) -> Figure:
    curves = _theory.chosen("theory", theory, [name])
    coordination = _checked_coordination(coordination)
    tables = _tables(runs)
    with style():
        figure = new_figure(6.4, 4.2)
        _draw(figure.subplots(), tables, name, curves, coordination, legend=True)
        return figure


def _checked_coordination(coordination: float | None) -> float | None:
    if coordination is None:
        return None
    return checks.positive_finite("coordination", coordination)


def _draw(
    axes: Axes,
    tables: list[tuple[str, xr.Dataset]],
    name: str,
    names: list[str],
    coordination: float | None,
    legend: bool,
) -> None:
    """Put one quantity of all runs, and curves of theory, into `axes`."""
    for number, (of, table) in enumerate(tables):
        axes.errorbar(
            table.temperature.values,
            table[name].values,
            table[f"{name}_error"].values,
            label=lattice_name(of, table),
            color=COLOURS[number % len(COLOURS)],
            marker=MARKERS[number % len(MARKERS)],
            markersize=4.5,
            linestyle="-" if name == "binder_cumulant" else "none",
            linewidth=0.8,
            elinewidth=1.0,
        )
    low = min(float(table.temperature.min()) for _, table in tables)
    high = max(float(table.temperature.max()) for _, table in tables)
    _theory.draw(axes, name, names, *tables[0], (low, high), coordination)
    if name == "susceptibility" and any((table[name] > 0).any() for _, table in tables):
        axes.set_yscale("log")
    axes.set_xlabel(TEMPERATURE)
    axes.set_ylabel(_LABELS[name])
    if legend:
        axes.legend()


def _spin_colours() -> Any:
    colours = require("matplotlib.colors", "plot")
    return colours.LinearSegmentedColormap.from_list("spins", ["#f7f3e8", "#9fb6c3", "#12304a"])
