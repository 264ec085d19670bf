"""Observables of a run: values against NumPy by hand, errors, kills, executors, snapshots."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import xarray as xr

import multispin as ms
from multispin import io
from multispin.runs import _drive, _observing, _record
from timed_runs import untimed

if TYPE_CHECKING:
    from collections.abc import Callable

    from multispin.progress import Progress

SHAPE = (8, 6)
MODEL = ms.Ising(SHAPE)
THERMALIZATION, INTERVAL, DRAWS, REPLICAS = 20, 3, 24, 4
TEMPERATURES = [2.0, 2.6]


def rows(spins: np.ndarray) -> Any:
    """Return the magnetization of each row."""
    return spins.mean(axis=-1)


def corner(spins: np.ndarray) -> Any:
    return spins[:, 0, 0]


ARGUMENTS: dict[str, Any] = {
    "model": MODEL,
    "temperatures": TEMPERATURES,
    "sweeps": DRAWS * INTERVAL,
    "thermalization": THERMALIZATION,
    "interval": INTERVAL,
    "replicas": REPLICAS,
    "seed": 5,
    "observables": {
        "rows": ms.Observable(rows, interval=2 * INTERVAL, dims=("row",)),
        "corner": corner,
        "S": ms.Observable("structure_factor", wave_vectors=[(0, 0), (1, 0), (2, 1), (-1, 7)]),
        "m_s": "staggered_magnetization",
        "link_energy": ms.Observable("link_energy", interval=5 * INTERVAL),
        "walls": "domain_wall_length",
    },
    "snapshots": 4,
}


def simulate(**changes: Any) -> xr.Dataset:
    return ms.simulate(**(ARGUMENTS | changes))


def assert_same(one: xr.Dataset, other: xr.Dataset) -> None:
    xr.testing.assert_identical(untimed(one), untimed(other))


@pytest.fixture(scope="module")
def expected() -> xr.Dataset:
    return simulate()


@pytest.fixture(scope="module")
def spins() -> np.ndarray:
    """Spins of all draws, (temperature, replica, draw, *SHAPE), of samplers driven by hand."""
    states = np.empty((len(TEMPERATURES), REPLICAS, DRAWS, *SHAPE), dtype=np.int8)
    for chain in range(len(TEMPERATURES) * REPLICAS):
        t, r = divmod(chain, REPLICAS)
        sampler = ms.Sampler(MODEL, TEMPERATURES[t], seed=5, first_stream=chain)
        sampler.sweep(THERMALIZATION)
        for draw in range(DRAWS):
            sampler.sweep(INTERVAL)
            states[t, r, draw] = sampler.spins()[0]
    return states


# --- values against NumPy -------------------------------------------------------------------------


def test_functions_get_the_spins_of_each_measurement(
    expected: xr.Dataset, spins: np.ndarray
) -> None:
    assert expected.corner.dims == ("temperature", "replica", "draw")
    np.testing.assert_array_equal(expected.corner, spins[..., 0, 0])
    assert expected.rows.dims == ("temperature", "replica", "draw_6", "row")
    np.testing.assert_array_equal(expected.rows, spins[:, :, 1::2].mean(axis=-1))
    assert expected.corner.dtype == np.float64
    assert expected.draw_6.values.tolist() == expected.draw.values[1::2].tolist()


def test_the_structure_factor_is_that_of_a_fourier_transform(
    expected: xr.Dataset, spins: np.ndarray
) -> None:
    power = np.abs(np.fft.fft2(spins)) ** 2 / MODEL.n_spins
    for number, (k0, k1) in enumerate([(0, 0), (1, 0), (2, 1), (-1, 7)]):
        # The transform's exponent has the other sign: that of -k, whose square is the same.
        found = expected.S.values[..., number]
        np.testing.assert_allclose(found, power[..., k0 % 8, k1 % 6], atol=1e-12)
    assert expected.wave_vector.values.tolist() == ["0,0", "1,0", "2,1", "-1,7"]
    at_zero = MODEL.n_spins * expected.magnetization**2
    np.testing.assert_allclose(expected.S[..., 0], at_zero)


def test_named_observables_are_what_they_say(expected: xr.Dataset, spins: np.ndarray) -> None:
    sublattice = (-1) ** np.add.outer(np.arange(8), np.arange(6))
    np.testing.assert_array_equal(expected.m_s, (spins * sublattice).mean(axis=(-2, -1)))
    right, down = (spins * np.roll(spins, -1, axis) for axis in (-1, -2))
    unsatisfied = (right < 0).sum(axis=(-2, -1)) + (down < 0).sum(axis=(-2, -1))
    np.testing.assert_array_equal(expected.walls, unsatisfied)
    links = -np.stack([down.sum(axis=(-2, -1)), right.sum(axis=(-2, -1))], axis=-1)
    np.testing.assert_array_equal(expected.link_energy, links[:, :, 4::5])
    assert expected.link_energy.dims == ("temperature", "replica", "draw_15", "axis")


def test_snapshots_are_the_spins(expected: xr.Dataset, spins: np.ndarray, tmp_path: Path) -> None:
    kept = ms.unpack_snapshots(expected)
    assert kept.dims == ("temperature", "replica", "draw_12", "axis_0", "axis_1")
    np.testing.assert_array_equal(kept, spins[:, :, 3::4])
    one = ms.unpack_snapshots(expected.isel(draw_12=2, temperature=1))
    np.testing.assert_array_equal(one, spins[1, :, 11])
    expected.to_netcdf(tmp_path / "run.nc", engine="h5netcdf")
    back = xr.load_dataset(tmp_path / "run.nc", engine="h5netcdf")
    xr.testing.assert_equal(ms.unpack_snapshots(back), kept)
    xr.testing.assert_equal(back, expected)


def test_energies_are_those_without_observables(expected: xr.Dataset) -> None:
    plain = simulate(observables=None, snapshots=0)
    for name in ("energy", "magnetization"):
        xr.testing.assert_identical(plain[name], expected[name])
    assert "observable_seconds" not in plain.attrs


MODELS: dict[str, Any] = {
    "ising": ms.Ising((4, 6), J=-1.5, h=0.5),
    "chain": ms.Ising((6,)),
    "cubic": ms.Ising((4, 4, 2)),
    "glass": ms.EdwardsAnderson((4, 6), seed=1),
    "gaussian": ms.EdwardsAnderson((4, 6), seed=1, couplings="gaussian", h=0.25),
    "sk": ms.SherringtonKirkpatrick(20, seed=1),
    "sparse": ms.Pairwise.from_edges(
        12, ms.graphs.hypercubic((12,)), np.array([1.0, -2.0, 0.5] * 4), shape=(3, 4),
    ),
    "hopfield": ms.Hopfield(np.random.default_rng(1).choice([-1, 1], (3, 18)).astype(np.int8)),
}  # fmt: skip


@pytest.mark.parametrize("name", MODELS)
def test_unsatisfied_edges_are_counted_in_every_model(name: str) -> None:
    model = MODELS[name]
    data = ms.simulate(
        model, 2.0, 12, 5, interval=3, replicas=3, seed=1,
        observables=["domain_wall_length"], snapshots=1,
    )  # fmt: skip
    spins = ms.unpack_snapshots(data).values.reshape(3, 4, -1).astype(int)
    i, j = model.edges.T
    unsatisfied = (model.couplings * spins[..., i] * spins[..., j] < 0).sum(axis=-1)
    np.testing.assert_array_equal(data.domain_wall_length[0], unsatisfied)


@pytest.mark.parametrize("name", ["ising", "chain", "cubic", "glass", "gaussian"])
def test_energies_of_links_add_up(name: str) -> None:
    model = MODELS[name]
    data = ms.simulate(model, 2.0, 12, 5, seed=1, observables=["link_energy"])
    in_field = np.asarray(model.h).mean() * model.n_spins * data.magnetization
    total = data.link_energy.sum("axis") - in_field
    np.testing.assert_allclose(total, data.energy, rtol=1e-6)


def test_default_wave_vectors() -> None:
    data = ms.simulate(MODELS["cubic"], 2.0, 4, 0, seed=1, observables=["structure_factor"])
    assert data.wave_vector.values.tolist() == ["0,0,0", "1,0,0", "0,1,0", "0,0,1"]


# --- what must not matter -------------------------------------------------------------------------


@pytest.mark.parametrize("chains", [1, 3, 7])
def test_batches_and_pieces_do_not_matter(
    expected: xr.Dataset, monkeypatch: pytest.MonkeyPatch, chains: int
) -> None:
    monkeypatch.setattr(_record, "BATCH_SPINS", MODEL.n_spins * chains)
    monkeypatch.setattr(_observing, "SPINS_AT_A_TIME", MODEL.n_spins * 2)
    monkeypatch.setattr(_drive, "PIECE_SECONDS", 1e-4)
    assert_same(simulate(), expected)


@pytest.mark.one_in(2)
@pytest.mark.parametrize(
    "make", [lambda: ThreadPoolExecutor(2), lambda: ProcessPoolExecutor(2, get_context("spawn"))]
)
def test_executors_do_not_matter(expected: xr.Dataset, make: Callable[[], Any]) -> None:
    with make() as executor:
        assert_same(simulate(executor=executor), expected)


def test_measurements_between_observables_are_made_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rare = {"corner": ms.Observable(corner, interval=100)}
    arguments: dict[str, Any] = {"temperatures": 2.0, "sweeps": 3000, "interval": 1, "snapshots": 0}
    calls: list[int] = []
    plain = ms.Sampler.record

    def noted(sampler: ms.Sampler, draws: int, interval: int = 1) -> Any:
        calls.append(draws)
        return plain(sampler, draws, interval)

    expected = simulate(**arguments, observables=None)
    monkeypatch.setattr(ms.Sampler, "record", noted)
    found = simulate(**arguments, observables=rare)
    assert max(calls) == 99
    xr.testing.assert_identical(found.energy, expected.energy)
    assert found.sizes["draw_100"] == 30


# --- kills and Ctrl-C -----------------------------------------------------------------------------

CHILD = """
import json, os, signal, sys
import multispin as ms
sys.path[:0] = [sys.argv[3], sys.argv[3] + "/../.."]
import test_observables as tests
from multispin.runs import _drive, _record

