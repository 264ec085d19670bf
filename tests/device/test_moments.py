"""Moments that a GPU adds up of its own replicas: the integers of the CPU, and of its spins."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import multispin as ms
from multispin import _core
from multispin._engines.moments import packed_moment_sums

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from multispin import _cuda

#: Spins around a tile of 32, and around two.
SPINS = [1, 2, 31, 32, 33, 63, 64, 65, 130]


def rows_of(spins: int, replicas: int, seed: int = 1) -> NDArray[np.uint64]:
    """Bits of replicas, in which some spins are much alike; those that no replica has are zeros."""
    random = np.random.default_rng(seed)
    words = -(-replicas // 64)
    rows = random.integers(0, 2**64, (spins, words), dtype=np.uint64)
    rows[::3] |= random.integers(0, 2**64, words, dtype=np.uint64)
    if replicas % 64:
        rows[:, -1] &= np.uint64(2 ** (replicas % 64) - 1)
    return rows


def on_gpu(rows: NDArray[np.uint64], replicas: int) -> _cuda.DeviceArray:
    """Return the same rows in a GPU's memory, which an engine has put there."""
    from multispin import _cuda

    engine = _cuda.ReplicaEngine(
        sites=len(rows), edges=np.empty((0, 2), dtype=np.uint32),
        signs=np.empty((1, 0), dtype=np.int8), replicas=replicas, J=1.0, h=0.0,
        dynamics="metropolis", rng="philox", seed=1, first_stream=0,
        shared_random_numbers=False, device=0,
    )  # fmt: skip
    engine.set_packed(rows)
    return engine.device_packed()


def both(rows: NDArray[np.uint64], bounds: Any) -> list[list[tuple[Any, Any]]]:
    """Return all groups' sums, of the CPU and of the GPU."""
    bounds = np.array(bounds, dtype=np.int64)
    there = on_gpu(rows, 64 * rows.shape[1])
    return [list(packed_moment_sums(where, bounds, 1)) for where in (rows, there)]


def assert_same(rows: NDArray[np.uint64], bounds: Any) -> None:
    expected, got = both(rows, bounds)
    assert len(got) == len(expected) == len(bounds) - 1
    for wanted, found in zip(expected, got, strict=True):
        for one, other in zip(wanted, found, strict=True):
            assert other.dtype == np.int64
            np.testing.assert_array_equal(other, one)


@pytest.mark.parametrize("spins", SPINS)
@pytest.mark.parametrize("replicas", [1, 2, 63, 64, 65, 129, 1025, 5000])
def test_of_every_size(spins: int, replicas: int) -> None:
    """Words that are full and not; so many of them that several warps share them."""
    assert_same(rows_of(spins, replicas), [0, replicas])


@pytest.mark.parametrize("spins", [1, 33])
def test_of_more_replicas_than_half_a_word_counts(spins: int) -> None:
    assert_same(rows_of(spins, 2**16 + 77), [0, 2**16 + 77])


@pytest.mark.parametrize("spins", [5, 64])
def test_of_groups_that_begin_and_end_anywhere(spins: int) -> None:
    """Within a word, at its end, over several; of any sizes; with bits before and after them."""
    rows = rows_of(spins, 3200)
    assert_same(rows, [3, 4, 5, 63, 64, 65, 128, 192, 200, 1500, 1501, 3199])
    assert_same(rows, np.arange(0, 3201, 5))


