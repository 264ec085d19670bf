"""The Hopfield network: images restored, and how many patterns are too many.

Run as ``python examples/05_hopfield.py``, or with all other chapters as ``multispin demo``.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import xarray as xr

import multispin as ms
from multispin import page, plot
from multispin.learn import capacity_sweep, corrupt
from multispin.plot.style import COLOURS, FAINT, INK, MARKERS, new_figure, style
from multispin.theory import hopfield as theory

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    Blocks = list[page.Text | page.Picture | page.Table]

NOISE = 0.1  # share of the pixels that are turned over
STORED = (5, 10, 20, 30)  # digits
RULES = ("hebb", "dreaming", "pseudoinverse")
CUES = 200

NEURONS = 2000
LOADS = (0.05, 0.08, 0.1, 0.12, 0.13, 0.14, 0.15, 0.17)
RETRIEVING = LOADS[:4]  # where finite networks are like infinite ones
WARM_LOADS, WARM = (0.02, 0.05, 0.1), (0.25, 0.6)


class Effort(NamedTuple):
    """Draws of the patterns, and cues of each, at T = 0 and above; sweeps where it is warm."""

    draws: int
    cues: int
    warm_draws: int
    sweeps: int


QUICK, FULL = Effort(2, 8, 2, 20), Effort(3, 16, 2, 40)


def chapter(quick: bool = False) -> page.Chapter:
    """Run the chapter "The Hopfield network" and return it."""
    effort = QUICK if quick else FULL
    digits = restore_digits()
    cold = retrieve(LOADS, (0.0,), effort.draws, effort.cues, 50)
    warm = retrieve(WARM_LOADS, WARM, effort.warm_draws, 8, effort.sweeps)
    return page.Chapter(
        "The Hopfield network",
        [*introduce(), *show_digits(digits), *show_loads(cold), *show_phases(cold, warm, quick)],
        data={"hopfield_digits": digits, "hopfield_loads": cold, "hopfield_warm": warm},
    )


# --- what is run --------------------------------------------------------------------------------


def restore_digits() -> xr.Dataset:
    """Return which share of corrupted digits each rule restores, to the last pixel."""
    page.announce(f"digits of which {NOISE:.0%} is wrong, stored by {len(RULES)} rules")
    images = ms.datasets.digits(binary=True).images
    right = np.empty((len(RULES), len(STORED)))
    for column, number in enumerate(STORED):
        wanted = images[np.arange(CUES) % number]
        cues = corrupt(wanted, NOISE, random_state=number)
        for row, rule in enumerate(RULES):
            found = ms.retrieve_images(images[:number], cues, rule, random_state=1)
            right[row, column] = (found.retrieved == wanted).all(axis=(1, 2)).mean()
    return xr.Dataset(
        {"restored": (("rule", "stored"), right)}, {"rule": list(RULES), "stored": list(STORED)}
    )


def retrieve(
    loads: tuple[float, ...], T: tuple[float, ...], draws: int, cues: int, sweeps: int
) -> xr.Dataset:
    """Begin with random patterns as they are stored, and see what is left of them."""
    where = f"{len(loads)} loads, {len(T)} temperature{'s' * (len(T) > 1)}"
    page.announce(f"{NEURONS} neurons, {where}, {draws} draws of the patterns")
    with ThreadPoolExecutor(os.cpu_count()) as executor:
        return capacity_sweep(
            loads, T, NEURONS, draws=draws, cues=cues, sweeps=sweeps, random_state=1,
            executor=executor,
        )  # fmt: skip


# --- what is shown ------------------------------------------------------------------------------


def introduce() -> Blocks:
    """Say what the network is, and show what it does."""
    images = ms.datasets.digits(binary=True).images[:10]
    found = ms.retrieve_images(images, corrupt(images, NOISE, random_state=1), random_state=1)
    picture = plot.hopfield.retrieved(
        found.cues, found.retrieved, found.stored[found.winners], found.overlaps
    )
    return [
        page.Text(
            """
