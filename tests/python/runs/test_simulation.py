"""Whole runs: the result, and that nothing but the arguments decides it."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import (
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
)
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import xarray as xr

import multispin as ms
from multispin import CheckpointError, io
from multispin._base.interrupts import interrupts_held
from multispin.analysis.summary import summarize
from multispin.runs import _drive, _record

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from multispin.progress import Progress

SHAPE = (16, 8)
ARGUMENTS: dict[str, Any] = {
    "model": ms.Ising(SHAPE),
    "temperatures": [2.0, 2.269, 3.0],
    "sweeps": 215,  # the last five are too few for another draw
    "thermalization": 40,
    "interval": 7,
    "replicas": 4,
    "seed": 5,
}


def simulate(**changes: Any) -> xr.Dataset:
    return ms.simulate(**(ARGUMENTS | changes))


@pytest.fixture(scope="module")
def expected() -> xr.Dataset:
    return simulate()


# --- the result ---------------------------------------------------------------------------------


def test_dimensions_and_coordinates(expected: xr.Dataset) -> None:
    assert expected.energy.dims == expected.magnetization.dims == ("temperature", "replica", "draw")
    assert dict(expected.sizes) == {"temperature": 3, "replica": 4, "draw": 30}
    assert expected.energy.dtype == expected.magnetization.dtype == np.float64
    assert expected.temperature.values.tolist() == ARGUMENTS["temperatures"]
    assert expected.replica.values.tolist() == [0, 1, 2, 3]
    assert expected.draw.values.tolist() == list(range(47, 255, 7))


def test_every_variable_has_a_unit_and_a_name(expected: xr.Dataset) -> None:
    for name in ("energy", "magnetization", "temperature", "draw"):
        assert expected[name].attrs["units"]
        assert expected[name].attrs["long_name"]


def test_each_chain_is_the_sampler_of_its_stream(expected: xr.Dataset) -> None:
    for chain in (0, 5, 11):
        temperature, replica = divmod(chain, 4)
        sampler = ms.Sampler(
            ARGUMENTS["model"],
            temperature=ARGUMENTS["temperatures"][temperature],
            seed=ARGUMENTS["seed"],
            first_stream=chain,
        )
        sampler.sweep(40)
        energy, magnetization = sampler.record(30, 7)
        one = expected.isel(temperature=temperature, replica=replica)
        np.testing.assert_array_equal(one.energy, energy[:, 0])
        np.testing.assert_array_equal(one.magnetization, magnetization[:, 0])


def test_provenance(expected: xr.Dataset) -> None:
    attributes = expected.attrs
    used = ms.Sampler(ARGUMENTS["model"]).info()
    assert attributes["version"] == ms.info()["version"]
    assert attributes["model"] == repr(ARGUMENTS["model"])
    assert attributes["shape"] == list(SHAPE)
    assert {name: attributes[name] for name in ("n_spins", "J", "h", "init", "dynamics")} == {
        "n_spins": 128, "J": 1.0, "h": 0.0, "init": "random", "dynamics": "metropolis",
    }  # fmt: skip
    for name in ("sweeps", "thermalization", "interval", "seed"):
        assert attributes[name] == ARGUMENTS[name]
    for name in ("engine", "device", "instruction_set", "generator", "planes"):
        assert attributes[name] == used[name]


def test_a_netcdf_file_keeps_everything(expected: xr.Dataset, tmp_path: Path) -> None:
    expected.to_netcdf(tmp_path / "run.nc", engine="h5netcdf")
    back = xr.load_dataset(tmp_path / "run.nc", engine="h5netcdf")
    xr.testing.assert_equal(back, expected)
    assert back.attrs.keys() == expected.attrs.keys()
    assert back.attrs["seed"] == 5
    assert back.energy.attrs == expected.energy.attrs


def test_one_temperature_may_be_a_number() -> None:
    data = simulate(temperatures=2.5, sweeps=7)
    assert data.sizes["temperature"] == 1
    assert data.sizes["draw"] == 1


@pytest.mark.parametrize("dynamics", ["metropolis", "glauber"])
@pytest.mark.parametrize("rng", ["aes", "philox"])
def test_dynamics_and_generator_are_those_asked_for(dynamics: str, rng: str) -> None:
    data = simulate(dynamics=dynamics, rng=rng)
    assert (data.attrs["dynamics"], data.attrs["generator"]) == (dynamics, rng)


def test_a_run_may_start_from_given_spins() -> None:
    up = np.ones(SHAPE, dtype=np.int8)
    named = simulate(init="up", thermalization=0, interval=1)
    given = simulate(init=up, thermalization=0, interval=1)
    xr.testing.assert_equal(named, given)
    assert given.attrs["init"].startswith("array ")


def test_every_chain_may_start_from_its_own_spins(monkeypatch: pytest.MonkeyPatch) -> None:
    spins = np.ones((3, 4, *SHAPE), dtype=np.int8)
    spins[1, 2] = -1
    short = {"temperatures": [0.1, 0.1, 0.1], "thermalization": 0, "interval": 1, "sweeps": 1}
    expected = np.ones((3, 4))
    expected[1, 2] = -1
    for most in (3, 5, 100):
        monkeypatch.setattr(_record, "BATCH_SPINS", 128 * most)
        data = simulate(init=spins, **short)
        np.testing.assert_array_equal(data.magnetization.values[:, :, 0], expected)


# --- what must not matter -----------------------------------------------------------------------


@pytest.mark.parametrize("chains", [1, 2, 3, 5, 11, 12])
def test_batches_do_not_matter(
    expected: xr.Dataset, monkeypatch: pytest.MonkeyPatch, chains: int
) -> None:
    monkeypatch.setattr(_record, "BATCH_SPINS", 128 * chains)
    xr.testing.assert_identical(simulate(), expected)


@pytest.mark.parametrize("seconds", [0.0, 1e-4, 10.0])
def test_pieces_of_work_do_not_matter(
    expected: xr.Dataset, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    monkeypatch.setattr(_drive, "PIECE_SECONDS", seconds)
    xr.testing.assert_identical(simulate(), expected)


@pytest.mark.parametrize("threads", [1, 2, 7])
def test_threads_do_not_matter(expected: xr.Dataset, threads: int) -> None:
    xr.testing.assert_identical(simulate(threads=threads), expected)


@pytest.mark.one_in(6)
@pytest.mark.parametrize("chains", [1, 3, 100])
@pytest.mark.parametrize(
    "make", [lambda: ThreadPoolExecutor(2), lambda: ProcessPoolExecutor(2, get_context("spawn"))]
)
def test_executors_do_not_matter(
    expected: xr.Dataset,
    monkeypatch: pytest.MonkeyPatch,
    make: Callable[[], Executor],
    chains: int,
) -> None:
    monkeypatch.setattr(_record, "BATCH_SPINS", 128 * chains)
    with make() as executor:
        xr.testing.assert_identical(simulate(executor=executor), expected)


def test_an_error_in_a_worker_arrives() -> None:
    with ThreadPoolExecutor(1) as executor, pytest.raises(ValueError, match="dynamics"):
        simulate(executor=executor, dynamics="heat")


# --- checkpoints --------------------------------------------------------------------------------

# A process that runs into its own death at the n-th progress report, sync to disk or renaming.
CHILD = """
import json, os, pathlib, signal, sys
import multispin as ms
from multispin.runs import _drive, _record

