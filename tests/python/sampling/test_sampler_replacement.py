"""What can be replaced while a sampler runs: model, field, spins, and which of them are held."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy import stats

import multispin as ms

if TYPE_CHECKING:
    from pathlib import Path

RNG = np.random.default_rng(4)


def matrix(n: int, scale: float = 1.0) -> np.ndarray:
    J = np.triu(RNG.normal(size=(n, n)), 1) * scale
    return J + J.T


DENSE = [ms.Pairwise(matrix(70), h=0.2), ms.Pairwise(matrix(70, 3.0), h=RNG.normal(size=70))]
EDGES = ms.graphs.hypercubic((5, 6))
SPARSE = [
    ms.Pairwise.from_edges(30, EDGES, RNG.normal(size=(2, len(EDGES))), h) for h in (0.0, 0.7)
]
LATTICES = [ms.Ising((6, 6), h=0.5), ms.Ising((6, 6), J=-1.0, h=0.25)]
CHAINS = [ms.Ising((7, 5)), ms.Ising((7, 5), h=0.5)]
PAIRS = {
    "dense": ("real", DENSE), "sparse": ("real", SPARSE), "lattice": ("lattice", LATTICES),
    "replica": ("replica", CHAINS),
}  # fmt: skip


def sampler(model: Any, **changes: Any) -> ms.Sampler:
    given = {"temperature": 2.0, "replicas": 3, "seed": 1, "device": "cpu", "threads": 2}
    return ms.Sampler(model, **(given | changes))


# --- another model --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PAIRS)
def test_another_model_goes_on_with_spins_and_random_numbers(name: str) -> None:
    engine, (first, second) = PAIRS[name]
    replaced = sampler(first, engine=engine)
    replaced.sweep(5)
    spins = replaced.spins()
    replaced.model = second
    assert replaced.model == second
    assert replaced.sweeps_done == 5
    np.testing.assert_array_equal(replaced.spins(), spins)
    np.testing.assert_allclose(replaced.energy(), second.energy(spins), rtol=1e-7, atol=1e-5)
    other = sampler(second, engine=engine)
    other._engine.restore(5, replaced._engine.packed())
    for one in (replaced, other):
        one.sweep(6)
    np.testing.assert_array_equal(replaced.spins(), other.spins())


def test_the_real_engine_takes_couplings_of_the_same_edges_in_place() -> None:
    replaced = sampler(DENSE[0])
    engine = replaced._engine
    replaced.model = DENSE[1]
    assert replaced._engine is engine
    replaced.model = ms.Pairwise(np.where(np.abs(matrix(70)) > 1, 0.0, 1.0) - np.eye(70))
    assert replaced._engine is not engine


@pytest.mark.parametrize("name", PAIRS)
def test_the_field_can_be_set(name: str) -> None:
    engine, (model, _) = PAIRS[name]
    replaced = sampler(model, engine=engine)
    replaced.h = 1.5
    assert replaced.h == 1.5
    assert replaced.model == model.with_field(1.5)
    np.testing.assert_allclose(
        replaced.energy(), model.with_field(1.5).energy(replaced.spins()), rtol=1e-7, atol=1e-5
    )


@pytest.mark.parametrize("dynamics", ["swendsen-wang", "wolff"])
@pytest.mark.parametrize("shape", [(2, 40), (6, 6), (3, 4, 70)])
def test_clusters_of_lattices_and_of_graphs_go_on_from_each_other(
    shape: tuple[int, ...], dynamics: str
) -> None:
    """Fields of single sites make a graph of a lattice, whose bits lie otherwise."""
    first = sampler(ms.Ising(shape), dynamics=dynamics, temperature=[1.5, 2.0, 3.0])
    first.sweep(3)
    for h in (RNG.random(shape), 0.25):
        spins = first.spins()
        first.h = h
        np.testing.assert_array_equal(first.spins(), spins)
        assert first.sweeps_done == 3
        np.testing.assert_array_equal(first.temperature, [1.5, 2.0, 3.0])
        np.testing.assert_allclose(first.energy(), first.model.energy(spins))


def test_a_replaced_model_is_the_one_that_is_kept(tmp_path: Path) -> None:
    replaced = sampler(SPARSE[0])
    replaced.sweep(2)
    replaced.model = SPARSE[1]
    replaced.save(tmp_path / "kept.npz")
    loaded = ms.Sampler.load(tmp_path / "kept.npz")
    assert loaded.model == SPARSE[1]
    for one in (replaced, loaded):
        one.sweep(3)
    np.testing.assert_array_equal(replaced.spins(), loaded.spins())


def test_a_model_of_another_shape_is_refused() -> None:
    replaced = sampler(DENSE[0])
    with pytest.raises(ValueError, match=r"^model: got Pairwise.*allowed: one of shape \(70,\)"):
        replaced.model = ms.Pairwise(matrix(71))
    with pytest.raises(ValueError, match="^h: got 'an array of shape"):
        replaced.h = np.ones(71)
    assert replaced.model == DENSE[0]


def test_a_model_that_the_engine_cannot_run_is_refused() -> None:
    replaced = sampler(LATTICES[0], engine="lattice")
    with pytest.raises(ValueError, match="^model: got Ising.* fields that differ"):
        replaced.h = RNG.normal(size=(6, 6))


# --- other spins ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PAIRS)
def test_spins_can_be_set(name: str) -> None:
    engine, (model, _) = PAIRS[name]
    one, other = sampler(model, engine=engine), sampler(model, engine=engine, seed=2)
    one.sweep(3)
    spins = other.spins()
    one.set_spins(spins.reshape(one.spins().shape))
    assert one.sweeps_done == 3
    np.testing.assert_array_equal(one.spins(), spins)
    np.testing.assert_allclose(one.energy(), model.energy(spins), rtol=1e-7, atol=1e-5)


def test_spins_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match="^spins: got an array of shape"):
        sampler(DENSE[0]).set_spins(np.ones((2, 70), np.int8))


# --- held spins -----------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["fixed", "random"])
@pytest.mark.parametrize("dynamics", ["metropolis", "glauber", "parallel"])
@pytest.mark.parametrize("model", [DENSE[0], SPARSE[0]], ids=["dense", "sparse"])
def test_held_spins_stay(model: ms.Pairwise, dynamics: str, order: str) -> None:
    lead = (3,) if model.samples is None else (2, 3)
    mask = RNG.random((*lead, *model.shape)) < 0.5
    held = sampler(model, dynamics=dynamics, order=order, clamp=mask)
    before = held.spins()
    held.sweep(20)
    after = held.spins()
    np.testing.assert_array_equal(after[mask], before[mask])
    assert np.any(after[~mask] != before[~mask])
    held.clamp = None
    held.sweep(20)
    assert np.any(held.spins()[mask] != before[mask])


@pytest.mark.parametrize("dynamics", ["metropolis", "glauber"])
def test_free_spins_have_the_conditional_law(dynamics: str) -> None:
    # chi-square at alpha = 1e-6: 16 states of the four spins that are free, 8000 replicas.
    model = ms.Pairwise(matrix(7), h=RNG.normal(size=7))
    mask = np.array([True, False, True, False, False, True, False])
    held = sampler(model, replicas=8000, clamp=mask, dynamics=dynamics, init=np.ones(7, np.int8))
    held.sweep(100)
    free = held.spins()[:, ~mask]
    states = 2 * (np.arange(16)[:, None] >> np.arange(4) & 1) - 1
    whole = np.ones((16, 7), np.int8)
    whole[:, ~mask] = states
    weights = np.exp(-model.energy(whole) / 2.0)
    expected = 8000 * weights / weights.sum()
    counts = np.bincount((free > 0) @ (1 << np.arange(4)), minlength=16)
    enough = expected > 5
    chi = np.sum((counts - expected)[enough] ** 2 / expected[enough])
    assert chi < stats.chi2.isf(1e-6, enough.sum() - 1)


def test_what_is_held_is_kept(tmp_path: Path) -> None:
    mask = np.arange(70) % 3 == 0
    held = sampler(DENSE[0], clamp=mask)
    held.sweep(2)
    held.save(tmp_path / "kept.npz")
    loaded = ms.Sampler.load(tmp_path / "kept.npz")
    np.testing.assert_array_equal(loaded.clamp, mask)
    for one in (held, loaded):
        one.sweep(5)
    np.testing.assert_array_equal(held.spins(), loaded.spins())
    held.model = DENSE[1]
    before = held.spins()
    held.sweep(5)
    np.testing.assert_array_equal(held.spins()[:, mask], before[:, mask])


@pytest.mark.parametrize(
    ("clamp", "error", "message"),
    [
        (np.ones(70, bool), ValueError, "holds every spin, allowed: at least one left free"),
        (np.ones(70), TypeError, "got 'an array of float64', allowed: None, or an array of bool"),
        (np.zeros(3, bool), ValueError, r"got 'an array of shape \(3,\)', allowed: None, or an"),
    ],
)
def test_wrong_masks_are_refused(clamp: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=f"^clamp: .*{message}"):
        sampler(DENSE[0], clamp=clamp)


def test_engines_that_hold_no_spin_say_so() -> None:
    mask = np.eye(6, dtype=bool)
    with pytest.raises(ValueError, match="^clamp: got a mask, allowed: None, or a mask with eng"):
        sampler(LATTICES[0]).clamp = mask
    with pytest.raises(ValueError, match="^engine: got 'lattice' with a clamp, allowed: 'auto'"):
        sampler(LATTICES[0], engine="lattice", clamp=mask)


# --- rounding -------------------------------------------------------------------------------------


def test_temperatures_that_rounding_does_not_allow() -> None:
    J = np.zeros((4, 4))
    J[0, 1] = J[1, 0] = 1e9
    J[2, 3] = J[3, 2] = 0.3
    model = ms.Pairwise(J)
    with pytest.raises(ValueError, match="^temperature: got 0.1, allowed: at least .* are rounded"):
        ms.Sampler(model, 0.1)
    with pytest.warns(ms.RoundedCouplingsWarning, match="^temperature: below .* are rounded"):
        one = ms.Sampler(model, 1e3)
    with pytest.raises(ValueError, match="^temperature: got 0.1"):
        one.temperature = 0.1


def test_dyadic_couplings_are_kept_exactly() -> None:
    J = np.array([[0.0, 0.75, -2.5], [0.75, 0.0, 1000.0], [-2.5, 1000.0, 0.0]])
    info = ms.Sampler(ms.Pairwise(J, h=[0.125, 0.0, -3.0]), 0.01).info()
    assert info["engine"] == "real"
    assert info["rounding_error"] == 0.0


# --- what is refused leaves everything as it is ---------------------------------------------------


def chain_and_bond(scale: float, closed: bool) -> ms.Pairwise:
    J = np.zeros((6, 6))
    for i in range(5):
        J[i, i + 1] = J[i + 1, i] = 1 + 0.1 * i
    if closed:
        J[0, 5] = J[5, 0] = 0.35
    J[0, 1] *= scale
    J[1, 0] *= scale
    return ms.Pairwise(J, h=np.arange(6) * 0.1)


@pytest.mark.parametrize("closed", [False, True])
def test_a_refused_model_changes_nothing(closed: bool) -> None:
    model, mask = chain_and_bond(1, False), np.arange(6) < 3
    replaced, other = (
        sampler(model, temperature=1.0, replicas=64, init="up", clamp=mask) for _ in range(2)
    )
    with pytest.raises(ValueError, match="^temperature: got 1, allowed: at least"):
        replaced.model = chain_and_bond(1e12, closed)
    assert replaced.model == model
    for one in (replaced, other):
        one.sweep(20)
    np.testing.assert_array_equal(replaced.spins(), other.spins())
    assert bool(np.all(replaced.spins()[:, :3] == 1))


def test_a_clamp_is_for_the_real_engine() -> None:
    held = ms.Sampler(ms.Ising((8, 8)), 2.0, clamp=np.eye(8, dtype=bool))
    assert held.info()["engine"] == "real"


@pytest.mark.parametrize("run", [
    lambda **given: ms.simulate(ms.Ising((4, 4)), 2.0, 10, 2, **given),
    lambda **given: ms.anneal(ms.Ising((4, 4)), 2.0, 10, **given),
    lambda **given: ms.temper(ms.Ising((4, 4)), [2.0, 3.0], 10, **given),
    lambda **given: ms.replica_sweep(ms.Ising((4, 4)), 2.0, [1, 2], 200, **given),
])  # fmt: skip
def test_runs_are_of_boltzmanns_law(run: Any) -> None:
    allowed = "'metropolis', 'glauber', 'swendsen-wang', 'wolff'"
    with pytest.raises(ValueError, match=f"^dynamics: got 'parallel', allowed: {allowed}$"):
        run(dynamics="parallel")