<p>In 1982 John Hopfield saw a memory in a spin glass. Spins are neurons that fire or do not;
couplings are synapses; and couplings can be <i>chosen</i> so that given patterns
<i>ξ</i><sup><i>μ</i></sup> are states in which every spin agrees with its field. Donald Hebb's rule
of 1949 does that, neurons that fire together wire together: <i>J<sub>ij</sub></i> =
Σ<sub><i>μ</i></sub> <i>ξ<sub>i</sub><sup>μ</sup> ξ<sub>j</sub><sup>μ</sup></i>/<i>N</i>. A part of
a pattern, or one with mistakes, is a state nearby. Let it relax, and the whole pattern is
recalled: by what it is like, not by an address. For this, and what came of it, Hopfield had a Nobel
prize in 2024, together with Geoffrey Hinton.</p>
<h3>Digits</h3>
"""
        ),
        page.Picture(
            picture,
            f"Ten handwritten digits of 8 × 8 pixels, stored by the pseudo-inverse rule. Above, "
            f"each with {NOISE:.0%} of its pixels turned over (orange); in the middle, what the "
            "network makes of it at <i>T</i> = 0, with the overlap <i>m</i> of it and the stored "
            "digit, below. Digits: E. Alpaydin and C. Kaynak, UCI Machine Learning Repository "
            "(1998), CC BY 4.0.",
            "Noisy digits above, clean ones below.",
        ),
    ]


def show_digits(digits: xr.Dataset) -> Blocks:
    """Show that images are not random, and what helps."""
    rows = [
        (str(rule), *(f"{share:.0%}" for share in digits.restored.sel(rule=rule).values))
        for rule in digits.rule.values
    ]
    return [
        page.Text(
            """
<p>Hebb's rule would not have done. Digits are alike, as most of each is paper, and the rule stores
what they have in common many times over: every cue ends in the same mixture. Patterns that overlap
have to be told apart first. The pseudo-inverse does that exactly, for as many patterns as are
linearly independent. Dreaming lies between: it takes out of Hebb's couplings, a little at a time,
what the network falls into by itself. All of them have limits that 64 neurons soon show.</p>
"""
        ),
        page.Table(
            ("rule", *(f"{number} digits" for number in digits.stored.values)),
            rows,
            f"Share of {CUES} cues with {NOISE:.0%} of wrong pixels that are restored to the last "
            "pixel.",
        ),
    ]


def show_loads(cold: xr.Dataset) -> Blocks:
    """Hold overlaps at T = 0 against theory."""
    rows = []
    for load in LOADS:
        at = cold.sel(alpha=load).squeeze()
        right = theory.retrieval(load, 0.0)
        rows.append((
            f"{load:g}", "none" if right is None else f"{right.m:.6f}",
            f"{at.overlap.item():.6f} ± {at.overlap_error.item():.6f}",
            f"{at.retrieved.item():.0%}",
        ))  # fmt: skip
    off = max(abs(difference(cold, load)) for load in RETRIEVING)
    draws, left = cold.sizes["draw"], cold.retrieved.squeeze()
    return [
        page.Text(
            f"""
<h3>Too many patterns</h3>
<p>How much can be stored? Daniel Amit, Hanoch Gutfreund and Haim Sompolinsky computed it in 1985
with the replicas of spin-glass theory: <i>P</i> = <i>αN</i> random patterns are retrieved, with few
mistakes, up to <i>α<sub>c</sub></i> = {theory.alpha_c():.4f}. There 1.6 % of the neurons are
wrong. Beyond, nothing is retrieved: not the last pattern is lost, but all of them at once.</p>
<p>Here are networks of {NEURONS:,} neurons that begin <i>in</i> a pattern, at <i>T</i> = 0. At the
loads up to {RETRIEVING[-1]} the overlaps they end with differ from theory by at most {off:.4f}. At
<i>α<sub>c</sub></i> theory has a step; a network of finite size has a slope, somewhat to its right:
{float(left.sel(alpha=0.14)):.0%} of the patterns are still there at 0.14,
{float(left.sel(alpha=0.15)):.0%} at 0.15, {float(left.sel(alpha=0.17)):.0%} at 0.17.</p>
"""
        ),
        page.Picture(
            draw_loads(cold),
            "Left: what is left of a stored pattern at <i>T</i> = 0: its overlap, and the share of "
            "patterns with an overlap of 0.9 or more, with standard errors over "
            f"{draws} draws of the patterns. The line is the theory for infinitely many neurons, "
            "and ends at <i>α<sub>c</sub></i>, which is dotted. Right: the neurons that are wrong "
            "where patterns are retrieved.",
            "Overlaps near 1 that fall steeply beyond a load of 0.14.",
        ),
        page.Table(
            ("load", "theory", f"overlap, N = {NEURONS}", "retrieved"),
            rows,
            f"Overlap with the pattern at T = 0; standard errors over {draws} draws.",
        ),
    ]


def difference(cold: xr.Dataset, load: float) -> float:
    """Return how far the overlap at T = 0 is from theory's."""
    right = theory.retrieval(load, 0.0)
    assert right is not None
    return float(cold.overlap.sel(alpha=load).squeeze()) - right.m


