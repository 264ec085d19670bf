"""What can be asked of couplings that were learned: likelihoods, samples, what is missing."""

from __future__ import annotations

import numpy as np
import pytest
from tests.planted_pairs import all_states, drawn, planted

import multispin as ms


def test_likelihood_partition_function_and_entropy() -> None:
    J, h = planted(9)
    samples = drawn(J, h, 1000)
    fit = ms.InverseIsing("pseudolikelihood").fit(samples)
    exact = ms.exact.enumerate(fit.model(), 1.0)
    assert fit.log_partition().value == pytest.approx(exact.log_partition, abs=1e-12)
    energy = ms.Pairwise(fit.J_, fit.h_).energy(samples)
    np.testing.assert_allclose(fit.energy(samples), energy)
    assert fit.score(samples) == pytest.approx(-energy.mean() - exact.log_partition, abs=1e-12)
    assert fit.entropy() == pytest.approx(exact.log_partition + exact.energy, abs=1e-10)


def test_likelihoods_of_what_has_been_observed() -> None:
    """Sums over what is missing, one state after the other."""
    fit = ms.InverseIsing("exact").fit(drawn(*planted(5), 1000))
    states = all_states(5)
    p = ms.exact.state_probabilities(fit.model(), 1.0)
    rng = np.random.default_rng(1)
    seen = np.where(rng.random((20, 5)) < 0.4, np.nan, drawn(*planted(5), 20))
    seen[3] = np.nan  # says nothing
    weights = rng.integers(0, 4, 20)
    like = [np.log(p[((states == row) | np.isnan(row)).all(axis=1)].sum()) for row in seen]
    found = fit.log_likelihood(seen, weights)
    assert found == pytest.approx(weights @ like / weights.sum(), abs=1e-12)
    many = ms.InverseIsing("mean_field").fit(np.random.default_rng(1).choice([-1, 1], (200, 23)))
    with pytest.raises(ValueError, match="samples: got NaN, allowed: none for the likelihood of"):
        many.log_likelihood(np.where(np.eye(23) == 1, np.nan, 1.0))


def test_samples_have_the_moments_of_what_was_learned() -> None:
    fit = ms.InverseIsing("exact").fit(drawn(*planted(8), 2000))
    samples = fit.sample(50_000, random_state=1)
    mean, second = ms.moments(samples)
    # 36 numbers, each off by more than five standard errors once in 1.7 million times.
    assert np.abs(mean - fit.moments_.mean).max() < 5 / np.sqrt(50_000)
    assert np.abs(second - fit.moments_.second).max() < 5 / np.sqrt(50_000)
    binary = ms.InverseIsing("exact", units="binary").fit(samples > 0)
    assert set(np.unique(binary.sample(100))) == {0, 1}


@pytest.mark.one_in(2)
@pytest.mark.parametrize("method", ["ais", "integration"])
def test_partition_functions_by_chains(method: str) -> None:
    J, h = planted(18, beta=1.2)
    model = ms.Pairwise(J, h)
    exact = ms.exact.enumerate(model, 1.0).log_partition
    how = {"chains": 200, "temperatures": 200}
    found = [ms.log_partition(model, method, **how, seed=seed) for seed in range(5)]
    z = [(one.value - exact) / one.error for one in found]
    assert np.abs(z).max() < 5
    assert np.std(z) > 0.1
    if method == "ais":
        assert found[0].forward is not None
        assert found[0].reverse is not None


def test_partition_function_of_huge_couplings_is_finite() -> None:
    model = ms.Pairwise(np.array([[0.0, 50.0], [50.0, 0.0]]), [3.0, -2.0])
    exact = ms.log_partition(model)
    assert exact.value == pytest.approx(50 + np.log(2 * np.cosh(1.0)), abs=1e-10)


def test_what_is_missing_is_drawn_given_what_is_there() -> None:
    J, h = planted(7, beta=1.5)
    fit = ms.InverseIsing("exact", random_state=1).fit(drawn(J, h, 2000))
    given = np.tile([1.0, np.nan, -1.0, np.nan, 1.0, -1.0, np.nan], (40_000, 1))
    found = fit.conditional(given, sweeps=60)
    held = ~np.isnan(given[0])
    assert (found[:, held] == given[:, held]).all()
    states = all_states(7)
    p = np.exp(-fit.energy(states)) * (states[:, held] == given[0, held]).all(axis=1)
    p /= p.sum()
    expected = p @ states
    # Three means, each off by more than five standard errors once in 1.7 million times.
    assert np.abs(found.mean(axis=0) - expected)[~held].max() < 5 / np.sqrt(40_000)
