"""Infinite range: every spin coupled to every other, and the theory that is exact for it.

Run as ``python examples/04_infinite_range.py``, or with all other chapters as ``multispin demo``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import xarray as xr

import multispin as ms
from multispin import page
from multispin.analysis import equilibration, overlaps, statistics
from multispin.plot.style import COLOURS, FAINT, INK, MARKERS, new_figure, overlap_axes, style
from multispin.theory import sherrington_kirkpatrick as theory

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Blocks = list[page.Text | page.Picture | page.Table]

TEMPERATURES = np.array([0.3, 0.4, 0.5, 0.61, 0.74, 0.9, 1.1, 1.35, 1.7])
COLD = 0.4  # where overlaps are looked at
CLOSELY = (0.3, 0.4, 0.5)  # where energies are
DRAWS = 100
GROUND_STATE = -0.7632  # of the infinite system: Parisi; Crisanti & Rizzo (2002)

VERTICES, DEGREE = 400, 20  # of the graph that is cut


class Glasses(NamedTuple):
    """Disorder samples of one size; sweeps for thermalization, and as many that are measured."""

    size: int
    samples: int
    sweeps: int


QUICK = (Glasses(32, 64, 100), Glasses(64, 32, 100))
FULL = (Glasses(32, 192, 200), Glasses(64, 128, 200), Glasses(128, 64, 300))


def chapter(quick: bool = False) -> page.Chapter:
    """Run the chapter "Infinite range" and return it."""
    spectrum = eigenvalues(quick)
    glasses = QUICK if quick else FULL
    runs = [temper(glass) for glass in glasses]
    curve = solve(quick)
    cut = cut_graph(quick)
    return page.Chapter(
        "Infinite range",
        [
            *introduce(spectrum),
            *show_energies(runs, curve),
            *show_overlaps(runs[-1]),
            *show_cut(cut),
        ],
        data={"sk_spectrum": spectrum, "sk_theory": curve, "sk_cut": cut}
        | {
            f"sk_N{glass.size}": run[["energy", "overlap"]].mean("draw")
            for glass, run in zip(glasses, runs, strict=True)
        },
    )


# --- what is run --------------------------------------------------------------------------------


def eigenvalues(quick: bool) -> xr.Dataset:
    """Return the spectrum of one draw of the couplings."""
    n = 400 if quick else 600
    page.announce(f"eigenvalues of the couplings of {n} spins")
    upper = np.zeros((n, n))
    upper[np.triu_indices(n, 1)] = ms.SherringtonKirkpatrick(n, seed=1).couplings
    return xr.Dataset({"eigenvalue": ("number", np.linalg.eigvalsh(upper, UPLO="U"))})


def temper(glass: Glasses) -> xr.Dataset:
    """Temper samples of one size."""
    page.announce(f"{glass.samples} samples of {glass.size} spins, {2 * glass.sweeps} sweeps each")
    return ms.temper(
        ms.SherringtonKirkpatrick(glass.size, samples=glass.samples, seed=glass.size),
        TEMPERATURES,
        sweeps=glass.sweeps,
        thermalization=glass.sweeps,
        interval=glass.sweeps // DRAWS,
        seed=glass.size,
    )


def solve(quick: bool) -> xr.Dataset:
    """Return energies of Parisi's solution and of the one that takes all replicas for alike."""
    page.announce("Parisi's solution")
    steps = 2 if quick else 3
    broken = TEMPERATURES[TEMPERATURES < 1]
    alike = np.geomspace(0.01, 1.8, 90)
    return xr.Dataset(
        {
            "parisi": ("temperature", [theory.parisi(T, steps=steps).energy for T in broken]),
            "symmetric": ("T", [theory.replica_symmetric(T).energy for T in alike]),
        },
        {"temperature": broken, "T": alike},
    )


def graph() -> ms.Pairwise:
    """Return the graph that is to be cut, with -1 along its edges."""
    edges = ms.graphs.random_regular(VERTICES, DEGREE, seed=1)
    return ms.Pairwise.from_edges(VERTICES, edges, -1.0)


