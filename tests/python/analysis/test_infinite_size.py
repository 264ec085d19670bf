"""Extrapolation to infinite size, against plain fits, planted laws and exact sums."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import multispin as ms
from multispin.analysis.infinite_size import extrapolate

SIZES = np.array([16.0, 32.0, 64.0, 128.0])


@pytest.mark.parametrize("terms", [1, 2, 3])
@pytest.mark.parametrize("power", [0.5, 2 / 3, 1.0, 2.75])
def test_a_law_without_noise_is_found(power: float, terms: int) -> None:
    wanted = np.array([1.5, -3.0, 7.0])[:terms]
    values = -0.7 + sum(a * SIZES ** (-power * (k + 1)) for k, a in enumerate(wanted))
    found = extrapolate(SIZES, values, np.full(4, 1e-3), power, terms)
    assert found.limit == pytest.approx(-0.7, abs=1e-9)
    # What terms come to at the smallest size is known as far as the values are.
    at_most = SIZES[0] ** (-power * np.arange(1, terms + 1))
    np.testing.assert_allclose(found.corrections * at_most, wanted * at_most, rtol=1e-9, atol=1e-12)
    assert found.chi_squared == pytest.approx(0, abs=1e-12)
    assert found.degrees_of_freedom == 3 - terms


def test_limit_and_error_are_those_of_a_straight_line() -> None:
    """By the sums of a weighted line, written out; the order of sizes makes no difference."""
    rng = np.random.default_rng(1)
    y, sigma = rng.normal(size=4), rng.uniform(0.1, 2, size=4)
    x, w = 1 / SIZES, 1 / sigma**2
    s, sx, sxx, sy, sxy = (float(w @ v) for v in (x**0, x, x * x, y, x * y))
    determinant = s * sxx - sx * sx
    mixed = rng.permutation(4)
    found = extrapolate(SIZES[mixed], y[mixed], sigma[mixed])
    assert found.limit == pytest.approx((sxx * sy - sx * sxy) / determinant, rel=1e-12)
    assert found.limit_error == pytest.approx((sxx / determinant) ** 0.5, rel=1e-12)
    slope = (s * sxy - sx * sy) / determinant
    assert found.corrections[0] == pytest.approx(slope, rel=1e-12)
    rest = ((y - found.limit - slope * x) / sigma) ** 2
    assert found.chi_squared == pytest.approx(rest.sum(), rel=1e-10)


@pytest.mark.parametrize("exact", [1e-4, 1e-6, 1e-8])
def test_a_size_that_is_known_almost_exactly_fixes_one_number(exact: float) -> None:
    found = extrapolate([10, 20, 40], [1.2, 1.1, 1.05], [exact, 1e-2, 1e-2])
    assert found.limit == pytest.approx(1.0, abs=1e-6)
    # The line goes through the first point: the others give its slope.
    slope = 1 / np.hypot((0.1 - 0.05) / 1e-2, (0.1 - 0.025) / 1e-2)
    assert found.limit_error == pytest.approx(0.1 * slope, rel=1e-3)
    assert found.chi_squared == pytest.approx(0.0, abs=1e-6)


def test_errors_are_the_spread_and_chi_squared_has_its_mean() -> None:
    """20,000 experiments at once: the spread is known to 0.5 %, the mean of χ² to 1 %."""
    rng = np.random.default_rng(2)
    sigma = np.array([0.3, 0.1, 0.2, 0.1])
    values = 2.0 + 5 / SIZES + rng.normal(size=(20_000, 4)) * sigma
    found = extrapolate(SIZES, values, np.broadcast_to(sigma, values.shape))
    assert found.limit.std() == pytest.approx(found.limit_error[0], rel=0.025)
    assert found.limit.mean() == pytest.approx(2.0, abs=5 * found.limit_error[0] / 20_000**0.5)
    assert found.chi_squared.mean() == pytest.approx(2.0, abs=5 * 2 / 20_000**0.5)


def test_energies_of_the_curie_weiss_magnet_come_to_those_of_infinitely_many_spins() -> None:
    """Corrections of exact sums are integer powers of 1/N away from T_c."""
    T, sizes = 0.6, [200, 400, 800, 1600]
    exact = [ms.theory.curie_weiss.finite(N, T).energy for N in sizes]
    found = extrapolate(sizes, exact, np.full(4, 1e-6), terms=2)
    assert found.limit == pytest.approx(ms.theory.curie_weiss.solution(T).energy, abs=1e-6)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"sizes": [8]}, "sizes"),
    ({"sizes": [8, 8, 16]}, "sizes"),
    ({"sizes": [0, 8, 16]}, "sizes"),
    ({"sizes": [np.inf, 8, 16]}, "sizes"),
    ({"values": [1.0, 2.0]}, "values"),
    ({"values": [1.0, np.nan, 2.0]}, "values"),
    ({"values": 1.0}, "values"),
    ({"errors": [1.0, 0.0, 1.0]}, "errors"),
    ({"errors": np.ones((2, 3))}, "errors"),
    ({"power": 0.0}, "power"),
    ({"power": 21.0}, "power"),
    ({"terms": 0}, "terms"),
    ({"errors": [1e-20, 1.0, 1.0]}, "sizes: .*tell the terms"),
    ({"sizes": [1e15, 1e15 + 1, 1e15 + 2]}, "sizes: .*tell the terms"),
    ({"sizes": [1e-300, 1.0, 1e300], "power": 20.0}, "sizes"),
    ({"terms": 3}, "sizes"),
]


@pytest.mark.parametrize(("changed", "named"), WRONG)
def test_what_cannot_be_extrapolated(changed: dict[str, Any], named: str) -> None:
    arguments: dict[str, Any] = {"sizes": [8, 16, 32], "values": [1.0, 2, 3], "errors": [1.0, 1, 1]}
    with pytest.raises(ValueError, match=named):
        extrapolate(**{**arguments, **changed})
