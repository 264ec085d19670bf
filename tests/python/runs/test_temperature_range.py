"""Where an annealing begins and ends: against local fields of spins, and by what it is good for."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

import multispin as ms
from multispin.runs.temperature_range import common_unit

if TYPE_CHECKING:
    from multispin.models import SignedGraph

RNG = np.random.default_rng(7)

#: Of all kinds, with how many spins an annealing is to have excited in the end.
MODELS: dict[str, SignedGraph] = {
    "±J glass": ms.EdwardsAnderson((6, 6, 6), seed=1),
    "Gaussian glass": ms.EdwardsAnderson((6, 6, 6), seed=1, couplings="gaussian"),
    "Gaussian SK": ms.SherringtonKirkpatrick(200, seed=1),
    "bimodal SK": ms.SherringtonKirkpatrick(201, seed=1, couplings="bimodal"),
    "ferromagnet": ms.Ising((16, 16)),
    "max-cut": ms.Pairwise.from_edges(100, ms.graphs.random_regular(100, 5, seed=1), -1.0),
    "fields only": ms.Ising((10, 10), J=0.0, h=RNG.normal(size=(10, 10))),
    "random fields": ms.Ising((6, 6), h=RNG.normal(size=(6, 6))),
}


def local_fields(model: SignedGraph, spins: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    """h_i + Σ J_ij s_j of configurations (M, N)."""
    J = np.zeros((model.n_spins,) * 2)
    for (i, j), coupling in zip(model.edges, model.couplings, strict=True):
        J[i, j] += coupling
        J[j, i] += coupling
    return np.broadcast_to(np.ravel(model.h), model.n_spins) + spins @ J


@pytest.mark.parametrize("name", MODELS)
def test_the_hot_end_accepts_most_flips(name: str) -> None:
    model = MODELS[name]
    hot, cold = ms.temperature_range(model)
    assert 0 < cold < hot
    spins = RNG.choice([-1.0, 1.0], size=(200, model.n_spins))
    cost = 2 * spins * local_fields(model, spins)
    accepted = np.minimum(1, np.exp(-cost / hot)).mean(axis=0)
    assert accepted.mean() > 0.7
    assert accepted.min() > 0.6


@pytest.mark.parametrize("name", MODELS)
def test_in_the_end_nearly_nothing_is_excited(name: str) -> None:
    # What is left to gain by single flips in the last states of 64 replicas. The rule says 3 spins;
    # there are 17 in glasses of real couplings that were cooled fast, and at most 3 in others.
    model = MODELS[name]
    run = ms.anneal(model, sweeps_per_temperature=4, seed=2, final_states=True)
    spins = run.final_state.values.reshape(64, -1)
    excited = (spins * local_fields(model, spins) < -1e-9).sum()
    assert excited < 32


@pytest.mark.parametrize(("model", "gap"), [
    (ms.EdwardsAnderson((4, 4, 4), seed=1, J=3.0), 6.0),  # an even number of neighbours
    (ms.Pairwise.from_edges(20, ms.graphs.random_regular(20, 3, seed=1)), 1.0),  # an odd one
    (ms.Ising((4, 4), h=1.0), 1.0),
    (ms.Ising((4, 4), h=0.5), 0.5),
    (ms.Ising((4, 4), h=7.0), 3.0),
    (ms.Ising((4, 4), J=0.0, h=-2.0), 2.0),
    (ms.Pairwise.from_edges(3, [[0, 1], [1, 2]], [1e-3, 1.0]), None),
])  # fmt: skip
def test_gaps_are_those_of_all_states(model: SignedGraph, gap: float | None) -> None:
    n = model.n_spins
    few = n <= 16
    states = itertools.product((-1.0, 1.0), repeat=n) if few else RNG.choice([-1.0, 1.0], (4000, n))
    fields = np.abs(local_fields(model, np.array(list(states))))
    if gap is not None:  # at every site
        assert np.where(fields > 1e-9, fields, np.inf).min(axis=0) == pytest.approx(gap)
        # One spin of twenty systems is excited, or even fewer where small fields are rarer still.
        _, cold = ms.temperature_range(model)
        assert 0.999 < cold / (2 * gap / math.log(20 * n)) < 1.1
    else:
        _, cold = ms.temperature_range(model)
        assert cold < 1e-3


def test_the_smallest_coupling_of_many_does_not_matter() -> None:
    model = ms.SherringtonKirkpatrick(100, seed=1)
    J = ms.couplings.to_sparse(model).toarray()
    hot, cold = ms.temperature_range(model)
    assert cold == pytest.approx(0.316 / 10, rel=0.1)
    J[0, 1] = J[1, 0] = 1e-12
    assert ms.temperature_range(ms.Pairwise(J)) == pytest.approx((hot, cold), rel=0.02)


def test_sites_that_say_nothing_do_not_count() -> None:
    chain = [[0, 1], [1, 2], [2, 3]]
    bare = ms.temperature_range(ms.Pairwise.from_edges(4, chain))
    # Isolated sites add to N, but they cannot be excited.
    assert ms.temperature_range(ms.Pairwise.from_edges(9, chain)) == pytest.approx(bare, rel=0.01)
    # What is rounding beside the rest.
    faint = ms.Pairwise.from_edges(6, [*chain, [4, 5]], [1.0, 1.0, 1.0, 1e-15])
    assert ms.temperature_range(faint) == pytest.approx(bare, rel=0.01)
    # A site that is held by a huge field.
    h = np.array([0.0, 0.0, 0.0, 0.0, 1e5])
    held = ms.Pairwise.from_edges(5, [*chain, [3, 4]], h=h)
    assert ms.temperature_range(held)[0] == pytest.approx(bare[0], rel=0.5)


def test_penalties_heat_and_the_rest_cools() -> None:
    rest = ms.EdwardsAnderson((4, 4), seed=1)
    edges = np.concatenate([rest.edges, [[16, 17], [16, 18], [17, 18]]])
    couplings = np.concatenate([rest.couplings, [-1000.0] * 3])
    hot, cold = ms.temperature_range(ms.Pairwise.from_edges(19, edges, couplings))
    assert hot == pytest.approx(2000 * math.sqrt(2))
    assert cold == pytest.approx(ms.temperature_range(rest)[1], rel=0.05)


def test_of_samples_the_ends_count() -> None:
    model = ms.SherringtonKirkpatrick(50, seed=1, samples=5)
    each = [ms.temperature_range(model.sample(k)) for k in range(5)]
    assert ms.temperature_range(model) == (max(h for h, _ in each), min(c for _, c in each))


@pytest.mark.parametrize("size", [1e-300, 5e-324, 1.0, 1e300])
def test_the_unit_of_energy_does_not_matter(size: float) -> None:
    hot, cold = ms.temperature_range(ms.Ising((4, 4), J=size, h=-size))
    assert 0 < cold <= hot < math.inf
    if size != 5e-324:
        one = ms.temperature_range(ms.Ising((4, 4), J=1.0, h=-1.0))
        assert (hot / size, cold / size) == pytest.approx(one)


def test_without_energies_any_temperature_does() -> None:
    assert ms.temperature_range(ms.Ising((4, 4), J=0.0)) == (1.0, 1.0)
    assert float(ms.anneal(ms.Ising((4, 4), J=0.0), replicas=2, seed=1).best_energy.max()) == 0.0


@pytest.mark.parametrize(("J", "h"), [(1.0, 0.0), (-2.0, 0.0), (1.0, 0.3), (1.0, -9.0), (0.0, 2.0)])
def test_a_lattice_of_equal_bonds_need_not_be_listed(
    J: float, h: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = ms.Ising((4, 6), J=J, h=h)
    edges = ms.graphs.hypercubic((4, 6))
    as_pairs = ms.Pairwise.from_edges(24, edges, J, h)
    expected = ms.temperature_range(as_pairs)
    monkeypatch.setattr(ms.Ising, "edges", property(lambda _: pytest.fail("listed")))
    assert ms.temperature_range(model) == pytest.approx(expected, rel=2e-4)


@pytest.mark.parametrize(("model", "times"), [
    (ms.SherringtonKirkpatrick(20, seed=1, samples=3), 0),
    (ms.EdwardsAnderson((4, 4), seed=1, samples=3, couplings="gaussian"), 1),
])  # fmt: skip
def test_edges_are_listed_once(
    model: ms.SherringtonKirkpatrick, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = []
    edges = type(model).edges.fget
    monkeypatch.setattr(
        type(model), "edges", property(lambda self: listed.append(1) or edges(self))
    )
    ms.temperature_range(model)
    assert len(listed) == times


@pytest.mark.parametrize(("values", "unit"), [
    ([2.0, -3.0, 0.0], 1.0), ([0.3, 0.6, -0.9], 0.3), ([0.3, 0.5], 0.1), ([7.0], 7.0), ([], 0.0),
    ([0.0], 0.0), ([1.0, math.pi], 0.0), ([1.0, 1e-9], 0.0), ([6.0, 10.0, 15.0], 1.0),
    ([1 / math.sqrt(31), -1 / math.sqrt(31)], 1 / math.sqrt(31)),
])  # fmt: skip
def test_common_units(values: list[float], unit: float) -> None:
    assert common_unit(np.array(values)) == pytest.approx(unit)


def test_real_numbers_have_no_unit() -> None:
    assert common_unit(RNG.normal(size=5)) == 0.0
    assert common_unit(RNG.normal(size=10_000)) == 0.0
    assert common_unit(RNG.integers(1, 100, size=100_000).astype(float)) == 1.0


def test_models_that_do_not_interact_in_pairs_are_refused() -> None:
    with pytest.raises(TypeError, match="^model: got 1, allowed: "):
        ms.temperature_range(1)  # type: ignore[arg-type]
