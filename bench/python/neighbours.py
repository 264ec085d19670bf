"""Threads beside another busy program: two and four against one, alone and with a neighbour.

    python bench/python/neighbours.py [--rounds 5] [--seconds 0.3] [CASE ...]

Meant for a machine of two cores. The neighbour is a process that does nothing but count; the script
starts and ends it. In every round each number of threads is measured once, one after the other, and
each is compared with one thread in the same round; what is printed are medians over the rounds.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import numpy as np

import multispin as ms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Sweep = Callable[[int], object]  # so many sweeps

THREADS = (1, 2, 4)


def lattice(size: int) -> Callable[[int], Sweep]:
    """One square lattice."""
    return lambda threads: ms.Sampler(ms.Ising((size, size)), 2.269, seed=1, threads=threads).sweep


def glass(size: int) -> Callable[[int], Sweep]:
    """512 replicas of a glass."""
    model = ms.EdwardsAnderson((size, size, size), seed=1)
    return lambda threads: ms.Sampler(model, 1.1, replicas=512, seed=1, threads=threads).sweep


def tempering(size: int, samples: int, ladders: int) -> Callable[[int], Sweep]:
    """Ladders of 32 temperatures, exchanged and measured after every sweep."""
    model = ms.EdwardsAnderson((size, size, size), seed=1, samples=samples)
    temperatures = np.geomspace(0.5, 2.2, 32)

    def make(threads: int) -> Sweep:
        def run(sweeps: int) -> object:
            return ms.temper(model, temperatures, sweeps, replicas=ladders, seed=1, threads=threads)

        return run

    return make


CASES = {
    "L = 2048": lattice(2048),
    "L = 8192": lattice(8192),
    "512 replicas, L = 8": glass(8),
    "512 replicas, L = 16": glass(16),
    "temper, L = 8, 8 x 2 ladders": tempering(8, 8, 2),
    "temper, L = 8, 8 x 8 ladders": tempering(8, 8, 8),
}


def seconds(sweep: Sweep, sweeps: int) -> float:
    """Time of so many sweeps."""
    start = time.perf_counter()
    sweep(sweeps)
    return time.perf_counter() - start


def sweeps_for(sweep: Sweep, wanted: float) -> int:
    """How many sweeps take about so many seconds."""
    sweep(16)  # the first call imports what a run needs
    sweeps = 16
    while (taken := seconds(sweep, sweeps)) < wanted / 4:
        sweeps *= 2
    return max(16, int(sweeps * wanted / taken))


@contextlib.contextmanager
def neighbour() -> Iterator[None]:
    """Another busy process."""
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def ratios(sweeps: dict[int, Sweep], count: int, rounds: int) -> list[float]:
    """Speed with each number of threads over that of one."""
    of_round: list[list[float]] = []
    for _ in range(rounds):
        times = [seconds(sweeps[threads], count) for threads in THREADS]
        of_round.append([times[0] / t for t in times])
    return [statistics.median(column) for column in zip(*of_round, strict=True)]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cases", nargs="*", metavar="CASE", help="default: all")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.3, help="of one measurement")
    options = parser.parse_args()
    print(f"{'':30}{'alone, 2':>10}{'alone, 4':>10}{'beside, 2':>11}{'beside, 4':>11}")
    for name in options.cases or CASES:
        sweeps = {threads: CASES[name](threads) for threads in THREADS}
        count = sweeps_for(sweeps[1], options.seconds)
        alone = ratios(sweeps, count, options.rounds)
        with neighbour():
            beside = ratios(sweeps, count, options.rounds)
        print(f"{name:30}{alone[1]:10.2f}{alone[2]:10.2f}{beside[1]:11.2f}{beside[2]:11.2f}")


if __name__ == "__main__":
    main()