def cut_graph(quick: bool) -> xr.Dataset:
    """Anneal a graph whose vertices are to be divided, without a word on temperatures."""
    page.announce(f"a graph of {VERTICES} vertices and {VERTICES * DEGREE // 2} edges, cut in two")
    return ms.anneal(graph(), replicas=64 if quick else 128, seed=1)


# --- what is shown ------------------------------------------------------------------------------


def introduce(spectrum: xr.Dataset) -> Blocks:
    """Say what the model is, and show its couplings by their eigenvalues."""
    values = spectrum.eigenvalue.values
    inside = (np.abs(values) < 1).mean()
    return [
        page.Text(
            """
<p>In 1975 David Sherrington and Scott Kirkpatrick proposed a spin glass without any geometry: each
of <i>N</i> spins is coupled to each other one by a random number, <i>E</i> =
−Σ<sub><i>i</i>&lt;<i>j</i></sub> <i>J<sub>ij</sub> s<sub>i</sub> s<sub>j</sub></i>, with mean 0 and
variance 1/<i>N</i>. They called it solvable. It was, and the solution was wrong: it had a negative
entropy. The right one is Giorgio Parisi's (1979), for which he had a Nobel prize in 2021; that it
is right was proved by Michel Talagrand in 2006. Here simulations are held against it.</p>
<h3>The couplings</h3>
<p>A symmetric matrix of independent random numbers has eigenvalues that fill a semicircle, as
Eugene Wigner found for the levels of heavy nuclei. No pattern stands out, such as a ferromagnet's
common direction would: a glass has nothing to line up with.</p>
"""
        ),
        page.Picture(
            draw_spectrum(values),
            f"Eigenvalues of one draw of the couplings, <i>N</i> = {len(values)}, and Wigner's "
            f"semicircle. {inside:.1%} of them are between −1 and 1; in the limit of large "
            "<i>N</i> it is 60.9 %.",
            "A histogram that follows a semicircle from -2 to 2.",
        ),
    ]


def draw_spectrum(values: NDArray[np.float64]) -> Figure:
    """Draw the histogram of eigenvalues and the semicircle."""
    with style():
        figure = new_figure(6.4, 3.6)
        axes = figure.subplots()
        bins = np.linspace(-2.1, 2.1, 29)
        axes.hist(values, bins, density=True, color=COLOURS[5], alpha=0.55, label="one draw of $J$")
        x = np.linspace(-2.2, 2.2, 800)
        axes.plot(x, theory.semicircle(x), color=INK, label="semicircle")
        axes.set_xlim(-2.2, 2.2)
        axes.set_ylim(0, 0.42)
        axes.set_xlabel("eigenvalue of $J$")
        axes.set_ylabel("density")
        axes.set_title(f"$N = {len(values)}$", loc="left")
        axes.legend(loc="upper right")
        return figure


def show_energies(runs: list[xr.Dataset], curve: xr.Dataset) -> Blocks:
    """Hold energies against Parisi, against the wrong solution, and against overlaps."""
    sizes = np.array([run.attrs["n_spins"] for run in runs])
    found = [energies(run) for run in runs]
    rows = []
    for T in CLOSELY:
        at = int(np.flatnonzero(TEMPERATURES == T)[0])
        of_sizes = np.array([(one.value[at], one.error[at]) for one in found])
        limit, error = extrapolate(sizes, *of_sizes.T)
        right = float(curve.parisi.sel(temperature=T))
        rows.append((
            f"{T:g}",
            *(f"{value:.4f} ± {uncertain:.4f}" for value, uncertain in of_sizes),
            f"{limit:.4f} ± {error:.4f}",
            f"{right:.4f}",
            f"{theory.replica_symmetric(T).energy:.4f}",
        ))  # fmt: skip
    worst = max(np.abs(one.difference / one.difference_error).max() for one in map(agree, runs))
    return [
        page.Text(
            f"""
<h3>Energies</h3>
<p>Samples of each size were tempered. Are these averages of equilibrium? With Gaussian couplings
that can be tested sharply: the energy then has to be −(1 − [⟨<i>q</i>²⟩])/2<i>T</i> for the
overlaps <i>q</i> of two replicas, for every <i>N</i> and <i>T</i>. Runs that are too short have
energies that are too high and overlaps that are too small. Here the two sides differ by at most
{worst:.1f} standard errors at {len(TEMPERATURES)} temperatures of {len(runs)} sizes.</p>
"""
        ),
        page.Picture(
            draw_energies(sizes, found, curve),
            "Left: energy per spin against temperature. Small systems lie above the limit, by "
            "about <i>N</i><sup>−2/3</sup>. The dashed line is the solution of 1975, in which all "
            "replicas are alike: it ends at −0.798, below the ground state, "
            f"−{-GROUND_STATE}. Right: the energies at <i>T</i> = {COLD} against "
            "<i>N</i><sup>−2/3</sup>, with the straight line that is fitted; what theory says is "
            "at its left end.",
            "Measured energies of growing size come down to Parisi's curve.",
        ),
        page.Table(
            ("T", *(f"N = {n}" for n in sizes), "N → ∞", "Parisi", "all alike"),
            rows,
            "Energy per spin, with standard errors over samples; N → ∞: by a straight line in "
            "N to the power −2/3, whose error does not know that sizes are small.",
        ),
    ]


