"""What Python adds to the kernels: the cost of a call, of measuring with `simulate`, of the import.

    python bench/python/calls.py

Prints a table with the goals. Each figure is the best of a few repetitions: other programs on the
machine can only add to it.
"""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING

import multispin as ms

if TYPE_CHECKING:
    from collections.abc import Callable

L = 1024
TEMPERATURE = 2.269185


def best(action: Callable[[], object], repetitions: int) -> float:
    """Shortest time of an action, in seconds."""
    times = []
    for _ in range(repetitions):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return min(times)


def microseconds_of_a_call() -> float:
    """One `sweep(1)` less its share of one `sweep(n)`, on a lattice that takes about as long."""
    n = 20_000
    sampler = ms.Sampler(ms.Ising((64, 64)), TEMPERATURE, threads=1)

    def many_calls() -> None:
        for _ in range(n):
            sampler.sweep(1)

    alone = best(many_calls, 7)
    together = best(lambda: sampler.sweep(n), 7)
    return (alone - together) / n * 1e6


def simulate_over_bare_sweeps() -> float:
    """Rate of `simulate` with a draw every 10 sweeps, over that of the sweeps alone."""
    sampler = ms.Sampler(ms.Ising((L, L)), TEMPERATURE, threads=1)
    short, long = 1_000, 11_000

    def simulate(sweeps: int) -> float:
        def run() -> object:
            return ms.simulate(
                ms.Ising((L, L)), [TEMPERATURE], sweeps, 0, interval=10, threads=1, progress=False
            )

        return best(run, 5)

    bare = best(lambda: sampler.sweep(long - short), 5)
    # The difference leaves out what is spent once a run.
    return bare / (simulate(long) - simulate(short))


def seconds_of_the_import() -> float:
    """`import multispin` beyond starting Python and importing numpy, which it needs."""

    def python(code: str) -> float:
        return best(lambda: subprocess.run([sys.executable, "-c", code], check=True), 7)

    return python("import multispin") - python("import numpy")


def main() -> None:
    """Measure and print."""
    rows = [
        ("one sweep(1) call beyond its sweep, µs", microseconds_of_a_call(), "3, aim 1"),
        ("simulate, interval=10, over bare sweeps", simulate_over_bare_sweeps(), "0.95, aim 0.98"),
        ("import multispin beyond numpy's, s", seconds_of_the_import(), "0.1"),
    ]
    print(f"{'':42}{'measured':>10}   goal")
    for name, value, goal in rows:
        print(f"{name:42}{value:10.3g}   {goal}")


if __name__ == "__main__":
    main()
