"""The bootstrap: beside standard errors, on any executor, and of data that are nearly too few."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import multispin as ms
from multispin.learn.inverse import methods
from multispin.learn.inverse.bootstrap import bootstrap

N = 4
STATES = (2 * (np.arange(2**N)[:, None] >> np.arange(N) & 1) - 1).astype(np.int8)


def drawn(m: int, seed: int) -> Any:
    """Counts of all states of a model."""
    rng = np.random.default_rng(7)
    J, h = np.triu(rng.normal(0, 0.4, (N, N)), 1), rng.normal(0, 0.3, N)
    p = np.exp(np.einsum("mi,ij,mj->m", STATES, J, STATES) + STATES @ h)
    return np.random.default_rng(seed).multinomial(m, p / p.sum())


@pytest.mark.thorough
@pytest.mark.parametrize(
    "method",
    [
        "pseudolikelihood",
        pytest.param("exact", marks=pytest.mark.thorough),
        pytest.param("pseudolikelihood_averaged", marks=pytest.mark.thorough),
    ],
)
def test_its_errors_are_the_standard_errors(method: str) -> None:
    """400 replicates know an error to 3.5 %; 10 of them, to 3 of these."""
    counts = drawn(4000, 1)
    fit = ms.InverseIsing(method, tol=1e-4).fit(STATES, sample_weight=counts)
    found = bootstrap(fit, STATES, 400, counts, random_state=1)
    expected = fit.standard_errors(STATES, counts)
    errors = found.standard_errors()
    np.testing.assert_allclose(errors.J, expected.J, rtol=0.12)
    np.testing.assert_allclose(errors.h, expected.h, rtol=0.12)
    assert found.degenerate == found.not_converged == found.failed == 0
    assert (found.counts == 400 * (1 - np.eye(N))).all()


@pytest.mark.thorough
def test_intervals_hold_what_they_say() -> None:
    """Of 60 data sets with 10 parameters: 95 % to 1.5 %, and fewer for the few replicates."""
    rng = np.random.default_rng(7)
    J, h = np.triu(rng.normal(0, 0.4, (N, N)), 1), rng.normal(0, 0.3, N)
    inside = []
    for seed in range(60):
        counts = drawn(1000, seed)
        fit = ms.InverseIsing(tol=1e-4).fit(STATES, sample_weight=counts)
        low_high = bootstrap(fit, STATES, 100, counts, random_state=1).interval(0.95)
        above = np.triu_indices(N, 1)
        inside += list((low_high.J[0] <= J)[above] & (low_high.J[1] >= J)[above])
        inside += list((low_high.h[0] <= h) & (low_high.h[1] >= h))
    assert np.mean(inside) == pytest.approx(0.94, abs=0.04)


def test_executors_change_nothing() -> None:
    counts = drawn(200, 1)
    fit = ms.InverseIsing("rise").fit(STATES, sample_weight=counts)
    expected = bootstrap(fit, STATES, 9, counts, 3)
    for kind in (ThreadPoolExecutor, ProcessPoolExecutor):
        with kind(2) as executor:
            found = bootstrap(fit, STATES, 9, counts, 3, executor)
        assert (found.J == expected.J).all()
        assert (found.h == expected.h).all()


def test_order_and_repetition_of_samples_change_nothing() -> None:
    counts = drawn(200, 1)
    rows = np.repeat(STATES, counts, axis=0)
    expected = bootstrap(ms.InverseIsing(), STATES, 5, counts, 3)
    found = bootstrap(ms.InverseIsing(), np.random.default_rng(1).permutation(rows), 5, None, 3)
    assert (found.J == expected.J).all()


def test_edges_are_counted() -> None:
    """Spins 0 and 1 go together, 2 and 3 have nothing to do with anything."""
    rng = np.random.default_rng(1)
    samples = rng.choice([-1, 1], size=(400, 4))
    samples[:, 1] = np.where(rng.random(400) < 0.8, samples[:, 0], -samples[:, 0])
    found = bootstrap(ms.InverseIsing("pseudolikelihood", l1=0.2), samples, 50, random_state=1)
    assert found.edge_frequency[0, 1] == found.edge_frequency[1, 0] == 1.0
    assert found.edge_frequency[0, 2:].max() < 0.5
    assert (found.counts == (found.J != 0).sum(axis=0)).all()


@pytest.mark.one_in(3)
@pytest.mark.parametrize("method", [name for name in methods.METHODS if name != "boltzmann"])
def test_few_samples_are_counted_and_nothing_breaks(method: str) -> None:
    samples = np.array([[1, 1, -1], [1, -1, 1], [-1, 1, 1], [1, 1, 1]])
    estimator = ms.InverseIsing(method, max_iter=50)
    with np.errstate(all="raise"):
        found = bootstrap(estimator, samples, 8, random_state=1)
    assert found.degenerate == 8
    assert np.isnan(found.J).all(axis=(1, 2)).sum() == found.failed
    assert np.isfinite(found.J).all(axis=(1, 2)).sum() == 8 - found.failed
    assert f"8 degenerate, {found.not_converged} not converged, {found.failed} failed" in repr(
        found
    )
    if found.failed > 6:
        with pytest.raises(ValueError, match=r"replicates: got . with a solution"):
            found.standard_errors()


def test_some_are_degenerate() -> None:
    """A spin that is down in 3 of 100 samples is always up in e^-3 = 5 % of the replicates."""
    rng = np.random.default_rng(1)
    samples = rng.choice([-1, 1], size=(100, 2))
    samples[:, 1] = 1
    samples[[3, 14, 15], 1] = -1
    samples[[3, 14, 15], 0] = [1, -1, 1]
    found = bootstrap(ms.InverseIsing("independent"), samples, 300, random_state=1)
    lacking = np.exp(-3) + np.exp(-1) + np.exp(-2) - 2 * np.exp(-3)  # of any of the two cells
    assert found.degenerate / 300 == pytest.approx(lacking, abs=0.09)


def test_a_fitted_estimator_stays_as_it_is() -> None:
    counts = drawn(200, 1)
    fit = ms.InverseIsing().fit(STATES, sample_weight=counts)
    J = fit.J_.copy()
    bootstrap(fit, STATES, 3, counts, 1)
    assert (fit.J_ == J).all()
    other = ms.InverseIsing()
    bootstrap(other, STATES, 3, counts, 1)
    assert not hasattr(other, "J_")
    # One of other spins is no start.
    assert bootstrap(fit, STATES[:, :3], 3, counts, 1).J.shape == (3, 3, 3)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"estimator": 1}, TypeError, "estimator: got 1, allowed: an InverseIsing"),
        (
            {"replicates": 0},
            ValueError,
            "replicates: got 0, allowed: an integer >= 1 and <= 1000000",
        ),
        ({"replicates": 10**12}, ValueError, "replicates: got 1000000000000"),
        ({"samples": [[1, 2]]}, ValueError, "samples: got 2 in row 0, column 1"),
        ({"samples": [[1, 1]]}, ValueError, "samples: got 1 samples altogether"),
        ({"sample_weight": np.full(16, 1 / 16)}, ValueError, "sample_weight: got 1 samples"),
        ({"random_state": -1}, ValueError, "random_state: got -1"),
        ({"executor": 3}, TypeError, "executor: got 3, allowed: None or a"),
    ],
)
def test_wrong_arguments(given: Any, error: type[Exception], message: str) -> None:
    arguments = {"estimator": ms.InverseIsing(), "samples": STATES, **given}
    with pytest.raises(error, match=message):
        bootstrap(**arguments)


def test_more_than_fits() -> None:
    with pytest.raises(MemoryError, match="replicates: parameters of 1000000: needed"):
        bootstrap(ms.InverseIsing(), np.eye(400) * 2 - 1, 10**6)


def test_wrong_levels_and_executors() -> None:
    found = bootstrap(ms.InverseIsing("independent"), STATES, 3, random_state=1)
    for level in (0.0, 1.0):
        with pytest.raises(ValueError, match=f"level: got {level}"):
            found.interval(level)
    executor = ThreadPoolExecutor(1)
    executor.shutdown()
    with pytest.raises(ms.ExecutorError, match="executor: got one that takes no work"):
        bootstrap(ms.InverseIsing(), STATES, 3, executor=executor)
