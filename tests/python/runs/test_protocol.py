"""Protocols: against samplers driven by hand, kills, extensions, and what is refused."""

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
from multispin.runs._protocol_run import Steps
from timed_runs import untimed

if TYPE_CHECKING:
    from multispin.progress import Progress

RNG = np.random.default_rng(1)
FIELDS = RNG.normal(size=(4, 6))
MODELS: dict[str, Any] = {
    "lattice": ms.Ising((8, 6)),
    "cubic": ms.Ising((4, 4, 2), h=0.25),
    "replica": ms.Ising((5, 3)),
    "glass": ms.EdwardsAnderson((4, 4), seed=1, samples=3),
    "random field": ms.Ising((4, 6), h=FIELDS),
    "gaussian": ms.EdwardsAnderson((4, 4), seed=1, couplings="gaussian", samples=2),
    "sk": ms.SherringtonKirkpatrick(20, seed=1),
    "pattern": ms.Hopfield(RNG.choice([-1, 1], (3, 4, 5)).astype(np.int8)),
}  # fmt: skip
ENGINE = {"lattice": "lattice", "cubic": "lattice", "pattern": "pattern"}
T = [np.inf, 2.5, 1.0, 0.0, 0.0, 1.5, 1.5, 3.0]
H = [0.0, 0.0, 0.5, 0.5, -1.0, -1.0, 0.0, 2.0]
SWEEPS = [1, 3, 2, 5, 1, 4, 2, 3]


def corner(spins: np.ndarray) -> Any:
    return spins.reshape(len(spins), -1)[:, 0]


def protocol(name: str, path: Path | None = None, **changes: Any) -> xr.Dataset:
    given: dict[str, Any] = {
        "temperatures": T, "fields": H, "sweeps_per_step": SWEEPS, "replicas": 5, "seed": 3,
        "dynamics": "glauber", "engine": ENGINE.get(name, "auto"),
    }  # fmt: skip
    return ms.protocol(MODELS[name], checkpoint=path, **(given | changes))


each_model = pytest.mark.parametrize("name", MODELS)
MEASURED: dict[str, Any] = {"observables": {"c": corner}, "snapshots": 3, "final_states": True}


# --- against a sampler ----------------------------------------------------------------------------