moment, count, path, arguments = sys.argv[1], int(sys.argv[2]), sys.argv[3], json.loads(sys.argv[4])
_drive.PIECE_SECONDS = 1e-4
_record.BATCH_SPINS = 128 * 5

def die_at(function):
    def counted(*args):
        global count
        result = function(*args)
        count -= 1
        if count == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    return counted

progress = die_at(lambda report: None) if moment == "progress" else None
if moment == "sync":
    os.fsync = die_at(os.fsync)
if moment == "rename":
    pathlib.Path.replace = die_at(pathlib.Path.replace)
ms.simulate(
    ms.Ising(arguments.pop("shape")),
    checkpoint=path, checkpoint_interval=0.0, progress=progress, **arguments,
)
"""


def run_child(moment: str, count: int, path: Path) -> int:
    arguments = {key: value for key, value in ARGUMENTS.items() if key != "model"}
    words = [moment, str(count), str(path), json.dumps(arguments | {"shape": SHAPE})]
    return subprocess.run([sys.executable, "-c", CHILD, *words], check=False).returncode


@pytest.mark.one_in(3)
@pytest.mark.parametrize(("moment", "counts"), [
    ("progress", (1, 7)),
    ("sync", (1, 2)),
    ("rename", (1, 4)),
    pytest.param("progress", (1, 3, 7, 12, 20), marks=pytest.mark.thorough),
    pytest.param("sync", (1, 2, 5, 9), marks=pytest.mark.thorough),
    pytest.param("rename", (1, 4, 8), marks=pytest.mark.thorough),
])  # fmt: skip
def test_killed_runs_end_as_if_nothing_had_happened(
    expected: xr.Dataset, tmp_path: Path, moment: str, counts: tuple[int, ...]
) -> None:
    path = tmp_path / "run.npz"
    deaths = [run_child(moment, count, path) for count in counts]
    assert deaths[0] == -signal.SIGKILL
    assert set(deaths) <= {-signal.SIGKILL, 0}
    xr.testing.assert_identical(simulate(checkpoint=path), expected)


@pytest.mark.thorough
def test_killed_at_any_time_from_outside(expected: xr.Dataset, tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    arguments = {key: value for key, value in ARGUMENTS.items() if key != "model"}
    words = ["never", "0", str(path), json.dumps(arguments | {"shape": SHAPE})]
    for delay in np.random.default_rng(3).uniform(0.3, 1.0, 4):
        child = subprocess.Popen([sys.executable, "-c", CHILD, *words])
        time.sleep(delay)
        child.kill()
        child.wait()
    xr.testing.assert_identical(simulate(checkpoint=path), expected)


def test_a_finished_run_is_returned_at_once(expected: xr.Dataset, tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    xr.testing.assert_identical(simulate(checkpoint=path), expected)
    before = path.read_bytes()
    reports: list[Progress] = []
    xr.testing.assert_identical(simulate(checkpoint=path, progress=reports.append), expected)
    assert not reports
    assert path.read_bytes() == before


def interrupt_after(count: int) -> Callable[[Progress], None]:
    reports = []

    def progress(report: Progress) -> None:
        reports.append(report)
        if len(reports) == count:
            signal.raise_signal(signal.SIGINT)

    return progress


@pytest.mark.parametrize("chains", [1, 5, 100])
def test_nothing_is_lost_by_ctrl_c(
    expected: xr.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chains: int
) -> None:
    monkeypatch.setattr(_drive, "PIECE_SECONDS", 1e-4)
    monkeypatch.setattr(_record, "BATCH_SPINS", 128 * chains)
    path = tmp_path / "run.npz"
    sweeps: list[int] = [0]

    def note(report: Progress) -> None:
        sweeps.append(report.sweeps)

    for count in (1, 2, 3):
        interrupt = interrupt_after(count)

        def progress(report: Progress, interrupt: Callable[[Progress], None] = interrupt) -> None:
            note(report)
            interrupt(report)

        with pytest.raises(KeyboardInterrupt):
            simulate(checkpoint=path, progress=progress)
    xr.testing.assert_identical(simulate(checkpoint=path, progress=note), expected)
    assert np.all(np.diff(sweeps) > 0)  # no sweep was done twice
    assert sweeps[-1] == 12 * 250


def test_ctrl_c_from_the_keyboard_in_the_middle_of_sweeps(tmp_path: Path) -> None:
    big: dict[str, Any] = {
        "model": ms.Ising((1024, 1024)),
        "temperatures": [2.0, 2.269],
        "sweeps": 120,
        "thermalization": 30,
        "interval": 30,
        "seed": 5,
    }
    path = tmp_path / "run.npz"
    for delay in (0.02, 0.05, 0.1, 0.2):
        timer = threading.Timer(delay, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        try:
            ms.simulate(**big, checkpoint=path)
            time.sleep(60.0)  # the run was faster: the signal ends this
        except KeyboardInterrupt:
            pass
        timer.join()
    xr.testing.assert_identical(ms.simulate(**big, checkpoint=path), ms.simulate(**big))


def test_a_run_may_move_between_here_and_an_executor(
    expected: xr.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_drive, "PIECE_SECONDS", 1e-4)
    monkeypatch.setattr(_record, "BATCH_SPINS", 128 * 3)
    path = tmp_path / "run.npz"
    with pytest.raises(KeyboardInterrupt):
        simulate(checkpoint=path, progress=interrupt_after(3))
    with ThreadPoolExecutor(2) as executor:
        with pytest.raises(KeyboardInterrupt):
            simulate(checkpoint=path, progress=interrupt_after(2), executor=executor)
        xr.testing.assert_identical(simulate(checkpoint=path, executor=executor), expected)


class Breaks(Executor):
    """Runs everything at once, but for one piece, at which it breaks."""

    def __init__(self, at: int) -> None:
        self.submitted = 0
        self._at = at

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        if self.submitted == self._at:
            future.set_exception(BrokenExecutor("a worker died"))
        else:
            future.set_result(fn(*args, **kwargs))
        self.submitted += 1
        return future


@pytest.mark.parametrize("at", range(6))
def test_a_dying_executor_costs_no_finished_batch(
    expected: xr.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    monkeypatch.setattr(_record, "BATCH_SPINS", 128 * 2)
    path = tmp_path / "run.npz"
    executor = Breaks(at)
    with pytest.raises(ms.ExecutorError, match="a worker died.*is in the checkpoint"):
        simulate(checkpoint=path, executor=executor)
    assert executor.submitted == 6
    done = ms.io.read_checkpoint(path, "simulate")[1]["drawn"] > 0
    assert int(done.sum()) == len(done) - 2
    xr.testing.assert_identical(simulate(checkpoint=path), expected)


def test_an_executor_that_is_shut_down() -> None:
    executor = ThreadPoolExecutor(1)
    executor.shutdown()
    with pytest.raises(ms.ExecutorError, match="shutdown.*is lost without checkpoint="):
        simulate(executor=executor)


@pytest.mark.parametrize("change", [
    {"model": ms.Ising((8, 16))},
    {"model": ms.Ising(SHAPE, J=-1.0)},
    {"model": ms.Ising(SHAPE, h=0.1)},
    {"temperatures": [2.0, 2.269]},
    {"temperatures": [2.0, 2.269, np.nextafter(3.0, 4.0)]},
    {"sweeps": 214},
    {"thermalization": 41},
    {"interval": 8},
    {"replicas": 5},
    {"seed": 6},
    {"dynamics": "glauber"},
    {"init": "up"},
    {"init": np.ones(SHAPE, np.int8)},
    {"rng": "philox"},
])  # fmt: skip
def test_a_checkpoint_of_another_run_is_refused_and_kept(
    tmp_path: Path, change: dict[str, Any]
) -> None:
    path = tmp_path / "run.npz"
    simulate(checkpoint=path)
    before = path.read_bytes()
    with pytest.raises(CheckpointError, match="another run"):
        simulate(checkpoint=path, **change)
    assert path.read_bytes() == before


def test_a_damaged_checkpoint_is_refused_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    simulate(checkpoint=path)
    whole = path.read_bytes()
    middle = bytearray(whole)
    middle[len(whole) // 2] ^= 1
    for damaged in (whole[:-1], whole[:1000], b"", b"something else", bytes(middle)):
        path.write_bytes(damaged)
        with pytest.raises(CheckpointError):
            simulate(checkpoint=path)
        assert path.read_bytes() == damaged


def test_a_checkpoint_of_something_else_is_refused_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "sampler.npz"
    ms.Sampler(ms.Ising(SHAPE)).save(path)
    before = path.read_bytes()
    with pytest.raises(CheckpointError, match="kind"):
        simulate(checkpoint=path)
    assert path.read_bytes() == before


def test_an_unwritable_checkpoint_is_said_before_the_run(tmp_path: Path) -> None:
    reports: list[Progress] = []
    with pytest.raises(FileNotFoundError, match="checkpoint: got"):
        simulate(checkpoint=tmp_path / "missing" / "run.npz", progress=reports.append)
    assert not reports


def test_a_wrong_argument_leaves_no_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="dynamics"):
        simulate(checkpoint=tmp_path / "run.npz", dynamics="heat")
    assert not list(tmp_path.iterdir())


def test_a_run_does_not_change_its_generator_on_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As on another machine, where "auto" means something else.
    monkeypatch.setattr(_record, "BATCH_SPINS", 128 * 4)
    path = tmp_path / "run.npz"
    used = ms.Sampler(ARGUMENTS["model"]).info()
    other = used | {"planes": used["planes"] + 1}
    with pytest.raises(KeyboardInterrupt):
        simulate(checkpoint=path, progress=interrupt_after(1))
    before = path.read_bytes()
    monkeypatch.setattr(ms.Sampler, "info", lambda _self: other)
    with pytest.raises(CheckpointError, match="planes"):
        simulate(checkpoint=path)
    assert path.read_bytes() == before


# --- progress and Ctrl-C ------------------------------------------------------------------------


def test_progress_counts_every_sweep() -> None:
    reports: list[Progress] = []
    simulate(progress=reports.append)
    assert [report.sweeps for report in reports] == sorted({report.sweeps for report in reports})
    assert reports[-1].sweeps == reports[-1].total == 12 * 250
    assert reports[-1].flips_per_ns > 0
    assert reports[-1].seconds_left == 0


def test_the_bar_shows_throughput(capsys: pytest.CaptureFixture[str]) -> None:
    simulate(progress=True)
    assert "flips/ns" in capsys.readouterr().err


def test_ctrl_c_waits_for_the_end_of_a_block() -> None:
    reached = []

    def work() -> None:
        with interrupts_held():
            with interrupts_held():
                signal.raise_signal(signal.SIGINT)
                reached.append("inner")
            reached.append("outer")
        reached.append("beyond")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert reached == ["inner", "outer"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


# --- wrong arguments ----------------------------------------------------------------------------


@pytest.mark.parametrize(("change", "error"), [
    ({"model": "ising"}, TypeError),
    ({"model": None}, TypeError),
    ({"temperatures": 0.0}, ValueError),
    ({"temperatures": -1.0}, ValueError),
    ({"temperatures": [2.0, float("nan")]}, ValueError),
    ({"temperatures": [2.0, float("inf")]}, ValueError),
    ({"temperatures": []}, ValueError),
    ({"temperatures": [[2.0]]}, ValueError),
    ({"temperatures": [[2.0], 3.0]}, ValueError),
    ({"temperatures": "2.0"}, TypeError),
    ({"temperatures": 2.0 + 1j}, TypeError),
    ({"temperatures": True}, TypeError),
    ({"temperatures": None}, TypeError),
    ({"sweeps": -1}, ValueError),
    ({"sweeps": 0}, ValueError),
    ({"sweeps": 10.0}, TypeError),
    ({"sweeps": True}, TypeError),
    ({"thermalization": -1}, ValueError),
    ({"thermalization": 1.5}, TypeError),
    ({"interval": 0}, ValueError),
    ({"interval": 216}, ValueError),
    ({"interval": "7"}, TypeError),
    ({"replicas": 0}, ValueError),
    ({"replicas": 1.0}, TypeError),
    ({"seed": -1}, ValueError),
    ({"seed": 2**64}, ValueError),
    ({"seed": 0.5}, TypeError),
    ({"dynamics": "heat"}, ValueError),
    ({"dynamics": 3}, TypeError),
    ({"init": "sideways"}, ValueError),
    ({"init": np.ones((8, 16))}, ValueError),
    ({"init": np.zeros(SHAPE)}, ValueError),
    ({"device": "tpu"}, ValueError),
    ({"rng": "mt19937"}, ValueError),
    ({"threads": 0}, ValueError),
    ({"threads": 1.0}, TypeError),
    ({"checkpoint": 3}, TypeError),
    ({"checkpoint_interval": -1.0}, ValueError),
    ({"checkpoint_interval": float("nan")}, ValueError),
    ({"checkpoint_interval": "60"}, TypeError),
    ({"progress": "yes"}, TypeError),
    ({"executor": 2}, TypeError),
])  # fmt: skip
def test_wrong_arguments_are_named(change: dict[str, Any], error: type[Exception]) -> None:
    name = next(iter(change))
    with pytest.raises(error, match=rf"{name}.*got .*allowed: "):
        simulate(**change)


def test_too_few_draws_for_errors() -> None:
    run = ms.simulate(ms.Ising(SHAPE), 2.0, sweeps=195, thermalization=0, interval=10)
    expected = r"^run: got 19 draws, allowed: at least 20 for error bars, so more sweeps"
    with pytest.raises(ValueError, match=expected):
        summarize(run)
    assert summarize(ms.simulate(ms.Ising(SHAPE), 2.0, 200, 0, interval=10)).tau > 0


@pytest.mark.parametrize("change", [
    {"dynamics": "metropolus"}, {"init": "upp"}, {"rng": "x"}, {"threads": 0},
])  # fmt: skip
def test_a_refused_call_with_an_executor_leaves_no_file(
    tmp_path: Path, change: dict[str, Any]
) -> None:
    name = next(iter(change))
    with ThreadPoolExecutor(1) as executor, pytest.raises(ValueError, match=f"^{name}: got "):
        simulate(checkpoint=tmp_path / "run.npz", executor=executor, **change)
    assert not list(tmp_path.iterdir())


def test_a_failing_progress_callback_costs_no_batches(tmp_path: Path) -> None:
    path = tmp_path / "run.npz"

    def fail(_progress: Progress) -> None:
        raise ArithmeticError

    with ThreadPoolExecutor(1) as executor, pytest.raises(ArithmeticError):
        simulate(checkpoint=path, executor=executor, progress=fail)
    _, arrays = io.read_checkpoint(path, "simulate")
    assert arrays["drawn"].any()
    xr.testing.assert_identical(simulate(checkpoint=path), simulate())


def test_ctrl_c_at_the_end_of_a_measurement_loses_no_draws(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It comes between the draws and their place in the record.
    monkeypatch.setattr(_drive, "PIECE_SECONDS", 1e-3)
    arguments: dict[str, Any] = {"sweeps": 30000, "thermalization": 10, "seed": 3, "threads": 1}
    path, plain, calls = tmp_path / "run.npz", ms.Sampler.record, itertools.count()

    def pressed(sampler: ms.Sampler, draws: int, interval: int = 1) -> Any:
        drawn = plain(sampler, draws, interval)
        if next(calls) == 2:
            signal.raise_signal(signal.SIGINT)
        return drawn

    with monkeypatch.context() as patch:
        patch.setattr(ms.Sampler, "record", pressed)
        with pytest.raises(KeyboardInterrupt):
            ms.simulate(ms.Ising((8, 8)), 2.0, checkpoint=path, **arguments)
    meta, arrays = io.read_checkpoint(path, "simulate")
    assert meta["current"]["drawn"] == meta["current"]["sampler"]["sweeps_done"] - 10 > 0
    assert len(arrays["current_energy"]) == meta["current"]["drawn"]
    resumed = ms.simulate(ms.Ising((8, 8)), 2.0, checkpoint=path, **arguments)
    xr.testing.assert_identical(resumed, ms.simulate(ms.Ising((8, 8)), 2.0, **arguments))


def test_what_breaks_into_a_measurement_spoils_no_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_drive, "PIECE_SECONDS", 1e-3)
    arguments: dict[str, Any] = {"sweeps": 30000, "thermalization": 10, "seed": 3, "threads": 1}
    path, plain, calls = tmp_path / "run.npz", ms.Sampler.record, itertools.count()

    def broken(sampler: ms.Sampler, draws: int, interval: int = 1) -> Any:
        drawn = plain(sampler, draws, interval)
        if next(calls) == 2:  # as a signal handler that raises would: the draws are lost
            raise TimeoutError
        return drawn

    with monkeypatch.context() as patch:
        patch.setattr(ms.Sampler, "record", broken)
        with pytest.raises(TimeoutError):
            ms.simulate(ms.Ising((8, 8)), 2.0, checkpoint=path, checkpoint_interval=0, **arguments)
    resumed = ms.simulate(ms.Ising((8, 8)), 2.0, checkpoint=path, **arguments)
    xr.testing.assert_identical(resumed, ms.simulate(ms.Ising((8, 8)), 2.0, **arguments))
