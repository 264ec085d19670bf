"""Whole runs of every model, and of the replica engine: right, and decided by arguments alone."""

from __future__ import annotations

import signal
import subprocess
import sys
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import xarray as xr
from scipy import stats

import multispin as ms
from multispin import CheckpointError, graphs
from multispin.runs import _drive, _record

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from multispin.progress import Progress

MODEL = ms.EdwardsAnderson((4, 3, 5), seed=6, J=0.75, h=0.125)
ARGUMENTS: dict[str, Any] = {
    "model": MODEL,
    "temperatures": [1.0, 1.5, 3.0],
    "sweeps": 215,
    "thermalization": 40,
    "interval": 7,
    "replicas": 70,  # chains of a temperature begin in the middle of words
    "seed": 5,
}


def simulate(**changes: Any) -> xr.Dataset:
    return ms.simulate(**(ARGUMENTS | changes))


@pytest.fixture(scope="module")
def expected() -> xr.Dataset:
    return simulate()


# --- the result -----------------------------------------------------------------------------------


@pytest.mark.parametrize("dynamics", ["metropolis", "glauber"])
@pytest.mark.parametrize("h", [0.0, 0.25])
def test_a_glass_agrees_with_its_exact_sum(dynamics: str, h: float) -> None:
    """Sixteen comparisons in all by Student's t, with errors from 256 independent chains.

    A correct program fails in 1e-6 of all seeds; energies at temperatures off by 1 % are seen.
    """
    model = ms.EdwardsAnderson((4, 4), seed=3, h=h)
    temperatures = [1.2, 2.5]
    run = ms.simulate(
        model, temperatures, sweeps=4000, thermalization=400, interval=4, replicas=256, seed=11,
        dynamics=dynamics,
    )  # fmt: skip
    limit = stats.t.isf(1e-6 / 16 / 2, 255)  # 5.6
    for temperature in temperatures:
        exact = ms.exact.enumerate(model, temperature)
        here = run.sel(temperature=temperature)
        seen = limit * checked_error(here.energy, exact.energy, limit)
        # The derivative of the energy by ln T is its variance over T.
        assert seen < 0.01 * exact.energy_variance / temperature
        checked_error(here.magnetization**2, exact.magnetization_2, limit)


def checked_error(series: xr.DataArray, value: float, limit: float) -> float:
    """Compare the mean of independent chains with a value, and return its standard error."""
    chains = series.mean("draw").values
    error = float(chains.std(ddof=1) / np.sqrt(len(chains)))
    assert abs(chains.mean() - value) < limit * error
    return error


@pytest.mark.parametrize("model", [
    MODEL,
    ms.Ising((9,)),
    ms.Ising((4, 6), J=-1.0),
    ms.Ising((3, 2, 4, 2), h=0.5),
    ms.Pairwise.from_edges(24, graphs.honeycomb((4, 6)), -1.5, shape=(4, 6)),
], ids=str)  # fmt: skip
def test_attributes(model: ms.models.Model) -> None:
    run = ms.simulate(model, [2.0], sweeps=4, thermalization=0, replicas=2)
    assert run.sizes == {"temperature": 1, "replica": 2, "draw": 4}
    attributes = {name: run.attrs[name] for name in ("model", "shape", "n_spins", "J", "h")}
    assert attributes == {
        "model": repr(model), "shape": list(model.shape), "n_spins": model.n_spins,
        "J": model.J, "h": model.h,
    }  # fmt: skip
    assert run.attrs["engine"] == ms.Sampler(model, replicas=2).info()["engine"]


def test_each_chain_is_the_sampler_of_its_stream(expected: xr.Dataset) -> None:
    for chain in (0, 75, 209):
        temperature, replica = divmod(chain, 70)
        sampler = ms.Sampler(
            MODEL, temperature=ARGUMENTS["temperatures"][temperature], seed=5, first_stream=chain
        )
        sampler.sweep(40)
        energy, magnetization = sampler.record(30, 7)
        one = expected.isel(temperature=temperature, replica=replica)
        np.testing.assert_array_equal(one.energy, energy[:, 0])
        np.testing.assert_array_equal(one.magnetization, magnetization[:, 0])


def test_every_chain_may_start_from_its_own_spins() -> None:
    spins = np.ones((3, 70, *MODEL.shape), dtype=np.int8)
    spins[1, 2] = -1
    run = simulate(model=ms.Ising(MODEL.shape), init=spins, temperatures=[0.1] * 3,
                   sweeps=1, interval=1, thermalization=0)  # fmt: skip
    np.testing.assert_array_equal(run.magnetization.values[:, :, 0], spins[..., 0, 0, 0])


# --- what must not matter -------------------------------------------------------------------------


