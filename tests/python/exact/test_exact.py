"""The oracles against each other, against published numbers, and against their own derivatives."""

from __future__ import annotations

import itertools
import math

import numpy as np
import numpy.typing as npt
import pytest

from multispin import exact
from multispin.exact import infinite

T_C = exact.critical_temperature

# Free energy per site of the 16 x 16 torus by inverse temperature (Kaufman), to 8 decimals.
KAUFMAN_16 = {
    0.1: -7.03231242,
    0.2: -3.67265406,
    0.3: -2.63519834,
    0.4: -2.19950046,
    0.44068679: -2.11532619,
    0.5: -2.05700164,
    0.6: -2.02139999,
    0.7: -2.00989875,
    0.8: -2.00564824,
    0.9: -2.00388633,
    1.0: -2.00305589,
}


class Lattice:
    """A model as `enumerate` wants it, with the energy spelled out bond by bond."""

    def __init__(self, shape: tuple[int, int], J: float, h: float) -> None:
        self.shape, self.J, self.h = shape, J, h
        self.n_spins = shape[0] * shape[1]

    def energy(self, spins: npt.NDArray[np.int8]) -> npt.NDArray[np.float64]:
        s = spins.astype(np.float64)
        total = np.zeros(s.shape[0])
        rows, cols = self.shape
        for r, c in itertools.product(range(rows), range(cols)):
            neighbours = s[:, (r + 1) % rows, c] + s[:, r, (c + 1) % cols]
            total -= self.J * s[:, r, c] * neighbours + self.h * s[:, r, c]
        return total


# --- onsager -------------------------------------------------------------------------------------


def test_onsager_has_the_known_values() -> None:
    bulk = exact.onsager(2.0)
    assert bulk.energy == pytest.approx(-1.7455645753, abs=5e-11)
    assert bulk.magnetization == pytest.approx(0.9113193779, abs=5e-11)
    assert pytest.approx(2.269185314, abs=5e-10) == T_C


def test_onsager_at_the_critical_point() -> None:
    bulk = exact.onsager(T_C)
    catalan = 0.915965594177219015
    assert bulk.energy == pytest.approx(-math.sqrt(2), abs=1e-15)
    assert bulk.specific_heat == np.inf
    assert bulk.magnetization == 0
    assert bulk.free_energy == pytest.approx(
        -T_C * (math.log(2) / 2 + 2 * catalan / math.pi), abs=2e-14
    )


def test_the_quadrature_of_the_free_energy_is_exact_for_polynomials() -> None:
    nodes, weights = infinite._gauss_legendre(100)
    for power in (0, 2, 50, 198):
        assert (weights * nodes**power).sum() == pytest.approx(2 / (power + 1), rel=1e-14)
        assert abs((weights * nodes ** (power + 1)).sum()) < 1e-15


def test_onsager_next_to_the_critical_point() -> None:
    below, above = exact.onsager(T_C * (1 + np.array([-1e-9, 1e-9])))[:2]
    # C diverges as -(2/pi) (2/T_c)^2 ln|1 - T/T_c|, the energy has no step
    assert below[0] == pytest.approx(below[1], abs=1e-7)
    assert above[0] == pytest.approx(above[1], rel=1e-6)
    slope = np.diff(exact.onsager(T_C * (1 + np.array([1e-9, 1e-8]))).specific_heat)[0]
    assert slope == pytest.approx(-2 / math.pi * (2 / T_C) ** 2 * math.log(10), rel=1e-5)


@pytest.mark.parametrize("T", [0.9, 1.7, 2.2, 2.3, 3.0, 20.0])
def test_onsager_derivatives(T: float) -> None:
    h = 1e-3 * T
    step = np.array([-2, -1, 1, 2]) * h
    stencil = np.array([1, -8, 8, -1]) / (12 * h)
    near = exact.onsager(T + step)
    here = exact.onsager(T)
    # e = d(f/T)/d(1/T) = -T² d(f/T)/dT, C = de/dT; the stencil is of fourth order
    assert here.energy == pytest.approx(
        -(T**2) * (stencil @ (near.free_energy / (T + step))), abs=2e-7
    )
    assert here.specific_heat == pytest.approx(stencil @ near.energy, abs=1e-5)