def energies(run: xr.Dataset) -> statistics.Estimate:
    """Return the energy per spin, averaged over samples."""
    by_sample = run.energy.mean(("replica", "draw")).transpose("sample", "temperature").values
    return statistics.sample_jackknife(lambda e: e, by_sample / run.attrs["n_spins"])


def agree(run: xr.Dataset) -> equilibration.GaussianIdentity:
    """Compare energies with what overlaps say of them."""
    return equilibration.sherrington_kirkpatrick_identity(
        run.energy.transpose("sample", "temperature", "replica", "draw") / run.attrs["n_spins"],
        run.overlap.transpose("sample", "temperature", "pair", "draw"),
        run.temperature,
    )


def extrapolate(
    sizes: NDArray[np.int64], values: NDArray[np.float64], errors: NDArray[np.float64]
) -> tuple[float, float]:
    """Return where the best line through values against N^(-2/3) goes, with its error."""
    design = np.stack([np.ones(len(sizes)), sizes ** (-2 / 3)], axis=1) / errors[:, None]
    covariance = np.linalg.inv(design.T @ design)
    return float((covariance @ design.T @ (values / errors))[0]), float(covariance[0, 0] ** 0.5)


def draw_energies(
    sizes: NDArray[np.int64], found: list[statistics.Estimate], curve: xr.Dataset
) -> Figure:
    """Draw energies with both solutions, and how they come to one of them."""
    with style():
        figure = new_figure(9.6, 4.4)
        axes, line = figure.subplots(1, 2, width_ratios=(3, 2))
        axes.plot(
            curve["T"], curve.symmetric, color=FAINT, ls="--", label="all replicas alike (1975)"
        )
        axes.plot(*smooth(curve), color=INK, label="Parisi (1979)")
        for number, (n, one) in enumerate(zip(sizes, found, strict=True)):
            axes.errorbar(
                TEMPERATURES, one.value, one.error, label=f"$N = {n}$", **point_style(number)
            )
        axes.axvline(1.0, color=FAINT, lw=0.8, ls=":", zorder=0)
        axes.set_xlim(0, 1.8)
        axes.set_xlabel("temperature $T$")
        axes.set_ylabel("energy per spin")
        axes.legend(loc="lower right")
        draw_limit(line, sizes, found, float(curve.parisi.sel(temperature=COLD)))
        return figure


def draw_limit(
    axes: Axes, sizes: NDArray[np.int64], found: list[statistics.Estimate], right: float
) -> None:
    """Draw energies at one temperature against N^(-2/3), and where they go."""
    at = int(np.flatnonzero(TEMPERATURES == COLD)[0])
    values, errors = np.array([(one.value[at], one.error[at]) for one in found]).T
    x = sizes ** (-2 / 3)
    for number in range(len(sizes)):
        axes.errorbar(x[number], values[number], errors[number], **point_style(number))
    limit, error = extrapolate(sizes, values, errors)
    slope = np.average((values - limit) / x, weights=errors**-2.0)
    ends = np.array([0.0, 1.08 * x[0]])
    axes.plot(ends, limit + slope * ends, color=FAINT, lw=0.8, zorder=0)
    axes.errorbar(0.0, limit, error, color=FAINT, marker="x", capsize=3, clip_on=False)
    for energy, colour, dash in (
        (right, INK, "-"),
        (theory.replica_symmetric(COLD).energy, FAINT, "--"),
    ):
        axes.axhline(energy, 0, 0.3, color=colour, ls=dash)
    axes.set_xlim(0, ends[1])
    axes.set_xlabel("$N^{-2/3}$")
    axes.set_title(f"$T = {COLD}$", loc="left")


