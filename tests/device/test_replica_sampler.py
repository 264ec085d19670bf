"""Samplers of replicas on a GPU: bit for bit what the CPU does, and what they refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import multispin as ms
from multispin._base import memory
from multispin._engines import devices
from multispin._engines.replica import ReplicaEngine

if TYPE_CHECKING:
    from pathlib import Path


def random_regular() -> ms.Pairwise:
    edges = ms.graphs.random_regular(30, 3, seed=2)
    return ms.Pairwise.from_edges(30, edges, np.resize([1.5, -1.5, -1.5], len(edges)), h=0.25)


#: Replicas of each: streams of several words, and bits that no replica has.
MODELS = {
    "samples": (ms.EdwardsAnderson((3, 4, 4), seed=1, samples=3), 30),
    "one sample": (ms.EdwardsAnderson((4, 4), seed=1, samples=1), 70),
    "graph": (random_regular(), 130),
    "antiferromagnet": (ms.Ising((6, 5), J=-0.8, h=0.3), 5),
}


def make(model: ms.Model, replicas: int, device: str = "cuda", **arguments: Any) -> ms.Sampler:
    arguments = {"temperature": 1.7, "seed": 11, "engine": "replica", "rng": "philox", **arguments}
    return ms.Sampler(model, replicas=replicas, device=device, **arguments)


def pair(model: ms.Model, replicas: int, **arguments: Any) -> tuple[ms.Sampler, ms.Sampler]:
    """Return the same sampler on the CPU and on the GPU."""
    return make(model, replicas, "cpu", **arguments), make(model, replicas, **arguments)


def host(array: object) -> Any:
    assert isinstance(array, ms.DeviceArray)
    return array.copy_to_host()


def assert_same(cpu: ms.Sampler, gpu: ms.Sampler) -> None:
    assert gpu.sweeps_done == cpu.sweeps_done
    np.testing.assert_array_equal(host(gpu.packed()), cpu.packed())
    np.testing.assert_array_equal(host(gpu.spins()), cpu.spins())
    observables = ["energy", "energy_per_spin", "magnetization"]
    if cpu.energy().shape[-1] > 1:
        observables += ["overlap", "link_overlap"]
    for observable in observables:
        expected = getattr(cpu, observable)()
        np.testing.assert_array_equal(getattr(gpu, observable)(), expected, observable)


@pytest.mark.parametrize("rng", ["philox", "aes"])
@pytest.mark.parametrize("dynamics", ["metropolis", "glauber"])
@pytest.mark.parametrize("name", MODELS)
def test_same_as_on_the_cpu(name: str, dynamics: str, rng: str) -> None:
    model, replicas = MODELS[name]
    for first_stream in (0, 70):
        both = pair(model, replicas, dynamics=dynamics, rng=rng, first_stream=first_stream)
        assert_same(*both)
        for sampler in both:
            sampler.sweep(4)
        assert_same(*both)
        np.testing.assert_allclose(both[1].energy(), model.energy(host(both[1].spins())))


@pytest.mark.parametrize("init", ["up", "down", "one", "all"])
def test_same_from_any_start(init: str) -> None:
    model, replicas = MODELS["samples"]
    signs = np.array([-1, 1], dtype=np.int8)
    one = np.random.default_rng(3).choice(signs, model.shape)
    each = np.random.default_rng(4).choice(signs, (3, replicas, *model.shape))
    start = {"one": one, "all": each}.get(init, init)
    both = pair(model, replicas, init=start)
    assert_same(*both)
    again = make(model, replicas, init=both[1].spins(), first_stream=70)
    np.testing.assert_array_equal(host(again.packed()), host(both[1].packed()))
    if init == "all":
        np.testing.assert_array_equal(host(both[1].spins()), each)
    for sampler in both:
        sampler.sweep(2)
    assert_same(*both)


def test_temperatures_of_replicas_and_samples() -> None:
    model, replicas = MODELS["samples"]
    of_replicas = np.geomspace(0.3, 20.0, replicas)
    both = pair(model, replicas, temperature=of_replicas)
    for temperature in (of_replicas, 1.1, np.outer([1.0, 2.0, 0.5], of_replicas), 1e20):
        for sampler in both:
            sampler.temperature = temperature
            sampler.sweep(2)
        np.testing.assert_array_equal(both[1].temperature, both[0].temperature)
        assert_same(*both)


@pytest.mark.parametrize("name", MODELS)
def test_records_and_moments(name: str) -> None:
    both = pair(*MODELS[name])
    for measure in (lambda s: s.record(3, 2), lambda s: s.moments()):
        for expected, got in zip(*[measure(sampler) for sampler in both], strict=True):
            np.testing.assert_array_equal(got, expected)
    assert_same(*both)


@pytest.mark.parametrize("rng", ["philox", "aes"])
@pytest.mark.parametrize("begin", ["cpu", "cuda"])
def test_saved_on_one_device_and_loaded_on_the_other(rng: str, begin: str, tmp_path: Path) -> None:
    model, replicas = MODELS["samples"]
    arguments = {"temperature": np.geomspace(0.5, 5.0, replicas), "rng": rng, "first_stream": 9}
    whole = make(model, replicas, "cpu", **arguments)
    whole.sweep(9)
    path = tmp_path / "state.npz"
    sampler = make(model, replicas, begin, **arguments)
    for device, sweeps in (("cuda", 4), ("cpu", 2), ("cuda", 3)):
        sampler.sweep(sweeps)
        sampler.save(path)
        sampler = ms.Sampler.load(path, device=device)
        assert sampler.info()["device"].startswith(device)
        assert sampler.info()["engine"] == "replica"
    assert_same(whole, sampler)


def test_shared_random_numbers(tmp_path: Path) -> None:
    model = ms.EdwardsAnderson((4, 4), seed=1, samples=600)
    both = pair(model, 1, shared_random_numbers=True, first_stream=3)
    for temperature in (2.0, 0.7):
        for sampler in both:
            sampler.temperature = temperature
            sampler.sweep(3)
        assert_same(*both)
    both[1].save(tmp_path / "state.npz")
    again = ms.Sampler.load(tmp_path / "state.npz", device="cuda")
    for sampler in (both[0], again):
        sampler.sweep(2)
    assert_same(both[0], again)


def test_several_samplers_side_by_side() -> None:
    """Each has a queue of its own, and none waits for another."""
    pairs = [pair(*MODELS[name], seed=seed) for name in MODELS for seed in (1, 2)]
    for sweeps in (1, 3):
        for both in pairs:
            for sampler in both:
                sampler.sweep(sweeps)
    for both in pairs:
        assert_same(*both)


# --- whole runs -----------------------------------------------------------------------------------


def assert_same_runs(cpu: Any, gpu: Any) -> None:
    assert (cpu.attrs["device"], gpu.attrs["device"]) == ("cpu", "cuda:0")
    assert cpu.attrs["engine"] == gpu.attrs["engine"] == "replica"
    for name in cpu.data_vars:
        np.testing.assert_array_equal(gpu[name], cpu[name], str(name))


@pytest.mark.parametrize("name", ["graph", "antiferromagnet"])
def test_simulate_gives_the_same_on_both(name: str) -> None:
    runs = [
        ms.simulate(
            MODELS[name][0],
            [1.0, 2.5],
            sweeps=20,
            thermalization=5,
            interval=2,
            replicas=40,
            seed=4,
            rng="philox",
            engine="replica",
            device=device,
        )
        for device in ("cpu", "cuda")
    ]
    assert_same_runs(*runs)


@pytest.mark.parametrize("name", ["samples", "graph"])
def test_anneal_gives_the_same_on_both(name: str) -> None:
    runs = [
        ms.anneal(
            MODELS[name][0],
            [3.0, 1.5, 0.4],
            5,
            replicas=20,
            interval=2,
            seed=4,
            rng="philox",
            device=device,
        )
        for device in ("cpu", "cuda")
    ]
    assert_same_runs(*runs)


@pytest.mark.parametrize("name", ["samples", "graph"])
def test_replica_sweep_gives_the_same_on_both(name: str) -> None:
    runs = [
        ms.replica_sweep(
            MODELS[name][0],
            2.0,
            replicas=[1, 3, 12],
            sweeps=40,
            thermalization=4,
            interval=2,
            seed=4,
            rng="philox",
            device=device,
        )
        for device in ("cpu", "cuda")
    ]
    assert [set(run.device.values) for run in runs] == [{"cpu"}, {"cuda:0"}]
    costs = ["flips_per_ns", "seconds", "bytes", "bytes_per_spin", "device"]
    for variable in runs[0].drop_vars(costs).data_vars:
        np.testing.assert_array_equal(runs[1][variable], runs[0][variable], str(variable))


# --- what goes wrong ------------------------------------------------------------------------------


def test_info() -> None:
    info = make(*MODELS["samples"]).info()
    assert (info["engine"], info["device"], info["generator"]) == ("replica", "cuda:0", "philox")
    assert make(*MODELS["samples"], rng="auto").info()["generator"] == "philox"


# A glass of 8 x 8 x 8 spins on a GPU: there is a position after the last, a site has its position,
# and a bond is kept at both ends and once by itself. Its number and the sites' stay on the host.
N, E = 512, 3 * 512
GRAPH = N * 4 + E * (2 * (4 + 4) + (4 + 4 + 4))


@pytest.mark.parametrize(
    ("samples", "replicas", "first_stream", "expected"),
    [
        (None, 512, 0, 8 * 8 * (N + 1) + GRAPH),
        (None, 512, 1, 8 * 9 * (N + 1) + GRAPH),
        (None, 1, 0, 8 * (N + 1) + GRAPH),
        (512, 1, 0, 8 * 8 * (N + 1 + E + 1) + GRAPH),
    ],
)
def test_bytes_are_those_of_the_gpu(
    samples: int | None, replicas: int, first_stream: int, expected: int
) -> None:
    model = ms.EdwardsAnderson((8, 8, 8), seed=1, samples=samples)
    one = make(model, replicas, first_stream=first_stream)
    assert one.info()["bytes"] == expected
    cpu = make(model, replicas, "cpu", first_stream=first_stream)
    assert cpu.info()["bytes"] != expected


def test_a_replica_sweep_gives_the_bytes_of_the_gpu() -> None:
    model = ms.EdwardsAnderson((8, 8, 8), seed=1)
    data = ms.replica_sweep(model, 2.0, [1, 512], 20, 0, interval=1, device="cuda")
    assert data["bytes"].values.tolist() == [(N + 1) * 8 * words + GRAPH for words in (1, 8)]


@pytest.mark.usefixtures("emulated")
def test_it_takes_the_bytes_that_it_says() -> None:
    free = devices.cuda_module().free_memory
    before = free(0)
    one = make(ms.EdwardsAnderson((8, 8, 8), seed=1), 512)
    held, taken = one.info()["bytes"], before - free(0)
    # Thresholds on top: 13 + 32 planes and one more, of 3 classes, 4 of lazy sites, and 8 words.
    thresholds = 46 * (3 + 4) * 8 * 8
    assert 0 <= taken - held - thresholds < 256


def test_what_passes_through_the_host_has_to_fit_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Edges and signs as lists, then as the engine has them; no spins."""
    model = ms.EdwardsAnderson((8, 8, 8), seed=1, samples=512)
    needed = 48 * E + 2 * 512 * E + GRAPH - N * 4 + 8 * 8 * (E + 1)
    monkeypatch.setattr(memory, "_available_memory", lambda: needed)
    make(model, 1)
    monkeypatch.setattr(memory, "_available_memory", lambda: needed - 1)
    message = "shape: 512 replicas of 8 x 8 x 8, on the way to cuda:0: needed .* available"
    with pytest.raises(MemoryError, match=message):
        make(model, 1)