def test_onsager_in_the_limits() -> None:
    cold, hot = exact.onsager([0.05, 1e-4]), exact.onsager([1e6, 1e100])
    assert np.all(cold.energy == -2)
    assert np.all(cold.free_energy == -2)
    assert np.all(cold.magnetization == 1)
    # the first excitation flips one spin for 8J: C = 64 K² exp(-8K) (1 + O(exp(-4K)))
    assert exact.onsager(0.2).specific_heat == pytest.approx(64 * 25 * math.exp(-40), rel=1e-7)
    np.testing.assert_allclose(hot.energy, [-2e-6, -2e-100], rtol=1e-11)
    np.testing.assert_allclose(hot.specific_heat, [2e-12, 2e-200], rtol=1e-10)
    np.testing.assert_allclose(hot.free_energy, -math.log(2) * np.array([1e6, 1e100]), rtol=1e-11)


def test_onsager_scales_with_the_coupling() -> None:
    unit, strong, mirror = exact.onsager(2.0), exact.onsager(5.0, 2.5), exact.onsager(5.0, -2.5)
    assert strong.energy == pytest.approx(2.5 * unit.energy)
    assert strong.free_energy == pytest.approx(2.5 * unit.free_energy)
    assert strong.specific_heat == pytest.approx(unit.specific_heat)
    assert strong.magnetization == pytest.approx(unit.magnetization)
    assert mirror.energy == strong.energy
    assert mirror.magnetization == 0


def test_shapes_follow_the_temperature() -> None:
    for result in (exact.onsager([[1.0, 2.0, 3.0]]), exact.ising_2d(4, [[1.0, 2.0, 3.0]])):
        assert all(np.shape(field) == (1, 3) for field in result)
    for result in (exact.onsager(2), exact.ising_2d(4, 2)):
        assert all(isinstance(field, float) for field in result)


# --- ising_2d ------------------------------------------------------------------------------------


@pytest.mark.parametrize("J", [1.0, -1.0, 2.5])
def test_torus_of_sixteen(J: float) -> None:
    beta = np.array(list(KAUFMAN_16))
    torus = exact.ising_2d(16, abs(J) / beta, J)
    expected = abs(J) * np.array(list(KAUFMAN_16.values()))
    np.testing.assert_allclose(torus.free_energy, expected, rtol=0, atol=abs(J) * 5.01e-9)


SHAPES = [(2, 2), (2, 4), (4, 2), (3, 3), (2, 3), (3, 5), (4, 4)]


BOTH_SIGNS = [(s, J) for s in SHAPES for J in (1.0, -1.0) if J > 0 or (s[0] % 2 == s[1] % 2 == 0)]


@pytest.mark.one_in(2)
@pytest.mark.parametrize(("shape", "J"), BOTH_SIGNS)
def test_torus_by_enumeration(shape: tuple[int, int], J: float) -> None:
    for T in (0.05, 0.3, 1.0, 2.0, 2.2691, T_C, 3.0, 10.0, 1e4):
        torus = exact.ising_2d(shape, T, J)
        summed = exact.enumerate(Lattice(shape, J, 0.0), T)
        assert torus.log_partition == pytest.approx(summed.log_partition, rel=1e-13)
        assert torus.energy == pytest.approx(summed.energy, abs=1e-12)
        assert torus.specific_heat == pytest.approx(summed.specific_heat, abs=1e-12)


@pytest.mark.parametrize("T", [1.0, 2.0, 2.25, T_C, 2.3, 5.0])
@pytest.mark.parametrize("shape", [(64, 64), (31, 17), (1024, 1024)])
def test_torus_derivatives(shape: tuple[int, int], T: float) -> None:
    h = 3e-2 / max(shape) * T  # the functions of T vary over 1/L near T_c
    step = np.array([-3, -2, -1, 1, 2, 3]) * h
    stencil = np.array([-1, 9, -45, 45, -9, 1]) / (60 * h)
    near, here = exact.ising_2d(shape, T + step), exact.ising_2d(shape, T)
    energy = -(T**2) * (stencil @ (near.free_energy / (T + step)))
    assert here.energy_per_spin == pytest.approx(energy, abs=1e-9)
    assert here.specific_heat == pytest.approx(stencil @ near.energy_per_spin, abs=1e-7)


