"""The inverse problem: couplings from samples, of glasses, of images, of nerve cells.

Run as ``python examples/07_inverse.py``, or with all other chapters as ``multispin demo``. With
nerve cells, if the folder ``$MULTISPIN_DATA`` has ``neurons50.npz``.
"""

from __future__ import annotations

import math
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import xarray as xr

import multispin as ms
from multispin import page, plot
from multispin.learn import independent_samples, kinetic_series
from multispin.learn.inverse.comparison import compare
from multispin.learn.inverse.information import entropies
from multispin.plot.style import FAINT, new_figure, style

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Blocks = list[page.Text | page.Picture | page.Table]

SPINS, BETAS = 16, (0.3, 0.7)  # of the glass that is planted, and inverse temperatures
METHODS = (
    "independent", "pair", "mean_field", "tap", "sessak_monasson", "bethe", "pseudolikelihood",
    "pseudolikelihood_averaged", "mpf", "rise", "logrise", "exact",
)  # fmt: skip
DRAWN = ("mean_field", "sessak_monasson", "bethe", "pseudolikelihood", "rise", "exact")
ALL = 10_000  # samples that all methods get
SHOWN = ("pair", "mean_field", "bethe", "pseudolikelihood")
SIDE, COLD, MANY = (5, 5), 0.7, 20_000  # of the glass whose couplings are shown

IMAGES = 12  # of each kind
NETWORK, STEPS, LEVEL, STRENGTH = 24, 1500, 0.01, 0.25  # of couplings that act one way
CELLS = 15  # whose states can all be summed
RARE = 1e-5  # penalty l2 that keeps couplings of cells which hardly ever fire together finite


class Effort(NamedTuple):
    """Samples of the glass beside `ALL`, draws of it; samples whose errors cells are fitted to."""

    samples: tuple[int, ...]
    repetitions: int
    cells: int


QUICK = Effort((300, 1000), 2, 2000)
FULL = Effort((300, 1000, 3000, 30_000), 2, 8000)


def chapter(quick: bool = False) -> page.Chapter:
    """Run the chapter "The inverse problem" and return it."""
    effort = QUICK if quick else FULL
    (glass, table), pictured = recover(effort), show_couplings()
    digits, network, cells = show_digits(), show_network(), load_cells()
    blocks = [*show_glass(glass, table), *pictured, *digits.blocks, *network.blocks]
    data = {
        "inverse_glass": glass, "inverse_methods": table, "inverse_digits": digits.data,
        "inverse_network": network.data,
    }  # fmt: skip
    if cells is not None:
        blocks += show_cells(cells, effort.cells)
    return page.Chapter("The inverse problem", blocks, data=data)


class Part(NamedTuple):
    """What is shown of a part of the chapter, and what was measured."""

    blocks: Blocks
    data: xr.Dataset


# --- a glass that is planted ----------------------------------------------------------------------


def recover(effort: Effort) -> tuple[xr.Dataset, xr.Dataset]:
    """Recover planted couplings: from more and more samples, and by every method."""
    page.announce(f"planted glasses of {SPINS} spins, recovered by {len(METHODS)} methods")
    samples = sorted({*effort.samples, ALL})
    others = [method for method in METHODS if method not in DRAWN]
    with ThreadPoolExecutor(os.cpu_count()) as executor:
        drawn, rest = (
            ms.inverse_benchmark(
                "glass", SPINS, BETAS, M, methods, effort.repetitions, random_state=1,
                executor=executor,
            )
            for M, methods in ((samples, DRAWN), ([ALL], others))
        )  # fmt: skip
    table = xr.concat([drawn.sel(samples=[ALL]), rest], "algorithm", combine_attrs="override")
    return drawn, table.sel(algorithm=list(METHODS))


