"""Annealing: that it finds ground states, and that nothing but the arguments decides the result."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import xarray as xr

import checkpoints
import multispin as ms
from multispin import CheckpointError, analysis, couplings
from multispin.runs import _drive
from multispin.runs._schedule import Schedule

if TYPE_CHECKING:
    from multispin.models import Model
    from multispin.progress import Progress

GLASS = ms.EdwardsAnderson((4, 4, 4), seed=3, samples=3)
ARGUMENTS: dict[str, Any] = {
    "model": GLASS,
    # The best is seen early: what a resumed run forgets is not found again later.
    "temperatures": [3.0, 2.0, 1.0, 0.4, 1.5, 0.4, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0],
    "sweeps_per_temperature": 10,
    "replicas": 5,  # samples begin in the middle of words
    "interval": 4,
    "seed": 5,
}


def anneal(**changes: Any) -> xr.Dataset:
    return ms.anneal(**(ARGUMENTS | changes))


@pytest.fixture(scope="module")
def expected() -> xr.Dataset:
    return anneal()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkpoint of a run that nobody has disturbed."""
    path = tmp_path_factory.mktemp("whole") / "run.npz"
    anneal(checkpoint=path)
    return path


# --- what it finds ------------------------------------------------------------------------------


def all_states(n_spins: int) -> np.ndarray[Any, np.dtype[np.int8]]:
    numbers = np.arange(2**n_spins, dtype=np.uint32)[:, None]
    return (2 * (numbers >> np.arange(n_spins, dtype=np.uint32) & 1) - 1).astype(np.int8)


def ground_state_energy(model: Model) -> float:
    return float(model.energy(all_states(model.n_spins).reshape(-1, *model.shape)).min())


def random_graph(n_spins: int, degree: int, seed: int) -> ms.Pairwise:
    rng = np.random.default_rng(seed)
    pairs = np.array(list(itertools.combinations(range(n_spins), 2)))
    edges, bonds = [], np.zeros(n_spins, dtype=int)
    for i, j in rng.permutation(pairs):
        if max(bonds[i], bonds[j]) < degree:
            edges.append((int(i), int(j)))
            bonds[[i, j]] += 1
    return ms.Pairwise.from_edges(n_spins, edges, rng.choice([-1.0, 1.0], len(edges)))


@pytest.mark.one_in(3)
@pytest.mark.parametrize("model", [
    ms.EdwardsAnderson((4, 4), seed=1),
    ms.EdwardsAnderson((3, 5), seed=2, J=0.5, h=0.25),
    ms.EdwardsAnderson((2, 3, 3), seed=3),
    ms.EdwardsAnderson((19,), seed=4, h=-0.5),
    random_graph(18, 4, seed=5),
    random_graph(16, 8, seed=6),
    ms.Ising((4, 4), J=-1.0, h=0.5),
    ms.Ising((3, 5), J=-1.0),
], ids=repr)  # fmt: skip
@pytest.mark.parametrize("dynamics", ["metropolis", "glauber"])
def test_ground_states_of_small_systems(model: Model, dynamics: str) -> None:
    # Each of 64 replicas finds one with a probability of more than 0.2 (seen: 0.4 to 1), so that
    # all of them miss it once in 10^6.
    temperatures = np.geomspace(3.0, 0.2, 20)
    run = ms.anneal(model, temperatures, 20, replicas=64, dynamics=dynamics, seed=1)
    lowest = ground_state_energy(model)
    assert float(run.best_state_energy) == lowest
    assert float((run.best_energy == lowest).mean()) > 0.2
    assert model.energy(run.best_state.values) == lowest


def test_ground_states_of_disorder_samples() -> None:
    model = ms.EdwardsAnderson((4, 4), seed=9, samples=20)
    run = ms.anneal(model, np.geomspace(3.0, 0.2, 20), 20, replicas=30, seed=1)
    lowest = [ground_state_energy(model.sample(k)) for k in range(20)]
    assert run.best_state_energy.values.tolist() == lowest
    assert model.energy(run.best_state.values).tolist() == lowest


