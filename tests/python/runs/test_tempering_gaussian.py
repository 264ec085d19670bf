"""Tempering of models with real couplings: what it measures, held against spins, one by one."""

from __future__ import annotations

import itertools
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import multispin as ms
from multispin.runs import tempering
from multispin.runs._tempering_plan import Plan
from multispin.runs._tempering_run import TemperingRun

if TYPE_CHECKING:
    from multispin.models import SignedGraph

GRID = np.array([0.4, 0.8, 1.3, 2.1])
LADDERS, SAMPLES = 3, 2

MODELS: dict[str, SignedGraph] = {
    "lattice": ms.EdwardsAnderson((3, 4, 2), seed=1, samples=SAMPLES, couplings="gaussian"),
    "all pairs": ms.SherringtonKirkpatrick(21, seed=1, samples=SAMPLES),
    "some pairs": ms.Pairwise.from_edges(
        9,
        [[0, 1], [2, 7], [3, 4], [1, 8], [0, 8]],
        np.random.default_rng(1).normal(size=(SAMPLES, 5)),
        h=np.linspace(-1, 1, 9),
    ),
    "in random fields": ms.EdwardsAnderson(
        (4, 3), seed=1, samples=SAMPLES, h=ms.models.random_fields((4, 3), seed=2)
    ),
}


def finished(model: SignedGraph) -> TemperingRun:
    """A run of a few draws, with its spins as they were at the last of them."""
    plan = Plan(
        model=model, temperatures=GRID, replicas=LADDERS, sweeps=6, thermalization=0, interval=2,
        swap_interval=1, cluster_moves=False, measure=tempering._measures(None, model), seed=5,
        dynamics="metropolis", init="random", device="cpu", rng="auto", engine="real", threads=1,
    )  # fmt: skip
    run = TemperingRun(plan)
    while not run.finished:
        run.advance()
    return run


def by_temperature(run: TemperingRun, sample: int) -> np.ndarray[Any, np.dtype[np.int8]]:
    """Spins (temperatures, ladders, *shape), as walkers moved through the temperatures."""
    shape = run.plan.model.shape
    spins = np.asarray(run.sampler.spins()).reshape(SAMPLES, LADDERS, len(GRID), *shape)[sample]
    where = run.records["temperature_index"][-1, sample]
    found = np.empty((len(GRID), LADDERS, *shape), dtype=np.int8)
    for ladder, walker in itertools.product(range(LADDERS), range(len(GRID))):
        found[where[ladder, walker], ladder] = spins[ladder, walker]
    return found


@pytest.mark.parametrize("name", MODELS)
def test_what_is_measured_is_that_of_the_spins(name: str) -> None:
    model = MODELS[name]
    run = finished(model)
    last = {what: rows[-1] for what, rows in run.records.items()}
    i, j = model.edges.T
    for sample in range(SAMPLES):
        spins = by_temperature(run, sample).astype(int)
        flat = spins.reshape(len(GRID), LADDERS, -1)
        energy = model.sample(sample).energy(spins)
        step = float(run.sampler.info()["step"])
        assert last["energy"][sample] == pytest.approx(energy, abs=step * (len(i) + model.n_spins))
        np.testing.assert_array_equal(last["spins"][sample], flat.sum(axis=-1))
        for pair, (a, b) in enumerate(itertools.combinations(range(LADDERS), 2)):
            both = flat[:, a] * flat[:, b]
            np.testing.assert_array_equal(last["overlap"][sample][:, pair], both.sum(axis=-1))
            links = (both[:, i] * both[:, j]).sum(axis=-1)
            np.testing.assert_array_equal(last["link_overlap"][sample][:, pair], links)
            if "overlap_k2" in last:
                q = (spins[:, a] * spins[:, b]).reshape(-1, *model.shape)
                k2 = np.mean([smallest_wave(q, axis) for axis in range(len(model.shape))], axis=0)
                np.testing.assert_allclose(last["overlap_k2"][sample][:, pair], k2, atol=1e-9)


def smallest_wave(q: np.ndarray[Any, Any], axis: int) -> np.ndarray[Any, Any]:
    """|Σ q_i exp(2πi x/L)|² along an axis."""
    length = q.shape[axis + 1]
    wave = np.exp(2j * np.pi * np.arange(length) / length)
    moved = np.moveaxis(q, axis + 1, -1) @ wave
    return np.abs(moved.sum(axis=tuple(range(1, moved.ndim)))) ** 2


def test_lattices_have_all_measurements_and_others_no_waves() -> None:
    temper = partial(ms.temper, temperatures=GRID, sweeps=4, seed=1)
    glass, sk = temper(MODELS["lattice"]), temper(MODELS["all pairs"])
    assert {"overlap", "link_overlap", "overlap_k2"} <= set(glass)
    assert {"overlap", "link_overlap"} <= set(sk)
    assert "overlap_k2" not in sk
    assert abs(glass.link_overlap).max() <= 1
    # Of all pairs the link overlap is that of the overlap: (N q² - 1)/(N - 1).
    n = 21
    np.testing.assert_allclose(sk.link_overlap, (n * sk.overlap**2 - 1) / (n - 1), atol=1e-12)
    with pytest.raises(ValueError, match=r"^measure: got 'overlap_k2', allowed: 'overlap', 'link_"):
        temper(MODELS["all pairs"], measure=["overlap_k2"])
    bare = ms.Ising((4, 4), J=0.0)
    with pytest.raises(ValueError, match=r"^measure: got 'link_overlap', allowed: "):
        temper(bare, measure=["link_overlap"])


def test_correlation_lengths_of_gaussian_glasses() -> None:
    run = ms.temper(MODELS["lattice"], GRID, 40, seed=1)
    assert np.isfinite(ms.analysis.summary.summarize_overlaps(run).binder_ratio).all()
    cube = ms.EdwardsAnderson((3, 3, 3), seed=1, samples=4, couplings="gaussian")
    found = ms.analysis.summary.summarize_overlaps(ms.temper(cube, GRID, 40, seed=1))
    assert "xi_over_length" in found


def test_mean_energies_and_link_overlaps_are_exact() -> None:
    """Against sums over all states: 200 copies are 200 independent runs, t-values with limit 6."""
    one = ms.EdwardsAnderson((3, 3), seed=2, couplings="gaussian")
    copies = np.broadcast_to(one.couplings.reshape(2, 3, 3), (200, 2, 3, 3))
    model = ms.EdwardsAnderson.from_couplings(copies, samples=200)
    run = ms.temper(model, GRID, 120, thermalization=60, interval=2, dynamics="glauber", seed=3)
    states = 2 * (np.arange(512)[:, None] >> np.arange(9) & 1) - 1
    energy = one.energy(states.reshape(-1, 3, 3).astype(np.int8))
    i, j = one.edges.T
    for index, T in enumerate(GRID):
        weight = np.exp(-(energy - energy.min()) / T)
        weight /= weight.sum()
        pairs = states.T @ (weight[:, None] * states)
        for measured, exact in (
            (run.energy[:, index].mean(("replica", "draw")), weight @ energy),
            (run.link_overlap[:, index].mean(("pair", "draw")), (pairs[i, j] ** 2).mean()),
        ):
            error = float(measured.std(ddof=1)) / np.sqrt(200)
            assert abs(float(measured.mean()) - exact) < 6 * error
