"""Distributions of small glasses in the replica engine, against exact ones.

The Markov chain of a sweep is propagated exactly, p₀ Tᵗ over all 2^N states, from the textbook form
of the update rules and the documented order: colour after colour, where site by site each has the
lowest colour that no neighbour has yet. The engine runs 2^18 replicas, neighbours at different
temperatures, each on its own random stream. No equilibrium, no autocorrelation, no tolerance:
Pearson's χ² on states, on patterns of eight sites and on pairs of energy and magnetization, with
fixed seeds. In equilibrium: averages within what their exact variance allows.

The error rate of the whole file is 1e-6, shared by its fewer than 10 000 p-values (on four
instruction sets). How wrong a rate has to be to be seen is a test of its own.
"""

from __future__ import annotations

import functools
import itertools
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

import multispin as ms
from multispin import _core

ALPHA = 1e-6 / 10_000
REPLICAS = 2**18
TEMPERATURES = np.array([1.2, 2.0, 3.5, 8.0])  # replica r has number r mod 4
SMALLEST_CELL = 10  # expected counts below this are put together
J = 0.9

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def torus(*shape: int) -> list[tuple[int, int]]:
    """Edges of the periodic lattice, in the order of EdwardsAnderson's."""
    sites = np.arange(int(np.prod(shape))).reshape(shape)
    ends = [(sites, np.roll(sites, -1, axis)) for axis in range(len(shape))]
    return [(int(i), int(j)) for a, b in ends for i, j in zip(a.ravel(), b.ravel(), strict=True)]


def mixed_degrees() -> list[tuple[int, int]]:
    """A random graph of 16 sites: site 0 has twelve neighbours, site 15 none."""
    random = np.random.default_rng(5)
    hub = [(0, int(site)) for site in 1 + random.permutation(14)[:12]]
    others = [(i, j) for i, j in itertools.combinations(range(1, 15), 2) if random.random() < 0.3]
    return hub + others


GRAPHS = {
    "square 3 x 3": torus(3, 3),
    "cube 2 x 2 x 3": torus(2, 2, 3),
    "square 4 x 4": torus(4, 4),
    "mixed degrees": mixed_degrees(),
    "cube 3 x 3 x 2": torus(3, 3, 2),
}
SITES = dict(zip(GRAPHS, (9, 12, 16, 16, 18), strict=True))
RULES = list(itertools.product(("metropolis", "glauber"), (0.0, -0.5)))
SAMPLES = 2  # disorder samples

each_rule = pytest.mark.parametrize(("dynamics", "h"), RULES)
each_generator = pytest.mark.parametrize("rng", ["aes", "philox"])


@functools.cache
def signs(graph: str) -> NDArray[np.int8]:
    """±1, (SAMPLES, edges)."""
    choices = np.array([-1, 1], dtype=np.int8)
    return np.random.default_rng(11).choice(choices, (SAMPLES, len(GRAPHS[graph])))


@functools.cache
def spins(graph: str) -> NDArray[np.int8]:
    """±1, (states, sites): bit i of a state is the spin of site i."""
    states = np.arange(2 ** SITES[graph])
    return (states[:, None] >> np.arange(SITES[graph]) & 1).astype(np.int8) * 2 - 1


class Chain(NamedTuple):
    """The exact chain of one disorder sample, at all temperatures side by side."""

    graph: str
    sample: int
    dynamics: str
    h: float
    rate_error: float = 0.0

    def from_up(self, sweeps: int) -> Floats:
        """Probabilities (temperatures, states) after so many sweeps, started with all spins up."""
        p = np.zeros((len(TEMPERATURES), 2 ** SITES[self.graph]))
        p[:, -1] = 1.0
        for _ in range(sweeps):
            for site in self.order():
                p = self._updated(p, site)
        return p

    def order(self) -> list[int]:
        """Sites by colour."""
        colour: list[int] = []
        for site in range(SITES[self.graph]):
            beside = [i + j - site for i, j in GRAPHS[self.graph] if site in (i, j)]
            taken = {colour[other] for other in beside if other < site}
            colour.append(next(c for c in itertools.count() if c not in taken))
        return sorted(range(len(colour)), key=colour.__getitem__)

    def _updated(self, p: Floats, site: int) -> Floats:
        s = spins(self.graph)
        field = np.full(len(s), self.h)
        for (i, j), sign in zip(GRAPHS[self.graph], signs(self.graph)[self.sample], strict=True):
            if site in (i, j):
                field += J * float(sign) * s[:, i + j - site]
        cost = 2 * s[:, site] * field  # the change in energy
        if self.dynamics == "glauber":
            rate = 1 / (1 + np.exp(cost / TEMPERATURES[:, None]))
        else:
            rate = np.exp(-np.maximum(cost, 0) / TEMPERATURES[:, None])
        flips = p * np.where(cost > 0, rate * (1 + self.rate_error), rate)
        return p - flips + flips[:, np.arange(len(s)) ^ 1 << site]