def test_the_cut_of_the_dimacs_challenge() -> None:
    # 458 is the best known, http://dimacs.rutgers.edu/archive/Challenges/Seventh/Instances.
    folder = os.environ.get("MULTISPIN_DATA")
    if not folder:
        pytest.skip("MULTISPIN_DATA names no folder with toruspm3-8-50.dat")
    model = couplings.read_max_cut(Path(folder) / "toruspm3-8-50.dat")
    run = ms.anneal(model, np.linspace(2.0, 0.2, 40), 50, replicas=512, seed=1)
    assert couplings.cut_value(model, run.best_state.values) == 458
    assert float(run.best_state_energy) == -916


# --- the result ---------------------------------------------------------------------------------


def test_dimensions_and_coordinates(expected: xr.Dataset) -> None:
    assert expected.energy.dims == ("step", "sample", "replica")
    assert dict(expected.sizes) == {
        "step": 12, "sample": 3, "replica": 5, "axis_0": 4, "axis_1": 4, "axis_2": 4,
    }  # fmt: skip
    assert expected.temperature.values.tolist() == ARGUMENTS["temperatures"]
    assert expected.sweep.values.tolist() == list(range(10, 121, 10))
    assert expected.best_state.dtype == np.int8
    for name in ("energy", "final_energy", "best_energy", "best_state_energy"):
        assert expected[name].dtype == np.float64
    for variable in (*expected.data_vars, "temperature", "sweep"):
        assert expected[variable].attrs["units"]
        assert expected[variable].attrs["long_name"]


def test_a_model_without_samples_has_no_axis_for_them() -> None:
    run = anneal(model=GLASS.sample(1))
    assert run.energy.dims == ("step", "replica")
    assert run.best_state.shape == (4, 4, 4)
    assert run.best_state_energy.shape == ()


def test_provenance(expected: xr.Dataset, tmp_path: Path) -> None:
    used = ms.Sampler(GLASS, replicas=5).info()
    assert expected.attrs == {
        "title": "Simulated annealing", "version": ms.info()["version"], "model": repr(GLASS),
        "seed": 5, "dynamics": "metropolis", "init": "random", "interval": 4,
        "shape": [4, 4, 4], "n_spins": 64, "J": 1.0, "h": 0.0,
        **{name: used[name] for name in
           ("engine", "generator", "planes", "device", "instruction_set")},
    }  # fmt: skip
    expected.to_netcdf(tmp_path / "run.nc", engine="h5netcdf")
    back = xr.load_dataset(tmp_path / "run.nc", engine="h5netcdf")
    xr.testing.assert_equal(back, expected)
    assert back.attrs.keys() == expected.attrs.keys()


@pytest.mark.parametrize(("model", "replicas", "engine"), [
    (GLASS, 5, "replica"),
    (GLASS, 70, "replica"),
    (GLASS.sample(0), 3, "replica"),
    (ms.Ising((4, 6), J=-1.0, h=0.3), 3, "lattice"),
    (ms.Ising((4, 6), J=-1.0, h=0.3), 3, "replica"),
    (ms.Ising((4, 4, 6), J=-0.5), 4, "lattice"),
], ids=str)  # fmt: skip
@pytest.mark.parametrize("interval", [0, 1, 4])
def test_the_result_is_what_a_sampler_shows(
    model: Model, replicas: int, engine: str, interval: int
) -> None:
    temperatures, sweeps = [4.0, 1.0, 3.0, 1.0, 2.0], [3, 9, 1, 8, 2]
    run = ms.anneal(
        model, temperatures, sweeps, replicas=replicas, engine=engine, interval=interval, seed=2
    )
    sampler = ms.Sampler(model, 4.0, replicas=replicas, engine=engine, seed=2)
    lead = (model.samples or 1, replicas)
    looks, states = [], []
    for step, (T, n) in enumerate(zip(temperatures, sweeps, strict=True)):
        sampler.temperature = T
        for sweep in range(1, n + 1):
            sampler.sweep()
            if sweep == n or (T == 1.0 and interval and sweep % interval == 0):
                looks.append(sampler.energy().reshape(lead))
                states.append(np.asarray(sampler.spins()).reshape(*lead, *model.shape))
        np.testing.assert_array_equal(run.energy[step], sampler.energy())
    np.testing.assert_array_equal(run.final_energy, sampler.energy())
    seen = np.array(looks)
    assert len(seen) == {0: 5, 1: 3 + 17, 4: 3 + 3 + 2}[interval]
    np.testing.assert_array_equal(run.best_energy.values.reshape(lead), seen.min(axis=0))
    np.testing.assert_array_equal(model.energy(run.best_state.values), run.best_state_energy)
    for sample in range(lead[0]):
        look, replica = np.unravel_index(seen[:, sample].argmin(), seen[:, sample].shape)
        best = run.best_state.values.reshape(-1, *model.shape)[sample]
        np.testing.assert_array_equal(best, states[look][sample, replica])


