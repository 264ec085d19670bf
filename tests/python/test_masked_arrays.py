"""No mask is lost without a word: what takes arrays refuses those that have one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import multispin as ms
from multispin.analysis import (
    equilibration,
    overlaps,
    replica_error,
    round_trips,
    statistics,
    temperature_grid,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def masked(values: Any) -> np.ma.MaskedArray[Any, Any]:
    array = np.asarray(values)
    return np.ma.masked_array(array, mask=np.arange(array.size).reshape(array.shape) == 1)


ISING = ms.Ising((4, 4))
SPINS = np.ones((4, 4), dtype=np.int8)
SERIES = np.random.default_rng(1).normal(size=(4, 300))

CALLS: dict[str, tuple[str, Callable[[], object]]] = {
    "mean": ("series", lambda: statistics.mean(masked(SERIES))),
    "binder_cumulant": ("magnetization", lambda: statistics.binder_cumulant(masked(SERIES))),
    "autocorrelation_time": ("series", lambda: statistics.autocorrelation_time(masked(SERIES))),
    "sample_jackknife": (
        "values",
        lambda: statistics.sample_jackknife(lambda x: x, masked(SERIES[:, 0])),
    ),
    "binder_ratio": ("overlap", lambda: overlaps.binder_ratio(masked(SERIES / 10))),
    "logarithmic_bins": ("series", lambda: equilibration.logarithmic_bins(masked(SERIES))),
    "equal_acceptance": (
        "acceptance",
        lambda: temperature_grid.equal_acceptance([1.0, 2.0, 3.0], masked([0.2, 0.3])),
    ),
    "replica_error": ("series", lambda: replica_error.replica_error(masked(SERIES))),
    "round_trips": (
        "temperature_index",
        lambda: round_trips.round_trips(masked([[0, 1, 1], [1, 0, 0]]), 2),
    ),
    "onsager": ("T", lambda: ms.exact.onsager(masked([1.0, 2.0]))),
    "Sampler, temperature": (
        "temperature",
        lambda: ms.Sampler(ISING, masked([1.0, 2.0]), replicas=2),
    ),
    "Sampler, init": ("init", lambda: ms.Sampler(ISING, 2.0, init=masked(SPINS))),
    "simulate": ("temperatures", lambda: ms.simulate(ISING, masked([1.0, 2.0]), 10, 10)),
    "simulate, init": ("init", lambda: ms.simulate(ISING, [2.0], 10, 10, init=masked(SPINS))),
    "anneal": ("temperatures", lambda: ms.anneal(ISING, masked([2.0, 1.0]), 10)),
    "anneal, init": ("init", lambda: ms.anneal(ISING, [2.0], 10, init=masked(SPINS))),
    "temper": ("temperatures", lambda: ms.temper(ISING, masked([1.0, 2.0]), 10)),
    "energy": ("spins", lambda: ISING.energy(masked(SPINS))),
    "Pairwise": ("J", lambda: ms.Pairwise(masked(np.ones((2, 2)) - np.eye(2)))),
    "from_edges": ("edges", lambda: ms.Pairwise.from_edges(3, masked([[0, 1], [1, 2]]))),
    "from_edges, couplings": (
        "couplings",
        lambda: ms.Pairwise.from_edges(3, [[0, 1], [1, 2]], masked([1.0, 2.0])),
    ),
    "from_bonds": (
        "bonds",
        lambda: ms.EdwardsAnderson.from_bonds(masked(np.ones((2, 4, 4), dtype=np.int8))),
    ),
}


def test_a_masked_array_of_which_nothing_is_masked_is_an_array() -> None:
    whole = np.ma.masked_array(SERIES[0])
    assert statistics.mean(whole).value == statistics.mean(SERIES[0]).value


@pytest.mark.parametrize("call", CALLS)
def test_masked_arrays_are_refused(call: str) -> None:
    name, refused = CALLS[call]
    with pytest.raises(TypeError, match=f"^{name}: got a masked array, allowed: "):
        refused()
