"""How many maps of memory an engine takes: a system gives a process some 65,000 of them."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

import multispin as ms


@pytest.mark.skipif(sys.platform != "linux", reason="there is no list of maps")
def test_many_replicas_take_few_maps() -> None:
    edges = ms.graphs.hypercubic((4, 4))
    couplings = np.random.default_rng(1).normal(size=len(edges))
    model = ms.Pairwise.from_edges(16, edges, couplings)
    before = _maps()
    sampler = ms.Sampler(model, 1.0, replicas=20_000, seed=1, threads=1)
    sampler.sweep()
    assert _maps() < before + 100  # there are 625 bundles of replicas


def _maps() -> int:
    return len(Path("/proc/self/maps").read_text(encoding="utf-8").splitlines())
