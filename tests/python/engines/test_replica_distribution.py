"""Distributions of small glasses in the replica engine, against exact ones.

The Markov chain of a sweep is propagated exactly, p₀ Tᵗ over all 2^N states, from the textbook form
of the update rules, with lazy sites, and the documented order: colour after colour, where site by
site each has the lowest colour that no neighbour has yet. The engine runs 2^18 replicas, neighbours
at different temperatures, each on its own random stream. No equilibrium, no autocorrelation, no
tolerance: Pearson's χ², with fixed seeds, on all states up to 12 sites. Tables of more states than
draws say little; above 9 sites there are also the patterns of the first and of the last eight
sites, and the pairs of energy and magnetization. In equilibrium: averages within what their exact
variance allows.

The error rate of the whole file is 1e-6, shared by its fewer than 10 000 p-values (on four
instruction sets). How wrong a rate has to be to be seen is a test of its own.
"""

from __future__ import annotations

import functools
import itertools
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

import multispin as ms
from multispin import _core

ALPHA = 1e-6 / 10_000
MEAN_LIMIT = stats.norm.isf(ALPHA / 2)  # standard errors
REPLICAS = 2**18
TEMPERATURES = np.array([1.2, 2.0, 3.5, 8.0])  # replica r has number r mod 4
SMALLEST_CELL = 10  # expected counts below this are put together
MOST_LAZY = 12  # sites with as many bonds are not
MOST_SITES = 12  # of graphs whose states are counted one by one
FEW_SWEEPS = (1, 2)
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


def regular(sites: int, degree: int) -> list[tuple[int, int]]:
    """Return a random regular graph."""
    return [tuple(edge) for edge in ms.graphs.random_regular(sites, degree, seed=2).tolist()]


FEW_BONDS = {
    "square 3 x 3": torus(3, 3),
    "cube 2 x 2 x 3": torus(2, 2, 3),
    "square 4 x 4": torus(4, 4),
    "mixed degrees": mixed_degrees(),
    "cube 3 x 3 x 2": torus(3, 3, 2),
}
# Metropolis without a field only: degrees 14, 13 and 15.
MANY_BONDS = {
    "all pairs of 15": list(itertools.combinations(range(15), 2)),
    "13 bonds": regular(16, 13),
    "all pairs of 16": list(itertools.combinations(range(16), 2)),
}
GRAPHS = FEW_BONDS | MANY_BONDS
SITES = dict(zip(GRAPHS, (9, 12, 16, 16, 18, 15, 16, 16), strict=True))
# The last field is one that neighbours cancel.
RULES = [*itertools.product(("metropolis", "glauber"), (0.0, -0.5)), ("metropolis", 2 * J)]
SAMPLES = 2  # disorder samples

CASES = [
    *((graph, dynamics, h) for graph in FEW_BONDS for dynamics, h in RULES),
    *((graph, "metropolis", 0.0) for graph in MANY_BONDS),
]

