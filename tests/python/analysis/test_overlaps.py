"""Overlaps against a glass small enough to enumerate.

A ±J glass on the periodic 3 × 3 lattice has 2⁹ states, and two replicas of it 2¹⁸: their exact
distribution gives the exact P(q), [⟨q²⟩], [⟨q⁴⟩] and [⟨|q(k)|²⟩]. The disorder has eight equally
likely draws of the couplings, so that averages over it are exact too, and replicas are drawn from
their exact probabilities. Checks are at 5 standard errors (two-sided error rate 6e-7 each, fixed
seeds).
"""

from __future__ import annotations

import functools
import itertools
import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pytest

from multispin.analysis import overlaps, statistics

if TYPE_CHECKING:
    from collections.abc import Callable

Array = npt.NDArray[np.float64]
Z = 5.0

L = 3
N = L * L
STATES = np.array(list(itertools.product([-1, 1], repeat=N)))  # (512, 9)
SITE = np.arange(N).reshape(L, L)
WAVE = np.exp(2j * np.pi * np.arange(L) / L)
# exp(i k·x) along each axis, (2, 9)
WAVES = np.stack([np.repeat(WAVE, L), np.tile(WAVE, L)])
GLASSES = 8
TEMPERATURE = 1.2


class Glass(NamedTuple):
    """Probabilities of the states, and the exact two-replica averages."""

    weights: Array
    p_of_q: Array
    q2: float
    q4: float
    k2: float


def make_glass(seed: int) -> Glass:
    rng = np.random.default_rng(seed)
    spins = STATES.reshape(-1, L, L)
    energy = np.zeros(len(STATES))
    for axis in (1, 2):
        bonds = rng.choice([-1, 1], size=(L, L))
        energy -= (bonds * spins * np.roll(spins, -1, axis=axis)).sum(axis=(1, 2))
    weights = np.exp(-(energy - energy.min()) / TEMPERATURE)
    weights /= weights.sum()
    # All pairs of states: s^a s^b is again one of the states, and its probability a convolution.
    bits = np.arange(len(STATES))
    product = np.zeros(len(STATES))
    for a, weight in enumerate(weights):
        # bit 1 is +1, so the product of spins is the XNOR of the numbers of the states
        product[~(bits ^ a) & (len(STATES) - 1)] += weight * weights
    q = STATES.mean(axis=1)
    k2 = (np.abs(STATES @ WAVES.T / N) ** 2).mean(axis=1)
    number = np.rint((q + 1) * N / 2).astype(int)
    p_of_q = np.bincount(number, weights=product, minlength=N + 1)
    return Glass(weights, p_of_q, product @ q**2, product @ q**4, product @ k2)


GLASS = [make_glass(seed) for seed in range(GLASSES)]
ONE = GLASS[1]  # frustrated: of the first, nearly all draws have |q| = 1
P_OF_Q = np.mean([glass.p_of_q for glass in GLASS], axis=0)
Q2, Q4, K2 = np.mean([(glass.q2, glass.q4, glass.k2) for glass in GLASS], axis=0).tolist()


def measured(spins: Array) -> tuple[Array, Array]:
    """Overlaps and |q(k)|² of all pairs: (..., pairs, draws) of (..., replicas, draws, N)."""
    a, b = np.triu_indices(spins.shape[-3], k=1)
    product = spins[..., a, :, :] * spins[..., b, :, :]
    return product.mean(axis=-1), (np.abs(product @ WAVES.T / N) ** 2).mean(axis=-1)


def draw(shape: tuple[int, ...], seed: int) -> tuple[Array, Array]:
    """Overlaps of three replicas, (samples, *shape, 3 pairs, draws) from (samples, *shape, draws).

    Every sample of every experiment has couplings of its own, one of the eight.
    """
    rng = np.random.default_rng(seed)
    *experiments, draws = shape
    which = rng.integers(GLASSES, size=experiments)
    state = np.empty((*experiments, 3, draws), dtype=int)
    for number, glass in enumerate(GLASS):
        mine = which == number
        state[mine] = rng.choice(len(STATES), size=(int(mine.sum()), 3, draws), p=glass.weights)
    return measured(STATES[state])