def draw_loads(cold: xr.Dataset) -> Figure:
    """Draw overlaps and shares against the load, and wrong neurons where there are few."""
    line = np.linspace(0.05, theory.alpha_c() - 1e-9, 60)
    right = np.array([found.m for load in line if (found := theory.retrieval(load, 0.0))])
    with style():
        figure = new_figure(9.6, 4.0)
        left, wrong = figure.subplots(1, 2)
        left.plot(line, right, color=INK, label="overlap, theory")
        for number, (name, label) in enumerate(
            (("overlap", f"overlap, $N = {NEURONS}$"), ("retrieved", "share retrieved"))
        ):
            value, error = cold[name].squeeze(), cold[f"{name}_error"].squeeze()
            left.errorbar(cold.alpha, value, error, label=label, **point_style(number))
        left.set_ylim(0, 1.05)
        left.legend(loc="lower left")
        below = cold.squeeze().sel(alpha=cold.alpha < theory.alpha_c())
        wrong.plot(line, (1 - right) / 2, color=INK)
        # Where no neuron is wrong there is nothing that a logarithmic axis could show.
        some = below.sel(alpha=below.overlap < 1)
        share, error = (1 - some.overlap) / 2, some.overlap_error / 2
        wrong.errorbar(some.alpha, share, error, **point_style(0))
        wrong.set_yscale("log")
        wrong.set_ylim(1e-5, 0.05)
        wrong.set_ylabel("share of wrong neurons")
        for axes in (left, wrong):
            axes.axvline(theory.alpha_c(), color=FAINT, lw=0.8, ls=":", zorder=0)
            axes.set_xlabel(r"load $\alpha = P/N$")
        return figure


def point_style(number: int) -> dict[str, Any]:
    """Return how measurements look."""
    return {"ls": "none", "marker": MARKERS[number], "ms": 4.5, "color": COLOURS[number]}


def show_phases(cold: xr.Dataset, warm: xr.Dataset, quick: bool) -> Blocks:
    """Show the phase diagram with all that was simulated."""
    rows = []
    for load in WARM_LOADS:
        for T in WARM:
            at, right = warm.sel(alpha=load, temperature=T).squeeze(), theory.retrieval(load, T)
            rows.append((
                f"{load:g}", f"{T:g}", f"{theory.T_M(load):.3f}",
                "none" if right is None else f"{right.m:.4f}",
                f"{at.overlap.item():.4f} ± {at.overlap_error.item():.4f}",
            ))  # fmt: skip
    return [
        page.Text(
            """
<h3>The phase diagram</h3>
<p>Heat is noise, and a little of it is no harm: it shakes the network out of mixtures. Below
<i>T<sub>M</sub></i> a pattern is a valley in which the state stays, with some neurons wrong; below
<i>T<sub>c</sub></i> it is the lowest valley there is. Above <i>T<sub>M</sub></i> the valley is gone
and what is left is a glass that knows of no pattern, and above <i>T<sub>g</sub></i> not even that.
</p>
"""
        ),
        page.Picture(
            draw_phases(cold, warm, quick),
            f"Temperature against load. Lines: theory. Points: networks of {NEURONS:,} neurons "
            f"that began in a pattern, as above and for {int(warm.sweeps)} sweeps where "
            "it is warm; the darker, the more is left of it. Dark points are below "
            "<i>T<sub>M</sub></i>, light ones above; but for those at <i>T</i> = 0 beyond "
            "<i>α<sub>c</sub></i>, which are on the slope of a finite network.",
            "Three lines from T = 1 at load 0, and points that are dark below the middle one.",
        ),
        page.Table(
            ("load", "T", "T_M", "theory", f"overlap, N = {NEURONS}"),
            rows,
            f"What is left of a pattern after {int(warm.sweeps)} sweeps, and in theory for "
            "ever; none: above T_M, where a state needs some time to get away.",
        ),
    ]


def draw_phases(cold: xr.Dataset, warm: xr.Dataset, quick: bool) -> Figure:
    """Draw the phase diagram with the points of both runs."""
    # Dense at few patterns, where lines are steep, and near their ends.
    even = 0.15 * np.linspace(0, 1, 9 if quick else 16) ** 2
    ends = (0.0505, 0.0515, 0.1275, 0.134, 0.1375)
    loads = np.unique([*even, *ends])
    lines = (np.array([line(x) for x in loads]) for line in (theory.T_M, theory.T_c, theory.T_g))
    points = np.array([
        (load, T, run.overlap.sel(alpha=load, temperature=T).item())
        for run in (cold, warm) for load in run.alpha.values for T in run.temperature.values
        if load <= 0.15
    ])  # fmt: skip
    return plot.hopfield.phase_diagram(theory.PhaseDiagram(loads, *lines), *points.T)


if __name__ == "__main__":
    page.main(chapter)