def show_glass(glass: xr.Dataset, table: xr.Dataset) -> Blocks:
    """Show errors against numbers of samples."""
    gamma, edges = table.gamma.squeeze(), table.edges_right.squeeze()
    rows = [
        (method.replace("_", " "), *(
            f"{float(of.sel(beta=beta, algorithm=method)):{form}}"
            for beta in BETAS for of, form in ((gamma, ".3f"), (edges, ".0%"))
        ))
        for method in METHODS
    ]  # fmt: skip
    warm, cold = (gamma.sel(beta=beta) for beta in BETAS)
    return [
        page.Text(
            f"""
<p>So far couplings were given, and samples came of them. Where spins are nerve cells, pixels or
amino acids it is the other way round: samples are given, and nobody knows the couplings. Of all
distributions with the means and correlations of the data the one that adds nothing else, of the
largest entropy, is an Ising model,
<i>P</i>(<i>s</i>) ∝ exp(Σ<sub><i>i</i>&lt;<i>j</i></sub> <i>J<sub>ij</sub> s<sub>i</sub>
s<sub>j</sub></i> + Σ <i>h<sub>i</sub> s<sub>i</sub></i>). To find its parameters is the inverse
Ising problem; in machine learning the model is a Boltzmann machine.</p>
<h3>Couplings that are known</h3>
<p>First a test: glasses with couplings ±<i>β</i> on a square lattice, samples of them, and what
each method makes of the samples. The error <i>γ</i> is the root of
Σ(<i>J</i> − <i>J</i>*)²/Σ<i>J</i>*², with <i>J</i>* what was planted: 1 for who says that nothing
is coupled. Formulas of mean-field kind look at correlations alone, take no time, and do well where
it is warm; where it is cold, more data are of no help to them. Maximum likelihood (exact) is the
best that can be had, and sums over all states. Pseudo-likelihood asks only how each spin follows
from the others, and sums over nothing: at <i>β</i> = {BETAS[1]}, with {ALL:,} samples, its <i>γ</i>
is {float(cold.sel(algorithm="pseudolikelihood")):.3f} where the best is
{float(cold.sel(algorithm="exact")):.3f} and mean field has
{float(cold.sel(algorithm="mean_field")):.2f}. At <i>β</i> = {BETAS[0]} mean field has
{float(warm.sel(algorithm="mean_field")):.2f}. With a few hundred samples of what is cold, some
states of pairs have not been seen, and likelihoods go for infinite couplings: that is what
penalties are for.</p>
"""
        ),
        page.Picture(
            plot.inverse.benchmark(glass),
            "Error of couplings against the number of samples, with standard errors over "
            f"{glass.sizes['repetition']} draws. Dotted: the law <i>M</i><sup>−1/2</sup> of "
            "methods that are right in the end.",
            "Two panels of falling lines; in the colder one, three of them do not fall.",
        ),
        page.Table(
            ("method", *(f"{what}, β = {beta}" for beta in BETAS for what in ("γ", "edges"))),
            rows,
            f"Error of couplings from {ALL:,} samples, and how many of the largest couplings are "
            "bonds of the lattice. Without fields tap is mean field, and without penalties logrise "
            "is rise.",
        ),
    ]


def show_couplings() -> Blocks:
    """Show each coupling of one glass, as four methods have it."""
    page.announce(f"a glass of {math.prod(SIDE)} spins, coupling by coupling")
    glass = ms.EdwardsAnderson(SIDE, seed=1)
    J = np.zeros((glass.n_spins,) * 2)
    i, j = glass.edges.T
    J[i, j] = J[j, i] = COLD * glass.couplings
    samples = independent_samples(ms.Pairwise(J), MANY, sweeps=300, random_state=1)
    found = {method: ms.InverseIsing(method).fit(samples).J_ for method in SHOWN}
    return [
        page.Picture(
            plot.inverse.recovered(J, found),
            f"A glass on a lattice of {SIDE[0]} × {SIDE[1]} at <i>β</i> = {COLD}, from {MANY:,} "
            "samples. Blue: pairs of neighbours. Grey: all others, which should be 0. What a pair "
            "does has much to do with all that is around it: looked at by itself, nearly every "
            "pair seems coupled.",
            "Four panels; points are on the diagonal in the last.",
        ),
    ]


# --- digits ---------------------------------------------------------------------------------------


