"""Throughput of a GPU through the Python interface, where Google Benchmark is not installed.

    python bench/gpu/throughput.py --output bench/results [--seconds 100]

Times sweeps at T_c, then compares the energy of the same sampler at T = 4 with Onsager's. Prints a
table and writes it to <date>-python-<GPU>.md. Exit status 1: an energy was wrong.
Cases for which there are no seconds left are left out.
"""

from __future__ import annotations

import math
import sys
import time

from report import Report

import multispin as ms

# L, generator, dynamics
CASES = (
    (8192, "philox", "metropolis"),
    (16384, "philox", "metropolis"),
    (65536, "philox", "metropolis"),
    (65536, "philox", "glauber"),
    (8192, "aes", "metropolis"),
)
VARIANCE = 2.74  # of the total energy per spin, at T = 4


def flips_per_ns(sampler: ms.Sampler, spins: int) -> float:
    """Attempted spin updates per ns, in the fastest of 5 repetitions of about 0.1 s."""

    def seconds(sweeps: int) -> float:
        start = time.perf_counter()
        sampler.sweep(sweeps)
        sampler.synchronize()
        return time.perf_counter() - start

    seconds(1)  # the first sweep brings the kernel to the GPU
    sweeps = 1
    while (taken := seconds(sweeps)) < 0.025:
        sweeps *= 2
    sweeps = max(1, round(0.1 / taken * sweeps))
    return sweeps * spins / (1e9 * min(seconds(sweeps) for _ in range(5)))


def energy_error(sampler: ms.Sampler, spins: int) -> tuple[float, float]:
    """Energy per spin less Onsager's, at T = 4, and six of its standard deviations."""
    sampler.temperature = 4.0
    sampler.sweep(40)
    error = float(sampler.energy_per_spin()[0] - ms.exact.onsager(4.0).energy)
    return error, 6 * math.sqrt(VARIANCE / spins)


def main() -> int:
    """Measure, print, save; the exit status."""
    report = Report(__doc__, "python", seconds=100)
    rows = ["| L | generator | dynamics | flips/ns | energy - exact at T = 4 |", "|" + "---|" * 5]
    print("\n".join(rows))
    sound = True
    for L, rng, dynamics in CASES:
        if not report.has_time_for(f"L = {L}, {rng}, {dynamics}"):
            continue
        model, T = ms.Ising((L, L)), ms.exact.critical_temperature
        sampler = ms.Sampler(model, T, dynamics=dynamics, init="up", seed=1, device="cuda", rng=rng)
        speed = flips_per_ns(sampler, L * L)
        error, tolerance = energy_error(sampler, L * L)
        sound = sound and abs(error) <= tolerance
        check = f"{error:+.1e} within {tolerance:.1e}{'' if abs(error) <= tolerance else ': wrong'}"
        rows.append(f"| {L} | {rng} | {dynamics} | {speed:.3g} | {check} |")
        print(rows[-1], flush=True)
    report.write("Through Python, at T_c", rows)
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