def test_a_device_that_does_not_exist(tmp_path: Path) -> None:
    count = len(ms.info()["cuda"]["devices"])
    message = f"got 'cuda:{count}', but no device of .* 'cuda:0' to"
    with pytest.raises(ms.DeviceError, match=message):
        make(*MODELS["graph"], device=f"cuda:{count}")
    make(*MODELS["graph"]).save(tmp_path / "state.npz")
    with pytest.raises(ms.DeviceError, match=message):
        ms.Sampler.load(tmp_path / "state.npz", device=f"cuda:{count}")


def test_what_does_not_fit_is_refused_before_it_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    free = devices.cuda_module().free_memory(0)
    replicas = 64 * (free // 2**27 + 1)  # words of 8 bytes, of 2**24 sites each
    monkeypatch.setattr(ReplicaEngine, "__init__", lambda *_: pytest.fail("something was made"))
    message = (
        rf"shape: {replicas} replicas of 4096 x 4096: needed [0-9.]+ GiB on cuda:0, "
        r"free: [0-9.]+ GiB"
    )
    with pytest.raises(MemoryError, match=message):
        make(ms.Ising((4096, 4096)), replicas)


@pytest.mark.usefixtures("emulated")
def test_memory_that_is_gone_by_then_is_an_error_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is free is asked for again where memory is taken."""
    free = devices.cuda_module().free_memory(0)
    monkeypatch.setattr(ReplicaEngine, "bytes_held", lambda _: 0)
    monkeypatch.setenv("MULTISPIN_EMULATED_MEMORY", "100")
    with pytest.raises(MemoryError, match=r"replicas: 130 of 30 sites: needed .*, free: 100"):
        make(*MODELS["graph"])
    monkeypatch.delenv("MULTISPIN_EMULATED_MEMORY")
    assert devices.cuda_module().free_memory(0) == free
    make(*MODELS["graph"]).sweep(1)


@pytest.mark.usefixtures("emulated")
def test_arrays_that_do_not_fit_leave_the_sampler_usable(monkeypatch: pytest.MonkeyPatch) -> None:
    cpu, gpu = pair(*MODELS["graph"])
    monkeypatch.setenv("MULTISPIN_EMULATED_MEMORY", "100")
    with pytest.raises(MemoryError, match=r"spins: replicas: 130 of 30 sites: needed .* free: 0"):
        gpu.spins()
    with pytest.raises(MemoryError, match=r"packed: replicas: 130 of 30 sites: needed .* free: 0"):
        gpu.packed()
    monkeypatch.delenv("MULTISPIN_EMULATED_MEMORY")
    for sampler in (cpu, gpu):
        sampler.sweep(1)
    assert_same(cpu, gpu)


@pytest.mark.usefixtures("emulated")
def test_a_kernel_that_fails_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    one = make(*MODELS["graph"])
    monkeypatch.setenv("MULTISPIN_EMULATED_FAILURE", "update_sites")
    with pytest.raises(ms.DeviceError, match="update_sites"):
        one.sweep(1)
    monkeypatch.delenv("MULTISPIN_EMULATED_FAILURE")
    with pytest.raises(ms.DeviceError, match="make a new one"):
        one.energy()
    make(*MODELS["graph"]).sweep(1)
