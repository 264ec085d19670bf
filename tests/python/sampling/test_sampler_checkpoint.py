"""Saving a sampler and loading it: the same trajectory, and no trust in files."""

from __future__ import annotations

import copy
import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import multispin as ms
from multispin import CheckpointError, DeviceError, io

if TYPE_CHECKING:
    from pathlib import Path

ARGUMENTS: list[dict[str, Any]] = [
    {"model": ms.Ising((6, 10)), "temperature": [1.5, 2.3, 1e9], "replicas": 3},
    {"model": ms.Ising((2, 134), J=-0.7, h=0.1), "dynamics": "glauber", "init": "down"},
    {"model": ms.Ising((1024, 1024), h=-1 / 3), "rng": "philox", "seed": 2**64 - 1},
    {"model": ms.Ising((4, 1024)), "temperature": 0.1 + 0.2, "first_stream": 2**63},
]
each_run = pytest.mark.parametrize("arguments", ARGUMENTS, ids=lambda a: str(a["model"]))


def run(arguments: dict[str, Any], sweeps: int = 5, **changes: Any) -> ms.Sampler:
    sampler = ms.Sampler(**({"seed": 1} | arguments | changes))
    sampler.sweep(sweeps)
    return sampler


def assert_equal(a: ms.Sampler, b: ms.Sampler) -> None:
    assert a.sweeps_done == b.sweeps_done
    np.testing.assert_array_equal(a.packed(), b.packed())
    np.testing.assert_array_equal(a.temperature, b.temperature)


