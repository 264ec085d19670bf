"""The engine of clusters against its slow twin, spin by spin, and the laws of tiny systems.

Error rate of each p-value: 1e-6; there are fewer than 100.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from scipy import stats

import multispin as ms
from reference.cluster import Clusters

DYNAMICS = ["swendsen-wang", "wolff"]
ALPHA = 1e-6

LATTICES: list[tuple[tuple[int, ...], float, float, float]] = [  # shape, J, h, T
    ((4, 4), 1.0, 0.0, 2.3),
    ((3, 5), 1.0, 0.3, 2.3),
    ((2, 2), 1.0, 0.0, 3.0),  # two bonds between the same sites
    ((2, 3, 4), 1.0, -0.2, 4.5),
    ((6, 70), 1.0, 0.0, 2.27),  # a row of more than a word
    ((4, 64), 0.7, 0.05, 1.5),
    ((2, 128), 0.5, 0.0, 1.0),
    ((7,), 1.0, 0.0, 1.0),
    ((4, 6), -1.0, 0.0, 2.0),
]


def diluted(seed: int = 5) -> tuple[int, np.ndarray, np.ndarray, np.ndarray]:
    """Sites, edges, couplings and fields that one random state satisfies, some of them zero."""
    random = np.random.default_rng(seed)
    edges = np.concatenate([ms.graphs.hypercubic((3, 4)), [(0, 7), (2, 9)]])
    state = random.choice([-1, 1], 12)
    strength = random.exponential(size=len(edges)) * (random.random(len(edges)) < 0.8)
    fields = 0.3 * random.random(12) * state * (random.random(12) < 0.7)
    return 12, edges, strength * state[edges[:, 0]] * state[edges[:, 1]], fields


@pytest.mark.one_in(23)
@pytest.mark.parametrize("dynamics", DYNAMICS)
@pytest.mark.parametrize("rng", ["aes", "philox"])
@pytest.mark.parametrize(("shape", "J", "h", "T"), LATTICES, ids=str)
def test_lattices_have_the_spins_of_the_twin(
    shape: tuple[int, ...], J: float, h: float, T: float, rng: str, dynamics: str
) -> None:
    sampler = ms.Sampler(
        ms.Ising(shape, J=J, h=h), T, 2, dynamics, seed=3, rng=rng, threads=1, first_stream=4
    )
    twins = [Clusters(shape, T, J, h, None, dynamics, rng, 3, 4 + r) for r in range(2)]
    _expect_same(sampler, twins, shape)


@pytest.mark.parametrize("dynamics", DYNAMICS)
@pytest.mark.parametrize("rng", ["aes", "philox"])
def test_graphs_have_the_spins_of_the_twin(rng: str, dynamics: str) -> None:
    sites, edges, couplings, fields = diluted()
    model = ms.Pairwise.from_edges(sites, edges, couplings, h=fields)
    sampler = ms.Sampler(model, 1.2, 2, dynamics, seed=3, rng=rng, threads=1)
    listed = (model.couplings, fields, model.edges)
    twins = [Clusters((sites,), 1.2, *listed, dynamics, rng, 3, r) for r in range(2)]
    _expect_same(sampler, twins, (sites,))


def _expect_same(sampler: ms.Sampler, twins: list[Clusters], shape: tuple[int, ...]) -> None:
    if twins[0].dynamics == "wolff":
        expected = [twin.clusters_per_sweep() for twin in twins]
        np.testing.assert_array_equal(sampler.clusters_per_sweep(), expected)
    for _ in range(4):
        for r, twin in enumerate(twins):
            np.testing.assert_array_equal(sampler.spins()[r], twin.spins.reshape(shape))
            if twin.dynamics == "swendsen-wang":
                first = np.array(twin.clusters()).reshape(shape)
                np.testing.assert_array_equal(sampler.clusters()[r], first)
            twin.sweep()
        sampler.sweep()


SYSTEMS: dict[str, tuple[Any, tuple[float, ...]]] = {
    "square": (ms.Ising((3, 3)), (1.5, 3.0)),
    "double bonds": (ms.Ising((2, 4)), (2.0,)),
    "in a field": (ms.Ising((3, 3), h=0.2), (2.0, 4.0)),
    "downwards": (ms.Ising((3, 3), h=-0.5), (3.0,)),
    "antiferromagnet": (ms.Ising((2, 4), J=-0.7), (1.5,)),
    "cube": (ms.Ising((2, 2, 2)), (4.5,)),
    "four dimensions": (ms.Ising((2, 2, 2, 2)), (6.0,)),
    "ring": (ms.Ising((8,)), (0.8,)),
    "diluted": (
        ms.Pairwise.from_edges(12, diluted()[1], diluted()[2], h=diluted()[3]),
        (0.8, 2.0),
    ),
}


@pytest.mark.one_in(18)
@pytest.mark.parametrize("dynamics", DYNAMICS)
@pytest.mark.parametrize("name", SYSTEMS)
def test_states_of_tiny_systems_have_the_law_of_boltzmann(name: str, dynamics: str) -> None:
    model, temperatures = SYSTEMS[name]
    for number, T in enumerate(temperatures):
        sampler = ms.Sampler(model, T, 16384, dynamics, seed=11 + number, threads=2)
        sampler.sweep(40)
        spins = sampler.spins().reshape(16384, -1)
        n = spins.shape[1]
        observed = np.bincount((spins > 0) @ (1 << np.arange(n)), minlength=2**n)
        states = 2 * ((np.arange(2**n)[:, None] >> np.arange(n)) & 1) - 1
        energy = model.energy(states.reshape(-1, *model.shape).astype(np.int8))
        weight = np.exp(-(energy - energy.min()) / T)
        expected = 16384 * weight / weight.sum()
        if n > 12:  # states of one energy together
            _, level = np.unique(energy.round(6), return_inverse=True)
            observed, expected = np.bincount(level, observed), np.bincount(level, expected)
        assert _p_value(observed, expected) > ALPHA


def _p_value(observed: np.ndarray, expected: np.ndarray) -> float:
    """Of Pearson's χ², cells of fewer than ten expected put together."""
    large = expected >= 10
    cells = np.append(expected[large], expected[~large].sum())
    counts = np.append(observed[large], observed[~large].sum())
    if cells[-1] < 10:
        cells, counts = cells[:-1], counts[:-1]
        cells = cells * counts.sum() / cells.sum()
    return float(stats.chisquare(counts, cells).pvalue)


