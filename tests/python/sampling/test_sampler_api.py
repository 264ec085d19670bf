"""What the Sampler's docstrings promise."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import multispin as ms

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Whole words and few lanes, one word a row and many, padding and none.
SHAPES = [(2, 2), (2, 4), (4, 2), (6, 10), (10, 6), (4, 134), (8, 128), (6, 384), (12, 1024)]
REPLICAS = 3
each_shape = pytest.mark.parametrize("shape", SHAPES, ids=str)


def make(shape: tuple[int, int] = (6, 10), **changes: Any) -> ms.Sampler:
    J, h = changes.pop("J", 1.0), changes.pop("h", 0.0)
    arguments = {"temperature": 2.5, "replicas": REPLICAS, "seed": 3, "engine": "lattice"}
    return ms.Sampler(ms.Ising(shape, J, h), **(arguments | changes))


def equal_state(a: ms.Sampler, b: ms.Sampler) -> bool:
    return a.sweeps_done == b.sweeps_done and bool(np.array_equal(a.packed(), b.packed()))


# --- running --------------------------------------------------------------------------------------


def test_sweeps_are_counted() -> None:
    sampler = make()
    assert sampler.sweeps_done == 0
    assert type(sampler.sweeps_done) is int
    sampler.sweep()
    sampler.sweep(np.int64(4))  # type: ignore[arg-type]
    sampler.record(3, interval=2)
    assert sampler.sweeps_done == 11


def test_no_sweep_changes_nothing() -> None:
    sampler = make()
    before = sampler.packed()
    sampler.sweep(0)
    energy, magnetization = sampler.record(0)
    assert energy.shape == magnetization.shape == (0, REPLICAS)
    np.testing.assert_array_equal(sampler.packed(), before)
    assert sampler.sweeps_done == 0


@each_shape
@pytest.mark.parametrize("interval", [1, 4])
def test_recording_is_sweeping_and_measuring(shape: tuple[int, int], interval: int) -> None:
    recorded, stepped = make(shape, h=0.3), make(shape, h=0.3)
    energy, magnetization = recorded.record(5, interval)
    assert energy.shape == magnetization.shape == (5, REPLICAS)
    assert energy.dtype == magnetization.dtype == np.float64
    for draw in range(5):
        stepped.sweep(interval)
        np.testing.assert_array_equal(energy[draw], stepped.energy())
        np.testing.assert_array_equal(magnetization[draw], stepped.magnetization())
    assert equal_state(recorded, stepped)


def test_long_records_are_measured_like_short_ones() -> None:
    # The core works in pieces of 2^27 updates, here 10,922 sweeps: several draws in one, or
    # one draw in several.
    for interval, draws in ((7, 3200), (25_000, 3)):
        recorded, stepped = make((64, 64)), make((64, 64))
        energy, _ = recorded.record(draws, interval)
        for first in range(0, draws, 800):
            draw = min(first + 799, draws - 1)
            stepped.sweep((draw + 1) * interval - stepped.sweeps_done)
            np.testing.assert_array_equal(energy[draw], stepped.energy())
        assert equal_state(recorded, stepped)


def test_the_core_does_not_hold_up_other_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MULTISPIN_ISA", "portable")
    sampler = make((1024, 1024), replicas=1, threads=1, h=0.1, dynamics="glauber")
    start = time.perf_counter()
    sampler.sweep()
    sweeps = max(1, round(0.5 / (time.perf_counter() - start)))
    for call in (lambda: sampler.sweep(sweeps), lambda: sampler.record(sweeps)):
        worker = threading.Thread(target=call)
        worker.start()
        turns = 0
        while worker.is_alive():
            time.sleep(0.005)
            turns += 1
        assert turns > 5


# --- temperature ----------------------------------------------------------------------------------


def test_temperature_is_a_number_if_it_is_the_same_everywhere() -> None:
    sampler = make(temperature=2)
    assert sampler.temperature == 2.0
    assert type(sampler.temperature) is float
    sampler.temperature = [1.0, 1.0, 1.0]
    assert type(sampler.temperature) is float
    sampler.temperature = np.array([1.0, 2.0, 3.0], dtype=np.float32)
    assert isinstance(sampler.temperature, np.ndarray)
    assert sampler.temperature.dtype == np.float64
    assert sampler.temperature.tolist() == [1.0, 2.0, 3.0]


def test_temperatures_are_copies() -> None:
    mine = np.array([1.0, 2.0, 3.0])
    sampler, other = make(temperature=mine), make(temperature=[1.0, 2.0, 3.0])
    mine[:] = 9.0
    gotten: Any = sampler.temperature
    gotten[:] = 9.0
    assert np.asarray(sampler.temperature).tolist() == [1.0, 2.0, 3.0]
    sampler.sweep(5)
    other.sweep(5)
    assert equal_state(sampler, other)


def test_each_replica_has_its_own_temperature() -> None:
    sampler = make((64, 64), dynamics="glauber", init="up", temperature=[0.1, 1e9, 0.1])
    sampler.sweep(20)
    e = sampler.energy_per_spin()
    assert e[0] == e[2] == -2
    assert abs(e[1]) < 0.2


def test_setting_the_temperature_takes_effect_at_once() -> None:
    sampler = make((32, 32), dynamics="glauber", init="up", temperature=0.1)
    sampler.sweep(5)
    sampler.temperature = 1e9
    sampler.sweep(5)
    assert np.all(np.abs(sampler.energy_per_spin()) < 0.5)
    assert sampler.sweeps_done == 10


def test_a_refused_temperature_changes_nothing() -> None:
    sampler, other = make(), make()
    for wrong in (-1.0, [1.0, 2.0], None):
        with pytest.raises((TypeError, ValueError), match="temperature"):
            sampler.temperature = wrong  # type: ignore[assignment]
    assert sampler.temperature == 2.5
    sampler.sweep(3)
    other.sweep(3)
    assert equal_state(sampler, other)


# --- both signs of J ------------------------------------------------------------------------------


@pytest.mark.parametrize("rng", ["aes", "philox"])
@pytest.mark.parametrize("temperature", [0.5, 2.3, 1e9])
def test_an_antiferromagnet_is_a_staggered_ferromagnet(temperature: float, rng: str) -> None:
    # At h = 0, turning one sublattice over turns J into -J. Metropolis dynamics sees no difference.
    shape = (10, 130)
    stagger = np.where(np.indices(shape).sum(axis=0) % 2, -1, 1).astype(np.int8)
    plus = make(shape, temperature=temperature, rng=rng)
    minus = make(shape, temperature=temperature, rng=rng, J=-1.0, init=plus.spins() * stagger)
    for _ in range(3):
        np.testing.assert_array_equal(minus.energy(), plus.energy())
        plus.sweep(4)
        minus.sweep(4)
        np.testing.assert_array_equal(minus.spins(), plus.spins() * stagger)


# --- spins ----------------------------------------------------------------------------------------


@each_shape
def test_spins_and_bits_are_the_same_state(shape: tuple[int, int]) -> None:
    sampler = make(shape)
    sampler.sweep(2)
    spins, packed = sampler.spins(), sampler.packed()
    rows, columns = shape
    n = columns // 2
    lanes = max(b for b in range(1, 65) if n % b == 0)
    words = n // lanes
    assert (spins.shape, spins.dtype) == ((REPLICAS, rows, columns), np.int8)
    assert (packed.shape, packed.dtype) == ((REPLICAS, 2, rows, words), np.uint64)
    assert set(np.unique(spins)) <= {-1, 1}
    seen = 0
    for colour, row, w, b in np.ndindex(2, rows, words, lanes):
        k = b * words + w
        column = 2 * k + (row + colour) % 2
        bits = packed[:, colour, row, w] >> np.uint64(b) & np.uint64(1)
        np.testing.assert_array_equal(spins[:, row, column] > 0, bits > 0)
        seen += 1
    assert seen == rows * columns
    if lanes < 64:
        assert packed.max() < 1 << lanes  # bits not in use are 0


def test_spins_and_bits_are_copies() -> None:
    sampler = make()
    spins, packed = sampler.spins(), sampler.packed()
    before = packed.copy()
    spins[:] = 1
    packed[:] = 0
    np.testing.assert_array_equal(sampler.packed(), before)
    sampler.sweep()  # and do not follow the sampler
    assert np.all(spins == 1)


@each_shape
def test_starts(shape: tuple[int, int]) -> None:
    assert np.all(make(shape, init="up").spins() == 1)
    assert np.all(make(shape, init="down").spins() == -1)
    rng = np.random.default_rng(1)
    given = rng.choice(np.array([-1, 1], dtype=np.int8), (REPLICAS, *shape))
    np.testing.assert_array_equal(make(shape, init=given).spins(), given)
    one = make(shape, init=given[1]).spins()
    np.testing.assert_array_equal(one, np.broadcast_to(given[1], one.shape))


@pytest.mark.parametrize("dtype", [np.int8, np.int32, np.int64, np.float32, np.float64])
def test_starts_of_any_type_and_order(dtype: type) -> None:
    given = np.random.default_rng(1).choice([-1, 1], (6, 10)).astype(dtype)
    for array in (given, np.asfortranarray(given), given[::-1, ::-1]):
        assert np.all(make(init=array).spins() == array)
    mine = given.copy()
    sampler = make(init=mine)
    mine[:] = 1
    assert np.all(sampler.spins() == given)


def test_random_starts_differ_by_replica_seed_and_stream_and_are_fair() -> None:
    states = [
        make((64, 256), replicas=4).spins(),
        make((64, 256), replicas=4, seed=4).spins(),
        make((64, 256), replicas=4, first_stream=4).spins(),
    ]
    spins = np.concatenate(states).reshape(12, -1).astype(np.float64)
    overlaps = spins @ spins.T / spins.shape[1] - np.eye(12)
    # 78 numbers of standard error 1/128; 6.5 of them: one false alarm in 1e8.
    assert np.abs(overlaps).max() < 6.5 / 128
    assert np.abs(spins.mean(axis=1)).max() < 6.5 / 128
    np.testing.assert_array_equal(
        make((64, 256), replicas=4, rng="philox").spins(), states[0]
    )  # the start does not depend on the generator


# --- observables ----------------------------------------------------------------------------------


@pytest.mark.usefixtures("isa")
@each_shape
@pytest.mark.parametrize(("J", "h"), [(1.0, 0.0), (-0.7, 0.4)])
def test_energy_and_magnetization(shape: tuple[int, int], J: float, h: float) -> None:
    sampler = make(shape, J=J, h=h)
    for sweeps in (0, 3):
        sampler.sweep(sweeps)
        spins = sampler.spins()
        energy, magnetization = sampler.energy(), sampler.magnetization()
        for array in (energy, magnetization, sampler.energy_per_spin()):
            assert (array.shape, array.dtype) == ((REPLICAS,), np.float64)
        np.testing.assert_array_equal(energy, ms.Ising(shape, J, h).energy(spins))
        np.testing.assert_array_equal(sampler.energy_per_spin(), energy / (shape[0] * shape[1]))
        np.testing.assert_array_equal(magnetization, spins.mean(axis=(1, 2), dtype=np.float64))


@each_shape
def test_overlap_and_moments(shape: tuple[int, int]) -> None:
    sampler = make(shape)
    sampler.sweep(2)
    flat = sampler.spins().reshape(REPLICAS, -1).astype(np.float64)
    overlap = sampler.overlap()
    assert (overlap.shape, overlap.dtype) == ((REPLICAS, REPLICAS), np.float64)
    np.testing.assert_allclose(overlap, flat @ flat.T / flat.shape[1], rtol=0, atol=1e-15)
    if flat.shape[1] > 1000:
        return  # moments have N^2 entries
    first, second = sampler.moments()
    assert first.shape == flat.shape[1:]
    assert second.shape == 2 * flat.shape[1:]
    np.testing.assert_allclose(first, flat.mean(axis=0), rtol=0, atol=1e-15)
    np.testing.assert_allclose(second, flat.T @ flat / REPLICAS, rtol=0, atol=1e-15)


@pytest.mark.parametrize("engine", ["lattice", "replica"])
@pytest.mark.parametrize("of", ["overlap", "link_overlap"])
def test_one_replica_has_no_overlaps(engine: str, of: str) -> None:
    sampler = ms.Sampler(ms.Ising((4, 4)), temperature=2.0, engine=engine)
    with pytest.raises(ValueError, match=f"^{of}: got .*one replica, allowed: at least 2"):
        getattr(sampler, of)()


def test_overlaps_of_large_lattices_are_exact() -> None:
    # More bits than float32 counts one by one, and more than one piece of them.
    sampler = make((4096, 8192), init="up", replicas=2)
    np.testing.assert_array_equal(sampler.overlap(), np.ones((2, 2)))


@each_shape
def test_correlation(shape: tuple[int, int]) -> None:
    sampler = make(shape, temperature=2.3)
    sampler.sweep(10)
    spins = sampler.spins().astype(np.int64)
    correlation = sampler.correlation()
    for axis, values in enumerate(correlation, start=1):
        assert (values.shape, values.dtype) == ((REPLICAS, shape[axis - 1] // 2 + 1), np.float64)
        for d in range(values.shape[1]):
            expected = (spins * np.roll(spins, -d, axis=axis)).mean(axis=(1, 2))
            np.testing.assert_array_equal(values[:, d], expected)


def divisors(n: int) -> list[int]:
    return [d for d in range(1, n + 1) if n % d == 0]


@pytest.mark.parametrize("shape", [*SHAPES, (6, 768)], ids=str)
def test_block_average(shape: tuple[int, int]) -> None:
    sampler = make(shape)
    sampler.sweep(1)
    rows, columns = shape
    for height in divisors(rows):
        for width in (d for d in divisors(columns) if d % 2 == 0):
            for replica in range(REPLICAS):
                means = sampler.block_average((height, width), replica)
                blocks = sampler.spins()[replica].reshape(
                    rows // height, height, columns // width, width
                )
                assert means.dtype == np.float32
                np.testing.assert_array_equal(
                    means, blocks.mean(axis=(1, 3), dtype=np.float64).astype(np.float32)
                )
    blocks: list[Any] = [2, [2, 2], np.array([2, 2]), np.int64(2)]
    for block in blocks:
        np.testing.assert_array_equal(
            sampler.block_average(block), sampler.block_average((2, 2), 0)
        )


def test_blocks_of_many_spins() -> None:
    sampler = make((2048, 1024), replicas=1)
    spins: NDArray[np.float64] = sampler.spins()[0].astype(np.float64)
    means = sampler.block_average((1024, 512))
    np.testing.assert_array_equal(
        means, spins.reshape(2, 1024, 2, 512).mean(axis=(1, 3)).astype(np.float32)
    )


@pytest.mark.parametrize("threads", [1, 2, 7])
def test_observables_do_not_depend_on_threads(threads: int) -> None:
    one = make((512, 1024), replicas=1, threads=1)
    several = make((512, 1024), replicas=1, threads=threads)
    for f in (
        ms.Sampler.energy,
        ms.Sampler.magnetization,
        ms.Sampler.spins,
        lambda s: s.correlation()[0],
        lambda s: s.correlation()[1],
        lambda s: s.block_average(8),
    ):
        np.testing.assert_array_equal(f(several), f(one))


# --- what a sampler says about itself -------------------------------------------------------------


@pytest.mark.parametrize("rng", ["auto", "aes", "philox"])
def test_info(isa: str, rng: str) -> None:
    used = "aes" if rng == "auto" else rng
    generator = ms.info()["generators"][used]
    info = make(rng=rng, threads=3).info()
    assert info.pop("bytes") > 0  # more of it in test_sampler_bytes
    assert info == {
        "engine": "lattice",
        "dynamics": "metropolis",
        "order": "fixed",
        "device": "cpu",
        "instruction_set": isa,
        "threads": 3,
        "seed": 3,
        "generator": used,
        "planes": generator["planes"],
        "tail_planes": generator["tail_planes"],
    }
    assert make().info()["threads"] == ms.info()["threads"]


def test_every_device_name_that_means_the_cpu() -> None:
    assert equal_state(make(device="auto"), make(device="cpu"))


def test_what_a_sampler_looks_like() -> None:
    assert repr(make(h=0.5)) == (
        "Sampler(Ising((6, 10), J=1.0, h=0.5), temperature=2.5, replicas=3, "
        "dynamics='metropolis', rng='aes', seed=3)"
    )


@pytest.mark.thorough
def test_sums_of_more_spins_than_32_bits_count() -> None:
    # 2.17 billion spins, 270 MB.
    sampler = ms.Sampler(ms.Ising((46592, 46592)), 2.0, init="up", seed=1)
    assert sampler.magnetization() == 1.0
    assert sampler.energy() == -2.0 * 46592**2
    assert sampler.block_average((46592 // 4, 46592 // 4)).tolist() == [[1.0] * 4] * 4
