"""Wrong arguments: a typed error that says which, what was given and what is allowed; no crash."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import multispin as ms
from multispin import DeviceError
from multispin._base import memory
from reference.lattice import Lattice

if TYPE_CHECKING:
    from collections.abc import Callable

SHAPE = (4, 6)
NAN, INF = float("nan"), float("inf")


def make(**arguments: Any) -> ms.Sampler:
    shape = arguments.pop("shape", SHAPE)
    model = arguments.pop("model", None) or ms.Ising(shape)
    return ms.Sampler(model, **arguments)


def refused(error: type[Exception], name: str, allowed: str, **arguments: Any) -> None:
    with pytest.raises(error, match=rf"(?s)^{name}: got .*allowed: .*{allowed}") as caught:
        make(**arguments)
    assert len(str(caught.value)) < 400


# --- one argument at a time -----------------------------------------------------------------------

NOT_INTEGERS = [None, True, 1.0, "1", [1], 1j, np.float64(2), np.array([1])]
NOT_WORDS = [None, True, 1, 1.5, ["up"], b"cpu"]


@pytest.mark.parametrize("model", [(4, 4), "ising", 3, ms.Ising])
def test_model(model: Any) -> None:
    with pytest.raises(TypeError, match="^model: got .*allowed: .*Ising"):
        ms.Sampler(model)


@pytest.mark.parametrize("shape", [(2**31 + 2, 2), (2, 2**40), (3, 2**27), (2**14 + 1, 2**14 + 1)])
def test_shapes_of_no_engine(shape: tuple[int, int]) -> None:
    allowed = r"fewer than 2\*\*28 sites, or even sides from 2 to 2\*\*31 in 2 or 3 dimensions"
    refused(ValueError, "shape", allowed, shape=shape)


@pytest.mark.parametrize("shape", [(3, 4), (4, 3), (5, 5)])
def test_shapes_of_the_other_engine(shape: tuple[int, int]) -> None:
    assert make(shape=shape).info()["engine"] == "replica"
    refused(ValueError, "engine", "'auto' or 'replica'", shape=shape, engine="lattice")


def test_more_streams_than_the_replica_engine_has() -> None:
    most, odd = 2**26, (3, 3)
    for replicas in (most + 1, 2**62, 2**100):
        refused(ValueError, "replicas", r"at most 2\*\*26", shape=odd, replicas=replicas)
    for first in (most - 1, most, 2**63):
        allowed = f"an integer >= 0 and <= {most - 2} with the replica engine"
        refused(ValueError, "first_stream", allowed, shape=odd, replicas=2, first_stream=first)
    make(shape=odd, replicas=2, first_stream=most - 2).sweep(1)
    # Where the other engine can, "auto" takes it.
    many: dict[str, Any] = {"replicas": 64}
    assert make(**many, first_stream=most - 64).info()["engine"] == "replica"
    assert make(**many, first_stream=most - 63).info()["engine"] == "lattice"


@pytest.mark.parametrize(("temperature", "error"), [
    (-2.3, ValueError), (NAN, ValueError), (-INF, ValueError),
    ([2.0, NAN], ValueError), ([2.0, -1.0], ValueError), ([], ValueError),
    ([[2.0, 2.0]], ValueError), ([2.0, [3.0]], ValueError),
    (None, TypeError), ("2", TypeError), (True, TypeError), (2j, TypeError), ([None], TypeError),
    (["2"], TypeError), ({2.0}, TypeError), ([True, False], TypeError),
])  # fmt: skip
def test_temperature(temperature: Any, error: type[Exception]) -> None:
    refused(error, "temperature", "a number from 0 to inf", temperature=temperature, replicas=2)
    run = make(replicas=2)
    with pytest.raises(error, match="^temperature: got .*allowed: a number from 0 to inf"):
        run.temperature = temperature


@pytest.mark.parametrize("count", [2, 4])
def test_number_of_temperatures(count: int) -> None:
    allowed = "one number, or one for each of the 3 replicas"
    refused(ValueError, "temperature", allowed, temperature=[2.0] * count, replicas=3)


def test_replicas() -> None:
    for wrong in NOT_INTEGERS:
        refused(TypeError, "replicas", "an integer >= 1", replicas=wrong)
    for few in (0, -1, -(2**70)):
        refused(ValueError, "replicas", "an integer >= 1", replicas=few)


@pytest.mark.skipif(sys.platform != "linux", reason="there is no list of a process's threads")
@pytest.mark.parametrize("threads", [2**15, 2**16, 2**70])
def test_threads_that_are_refused_are_not_started(threads: int) -> None:
    # They would stay, and leave no map of memory to anything else.
    before = len(list(Path("/proc/self/task").iterdir()))
    refused(ValueError, "threads", r"an integer >= 1 and <= \d{4,}", threads=threads)
    assert len(list(Path("/proc/self/task").iterdir())) == before


def test_threads() -> None:
    for wrong in NOT_INTEGERS[1:]:
        refused(TypeError, "threads", "an integer >= 1", threads=wrong)
    for number in (0, -1, 2**31, 2**70):
        refused(ValueError, "threads", "an integer >= 1", threads=number)


def test_seed_and_stream() -> None:
    for wrong in NOT_INTEGERS:
        if wrong is not None:
            refused(TypeError, "seed", "None, or an integer >= 0", seed=wrong)
        refused(TypeError, "first_stream", "an integer >= 0", first_stream=wrong)
    for number in (-1, 2**64, 2**70):
        refused(ValueError, "seed", "an integer >= 0 and <= 18446744073709551615", seed=number)
        refused(ValueError, "first_stream", "an integer >= 0 and <=", first_stream=number)


@pytest.mark.parametrize(("name", "allowed"), [
    ("dynamics", "'metropolis', 'glauber'"),
    ("rng", "'auto', 'aes', 'philox'"),
    ("device", "'auto', 'cpu'"),
])  # fmt: skip
def test_names(name: str, allowed: str) -> None:
    for wrong in NOT_WORDS:
        refused(TypeError, name, allowed, **{name: wrong})
    for unknown in ("", "heat", "Metropolis", "AES", "tpu", "auto "):
        refused(ValueError, name, allowed, **{name: unknown})


@pytest.mark.usefixtures("without_cuda")
@pytest.mark.parametrize("device", ["cuda", "cuda:0", "cuda:1"])
def test_devices_that_there_are_not(device: str) -> None:
    with pytest.raises(DeviceError, match=f"^device: got '{device}', .*'cpu'"):
        make(device=device)


@pytest.mark.parametrize(("init", "error"), [
    (None, TypeError), (1, TypeError), ([[1] * 6] * 4, TypeError), (b"up", TypeError),
    ("", ValueError), ("Up", ValueError), ("hot", ValueError),
    (np.ones((6, 4)), ValueError), (np.ones(24), ValueError), (np.ones((3, *SHAPE)), ValueError),
    (np.ones((1, 2, *SHAPE)), ValueError), (np.ones((0, *SHAPE)), ValueError),
    (np.array(1), ValueError),
    *((np.full(SHAPE, wrong), ValueError) for wrong in (0, 2, -3, 257, 0.5, NAN, 1j, "1", None)),
    (np.ones(SHAPE, dtype=bool), ValueError), (np.full(SHAPE, 255, dtype=np.uint8), ValueError),
])  # fmt: skip
def test_init(init: Any, error: type[Exception]) -> None:
    refused(error, "init", "'random', 'up', 'down'", init=init, replicas=2)


def test_one_wrong_spin_is_found() -> None:
    spins = np.ones((2, *SHAPE), dtype=np.int8)
    spins[1, 3, 5] = 0
    refused(ValueError, "init", r"an array of \+1 and -1", init=spins, replicas=2)


def test_sweep() -> None:
    run = make()
    for wrong in NOT_INTEGERS:
        with pytest.raises(TypeError, match="^n: got .*allowed: an integer >= 0"):
            run.sweep(wrong)
    for number in (-1, -(2**70), 2**64, 2**70):
        with pytest.raises(ValueError, match="^n: got .*allowed: an integer >= 0"):
            run.sweep(number)
    assert run.sweeps_done == 0


def test_record() -> None:
    run = make()
    for wrong in NOT_INTEGERS:
        with pytest.raises(TypeError, match="^draws: got .*allowed: an integer >= 0"):
            run.record(wrong)
        with pytest.raises(TypeError, match="^interval: got .*allowed: an integer >= 1"):
            run.record(1, wrong)
    for number in (-1, 2**64, 2**70):
        with pytest.raises(ValueError, match="^draws: got .*allowed: an integer >= 0"):
            run.record(number)
    for number in (0, -1, 2**64, 2**70):
        with pytest.raises(ValueError, match="^interval: got .*allowed: an integer >= 1"):
            run.record(1, number)
    assert run.sweeps_done == 0


def test_more_moments_than_memory_holds() -> None:
    with pytest.raises(MemoryError, match="^moments: of 4194304 spins: needed .* available: "):
        ms.Sampler(ms.Ising((2048, 2048)), temperature=2.0).moments()


def test_more_draws_than_memory_holds() -> None:
    run = make()
    for draws in (2**45, 2**62):
        with pytest.raises((MemoryError, ValueError), match="draws"):
            run.record(draws)
    assert run.sweeps_done == 0


@pytest.mark.parametrize("engine", ["lattice", "replica"])
def test_draws_whose_number_wraps_around(engine: str) -> None:
    run = ms.Sampler(ms.Ising((4, 64)), 2.0, replicas=32, engine=engine, device="cpu")
    for draws in (2**59, 2**59 + 1, 2**60 - 1, 2**64 - 1):  # times 32: small modulo 2^64
        with pytest.raises(
            ValueError, match=f"draws: got {draws} of 32 replicas, allowed: at most"
        ):
            run._engine.record(draws, 1)
    assert run.sweeps_done == 0


@pytest.mark.parametrize("arguments", [
    {"model": ms.EdwardsAnderson((4, 4)), "replicas": 2000},
    {"model": ms.EdwardsAnderson((4, 4), samples=20), "replicas": 400},
    {"model": ms.Ising((4, 64)), "replicas": 2000},
])  # fmt: skip
def test_more_pairs_than_memory_holds(arguments: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    run = ms.Sampler(**arguments)
    monkeypatch.setattr(memory, "_available_memory", lambda: 2**24)
    for method in ("overlap", "link_overlap"):
        with pytest.raises(MemoryError, match=f"^replicas: {method} of all pairs of .* available:"):
            getattr(run, method)()


def test_block_average() -> None:
    run = make(shape=(6, 8), replicas=2)
    for block in (0, -1, (0, 2), (2, -2), (4, 2), (2, 6), (2, 1), 3, 1, 12, (2, 16), 2**70):
        with pytest.raises(ValueError, match="^block: got .*allowed: "):
            run.block_average(block)
    wrong_lengths: list[Any] = [(), (2,), (2, 2, 2), [], [2], np.array([2]), range(3)]
    for block in wrong_lengths:
        with pytest.raises(ValueError, match="^block: got .*allowed: one integer >= 1, or two as"):
            run.block_average(block)
    for wrong in [*NOT_INTEGERS, (2, 2.0), (None, 2), [2, 2.0], [[2, 2], [2, 2]], "22", {2, 4}]:
        if np.size(wrong) > 1 or np.ndim(wrong) == 0:  # the others are of a wrong length
            with pytest.raises(TypeError, match="^block: got .*allowed: "):
                run.block_average(wrong)
        with pytest.raises(TypeError, match="^replica: got .*allowed: "):
            run.block_average(2, wrong)
    for replica in (-1, 2, 2**70):
        with pytest.raises(ValueError, match="^replica: got .*allowed: "):
            run.block_average(2, replica)


# --- memory ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [
    {"shape": (2**31, 2**31)},
    {"shape": (2**20, 2**20)},
    {"shape": SHAPE, "replicas": 2**40},
    {"shape": SHAPE, "replicas": 2**62},
    {"shape": SHAPE, "replicas": 2**100},
    {"shape": (2**31, 2**31), "replicas": 2**40},
    {"shape": (2**20, 2**20), "replicas": 2, "temperature": [1.0, 2.0]},
    {"shape": (2**14 - 1, 2**14 - 1), "replicas": 2**20},
])  # fmt: skip
def test_what_does_not_fit_is_said_before_it_is_allocated(arguments: Any) -> None:
    with pytest.raises(MemoryError, match=r"needed [\d.]+ GiB, available: [\d.]+ GiB") as caught:
        make(**arguments)
    rows, columns = arguments["shape"]
    bits = rows * columns * arguments.get("replicas", 1)
    said = float(str(caught.value).split("needed ")[1].split(" GiB")[0])
    assert said >= bits / 8 / 2**30


def test_memory_is_compared_with_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_available_memory", lambda: 2**20)
    with pytest.raises(
        MemoryError, match=r"^shape: 1 replica of 4096 x 4096: .*available: 0\.00 GiB"
    ):
        make(shape=(4096, 4096))
    with pytest.raises(MemoryError, match=r"^shape: 2 replicas of 4096 x 4096: "):
        make(shape=(4096, 4096), replicas=2)
    make(shape=(512, 512))  # 32 KiB
    monkeypatch.setattr(memory, "_available_memory", lambda: None)
    make(shape=(512, 512))


def test_an_init_is_not_copied_for_replicas_that_do_not_fit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(memory, "_available_memory", lambda: 2**20)
    with pytest.raises(MemoryError, match="available"):
        make(init=np.ones(SHAPE, dtype=np.int8), replicas=2**40)


# --- forked processes -----------------------------------------------------------------------------

FORKED = """
import os, signal
import multispin as ms
parent = ms.Sampler(ms.Ising((1024, 1024)), seed=1, threads=2)
parent.sweep(2)
expected = parent.packed()
child = os.fork()
if child == 0:
    signal.alarm(30)  # ends the child if it hangs
    alone = ms.Sampler(ms.Ising((1024, 1024)), seed=1, threads=1)
    alone.sweep(2)
    same = (alone.packed() == expected).all()
    try:
        ms.Sampler(ms.Ising((1024, 1024)), seed=1, threads=2)
    except ValueError as error:
        os._exit(7 if same and str(error).startswith("threads: got 2, allowed: 1") else 1)
    os._exit(2)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_threads_in_a_forked_child_are_refused_instead_of_hanging() -> None:
    # Threads do not survive a fork.
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORKED],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.stdout == "7\n", done.stderr


