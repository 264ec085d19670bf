"""Distributions of tiny systems of real couplings after so many sweeps, against exact ones.

The chain of a sweep is propagated exactly over all 2^N states, from the textbook form of its rules,
started with random spins; the engine runs replicas that are independent. Pearson's χ² on the
states, with fixed seeds. After a longer run the law is the stationary one: Boltzmann's, that of
some spins given the others, which are held, or Peretto's of parallel dynamics.

The error rate of each p-value is 1e-6; there are fewer than 1000.
"""

from __future__ import annotations

import functools
import itertools
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from multispin import _core

ALPHA = 1e-6
SMALLEST_CELL = 10  # expected counts below this are put together

Floats = NDArray[np.float64]
States = NDArray[np.int64]
Edges = list[tuple[int, int]]


class System(NamedTuple):
    """A model, and the temperatures of its replicas, taken in turn."""

    sites: int
    edges: Edges
    couplings: tuple[float, ...]
    fields: tuple[float, ...]
    temperatures: tuple[float, ...]


def complete(sites: int) -> Edges:
    return [(i, j) for i in range(sites) for j in range(i)]


def ring(sites: int) -> Edges:
    return [(i, (i + 1) % sites) for i in range(sites)]


def normal(count: int, seed: int) -> tuple[float, ...]:
    return tuple(np.random.default_rng(seed).normal(size=count).tolist())


def signs(count: int, seed: int) -> tuple[float, ...]:
    return tuple(np.random.default_rng(seed).choice([-1.0, 1.0], size=count).tolist())


SYSTEMS = {
    "one spin": System(1, [], (), (0.4,), (1.0, 0.3)),
    "Gaussian pairs": System(7, complete(7), normal(21, 1), normal(7, 2), (1.0, 2.5, 20.0)),
    "Gaussian edges": System(8, ring(8), normal(8, 3), normal(8, 4), (1.5, 3.0)),
    "several edges": System(4, [*complete(4), (0, 1), (3, 2)], normal(8, 5), normal(4, 6), (1.5,)),
    # Local fields vanish: Metropolis that flips such spins for certain is trapped, or takes turns.
    "ring of signs": System(8, ring(8), (1.0,) * 8, (0.0,) * 8, (0.9, 2.0)),
    "frustrated ring": System(7, ring(7), (-1.0,) * 7, (0.0,) * 7, (0.8,)),
    "pairs of signs": System(7, complete(7), signs(21, 7), (0.0,) * 7, (1.2, 4.0)),
    "even pairs of signs": System(6, complete(6), signs(15, 8), (0.0,) * 6, (1.0,)),
    "free spins": System(4, [], (), (0.0,) * 4, (1.0,)),
    # Fields that neighbours cancel, all or next to all of it.
    "antiferromagnet in a field": System(6, ring(6), (-1.0,) * 6, (2.0,) * 6, (1.0, 0.6)),
    "next to cancelled": System(5, complete(5), (-1.0,) * 10, (2.0005,) * 5, (1.0,)),
    "staggered": System(6, ring(6), (1.0,) * 6, (2.0, -2.0) * 3, (1.3,)),
}
REPLICAS = 8192
SWEEPS = 60  # the long run


class Chain:
    """The exact chain at one temperature. Bit i of a state is site i."""

    def __init__(self, system: System, T: float, held: int = 0) -> None:
        self.system, self.T, self.held = system, T, held
        self.states = np.arange(2**system.sites)
        self.spins = (self.states[:, None] >> np.arange(system.sites) & 1) * 2 - 1
        J = np.zeros((system.sites, system.sites))
        for (i, j), coupling in zip(system.edges, system.couplings, strict=True):
            J[i, j] += coupling
            J[j, i] += coupling
        self.fields = self.spins @ J + np.array(system.fields)
        largest = np.abs(system.fields)
        for (i, j), coupling in zip(system.edges, system.couplings, strict=True):
            largest[i] += abs(coupling)
            largest[j] += abs(coupling)
        self.lazy = largest.max() / 1024

    def start(self) -> Floats:
        return np.full(len(self.states), 1 / len(self.states))

    def sweep(self, p: Floats, dynamics: str, sites: tuple[int, ...]) -> Floats:
        """Attempt sites one after the other."""
        for site in sites:
            if self.held >> site & 1:
                continue
            s, f = self.spins[:, site], self.fields[:, site]
            if dynamics == "glauber":
                rate = 1 / (1 + np.exp(2 * s * f / self.T))
            else:
                rate = np.exp(-2 * np.maximum(s * f, 0) / self.T)
                rate = np.where(np.abs(f) <= self.lazy, rate / 2, rate)
            flips = p * rate
            p = p - flips + flips[self.states ^ (1 << site)]
        return p

    @functools.cached_property
    def _at_once(self) -> Floats:
        """Probabilities from each state (rows) to each."""
        up = 1 / (1 + np.exp(-2 * self.fields / self.T))
        matrix = np.ones((len(self.states), len(self.states)))
        for site in range(self.system.sites):
            after = self.spins[:, site] > 0
            if self.held >> site & 1:
                matrix *= after[:, None] == after[None, :]
            else:
                matrix *= np.where(after[None, :], up[:, site, None], 1 - up[:, site, None])
        return matrix

    def after(self, sweeps: int, dynamics: str, p: Floats | None = None) -> Floats:
        p = self.start() if p is None else p
        if sweeps > 1000:
            return np.asarray(p @ np.linalg.matrix_power(self._at_once, sweeps))
        for _ in range(sweeps):
            if dynamics == "parallel":
                p = p @ self._at_once
            else:
                p = self.sweep(p, dynamics, tuple(range(self.system.sites)))
        return p

    def boltzmann(self) -> Floats:
        pairs = (self.spins * (self.fields + self.system.fields)).sum(axis=1) / 2
        weights = np.exp((pairs - pairs.max()) / self.T)
        return np.asarray(weights / weights.sum())

    def peretto(self) -> Floats:
        exponent = self.spins @ np.array(self.system.fields) / self.T
        weights = np.exp(exponent) * (2 * np.cosh(self.fields / self.T)).prod(axis=1)
        return np.asarray(weights / weights.sum())


