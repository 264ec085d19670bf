"""The warning of temperatures at which Metropolis hardly mixes, and what it is there for."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import multispin as ms
from multispin.sampling.mixing import slow_above


def test_limit_is_where_the_dearest_flip_is_accepted_with_nine_tenths() -> None:
    for model, cost in (
        (ms.Ising((8, 8)), 8.0),
        (ms.Ising((4, 4, 4), J=-0.5, h=-1.0), 8.0),
        (ms.EdwardsAnderson((4, 4, 4), J=2.0), 24.0),
        (ms.Pairwise.from_edges(3, [(0, 1), (1, 2), (2, 0)], [1.0, -1.0, 1.0]), 4.0),
        (ms.Ising((4, 4), J=0.0, h=3.0), 6.0),
    ):
        assert np.exp(-cost / slow_above(model)) == pytest.approx(0.9)
    assert slow_above(ms.Ising((4, 4), J=0.0)) == np.inf


def test_metropolis_above_it_is_far_from_equilibrium_after_many_sweeps() -> None:
    """It is correct, and yet nobody who measures would know; Glauber is there at once."""
    model = ms.Ising((64, 64))
    energies = {}
    for dynamics in ("metropolis", "glauber"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ms.SlowMixingWarning)
            sampler = ms.Sampler(model, 1e6, init="up", dynamics=dynamics, seed=2)
        sampler.sweep(1000)
        energies[dynamics] = sampler.energy_per_spin()[0]
    assert energies["metropolis"] < -1.5
    assert abs(energies["glauber"]) < 0.15  # 6.8 standard deviations


@pytest.mark.parametrize("engine", ["lattice", "replica"])
def test_it_says_what_to_do_once_for_each_sampler(engine: str) -> None:
    with pytest.warns(ms.SlowMixingWarning, match="above 75.9 .* dynamics='glauber'") as caught:
        sampler = ms.Sampler(ms.Ising((8, 8)), [2.0, 76.0], replicas=2, engine=engine)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    sampler.temperature = 1e6  # as an error it would be raised here


def test_setting_a_temperature_warns_where_it_is_set() -> None:
    sampler = ms.Sampler(ms.Ising((8, 8)), 75.0)
    with pytest.warns(ms.SlowMixingWarning) as caught:
        sampler.temperature = 77.0
    assert caught[0].filename == __file__


def test_runs_warn() -> None:
    model, hot = ms.Ising((4, 4)), [2.0, 1000.0]
    with pytest.warns(ms.SlowMixingWarning) as caught:
        ms.simulate(model, hot, sweeps=2, thermalization=0)
    assert caught[0].filename == __file__
    with pytest.warns(ms.SlowMixingWarning):
        ms.temper(model, hot, sweeps=2, engine="lattice")
    with pytest.warns(ms.SlowMixingWarning):
        ms.anneal(model, hot[::-1], 1)
    with pytest.warns(ms.SlowMixingWarning):
        ms.replica_sweep(model, temperature=1000.0, replicas=[1, 2], sweeps=200)


def test_glauber_and_ordinary_temperatures_do_not() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ms.Sampler(ms.Ising((8, 8)), 1e6, dynamics="glauber")
        ms.Sampler(ms.Ising((8, 8)), 75.0)
        ms.Sampler(ms.Ising((8, 8), J=0.0), 1e6)
