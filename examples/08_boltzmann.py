"""The Boltzmann machine: hidden units, and what no couplings of pairs can say.

Run as ``python examples/08_boltzmann.py``, or with all other chapters as ``multispin demo``.
"""

from __future__ import annotations

import itertools
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import xarray as xr

import multispin as ms
from multispin import page
from multispin.plot.style import COLOURS, INK, new_figure, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Blocks = list[page.Text | page.Picture | page.Table]

STATES = np.array(list(itertools.product((-1, 1), repeat=3)))
PARITY = STATES[STATES.prod(axis=1) == 1]
HIDDEN = (0, 1, 2, 3)
CONNECTIVITY = ("full", "layered")
RATES, SWEEPS = (0.3, 0.02), 5


class Effort(NamedTuple):
    """Steps of learning, and chains of the model."""

    steps: int
    chains: int


QUICK, FULL = Effort(500, 256), Effort(1400, 512)


def chapter(quick: bool = False) -> page.Chapter:
    """Run the chapter "The Boltzmann machine" and return it."""
    effort = QUICK if quick else FULL
    data = learn(effort)
    return page.Chapter(
        "The Boltzmann machine", show(data, effort), data={"boltzmann_parity": data}
    )


# --- what is run ----------------------------------------------------------------------------------


def learn(effort: Effort) -> xr.Dataset:
    """Learn parity with hidden units and without: what each machine says of all 8 states."""
    kinds = [
        (hidden, connectivity)
        for hidden in HIDDEN for connectivity in CONNECTIVITY
        if hidden > 0 or connectivity == "full"
    ]  # fmt: skip
    page.announce(f"three-bit parity, learned by {len(kinds)} Boltzmann machines")
    with ThreadPoolExecutor(os.cpu_count()) as executor:
        found = list(executor.map(lambda of: probabilities(of[0], of[1], effort), kinds))
    # Without hidden units there are no layers to tell apart.
    P = np.full((len(HIDDEN), len(CONNECTIVITY), len(STATES)), np.nan)
    for (hidden, connectivity), values in zip(kinds, found, strict=True):
        P[HIDDEN.index(hidden), CONNECTIVITY.index(connectivity)] = values
    right = STATES.prod(axis=1) == 1
    divergence = -np.log(P[..., right]).mean(axis=-1) - np.log(len(PARITY))
    dims = ("hidden", "connectivity")
    return xr.Dataset(
        {"probability": ((*dims, "state"), P), "divergence": (dims, divergence)},
        {"hidden": list(HIDDEN), "connectivity": list(CONNECTIVITY)},
        attrs={"steps": effort.steps, "chains": effort.chains},
    )


def probabilities(hidden: int, connectivity: str, effort: Effort) -> Array:
    """Return the probability of each state, of a machine that has learned."""
    machine = ms.BoltzmannMachine(
        hidden, connectivity=connectivity, learning_rate=RATES, n_iter=effort.steps,
        n_chains=effort.chains, sweeps=SWEEPS, random_state=2, threads=1,
    ).fit(PARITY)  # fmt: skip
    found: Array = np.exp(machine.log_likelihood(STATES, machine.log_partition("exact")))
    return found


# --- what is shown --------------------------------------------------------------------------------


def show(data: xr.Dataset, effort: Effort) -> Blocks:
    """Show what machines say of parity."""
    of = data.divergence
    alone, one = (float(of.sel(hidden=n, connectivity="full")) for n in (0, 1))
    two, three = (float(of.sel(hidden=n, connectivity="layered")) for n in (2, 3))
    rows = [
        (str(hidden), *("–" if np.isnan(value) else f"{value:.4f}" for value in values.tolist()))
        for hidden, values in zip(HIDDEN, of.values, strict=True)
    ]
    return [
        page.Text(
            f"""
<p>The model of the chapter before knows its data in pairs. Here are data of which pairs say
nothing: three spins whose product is +1. Four of eight states have it, each with probability 1/4.
Every spin by itself is a coin, and any two of them are two coins; only who sees all three sees
anything. The best that couplings of pairs can do is to say that all eight states are alike, which
is off by a Kullback–Leibler divergence of ln 2 = {np.log(2):.4f} nats. The machine found it:
{alone:.4f}.</p>
<p>In 1985 David Ackley, Geoffrey Hinton and Terrence Sejnowski gave such machines <i>hidden</i>
units: spins that are coupled like all others, and of which the data say nothing. What they should
be for, learning finds out. The slope of the likelihood is as simple as without them,
⟨<i>s<sub>i</sub> s<sub>j</sub></i>⟩ with visible spins held at the data less
⟨<i>s<sub>i</sub> s<sub>j</sub></i>⟩ of the machine running free; both come from Markov chains that
go along. The machine is still one of pairs, yet the visible spins of it, looked at alone, are not:
summing over a hidden spin couples all that it sees. Here one hidden unit brings the divergence to
{one:.4f}; it would be 0 with couplings without end.</p>
"""
        ),
        page.Picture(
            draw_probabilities(data),
            "What machines with so many hidden units, all pairs coupled, say of the eight states. "
            "Dotted: what is right, 1/4 or 0.",
            "Four panels of eight bars: all alike in the first, four high ones in the others.",
        ),
        page.Table(
            ("hidden units", "all pairs coupled", "visible with hidden only"),
            rows,
            "Kullback–Leibler divergence of what was learned from three-bit parity, in nats, by "
            f"sums over all states; {effort.steps:,} steps of learning.",
        ),
        page.Text(
            f"""
<p>The last column is of machines without couplings within layers, <i>restricted</i> ones. To them
hidden units are all there is: two leave {two:.4f}, three {three:.4f}. What they have for it: given
the visible units, hidden ones are independent, and all of them can be drawn at once. That is
the next chapter.</p>
"""
        ),
    ]


def draw_probabilities(data: xr.Dataset) -> Figure:
    """Draw the probabilities of all states, by numbers of hidden units."""
    right = STATES.prod(axis=1) == 1
    names = ["".join("+" if spin > 0 else "−" for spin in state) for state in STATES]
    at = np.arange(len(STATES))
    with style():
        figure = new_figure(9.0, 2.9)
        panels = figure.subplots(1, len(HIDDEN), sharey=True)
        for axes, hidden in zip(panels, HIDDEN, strict=True):
            of = data.probability.sel(hidden=hidden, connectivity="full")
            colours = [COLOURS[0] if one else COLOURS[1] for one in right]
            axes.bar(at, of.values, color=colours, width=0.7)
            axes.hlines(np.where(right, 0.25, 0.0), at - 0.45, at + 0.45, color=INK, ls=":", lw=1.0)
            axes.set_title(f"{hidden} hidden" if hidden else "none hidden", loc="left")
            axes.set_xticks(at, names, rotation=90, family="monospace")
            axes.tick_params(axis="x", length=0)
        panels[0].set_ylabel("probability")
        return figure


if __name__ == "__main__":
    page.main(chapter)
