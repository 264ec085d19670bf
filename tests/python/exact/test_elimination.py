"""Sums one spin at a time against sums over all states, and against closed forms."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest

import multispin as ms
from multispin import exact
from multispin.exact import elimination
from multispin.models import Model, random_signs

EDGES = ms.graphs.random_regular(14, 4, seed=2)
REAL = np.random.default_rng(1).normal(size=len(EDGES))
FIELDS = np.random.default_rng(2).normal(size=16)

SMALL = [
    ms.EdwardsAnderson((2, 2, 2), seed=1),
    ms.EdwardsAnderson((2, 2, 3), seed=2, h=0.3),
    ms.EdwardsAnderson((3, 3, 2), seed=3, J=0.7, h=-0.2),
    ms.EdwardsAnderson((4, 4), seed=4, h=0.1),
    ms.Ising((5,), J=-1.0, h=0.4),
    ms.Ising((2, 2, 2, 2)),
    ms.Pairwise.from_edges(14, EDGES, REAL, h=0.2),
    ms.Pairwise.from_edges(16, ms.graphs.honeycomb((4, 4)), -1.0, h=0.5),
    ms.Pairwise.from_edges(7, [[0, 3], [5, 6]], h=-0.3),
    ms.Pairwise.from_edges(3, []),
    ms.Ising((2, 5), h=FIELDS[:10].reshape(2, 5)),
    ms.EdwardsAnderson((3, 2, 2), seed=3, J=0.7, h=FIELDS[:12].reshape(3, 2, 2)),
    ms.EdwardsAnderson((4, 3), seed=3, h=FIELDS[:12].reshape(4, 3), couplings="gaussian"),
    ms.SherringtonKirkpatrick(10, seed=2, h=FIELDS[:10]),
    ms.SherringtonKirkpatrick(9, seed=2, couplings="bimodal"),
    ms.Pairwise.from_edges(14, EDGES, REAL, h=FIELDS[:14].reshape(2, 7), shape=(2, 7)),
    ms.Pairwise.from_edges(5, [], h=FIELDS[:5]),
]


@pytest.mark.one_in(2)
@pytest.mark.parametrize("model", SMALL, ids=repr)
@pytest.mark.parametrize("T", [0.2, 1.1, 5.0])
def test_small_models_by_enumeration(model: Model, T: float) -> None:
    found, summed = exact.eliminate(model, T), exact.enumerate(model, T)
    assert found.log_partition == pytest.approx(summed.log_partition, rel=1e-13, abs=1e-12)
    assert found.energy == pytest.approx(summed.energy, rel=1e-12, abs=1e-12)
    assert found.energy_per_spin == found.energy / model.n_spins


@pytest.mark.parametrize("T", [0.5, 2.2691, 4.0])
def test_the_square_lattice_by_kaufman(T: float) -> None:
    found, torus = exact.eliminate(ms.Ising((7, 8)), T), exact.ising_2d((7, 8), T)
    assert found.log_partition == pytest.approx(float(torus.log_partition), rel=1e-13)
    assert found.energy == pytest.approx(float(torus.energy), rel=1e-12)


def test_a_strip_in_a_field_by_its_transfer_matrix() -> None:
    found, strip = (
        exact.eliminate(ms.Ising((4, 50), -0.7, 0.3), 1.3),
        exact.transfer_matrix(50, 4, 1.3, -0.7, 0.3),
    )
    assert found.log_partition == pytest.approx(strip.log_partition, rel=1e-13)
    assert found.energy == pytest.approx(strip.energy, rel=1e-12)


@pytest.mark.parametrize("T", [0.3, 1.0, 50.0])
def test_a_random_chain_in_closed_form(T: float) -> None:
    # Z = 2 cosh(K)^N (1 + product of signs times tanh(K)^N) 2^(N - 1), without a field
    n = 30
    model = ms.EdwardsAnderson((n,), seed=3)
    parity = int(np.prod(model.signs))
    log_z = n * math.log(2 * math.cosh(1 / T)) + math.log1p(parity * math.tanh(1 / T) ** n)
    assert exact.eliminate(model, T).log_partition == pytest.approx(log_z, rel=1e-13)


def test_spins_that_only_see_their_fields() -> None:
    # Z = product of 2 cosh(h_i / T), ⟨E⟩ = −Σ h_i tanh(h_i / T)
    T, found = 0.7, exact.eliminate(ms.Ising((4, 4), 0.0, FIELDS.reshape(4, 4)), 0.7)
    assert found.log_partition == pytest.approx(np.log(2 * np.cosh(FIELDS / T)).sum(), rel=1e-13)
    assert found.energy == pytest.approx(-(FIELDS * np.tanh(FIELDS / T)).sum(), rel=1e-12)


def test_weights_of_large_fields_do_not_overflow() -> None:
    found = exact.eliminate(ms.Pairwise.from_edges(2, [], h=[1000.0, -1500.0]), 1.0)
    assert (found.log_partition, found.energy) == (2500.0, -2500.0)


def test_a_model_of_somebody_else_whose_fields_do_not_fit() -> None:
    class Chain:
        n_spins, samples, h = 3, None, np.ones(4)
        edges, couplings = np.array([[0, 1], [1, 2]]), np.ones(2)

    with pytest.raises(ValueError, match=r"^model\.h: got '4 numbers', allowed: a finite number"):
        exact.eliminate(Chain(), 1.0)


def cubic_energy(model: ms.EdwardsAnderson, T: float) -> float:
    step = 1e-4
    above, below = (exact.eliminate(model, 1 / (1 / T + d)) for d in (step, -step))
    return (below.log_partition - above.log_partition) / (2 * step)


def test_a_cube_of_27_spins() -> None:
    """Beyond enumeration: the energy is the derivative of ln Z, and gauges change nothing."""
    model = ms.EdwardsAnderson((3, 3, 3), seed=8)
    found = exact.eliminate(model, 1.1)
    assert found.energy == pytest.approx(cubic_energy(model, 1.1), abs=1e-6)
    gauge = random_signs(27, 5).reshape(3, 3, 3)
    around = [gauge * np.roll(gauge, -1, axis=axis) for axis in range(3)]
    turned = exact.eliminate(ms.EdwardsAnderson.from_bonds(model.bonds * np.array(around)), 1.1)
    assert turned.log_partition == pytest.approx(found.log_partition, rel=1e-13)
    assert turned.energy == pytest.approx(found.energy, rel=1e-12)


@pytest.mark.thorough
def test_a_cube_of_64_spins_at_high_temperature() -> None:
    """Z = 2^N cosh(K)^(3N) times the sum over closed graphs of products of v σ, v = tanh K.

    The shortest have 4 edges: 3N squares, and 48 loops around the sides of 4. Those of 6 edges are
    some thousands of either sign, a correction of about v² here.
    """
    T, model = 200.0, ms.EdwardsAnderson((4, 4, 4), seed=2)
    found = exact.eliminate(model, T)
    assert found.width <= 23
    bonds = model.bonds.astype(int)
    loops = sum(int(bonds[axis].prod(axis=axis).sum()) for axis in range(3))
    squares = sum(
        int((bonds[a] * np.roll(bonds[b], -1, a) * np.roll(bonds[a], -1, b) * bonds[b]).sum())
        for a, b in itertools.combinations(range(3), 2)
    )
    free = 64 * math.log(2) + 192 * math.log(math.cosh(1 / T))
    closed = (squares + loops) * math.tanh(1 / T) ** 4
    assert squares + loops == -18  # enough to be seen
    assert found.log_partition - free == pytest.approx(closed, rel=1e-3)


def test_low_temperatures() -> None:
    # two ground states of the ferromagnet; the glass's ground state by all states
    found = exact.eliminate(ms.Ising((3, 3, 3)), 0.5)
    assert found.energy == pytest.approx(-81 + 54 * 12 * math.exp(-24) / 2, abs=1e-9)
    assert found.log_partition == pytest.approx(162 + math.log(2) + 27 * math.exp(-24), rel=1e-13)
    with pytest.raises(ValueError, match=r"^temperature: got .*, allowed: a higher one"):
        exact.eliminate(ms.Ising((4, 4, 3)), 0.01)


def test_the_order_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    model = ms.EdwardsAnderson((3, 3, 2), seed=1, h=0.3)
    found = exact.eliminate(model, 1.0)
    monkeypatch.setattr(elimination, "_order", lambda _: np.random.default_rng(3).permutation(18))
    shuffled = exact.eliminate(model, 1.0)
    assert shuffled.width > found.width
    assert shuffled.log_partition == pytest.approx(found.log_partition, rel=1e-13)
    assert shuffled.energy == pytest.approx(found.energy, rel=1e-12)


@pytest.mark.parametrize(("shape", "width"), [
    ((40,), 3), ((9, 30), 19), ((3, 3, 8), 19), ((4, 4, 4), 23),
])  # fmt: skip
def test_frontiers_are_small(shape: tuple[int, ...], width: int) -> None:
    neighbours = elimination._neighbours(ms.Ising(shape))
    order = elimination._order(neighbours)
    assert sorted(order) == list(range(len(neighbours)))
    assert max(elimination._frontier_sizes(order, neighbours)) <= width


@pytest.mark.parametrize(("model", "T", "error", "message"), [
    (ms.Ising((6, 6, 6)), 1.0, ValueError, "model: got 'one with a wider .*at most 25 spins"),
    (ms.EdwardsAnderson((2, 2), samples=3), 1.0, ValueError, r"model: got .*model\.sample\(k\)"),
    (ms.Ising((4,)), 0.0, ValueError, "temperature: got 0.0"),
    (ms.Ising((4,)), "1", TypeError, "temperature: got '1'"),
])  # fmt: skip
def test_refusals(model: Model, T: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=f"^{message}"):
        exact.eliminate(model, T)


# --- state by state -------------------------------------------------------------------------------


@pytest.mark.parametrize("model", [
    ms.EdwardsAnderson((2, 2, 2), seed=1, h=0.2), ms.Ising((3, 3)), ms.Ising((2, 3), 1.0, -0.5),
    ms.Pairwise.from_edges(1, [], h=1.0),
])  # fmt: skip
def test_state_probabilities(model: Model) -> None:
    T, n = 0.8, model.n_spins
    found = exact.state_probabilities(model, T)
    log_z = exact.enumerate(model, T).log_partition
    assert found.shape == (2**n,)
    # itertools counts with the last bit fastest, the states' numbers with spin 0 fastest
    for number, reversed_bits in enumerate(itertools.product([-1, 1], repeat=n)):
        spins = np.array(reversed_bits[::-1]).reshape(model.shape)
        p = math.exp(-float(model.energy(spins)) / T - log_z)
        assert found[number] == pytest.approx(p, rel=1e-12)


def test_state_probabilities_at_low_temperature() -> None:
    found = exact.state_probabilities(ms.Ising((4, 4)), 0.01)
    assert found[0] == found[-1] == 0.5
    assert found.sum() == 1


@pytest.mark.parametrize("function", [exact.enumerate, exact.state_probabilities])
def test_samples_one_at_a_time(function: Any) -> None:
    model = ms.EdwardsAnderson((2, 3), seed=1, samples=2)
    with pytest.raises(ValueError, match=r"^model: got '2 disorder samples', .*model\.sample\(k\)"):
        function(model, 1.0)
    function(model.sample(1), 1.0)


def test_too_many_states() -> None:
    with pytest.raises(ValueError, match=r"^model\.n_spins: got 17, allowed: 1 to 16 spins"):
        exact.state_probabilities(ms.Ising((17,)), 1.0)
    with pytest.raises(ValueError, match=r"^model\.n_spins: got 25, allowed: 1 to 24 spins"):
        exact.enumerate(ms.Ising((5, 5)), 1.0)