def test_kaufmans_energy_where_single_flips_crawl() -> None:
    # At T_c itself. Six sigma of 64 independent chains: below 1e-7.
    T = 2 / np.log1p(np.sqrt(2))
    sampler = ms.Sampler(ms.Ising((64, 64)), T, 64, "swendsen-wang", seed=5, init="up")
    sampler.sweep(60)
    energy = sampler.record(100)[0].mean(axis=0) / 64**2
    error = energy.std(ddof=1) / np.sqrt(64)
    assert error < 3e-3  # a chain forgets in a few sweeps; single flips would stay at 0.006
    assert abs(energy.mean() - ms.exact.ising_2d(64, T).energy_per_spin) < 6 * error


FRUSTRATED = {
    "an odd side": ms.Ising((3, 4), J=-1.0),
    "an antiferromagnet in a field": ms.Ising((4, 4), J=-1.0, h=0.1),
    "a glass": ms.EdwardsAnderson((4, 4), seed=1),
    "fields of both signs": ms.Ising((2, 2), h=np.array([[1.0, -1.0], [0.0, 0.0]])),
}


@pytest.mark.parametrize("dynamics", DYNAMICS)
@pytest.mark.parametrize("name", FRUSTRATED)
def test_frustrated_models_are_refused_with_what_to_do(name: str, dynamics: str) -> None:
    with pytest.raises(ValueError, match=r"^model: got .*frustrated, allowed: .*temper"):
        ms.Sampler(FRUSTRATED[name], 2.0, dynamics=dynamics)


@pytest.mark.parametrize("dynamics", DYNAMICS)
@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("order", {"order": "random"}),
        ("clamp", {"clamp": np.zeros((4, 4), dtype=bool)}),
        ("engine", {"engine": "lattice"}),
        ("engine", {"engine": "real"}),
    ],
    ids=str,
)
def test_what_clusters_do_not_go_with_is_named(name: str, change: Any, dynamics: str) -> None:
    settings: dict[str, Any] = {"temperature": 2.0, "dynamics": dynamics} | change
    with pytest.raises(ValueError, match=f"^{name}: got .*allowed: "):
        ms.Sampler(ms.Ising((4, 4)), **settings)


@pytest.mark.parametrize("dynamics", DYNAMICS)
def test_a_field_that_makes_a_model_frustrated_is_named(dynamics: str) -> None:
    sampler = ms.Sampler(ms.Ising((4, 4), J=-1.0), 2.0, dynamics=dynamics, seed=1)
    with pytest.raises(ValueError, match=r"^h: got 1\.0, allowed: .*one state satisfies every"):
        sampler.h = 1.0
    assert sampler.h == 0.0
    # Steps that come late are refused before the first.
    positive = ms.Ising((4, 4), h=np.linspace(0.1, 0.5, 16).reshape(4, 4))
    with pytest.raises(ValueError, match=r"^fields: got -0\.3, allowed: .*one state satisfies"):
        ms.protocol(positive, 2.0, [1.0, 0.0, -0.3], 2, 2, dynamics=dynamics, seed=1)
    ms.protocol(positive, 2.0, [1.0, 0.0, -0.6], 2, 2, dynamics=dynamics, seed=1)
    with pytest.raises(ValueError, match=r"^model: got EdwardsAnderson.*frustrated"):
        ms.protocol(FRUSTRATED["a glass"], 2.0, [0.0, 1.0], 2, 2, dynamics=dynamics, seed=1)


