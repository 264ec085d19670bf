"""What every engine must do, on every device: sweep, measure, keep its state, refuse, stop."""

from __future__ import annotations

import itertools
import signal
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import multispin as ms
from multispin._engines import devices, registry

if TYPE_CHECKING:
    from pathlib import Path

    from contract.conftest import Subject


def spins_of(sampler: ms.Sampler) -> np.ndarray:
    spins = sampler.spins()
    return spins if isinstance(spins, np.ndarray) else spins.copy_to_host()


# --- sweeping -------------------------------------------------------------------------------------


def test_however_sweeps_are_split_the_spins_are_the_same(subject: Subject) -> None:
    whole, parts = subject.sampler(), subject.sampler()
    whole.sweep(17)
    for sweeps in (0, 1, 5, 11):
        parts.sweep(sweeps)
    assert parts.sweeps_done == whole.sweeps_done == 17
    np.testing.assert_array_equal(spins_of(parts), spins_of(whole))


def test_threads_change_no_spin(subject: Subject) -> None:
    one, three = subject.sampler(), subject.sampler(threads=3)
    for sampler in (one, three):
        sampler.sweep(9)
    np.testing.assert_array_equal(spins_of(one), spins_of(three))


def test_every_device_has_the_same_spins(subject: Subject) -> None:
    if subject.device == "cpu":
        pytest.skip("the CPU is what others are compared with")
    here, there = subject.sampler(), subject.sampler(device="cpu")
    for sampler in (here, there):
        sampler.sweep(9)
    np.testing.assert_array_equal(spins_of(here), spins_of(there))
    np.testing.assert_array_equal(here.energy(), there.energy())


def test_auto_is_the_cpu_for_an_engine_of_no_gpu(subject: Subject) -> None:
    expected = "auto" if subject.kind.on_gpu else "cpu"
    assert devices.device_for(subject.kind, "auto") == expected
    assert devices.device_for(subject.kind, "cuda") == "cuda"


def test_streams_seeds_and_replicas_differ(subject: Subject) -> None:
    base = spins_of(subject.sampler(replicas=2))
    assert not np.array_equal(*np.moveaxis(base, -1 - len(subject.model.shape), 0))
    for change in ({"seed": 8}, {"first_stream": 100}):
        assert not np.array_equal(spins_of(subject.sampler(replicas=2, **change)), base)


def test_a_replica_is_known_by_its_stream(subject: Subject) -> None:
    if subject.model.samples is not None:
        pytest.skip("streams count through the samples")
    several, one = subject.sampler(first_stream=5), subject.sampler(replicas=1, first_stream=7)
    for sampler in (several, one):
        sampler.sweep(9)
    np.testing.assert_array_equal(spins_of(several)[2], spins_of(one)[0])


@pytest.mark.parametrize("other", [False, True])
def test_zero_temperature_is_close_to_the_ground(subject: Subject, other: bool) -> None:
    dynamics = subject.other_dynamics if other else subject.dynamics
    sampler = subject.sampler(temperature=0.05, dynamics=dynamics, replicas=2)
    before = sampler.energy()
    sampler.sweep(50)
    assert np.all(sampler.energy() < before)


def test_infinite_temperature_is_a_coin(subject: Subject) -> None:
    # 400 draws of the spins of 3 replicas or more, five sigma: errors below 1e-6 a test.
    sampler = subject.sampler(temperature=1e9, dynamics=subject.other_dynamics)
    m = sampler.record(400)[1]
    assert abs(m.mean()) < 5 / np.sqrt(m.size * subject.model.n_spins)


# --- measuring ------------------------------------------------------------------------------------


def test_measurements_are_those_of_the_spins(subject: Subject) -> None:
    sampler, model = subject.sampler(), subject.model
    sampler.sweep(3)
    spins = spins_of(sampler).astype(np.int64)
    lead = spins.shape[: spins.ndim - len(model.shape)]
    flat = spins.reshape(*lead, -1)
    # Of couplings that an engine has rounded: every site's fields are off by sqrt(N) times that.
    rounded = sampler.info().get("rounding_error", 0.0) * model.n_spins**1.5
    atol = 1e-12 + rounded
    np.testing.assert_allclose(sampler.energy(), model.energy(spins), rtol=1e-13, atol=atol)
    np.testing.assert_allclose(sampler.energy_per_spin(), sampler.energy() / model.n_spins)
    np.testing.assert_array_equal(sampler.magnetization(), flat.mean(axis=-1))
    q = np.einsum("...an,...bn->...ab", flat, flat) / model.n_spins
    np.testing.assert_array_equal(sampler.overlap(), q)
    i, j = model.edges.T  # type: ignore[attr-defined]
    bonds = flat[..., i] * flat[..., j]
    links = np.einsum("...ae,...be->...ab", bonds, bonds) / len(i)
    np.testing.assert_array_equal(sampler.link_overlap(), links)
    mean, second = sampler.moments()
    np.testing.assert_allclose(mean, flat.mean(axis=-2))
    np.testing.assert_allclose(second, np.einsum("...an,...am->...nm", flat, flat) / lead[-1])


