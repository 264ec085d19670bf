"""Parallel tempering: its slow twin, exact averages, kills, and what it refuses."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import xarray as xr
from scipy import stats

import checkpoints
import multispin as ms
from multispin import _core
from multispin._base import memory
from multispin.analysis.summary import summarize
from multispin.runs import _drive
from multispin.runs._tempering_run import TemperingRun
from multispin.runs.ladders import Ladders
from reference.replica import Replicas
from reference.tempering import Tempering

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

SMALL = ms.EdwardsAnderson((3, 3), seed=5)
GRID = np.geomspace(0.6, 3.0, 5)


def run(model: ms.models.Model = SMALL, **changes: Any) -> Any:
    arguments = {"temperatures": GRID, "sweeps": 40, "seed": 3, "threads": 1} | changes
    return ms.temper(model, **arguments)


def plan_of(model: ms.models.Model, **changes: Any) -> Any:
    from multispin.runs._tempering_plan import Plan

    plan = Plan(
        model=model, temperatures=GRID, replicas=2, sweeps=1, thermalization=0, interval=1,
        swap_interval=1, cluster_moves=False, measure=("overlap", "link_overlap", "overlap_k2"),
        seed=1, dynamics="metropolis", init="random", device="cpu", rng="auto",
        engine="replica", threads=1,
    )  # fmt: skip
    return dataclasses.replace(plan, **changes)


# --- the twin -------------------------------------------------------------------------------------


@pytest.mark.one_in(11)
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
    model = ms.EdwardsAnderson((4, 3, 2), seed=2, samples=2)
    plan = plan_of(model, sweeps=6, interval=6, swap_interval=2, dynamics="glauber")
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


@pytest.mark.parametrize("swap_interval", [1, 3])
def test_round_trips_are_seen_at_every_exchange(swap_interval: int) -> None:
    model = ms.EdwardsAnderson((3, 3), seed=5, samples=2)
    arguments: dict[str, Any] = {"sweeps": 900, "swap_interval": swap_interval, "replicas": 3}
    every = run(model, interval=swap_interval, **arguments)
    found = ms.analysis.round_trips.round_trips(every.temperature_index.values, len(GRID))
    np.testing.assert_array_equal(every.round_trips, found.trips)
    assert int(found.trips.min()) > 5
    np.testing.assert_allclose(every.round_trip_time, swap_interval * found.time, rtol=1e-13)
    for sample in range(2):
        pooled = ms.analysis.round_trips.round_trips(
            every.temperature_index.values[sample].reshape(15, -1), len(GRID)
        )
        np.testing.assert_allclose(every.from_top[sample], pooled.from_top, rtol=1e-13)
    # However seldom one looks, it is the same run.
    seldom = run(model, interval=30 * swap_interval, **arguments)
    for name in ("round_trips", "round_trip_time", "from_top"):
        np.testing.assert_array_equal(seldom[name], every[name])


def test_before_a_round_trip_there_is_no_time_of_one() -> None:
    few = run(sweeps=2)
    assert np.all(np.isinf(few.round_trip_time))
    assert int(few.round_trips.sum()) == 0


# --- exact averages -------------------------------------------------------------------------------


@pytest.mark.parametrize("cluster_moves", [False, True])
def test_mean_energies_are_exact(cluster_moves: bool) -> None:
    """Energies at all temperatures against enumeration.

    200 disorder samples with the same bonds are 200 independent runs: their means are independent,
    and the statistic is a t-value with 199 degrees of freedom. 5 temperatures, limit 6: a correct
    program fails in fewer than 1e-7 of all seeds; here the seed is fixed.
    """
    data = run(
        repeated(SMALL, 200),
        sweeps=300,
        thermalization=100,
        cluster_moves=cluster_moves,
        dynamics="glauber",
    )
    means = data.energy.mean(("replica", "draw")).values
    exact = [ms.exact.enumerate(SMALL, t).energy for t in GRID]
    t_values = (means.mean(axis=0) - exact) / (means.std(axis=0, ddof=1) / np.sqrt(200))
    assert np.all(np.abs(t_values) < 6)
    # Swaps tie temperatures together: without any of them the test would prove little.
    assert float((data.swap_accepted / data.swap_attempts).min()) > 0.3


def repeated(model: ms.EdwardsAnderson, samples: int) -> ms.EdwardsAnderson:
    """Disorder samples that all have the bonds of one: their runs are independent draws."""
    bonds = np.broadcast_to(model.bonds, (samples, *model.bonds.shape))
    return ms.EdwardsAnderson.from_bonds(bonds, samples=samples)


# Between these temperatures a glass that an exchange has made too cold or too hot stays so for a
# while, so that its energies show a wrong rule.
CUBE = ms.EdwardsAnderson((2, 2, 3), seed=2)
STATES = 2 * (np.arange(2**12)[:, None] >> np.arange(12) & 1) - 1
ENERGIES = CUBE.energy(STATES.reshape(-1, 2, 2, 3).astype(np.int8))
LEVELS = np.unique(ENERGIES)
CUBE_GRID = np.array([0.6, 0.9, 1.35, 2.0])
LADDERS = 40_000
ALPHA = 1e-6 / 8  # of each p-value: three pairs of temperatures and one of replicas, twice


@pytest.mark.one_in(2)
@pytest.mark.parametrize("cluster_moves", [False, True])
def test_product_measure_is_left_as_it_is(cluster_moves: bool) -> None:
    """Pairs of energies at neighbouring temperatures, and overlaps, against enumeration.

    One draw of each of 40,000 ladders, which are independent at one time, cluster moves or not:
    Pearson's χ². Exchanges whose exponent is wrong by a fifth are found (below). A correct program
    fails in 1e-6 of all seeds; here the seed is fixed.
    """
    data = ms.temper(
        repeated(CUBE, LADDERS // 2),
        CUBE_GRID,
        sweeps=1,
        thermalization=50,
        cluster_moves=cluster_moves,
        seed=4,
        threads=1,
    )
    energies = data.energy.values[..., 0].swapaxes(1, 2).reshape(LADDERS, len(CUBE_GRID))
    assert min(p_values_of_pairs(energies)) > ALPHA
    weights = boltzmann(0.9)
    agreeing = (STATES @ STATES.T + 12) // 2
    exact = np.bincount(agreeing.ravel(), np.outer(weights, weights).ravel(), minlength=13)
    overlaps = data.overlap.values[:, 1, 0, 0]
    assert p_value(np.rint((overlaps + 1) * 6).astype(int), exact) > ALPHA


def boltzmann(temperature: float) -> NDArray[np.float64]:
    weights = np.exp(-(ENERGIES - ENERGIES.min()) / temperature)
    return weights / weights.sum()


def p_values_of_pairs(energies: NDArray[np.float64]) -> list[float]:
    """One for each two neighbouring temperatures, from energies (ladders, temperatures)."""
    level = np.searchsorted(LEVELS, energies)
    of_state = np.searchsorted(LEVELS, ENERGIES)
    exact = [np.bincount(of_state, boltzmann(T)) for T in CUBE_GRID]
    return [
        p_value(level[:, i] * len(LEVELS) + level[:, i + 1], np.outer(exact[i], exact[i + 1]))
        for i in range(len(CUBE_GRID) - 1)
    ]


def p_value(cells: NDArray[np.int64], probabilities: NDArray[np.float64]) -> float:
    """Pearson's χ² of the cells that were drawn; the rare ones join the least rare of them."""
    expected = len(cells) * probabilities.ravel()
    often = expected >= 10
    joined = np.where(often, np.arange(len(expected)), np.where(often, expected, np.inf).argmin())
    observed = np.bincount(joined[cells], minlength=len(expected))[often]
    expected = np.bincount(joined, expected, len(expected))[often]
    return float(stats.chi2.sf(((observed - expected) ** 2 / expected).sum(), often.sum() - 1))