def show_digits() -> Part:
    """Learn all digits, and draw new ones."""
    images = ms.datasets.digits(binary=True).images
    pixels = ((images + 1) // 2).reshape(len(images), -1)
    used = pixels.any(axis=0)  # in the corners there is never ink, and nothing to learn
    page.announce(f"{len(images)} digits learned by a Boltzmann machine")
    machine = ms.InverseIsing("boltzmann", units="binary", l2=1e-3, random_state=1)
    free = ms.InverseIsing("independent", units="binary", random_state=1)
    rows = [pixels[:IMAGES]]
    for model in (machine, free):
        drawn = np.zeros((IMAGES, len(used)), dtype=np.int8)
        drawn[:, used] = model.fit(pixels[:, used]).sample(IMAGES)
        rows.append(drawn)
    dreams = machine.sample(4000, random_state=2)
    found = compare(2 * pixels[:, used] - 1, 2 * dreams - 1, random_state=1)
    J = machine.binary_parameters()[0]
    dims = ("kind", "image", "row", "column")
    data = xr.Dataset(
        {"images": (dims, np.reshape(rows, (3, IMAGES, *images.shape[1:])))},
        {"kind": ["data", "learned", "without couplings"]},
    )
    blocks: Blocks = [
        page.Text(
            f"""
<h3>Digits, redrawn</h3>
<p>A Boltzmann machine learns what it is shown, and then dreams. Here it sees {len(images):,}
handwritten digits, in the {used.sum()} of {images[0].size} pixels that ever have ink, without being
told which is which. Its couplings are changed until means and correlations of all pairs, over
{machine.chains:,} Markov chains that go along, are those of the digits: {machine.n_iter_} steps
with a weak penalty, and the largest deviation is {machine.optimality_:.2f} of the data's sampling
error. Then the chains go on alone. What they draw are strokes, with ends, bows and loops, that no
pixel knows of by itself. Couplings, in units of 0 and 1, go up to {J.max():.1f}, where ink goes on,
and down to {J.min():.1f}, where strokes keep apart.</p>
"""
        ),
        page.Picture(
            draw_images(data),
            "Digits (above), samples of the model that learned all of them (middle), and of one "
            "that knows how often each pixel is dark, but of no pairs (below).",
            "Three rows of images: digits, things like digits, and noise.",
        ),
        page.Picture(
            plot.inverse.comparison(found),
            "The model against the data. Means and pairs were learned; of three pixels it was told "
            f"nothing, and has a part of their correlations "
            f"(r = {found.triples.correlation:.2f}): digits are more than pairs.",
            "Points on diagonals for means and pairs, a cloud for triples.",
        ),
    ]
    return Part(blocks, data)


def draw_images(data: xr.Dataset) -> Figure:
    """Draw rows of images, ink in black."""
    with style():
        figure = new_figure(9.0, 2.35)
        panels = figure.subplots(len(data.kind), IMAGES)
        for row, kind in enumerate(data.kind.values):
            for axes, image in zip(panels[row], data.images.values[row], strict=True):
                axes.imshow(image, cmap="Greys", vmin=0, vmax=1, interpolation="nearest")
                axes.set(xticks=[], yticks=[])
                axes.spines[:].set(visible=True, color=FAINT, linewidth=0.5)
            panels[row, 0].set_ylabel(str(kind).replace(" ", "\n"), rotation=0, ha="right",
                                      va="center")  # fmt: skip
        return figure


# --- a network that acts one way ------------------------------------------------------------------


def show_network() -> Part:
    """Recover couplings that act one way from a series."""
    page.announce(f"a network of {NETWORK} spins, from {STEPS} steps of time")
    rng = np.random.default_rng(5)
    J = np.where(rng.random((NETWORK, NETWORK)) < 3 / NETWORK, 1.0, 0.0)
    J *= rng.choice([-STRENGTH, STRENGTH], J.shape)
    np.fill_diagonal(J, 0.0)
    fit = ms.KineticIsing(random_state=1).fit(kinetic_series(J, -0.3, STEPS, random_state=1))
    sure = fit.significant(LEVEL)
    data = xr.Dataset({
        "planted": (("spin", "acting"), J), "found": (("spin", "acting"), fit.J_),
        "error": (("spin", "acting"), fit.J_error_), "significant": (("spin", "acting"), sure),
    })  # fmt: skip
    missed, false = int(((J != 0) & ~sure).sum()), int(((J == 0) & sure).sum())
    blocks: Blocks = [
        page.Text(
            f"""
<h3>Who acts on whom</h3>
<p>Samples of equilibrium do not tell cause from effect. A series does: if spin <i>j</i> acts on
spin <i>i</i>, what <i>j</i> is now shows in <i>i</i> one step later. With parallel dynamics each
row of <i>J</i> is a logistic regression, and its likelihood has one maximum that is found exactly,
with standard errors. Below, {NETWORK} spins on each of which three others act, on average, by
±{STRENGTH}, and {STEPS:,} steps. Of {(J != 0).sum()} couplings in {J.size} places {missed} are
missed and {false} found where there is none, at a false discovery rate of {LEVEL:.0%} (Benjamini
and Hochberg).</p>
"""
        ),
        page.Picture(
            draw_matrices(
                {"planted": J, "found": fit.J_, "significant": np.where(sure, fit.J_, 0)}
            ),
            "Couplings of a network: what acts on the spin of each row. Red is positive, blue "
            "negative. What is significant is most of what was planted, and little else.",
            "Three matrices with the same pattern of dots; in the middle there is noise too.",
        ),
    ]
    return Part(blocks, data)


def draw_matrices(matrices: Mapping[str, Array]) -> Figure:
    """Draw matrices side by side, 0 in white."""
    with style():
        figure = new_figure(9.0, 3.2)
        panels = figure.subplots(1, len(matrices), sharey=True)
        shown = None
        for axes, (name, J) in zip(panels, matrices.items(), strict=True):
            shown = axes.imshow(J, cmap="RdBu_r", vmin=-0.4, vmax=0.4, interpolation="nearest")
            axes.set_title(name, loc="left")
            axes.set(xticks=[], yticks=[], xlabel="acting spin $j$")
            axes.spines[:].set(visible=True, color=FAINT)
        panels[0].set_ylabel("spin $i$")
        figure.colorbar(shown, ax=panels, label="$J_{ij}$", aspect=25, shrink=0.9)
        return figure


# --- nerve cells ----------------------------------------------------------------------------------


def load_cells() -> NDArray[np.int8] | None:
    """Return what 50 cells did, (40000, 50) of 0 and 1, if it is there."""
    path = Path(os.environ.get("MULTISPIN_DATA", "nowhere")) / "neurons50.npz"
    if not path.is_file():
        return None
    with np.load(path) as file:
        spikes: NDArray[np.int8] = file["spikes"].astype(np.int8)
    return spikes


def show_cells(spikes: NDArray[np.int8], size: int) -> Blocks:
    """Show how much of what nerve cells do together is pairs."""
    page.announce(f"{CELLS} nerve cells by all states, {spikes.shape[1]} by Monte Carlo")
    few = ms.InverseIsing("exact", units="binary").fit(spikes[:, :CELLS])
    of_few = entropies(few.model(), 2 * spikes[:, :CELLS] - 1)
    mean, second = ms.moments(2 * spikes - 1)
    learned = ms.InverseIsing("boltzmann", l2=RARE, chains=2048, random_state=1)
    learned.fit_moments(mean, second, size)
    dreams = learned.sample(20_000, sweeps=200)
    found = compare(2 * spikes - 1, dreams, random_state=1)
    most = {"data": spikes.sum(axis=1).max(), "model": (dreams > 0).sum(axis=1).max()}
    return [
        page.Text(
            f"""
<h3>Nerve cells</h3>
<p>In 2006 Elad Schneidman, Michael Berry, Ronen Segev and William Bialek put the question to the
retina: cells in pairs are nearly independent, and yet many fire at once far more often than by
chance. Is there more than pairs? Here are {spikes.shape[1]} cells in {len(spikes):,} windows of
time (data of the maxent_toolbox), spin +1 for a cell that fires. For {CELLS} of them all states
can be summed, and it is a matter of entropies: all that they do together takes
{of_few.multi_information / math.log(2):.3f} ± {of_few.data_error / math.log(2):.3f} bits from the
entropy of cells by themselves, and the model of pairs takes
{of_few.of_pairs / math.log(2):.3f}, {of_few.share:.0%} of it.</p>
<p>All {spikes.shape[1]} take Monte Carlo. Means and pairs are fitted to within the sampling errors
of {size:,} windows. Triples and the probability that <i>K</i> cells fire are then predictions.
Silence, <i>K</i> = 0, is {found.counts.data[0] / found.counts.model[0]:.1f} times as frequent as
pairs have it, and in {len(dreams):,} samples of the model up to {most['model']} cells fire at once,
in the data up to {most['data']}: this is why the number of cells that fire has been made a part of
the model (<code>k_pairwise</code>; Gašper Tkačik and others, 2014).</p>
"""
        ),
        page.Table(
            ("entropy of", "bits"),
            [
                (f"{CELLS} cells by themselves", f"{of_few.independent / math.log(2):.3f}"),
                ("the model of pairs", f"{of_few.model / math.log(2):.3f}"),
                (
                    "the data",
                    f"{of_few.data / math.log(2):.3f} ± {of_few.data_error / math.log(2):.3f}",
                ),
            ],
            f"{CELLS} cells; the data's entropy with the correction of Miller and Madow.",
        ),
        page.Picture(
            plot.inverse.comparison(found),
            f"{spikes.shape[1]} cells: the model against the data, with standard errors.",
            "Means and pairs on the diagonal, triples near it, and P(K) of model and data.",
        ),
    ]  # fmt: skip


if __name__ == "__main__":
    page.main(chapter)