each_case = pytest.mark.parametrize(("graph", "dynamics", "h"), CASES)
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

    def start(self, up: bool = True) -> Floats:
        """Probabilities (temperatures, states): all spins up, or all states alike."""
        p = np.full((len(TEMPERATURES), 2 ** SITES[self.graph]), 0.0 if up else 1.0)
        p[:, -1] = 1.0
        return p / p.sum(axis=1, keepdims=True)

    def swept(self, p: Floats, sweeps: int) -> Floats:
        """Probabilities after so many sweeps more."""
        p = p.copy()
        lazy = self._lazy()
        for site in sweeps * self.order():
            # One axis for the spin of the site, 0 for down; what is left decides on its field.
            down, up = np.moveaxis(p.reshape(len(p), -1, 2, 2**site), 2, 0)
            sums = neighbour_sums(self.graph, self.sample, site)
            fall, rise = (self._rates(s, site in lazy)[:, sums] for s in (1, -1))
            flow = down * rise - up * fall
            down -= flow
            up += flow
        return p

    def order(self) -> list[int]:
        """Sites by colour."""
        colour: list[int] = []
        for site in range(SITES[self.graph]):
            beside = [i + j - site for i, j in GRAPHS[self.graph] if site in (i, j)]
            taken = {colour[other] for other in beside if other < site}
            colour.append(next(c for c in itertools.count() if c not in taken))
        return sorted(range(len(colour)), key=colour.__getitem__)

    def _lazy(self) -> set[int]:
        """Sites that turn with probability 1/2 where they have no local field."""
        if self.dynamics == "glauber" or self.h != 0:
            return set()
        edges, sites = np.array(GRAPHS[self.graph]), SITES[self.graph]
        ends = [[int(i + j - site) for i, j in edges if site in (i, j)] for site in range(sites)]
        even = {site for site in range(sites) if len(ends[site]) % 2 == 0}
        _, part = connected_components(coo_array((np.ones(len(edges)), edges.T), (sites, sites)))
        parts = [set(np.flatnonzero(part == k).tolist()) for k in range(part.max() + 1)]
        return {
            site
            for site in even
            if len(ends[site]) <= 2
            or (len(ends[site]) < MOST_LAZY and len(set(ends[site])) < len(ends[site]))
        } | {min(sites) for sites in parts if sites <= even and len(ends[min(sites)]) < MOST_LAZY}

    def _rates(self, s: int, lazy: bool) -> Floats:
        """Probabilities that a spin s turns, (temperatures, sums): sum -1 is the last one."""
        most = 2 * SITES[self.graph]
        sums = np.append(np.arange(most + 1), np.arange(-most, 0))
        cost = 2 * s * (J * sums + self.h)  # the change in energy
        if self.dynamics == "glauber":
            rate = 1 / (1 + np.exp(cost / TEMPERATURES[:, None]))
        else:
            rate = np.exp(-np.maximum(cost, 0) / TEMPERATURES[:, None])
            rate[:, (cost == 0) & lazy] = 0.5
            free = (np.abs(cost) < 1e-3) & (self.h != 0)
            rate[:, free] = 1 / (1 + np.exp(cost[free] / TEMPERATURES[:, None]))
        return np.where(cost > 0, rate * (1 + self.rate_error), rate)


@functools.cache
def neighbour_sums(graph: str, sample: int, site: int) -> NDArray[np.int8]:
    """Sums of sign times spin over the neighbours of a site, (higher sites, lower sites)."""
    s = spins(graph).reshape(-1, 2, 2**site, SITES[graph])[:, 0]
    sums = np.zeros(s.shape[:2], dtype=np.int8)
    for (i, j), sign in zip(GRAPHS[graph], signs(graph)[sample], strict=True):
        if site in (i, j):
            sums += sign * s[..., i + j - site]
    return sums


@functools.cache
def expected_after(chain: Chain, sweeps: tuple[int, ...]) -> list[list[Floats]]:
    """Probabilities (temperatures, classes) of each view after each number of sweeps, from up."""
    p, done, result = chain.start(), 0, []
    for count in sweeps:
        p, done = chain.swept(p, count - done), count
        result.append([summed(p, view) for view in views(chain.graph, chain.sample)])
    return result


def summed(p: Floats, view: Integers) -> Floats:
    return np.stack([np.bincount(view, weights=of_one) for of_one in p])


@functools.cache
def views(graph: str, sample: int) -> list[Integers]:
    """Classes of states to count."""
    s = spins(graph)
    every = [np.arange(len(s))] if SITES[graph] <= MOST_SITES else []
    if SITES[graph] <= 9:
        return every
    first, last = s[:, :8] > 0, s[:, -8:] > 0
    bits = 1 << np.arange(8)
    pairs = np.stack([bond_sums(graph, sample), s.sum(axis=1)])
    return [
        *every, first @ bits, last @ bits, np.unique(pairs, axis=1, return_inverse=True)[1].ravel()
    ]  # fmt: skip