class Swept:
    """What the twin of tempering needs of replicas, swept by the engine: there are many of them."""

    J, h, seed, replicas = 1.0, 0.0, 7, LADDERS * len(CUBE_GRID)
    edges, signs = CUBE.edges, CUBE.signs

    def __init__(self) -> None:
        self.engine = _core.ReplicaEngine(
            sites=12,
            edges=CUBE.edges.astype(np.uint32),
            signs=CUBE.signs.astype(np.int8).reshape(1, -1),
            replicas=self.replicas, J=self.J, h=self.h, dynamics="metropolis", rng="aes",
            seed=self.seed, first_stream=0, shared_random_numbers=False, threads=1,
        )  # fmt: skip
        self.engine.randomize()
        self.set_temperatures = self.engine.set_temperatures
        self.sweep = self.engine.sweep

    @property
    def spins(self) -> NDArray[np.int8]:
        return self.engine.spins


class WrongExponent(Tempering):
    """Tempering with a mistake."""

    factor = 1.0

    def accepts(self, i: int, d: NDArray[np.float64]) -> NDArray[np.bool_]:
        return super().accepts(i, self.factor * d)


@pytest.mark.thorough
@pytest.mark.parametrize("factor", [0.8, 1.0, 1.2])
def test_a_wrong_exponent_would_be_seen(factor: float) -> None:
    """By the p-values of the test above, of the twin's exchanges; right ones pass with any seed."""
    twin = WrongExponent(Swept(), CUBE_GRID)
    twin.factor = factor
    for _ in range(25):
        energies, _ = twin.step(1)
    assert (min(p_values_of_pairs(energies)) < ALPHA) == (factor != 1.0)


