"""Temperatures of 0 and infinity on every engine, and overlaps with patterns."""

from __future__ import annotations

import itertools
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import multispin as ms

if TYPE_CHECKING:
    from pathlib import Path

_RNG = np.random.default_rng(1)
PATTERNS = _RNG.choice(np.array([-1, 1], dtype=np.int8), (3, 4, 25))
MEMORY = ms.Hopfield(PATTERNS)
GLASS = ms.SherringtonKirkpatrick(30, seed=1)

FROZEN = list(itertools.product(("real", "pattern"), ("glauber", "parallel")))
each_that_freezes = pytest.mark.parametrize(("engine", "dynamics"), FROZEN)


def make(model: Any = MEMORY, temperature: Any = 0.0, **arguments: Any) -> ms.Sampler:
    return ms.Sampler(model, temperature, **{"seed": 1, "dynamics": "glauber"} | arguments)


def local_fields(sampler: ms.Sampler) -> Any:
    """Return N f of spins in the couplings of patterns, which are integers; (replicas, N)."""
    xi = PATTERNS.reshape(len(PATTERNS), -1).astype(np.int64)
    s = sampler.spins().reshape(-1, xi.shape[1]).astype(np.int64)
    return s @ xi.T @ xi - len(xi) * s


@each_that_freezes
def test_spins_follow_their_fields_at_temperature_0(engine: str, dynamics: str) -> None:
    sampler = make(engine=engine, dynamics=dynamics, replicas=5)
    assert sampler.temperature == 0.0
    before = sampler.spins().reshape(5, -1)
    field = local_fields(sampler)
    sampler.sweep(1)
    after = sampler.spins().reshape(5, -1)
    if dynamics == "parallel":
        np.testing.assert_array_equal(after, np.where(field == 0, before, np.sign(field)))
    sampler.sweep(30)
    if dynamics == "glauber":
        assert np.all(local_fields(sampler) * sampler.spins().reshape(5, -1) >= 0)


@each_that_freezes
def test_a_spin_without_a_field_stays(engine: str, dynamics: str) -> None:
    alone = ms.Hopfield(np.ones((1, 1), dtype=np.int8))
    for seed in range(8):
        sampler = make(alone, engine=engine, dynamics=dynamics, init="down", seed=seed)
        sampler.sweep(3)
        assert sampler.magnetization()[0] == -1.0


@pytest.mark.parametrize("engine", ["real", "pattern"])
def test_engines_agree_at_temperature_0(engine: str) -> None:
    random = [
        make(engine=one, replicas=70, order="random", threads=threads)
        for one in ("real", "pattern")
        for threads in (1, 2)
    ]
    chosen = make(engine=engine, replicas=70, order="random")
    for sampler in (*random, chosen):
        sampler.sweep(4)
        np.testing.assert_array_equal(sampler.spins(), random[0].spins())


@pytest.mark.parametrize("model", [GLASS, ms.Pairwise(np.ones((4, 4)) - np.eye(4), h=0.5)])
@pytest.mark.parametrize("dynamics", ["glauber", "parallel"])
def test_any_couplings_freeze(model: Any, dynamics: str) -> None:
    sampler = make(model, dynamics=dynamics, replicas=4)
    before = sampler.energy()
    sampler.sweep(20)
    if dynamics == "glauber":
        assert np.all(sampler.energy() <= before)


@pytest.mark.parametrize("engine", ["real", "pattern", "auto"])
def test_some_replicas_may_be_frozen(engine: str) -> None:
    sampler = make(temperature=[0.0, 0.5, 0.0], replicas=3, engine=engine)
    sampler.sweep(2)
    np.testing.assert_array_equal(sampler.temperature, [0.0, 0.5, 0.0])


# --- both ends, on every engine -------------------------------------------------------------------

MANY = "replica, many bonds"  # for Metropolis only
EVERY: dict[str, Any] = {
    "lattice": ms.Ising((8, 12)),
    "lattice in a field": ms.Ising((8, 12), h=0.5),
    "lattice, ties in a field": ms.Ising((8, 12), h=4.0),
    "cubic": ms.Ising((4, 4, 6), J=-1.0),
    "replica": ms.Ising((5, 7)),
    "replica in a field": ms.EdwardsAnderson((4, 4), seed=1, h=2.0),
    MANY: ms.Pairwise(np.ones((16, 16)) - np.eye(16)),
    "real": GLASS,
    "pattern": MEMORY,
}  # fmt: skip
ENGINE_OF = {name: name.split(",")[0].split(" ")[0].replace("cubic", "lattice") for name in EVERY}
both_rules = pytest.mark.parametrize("dynamics", ["metropolis", "glauber"])


