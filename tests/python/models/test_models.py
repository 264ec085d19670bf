"""The Ising model: its energy bond by bond, its state, and what it refuses."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import multispin as ms
from reference.energies import lattice_bonds, random_spins

if TYPE_CHECKING:
    from numpy.typing import NDArray


def energy_by_bonds(spins: NDArray[np.int8], J: float, h: float) -> float:
    """Energy of the bond up each axis of each site, in plain Python numbers."""
    bonds = sum(int(spins[site]) * int(spins[up]) for _, site, up in lattice_bonds(spins.shape))
    return -J * bonds - h * int(spins.sum(dtype=np.int64))


@given(
    shape=st.lists(st.integers(2, 4), min_size=1, max_size=4),
    J=st.floats(-10, 10),
    h=st.floats(-10, 10),
    seed=st.integers(0, 1000),
)
def test_energy_is_the_sum_over_bonds(shape: list[int], J: float, h: float, seed: int) -> None:
    model = ms.Ising(tuple(shape), J, h)
    spins = random_spins(model, (), seed)
    assert model.energy(spins) == energy_by_bonds(spins, J, h)


@pytest.mark.parametrize("shape", [(2,), (5,), (2, 3), (4, 3, 2), (2, 2, 3, 2)])
def test_edges_are_the_bonds_axis_by_axis(shape: tuple[int, ...]) -> None:
    model = ms.Ising(shape, J=-0.5)
    site = np.arange(model.n_spins).reshape(shape)
    assert model.edges.dtype == np.int64
    assert model.edges.tolist() == [[site[x], site[y]] for _, x, y in lattice_bonds(shape)]
    assert model.signs.dtype == np.int8
    assert model.signs.tolist() == [1] * len(model.edges)
    assert model.couplings.tolist() == [-0.5] * len(model.edges)
    assert (model.samples, model.one_magnitude) == (None, True)


def test_a_side_of_two_has_double_bonds() -> None:
    # 2 x 2: eight bonds, two between each pair of neighbours.
    model = ms.Ising((2, 2))
    assert model.energy(np.ones((2, 2))) == -8
    assert model.energy(np.array([[1, -1], [-1, 1]])) == 8
    assert model.energy(np.array([[1, 1], [1, -1]])) == 0
    assert ms.Ising((2, 4)).energy(np.array([[1, 1, -1, -1]] * 2)) == -8  # 4 down, 0 along


def test_many_configurations_at_once() -> None:
    model = ms.Ising((3, 4), J=0.7, h=-0.3)
    spins = np.random.default_rng(1).choice([-1, 1], (5, 2, 3, 4))
    energy = model.energy(spins)
    assert energy.shape == (5, 2)
    assert energy.dtype == np.float64
    assert model.energy(spins[0, 0]).shape == ()
    for index in np.ndindex(5, 2):
        assert energy[index] == model.energy(spins[index])
    assert model.energy(np.empty((0, 3, 4), dtype=np.int8)).shape == (0,)


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.int64, np.float32, np.float64])
def test_any_type_of_number(dtype: type) -> None:
    spins = np.array([[1, -1, 1], [1, 1, -1]])
    model = ms.Ising((2, 3), h=0.5)
    assert model.energy(spins.astype(dtype)) == energy_by_bonds(spins.astype(np.int8), 1.0, 0.5)
    assert model.energy(spins.tolist()) == model.energy(spins)


def test_small_types_do_not_overflow() -> None:
    assert ms.Ising((64, 64)).energy(np.ones((64, 64), dtype=np.int8)) == -8192


def test_what_a_model_knows() -> None:
    model = ms.Ising(np.array([4, 6]), J=np.float32(0.5), h=2)  # type: ignore[arg-type]
    assert (model.shape, model.J, model.h, model.n_spins) == ((4, 6), 0.5, 2.0, 24)
    assert [type(x) for x in (*model.shape, model.J, model.h)] == [int, int, float, float]
    assert repr(model) == "Ising((4, 6), J=0.5, h=2.0)"


def test_models_are_values() -> None:
    model = ms.Ising((4, 6), J=0.5)
    same = ms.Ising([4, 6], J=0.5, h=0.0)  # type: ignore[arg-type]
    assert model == same
    assert hash(model) == hash(same)
    for other in (ms.Ising((6, 4), J=0.5), ms.Ising((4, 6)), ms.Ising((4, 6), J=0.5, h=0.1), "x"):
        assert model != other
    assert eval(repr(model), {"Ising": ms.Ising}) == model


def test_a_model_comes_back_from_its_state() -> None:
    model = ms.Ising((4, 6, 2), J=-0.1, h=1e-300)
    meta, arrays = model.state()
    again = ms.models.from_state(json.loads(json.dumps(meta)), arrays)
    assert again == model
    assert repr(again) == repr(model)


def test_a_state_of_no_model() -> None:
    with pytest.raises(ValueError, match=r"^meta\['model'\]: got 'Potts', allowed: 'Ising', "):
        ms.models.from_state({"model": "Potts"}, {})


def test_one_set_of_couplings_has_no_samples() -> None:
    with pytest.raises(ValueError, match=r"^k: got 0, allowed: .* has one set of couplings"):
        ms.Ising((4, 4)).sample(0)


@pytest.mark.parametrize("name", ["shape", "J", "h", "n_spins"])
def test_a_model_does_not_change(name: str) -> None:
    with pytest.raises(AttributeError):
        setattr(ms.Ising((4, 4)), name, 3)


# --- refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("shape", "error"), [
    (4, TypeError), (None, TypeError), ("44", TypeError), (4.0, TypeError), ({4, 6}, TypeError),
    ((4.0, 4), TypeError), ((4, True), TypeError), ((4, None), TypeError), (("4", 4), TypeError),
    (np.array([4.0, 4.0]), TypeError),
    ((), ValueError), ((2, 2, 2, 2, 2), ValueError), (np.ones((4, 4)), ValueError),
    ((0, 4), ValueError), ((4, 1), ValueError), ((-4, 4), ValueError),
])  # fmt: skip
def test_wrong_shapes(shape: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"^shape: got .*, allowed: .*one to four integers >= 2"):
        ms.Ising(shape)


@pytest.mark.parametrize("name", ["J", "h"])
@pytest.mark.parametrize(("value", "error"), [
    (None, TypeError), ("1", TypeError), (True, TypeError), (1j, TypeError),
    (float("nan"), ValueError), (float("inf"), ValueError), (-float("inf"), ValueError),
    (10**400, ValueError),
])  # fmt: skip
def test_wrong_couplings(name: str, value: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=rf"^{name}: got .*, allowed: a finite number"):
        ms.Ising((4, 4), **{name: value})


@pytest.mark.parametrize("shape", [(4,), (4, 4), (6, 4), (3, 4, 5), ()])
def test_configurations_of_another_shape(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"^spins: got .*shape.*, allowed: \(\.\.\., 4, 6\)"):
        ms.Ising((4, 6)).energy(np.ones(shape))


@pytest.mark.parametrize("value", [0, 2, -2, 0.5, float("nan"), 257, "1", None, True, 1j])
def test_values_that_are_no_spins(value: Any) -> None:
    error = ValueError if isinstance(value, (int, float)) and value is not True else TypeError
    with pytest.raises(error, match=r"^spins: .*allowed: .*\+1 and -1"):
        ms.Ising((2, 2)).energy(np.full((2, 2), value))


@pytest.mark.parametrize(("shape", "more"), [(64, ()), (8, (8,)), (8, (8, 8)), (np.int64(8), ())])
def test_sides_without_parentheses(shape: Any, more: tuple[int, ...]) -> None:
    square = re.escape(f"({int(shape)}, {int(shape)}) for a square lattice, with parentheses")
    for kind in (ms.Ising, ms.EdwardsAnderson):
        with pytest.raises(TypeError, match=f"^shape: got .*{square}"):
            kind(shape, *more)


@pytest.mark.parametrize("sign", [1, -1])
def test_energies_of_the_largest_couplings_and_fields_are_finite(sign: int) -> None:
    up = np.ones((4, 6), dtype=np.int8)
    most = 0.999 * sys.float_info.max / 2
    J = most / 48  # the bonds
    ferro, glass = ms.Ising((4, 6), sign * J), ms.EdwardsAnderson((4, 6), seed=1, J=J)
    assert ferro.energy(up) == -sign * 48 * J
    assert np.isfinite(glass.energy(up))
    field = ms.Ising((4, 6), 0.0, sign * most / 24)
    assert np.isfinite(field.energy(up) - field.energy(-up))
    both = ms.Ising((4, 6), J / 2, sign * most / 48)
    assert np.isfinite(both.energy(up) - both.energy(-up))


@pytest.mark.parametrize(("name", "couplings"), [
    ("J", {"J": 1e308}), ("J", {"J": -1e307}), ("h", {"h": 1e308}), ("h", {"J": 1e306, "h": 3e306}),
])  # fmt: skip
def test_couplings_and_fields_in_which_energies_overflow(
    name: str, couplings: dict[str, float]
) -> None:
    with pytest.raises(ValueError, match=rf"^{name}: got .*, allowed: .*Σ\|J\|"):
        ms.Ising((4, 6), **couplings)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (ms.Ising((4, 4), J=-0.0), ms.Ising((4, 4), J=0.0)),
        (ms.Ising((4, 4), h=-0.0), ms.Ising((4, 4))),
        (ms.EdwardsAnderson((4, 4), seed=1, h=-0.0), ms.EdwardsAnderson((4, 4), seed=1)),
        (
            ms.Pairwise(np.ones((3, 3)) - np.eye(3), h=-0.0),
            ms.Pairwise(np.ones((3, 3)) - np.eye(3)),
        ),
    ],
    ids=repr,
)
def test_equal_models_are_written_alike(one: ms.Model, other: ms.Model) -> None:
    assert one == other
    assert repr(one) == repr(other)
    assert repr(one.state()) == repr(other.state())
