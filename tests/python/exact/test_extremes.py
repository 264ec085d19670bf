"""The oracles at the ends of the numbers: the right limit, or a refusal that says the range."""

from __future__ import annotations

import math
import re
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import multispin as ms
from multispin import exact

if TYPE_CHECKING:
    from collections.abc import Callable

MOST, LEAST = sys.float_info.max, 5e-324
MODEL = ms.Ising((2, 3))  # 12 bonds, two ground states


def refused(name: str, call: Callable[[], object]) -> float:
    """Return the number that the message of a refusal says is allowed."""
    with pytest.raises(ValueError, match=rf"^{name}: got .*, allowed: ") as caught:
        call()
    found = re.search(r"(?:>=|to) ([0-9.e+-]+)[, ]", str(caught.value) + " ")
    return float(found[1]) if found else math.nan


# --- temperatures ---------------------------------------------------------------------------------


def test_states_are_ground_states_where_it_is_cold_and_alike_where_it_is_hot() -> None:
    cold = exact.state_probabilities(MODEL, LEAST)
    assert cold[0] == cold[-1] == 0.5
    assert cold.sum() == 1
    np.testing.assert_array_equal(exact.state_probabilities(MODEL, MOST), 1 / 64)


@pytest.mark.parametrize("T", [1e200, 1e308, MOST])
def test_sums_over_states_where_it_is_hot(T: float) -> None:
    found = exact.enumerate(MODEL, T)
    assert found.log_partition == pytest.approx(6 * math.log(2))
    assert found.energy == pytest.approx(0.0, abs=1e-12)
    # 9 pairs of neighbours, three of them with two bonds
    assert found.energy_variance == pytest.approx(6 * 1 + 3 * 4)
    assert found.specific_heat == 0.0
    eliminated = exact.eliminate(MODEL, T)
    assert eliminated.log_partition == pytest.approx(6 * math.log(2))
    assert eliminated.energy == pytest.approx(0.0, abs=1e-12)


def test_sums_over_states_where_it_is_cold() -> None:
    least = refused("temperature", lambda: exact.enumerate(MODEL, LEAST))
    found = exact.enumerate(MODEL, 1.01 * least)
    assert found.log_partition == pytest.approx(12 / (1.01 * least))
    assert (found.energy, found.energy_variance, found.specific_heat) == (-12.0, 0.0, 0.0)
    assert (found.magnetization, found.abs_magnetization) == (0.0, 1.0)


@pytest.mark.parametrize("solve", [exact.onsager, lambda T: exact.ising_2d((4, 6), T)])
def test_square_lattices_where_it_is_cold_and_hot(solve: Callable[[Any], Any]) -> None:
    least = refused("T", lambda: solve([1.0, LEAST]))
    cold, hot = solve(1.01 * least), solve(MOST)
    for name in cold._fields:
        assert np.isfinite(getattr(cold, name))
        assert np.isfinite(getattr(hot, name))
    assert cold.energy_per_spin == -2.0
    assert cold.free_energy == pytest.approx(-2.0, rel=1e-15)
    assert abs(cold.specific_heat) < 1e-100
    assert hot.energy_per_spin == pytest.approx(0.0, abs=1e-12)
    assert hot.free_energy == pytest.approx(-MOST * math.log(2))


def test_a_transfer_matrix_where_it_is_cold_and_hot() -> None:
    hot = exact.transfer_matrix(4, 3, MOST)
    assert hot.log_partition == pytest.approx(12 * math.log(2))
    cold = exact.transfer_matrix(4, 3, 1e-300, h=0.5)
    assert (cold.energy, cold.magnetization) == (-30.0, 1.0)
    refused("T", lambda: exact.transfer_matrix(4, 3, LEAST))
    # Around a ring of 5 rows some bond has to be broken, and its weight vanishes.
    ring = exact.transfer_matrix(5, 2, 0.1, J=-1.0)
    assert ring.energy == pytest.approx(-(20 - 4))
    refused("T", lambda: exact.transfer_matrix(5, 2, 1e-3, J=-1.0))