@each_model
def test_it_is_a_sampler_driven_by_hand(name: str) -> None:
    model = MODELS[name]
    data = protocol(name, **MEASURED)
    sampler = ms.Sampler(
        model, 1.0, replicas=5, dynamics="glauber", seed=3, engine=data.attrs["engine"]
    )
    snapshots = ms.unpack_snapshots(data)
    for step, (temperature, field, sweeps) in enumerate(zip(T, H, SWEEPS, strict=True)):
        sampler.temperature = temperature
        sampler.h = model.h + field
        sampler.sweep(sweeps)
        spins = sampler.spins()
        np.testing.assert_array_equal(data.energy[step], sampler.energy())
        np.testing.assert_array_equal(data.magnetization[step], sampler.magnetization())
        expected = model.with_field(model.h + field).energy(spins)
        np.testing.assert_allclose(data.energy[step], expected, atol=1e-5)
        first = spins.reshape(*sampler.energy().shape, -1)[..., 0]
        np.testing.assert_array_equal(data.c[step], first)
        if step % 3 == 2:
            np.testing.assert_array_equal(snapshots[step // 3], spins)
    np.testing.assert_array_equal(data.final_state, sampler.spins())


def test_dimensions_and_coordinates() -> None:
    data = protocol("glass", **MEASURED)
    assert data.energy.dims == data.magnetization.dims == ("step", "sample", "replica")
    assert data.c.dims == ("step", "sample", "replica")
    assert data.snapshot.dims == ("step_3", "sample", "replica", "byte")
    assert data.final_state.dims == ("sample", "replica", "axis_0", "axis_1")
    assert data.step_3.values.tolist() == [2, 5]
    assert data.temperature.values.tolist() == T
    assert data.field.values.tolist() == H
    assert data.sweep.values.tolist() == np.cumsum(SWEEPS).tolist()
    assert data.attrs["seed"] == 3
    assert protocol("lattice").energy.dims == ("step", "replica")


def test_a_netcdf_file_keeps_it(tmp_path: Path) -> None:
    data = protocol("lattice", **MEASURED)
    data.to_netcdf(tmp_path / "run.nc", engine="h5netcdf")
    xr.testing.assert_equal(xr.load_dataset(tmp_path / "run.nc", engine="h5netcdf"), data)


@pytest.mark.parametrize(("given", "count"), [
    ({"temperatures": 2.0, "fields": 0.0, "sweeps_per_step": 3}, 1),
    ({"temperatures": 2.0, "fields": 0.0, "sweeps_per_step": [1, 2, 4]}, 3),
    ({"temperatures": 2.0, "fields": [0.0, 1.0], "sweeps_per_step": 3}, 2),
    ({"temperatures": [2.0, 1.0], "fields": 0.5, "sweeps_per_step": (1, 2)}, 2),
])  # fmt: skip
def test_a_number_is_that_of_all_steps(given: dict[str, Any], count: int) -> None:
    assert protocol("lattice", **given).sizes["step"] == count


def test_a_protocol_of_falling_temperatures_is_an_annealing() -> None:
    given = {"replicas": 4, "seed": 2, "dynamics": "metropolis"}
    cooled = ms.anneal(MODELS["glass"], [3.0, 1.0, 0.4], [3, 4, 5], **given)
    data = ms.protocol(MODELS["glass"], [3.0, 1.0, 0.4], 0.0, [3, 4, 5], **given)
    np.testing.assert_array_equal(data.energy, cooled.energy)


def test_starts() -> None:
    given: dict[str, Any] = {"temperatures": 0.0, "fields": 0.0, "sweeps_per_step": 2}
    assert protocol("lattice", init="down", **given).magnetization.values.tolist() == [[-1.0] * 5]
    up = np.ones((8, 6), dtype=np.int8)
    assert protocol("lattice", init=up, **given).magnetization.values.tolist() == [[1.0] * 5]


def test_a_metastable_state_turns_over() -> None:
    # At T = 0 a site of a full lattice turns at |H| > 4 J.
    data = protocol(
        "lattice", temperatures=0.0, fields=[-1.0, -3.9, -4.1], sweeps_per_step=1, init="up"
    )
    assert data.magnetization.mean("replica").values.tolist() == [1.0, 1.0, -1.0]


def test_temperatures_and_fields_that_only_fit_together() -> None:
    # Strong fields round couplings too much for low temperatures, which come with weak ones.
    given: dict[str, Any] = {"temperatures": [1e6, 0.01, 1e6], "fields": [1e7, 0.0, 1e7]}
    data = protocol("sk", **given, sweeps_per_step=2, dynamics="metropolis")
    assert np.isfinite(data.energy).all()
    with pytest.raises(ValueError, match="^temperature: got 0.01, allowed: at least"):
        protocol("sk", temperatures=[1e6, 0.01], fields=1e7, sweeps_per_step=2)


def test_hardest_steps() -> None:
    fields = np.array([0.5, 0.1, -2.0, 2.0])
    steps = Steps(np.array([1.0, 0.0, 2.0, 3.0]), np.arange(1, 5), fields=fields)
    assert steps.hardest() == [2, 0]


# --- stopped and killed ---------------------------------------------------------------------------


@pytest.mark.one_in(5)
@each_model
def test_a_stopped_run_goes_on_bit_for_bit(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_drive, "PIECE_SECONDS", 1e-6)
    path, stops = tmp_path / "run.npz", 0

    def stop(report: Progress) -> None:
        if report.sweeps < report.total:
            signal.raise_signal(signal.SIGINT)

    for _ in range(100):
        try:
            data = protocol(name, path, progress=stop, **MEASURED)
            break
        except KeyboardInterrupt:
            stops += 1
    assert stops >= len(T)
    xr.testing.assert_identical(untimed(data), untimed(protocol(name, **MEASURED)))
    xr.testing.assert_identical(protocol(name, path, **MEASURED), data)


CHILD = """
import os, signal, sys
sys.path[:0] = [sys.argv[1], sys.argv[1] + "/../.."]
import test_protocol as tests

count = int(sys.argv[2])

def progress(report):
    global count
    count -= 1
    if count == 0:
        os.kill(os.getpid(), signal.SIGKILL)

keep = {"checkpoint_interval": 0.0, "progress": progress}
tests.protocol("gaussian", sys.argv[3], **keep, **tests.MEASURED)
"""


@pytest.mark.thorough
def test_killed_runs_end_as_if_nothing_had_happened(tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    for count in (2, 3):
        words = [str(Path(__file__).parent), str(count), str(path)]
        killed = subprocess.run([sys.executable, "-c", CHILD, *words], check=False, env=os.environ)
        assert killed.returncode == -signal.SIGKILL
    kept = io.read_checkpoint(path, "protocol")[0]["looked"]
    assert 0 < kept < len(T)
    resumed = protocol("gaussian", path, **MEASURED)
    xr.testing.assert_identical(untimed(resumed), untimed(protocol("gaussian", **MEASURED)))


@each_model
@pytest.mark.parametrize("stopped", [False, True])
def test_more_steps_extend_a_run(
    name: str, stopped: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_drive, "PIECE_SECONDS", 1e-6)
    path = tmp_path / "run.npz"
    short = {"temperatures": T[:5], "fields": H[:5], "sweeps_per_step": SWEEPS[:5]}

    def stop(_report: Progress) -> None:
        signal.raise_signal(signal.SIGINT)

    if stopped:
        with pytest.raises(KeyboardInterrupt):
            protocol(name, path, progress=stop, **MEASURED, **short)
    else:
        protocol(name, path, **MEASURED, **short)
    extended = protocol(name, path, **MEASURED)
    xr.testing.assert_identical(untimed(extended), untimed(protocol(name, **MEASURED)))


@pytest.mark.parametrize("change", [
    {"temperatures": T[:4] + T[5:6] + T[5:]}, {"fields": [*H[:-1], 1.0]},
    {"sweeps_per_step": [*SWEEPS[:-1], 4]}, {"replicas": 6}, {"seed": 4}, {"init": "up"},
    {"dynamics": "metropolis"}, {"final_states": False}, {"snapshots": 0}, {"observables": None},
    {"temperatures": T[:4], "fields": H[:4], "sweeps_per_step": SWEEPS[:4]},
])  # fmt: skip
def test_another_run_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    path = tmp_path / "run.npz"
    protocol("replica", path, **MEASURED)
    before = path.read_bytes()
    with pytest.raises(ms.CheckpointError, match="another run .*extend it by steps after its last"):
        protocol("replica", path, **{**MEASURED, **change})
    assert path.read_bytes() == before


def test_the_sampler_of_another_model_is_refused(tmp_path: Path) -> None:
    path, other = tmp_path / "run.npz", tmp_path / "other.npz"

    def stop(report: Progress) -> None:
        if report.sweeps:
            signal.raise_signal(signal.SIGINT)

    for file, model in ((path, MODELS["glass"]), (other, ms.EdwardsAnderson((4, 4), 2, samples=3))):
        with pytest.raises(KeyboardInterrupt):
            ms.protocol(model, 2.0, 0.0, [200] * 9, 5, 3, checkpoint=file, progress=stop)
    meta, arrays = io.read_checkpoint(path, "protocol")
    wrong, its = io.read_checkpoint(other, "protocol")
    io.write_checkpoint(path, "protocol", meta | {"sampler": wrong["sampler"]}, arrays | {
        name: array for name, array in its.items() if name.startswith("sampler_")
    })  # fmt: skip
    with pytest.raises(ms.CheckpointError, match="sampler"):
        ms.protocol(MODELS["glass"], 2.0, 0.0, [200] * 9, 5, 3, checkpoint=path)


def test_an_observable_that_fails_costs_nothing(tmp_path: Path) -> None:
    path, calls = tmp_path / "run.npz", []

    def failing(spins: np.ndarray) -> Any:
        calls.append(1)
        if len(calls) == 5:
            raise ZeroDivisionError
        return corner(spins)

    with pytest.raises(ms.ObservableError, match="^observables: got ZeroDivisionError.* from 'c' "):
        protocol("lattice", path, **{**MEASURED, "observables": {"c": failing}})
    assert io.read_checkpoint(path, "protocol")[0]["looked"] == 4
    resumed = protocol("lattice", path, **MEASURED)
    xr.testing.assert_identical(untimed(resumed), untimed(protocol("lattice", **MEASURED)))


# --- wrong arguments ------------------------------------------------------------------------------


@pytest.mark.parametrize(("change", "error", "message"), [
    ({"temperatures": -1.0}, ValueError, "temperatures: got -1.0, allowed: a number from 0 to inf"),
    ({"temperatures": [1.0, float("nan")]}, ValueError, "temperatures: got "),
    ({"temperatures": []}, ValueError, "temperatures: got"),
    ({"temperatures": [1.0, 2.0]}, ValueError, "temperatures: got 2 numbers, allowed: 1, or 8"),
    ({"fields": [1.0, 2.0]}, ValueError, "fields: got 2 numbers, allowed: 1, or 8, one a step"),
    ({"fields": np.inf}, ValueError, "fields: got inf, allowed: a finite number"),
    ({"fields": "up"}, TypeError, "fields: got 'up'"),
    ({"fields": [[1.0] * 8]}, ValueError, "fields: got"),
    ({"fields": 1e308}, ValueError, "h: got 1e"),
    ({"sweeps_per_step": [1, 2]}, ValueError, "sweeps_per_step: got"),
    ({"sweeps_per_step": 0}, ValueError, "sweeps_per_step: got 0"),
    ({"sweeps_per_step": 1.5}, TypeError, "sweeps_per_step: got 1.5"),
    ({"replicas": 0}, ValueError, "replicas: got 0"),
    ({"dynamics": "heat"}, ValueError, "dynamics: got 'heat'"),
    ({"snapshots": 9}, ValueError, "snapshots: got 9, allowed: an integer >= 0 and <= 8"),
    ({"observables": {"c": ms.Observable(corner, interval=2)}}, ValueError,
     "observables: got .*allowed: one without an interval"),
    ({"final_states": 1}, TypeError, "final_states: got 1"),
])  # fmt: skip
def test_wrong_arguments(
    tmp_path: Path, change: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=f"^{message}"):
        protocol("lattice", tmp_path / "run.npz", **change)
    assert not list(tmp_path.iterdir())


def test_named_observables_want_one_set_of_couplings() -> None:
    for name in ("link_energy", "domain_wall_length"):
        with pytest.raises(ValueError, match=f"^observables: got '{name}' of .*one set"):
            protocol("glass", observables=[name])
