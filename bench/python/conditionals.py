"""Losses of conditional probabilities beside NumPy's matrix products, in one run.

    python bench/python/conditionals.py [--samples 100000] [--spins 200] [--rounds 5]

Values and gradients of the logistic and of the exponential loss, and Hessians times a direction, of
random spins S (M, N) that are inputs and targets. NumPy works in float64: the fields are
`S @ J.T`, the gradient is `slopes.T @ S`, both by BLAS on as many threads, and exponentials and
logarithms stand between them; it is given S as float64. Each round measures everything once.
What is printed are the least processor times, of all threads together, and wall times, and medians
over the rounds of the ratios of processor times within a round: they do not depend on who else uses
the machine as wall times do. Exit status 1 if values or gradients differ.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import numpy as np

import multispin as ms
from multispin._engines.conditionals import Conditionals

if TYPE_CHECKING:
    from collections.abc import Callable

    Works = dict[str, Callable[[], Any]]
    Rounds = list[dict[str, tuple[float, float]]]

RATIOS = {
    "logistic, NumPy over ours": ("NumPy logistic", "logistic"),
    "exponential, NumPy over ours": ("NumPy exponential", "exponential"),
    "the two matrix products over ours, logistic": ("NumPy products", "logistic"),
}


def main() -> int:
    """Measure with each number of threads, print, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=100_000)
    parser.add_argument("--spins", type=int, default=200)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        rounds = measure(options.samples, options.spins, options.threads[0], options.rounds)
        print(json.dumps(rounds))
        return 0
    isa = ms.info()["instruction_set"]["used"]
    print(f"{options.samples} samples of {options.spins} spins, {isa}")
    for threads in options.threads:
        report(threads, in_child(options, threads))
    return 0


def in_child(options: argparse.Namespace, threads: int) -> Rounds:
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
    rounds: Rounds = json.loads(done.stdout)
    return rounds


def measure(m: int, n: int, threads: int, rounds: int) -> Rounds:
    """Processor and wall seconds of everything, round by round."""
    rng = np.random.default_rng(1)
    spins = np.where(rng.random((m, n)) < 0.5, 1, -1).astype(np.int8)
    J = rng.normal(size=(n, n)) / np.sqrt(n)
    np.fill_diagonal(J, 0.0)
    h = 0.1 * rng.normal(size=n)
    ours = Conditionals.of_spins(spins, threads=threads)
    S = spins.astype(np.float64)
    works: Works = {
        "logistic": lambda: ours.losses(J, h, "logistic"),
        "exponential": lambda: ours.losses(J, h, "exponential"),
        "logistic curvature": lambda: ours.curvature(J, h, "logistic", J, h),
        "exponential curvature": lambda: ours.curvature(J, h, "exponential", J, h),
        "NumPy logistic": lambda: logistic(S, J, h),
        "NumPy exponential": lambda: exponential(S, J, h),
        "NumPy products": lambda: (S @ J.T).T @ S,
    }
    for loss in ("logistic", "exponential"):
        pairs = zip(works[loss](), works[f"NumPy {loss}"](), strict=True)
        if not all(np.allclose(a, b, rtol=1e-12, atol=1e-9) for a, b in pairs):
            sys.exit(f"{loss}: values or gradients differ")
    return [{name: seconds(work) for name, work in works.items()} for _ in range(rounds)]


def logistic(S: Any, J: Any, h: Any) -> tuple[Any, Any, Any]:
    """Values and gradients as one writes them with NumPy, in few temporaries."""
    y = S @ J.T
    y += h
    y *= S
    y *= -2.0
    e = np.exp(-np.abs(y))
    values = (np.maximum(y, 0.0) + np.log1p(e)).sum(axis=0)
    slopes = np.where(y > 0.0, 1.0, e) / (1.0 + e)
    slopes *= -2.0
    slopes *= S
    return values, slopes.T @ S, slopes.sum(axis=0)


def exponential(S: Any, J: Any, h: Any) -> tuple[Any, Any, Any]:
    """Likewise."""
    y = S @ J.T
    y += h
    y *= S
    np.negative(y, out=y)
    highest = y.max(axis=0)
    y -= highest
    p = np.exp(y, out=y)
    total = p.sum(axis=0)
    p *= S
    p /= -total
    return highest + np.log(total), p.T @ S, p.sum(axis=0)


def seconds(work: Callable[[], object]) -> tuple[float, float]:
    """Processor time, of all threads together, and wall time of one call."""
    wall, used = time.perf_counter(), time.process_time()
    work()
    return time.process_time() - used, time.perf_counter() - wall


def report(threads: int, rounds: Rounds) -> None:
    """Print the best times and the medians of ratios."""
    print(f"\n{threads} thread(s), {len(rounds)} rounds")
    print("\n| | processor time, best, ms | wall time, best, ms |\n|---|---|---|")
    for name in rounds[0]:
        used, wall = (1e3 * min(times[name][kind] for times in rounds) for kind in (0, 1))
        print(f"| {name} | {used:.0f} | {wall:.0f} |")
    print("\n| ratio of processor times | median | lowest | highest |\n|---|---|---|---|")
    for name, (above, below) in RATIOS.items():
        ratios = [times[above][0] / times[below][0] for times in rounds]
        low, high = min(ratios), max(ratios)
        print(f"| {name} | {statistics.median(ratios):.1f} | {low:.1f} | {high:.1f} |")


if __name__ == "__main__":
    sys.exit(main())
