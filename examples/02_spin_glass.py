"""The spin glass: bonds at odds with each other, cooled, tempered, and held against known results.

Run as ``python examples/02_spin_glass.py``, or with all other chapters as ``multispin demo``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import xarray as xr

import multispin as ms
from multispin import exact, page, plot
from multispin.analysis import crossing, equilibration, statistics
from multispin.analysis.summary import summarize_overlaps
from multispin.plot.style import COLOURS, INK, MARKERS, new_figure, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Blocks = list[page.Text | page.Picture | page.Table]

# On both sides of T_c, and so dense that neighbours exchange at L = 8.
TEMPERATURES = np.geomspace(0.7, 2.0, 14).round(3)
EXCHANGE = 5  # sweeps from one exchange of temperatures to the next
DRAWS = 64  # of each run; disorder samples, not draws, decide on its errors

KNOWN_T_C = (
    ("Katzgraber, Körner & Young (2006)", 1.120, 0.004),
    ("Hasenbusch, Pelissetto & Vicari (2008)", 1.109, 0.010),
)
GROUND_STATE = -1.787  # energy per spin, mean over samples of large lattices: Pal; Hartmann

COOLING = np.linspace(2.0, 0.1, 39)  # temperatures from hot to cold


class Glasses(NamedTuple):
    """Disorder samples of one size, and for how long they are tempered."""

    size: int
    samples: int
    sweeps: int


QUICK = (Glasses(4, 512, 2560), Glasses(6, 256, 2560))
FULL = (Glasses(4, 2048, 3200), Glasses(6, 1024, 6400), Glasses(8, 256, 32_000))


def chapter(quick: bool = False) -> page.Chapter:
    """Run the chapter "The spin glass" and return it."""
    annealed = anneal(quick)
    glasses = QUICK if quick else FULL
    runs = [temper(glass) for glass in glasses]
    halves = [second_half(run) for run in runs]
    return page.Chapter(
        "The spin glass",
        [
            *introduce(annealed),
            *show_overlaps(halves[-1]),
            *show_tempering(runs),
            *show_crossing(halves),
            *compare(quick),
        ],
        data={"glass_annealed": annealed}
        | {
            f"glass_L{glass.size}": summarize_overlaps(half)
            for glass, half in zip(glasses, halves, strict=True)
        },
    )


# --- what is run --------------------------------------------------------------------------------


def anneal(quick: bool) -> xr.Dataset:
    """Cool 512 replicas of one sample, fast and slowly, and return their last energies."""
    size, replicas = 8, 512
    sweeps = [1, 10, 100, 1000] if quick else [1, 10, 100, 1000, 10_000]
    page.announce(f"{replicas} replicas of a {size}×{size}×{size} glass, cooled")
    glass = ms.EdwardsAnderson((size,) * 3, seed=1)
    runs = [ms.anneal(glass, COOLING, per_step, replicas=replicas, seed=0) for per_step in sweeps]
    return xr.Dataset(
        {"energy_per_spin": (("sweeps", "replica"), [r.final_energy / r.n_spins for r in runs])},
        {"sweeps": [per_step * len(COOLING) for per_step in sweeps]},
        {"shape": [size] * 3, "model": repr(glass)},
    )


def temper(glass: Glasses) -> xr.Dataset:
    """Temper samples from a random start, every sweep of which is kept for the verdicts."""
    page.announce(f"{glass.samples} samples of L = {glass.size}, {glass.sweeps:,} sweeps each")
    interval = glass.sweeps // DRAWS
    return ms.temper(
        ms.EdwardsAnderson((glass.size,) * 3, samples=glass.samples, seed=glass.size),
        TEMPERATURES,
        sweeps=glass.sweeps,
        interval=interval,
        swap_interval=EXCHANGE,
        seed=glass.size,
    )


def second_half(run: xr.Dataset) -> xr.Dataset:
    """Return what was measured after the run had half its length to forget its start."""
    half: xr.Dataset = run.isel(draw=slice(run.sizes["draw"] // 2, None))
    return half


# --- what is shown ------------------------------------------------------------------------------


def introduce(annealed: xr.Dataset) -> Blocks:
    """Say what a glass is, and show that cooling does not find its ground state."""
    energies = annealed.energy_per_spin.values
    lowest, replicas = energies.min(), energies.shape[1]
    there = [int(np.isclose(row, lowest).sum()) for row in energies]
    slowest = int(annealed.sweeps[-1])
    return [
        page.Text(
            """
