"""The spin-glass scene: overlaps and ladders against what a run records, and P(q) against sums."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import numpy as np
import pytest

import multispin as ms
from multispin.lab.scene import Options
from multispin.lab.scenes.glass import LATTICES, STEPS, GlassScene, density, mosaic

mpl.use("agg")
SMALL = {"lattice": "4x4x4", "speed": 10, "seed": 3, "steps": 8}


def scene_of(**state: Any) -> GlassScene:
    return GlassScene(Options(threads=1), SMALL | state)


def advance(scene: GlassScene, exchanges: int) -> None:
    before = scene.frame()[0]["exchanges"]
    while scene.frame()[0]["exchanges"] < before + exchanges:
        scene.step(1.0)


def test_it_goes_the_way_of_a_run() -> None:
    """Overlaps, acceptance, round trips and walkers are those that `temper` records."""
    scene = scene_of(look=2)
    advance(scene, 300)
    names: dict[str, Any] = {}
    exec(scene.python(), names)
    run = names["run"]
    header, arrays = scene.frame()
    assert header["exchanges"] == run.sizes["draw"] == 300
    assert header["overlap"] == run.overlap[2, 0, -1]
    assert arrays["temperatures"] == pytest.approx(run.temperature.values)
    assert arrays["acceptance"] == pytest.approx((run.swap_accepted / run.swap_attempts).values)
    assert header["round_trips"] == run.round_trips.sum()
    assert (arrays["path"][-1] == run.temperature_index[0, :, -1]).all()
    counts = np.bincount((run.overlap[2].values.ravel() * 64 + 64).round().astype(int) // 2,
                         minlength=65)  # fmt: skip
    assert arrays["distribution"] == pytest.approx(density(counts).astype(np.float32))


def test_pictures_are_of_the_two_replicas_that_are_compared() -> None:
    for lattice in ("4x4x4", "16x16"):
        scene = scene_of(lattice=lattice, look=1)
        for exchanges in (0, 100):
            advance(scene, exchanges)
            header, arrays = scene.frame()
            spins = arrays["first"] != 128
            same = (arrays["first"] == arrays["second"])[spins]
            assert 2 * same.mean() - 1 == pytest.approx(header["overlap"])
            assert ((arrays["agree"] == 255)[spins] == same).all()
            assert spins.sum() == np.prod(LATTICES[lattice])


def test_overlaps_are_exact_where_all_states_can_be_summed(monkeypatch: pytest.MonkeyPatch) -> None:
    """<q²> of 4 × 4 spins, as (1/N²) sum_ij <s_i s_j>² over all states; 5 sigma of 20 blocks."""
    monkeypatch.setitem(LATTICES, "4x4", (4, 4))
    scene = scene_of(lattice="4x4", coldest=1.0, speed=100)
    advance(scene, 500)
    model = ms.EdwardsAnderson((4, 4), seed=3)
    states = np.array(np.meshgrid(*[[-1, 1]] * 16, indexing="ij"), np.int8).reshape(16, -1).T
    energies = model.energy(states.reshape(-1, 4, 4))
    weights = np.exp(energies.min() - energies)
    weights /= weights.sum()
    pairs = (states * weights[:, None]).T @ states.astype(float)
    expected = (pairs**2).sum() / 16**2
    blocks = []
    for _ in range(20):
        scene.handle({"do": "forget"})
        advance(scene, 1000)
        q, density_of_q = scene.frame()[1]["distribution"].T.astype(float)
        assert len(q) == 17  # a bin for each
        blocks.append((density_of_q * q**2).sum() / density_of_q.sum())
    assert abs(np.mean(blocks) - expected) < 5 * np.std(blocks) / np.sqrt(19)


def test_forgetting_begins_p_of_q_anew() -> None:
    scene = scene_of()
    advance(scene, 100)
    assert scene.frame()[0]["draws"] == 100
    scene.handle({"do": "forget"})
    header, arrays = scene.frame()
    assert header["draws"] == 0
    assert not arrays["distribution"][:, 1].any()
    assert header["exchanges"] == 100


def test_another_ladder_begins_anew_and_another_look_does_not() -> None:
    scene = scene_of()
    advance(scene, 50)
    scene.handle({"do": "set", "look": 5})
    header, arrays = scene.frame()
    assert header["exchanges"] == 50
    assert header["temperature"] == pytest.approx(arrays["temperatures"][5])
    for change in ({"coldest": 0.9}, {"steps": 12}, {"lattice": "6x6x6"}):
        scene.handle({"do": "set"} | change)
        assert scene.frame()[0]["exchanges"] == 0
        advance(scene, 10)
    assert scene.state() | SMALL == scene.state() | {"seed": 3} | SMALL
    scene.handle({"do": "set", "look": 11, "steps": 12})
    scene.handle({"do": "set", "steps": 8})  # what is looked at is still a temperature of it
    assert scene.state()["look"] == 7
    with pytest.raises(ValueError, match="look: got 8"):
        scene.handle({"do": "set", "look": 8})


@pytest.mark.parametrize("lattice", list(LATTICES))
@pytest.mark.parametrize("steps", [STEPS[0], STEPS[-1]])
def test_all_lattices_and_ladders(lattice: str, steps: int) -> None:
    scene = scene_of(lattice=lattice, steps=steps, speed=1)
    scene.step(1.0)
    _, arrays = scene.frame()
    assert len(arrays["acceptance"]) == steps - 1
    assert arrays["first"].ndim == 2


def test_a_mosaic_shows_every_plane_once() -> None:
    spins = np.random.default_rng(1).choice(np.array([-1, 1], np.int8), (6, 5, 4))
    found = mosaic(spins)
    assert found.shape == (11, 14)
    assert (found[:5, 5:9] == np.where(spins[1] > 0, 255, 0)).all()
    assert (found[6:, 10:] == np.where(spins[5] > 0, 255, 0)).all()
    assert (found[5] == 128).all()


@pytest.mark.parametrize("n", [16, 64, 216, 512, 1000, 1024])
def test_a_density_is_one_in_all_and_even(n: int) -> None:
    flat = density(np.ones(n + 1, np.int64))
    assert len(flat) <= 66
    assert flat[:, 1] == pytest.approx((n / 2) / (n + 1))  # no bin stands out
    assert flat[:, 0] == pytest.approx(-flat[::-1, 0])
    counts = np.random.default_rng(1).integers(0, 9, n + 1)
    assert density(counts + counts[::-1])[:, 1] == pytest.approx(
        density(counts + counts[::-1])[::-1, 1]
    )
    widths = np.bincount(np.searchsorted(flat[:, 0], (2 * np.arange(n + 1) - n) / n - 1e-9))
    assert widths.sum() == n + 1
