"""Placement of temperatures on models whose best placement is known."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pytest

from multispin.analysis.temperature_grid import equal_acceptance, feedback_optimized

if TYPE_CHECKING:
    from collections.abc import Callable

Array = npt.NDArray[np.float64]


def integral(values: Array, at: Array) -> float:
    return float(((values[1:] + values[:-1]) / 2 * np.diff(at)).sum())


def heat_capacity(T: Array) -> Array:
    """A bump, as at a transition; the energy is its integral."""
    return 100 * (1 + 3 * np.exp(-(((T - 1.5) / 0.3) ** 2)))


def acceptance(T: Array) -> Array:
    """Mean acceptance ⟨min(1, e^x)⟩ of swaps between normal energies with Var E = C T².

    x = Δβ ΔE is normal with mean −m and variance s²; ⟨min(1, e^x)⟩ is known for any of these:
    Φ(−m/s) + e^{s²/2 − m} Φ(m/s − s).
    """
    fine = np.linspace(T[0], T[-1], 20001)
    steps = (heat_capacity(fine[1:]) + heat_capacity(fine[:-1])) / 2 * np.diff(fine)
    energy = np.interp(T, fine, np.concatenate([[0], np.cumsum(steps)]))
    gap = 1 / T[:-1] - 1 / T[1:]
    m = gap * np.diff(energy)
    variance = heat_capacity(T) * T**2
    s = gap * np.sqrt(variance[1:] + variance[:-1])
    normal = np.vectorize(lambda z: math.erfc(-z / math.sqrt(2)) / 2)
    return np.asarray(normal(-m / s) + np.exp(s**2 / 2 - m) * normal(m / s - s))


def test_the_oracle_is_the_acceptance_of_draws() -> None:
    T = np.array([1.0, 1.1])
    rng = np.random.default_rng(1)
    mean = integral(heat_capacity(np.linspace(*T, 1001)), np.linspace(*T, 1001))
    low, high = (rng.normal(0, math.sqrt(heat_capacity(t) * t**2), size=10**6) for t in T)
    drawn = np.minimum(1, np.exp((1 / T[0] - 1 / T[1]) * (low - high - mean)))
    # 5 standard errors of 10⁶ draws
    assert drawn.mean() == pytest.approx(float(acceptance(T)[0]), abs=5 * drawn.std() / 1000)


def test_acceptance_becomes_equal() -> None:
    T = np.linspace(0.5, 3.0, 30)
    before = acceptance(T)
    assert before.max() - before.min() > 0.5
    for _ in range(6):
        T = equal_acceptance(T, acceptance(T))
    after = acceptance(T)
    assert after.max() - after.min() < 0.01
    assert (T[0], T[-1]) == (0.5, 3.0)
    # half the distance ½ ∫ √C dT/T of an interval is what erfc⁻¹ of its acceptance measures
    fine = np.linspace(0.5, 3.0, 20001)
    distance = integral(np.sqrt(heat_capacity(fine)) / fine, fine) / 2 / 29
    assert after.mean() == pytest.approx(math.erfc(distance), abs=0.01)


def test_constant_heat_capacity_needs_one_step() -> None:
    # σ_E = T √C, so equal distances are equal ratios of temperatures.
    T = np.array([1.0, 1.2, 1.3, 1.9, 2.0])
    distance = 2.0 * np.diff(np.log(T))
    new = equal_acceptance(T, [math.erfc(d) for d in distance])
    np.testing.assert_allclose(new, np.geomspace(1, 2, 5), rtol=1e-12)


def test_no_swap_and_all_swaps_can_be_learnt_from() -> None:
    new = equal_acceptance([1.0, 2.0, 3.0], [0.0, 1.0])
    assert 1.0 < new[1] < 1.5
    assert np.all(np.diff(new) > 0)


def from_top(T: Array, diffusivity: Callable[[Array], Array]) -> Array:
    """Share from the top, for a current j = D η df/dT that is the same everywhere."""
    middle = (T[1:] + T[:-1]) / 2
    gap = np.diff(T)
    rise = gap * gap / diffusivity(middle)  # df = j dT/(D η), η = 1/ΔT
    return np.concatenate([[0.0], np.cumsum(rise)]) / rise.sum()


def test_feedback_makes_the_share_linear() -> None:
    # A bottleneck at T = 1.5: density of temperatures ∝ 1/√D.
    def diffusivity(T: Array) -> Array:
        return np.asarray(1 - 0.9 * np.exp(-(((T - 1.5) / 0.2) ** 2)))

    T = np.linspace(1.0, 2.0, 41)
    for _ in range(6):
        T = feedback_optimized(T, np.minimum(from_top(T, diffusivity), 1.0))
    np.testing.assert_allclose(from_top(T, diffusivity), np.linspace(0, 1, 41), atol=0.005)
    fine = np.linspace(1, 2, 20001)
    density = 1 / np.sqrt(diffusivity(fine))
    density /= integral(density, fine)
    wanted = np.interp(
        np.linspace(0, 1, 41),
        np.concatenate([[0], np.cumsum((density[1:] + density[:-1]) / 2 * np.diff(fine))]),
        fine,
    )
    np.testing.assert_allclose(T, wanted, atol=0.005)
    assert (T[0], T[-1]) == (1.0, 2.0)


def test_feedback_leaves_a_linear_share_alone() -> None:
    T = np.array([1.0, 1.1, 1.5, 2.5, 2.6])
    np.testing.assert_allclose(feedback_optimized(T, [0, 0.25, 0.5, 0.75, 1]), T, rtol=1e-12)


def test_the_ends_count_as_zero_and_one() -> None:
    T = [1.0, 1.1, 1.5, 2.5]
    noisy, exact = (
        feedback_optimized(T, [0.2, 0.3, 0.9, 0.7]),
        feedback_optimized(T, [0, 0.3, 0.9, 1]),
    )
    np.testing.assert_array_equal(noisy, exact)


def test_feedback_survives_noise() -> None:
    rng = np.random.default_rng(2)
    T = np.linspace(1.0, 2.0, 21)
    for _ in range(50):
        noisy = np.clip(np.linspace(0, 1, 21) + rng.normal(0, 0.1, size=21), 0, 1)
        new = feedback_optimized(T, noisy)
        assert np.all(np.diff(new) > 0)
        assert np.diff(new).max() < 10 * 0.05
    # a share that jumps at once: all weight in one interval, a tenth of the mean in the others
    new = feedback_optimized(T, np.where(T < 1.52, 0.0, 1.0))
    assert np.all(np.diff(new) > 0)
    assert (T[0], T[-1]) == (new[0], new[-1])


def test_arguments_are_not_changed() -> None:
    T, f = np.array([1.0, 2.0, 3.0]), np.array([0.1, 0.5, 0.9])
    feedback_optimized(T, f)
    equal_acceptance(T, f[:2])
    assert (T.tolist(), f.tolist()) == ([1.0, 2.0, 3.0], [0.1, 0.5, 0.9])


@pytest.mark.parametrize(("temperatures", "measured", "error"), [
    ([1.0, 2.0, 3.0], [0.5], ValueError),
    ([1.0, 2.0, 3.0], ["0.5"] * 3, TypeError),
    ([3.0, 2.0, 1.0], [0.5] * 3, ValueError),
    ([0.0, 2.0, 3.0], [0.5] * 3, ValueError),
    ([1.0, 2.0, 3.0], [0.5, 0.5, math.nan], ValueError),
    ([1.0, 2.0, 3.0], [0.5, 0.5, 1.5], ValueError),
])  # fmt: skip
def test_wrong_arguments(temperatures: Any, measured: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"got .*allowed: "):
        feedback_optimized(temperatures, measured)
    with pytest.raises(error, match=r"got .*allowed: "):
        equal_acceptance(temperatures, measured[1:])
