"""The Ising model: a phase transition, measured and held against the exact solution.

Run as ``python examples/01_ising_model.py``, or with all other chapters as ``multispin demo``.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

import multispin as ms
from multispin import exact, page, plot
from multispin.analysis.summary import summarize
from multispin.runs import throughput

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Blocks = list[page.Text | page.Picture | page.Table]
    Row = tuple[str, float, float, float]  # quantity, measured, its standard error, exact

T_C = exact.critical_temperature

# Runs below T_c start with all spins up, and those above with random ones: neither then has to find
# its phase, and 8000 sweeps outlast every memory of the start. Closer to T_c they would not.
COLD = (1.6, 1.8, 2.0, 2.1, 2.15, 2.2, 2.24)
HOT = (2.3, 2.35, 2.4, 2.5, 2.6, 2.8, 3.0)

CROSSING = (2.25, 2.26, 2.265, T_C, 2.275, 2.28, 2.29)
SIZES = (32, 64, 128)


def chapter(quick: bool = False) -> page.Chapter:
    """Run the chapter "The Ising model" and return it."""
    scan = scan_temperatures(quick)
    crossing = measure_near_criticality(quick)
    speed = measure_throughput(quick)
    return page.Chapter(
        "The Ising model",
        [
            *introduce(quick),
            *show_scan(scan),
            *show_crossing(crossing),
            *show_throughput(speed),
            *compare(scan, crossing),
        ],
        data={"ising_scan": scan, "ising_throughput": speed}
        | {f"ising_L{size}": run for size, run in zip(SIZES, crossing, strict=True)},
    )


# --- what is run --------------------------------------------------------------------------------


def scan_temperatures(quick: bool) -> xr.Dataset:
    """Measure a large lattice on both sides of the transition."""
    size, sweeps = (256, 4000) if quick else (1024, 12_000)
    page.announce(f"{len(COLD + HOT)} temperatures of a {size}×{size} lattice")
    runs = [
        ms.simulate(
            ms.Ising((size, size)),
            temperatures,
            sweeps=sweeps,
            thermalization=1300 if quick else 8000,
            interval=20,
            init=init,
            seed=seed,
        )
        for seed, (temperatures, init) in enumerate([(COLD, "up"), (HOT, "random")], 1)
    ]
    return xr.concat(runs, "temperature", combine_attrs="drop_conflicts")


def measure_near_criticality(quick: bool) -> list[xr.Dataset]:
    """Measure small lattices around T_c: many replicas, run much longer than they remember."""
    page.announce(f"lattices of {', '.join(map(str, SIZES))} spins a side near T_c")
    return [
        ms.simulate(
            ms.Ising((size, size)),
            CROSSING,
            sweeps=size * (40 if quick else 500),
            thermalization=size * (20 if quick else 100),
            interval=size // 2,
            replicas=8 if quick else 32,
            seed=size,
        )
        for size in SIZES
    ]


def measure_throughput(quick: bool) -> xr.Dataset:
    """Measure the speed of one thread and of all."""
    page.announce("throughput")
    cores = len(os.sched_getaffinity(0))
    return throughput.measure(
        sizes=(128, 512) if quick else (128, 512, 2048, 8192),
        threads=sorted({1, cores}),
        seconds=0.02 if quick else 0.1,
    )


def relax(temperature: float, init: str, size: int, sweeps: int) -> ms.Sampler:
    """Return a lattice after some sweeps."""
    # On the CPU: its spins are looked at with NumPy.
    sampler = ms.Sampler(ms.Ising((size, size)), temperature, init=init, seed=5, device="cpu")
    sampler.sweep(sweeps)
    return sampler


# --- what is shown ------------------------------------------------------------------------------


def introduce(quick: bool) -> Blocks:
    """Show the model in its two phases and between them."""
    size, sweeps = (1024, 200) if quick else (2048, 30_000)
    page.announce(f"pictures of a {size}×{size} lattice")
    ordered = relax(2.0, "up", size, min(sweeps, 1000))
    critical = relax(T_C, "random", size, sweeps)
    disordered = relax(2.6, "random", size, min(sweeps, 1000))
    block = size // 512
    pictures = [sampler.block_average(block) for sampler in (ordered, critical, disordered)]
    titles = ["$T = 2.0$: ordered", r"$T = T_c \approx 2.269$: critical", "$T = 2.6$: disordered"]
    spins = critical.spins()[0]
    return [
        page.Text(
            """