def bond_sums(graph: str, sample: int) -> Integers:
    """Sums of sign times both spins over the edges, for each state."""
    s = spins(graph)
    sums = np.zeros(len(s), dtype=np.int64)
    for (i, j), sign in zip(GRAPHS[graph], signs(graph)[sample], strict=True):
        sums += sign * s[:, i] * s[:, j]
    return sums


def p_value(counts: Integers, probabilities: Floats) -> float:
    """Of Pearson's χ²; 0 if something impossible has happened."""
    return float(stats.chi2.sf(*chi2(counts, probabilities)))


def chi2(counts: Integers, probabilities: Floats) -> tuple[Floats, int]:
    """Pearson's χ² along the last axis and its degrees of freedom, rare cells put together."""
    draws = counts.sum(axis=-1, keepdims=True)
    assert np.all(draws == draws.flat[0])
    expected, observed = together(probabilities * draws.flat[0], counts)
    value = ((observed - expected) ** 2 / expected).sum(axis=-1)
    impossible = np.any(counts[..., probabilities < 1e-25] > 0, axis=-1)
    return np.where(impossible, np.inf, value), len(expected) - 1


def together(expected: Floats, values: NDArray[np.generic]) -> tuple[Floats, Floats]:
    """Put the rarest cells into one, so that each has at least SMALLEST_CELL."""
    order = np.argsort(expected)[::-1]
    last = int((expected >= SMALLEST_CELL).sum())
    if expected[order[last:]].sum() < SMALLEST_CELL:
        last -= 1
    starts = np.arange(last + 1)  # of the new cells, the last of which has all the rest
    return tuple(np.add.reduceat(of[..., order], starts, axis=-1) for of in (expected, values))


def engine(
    graph: str,
    dynamics: str,
    h: float,
    rng: str,
    samples: int | Integers = SAMPLES,
    replicas: int = REPLICAS,
    copies: int = 1,
    temperatures: Floats = TEMPERATURES,
    **others: Any,
) -> _core.ReplicaEngine:
    """Make one with the first disorder samples, or those given by their numbers.

    Copies of the graph are side by side: sites i, i + N, i + 2N, … are alike.
    """
    which = np.arange(samples) if isinstance(samples, int) else samples
    shifts = np.arange(copies)[:, None, None] * SITES[graph]
    edges = (shifts + np.array(GRAPHS[graph])).reshape(-1, 2)
    made = _core.ReplicaEngine(
        sites=copies * SITES[graph],
        edges=edges.astype(np.uint32),
        signs=np.tile(signs(graph)[which], copies),
        replicas=replicas,
        **{"J": J, "h": h, "dynamics": dynamics, "rng": rng, "seed": 31, "first_stream": 0,
           "shared_random_numbers": False, "threads": 1, **others},
    )  # fmt: skip
    made.set_temperatures(temperatures[np.arange(replicas) % len(temperatures)])
    return made


def states_of(made: _core.ReplicaEngine, sites: int) -> Integers:
    """States (copies, lanes) of all lanes of the packed words, some of which have no replica."""
    up = np.unpackbits(made.packed.view(np.uint8), axis=1, bitorder="little")
    copies = up.reshape(-1, sites, up.shape[1])
    states = np.zeros((len(copies), up.shape[1]), dtype=np.int64)
    for site in range(sites):
        states |= copies[:, site].astype(np.int64) << site
    return states


# --- after a fixed number of sweeps ---------------------------------------------------------------


