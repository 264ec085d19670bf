"""Parallel tempering: its slow twin, exact averages, kills, and what it refuses."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import xarray as xr

import multispin as ms
from multispin import _memory, _tempering_run
from multispin._tempering_run import TemperingRun
from multispin.summary import summarize
from reference.replica import Replicas
from reference.tempering import Tempering

if TYPE_CHECKING:
    from pathlib import Path

SMALL = ms.EdwardsAnderson((3, 3), seed=5)
GRID = np.geomspace(0.6, 3.0, 5)


def run(model: ms.models.Model = SMALL, **changes: Any) -> Any:
    arguments = {"temperatures": GRID, "sweeps": 40, "seed": 3, "threads": 1} | changes
    return ms.temper(model, **arguments)


# --- the twin -------------------------------------------------------------------------------------


@pytest.mark.parametrize("rng", ["aes", "philox"])
@pytest.mark.parametrize(
    ("h", "cluster_moves"), [(0.0, False), (0.3, False), (0.0, True), (0.3, True)]
)
@pytest.mark.usefixtures("isa")
def test_walkers_and_energies_are_those_of_the_twin(
    rng: str, h: float, cluster_moves: bool
) -> None:
    model = ms.EdwardsAnderson((3, 4), seed=5, h=h)
    data = run(model, replicas=3, swap_interval=2, interval=4, rng=rng, cluster_moves=cluster_moves)
    twin = Tempering(
        Replicas(12, model.edges, model.signs, np.ones(15), h=h, rng=rng, seed=3),
        GRID,
        cluster_moves,
    )
    for draw in range(10):
        twin.step(2)
        energies, index = twin.step(2)
        np.testing.assert_array_equal(data.energy.values[..., draw].T, energies)
        np.testing.assert_array_equal(data.temperature_index.values[..., draw], index)
    assert int(data.swap_attempts.sum()) == 20 * 3 * 2
    assert 0 < int(data.swap_accepted.sum()) == twin.accepted


def test_pairs_are_of_replicas_at_one_temperature() -> None:
    # Cold replicas of a ferromagnet that all start up stay up, hot ones do not.
    data = run(ms.Ising((4, 4)), temperatures=[0.5, 50.0], init="up", replicas=3)
    assert data.sizes["pair"] == 3
    assert float(data.overlap.values[0].min()) > 0.7
    assert abs(float(data.overlap.values[1].mean())) < 0.3


def test_measurements_are_those_of_the_spins() -> None:
    from multispin._tempering_run import Plan, TemperingRun

    model = ms.EdwardsAnderson((4, 3, 2), seed=2, samples=2)
    plan = Plan(
        model=model, temperatures=GRID, replicas=2, sweeps=6, thermalization=0, interval=6,
        swap_interval=2, cluster_moves=False, measure=("overlap", "link_overlap", "overlap_k2"),
        seed=1, dynamics="glauber", init="random", device="cpu", rng="auto", threads=1,
    )  # fmt: skip
    tempered = TemperingRun(plan)
    tempered.advance()
    records = {name: array[0] for name, array in tempered.records.items()}
    spins = tempered.sampler.spins().reshape(2, 2, 5, 4, 3, 2).astype(np.int64)
    order = np.argsort(records["temperature_index"], axis=-1)
    i, j = model.edges.T
    for sample in range(2):
        for t in range(5):
            a, b = (spins[sample, k, order[sample, k, t]] for k in range(2))
            np.testing.assert_array_equal(records["overlap"][sample, t], [(a * b).sum()])
            flat_a, flat_b = a.ravel(), b.ravel()
            links = flat_a[i] * flat_a[j] * flat_b[i] * flat_b[j]
            np.testing.assert_array_equal(records["link_overlap"][sample, t], [links.sum()])
            transform = np.fft.fftn(a * b)
            k_min = [transform[1, 0, 0], transform[0, 1, 0], transform[0, 0, 1]]
            expected = np.mean(np.abs(k_min) ** 2)
            np.testing.assert_allclose(records["overlap_k2"][sample, t], [expected], atol=1e-9)
            np.testing.assert_array_equal(records["spins"][sample, t], [a.sum(), b.sum()])


# --- exact averages -------------------------------------------------------------------------------


@pytest.mark.parametrize("cluster_moves", [False, True])
def test_product_measure_is_left_as_it_is(cluster_moves: bool) -> None:
    """Energies at all temperatures against enumeration.

    200 disorder samples with the same bonds are 200 independent runs: their means are independent,
    and the statistic is a t-value with 199 degrees of freedom. 5 temperatures, limit 6: a correct
    program fails in fewer than 1e-7 of all seeds; here the seed is fixed.
    """
    bonds = np.broadcast_to(ms.EdwardsAnderson((3, 3), seed=5).bonds, (200, 2, 3, 3))
    model = ms.EdwardsAnderson.from_bonds(bonds, samples=200)
    data = run(
        model, sweeps=300, thermalization=100, cluster_moves=cluster_moves, dynamics="glauber"
    )
    means = data.energy.mean(("replica", "draw")).values
    exact = [ms.exact.enumerate(SMALL, t).energy for t in GRID]
    t_values = (means.mean(axis=0) - exact) / (means.std(axis=0, ddof=1) / np.sqrt(200))
    assert np.all(np.abs(t_values) < 6)
    # Swaps tie temperatures together: without any of them the test would prove little.
    assert float((data.swap_accepted / data.swap_attempts).min()) > 0.3


# --- checkpoints ----------------------------------------------------------------------------------

# A run that, if asked, dawdles after each draw: fast machines do not end it before it is killed.
SCRIPT = """
import sys, time, numpy as np, multispin as ms
from multispin import _tempering_run
checkpoint, result, dawdle = sys.argv[1], sys.argv[2], float(sys.argv[3])
_tempering_run.PIECE_SECONDS = 0.0
run = ms.temper(
    ms.EdwardsAnderson((4, 4, 4), seed=1, samples=3), np.geomspace(0.5, 2.5, 10), sweeps=40000,
    thermalization=1000, interval=10, replicas=2, seed=4, checkpoint=checkpoint,
    checkpoint_interval=0.03, cluster_moves=False, threads=1,
    progress=(lambda report: time.sleep(dawdle)) if dawdle else None,
)
run.to_netcdf(result, engine="h5netcdf")
"""


def test_a_killed_run_ends_as_if_nothing_had_been(tmp_path: Path) -> None:
    import xarray

    random = np.random.default_rng(1)
    command = [sys.executable, "-c", SCRIPT]
    checkpoint, result = tmp_path / "run.npz", tmp_path / "run.nc"
    for _ in range(20):
        process = subprocess.Popen([*command, str(checkpoint), str(result), "0.005"])
        before = checkpoint.stat().st_mtime_ns if checkpoint.exists() else 0
        while not checkpoint.exists() or checkpoint.stat().st_mtime_ns == before:
            assert process.poll() is None  # not before it has come further
            time.sleep(0.002)
        time.sleep(float(random.uniform(0.0, 0.1)))
        assert process.poll() is None, "finished before it could be killed 20 times"
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    subprocess.run([*command, str(checkpoint), str(result), "0"], check=True)
    whole = [str(tmp_path / "whole.npz"), str(tmp_path / "whole.nc")]
    subprocess.run([*command, *whole, "0"], check=True)
    with xarray.open_dataset(result) as one, xarray.open_dataset(tmp_path / "whole.nc") as other:
        xarray.testing.assert_identical(one, other)


def test_ctrl_c_between_a_sweep_and_its_exchange(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, killed = tmp_path / "whole.npz", tmp_path / "killed.npz"
    expected = run(checkpoint=whole)
    advance = TemperingRun.advance

    def interrupted(self: TemperingRun) -> None:
        if self.drawn < 39:
            return advance(self)
        self.sampler.sweep(1)
        raise KeyboardInterrupt

    monkeypatch.setattr(_tempering_run, "PIECE_SECONDS", 0.0)
    with monkeypatch.context() as patch:
        patch.setattr(TemperingRun, "advance", interrupted)
        with pytest.raises(KeyboardInterrupt):
            run(checkpoint=killed)
    assert run(checkpoint=killed).identical(expected)
    files = [ms.io.read_checkpoint(path, "temper") for path in (whole, killed)]
    assert files[0][0] == files[1][0]
    for name, array in files[0][1].items():
        np.testing.assert_array_equal(array, files[1][1][name], err_msg=name)


def test_a_checkpoint_of_another_run_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    first = run(checkpoint=path)
    assert run(checkpoint=path).identical(first)
    before = path.read_bytes()
    with pytest.raises(ms.CheckpointError, match="seed 3 there, 4 here"):
        run(checkpoint=path, seed=4)
    assert path.read_bytes() == before


# --- errors ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"temperatures": [1.0, 0.5]}, ValueError, "temperatures: got .* ascending"),
        ({"temperatures": [1.0, 1.0]}, ValueError, "temperatures: got .* ascending"),
        ({"temperatures": 1.0}, ValueError, "temperatures: got .* two or more"),
        ({"temperatures": [-1.0, 1.0]}, ValueError, "temperatures: got .* allowed: two or more"),
        ({"temperatures": ["1", "2"]}, TypeError, "temperatures: got .* allowed: two or more"),
        ({"replicas": 1}, ValueError, "replicas: got 1, allowed: an integer >= 2"),
        ({"sweeps": 0}, ValueError, "sweeps: got 0"),
        ({"thermalization": 3, "interval": 2}, ValueError, "thermalization: got 3, .* multiple"),
        ({"interval": 3, "swap_interval": 2}, ValueError, "interval: got 3, .* multiple"),
        ({"measure": ["chi"]}, ValueError, "measure: got 'chi'"),
        ({"measure": "overlap"}, TypeError, "measure: got 'overlap'"),
        ({"cluster_moves": 1}, TypeError, "cluster_moves: got 1"),
        ({"init": "hot"}, ValueError, "init: got 'hot'"),
        ({"device": "cuda"}, ValueError, "device: got 'cuda'"),
        ({"dynamics": "wolff"}, ValueError, "dynamics: got 'wolff'"),
        ({"model": "glass"}, TypeError, "model: got 'glass'"),
    ],
)
def test_what_is_refused(changes: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        run(**changes)


def test_couplings_of_several_magnitudes_are_refused() -> None:
    model = ms.Pairwise.from_edges(3, [(0, 1), (1, 2)], [1.0, 2.0])
    with pytest.raises(
        ValueError, match="model: got .* several magnitudes, such as 1.0 and 2.0, .* dense engine"
    ):
        run(model)


def test_a_graph_without_lattice_has_no_k_min() -> None:
    model = ms.Pairwise.from_edges(6, ms.graphs.random_regular(6, 3, seed=1))
    data = run(model)
    assert "overlap_k2" not in data
    with pytest.raises(ValueError, match="measure: got 'overlap_k2'"):
        run(model, measure=["overlap_k2"])


@pytest.mark.parametrize("model", [ms.EdwardsAnderson((3, 3), J=0.0), ms.Ising((3, 4), J=0.0)])
def test_bonds_without_strength_have_no_link_overlap(model: ms.models.Model) -> None:
    assert "link_overlap" not in run(model)


def test_too_many_temperatures() -> None:
    with pytest.raises(ValueError, match="temperatures: got '16385 temp.*at most 16384"):
        run(temperatures=np.linspace(1, 2, 2**14 + 1))


def test_what_does_not_fit_is_said_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_memory, "_available_memory", lambda: 2**20)
    with pytest.raises(MemoryError, match="sweeps: 100000 draws of 10 walkers: needed .* GiB"):
        run(sweeps=100_000)


def test_the_first_measured_piece_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    from multispin._tempering_run import TemperingRun

    pieces = []
    plain = TemperingRun._run
    monkeypatch.setattr(
        TemperingRun,
        "_run",
        lambda self, drawn, n: (pieces.append((drawn, n)), plain(self, drawn, n)),
    )
    run(thermalization=1000)
    assert max(n for drawn, n in pieces if drawn < 1000) > 1
    assert [n for drawn, n in pieces if drawn == 1000] == [1]


def test_a_finished_checkpoint_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    run(checkpoint=path)
    before = path.stat().st_mtime_ns
    run(checkpoint=path)
    assert path.stat().st_mtime_ns == before


def test_a_model_without_bonds() -> None:
    data = run(ms.Pairwise.from_edges(4, np.empty((0, 2), dtype=np.int64), h=0.5))
    assert "link_overlap" not in data
    assert float(data.energy.min()) >= -2.0


# --- averages -----------------------------------------------------------------------------------


def test_averages_over_samples() -> None:
    model = ms.EdwardsAnderson((4, 4), seed=1, samples=6)
    run = ms.temper(model, [1.0, 2.0], 100, interval=2, thermalization=100, threads=1)
    table = summarize(run)
    of_each = [summarize(run.isel(sample=k)) for k in range(6)]
    for name in ("energy_per_spin", "abs_magnetization", "specific_heat", "susceptibility"):
        values = np.array([one[name].values for one in of_each])
        np.testing.assert_allclose(table[name], values.mean(axis=0))
        error = values.std(axis=0, ddof=1) / np.sqrt(6)
        np.testing.assert_allclose(table[f"{name}_error"], error)
    m = run.magnetization
    ratio = (m**4).mean(("sample", "replica", "draw")) / (
        (m**2).mean(("sample", "replica", "draw")) ** 2
    )
    assert np.all(abs(table.binder - (1 - ratio / 3)) < table.binder_error)  # but for the bias
    np.testing.assert_allclose(table.tau, np.mean([one.tau.values for one in of_each], axis=0))
    turned = run.transpose("draw", "replica", "temperature", "sample", ...)
    xr.testing.assert_allclose(summarize(turned), table)


def test_one_sample_is_no_average() -> None:
    model = ms.EdwardsAnderson((4, 4), seed=1, samples=1)
    run = ms.temper(model, [1.0, 2.0], 40, threads=1)
    xr.testing.assert_equal(summarize(run), summarize(run.isel(sample=0)))
