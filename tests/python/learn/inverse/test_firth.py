"""Firth's penalty: known values of tables, separated data, less bias."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import multispin as ms
from multispin.learn.inverse import firth, supports
from multispin.learn.inverse.observations import Moments, observed

METHODS = ("exact", "pseudolikelihood_averaged")
CELLS = np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]], dtype=np.int8)


def all_states(n: int) -> Any:
    return (2 * (np.arange(2**n)[:, None] >> np.arange(n) & 1) - 1).astype(np.int8)


@pytest.mark.parametrize(
    "counts", [[50, 20, 10, 40], [5, 0, 0, 4], [3, 0, 1, 0.5], [2, 1, 0, 0], [0, 7, 1, 1]]
)
def test_a_table_with_half_a_sample_more_in_each_cell(counts: list[float]) -> None:
    """Of saturated models of multinomial and of logistic data: Firth, section 3."""
    half = np.array(counts) + 0.5
    expected = np.log(half[0] * half[3] / (half[1] * half[2])) / 4
    # A spin that is constant is no input of the other's regression.
    constant = 0 in (counts[0] + counts[1], counts[2] + counts[3])
    for method in METHODS[:1] if constant else METHODS:
        fit = ms.InverseIsing(method, firth=True, tol=1e-10)
        fit.fit(CELLS, sample_weight=counts)
        assert fit.converged_
        assert fit.J_[0, 1] == fit.J_[1, 0] == pytest.approx(expected, abs=1e-7)
    of_cells = ms.InverseIsing("exact").fit(CELLS, sample_weight=2 * half)
    of_counts = ms.InverseIsing("exact", firth=True).fit(CELLS, sample_weight=counts)
    np.testing.assert_allclose(of_counts.h_, of_cells.h_, atol=1e-5)


@pytest.mark.parametrize("method", METHODS)
def test_one_spin_with_half_a_sample_more_of_each(method: str) -> None:
    fit = ms.InverseIsing(method, firth=True, tol=1e-10).fit([[1]] * 7)
    assert fit.h_[0] == pytest.approx(np.log(7.5 / 0.5) / 2, abs=1e-8)


@pytest.mark.parametrize("method", METHODS)
def test_separated_data_have_finite_couplings(method: str) -> None:
    """Spin 0 follows from the others; no warning of an infinite maximum either."""
    rng = np.random.default_rng(1)
    samples = rng.choice([-1, 1], size=(30, 4))
    samples[:, 0] = np.sign(samples[:, 1:].sum(axis=1))
    fit = ms.InverseIsing(method, firth=True).fit(samples)
    assert fit.converged_
    assert (fit.J_[0, 1:] > 0.3).all()
    assert np.abs(fit.J_).max() < 3.0
    assert np.isfinite(fit.standard_errors(samples).J).all()
    # A maximum: no step in any direction leads upwards.
    assert fit.optimality_ <= 1e-6
    assert (np.diff(fit.history_) <= 1e-9).all()


def numerical(of: Any, x: Any) -> Any:
    return [(of.value(x + step) - of.value(x - step)) / 2e-5 for step in 1e-5 * np.eye(len(x))]


def test_slopes_are_those_of_the_values() -> None:
    rng = np.random.default_rng(2)
    spins = rng.choice([-1, 1], size=(40, 4))
    inputs = np.concatenate([spins[:, 1:], np.ones((40, 1))], axis=1)
    logistic = firth._Logistic(inputs, spins[:, 0].astype(float), rng.random(40))
    x = rng.normal(0, 0.5, 4)
    np.testing.assert_allclose(logistic.slope(x)[0], -np.array(numerical(logistic, x)), atol=1e-6)
    mask = np.ones((4, 4), dtype=bool) ^ np.eye(4, dtype=bool)
    mask[0, 1] = mask[1, 0] = False
    support = supports.given(mask, 4)
    moments = Moments(spins.mean(axis=0), spins.T @ spins / 40, 40.0)
    family = firth._Exponential(moments, support)
    x = rng.normal(0, 0.5, support.size)
    np.testing.assert_allclose(family.slope(x)[0], -np.array(numerical(family, x)), atol=1e-6)


@pytest.mark.thorough
@pytest.mark.parametrize("method", METHODS)
def test_less_bias(method: str) -> None:
    """400 data sets of 50 samples: the mean of a coupling is known to 0.015."""
    n, states = 3, all_states(3)
    J = 0.5 * (np.eye(n, k=1) + np.eye(n, k=-1))
    p = np.exp(((states @ J) * states).sum(axis=1) / 2 + 0.3 * states.sum(axis=1))
    rng = np.random.default_rng(1)
    plain, corrected = [], []
    for _ in range(400):
        counts = rng.multinomial(50, p / p.sum())
        seen = counts > 0
        fit = ms.InverseIsing(method, firth=True).fit(states[seen], sample_weight=counts[seen])
        corrected.append(fit.J_[[0, 1], [1, 2]].mean())
        finite = ms.InverseIsing(method, l2=1e-9, max_iter=100)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ms.InfiniteMaximumWarning)
            warnings.simplefilter("ignore", ms.NotConvergedWarning)
            finite.fit(states[seen], sample_weight=counts[seen])
        plain.append(finite.J_[[0, 1], [1, 2]].mean())
    assert np.mean(corrected) == pytest.approx(0.5, abs=0.04)
    assert np.mean(plain) > 0.53


@pytest.mark.parametrize("method", METHODS)
def test_of_many_samples_it_makes_no_difference(method: str) -> None:
    states = all_states(4)
    rng = np.random.default_rng(3)
    counts = rng.multinomial(10**6, np.full(16, 1 / 16))
    plain = ms.InverseIsing(method).fit(states, sample_weight=counts)
    found = ms.InverseIsing(method, firth=True).fit(states, sample_weight=counts)
    np.testing.assert_allclose(found.J_, plain.J_, atol=1e-5)
    np.testing.assert_allclose(found.h_, plain.h_, atol=1e-5)


@pytest.mark.parametrize("method", METHODS)
def test_support_moments_and_repetitions(method: str) -> None:
    states = all_states(4)
    counts = np.random.default_rng(3).integers(1, 9, 16)
    mask = np.zeros((4, 4), dtype=bool)
    mask[[0, 1, 1, 2], [1, 0, 2, 1]] = True
    fit = ms.InverseIsing(method, firth=True, support=mask).fit(states, sample_weight=counts)
    assert ((fit.J_ != 0) == mask).all()
    rows = ms.InverseIsing(method, firth=True, support=mask).fit(np.repeat(states, counts, axis=0))
    np.testing.assert_allclose(rows.J_, fit.J_, atol=1e-6)
    # A spin without neighbours has half a sample more of each.
    up = counts[states[:, 3] > 0].sum() + 0.5
    assert fit.h_[3] == pytest.approx(np.log(up / (counts.sum() + 1 - up)) / 2, abs=1e-5)
    if method == "exact":
        moments = fit.moments_
        other = ms.InverseIsing(method, firth=True, support=mask)
        other.fit_moments(moments.mean, moments.second, moments.n_samples)
        np.testing.assert_allclose(other.J_, fit.J_, atol=1e-6)


def test_a_constant_spin() -> None:
    samples = np.random.default_rng(1).choice([-1, 1], size=(30, 3))
    samples[:, 2] = 1
    fit = ms.InverseIsing("exact", firth=True).fit(samples)
    assert np.abs(fit.J_).max() < 3.0
    with pytest.raises(ValueError, match="samples: got some in which the neighbours of spin 0 are"):
        ms.InverseIsing("pseudolikelihood_averaged", firth=True).fit(samples)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"method": "rise"},
            "firth: got True, allowed: False with method='rise'; pseudolikelihood_",
        ),
        ({"l2": 0.1}, "firth: got True with l2=0.1, allowed: one of the two"),
        ({"l1": 0.1}, "firth: got True with l1=0.1"),
        ({"pseudocount": 2}, "firth: got True with pseudocount=2"),
        ({"k_pairwise": True}, "firth: got True with k_pairwise=True"),
    ],
)
def test_one_of_the_two(given: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ms.InverseIsing(**{"method": "exact", **given}, firth=True).fit(CELLS)


def test_wrong_samples() -> None:
    with pytest.raises(TypeError, match="firth: got 1, allowed: True or False"):
        ms.InverseIsing("exact", firth=1).fit(CELLS)  # type: ignore[arg-type]
    estimator = ms.InverseIsing("exact", firth=True)
    with pytest.raises(ValueError, match="samples: got NaN, allowed: none with"):
        estimator.fit([[1.0, np.nan], [1.0, -1.0]])
    with pytest.raises(ValueError, match="samples: got 13 spins, allowed: at most 12 spins"):
        estimator.fit(np.random.default_rng(1).choice([-1, 1], size=(30, 13)))


def test_few_steps_are_said_to_be_too_few() -> None:
    samples = np.repeat(CELLS, [9, 1, 1, 3], axis=0)
    for method in METHODS:
        with pytest.warns(ms.NotConvergedWarning, match="the gradient is still"):
            ms.InverseIsing(method, firth=True, max_iter=1, tol=1e-12).fit(samples)
    assert firth.of_spin(observed(samples, None, "spin"), np.array([False, True]), 0, 1e-9, 50)
