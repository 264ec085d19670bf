"""Exponential memories that leave out patterns without weight, beside those that sum over all.

    OPENBLAS_NUM_THREADS=1 python bench/python/dense_memories.py [--patterns 10000 100000]
        [--units 1000] [--cues 64] [--noise 0.2] [--rounds 3]

One sequential sweep at T = 0 of cues that are patterns themselves (quiet), and of others of which
a part of the units is turned (first); and whole calls of `retrieve` with one sweep. Both ways
start from the same cues in turn in every round. Times are those of the processor; what is printed
are the best, and medians over the rounds of the ratios within a round. Exit status 1 if states
differ.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from typing import TYPE_CHECKING

import numpy as np

import multispin as ms
from multispin.learn.memories import _overlaps
from multispin.learn.memories._interactions import interaction
from multispin.learn.memories._retrieval import Walk

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Spins = NDArray[np.int8]


def main() -> int:
    """Measure with each number of patterns, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--patterns", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--units", type=int, default=1000)
    parser.add_argument("--cues", type=int, default=64)
    parser.add_argument("--noise", type=float, default=0.2)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    for n_patterns in options.patterns:
        rng = np.random.default_rng(1)
        shape = (n_patterns, options.units)
        patterns = (2 * rng.integers(0, 2, shape, dtype=np.int8) - 1).astype(np.int8)
        quiet = patterns[: options.cues]
        turned = rng.random(quiet.shape).argsort(axis=1) < options.noise * options.units
        cues = {"quiet": quiet, "first": np.where(turned, -quiet, quiet)}
        print(f"\n{n_patterns} patterns of {options.units} units, {len(quiet)} cues")
        report([one_round(patterns, cues) for _ in range(options.rounds)])
    return 0


def one_round(patterns: Spins, cues: dict[str, Spins]) -> list[tuple[str, float, float]]:
    """Return names, and times of all patterns and of few."""
    found = []
    for name, start in cues.items():
        everything, few = (measure(patterns, start, share) for share in (0.0, _overlaps.SHARE))
        if not np.array_equal(everything[2], few[2]):
            sys.exit("the states differ")
        found.append((f"{name} sweep", everything[0], few[0]))
        found.append((f"call, {name} sweep", everything[1], few[1]))
    return found


def measure(patterns: Spins, cues: Spins, share: float) -> tuple[float, float, Spins]:
    """Return the times of a sweep and of a call, and the states, with so many contenders."""
    usual, _overlaps.SHARE = _overlaps.SHARE, share
    memory = ms.DenseAssociativeMemory("exp").fit(patterns)
    held = np.zeros(cues.shape, np.bool_)
    walk = Walk(interaction("exp", 0, *patterns.shape), patterns, cues, held, 0.0)
    began = time.process_time()
    walk.sequential(None)
    swept = time.process_time()
    del walk
    called = time.process_time()
    state = memory.retrieve(cues, sweeps=1).state
    done = time.process_time()
    _overlaps.SHARE = usual
    return swept - began, done - called, state


def report(rounds: list[list[tuple[str, float, float]]]) -> None:
    """Print the best times and the medians of ratios."""
    print("\n| | all patterns, s | few, s | ratio | lowest | highest |\n|---|---|---|---|---|---|")
    for same in zip(*rounds, strict=True):
        ratios = [every / few for _, every, few in same]
        best = [min(times[i] for times in same) for i in (1, 2)]
        shown = f"{statistics.median(ratios):.1f} | {min(ratios):.1f} | {max(ratios):.1f}"
        print(f"| {same[0][0]} | {best[0]:.3f} | {best[1]:.4f} | {shown} |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