<p>Now let every bond of a cubic lattice be drawn by lot: half of them want their two spins equal,
half want them opposite, <i>E</i> = −Σ <i>J<sub>ij</sub> s<sub>i</sub> s<sub>j</sub></i> with
<i>J<sub>ij</sub></i> = ±1. Around half of the squares no choice of spins pleases all four bonds.
This <i>frustration</i> leaves a landscape of valleys beyond counting, with barriers between them.
Sam Edwards and Philip Anderson wrote the model down in 1975 for magnets such as copper with a
little manganese. There is no exact solution to hold it against.</p>
<h3>Cooling</h3>
<p>The plain way down is to cool: many replicas of one system, that is, copies with the same bonds
that go their own ways. They share every instruction, a bit each. The slower they are cooled the
lower they end, but most stay caught in a valley on the way.</p>
"""
        ),
        page.Picture(
            energy_histogram(annealed),
            f"Energies per spin of {replicas} replicas of one 8×8×8 sample, cooled from "
            f"<i>T</i> = {COOLING[0]:.3g} to {COOLING[-1]:.3g}. The lowest energy that any reached "
            f"is {lowest:.4f}; of those cooled over {slowest:,} sweeps {there[-1]} of {replicas} "
            f"reached it, of the fastest {there[0]}. Nothing here proves that it is the ground "
            f"state. On large lattices that lies at about {GROUND_STATE} on average (Pal 1996; "
            "Hartmann 1997); a single small sample may lie off by a few hundredths.",
            "Curves of final energies that move down and grow narrow as cooling gets slower.",
        ),
    ]


def energy_histogram(annealed: xr.Dataset) -> Figure:
    """Draw the share of replicas at each energy, for each rate of cooling."""
    n_spins = int(np.prod(annealed.attrs["shape"]))
    level = 4 / n_spins  # energies of this lattice are this far apart, per spin
    energies = annealed.energy_per_spin.values
    levels = np.arange(energies.min(), energies.max() + level / 2, level)
    edges = np.append(levels - level / 2, levels[-1] + level / 2)
    with style():
        figure = new_figure(6.4, 4.2)
        axes = figure.subplots()
        for number, sweeps in enumerate(annealed.sweeps.values):
            share = np.histogram(energies[number], edges)[0] / energies.shape[1]
            axes.plot(
                levels[share > 0],
                share[share > 0],
                color=COLOURS[number],
                marker=MARKERS[number],
                markersize=4.5,
                label=f"{sweeps:,} sweeps",
            )
        axes.axvline(
            GROUND_STATE, color=INK, ls="--", lw=1.0, label="ground states of large lattices"
        )
        axes.set_xlabel("energy per spin at the end")
        axes.set_ylim(bottom=0)
        axes.set_ylabel("share of replicas")
        axes.set_title("$L = 8$, one sample", loc="left")
        axes.legend()
        return figure


def show_overlaps(run: xr.Dataset) -> Blocks:
    """Show P(q) on both sides of the transition."""
    size, samples = run.attrs["shape"][0], run.sizes["sample"]
    return [
        page.Text(
            """
