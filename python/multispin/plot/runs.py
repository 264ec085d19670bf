"""Pictures of runs: thermal averages against temperature, time series, and snapshots.

Every function returns a `matplotlib.figure.Figure` of its own and touches no global state, so it
works without a display, in a notebook, and in a worker. Save with ``figure.savefig(path)``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from multispin import exact
from multispin._base import checks
from multispin._base.extras import require
from multispin.analysis.summary import summarize
from multispin.plot.style import (
    COLOURS,
    FAINT,
    INK,
    MARKERS,
    TEMPERATURE,
    lattice_name,
    new_figure,
    sequence,
    style,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeAlias

    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray

    Runs: TypeAlias = xr.Dataset | Sequence[xr.Dataset]

__all__ = [
    "binder",
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
    "binder": "Binder cumulant $U_4$",
}


def energy(runs: Runs) -> Figure:
    """Energy per spin against temperature, with Onsager's curve for the infinite lattice.

    Parameters
    ----------
    runs : xarray.Dataset or sequence of xarray.Dataset
        What `multispin.simulate` returned; several lattices share the axes.

    Returns
    -------
    matplotlib.figure.Figure
        Points with standard errors. The exact curve is that of the square `Ising` lattice without
        a field.

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
    return _single(runs, "energy_per_spin")


def magnetization(runs: Runs) -> Figure:
    """Mean absolute magnetization against temperature, with Yang's curve; see `energy`."""
    return _single(runs, "abs_magnetization")


def specific_heat(runs: Runs) -> Figure:
    """Specific heat against temperature, with Onsager's curve; see `energy`."""
    return _single(runs, "specific_heat")


def susceptibility(runs: Runs) -> Figure:
    """Susceptibility against temperature, on a logarithmic scale; see `energy`."""
    return _single(runs, "susceptibility")


def binder(runs: Runs) -> Figure:
    """Binder cumulant against temperature: curves of different sizes cross near T_c."""
    return _single(runs, "binder")


