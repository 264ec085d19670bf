"""Collapses of curves whose critical point is planted, and of those of small square lattices.

Statistical checks are at 5 standard errors that are themselves known to 10 %, on fixed seeds: about
25 of them, of which a correct program fails one in fewer than 1e-3 of all seeds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pytest

import multispin as ms
from multispin.analysis import scaling
from multispin.analysis.crossing import Curve
from multispin.analysis.reweighting import Reweighting
from multispin.analysis.scaling import collapse

pytest.importorskip("scipy")

if TYPE_CHECKING:
    from collections.abc import Callable

Array = npt.NDArray[np.float64]
Z = 5.0
LENGTHS = (8, 16, 32)


def planted(
    T_c: float,
    nu: float,
    exponent: float,
    noise: float,
    seed: int,
    f: Callable[[Array], Array],
    resamples: int = 50,
) -> tuple[list[Array], list[Curve]]:
    """Curves L^κ f((T − T_c) L^{1/ν}) of three sizes, with independent noise, and resamples."""
    rng = np.random.default_rng(seed)
    temperatures, curves = [], []
    for L, points in zip(LENGTHS, (15, 19, 17), strict=True):
        T = T_c + np.linspace(-1.6, 1.4, points) / L ** (1 / nu)
        y = L**exponent * f((T - T_c) * L ** (1 / nu))
        error = noise * np.abs(y).max()
        value = y + error * rng.normal(size=points)
        temperatures.append(T)
        curves.append(Curve(value, value + error * rng.normal(size=(resamples, points))))
    return temperatures, curves


def step(x: Array) -> Array:
    return np.asarray(1 - np.tanh(x))


def peak(x: Array) -> Array:
    return np.asarray(np.exp(-((x - 0.3) ** 2)))


@pytest.mark.one_in(5)
@pytest.mark.parametrize(("T_c", "nu", "exponent", "f"), [
    (2.27, 1.0, -0.125, step), (4.51, 0.63, 1.96, peak), (0.95, 2.4, 0.0, step),
])  # fmt: skip
@pytest.mark.parametrize("seed", [1, 2])
def test_planted_exponents_are_found(
    T_c: float, nu: float, exponent: float, f: Any, seed: int
) -> None:
    found = collapse(LENGTHS, *planted(T_c, nu, exponent, 0.005, seed, f))
    assert abs(found.critical_temperature - T_c) < Z * found.critical_temperature_error
    assert abs(found.nu - nu) < Z * found.nu_error < 0.2 * nu
    assert abs(found.exponent - exponent) < Z * found.exponent_error < 0.2
    assert 0.4 < found.quality < 2.0
    assert found.overlap > 0.8


@pytest.mark.thorough
def test_without_noise_they_are_found_exactly() -> None:
    # But for the straight lines between points that lie close to each other.
    T, curves = [], []
    for L in LENGTHS:
        T.append(2.27 + np.linspace(-1.5, 1.5, 301) / L)
        y = L**1.75 * peak((T[-1] - 2.27) * L)
        curves.append(Curve(y, y * np.array([[0.999], [1.001]])))
    found = collapse(LENGTHS, T, curves)
    assert found.critical_temperature == pytest.approx(2.27, abs=2e-4)
    assert found.nu == pytest.approx(1.0, abs=2e-3)
    assert found.exponent == pytest.approx(1.75, abs=2e-3)
    assert found.quality < 0.01


@pytest.mark.thorough
def test_what_is_known_stays() -> None:
    data = planted(2.27, 1.0, 0.0, 0.005, 3, step)
    found = collapse(LENGTHS, *data, nu=1.0, exponent=0.0)
    assert (found.nu, found.nu_error, found.exponent, found.exponent_error) == (1.0, 0.0, 0.0, 0.0)
    assert abs(found.critical_temperature - 2.27) < Z * found.critical_temperature_error
    all_free = collapse(LENGTHS, *data)
    assert found.critical_temperature_error < all_free.critical_temperature_error
    assert found.quality >= all_free.quality - 1e-3


@pytest.mark.thorough
def test_a_wrong_exponent_shows_in_the_quality() -> None:
    data = planted(2.27, 1.0, 0.0, 0.005, 4, step)
    assert collapse(LENGTHS, *data, nu=2.0, exponent=0.0).quality > 5.0


@pytest.mark.thorough
def test_errors_are_the_spread_over_data() -> None:
    found = [
        collapse(LENGTHS, *planted(2.27, 1.0, -0.125, 0.01, seed, step, resamples=25))
        for seed in range(24)
    ]
    for name in ("critical_temperature", "nu", "exponent"):
        spread = np.std([getattr(one, name) for one in found], ddof=1)
        error = np.mean([getattr(one, f"{name}_error") for one in found])
        assert 0.55 < error / spread < 1.8, name  # the spread of 24 is known to 15 %


def test_distances_are_those_of_a_fit_of_a_line() -> None:
    # One point between four others of two sizes: Ŷ ± dŶ by polyfit with its covariance.
    x = np.array([[0.5, 9.0, 9.5], [0.0, 1.0, np.inf], [0.2, 0.9, np.inf]])
    Y = np.array([[1.4, 0.0, 0.0], [0.9, 2.1, 0.0], [1.3, 1.8, 0.0]])
    dY = np.array([[0.1, 1.0, 1.0], [0.1, 0.2, 1.0], [0.3, 0.1, 1.0]])
    real = np.isfinite(x)
    around = x[1:, :2].ravel(), Y[1:, :2].ravel()
    (slope, at_0), covariance = np.polyfit(*around, 1, w=1 / dY[1:, :2].ravel(), cov="unscaled")
    row = np.array([0.5, 1.0])
    expected = (1.4 - slope * 0.5 - at_0) ** 2 / (0.01 + row @ covariance @ row)
    with np.errstate(all="ignore"):
        found = scaling._distances(x, Y, dY, real)
    assert found[0, 0] == pytest.approx(expected)
    assert np.isnan(found[0, 1:]).all()
    assert np.isnan(found[~real]).all()


@pytest.fixture(scope="module")
def square() -> list[Reweighting]:
    return [
        Reweighting(
            ms.simulate(ms.Ising((L, L)), [2.15, 2.25, 2.35, 2.45], 3000, 500, replicas=8, seed=L)
        )
        for L in (8, 16, 24)
    ]


def temperatures_around(width: float) -> list[Array]:
    return [ms.exact.critical_temperature + np.linspace(-width, width, 15) / L for L in (8, 16, 24)]


@pytest.mark.thorough
def test_binder_cumulants_of_square_lattices_have_nu_1(square: list[Reweighting]) -> None:
    T = temperatures_around(0.9)
    curves = [
        one.curve("binder_cumulant", t, resamples=40, seed=k)
        for k, (one, t) in enumerate(zip(square, T, strict=True))
    ]
    found = collapse((8, 16, 24), T, curves, exponent=0.0)
    # Corrections of L = 8 are as large as these errors.
    error = found.critical_temperature_error
    assert abs(found.critical_temperature - ms.exact.critical_temperature) < Z * error < 0.03
    assert abs(found.nu - 1.0) < Z * found.nu_error < 0.3


@pytest.mark.thorough
def test_magnetizations_of_square_lattices_have_beta_one_eighth(square: list[Reweighting]) -> None:
    T = temperatures_around(0.9)
    curves = [
        one.curve("abs_magnetization", t, resamples=40, seed=k)
        for k, (one, t) in enumerate(zip(square, T, strict=True))
    ]
    found = collapse((8, 16, 24), T, curves, nu=1.0)
    assert abs(found.exponent + 0.125) < Z * found.exponent_error < 0.15
    error = found.critical_temperature_error
    assert abs(found.critical_temperature - ms.exact.critical_temperature) < Z * error < 0.05


# --- what is refused ------------------------------------------------------------------------------

T = np.linspace(1.0, 2.0, 5)
NOISE = np.random.default_rng(1).normal(0, 0.01, (4, 5))
CURVE = Curve(T, T + NOISE)


@pytest.mark.parametrize(("arguments", "message"), [
    (((8,), [T], [CURVE]), "lengths: got .*allowed: two or more different"),
    (((8, 8), [T, T], [CURVE, CURVE]), "lengths: got .*allowed: two or more different"),
    (((8, 1), [T, T], [CURVE, CURVE]), r"lengths\[1\]: got 1"),
    (((8, 16), [T], [CURVE, CURVE]), "temperatures: got 1, allowed: 2 of them"),
    (((8, 16), [T, T], [CURVE]), "curves: got 1, allowed: 2 of them"),
    (((8, 16), [T, T[::-1]], [CURVE, CURVE]), r"temperatures\[1\]: got"),
    (((8, 16), [T, T[:2]], [CURVE, CURVE]), r"temperatures\[1\]: got 2, allowed: at least 3"),
    (((8, 16), [T, T[:4]], [CURVE, CURVE]), r"curves\[1\]: got shapes"),
    (((8, 16), [T, T + 5], [CURVE, CURVE]), "temperatures: got .*a part in common"),
    (((8, 16), [T, T], [CURVE, Curve(T, T + NOISE[:3])]), "curves: got .*the same number"),
    (((8, 16), [T, T], [CURVE, Curve(T, T + 0 * NOISE)]), r"curves\[1\]: got an error of 0"),
    (((8, 16), [T, T], [CURVE, Curve(T * np.nan, T + NOISE)]), r"curves\[1\]: got a value"),
    (((8, 16), [T, T], [CURVE, CURVE], 1.5, 1.0, 0.0), "exponent: got 0.0, allowed: None"),
    (((8, 16), [T, T], [CURVE, CURVE], -1.0), "critical_temperature: got -1.0"),
    (((8, 16), [T, T], [CURVE, CURVE], None, 0.0), "nu: got 0.0"),
])  # fmt: skip
def test_what_is_refused(arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        collapse(*arguments)


def test_points_that_never_overlap() -> None:
    with pytest.raises(ValueError, match="temperatures: got curves of which fewer than half"):
        collapse((8, 16), [T, T], [CURVE, CURVE], critical_temperature=10.0, nu=0.1)
