"""The Ising scene: its physics, its loop, and the Python that it hands out."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import numpy as np
import pytest

import multispin as ms
from multispin.lab.scene import Options
from multispin.lab.scenes.ising import LOOPS, SIZES, IsingScene

mpl.use("agg")


def scene_of(**state: Any) -> IsingScene:
    return IsingScene(Options(threads=1), {"size": 256, "speed": 10, "seed": 3} | state)


def advance(scene: IsingScene, sweeps: int) -> None:
    """Go on by so many sweeps, ten a frame."""
    before = scene.frame()[0]["sweeps"]
    while scene.frame()[0]["sweeps"] < before + sweeps:
        scene.step(1.0)


@pytest.mark.parametrize("size", SIZES)
def test_pictures_of_all_sizes(size: int) -> None:
    scene = scene_of(size=size, temperature=2.0, speed=1)
    scene.step(1.0)
    header, arrays = scene.frame()
    assert arrays["picture"].shape == (min(size, 512), min(size, 512))
    spins, block = np.asarray(scene._sampler.spins())[0], max(1, size // 512)
    up = (spins > 0).reshape(size // block, block, size // block, block).sum(axis=(1, 3))
    np.testing.assert_array_equal(arrays["picture"], np.round(255 * up / block**2))
    mean = arrays["picture"].mean() / 127.5 - 1
    assert abs(mean - header["magnetization"]) < 1e-3


def test_energy_comes_to_the_exact_one() -> None:
    """At T = 3, where 256² spins forget in a few sweeps: 5 sigma of C = 0.6 T²/N and 40 draws."""
    scene = scene_of(temperature=3.0)
    advance(scene, 500)
    rows = scene.frame()[1]["trace"][-40:]
    exact = ms.exact.onsager(3.0)
    sigma = np.sqrt(exact.specific_heat * 9 / 256**2 / 10)  # as if a quarter were independent
    assert abs(rows[:, 1].mean() - exact.energy) < 5 * sigma
    assert scene.frame()[0]["exact_energy"] == exact.energy
    assert abs(rows[:, 2].mean()) < 0.05


def test_order_below_the_critical_temperature() -> None:
    scene = scene_of(temperature=2.0, start="up")
    advance(scene, 300)
    header, _ = scene.frame()
    assert abs(header["magnetization"] - ms.exact.onsager(2.0).magnetization) < 0.02


def test_a_field_aligns() -> None:
    scene = scene_of(temperature=3.0)
    scene.handle({"do": "set", "field": -0.5})
    advance(scene, 50)
    assert scene.frame()[0]["magnetization"] < -0.5
    scene.handle({"do": "set", "field": 0.5})
    advance(scene, 50)
    assert scene.frame()[0]["magnetization"] > 0.5


def test_a_quench_begins_without_order() -> None:
    scene = scene_of(temperature=3.0, start="up", field=0.3)
    advance(scene, 20)
    scene.handle({"do": "quench"})
    header, arrays = scene.frame()
    assert scene.state()["temperature"] < ms.exact.critical_temperature
    assert scene.state()["field"] == 0.0
    assert abs(header["magnetization"]) < 0.02
    assert len(arrays["trace"]) == 1
    energy = header["energy"]
    advance(scene, 50)
    assert scene.frame()[0]["energy"] < energy - 1.0  # domains grow


@pytest.mark.thorough
def test_a_loop_has_hysteresis_in_the_cold_and_none_in_the_warm() -> None:
    """The area of m(h), over two turns of 4000 sweeps."""
    areas = []
    for temperature in (1.5, 4.0):
        scene = scene_of(temperature=temperature)
        scene.handle({"do": "loop", "on": True})
        advance(scene, 2 * 4000)
        header, arrays = scene.frame()
        assert header["looping"]
        field, magnetization = arrays["loop"][-160:].T
        assert field.max() > 0.98
        assert field.min() < -0.98
        areas.append(abs(np.sum(magnetization * np.gradient(field))))
    assert areas[0] > 0.3
    assert areas[1] < 0.1 * areas[0]


@pytest.mark.parametrize("sweeps", LOOPS)
def test_a_loop_takes_the_sweeps_that_it_says(sweeps: int) -> None:
    scene = scene_of(loop_sweeps=sweeps, speed=100)
    scene.handle({"do": "loop", "on": True})
    assert scene.state()["field"] == 1.0
    advance(scene, sweeps // 2)
    assert scene.state()["field"] == pytest.approx(-1.0, abs=0.1)
    advance(scene, sweeps // 2)
    assert scene.state()["field"] == pytest.approx(1.0, abs=0.2)


def test_setting_the_field_ends_a_loop_and_setting_the_temperature_does_not() -> None:
    scene = scene_of()
    scene.handle({"do": "loop", "on": True})
    scene.handle({"do": "set", "temperature": 1.9})
    assert scene.frame()[0]["looping"]
    scene.handle({"do": "set", "field": 0.25})
    assert not scene.frame()[0]["looping"]
    advance(scene, 100)
    assert scene.state()["field"] == 0.25


def test_single_sweeps() -> None:
    scene = scene_of()
    scene.handle({"do": "run", "on": False})
    for n in range(1, 4):
        scene.handle({"do": "step"})
        assert scene.frame()[0]["sweeps"] == n
        assert not scene.step(0.01)


def test_so_many_sweeps_a_frame() -> None:
    for speed in (1, 10, 100):
        scene = scene_of(speed=speed)
        for n in range(1, 4):
            for _ in range(3):  # a slow page
                scene.step(1.0)
            assert scene.frame()[0]["sweeps"] == n * speed


def test_reset_is_the_same_history_and_another_seed_another_one() -> None:
    scene = scene_of()
    advance(scene, 50)
    first = scene.frame()[1]["picture"]
    scene.handle({"do": "reset"})
    advance(scene, 50)
    assert (scene.frame()[1]["picture"] == first).all()
    scene.handle({"do": "reset", "seed": 4})
    assert scene.state()["seed"] == 4
    advance(scene, 50)
    assert (scene.frame()[1]["picture"] != first).mean() > 0.1


def test_its_python_gives_the_same_spins() -> None:
    scene = scene_of(temperature=2.5, field=0.1)
    advance(scene, 30)
    scene.handle({"do": "set", "temperature": 1.7, "field": 0.0})
    advance(scene, 20)
    scene.handle({"do": "quench"})
    advance(scene, 40)
    names: dict[str, Any] = {}
    exec(scene.python(), names)
    sampler = names["sampler"]
    assert sampler.sweeps_done == 90
    spins = sampler.spins()[0]
    assert ((spins > 0) == (scene.frame()[1]["picture"] > 127)).all()


@pytest.mark.thorough
def test_its_python_runs_after_a_long_history() -> None:
    scene = scene_of(size=1024, speed=1)
    scene.handle({"do": "loop", "on": True})
    advance(scene, 500)
    assert "left out" in scene.python()
    exec(scene.python(), {})