# --- checkpoints ----------------------------------------------------------------------------------

# A run that, if asked, dawdles after each draw: fast machines do not end it before it is killed.
SCRIPT = """
import sys, time, numpy as np, multispin as ms
from multispin.runs import _drive
checkpoint, result, dawdle = sys.argv[1], sys.argv[2], float(sys.argv[3])
_drive.PIECE_SECONDS = 0.0
run = ms.temper(
    ms.EdwardsAnderson((4, 4, 4), seed=1, samples=3), np.geomspace(0.5, 2.5, 10), sweeps=40000,
    thermalization=1000, interval=10, replicas=2, seed=4, checkpoint=checkpoint,
    checkpoint_interval=0.03, cluster_moves=False, threads=1,
    progress=(lambda report: time.sleep(dawdle)) if dawdle else None,
)
run.to_netcdf(result, engine="h5netcdf")
"""


@pytest.mark.thorough
@pytest.mark.parametrize("times", [2, pytest.param(20, marks=pytest.mark.thorough)])
def test_a_killed_run_ends_as_if_nothing_had_been(tmp_path: Path, times: int) -> None:
    import xarray

    random = np.random.default_rng(1)
    command = [sys.executable, "-c", SCRIPT]
    checkpoint, result = tmp_path / "run.npz", tmp_path / "run.nc"
    for _ in range(times):
        process = subprocess.Popen([*command, str(checkpoint), str(result), "0.005"])
        before = checkpoint.stat().st_mtime_ns if checkpoint.exists() else 0
        while not checkpoint.exists() or checkpoint.stat().st_mtime_ns == before:
            assert process.poll() is None  # not before it has come further
            time.sleep(0.002)
        time.sleep(float(random.uniform(0.0, 0.1)))
        assert process.poll() is None, f"finished before it could be killed {times} times"
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    subprocess.run([*command, str(checkpoint), str(result), "0"], check=True)
    whole = [str(tmp_path / "whole.npz"), str(tmp_path / "whole.nc")]
    subprocess.run([*command, *whole, "0"], check=True)
    checkpoints.assert_same(checkpoint, tmp_path / "whole.npz", "temper")
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

    monkeypatch.setattr(_drive, "PIECE_SECONDS", 0.0)
    with monkeypatch.context() as patch:
        patch.setattr(TemperingRun, "advance", interrupted)
        with pytest.raises(KeyboardInterrupt):
            run(checkpoint=killed)
    assert run(checkpoint=killed).identical(expected)
    files = [ms.io.read_checkpoint(path, "temper") for path in (whole, killed)]
    assert files[0][0] == files[1][0]
    for name, array in files[0][1].items():
        np.testing.assert_array_equal(array, files[1][1][name], err_msg=name)


