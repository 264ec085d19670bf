"""3D ±J glass: multispin and peapods side by side, on the same bonds, in one run.

    pip install -r bench/python/requirements.txt
    python bench/python/glass.py

One process, one thread, one core, rounds in turn. Prints and writes to bench/results:

- spin updates per second of plain sweeps (every walker at its own temperature), and of parallel
  tempering with energies and overlaps measured after every sweep;
- the time to equilibrate 8 samples of L = 8 at 32 temperatures, two replicas each. Runs from random
  starts count as equilibrated after n = 2^k sweeps, the first for which (and for 2n too) the energy
  per spin at the lowest temperature, averaged over sweeps n/2 .. n, replicas and samples, is within
  0.002 of that of a run 16 times as long as the longest that is tried. Both exchange after every
  sweep; the time is that of all n sweeps.

Both give the same energies, which is checked: exit status 1 if not.
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from peer import machine

if TYPE_CHECKING:
    from collections.abc import Callable

CORE = machine.one_thread(None)  # before anything may start threads

import numpy as np  # noqa: E402
from peapods import Ising  # noqa: E402

import multispin as ms  # noqa: E402

RESULTS = Path(__file__).resolve().parents[1] / "results"
TEMPERATURES = np.geomspace(0.7, 2.0, 32)
SAMPLES, REPLICAS, ROUNDS = 8, 2, 3
CLOSE = 0.002


def main() -> int:
    """Run the comparison; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=RESULTS)
    options = parser.parse_args()
    rows = [compare(size) for size in (8, 16)]
    settled, same = equilibrate(8)
    text = report(rows, settled)
    print(text)
    date = dt.datetime.now(dt.timezone.utc).date().isoformat()
    (options.output / f"{date}-glass.md").write_text(text, encoding="utf-8")
    if not same:
        print("the energies differ", file=sys.stderr)
    return 0 if same else 1


def glass(size: int) -> ms.EdwardsAnderson:
    """Return the samples that both run."""
    return ms.EdwardsAnderson((size,) * 3, seed=7, samples=SAMPLES)


def theirs(model: ms.EdwardsAnderson, sample: int) -> Any:
    """Return one sample as peapods' model."""
    bonds = np.ascontiguousarray(np.moveaxis(model.bonds[sample], 0, -1), dtype=np.float32)
    return Ising(model.shape, couplings=bonds, temperatures=TEMPERATURES, n_replicas=REPLICAS)


# --- rates ----------------------------------------------------------------------------------------


def compare(size: int) -> dict[str, float]:
    """Spin updates per ns, best of the rounds, which take turns."""
    model = glass(size)
    walkers = REPLICAS * len(TEMPERATURES)
    sampler = ms.Sampler(
        model,
        np.tile(TEMPERATURES, REPLICAS),
        replicas=walkers,
        seed=1,
        engine="replica",
        threads=1,
    )
    peer = theirs(model, 0)
    ours, other = model.n_spins * walkers * SAMPLES, model.n_spins * walkers
    sweeps, few = 200_000_000 // ours + 1, 20_000_000 // other + 1

    many = 20 * sweeps  # making a run and its Dataset takes some milliseconds

    def tempered() -> None:
        ms.temper(model, TEMPERATURES, many, replicas=REPLICAS, measure=["overlap"], threads=1)

    timed: dict[str, tuple[Callable[[], object], int]] = {
        "multispin, sweeps": (lambda: sampler.sweep(sweeps), ours * sweeps),
        "peapods, sweeps": (
            lambda: peer.sample(few, sequential=True, warmup_ratio=1.0),
            other * few,
        ),
        "multispin, tempering, measured": (tempered, ours * many),
        "peapods, tempering, measured": (
            lambda: peer.sample(few, sequential=True, warmup_ratio=0.0, pt_interval=1),
            other * few,
        ),
    }
    rates = {"L": float(size)} | dict.fromkeys(timed, 0.0)
    for _ in range(ROUNDS):
        for name, (work, flips) in timed.items():
            began = time.perf_counter()
            with np.errstate(all="ignore"):
                work()
            rates[name] = max(rates[name], flips / (time.perf_counter() - began) * 1e-9)
    return rates


# --- time to equilibrate --------------------------------------------------------------------------


Settled = dict[str, "tuple[int, float] | None"]


def equilibrate(size: int) -> tuple[Settled, bool]:
    """Return sweeps and seconds of each until it is close, and whether both agree in the end."""
    model = glass(size)
    longest = 2**14
    final = our_energy(model, 16 * longest)
    found = {
        "multispin": first_close(lambda n: our_energy(model, n), final, longest),
        "peapods": first_close(lambda n: their_energy(model, n), final, longest),
    }
    at_last = their_energy(model, longest)
    return found, abs(at_last - final) < CLOSE


def first_close(
    energy: Callable[[int], float], final: float, longest: int
) -> tuple[int, float] | None:
    """Return the first n = 2^k that is close, as is 2n, and its seconds; None if there is none."""
    before = None
    n = 16
    while n <= longest:
        began = time.perf_counter()
        close = abs(energy(n) - final) < CLOSE
        now = (n, time.perf_counter() - began)
        if close and before is not None:
            return before
        before = now if close else None
        n *= 2
    return None


def our_energy(model: ms.EdwardsAnderson, n: int) -> float:
    """Mean energy per spin at the lowest temperature over the second half of n sweeps."""
    run = ms.temper(
        model,
        TEMPERATURES,
        sweeps=n // 2,
        thermalization=n // 2,
        replicas=REPLICAS,
        measure=["overlap"],
        threads=1,
        seed=n,
    )
    return float(run.energy.isel(temperature=0).mean()) / model.n_spins


def their_energy(model: ms.EdwardsAnderson, n: int) -> float:
    """As `our_energy`."""
    energies = []
    for sample in range(SAMPLES):
        peer = theirs(model, sample)
        # It gives sum J s s, without the minus sign.
        result = peer.sample(n, sequential=True, warmup_ratio=0.5, pt_interval=1)
        energies.append(-float(result["energies"][0]))
    return float(np.mean(energies))


# --- what is said ---------------------------------------------------------------------------------


def report(rows: list[dict[str, float]], settled: Settled) -> str:
    """Return it as a Markdown page."""
    about = ", ".join(f"{key} {value}" for key, value in machine.describe(CORE).items())
    lines = [f"# 3D ±J glass beside peapods\n\n{about}\n"]
    sizes = " | ".join(f"L = {r['L']:.0f}" for r in rows)
    lines.append(f"| spin updates per ns | {sizes} |")
    lines.append("|---" * (len(rows) + 1) + "|")
    lines += [
        f"| {name} | " + " | ".join(f"{r[name]:.3g}" for r in rows) + " |"
        for name in rows[0]
        if name != "L"
    ]
    for what in ("sweeps", "tempering, measured"):
        ratios = (f"{r[f'multispin, {what}'] / r[f'peapods, {what}']:.0f}×" for r in rows)
        lines.append(f"| ratio, {what} | " + " | ".join(ratios) + " |")
    lines.append(
        f"\n{SAMPLES} samples of L = 8 are equilibrated (criterion: bench/python/glass.py):\n"
    )
    for name, found in settled.items():
        when = (
            "not within the longest run"
            if found is None
            else f"{found[0]} sweeps, {found[1]:.3g} s"
        )
        lines.append(f"- {name}: {when}")
    ours, theirs = settled.values()
    if ours is not None and theirs is not None:
        lines.append(f"- ratio of the times: {theirs[1] / ours[1]:.0f}×")
    lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
