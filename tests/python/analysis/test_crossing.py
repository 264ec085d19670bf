"""Crossings of curves whose crossing is known, with noise whose size is known.

Checks are at 5.5 standard errors. There are fewer than 25 of them, two-sided: a correct program
fails in fewer than 1e-6 of all seeds, which are fixed.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pytest

from multispin.analysis import overlaps
from multispin.analysis.crossing import (
    Curve,
    binder_ratio_curve,
    correlation_length_curve,
    crossing,
)

if TYPE_CHECKING:
    from collections.abc import Callable

Array = npt.NDArray[np.float64]
Z = 5.5
T = np.array([0.8, 0.9, 1.0, 1.1, 1.2, 1.3])
T_C = 1.07
RESAMPLES = 4000
HEIGHT = 0.4  # ξ/L at the crossing


def ideal(length: int, at: Array = T) -> Array:
    """ξ/L of a system of side L: straight lines through one point, steeper for larger L."""
    return HEIGHT - 0.1 * length * (at - T_C)


def overlaps_of(length: int, samples: int, seed: int) -> tuple[Array, Array]:
    """Overlaps and |q(k)|² of samples with the ideal ξ/L, and noise common to all temperatures.

    ⟨q²⟩ and ⟨|q(k)|²⟩ of a sample differ from their averages by a fifth at most.
    """
    rng = np.random.default_rng(seed)
    ratio = 1 + (2 * math.sin(math.pi / length) * length * ideal(length)) ** 2
    q2 = 0.6 * (1 + 0.2 * rng.uniform(-1, 1, size=(samples, 1)))
    k2 = 0.6 / ratio * (1 + 0.2 * rng.uniform(-1, 1, size=(samples, 1)))
    q = np.sqrt(q2)[..., None, None] * np.ones((1, len(T), 1, 2))
    return q, k2[..., None, None] * np.ones((1, len(T), 1, 2))


def test_crossing_of_lines_is_exact_between_temperatures() -> None:
    # Both curves are straight, so is what lies between the temperatures.
    lines = [Curve(ideal(length), np.tile(ideal(length), (10, 1))) for length in (4, 8)]
    found = crossing(T, *lines)
    assert found.temperature == pytest.approx(T_C)
    assert found.height == pytest.approx(HEIGHT)
    assert found.temperature_error == pytest.approx(0.0, abs=1e-12)
    assert found.found == 1.0


def test_lines_that_do_not_cross() -> None:
    lines = [Curve(ideal(length), np.tile(ideal(length), (10, 1))) for length in (4, 8)]
    for apart in (crossing(T, *lines[::-1]), crossing(T[:2], *(cut(one, 2) for one in lines))):
        assert math.isnan(apart.temperature)
        assert math.isnan(apart.temperature_error)
        assert apart.found == 0.0


def cut(curve: Curve, stop: int) -> Curve:
    return Curve(curve.value[:stop], curve.resamples[:, :stop])


def test_of_several_changes_of_sign_the_one_that_parts_best() -> None:
    d = np.array([-0.01, 0.3, 0.2, -0.2, 0.01, -0.3])
    zero = Curve(np.zeros(6), np.zeros((2, 6)))
    found = crossing(T, zero, Curve(d, np.tile(d, (2, 1))))
    assert found.temperature == pytest.approx(1.05)


def test_undefined_points_far_from_the_crossing_do_no_harm() -> None:
    small, large = (Curve(ideal(length), np.tile(ideal(length), (10, 1))) for length in (4, 8))
    large.value[-1] = large.resamples[:, -1] = np.nan
    assert crossing(T, small, large).temperature == pytest.approx(T_C)
    assert crossing(T, small, large).found == 1.0


@pytest.mark.thorough
def test_the_bootstrap_error_is_the_spread_of_repeated_experiments() -> None:
    experiments, samples = 600, 60
    results = []
    for experiment in range(experiments):
        curves = [
            correlation_length_curve(
                *overlaps_of(length, samples, seed=1000 * length + experiment),
                length, samples=True, resamples=100, seed=length,
            )
            for length in (4, 8)
        ]  # fmt: skip
        results.append(crossing(T, *curves))
    at = np.array([result.temperature for result in results])
    error = np.array([result.temperature_error for result in results])
    assert all(result.found == 1.0 for result in results)
    pulls = (at - T_C) / error
    # 0.1 for the bias of ξ (order 1/samples) and the bootstrap's own noise (1/√200)
    assert abs(pulls.mean()) < Z / math.sqrt(experiments) + 0.1
    assert abs(pulls.var() - 1) < Z * math.sqrt(2 / experiments) + 0.1
    heights = np.array([result.height for result in results])
    spread = np.mean([result.height_error for result in results])
    # A standard deviation from so many experiments, and 0.05 as above: a fifth would be noticed.
    assert abs(math.log(spread / heights.std())) < Z / math.sqrt(2 * experiments) + 0.05


def test_curves_are_the_estimates_without_their_correction() -> None:
    rng = np.random.default_rng(1)
    q = rng.uniform(-1, 1, size=(30, len(T), 3, 50))
    k2 = rng.uniform(0, 0.2, size=q.shape)
    xi = correlation_length_curve(q, k2, 6, samples=True, resamples=RESAMPLES)
    estimate = overlaps.correlation_length(q, k2, 6, samples=True)
    np.testing.assert_allclose(xi.value, estimate.value / 6, rtol=1e-3)
    # Both errors are of the same samples: resamples do not allow for the degree of freedom that the
    # mean takes, and have noise. 0.01 for the curvature of the functions.
    less, near = math.sqrt(29 / 30), Z / math.sqrt(2 * RESAMPLES) + 0.01
    np.testing.assert_allclose(xi.resamples.std(axis=0), less * estimate.error / 6, rtol=near)
    g = binder_ratio_curve(q, samples=True, resamples=RESAMPLES)
    estimate = overlaps.binder_ratio(q, samples=True)
    np.testing.assert_allclose(g.value, estimate.value, rtol=1e-2)
    np.testing.assert_allclose(g.resamples.std(axis=0), less * estimate.error, rtol=near)


@pytest.mark.parametrize("stay", [0.0, 0.9])
def test_one_sample_is_resampled_in_blocks(stay: float) -> None:
    # Draws that stay where they are need long blocks: errors grow by √(2τ) = √((1 + a)/(1 − a)).
    rng = np.random.default_rng(2)
    q = rng.uniform(-1, 1, size=(len(T), 3, 6000))
    keep = rng.random(q.shape) < stay
    for t in range(1, q.shape[-1]):
        q[..., t] = np.where(keep[..., t], q[..., t - 1], q[..., t])
    curve = binder_ratio_curve(q, resamples=RESAMPLES)
    assert curve.value.shape == (len(T),)
    assert curve.resamples.shape == (RESAMPLES, len(T))
    expected = overlaps.binder_ratio(q).error
    # Blocks are as long as the slowest temperature needs, and for the others longer. Over 20 seeds,
    # logarithms of the ratio were 0.00(1), and -0.07(2) with draws that stay: 0.2 is 7 deviations.
    assert curve.resamples.std(axis=0).mean() == pytest.approx(expected.mean(), rel=0.2)


def test_temperatures_are_resampled_together() -> None:
    # Samples differ by a factor common to all temperatures, so resamples move as a whole.
    q, k2 = overlaps_of(6, 40, seed=3)
    xi = correlation_length_curve(q, k2, 6, samples=True, resamples=200).resamples
    assert np.corrcoef(xi.T).min() > 0.99
    q, k2 = (np.moveaxis(values[..., 0], 0, -1) for values in (q, k2))
    xi = correlation_length_curve(q, k2, 6, resamples=200).resamples  # the same as draws
    assert np.corrcoef(xi.T).min() > 0.99


def test_a_seed_gives_its_resamples() -> None:
    q, k2 = overlaps_of(6, 40, seed=3)
    one, same, other = (
        correlation_length_curve(q, k2, 6, samples=True, resamples=10, seed=seed).resamples
        for seed in (1, 1, 2)
    )
    assert np.array_equal(one, same)
    assert not np.any(one == other)


FLAT = Curve(np.zeros(6), np.zeros((10, 6)))


@pytest.mark.parametrize(("call", "error"), [
    (lambda: crossing(T[:5], FLAT, FLAT), ValueError),
    (lambda: crossing(T[::-1], FLAT, FLAT), ValueError),
    (lambda: crossing(1.0, FLAT, FLAT), ValueError),
    (lambda: crossing("T", FLAT, FLAT), TypeError),
    (lambda: crossing(T, FLAT, Curve(np.zeros(6), np.zeros((9, 6)))), ValueError),
    (lambda: crossing(T, FLAT, np.zeros(6)), TypeError),  # type: ignore[arg-type]
    (lambda: crossing(T, FLAT, Curve(np.full(6, "x"), np.zeros((10, 6)))), TypeError),
    (lambda: crossing(T, FLAT, Curve(np.zeros(6), np.zeros((0, 6)))), ValueError),
    (lambda: crossing(T, FLAT, Curve(np.zeros(6), np.zeros(6))), ValueError),
    (lambda: binder_ratio_curve(np.zeros((1, 50))), ValueError),
    (lambda: binder_ratio_curve(np.zeros((6, 1, 50)), resamples=1), ValueError),
    (lambda: binder_ratio_curve(np.zeros((6, 1, 50)), seed=-1), ValueError),
    (lambda: binder_ratio_curve(np.zeros((6, 1, 19))), ValueError),
])  # fmt: skip
def test_wrong_arguments(call: Callable[[], Any], error: type[Exception]) -> None:
    with pytest.raises(error, match=r"got .*allowed: "):
        call()


def test_more_resamples_than_fit() -> None:
    with pytest.raises(MemoryError, match=r"^resamples: .*: needed .* available"):
        binder_ratio_curve(np.full((6, 1, 50), 0.5), resamples=2**40)


def test_a_crossing_is_in_the_unit_of_the_temperature() -> None:
    rng = np.random.default_rng(6)
    small, large = (
        Curve(0.5 + slope * (T - 1.05), 0.5 + slope * (T - 1.05) + rng.normal(0, 0.01, (50, 6)))
        for slope in (-1.0, -2.0)
    )
    one, huge = crossing(T, small, large), crossing(1e200 * T, small, large)
    assert one.temperature == pytest.approx(1.05)
    assert huge.temperature == pytest.approx(1e200 * one.temperature)
    assert huge.temperature_error == pytest.approx(1e200 * one.temperature_error)
    hole = Curve(np.where(T == 0.8, np.nan, large.value), large.resamples)  # no value there
    assert crossing(T, small, hole).temperature == pytest.approx(1.05)