@pytest.mark.parametrize("shape", [(2**26, 3), (2**31, 2), (2**32,), (2**26, 2**6)])
def test_too_many_sites_are_refused_with_the_shape_that_was_given(shape: tuple[int, ...]) -> None:
    allowed = r"allowed: fewer than 2\*\*32 sites with 'wolff'"
    with pytest.raises(ValueError, match=rf"^shape: got {re.escape(str(shape))}, {allowed}"):
        ms.Sampler(ms.Ising(shape), 2.0, dynamics="wolff")


@pytest.mark.parametrize("dynamics", DYNAMICS)
@pytest.mark.parametrize("J", [5e-324, 1e-310, 7e-309])
def test_couplings_whose_energies_would_be_lost_are_refused(J: float, dynamics: str) -> None:
    edges = np.array([[0, 1], [1, 2], [2, 3]])
    with pytest.raises(ValueError, match="^model: got .*sum is 0, or at least 2.23e-308"):
        ms.Sampler(ms.Pairwise.from_edges(4, edges, np.full(3, J)), 2.0, dynamics=dynamics)
    least = ms.Pairwise.from_edges(4, edges, np.array([J, 2.3e-308, 0.0]))
    sampler = ms.Sampler(least, 2.0, dynamics=dynamics, init="up", seed=1)
    exact = float(least.energy(np.ones(4, np.int8)))
    np.testing.assert_allclose(sampler.energy(), exact, rtol=1e-15)
    without = ms.Pairwise.from_edges(4, edges, np.zeros(3))
    assert ms.Sampler(without, 2.0, dynamics=dynamics, seed=1).energy().tolist() == [0.0]


@pytest.mark.parametrize("model", [
    ms.Ising((4, 6)), ms.Ising((4, 70), J=-1.0), ms.Ising((3, 4, 70)), ms.Ising((70,)),
    ms.Ising((2, 2, 3, 11)), ms.Ising((5, 13), h=np.ones((5, 13))),
    ms.EdwardsAnderson((4, 20), p=1.0, samples=3),
], ids=repr)  # fmt: skip
def test_bits_are_where_the_documentation_says(model: ms.models.Model) -> None:
    sampler = ms.Sampler(model, 2.0, replicas=2, dynamics="wolff", seed=1)
    sampler.sweep(2)
    spins = np.asarray(sampler.spins()).reshape(-1, *model.shape)
    own_rows = isinstance(model, ms.Ising) and len(model.shape) <= 3 and np.ndim(model.h) == 0
    rows = spins if own_rows else spins.reshape(len(spins), 1, -1)
    columns = rows.shape[-1]
    padded = np.zeros((*rows.shape[:-1], -(-columns // 64) * 64), dtype=bool)
    padded[..., :columns] = rows > 0
    bits = np.packbits(padded, axis=-1, bitorder="little").view(np.uint64)
    np.testing.assert_array_equal(sampler.packed(), bits.reshape(len(spins), -1))


@pytest.mark.parametrize("dynamics", DYNAMICS)
def test_no_bond_that_is_satisfied_breaks_at_0(dynamics: str) -> None:
    sampler = ms.Sampler(ms.Ising((8, 8)), 0.0, replicas=20, dynamics=dynamics, seed=1)
    axes = [np.roll(sampler.spins(), -1, axis) * sampler.spins() for axis in (1, 2)]
    for _ in range(10):
        sampler.sweep(1)
        after = [np.roll(sampler.spins(), -1, axis) * sampler.spins() for axis in (1, 2)]
        assert all(np.all(new >= old) for new, old in zip(after, axes, strict=True))
        axes = after
    assert sampler.temperature == 0.0


@pytest.mark.parametrize("dynamics", DYNAMICS)
def test_clusters_at_infinity_are_single_spins(dynamics: str) -> None:
    sampler = ms.Sampler(ms.Ising((8, 8)), np.inf, replicas=64, dynamics=dynamics, seed=1)
    sampler.set_spins("up")
    sampler.sweep(1)
    up = sampler.magnetization().mean()  # of 4096 coins, within 5 standard deviations
    if dynamics == "swendsen-wang":
        assert abs(up) < 5 / np.sqrt(64 * 64)
    else:  # single spins, turned one by one, some of them back
        assert up < 0.5


def test_clusters_per_sweep_is_of_wolff() -> None:
    sampler = ms.Sampler(ms.Ising((4, 4)), 2.0, dynamics="swendsen-wang")
    with pytest.raises(ValueError, match="^clusters_per_sweep: got 'swendsen-wang', allowed: "):
        sampler.clusters_per_sweep()


def test_a_sweep_of_wolff_visits_all_sites_once_on_average() -> None:
    # ⟨n⟩ = N⟨m²⟩ where there is no field; four sweeps' worth of clusters fix it to a third or so.
    for T in (1.5, 2.5, 4.0):
        sampler = ms.Sampler(ms.Ising((32, 32)), T, 64, "wolff", seed=2)
        sampler.sweep(40)
        size = 32**2 * float((sampler.magnetization() ** 2).mean())
        assert 0.5 < int(sampler.clusters_per_sweep()[0]) * size / 32**2 < 2