count, path = int(sys.argv[1]), sys.argv[2]
_drive.PIECE_SECONDS = 1e-4
_record.BATCH_SPINS = 48 * 3

def progress(report):
    global count
    count -= 1
    if count == 0:
        os.kill(os.getpid(), signal.SIGKILL)

tests.simulate(checkpoint=path, checkpoint_interval=0.0, progress=progress)
"""


@pytest.mark.thorough
def test_killed_runs_end_as_if_nothing_had_happened(expected: xr.Dataset, tmp_path: Path) -> None:
    path, here = tmp_path / "run.npz", str(Path(__file__).parent)
    for count in (2, 5, 9):
        words = [str(count), str(path), here]
        killed = subprocess.run([sys.executable, "-c", CHILD, *words], check=False)
        assert killed.returncode == -signal.SIGKILL
    assert path.exists()
    resumed = simulate(checkpoint=path)
    assert_same(resumed, expected)
    xr.testing.assert_identical(simulate(checkpoint=path), resumed)  # seconds are kept too


def test_ctrl_c_in_an_observable_loses_nothing(expected: xr.Dataset, tmp_path: Path) -> None:
    path, calls = tmp_path / "run.npz", []

    def pressed(spins: np.ndarray) -> Any:
        calls.append(len(spins))
        if len(calls) == 10:
            signal.raise_signal(signal.SIGINT)
        return corner(spins)

    changed = {**ARGUMENTS["observables"], "corner": pressed}
    with pytest.raises(KeyboardInterrupt):
        simulate(checkpoint=path, observables=changed)
    meta, _ = io.read_checkpoint(path, "simulate")
    assert meta["current"]["drawn"] == 9
    assert_same(simulate(checkpoint=path), expected)


def test_a_run_may_move_to_an_executor(
    expected: xr.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_drive, "PIECE_SECONDS", 1e-4)
    monkeypatch.setattr(_record, "BATCH_SPINS", MODEL.n_spins * 3)
    path, reports = tmp_path / "run.npz", []

    def press(report: Progress) -> None:
        reports.append(report)
        if len(reports) == 5:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        simulate(checkpoint=path, progress=press)
    with ThreadPoolExecutor(2) as executor:
        assert_same(simulate(checkpoint=path, executor=executor), expected)


# --- functions that fail --------------------------------------------------------------------------


def failing_after(calls: int, do: Callable[[np.ndarray], Any]) -> Callable[[np.ndarray], Any]:
    count = [0]

    def function(spins: np.ndarray) -> Any:
        count[0] += 1
        return do(spins) if count[0] > calls else corner(spins)

    return function


def raises(spins: np.ndarray) -> Any:
    raise ZeroDivisionError(f"of {len(spins)}")


FAULTS: dict[str, tuple[Callable[[np.ndarray], Any], str]] = {
    "raises": (raises, r"got ZeroDivisionError\('of 8'\) from 'corner' after 38 sweeps"),
    "few": (lambda s: s[1:, 0, 0], r"got an array of shape \(7,\) from 'corner' after 38 sweeps"),
    "number": (lambda s: s.sum(), r"got an array of shape \(\) from 'corner'"),
    "none": (lambda _s: None, "got an array of object from 'corner'"),
    "complex": (lambda s: 1j * s[:, 0, 0], "got an array of complex128 from 'corner'"),
    "text": (lambda s: ["a"] * len(s), "got an array of <U1 from 'corner'"),
    "other": (lambda s: s[:, 0], r"got \(6,\) for each replica from 'corner' .*allowed: \(\), as"),
    "writes": (lambda s: s.sort(), r"got ValueError\(.*read-only.* from 'corner'"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_function_that_fails_is_named_and_costs_nothing(
    expected: xr.Dataset, tmp_path: Path, name: str
) -> None:
    do, message = FAULTS[name]
    path = tmp_path / "run.npz"
    changed = {**ARGUMENTS["observables"], "corner": failing_after(5, do)}
    with pytest.raises(ms.ObservableError, match=f"^observables: {message}"):
        simulate(checkpoint=path, observables=changed)
    meta, _ = io.read_checkpoint(path, "simulate")
    assert meta["current"]["drawn"] == 5
    assert_same(simulate(checkpoint=path), expected)  # by the same name, mended


@pytest.mark.thorough
def test_a_function_that_fails_in_a_worker_is_named(expected: xr.Dataset, tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    changed = {**ARGUMENTS["observables"], "corner": raises}
    with ProcessPoolExecutor(1, get_context("spawn")) as executor:
        with pytest.raises(ms.ObservableError, match=r"ZeroDivisionError\('of 4'\) from 'corner'"):
            simulate(checkpoint=path, executor=executor, observables=changed)
        assert_same(simulate(checkpoint=path, executor=executor), expected)


def test_functions_that_cannot_be_pickled_are_named() -> None:
    message = "^observables: got <function .*allowed: .*pickled"
    with ProcessPoolExecutor(1) as executor, pytest.raises(TypeError, match=message):
        simulate(executor=executor, observables={"x": lambda spins: spins[:, 0, 0]})
    with ThreadPoolExecutor(1) as executor:
        data = simulate(executor=executor, observables={"x": lambda spins: spins[:, 0, 0]})
    np.testing.assert_array_equal(data.x, simulate().corner)


def test_axes_of_one_name_have_one_length() -> None:
    wrong = {
        "one": ms.Observable(lambda spins: spins[:, 0], dims=("site",)),
        "two": ms.Observable(lambda spins: spins[:, :, 0], dims=("site",), interval=2 * INTERVAL),
    }
    with pytest.raises(ms.ObservableError, match="got 8 along 'site' from 'two'.*allowed: 6, as"):
        simulate(observables=wrong)
    three = {"one": ms.Observable(corner, dims=("site",))}
    with pytest.raises(ms.ObservableError, match=r"got \(\) for .*allowed: 1 axes after the first"):
        simulate(observables=three)


def test_chains_of_different_batches_have_one_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_record, "BATCH_SPINS", MODEL.n_spins * 5)
    sizes = {3: 1, 4: 2}

    def function(spins: np.ndarray) -> Any:
        return np.zeros((len(spins), sizes[len(spins)]))

    monkeypatch.setattr(_record, "split", lambda *_: [(0, 4), (4, 7), (7, 8)])
    with pytest.raises(ms.ObservableError, match=r"got \(1,\) for each replica from 'x' in the"):
        simulate(observables={"x": function})


def test_values_that_do_not_fit_are_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("multispin._base.memory._available_memory", lambda: 2**20)
    wide = {"wide": lambda spins: np.zeros((len(spins), 2**14))}
    with pytest.raises(MemoryError, match="^observables: 'wide', 24 values of .*needed .*avail"):
        simulate(observables=wide, snapshots=0)


# --- checkpoints of other runs --------------------------------------------------------------------


@pytest.mark.parametrize("change", [
    {"observables": None},
    {"observables": {**ARGUMENTS["observables"], "corner": ms.Observable(corner, interval=6)}},
    {"observables": {**ARGUMENTS["observables"], "S": "structure_factor"}},
    {"observables": {**ARGUMENTS["observables"], "more": corner}},
    {"snapshots": 0},
    {"snapshots": 3},
])  # fmt: skip
def test_other_observables_are_another_run(tmp_path: Path, change: dict[str, Any]) -> None:
    path = tmp_path / "run.npz"
    simulate(checkpoint=path)
    before = path.read_bytes()
    with pytest.raises(ms.CheckpointError, match="another run.*observables"):
        simulate(checkpoint=path, **change)
    assert path.read_bytes() == before


@pytest.mark.parametrize("stopped", [False, True])
def test_values_of_other_axes_are_refused(tmp_path: Path, stopped: bool) -> None:
    path, reports = tmp_path / "run.npz", []

    def press(report: Progress) -> None:
        reports.append(report)
        if len(reports) == 12:
            signal.raise_signal(signal.SIGINT)

    try:
        simulate(checkpoint=path, progress=press if stopped else None)
    except KeyboardInterrupt:
        assert stopped
    for wrong in (("row", "column"), ()):
        changed = {**ARGUMENTS["observables"], "rows": ms.Observable(rows, 2 * INTERVAL, wrong)}
        with pytest.raises(ms.CheckpointError, match="values of shape .* whose axes are"):
            simulate(checkpoint=path, observables=changed)
    meta, arrays = io.read_checkpoint(path, "simulate")
    name = "current_observed_S" if stopped else "observed_S"
    for spoilt in (arrays[name][..., :3], arrays[name][:-1], arrays[name].astype(np.float32)):
        io.write_checkpoint(path, "simulate", meta, arrays | {name: spoilt})
        with pytest.raises(ms.CheckpointError):
            simulate(checkpoint=path)


# --- wrong arguments ------------------------------------------------------------------------------


@pytest.mark.parametrize(("given", "error", "message"), [
    ("energy", TypeError, "observables: got 'energy', allowed: None, a list or a dict"),
    (3, TypeError, "observables: got 3, allowed"),
    (["energy"], ValueError, "observables: got 'energy', allowed"),
    (["moments"], ValueError, "observables: got 'moments', allowed"),
    ([lambda s: s], ValueError, "observables: got '<lambda>', allowed"),
    ([corner, corner], ValueError, "observables: got 'corner', allowed: each name once"),
    ({"a b": corner}, ValueError, "observables: got 'a b', allowed"),
    ({"draw_3": corner}, ValueError, "observables: got 'draw_3', allowed"),
    ({1: corner}, TypeError, "observables: got 1, allowed: names that are text"),
    ({"x": 1}, TypeError, "observables: got 1, allowed: 'stagg"),
    ({"x": ms.Observable(corner, interval=4)}, ValueError, "observables: got .*multiple of the"),
    ({"x": ms.Observable(corner, interval=75)}, ValueError, "observables: got .*at most 72"),
    ({"x": ms.Observable("structure_factor", wave_vectors=[(1,)])}, ValueError,
     "observables: got '1 integers'"),
    ({"x": ms.Observable(corner, dims=("y",)), "y": corner}, ValueError, "observables: got .*axis"),
    ({"x": "structure_factor", "y": ms.Observable("structure_factor", wave_vectors=[(1, 1)])},
     ValueError, "observables: got .*an axis 'wave_vector'"),
])  # fmt: skip
def test_wrong_observables(given: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=f"^{message}"):
        simulate(observables=given)


@pytest.mark.parametrize(("model", "name", "allowed"), [
    (ms.Ising((5, 6)), "staggered_magnetization", "even sides, which is bipartite"),
    (MODELS["sk"], "staggered_magnetization", "periodic lattice"),
    (MODELS["sk"], "structure_factor", "periodic lattice"),
    (MODELS["sparse"], "link_energy", "a lattice with one set"),
])  # fmt: skip
def test_what_a_model_has_not(model: Any, name: str, allowed: str) -> None:
    with pytest.raises(ValueError, match=f"^observables: got '{name}' of .*allowed: .*{allowed}"):
        ms.simulate(model, 2.0, 10, 0, seed=1, observables=[name])


@pytest.mark.parametrize(("given", "error"), [
    (-1, ValueError), (25, ValueError), (1.0, TypeError), (True, TypeError), (None, TypeError),
])  # fmt: skip
def test_wrong_snapshots(given: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="^snapshots: got .*allowed: an integer >= 0 and <= 24"):
        simulate(snapshots=given)


def test_what_has_no_snapshots(expected: xr.Dataset) -> None:
    with pytest.raises(ValueError, match="^run: got one without snapshot, byte, allowed: a run"):
        ms.unpack_snapshots(simulate(snapshots=0))
    with pytest.raises(TypeError, match="^run: got "):
        ms.unpack_snapshots(3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="^run: got uint8 of sizes .*, of shape .*allowed: a run"):
        ms.unpack_snapshots(expected.drop_attrs())
    with pytest.raises(ValueError, match="^run: got uint8 of sizes"):
        ms.unpack_snapshots(expected.isel(byte=slice(2)))


# --- what it costs --------------------------------------------------------------------------------


def test_the_seconds_are_in_the_attributes(tmp_path: Path) -> None:
    def slow(spins: np.ndarray) -> Any:
        time.sleep(2e-3)
        return corner(spins)

    path = tmp_path / "run.npz"
    data = simulate(observables={"slow": slow, "corner": corner}, snapshots=0, checkpoint=path)
    assert 24 * 2e-3 <= data.slow.attrs["seconds"] <= data.attrs["observable_seconds"]
    assert 0.0 < data.corner.attrs["seconds"] < data.slow.attrs["seconds"]
    assert data.attrs["sweeping_seconds"] > 0.0
    parts = sum(data[name].attrs["seconds"] for name in ("slow", "corner"))
    assert parts < data.attrs["observable_seconds"]  # which has the unpacking too