@each_run
def test_a_loaded_sampler_goes_on_bit_for_bit(
    isa: str, arguments: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MULTISPIN_ISA")
    run(arguments, threads=1).save(tmp_path / "run")
    whole = run(arguments, 9)
    monkeypatch.setenv("MULTISPIN_ISA", isa)
    for threads in (None, 1, 2, 7):
        loaded = ms.Sampler.load(str(tmp_path / "run"), threads=threads)
        assert loaded.sweeps_done == 5
        assert loaded.info()["instruction_set"] == isa
        assert loaded.info()["threads"] == (threads or ms.info()["threads"])
        recorded = loaded.record(4)
        assert_equal(loaded, whole)
        np.testing.assert_array_equal(recorded[0][-1], whole.energy())


def test_a_temperature_changed_on_the_way_is_kept(tmp_path: Path) -> None:
    sampler = run(ARGUMENTS[0])
    sampler.temperature = [5.0, 0.1 + 0.2, 2.0]
    sampler.save(tmp_path / "run")
    loaded = ms.Sampler.load(tmp_path / "run")
    sampler.sweep(3)
    loaded.sweep(3)
    assert_equal(loaded, sampler)


def test_saving_changes_nothing_and_replaces_the_file(tmp_path: Path) -> None:
    sampler = run(ARGUMENTS[0])
    sampler.save(tmp_path / "run")
    sampler.sweep(2)
    sampler.save(tmp_path / "run")
    assert_equal(sampler, run(ARGUMENTS[0], 7))
    assert_equal(ms.Sampler.load(tmp_path / "run"), sampler)
    assert list(tmp_path.iterdir()) == [tmp_path / "run"]


def test_loading_again_starts_from_the_same_state(tmp_path: Path) -> None:
    run(ARGUMENTS[1]).save(tmp_path / "run")
    first = ms.Sampler.load(tmp_path / "run")
    first.sweep(3)
    assert_equal(ms.Sampler.load(tmp_path / "run"), run(ARGUMENTS[1]))


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    for path, error in (
        (tmp_path / "missing" / "run", FileNotFoundError),
        (tmp_path, IsADirectoryError),
    ):
        with pytest.raises(error, match=f": '{path}'$"):
            run(ARGUMENTS[1]).save(path)


def test_pickle_and_copy_point_to_save_and_load() -> None:
    sampler = run(ARGUMENTS[0])
    for call in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(
            TypeError, match=r"^a Sampler cannot .* use save\(path\) and Sampler.load"
        ):
            call(sampler)


# --- files that are not believed ------------------------------------------------------------------


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "run"
    run(ARGUMENTS[0]).save(path)
    return path


def refused(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(CheckpointError, match=path.name):
        ms.Sampler.load(path)
    assert path.read_bytes() == before


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        ms.Sampler.load(tmp_path / "run")


def test_truncated_files(saved: Path) -> None:
    whole = saved.read_bytes()
    for length in [*range(0, len(whole), 97), len(whole) - 1]:
        saved.write_bytes(whole[:length])
        refused(saved)


def test_damaged_files_are_refused_or_whole(saved: Path) -> None:
    whole, expected = saved.read_bytes(), run(ARGUMENTS[0])
    noticed = 0
    for position in range(0, len(whole), 13):
        damaged = bytearray(whole)
        damaged[position] ^= 0x10
        saved.write_bytes(damaged)
        try:
            loaded = ms.Sampler.load(saved)
        except CheckpointError:
            noticed += 1
        else:  # a byte of the archive that says nothing, such as a date
            assert_equal(loaded, expected)
    assert noticed > len(whole) // 13 // 2


def test_foreign_files(tmp_path: Path) -> None:
    path = tmp_path / "run"
    for content in (b"", b"temperature: 2.0\n", b"PK\x03\x04" + bytes(100), bytes(1000)):
        path.write_bytes(content)
        refused(path)
    with path.open("wb") as file:
        np.savez(file, packed=np.zeros((1, 2, 4, 1), dtype=np.uint64))
    refused(path)
    io.write_checkpoint(path, "simulate", *run(ARGUMENTS[0])._state())
    refused(path)


WRONG: list[Any] = [None, -1, 2**70, 0.5, "x", [], [1], {}, True]


@pytest.mark.parametrize("key", [
    "model", "replicas", "engine", "shared_random_numbers", "dynamics", "rng", "seed",
    "first_stream", "sweeps_done", "shape", "J", "h",
])  # fmt: skip
def test_sealed_files_of_a_state_that_cannot_be(tmp_path: Path, key: str) -> None:
    # Such as another program or a later version might write: whole, but no state of this sampler.
    path = tmp_path / "run"
    meta, arrays = run(ARGUMENTS[0])._state()
    for wrong in [*WRONG, "missing"]:
        if key in ("J", "h") and wrong in (-1, 2**70, 0.5) and wrong is not True:
            continue  # another model, but a model
        if key == "sweeps_done" and wrong is True:
            continue  # true is 1
        other = copy.deepcopy(meta)
        part = other["model"] if key in ("shape", "J", "h") else other
        part[key] = wrong
        if wrong == "missing":
            del part[key]
        io.write_checkpoint(path, "sampler", other, arrays)
        refused(path)


@pytest.mark.parametrize("key", ["packed", "temperature"])
def test_sealed_files_of_arrays_that_cannot_be(tmp_path: Path, key: str) -> None:
    path = tmp_path / "run"
    meta, arrays = run(ARGUMENTS[0])._state()
    good = arrays[key]
    wrong: list[np.ndarray[Any, Any]] = [
        good[:-1], good[None], good[:0], np.array(1.0), good.astype(np.complex128),
        good.astype(np.int8), np.zeros_like(good)[:2], np.full(good.shape, "x"),
    ]  # fmt: skip
    for array in wrong:
        if key == "temperature" and array.dtype == np.int8:
            continue  # whole numbers are temperatures
        io.write_checkpoint(path, "sampler", meta, arrays | {key: array})
        refused(path)
    io.write_checkpoint(path, "sampler", meta, {n: a for n, a in arrays.items() if n != key})
    refused(path)


@pytest.mark.usefixtures("without_cuda")
def test_another_device_is_not_the_fault_of_the_file(saved: Path) -> None:
    with pytest.raises(DeviceError, match="device: got 'cuda'"):
        ms.Sampler.load(saved, device="cuda")
    for wrong, error in (("gpu", ValueError), (None, TypeError)):
        with pytest.raises(error, match="^device: got"):
            ms.Sampler.load(saved, device=wrong)  # type: ignore[arg-type]
    for threads, error in ((0, ValueError), (1.0, TypeError)):
        with pytest.raises(error, match="^threads: got"):
            ms.Sampler.load(saved, threads=threads)  # type: ignore[arg-type]


def test_an_instruction_set_is_not_the_fault_of_the_file(
    saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MULTISPIN_ISA", "sse9")
    with pytest.raises(ValueError, match="MULTISPIN_ISA"):
        ms.Sampler.load(saved)