@functools.cache
def exact(chain: Chain, sweeps: int) -> Floats:
    return chain.from_up(sweeps)


@functools.cache
def views(graph: str, sample: int) -> list[Integers]:
    """Classes of states to count."""
    s = spins(graph)
    if SITES[graph] <= 9:
        return [np.arange(len(s))]
    first, last = s[:, :8] > 0, s[:, -8:] > 0
    bits = 1 << np.arange(8)
    edges = np.array(GRAPHS[graph])
    bonds = (s[:, edges[:, 0]] * s[:, edges[:, 1]]) @ signs(graph)[sample].astype(np.int64)
    pairs = np.stack([bonds, s.sum(axis=1)])
    return [first @ bits, last @ bits, np.unique(pairs, axis=1, return_inverse=True)[1].ravel()]


def p_value(counts: Integers, probabilities: Floats) -> float:
    """Pearson's χ², rare cells put together; 0 if something impossible has happened."""
    if np.any(counts[probabilities < 1e-15] > 0):
        return 0.0
    observed, expected = together(counts, probabilities * counts.sum())
    chi2 = ((observed - expected) ** 2 / expected).sum()
    return float(stats.chi2.sf(chi2, len(expected) - 1))


def together(values: NDArray[np.generic], expected: Floats) -> tuple[Floats, Floats]:
    """Put the rarest cells into one, so that each has at least SMALLEST_CELL."""
    order = np.argsort(expected)[::-1]
    last = int((expected >= SMALLEST_CELL).sum())
    if expected[order[last:]].sum() < SMALLEST_CELL:
        last -= 1
    index = np.minimum(np.arange(len(order)), last)
    return (
        np.bincount(index, weights=values[order].astype(np.float64)),
        np.bincount(index, weights=expected[order]),
    )


def engine(
    graph: str,
    dynamics: str,
    h: float,
    rng: str,
    samples: int = SAMPLES,
    replicas: int = REPLICAS,
    first_stream: int = 0,
    shared: bool = False,
) -> _core.ReplicaEngine:
    made = _core.ReplicaEngine(
        sites=SITES[graph],
        edges=np.array(GRAPHS[graph], dtype=np.uint32),
        signs=signs(graph)[:samples],
        replicas=replicas,
        J=J,
        h=h,
        dynamics=dynamics,
        rng=rng,
        seed=31,
        first_stream=first_stream,
        shared_random_numbers=shared,
        threads=1,
    )
    made.set_temperatures(np.resize(TEMPERATURES, replicas))
    return made


def states_of(made: _core.ReplicaEngine) -> Integers:
    """Of all lanes of the packed words; those beyond the last replica are zero."""
    up = np.unpackbits(made.packed.view(np.uint8), axis=1, bitorder="little")
    return np.asarray((1 << np.arange(len(up))) @ up, dtype=np.int64)


# --- after a fixed number of sweeps ---------------------------------------------------------------


@pytest.mark.usefixtures("isa")
@each_generator
@each_rule
@pytest.mark.parametrize("graph", [name for name in GRAPHS if name != "square 4 x 4"])
def test_states_after_few_sweeps(graph: str, dynamics: str, h: float, rng: str) -> None:
    samples = SAMPLES if rng == "aes" else 1  # signs lane by lane, and signs for all lanes
    run = engine(graph, dynamics, h, rng, samples)
    for sweeps in (1, 3):
        run.sweep(sweeps - run.sweeps_done)
        states = states_of(run).reshape(samples, -1, len(TEMPERATURES))
        for sample in range(samples):
            probabilities = exact(Chain(graph, sample, dynamics, h), sweeps)
            for view in views(graph, sample):
                for t in range(len(TEMPERATURES)):
                    expected = np.bincount(view, weights=probabilities[t])
                    counts = np.bincount(view[states[sample, :, t]], minlength=len(expected))
                    assert p_value(counts, expected) > ALPHA, (sweeps, sample, t)


@pytest.mark.usefixtures("isa")
@each_generator
@each_rule
def test_shared_random_numbers(dynamics: str, h: float, rng: str) -> None:
    # One replica of each block of 512 streams, which draw by themselves, at one temperature.
    graph, sweeps = "square 3 x 3", 2
    states = []
    for block in range(4096):
        stream = 512 * block + block % 512
        run = engine(graph, dynamics, h, rng, 1, 1, first_stream=stream, shared=True)
        run.sweep(sweeps)
        states.append(int(states_of(run)[0]))
    expected = exact(Chain(graph, 0, dynamics, h), sweeps)[0]
    assert p_value(np.bincount(states, minlength=len(expected)), expected) > ALPHA


# --- in equilibrium -------------------------------------------------------------------------------