<h3>Order that cannot be seen</h3>
<p>A frozen glass looks as random as a hot one. Its order shows when two replicas of it are
compared: their <i>overlap</i> <i>q</i> = Σ <i>s<sub>i</sub></i><sup>(1)</sup>
<i>s<sub>i</sub></i><sup>(2)</sup> / <i>N</i> is near 0 if they have nothing in common and ±1 if
they are equal or opposite. Cooling will not do here, as averages need equilibrium. In <i>parallel
tempering</i> replicas at many temperatures exchange these now and then, so that each climbs out of
its valley where it is hot and settles in another where it is cold.</p>
"""
        ),
        page.Picture(
            plot.glass.overlap_distribution(run),
            f"Distribution of the overlap, mean over {samples} disorder samples of {size}×{size}×"
            f"{size} spins; bands are standard errors over samples. Far above "
            "<i>T<sub>c</sub></i> ≈ 1.1 there is one peak at 0, below it there are two, at what "
            "replicas in the same valley have in common. Without a field, <i>P</i>(<i>q</i>) and "
            "<i>P</i>(−<i>q</i>) are equal in equilibrium.",
            "A single peak at zero overlap when hot, two peaks of opposite overlap when cold.",
        ),
    ]


def show_tempering(runs: list[xr.Dataset]) -> Blocks:
    """Show whether the runs were long enough, as far as that can be shown."""
    verdicts = [verdict(run) for run in runs]
    tests = sum(run.sizes["temperature"] for run in runs)
    failed = sum(failures for _, failures in verdicts)
    largest = runs[-1]
    size = largest.attrs["shape"][0]
    # Ladders are equally long, so rates average and times do not.
    trip = 1 / np.mean(1 / largest.round_trip_time.values)
    return [
        page.Text(
            f"""
<h3>Is it equilibrium?</h3>
<p>Averages over the last half, quarter and eighth of a run have to agree, for energies, squared
overlaps and link overlaps, at every temperature. That is a necessary condition only. At
{failed} of {tests} temperatures one of the three fails it, which means a difference of more than
three standard errors; by chance alone that happens at about one in 60. {remark(failed)}</p>
"""
        ),
        page.Table(
            (
                "L",
                "samples",
                "sweeps",
                "swaps accepted",
                "energy",
                "q²",
                "link overlap",
            ),
            [cells for cells, _ in verdicts],
            "Swaps accepted: between neighbouring temperatures, the worst pair. The last "
            f"columns say at how many of {len(TEMPERATURES)} temperatures the averages agree, and "
            "name the others.",
        ),
        page.Picture(
            plot.glass.tempering(largest),
            f"<i>L</i> = {size}: how often neighbouring temperatures exchange, and how many of the "
            "walkers at each were last at the hottest, counted at every exchange. A steep part is "
            f"a bottleneck. A round trip takes {trip:,.0f} sweeps on average, so that walkers made "
            f"about {largest.attrs['sweeps'] / trip:.0f} each.",
            "Acceptance of swaps against temperature, and a curve from zero to one.",
        ),
    ]


def verdict(run: xr.Dataset) -> tuple[tuple[str, ...], int]:
    """Return a row of the table, and at how many temperatures one has not settled."""
    series = {
        "energy": run.energy,
        "q²": (run.overlap**2).rename(pair="replica"),
        "link overlap": run.link_overlap.rename(pair="replica"),
    }
    settled = [
        equilibration.logarithmic_bins(
            x.transpose("sample", "temperature", "replica", "draw").values, samples=True
        ).equilibrated
        for x in series.values()
    ]
    accepted = run.swap_accepted.sum("sample") / run.swap_attempts.sum("sample")
    cells = (
        str(run.attrs["shape"][0]),
        str(run.sizes["sample"]),
        f"{run.attrs['sweeps']:,}",
        f"{float(accepted.min()):.0%}",
        *(where_settled(run.temperature.values, at) for at in settled),
    )
    return cells, int((~np.all(settled, axis=0)).sum())


def where_settled(temperature: NDArray[np.float64], settled: NDArray[np.bool_]) -> str:
    """Return "12 (not 0.7, 0.76)"."""
    failed = ", ".join(f"{T:g}" for T in temperature[~settled])
    return f"{settled.sum()}" + (f" (not {failed})" if failed else "")


def remark(failed: int) -> str:
    """Say what the number of failures means: more than three are hardly chance."""
    if failed <= 3:
        return (
            "So few are no sign that these runs are too short, unless they are the coldest: runs "
            "that are fail there first."
        )
    return (
        "These are too many: <b>at the temperatures that the table names the runs may be too "
        "short</b>, and what is shown there is then biased towards hotter systems."
    )


def show_crossing(runs: list[xr.Dataset]) -> Blocks:
    """Show that the correlation lengths tell T_c."""
    sizes = [int(run.attrs["shape"][0]) for run in runs]
    curves = [
        crossing.correlation_length_curve(
            run.overlap.transpose("sample", "temperature", "pair", "draw").values,
            run.overlap_k2.transpose("sample", "temperature", "pair", "draw").values,
            size,
            samples=True,
            seed=size,
        )
        for size, run in zip(sizes, runs, strict=True)
    ]
    rows = []
    for large in range(1, len(sizes)):
        for small in range(large):
            found = crossing.crossing(TEMPERATURES, curves[small], curves[large])
            rows.append(
                (
                    f"L = {sizes[small]} and {sizes[large]}",
                    f"{found.temperature:.3f}",
                    f"{found.temperature_error:.3f}",
                    f"{found.height:.3f}",
                    f"{found.found:.0%}",
                )
            )
    rows += [(who, f"{T:.3f}", f"{error:.3f}", "-", "-") for who, T, error in KNOWN_T_C]
    return [
        page.Text(
            """
