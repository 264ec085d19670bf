"""Standard errors: those of tables, of sums over all states, and the spread over data sets."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import multispin as ms
from multispin.learn.inverse import enumeration, supports, uncertainty

LOSSES = tuple(uncertainty.LOSSES)
ALL = ("exact", *LOSSES)
N = 5
ABOVE = np.triu_indices(N, 1)


def all_states(n: int) -> Any:
    return (2 * (np.arange(2**n)[:, None] >> np.arange(n) & 1) - 1).astype(np.int8)


STATES = all_states(N)


def planted(n: int = N, seed: int = 1) -> tuple[Any, Any, Any]:
    """Couplings, fields, and the probabilities of all states."""
    rng = np.random.default_rng(seed)
    J = np.triu(rng.normal(0, 0.4, (n, n)), 1)
    J, h = J + J.T, rng.normal(0, 0.3, n)
    s = all_states(n)
    p = np.exp(np.einsum("mi,ij,mj->m", s, J, s) / 2 + s @ h)
    return J, h, p / p.sum()


def drawn(m: int, seed: int, n: int = N) -> Any:
    """Counts of all states."""
    return np.random.default_rng(seed).multinomial(m, planted(n)[2])


def vector(J: Any, h: Any) -> Any:
    return np.concatenate([J[np.triu_indices(len(h), 1)], h])


#: Two of them are in `make test`: how single samples move a fit is exact, of every method, below.
SPREADS = [
    pytest.param(method, l2, marks=() if kept else pytest.mark.thorough)
    for method in ALL
    for l2 in (0.0, 0.05)
    for kept in [(method, l2) in (("exact", 0.0), ("pseudolikelihood_averaged", 0.05))]
]


@pytest.mark.one_in(2)
@pytest.mark.parametrize(("method", "l2"), SPREADS)
def test_errors_are_the_spread_over_data_sets(method: str, l2: float) -> None:
    """300 data sets: a spread is known to 4 %, the largest of 15 deviates by 3 of these."""
    fits, errors = [], []
    for seed in range(300):
        counts = drawn(4000, seed)
        fit = ms.InverseIsing(method, l2=l2, tol=1e-4).fit(STATES, sample_weight=counts)
        fits.append(vector(fit.J_, fit.h_))
        if seed % 10 == 0:
            errors.append(vector(*fit.standard_errors(STATES, counts)))
    spread = np.std(fits, axis=0, ddof=1)
    np.testing.assert_allclose(np.mean(errors, axis=0), spread, rtol=0.15)
    if l2 == 0.0:
        true = vector(*planted()[:2])
        z = (np.mean(fits, axis=0) - true) / spread
        covered = np.abs(np.array(fits) - true) < 1.96 * np.mean(errors, axis=0)
        assert np.abs(z).max() < 0.5
        # 4500 intervals of which 15 at a time go together: to 1.5 %, 4 standard deviations.
        assert covered.mean() == pytest.approx(0.95, abs=0.02)


@pytest.mark.one_in(3)
@pytest.mark.parametrize("alike", [False, True])
@pytest.mark.parametrize("method", ALL)
def test_errors_are_how_far_single_samples_move_the_fit(method: str, alike: bool) -> None:
    """V = Σ_m c_m (∂θ/∂c_m)², numerically: the infinitesimal jackknife.

    Errors of methods for each spin alone are of J at the mean of J_ij and J_ji; with l2 they differ
    even for many samples, unless all spins are alike.
    """
    states, counts = all_states(3), np.array([60.0, 25, 14, 30, 21, 40, 9, 80])
    if alike:
        counts = np.array([60.0, 20, 20, 30, 20, 30, 30, 80])

    def fitted(counts: Any) -> Any:
        fit = ms.InverseIsing(method, l2=0.2, tol=1e-11, max_iter=3000)
        fit.fit(states, sample_weight=counts)
        return fit, vector(fit.J_, fit.h_)

    slopes = [
        (fitted(counts + 0.1 * one)[1] - fitted(counts - 0.1 * one)[1]) / 0.2 for one in np.eye(8)
    ]
    found = vector(*fitted(counts)[0].standard_errors(states, counts))
    joint = method == "exact" or uncertainty.LOSSES[method][1]
    expected = np.sqrt(counts @ np.array(slopes) ** 2)
    np.testing.assert_allclose(found, expected, rtol=1e-4 if joint or alike else 0.02)


def test_all_fourth_moments_by_one_transform() -> None:
    _, _, p = planted(6)
    rng = np.random.default_rng(2)
    mask = np.triu(rng.random((6, 6)) < 0.6, 1)
    support = supports.given(mask | mask.T, 6)
    states = enumeration.States(6)
    s = states.spins(np.arange(64)).astype(float)
    features = np.concatenate([s[:, support.rows] * s[:, support.columns], s], axis=1)
    centred = features - p @ features
    expected = centred.T @ (p[:, None] * centred)
    found = uncertainty.fisher_information(support, p.reshape(8, 8))
    np.testing.assert_allclose(found, expected, atol=1e-14)


@pytest.mark.parametrize("method", ALL)
def test_a_pair_of_spins_has_the_error_of_its_table(method: str) -> None:
    """All four cells have parameters of their own, so that every method says the same of J."""
    states, counts = [[1, 1], [1, -1], [-1, 1], [-1, -1]], np.array([50, 20, 10, 40])
    fit = ms.InverseIsing(method, tol=1e-10).fit(states, sample_weight=counts)
    errors = fit.standard_errors(states, counts)
    expected = np.sqrt((1 / counts).sum()) / 4
    if method in ("exact", "pseudolikelihood_averaged", "rise", "logrise"):
        np.testing.assert_allclose(errors.J, [[0, expected], [expected, 0]], rtol=1e-6)
    else:
        assert errors.J[0, 1] >= expected * (1 - 1e-6)
    if method != "mpf":
        assert errors.J[0, 1] == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize("method", ALL)
def test_one_spin(method: str) -> None:
    fit = ms.InverseIsing(method).fit([[1]] * 30 + [[-1]] * 10)
    errors = fit.standard_errors([[1]] * 30 + [[-1]] * 10)
    assert errors.J.tolist() == [[0.0]]
    assert errors.h[0] == pytest.approx(np.sqrt(1 / 30 + 1 / 10) / 2, rel=1e-5)


@pytest.mark.parametrize("method", ALL)
def test_weights_are_repetitions(method: str) -> None:
    counts = drawn(300, 1)
    fit = ms.InverseIsing(method, l2=0.01).fit(STATES, sample_weight=counts)
    rows = np.repeat(STATES, counts, axis=0)
    expected = fit.standard_errors(rows)
    for one, other in zip(fit.standard_errors(STATES, counts), expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)
    for one, other in zip(fit.standard_errors(STATES, 4 * counts), expected, strict=True):
        np.testing.assert_allclose(2 * one, other, rtol=1e-12)


@pytest.mark.parametrize("method", ALL)
def test_blocks_of_samples_change_nothing(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = drawn(300, 1)
    fit = ms.InverseIsing(method, l2=0.01).fit(STATES, sample_weight=counts)
    expected = fit.standard_errors(STATES, counts)
    monkeypatch.setattr(uncertainty, "_BLOCK", 60)
    for one, other in zip(fit.standard_errors(STATES, counts), expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)


@pytest.mark.parametrize("method", ALL)
def test_pairs_without_a_coupling_have_no_error(method: str) -> None:
    support = np.zeros((N, N), dtype=bool)
    support[[0, 1, 1, 2], [1, 0, 2, 1]] = True
    counts = drawn(3000, 2)
    fit = ms.InverseIsing(method, support=support).fit(STATES, sample_weight=counts)
    errors = fit.standard_errors(STATES, counts)
    assert ((errors.J > 0) == support).all()
    assert (errors.J == errors.J.T).all()
    whole = ms.InverseIsing(method).fit(STATES, sample_weight=counts)
    assert (errors.J <= 1.1 * whole.standard_errors(STATES, counts).J).all()


def test_moments_are_enough_for_the_likelihood() -> None:
    counts = drawn(500, 3)
    fit = ms.InverseIsing("exact").fit(STATES, sample_weight=counts)
    mean, second = fit.moments_.mean, fit.moments_.second
    of_moments = ms.InverseIsing("exact").fit_moments(mean, second, 500)
    expected = fit.standard_errors(STATES, counts)
    np.testing.assert_allclose(of_moments.standard_errors().J, expected.J, rtol=1e-6)


@pytest.mark.thorough
def test_a_pseudocount_scatters_nothing() -> None:
    fits, errors = [], []
    for seed in range(200):
        counts = drawn(300, seed)
        fit = ms.InverseIsing("exact", pseudocount=30.0, tol=1e-4)
        fit.fit(STATES, sample_weight=counts)
        fits.append(vector(fit.J_, fit.h_))
        errors.append(vector(*fit.standard_errors(STATES, counts)))
    ratio = np.mean(errors, axis=0) / np.std(fits, axis=0)
    assert ratio.mean() == pytest.approx(1.0, abs=0.1)


@pytest.mark.thorough
def test_errors_beside_a_potential_are_larger_and_are_the_spread() -> None:
    fits, errors = [], []
    for seed in range(200):
        counts = drawn(4000, seed)
        fit = ms.InverseIsing("exact", k_pairwise=True, tol=1e-4)
        fit.fit(STATES, sample_weight=counts)
        fits.append(vector(fit.J_, fit.h_))
        if seed % 10 == 0:
            errors.append(vector(*fit.standard_errors(STATES, counts)))
    spread, found = np.std(fits, axis=0, ddof=1), np.mean(errors, axis=0)
    np.testing.assert_allclose(found, spread, rtol=0.2)
    without = ms.InverseIsing("exact").fit(STATES, sample_weight=drawn(4000, 0))
    assert (found > 0.99 * vector(*without.standard_errors(STATES, drawn(4000, 0)))).all()


def test_samples_stand_for_a_model_of_many_spins(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = drawn(20_000, 4)
    fit = ms.InverseIsing("exact").fit(STATES, sample_weight=counts)
    expected = fit.standard_errors(STATES, counts)
    monkeypatch.setattr(enumeration, "MOST_SPINS", 4)
    np.testing.assert_allclose(fit.standard_errors(STATES, counts).J, expected.J, rtol=0.1)
    with pytest.raises(ValueError, match="samples: got None, allowed: samples of more than 4"):
        fit.standard_errors()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"method": "tap"}, "method: got 'tap', allowed: exact, "),
        ({"method": "mpf_excluding"}, "method: got 'mpf_excluding', allowed: exact, "),
        ({"method": "rise", "l1": 0.1}, "l1: got 0.1, allowed: 0, as "),
    ],
)
def test_what_has_no_errors(given: Any, message: str) -> None:
    counts = np.minimum(drawn(60, 5), 20)
    fit = ms.InverseIsing(**given).fit(STATES, sample_weight=counts)
    with pytest.raises(ValueError, match=message):
        fit.standard_errors(STATES, counts)


def test_wrong_samples() -> None:
    counts = drawn(500, 6)
    fit = ms.InverseIsing("mpf").fit(STATES, sample_weight=counts)
    with pytest.raises(ValueError, match="samples: got None, allowed: samples with method='mpf'"):
        fit.standard_errors()
    with pytest.raises(ValueError, match="samples: got 4 features"):
        fit.standard_errors(STATES[:, :4])
    with pytest.raises(ValueError, match="samples: got some by which parameters have no finite"):
        fit.standard_errors(np.ones((7, N)))
    with pytest.raises(ms.NotFittedError, match="standard_errors: got"):
        ms.InverseIsing().standard_errors(STATES)


def test_missing_values_are_refused() -> None:
    samples = np.repeat(STATES, drawn(500, 6), axis=0).astype(float)
    samples[::7, 1] = np.nan
    fit = ms.InverseIsing("exact").fit(samples)
    with pytest.raises(ValueError, match="samples: got a fit of some with missing values"):
        fit.standard_errors()


def test_too_many_parameters_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = drawn(500, 6)
    fit = ms.InverseIsing().fit(STATES, sample_weight=counts)
    monkeypatch.setattr(uncertainty, "MOST_PARAMETERS", 14)
    with pytest.raises(ValueError, match="support: got 15 parameters, allowed: at most 14"):
        fit.standard_errors(STATES, counts)
    averaged = ms.InverseIsing("pseudolikelihood_averaged").fit(STATES, sample_weight=counts)
    averaged.standard_errors(STATES, counts)
