"""Observables and snapshots of tempering and annealing: values, kills, faults, refusals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import xarray as xr

import multispin as ms
from multispin import io
from multispin.runs import _drive
from multispin.runs.ladders import Ladders
from timed_runs import untimed

if TYPE_CHECKING:
    from collections.abc import Callable

    from multispin.progress import Progress

MODELS: dict[str, Any] = {
    "ising": ms.Ising((4, 6), h=0.25),
    "glass": ms.EdwardsAnderson((4, 4), seed=1),
    "samples": ms.EdwardsAnderson((4, 4), seed=1, samples=3),
    "sk": ms.SherringtonKirkpatrick(20, seed=1),
}
DRAWS = 18


def mean(spins: np.ndarray) -> Any:
    return spins.reshape(len(spins), -1).mean(axis=1)


def rows(spins: np.ndarray) -> Any:
    return spins.reshape(len(spins), -1)[:, :3]


MEASURED: dict[str, Any] = {"observables": {"m": mean, "rows": rows}, "snapshots": 2}


def temper(name: str = "samples", path: Path | None = None, **changes: Any) -> xr.Dataset:
    rare = ms.Observable(mean, interval=3 * changes.get("interval", 4))
    given: dict[str, Any] = {
        "temperatures": [0.6, 1.0, 1.6, 2.5], "sweeps": 4 * DRAWS, "thermalization": 8,
        "interval": 4, "swap_interval": 2, "replicas": 3, "seed": 3, "threads": 1, **MEASURED,
    }  # fmt: skip
    given["observables"] = {**given["observables"], "rare": rare}
    return ms.temper(MODELS[name], checkpoint=path, **(given | changes))


def anneal(name: str = "samples", path: Path | None = None, **changes: Any) -> xr.Dataset:
    given: dict[str, Any] = {
        "temperatures": [3.0, 1.5, 0.8, 0.5, 0.5], "sweeps_per_temperature": [4, 5, 6, 7, 8],
        "replicas": 5, "interval": 3, "seed": 2, "threads": 1, **MEASURED,
    }  # fmt: skip
    return ms.anneal(MODELS[name], checkpoint=path, **(given | changes))


RUNS: dict[str, Callable[..., xr.Dataset]] = {"temper": temper, "anneal": anneal}
each_run = pytest.mark.parametrize("kind", RUNS)
each_model = pytest.mark.parametrize("name", MODELS)


def energies(name: str, spins: xr.DataArray) -> Any:
    """Return the energies of snapshots, with the axis of samples in front, if there is one."""
    model = MODELS[name]
    if model.samples is None:
        return model.energy(spins.values)
    spins = spins.transpose("sample", ...)
    return np.stack([model.sample(k).energy(spins.values[k]) for k in range(model.samples)])


# --- values ---------------------------------------------------------------------------------------


@each_model
@pytest.mark.parametrize(("interval", "swap_interval"), [(4, 2), (1, 1), (6, 2), (3, 3)])
@pytest.mark.parametrize("cluster_moves", [False, True])
def test_tempering_looks_at_the_spins_that_energies_are_of(
    name: str, interval: int, swap_interval: int, cluster_moves: bool
) -> None:
    if cluster_moves and name in ("ising", "sk"):
        pytest.skip("clusters move in the replica engine, without a field")
    given: dict[str, Any] = {
        "interval": interval, "swap_interval": swap_interval, "sweeps": interval * DRAWS,
        "thermalization": 2 * interval, "cluster_moves": cluster_moves,
    }  # fmt: skip
    data = temper(name, **given)
    lead = ("sample",) if MODELS[name].samples else ()
    assert data.m.dims == (*lead, "temperature", "replica", "draw")
    assert data.rows.dims == (*lead, "temperature", "replica", "draw", "rows_0")
    np.testing.assert_array_equal(data.m, data.magnetization)
    assert data.rare.dims[-1] == f"draw_{3 * interval}"
    np.testing.assert_array_equal(data.rare, data.magnetization[..., 2::3])
    np.testing.assert_array_equal(data[f"draw_{3 * interval}"], data.draw[2::3])
    spins = ms.unpack_snapshots(data)
    np.testing.assert_allclose(energies(name, spins), data.energy[..., 1::2], atol=1e-5)
    axes = [dim for dim in spins.dims if str(dim).startswith("axis")]
    flat = spins.stack(site=axes)[..., :3]
    np.testing.assert_array_equal(data.rows[..., 1::2, :], flat)


@each_model
def test_annealing_looks_at_the_ends_of_steps(name: str) -> None:
    data = anneal(name)
    model = MODELS[name]
    sampler = ms.Sampler(model, 3.0, replicas=5, seed=2, engine=data.attrs["engine"])
    snapshots = ms.unpack_snapshots(data)
    for step, (temperature, sweeps) in enumerate(
        zip([3.0, 1.5, 0.8, 0.5, 0.5], [4, 5, 6, 7, 8], strict=True)
    ):
        sampler.temperature = temperature
        sampler.sweep(sweeps)
        np.testing.assert_array_equal(data.m[step], sampler.magnetization())
        spins = np.asarray(sampler.spins())
        first = spins.reshape(*data.m.shape[1:], -1)[..., :3]
        np.testing.assert_array_equal(data.rows[step], first)
        if step % 2 == 1:
            np.testing.assert_array_equal(snapshots[step // 2], spins)
    assert data.step_2.values.tolist() == [1, 3]


@each_run
@each_model
def test_everything_else_is_what_it_is_without(kind: str, name: str) -> None:
    measured = RUNS[kind](name)
    plain = RUNS[kind](name, observables=None, snapshots=0)
    for variable in plain.variables:
        xr.testing.assert_identical(plain[variable].variable, measured[variable].variable)
    assert plain.attrs.items() <= measured.attrs.items()
    assert set(measured.attrs) - set(plain.attrs) == {"sweeping_seconds", "observable_seconds"}


def test_draws_between_observed_ones_are_made_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    plain = Ladders.run

    def noted(ladders: Ladders, draws: int, records: Any) -> None:
        calls.append(draws)
        plain(ladders, draws, records)

    rare = {"m": ms.Observable(mean, interval=500)}
    given: dict[str, Any] = {"interval": 1, "swap_interval": 1, "sweeps": 1000}
    expected = temper(**given, observables=None, snapshots=0)
    monkeypatch.setattr(Ladders, "run", noted)
    data = ms.temper(
        MODELS["samples"], [0.6, 1.0, 1.6, 2.5], 1000, 1, 3, thermalization=8, seed=3, threads=1,
        observables=rare,
    )  # fmt: skip
    assert sum(calls) == 1008
    xr.testing.assert_identical(data.energy, expected.energy)
    assert data.m.sizes["draw_500"] == 2


@each_run
def test_a_netcdf_file_keeps_it(kind: str, tmp_path: Path) -> None:
    data = RUNS[kind]()
    data.to_netcdf(tmp_path / "run.nc", engine="h5netcdf")
    xr.testing.assert_equal(xr.load_dataset(tmp_path / "run.nc", engine="h5netcdf"), data)


def test_named_observables_are_labelled() -> None:
    data = temper("ising", observables=["structure_factor", "link_energy"], swap_interval=1)
    assert data.structure_factor.dims[-1] == "wave_vector"
    assert data.wave_vector.values.tolist() == ["0,0", "1,0", "0,1"]
    field = 0.25 * 24 * data.magnetization
    np.testing.assert_allclose(data.link_energy.sum("axis") - field, data.energy)


# --- stopped and killed ---------------------------------------------------------------------------

KINDS = {
    "temper": (temper, {}),
    "temper, clusters": (temper, {"name": "glass", "cluster_moves": True, "replicas": 4}),
    "anneal": (anneal, {}),
}
each_kind = pytest.mark.parametrize("kind", KINDS)


@each_kind
def test_a_stopped_run_goes_on_bit_for_bit(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_drive, "PIECE_SECONDS", 1e-6)
    run, given = KINDS[kind]
    path, stops = tmp_path / "run.npz", 0

    def stop(report: Progress) -> None:
        if report.sweeps < report.total:
            signal.raise_signal(signal.SIGINT)

    for _ in range(200):
        try:
            data = run(path=path, progress=stop, **given)
            break
        except KeyboardInterrupt:
            stops += 1
    assert stops >= 4
    xr.testing.assert_identical(untimed(data), untimed(run(**given)))
    xr.testing.assert_identical(run(path=path, **given), data)  # seconds are kept too


@pytest.mark.parametrize("cluster_moves", [False, True])
def test_a_stop_between_a_look_and_its_exchange(
    cluster_moves: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, looks = tmp_path / "run.npz", []
    plain, given = Ladders.run, {"cluster_moves": cluster_moves}

    def stopped(ladders: Ladders, draws: int, records: Any) -> None:
        if records.get("energy") is not None:
            looks.append(draws)
            if len(looks) == 5:
                raise KeyboardInterrupt
        plain(ladders, draws, records)

    with monkeypatch.context() as patched:
        patched.setattr(Ladders, "run", stopped)
        with pytest.raises(KeyboardInterrupt):
            temper(path=path, **given)
    _, arrays = io.read_checkpoint(path, "temper")
    assert len(arrays["record_energy"]) == len(arrays["observed_m"]) == 4
    xr.testing.assert_identical(untimed(temper(path=path, **given)), untimed(temper(**given)))


@each_run
def test_ctrl_c_in_an_observable_loses_nothing(kind: str, tmp_path: Path) -> None:
    path, calls = tmp_path / "run.npz", []

    def pressed(spins: np.ndarray) -> Any:
        calls.append(len(spins))
        if len(calls) == 4:
            signal.raise_signal(signal.SIGINT)
        return mean(spins)

    run = RUNS[kind]
    with pytest.raises(KeyboardInterrupt):
        run(path=path, **with_m(kind, pressed))
    assert len(io.read_checkpoint(path, kind)[1]["observed_m"]) == 3
    xr.testing.assert_identical(untimed(run(path=path)), untimed(run()))


def with_m(kind: str, function: Callable[[np.ndarray], Any]) -> dict[str, Any]:
    """Return the observables of a run with another function by the name of one."""
    observables = {**MEASURED["observables"], "m": function}
    if kind == "temper":
        observables["rare"] = ms.Observable(mean, interval=12)
    return {"observables": observables}


CHILD = """
import os, signal, sys
sys.path[:0] = [sys.argv[1], sys.argv[1] + "/../.."]
import test_observed_runs as tests
from multispin.runs import _drive

