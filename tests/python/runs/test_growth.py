"""Runs that are extended by the same call with more: bit for bit what the longer run gives."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import xarray as xr

import multispin as ms
from multispin.runs import _drive, _record
from timed_runs import untimed

if TYPE_CHECKING:
    from multispin.progress import Progress

RNG = np.random.default_rng(1)
STARTS = RNG.choice(np.array([-1, 1], np.int8), (4, 3, 8, 6))
MEMORY = ms.Hopfield(RNG.choice([-1, 1], (3, 18)).astype(np.int8))
GLASS = ms.EdwardsAnderson((4, 4), seed=1, samples=2)


def corner(spins: np.ndarray) -> Any:
    return spins[:, 0, 0]


def simulate(path: Path | None = None, **changes: Any) -> xr.Dataset:
    given: dict[str, Any] = {
        "model": ms.Ising((8, 6)), "temperatures": [2.0, 2.5], "sweeps": 38, "thermalization": 10,
        "interval": 3, "replicas": 3, "seed": 5, "engine": "lattice",
    }  # fmt: skip
    return ms.simulate(checkpoint=path, **(given | changes))


def anneal(path: Path | None = None, **changes: Any) -> xr.Dataset:
    given: dict[str, Any] = {
        "model": GLASS, "temperatures": [3.0, 1.0, 0.5], "sweeps_per_temperature": [4, 5, 6],
        "replicas": 5, "seed": 2,
    }  # fmt: skip
    return ms.anneal(checkpoint=path, **(given | changes))


def temper(path: Path | None = None, **changes: Any) -> xr.Dataset:
    given: dict[str, Any] = {
        "model": GLASS, "temperatures": [0.6, 1.0, 1.6], "sweeps": 60, "thermalization": 8,
        "interval": 4, "swap_interval": 2, "seed": 3,
    }  # fmt: skip
    return ms.temper(checkpoint=path, **(given | changes))


MEASURED = {"observables": {"c": corner, "S": "structure_factor"}, "snapshots": 5}
ONE = {"temperatures": 2.0}
RARE = {"observables": {"c": ms.Observable(corner, interval=15)}, "snapshots": 4}
FUNCTION = {"observables": {"c": corner}, "snapshots": 2}
RARER = {"observables": {"c": ms.Observable(corner, interval=12)}, "snapshots": 4}
LONGER = {"temperatures": [3.0, 1.0, 0.5, 0.7, 0.2], "sweeps_per_temperature": [4, 5, 6, 7, 8]}
WARM = {"temperatures": [3.0, 1.0, 0.5, 0.7, 0.5], "sweeps_per_temperature": [4, 5, 6, 7, 8]}

#: Run, what both have, what the first has, and what the extended one has.
GROWN: dict[str, tuple[Any, dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "sweeps": (simulate, {}, {}, {"sweeps": 100}),
    "a sweep": (simulate, {}, {}, {"sweeps": 39}),
    "too few for a draw": (simulate, {"sweeps": 39}, {}, {"sweeps": 40}),
    "sweeps, measured": (simulate, MEASURED, {}, {"sweeps": 100}),
    "sweeps, measured rarely": (simulate, RARE, {}, {"sweeps": 100}),
    "temperatures": (simulate, {}, {}, {"temperatures": [2.0, 2.5, 1.5, 3.0]}),
    "temperatures, measured": (simulate, MEASURED, {}, {"temperatures": [2.0, 2.5, 1.5]}),
    "replicas": (simulate, ONE, {}, {"replicas": 7}),
    "replicas and temperatures": (
        simulate, MEASURED, ONE, {"replicas": 5, "temperatures": [2.0, 3.0]},
    ),
    "everything": (
        simulate, MEASURED, ONE, {"replicas": 5, "temperatures": [2.0, 3.0], "sweeps": 77},
    ),
    "starts": (
        simulate, {}, {"init": STARTS[:2]},
        {"init": STARTS, "temperatures": [2.0, 2.5, 1.5, 3.0], "sweeps": 50},
    ),
    "replica engine": (
        simulate, {"model": ms.EdwardsAnderson((4, 4), seed=1), "engine": "replica"}, {},
        {"sweeps": 80, "temperatures": [2.0, 2.5, 3.0]},
    ),
    "real engine": (
        simulate, {"model": ms.SherringtonKirkpatrick(20, seed=1), "engine": "auto"}, {},
        {"sweeps": 80},
    ),
    "pattern engine": (simulate, {"model": MEMORY, "engine": "pattern"}, {}, {"sweeps": 80}),
    "anneal": (anneal, {}, {}, LONGER),
    "anneal, final states": (anneal, {"final_states": True}, {}, LONGER),
    "anneal, looks": (anneal, {"interval": 2}, {}, WARM),
    "anneal, real": (anneal, {"model": ms.SherringtonKirkpatrick(20, seed=1)}, {}, LONGER),
    "temper": (temper, {}, {}, {"sweeps": 133}),
    "temper, clusters": (temper, {"cluster_moves": True}, {}, {"sweeps": 133}),
    "anneal, measured": (anneal, FUNCTION, {}, LONGER),
    "temper, measured": (temper, RARER, {}, {"sweeps": 133}),
    "temper, clusters, measured": (
        temper, {"cluster_moves": True, **FUNCTION}, {}, {"sweeps": 133},
    ),
}  # fmt: skip
each_grown = pytest.mark.parametrize("name", GROWN)


@each_grown
def test_an_extended_run_is_the_longer_run(name: str, tmp_path: Path) -> None:
    run, both, first, longer = GROWN[name]
    path = tmp_path / "run.npz"
    short = run(path, **both, **first)
    expected = untimed(run(None, **{**both, **longer}))
    assert not expected.identical(untimed(short))
    extended = run(path, **{**both, **longer})
    xr.testing.assert_identical(untimed(extended), expected)
    xr.testing.assert_identical(run(path, **{**both, **longer}), extended)


@each_grown
def test_a_stopped_run_is_extended(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Twice: before it is finished, and while it is being extended.
    monkeypatch.setattr(_drive, "PIECE_SECONDS", 1e-4)
    monkeypatch.setattr(_record, "BATCH_SPINS", 48 * 2)
    run, both, first, longer = GROWN[name]
    path, expected = tmp_path / "run.npz", untimed(run(None, **{**both, **longer}))
    for arguments in ({**both, **first}, {**both, **longer}, {**both, **longer}):
        reports: list[Progress] = []

        def stop(report: Progress, reports: list[Progress] = reports) -> None:
            reports.append(report)
            if len(reports) == 3:
                signal.raise_signal(signal.SIGINT)

        try:
            run(path, **arguments, progress=stop)
        except KeyboardInterrupt:
            assert len(reports) == 3
    resumed = run(path, **{**both, **longer})
    xr.testing.assert_identical(untimed(resumed), expected)


def test_sweeps_are_not_repeated(tmp_path: Path) -> None:
    path, reports = tmp_path / "run.npz", []
    simulate(path)
    simulate(path, sweeps=100, progress=reports.append)
    done = 6 * (10 + 12 * 3)
    assert all(report.sweeps > done for report in reports)
    assert reports[-1].sweeps == reports[-1].total == 6 * (10 + 33 * 3)


def test_executors_extend_runs(tmp_path: Path) -> None:
    path, reports = tmp_path / "run.npz", []
    simulate(path, **MEASURED)
    longer = {**MEASURED, "sweeps": 70, "temperatures": [2.0, 2.5, 3.0]}
    with ThreadPoolExecutor(2) as executor:
        extended = simulate(path, **longer, executor=executor, progress=reports.append)
    xr.testing.assert_identical(untimed(extended), untimed(simulate(**longer)))
    assert reports[-1].sweeps == reports[-1].total


def test_runs_are_extended_again_and_again(tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    for sweeps, temperatures in ((20, [2.0]), (38, [2.0, 2.5]), (38, [2.0, 2.5, 3.0]), (61, None)):
        last = {"sweeps": sweeps, "temperatures": temperatures or [2.0, 2.5, 3.0]}
        extended = simulate(path, **last)
    xr.testing.assert_identical(extended, simulate(**last))


CHILD = """
import os, signal, sys
sys.path[:0] = [sys.argv[1], sys.argv[1] + "/../.."]
import test_growth as tests
from multispin.runs import _drive, _record