# --- the whole space of arguments -----------------------------------------------------------------

even = st.integers(1, 12).map(lambda n: 2 * n)
couplings = st.floats(-1e3, 1e3) | st.sampled_from([0.0, -0.0, 1.0, -1.0, 1e303, -1e303, 5e-324])
valid_temperatures = st.floats(1e-3, 1e3) | st.floats(
    min_value=0, exclude_min=True, allow_infinity=False
)
valid = st.fixed_dictionaries({
    "shape": st.tuples(even, even | st.sampled_from([128, 134, 256, 1024])),
    "J": couplings,
    "h": couplings | st.just(0.0),
    "temperature": valid_temperatures,
    "replicas": st.integers(1, 3),
    "dynamics": st.sampled_from(["metropolis", "glauber"]),
    "rng": st.sampled_from(["aes", "philox"]),
    "seed": st.integers(0, 2**64 - 1),
    "first_stream": st.integers(0, 2**63),
    "init": st.sampled_from(["random", "up", "down"]),
})  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(arguments=valid, sweeps=st.integers(0, 3), threads=st.sampled_from([None, 1, 2, 7]))
def test_valid_arguments_work_as_the_twin_does(
    arguments: dict[str, Any], sweeps: int, threads: int | None
) -> None:
    a = dict(arguments)
    shape, J, h = (a.pop(key) for key in ("shape", "J", "h"))
    run = ms.Sampler(ms.Ising(shape, J, h), threads=threads, engine="lattice", **a)
    run.sweep(sweeps)
    last = a["replicas"] - 1
    twin = Lattice(
        shape, a["temperature"], J, h, a["dynamics"], a["rng"], a["seed"],
        a["first_stream"] + last, a["init"],
    )  # fmt: skip
    twin.sweep(sweeps)
    np.testing.assert_array_equal(run.spins()[last], twin.spins)
    assert run.sweeps_done == sweeps


