"""Seeds: a number repeats, none is a fresh one, and which it was is written down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import xarray as xr

import multispin as ms
from multispin._base.checks import fresh_seed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MODEL = ms.Ising((16, 16))


def test_fresh_seeds_differ_and_fit_a_signed_integer() -> None:
    seeds = {fresh_seed() for _ in range(1000)}
    assert len(seeds) == 1000  # 2**63 of them: two are equal with probability 5e-14
    assert all(0 <= seed < 2**63 for seed in seeds)


def test_two_samplers_without_a_seed_are_two_runs() -> None:
    one, other = ms.Sampler(MODEL), ms.Sampler(MODEL)
    assert one.info()["seed"] != other.info()["seed"]
    assert not np.array_equal(one.packed(), other.packed())


def test_going_on_from_spins_draws_new_noise() -> None:
    first = ms.Sampler(MODEL, 2.0)
    first.sweep(10)
    again = [ms.Sampler(MODEL, 2.0, init=first.spins()) for _ in range(2)]
    for sampler in again:
        sampler.sweep(10)
    assert not np.array_equal(again[0].packed(), again[1].packed())


def test_the_recorded_seed_repeats_the_run() -> None:
    one = ms.Sampler(MODEL, 2.0)
    other = ms.Sampler(MODEL, 2.0, seed=one.info()["seed"])
    for sampler in (one, other):
        sampler.sweep(5)
    np.testing.assert_array_equal(one.packed(), other.packed())
    assert f"seed={one.info()['seed']})" in repr(one)


def test_a_loaded_sampler_has_the_seed_of_the_file(tmp_path: Path) -> None:
    sampler = ms.Sampler(MODEL)
    sampler.save(tmp_path / "sampler.npz")
    assert ms.Sampler.load(tmp_path / "sampler.npz").info()["seed"] == sampler.info()["seed"]


def simulate(**more: Any) -> xr.Dataset:
    return ms.simulate(MODEL, [2.0, 3.0], 200, 10, threads=1, **more)


def anneal(**more: Any) -> xr.Dataset:
    return ms.anneal(MODEL, [3.0, 2.0], 100, replicas=8, threads=1, **more)


def temper(**more: Any) -> xr.Dataset:
    return ms.temper(MODEL, [2.0, 2.2, 2.4], 200, threads=1, **more)


RUNS = pytest.mark.parametrize("run", [simulate, anneal, temper])


@RUNS
def test_runs_without_a_seed_differ_and_say_theirs(run: Callable[..., xr.Dataset]) -> None:
    one, other = run(), run()
    assert one.attrs["seed"] != other.attrs["seed"]
    assert not np.array_equal(one.energy, other.energy)
    xr.testing.assert_identical(run(seed=one.attrs["seed"]), one)


@RUNS
def test_a_run_that_goes_on_keeps_the_seed_of_its_file(
    run: Callable[..., xr.Dataset], tmp_path: Path
) -> None:
    path = tmp_path / "run.npz"

    def stop(progress: Any) -> None:
        if progress.sweeps:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        run(checkpoint=path, progress=stop)
    resumed = run(checkpoint=path)
    xr.testing.assert_identical(run(checkpoint=path), resumed)
    xr.testing.assert_identical(run(seed=resumed.attrs["seed"]), resumed)
    with pytest.raises(ms.CheckpointError, match=rf"seed {resumed.attrs['seed']} there, 5 here"):
        run(seed=5, checkpoint=path)


@pytest.mark.thorough
def test_numbers_of_replicas_say_their_seed() -> None:
    def sweep(**more: Any) -> xr.Dataset:
        return ms.replica_sweep(MODEL, 3.0, [1, 2], 40, 0, interval=2, threads=1, **more)

    one, other = sweep(), sweep()
    assert one.attrs["seed"] != other.attrs["seed"]
    again = sweep(seed=one.attrs["seed"])
    np.testing.assert_array_equal(one.energy_per_spin, again.energy_per_spin)


def test_models_and_graphs_are_what_their_seed_says() -> None:
    # They are values: without a seed there would be no going on with a run of theirs.
    assert ms.EdwardsAnderson((4, 4)) == ms.EdwardsAnderson((4, 4), seed=0)
    with pytest.raises(TypeError, match="^seed: got None, allowed: an integer >= 0"):
        ms.EdwardsAnderson((4, 4), seed=None)  # type: ignore[arg-type]
