"""Moments of samples beside NumPy's matrix products, on as many threads, in one run.

    python bench/python/moments.py [--samples 100000] [--spins 1000] [--threads 1 2] [--rounds 7]

Second moments of int8 samples S (M, N). NumPy multiplies float32, `S.T @ S`, which it hands to
BLAS as SYRK, half of a product; and two different arrays of the same numbers, GEMM. The
conversion to float32 is timed by itself. Weighted moments are compared with `(S.T * w) @ S` in
float64, of a tenth of the samples. Each round measures everything once; what is printed are the
best times, and medians over the rounds of the ratios within a round. Exit status 1 if the moments
are not those of the float32 product.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import numpy as np

import multispin as ms

if TYPE_CHECKING:
    from collections.abc import Callable

    Works = dict[str, Callable[[], object]]

# What is divided by what.
RATIOS = {
    "float32 S.T @ S (SYRK) over moments": (("syrk",), "moments"),
    "the same with the conversion": (("convert", "syrk"), "moments"),
    "float32 GEMM over moments": (("gemm",), "moments"),
    "float64 (S.T * w) @ S over weighted moments": (("weighted gemm",), "weighted moments"),
}


def main() -> int:
    """Measure with each number of threads, print, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=100_000)
    parser.add_argument("--spins", type=int, default=1000)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        rounds = measure(options.samples, options.spins, options.threads[0], options.rounds)
        print(json.dumps(rounds))
        return 0
    print(f"{options.samples} samples of {options.spins} spins, {ms.info()['instruction_set']}")
    for threads in options.threads:
        report(threads, in_child(options, threads))
    return 0


def in_child(options: argparse.Namespace, threads: int) -> list[dict[str, float]]:
    """Measure in a process whose BLAS has so many threads: it reads the number as it starts."""
    numbers = {"samples": options.samples, "spins": options.spins, "rounds": options.rounds}
    words = [word for name, number in numbers.items() for word in (f"--{name}", str(number))]
    done = subprocess.run(
        [sys.executable, __file__, "--child", "--threads", str(threads), *words],
        env={**os.environ, "OPENBLAS_NUM_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    rounds: list[dict[str, float]] = json.loads(done.stdout)
    return rounds


def measure(m: int, n: int, threads: int, rounds: int) -> list[dict[str, float]]:
    """Seconds of everything, round by round."""
    rng = np.random.default_rng(1)
    samples = (2 * rng.integers(0, 2, (m, n), dtype=np.int8) - 1).astype(np.int8)
    floats = samples.astype(np.float32)
    other = floats.copy()
    products = (floats.T @ floats).astype(np.float64)  # exact below 2^24 samples
    if not np.array_equal(ms.moments(samples, threads=threads)[1], products / m):
        sys.exit("the sums differ")
    few = samples[: m // 10]
    doubles, weights = few.astype(np.float64), rng.random(len(few))
    works: Works = {
        "moments": lambda: ms.moments(samples, threads=threads),
        "convert": lambda: samples.astype(np.float32),
        "syrk": lambda: floats.T @ floats,
        "gemm": lambda: floats.T @ other,
        "weighted moments": lambda: ms.moments(few, weights, threads=threads),
        "weighted gemm": lambda: (doubles.T * weights) @ doubles,
    }
    return [{name: seconds(work) for name, work in works.items()} for _ in range(rounds)]


def seconds(work: Callable[[], object]) -> float:
    """Time of one call."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def report(threads: int, rounds: list[dict[str, float]]) -> None:
    """Print the best times and the medians of ratios."""
    print(f"\n{threads} thread(s), {len(rounds)} rounds\n\n| | best, ms |\n|---|---|")
    for name in rounds[0]:
        print(f"| {name} | {1e3 * min(times[name] for times in rounds):.1f} |")
    print("\n| ratio | median | lowest | highest |\n|---|---|---|---|")
    for name, (above, below) in RATIOS.items():
        ratios = [sum(times[one] for one in above) / times[below] for times in rounds]
        low, high = min(ratios), max(ratios)
        print(f"| {name} | {statistics.median(ratios):.1f} | {low:.1f} | {high:.1f} |")


if __name__ == "__main__":
    sys.exit(main())
