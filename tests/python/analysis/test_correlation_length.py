"""The second-moment correlation length of structure factors."""

from __future__ import annotations

import numpy as np
import pytest

import multispin as ms
from multispin.analysis import statistics

RNG = np.random.default_rng(1)


def test_it_is_the_formula() -> None:
    zero, k = np.full(50, 20.0), np.full(50, 4.0)
    found = statistics.correlation_length(zero, k, 6)  # sqrt(5 - 1) / (2 sin(pi / 6))
    assert found.value == pytest.approx(2.0)
    assert found.error == pytest.approx(0.0, abs=1e-12)


def test_means_come_before_the_ratio() -> None:
    zero, k = RNG.uniform(5.0, 30.0, (3, 400)), RNG.uniform(0.1, 4.0, (3, 400))
    found = statistics.correlation_length(zero, k, 12, replicas=True)
    expected = np.sqrt(zero.mean() / k.mean() - 1) / (2 * np.sin(np.pi / 12))
    assert found.value == pytest.approx(expected, abs=5 * found.error)
    assert abs(found.value - expected) < 0.2 * found.error  # but for the bias
    of_ratios = np.sqrt((zero / k).mean() - 1) / (2 * np.sin(np.pi / 12))
    assert abs(of_ratios - expected) > 5 * found.error


def test_noise_above_the_value_at_zero_is_nan() -> None:
    assert np.isnan(statistics.correlation_length(np.full(30, 1.0), np.full(30, 2.0), 6).value)


def test_of_spins_of_a_small_lattice() -> None:
    # Exact averages by enumeration of a ring of 12; the error is of 4 standard deviations.
    model, T = ms.Ising((12,)), 1.5
    t = np.tanh(1 / T)
    d = np.arange(12)
    correlation = (t**d + t ** (12 - d)) / (1 + t**12)
    zero, k = (float((correlation * np.cos(2 * np.pi * n * d / 12)).sum()) for n in (0, 1))
    run = ms.simulate(
        model, T, 4000, 100, interval=4, replicas=64, seed=3, observables=["structure_factor"]
    )
    S = run.structure_factor[0]
    found = statistics.correlation_length(S[..., 0], S[..., 1], 12, replicas=True)
    exact = np.sqrt(zero / k - 1) / (2 * np.sin(np.pi / 12))
    assert abs(found.value - exact) < 4 * found.error
    assert found.error < 0.02 * exact


@pytest.mark.parametrize(("zero", "k", "length", "message"), [
    (np.ones(30), np.ones(31), 6, "at_k: got series of shapes"),
    (-np.ones(30), np.ones(30), 6, "at_zero: got -1.0, allowed: numbers >= 0"),
    (np.ones(30), np.ones(30), 1, "length: got 1, allowed"),
    (np.ones(30), np.ones(3), 6, "at_k: got 3 draws, allowed"),
])  # fmt: skip
def test_wrong_arguments(zero: object, k: object, length: int, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        statistics.correlation_length(zero, k, length)  # type: ignore[arg-type]
