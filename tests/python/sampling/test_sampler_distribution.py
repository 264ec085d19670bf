"""Distributions of tiny lattices after a fixed number of sweeps, against exact ones.

The Markov chain of a checkerboard sweep is propagated exactly, p₀ Tᵗ over all 2^N states, from the
textbook form of the update rules; the engine runs 10⁵ replicas, each on its own random stream. No
equilibrium, no autocorrelation, no tolerance: Pearson's χ² on the states, or on pairs of states
before and after, with fixed seeds. In a lattice with a side of 2 the same spin is a neighbour on
both sides: double bonds.

The error rate of the whole file is 1e-6, shared by its fewer than 400 p-values. How wrong a rate
has to be to be seen is a test of its own.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

import multispin as ms

ALPHA = 1e-6 / 400
REPLICAS = {4: 2**16, 8: 2**16, 16: 2**17}  # by number of sites
SMALLEST_CELL = 10  # expected counts below this are put together

Floats = NDArray[np.float64]
States = NDArray[np.int64]


class Case(NamedTuple):
    """What decides the chain."""

    shape: tuple[int, int]
    dynamics: str
    J: float
    h: float
    temperature: float


class Chain:
    """The exact chain. Bit r * columns + c of a state is the spin at (r, c)."""

    def __init__(self, case: Case, rate_error: float = 0.0) -> None:
        self.case, self.rate_error = case, rate_error
        self.sites = case.shape[0] * case.shape[1]
        self.states = np.arange(2**self.sites)

    def matrix(self, sweeps: int) -> Floats:
        """T^sweeps: row = state before, column = state after."""
        return np.array([self.propagate(row, sweeps) for row in np.eye(len(self.states))])

    def from_up(self, sweeps: int) -> Floats:
        """Probabilities of the states, started with all spins up."""
        return self.propagate((self.states == self.states[-1]).astype(np.float64), sweeps)

    def propagate(self, p: Floats, sweeps: int) -> Floats:
        rows, columns = self.case.shape
        for _ in range(sweeps):
            for colour in (0, 1):
                for r, c in np.ndindex(rows, columns):
                    if (r + c) % 2 == colour:  # one colour has no bonds: one by one is at once
                        p = self._updated(p, r, c)
        return p

    def _updated(self, p: Floats, r: int, c: int) -> Floats:
        bit = 1 << (r * self.case.shape[1] + c)
        up = self.states & bit > 0
        flips = p * self._flip(r, c, np.where(up, 1, -1))
        return p - flips + flips[self.states ^ bit]

    def _flip(self, r: int, c: int, spin: States) -> Floats:
        neighbours = sum(self._spin(r + d, c) + self._spin(r, c + d) for d in (-1, 1))
        cost = 2 * spin * (self.case.J * neighbours + self.case.h)  # the change in energy
        if self.case.dynamics == "glauber":
            rate = 1 / (1 + np.exp(cost / self.case.temperature))
        else:
            rate = np.exp(-np.maximum(cost, 0) / self.case.temperature)
            largest = 2 * (4 * abs(self.case.J) + abs(self.case.h))
            free = (np.abs(cost) <= largest / 1024) & (self.case.h != 0)
            rate = np.where(free, 1 / (1 + np.exp(cost / self.case.temperature)), rate)
        return np.where(cost > 0, rate * (1 + self.rate_error), rate)

    def _spin(self, r: int, c: int) -> States:
        rows, columns = self.case.shape
        return (self.states >> (r % rows * columns + c % columns) & 1) * 2 - 1


def p_value(states: States, probabilities: Floats) -> float:
    """Pearson's χ², rare cells put together; 0 if something impossible has happened."""
    counts = np.bincount(states, minlength=len(probabilities))
    if np.any(counts[probabilities < 1e-14] > 0):
        return 0.0
    observed, expected = together(counts, probabilities * len(states))
    if len(expected) == 1:
        return 1.0
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


def sampler(case: Case, rng: str, init: str) -> ms.Sampler:
    return ms.Sampler(
        ms.Ising(case.shape, case.J, case.h),
        temperature=case.temperature,
        dynamics=case.dynamics,
        rng=rng,
        replicas=REPLICAS[case.shape[0] * case.shape[1]],
        init=init,
        seed=20,
        engine="lattice",
        first_stream=2**17 * (4 * CASES.index(case[1:]) + SHAPES.index(case.shape)),
    )


def state_of(spins: NDArray[np.int8]) -> States:
    bits = spins.reshape(len(spins), -1) > 0
    return np.asarray(bits @ (1 << np.arange(bits.shape[1])), dtype=np.int64)


