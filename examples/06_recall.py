"""The dynamics of recall: how a pattern is found, sweep by sweep, and from how far away.

Run as ``python examples/06_recall.py``, or with all other chapters as ``multispin demo``.
"""

from __future__ import annotations

import math
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import xarray as xr

import multispin as ms
from multispin import page, plot
from multispin.learn import capacity_sweep, corrupt
from multispin.theory.recall import coolen_sherrington, first_steps

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from multispin.theory.recall import Flow

    Blocks = list[page.Text | page.Picture | page.Table]

NEURONS, LOAD, T = 2000, 0.1, 0.1
BEGIN = (0.2, 0.4, 0.6)  # overlaps with the pattern
SWEEPS = 6
STEPS = 10  # of time, in the time of a sweep
BETWEEN = 2  # points of a line in the time of a sweep
LIKE_THEORY = 0.6  # from here the pattern is found, and theory is good at all times

BASIN_NEURONS, BASIN_LOADS = 1000, (0.04, 0.08, 0.12)
BASIN_BEGIN = (0.1, 0.2, 0.3, 0.4, 0.6, 1.0)


class Effort(NamedTuple):
    """Draws of the patterns, cues of each overlap, and draws for the basin."""

    draws: int
    cues: int
    basin_draws: int


QUICK, FULL = Effort(2, 6, 2), Effort(4, 12, 3)


def chapter(quick: bool = False) -> page.Chapter:
    """Run the chapter "The dynamics of recall" and return it."""
    effort = QUICK if quick else FULL
    page.announce("the flow of Coolen and Sherrington")
    times = np.arange(SWEEPS * BETWEEN + 1) / BETWEEN
    flows = [coolen_sherrington(LOAD, T, m, times) for m in BEGIN]
    recalls = recall(effort)
    basin = attract(effort.basin_draws)
    return page.Chapter(
        "The dynamics of recall",
        [*show_flow(recalls, flows), *show_orders(recalls), *show_basin(basin)],
        data={"recall": recalls, "recall_basin": basin},
    )


# --- what is run --------------------------------------------------------------------------------


def recall(effort: Effort) -> xr.Dataset:
    """Follow cues to the patterns they are of, by several kinds of dynamics."""
    page.announce(f"{NEURONS} neurons, {effort.draws} draws of {LOAD * NEURONS:.0f} patterns")
    dims = ("draw", "sweep", "begin")
    kinds = {"orderly": (T, "glauber"), "parallel": (T, "parallel"), "cold": (0.0, "parallel")}
    found: dict[str, list[NDArray[np.float64]]] = {name: [] for name in ("clocks", *kinds)}
    for draw in range(effort.draws):
        rng = np.random.default_rng(draw)
        patterns = rng.choice(np.array([-1, 1], np.int8), (round(LOAD * NEURONS), NEURONS))
        wanted = np.split(patterns[: effort.cues * len(BEGIN)], len(BEGIN))
        cues = np.concatenate([
            corrupt(some, (1 - m) / 2, random_state=draw)
            for m, some in zip(BEGIN, wanted, strict=True)
        ])  # fmt: skip
        network, own = ms.HopfieldNetwork().fit(patterns), np.arange(len(cues))
        histories = {"clocks": follow_clocks(patterns, cues, rng)}
        for name, (temperature, dynamics) in kinds.items():
            run = network.retrieve(
                cues, temperature, SWEEPS, dynamics, record_every=1, random_state=draw
            )
            # What repeats itself has stopped, and stays as it is.
            last = run.history[np.minimum(np.arange(SWEEPS + 1), len(run.history) - 1)]
            histories[name] = last[:, own, 0, own]
        for name, m in histories.items():
            found[name].append(m.reshape(SWEEPS + 1, len(BEGIN), -1).mean(axis=2))
    return xr.Dataset(
        {name: (dims, np.array(m)) for name, m in found.items()},
        {"sweep": np.arange(SWEEPS + 1), "begin": list(BEGIN)},
    )