def p_value(states: States, probabilities: Floats) -> float:
    """Pearson's χ², rare cells put together; 0 if something impossible has happened."""
    counts = np.bincount(states, minlength=len(probabilities))
    if np.any(counts[probabilities < 1e-14] > 0):
        return 0.0
    expected = probabilities * len(states)
    order = np.argsort(expected)[::-1]
    last = int((expected >= SMALLEST_CELL).sum())
    if expected[order[last:]].sum() < SMALLEST_CELL:
        last -= 1
    index = np.minimum(np.arange(len(order)), last)
    observed = np.bincount(index, weights=counts[order])
    together = np.bincount(index, weights=expected[order])
    if len(together) == 1:
        return 1.0
    chi2 = ((observed - together) ** 2 / together).sum()
    return float(stats.chi2.sf(chi2, len(together) - 1))


def make(
    system: System, dynamics: str, order: str, rng: str, dense: bool, replicas: int = REPLICAS
) -> _core.RealEngine:
    """Replicas at the temperatures in turn, of streams that no other system has."""
    place = [s == system for s in SYSTEMS.values()].index(True)
    engine = _core.RealEngine(
        sites=system.sites,
        edges=np.array(system.edges, dtype=np.uint32).reshape(-1, 2),
        couplings=np.array([system.couplings]),
        fields=np.array(system.fields),
        replicas=replicas,
        dense=dense,
        dynamics=dynamics,
        order=order,
        rng=rng,
        seed=20 + dense,
        first_stream=place * REPLICAS,
        threads=2,
    )
    engine.set_temperatures(np.resize(system.temperatures, replicas))
    engine.randomize()
    return engine


def states_of(engine: _core.RealEngine) -> States:
    bits = engine.spins > 0
    return np.asarray(bits @ (1 << np.arange(bits.shape[1])), dtype=np.int64)


def check(states: States, system: System, laws: dict[float, Floats]) -> None:
    several = len(system.temperatures)
    for k, T in enumerate(system.temperatures):
        assert p_value(states[k::several], laws[T]) > ALPHA, T


@functools.cache
def chains(name: str, held: int = 0) -> dict[float, Chain]:
    system = SYSTEMS[name]
    return {T: Chain(system, T, held) for T in system.temperatures}


each_system = pytest.mark.parametrize("name", SYSTEMS)
each_storage = pytest.mark.parametrize("dense", [True, False], ids=["dense", "sparse"])


# --- after so many sweeps -------------------------------------------------------------------------


@pytest.mark.one_in(7)
@each_storage
@each_system
@pytest.mark.parametrize("dynamics", ["metropolis", "glauber", "parallel"])
def test_states_after_few_and_many_sweeps(dynamics: str, name: str, dense: bool) -> None:
    # Parallel dynamics of a bipartite system is two chains that do not know each other, which
    # alternate: after even and odd numbers of sweeps.
    system = SYSTEMS[name]
    engine = make(system, dynamics, "fixed", "aes" if dense else "philox", dense)
    laws = {T: chain.start() for T, chain in chains(name).items()}
    check(states_of(engine), system, laws)  # the start itself
    for sweeps in (1, 2, 3, SWEEPS - 1, SWEEPS):
        engine.sweep(sweeps - engine.sweeps_done)
        laws = {T: chain.after(sweeps, dynamics) for T, chain in chains(name).items()}
        check(states_of(engine), system, laws)


