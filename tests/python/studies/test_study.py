"""Studies: that nothing but their arguments decides the result, whatever happens on the way."""

from __future__ import annotations

import functools
import hashlib
import json
import linecache
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import warnings
from concurrent.futures import (
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import xarray as xr

import multispin as ms
import study_tasks as tasks
from multispin import CheckpointError, ExecutorError, StudyError

if TYPE_CHECKING:
    from collections.abc import Callable

    from multispin.progress import StudyProgress

TESTS = Path(__file__).parents[2]
ISING: dict[str, Any] = {"L": [4, 6], "seed": [0, 1, 2], "sweeps": 8}
SQUARES: dict[str, Any] = {"x": range(7)}


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of a study that nobody disturbed."""
    path = tmp_path_factory.mktemp("study") / "ising.study"
    ms.study(tasks.ising, ISING, path)
    return path


def same(path: Path, other: Path) -> bool:
    """Compare two files, and what is read from them."""
    xr.testing.assert_identical(ms.read_study(path), ms.read_study(other))
    return path.read_bytes() == other.read_bytes()


# --- the result -----------------------------------------------------------------------------------


def test_every_point_is_the_task_called_there(expected: Path) -> None:
    data = ms.read_study(expected)
    assert data.energy.dims == ("L", "seed", "temperature", "replica", "draw")
    assert dict(data.sizes) == {"L": 2, "seed": 3, "temperature": 2, "replica": 1, "draw": 4}
    assert data.sweeps.item() == 8
    for L in ISING["L"]:
        for seed in ISING["seed"]:
            one = data.sel(L=L, seed=seed).drop_vars(["L", "seed", "sweeps"])
            alone = tasks.ising(L, seed, 8)
            xr.testing.assert_equal(one, alone)
            assert one.energy.attrs == alone.energy.attrs
            assert one.temperature.attrs == alone.temperature.attrs


def test_attributes_are_those_that_all_points_share(expected: Path) -> None:
    attributes = ms.read_study(expected).attrs
    alone = tasks.ising(4, 0, 8).attrs
    assert attributes["task"] == "ising"
    assert attributes["version"] == ms.info()["version"]
    assert attributes["dynamics"] == "metropolis"
    assert attributes["generator"] == alone["generator"]
    assert not {"seed", "shape", "n_spins", "model"} & attributes.keys()


def test_a_mapping_of_numbers_and_arrays(tmp_path: Path) -> None:
    def task(a: int, word: str) -> dict[str, Any]:
        return {
            "integer": a,
            "real": np.float32(a / 2),
            "complex": 1j * a,
            "yes": a > 1,
            "text": word * a,
            "grid": np.full((2, 3), a, np.int8),
            "none": [],
        }

    data = ms.study(task, {"word": ["ä", "bc"], "a": [1, 2, 3]}, tmp_path / "file")
    assert dict(data.sizes) == {"word": 2, "a": 3, "grid_0": 2, "grid_1": 3, "none_0": 0}
    for name, dtype in {"integer": "i8", "real": "f4", "complex": "c16", "yes": "?"}.items():
        assert data[name].dtype == np.dtype(dtype)
        assert data[name].dims == ("word", "a")
    assert data.text.values.tolist() == [["ä", "ää", "äää"], ["bc", "bcbc", "bcbcbc"]]
    assert data.grid.dtype == np.int8
    np.testing.assert_array_equal(data.grid.isel(grid_0=1, grid_1=2), [[1, 2, 3], [1, 2, 3]])


def test_a_netcdf_file_keeps_everything(expected: Path, tmp_path: Path) -> None:
    data = ms.read_study(expected)
    data.to_netcdf(tmp_path / "study.nc", engine="h5netcdf")
    xr.testing.assert_equal(xr.load_dataset(tmp_path / "study.nc", engine="h5netcdf"), data)


def test_points_of_different_sizes_are_padded(tmp_path: Path) -> None:
    def task(n: int) -> dict[str, Any]:
        return {"v": np.arange(n), "w": ["x"] * n}

    data = ms.study(task, {"n": [3, 1]}, tmp_path / "file")
    np.testing.assert_array_equal(data.v, [[0, 1, 2], [0, np.nan, np.nan]])
    assert data.w.values.tolist() == [["x", "x", "x"], ["x", "", ""]]


def test_labels_decide_what_stands_beside_what(tmp_path: Path) -> None:
    def task(n: int) -> xr.Dataset:
        q = np.arange(n, -n - 1, -2)  # the overlaps of n spins, downwards
        return xr.Dataset({"p": ("q", q * 10.0)}, coords={"q": q})

    one = ms.study(task, {"n": [3]}, tmp_path / "one")
    assert one.q.values.tolist() == [3, 1, -1, -3]
    data = ms.study(task, {"n": [3, 1, 2]}, tmp_path / "three")
    assert data.q.values.tolist() == [-3, -2, -1, 0, 1, 2, 3]
    for n in (3, 1, 2):
        row = data.p.sel(n=n).dropna("q")
        np.testing.assert_array_equal(row, row.q * 10.0)
        assert sorted(row.q.values) == list(range(-n, n + 1, 2))


def test_a_study_may_be_a_single_point(tmp_path: Path) -> None:
    data = ms.study(tasks.slow_square, {"x": 3}, tmp_path / "file")
    assert data.y.shape == ()
    assert data.y == 9
    assert data.powers.values.tolist() == [1.0, 3.0, 9.0]
    with pytest.raises(StudyError, match="1 of 1"):
        ms.study(tasks.fails_at_three, {"x": 3}, tmp_path / "failed")
    assert "three is too many" in ms.read_study(tmp_path / "failed").missing.item()


def test_a_scalar_coordinate_of_a_parameters_name_is_the_parameter(tmp_path: Path) -> None:
    def task(temperature: float) -> xr.Dataset:
        run = ms.simulate(ms.Ising((4, 4)), temperature, 3, 0, threads=1)
        return run.isel(temperature=0)

    data = ms.study(task, {"temperature": [1.5, 3]}, tmp_path / "file")
    assert data.energy.dims == ("temperature", "replica", "draw")
    assert data.temperature.values.tolist() == [1.5, 3.0]


def test_a_task_gets_its_arguments_as_they_were_given(tmp_path: Path) -> None:
    seen = []

    def task(**point: Any) -> dict[str, Any]:
        seen.append(point)
        return {}

    parameters = {"a": np.array([0.5, 0.25], np.float32), "b": (1, 2.5), "c": np.int8(3), "d": True}
    ms.study(task, parameters, tmp_path / "file")
    assert seen == [
        {"a": a, "b": b, "c": 3, "d": True} for a in (0.5, 0.25) for b in (1, 2.5)
    ]  # fmt: skip
    assert [[type(value) for value in point.values()] for point in seen[:2]] == [
        [float, int, int, bool],
        [float, float, int, bool],
    ]


def test_the_file_can_be_read_as_its_description_says(expected: Path) -> None:
    import base64

    data = ms.read_study(expected)
    lines = expected.read_bytes().splitlines()
    for line in lines:
        assert hashlib.sha256(line[65:]).hexdigest().encode() == line[:64]
    records = [json.loads(line[65:]) for line in lines]
    assert records[0]["parameters"] == {"L": [4, 6], "seed": [0, 1, 2], "sweeps": 8}
    assert len(records) == 7
    for record in records[1:]:
        stored = record["variables"]["energy"]
        array = np.frombuffer(base64.b64decode(stored["data"]), stored["dtype"])
        one = data.energy.sel(L=record["point"]["L"], seed=record["point"]["seed"])
        np.testing.assert_array_equal(array.reshape(stored["shape"]), one)


# --- executors ------------------------------------------------------------------------------------


def processes() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, get_context("spawn"))


@pytest.mark.one_in(6)
@pytest.mark.parametrize("in_flight", [None, 1, 100])
@pytest.mark.parametrize("make", [lambda: ThreadPoolExecutor(3), processes])
def test_executors_do_not_matter(
    expected: Path, tmp_path: Path, make: Callable[[], Executor], in_flight: int | None
) -> None:
    with make() as executor:
        ms.study(tasks.ising, ISING, tmp_path / "file", executor, in_flight)
    assert same(tmp_path / "file", expected)


def test_the_order_of_completion_does_not_matter(tmp_path: Path) -> None:
    class Backwards(ThreadPoolExecutor):
        """Holds everything back until it has seven points, and runs the last one first."""

        def submit(self, *call: Any, **more: Any) -> Future[Any]:
            future: Future[Any] = Future()
            held.append((future, call, more))
            while len(held) >= 7 or (held and released):
                released.append(True)
                waiting, (function, *arguments), named = held.pop()
                waiting.set_result(function(*arguments, **named))
            return future

    held: list[Any] = []
    released: list[bool] = []
    seen: list[str] = []
    path, straight = tmp_path / "file", tmp_path / "straight"
    ms.study(tasks.square, SQUARES, straight)
    ms.study(
        tasks.square, SQUARES, path, Backwards(1), in_flight=7,
        progress=lambda _: seen.append(path.read_text()),
    )  # fmt: skip
    assert len(seen[0].splitlines()) == 8  # what is done together is written together
    assert '"x": 0' not in seen[0].splitlines()[1]  # it was another order on the way
    assert same(path, straight)


def test_no_more_points_are_in_flight_than_allowed(tmp_path: Path) -> None:
    class Counting(ThreadPoolExecutor):
        def submit(self, *call: Any, **more: Any) -> Future[Any]:
            future = super().submit(*call, **more)
            futures.append(future)
            most.append(sum(not done.done() for done in futures))
            return future

    futures: list[Future[Any]] = []
    most: list[int] = []
    with Counting(2) as executor:
        ms.study(tasks.slow_square, {"x": range(40)}, tmp_path / "file", executor, in_flight=5)
    assert len(futures) == 40
    assert 2 <= max(most) <= 5
    futures.clear()
    most.clear()
    with Counting(2) as executor:
        ms.study(tasks.slow_square, {"x": range(40)}, tmp_path / "default", executor)
    assert 5 < max(most) <= 8


MPI_SCRIPT = """
import sys
import multispin as ms, study_tasks
from mpi4py import MPI
from mpi4py.futures import {pool}

if __name__ == "__main__":
    with {pool}() as executor:
        if executor is not None:
            ms.study(study_tasks.ising, {parameters}, sys.argv[1], executor)
            print("workers", executor.num_workers)
"""


@pytest.mark.one_in(2)
@pytest.mark.parametrize("pool", ["MPIPoolExecutor", "MPICommExecutor"])
def test_mpi_ranks_of_one_machine(expected: Path, tmp_path: Path, pool: str) -> None:
    pytest.importorskip("mpi4py", reason="mpi4py is not installed")
    mpiexec = shutil.which("mpiexec", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if mpiexec is None:
        pytest.skip("there is no mpiexec")
    script = tmp_path / "script.py"
    script.write_text(MPI_SCRIPT.format(pool=pool, parameters=ISING))
    module = ["-m", "mpi4py.futures"] if pool == "MPIPoolExecutor" else []
    words = [mpiexec, "-n", "3", sys.executable, *module, script, tmp_path / "file"]
    done = subprocess.run(
        words, env=environment(), capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "workers 2\n"
    assert same(tmp_path / "file", expected)


@pytest.mark.filterwarnings("default")  # those of another package
def test_dask(expected: Path, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed", reason="dask and distributed not installed")
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        ms.study(tasks.ising, ISING, tmp_path / "file", client.get_executor())
    assert same(tmp_path / "file", expected)


def environment() -> dict[str, str]:
    paths = [str(TESTS), *filter(None, [os.environ.get("PYTHONPATH")])]
    return os.environ | {"PYTHONPATH": os.pathsep.join(paths)}


# --- killed, cut, damaged -------------------------------------------------------------------------

# Forks studies off and kills each of them at a random moment, most after they have begun to write:
# a fork starts at once, whatever the machine is busy with. None gets beyond 40 of the 1000 points,
# however late it is killed.
KILLER = """
import os, signal, sys, time
from concurrent.futures import ThreadPoolExecutor
import multispin as ms, study_tasks

def size():
    return os.path.getsize(path) if os.path.exists(path) else 0

path, delays = sys.argv[1], [float(word) for word in sys.argv[2:]]
ms.study(study_tasks.square, {"x": 0}, path + "-first")  # what is imported takes longest
deaths = 0
for number, delay in enumerate(delays):
    before = size()
    child = os.fork()
    if child == 0:
        study_tasks.most_calls = 40
        executor = ThreadPoolExecutor(3) if number % 2 else None
        ms.study(study_tasks.slow_square, {"x": range(1000)}, path, executor)
        os._exit(0)
    while number % 4 and size() <= before:
        time.sleep(0.0003)
    time.sleep(delay)
    os.kill(child, signal.SIGKILL)
    deaths += os.WIFSIGNALED(os.waitpid(child, 0)[1])
print(deaths)
"""


@pytest.mark.thorough
def test_killed_twenty_times(tmp_path: Path) -> None:
    path, undisturbed = tmp_path / "killed", tmp_path / "undisturbed"
    delays = np.random.default_rng(7).uniform(0.0, 0.02, 20)
    words = [sys.executable, "-W", "ignore", "-c", KILLER, path, *map(str, delays)]
    done = subprocess.run(
        words, env=environment(), capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stderr == ""
    assert int(done.stdout) == 20  # all of them before the end
    parameters = {"x": range(1000)}
    assert (ms.read_study(path).missing == "").sum() >= 10  # and many in full flight
    with ThreadPoolExecutor(8) as executor:
        ms.study(tasks.slow_square, parameters, path, executor)
        ms.study(tasks.slow_square, parameters, undisturbed, executor)
    assert same(path, undisturbed)


@pytest.mark.thorough
def test_cut_at_any_byte(tmp_path: Path) -> None:
    whole, path = tmp_path / "whole", tmp_path / "cut"
    parameters = {"x": [0, 1, 2]}
    ms.study(tasks.square, parameters, whole)
    data = whole.read_bytes()
    ends = [place + 1 for place, byte in enumerate(data) if byte == ord("\n")]
    for cut in range(ends[0], len(data)):  # the first line was there before the file was
        path.write_bytes(data[:cut])
        complete = sum(end <= cut for end in ends) - 1
        left = ms.read_study(path)
        assert (left.missing == "").values.tolist() == [x < complete for x in range(3)]
        assert path.read_bytes() == data[:cut]  # reading is only reading
        calls: list[StudyProgress] = []
        if cut % 29 == 0 or cut in ends or cut + 1 in ends:
            ms.study(tasks.square, parameters, path, progress=calls.append)
            assert [call.points for call in calls] == list(range(complete + 1, 4))
            assert path.read_bytes() == data


@pytest.mark.parametrize("tail", [b"\n", b"\0" * 5000, b"abc\ndef\n\n", os.urandom(3000)])
def test_a_torn_end_is_dropped(tmp_path: Path, tail: bytes) -> None:
    whole, path = tmp_path / "whole", tmp_path / "torn"
    ms.study(tasks.square, SQUARES, whole)
    lines = whole.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:4]) + tail)
    assert (ms.read_study(path).missing == "").sum() == 3
    ms.study(tasks.square, SQUARES, path)
    assert same(path, whole)


def test_a_damaged_last_line_is_run_again(tmp_path: Path) -> None:
    whole, path = tmp_path / "whole", tmp_path / "damaged"
    ms.study(tasks.square, SQUARES, whole)
    data = bytearray(whole.read_bytes())
    data[-30] ^= 1
    path.write_bytes(data)
    ms.study(tasks.square, SQUARES, path)
    assert same(path, whole)


@pytest.mark.parametrize("byte", [0, 64, 70, -2, -1])
def test_damage_elsewhere_is_said_and_kept(tmp_path: Path, byte: int) -> None:
    whole, path = tmp_path / "whole", tmp_path / "damaged"
    ms.study(tasks.square, SQUARES, whole)
    lines = whole.read_bytes().splitlines(keepends=True)
    third = bytearray(lines[2])
    third[byte] ^= 1
    path.write_bytes(b"".join([*lines[:2], third, *lines[3:]]))
    before = path.read_bytes()
    for call in (lambda: ms.study(tasks.square, SQUARES, path), lambda: ms.read_study(path)):
        with pytest.raises(CheckpointError, match="damaged in line 3"):
            call()
        assert path.read_bytes() == before
    if byte != -1:  # without its end a line takes the next one with it
        path.write_bytes(b"".join([*lines[:2], *lines[3:]]))  # as the message says
        ms.study(tasks.square, SQUARES, path)
        assert same(path, whole)


@pytest.mark.parametrize("damage", [
    lambda data: data[:0],
    lambda data: data.replace(b" ", b"\n", 1),
    lambda data: data[:50],
    lambda data: b"x" + data[1:],
    lambda data: data[data.index(b"\n") + 1:],
])  # fmt: skip
def test_a_file_that_is_no_study_is_refused_and_kept(
    tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "file"
    ms.study(tasks.square, SQUARES, path)
    path.write_bytes(damage(path.read_bytes()))
    before = path.read_bytes()
    for call in (lambda: ms.study(tasks.square, SQUARES, path), lambda: ms.read_study(path)):
        with pytest.raises(CheckpointError, match="not the file of a study"):
            call()
        assert path.read_bytes() == before


def test_a_later_format_is_refused_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "file"
    ms.study(tasks.square, SQUARES, path)
    header, *others = path.read_bytes().splitlines(keepends=True)
    text = header[65:-1].replace(b'"version": 1', b'"version": 2')
    before = hashlib.sha256(text).hexdigest().encode() + b" " + text + b"\n" + b"".join(others)
    path.write_bytes(before)
    with pytest.raises(CheckpointError, match="version 2; this version .* version 1"):
        ms.study(tasks.square, SQUARES, path)
    assert path.read_bytes() == before


def test_a_result_is_on_disk_before_it_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    sync = os.fsync
    synced: list[bytes] = []

    def fsync(descriptor: int) -> None:
        sync(descriptor)
        if path.exists():
            synced.append(path.read_bytes())

    def progress(report: StudyProgress) -> None:
        assert len(synced[-1].splitlines()) == report.points + 1

    monkeypatch.setattr(os, "fsync", fsync)
    ms.study(tasks.square, SQUARES, path, progress=progress)
    assert synced[-1] == path.read_bytes()


def test_a_full_disk_keeps_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, path = tmp_path / "whole", tmp_path / "full"
    ms.study(tasks.square, SQUARES, whole)
    write = os.pwrite
    written: list[int] = []

    def pwrite(descriptor: int, data: bytes, offset: int) -> int:
        written.append(len(data))
        if len(written) < 4:
            return write(descriptor, data, offset)
        if len(written) == 4:
            return write(descriptor, data[:40], offset)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwrite", pwrite)
    with pytest.raises(OSError, match="No space.*full"):
        ms.study(tasks.square, SQUARES, path)
    monkeypatch.undo()
    assert path.read_bytes() == b"".join(whole.read_bytes().splitlines(keepends=True)[:4])
    ms.study(tasks.square, SQUARES, path)
    assert same(path, whole)


@pytest.mark.thorough
def test_two_processes_do_not_write_one_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    ms.study(tasks.square, SQUARES, path)
    program = (
        "import sys, multispin as ms, study_tasks\n"
        "def task(x):\n    print('in', flush=True)\n    input()\n    return {}\n"
        "ms.study(task, {'x': 0}, sys.argv[1])"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", program, tmp_path / "taken"], env=environment(),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert other.stdout is not None
    assert other.stdout.readline() == "in\n"
    before = (tmp_path / "taken").read_bytes()
    with pytest.raises(CheckpointError, match="in use by another run"):
        ms.study(tasks.square, SQUARES, tmp_path / "taken")
    assert ms.read_study(tmp_path / "taken").missing == "not run"
    assert (tmp_path / "taken").read_bytes() == before
    other.communicate("\n")
    assert other.returncode == 0


# --- the same call again --------------------------------------------------------------------------


def test_a_finished_study_is_returned_at_once(expected: Path, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(expected.read_bytes())
    stamp = path.stat()
    reports: list[StudyProgress] = []
    data = ms.study(tasks.ising, ISING, path, progress=reports.append)
    xr.testing.assert_identical(data, ms.read_study(expected))
    assert not reports
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (stamp.st_ino, stamp.st_mtime_ns)


def test_a_study_can_be_extended(tmp_path: Path) -> None:
    path, whole = tmp_path / "extended", tmp_path / "whole"
    parameters = {"L": [6, 4], "seed": [0, 1, 2, 3], "sweeps": 8}
    ms.study(tasks.ising, {"L": [4], "seed": [2, 0], "sweeps": 8}, path)
    reports: list[StudyProgress] = []
    ms.study(tasks.ising, parameters, path, progress=reports.append)
    ms.study(tasks.ising, parameters, whole)
    assert [report.points for report in reports] == list(range(3, 9))
    assert same(path, whole)


def test_the_order_of_the_parameters_is_that_of_the_call(expected: Path, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(expected.read_bytes())
    data = ms.study(tasks.ising, dict(reversed(ISING.items())), path)
    assert data.energy.dims[:2] == ("seed", "L")
    xr.testing.assert_equal(data.transpose("L", "seed", ...), ms.read_study(expected))


@pytest.mark.parametrize("change", [
    {"L": [4]},
    {"L": [4, 8]},
    {"L": [4.0, 6.0]},
    {"L": 4},
    {"seed": [0, 1]},
    {"sweeps": 9},
    {"sweeps": [8]},
    {"more": 1},
])  # fmt: skip
def test_the_file_of_another_study_is_refused_and_kept(
    expected: Path, tmp_path: Path, change: dict[str, Any]
) -> None:
    path = tmp_path / "file"
    path.write_bytes(expected.read_bytes())
    with pytest.raises(CheckpointError, match=f"another study.*{next(iter(change))}"):
        ms.study(tasks.ising, ISING | change, path)
    assert path.read_bytes() == expected.read_bytes()


def test_another_task_or_version_is_another_study(
    expected: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from multispin.studies import journal

    path = tmp_path / "file"
    path.write_bytes(expected.read_bytes())
    with pytest.raises(CheckpointError, match="task 'ising' there, 'square' here"):
        ms.study(tasks.square, ISING, path)
    monkeypatch.setattr(journal, "version", lambda _name: "9.9")
    with pytest.raises(CheckpointError, match="multispin '.*' there, '9.9' here"):
        ms.study(tasks.ising, ISING, path)
    assert path.read_bytes() == expected.read_bytes()


# --- failures -------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [lambda: None, lambda: ThreadPoolExecutor(2)])
@pytest.mark.parametrize(
    ("task", "error"),
    [(tasks.fails_at_three, "ArithmeticError: three is too many"), (tasks.exits_at_three, "Exit")],
)
def test_a_failing_point_costs_no_other(
    tmp_path: Path, make: Callable[[], Executor | None], task: Callable[..., Any], error: str
) -> None:
    path = tmp_path / "file"
    reports: list[StudyProgress] = []
    with pytest.raises(StudyError, match=r"^1 of 7 points failed.*file") as caught:
        ms.study(task, SQUARES, path, make(), progress=reports.append)
    assert "{'x': 3}" in str(caught.value)
    assert error in str(caught.value).splitlines()[-1]
    assert (reports[-1].points, reports[-1].failed) == (6, 1)
    data = ms.read_study(path)
    np.testing.assert_array_equal(data.y, [0, 1, 4, np.nan, 16, 25, 36])
    assert data.x[data.missing != ""] == [3]
    assert error in data.missing.values[3]


@pytest.mark.parametrize("broken", [[1, 3], [6]])
def test_failed_points_are_tried_again(tmp_path: Path, broken: list[int]) -> None:
    path, whole = tmp_path / "file", tmp_path / "whole"
    called: list[int] = []
    excuses: list[str] = []

    def task(x: int) -> dict[str, Any]:
        called.append(x)
        if excuses and x in broken:
            raise RuntimeError(excuses[-1])
        return {"y": x}

    for excuse, expected in (("not today", list(range(7))), ("not tomorrow", broken)):
        called.clear()
        excuses.append(excuse)
        with pytest.raises(StudyError, match=f"{len(broken)} of 7(?s:.)*{excuse}"):
            ms.study(task, SQUARES, path)
        assert called == expected
        missing = ms.read_study(path).missing.values
        assert [excuse in text for text in missing] == [x in broken for x in range(7)]
    excuses.clear()
    called.clear()
    ms.study(task, SQUARES, path)
    assert called == broken
    ms.study(task, SQUARES, whole)
    assert same(path, whole)


@pytest.mark.parametrize(("result", "error"), [
    (None, "result of the task: got None, allowed: a mapping"),
    ({"y": object()}, "'y': got 'dtype object', allowed: numbers"),
    ({"y": np.datetime64("2020-01-01", "ns")}, "'y': got 'dtype datetime64"),
    ({"x": 1}, "result of the task: got 'x', allowed: names"),
    ({"missing": 1}, "result of the task: got 'missing', allowed: names"),
    ({3: 1}, "result of the task: got 3, allowed: names"),
    (xr.Dataset({"y": ("x", [1.0])}), "result of the task: got 'x', allowed: names"),
    (xr.Dataset(coords={"q": [1, 1]}), "labels of 'q': got"),
    (xr.Dataset(coords={"q": [1.0, np.nan]}), "labels of 'q': got"),
])  # fmt: skip
def test_a_result_of_no_use_is_a_failure(tmp_path: Path, result: Any, error: str) -> None:
    def task(x: int) -> Any:
        return result if x == 3 else {"y": x}

    with pytest.raises(StudyError, match="1 of 7") as caught:
        ms.study(task, SQUARES, tmp_path / "file")
    assert error in str(caught.value)
    assert ms.read_study(tmp_path / "file").y.count() == 6


@pytest.mark.parametrize("result", [
    {"y": [1]},
    {"y": "one"},
    xr.Dataset({"y": 1, "z": ("q", [1, 2])}, coords={"q": [1, 2]}),
])  # fmt: skip
def test_a_result_unlike_the_others_is_a_failure(tmp_path: Path, result: Any) -> None:
    def task(x: int) -> Any:
        return result if x == 3 else xr.Dataset({"y": x, "z": ("q", [1, 2])})

    path = tmp_path / "file"
    for _ in range(2):  # the second time it is compared with what is in the file
        with pytest.raises(StudyError, match="allowed: what other points have"):
            ms.study(task, SQUARES, path)
        assert ms.read_study(path).y.count() == 6


def test_variables_may_be_absent(tmp_path: Path) -> None:
    def task(x: int) -> dict[str, Any]:
        return {"y": x} if x < 2 else {"z": x}

    data = ms.study(task, {"x": [1, 2]}, tmp_path / "file")
    np.testing.assert_array_equal(data.y, [1, np.nan])
    np.testing.assert_array_equal(data.z, [np.nan, 2])


def test_a_task_that_cannot_be_pickled_is_said(tmp_path: Path) -> None:
    def local(x: int) -> dict[str, Any]:
        return {"y": x}

    message = "^task: got <function .*>, allowed: a function that other processes can import"
    with processes() as executor, pytest.raises(TypeError, match=message):
        ms.study(local, SQUARES, tmp_path / "file", executor)
    assert not (tmp_path / "file").exists()
    with ThreadPoolExecutor(2) as executor:  # has no need of it
        assert ms.study(local, SQUARES, tmp_path / "file", executor).y.count() == 7


@pytest.mark.thorough
def test_a_dying_worker_costs_no_finished_point(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with processes() as executor, pytest.raises(ExecutorError, match="in_flight=1"):
        ms.study(tasks.dies_at_three, SQUARES, path, executor)
    data = ms.read_study(path)
    assert (data.missing == "").values[:3].all()
    assert "BrokenProcessPool" in data.missing.values[3]
    # The point that kills is found, and all others are run.
    with (
        processes() as executor,
        pytest.raises(ExecutorError, match="had 1 of the points, {'x': 3} first; .* last$"),
    ):
        ms.study(tasks.dies_at_three, SQUARES, path, executor, in_flight=1)
    with (
        processes() as executor,
        pytest.raises(ExecutorError, match="had 1 of the points, {'x': 3} first; .* last$"),
    ):
        ms.study(tasks.dies_at_three, SQUARES, path, executor, in_flight=1)
    assert np.flatnonzero(ms.read_study(path).missing != "").tolist() == [3]


def test_an_executor_may_take_its_time_to_break(tmp_path: Path) -> None:
    class Breaking(ThreadPoolExecutor):
        def submit(self, *_call: Any, **_more: Any) -> Future[Any]:
            future: Future[Any] = Future()
            future.set_running_or_notify_cancel()
            delay = threading.Timer(0.1 * len(delays), future.set_exception, [BrokenExecutor("!")])
            delays.append(delay)
            delay.start()
            return future

    delays: list[threading.Timer] = []
    path = tmp_path / "file"
    with pytest.raises(ExecutorError, match="It had 4 of the points"):
        ms.study(tasks.square, SQUARES, path, Breaking(1))
    assert ms.read_study(path).missing.values[4:].tolist() == ["not run"] * 3


def test_an_executor_that_was_shut_down_is_said(tmp_path: Path) -> None:
    executor = ThreadPoolExecutor(1)
    executor.shutdown()
    message = r"broke \(cannot .*shutdown\)\. What had been finished.* a new executor goes on$"
    with pytest.raises(ExecutorError, match=message):
        ms.study(tasks.square, SQUARES, tmp_path / "file", executor)


@pytest.mark.thorough
def test_an_executor_that_cancels_is_said(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with ThreadPoolExecutor(1) as executor:

        def progress(report: StudyProgress) -> None:
            if report.points == 2:
                executor.shutdown(wait=False, cancel_futures=True)

        with pytest.raises(ExecutorError, match="(goes on|tried last)$"):
            ms.study(tasks.slow_square, SQUARES, path, executor, progress=progress)
    assert ms.read_study(path).y.count() >= 2
    ms.study(tasks.slow_square, SQUARES, path)


# --- progress and Ctrl-C --------------------------------------------------------------------------


def test_progress_counts_every_point(tmp_path: Path) -> None:
    reports: list[StudyProgress] = []
    ms.study(tasks.square, SQUARES, tmp_path / "file", progress=reports.append)
    assert [(report.points, report.total) for report in reports] == [(n, 7) for n in range(1, 8)]
    assert reports[0].seconds_left > 0
    assert reports[-1].seconds_left == 0


def test_the_bar_counts_failures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(StudyError):
        ms.study(tasks.fails_at_three, SQUARES, tmp_path / "file", progress=True)
    assert "1 failed" in capsys.readouterr().err


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_ctrl_c_keeps_what_is_there(tmp_path: Path, workers: int) -> None:
    path, whole = tmp_path / "file", tmp_path / "whole"
    parameters = {"x": range(60)}
    ms.study(tasks.slow_square, parameters, whole)
    seen: list[int] = []

    def progress(report: StudyProgress) -> None:
        seen.append(report.points)
        if report.points == stop:
            signal.raise_signal(signal.SIGINT)

    for stop in (5, 25):
        with ThreadPoolExecutor(max(workers, 1)) as pool, pytest.raises(KeyboardInterrupt):
            ms.study(
                tasks.slow_square, parameters, path, pool if workers else None,
                in_flight=8, progress=progress,
            )  # fmt: skip
        finished = int((ms.read_study(path).missing == "").sum())
        assert stop <= seen[-1] == finished <= stop + 8  # the others were called back
    ms.study(tasks.slow_square, parameters, path, progress=progress)
    assert seen == list(range(1, 61))  # no point was run twice
    assert same(path, whole)


class Noting(ThreadPoolExecutor):
    """Remembers what it was given."""

    def __init__(self, workers: int) -> None:
        super().__init__(workers)
        self.futures: list[Future[Any]] = []

    def submit(self, *call: Any, **more: Any) -> Future[Any]:
        self.futures.append(super().submit(*call, **more))
        return self.futures[-1]


def test_ctrl_c_calls_back_what_has_not_begun(tmp_path: Path) -> None:
    release = threading.Event()
    begun = []

    def task(x: int) -> dict[str, Any]:
        begun.append(x)
        if x == 3:
            while len(executor.futures) < 7:
                time.sleep(0.001)
            os.kill(os.getpid(), signal.SIGINT)
            release.wait(30)
        return {"y": x}

    path = tmp_path / "file"
    with Noting(1) as executor:
        try:
            with pytest.raises(KeyboardInterrupt):
                ms.study(task, SQUARES, path, executor, in_flight=7)
        finally:
            release.set()
    assert begun == [0, 1, 2, 3]
    assert (ms.read_study(path).missing == "").values.tolist() == [True] * 3 + [False] * 4


def test_ctrl_c_keeps_what_was_done_but_not_yet_looked_at(tmp_path: Path) -> None:
    reported = threading.Event()

    def task(x: int) -> dict[str, Any]:
        if x > 0:
            reported.wait(30)
        return {"y": x}

    def progress(report: StudyProgress) -> None:
        if report.points == 1:
            reported.set()
            wait(executor.futures)
            signal.raise_signal(signal.SIGINT)

    path = tmp_path / "file"
    with Noting(7) as executor, pytest.raises(KeyboardInterrupt):
        ms.study(task, SQUARES, path, executor, progress=progress)
    assert ms.read_study(path).y.values.tolist() == list(range(7))


# --- wrong arguments ------------------------------------------------------------------------------


@pytest.mark.parametrize(("change", "error"), [
    ({"task": "square"}, TypeError),
    ({"task": None}, TypeError),
    ({"task": functools.partial(tasks.square, x=1)}, TypeError),
    ({"parameters": None}, TypeError),
    ({"parameters": {}}, TypeError),
    ({"parameters": [1, 2]}, TypeError),
    ({"parameters": {"x": []}}, ValueError),
    ({"parameters": {"x": [1, 1]}}, ValueError),
    ({"parameters": {"x": [1, 1.0]}}, ValueError),
    ({"parameters": {"x": [1, "1"]}}, ValueError),
    ({"parameters": {"x": [1, True]}}, ValueError),
    ({"parameters": {"x": [2**63 + 1, -1]}}, ValueError),
    ({"parameters": {"x": 2**64}}, ValueError),
    ({"parameters": {"x": float("nan")}}, ValueError),
    ({"parameters": {"x": [0.0, float("inf")]}}, ValueError),
    ({"parameters": {"x": [[1, 2], [3, 4]]}}, TypeError),
    ({"parameters": {"x": np.ones((2, 2))}}, TypeError),
    ({"parameters": {"x": None}}, TypeError),
    ({"parameters": {"x": [1j]}}, TypeError),
    ({"parameters": {3: [1]}}, ValueError),
    ({"parameters": {"not a name": [1]}}, ValueError),
    ({"parameters": {"missing": [1]}}, ValueError),
    ({"executor": 2}, TypeError),
    ({"in_flight": 0}, ValueError),
    ({"in_flight": 1.5}, TypeError),
    ({"progress": "yes"}, TypeError),
    ({"path": 3}, TypeError),
])  # fmt: skip
def test_wrong_arguments_are_named(
    tmp_path: Path, change: dict[str, Any], error: type[Exception]
) -> None:
    arguments = {"task": tasks.square, "parameters": SQUARES, "path": tmp_path / "file"}
    with pytest.raises(error, match=rf"{next(iter(change))}.*got .*allowed: "):
        ms.study(**(arguments | change))
    assert not list(tmp_path.iterdir())


def test_an_unwritable_path_is_said_before_the_study(tmp_path: Path) -> None:
    reports: list[StudyProgress] = []
    with pytest.raises(FileNotFoundError, match="path: got"):
        ms.study(tasks.square, SQUARES, tmp_path / "no" / "file", progress=reports.append)
    assert not reports


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        ms.read_study(tmp_path / "file")


# --- which study it is ----------------------------------------------------------------------------


def made(source: str, module: str = "one", name: str = "task") -> Any:
    """Return a function of a module of which the source is known, as from a file."""
    filename = f"<{module} {hash(source)}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    scope: dict[str, Any] = {"__name__": module}
    exec(compile(source, filename, "exec"), scope)
    return scope[name]


ONE = "def task(x):\n    return {'y': x}\n"


@pytest.mark.parametrize(("other", "difference"), [
    (made(ONE, "two"), "module 'one' there, 'two' here"),
    (made(ONE.replace("'y': x", "'y': -x")), "source "),
    (made(ONE.replace("task", "work"), name="work"), "task 'task' there, 'work' here"),
])  # fmt: skip
def test_another_task_has_another_file(tmp_path: Path, other: Any, difference: str) -> None:
    path = tmp_path / "file"
    ms.study(made(ONE), {"x": [1, 2]}, path)
    before = path.read_bytes()
    with pytest.raises(CheckpointError, match=difference):
        ms.study(other, {"x": [1, 2]}, path)
    assert path.read_bytes() == before


def test_comments_and_layout_do_not_make_another_task(tmp_path: Path) -> None:
    path = tmp_path / "file"
    ms.study(made(ONE), {"x": [1, 2]}, path)
    same = made("def task( x ):  # of x\n\n    return {\n        'y': x,\n    }\n")
    assert ms.study(same, {"x": [1, 2, 3]}, path).y.values.tolist() == [1, 2, 3]


def test_two_lambdas_are_two_tasks(tmp_path: Path) -> None:
    path = tmp_path / "file"
    double = lambda x: {"y": 2 * x}  # noqa: E731
    triple = lambda x: {"y": 3 * x}  # noqa: E731
    ms.study(double, {"x": [1, 2]}, path)
    with pytest.raises(CheckpointError, match="source"):
        ms.study(triple, {"x": [1, 2]}, path)


def test_lambdas_that_nobody_could_tell_apart_are_refused(tmp_path: Path) -> None:
    pair = (lambda x: {"y": x}, lambda x: {"y": -x})
    for task in pair:
        with pytest.raises(TypeError, match="^task: got .*, allowed: a function with a name"):
            ms.study(task, {"x": [1, 2]}, tmp_path / "file")
    assert not list(tmp_path.iterdir())


def test_extending_the_study_of_a_lambda(tmp_path: Path) -> None:
    ms.study(lambda x: {"y": x}, {"x": [1, 2]}, tmp_path / "file")  # a lambda
    data = ms.study(lambda x: {"y": x}, {"x": [1, 2, 3]}, tmp_path / "file")
    assert data.y.values.tolist() == [1, 2, 3]


def multiplied(factor: int) -> Callable[..., Any]:
    return lambda x: {"y": factor * x}


def decorated(factor: int) -> Callable[..., Any]:
    @functools.wraps(tasks.square)
    def wrapper(x: int) -> dict[str, Any]:
        return tasks.square(factor * x)

    return wrapper


@pytest.mark.parametrize("make", [multiplied, decorated])
def test_what_a_function_has_from_around_it_tells_it(
    tmp_path: Path, make: Callable[[int], Callable[..., Any]]
) -> None:
    ms.study(make(2), {"x": [1, 2]}, tmp_path / "file")
    ms.study(make(2), {"x": [1, 2]}, tmp_path / "file")
    with pytest.raises(CheckpointError, match="source"):
        ms.study(make(3), {"x": [1, 2]}, tmp_path / "file")


def test_methods_of_objects_are_refused(tmp_path: Path) -> None:
    class Scaled:
        def run(self, x: int) -> dict[str, Any]:
            return {"y": x}

    with pytest.raises(TypeError, match="^task: got .*an object's method"):
        ms.study(Scaled().run, {"x": [1]}, tmp_path / "file")


def test_a_task_may_change_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "elsewhere").mkdir()

    def wanders(x: int) -> dict[str, Any]:
        os.chdir(tmp_path / "elsewhere")
        return {"y": x}

    assert ms.study(wanders, {"x": [1, 2]}, "file").y.values.tolist() == [1, 2]
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["elsewhere", "file"]


def test_a_dimension_twice_is_a_failure_of_the_point(tmp_path: Path) -> None:
    def correlation(x: int) -> xr.Dataset:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return xr.Dataset({"c": (("site", "site"), x * np.eye(3))})

    with pytest.raises(StudyError, match="distinct dimensions"):
        ms.study(correlation, {"x": [1]}, tmp_path / "file")
    assert (ms.read_study(tmp_path / "file").missing != "").all()


def test_pipes_are_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="^.*path: got .*a device, a pipe"):
        ms.study(tasks.square, SQUARES, tmp_path / "pipe")
    with pytest.raises(CheckpointError, match="a pipe, not the file of a study"):
        ms.read_study(tmp_path / "pipe")
