"""Choosing a device, and what goes wrong with one."""

from __future__ import annotations

import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest

import multispin as ms
from multispin._engines import devices

if TYPE_CHECKING:
    from pathlib import Path


def sampler(shape: tuple[int, int] = (16, 128), **arguments: object) -> ms.Sampler:
    return ms.Sampler(ms.Ising(shape), **{"device": "cuda", "seed": 1, **arguments})  # type: ignore[arg-type]


def test_info() -> None:
    info = ms.info()
    assert info["cuda"]["built"]
    assert info["cuda"]["unavailable_because"] == ""
    assert info["devices"][:2] == ["cpu", "cuda:0"]
    device = info["cuda"]["devices"][0]
    assert device["memory_bytes"] > 0
    about = sampler().info()
    assert about["device"] == "cuda:0"
    assert about["device_name"] == device["name"]
    assert about["instruction_set"] == "sm_" + device["compute_capability"].replace(".", "")


def test_auto() -> None:
    large = (2048, 2048)
    assert ms.Sampler(ms.Ising(large)).info()["device"] == "cuda:0"
    assert ms.Sampler(ms.Ising(large), rng="aes").info()["device"] == "cpu"
    assert ms.Sampler(ms.Ising((2046, 2048))).info()["device"] == "cpu"
    assert ms.Sampler(ms.Ising((2046, 2048)), replicas=2).info()["device"] == "cuda:0"


def test_a_device_that_does_not_exist() -> None:
    count = len(ms.info()["cuda"]["devices"])
    with pytest.raises(
        ms.DeviceError, match=f"got 'cuda:{count}', but no device of .* 'cuda:0' to"
    ):
        sampler(device=f"cuda:{count}")


@pytest.mark.parametrize("name", ["gpu", "cuda:", "cuda:-1", "cuda:x", "cuda: 0", "CUDA"])
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(ValueError, match="device: got .*, allowed: 'auto', 'cpu', 'cuda'"):
        sampler(device=name)


@pytest.mark.usefixtures("emulated")
@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        ("MULTISPIN_EMULATED_DRIVER", "no driver"),
        ("MULTISPIN_EMULATED_DEVICES", "no device"),
        ("MULTISPIN_EMULATED_CAPABILITY", "unsupported architecture"),
    ],
)
def test_devices_that_cannot_be_used(
    setting: str, reason: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "state.npz"
    sampler(device="cpu").save(path)
    monkeypatch.setenv(setting, "0")
    with pytest.raises(ms.DeviceError, match=reason):
        sampler()
    with pytest.raises(ms.DeviceError, match=reason):
        ms.Sampler.load(path, device="cuda")
    assert ms.Sampler(ms.Ising((2048, 2048))).info()["device"] == "cpu"
    assert ms.info()["devices"] == ["cpu"]
    assert reason in ms.info()["cuda"]["unavailable_because"]


def test_too_large_a_lattice_says_what_it_needs() -> None:
    free = devices.cuda_module().free_memory(0)
    side = 2 * int((8 * free) ** 0.5 / 2) + 4096
    with pytest.raises(MemoryError, match=f"shape: 1 replica of {side} x {side}: needed .*free"):
        sampler((side, side))
    sampler().sweep(1)


@pytest.mark.usefixtures("emulated")
def test_what_does_not_fit_leaves_the_sampler_usable(monkeypatch: pytest.MonkeyPatch) -> None:
    one = sampler((64, 128))
    one.sweep(1)
    monkeypatch.setenv("MULTISPIN_EMULATED_MEMORY", "2000")
    with pytest.raises(MemoryError, match="spins: .* needed"):
        one.spins()
    with pytest.raises(MemoryError, match="packed: .* needed"):
        one.packed()
    assert one.packed(copy=False).shape == (1, 2, 64, 1)
    one.sweep(1)
    assert one.sweeps_done == 2


@pytest.mark.usefixtures("emulated")
def test_a_kernel_that_fails_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    one = sampler()
    monkeypatch.setenv("MULTISPIN_EMULATED_FAILURE", "small_sweeps")
    with pytest.raises(ms.DeviceError, match="small_sweeps"):
        one.sweep(1)
    monkeypatch.delenv("MULTISPIN_EMULATED_FAILURE")
    with pytest.raises(ms.DeviceError, match="make a new one"):
        one.energy()
    sampler().sweep(1)


def test_interrupted_sweeps_go_on_unharmed() -> None:
    one, whole = sampler((4096, 4096)), sampler((4096, 4096))
    one.synchronize()
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    timer = threading.Timer(0.3, signal.raise_signal, (signal.SIGINT,))
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            one.sweep(2**40)
    finally:
        timer.join()
        signal.signal(signal.SIGINT, previous)
    # A sweep takes more than a microsecond: all that were asked for take a week, these 16 seconds.
    assert 0 < one.sweeps_done < 2**24
    whole.sweep(one.sweeps_done)
    ended = [s.packed(copy=False) for s in (one, whole)]
    assert all(isinstance(words, ms.DeviceArray) for words in ended)
    np.testing.assert_array_equal(*[words.copy_to_host() for words in ended])  # type: ignore[union-attr]


@pytest.mark.usefixtures("emulated")
def test_auto_takes_the_cpu_for_what_does_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MULTISPIN_EMULATED_MEMORY", "500000")
    assert ms.Sampler(ms.Ising((2048, 2048))).info()["device"] == "cpu"


def test_a_run_has_one_device_however_it_is_cut() -> None:
    """16 chains of 2**18 spins: together enough for the GPU, each alone not."""
    runs = [
        ms.simulate(ms.Ising((512, 512)), np.linspace(2, 3, 16), 1, 0, seed=1, executor=executor)
        for executor in (None, ThreadPoolExecutor(2))
    ]
    assert [run.attrs["device"] for run in runs] == ["cuda:0", "cuda:0"]
    np.testing.assert_array_equal(runs[0].energy, runs[1].energy)


def test_bench_measures_the_gpu() -> None:
    from multispin.runs import throughput

    bench = throughput.measure([64], ["philox"], seconds=0.01, device="cuda")
    assert bench.attrs["device"] == "cuda:0"
    assert bench.flips_per_ns.min() > 0