junk = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.complex_numbers(),
    st.text(max_size=5), st.binary(max_size=3), st.tuples(st.integers(), st.integers()),
    st.lists(st.integers() | st.floats() | st.none(), max_size=4),
    st.dictionaries(st.text(max_size=2), st.none(), max_size=1),
    st.sampled_from([2**31, 2**63, 2**64, -1, 0, NAN, INF, 10**400, object(), np.float32(2)]),
    st.lists(st.integers(0, 4), max_size=3).map(np.zeros),
    st.sampled_from([np.ones(SHAPE), np.full(SHAPE, 3), np.array(["x"]), np.array(2.0)]),
)  # fmt: skip
NAMES = [
    "model", "temperature", "replicas", "dynamics", "init", "seed", "device", "rng", "threads",
    "first_stream",
]  # fmt: skip


def failure(call: Callable[[], object]) -> Exception | None:
    """Return what `call` raises of the errors that wrong arguments may lead to."""
    try:
        call()
    except (TypeError, ValueError, MemoryError) as error:
        return error
    return None


def is_about(error: Exception, name: str) -> bool:
    return str(error).startswith(f"{name}: got ") and "allowed: " in str(error)


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(name=st.sampled_from(NAMES), value=junk)
def test_anything_else_works_or_is_refused_by_name(name: str, value: Any) -> None:
    arguments: dict[str, Any] = {"model": ms.Ising(SHAPE), "threads": 1, name: value}
    runs = []
    with mock.patch.object(memory, "_available_memory", return_value=2**20):
        error = failure(lambda: runs.append(ms.Sampler(**arguments)))
    if error is None:
        runs[0].sweep(1)
        assert np.all(np.isfinite(runs[0].energy()))
    elif isinstance(error, MemoryError):
        assert name == "replicas"
        assert "GiB" in str(error)
    else:
        assert is_about(error, name)


