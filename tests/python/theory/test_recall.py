"""How patterns are retrieved, in theory: against published numbers, limits and simulations."""

from __future__ import annotations

import math

import numpy as np
import pytest

from multispin.theory.hopfield import retrieval, spin_glass
from multispin.theory.recall import coolen_sherrington, first_steps
from multispin.theory.recall._flow import ensemble, largest_r

# --- first steps ----------------------------------------------------------------------------------


def test_numbers_of_the_first_steps() -> None:
    assert first_steps(0.1, 0.4) == pytest.approx((0.79410, 0.86719), abs=5e-6)
    assert first_steps(0.1, -0.4) == pytest.approx([-m for m in first_steps(0.1, 0.4)])


def test_few_patterns_and_many() -> None:
    assert first_steps(1e-9, 0.1) == (1.0, 1.0)
    assert first_steps(1e-12, 0.1) == (1.0, 1.0)
    assert first_steps(0.3, 0.0) == (0.0, 0.0)
    assert first_steps(1e6, 1.0).m1 == pytest.approx(math.sqrt(2 / math.pi) * 1e-3, rel=1e-4)


def test_the_first_steps_of_a_simulation() -> None:
    # Means of ten runs have standard errors of 0.007 and 0.011; three are allowed.
    rng, N, alpha, m0 = np.random.default_rng(1), 2000, 0.1, 0.4
    m = np.zeros((10, 2))
    for run in m:
        patterns = rng.choice([-1.0, 1.0], (int(alpha * N), N))
        spins = patterns[0] * np.where(rng.permutation(N) < 0.5 * (1 + m0) * N, 1.0, -1.0)
        for step in range(2):
            field = (patterns @ spins) @ patterns / N - alpha * spins
            spins = np.where(field >= 0.0, 1.0, -1.0)
            run[step] = patterns[0] @ spins / N
    assert m.mean(axis=0) == pytest.approx(first_steps(alpha, m0), abs=0.02)


# --- flow -----------------------------------------------------------------------------------------


@pytest.mark.thorough
def test_numbers_of_the_flow() -> None:
    flow = coolen_sherrington(0.05, 0.3, 0.4, [0.0, 1.0, 2.0, 4.0])
    assert flow.time.tolist() == [0.0, 1.0, 2.0, 4.0]
    assert flow.m == pytest.approx([0.4, 0.679, 0.833, 0.957], abs=6e-4)
    assert flow.r == pytest.approx([1.0, 2.487, 2.429, 1.508], abs=6e-4)
    other = coolen_sherrington(0.05, 0.3, 0.4, [0.37, 1.0])
    assert (other.m[-1], other.r[-1]) == pytest.approx((flow.m[1], flow.r[1]), abs=2e-5)


@pytest.mark.one_in(3)
@pytest.mark.parametrize(("alpha", "T"), [(0.05, 0.3), (0.1, 0.2), (0.01, 0.7)])
def test_the_flow_rests_in_equilibrium(alpha: float, T: float) -> None:
    found = retrieval(alpha, T)
    assert found is not None
    C = (1 - found.q) / T
    r = 1 / (1 - C) + C * found.r
    flow = coolen_sherrington(alpha, T, found.m, [0.2], r)
    assert (flow.m[0], flow.r[0]) == pytest.approx((found.m, r), abs=1e-6)
    # From elsewhere it gets there.
    if T == 0.3:
        flow = coolen_sherrington(alpha, T, 0.9, [8.0])
        assert (flow.m[0], flow.r[0]) == pytest.approx((found.m, r), abs=1e-3)


@pytest.mark.parametrize("m", [1e-8, 0.1, 0.7, 0.99])
@pytest.mark.parametrize("alpha", [0.01, 0.3])
def test_states_of_given_overlaps(alpha: float, m: float) -> None:
    most = largest_r(alpha, m)
    rho = 0.0
    for r in np.linspace(1.0, 1.0 + 0.99 * (most - 1.0), 12).tolist():
        at = ensemble(alpha, m, r)
        z = np.linspace(-9, 9, 4001)
        weight = np.exp(-z * z / 2) / np.exp(-z * z / 2).sum()
        spin = np.tanh(at.field + at.width * z)
        assert (weight @ spin, weight @ spin**2) == pytest.approx((m, at.q), abs=1e-7)
        spread = math.sqrt(alpha * at.q) / (1 - at.C)
        assert (1 - at.C * (1 - at.q)) / (1 - at.C) ** 2 == pytest.approx(r, rel=1e-8)
        assert at.rho * spread == pytest.approx(at.width, abs=1e-9)
        assert at.rho >= rho
        rho = at.rho


def test_states_of_the_glass() -> None:
    found = spin_glass(0.1, 0.5)
    C = (1 - found.q) / 0.5
    at = ensemble(0.1, 0.0, 1 / (1 - C) + C * found.r)
    assert (at.rho, at.q) == pytest.approx((2.0, found.q), rel=1e-6)


@pytest.mark.thorough
def test_a_pattern_that_is_forgotten() -> None:
    # A paramagnet: m vanishes, and r is that of thermal noise, 1/(1 - β).
    flow = coolen_sherrington(0.1, 2.0, 0.3, [12.0])
    assert (flow.m[0], flow.r[0]) == pytest.approx((0.0, 2.0), abs=2e-3)
    nothing = coolen_sherrington(0.1, 0.5, 0.0, [0.0, 1.0])
    assert nothing.m == pytest.approx(0.0, abs=1e-14)
    assert 1.0 == nothing.r[0] < nothing.r[1]


def test_without_times_there_is_nothing() -> None:
    assert [len(column) for column in coolen_sherrington(0.1, 0.5, 0.2, [])] == [0, 0, 0]


# --- arguments ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "wrong"), [
    ("alpha", 0.0), ("alpha", math.nan), ("T", 0.0), ("m0", 1.0), ("m0", -0.1), ("r0", 0.9),
    ("r0", 100.0), ("times", [2.0, 1.0]), ("times", [-1.0]), ("times", [[1.0]]),
])  # fmt: skip
def test_wrong_arguments_of_the_flow(name: str, wrong: object) -> None:
    right = {"alpha": 0.1, "T": 0.5, "m0": 0.4, "times": [1.0], "r0": 1.0}
    with pytest.raises(ValueError, match=f"{name}: got"):
        coolen_sherrington(**{**right, name: wrong})  # type: ignore[arg-type]


@pytest.mark.parametrize(("alpha", "m0", "name"), [(0.0, 0.1, "alpha"), (0.1, 1.1, "m0")])
def test_wrong_arguments_of_the_first_steps(alpha: float, m0: float, name: str) -> None:
    with pytest.raises(ValueError, match=f"{name}: got"):
        first_steps(alpha, m0)