def every(name: str, temperature: Any, **arguments: Any) -> ms.Sampler:
    if name == MANY and arguments["dynamics"] == "glauber":
        pytest.skip("the replica engine has no heat bath for so many bonds")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ms.SlowMixingWarning)
        return make(EVERY[name], temperature, engine=ENGINE_OF[name], **arguments)


@both_rules
@pytest.mark.parametrize(
    "name", [name for name in EVERY if ENGINE_OF[name] in ("lattice", "replica")]
)
def test_the_ends_are_limits(name: str, dynamics: str) -> None:
    # At these temperatures probabilities round to those of the ends, so the trajectory is theirs.
    for end, near in ((0.0, 1e-4), (np.inf, 1e300)):
        limit, close = (every(name, T, dynamics=dynamics, replicas=5) for T in (end, near))
        for one in (limit, close):
            one.sweep(6)
        np.testing.assert_array_equal(limit.spins(), close.spins())
        assert limit.temperature == end


def neighbours(spins: np.ndarray) -> Any:
    return sum(np.roll(spins.astype(int), step, axis) for step in (1, -1) for axis in (1, 2))


def test_a_sweep_of_metropolis_at_0() -> None:
    sampler = every("lattice", 0.0, dynamics="metropolis", replicas=9)
    colour = np.add.outer(np.arange(8), np.arange(12)) % 2
    spins = sampler.spins()
    sampler.sweep(1)
    for number in (0, 1):
        field = neighbours(spins)
        updated = np.where(field == 0, -spins, np.sign(field))
        spins = np.where(colour == number, updated, spins)
    np.testing.assert_array_equal(sampler.spins(), spins)


def test_a_sweep_of_the_heat_bath_at_0() -> None:
    sampler = every("lattice", 0.0, dynamics="glauber", replicas=64)
    before = sampler.spins()
    sampler.sweep(1)
    after = sampler.spins()
    first = np.add.outer(np.arange(8), np.arange(12)) % 2 == 0
    field = neighbours(before)
    ruled = first & (field != 0)
    np.testing.assert_array_equal(after[ruled], np.sign(field)[ruled])
    ties = after[first & (field == 0)]  # about 1150 coins, within 5 standard deviations
    assert abs(ties.mean()) < 5 / np.sqrt(len(ties))


@both_rules
@pytest.mark.parametrize("name", EVERY)
def test_no_flip_at_0_costs_energy(name: str, dynamics: str) -> None:
    sampler = every(name, 0.0, dynamics=dynamics, replicas=5)
    energies = []
    for _ in range(30):
        energies.append(sampler.energy())
        sampler.sweep(1)
    assert np.all(np.diff(energies, axis=0) <= 1e-6)
    assert np.all(energies[-1] < energies[0])


@pytest.mark.parametrize("name", EVERY)
def test_metropolis_accepts_every_flip_at_infinity(name: str) -> None:
    sampler = every(name, np.inf, dynamics="metropolis", replicas=64, init="up")
    sampler.sweep(1)
    up = (sampler.spins() == 1).mean(axis=0)
    # But for lazy sites, those with next to no field, and those left to the heat bath.
    certain = up == 0.0
    lazy = {
        "replica": 0.1, "replica in a field": 0.5, "lattice, ties in a field": 1.0,
        "real": 0.1, "pattern": 0.5,
    }.get(name, 0.0)  # fmt: skip
    assert certain.mean() >= 1.0 - lazy


@pytest.mark.parametrize("name", EVERY)
def test_the_heat_bath_is_a_coin_at_infinity(name: str) -> None:
    sampler = every(name, np.inf, dynamics="glauber", replicas=256, init="up")
    sampler.sweep(1)
    spins = sampler.spins()
    assert abs(spins.mean()) < 5 / np.sqrt(spins.size)


