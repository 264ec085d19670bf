"""Specific heats: by enumeration those of the oracle, from samples those of enumeration."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import multispin as ms
from multispin.learn.inverse.heat import specific_heat


def glass(n: int) -> ms.Pairwise:
    rng = np.random.default_rng(n)
    J = np.triu(rng.normal(size=(n, n)) / np.sqrt(n), 1)
    return ms.Pairwise(J + J.T, 0.3 * rng.normal(size=n))


@pytest.mark.parametrize("n", [1, 2, 8, 11])
def test_enumeration(n: int) -> None:
    model = glass(n)
    found = specific_heat(model, [3.0, 0.5, 1.0])
    assert found.temperatures.tolist() == [0.5, 1.0, 3.0]
    wanted = [ms.exact.enumerate(model, T).specific_heat for T in found.temperatures]
    np.testing.assert_allclose(found.value, wanted, rtol=1e-10)
    assert found.exact
    assert not found.error.any()


def test_the_peak_is_between_temperatures() -> None:
    """A spin in a field h has its maximum at x tanh x = 1 with x = h/T."""
    spin = ms.Pairwise([[0.0]], 1.0)
    found = specific_heat(spin, [0.3, 0.8, 1.4])
    assert found.peak_temperature == pytest.approx(1 / 1.1996786402577, abs=1e-6)
    assert found.peak_value == pytest.approx((1.19967864 / np.cosh(1.19967864)) ** 2, abs=1e-8)
    assert found.peak_value > found.value.max()
    edge = specific_heat(spin, [1.0, 2.0])
    assert (edge.peak_temperature, edge.peak_value) == (1.0, edge.value[0])
    assert len(specific_heat(spin).temperatures) == 41


def test_cold_and_hot() -> None:
    found = specific_heat(glass(6), [1e-6, 1e6])
    assert found.value[0] == 0.0
    energy = glass(6).energy(2 * (np.arange(64)[:, None] >> np.arange(6) & 1) - 1)
    assert found.value[1] == pytest.approx(energy.var() / 6 / 1e12, rel=1e-5)


def test_samples_agree_with_enumeration() -> None:
    """Five standard errors at eight temperatures: 1 in 10⁵ seeds."""
    model, T = glass(12), np.geomspace(0.5, 4.0, 8)
    found = specific_heat(model, T, "samples", draws=1000, replicas=8, random_state=3)
    exact = specific_heat(model, T, "exact")
    assert not found.exact
    assert (np.abs(found.value - exact.value) < 5 * found.error).all()
    assert (found.error < 0.1 * exact.value.max()).all()
    best = int(np.argmax(found.value))
    assert (found.peak_temperature, found.peak_value) == (T[best], found.value[best])
    again = specific_heat(model, T, "samples", draws=1000, replicas=8, random_state=3)
    assert (again.value == found.value).all()


def test_many_spins_are_sampled() -> None:
    words: dict[str, Any] = {"draws": 20, "thermalization": 10, "replicas": 2, "random_state": 1}
    assert not specific_heat(glass(30), [1.0], **words).exact
    with pytest.raises(ValueError, match="model.n_spins: got 30, allowed: 1 to 22"):
        specific_heat(glass(30), [1.0], "exact")


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"model": 3}, TypeError, "model: got 3"),
        ({"model": ms.EdwardsAnderson((5, 5), samples=2)}, ValueError, "model: got '2 disorder"),
        ({"temperatures": [1.0, 0.0]}, ValueError, "temperatures: got"),
        ({"temperatures": [1.0, 1.0]}, ValueError, "temperatures: got"),
        ({"method": "mean-field"}, ValueError, "method: got 'mean-field'"),
        ({"draws": 19}, ValueError, "draws: got 19, allowed: an integer >= 20"),
        ({"replicas": 0}, ValueError, "replicas: got 0"),
        ({"random_state": -1}, ValueError, "random_state: got -1"),
    ],
)
def test_wrong_arguments(changed: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        specific_heat(**{"model": glass(3), **changed})