def test_torus_does_not_care_which_side_is_which() -> None:
    T = np.array([0.4, 1.5, 2.2, T_C, 2.4, 7.0])
    for one, other in zip(exact.ising_2d((6, 90), T), exact.ising_2d((90, 6), T), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12)


def test_torus_is_smooth_through_the_critical_point() -> None:
    # The formulas change branch at T_c; the lattice does not.
    T = T_C * (1 + np.array([-1e-13, 0, 1e-13]))
    for field in exact.ising_2d(256, T):
        np.testing.assert_allclose(field, field[1], rtol=1e-10)


def test_torus_grows_into_the_infinite_lattice() -> None:
    T = np.array([1.0, 2.0, 2.6, 5.0])
    torus, bulk = exact.ising_2d(1024, T), exact.onsager(T)
    np.testing.assert_allclose(torus.energy_per_spin, bulk.energy, atol=1e-12)
    np.testing.assert_allclose(torus.specific_heat, bulk.specific_heat, atol=1e-12)
    # two ordered phases below T_c
    phases = np.where(T < T_C, math.log(2), 0) / 1024**2
    np.testing.assert_allclose(torus.free_energy, bulk.free_energy - T * phases, atol=1e-13)


def test_torus_at_extreme_temperatures_and_sizes() -> None:
    T = np.array([1e-4, 1e-2, 1e6, 1e200])
    torus = exact.ising_2d((4096, 2), T)
    assert all(np.all(np.isfinite(field)) for field in torus)
    n_spins = 8192
    assert torus.energy[0] == -2 * n_spins
    assert torus.log_partition[0] == pytest.approx(2 * n_spins / 1e-4)
    assert torus.log_partition[3] == pytest.approx(n_spins * math.log(2))
    free = exact.ising_2d(8, 2.0, J=0.0)
    assert free.log_partition == pytest.approx(64 * math.log(2), rel=1e-14)
    assert free.energy == 0


# --- transfer_matrix -----------------------------------------------------------------------------


@pytest.mark.one_in(5)
@pytest.mark.parametrize("h", [0.0, 0.3, -1.1])
@pytest.mark.parametrize("J", [1.0, -0.7])
@pytest.mark.parametrize("shape", SHAPES)
def test_transfer_matrix_by_enumeration(shape: tuple[int, int], J: float, h: float) -> None:
    for T in (0.2, 1.0, 2.5, 50.0):
        strip = exact.transfer_matrix(*shape, T, J, h)
        summed = exact.enumerate(Lattice(shape, J, h), T)
        assert strip.log_partition == pytest.approx(summed.log_partition, rel=1e-13)
        assert strip.energy == pytest.approx(summed.energy, abs=1e-11)
        assert strip.energy_per_spin == strip.energy / summed.first_moments.size
        assert strip.magnetization == pytest.approx(summed.magnetization, abs=1e-12)


def test_transfer_matrix_is_the_torus_without_field() -> None:
    for T in (1.0, T_C, 4.0):
        torus = exact.ising_2d((8, 1000), T)
        for strip in (exact.transfer_matrix(8, 1000, T), exact.transfer_matrix(1000, 8, T)):
            assert strip.log_partition == pytest.approx(torus.log_partition, rel=1e-13)
            assert strip.energy == pytest.approx(torus.energy, rel=1e-11)


# --- enumerate -----------------------------------------------------------------------------------