@both_rules
@pytest.mark.parametrize("name", EVERY)
def test_the_ends_are_saved_set_and_shown(name: str, dynamics: str, tmp_path: Path) -> None:
    given = [0.0, 1.5, np.inf]
    sampler = every(name, given, replicas=3, dynamics=dynamics)
    sampler.sweep(2)
    np.testing.assert_array_equal(sampler.temperature, given)
    sampler.save(tmp_path / "kept")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ms.SlowMixingWarning)
        loaded = ms.Sampler.load(tmp_path / "kept")
    np.testing.assert_array_equal(loaded.temperature, given)
    for one in (sampler, loaded):
        one.sweep(2)
    np.testing.assert_array_equal(sampler.spins(), loaded.spins())
    for end in (0.0, -0.0, np.inf):
        sampler.temperature = end
        assert sampler.temperature == end


@pytest.mark.parametrize("wrong", [-1.0, -1e-300, float("nan"), -float("inf"), [0.0, -1.0]])
def test_what_is_below_0_or_not_a_number(wrong: Any) -> None:
    with pytest.raises(ValueError, match="^temperature: got "):
        make(temperature=wrong, replicas=2)
    sampler = make(replicas=2)
    with pytest.raises(ValueError, match="^temperature: got "):
        sampler.temperature = wrong
    assert sampler.temperature == 0.0


def test_runs_have_no_temperature_0() -> None:
    with pytest.raises(ValueError, match="^temperatures: got .*allowed: .*> 0"):
        ms.simulate(MEMORY, [0.0, 1.0], 10, 0, dynamics="glauber")
    with pytest.raises(ValueError, match="^temperatures: got .*allowed: .*> 0"):
        ms.temper(MEMORY, [0.0, 1.0], 10, dynamics="glauber")


# --- to and from 0 --------------------------------------------------------------------------------


@each_that_freezes
def test_a_sampler_is_cooled_to_0_and_warmed_again(engine: str, dynamics: str) -> None:
    sampler = make(temperature=0.5, engine=engine, dynamics=dynamics, replicas=3)
    sampler.sweep(5)
    sampler.temperature = 0.0
    sampler.sweep(60)
    assert sampler.temperature == 0.0
    if dynamics == "glauber":
        still = sampler.spins()
        sampler.sweep(5)
        np.testing.assert_array_equal(sampler.spins(), still)
    sampler.temperature = [0.0, 2.0, 2.0]
    assert sampler.temperature[0] == 0.0


@each_that_freezes
def test_a_sampler_at_0_is_saved_and_loaded(engine: str, dynamics: str, tmp_path: Path) -> None:
    whole = make(engine=engine, dynamics=dynamics, replicas=3, order="random")
    whole.sweep(1)
    whole.save(tmp_path / "frozen.npz")
    loaded = ms.Sampler.load(tmp_path / "frozen.npz")
    assert loaded.temperature == 0.0
    assert loaded.info()["engine"] == engine
    for sampler in (whole, loaded):
        sampler.sweep(2)
    np.testing.assert_array_equal(loaded.spins(), whole.spins())


# --- overlaps with patterns -----------------------------------------------------------------------


@pytest.mark.parametrize("engine", ["real", "pattern"])
@pytest.mark.parametrize("temperature", [0.0, 0.4])
def test_pattern_overlaps_are_those_of_the_model(engine: str, temperature: float) -> None:
    sampler = make(temperature=temperature, engine=engine, replicas=5, order="random")
    for _ in range(3):
        found = sampler.pattern_overlap()
        assert found.shape == (5, 3)
        assert found.dtype == np.float64
        np.testing.assert_array_equal(found, MEMORY.overlap(sampler.spins()))
        sampler.sweep(1)


def test_other_models_have_no_pattern_overlaps() -> None:
    with pytest.raises(ValueError, match="^model: got .*allowed: a Hopfield model"):
        make(GLASS, 1.0).pattern_overlap()


@pytest.mark.parametrize(
    ("neurons", "patterns", "engine"),
    [(500, 5, "real"), (1000, 100, "pattern"), (1000, 400, "real"), (5001, 1300, "pattern")],
)
def test_the_engine_is_the_faster_one(neurons: int, patterns: int, engine: str) -> None:
    xi = np.random.default_rng(1).choice(np.array([-1, 1], dtype=np.int8), (patterns, neurons))
    assert make(ms.Hopfield(xi)).info()["engine"] == engine
