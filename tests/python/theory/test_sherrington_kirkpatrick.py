"""The Sherrington-Kirkpatrick glass in theory, against published numbers, limits and plain sums."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import trapezoid

import multispin as ms
from multispin.theory.sherrington_kirkpatrick import (
    de_almeida_thouless_field,
    parisi,
    replica_symmetric,
    semicircle,
)
from multispin.theory.sherrington_kirkpatrick._parisi import Functional

POINTS = [(0.3, 0.0), (0.5, 0.4), (0.8, -0.1), (1.5, 0.0), (2.0, 0.7), (0.05, 1.5), (1.0, 1e-4)]


# --- replica symmetry -----------------------------------------------------------------------------


@pytest.mark.parametrize(("T", "h"), POINTS)
def test_replica_symmetry_solves_its_equations(T: float, h: float) -> None:
    found = replica_symmetric(T, h)
    z = np.linspace(-10, 10, 400_001)
    weight = np.exp(-z * z / 2) / np.exp(-z * z / 2).sum()
    u = (h + math.sqrt(found.overlap) * z) / T
    q = found.overlap
    assert weight @ np.tanh(u) ** 2 == pytest.approx(q, abs=1e-12)
    assert weight @ np.tanh(u) == pytest.approx(found.magnetization, abs=1e-12)
    f = -((1 - q) ** 2) / (4 * T) - T * (weight @ np.logaddexp(u, -u))
    assert found.free_energy == pytest.approx(f, abs=1e-12)
    with np.errstate(over="ignore"):
        assert found.replicon == pytest.approx(1 - weight @ np.cosh(u) ** -4.0 / T**2, abs=1e-9)


@pytest.mark.parametrize(("T", "h"), POINTS)
def test_energies_are_derivatives_of_the_free_energy(T: float, h: float) -> None:
    found, d = replica_symmetric(T, h), 1e-4
    warm, cool = replica_symmetric(T * (1 + d), h), replica_symmetric(T * (1 - d), h)
    entropy = -(warm.free_energy - cool.free_energy) / (2 * d * T)
    assert found.entropy == pytest.approx(entropy, abs=1e-6)
    assert found.energy == pytest.approx(found.free_energy + T * found.entropy, abs=1e-12)
    up, down = replica_symmetric(T, h + 1e-5), replica_symmetric(T, h - 1e-5)
    m = -(up.free_energy - down.free_energy) / 2e-5
    assert found.magnetization == pytest.approx(m, abs=1e-6)


def test_without_a_field_it_is_a_paramagnet_above_one() -> None:
    for T in (1.0, 1.5, 1e6):
        found = replica_symmetric(T)
        assert found.overlap == found.magnetization == 0.0
        assert found.energy == pytest.approx(-0.5 / T)
        assert found.entropy == pytest.approx(math.log(2) - 0.25 / T**2)
    # Just below, q = 1 - T + …
    assert replica_symmetric(0.999).overlap == pytest.approx(1e-3, rel=1e-3)
    assert replica_symmetric(1 - 1e-6).overlap == pytest.approx(1e-6, rel=0.02)


def test_without_temperature_its_entropy_is_negative() -> None:
    found = replica_symmetric(1e-6)
    assert found.energy == pytest.approx(-math.sqrt(2 / math.pi), abs=1e-9)
    assert found.entropy == pytest.approx(-0.5 / math.pi, abs=1e-6)
    # 1 - q = T √(2/π)
    assert 1 - found.overlap == pytest.approx(1e-6 * math.sqrt(2 / math.pi), rel=1e-4)


def test_the_almeida_thouless_line() -> None:
    for T in (0.05, 0.3, 0.7, 0.95):
        h = de_almeida_thouless_field(T)
        assert replica_symmetric(T, h).replicon == pytest.approx(0, abs=1e-6)
        assert replica_symmetric(T, 0.9 * h).replicon < 0 < replica_symmetric(T, 1.1 * h).replicon
    assert de_almeida_thouless_field(1.0) == de_almeida_thouless_field(3.0) == 0.0
    # h² = 4/3 (1 - T)³ near the end, and Gaussian tails at T = 0.
    assert de_almeida_thouless_field(0.9999) == pytest.approx(math.sqrt(4 / 3) * 1e-6, rel=0.01)
    tail = math.sqrt(2 * math.log(4 / (3 * math.sqrt(2 * math.pi) * 1e-6)))
    assert de_almeida_thouless_field(1e-6) == pytest.approx(tail, rel=1e-4)


# --- Parisi ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("T", "energy"), [
    pytest.param(0.3, -0.7508, marks=pytest.mark.thorough), (0.4, -0.7351),
    pytest.param(0.6, -0.6800, marks=pytest.mark.thorough), (0.8, -0.5975),
])  # fmt: skip
def test_energies_of_six_steps(T: float, energy: float) -> None:
    assert parisi(T, steps=6).energy == pytest.approx(energy, abs=1e-4)


@pytest.mark.thorough
def test_the_ground_state() -> None:
    # -0.76321; f(T) falls below it as T³, and steps that are few stay below.
    found = parisi(0.05, steps=5)
    assert found.free_energy == pytest.approx(-0.76321, abs=5e-5)
    assert found.energy == pytest.approx(-0.7631, abs=1e-4)
    assert 0 < found.entropy < 0.01


def test_one_step_is_the_published_one() -> None:
    # At T → 0 one step has e = -0.7653 (Parisi 1980: -0.7652).
    found = parisi(0.1, steps=1)
    assert found.free_energy == pytest.approx(-0.7652, abs=2e-3)
    assert found.entropy < 0  # small, and still negative
    assert replica_symmetric(0.1).entropy < 5 * found.entropy


@pytest.mark.parametrize("h", [0.0, pytest.param(0.3, marks=pytest.mark.thorough)])
def test_steps_raise_the_free_energy(h: float) -> None:
    T = 0.4
    found = [parisi(T, h, steps).free_energy for steps in (1, 2, 3)]
    assert replica_symmetric(T, h).free_energy < found[0] < found[1] < found[2]
    assert found[2] - found[1] < 0.3 * (found[1] - found[0])


@pytest.mark.thorough
@pytest.mark.parametrize(("T", "h"), [(0.4, 0.0), (0.7, 0.0), (0.5, 0.2)])
def test_energies_are_derivatives_of_parisis_free_energy(T: float, h: float) -> None:
    found, d = parisi(T, h, 3), 1e-2
    warm, cool = parisi(T + d, h, 3), parisi(T - d, h, 3)
    assert found.entropy == pytest.approx((cool.free_energy - warm.free_energy) / (2 * d), abs=5e-4)
    if h:
        up, down = parisi(T, h + d, 3), parisi(T, h - d, 3)
        m = (down.free_energy - up.free_energy) / (2 * d)
        assert found.magnetization == pytest.approx(m, abs=5e-4)
        assert parisi(T, -h, 3).magnetization == pytest.approx(-found.magnetization)


def test_the_distribution_of_overlaps() -> None:
    T = 0.5
    found = parisi(T, steps=4)
    assert found.weight.sum() == pytest.approx(1)
    assert (found.weight > 0).all()
    assert (np.diff(found.overlap) > 0).all()
    assert found.overlap[0] == 0.0
    assert found.breakpoint == pytest.approx(np.cumsum(found.weight)[:-1])
    # In the glass without a field the susceptibility is that of its freezing, (1 - Σ w q)/T = 1.
    assert (1 - found.weight @ found.overlap) / T == pytest.approx(1, abs=5e-3)


def test_where_symmetry_holds_there_is_one_overlap() -> None:
    for T, h in ((1.2, 0.0), (1.0, 0.0), (0.5, 1.0)):
        found, alike = parisi(T, h), replica_symmetric(T, h)
        assert found.overlap.tolist() == [alike.overlap]
        assert found.weight.tolist() == [1.0]
        assert (found.energy, found.entropy) == (alike.energy, alike.entropy)


def test_near_the_transition_it_is_the_expansion() -> None:
    # With τ = 1 - T: q_max = τ + τ² - τ³ + …, and no sign of the grid.
    found = parisi(0.98, steps=3)
    assert found.overlap[-1] == pytest.approx(0.02 + 0.02**2, rel=0.05)
    assert found.entropy == pytest.approx(replica_symmetric(0.98).entropy, abs=1e-5)


@pytest.mark.parametrize(("T", "h"), [(0.5, 0.0), (0.3, 0.4), (0.9, 0.01)])
def test_gradients_are_those_of_differences(T: float, h: float) -> None:
    overlap = replica_symmetric(T, h).overlap
    functional = Functional(T, h, 3, overlap)
    y = functional.start(overlap)
    y = y + 0.1 * np.random.default_rng(1).normal(size=len(y))
    _, gradient = functional(y)
    steps = 1e-5 * np.eye(len(y))
    expected = [(functional(y + step)[0] - functional(y - step)[0]) / 2e-5 for step in steps]
    assert gradient == pytest.approx(expected, abs=1e-8)


def test_a_finer_grid_changes_nothing() -> None:
    for T, h in ((0.4, 0.0), (0.6, 0.2)):
        overlap = replica_symmetric(T, h).overlap
        coarse, fine = (Functional(T, h, 3, overlap, refined) for refined in (1, 3))
        y = coarse.start(overlap)
        assert coarse(y)[0] == pytest.approx(fine(y)[0], abs=1e-7)


# --- spectrum -------------------------------------------------------------------------------------


def test_the_semicircle() -> None:
    x = np.linspace(-2, 2, 400_001)
    density = semicircle(x)
    assert trapezoid(density, x) == pytest.approx(1, abs=1e-6)
    assert trapezoid(density * x**2, x) == pytest.approx(1, abs=1e-6)
    inside = abs(x) <= 1
    assert trapezoid(density[inside], x[inside]) == pytest.approx(0.6090, abs=1e-4)
    assert semicircle([[-5.0, 2.0]]).tolist() == [[0.0, 0.0]]


@pytest.mark.parametrize("couplings", ["gaussian", "bimodal"])
def test_couplings_have_that_spectrum(couplings: str) -> None:
    n = 400
    model = ms.SherringtonKirkpatrick(n, seed=3, couplings=couplings)
    eigenvalues = np.linalg.eigvalsh(ms.couplings.to_sparse(model).toarray())
    # Eigenvalues are rigid: shares of them deviate by less than a few over N.
    assert (abs(eigenvalues) < 1).mean() == pytest.approx(0.6090, abs=5 / n)
    assert abs(eigenvalues).max() == pytest.approx(2, abs=0.1)


# --- arguments ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("function", "arguments", "name"), [
    (replica_symmetric, (0.0,), "T"), (replica_symmetric, ("1",), "T"),
    (replica_symmetric, (1.0, 1e7), "h"), (de_almeida_thouless_field, (-1.0,), "T"),
    (parisi, (0.01,), "T"), (parisi, (0.5, math.nan), "h"), (parisi, (0.5, 0.0, 0), "steps"),
    (parisi, (0.5, 0.0, 11), "steps"), (semicircle, ("x",), "x"),
])  # fmt: skip
def test_wrong_arguments_are_named(function: object, arguments: object, name: str) -> None:
    with pytest.raises((TypeError, ValueError), match=f"^{name}: got .*, allowed: "):
        function(*arguments)  # type: ignore[operator, misc]
