"""Mean field, the Bethe lattice and the chain: against sums over states, derivatives, and runs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pytest

import multispin as ms
from multispin.analysis.summary import summarize
from multispin.theory import bethe, curie_weiss

if TYPE_CHECKING:
    from collections.abc import Callable

Array = npt.NDArray[np.float64]
T = np.array([0.35, 0.8, 1.3, 2.0, 3.1, 6.0])
#: Each as a function of the temperature and the field.
SOLUTIONS: dict[str, Callable[[Any, float], Any]] = {
    "curie_weiss": curie_weiss.solution,
    "curie_weiss, J=1.7": lambda T, h: curie_weiss.solution(T, h, 1.7),
    "bethe, z=3": lambda T, h: bethe.solution(T, 3, h),
    "bethe, z=4, J=0.6": lambda T, h: bethe.solution(T, 4, h, 0.6),
    "chain": lambda T, h: ms.exact.chain(T, 1.0, h),
    "chain, J=-0.7": lambda T, h: ms.exact.chain(T, -0.7, h),
}


@pytest.mark.parametrize("name", SOLUTIONS)
@pytest.mark.parametrize("h", [0.0, 0.3, -0.2])
def test_all_are_derivatives_of_the_free_energy(name: str, h: float) -> None:
    of, d = SOLUTIONS[name], 1e-5
    there = of(T, h)

    def slope(what: str) -> Array:
        return np.asarray((getattr(of(T + d, h), what) - getattr(of(T - d, h), what)) / (2 * d))

    assert there.energy == pytest.approx(there.free_energy - T * slope("free_energy"), abs=1e-7)
    assert there.specific_heat == pytest.approx(slope("energy"), abs=1e-7)
    if h != 0.0:
        up, down = of(T, h + d), of(T, h - d)
        m = -(up.free_energy - down.free_energy) / (2 * d)
        assert there.magnetization == pytest.approx(m, abs=1e-8)
        response = (up.magnetization - down.magnetization) / (2 * d)
        assert there.susceptibility == pytest.approx(response, rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("h", [0.0, 0.3, -0.2])
def test_the_bethe_lattice_of_two_neighbours_is_the_chain(h: float) -> None:
    for one, other in zip(bethe.solution(T, 2, h), ms.exact.chain(T, 1.0, h), strict=True):
        assert one == pytest.approx(other, rel=1e-12)


@pytest.mark.parametrize(("J", "h"), [(1.0, 0.0), (1.0, 0.4), (-1.0, 0.4), (0.0, -0.5)])
def test_the_chain_is_the_limit_of_rings(J: float, h: float) -> None:
    # Of 60 spins, with corrections (λ₂/λ₁)⁶⁰ < 1e-8.
    ring = ms.exact.eliminate(ms.Pairwise.from_edges(60, ms.graphs.hypercubic((60,)), J, h), 2.5)
    found = ms.exact.chain(2.5, J, h)
    assert found.energy_per_spin == pytest.approx(ring.energy / 60, rel=1e-7, abs=1e-12)
    assert -found.free_energy / 2.5 == pytest.approx(ring.log_partition / 60, rel=1e-8)


def test_the_chain_without_a_field_in_closed_form() -> None:
    found = ms.exact.chain(T)
    assert found.energy == pytest.approx(-np.tanh(1 / T), rel=1e-14)
    assert found.specific_heat == pytest.approx((1 / T / np.cosh(1 / T)) ** 2, rel=1e-13)
    assert found.susceptibility == pytest.approx(np.exp(2 / T) / T, rel=1e-13)


def test_curie_weiss_of_few_spins_is_the_sum_over_states() -> None:
    n = 9
    for h in (0.0, 0.2):
        model = ms.Pairwise(1.3 * (np.ones((n, n)) - np.eye(n)) / n, h=h)
        found = curie_weiss.finite(n, [0.7, 1.5], h, 1.3)
        for k, t in enumerate((0.7, 1.5)):
            exact = ms.exact.enumerate(model, t)
            two, four = exact.magnetization_2, exact.magnetization_4
            size = exact.abs_magnetization
            for name, value in {
                "energy": exact.energy / n,
                "specific_heat": exact.specific_heat,
                "magnetization": exact.magnetization,
                "abs_magnetization": size,
                "magnetization_2": two,
                "magnetization_4": four,
                "susceptibility": n * (two - size**2) / t,
                "binder_cumulant": 1 - four / (3 * two**2),
                "free_energy": -t * exact.log_partition / n,
            }.items():
                assert getattr(found, name)[k] == pytest.approx(value, rel=1e-10, abs=1e-13), name


def test_curie_weiss_of_many_spins_tends_to_the_solution() -> None:
    for t, h in ((0.6, 0.0), (1.5, 0.0), (0.9, 0.2)):
        limit = curie_weiss.solution(t, h)
        errors = []
        for n in (1000, 10_000, 100_000):
            found = curie_weiss.finite(n, t, h)
            errors.append(abs(found.energy - limit.energy))
            assert found.abs_magnetization == pytest.approx(limit.magnetization, abs=2 / n**0.5)
        assert errors[1] < errors[0] / 5 + 1e-12
        assert errors[2] < 1e-4


def test_curie_weiss_orders_below_one() -> None:
    near = curie_weiss.solution(np.array([1 - 1e-6, 1.0, 1 + 1e-6]))
    assert near.magnetization == pytest.approx([math.sqrt(3e-6), 0.0, 0.0], rel=1e-3)
    assert near.specific_heat == pytest.approx([1.5, 0.0, 0.0], abs=1e-4)
    assert np.isinf(near.susceptibility[1])


@pytest.mark.parametrize("z", [3, 4, 6, 1000])
def test_the_bethe_lattice_orders_below_its_critical_temperature(z: int) -> None:
    critical = bethe.critical_temperature(z, 2.0)
    assert critical == pytest.approx(4 / math.log(z / (z - 2)), rel=1e-10)
    m = bethe.solution(critical * np.array([1 - 1e-4, 1 + 1e-4]), z, J=2.0).magnetization
    assert 0.01 < m[0] < 0.03
    assert m[1] == 0.0
    assert bethe.critical_temperature(2) == 0.0


def test_with_many_neighbours_the_bethe_lattice_is_mean_field() -> None:
    z = 10**6
    for one, other in zip(
        bethe.solution(T, z, 0.1, 1 / z), curie_weiss.solution(T, 0.1), strict=True
    ):
        assert one == pytest.approx(other, rel=1e-4, abs=1e-4)


@pytest.mark.thorough
@pytest.mark.parametrize("t", [1.5, 2.5])
def test_a_random_regular_graph_has_energies_of_the_bethe_lattice(t: float) -> None:
    # 5.5 standard errors, and corrections of a graph of 20,000 sites, with its few loops.
    model = ms.Pairwise.from_edges(20_000, ms.graphs.random_regular(20_000, 3, seed=1), 1.0)
    run = ms.simulate(model, t, 600, 200, replicas=8, init="up", seed=1)
    found, theory = summarize(run), bethe.solution(t, 3)
    error = found.energy_per_spin_error.item()
    assert abs(found.energy_per_spin.item() - theory.energy) < 5.5 * error + 5e-4
    if t < bethe.critical_temperature(3):
        assert found.abs_magnetization.item() == pytest.approx(
            float(theory.magnetization), abs=2e-3
        )


def test_extremes_are_what_they_have_to_be() -> None:
    cold = np.array([1e-11, 1e-3])
    for of in (lambda t: bethe.solution(t, 4), curie_weiss.solution):
        found = of(cold)
        ground = -2.0 if of is not curie_weiss.solution else -0.5
        assert found.energy == pytest.approx([ground, ground])
        assert found.magnetization == pytest.approx([1.0, 1.0])
        assert found.specific_heat == pytest.approx([0.0, 0.0])
        assert found.susceptibility == pytest.approx([0.0, 0.0])
    hot = bethe.solution(1e300, 4)
    assert hot.energy == pytest.approx(0.0)
    frozen = ms.exact.chain(cold, 1.0, 0.1)
    assert frozen.energy == pytest.approx([-1.1, -1.1])
    assert frozen.magnetization == pytest.approx([1.0, 1.0])
    assert ms.exact.chain(cold, -1.0, 0.5).magnetization == pytest.approx([0.0, 0.0])


@pytest.mark.parametrize(("call", "message"), [
    (lambda: curie_weiss.solution(0.0), "T: got 0.0"),
    (lambda: curie_weiss.solution(1.0, J=-1.0), "J: got -1.0"),
    (lambda: curie_weiss.solution(1e-13), "T: got 1e-13, allowed: finite numbers >= 1e-12"),
    (lambda: curie_weiss.finite(0, 1.0), "n: got 0"),
    (lambda: bethe.solution(1.0, 1), "coordination: got 1"),
    (lambda: bethe.solution(1.0, 4, J=1e300), "J: got 1e[+]300"),
    (lambda: ms.exact.chain(1.0, h=math.inf), "h: got inf"),
    (lambda: ms.exact.chain(1e-13), "T: got 1e-13, allowed: finite numbers >= 1e-12"),
])  # fmt: skip
def test_what_is_refused(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