def overview(runs: Runs) -> Figure:
    """Energy, magnetization, specific heat and susceptibility in one figure; see `energy`."""
    names = ("energy_per_spin", "abs_magnetization", "specific_heat", "susceptibility")
    tables = [summarize(run) for run in sequence(runs)]
    with style():
        figure = new_figure(9.0, 6.6)
        for number, (axes, name) in enumerate(zip(figure.subplots(2, 2).flat, names, strict=True)):
            _draw(axes, tables, name, legend=number == 0)
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
    """
    needed = ("energy", "magnetization", "temperature", "replica", "draw")
    checks.dataset("run", run, needed, "one of simulate")
    if "sample" in run.dims:
        allowed = "one system: run.isel(sample=k)"
        raise ValueError(f"run: got one of {run.sizes['sample']} samples, allowed: {allowed}")
    chosen = run.isel(temperature=0)
    sweep = chosen.draw.values
    rows = (
        (chosen.energy.values / int(run.attrs["n_spins"]), _LABELS["energy_per_spin"]),
        (chosen.magnetization.values, "magnetization $m$"),
    )
    with style():
        figure = new_figure(8.0, 5.0)
        panels = figure.subplots(2, 1, sharex=True)
        for axes, (values, label) in zip(panels, rows, strict=True):
            for replica, line in enumerate(values):
                axes.plot(sweep, line, color=COLOURS[replica % len(COLOURS)], lw=0.8)
            axes.set_ylabel(label)
        panels[0].set_title(
            f"{lattice_name(run)},  $T = {float(chosen.temperature):g}$", loc="left"
        )
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
    """
    with style():
        figure = new_figure(3.3 * len(images), 3.5)
        panels = figure.subplots(1, len(images), squeeze=False)[0]
        for axes, image, title in zip(panels, images, titles, strict=True):
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
    """
    needed = ("flips_per_ns", "size", "generator", "threads")
    checks.dataset("bench", bench, needed, "what throughput.measure returned")
    with style():
        figure = new_figure(6.4, 4.2)
        axes = figure.subplots()
        sizes = bench["size"].values
        for colour, generator in zip(COLOURS, bench.generator.values, strict=False):
            for marker, line, threads in zip(
                MARKERS, ("-", "--", ":"), bench.threads.values, strict=False
            ):
                values = bench.flips_per_ns.sel(generator=generator, threads=threads)
                plural = "s" if threads > 1 else ""
                label = f"{generator}, {threads} thread{plural}"
                axes.plot(sizes, values, line, marker=marker, color=colour, ms=5, label=label)
        axes.set_xscale("log", base=2)
        axes.set_xticks(sizes, [str(size) for size in sizes])
        axes.minorticks_off()
        axes.set_ylim(bottom=0)
        axes.set_xlabel("linear size $L$")
        axes.set_ylabel("spin updates per ns")
        axes.legend()
        return figure


def _single(runs: Runs, name: str) -> Figure:
    tables = [summarize(run) for run in sequence(runs)]
    with style():
        figure = new_figure(6.4, 4.2)
        _draw(figure.subplots(), tables, name, legend=True)
        return figure


def _draw(axes: Axes, tables: list[xr.Dataset], name: str, legend: bool) -> None:
    """Put one quantity of all runs, and its exact curve, into `axes`."""
    for number, table in enumerate(tables):
        axes.errorbar(
            table.temperature.values,
            table[name].values,
            table[f"{name}_error"].values,
            label=lattice_name(table),
            color=COLOURS[number % len(COLOURS)],
            marker=MARKERS[number % len(MARKERS)],
            markersize=4.5,
            linestyle="-" if name == "binder" else "none",
            linewidth=0.8,
            elinewidth=1.0,
        )
    low = min(float(table.temperature.min()) for table in tables)
    high = max(float(table.temperature.max()) for table in tables)
    _draw_exact(axes, name, tables[0], low, high)
    if name == "susceptibility":
        axes.set_yscale("log")
    axes.set_xlabel(TEMPERATURE)
    axes.set_ylabel(_LABELS[name])
    if legend:
        axes.legend()


def _draw_exact(axes: Axes, name: str, table: xr.Dataset, low: float, high: float) -> None:
    coupling, field = float(table.attrs["J"]), float(table.attrs["h"])
    # Nothing else that has a J has been solved.
    square = table.attrs["model"].startswith("Ising(") and len(table.attrs["shape"]) == 2
    if field != 0.0 or coupling == 0.0 or not square:
        return
    critical = exact.critical_temperature * abs(coupling)
    if low < critical < high:
        axes.axvline(critical, color=FAINT, lw=0.8, ls=":", zorder=0)
        axes.text(
            critical, 1.0, " $T_c$", color=FAINT, va="top", transform=axes.get_xaxis_transform()
        )
    field_of = {
        "energy_per_spin": "energy",
        "abs_magnetization": "magnetization",
        "specific_heat": "specific_heat",
    }
    if name in field_of and high > low:
        # As close to T_c as a curve can show: m falls at once, while C grows without bound.
        nearest = 1e-4 if name == "specific_heat" else 1e-8
        temperature = _dense(low, high, critical, nearest)
        values = getattr(exact.onsager(temperature, J=coupling), field_of[name])
        axes.plot(temperature, values, color=INK, lw=1.0, zorder=0, label="exact, $L = \\infty$")


def _dense(low: float, high: float, critical: float, nearest: float) -> NDArray[np.float64]:
    """Return temperatures that crowd around T_c, where the exact curves are steep."""
    even = np.linspace(low, high, 400)
    distances = np.geomspace(nearest, 0.1, 200) * critical
    near = np.concatenate([critical - distances, critical + distances])
    inside = near[(near > low) & (near < high)]
    return np.sort(np.concatenate([even[abs(even - critical) > nearest * critical], inside]))


def _spin_colours() -> Any:
    colours = require("matplotlib.colors", "plot")
    return colours.LinearSegmentedColormap.from_list("spins", ["#f7f3e8", "#9fb6c3", "#12304a"])
