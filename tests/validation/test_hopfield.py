"""The Hopfield network of 20,000 neurons against the theory of infinitely many.

64 cues of one draw of the patterns start in their patterns. Within three standard errors of the
mean over the cues, and a shift of 2/N for finite N; with fixed seeds.
"""

from __future__ import annotations

import numpy as np
import pytest

import multispin as ms
from multispin.theory import hopfield, recall

pytestmark = pytest.mark.slow

N, CUES = 20_000, 64


def network(load: float, n: int = N, seed: int = 1) -> tuple[np.ndarray, ms.Hopfield]:
    rng = np.random.default_rng(seed)
    patterns = rng.choice(np.array([-1, 1], np.int8), (round(load * n), n))
    return patterns, ms.Hopfield(patterns)


def own(sampler: ms.Sampler) -> np.ndarray:
    """Overlaps of cue c with pattern c."""
    cues = len(sampler.energy())
    return sampler.pattern_overlap()[np.arange(cues), np.arange(cues)]


def start(load: float, T: float, n: int = N, seed: int = 1) -> ms.Sampler:
    patterns, model = network(load, n, seed)
    return ms.Sampler(
        model, T, CUES, "glauber", patterns[:CUES], seed, "cpu", engine="pattern", order="random"
    )


def check(found: np.ndarray, expected: float) -> None:
    error = found.std(ddof=1) / np.sqrt(len(found))
    assert abs(found.mean() - expected) < 3 * error + 2 / N


@pytest.mark.parametrize("load", [0.05, 0.08, 0.10, 0.12])
def test_retrieval_without_temperature(load: float) -> None:
    sampler = start(load, 0.0)
    sampler.sweep(40)
    check(own(sampler), hopfield.retrieval(load, 0.0).m)


def test_retrieval_collapses_beyond_the_capacity() -> None:
    for load, lost in ((0.13, False), (0.15, True)):
        sampler = start(load, 0.0)
        sampler.sweep(60)
        assert (own(sampler).mean() < 0.6) == lost
        if not lost:
            assert own(sampler).mean() > 0.97


@pytest.mark.parametrize(("load", "T"), [(0.01, 0.6), (0.02, 0.5), (0.05, 0.5), (0.10, 0.2)])
def test_retrieval_at_a_temperature(load: float, T: float) -> None:
    sampler = start(load, T)
    sampler.sweep(40)
    overlaps, energies = [], []
    for _ in range(60):
        sampler.sweep(1)
        overlaps.append(own(sampler))
        energies.append(sampler.energy_per_spin())
    expected = hopfield.retrieval(load, T)
    found = np.mean(overlaps, axis=0)
    # Patterns have their own random overlaps with each other, which all sweeps share.
    error = found.std(ddof=1) / np.sqrt(CUES)
    assert abs(found.mean() - expected.m) < 3 * error + 2 / np.sqrt(N * load * N)
    assert abs(np.mean(energies) - expected.energy) < 2e-3


@pytest.mark.parametrize("load", [0.02, 0.05])
def test_where_retrieval_ends(load: float) -> None:
    """Escape: at the end, within 300 sweeps, 64 cues have a mean overlap below half the theory's.

    Below T_M by 0.02 none has escaped, above it by 0.02 most have.
    """
    end = hopfield.T_M(load)
    at_end = hopfield.retrieval(load, end - 1e-4).m
    for T, escaped in ((end - 0.02, False), (end + 0.02, True)):
        sampler = start(load, T)
        sampler.sweep(300)
        assert ((own(sampler) < at_end / 2).mean() > 0.5) == escaped


@pytest.mark.parametrize(("load", "m0"), [(0.1, 0.4), (0.05, 0.3), (0.2, 0.6)])
def test_first_two_steps_of_parallel_recall(load: float, m0: float) -> None:
    patterns, model = network(load)
    rng = np.random.default_rng(3)
    wrong = round(N * (1 - m0) / 2)
    cues = patterns[:CUES].copy()
    for cue in cues:
        cue[rng.choice(N, wrong, replace=False)] *= -1
    sampler = ms.Sampler(model, 0.0, CUES, "parallel", cues, 1, "cpu", engine="pattern")
    for expected in recall.first_steps(load, m0)[:2]:
        sampler.sweep(1)
        found = own(sampler)
        error = found.std(ddof=1) / np.sqrt(CUES)
        assert abs(found.mean() - expected) < 3 * error + 1e-3