def follow_clocks(
    patterns: NDArray[np.int8], cues: NDArray[np.int8], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return overlaps of cues with the first patterns, (sweeps, cues), where spins have clocks.

    Theory draws spins one after the other, each at random, so that in the time of a sweep some are
    drawn several times and exp(-1) of them never. A sweep attempts each spin once. Held are those
    whose clocks stay silent: exp(-dt) of them, in a sweep that stands for a time dt.
    """
    silent, wanted = math.exp(-1.0 / STEPS), patterns[: len(cues)]
    sampler = ms.Sampler(
        ms.Hopfield(patterns), T, len(cues), "glauber", cues, seed=1, order="random",
        clamp=np.zeros(cues.shape, dtype=bool),
    )  # fmt: skip
    overlaps = [(cues * wanted).mean(axis=1)]
    for _ in range(SWEEPS):
        for _ in range(STEPS):
            sampler.clamp = rng.random(cues.shape) < silent
            sampler.sweep(1)
        overlaps.append((np.asarray(sampler.spins()) * wanted).mean(axis=1))
    return np.array(overlaps)


def attract(draws: int) -> xr.Dataset:
    """Begin at several overlaps with a pattern, and see where that ends."""
    page.announce(f"{BASIN_NEURONS} neurons, {len(BASIN_LOADS)} loads, {len(BASIN_BEGIN)} overlaps")
    with ThreadPoolExecutor(os.cpu_count()) as executor:
        return capacity_sweep(
            BASIN_LOADS, 0.0, BASIN_NEURONS, BASIN_BEGIN, draws=draws, cues=16, random_state=1,
            executor=executor,
        )  # fmt: skip


# --- what is shown ------------------------------------------------------------------------------


def show_flow(recalls: xr.Dataset, flows: list[Flow]) -> Blocks:
    """Hold overlaps on the way against the flow of two numbers."""
    m, error = mean_and_error(recalls.clocks)
    right = np.stack([flow.m[::BETWEEN] for flow in flows], axis=1)
    found = (m - right)[:, BEGIN.index(LIKE_THEORY)]
    early = abs(m - right)[1].max()
    rows = [
        (f"{begin:g}", *(f"{m[t, k]:.3f} ± {error[t, k]:.3f}  ({right[t, k]:.3f})"
                         for t in (1, 2, SWEEPS)))
        for k, begin in enumerate(BEGIN)
    ]  # fmt: skip
    return [
        page.Text(
            f"""
<p>A network begins with a part of a pattern. What happens then is more than equilibrium can say:
the other patterns act on a spin like noise, but noise that the spins themselves have made and that
remembers them. Ton Coolen and David Sherrington found in 1993 how far two numbers lead, the
overlap <i>m</i> with the pattern and the strength <i>r</i> of that noise: their flow is closed if
all states of the same <i>m</i> and <i>r</i> are as probable as each other.</p>
<p>Below, networks of {NEURONS:,} neurons with {LOAD * NEURONS:.0f} patterns
(<i>α</i> = {LOAD}) at <i>T</i> = {T}, in which spins are drawn at random, one after the other.
After a sweep, as many draws as there are spins, theory and simulation differ by at most
{early:.3f}. From <i>m</i> = {LIKE_THEORY} on the pattern is found, and over all sweeps they differ
by at most {abs(found).max():.3f}. From less, theory finds a part of the pattern and loses it again.
Simulations do so more slowly, or near the border not at all: this is known of the theory, whose
states have no memory of the way they came.</p>
"""
        ),
        page.Picture(
            plot.hopfield.recall(
                recalls.sweep, m.T, [f"$m_0 = {begin:g}$" for begin in BEGIN], flows, error.T
            ),
            "Overlap with the pattern against time. Points: simulations, with standard errors over "
            f"{recalls.sizes['draw']} draws of the patterns. Lines: Coolen and Sherrington.",
            "Three curves from the left; the highest goes up to 1, the lowest rises and falls.",
        ),
        page.Table(
            ("overlap at first", *(f"after {t}" for t in (1, 2, SWEEPS))),
            rows,
            "Overlap after so many sweeps, with standard errors over draws, and (theory).",
        ),
    ]


def mean_and_error(
    values: xr.DataArray,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return means over draws, (sweeps, overlaps at first), and their standard errors."""
    spread = values.std("draw", ddof=1) / math.sqrt(values.sizes["draw"])
    return values.mean("draw").values, spread.values


def show_orders(recalls: xr.Dataset) -> Blocks:
    """Show what it matters in which order spins are attempted."""
    m, error = mean_and_error(recalls.cold)
    rows = []
    for k, begin in enumerate(BEGIN):
        right = first_steps(LOAD, begin)
        rows.append((
            f"{begin:g}", f"{m[1, k]:.4f} ± {error[1, k]:.4f}", f"{right.m1:.4f}",
            f"{m[2, k]:.4f} ± {error[2, k]:.4f}", f"{right.m2:.4f}",
        ))  # fmt: skip
    at = BEGIN.index(0.4)
    kinds = {
        "clocks": "drawn at random", "orderly": "each once, in random order",
        "parallel": "all at once",
    }  # fmt: skip
    curves = [mean_and_error(recalls[kind]) for kind in kinds]
    return [
        page.Text(
            """
<h3>One by one, or all at once</h3>
<p>A sweep that attempts each spin once, in an order drawn anew, forgets faster what the cue had
wrong than draws at random, which pass over more than a third of the spins. And all spins can be
turned at once, as William Little had it in 1974: the network then ends in a state, or in two that
follow each other. For its first two steps from a cue, at <i>T</i> = 0, there is an exact answer
(Elizabeth Gardner, Bernard Derrida and Peter Mottishaw, 1987).</p>
"""
        ),
        page.Picture(
            plot.hopfield.recall(
                recalls.sweep,
                [mean[:, at] for mean, _ in curves],
                list(kinds.values()),
                error=[spread[:, at] for _, spread in curves],
            ),
            f"Overlap with the pattern from <i>m</i> = {BEGIN[at]} on, at <i>T</i> = {T}, by "
            "three dynamics.",
            "Three curves, of which that of draws at random is the slowest.",
        ),
        page.Table(
            ("overlap at first", "after 1", "exact: 1", "after 2", "exact: 2"),
            rows,
            "Parallel dynamics at T = 0, with standard errors over draws.",
        ),
    ]


def show_basin(basin: xr.Dataset) -> Blocks:
    """Show from where a pattern attracts."""
    final = basin.overlap.squeeze().transpose("alpha", "initial_overlap")
    error = basin.overlap_error.squeeze().transpose("alpha", "initial_overlap")
    return [
        page.Text(
            """
<h3>Basins of attraction</h3>
<p>How little of a pattern is enough? The more patterns there are, the more: close to capacity each
is a small valley, and a cue has to lie in it.</p>
"""
        ),
        page.Picture(
            plot.hopfield.basin(
                basin.initial_overlap, final, [rf"$\alpha = {a:g}$" for a in BASIN_LOADS], error
            ),
            f"Overlap at the end against that at first: {BASIN_NEURONS:,} neurons at <i>T</i> = 0, "
            f"spins one by one, means over {basin.sizes['draw']} draws of the patterns.",
            "Three curves that rise steeply to 1, the later the more patterns there are.",
        ),
    ]


if __name__ == "__main__":
    page.main(chapter)