@each_storage
@pytest.mark.parametrize("name", ["Gaussian pairs", "even pairs of signs", "next to cancelled"])
@pytest.mark.parametrize("dynamics", ["metropolis", "glauber"])
def test_every_transition_of_a_sweep(dynamics: str, name: str, dense: bool) -> None:
    """From one state at a time, which initial spins are."""
    system = SYSTEMS[name]
    engine = make(system, dynamics, "fixed", "aes", dense)
    states = 2**system.sites
    for before in range(0, states, states // 8 + 1):
        p = (np.arange(states) == before).astype(np.float64)
        spins = (before >> np.arange(system.sites) & 1) * 2 - 1
        engine.set_spins(np.tile(spins.astype(np.int8), (REPLICAS, 1)))
        engine.sweep(1)
        laws = {T: chain.after(1, dynamics, p) for T, chain in chains(name).items()}
        check(states_of(engine), system, laws)


# All replicas have the order of a sweep in common: seeds of few replicas each average over it.
@each_storage
@pytest.mark.parametrize("dynamics", ["metropolis", "glauber"])
def test_states_after_a_sweep_in_random_order(dynamics: str, dense: bool) -> None:
    system = SYSTEMS["several edges"]
    chain = chains("several edges")[1.5]
    p = (chain.states == 2).astype(np.float64)
    orders = list(itertools.permutations(range(system.sites)))
    law = sum((chain.sweep(p, dynamics, order) for order in orders), np.zeros(len(p)))
    engine = make(system, dynamics, "random", "aes", dense, 1)
    spins = np.array([[-1, 1, -1, -1]], dtype=np.int8)
    states = []
    for sweep in range(REPLICAS):  # each has an order and numbers of its own
        engine.set_spins(spins)
        engine.sweeps_done = sweep
        engine.sweep(1)
        states.append(states_of(engine)[0])
    assert p_value(np.array(states), law / len(orders)) > ALPHA


# --- in the long run ------------------------------------------------------------------------------


# In a fixed order the exact chain says it (see below).
@pytest.mark.one_in(3)
@each_storage
@each_system
@pytest.mark.parametrize("dynamics", ["metropolis", "glauber"])
def test_boltzmann_in_random_order(dynamics: str, name: str, dense: bool) -> None:
    engine = make(SYSTEMS[name], dynamics, "random", "aes", dense)
    engine.sweep(SWEEPS)
    laws = {T: chain.boltzmann() for T, chain in chains(name).items()}
    check(states_of(engine), SYSTEMS[name], laws)


@pytest.mark.one_in(3)
@each_storage
@each_system
@pytest.mark.parametrize("dynamics", ["metropolis", "glauber"])
def test_boltzmann_of_spins_some_of_which_are_held(dynamics: str, name: str, dense: bool) -> None:
    """Every second of them, as they are at random; others follow given those."""
    system = SYSTEMS[name]
    held = sum(1 << site for site in range(0, system.sites, 2))
    engine = make(system, dynamics, "random", "philox", dense)
    before = states_of(engine)
    words = np.zeros(engine.state()[2].shape, dtype=np.uint64)
    words[::2] = np.uint64(2**64 - 1)
    engine.hold(words)
    engine.sweep(SWEEPS)
    after = states_of(engine)
    np.testing.assert_array_equal(before & held, after & held)
    laws = {}
    for T, chain in chains(name, held).items():
        joint = chain.boltzmann()
        given = np.bincount(chain.states & held, weights=joint)[chain.states & held]
        laws[T] = joint / given / 2 ** held.bit_count()
    check(after, system, laws)


# --- what these tests can see ---------------------------------------------------------------------


@pytest.mark.parametrize("dynamics", ["metropolis", "glauber"])
def test_laws_are_stationary(dynamics: str) -> None:
    for name in SYSTEMS:
        for chain in chains(name).values():
            law = chain.boltzmann()
            np.testing.assert_allclose(chain.after(1, dynamics, law), law, atol=1e-14)
            other = chain.peretto()
            np.testing.assert_allclose(chain.after(1, "parallel", other), other, atol=1e-14)


@each_system
@pytest.mark.parametrize("held", [0, 0b1010101])
@pytest.mark.parametrize("dynamics", ["metropolis", "glauber"])
def test_what_starts_at_random_comes_to_its_law(dynamics: str, held: int, name: str) -> None:
    for chain in chains(name, held).values():
        law, p = chain.boltzmann(), chain.after(SWEEPS, dynamics)
        # The χ² of a law that is off by so little grows by less than one.
        held_here = held & (2**chain.system.sites - 1)
        given = np.bincount(chain.states & held_here, weights=law)[chain.states & held_here]
        law = law / given / 2 ** held_here.bit_count()
        assert REPLICAS * ((p - law) ** 2 / law).sum() < 1.0


@each_system
def test_parallel_dynamics_comes_to_a_law_of_its_own(name: str) -> None:
    for chain in chains(name).values():
        for sweeps in (2**24, 2**24 + 1):
            np.testing.assert_allclose(chain.after(sweeps, "parallel"), chain.peretto(), atol=1e-6)
