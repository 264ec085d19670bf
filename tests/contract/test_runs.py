"""What every run function must do with every engine on every device."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import multispin as ms

xr = pytest.importorskip("xarray")

if TYPE_CHECKING:
    from pathlib import Path

    from contract.conftest import Subject


def simulate(subject: Subject, **changes: Any) -> Any:
    if subject.model.samples is not None:
        pytest.skip("simulate takes one disorder sample")
    return subject.run(ms.simulate, [1.5, 3.0], sweeps=12, thermalization=4, replicas=2, **changes)


def anneal(subject: Subject, **changes: Any) -> Any:
    return subject.run(ms.anneal, [3.0, 1.0, 0.2], 6, replicas=5, **changes)


def temper(subject: Subject, **changes: Any) -> Any:
    return subject.run(ms.temper, [1.0, 1.5, 2.5], sweeps=12, thermalization=4, **changes)


def protocol(subject: Subject, **changes: Any) -> Any:
    # Of cluster dynamics some models would be frustrated in a field.
    of_sites = subject.dynamics == "metropolis"
    steps = {"sweeps_per_step": 6, "replicas": 5} | ({"dynamics": "glauber"} if of_sites else {})
    fields = [0.0, 0.5, 0.5] if of_sites else 0.0
    return subject.run(ms.protocol, [np.inf, 1.0, 0.0], fields, **steps, **changes)


RUNS = [simulate, anneal, temper, protocol]


class StoppedError(Exception):
    """The run is not to go on."""


@pytest.mark.parametrize("run", RUNS)
def test_a_run_says_what_made_it(subject: Subject, run: Any) -> None:
    data = run(subject)
    assert data.attrs["engine"] == subject.engine
    assert data.attrs["device"].startswith(subject.device)
    assert np.isfinite(data.energy.values).all()
    xr.testing.assert_identical(run(subject), data)


@pytest.mark.parametrize("run", RUNS)
def test_a_run_on_any_device_has_the_same_numbers(subject: Subject, run: Any) -> None:
    if subject.device == "cpu":
        pytest.skip("the CPU is what others are compared with")
    xr.testing.assert_equal(run(subject), run(subject, device="cpu"))


@pytest.mark.parametrize("run", RUNS)
def test_a_stopped_run_goes_on_bit_for_bit(subject: Subject, run: Any, tmp_path: Path) -> None:
    def stop(progress: ms.progress.Progress) -> None:
        if 0 < progress.sweeps < progress.total:
            raise StoppedError

    stops = 0
    for _ in range(200):
        try:
            data = run(subject, checkpoint=tmp_path / "run.npz", progress=stop)
            break
        except StoppedError:
            stops += 1
    assert stops > 0
    xr.testing.assert_identical(data, run(subject))


def test_observables_are_of_the_spins_on_any_device(subject: Subject) -> None:
    if subject.model.samples is not None:
        pytest.skip("simulate takes one disorder sample")
    data = simulate(subject, observables=["domain_wall_length"], snapshots=1)
    spins = ms.unpack_snapshots(data).values
    rounded = subject.sampler().info().get("rounding_error", 0.0) * subject.model.n_spins**1.5
    np.testing.assert_allclose(subject.model.energy(spins), data.energy, atol=1e-12 + rounded)
    pairs = spins.reshape(*data.energy.shape, -1)
    i, j = subject.model.edges.T  # type: ignore[attr-defined]
    couplings = subject.model.couplings  # type: ignore[attr-defined]
    walls = (couplings * pairs[..., i] * pairs[..., j] < 0).sum(axis=-1)
    np.testing.assert_array_equal(data.domain_wall_length, walls)


@pytest.mark.parametrize("run", [anneal, temper])
def test_snapshots_have_their_energies(subject: Subject, run: Any) -> None:
    data = run(subject, snapshots=1)
    spins, model = ms.unpack_snapshots(data), subject.model
    rounded = subject.sampler().info().get("rounding_error", 0.0) * model.n_spins**1.5
    for k in range(model.samples or 1):
        one, of_one, energy = model, spins, data.energy
        if model.samples is not None:
            one, of_one, energy = model.sample(k), spins.isel(sample=k), energy.isel(sample=k)
        found = one.energy(of_one.values)
        np.testing.assert_allclose(found, energy, atol=1e-12 + rounded)


def test_best_states_have_their_energies(subject: Subject) -> None:
    data = anneal(subject)
    np.testing.assert_allclose(subject.model.energy(data.best_state.values), data.best_state_energy)
    np.testing.assert_allclose(data.best_energy.min("replica"), data.best_state_energy)


def test_tempering_keeps_every_walker(subject: Subject) -> None:
    data = temper(subject)
    walkers = np.sort(
        data.temperature_index.values, axis=data.temperature_index.dims.index("walker")
    )
    expected = np.arange(3).reshape(
        [3 if dim == "walker" else 1 for dim in data.temperature_index.dims]
    )
    np.testing.assert_array_equal(walkers, np.broadcast_to(expected, walkers.shape))
    assert int(data.swap_attempts.sum()) > 0
    assert {"overlap", "energy", "magnetization"} <= set(data.data_vars)


def test_clusters_move_where_the_engine_has_them(subject: Subject) -> None:
    if subject.engine == "replica" and subject.device == "cpu":
        assert temper(subject, cluster_moves=True, device="auto").attrs["device"] == "cpu"
        return
    with pytest.raises(ValueError, match="^cluster_moves: got True, allowed: False, or True with"):
        temper(subject, cluster_moves=True)


def test_averages_are_those_of_the_exact_distribution(subject: Subject) -> None:
    # Six standard errors of independent replicas, each after 200 sweeps: below 1e-8 a test.
    model = subject.model if subject.model.samples is None else subject.model.sample(0)
    if model.n_spins > 16:
        pytest.skip("too many states to be summed")
    exact = ms.exact.enumerate(model, 2.0)
    sampler = ms.Sampler(
        model, 2.0, replicas=2000 if subject.engine != "slow" else 400, seed=3,
        engine=subject.engine, device=subject.device, rng=subject.rng, threads=1,
        dynamics=subject.dynamics,
    )  # fmt: skip
    sampler.sweep(200 if subject.engine != "slow" else 30)
    energy = sampler.energy()
    error = energy.std(ddof=1) / np.sqrt(energy.size)
    assert abs(energy.mean() - exact.energy) < 6 * error


def test_numbers_of_replicas(subject: Subject) -> None:
    if subject.engine == "slow":
        pytest.skip("takes long, and the engine is the sampler's choice")
    data = ms.replica_sweep(
        subject.model, 2.0, replicas=[1, 4], sweeps=240, device=subject.device, rng=subject.rng
    )
    assert data.energy_per_spin.shape == (2,)