count, path, name = int(sys.argv[2]), sys.argv[3], sys.argv[4]
_drive.PIECE_SECONDS = 1e-4
_record.BATCH_SPINS = 48 * 2

def progress(report):
    global count
    count -= 1
    if count == 0:
        os.kill(os.getpid(), signal.SIGKILL)

run, both, first, longer = tests.GROWN[name]
run(path, **{**both, **longer}, checkpoint_interval=0.0, progress=progress)
"""


@pytest.mark.one_in(3)
@pytest.mark.parametrize("name", ["everything", "anneal, measured", "temper, measured"])
def test_runs_that_are_killed_while_they_are_extended(name: str, tmp_path: Path) -> None:
    run, both, first, longer = GROWN[name]
    path = tmp_path / "run.npz"
    run(path, **{**both, **first})
    words = [str(Path(__file__).parent), "2", str(path), name]
    killed = subprocess.run([sys.executable, "-c", CHILD, *words], check=False, env=os.environ)
    assert killed.returncode == -signal.SIGKILL
    resumed = run(path, **{**both, **longer})
    xr.testing.assert_identical(untimed(resumed), untimed(run(None, **{**both, **longer})))


# --- what cannot be extended ----------------------------------------------------------------------


@pytest.mark.parametrize(("run", "first", "change", "message"), [
    (simulate, {}, {"sweeps": 37}, "sweeps 38 there, 37 here"),
    (simulate, {}, {"replicas": 4}, "replicas 3 there, 4 here"),
    (simulate, ONE, {"replicas": 2}, "replicas 3 there, 2 here"),
    (simulate, {}, {"temperatures": [2.0]}, r"temperatures \[2.0, 2.5\] there, \[2.0\] here"),
    (simulate, {}, {"temperatures": [1.0, 2.0, 2.5]}, r"temperatures \[2.0, 2.5\] there"),
    (simulate, {}, {"sweeps": 100, "interval": 4}, "interval 3 there, 4 here"),
    (simulate, {}, {"sweeps": 100, "thermalization": 11}, "thermalization 10 there"),
    (simulate, {}, {"sweeps": 100, "engine": "replica"}, "engine 'lattice' there"),
    (simulate, {"init": STARTS[:2]},
     {"init": STARTS[::-1], "temperatures": [2.0, 2.5, 1.5, 3.0]}, "init 'array "),
    (anneal, {}, {**LONGER, "replicas": 6}, "replicas 5 there, 6 here"),
    (anneal, {}, {"temperatures": [3.0, 1.0]} | {"sweeps_per_temperature": [4, 5]}, "temperatures"),
    (anneal, {}, {"sweeps_per_temperature": [4, 5, 7]}, "sweeps_per_temperature"),
    (anneal, {"interval": 2}, LONGER, "temperatures"),
    (temper, {}, {"sweeps": 56}, "sweeps 60 there, 56 here"),
    (temper, {}, {"replicas": 3}, "replicas 2 there, 3 here"),
    (temper, {}, {"temperatures": [0.6, 1.0, 1.6, 2.0]}, "temperatures"),
])  # fmt: skip
def test_what_cannot_be_extended_is_refused(
    tmp_path: Path, run: Any, first: dict[str, Any], change: dict[str, Any], message: str
) -> None:
    path = tmp_path / "run.npz"
    run(path, **first)
    before = path.read_bytes()
    with pytest.raises(ms.CheckpointError, match=f"another run .*{message}.*extend it by "):
        run(path, **{**first, **change})
    assert path.read_bytes() == before


def test_states_of_many_spins_are_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_record, "MOST_KEPT", 48 * 6 - 1)
    monkeypatch.setattr("multispin.runs.simulation.MOST_KEPT", 48 * 6 - 1)
    path = tmp_path / "run.npz"
    simulate(path)
    assert "states" not in ms.io.read_checkpoint(path, "simulate")[1]
    with pytest.raises(ms.CheckpointError, match="sweeps 38 there, 50 here.*of up to 287 spins"):
        simulate(path, sweeps=50)
    longer = {"temperatures": [2.0, 2.5, 3.0]}
    xr.testing.assert_identical(simulate(path, **longer), simulate(**longer))
