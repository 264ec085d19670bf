"""Energies and overlaps of Gaussian glasses: that they agree in equilibrium, and only there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import multispin as ms
from multispin.analysis.equilibration import (
    GaussianIdentity,
    edwards_anderson_identity,
    sherrington_kirkpatrick_identity,
)

if TYPE_CHECKING:
    import xarray as xr

RNG = np.random.default_rng(3)


def of_sk(run: xr.Dataset) -> GaussianIdentity:
    energy = run.energy.transpose("sample", "temperature", "replica", "draw")
    overlap = run.overlap.transpose("sample", "temperature", "pair", "draw")
    return sherrington_kirkpatrick_identity(energy / run.n_spins, overlap, run.temperature)


def of_glass(run: xr.Dataset, neighbours: int, J: float = 1.0) -> GaussianIdentity:
    energy = run.energy.transpose("sample", "temperature", "replica", "draw")
    links = run.link_overlap.transpose("sample", "temperature", "pair", "draw")
    return edwards_anderson_identity(energy / run.n_spins, links, run.temperature, neighbours, J)


# --- exactly --------------------------------------------------------------------------------------


def exact_sides(model: Any, T: float) -> tuple[float, float, float]:
    """⟨e⟩, ⟨q²⟩ and ⟨q_link⟩ of one sample by sums over all states and pairs of them."""
    n = model.n_spins
    states = 2 * (np.arange(2**n)[:, None] >> np.arange(n) & 1) - 1
    energy = model.energy(states.reshape(-1, *model.shape).astype(np.int8))
    weight = np.exp(-(energy - energy.min()) / T)
    weight /= weight.sum()
    pairs = states.T @ (weight[:, None] * states)  # ⟨s_i s_j⟩
    i, j = model.edges.T
    return weight @ energy / n, (pairs**2).sum() / n**2, (pairs[i, j] ** 2).mean()


def test_the_identity_of_sk_by_enumeration() -> None:
    # Without thermal noise: 500 samples of 6 spins, difference within 4 errors (6e-5 of seeds).
    for T in (0.4, 1.5):
        model = ms.SherringtonKirkpatrick(6, seed=1, samples=500)
        sides = [exact_sides(model.sample(k), T) for k in range(500)]
        e, q2 = (np.array([one[side] for one in sides]) for side in (0, 1))
        found = sherrington_kirkpatrick_identity(e[:, None, None], np.sqrt(q2)[:, None, None], T, 4)
        assert found.equilibrated
        assert found.difference_error < 0.05


def test_the_identity_of_edwards_and_anderson_by_enumeration() -> None:
    for T in (0.7, 2.0):
        model = ms.EdwardsAnderson((3, 3), seed=1, J=1.3, samples=300, couplings="gaussian")
        sides = [exact_sides(model.sample(k), T) for k in range(300)]
        e, link = (np.array([one[side] for one in sides]) for side in (0, 2))
        arrays = e[:, None, None], link[:, None, None]
        found = edwards_anderson_identity(*arrays, T, neighbours=4, J=1.3, tolerance=4)
        assert found.equilibrated
        # Couplings of another size, or of another number, are seen.
        assert not edwards_anderson_identity(*arrays, T, neighbours=4, tolerance=4).equilibrated
        assert not edwards_anderson_identity(*arrays, T, 6, J=1.3, tolerance=4).equilibrated


def test_values_are_those_of_the_formula() -> None:
    energy, overlap = RNG.normal(size=(10, 2, 3, 8)), RNG.uniform(-1, 1, size=(10, 2, 1, 5))
    T = np.array([0.5, 2.0])
    found = sherrington_kirkpatrick_identity(energy, overlap, T)
    each = energy.mean(axis=(-2, -1)), -(1 - (overlap**2).mean(axis=(-2, -1))) / (2 * T)
    for value, error, x in (
        (found.energy, found.energy_error, each[0]),
        (found.from_overlap, found.from_overlap_error, each[1]),
        (found.difference, found.difference_error, each[0] - each[1]),
    ):
        np.testing.assert_allclose(value, x.mean(axis=0))
        np.testing.assert_allclose(error, x.std(axis=0, ddof=1) / np.sqrt(10))
    within = abs(found.difference) <= 3 * found.difference_error
    assert found.equilibrated.tolist() == within.tolist()


def test_sides_without_noise_are_compared_as_they_are() -> None:
    flat = np.ones((3, 1, 4))
    assert sherrington_kirkpatrick_identity(-0.375 * flat, 0.5 * flat, 1.0).equilibrated
    assert not sherrington_kirkpatrick_identity(-0.374 * flat, 0.5 * flat, 1.0).equilibrated


# --- of runs --------------------------------------------------------------------------------------


@pytest.mark.thorough
@pytest.mark.parametrize("n", [16, 64])
def test_tempered_sk_agrees_at_all_temperatures(n: int) -> None:
    # Ladders tie temperatures together: at most a few of these are independent, and each is beyond
    # 3 errors in 0.3 % of all seeds.
    model = ms.SherringtonKirkpatrick(n, seed=n, samples=200)
    run = ms.temper(
        model, np.geomspace(0.3, 1.6, 10), 200, 2, thermalization=200, interval=4, seed=1
    )
    found = of_sk(run)
    assert found.equilibrated.all()
    # It says something: energies change by more than errors from one temperature to the next.
    assert (found.difference_error < 0.03).all()


def test_a_tempered_glass_agrees_and_one_cut_short_does_not() -> None:
    model = ms.EdwardsAnderson((4, 4, 4), seed=3, samples=100, couplings="gaussian")
    T = np.geomspace(0.9, 2.2, 6)
    long = of_glass(ms.temper(model, T, 160, thermalization=160, interval=4, seed=1), 6)
    assert long.equilibrated.all()
    assert (long.difference_error < 0.05).all()
    short = of_glass(ms.temper(model, T, 3, thermalization=1, seed=1), 6)
    assert not short.equilibrated[0]
    assert (short.difference[:4] > 5 * short.difference_error[:4]).all()
    # From above and below.
    assert short.energy[0] > long.energy[0]
    assert short.from_overlap[0] < long.from_overlap[0]


# --- arguments ------------------------------------------------------------------------------------

E, Q = RNG.normal(size=(3, 2, 4)), RNG.uniform(-1, 1, size=(3, 1, 4))


@pytest.mark.parametrize(("arguments", "name"), [
    ({"energy": E[:1]}, "energy"), ({"overlap": 2 * Q + 2}, "overlap"),
    ({"overlap": Q[:2]}, "overlap"), ({"overlap": Q[:, None]}, "overlap"), ({"temperature": [1.0, 2.0]}, "temperature"),
    ({"temperature": 0.0}, "temperature"), ({"temperature": 5e-324}, "temperature"),
    ({"tolerance": 0.0}, "tolerance"), ({"energy": E.astype(complex)}, "energy"),
])  # fmt: skip
def test_wrong_arguments_are_named(arguments: dict[str, Any], name: str) -> None:
    given = {"energy": E, "overlap": Q, "temperature": 1.0} | arguments
    with pytest.raises((TypeError, ValueError), match=f"^{name}: got .*, allowed: "):
        sherrington_kirkpatrick_identity(**given)


@pytest.mark.parametrize(("arguments", "name"), [
    ({"neighbours": 0}, "neighbours"), ({"J": -1.0}, "J"), ({"J": 1e200}, "J"),
    ({"link_overlap": 2 * Q + 2}, "link_overlap"),
])  # fmt: skip
def test_wrong_arguments_of_lattices_are_named(arguments: dict[str, Any], name: str) -> None:
    given = {"energy": E, "link_overlap": Q, "temperature": 1.0, "neighbours": 6} | arguments
    with pytest.raises((TypeError, ValueError), match=f"^{name}: got .*, allowed: "):
        edwards_anderson_identity(**given)