def test_a_run_may_start_from_given_spins() -> None:
    up = np.ones((4, 4, 4), dtype=np.int8)
    named = anneal(init="up")
    xr.testing.assert_equal(named, anneal(init=up))
    each = np.broadcast_to(up, (3, 5, 4, 4, 4)).astype(float)
    xr.testing.assert_equal(named, anneal(init=each))
    assert anneal(init=up.tolist()).attrs["init"].startswith("array ")
    assert not named.equals(anneal())


@pytest.mark.parametrize("seconds", [0.0, 1e-4, 10.0])
def test_pieces_of_work_do_not_matter(
    expected: xr.Dataset, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    monkeypatch.setattr(_drive, "PIECE_SECONDS", seconds)
    xr.testing.assert_identical(anneal(), expected)


@pytest.mark.parametrize("threads", [1, 2, 7])
def test_threads_do_not_matter(expected: xr.Dataset, threads: int) -> None:
    xr.testing.assert_identical(anneal(threads=threads), expected)


@pytest.mark.parametrize("model", [GLASS, GLASS.sample(0)], ids=["samples", "one"])
def test_final_states_and_how_many_found_the_best(model: Model, tmp_path: Path) -> None:
    def run(**more: Any) -> xr.Dataset:
        return ms.anneal(model, [3.0, 1.0, 0.5], 6, replicas=5, interval=2, seed=2, **more)

    path = tmp_path / "run.npz"
    data = run(final_states=True, checkpoint=path)
    dims = (*(("sample",) if model.samples else ()), "replica", "axis_0", "axis_1", "axis_2")
    assert data.final_state.dims == dims
    assert data.final_state.dtype == np.int8
    np.testing.assert_array_equal(model.energy(data.final_state.values), data.final_energy)
    expected = (data.best_energy == data.best_state_energy).sum("replica")
    np.testing.assert_array_equal(data.best_count, expected)
    assert data.best_count.min() >= 1
    xr.testing.assert_identical(run(final_states=True, checkpoint=path), data)
    plain = run(checkpoint=path)  # has less to ask for
    xr.testing.assert_identical(plain, data.drop_vars("final_state"))
    run(checkpoint=tmp_path / "plain.npz")
    with pytest.raises(CheckpointError, match="final_states None there, True here"):
        run(final_states=True, checkpoint=tmp_path / "plain.npz")


@pytest.mark.parametrize(("interval", "expected"), [
    (0, [3, 12, 13, 21, 23]),
    (4, [3, 7, 11, 12, 13, 17, 21, 23]),  # T = 1 is the lowest: from 3 to 12, and from 13 to 21
    (100, [3, 12, 13, 21, 23]),
])  # fmt: skip
def test_looks_are_at_the_lowest_temperature_only(interval: int, expected: list[int]) -> None:
    ends = np.cumsum([3, 9, 1, 8, 2])
    schedule = Schedule(np.array([4.0, 1.0, 3.0, 1.0, 2.0]), ends, interval)
    looks = [schedule.next_look(0)]
    while looks[-1] < schedule.sweeps:
        looks.append(schedule.next_look(looks[-1]))
    assert looks == expected


# --- checkpoints --------------------------------------------------------------------------------

# A process that runs into its own death at the n-th progress report, sync to disk or renaming.
CHILD = """
import json, os, pathlib, signal, sys
import multispin as ms
from multispin.runs import _drive

moment, count, path, arguments = sys.argv[1], int(sys.argv[2]), sys.argv[3], json.loads(sys.argv[4])
_drive.PIECE_SECONDS = 0.0

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
ms.anneal(
    ms.EdwardsAnderson((4, 4, 4), seed=3, samples=3),
    checkpoint=path, checkpoint_interval=0.0, progress=progress, **arguments,
)
"""


def start_child(moment: str, count: int, path: Path) -> subprocess.Popen[bytes]:
    arguments = {key: value for key, value in ARGUMENTS.items() if key != "model"}
    words = [moment, str(count), str(path), json.dumps(arguments)]
    return subprocess.Popen([sys.executable, "-c", CHILD, *words])


@pytest.mark.one_in(3)
@pytest.mark.parametrize(("moment", "counts"), [
    ("progress", (1, 35, 20, 30)),
    ("sync", (1, 81, 40)),
    ("rename", (1, 45, 30)),
])  # fmt: skip
def test_killed_runs_end_as_if_nothing_had_happened(
    expected: xr.Dataset, whole: Path, tmp_path: Path, moment: str, counts: tuple[int, ...]
) -> None:
    path = tmp_path / "run.npz"
    deaths = [start_child(moment, count, path).wait() for count in counts]
    assert deaths == [-signal.SIGKILL] * len(counts)
    xr.testing.assert_identical(anneal(checkpoint=path), expected)
    checkpoints.assert_same(path, whole, "anneal")


def kill_from_outside(path: Path, times: int) -> None:
    """Kill a run at random moments after its file has appeared or changed."""
    for delay in np.random.default_rng(3).uniform(0.0, 0.15, times):
        child = start_child("never", 0, path)
        before = path.stat().st_mtime_ns if path.exists() else 0
        while child.poll() is None and not (path.exists() and path.stat().st_mtime_ns > before):
            time.sleep(0.001)
        time.sleep(delay)
        child.kill()
        child.wait()


@pytest.mark.thorough
def test_killed_at_any_time_from_outside(expected: xr.Dataset, whole: Path, tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    kill_from_outside(path, 4)
    xr.testing.assert_identical(anneal(checkpoint=path), expected)
    checkpoints.assert_same(path, whole, "anneal")


@pytest.mark.slow
def test_killed_twenty_times_from_outside(
    expected: xr.Dataset, whole: Path, tmp_path: Path
) -> None:
    for run in range(5):
        path = tmp_path / f"run{run}.npz"
        kill_from_outside(path, 4)
        xr.testing.assert_identical(anneal(checkpoint=path), expected)
        checkpoints.assert_same(path, whole, "anneal")


def test_a_finished_run_is_returned_at_once(expected: xr.Dataset, tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    xr.testing.assert_identical(anneal(checkpoint=path), expected)
    before = path.read_bytes()
    reports: list[Progress] = []
    xr.testing.assert_identical(anneal(checkpoint=path, progress=reports.append), expected)
    assert not reports
    assert path.read_bytes() == before


@pytest.mark.parametrize("engine", ["lattice", "replica"])
def test_nothing_is_lost_by_ctrl_c(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    monkeypatch.setattr(_drive, "PIECE_SECONDS", 0.0)  # a report after each sweep
    path = tmp_path / "run.npz"
    other: dict[str, Any] = {"model": ms.Ising((4, 6), J=-1.0), "engine": engine, "threads": 1}
    sweeps: list[int] = [0]
    for count in (1, 35, 30, 10**9):
        reports: list[Progress] = []

        def progress(
            report: Progress, reports: list[Progress] = reports, count: int = count
        ) -> None:
            reports.append(report)
            sweeps.append(report.sweeps)
            if len(reports) == count:
                signal.raise_signal(signal.SIGINT)

        if count < 10**9:
            with pytest.raises(KeyboardInterrupt):
                anneal(**other, checkpoint=path, progress=progress)
        else:
            run = anneal(**other, checkpoint=path, progress=progress)
    xr.testing.assert_identical(run, anneal(**other))
    assert np.all(np.diff(sweeps) > 0)  # no sweep was done twice
    assert sweeps[-1] == 5 * 120


def test_ctrl_c_from_the_keyboard_in_the_middle_of_sweeps(tmp_path: Path) -> None:
    big: dict[str, Any] = {
        "model": ms.EdwardsAnderson((16, 16, 16), seed=1),
        "temperatures": np.linspace(2.0, 0.3, 8),
        "sweeps_per_temperature": 40,
        "replicas": 512,
        "seed": 5,
    }
    path = tmp_path / "run.npz"
    for delay in (0.02, 0.05, 0.1, 0.2):
        timer = threading.Timer(delay, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        try:
            ms.anneal(**big, checkpoint=path)
            time.sleep(60.0)  # the run was faster: the signal ends this
        except KeyboardInterrupt:
            pass
        timer.join()
    xr.testing.assert_identical(ms.anneal(**big, checkpoint=path), ms.anneal(**big))


@pytest.mark.parametrize("change", [
    {"model": GLASS.sample(0)},
    {"model": ms.EdwardsAnderson((4, 4, 4), seed=4, samples=3)},
    {"temperatures": [2.0]},
    {"temperatures": ARGUMENTS["temperatures"][::-1]},
    {"sweeps_per_temperature": 11},
    {"sweeps_per_temperature": [10] * 11 + [9]},
    {"replicas": 6},
    {"interval": 8},
    {"seed": 6},
    {"dynamics": "glauber"},
    {"init": "up"},
    {"init": np.ones((4, 4, 4), np.int8)},
    {"rng": "philox"},
])  # fmt: skip
def test_a_checkpoint_of_another_run_is_refused_and_kept(
    tmp_path: Path, change: dict[str, Any]
) -> None:
    path = tmp_path / "run.npz"
    anneal(checkpoint=path)
    before = path.read_bytes()
    with pytest.raises(CheckpointError, match="another run"):
        anneal(checkpoint=path, **change)
    assert path.read_bytes() == before


def test_engines_have_checkpoints_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    anneal(model=ms.Ising((4, 6)), engine="lattice", checkpoint=path)
    with pytest.raises(CheckpointError, match="engine 'lattice' there, 'replica' here"):
        anneal(model=ms.Ising((4, 6)), engine="replica", checkpoint=path)


def test_a_damaged_checkpoint_is_refused_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    anneal(checkpoint=path)
    whole = path.read_bytes()
    middle = bytearray(whole)
    middle[whole.index(b"packed.npy") + 200] ^= 1
    for damaged in (whole[:-1], whole[:1000], b"", b"something else", bytes(middle)):
        path.write_bytes(damaged)
        with pytest.raises(CheckpointError):
            anneal(checkpoint=path)
        assert path.read_bytes() == damaged


def test_a_wrong_argument_leaves_no_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="dynamics"):
        anneal(checkpoint=tmp_path / "run.npz", dynamics="heat")
    assert not list(tmp_path.iterdir())


def test_an_unwritable_checkpoint_is_said_before_the_run(tmp_path: Path) -> None:
    reports: list[Progress] = []
    with pytest.raises(FileNotFoundError, match="checkpoint: got"):
        anneal(checkpoint=tmp_path / "missing" / "run.npz", progress=reports.append)
    assert not reports


# --- progress -----------------------------------------------------------------------------------


def test_progress_counts_every_sweep() -> None:
    reports: list[Progress] = []
    anneal(progress=reports.append)
    assert [report.sweeps for report in reports] == sorted({report.sweeps for report in reports})
    assert reports[-1].sweeps == reports[-1].total == 15 * 120
    assert reports[-1].flips_per_ns > 0
    assert reports[-1].seconds_left == 0


# --- wrong arguments ----------------------------------------------------------------------------


@pytest.mark.parametrize(("change", "error"), [
    ({"model": "ising"}, TypeError),
    ({"temperatures": 0.0}, ValueError),
    ({"temperatures": [2.0, -1.0]}, ValueError),
    ({"temperatures": [2.0, float("inf")]}, ValueError),
    ({"temperatures": []}, ValueError),
    ({"temperatures": "cold"}, TypeError),
    ({"sweeps_per_temperature": 0}, ValueError),
    ({"sweeps_per_temperature": 10.0}, TypeError),
    ({"sweeps_per_temperature": True}, TypeError),
    ({"sweeps_per_temperature": "10"}, TypeError),
    ({"sweeps_per_temperature": [10] * 11}, ValueError),
    ({"sweeps_per_temperature": [10] * 11 + [0]}, ValueError),
    ({"sweeps_per_temperature": np.full(12, 10.0)}, TypeError),
    ({"sweeps_per_temperature": [[10]] * 12}, TypeError),
    ({"sweeps_per_temperature": 2**45}, ValueError),
    ({"replicas": 0}, ValueError),
    ({"replicas": 1.0}, TypeError),
    ({"interval": -1}, ValueError),
    ({"interval": None}, TypeError),
    ({"seed": -1}, ValueError),
    ({"dynamics": "heat"}, ValueError),
    ({"init": "sideways"}, ValueError),
    ({"init": np.ones((8, 16))}, ValueError),
    ({"init": np.zeros((4, 4, 4))}, ValueError),
    ({"device": "tpu"}, ValueError),
    ({"rng": "mt19937"}, ValueError),
    ({"threads": 0}, ValueError),
    ({"engine": "lattice"}, ValueError),
    ({"checkpoint": 3}, TypeError),
    ({"checkpoint_interval": -1.0}, ValueError),
    ({"progress": "yes"}, TypeError),
])  # fmt: skip
def test_wrong_arguments_are_named(change: dict[str, Any], error: type[Exception]) -> None:
    name = next(iter(change))
    with pytest.raises(error, match=rf"^{name}: got .*allowed: "):
        anneal(**change)


# --- without a schedule, and how often it succeeds ----------------------------------------------


def test_without_temperatures_it_cools_through_the_models_own() -> None:
    hot, cold = ms.temperature_range(GLASS)
    run = ms.anneal(GLASS, replicas=8, seed=1)
    temperatures = np.geomspace(hot, cold, 100)
    assert run.temperature.values.tolist() == temperatures.tolist()
    assert run.sweep.values[-1] == 1000
    assert run.identical(ms.anneal(GLASS, temperatures, 10, replicas=8, seed=1))


@pytest.mark.parametrize("model", [
    ms.EdwardsAnderson((4, 4), seed=2, couplings="gaussian"),
    ms.SherringtonKirkpatrick(14, seed=2),
    ms.Pairwise.from_edges(12, ms.graphs.random_regular(12, 3, seed=1), -1.0),
    ms.Pairwise.from_edges(10, [[0, 1], [0, 2], [1, 2], [3, 4]], [-50.0, -50.0, -50.0, 0.1], 0.3),
    ms.Ising((3, 4), J=-1.0, h=np.linspace(-2.0, 2.0, 12).reshape(3, 4)),
], ids=str)  # fmt: skip
def test_its_own_schedule_finds_ground_states_of_all_kinds(model: Model) -> None:
    run = ms.anneal(model, replicas=16, seed=1)
    lowest = ground_state_energy(model)
    # Couplings that the engine rounds have energies that it rounds.
    assert float(run.best_state_energy) == pytest.approx(lowest, rel=1e-6)
    assert float(model.energy(run.best_state)) == pytest.approx(lowest, rel=1e-12)
    assert run.best_count >= 4


def test_hits_say_how_long_it_takes() -> None:
    run = anneal()
    p = run.best_count.values / 5
    assert run.success_probability.values.tolist() == p.tolist()
    assert (run.success_probability_low < p).all()
    assert (run.success_probability_high >= p).all()
    time = analysis.time_to_target.time_to_target(run.best_count, 5, run_time=120)
    assert run.sweeps_to_target.values.tolist() == time.value.tolist()
    assert (run.sweeps_to_target >= 120).all()
