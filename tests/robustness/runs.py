"""Small runs of every kind, to be given where they belong and where they do not."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import multispin as ms
from multispin.runs import throughput

if TYPE_CHECKING:
    import xarray as xr

DRAWS = 24


def sampler() -> ms.Sampler:
    return ms.Sampler(ms.Ising((4, 4)), 2.0, seed=1, threads=1)


@cache
def simulated() -> xr.Dataset:
    return ms.simulate(
        ms.Ising((4, 4)), [2.0, 2.5], DRAWS, 0, replicas=2, seed=1, threads=1, snapshots=6
    )


@cache
def reweighted() -> xr.Dataset:
    return ms.simulate(ms.Ising((4, 4)), [2.0, 2.4, 3.0], 100, 20, replicas=4, seed=1, threads=1)


@cache
def in_a_field() -> xr.Dataset:
    model = ms.Ising((4, 4), h=0.1)
    return ms.simulate(model, [2.0, 2.4, 3.0], 100, 20, replicas=4, seed=2, threads=1)


@cache
def tempered() -> xr.Dataset:
    glass = ms.EdwardsAnderson((4, 4), seed=1)
    return ms.temper(glass, [1.0, 1.5, 2.0], DRAWS, seed=1, threads=1)


@cache
def tempered_samples() -> xr.Dataset:
    glass = ms.EdwardsAnderson((4, 4), seed=1, samples=2)
    return ms.temper(glass, [1.0, 1.5, 2.0], DRAWS, seed=1, threads=1)


@cache
def annealed() -> xr.Dataset:
    return ms.anneal(ms.EdwardsAnderson((4, 4), seed=1), [3.0, 1.0], 4, 8, seed=1, threads=1)


@cache
def replica_swept() -> xr.Dataset:
    return ms.replica_sweep(ms.Ising((4, 4)), 2.5, (1, 2), 40, 0, 1, seed=1, threads=1)


@cache
def measured() -> xr.Dataset:
    return throughput.measure([4, 8], ["philox"], [1], seconds=1e-4)