<p>Each site of a square lattice carries a spin that points up or down, <i>s</i> = ±1. Neighbours
like to agree: every pair that does lowers the energy <i>E</i> = −<i>J</i> Σ <i>s<sub>i</sub>
s<sub>j</sub></i> by <i>J</i>, every pair that does not raises it as much. Heat works against them.
At temperature <i>T</i> a configuration has probability proportional to exp(−<i>E</i>/<i>T</i>), and
which of the two wins depends on <i>T</i> alone. (Here <i>J</i> = 1 and Boltzmann’s constant is 1.)
</p><p>Lars Onsager found in 1944 that the change from order to disorder is sharp: it happens at
<i>T<sub>c</sub></i> = 2/ln(1+√2) = 2.269185…, where the specific heat diverges. It is the classic
among phase transitions and, being solved exactly, the best test of a program like this one.</p>
"""
        ),
        page.Picture(
            plot.runs.snapshots(pictures, titles),
            f"{size}×{size} spins, dark where they point up; a pixel is the mean of "
            f"{block}×{block}. The middle one is {sweeps:,} sweeps from a random start: patches "
            "have grown large, and would go on growing to the size of the lattice.",
            "Three square pictures of spins: nearly all up; patches of every size; fine grain.",
        ),
        page.Picture(
            plot.runs.snapshots(*magnify(spins)),
            "The critical lattice seen from ever closer. There are patches within patches: until "
            "single spins come into sight, nothing tells one scale from another.",
            "Three pictures of the critical lattice at growing magnification that look alike.",
        ),
    ]


def magnify(spins: NDArray[np.int8]) -> tuple[list[NDArray[np.int8]], list[str]]:
    """Return ever smaller windows of the lattice, and their titles."""
    windows = []
    for parts in (2, 4, 4):
        side = len(spins) // parts
        tiles = spins.reshape(parts, side, parts, side).swapaxes(1, 2).reshape(-1, side, side)
        spins = min(tiles, key=lambda tile: abs(tile.mean()))  # where there is most to see
        windows.append(spins)
    return windows, [f"{len(window)}×{len(window)} spins" for window in windows]


def show_scan(scan: xr.Dataset) -> Blocks:
    """Show energy and magnetization through the transition."""
    size, sweeps = scan.attrs["shape"][0], scan.attrs["sweeps"]
    return [
        page.Text(
            f"""
<h3>Through the transition</h3>
<p>A lattice of {size}×{size} spins, {sweeps:,} sweeps at each of {scan.sizes["temperature"]}
temperatures. Nothing is fitted: the curves are Onsager’s energy and Yang’s magnetization of the
infinite lattice. The gap around <i>T<sub>c</sub></i> is deliberate. There the memory of a lattice
grows as its size to the power 2.17, and at <i>L</i> = 1024 this local dynamics needs more than
100,000 sweeps for one independent configuration; an error bar taken from less would be a lie.</p>
"""
        ),
        page.Picture(
            plot.runs.overview(scan),
            f"{size}×{size} spins. Error bars are standard errors that allow for autocorrelation; "
            "most are smaller than the points.",
            "Energy, magnetization, specific heat and susceptibility against temperature.",
        ),
    ]


def show_crossing(runs: list[xr.Dataset]) -> Blocks:
    """Show how small lattices tell T_c."""
    chains = runs[0].sizes["replica"]
    return [
        page.Text(
            f"""
<h3>Finding T<sub>c</sub> without knowing it</h3>
<p>At <i>T<sub>c</sub></i> itself small lattices do better. Kurt Binder’s cumulant
<i>U</i><sub>4</sub> = 1 − ⟨<i>m</i><sup>4</sup>⟩/3⟨<i>m</i><sup>2</sup>⟩<sup>2</sup> is 2/3 in the
ordered phase and falls to 0 in the disordered one, and the larger the lattice, the more suddenly.
Where a lattice looks the same at every scale, size cannot matter: the curves cross. {chains}
replicas at each temperature, all lattices of one size in one batch.</p>
"""
        ),
        page.Picture(
            plot.runs.binder_cumulant(runs),
            "Binder cumulant of three lattices near the critical temperature.",
            "Three curves of growing steepness that cross at the critical temperature.",
        ),
    ]


def show_throughput(speed: xr.Dataset) -> Blocks:
    """Show how fast this machine is."""
    best = float(speed.flips_per_ns.max())
    processor, instructions = speed.attrs["processor"], speed.attrs["instruction_set"]
    return [
        page.Text(
            f"""