def test_enumerate_moments() -> None:
    """Every moment of a small lattice, each summed state by state."""
    model = Lattice((2, 3), 0.8, 0.25)
    states = np.array(list(itertools.product([-1, 1], repeat=6)), dtype=np.int8)
    energy = model.energy(states.reshape(-1, 2, 3))
    p = np.exp(-energy / 1.7)
    log_z = math.log(p.sum())
    p /= p.sum()
    m = states.mean(axis=1)
    found = exact.enumerate(model, 1.7)
    assert found.log_partition == pytest.approx(log_z, rel=1e-14)
    assert found.energy == pytest.approx(p @ energy)
    assert found.energy_variance == pytest.approx(p @ (energy - p @ energy) ** 2)
    assert found.specific_heat == pytest.approx(found.energy_variance / (6 * 1.7**2))
    assert found.magnetization == pytest.approx(p @ m)
    assert found.abs_magnetization == pytest.approx(p @ np.abs(m))
    assert found.magnetization_2 == pytest.approx(p @ m**2)
    assert found.magnetization_4 == pytest.approx(p @ m**4)
    np.testing.assert_allclose(found.first_moments, p @ states)
    np.testing.assert_allclose(found.second_moments, (p[:, None] * states).T @ states)


class Fields:
    """Free spins in site-dependent fields: every moment is a product of tanh."""

    def __init__(self, fields: npt.NDArray[np.float64]) -> None:
        self.fields, self.n_spins, self.shape = fields, fields.size, fields.shape

    def energy(self, spins: npt.NDArray[np.int8]) -> npt.NDArray[np.float64]:
        return -(spins @ self.fields)


@pytest.mark.parametrize("n", [1, 14, 15, 18])
def test_enumerate_in_several_blocks(n: int) -> None:
    # The ground state comes first, last or in between: the running minimum has to follow.
    fields = np.linspace(-0.5, 1.0, n)
    found = exact.enumerate(Fields(fields), 0.6)
    mean = np.tanh(fields / 0.6)
    assert found.log_partition == pytest.approx(np.log(2 * np.cosh(fields / 0.6)).sum())
    assert found.energy == pytest.approx(-(fields @ mean))
    assert found.energy_variance == pytest.approx(fields**2 @ (1 - mean**2))
    np.testing.assert_allclose(found.first_moments, mean)
    expected = np.outer(mean, mean)
    np.fill_diagonal(expected, 1)
    np.testing.assert_allclose(found.second_moments, expected)


# --- bad input -----------------------------------------------------------------------------------


@pytest.mark.parametrize("T", [0.0, -1.0, math.nan, math.inf, [1.0, 0.0]])
def test_bad_temperatures(T: float | list[float]) -> None:
    for call in (lambda: exact.onsager(T), lambda: exact.ising_2d(4, T)):
        with pytest.raises(ValueError, match=r"^T: got .*allowed: finite numbers > 0"):
            call()
    if not isinstance(T, list):
        with pytest.raises(ValueError, match=r"^T: got"):
            exact.transfer_matrix(4, 4, T)
        with pytest.raises(ValueError, match=r"^temperature: got"):
            exact.enumerate(Lattice((2, 2), 1.0, 0.0), T)


def test_bad_types() -> None:
    with pytest.raises(TypeError, match=r"^T: got '2'"):
        exact.onsager("2")
    with pytest.raises(TypeError, match=r"^L: got 4.0"):
        exact.ising_2d(4.0, 2.0)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"^rows: got True"):
        exact.transfer_matrix(True, 4, 2.0)


def test_bad_values() -> None:
    with pytest.raises(ValueError, match=r"^J: got 0"):
        exact.onsager(2.0, 0.0)
    with pytest.raises(ValueError, match=r"^L: got 1"):
        exact.ising_2d(1, 2.0)
    with pytest.raises(ValueError, match=r"^L: got \(2, 2, 2\)"):
        exact.ising_2d((2, 2, 2), 2.0)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="even sides"):
        exact.ising_2d((4, 5), 2.0, J=-1.0)
    with pytest.raises(ValueError, match="at most 12"):
        exact.transfer_matrix(13, 13, 2.0)
    with pytest.raises(ValueError, match="1 to 24 spins"):
        exact.enumerate(Lattice((5, 5), 1.0, 0.0), 2.0)