@settings(max_examples=300, deadline=None)
@given(name=st.sampled_from(["shape", "J", "h"]), value=junk)
def test_any_model_works_or_is_refused_by_name(name: str, value: Any) -> None:
    models = []
    error = failure(lambda: models.append(ms.Ising(**{"shape": SHAPE, name: value})))
    if error is None:
        assert min(models[0].shape) >= 2
        assert math.isfinite(models[0].J)
        assert math.isfinite(models[0].h)
    else:
        assert is_about(error, name)


METHODS: dict[str, Callable[[ms.Sampler, Any], None]] = {
    "n": lambda run, value: run.sweep(value),
    "draws": lambda run, value: run.record(value),
    "interval": lambda run, value: run.record(1, value),
    "block": lambda run, value: run.block_average(value),
    "replica": lambda run, value: run.block_average(2, value),
    "temperature": lambda run, value: setattr(run, "temperature", value),
}


@pytest.mark.thorough
@settings(max_examples=400, deadline=None)
@given(name=st.sampled_from(list(METHODS)), value=junk)
def test_methods_work_or_refuse(name: str, value: Any) -> None:
    if name in ("n", "draws", "interval") and isinstance(value, int) and value > 1000:
        return  # may be valid, and take for ever
    run = make(engine="lattice")
    error = failure(lambda: METHODS[name](run, value))
    assert error is None or is_about(error, name)
    assert run.spins().shape == (1, *SHAPE)


@pytest.mark.parametrize("h", [5e-324, 1e-293, np.array([0.0, -1e-300, 0.0])])
@pytest.mark.parametrize("J", [0.0, 1e-310])
def test_what_is_too_small_is_named(h: Any, J: float) -> None:
    bonds = np.ones((3, 3)) - np.eye(3)
    named = "h: got fields" if np.abs(h).max() > J else "couplings: got some"
    error = f"^{named} that add up, with the .*, to less than 1e-292 at every site"
    with pytest.raises(ValueError, match=error):
        ms.Sampler(ms.Pairwise(J * bonds, h=h), engine="real", seed=1)
    sampler = ms.Sampler(ms.Pairwise(J * bonds, h=0.5), engine="real", seed=1)
    with pytest.raises(ValueError, match=error):
        sampler.h = h
    assert sampler.model.h == 0.5
    ms.Sampler(ms.Pairwise(bonds, h=h), engine="real", seed=1).sweep(1)
