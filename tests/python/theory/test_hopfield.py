"""The Hopfield model in theory, against published numbers, limits and plain sums."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np
import pytest

from multispin.theory.hopfield import (
    T_M,
    T_c,
    T_g,
    alpha_c,
    dense_capacity,
    dense_error,
    diluted_capacity,
    phase_diagram,
    pseudo_inverse_energy,
    retrieval,
    sequence_capacity,
    sparse_capacity,
    spin_glass,
    symmetric_mixture,
)  # fmt: skip
from multispin.theory.hopfield._states import State, largest_load, on_curve
from multispin.theory.recall import first_steps

if TYPE_CHECKING:
    from collections.abc import Callable

POINTS = [(0.01, 0.6), (0.05, 0.5), (0.1, 0.2), (0.1, 0.05), (0.001, 0.9), (0.13, 0.01), (0.0, 0.5)]


def found_at(alpha: float, T: float) -> State:
    found = retrieval(alpha, T)
    assert found is not None
    return found


# --- states ---------------------------------------------------------------------------------------


def check_equations(found: State, alpha: float, T: float) -> None:
    z = np.linspace(-10, 10, 400_001)
    weight = np.exp(-z * z / 2) / np.exp(-z * z / 2).sum()
    u = (found.m + math.sqrt(alpha * found.r) * z) / T
    q = found.q
    assert weight @ np.tanh(u) == pytest.approx(found.m, abs=1e-10)
    assert weight @ np.tanh(u) ** 2 == pytest.approx(q, abs=1e-10)
    D = 1 - (1 - q) / T
    assert q / D**2 == pytest.approx(found.r, rel=1e-8)
    # The free energy of Amit, Gutfreund and Sompolinsky, as it is written there.
    f = 0.5 * alpha + 0.5 * found.m**2 + 0.5 * alpha * found.r * (1 - q) / T
    f += 0.5 * alpha * T * (math.log(D) - q / (T * D)) - T * (weight @ np.logaddexp(u, -u))
    assert found.free_energy == pytest.approx(f, abs=1e-9)


@pytest.mark.parametrize(("alpha", "T"), POINTS)
def test_retrieval_solves_its_equations(alpha: float, T: float) -> None:
    check_equations(found_at(alpha, T), alpha, T)


@pytest.mark.parametrize(("alpha", "T"), [(0.1, 0.5), (1.0, 1.9), (0.01, 0.2), (5.0, 0.1)])
def test_the_glass_solves_its_equations(alpha: float, T: float) -> None:
    found = spin_glass(alpha, T)
    assert found.q > 0 == found.m
    check_equations(found, alpha, T)


@pytest.mark.parametrize(("alpha", "T", "m", "q", "r", "energy"), [
    (0.01, 0.6, 0.89544, 0.80385, 1.77434, -0.40623),
    (0.02, 0.5, 0.94500, 0.89459, 1.43642, -0.45222),
    (0.05, 0.5, 0.90411, 0.83336, 1.87478, -0.43682),
    (0.10, 0.2, 0.98909, 0.98442, 1.15781, -0.49788),
])  # fmt: skip
def test_numbers_of_retrieval(
    alpha: float, T: float, m: float, q: float, r: float, energy: float
) -> None:
    found = found_at(alpha, T)
    assert found[:4] == pytest.approx((m, q, r, energy), abs=6e-6)


@pytest.mark.parametrize(
    ("alpha", "m"), [(0.05, 0.999992), (0.08, 0.999557), (0.10, 0.997999), (0.12, 0.993223)]
)
def test_overlaps_without_temperature(alpha: float, m: float) -> None:
    assert found_at(alpha, 0.0).m == pytest.approx(m, abs=6e-7)


@pytest.mark.parametrize(("alpha", "T"), [*POINTS, (0.1, 0.31)])
def test_energies_are_derivatives_of_the_free_energy(alpha: float, T: float) -> None:
    d = 1e-4 * T
    for solve in (found_at, spin_glass):
        if solve is spin_glass and alpha == 0.0:
            continue
        cool, warm = (solve(alpha, T + step).free_energy for step in (-d, d))
        assert solve(alpha, T).entropy == pytest.approx((cool - warm) / (2 * d), abs=1e-6)


def test_low_temperatures_end_at_none() -> None:
    for solve in (found_at, spin_glass):
        assert solve(0.1, 1e-6) == pytest.approx(solve(0.1, 0.0), abs=2e-5)
    assert found_at(0.0, 0.0) == State(1.0, 1.0, 1.0, -0.5, -0.5, 0.0)
    glass = spin_glass(0.2, 0.0)
    assert glass.energy == pytest.approx(-1 / math.pi - math.sqrt(0.4 / math.pi))


def test_without_a_load_it_is_a_ferromagnet() -> None:
    for T in (0.2, 0.9, 0.9999):
        m = found_at(0.0, T).m
        assert m == pytest.approx(math.tanh(m / T), abs=1e-12)
    assert retrieval(0.0, 1.0) is None


def test_the_paramagnet() -> None:
    for alpha, T in ((0.1, 1.4), (0.1, 100.0), (4.0, 3.0)):
        found = spin_glass(alpha, T)
        assert found.m == found.q == found.r == 0.0
        assert found.energy == pytest.approx(-0.5 * alpha / (T - 1))
        free = 0.5 * alpha * (1 + T * math.log1p(-1 / T)) - T * math.log(2)
        assert found.free_energy == pytest.approx(free)
    # Just below T_g, q = 0 + …, and nothing jumps.
    below = spin_glass(0.1, T_g(0.1) - 1e-5)
    assert 0 < below.q < 1e-4
    assert below.energy == pytest.approx(spin_glass(0.1, T_g(0.1)).energy, abs=1e-4)


@pytest.mark.parametrize(("alpha", "T"), [(0.05, 0.3), (0.05, 0.54), (0.01, 0.8), (0.13, 0.14)])
def test_iterations_from_a_whole_pattern_end_there(alpha: float, T: float) -> None:
    z = np.linspace(-8, 8, 1001)
    weight = np.exp(-z * z / 2) / np.exp(-z * z / 2).sum()
    m = q = 1.0
    for _ in range(3000):
        spin = np.tanh((m + math.sqrt(alpha * q) / (1 - (1 - q) / T) * z) / T)
        m, q = weight @ spin, weight @ spin**2
    found = found_at(alpha, T)
    assert (found.m, found.q) == pytest.approx((m, q), abs=1e-8)
    # The other solution is beyond that of the largest load.
    assert found.m > on_curve(largest_load(T), T).m


# --- lines ----------------------------------------------------------------------------------------


def test_the_capacity() -> None:
    assert alpha_c() == pytest.approx(0.137906, abs=5e-7)
    assert found_at(alpha_c(), 0.0).m == pytest.approx(0.967417, abs=1e-6)
    assert retrieval(alpha_c() + 1e-9, 0.0) is None
    x = np.linspace(1.4, 1.7, 10_001)
    load = np.array([math.erf(value) for value in x]) / x - 2 / math.sqrt(math.pi) * np.exp(-(x**2))
    assert load.max() ** 2 / 2 == pytest.approx(alpha_c(), abs=1e-9)


@pytest.mark.one_in(10)
@pytest.mark.parametrize(("alpha", "warmest", "m", "equal", "glass"), [
    (0.001, 0.9378, 0.337, 0.9161, 1.0316), (0.005, 0.8600, 0.496, 0.8074, 1.0707),
    (0.01, 0.8010, 0.583, 0.7216, 1.1000), (0.02, 0.7165, 0.682, 0.5913, 1.1414),
    (0.03, 0.6504, 0.744, 0.4788, 1.1732), (0.05, 0.5423, 0.824, 0.2164, 1.2236),
    (0.08, 0.4046, 0.896, 0.0, 1.2828), (0.10, 0.3154, 0.927, 0.0, 1.3162),
    (0.12, 0.2151, 0.950, 0.0, 1.3464), (0.13, 0.1489, 0.959, 0.0, 1.3606),
])  # fmt: skip
def test_the_lines(alpha: float, warmest: float, m: float, equal: float, glass: float) -> None:
    end = T_M(alpha)
    assert (end, T_c(alpha), T_g(alpha)) == pytest.approx((warmest, equal, glass), abs=6e-5)
    # m rises below the end as the square root of the distance.
    assert found_at(alpha, end - 1e-9).m < m < found_at(alpha, end - 2e-4).m
    assert retrieval(alpha, end + 1e-9) is None


@pytest.mark.thorough
def test_lines_begin_as_square_roots() -> None:
    for line, slope in ((T_M, 1.954), (T_c, 2.596)):
        assert line(0.0) == 1.0
        assert line(1e-12) == pytest.approx(1 - slope * 1e-6, abs=1e-9)
        assert line(1e-7) == pytest.approx(1 - slope * math.sqrt(1e-7), abs=1e-6)


def test_lines_bend_back() -> None:
    # At T = 0.0229 more patterns can be retrieved than at T = 0, with replicas that are alike.
    assert retrieval(0.13818, 0.0) is None
    assert found_at(0.13818, 0.0229).m > 0.96
    # Near its top the line is a parabola.
    assert T_M(0.13818) == pytest.approx(0.0229 + math.sqrt(8.51e-6 / 0.537), abs=1e-4)
    assert T_M(0.1382) == T_c(0.0532) == 0.0
    assert found_at(0.0531, 0.0851).free_energy < spin_glass(0.0531, 0.0851).free_energy
    assert found_at(0.0531, 0.0).free_energy > spin_glass(0.0531, 0.0).free_energy


@pytest.mark.thorough
def test_the_phase_diagram() -> None:
    lines = phase_diagram(6)
    assert lines.alpha == pytest.approx(0.15 * np.linspace(0, 1, 6) ** 2)
    assert lines.T_g == pytest.approx(1 + np.sqrt(lines.alpha))
    assert [T_M(load) for load in lines.alpha.tolist()] == lines.T_M.tolist()
    assert [T_c(load) for load in lines.alpha.tolist()] == lines.T_c.tolist()
    assert (lines.T_c <= lines.T_M).all()
    assert (lines.T_M < lines.T_g)[1:].all()


# --- arguments ------------------------------------------------------------------------------------


@pytest.mark.parametrize("solve", [retrieval, spin_glass])
def test_wrong_arguments(solve: object) -> None:
    assert callable(solve)
    for alpha in (-0.1, math.nan, 1e7):
        with pytest.raises(ValueError, match="alpha: got"):
            solve(alpha, 0.5)
    for T in (-0.1, 1e-9, math.inf):
        with pytest.raises(ValueError, match="T: got"):
            solve(0.1, T)
    with pytest.raises(TypeError, match="T: got"):
        solve(0.1, None)


def test_a_glass_needs_a_load() -> None:
    with pytest.raises(ValueError, match="alpha: got 0.0, allowed: a number from 1e-12"):
        spin_glass(0.0, 0.5)


# --- other rules ----------------------------------------------------------------------------------


def test_the_energy_of_the_pseudo_inverse_rule() -> None:
    rng = np.random.default_rng(1)
    patterns = rng.choice([-1.0, 1.0], (30, 100))
    J = patterns.T @ np.linalg.solve(patterns @ patterns.T, patterns)
    np.fill_diagonal(J, 0.0)
    for s in patterns:
        assert -0.5 * s @ J @ s == pytest.approx(100 * pseudo_inverse_energy(0.3))


@pytest.mark.parametrize("n", [1, 3, 5, 7])
def test_mixtures_of_all_corners(n: int) -> None:
    sums = np.array([2 * corner.bit_count() - n for corner in range(2**n)])
    m = np.abs(sums).mean() / n
    assert symmetric_mixture(n) == pytest.approx((m, -n * m**2 / 2))


def test_mixtures() -> None:
    assert tuple(symmetric_mixture(1)) == (1.0, -0.5)
    assert tuple(symmetric_mixture(3)) == (0.5, -0.375)
    # -1/π towards many patterns: so much has the glass of few patterns, too.
    assert symmetric_mixture(999).energy == pytest.approx(-1 / math.pi, abs=2e-4)
    with pytest.raises(ValueError, match="n: got 2, allowed: an odd integer"):
        symmetric_mixture(2)


def test_the_capacity_of_sequences() -> None:
    assert sequence_capacity() == pytest.approx(0.269, abs=5e-4)

    def end(alpha: float) -> float:
        m = rho = 1.0
        for _ in range(4000):
            x = m / math.sqrt(2 * alpha * rho)
            g = 2 * x / m / math.sqrt(math.pi) * math.exp(-x * x) if m > 1e-3 else 0.0
            if g >= 1.0:
                return 0.0
            m, rho = math.erf(x), 1 / (1 - g * g)
        return m

    assert end(sequence_capacity() - 1e-4) > 0.8
    assert end(sequence_capacity() + 1e-4) < 0.5


def test_the_capacity_of_diluted_networks() -> None:
    for alpha, least, most in ((0.63, 0.1, 1.0), (0.64, 0.0, 0.01)):
        m = 1.0
        for _ in range(3000):
            m = math.erf(m / math.sqrt(2 * alpha))
        assert least <= m < most
    assert 0.63 < diluted_capacity() == 2 / math.pi < 0.64


def sparse_overlap(alpha: float, a: float, threshold: float) -> float:
    # From nearby, as close to the capacity the state attracts no others.
    normal, m, width = NormalDist(), 0.76, 0.2310
    for _ in range(3000):
        x1, x0 = ((1 - a) * m - threshold) / width, (a * m + threshold) / width
        m = normal.cdf(x1) - normal.cdf(-x0)
        q = a * normal.cdf(x1) + (1 - a) * normal.cdf(-x0)
        # From σ = √(αq) / (1 - C), with Cσ known.
        width = math.sqrt(alpha * q) + a * normal.pdf(x1) + (1 - a) * normal.pdf(x0)
        if width < 1e-3:  # all neurons are silent
            return 0.0
    return m


def test_the_capacity_of_sparse_patterns() -> None:
    assert sparse_capacity(0.05) == pytest.approx(0.9429, abs=5e-5)
    # Iterated equations say so too.
    assert sparse_overlap(0.9425, 0.05, 0.5555) == pytest.approx(0.76, abs=0.02)
    for threshold in (0.5, 0.55, 0.554, 0.5555, 0.557, 0.56, 0.6):
        assert sparse_overlap(0.9435, 0.05, threshold) < 0.5
    # Of a half, with 0 and 1 for ±1, noise is twice that of the Hopfield model.
    assert sparse_capacity(0.5) == pytest.approx(alpha_c() / 2, rel=2e-3)
    assert sparse_capacity(0.5) > alpha_c() / 2
    assert sparse_capacity(1e-6) == pytest.approx(0.5 * 1e6 / math.log(1e6), rel=0.5)


def test_dense_memories() -> None:
    assert dense_capacity(3, 0.01) == pytest.approx(0.0616, abs=5e-5)
    for n, error in ((2, 0.0036), (3, 0.01), (5, 1e-9)):
        K = dense_capacity(n, error) * 500.0 ** (n - 1)
        assert dense_error(n, 500, K) == pytest.approx(error, rel=1e-6)
    # n = 2 is the Hopfield model, in its first step from a pattern.
    assert 1 - 2 * dense_error(2, 1e6, 1e5) == pytest.approx(first_steps(0.1, 1.0).m1)
    assert dense_error(100, 1e15, 1) == 0.0


@pytest.mark.parametrize(("call", "name"), [
    (lambda: pseudo_inverse_energy(1.1), "alpha"), (lambda: sparse_capacity(0.6), "activity"),
    (lambda: dense_error(1, 10, 10), "n"), (lambda: dense_error(3, 0.0, 10), "N"),
    (lambda: dense_error(3, 10, math.nan), "K"), (lambda: dense_capacity(3, 0.5), "error"),
    (lambda: phase_diagram(1), "n"), (lambda: T_M(-1.0), "alpha"),
])  # fmt: skip
def test_wrong_arguments_of_rules(call: Callable[[], object], name: str) -> None:
    with pytest.raises(ValueError, match=f"^{name}: got"):
        call()