<h3>How fast?</h3>
<p>A spin is one bit, so one machine instruction works on as many spins as a register has bits. Here
up to {best:.3g} spins were updated per nanosecond, each with random numbers of its own.</p>
"""
        ),
        page.Picture(
            plot.runs.throughput(speed),
            f"Attempted spin updates per nanosecond at <i>T<sub>c</sub></i>; {processor}, "
            f"{instructions}.",
            "Throughput against lattice size, for one thread and for all.",
        ),
    ]


def compare(scan: xr.Dataset, crossing: list[xr.Dataset]) -> Blocks:
    """Hold measurements against exact values."""
    rows = [*compare_scan(scan), *compare_tori(crossing), find_crossing(crossing[-2:])]
    distances = [(measured - true) / error for _, measured, error, true in rows]
    cells = [
        (name, f"{measured:.6f}", f"{error:.6f}", f"{true:.6f}", f"{distance:+.1f}")
        for (name, measured, error, true), distance in zip(rows, distances, strict=True)
    ]
    within = sum(abs(distance) < 1 for distance in distances)
    return [
        page.Text(
            """
<h3>Measured and exact</h3>
<p>If the program and its error bars are right, about two differences in three are below one
standard error, and hardly any exceeds three.</p>
"""
        ),
        page.Table(
            ("quantity", "measured", "± error", "exact", "difference / error"),
            cells,
            f"Measured against exact: {within} of {len(rows)} within one standard error, the "
            f"largest difference {max(map(abs, distances)):.1f}. e: energy per spin, m: "
            "magnetization, C: specific heat per spin. L = ∞: Onsager, Yang; finite L: Kaufman.",
        ),
    ]


def compare_scan(scan: xr.Dataset) -> list[Row]:
    """Compare the large lattice with the infinite one: its size is felt only next to T_c."""
    table = summarize(scan)
    rows: list[Row] = []
    for temperature in (1.6, 2.0, 2.2, 2.24, 2.3, 2.4, 2.6, 3.0):
        at, true = table.sel(temperature=temperature), exact.onsager(temperature)
        energy = float(at.energy_per_spin), float(at.energy_per_spin_error)
        rows.append((f"e, T = {temperature}", *energy, float(true.energy)))
        if temperature < T_C:
            size = float(at.abs_magnetization), float(at.abs_magnetization_error)
            rows.append((f"m, T = {temperature}", *size, float(true.magnetization)))
    return rows


def compare_tori(runs: list[xr.Dataset]) -> list[Row]:
    """Compare small lattices at T_c with Kaufman's solution of the finite torus."""
    rows: list[Row] = []
    for run in runs:
        at, size = summarize(run).sel(temperature=T_C), run.attrs["shape"][0]
        true = exact.ising_2d(size, T_C)
        energy = float(at.energy_per_spin), float(at.energy_per_spin_error)
        heat = float(at.specific_heat), float(at.specific_heat_error)
        rows.append((f"e, T = Tc, L = {size}", *energy, float(true.energy_per_spin)))
        rows.append((f"C, T = Tc, L = {size}", *heat, float(true.specific_heat)))
    return rows


def find_crossing(runs: list[xr.Dataset]) -> Row:
    """Return the temperature where the Binder cumulants of two lattices cross.

    The difference of the two curves, an S, is fitted by a cubic; errors go through its root.
    """
    small, large = (summarize(run) for run in runs)
    offset = small.temperature.values - T_C
    difference = (large.binder_cumulant - small.binder_cumulant).values
    error = np.hypot(large.binder_cumulant_error, small.binder_cumulant_error).values
    random = np.random.default_rng(1)
    roots = [
        root_near_zero(np.polyfit(offset, values, 3, w=1 / error))
        for values in random.normal(difference, error, (1000, len(error)))
    ]
    found = root_near_zero(np.polyfit(offset, difference, 3, w=1 / error))
    sizes = " and ".join(str(run.attrs["shape"][0]) for run in runs)
    return f"Tc, crossing of L = {sizes}", T_C + found, float(np.std(roots)), T_C


def root_near_zero(polynomial: NDArray[np.float64]) -> float:
    """Return the real root closest to zero."""
    roots = np.roots(polynomial)
    real = roots[abs(roots.imag) < 1e-9].real
    return float(real[np.argmin(abs(real))])


if __name__ == "__main__":
    page.main(chapter)