@pytest.mark.one_in(31)
@pytest.mark.usefixtures("isa")
@each_generator
@each_case
def test_states_after_few_sweeps(graph: str, dynamics: str, h: float, rng: str) -> None:
    samples = SAMPLES if rng == "aes" else 1  # signs lane by lane, and signs for all lanes
    run = engine(graph, dynamics, h, rng, samples)
    for number, sweeps in enumerate(FEW_SWEEPS):
        run.sweep(sweeps - run.sweeps_done)
        states = states_of(run, SITES[graph]).reshape(samples, -1, len(TEMPERATURES))
        for sample in range(samples):
            tables = expected_after(Chain(graph, sample, dynamics, h), FEW_SWEEPS)[number]
            for view, expected in zip(views(graph, sample), tables, strict=True):
                for t in range(len(TEMPERATURES)):
                    assert p_value(counts(view, states[sample, :, t]), expected[t]) > ALPHA


def counts(view: Integers, states: Integers) -> Integers:
    return np.bincount(view[states], minlength=view.max() + 1)


# --- with shared random numbers -------------------------------------------------------------------

# Disorder samples with the same bonds, one in each of two blocks of 512 streams, which draw by
# themselves; copies of the graph side by side have numbers of their own as well.
SHARED_GRAPH, SHARED_COPIES, SHARED_RUNS, SHARED_SWEEPS = "mixed degrees", 4096, 4, 2
SHARED_TEMPERATURE = {"aes": 0, "philox": 3}  # its number in TEMPERATURES


@pytest.mark.one_in(11)
@pytest.mark.usefixtures("isa")
@each_generator
@each_rule
def test_shared_random_numbers(dynamics: str, h: float, rng: str) -> None:
    graph, t = SHARED_GRAPH, SHARED_TEMPERATURE[rng]
    run = shared(graph, dynamics, h, rng, copies=SHARED_COPIES, samples=2, first_stream=511)
    run.set_temperatures(np.full(2, TEMPERATURES[t]))
    states = np.concatenate([shared_draws(run) for _ in range(SHARED_RUNS)])
    tables = expected_after(Chain(graph, 0, dynamics, h), (SHARED_SWEEPS,))[0]
    for view, expected in zip(views(graph, 0), tables, strict=True):
        assert p_value(counts(view, states), expected[t]) > ALPHA


def shared(
    graph: str, dynamics: str, h: float, rng: str, samples: int, **others: Any
) -> _core.ReplicaEngine:
    """Disorder samples of one replica each, all with the bonds of the first, at one temperature."""
    alike = np.zeros(samples, dtype=np.int64)
    others |= {"temperatures": TEMPERATURES[:1], "shared_random_numbers": True}
    return engine(graph, dynamics, h, rng, alike, samples, **others)


def shared_draws(run: _core.ReplicaEngine) -> Integers:
    """States of both samples after a start with all spins up."""
    run.fill(up=True)
    run.sweep(SHARED_SWEEPS)
    return states_of(run, SITES[SHARED_GRAPH])[:, :2].ravel()


@pytest.mark.usefixtures("isa")
@each_generator
@each_rule
def test_lanes_that_share_random_numbers_are_alike(dynamics: str, h: float, rng: str) -> None:
    """What holds for the lanes above holds for all: those of a block with the same bonds agree."""
    graph, first, samples = "square 3 x 3", 500, 1100
    run = shared(graph, dynamics, h, rng, samples, copies=20, first_stream=first)
    run.sweep(5)
    states = states_of(run, SITES[graph])[:, :samples]
    block = (first + np.arange(samples)) // 512
    heads = states[:, np.unique(block, return_index=True)[1]]
    np.testing.assert_array_equal(states, heads[:, block])
    assert len(np.unique(heads, axis=1).T) == 4  # and each block draws by itself


# --- in equilibrium -------------------------------------------------------------------------------


EQUILIBRIUM_SWEEPS = 20
EQUILIBRIUM_REPLICAS = 2**16


@pytest.mark.one_in(11)
@pytest.mark.usefixtures("isa")
@each_generator
@each_case
def test_equilibrium_stays_what_it_is(graph: str, dynamics: str, h: float, rng: str) -> None:
    """Averages after sweeps that start in exact draws: no relaxation time, however long."""
    run = engine(graph, dynamics, h, rng, samples=1, replicas=EQUILIBRIUM_REPLICAS)
    run.set_spins(exact_draws(graph, h))
    run.sweep(EQUILIBRIUM_SWEEPS)
    check_averages(run, graph, h)


