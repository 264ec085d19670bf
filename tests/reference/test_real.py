"""The twin of real couplings samples the right distributions, from noise as it should be."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from reference import real

EDGES = [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3), (0, 1)]
REPLICAS = 3000


def laws(couplings: Any, fields: Any, T: float) -> tuple[Any, Any]:
    """Boltzmann's law over 16 states, and Peretto's of parallel dynamics; bit i is site i."""
    spins = (np.arange(16)[:, None] >> np.arange(4) & 1) * 2 - 1
    J = np.zeros((4, 4))
    for (i, j), coupling in zip(EDGES, couplings, strict=True):
        J[i, j] += coupling
        J[j, i] += coupling
    f = spins @ J + fields
    boltzmann = np.exp((spins * (f + fields)).sum(axis=1) / (2 * T))
    peretto = np.exp(spins @ fields / T) * (2 * np.cosh(f / T)).prod(axis=1)
    return boltzmann / boltzmann.sum(), peretto / peretto.sum()


#: Every three of model, dynamics and order are in `make test`, with one of the generators.
CASES = [
    pytest.param(
        model, dynamics, order, rng, marks=() if (i + j + k + m) % 2 == 0 else pytest.mark.thorough
    )
    for i, model in enumerate(("gaussian", "signs"))
    for j, dynamics in enumerate(("metropolis", "glauber", "parallel"))
    for k, order in enumerate(("fixed", "random"))
    for m, rng in enumerate(("aes", "philox"))
]


@pytest.mark.one_in(12)
@pytest.mark.parametrize(("model", "dynamics", "order", "rng"), CASES)
def test_states_of_a_tiny_system(model: str, dynamics: str, order: str, rng: str) -> None:
    """χ² of independent replicas, at 1e-6 each; with signs, fields vanish in places."""
    random = np.random.default_rng(1)
    if model == "gaussian":
        couplings, fields = random.normal(size=7), random.normal(size=4)
    else:
        couplings, fields = random.choice([-1.0, 1.0], size=7), np.zeros(4)
    T = 1.6
    twin = real.Real(
        4, EDGES, couplings, fields, np.full(REPLICAS, T), dynamics, order, rng, seed=5
    )
    twin.sweep(30)
    counts = np.bincount((twin.spins > 0) @ (1 << np.arange(4)), minlength=16)
    law = laws(couplings, fields, T)[dynamics == "parallel"]
    assert stats.chisquare(counts, law * REPLICAS).pvalue > 1e-6


def test_held_spins_stay() -> None:
    twin = real.Real(4, EDGES, np.ones(7), np.zeros(4), np.full(200, 50.0), seed=2)
    twin.held[:, 1] = True
    before = twin.spins.copy()
    twin.sweep(10)
    np.testing.assert_array_equal(twin.spins[:, 1], before[:, 1])
    assert (twin.spins != before)[:, [0, 2, 3]].mean() > 0.3


def test_logarithms() -> None:
    """Within two multiples of 2^-26 and what 24 bits leave of the number."""
    numbers = np.random.default_rng(3).integers(2**32, size=20_000, dtype=np.uint64)
    ends = np.array([0, 1, 2, 3, 2**32 - 1], dtype=np.uint64)
    numbers = np.concatenate([numbers, numbers >> np.uint64(20), ends])
    u = ((numbers >> np.uint64(1)) | np.uint64(1)).astype(np.float64) / 2.0**31
    for found, of in (
        (real.exponential(numbers), u),
        (real.logistic(numbers), u / (2 - u)),
    ):
        p = np.exp2(-found / 2.0**26)
        back = p if of is u else 2 * p / (1 + p)
        assert np.abs(back - u).max() < (1 if of is u else 2) * 2.0**-24


@pytest.mark.parametrize("temperature", [1e6, 0.7 * 2**30, 2.0**33, 1e15, 1e30])
def test_thresholds(temperature: float) -> None:
    scale = real.scale_of(temperature, 1.0)
    logarithms = np.array([0, 1, 1000, 2**26, 2**28, 2**31])[:, None]
    exact = logarithms[:, 0] * 2.0**-26 * min(temperature * math.log(2) / 2, 2.0**54)
    found = real.thresholds(logarithms, scale)[:, 0]
    below = exact < 2.0**29
    assert np.all(np.abs(found - exact)[below] <= 1 + 1e-7 * exact[below])
    assert np.all(found[~below] >= 2**29 - 1)


def test_rounding() -> None:
    edges = np.array([[0, 1], [1, 2]])
    step = real.step_of(edges, np.array([[3.0, -1.0]]), np.array([0.5, 0.0, 0.25]))
    assert step == 2.0**-27  # of 4, the largest local field: 2^29 steps
    rounded = real.rounded(edges, np.array([3.0, 2.5 * step]), np.array([0.5, 1.5 * step, 0]), step)
    assert rounded.couplings.tolist() == [3 * 2**27, 2]
    assert rounded.fields.tolist() == [2**26, 2, 0]
    assert rounded.largest == 3 * 2**27 + 2**26
    assert real.step_of(edges, np.zeros((1, 2)), np.zeros(3)) == 1.0


def test_an_order_holds_every_site_once() -> None:
    twin = real.Real(9, [], np.zeros((1, 0)), np.ones(9), [1.0], order="random")
    orders = set()
    for sweep in range(50):
        twin.sweeps_done = sweep
        order = twin._order()
        assert sorted(order) == list(range(9))
        orders.add(tuple(order))
    assert len(orders) == 50