def point_style(number: int) -> dict[str, Any]:
    """Return how measurements of a size look."""
    return {"ls": "none", "marker": MARKERS[number], "ms": 4.5, "color": COLOURS[number]}


def smooth(curve: xr.Dataset) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return Parisi's curve from T = 0 on, where it is flat, by splines through what was solved."""
    from scipy.interpolate import CubicSpline  # of the extra that solving it has asked for

    hot = np.linspace(1.0, 1.8, 60)
    cold = np.linspace(0.0, 1.0, 60, endpoint=False)
    through = CubicSpline(
        [0.0, *curve.temperature.values, 1.0],
        [GROUND_STATE, *curve.parisi.values, -0.5],
        bc_type=((1, 0.0), (1, 0.5)),
    )
    return np.concatenate([cold, hot]), np.concatenate([through(cold), -0.5 / hot])


def show_overlaps(run: xr.Dataset) -> Blocks:
    """Show P(q) beside Parisi's."""
    n, samples = run.attrs["n_spins"], run.sizes["sample"]
    return [
        page.Text(
            """
<h3>Many states at once</h3>
<p>What did the first solution miss? It took all replicas for alike, so that any two would have the
same overlap. In truth there are many states in which the system may be, and two replicas may be in
one of them, or in two that are near or far: the overlap is distributed. Parisi's solution <i>is</i>
this distribution. Between 0 and the largest overlap, that of two replicas in one state, all values
occur.</p>
"""
        ),
        page.Picture(
            draw_overlaps(run),
            f"Distribution of the overlap at <i>T</i> = {COLD}: {samples} samples of {n} spins, "
            "with a band of one standard error over samples, and Parisi's solution in six steps. "
            "The arrows are its two δ functions, with their weights; finite systems have broad "
            "peaks for them.",
            "Two broad peaks at large overlaps of either sign, and a plateau between.",
        ),
    ]


def draw_overlaps(run: xr.Dataset) -> Figure:
    """Draw P(q) of a run at low temperature, made symmetric, with Parisi's steps."""
    q = run.overlap.sel(temperature=COLD).transpose("sample", "pair", "draw").values
    measured = overlaps.distribution(q, run.attrs["n_spins"], bins=41, symmetric=True, samples=True)
    right = theory.parisi(COLD, steps=6)
    between = 0.5 * (right.overlap[1:] + right.overlap[:-1])  # where steps of x(q) are
    edges = np.concatenate([-between[::-1], between])
    # Half of each weight is at either sign; that at 0 is whole.
    inner = np.concatenate([right.weight[-2:0:-1] / 2, right.weight[:1], right.weight[1:-1] / 2])
    with style():
        figure = new_figure(6.4, 4.2)
        axes = figure.subplots()
        axes.plot(measured.q, measured.density, color=COLOURS[0], label="measured")
        low, high = measured.density - measured.error, measured.density + measured.error
        axes.fill_between(measured.q, low, high, color=COLOURS[0], alpha=0.25, lw=0)
        axes.stairs(inner / np.diff(edges), edges, color=INK, label="Parisi")
        overlap_axes(axes)
        top = axes.get_ylim()[1]
        for sign in (-1, 1):
            axes.annotate(
                "",
                (sign * right.overlap[-1], 0.93 * top),
                (sign * right.overlap[-1], 0.0),
                arrowprops={"arrowstyle": "->", "color": INK, "lw": 1.2},
            )
            axes.text(
                sign * (right.overlap[-1] - 0.03),
                0.9 * top,
                f"{right.weight[-1] / 2:.0%}",
                ha="right" if sign > 0 else "left",
            )
        axes.set_title(f"$N = {run.attrs['n_spins']}$,  $T = {COLD}$", loc="left")
        axes.legend(loc="upper center")
        return figure