def correlated(experiments: int, draws: int, stay: float, seed: int) -> tuple[Array, Array]:
    """Overlaps of one glass in runs that keep their state with a given probability."""
    rng = np.random.default_rng(seed)
    state = rng.choice(len(STATES), size=(experiments, 3, draws), p=ONE.weights)
    keep = rng.random(state.shape) < stay
    for t in range(1, draws):
        state[..., t] = np.where(keep[..., t], state[..., t - 1], state[..., t])
    return measured(STATES[state])


def assert_pulls(estimate: statistics.Estimate, exact: float, allowance: float) -> None:
    """Values scatter about the exact one with the errors that they state."""
    pulls = (estimate.value - exact) / estimate.error
    n = pulls.size
    assert abs(pulls.mean()) < Z / math.sqrt(n) + allowance
    assert abs(pulls.var() - 1) < Z * math.sqrt(2 / n) + allowance


def exact_xi(q2: float, k2: float) -> float:
    return math.sqrt(q2 / k2 - 1) / (2 * math.sin(math.pi / L))


# --- the oracle itself ---------------------------------------------------------------------------


def test_the_oracle_agrees_with_correlations() -> None:
    # ⟨q²⟩ = Σ_ij ⟨s_i s_j⟩²/N², and ⟨|q(k)|²⟩ with the phase between the sites
    glass = GLASS[3]
    correlation = STATES.T @ (glass.weights[:, None] * STATES)
    assert glass.q2 == pytest.approx((correlation**2).sum() / N**2)
    phase = np.real(WAVES[:, :, None] * WAVES[:, None, :].conj()).mean(axis=0)
    assert glass.k2 == pytest.approx((correlation**2 * phase).sum() / N**2)
    np.testing.assert_allclose(glass.p_of_q, glass.p_of_q[::-1], atol=1e-15)


# --- over samples ---------------------------------------------------------------------------------

EXPERIMENTS = 400


@functools.cache
def samples() -> tuple[Array, Array]:
    """Overlaps of many experiments of a hundred samples."""
    return draw((100, EXPERIMENTS, 20), seed=1)


def test_susceptibility_over_samples() -> None:
    found = overlaps.susceptibility(samples()[0], N, samples=True)
    assert found.value.shape == found.error.shape == (EXPERIMENTS,)
    np.testing.assert_allclose(found.value, N * (samples()[0] ** 2).mean(axis=(0, 2, 3)))
    assert_pulls(found, N * Q2, allowance=0.1)
    assert np.all(found.tau == 0.5)


def test_binder_ratio_over_samples() -> None:
    assert_pulls(overlaps.binder_ratio(samples()[0], samples=True), (3 - Q4 / Q2**2) / 2, 0.1)


def test_correlation_length_over_samples() -> None:
    found = overlaps.correlation_length(*samples(), L, samples=True)
    assert_pulls(found, exact_xi(Q2, K2), allowance=0.1)


def test_the_ratio_of_averages_is_not_the_average_of_ratios() -> None:
    # [⟨q⁴⟩]/[⟨q²⟩]², not [⟨q⁴⟩/⟨q²⟩²]: the estimates can tell the two apart
    exact = (3 - Q4 / Q2**2) / 2
    other = np.mean([(3 - glass.q4 / glass.q2**2) / 2 for glass in GLASS])
    found = overlaps.binder_ratio(samples()[0], samples=True)
    assert abs(exact - other) > 10 * found.error.mean() / math.sqrt(EXPERIMENTS)


@pytest.mark.parametrize("symmetric", [False, True])
def test_distribution_over_samples(symmetric: bool) -> None:
    found = overlaps.distribution(samples()[0], N, symmetric=symmetric, samples=True)
    np.testing.assert_allclose(found.q, np.linspace(-1, 1, N + 1), atol=1e-15)
    assert found.density.shape == found.error.shape == (EXPERIMENTS, N + 1)
    np.testing.assert_allclose((found.density * found.width).sum(axis=-1), 1.0)
    # Rare values are skewed in a single experiment, so check the average of all.
    mean = found.density.mean(axis=0)
    error = found.density.std(axis=0, ddof=1) / math.sqrt(EXPERIMENTS)
    assert np.all(np.abs(mean - P_OF_Q / found.width) < Z * error)
    spread = found.density.std(axis=0, ddof=1)
    common = P_OF_Q > 0.05
    np.testing.assert_allclose(found.error.mean(axis=0)[common], spread[common], rtol=0.2)