def stop_inside_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a signal raise KeyboardInterrupt in each draw, if there is time before it ends."""
    plain = Ladders.run

    def stopped(self: Ladders, draws: int, records: Any) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0.001)
        plain(self, draws, records)
        time.sleep(1.0)  # it comes

    monkeypatch.setattr(Ladders, "run", stopped)
    signal.signal(signal.SIGALRM, signal.default_int_handler)


def mean(spins: NDArray[np.int8]) -> Any:
    return spins.reshape(len(spins), -1).mean(axis=1)


@pytest.mark.thorough
@pytest.mark.parametrize("observables", [None, {"m": mean}], ids=["plain", "observed"])
def test_a_stop_among_cluster_moves_leaves_no_trace(
    observables: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # More and more clusters, until there is time for a stop among them. The only draw is measured
    # by then, and no sweep is left to do.
    model = ms.EdwardsAnderson((32, 32, 32), seed=1)
    before = signal.getsignal(signal.SIGALRM)
    for temperatures in (128, 256, 512, 1024, 2048, 4096):
        path = tmp_path / f"{temperatures}.npz"
        arguments = {
            "temperatures": np.linspace(1.0, 2.0, temperatures), "sweeps": 1, "cluster_moves": True,
            "observables": observables,
        }  # fmt: skip
        with monkeypatch.context() as patched:
            stop_inside_draws(patched)
            with pytest.raises(KeyboardInterrupt):
                run(model, checkpoint=path, **arguments)
        signal.signal(signal.SIGALRM, before)
        meta, arrays = ms.io.read_checkpoint(path, "temper")
        if meta["clusters_moved"] > 0:
            break
    else:
        pytest.fail("never stopped among the cluster moves")
    assert meta["exchanges"] == 0
    assert len(arrays["record_energy"]) == 1
    data = run(model, checkpoint=path, **arguments)
    expected = run(model, **arguments)
    if observables:
        assert len(arrays["observed_m"]) == 1
        np.testing.assert_array_equal(data.m, data.magnetization)
    assert data.equals(expected)
    assert observables or data.identical(expected)  # what observables took is in the attributes
    meta, _ = ms.io.read_checkpoint(path, "temper")
    assert (meta["exchanges"], meta["clusters_moved"]) == (1, 0)


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
        ({"temperatures": [[1.0, 2.0], [3.0]]}, ValueError, "temperatures: got"),
        ({"init": "hot"}, ValueError, "init: got 'hot'"),
        ({"device": "tpu"}, ValueError, "device: got 'tpu'"),
        ({"dynamics": "kawasaki"}, ValueError, "dynamics: got 'kawasaki'"),
        ({"model": "glass"}, TypeError, "model: got 'glass'"),
    ],
)
def test_what_is_refused(changes: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        run(**changes)


def test_arrays_whose_size_wraps_around_are_refused() -> None:
    model = ms.Ising((4, 4))
    sampler = ms.Sampler(model, np.ones(32), replicas=32, engine="replica", device="cpu")
    ladder = sampler._engine.tempering(
        temperatures=np.linspace(1, 2, 16).tolist(), ladders=2, swap_interval=1,
        exchanges_per_draw=1, cluster_moves=False, seed=0, shape=[4, 4],
    )  # fmt: skip
    draws = 2**59  # times 32 replicas is 0 modulo 2^64
    energy = np.empty((draws, 0))
    with pytest.raises(ValueError, match="energy: got an array of another size"):
        ladder.run(draws=draws, energy=energy)
    with pytest.raises(ValueError, match="shape: allowed: none, or sides"):
        sampler._engine.tempering(
            temperatures=np.linspace(1, 2, 16).tolist(), ladders=2,
            swap_interval=1, exchanges_per_draw=1, cluster_moves=False, seed=0, shape=[4, 5],
        )  # fmt: skip


def test_a_state_is_not_read_while_it_changes() -> None:
    plan = plan_of(ms.EdwardsAnderson((64, 64, 64), seed=2), sweeps=60, interval=60)
    tempered, alone = TemperingRun(plan), TemperingRun(plan)

    def advance() -> None:
        while not tempered.finished:
            with suppress(RuntimeError):  # if this thread is the one that comes too late
                tempered.advance()

    thread = threading.Thread(target=advance)
    thread.start()

    def ask_until_it_ends() -> None:
        while thread.is_alive():
            _ = tempered._ladders._ladder.state

    with pytest.raises(RuntimeError, match="one call at a time"):
        ask_until_it_ends()
    thread.join()
    alone.advance()
    assert tempered._ladders._ladder.state == alone._ladders._ladder.state


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
    monkeypatch.setattr(memory, "_available_memory", lambda: 2**20)
    with pytest.raises(MemoryError, match="sweeps: 100000 draws of 10 walkers: needed .* GiB"):
        run(sweeps=100_000)


def test_the_first_measured_piece_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
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
    off = abs(table.binder_cumulant - (1 - ratio / 3))
    assert np.all(off < table.binder_cumulant_error)  # but for the bias
    np.testing.assert_allclose(table.tau, np.mean([one.tau.values for one in of_each], axis=0))
    turned = run.transpose("draw", "replica", "temperature", "sample", ...)
    xr.testing.assert_allclose(summarize(turned), table)


def test_one_sample_is_no_average() -> None:
    model = ms.EdwardsAnderson((4, 4), seed=1, samples=1)
    run = ms.temper(model, [1.0, 2.0], 40, threads=1)
    xr.testing.assert_equal(summarize(run), summarize(run.isel(sample=0)))