@pytest.mark.usefixtures("isa")
@each_generator
@each_rule
@pytest.mark.parametrize("graph", ["square 4 x 4", "cube 2 x 2 x 3"])
def test_averages_in_equilibrium(graph: str, dynamics: str, h: float, rng: str) -> None:
    sites = SITES[graph]
    replicas = 2**16
    run = engine(graph, dynamics, h, rng, samples=1, replicas=replicas)
    run.randomize()
    run.sweep(300)
    bond_sums, spin_sums = run.sums()
    replica = np.arange(replicas, dtype=np.uint32)
    near = replica[replica % 8 < 4]
    pairs = np.stack([near, near + 4], axis=1)  # of one temperature, each replica once
    overlaps = run.overlaps(pairs) / sites
    for t, known in enumerate(exact_averages(graph, h)):
        mine = slice(t, None, len(TEMPERATURES))
        energies = -J * bond_sums[mine] - h * spin_sums[mine]
        expect_mean(energies, known.energy, known.energy_variance)
        m, m2 = known.magnetization, known.magnetization_2
        expect_mean(spin_sums[mine] / sites, m, m2 - m**2)
        q = np.mean(known.first_moments**2)
        q2 = np.mean(known.second_moments**2)
        expect_mean(overlaps[mine], q, q2 - q**2)
        expect_mean(overlaps[mine] ** 2, q2)


@functools.cache
def exact_averages(graph: str, h: float) -> list[ms.exact.Enumeration]:
    shape = tuple(int(side) for side in graph.split(" ", 1)[1].split(" x "))
    bonds = signs(graph)[0].reshape(len(shape), *shape)
    model = ms.EdwardsAnderson.from_bonds(bonds, J=J, h=h)
    return [ms.exact.enumerate(model, T) for T in TEMPERATURES]


def expect_mean(values: NDArray[np.generic], mean: float, variance: float | None = None) -> None:
    """Compare with the mean; without a variance, with that of the values."""
    of_one = np.var(values.astype(np.float64)) if variance is None else variance
    deviations = (np.mean(values) - mean) / np.sqrt(of_one / len(values))
    assert abs(deviations) < stats.norm.isf(ALPHA / 2)


# --- lanes by themselves --------------------------------------------------------------------------


@pytest.mark.usefixtures("isa")
@each_generator
@each_rule
def test_lanes_are_independent(dynamics: str, h: float, rng: str) -> None:
    # Copies of a small glass side by side: spin 0 of each is one draw of it, for every lane.
    graph, copies, lanes, sweeps = "square 3 x 3", 4096, 600, 3
    sites = SITES[graph]
    first_sites = np.arange(copies)[:, None, None] * sites
    edges = (first_sites + np.array(GRAPHS[graph])).reshape(-1, 2)
    run = _core.ReplicaEngine(
        sites=copies * sites,
        edges=edges.astype(np.uint32),
        signs=np.tile(signs(graph)[0], copies)[None],
        replicas=lanes,
        J=J,
        h=h,
        dynamics=dynamics,
        rng=rng,
        seed=32,
        first_stream=0,
        shared_random_numbers=False,
        threads=1,
    )
    run.set_temperatures(np.resize(TEMPERATURES, lanes))
    run.sweep(sweeps)
    drawn = run.spins[:, ::sites].astype(np.float64)
    means = exact(Chain(graph, 0, dynamics, h), sweeps) @ spins(graph)[:, 0]
    mean = np.resize(means, lanes)[:, None]
    z = (drawn - mean) / np.sqrt(1 - mean**2)
    correlations = (z @ z.T / np.sqrt(copies))[np.triu_indices(lanes, 1)]
    assert np.abs(correlations).max() < stats.norm.isf(ALPHA / (2 * len(correlations)))
    # All together: their squares have mean 1, and they are uncorrelated.
    assert stats.chi2.sf((correlations**2).sum(), len(correlations)) > ALPHA


# --- what these tests can see ---------------------------------------------------------------------


@each_rule
def test_an_acceptance_wrong_by_a_tenth_would_be_seen(dynamics: str, h: float) -> None:
    # The χ² of a wrong rate is noncentral; its power at ALPHA, without drawing anything, for the
    # lanes of each temperature by themselves.
    graph = "mixed degrees"
    right = exact(Chain(graph, 0, dynamics, h), 3)
    wrong = exact(Chain(graph, 0, dynamics, h, rate_error=0.1), 3)
    lanes = REPLICAS // len(TEMPERATURES) // SAMPLES
    for t in range(len(TEMPERATURES)):
        power = []
        for view in views(graph, 0):
            p, q = (lanes * np.bincount(view, weights=of[t]) for of in (right, wrong))
            shift, expected = together(q - p, p)
            freedom = len(expected) - 1
            limit = stats.chi2.isf(ALPHA, freedom)
            power.append(stats.ncx2.sf(limit, freedom, (shift**2 / expected).sum()))
        assert max(power) > 0.98, t