@pytest.mark.thorough
def test_symmetrised_errors_are_smaller() -> None:
    plain, symmetric = (
        overlaps.distribution(samples()[0], N, symmetric=symmetric, samples=True)
        for symmetric in (False, True)
    )
    assert np.all(symmetric.error.mean(axis=0) < 0.98 * plain.error.mean(axis=0))
    assert np.array_equal(symmetric.density, symmetric.density[:, ::-1])


# --- one sample -----------------------------------------------------------------------------------


@pytest.mark.thorough
@pytest.mark.parametrize("stay", [pytest.param(0.0, marks=pytest.mark.thorough), 0.8])
def test_one_sample(stay: float) -> None:
    q, k2 = correlated(EXPERIMENTS, 2000, stay, seed=2)
    assert_pulls(overlaps.susceptibility(q, N), N * ONE.q2, allowance=0.1)
    assert_pulls(overlaps.binder_ratio(q), (3 - ONE.q4 / ONE.q2**2) / 2, allowance=0.1)
    assert_pulls(overlaps.correlation_length(q, k2, L), exact_xi(ONE.q2, ONE.k2), allowance=0.1)


@pytest.mark.parametrize(
    "draws", [1000, pytest.param(2500, marks=pytest.mark.thorough)]
)  # one draw a block of the histogram, and three
def test_distribution_of_one_sample(draws: int) -> None:
    q, _ = correlated(EXPERIMENTS, draws, 0.8, seed=3)
    found = overlaps.distribution(q, N)
    np.testing.assert_allclose((found.density * found.width).sum(axis=-1), 1.0)
    exact = ONE.p_of_q / found.width
    error = found.density.std(axis=0, ddof=1) / math.sqrt(EXPERIMENTS)
    assert np.all(np.abs(found.density.mean(axis=0) - exact) < Z * error)
    common = ONE.p_of_q > 0.05
    for value in np.flatnonzero(common):
        estimate = statistics.Estimate(found.density[:, value], found.error[:, value], error)
        assert_pulls(estimate, exact[value], allowance=0.2)


def test_all_pairs_and_draws_count() -> None:
    q, _ = correlated(3, 2000, 0.0, seed=4)
    found = overlaps.susceptibility(q, N)
    # blocks may drop a few draws at the start
    np.testing.assert_allclose(found.value, N * (q**2).mean(axis=(-2, -1)), rtol=2e-3)
    # three pairs of three replicas say more than one
    assert np.all(found.error < 0.9 * overlaps.susceptibility(q[:, :1], N).error)


# --- bins -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("n_spins", [1, 2, 3, 9, 16, 99, 100, 101, 512, 4097])
@pytest.mark.parametrize("bins", [3, 4, 7, 50, 101])
def test_bins_hold_whole_values(n_spins: int, bins: int) -> None:
    # Every possible value once is a flat distribution, whatever the bins are.
    q = np.linspace(-1, 1, n_spins + 1)
    found = overlaps.distribution(np.tile(q, (2, 1, 1)), n_spins, bins, samples=True)
    assert 2 <= len(found.q) <= bins
    flat = n_spins / (2 * (n_spins + 1))
    np.testing.assert_allclose(found.density, flat, rtol=1e-12)
    np.testing.assert_allclose(found.q, -found.q[::-1], atol=1e-12)
    held = found.width * n_spins / 2
    np.testing.assert_allclose(held, np.rint(held), atol=1e-9)
    if len(held) > 4:
        assert np.ptp(held[1:-1]) < 1e-9
        assert np.rint(held[1]) % 2 == 1
    # no more values a bin than it takes
    assert held.max() <= 2 * (n_spins + 1) / bins + 4


