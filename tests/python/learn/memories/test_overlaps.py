"""Patterns that are left out: never one that has a weight, and no step is another without them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import multispin as ms
from multispin.learn.memories import _overlaps
from multispin.learn.memories._overlaps import Contenders, overlaps_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Spins = NDArray[np.int8]

REACH, TURNS = 10, 5


def random_spins(seed: int, *shape: int) -> Spins:
    return np.random.default_rng(seed).choice(np.array([-1, 1], np.int8), size=shape)


def noisy(patterns: Spins, part: float, seed: int) -> Spins:
    turned = np.random.default_rng(seed).random(patterns.shape) < part
    return np.where(turned, -patterns, patterns)


def check(contenders: Contenders, patterns: Spins, spins: Spins) -> None:
    """Check that overlaps are right, and that all patterns of any weight are among them."""
    assert (contenders.overlaps == overlaps_of(contenders.signs.T, spins)).all()
    for own, every in zip(contenders.overlaps, overlaps_of(patterns, spins), strict=True):
        weighty = every > every.max() - REACH
        assert np.count_nonzero(own > every.max() - REACH) == np.count_nonzero(weighty)


def walk(share: float, patterns: Spins, spins: Spins, ends: Spins) -> list[int]:
    """Turn spins until cues are at their ends, and return how many patterns are looked at, when."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_overlaps, "SHARE", share)
        contenders = Contenders(patterns, spins, REACH, TURNS)
    rng, seen = np.random.default_rng(1), []
    for _ in range(60):
        before, changed = contenders.signs, contenders.follow(spins)
        seen.append(contenders.signs.shape[1])
        assert changed == (contenders.signs is not before)
        for _ in range(TURNS):
            for row, (cue, end) in enumerate(zip(spins, ends, strict=True)):
                sites = np.flatnonzero(cue != end)
                if sites.size:
                    site = rng.choice(sites)
                    cue[site] *= -1
                    contenders.overlaps[row] += 2 * cue[site] * contenders.signs[site]
            check(contenders, patterns, spins)
    return seen


def test_patterns_are_looked_at_before_they_have_a_weight() -> None:
    patterns = random_spins(1, 50, 300)
    # of 300 spins some 150 are turned on the way
    seen = walk(0.5, patterns, patterns[:3].copy(), patterns[[3, 4, 2]])
    assert seen[0] == 3
    assert 5 <= seen[-1] <= 25
    assert seen == sorted(seen)


def test_all_patterns_are_looked_at_where_many_are_close_and_few_again_later() -> None:
    patterns = random_spins(2, 50, 300)
    seen = walk(0.1, patterns, random_spins(3, 3, 300), patterns[:3].copy())
    assert seen[0] == 50
    assert seen[-1] == 3
    ends = random_spins(3, 3, 300)
    ends[0] = patterns[0]
    ends[0, :8] *= -1  # stays where it is, nearly, while others make it look at all
    back = walk(0.1, patterns, patterns[:3].copy(), ends)
    assert back[0] == 3
    assert back[-1] == 50


def test_contenders_may_be_everything() -> None:
    patterns = random_spins(4, 20, 300)
    seen = walk(1.0, patterns, random_spins(5, 3, 300), random_spins(6, 3, 300))
    assert seen[-1] == 20


def test_cues_leave_and_others_go_on() -> None:
    patterns = random_spins(7, 50, 300)
    for share in (0.0, 0.5):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(_overlaps, "SHARE", share)
            contenders = Contenders(patterns, patterns[:4], REACH, TURNS)
        spins = patterns[:4].copy()
        assert contenders.follow(spins) == (share > 0.0)
        contenders.leave(np.array([True, False, True, True]))
        check(contenders, patterns, spins[[0, 2, 3]])
        assert not contenders.follow(spins[[0, 2, 3]])


@pytest.mark.one_in(11)
@pytest.mark.parametrize("share", [0.125, 1.0])
@pytest.mark.parametrize(
    ("N", "P", "part", "T"),
    [
        (40, 30, 0.3, 0.0),
        (130, 5, 0.3, 0.0),
        (300, 1, 0.4, 0.7),
        (300, 400, 0.1, 0.0),
        (300, 400, 0.5, 0.0),
        (300, 400, 0.1, 1.0),
        (300, 400, 0.1, 1.3),  # patterns that were left out come close
        (300, 400, 0.1, 4.0),  # from one pattern to none
        (600, 2000, 0.2, 0.0),
        (600, 2000, 0.35, 0.0),
        (600, 2000, 0.3, 1.0),
    ],
)
def test_states_are_the_same_if_nothing_is_left_out(
    share: float, N: int, P: int, part: float, T: float
) -> None:
    memory = ms.DenseAssociativeMemory("exp").fit(random_spins(N + P, P, N))
    cues = noisy(memory.patterns_[np.arange(8) % P], part, 8)
    cues[::3, :7] = 0
    for sweeps in (1, 4):
        found = []
        for kept in (0.0, share):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(_overlaps, "SHARE", kept)
                found.append(memory.retrieve(cues, sweeps, T, random_state=9))
        for one, other in zip(*found, strict=True):
            assert (one == other).all()


def test_ties_are_the_same_if_nothing_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    # Patterns with either sign of every tenth unit, far from all others.
    patterns = np.repeat(random_spins(10, 40, 400), 2, axis=0)
    patterns[::2, ::10] *= -1
    memory = ms.DenseAssociativeMemory("exp").fit(patterns)
    cues = noisy(patterns[:16], 0.15, 11)
    few = memory.retrieve(cues)
    monkeypatch.setattr(_overlaps, "SHARE", 0.0)
    everything = memory.retrieve(cues)
    assert (few.state == everything.state).all()
    assert (few.sweeps == everything.sweeps).all()
