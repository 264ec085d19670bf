"""How many replicas? What independent copies of a system cost, and what they buy.

Run as ``python examples/03_how_many_replicas.py``, or with all chapters as ``multispin demo``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

import multispin as ms
from multispin import page, plot
from multispin.analysis.replica_error import ReplicaError, replica_error

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    Blocks = list[page.Text | page.Picture | page.Table]

# Hot enough for 1000 sweeps to forget the start: what is shown is the cost of replicas, not that of
# reaching equilibrium.
GLASS, T_GLASS = ms.EdwardsAnderson((8, 8, 8), seed=3), 1.8
ISING, T_ISING = ms.Ising((16, 16)), 2.8


def chapter(quick: bool = False) -> page.Chapter:
    """Run the chapter "How many replicas?" and return it."""
    glass = sweep(GLASS, T_GLASS, quick)
    ising = sweep(ISING, T_ISING, quick)
    return page.Chapter(
        "How many replicas?",
        [*introduce(glass, ising), *tabulate(glass, ising), *warn(quick)],
        data={"replicas_glass": glass, "replicas_ising": ising},
    )


# --- what is run --------------------------------------------------------------------------------


def sweep(model: ms.EdwardsAnderson | ms.Ising, temperature: float, quick: bool) -> xr.Dataset:
    """Run ever more replicas of a model."""
    most = 8 if quick else 10
    page.announce(f"1 to {2**most} replicas of {model}")
    return ms.replica_sweep(
        model,
        temperature,
        replicas=[2**k for k in range(most + 1)],
        sweeps=800 if quick else 2000,
        thermalization=500 if quick else 1000,
        interval=20,
        seed=4,
        device="cpu",
        threads=1,  # more of them would hide when the words of one are full
    )


def run_in_step(quick: bool) -> ReplicaError:
    """Return the error of 64 copies of the glass that are all given the same random numbers.

    No one would want that of replicas, so the sampler has it for disorder samples only: here 64
    samples with the same bonds.
    """
    page.announce("64 copies with the same random numbers")
    copies = np.broadcast_to(GLASS.bonds, (64, *GLASS.bonds.shape))
    sampler = ms.Sampler(
        ms.EdwardsAnderson.from_bonds(copies, samples=64),
        T_GLASS,
        seed=4,
        device="cpu",
        shared_random_numbers=True,
    )
    sampler.sweep(1000)
    energy, _ = sampler.record(200 if quick else 1000, interval=10)
    return replica_error(energy[:, :, 0].T / GLASS.n_spins)


# --- what is shown ------------------------------------------------------------------------------


def introduce(glass: xr.Dataset, ising: xr.Dataset) -> Blocks:
    """Say what replicas are, and show cost and gain."""
    time = sweep_time(glass)
    cheap = int(glass.replicas.values[time < 2 * time[0]][-1])
    return [
        page.Text(
            f"""
<p>A <i>replica</i> is one more copy of the same system, with random numbers of its own. Copies do
not know of each other, so the mean over <i>R</i> of them has a statistical error smaller by
a factor √<i>R</i>, and every pair of them has an overlap, which is what order in a spin glass is
measured by. They have one thing in common: how long they take to reach equilibrium. Each copy has
to do that for itself, and more of them do not shorten it.</p>
<p>What do they cost? A processor works on words of 64 bits or more, and a glass keeps the same spin
of different replicas side by side in one word. One replica leaves all bits but one of a word
unused: here a sweep of {cheap} of them took less than twice the time of one. So replicas are nearly
free until the words are full; from there on time and memory grow in proportion to <i>R</i>, and
throughput stays what it is.</p>
<p>Two systems: a spin glass of 8×8×8 spins at <i>T</i> = {T_GLASS}, whose bonds are +1 or −1 at
random, and an Ising model of 16×16 spins at <i>T</i> = {T_ISING}. The small Ising lattice can also
fill words with the sites of a row, and that is what the sampler chooses for few replicas.</p>
"""
        ),
        page.Picture(
            plot.replicas.overview({"glass 8×8×8": glass, "Ising 16×16": ising}),
            "Top: attempted spin updates per nanosecond of all replicas together, on one thread, "
            "and what the engine holds in memory. Bottom left: the standard error of the energy of "
            "runs of one length, measured by how disjoint groups of <i>R</i> replicas scatter, "
            "beside the 1/√<i>R</i> of independent ones. Bottom right: distribution of the overlap "
            "of all pairs of replicas in the largest run, with a band of one standard error that "
            "may be narrower than the line.",
            "Throughput rises with the number of replicas and levels off; memory stays what it is "
            "until words are full; errors follow 1/√R; overlaps have one peak at 0.",
        ),
    ]


def sweep_time(run: xr.Dataset) -> NDArray[np.float64]:
    """Return the time of a sweep of all replicas, in microseconds."""
    return np.asarray(run.replicas * run.attrs["n_spins"] / run.flips_per_ns) / 1000


def tabulate(glass: xr.Dataset, ising: xr.Dataset) -> Blocks:
    """Show the numbers."""
    rows = [
        (
            str(R),
            f"{sweep_time(glass)[k]:.1f}",
            f"{float(glass.bytes_per_spin[k]):.2f}",
            f"{float(glass.energy_per_spin_error[k]):.6f}",
            f"{sweep_time(ising)[k]:.1f}",
            f"{float(ising.energy_per_spin_error[k]):.6f}",
            str(ising.engine.values[k]),
        )
        for k, R in enumerate(glass.replicas.values)
    ]
    slopes = " and ".join(
        f"{float(run.energy_per_spin_slope):.3f} ± {float(run.energy_per_spin_slope_error):.3f}"
        for run in (glass, ising)
    )
    return [
        page.Table(
            (
                "replicas",
                "glass: µs a sweep",
                "bytes a spin",
                "± energy",
                "Ising: µs a sweep",
                "± energy",
                "engine",
            ),
            rows,
            "A sweep is one of all replicas. ± energy: standard error of the energy per spin. "
            f"Errors go as R to the power {slopes} (glass and Ising); independent: -0.5.",
        ),
    ]


def warn(quick: bool) -> Blocks:
    """Show copies that are not independent."""
    found = run_in_step(quick)
    worth = (found.error[0] / found.error[-1]) ** 2
    return [
        page.Text(
            f"""
<h3>Copies that are not independent</h3>
<p>Random numbers take most of the time. Why not draw one for each site and give it to all copies?
Each copy would still visit its configurations with the right probabilities, and no single one could
be told from an honest run. But copies that see the same random numbers go up and down together, and
what they have in common no average removes. Here 64 copies of the same glass were run in this way:
they are worth {worth:.1f} independent ones, and 64 more would be worth hardly anything. An error
bar that took them for independent would be too small by a factor of {np.sqrt(64 / worth):.1f}. This
is why every replica here has random numbers of its own.</p>
"""
        ),
        page.Picture(
            plot.replicas.error(found),
            "The same glass, all copies given the same random numbers: the error of the mean "
            "energy stops falling.",
            "The measured error leaves the line of independent replicas and levels off.",
        ),
    ]


if __name__ == "__main__":
    page.main(chapter)