def test_values_kept_in_single_precision() -> None:
    q = np.linspace(-1, 1, 30**3 + 1)[:, None, None]
    q = np.concatenate([q, q], axis=1)
    double = overlaps.distribution(q, 30**3, samples=True)
    single = overlaps.distribution(q.astype(np.float32), 30**3, samples=True)
    np.testing.assert_array_equal(single.density, double.density)


# --- edges ----------------------------------------------------------------------------------------


def test_known_values() -> None:
    q = np.full((3, 2, 50), -0.5)
    assert overlaps.binder_ratio(q).value.tolist() == [1.0] * 3
    assert overlaps.binder_ratio(q).error.tolist() == [0.0] * 3
    assert overlaps.susceptibility(q, 8).value.tolist() == [2.0] * 3
    gauss = np.random.default_rng(4).normal(0, 0.1, size=(200, 1, 1000))
    found = overlaps.binder_ratio(gauss, samples=True)
    assert abs(found.value) < Z * found.error < 0.1


def test_no_correlation_length_where_the_ratio_is_below_one() -> None:
    q, k2 = np.full((2, 1, 50), 0.5), np.full((2, 1, 50), 0.25)
    k2[1] = 0.26
    found = overlaps.correlation_length(q, k2, 4)
    assert found.value[0] == 0.0
    assert np.isnan(found.value[1])
    assert np.isnan(overlaps.binder_ratio(np.zeros((1, 50))).value)


def test_one_axis_fewer() -> None:
    q, k2 = (values[:, 0] for values in samples())
    one = overlaps.correlation_length(q, k2, L, samples=True)
    many = overlaps.correlation_length(*samples(), L, samples=True)
    assert np.ndim(one.value) == 0
    assert float(one.value) == pytest.approx(float(many.value[0]))
    assert overlaps.distribution(q, N, samples=True).density.shape == (N + 1,)


def test_more_bins_than_there_are_values() -> None:
    q = np.array([[1.0, -1.0] * 10])
    many, enough = (overlaps.distribution(q, 4, bins=bins) for bins in (2**62, 5))
    np.testing.assert_array_equal(many.density, enough.density)
    with pytest.raises(MemoryError, match=r"^n_spins: bins of 4\d+ spins: needed .* available"):
        overlaps.distribution(q, 2**62, bins=2**62)


@pytest.mark.parametrize(("call", "error"), [
    (lambda: overlaps.binder_ratio(np.zeros(50)), ValueError),
    (lambda: overlaps.binder_ratio(np.zeros((1, 50)), samples=True), ValueError),
    (lambda: overlaps.binder_ratio(np.zeros((1, 1, 50)), samples=True), ValueError),
    (lambda: overlaps.binder_ratio(np.full((1, 50), 1.1)), ValueError),
    (lambda: overlaps.binder_ratio(np.full((1, 50), np.nan)), ValueError),
    (lambda: overlaps.binder_ratio(np.zeros((1, 50), complex)), TypeError),
    (lambda: overlaps.binder_ratio(np.zeros((1, 19))), ValueError),
    (lambda: overlaps.susceptibility(np.zeros((1, 50)), 0), ValueError),
    (lambda: overlaps.correlation_length(np.zeros((1, 50)), np.zeros((2, 50)), 4), ValueError),
    (lambda: overlaps.correlation_length(np.zeros((1, 50)), np.zeros((1, 50)), 1), ValueError),
    (lambda: overlaps.distribution(np.zeros((1, 50)), 9), ValueError),  # 0 is no ninth
    (lambda: overlaps.distribution(np.zeros((1, 50)), 8.0), TypeError),  # type: ignore[arg-type]
    (lambda: overlaps.distribution(np.zeros((1, 50)), 8, bins=2), ValueError),
    (lambda: overlaps.distribution(np.zeros((1, 19)), 8), ValueError),
    (lambda: overlaps.susceptibility(np.zeros((1, 50)), 2**63), ValueError),
])  # fmt: skip
def test_wrong_arguments(call: Callable[[], Any], error: type[Exception]) -> None:
    with pytest.raises(error, match=r"got .*allowed: "):
        call()