@pytest.mark.one_in(7)
@pytest.mark.usefixtures("isa")
@each_generator
@each_rule
def test_equilibrium_is_reached(dynamics: str, h: float, rng: str) -> None:
    graph, sweeps = "square 3 x 3", 100
    run = engine(graph, dynamics, h, rng, samples=1, replicas=EQUILIBRIUM_REPLICAS)
    run.randomize()
    run.sweep(sweeps)
    check_averages(run, graph, h)
    chain = Chain(graph, 0, dynamics, h)
    left = chain.swept(chain.start(up=False), sweeps) - boltzmann(graph, h)
    assert np.abs(left).sum(axis=1).max() < 1e-8  # the exact chain is there by then


def check_averages(run: _core.ReplicaEngine, graph: str, h: float) -> None:
    """Of energy, magnetization and overlaps."""
    sites = SITES[graph]
    bonds, magnetizations = run.sums()
    replica = np.arange(EQUILIBRIUM_REPLICAS, dtype=np.uint32)
    near = replica[replica % 8 < 4]
    pairs = np.stack([near, near + 4], axis=1)  # of one temperature, each replica once
    overlaps = run.overlaps(pairs) / sites
    for t, known in enumerate(exact_averages(graph, h)):
        mine = slice(t, None, len(TEMPERATURES))
        energies = -J * bonds[mine] - h * magnetizations[mine]
        expect_mean(energies, known.energy, known.energy_variance)
        m, m2 = known.magnetization, known.magnetization_2
        expect_mean(magnetizations[mine] / sites, m, m2 - m**2)
        expect_mean(overlaps[mine], known.overlap, known.overlap_2 - known.overlap**2)
        expect_mean(overlaps[mine] ** 2, known.overlap_2)


class Averages(NamedTuple):
    """Exact ones at one temperature."""

    energy: float
    energy_variance: float
    magnetization: float
    magnetization_2: float
    overlap: float
    overlap_2: float


@functools.cache
def boltzmann(graph: str, h: float) -> Floats:
    """Probabilities (temperatures, states) of the first disorder sample."""
    weights = np.exp(-energies_of_states(graph, h) / TEMPERATURES[:, None])
    return weights / weights.sum(axis=1, keepdims=True)


@functools.cache
def energies_of_states(graph: str, h: float) -> Floats:
    return -J * bond_sums(graph, 0) - h * spins(graph).sum(axis=1)


@functools.cache
def exact_averages(graph: str, h: float) -> list[Averages]:
    energies, s = energies_of_states(graph, h), spins(graph).astype(np.float64)
    m = s.mean(axis=1)
    result = []
    for p in boltzmann(graph, h):
        energy = p @ energies
        # ⟨q⟩ = Σᵢ ⟨sᵢ⟩² / N and ⟨q²⟩ = Σᵢⱼ ⟨sᵢ sⱼ⟩² / N²
        q, q2 = np.mean((p @ s) ** 2), np.mean(((s.T * p) @ s) ** 2)
        result.append(Averages(energy, p @ (energies - energy) ** 2, p @ m, p @ m**2, q, q2))
    return result


def test_exact_averages_are_those_of_the_package() -> None:
    graph, h = "cube 2 x 2 x 3", -0.5
    bonds = signs(graph)[0].reshape(3, 2, 2, 3)
    model = ms.EdwardsAnderson.from_bonds(bonds, J=J, h=h)
    for T, mine in zip(TEMPERATURES, exact_averages(graph, h), strict=True):
        known = ms.exact.enumerate(model, T)
        m, m2 = known.magnetization, known.magnetization_2
        q, q2 = np.mean(known.first_moments**2), np.mean(known.second_moments**2)
        theirs = (known.energy, known.energy_variance, m, m2, q, q2)
        np.testing.assert_allclose(mine, theirs, rtol=1e-12)