SHAPES = [(2, 2), (2, 4), (4, 2), (4, 4)]
# The last fields are one that neighbours cancel, and one next to it.
COUPLINGS = (
    (1.0, 0.0, 2.4),
    (1.0, 0.6, 3.0),
    (-1.0, 0.0, 2.0),
    (-0.7, -0.5, 2.5),
    (-1.0, 4.0, 2.0),
    (1.0, 2.001, 2.5),
)
CASES = [
    (dynamics, *couplings) for dynamics in ("metropolis", "glauber") for couplings in COUPLINGS
]
each_case = pytest.mark.parametrize(("dynamics", "J", "h", "T"), CASES)
each_generator = pytest.mark.parametrize("rng", ["aes", "philox"])


# --- the distributions ----------------------------------------------------------------------------


@pytest.mark.one_in(5)
@each_generator
@each_case
def test_every_transition_of_two_by_two(
    dynamics: str, J: float, h: float, T: float, rng: str
) -> None:
    case = Case((2, 2), dynamics, J, h, T)
    run = sampler(case, rng, "random")
    before = state_of(run.spins())
    assert p_value(before, np.full(16, 1 / 16)) > ALPHA  # the start itself
    for sweeps in (1, 2):
        run.sweep()
        pair = before * 16 + state_of(run.spins())
        assert p_value(pair, Chain(case).matrix(sweeps).ravel() / 16) > ALPHA


@pytest.mark.one_in(5)
@each_generator
@each_case
def test_all_states_of_eight_spins(dynamics: str, J: float, h: float, T: float, rng: str) -> None:
    shape = (2, 4) if (rng == "aes") == (J > 0) else (4, 2)
    case = Case(shape, dynamics, J, h, T)
    run = sampler(case, rng, "up")
    for sweeps in (1, 3):
        run.sweep(sweeps - run.sweeps_done)
        assert p_value(state_of(run.spins()), Chain(case).from_up(sweeps)) > ALPHA


# Eight of the sixteen sites of a 4 x 4 lattice at a time.
CUTS = {
    "rows": [0, 1, 2, 3, 4, 5, 6, 7],
    "columns": [0, 3, 4, 7, 8, 11, 12, 15],
    "colour": [0, 2, 5, 7, 8, 10, 13, 15],
}


@functools.cache
def views() -> list[States]:
    """Classes of states to count: patterns of eight sites; pairs of energy and magnetization."""
    states = np.arange(2**16)
    patterns = [
        np.asarray(sum((states >> site & 1) << i for i, site in enumerate(sites)))
        for sites in CUTS.values()
    ]
    spins = (states[:, None] >> np.arange(16) & 1).astype(np.int8) * 2 - 1
    energy = ms.Ising((4, 4)).energy(spins.reshape(-1, 4, 4))
    pairs = np.stack([energy, spins.sum(axis=1)])
    return [*patterns, np.unique(pairs, axis=1, return_inverse=True)[1].ravel()]


@pytest.mark.thorough
@each_generator
@each_case
def test_patterns_of_four_by_four(dynamics: str, J: float, h: float, T: float, rng: str) -> None:
    case = Case((4, 4), dynamics, J, h, T)
    run, chain = sampler(case, rng, "up"), Chain(case)
    for sweeps in (1, 4):
        run.sweep(sweeps - run.sweeps_done)
        states, exact = state_of(run.spins()), chain.from_up(sweeps)
        for view in views():
            assert p_value(view[states], np.bincount(view, weights=exact)) > ALPHA


# --- what these tests can see ---------------------------------------------------------------------


# Where neighbours cancel the field, little is left that a rate could be wrong in.
@pytest.mark.one_in(5)
@pytest.mark.parametrize(("dynamics", "J", "h", "T"), [c for c in CASES if abs(c[2]) < 2])
def test_an_acceptance_wrong_by_four_percent_would_be_seen(
    dynamics: str, J: float, h: float, T: float
) -> None:
    # The χ² of a wrong rate is noncentral; its power at ALPHA, without drawing anything.
    case = Case((4, 4), dynamics, J, h, T)
    right, wrong = (Chain(case, rate_error).from_up(4) for rate_error in (0.0, 0.04))
    power = []
    for view in views():
        p, q = (REPLICAS[16] * np.bincount(view, weights=exact) for exact in (right, wrong))
        shift, expected = together(q - p, p)
        freedom = len(expected) - 1
        limit = stats.chi2.isf(ALPHA, freedom)
        power.append(stats.ncx2.sf(limit, freedom, (shift**2 / expected).sum()))
    assert max(power) > 0.999