count = int(sys.argv[2])
_drive.PIECE_SECONDS = 1e-6

def progress(report):
    global count
    count -= 1
    if count == 0:
        os.kill(os.getpid(), signal.SIGKILL)

run, given = tests.KINDS[sys.argv[4]]
run(path=sys.argv[3], checkpoint_interval=0.0, progress=progress, **given)
"""


@pytest.mark.one_in(2)
@each_kind
def test_killed_runs_end_as_if_nothing_had_happened(kind: str, tmp_path: Path) -> None:
    run, given = KINDS[kind]
    path = tmp_path / "run.npz"
    for count in (3, 5):
        words = [str(Path(__file__).parent), str(count), str(path), kind]
        killed = subprocess.run([sys.executable, "-c", CHILD, *words], check=False, env=os.environ)
        assert killed.returncode == -signal.SIGKILL
    assert path.exists()
    xr.testing.assert_identical(untimed(run(path=path, **given)), untimed(run(**given)))


# --- faults and refusals --------------------------------------------------------------------------


@each_run
def test_a_function_that_fails_is_named_and_costs_nothing(kind: str, tmp_path: Path) -> None:
    path, calls, run = tmp_path / "run.npz", [], RUNS[kind]

    def failing(spins: np.ndarray) -> Any:
        calls.append(1)
        if len(calls) == 5:
            raise ZeroDivisionError
        return mean(spins)

    with pytest.raises(ms.ObservableError, match="^observables: got ZeroDivisionError.* from 'm' "):
        run(path=path, **with_m(kind, failing))
    _, arrays = io.read_checkpoint(path, kind)
    assert len(arrays["observed_m"]) == 4
    xr.testing.assert_identical(untimed(run(path=path)), untimed(run()))


@each_run
@pytest.mark.parametrize("change", [
    {"observables": None}, {"snapshots": 0}, {"snapshots": 3}, {"observables": {"m": mean}},
])  # fmt: skip
def test_other_observables_are_another_run(
    kind: str, change: dict[str, Any], tmp_path: Path
) -> None:
    path, run = tmp_path / "run.npz", RUNS[kind]
    run(path=path)
    before = path.read_bytes()
    with pytest.raises(ms.CheckpointError, match="another run.*observables"):
        run(path=path, **change)
    assert path.read_bytes() == before


@each_run
def test_a_run_without_observables_has_none_to_continue_from(kind: str, tmp_path: Path) -> None:
    path, run = tmp_path / "run.npz", RUNS[kind]
    run(path=path, observables=None, snapshots=0)
    assert "observables" not in io.read_checkpoint(path, kind)[0]["arguments"]
    with pytest.raises(ms.CheckpointError, match=r"another run.*observables \[\] there"):
        run(path=path)


@each_run
def test_values_of_other_shapes_are_refused(kind: str, tmp_path: Path) -> None:
    path, run = tmp_path / "run.npz", RUNS[kind]
    run(path=path)
    meta, arrays = io.read_checkpoint(path, kind)
    m = arrays["observed_m"]
    for spoilt in (m[:-1], m.astype(np.float32), m[:, :-1], m[..., None]):
        other = {**arrays, "observed_m": spoilt}
        io.write_checkpoint(path, kind, meta, other)
        observables = {**with_m(kind, mean)["observables"], "m": ms.Observable(mean, dims=())}
        with pytest.raises(ms.CheckpointError):
            run(path=path, observables=observables)


@pytest.mark.parametrize(("kind", "change", "message"), [
    ("temper", {"observables": {"overlap": mean}}, "observables: got 'overlap', allowed: n"),
    ("temper", {"observables": {"x": ms.Observable(rows, dims=("walker",))}}, "observables: got"),
    ("temper", {"observables": {"x": ms.Observable(mean, interval=6)}}, "observables: .*multiple"),
    ("temper", {"observables": 3}, "observables: got 3"),
    ("temper", {"snapshots": 19}, "snapshots: got 19, allowed: an integer >= 0 and <= 18"),
    ("anneal", {"observables": {"best_state": mean}}, "observables: got 'best_state', allowed"),
    ("anneal", {"observables": {"x": ms.Observable(mean, interval=6)}}, "observables: .*without"),
    ("anneal", {"snapshots": 6}, "snapshots: got 6, allowed: an integer >= 0 and <= 5"),
    ("anneal", {"observables": ["link_energy"]}, "observables: got 'link_energy' of .*one set"),
])  # fmt: skip
def test_wrong_arguments(kind: str, change: dict[str, Any], message: str, tmp_path: Path) -> None:
    path, run = tmp_path / "run.npz", RUNS[kind]
    with pytest.raises((TypeError, ValueError), match=f"^{message}"):
        run(path=path, **change)
    assert not list(tmp_path.iterdir())


def test_snapshots_that_do_not_fit_are_said_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("multispin._base.memory._available_memory", lambda: 2**20)
    model, given = ms.Ising((512, 512)), {"seed": 1, "snapshots": 1, "threads": 1}
    with pytest.raises(MemoryError, match=r"^snapshots: 40 of 4 walkers"):
        ms.temper(model, [2.0, 3.0], 40, **given)
    with pytest.raises(MemoryError, match=r"^temperatures: 40 steps of 4 replicas"):
        ms.anneal(model, [2.0] * 40, 1, 4, **given)