@functools.cache
def exact_draws(graph: str, h: float) -> NDArray[np.int8]:
    """Independent draws from the Boltzmann distributions, (replicas, sites)."""
    random = np.random.default_rng(17)
    each = EQUILIBRIUM_REPLICAS // len(TEMPERATURES)
    states = [random.choice(len(p), each, p=p) for p in boltzmann(graph, h)]
    return spins(graph)[np.stack(states, axis=1).ravel()]


def expect_mean(values: NDArray[np.generic], mean: float, variance: float | None = None) -> None:
    """Compare with the mean; without a variance, with that of the values."""
    of_one = np.var(values.astype(np.float64)) if variance is None else variance
    deviations = (np.mean(values) - mean) / np.sqrt(of_one / len(values))
    assert abs(deviations) < MEAN_LIMIT


# --- lanes by themselves --------------------------------------------------------------------------

LANES, LANE_COPIES, LANE_SWEEPS, LANE_GRAPH = 600, 4096, 3, "square 3 x 3"
# Temperatures are mixed in another way: of the first eight words, each bit has all of them twice.
LANE_TEMPERATURES = (np.arange(LANES) + np.arange(LANES) // 64) % len(TEMPERATURES)


@functools.cache
def drawn_by_lanes(isa: str, dynamics: str, h: float, rng: str) -> Integers:
    """States (copies, lanes) of a small glass: copies side by side are draws of every lane."""
    assert _core.selected_isa() == isa
    temperatures = TEMPERATURES[LANE_TEMPERATURES]
    run = engine(LANE_GRAPH, dynamics, h, rng, 1, LANES, LANE_COPIES, temperatures, seed=32)
    run.sweep(LANE_SWEEPS)
    return states_of(run, SITES[LANE_GRAPH])[:, :LANES]


@pytest.mark.one_in(11)
@each_generator
@each_rule
def test_states_of_every_lane(isa: str, dynamics: str, h: float, rng: str) -> None:
    """One lane of all by itself, and the lanes of one of the 64 bits of a word together."""
    states = drawn_by_lanes(isa, dynamics, h, rng)
    lane = np.arange(LANES)
    counts = np.bincount((states + 512 * lane).ravel(), minlength=512 * LANES).reshape(LANES, 512)
    right = expected_after(Chain(LANE_GRAPH, 0, dynamics, h), (LANE_SWEEPS,))[0][0]
    bits, words = lane[:64], lane[:512:64]
    of_bits, freedom = np.zeros(64), 0
    for t in range(len(TEMPERATURES)):
        mine = LANE_TEMPERATURES == t
        assert stats.chi2.sf(*chi2(counts[mine], right[t])).min() > ALPHA / LANES
        both = [words[mine[words + bit]] + bit for bit in bits]  # lanes of each bit
        more, cells = chi2(counts[both].sum(axis=1), right[t])
        of_bits, freedom = of_bits + more, freedom + cells
    assert stats.chi2.sf(of_bits, freedom).min() > ALPHA / 64


@each_generator
@each_rule
def test_lanes_are_independent(isa: str, dynamics: str, h: float, rng: str) -> None:
    """Spin 0 of each copy is a draw of it, for every lane; no two lanes may be correlated."""
    drawn = spins(LANE_GRAPH)[drawn_by_lanes(isa, dynamics, h, rng), 0].T.astype(np.float32)
    right = expected_after(Chain(LANE_GRAPH, 0, dynamics, h), (LANE_SWEEPS,))[0][0]
    mean = (right @ spins(LANE_GRAPH)[:, :1]).astype(np.float32)[LANE_TEMPERATURES]
    z = (drawn - mean) / np.sqrt(1 - mean**2)
    correlations = (z @ z.T / np.sqrt(LANE_COPIES))[np.triu_indices(LANES, 1)]
    assert np.abs(correlations).max() < stats.norm.isf(ALPHA / (2 * len(correlations)))
    # All together: their squares have mean 1, and they are uncorrelated.
    assert stats.chi2.sf((correlations**2).sum(), len(correlations)) > ALPHA


# --- what these tests can see ---------------------------------------------------------------------


@each_rule
def test_a_rate_wrong_by_a_tenth_would_be_seen(dynamics: str, h: float) -> None:
    """With a probability above 0.98, at each temperature by itself."""
    draws = REPLICAS // len(TEMPERATURES) // SAMPLES
    tables = right_and_wrong("mixed degrees", dynamics, h, FEW_SWEEPS[-1], 0.1)
    for t in range(len(TEMPERATURES)):
        assert max(power(ALPHA, shift(p[t], q[t], draws)) for p, q in tables) > 0.98
    draws = 2 * SHARED_COPIES * SHARED_RUNS
    tables = right_and_wrong(SHARED_GRAPH, dynamics, h, SHARED_SWEEPS, 0.1)
    for t in SHARED_TEMPERATURE.values():
        assert max(power(ALPHA, shift(p[t], q[t], draws)) for p, q in tables) > 0.98


@each_rule
def test_rates_wrong_in_one_lane_would_be_seen(dynamics: str, h: float) -> None:
    """By a fifth in one bit of all words, or doubled in one lane: with a probability of 0.98."""
    ((right, wrong),) = right_and_wrong(LANE_GRAPH, dynamics, h, LANE_SWEEPS, 0.2)
    of_bit = [shift(p, q, 2 * LANE_COPIES) for p, q in zip(right, wrong, strict=True)]
    assert power(ALPHA / 64, np.sum(of_bit, axis=0)) > 0.98
    ((right, wrong),) = right_and_wrong(LANE_GRAPH, dynamics, h, LANE_SWEEPS, 1.0)
    for t in range(len(TEMPERATURES)):
        assert power(ALPHA / LANES, shift(right[t], wrong[t], LANE_COPIES)) > 0.98


@each_rule
@pytest.mark.parametrize("graph", ["square 3 x 3", "cube 2 x 2 x 3"])
def test_an_equilibrium_of_wrong_rates_would_be_seen(graph: str, dynamics: str, h: float) -> None:
    """Rates wrong by a tenth move the energy so far that it is seen with a probability of 0.998."""
    chain = Chain(graph, 0, dynamics, h, rate_error=0.1)
    p = chain.swept(boltzmann(graph, h), EQUILIBRIUM_SWEEPS)
    known = exact_averages(graph, h)
    variances = np.array([of_one.energy_variance for of_one in known])
    moved = p @ energies_of_states(graph, h) - [of_one.energy for of_one in known]
    errors = np.sqrt(variances * len(TEMPERATURES) / EQUILIBRIUM_REPLICAS)
    assert np.max(moved / errors) > MEAN_LIMIT + 3


def right_and_wrong(
    graph: str, dynamics: str, h: float, sweeps: int, rate_error: float
) -> list[tuple[Floats, Floats]]:
    """Tables of a right program, and of one whose rates are too large, view by view."""
    chains = (Chain(graph, 0, dynamics, h, error) for error in (0.0, rate_error))
    return list(zip(*(expected_after(chain, (sweeps,))[0] for chain in chains), strict=True))


def shift(right: Floats, wrong: Floats, draws: int) -> tuple[float, int]:
    """What wrong probabilities add to χ², and its degrees of freedom."""
    expected, more = together(draws * right, draws * (wrong - right))
    return float((more**2 / expected).sum()), len(expected) - 1


def power(alpha: float, shifted: tuple[float, int]) -> float:
    """Probability of a p-value below alpha: χ² is noncentral, nothing has to be drawn."""
    noncentrality, freedom = shifted
    return float(stats.ncx2.sf(stats.chi2.isf(alpha, freedom), freedom, noncentrality))