def show_cut(run: xr.Dataset) -> Blocks:
    """Show a problem of optimisation that is such a glass."""
    model, edges = graph(), VERTICES * DEGREE // 2
    best = int(ms.couplings.cut_value(model, run.best_state))
    replicas, sweeps = run.sizes["replica"], int(run.sweep[-1])
    expected = VERTICES * (DEGREE / 4 - GROUND_STATE * np.sqrt(DEGREE / 4))
    low, high = (float(run[f"success_probability_{end}"]) for end in ("low", "high"))
    return [
        page.Text(
            f"""
<h3>A problem to be solved</h3>
<p>Divide the vertices of a graph in two so that as many edges as possible run between the parts.
Maximal cuts are among the problems for which no fast algorithm is known, and physicists know
them as ground states: with <i>J</i> = −1 along each edge, every edge that is cut lowers the energy.
Here is a random graph of {VERTICES} vertices with {DEGREE} edges each. A random division cuts half
of its {edges:,} edges.</p>
<p>Nothing was said of temperatures. <code>multispin.anneal</code> takes the range from the fields
that spins are in: from {float(run.temperature[0]):.2f}, where most flips are accepted, to
{float(run.temperature[-1]):.2f}, where hardly a spin is excited. {replicas} replicas that were
cooled over {sweeps:,} sweeps found cuts of at most {best:,} edges, and {int(run.best_count)} of
them found as many. If there is no larger cut, a replica succeeds with a probability between
{low:.0%} and {high:.0%}, and one after the other need {float(run.sweeps_to_target):,.0f} sweeps
to find it with 99 %.</p>
<p>And the glass? The couplings of a graph of many edges a vertex are as good as random, and its
ground state is that of Sherrington and Kirkpatrick: for <i>d</i> edges a vertex the largest cut has
<i>N</i>(<i>d</i>/4 + 0.7632 √(<i>d</i>/4)) edges if <i>d</i> and <i>N</i> are large (Dembo,
Montanari &amp; Sen 2017). Here this is {expected:,.0f}, {abs(best / expected - 1):.1%} away.</p>
"""
        ),
        page.Picture(
            draw_cut(run, expected),
            f"Left: edges that are cut, on the way down, of all {replicas} replicas (median, and "
            "from the worst to the best), and the formula for large <i>d</i> and <i>N</i>. Right: "
            "the best that each of them saw.",
            "Cuts grow as temperature falls; final cuts crowd just below the best.",
        ),
    ]


def draw_cut(run: xr.Dataset, expected: float) -> Figure:
    """Draw cuts along the schedule, and a histogram of the last ones."""
    total = VERTICES * DEGREE // 2
    cuts = (total - run.energy) / 2  # each cut edge has the energy -1, each other one +1
    with style():
        figure = new_figure(9.6, 4.0)
        way, last = figure.subplots(1, 2)
        T = run.temperature
        way.fill_between(
            T, cuts.min("replica"), cuts.max("replica"), color=COLOURS[0], alpha=0.25, lw=0
        )
        way.plot(T, cuts.median("replica"), color=COLOURS[0])
        way.set_xscale("log")
        way.set_xticks([8, 4, 2, 1, 0.5], ["8", "4", "2", "1", "0.5"])
        way.minorticks_off()
        way.invert_xaxis()
        way.set_xlabel("temperature, falling")
        way.set_ylabel("edges cut")
        found = (total - run.best_energy.values) / 2
        # Vertices of an even number of edges move the cut by even numbers.
        counts = np.arange(found.min(), found.max() + 2, 2)
        last.bar(counts, [(found == count).sum() for count in counts], color=COLOURS[0], width=1.6)
        last.set_xlabel("edges cut at best")
        last.set_ylabel("replicas")
        last.set_title(f"best {found.max():.0f}, {(found == found.max()).sum()} times", loc="left")
        way.axhline(expected, color=INK, ls="--", lw=1.0, label="large $d$ and $N$")
        way.legend(loc="lower right")
        return figure


if __name__ == "__main__":
    page.main(chapter)
