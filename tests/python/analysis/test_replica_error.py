"""Errors against the number of replicas, for AR(1) series whose errors are known.

Checks are at 5 standard errors (two-sided error rate 6e-7 each, fixed seeds).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from multispin.analysis.replica_error import error_of_groups, replica_error

Array = npt.NDArray[np.float64]
Z = 5.0
EXPERIMENTS = 200


def ar1(a: float, shape: tuple[int, ...], seed: int) -> Array:
    x = np.random.default_rng(seed).normal(size=shape)
    x[..., 1:] *= math.sqrt(1 - a * a)
    for t in range(1, shape[-1]):
        x[..., t] += a * x[..., t - 1]
    return x


@pytest.mark.thorough
@pytest.mark.parametrize("a", [pytest.param(0.0, marks=pytest.mark.thorough), 0.9])
def test_independent_replicas(a: float) -> None:
    draws = 8000
    found = [replica_error(x) for x in ar1(a, (EXPERIMENTS, 16, draws), seed=1)]
    assert found[0].replicas.tolist() == [1, 2, 4, 8, 16]
    # Var of a mean of n draws is 2τ/n [1 − O(τ/n)], 2τ = (1 + a)/(1 − a)
    exact = math.sqrt((1 + a) / (1 - a) / draws) / np.sqrt(found[0].replicas)
    pulls = (np.array([one.error for one in found]) - exact) / [one.uncertainty for one in found]
    # 0.15: errors that come out large state a large uncertainty, 1/√(2B) or so for B = 42 blocks
    assert np.all(np.abs(pulls.mean(axis=0)) < Z / math.sqrt(EXPERIMENTS) + 0.15)
    assert np.all(np.abs(pulls.var(axis=0) - 1) < Z * math.sqrt(2 / EXPERIMENTS) + 0.3)
    slope = np.array([one.slope for one in found])
    error = np.array([one.slope_error for one in found])
    pulls = (slope + 0.5) / error
    assert abs(pulls.mean()) < Z / math.sqrt(EXPERIMENTS) + 0.05
    assert abs(pulls.var() - 1) < Z * math.sqrt(2 / EXPERIMENTS) + 0.1
    assert error.mean() < 0.06


@pytest.mark.thorough
def test_errors_of_few_blocks_are_right_on_average() -> None:
    # 20 blocks of 5 draws: deviations from the mean of one group are 5 % too small in the square.
    error = np.array([replica_error(x).error for x in ar1(0.0, (1000, 16, 100), seed=7)])
    ratio = error * 10 * np.sqrt([1, 2, 4, 8, 16])
    spread = ratio.std(axis=0, ddof=1) / math.sqrt(1000)
    # 0.005 for the time that draws seem to take to decorrelate, which noise makes positive
    assert np.all(np.abs(ratio.mean(axis=0) - 1) < Z * spread + 0.005)


def test_error_term_by_term() -> None:
    # 20 blocks of 3 draws (and two draws in front that are left out), groups of 1, 2 and 4.
    rng = np.random.default_rng(17)
    x = np.concatenate([np.full((4, 2), 1e3), rng.normal(size=(4, 60))], axis=1)
    groups = [x[:, None], x.reshape(2, 2, -1), x[None]]
    found = error_of_groups(np.array([1, 2, 4]), [g.mean(axis=1) for g in groups], tau=0.5)
    for number, group in enumerate(groups):
        means = group.mean(axis=1)[:, 2:].reshape(len(group), 20, 3).mean(axis=2)
        # Σ_gk (Y_gk − Ȳ)² / (B (G B − 1)), and its root without the bias: jackknife over blocks.
        each = ((means - means.mean()) ** 2).sum(axis=0) / (20 * len(group) - 1)
        without = np.sqrt([np.delete(each, k).mean() for k in range(20)])
        exact = 20 * math.sqrt(each.mean()) - 19 * without.mean()
        assert found.error[number] == pytest.approx(exact, rel=1e-12)


def test_replicas_in_step_gain_nothing() -> None:
    x = np.tile(ar1(0.8, (1, 20_000), seed=2), (16, 1))
    found = replica_error(x)
    assert found.slope == pytest.approx(0.0, abs=0.01)
    np.testing.assert_allclose(found.error, found.error[0], rtol=0.02)


def test_shared_random_numbers_show() -> None:
    # A tenth of the variance is common to all replicas: error² = (0.9/R + 0.1) σ²/n.
    x = math.sqrt(0.9) * ar1(0.5, (64, 20_000), seed=3)
    x += math.sqrt(0.1) * ar1(0.5, (1, 20_000), seed=4)
    found = replica_error(x)
    exact = np.sqrt(3 / 20_000 * (0.9 / found.replicas + 0.1))
    assert np.all(np.abs(found.error - exact) < Z * found.uncertainty)
    assert found.slope > -0.5 + 10 * found.slope_error


def test_a_number_of_replicas_that_is_no_power_of_two() -> None:
    x = ar1(0.0, (13, 1000), seed=5)
    found = replica_error(x)
    assert found.replicas.tolist() == [1, 2, 4, 8]
    # replicas beyond the last whole group do not count
    assert found.error[3] == pytest.approx(replica_error(x[:8]).error[3], rel=0.02)


def test_units() -> None:
    x = ar1(0.5, (8, 1000), seed=6)
    one, other = replica_error(x), replica_error(1e4 - 3 * x)
    np.testing.assert_allclose(other.error, 3 * one.error)
    assert other.slope == pytest.approx(one.slope)
    assert math.isnan(replica_error(np.ones((4, 100))).slope)


@pytest.mark.parametrize(("series", "error"), [
    (np.zeros(100), ValueError),
    (np.zeros((1, 100)), ValueError),
    (np.zeros((2, 2, 100)), ValueError),
    (np.zeros((4, 19)), ValueError),
    (np.full((4, 100), np.inf), ValueError),
    (np.zeros((4, 100), complex), TypeError),
])  # fmt: skip
def test_wrong_arguments(series: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"got .*allowed: "):
        replica_error(series)