@pytest.mark.parametrize("chains", [1, 63, 64, 100])
def test_batches_do_not_matter(
    expected: xr.Dataset, monkeypatch: pytest.MonkeyPatch, chains: int
) -> None:
    monkeypatch.setattr(_record, "BATCH_SPINS", MODEL.n_spins * chains)
    xr.testing.assert_identical(simulate(), expected)


@pytest.mark.parametrize(("replicas", "engine"), [(31, "lattice"), (32, "replica")])
def test_the_engine_is_that_of_the_run_and_not_of_its_batches(
    monkeypatch: pytest.MonkeyPatch, replicas: int, engine: str
) -> None:
    short = {"model": ms.Ising((4, 10)), "temperatures": [2.0, 3.0], "replicas": replicas}
    whole = simulate(**short)
    assert whole.attrs["engine"] == engine
    monkeypatch.setattr(_record, "BATCH_SPINS", 40 * 10)
    xr.testing.assert_identical(simulate(**short), whole)
    xr.testing.assert_identical(simulate(**short, engine=engine), whole)
    with ThreadPoolExecutor(2) as executor:
        xr.testing.assert_identical(simulate(**short, executor=executor), whole)


@pytest.mark.one_in(2)
@pytest.mark.parametrize(
    "make", [lambda: ThreadPoolExecutor(2), lambda: ProcessPoolExecutor(2, get_context("spawn"))]
)
def test_executors_do_not_matter(expected: xr.Dataset, make: Callable[[], Executor]) -> None:
    with make() as executor:
        xr.testing.assert_identical(simulate(executor=executor), expected)


# --- checkpoints ----------------------------------------------------------------------------------

# A process that kills itself at the n-th report of progress.
CHILD = f"""
import os, signal, sys
import multispin as ms
from multispin.runs import _drive, _record
count = int(sys.argv[1])
_drive.PIECE_SECONDS = 1e-4
_record.BATCH_SPINS = 60 * 50

def progress(report):
    global count
    count -= 1
    if count == 0:
        os.kill(os.getpid(), signal.SIGKILL)

model = ms.{MODEL!r}
arguments = { ({key: value for key, value in ARGUMENTS.items() if key != "model"})!r}
ms.simulate(
    model, checkpoint=sys.argv[2], checkpoint_interval=0.0, progress=progress, **arguments
)
"""


@pytest.mark.thorough
def test_killed_runs_end_as_if_nothing_had_happened(expected: xr.Dataset, tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    for count in (1, 6, 12):
        words = [sys.executable, "-c", CHILD, str(count), str(path)]
        assert subprocess.run(words, check=False).returncode == -signal.SIGKILL
    reports: list[Progress] = []
    xr.testing.assert_identical(simulate(checkpoint=path, progress=reports.append), expected)
    assert reports[0].sweeps > 210 * 7  # it went on from where the last one died


def test_a_checkpoint_belongs_to_its_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run.npz"
    monkeypatch.setattr(_drive, "PIECE_SECONDS", 1e-4)
    square = {"model": ms.Ising((4, 10)), "temperatures": 2.0, "replicas": 4}
    simulate(**square, checkpoint=path)
    before = path.read_bytes()
    with pytest.raises(CheckpointError, match="engine 'lattice' there, 'replica' here"):
        simulate(**square, checkpoint=path, engine="replica")
    assert path.read_bytes() == before


@pytest.mark.parametrize("other", [
    ms.EdwardsAnderson((4, 3, 5), seed=7, J=0.75, h=0.125),
    ms.EdwardsAnderson.from_bonds(-MODEL.bonds, J=0.75, h=0.125),
    ms.Ising((4, 3, 5), J=0.75, h=0.125),
])  # fmt: skip
def test_a_checkpoint_belongs_to_its_couplings(tmp_path: Path, other: ms.models.Model) -> None:
    path = tmp_path / "run.npz"
    simulate(checkpoint=path, replicas=2)
    with pytest.raises(CheckpointError, match="another run"):
        simulate(checkpoint=path, replicas=2, model=other)


# --- what is refused ------------------------------------------------------------------------------


def test_disorder_samples_are_for_studies() -> None:
    glasses = ms.EdwardsAnderson((4, 4), seed=1, samples=3)
    with pytest.raises(
        ValueError, match=r"^model: got 3 disorder samples, allowed: .*sample\(k\).*study"
    ):
        simulate(model=glasses)
    assert simulate(model=glasses.sample(2), replicas=1).attrs["n_spins"] == 16


@pytest.mark.parametrize("change", [
    {"engine": "lattice"},
    {"engine": "gpu"},
    {"engine": None},
    {"replicas": 2**26},
])  # fmt: skip
def test_what_no_engine_runs(change: dict[str, Any]) -> None:
    name = next(iter(change))
    with pytest.raises((TypeError, ValueError), match=rf"^{name}: got .*, allowed: "):
        simulate(**change)