def test_an_elimination_where_it_is_cold() -> None:
    least = refused("temperature", lambda: exact.eliminate(ms.Ising((2,), J=0.0), LEAST))
    free = exact.eliminate(ms.Ising((2,), J=0.0), 1.01 * least)
    assert free.log_partition == pytest.approx(2 * math.log(2))
    refused("temperature", lambda: exact.eliminate(ms.Ising((4,)), 1e-300))


# --- couplings ------------------------------------------------------------------------------------


@pytest.mark.parametrize("J", [1e-150, 1e-100, 1e100, 1e150])
def test_the_unit_of_energy_does_not_matter(J: float) -> None:
    one, other = exact.enumerate(MODEL, 2.0), exact.enumerate(ms.Ising((2, 3), J), 2.0 * J)
    assert other.specific_heat == pytest.approx(one.specific_heat)
    assert other.energy == pytest.approx(one.energy * J)
    assert other.energy_variance == pytest.approx(one.energy_variance * J * J)
    assert other.log_partition == pytest.approx(one.log_partition)


def test_energies_whose_variance_overflows() -> None:
    huge = ms.Ising((2, 3), 1e200)
    refused("model", lambda: exact.enumerate(huge, 1e200))
    assert exact.enumerate(huge, 1.0).energy == -12e200  # the ground states alone have a weight
    hot = exact.state_probabilities(huge, 2e200)
    np.testing.assert_allclose(hot, exact.state_probabilities(MODEL, 2.0))


@pytest.mark.parametrize(("name", "solve"), [
    ("J", lambda J: exact.onsager(1e306, J)),
    ("J", lambda J: exact.ising_2d((4, 6), 1e306, J)),
    ("J", lambda J: exact.transfer_matrix(4, 3, 1e306, J)),
    ("h", lambda h: exact.transfer_matrix(4, 3, 1e306, 0.0, h)),
])  # fmt: skip
def test_the_largest_couplings_and_fields(name: str, solve: Callable[[float], Any]) -> None:
    most = refused(name, lambda: solve(MOST))
    found = solve(0.99 * most)
    assert all(np.isfinite(value) for value in found)
    refused(name, lambda: solve(-1.01 * most))


# --- models ---------------------------------------------------------------------------------------


class Odd:
    """What `enumerate` asks of a model, with energies of any kind."""

    n_spins, shape = 2, (2,)

    def __init__(self, energies: Any, n_spins: Any = 2) -> None:
        self.energies, self.n_spins = energies, n_spins

    def energy(self, _spins: Any) -> Any:
        return self.energies


@pytest.mark.parametrize(("energies", "error"), [
    (None, TypeError), ("x", TypeError), ([1j] * 4, TypeError), ([0.0] * 3, ValueError),
    (0.0, ValueError), ([math.nan] * 4, ValueError), ([1e308, -1e308, 0.0, 0.0], ValueError),
])  # fmt: skip
@pytest.mark.parametrize("function", [exact.enumerate, exact.state_probabilities])
def test_energies_that_are_none(function: Any, energies: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"^model\.energy\(spins\): got .*, allowed: finite energies"):
        function(Odd(energies), 1.0)


@pytest.mark.parametrize("model", [None, 3, "x", ms.Ising, np.ones((2, 2)), object()])
@pytest.mark.parametrize("function", [exact.enumerate, exact.state_probabilities, exact.eliminate])
def test_what_is_no_model(function: Any, model: Any) -> None:
    with pytest.raises(TypeError, match=r"^model: got .*, allowed: a model of multispin"):
        function(model, 1.0)


@pytest.mark.parametrize(("n_spins", "error"), [(3, ValueError), (2.0, TypeError), (0, ValueError)])
def test_numbers_of_spins_that_do_not_fit(n_spins: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"^model\.(n_spins|shape): got "):
        exact.enumerate(Odd([0.0] * 4, n_spins), 1.0)


def test_a_graph_that_is_far_too_large_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match=r"^model: got 'one with a wider frontier'"):
        exact.eliminate(ms.Ising((128, 128)), 1.0)