def test_moments_of_groups_are_those_of_their_spins(subject: Subject) -> None:
    """Groups of replicas, of whatever disorder sample they are."""
    sampler = subject.sampler(replicas=70)
    sampler.sweep(3)
    spins = spins_of(sampler).reshape(-1, subject.model.n_spins).astype(np.int64)
    bounds = np.array([1, 2, 33, 70])
    found = list(sampler._engine.moment_sums(bounds))
    assert len(found) == 3
    for group, (first, second) in zip(np.split(spins, bounds)[1:], found, strict=False):
        np.testing.assert_array_equal(first, group.sum(axis=0))
        np.testing.assert_array_equal(second, group.T @ group)


def test_correlations_are_those_of_the_spins(subject: Subject) -> None:
    sampler = subject.sampler(replicas=5)
    sampler.sweep(3)
    if len(subject.model.shape) < 2:
        with pytest.raises(ValueError, match="^model: got .*allowed: a model on a periodic"):
            sampler.correlation()
        return
    spins, shape = spins_of(sampler), subject.model.shape
    axes = tuple(range(-len(shape), 0))
    found = sampler.correlation()
    assert len(found) == len(shape)
    for axis, side, along in zip(axes, shape, found, strict=True):
        expected = [
            (spins * np.roll(spins, -d, axis)).mean(axis=axes) for d in range(side // 2 + 1)
        ]
        np.testing.assert_allclose(along, np.stack(expected, axis=-1), atol=1e-12)


def test_averages_of_blocks_are_those_of_the_spins(subject: Subject) -> None:
    sampler = subject.sampler(replicas=2)
    sampler.sweep(3)
    if len(subject.model.shape) < 2:
        with pytest.raises(ValueError, match="^model: got .*allowed: a model whose config"):
            sampler.block_average(1)
        return
    shape = subject.model.shape
    *planes, rows, columns = shape
    width = 2 if columns % 2 == 0 else columns
    spins = spins_of(sampler).reshape(-1, *shape)
    for replica in (0, len(spins) - 1):
        found = sampler.block_average((rows, width), replica)
        blocks = spins[replica].reshape(*planes, 1, rows, columns // width, width)
        np.testing.assert_allclose(found, blocks.mean(axis=(-3, -1)), atol=1e-6)
        assert found.dtype == np.float32
    for wrong in (rows + 1, (1, columns - 1)):
        with pytest.raises(ValueError, match="^block: got .*allowed: "):
            sampler.block_average(wrong)


def test_a_record_is_sweeps_and_measurements(subject: Subject) -> None:
    recorded, stepped = subject.sampler(), subject.sampler()
    energy, magnetization = recorded.record(4, 3)
    for draw in range(4):
        stepped.sweep(3)
        np.testing.assert_array_equal(energy[draw], stepped.energy())
        np.testing.assert_array_equal(magnetization[draw], stepped.magnetization())
    np.testing.assert_array_equal(spins_of(recorded), spins_of(stepped))


def test_info_says_what_it_is(subject: Subject) -> None:
    info = subject.sampler().info()
    assert info["engine"] == subject.engine
    assert info["device"].startswith(subject.device)
    assert info["generator"] == subject.rng
    assert info["bytes"] > 0
    assert {"instruction_set", "threads", "planes", "tail_planes"} <= set(info)


def test_some_replicas_are_those_of_all(subject: Subject) -> None:
    sampler = subject.sampler(replicas=70)
    spins = spins_of(sampler).reshape(-1, *subject.model.shape)
    some = np.array([69, 0, 64, 3])
    np.testing.assert_array_equal(sampler._engine.spins_of(some), spins[some])


# --- temperatures and starts ----------------------------------------------------------------------


def test_temperatures_of_each_replica(subject: Subject) -> None:
    sampler, twin = subject.sampler(temperature=[1.0, 2.0, 3.0]), subject.sampler()
    lead = sampler.energy().shape
    expected = np.broadcast_to([1.0, 2.0, 3.0], lead)
    np.testing.assert_array_equal(sampler.temperature, expected)
    twin.temperature = expected
    for one in (sampler, twin):
        one.sweep(5)
    np.testing.assert_array_equal(spins_of(sampler), spins_of(twin))
    twin.temperature = 4.0
    assert twin.temperature == 4.0


def test_temperatures_from_0_to_infinity(subject: Subject) -> None:
    dynamics = "glauber" if subject.dynamics == "metropolis" else subject.dynamics
    sampler = subject.sampler(temperature=[0.0, 1.0, np.inf], dynamics=dynamics)
    sampler.sweep(2)
    lead = sampler.energy().shape
    np.testing.assert_array_equal(sampler.temperature, np.broadcast_to([0.0, 1.0, np.inf], lead))
    sampler.temperature = 0.0
    before = sampler.energy()
    sampler.sweep(5)
    rounded = sampler.info().get("rounding_error", 0.0) * subject.model.n_spins**1.5
    assert np.all(sampler.energy() <= before + 1e-9 + rounded)


def test_starts(subject: Subject) -> None:
    shape = (*subject.sampler().energy().shape, *subject.model.shape)
    assert np.all(spins_of(subject.sampler(init="up")) == 1)
    assert np.all(spins_of(subject.sampler(init="down")) == -1)
    given = np.random.default_rng(1).choice(np.array([-1, 1], dtype=np.int8), shape)
    np.testing.assert_array_equal(spins_of(subject.sampler(init=given)), given)
    one = given.reshape(-1, *subject.model.shape)[0]
    np.testing.assert_array_equal(spins_of(subject.sampler(init=one)), np.broadcast_to(one, shape))


# --- state ----------------------------------------------------------------------------------------


def test_a_saved_sampler_goes_on_bit_for_bit(subject: Subject, tmp_path: Path) -> None:
    changes = {"first_stream": 2, "dynamics": subject.other_dynamics}
    sampler = subject.sampler(temperature=[1.0, 2.0, 3.0], **changes)
    sampler.sweep(4)
    sampler.save(tmp_path / "state")
    loaded = ms.Sampler.load(tmp_path / "state", device=subject.device, threads=1)
    assert repr(loaded) == repr(sampler)
    for one in (sampler, loaded):
        one.sweep(5)
    assert loaded.sweeps_done == 9
    np.testing.assert_array_equal(spins_of(loaded), spins_of(sampler))
    assert loaded.info() == sampler.info()


# --- refusing -------------------------------------------------------------------------------------

WRONG: list[tuple[str, dict[str, Any]]] = [
    ("temperature", {"temperature": -1.0}),
    ("temperature", {"temperature": float("nan")}),
    ("temperature", {"temperature": [1.0, 2.0]}),
    ("replicas", {"replicas": 0}),
    ("replicas", {"replicas": True}),
    ("dynamics", {"dynamics": "kawasaki"}),
    ("init", {"init": "sideways"}),
    ("init", {"init": np.zeros(3, dtype=np.int8)}),
    ("seed", {"seed": -1}),
    ("rng", {"rng": "mt19937"}),
    ("threads", {"threads": 0}),
    ("first_stream", {"first_stream": -1}),
    ("engine", {"engine": "gpu"}),
    ("device", {"device": "tpu"}),
    ("shared_random_numbers", {"shared_random_numbers": "no"}),
]


@pytest.mark.parametrize(("name", "change"), WRONG, ids=lambda one: str(one)[:40])
def test_what_is_wrong_is_named(subject: Subject, name: str, change: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError), match=f"^{name}: got .*allowed: "):
        subject.sampler(**change)


def test_wrong_calls_change_nothing(subject: Subject) -> None:
    sampler, before = subject.sampler(), spins_of(subject.sampler())
    wrong = [
        lambda: sampler.sweep(-1), lambda: sampler.sweep(1.5), lambda: sampler.record(-1),
        lambda: sampler.record(1, 0), lambda: setattr(sampler, "temperature", -1.0),
    ]  # fmt: skip
    for call in wrong:
        with pytest.raises((TypeError, ValueError), match=": got .*allowed: "):
            call()
    assert sampler.temperature == 2.0
    np.testing.assert_array_equal(spins_of(sampler), before)


def test_what_does_not_fit_is_said_before(subject: Subject) -> None:
    with pytest.raises((MemoryError, ValueError), match=r"^(shape|replicas): "):
        subject.sampler(replicas=2**50)


ABILITIES = sorted(set(itertools.chain(*(one.abilities for one in registry.ENGINES))))


@pytest.mark.parametrize("ability", ABILITIES)
def test_abilities_are_there_or_refused_with_one_message(subject: Subject, ability: str) -> None:
    sampler = subject.sampler()
    if ability not in subject.kind.abilities:
        message = f"^{ability}: got the {subject.engine} engine, allowed: engine='"
        with pytest.raises(ValueError, match=message):
            registry.ask(sampler._engine, ability)


# --- stopping -------------------------------------------------------------------------------------


def test_ctrl_c_stops_a_sweep_and_loses_nothing(subject: Subject) -> None:
    sampler, twin = subject.sampler(), subject.sampler()
    timer = threading.Timer(0.3, lambda: signal.raise_signal(signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        sampler.sweep(2**40)
    timer.join()
    sampler.synchronize()
    done = sampler.sweeps_done
    assert 0 < done < 2**40
    sampler.sweep(3)
    sweeps = sampler.sweeps_done
    assert sweeps == done + 3
    if sweeps < 2**17:  # else the twin takes long
        twin.sweep(sweeps)
        np.testing.assert_array_equal(spins_of(sampler), spins_of(twin))


def test_one_thread_at_a_time(subject: Subject) -> None:
    sampler = subject.sampler()
    refused: list[RuntimeError] = []

    def sweep_until_refused(sweeps: int) -> None:
        try:
            while not refused:
                sampler.sweep(sweeps)
        except RuntimeError as error:
            refused.append(error)

    other = threading.Thread(target=sweep_until_refused, args=(1,))
    other.start()
    sweep_until_refused(20)
    other.join()
    assert "one call at a time" in str(refused[0])
