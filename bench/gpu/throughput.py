"""Throughput of a GPU through the Python interface, where Google Benchmark is not installed.

    python bench/gpu/throughput.py --output bench/results

Times sweeps at T_c, then compares the energy of the same sampler at T = 4 with Onsager's. Prints a
table and writes it to <date>-python-<GPU>.md. Exit status 1: an energy was wrong.
"""

from __future__ import annotations

import argparse
import datetime as dt
import math
import re
import sys
import time
from pathlib import Path

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
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--output", type=Path, required=True, help="folder for the table")
    output = parser.parse_args().output

    rows = ["| L | generator | dynamics | flips/ns | energy - exact at T = 4 |", "|" + "---|" * 5]
    sound, card = True, ""
    for L, rng, dynamics in CASES:
        model, T = ms.Ising((L, L)), ms.exact.critical_temperature
        sampler = ms.Sampler(model, T, dynamics=dynamics, init="up", seed=1, device="cuda", rng=rng)
        card = str(sampler.info()["device_name"])
        speed = flips_per_ns(sampler, L * L)
        error, tolerance = energy_error(sampler, L * L)
        sound = sound and abs(error) <= tolerance
        check = f"{error:+.1e} within {tolerance:.1e}{'' if abs(error) <= tolerance else ': wrong'}"
        rows.append(f"| {L} | {rng} | {dynamics} | {speed:.3g} | {check} |")
    date = dt.datetime.now(dt.timezone.utc).date().isoformat()
    text = "\n".join([f"# Through Python, at T_c: {card}, {date}", "", *rows, ""])
    print(text)
    output.mkdir(parents=True, exist_ok=True)
    slug = "-".join(re.findall(r"[a-z0-9]+", card.lower()))
    path = output / f"{date}-python-{slug}.md"
    path.write_text(text, encoding="utf-8")
    print(f"wrote {path}")
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