def test_they_are_sums_over_the_spins() -> None:
    rows = rows_of(33, 70)
    bits = rows[:, np.arange(70) // 64] >> (np.arange(70) % 64).astype(np.uint64) & np.uint64(1)
    spins = 2 * bits.astype(np.int64) - 1
    first, second = both(rows, [0, 70])[1][0]
    np.testing.assert_array_equal(first, spins.sum(axis=1))
    np.testing.assert_array_equal(second, spins @ spins.T)


@pytest.mark.usefixtures("emulated")
def test_of_spins_whose_sums_have_no_room_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some tiles at a time, and some groups: half of what is left is for their sums."""
    from multispin import _cuda

    rows = rows_of(130, 190)
    there = on_gpu(rows, 192)
    bounds = np.array([0, 70, 75, 190])
    expected = list(packed_moment_sums(rows, bounds, 1))
    held = 2**30 - _cuda.free_memory(0)
    for sums in (1, 32 * 130, 64 * 130, 129 * 130, 130 * 130, 2 * 130 * 130):
        # There has to be room for first moments too, and for at least one tile.
        room = max(16 * sums, 8 * (32 * 131 + 4))
        monkeypatch.setenv("MULTISPIN_EMULATED_MEMORY", str(held + room))
        got = list(packed_moment_sums(there, bounds, 1))
        np.testing.assert_equal(got, expected)
    monkeypatch.setenv("MULTISPIN_EMULATED_MEMORY", str(held + 1000))
    with pytest.raises(MemoryError, match="^moments: needed "):
        list(packed_moment_sums(there, bounds, 1))


@pytest.mark.usefixtures("emulated")
def test_ctrl_c_stops_it(monkeypatch: pytest.MonkeyPatch) -> None:
    there = on_gpu(rows_of(40, 128), 128)
    monkeypatch.setenv("MULTISPIN_EMULATED_DELAY", "5000")
    press = threading.Timer(0.2, signal.raise_signal, [signal.SIGINT])
    press.start()
    with pytest.raises(KeyboardInterrupt):
        list(packed_moment_sums(there, np.array([0, 128]), 1))
    press.join()


@pytest.mark.parametrize("bounds", [[], [0], [0, 0], [5, 3], [0, 9, 9, 12], [-1, 4], [0, 65]])
def test_bounds_that_make_no_sense(bounds: list[int]) -> None:
    from multispin import _cuda

    there = on_gpu(rows_of(3, 64), 64)
    with pytest.raises(ValueError, match=r"^bounds: allowed: .* from 0 to 64$"):
        _cuda.packed_moment_sums(there, np.array(bounds, dtype=np.int64))


def test_spins_become_such_rows() -> None:
    """Replicas around the 64 of a word, and one of many."""
    from multispin import _cuda

    for replicas in (1, 63, 64, 65, 200):
        sampler = ms.Sampler(
            ms.Ising((4, 6)), 2.0, replicas=replicas, device="cuda", engine="replica", seed=1
        )
        spins = sampler._engine.device_spins()  # type: ignore[attr-defined]
        rows = _cuda.packed_samples(spins.reshaped((replicas, 24)))
        np.testing.assert_array_equal(rows.copy_to_host(), sampler.packed().copy_to_host())
        with pytest.raises(ValueError, match=r"^spins: allowed: int8 \(samples, spins\)"):
            _cuda.packed_samples(rows)


def test_rows_that_make_no_sense() -> None:
    from multispin import _cuda

    engine = ms.Sampler(ms.Ising((4, 4)), device="cuda", engine="replica", seed=1)._engine
    with pytest.raises(ValueError, match=r"^rows: allowed: words \(spins, words\)"):
        _cuda.packed_moment_sums(engine.device_spins(), np.array([0, 1]))  # type: ignore[attr-defined]


MODELS = {
    "lattice": ms.Ising((4, 18)),
    "replica": ms.EdwardsAnderson((3, 5), seed=1, samples=3),
    "real, of all pairs": ms.SherringtonKirkpatrick(33, seed=1, samples=2),
    "real, of some pairs": ms.EdwardsAnderson((5, 7), seed=1, samples=3, couplings="gaussian"),
    "pattern": ms.Hopfield(np.random.default_rng(1).choice([-1, 1], (3, 65))),
}


@pytest.mark.parametrize("replicas", [1, 5, 70])
@pytest.mark.parametrize("name", MODELS)
def test_samplers_add_up_where_their_spins_are(
    name: str, replicas: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of each disorder sample, after sweeps that are still in the queue."""
    engine = name.split(",", maxsplit=1)[0]
    settings: dict[str, Any] = {"replicas": replicas, "engine": engine, "seed": 1, "rng": "philox"}
    cpu, gpu = (ms.Sampler(MODELS[name], 1.5, device=at, **settings) for at in ("cpu", "cuda"))
    for sampler in (cpu, gpu):
        sampler.sweep(3)
    expected = cpu.moments()
    for sums in ("packed_moment_sums", "moment_sums"):
        monkeypatch.delattr(_core, sums)
    for wanted, got in zip(expected, gpu.moments(), strict=True):
        np.testing.assert_array_equal(got, wanted)


@pytest.mark.parametrize("name", MODELS)
def test_the_benchmark_compares_with_the_host(
    name: str, bench: Callable[[str], dict[str, Any]]
) -> None:
    script = bench("moments")
    row, same = script["measured"](script["Case"](name.split(",", maxsplit=1)[0], MODELS[name], 5))
    assert same
    assert row.endswith("| yes |")


def test_the_benchmark_has_a_case_for_each_engine(bench: Callable[[str], dict[str, Any]]) -> None:
    cases = bench("moments")["cases"]()
    assert {case.engine for case in cases} == {"lattice", "replica", "real", "pattern"}