<h3>Finding T<sub>c</sub></h3>
<p>The correlation length ξ says how far the overlap of two replicas hangs together. Where there is
no scale, ξ/<i>L</i> does not know <i>L</i>: as with the Ising model the curves cross at
<i>T<sub>c</sub></i>, but shallowly, and at sizes as small as these not quite there. It took
the community until about 2000 to be sure of this transition at all.</p>
"""
        ),
        page.Picture(
            plot.glass.correlation_length(runs),
            "Correlation length over size; errors are over disorder samples.",
            "Falling curves of growing steepness that cross near a temperature of 1.1.",
        ),
        page.Table(
            ("crossing", "T", "± error", "ξ/L there", "found"),
            rows,
            "Where ξ/L of two sizes cross, with bootstrap errors over samples; found: the share of "
            "resamples that cross at all (errors are too small if it is far from 100 %). Last: "
            "published values from far larger lattices and many more samples.",
        ),
    ]


def compare(quick: bool) -> Blocks:
    """Hold a small sample against exact sums over all its states."""
    shape = (3, 3, 4) if quick else (4, 4, 4)
    name = "×".join(map(str, shape))
    page.announce(f"exact sums over all states of a {name} glass")
    glass = ms.EdwardsAnderson(shape, seed=5)
    run = ms.temper(
        glass,
        TEMPERATURES,
        sweeps=4000 if quick else 40_000,
        thermalization=1000,
        interval=5,
        replicas=8,
        seed=5,
    )
    rows = []
    for temperature in TEMPERATURES[[0, 5, -1]]:
        energy = run.energy.sel(temperature=temperature).values / glass.n_spins
        found = statistics.mean(energy, replicas=True)
        true = exact.eliminate(glass, float(temperature)).energy_per_spin
        value, error = float(found.value), float(found.error)
        cells = f"{value:.6f}", f"{error:.6f}", f"{true:.6f}", f"{(value - true) / error:+.1f}"
        rows.append((f"e, T = {temperature:g}", *cells))
    return [
        page.Text(
            f"""
<h3>Measured and exact</h3>
<p>There is no formula, but a sample of {name} spins is small enough to sum over all its
2<sup>{glass.n_spins}</sup> states, one spin at a time.</p>
"""
        ),
        page.Table(
            ("quantity", "measured", "± error", "exact", "difference / error"),
            rows,
            f"Energy per spin of one sample of {name} spins, tempered, and from exact sums.",
        ),
    ]


if __name__ == "__main__":
    page.main(chapter)
