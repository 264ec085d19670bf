"""Real couplings: multispin and others side by side, on the same couplings, in one run.

    pip install -r bench/python/requirements.txt
    python bench/python/real.py

One process, one thread, one core, rounds in turn; CPU time, so that other programs on the machine
take nothing away but caches. Attempted flips per ns of

- the Sherrington-Kirkpatrick glass with N = 2000 Gaussian couplings, 256 replicas, at T = 0.4 and
  1.5, beside dwave-samplers, OpenJij (both anneal one replica after the other; here at one
  temperature) and a C loop that maintains fields of floating-point numbers, of one replica;
- the Edwards-Anderson glass with Gaussian couplings, L = 10 in three dimensions, 64 replicas at
  T = 1, beside peapods.

Everybody's energy at the end is compared with that of the others: exit status 1 if it differs.
"""

from __future__ import annotations

import argparse
import ctypes
import datetime as dt
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from peer import machine

if TYPE_CHECKING:
    from collections.abc import Callable

CORE = machine.one_thread(None)  # before anything may start threads

import dimod  # noqa: E402
import numpy as np  # noqa: E402
import openjij  # noqa: E402
import peapods  # noqa: E402
from dwave.samplers import SimulatedAnnealingSampler  # noqa: E402

import multispin as ms  # noqa: E402

RESULTS = Path(__file__).resolve().parents[1] / "results"
SPINS, REPLICAS = 2000, 256
SIDE, GLASS_REPLICAS = 10, 64
ROUNDS = 3

LOOP = r"""
#include <math.h>
#include <stdint.h>
static uint64_t x = 88172645463325252ull;
static float uniform(void) {
  x ^= x << 13; x ^= x >> 7; x ^= x << 17;
  return ((x >> 40) + 0.5f) * 0x1p-24f;
}
void sweep(int n, const float* J, float* f, float* s, float beta, int sweeps) {
  for (int t = 0; t < sweeps; ++t)
    for (int i = 0; i < n; ++i) {
      const float cost = 2 * s[i] * f[i];
      if (cost <= 0 || uniform() < expf(-beta * cost)) {
        const float change = -2 * s[i];
        s[i] = -s[i];
        const float* row = J + (long)i * n;
        for (int j = 0; j < n; ++j) f[j] += change * row[j];
      }
    }
}
"""


@dataclass
class Runner:
    """Somebody who sweeps: how, how many attempts a call makes, the energy per spin after it."""

    name: str
    sweep: Callable[[], object]
    attempts: int
    energy: Callable[[], float]
    best: float = 0.0  # attempts per ns

    def time(self) -> None:
        """Take part in a round."""
        began = time.process_time()
        self.sweep()
        self.best = max(self.best, self.attempts / (time.process_time() - began) * 1e-9)


def main() -> int:
    """Run the comparison; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=RESULTS)
    options = parser.parse_args()
    glass = ms.SherringtonKirkpatrick(SPINS, seed=1)
    lattice = ms.EdwardsAnderson((SIDE,) * 3, seed=1, couplings="gaussian")
    tables = {f"SK, N = {SPINS}, T = {T}": all_pairs(glass, T) for T in (1.5, 0.4)} | {
        f"3D Gaussian glass, L = {SIDE}, T = 1": some_pairs(lattice)
    }
    for runners in tables.values():
        for _ in range(ROUNDS):
            for runner in runners:
                runner.time()
                print(f"{runner.name}: {runner.best:.3g}", file=sys.stderr, flush=True)
    text = report(tables)
    print(text)
    date = dt.datetime.now(dt.timezone.utc).date().isoformat()
    (options.output / f"{date}-real.md").write_text(text, encoding="utf-8")
    energies = [[runner.energy() for runner in runners] for runners in tables.values()]
    same = all(max(e) - min(e) < 0.05 for e in energies)
    if not same:
        print(f"the energies differ: {energies}", file=sys.stderr)
    return 0 if same else 1


def ours(model: ms.models.SignedGraph, T: float, replicas: int, sweeps: int) -> Runner:
    """Return multispin, after as many sweeps as others have made."""
    sampler = ms.Sampler(model, T, replicas, seed=1, threads=1, device="cpu")
    sampler.sweep(500)
    return Runner(
        f"multispin, {replicas} replicas",
        lambda: sampler.sweep(sweeps),
        sweeps * replicas * model.n_spins,
        lambda: float(sampler.energy_per_spin().mean()),
    )


# --- all pairs ------------------------------------------------------------------------------------


def all_pairs(model: ms.SherringtonKirkpatrick, T: float) -> list[Runner]:
    """Return everybody who sweeps the SK glass."""
    J = np.zeros((SPINS, SPINS))
    i, j = model.edges.T
    J[i, j] = J[j, i] = model.couplings
    return [
        ours(model, T, REPLICAS, 20 if T < 1 else 8),
        c_loop(model, J, T),
        dwave(model, T),
        open_jij(model, T),
    ]


def c_loop(model: ms.SherringtonKirkpatrick, J: np.ndarray, T: float) -> Runner:
    """Return the loop above, compiled for this machine."""
    folder = Path(tempfile.mkdtemp())
    (folder / "loop.c").write_text(LOOP, encoding="utf-8")
    command = ["gcc", "-O3", "-march=native", "-ffast-math", "-shared", "-fPIC", "loop.c", "-lm"]
    subprocess.run([*command, "-o", "loop.so"], cwd=folder, check=True)
    sweep = ctypes.CDLL(str(folder / "loop.so")).sweep
    matrix = J.astype(np.float32)
    spins = np.where(np.random.default_rng(1).random(SPINS) < 0.5, 1, -1).astype(np.float32)
    fields = matrix @ spins
    pointers = [array.ctypes.data_as(ctypes.c_void_p) for array in (matrix, fields, spins)]

    def go(sweeps: int) -> None:
        sweep(SPINS, *pointers, ctypes.c_float(1 / T), sweeps)

    go(200)
    return Runner(
        "a C loop, 1 replica", lambda: go(500), 500 * SPINS,
        lambda: float(model.energy(spins.astype(np.int8))) / SPINS,
    )  # fmt: skip


class _LastState:
    """The state that an annealer goes on from, and its energy."""

    def __init__(self, model: ms.SherringtonKirkpatrick) -> None:
        self.model = model
        self.spins = np.where(np.random.default_rng(2).random(SPINS) < 0.5, 1, -1).astype(np.int8)

    def energy(self) -> float:
        return float(self.model.energy(self.spins)) / SPINS


def dwave(model: ms.SherringtonKirkpatrick, T: float) -> Runner:
    """Return dwave-samplers at one temperature; its energy is +Σ J s s."""
    vectors = (np.zeros(SPINS), (*model.edges.T, -model.couplings), 0.0, dimod.SPIN)
    bqm = dimod.BinaryQuadraticModel.from_numpy_vectors(*vectors)
    sampler, last = SimulatedAnnealingSampler(), _LastState(model)

    def go(sweeps: int) -> None:
        answer = sampler.sample(
            bqm, beta_schedule_type="custom", beta_schedule=[1 / T], num_sweeps_per_beta=sweeps,
            num_reads=1, initial_states=(last.spins[None], range(SPINS)), seed=1,
            proposal_acceptance_criteria="Metropolis",
        )  # fmt: skip
        last.spins[np.fromiter(answer.variables, int, SPINS)] = answer.record.sample[0]

    go(100)
    few = constant_part(go)
    return Runner("dwave-samplers", lambda: go(few), few * SPINS, last.energy)


def open_jij(model: ms.SherringtonKirkpatrick, T: float) -> Runner:
    """Return OpenJij at one temperature; its energy is +Σ J s s."""
    pairs = dict(zip(map(tuple, model.edges.tolist()), (-model.couplings).tolist(), strict=True))
    bqm = openjij.model.model.BinaryQuadraticModel({}, pairs, 0.0, "SPIN", sparse=False)
    sampler, last = openjij.SASampler(), _LastState(model)
    order = np.array(bqm.variables)

    def go(sweeps: int) -> None:
        answer = sampler.sample(
            bqm, schedule=[(1 / T, sweeps)], num_reads=1, seed=1,
            initial_state=last.spins[order].tolist(),
        )  # fmt: skip
        last.spins[order] = answer.record.sample[0]

    go(100)
    few = constant_part(go)
    return Runner("OpenJij", lambda: go(few), few * SPINS, last.energy)


def constant_part(go: Callable[[int], None]) -> int:
    """Return so many sweeps that a call's fixed part is below a tenth of it."""
    began = time.process_time()
    go(1)
    fixed = time.process_time() - began
    began = time.process_time()
    go(51)
    one = max((time.process_time() - began - fixed) / 50, 1e-6)
    return int(min(max(10 * fixed / one, 50), 2000))


# --- some pairs -----------------------------------------------------------------------------------


def some_pairs(model: ms.EdwardsAnderson) -> list[Runner]:
    """Return everybody who sweeps the lattice."""
    bonds = model.couplings.reshape(3, *model.shape)
    theirs = np.ascontiguousarray(np.moveaxis(bonds, 0, -1), dtype=np.float32)
    peer = peapods.Ising(
        model.shape, couplings=theirs, temperatures=np.ones(1), n_replicas=GLASS_REPLICAS
    )
    energies: list[float] = []

    def go() -> None:
        with np.errstate(all="ignore"):
            result = peer.sample(500, sequential=True, warmup_ratio=0.5)
        energies[:] = [-float(result["energies"][0])]  # it gives +Σ J s s

    attempts = 500 * GLASS_REPLICAS * model.n_spins
    return [ours(model, 1.0, GLASS_REPLICAS, 1000), Runner("peapods", go, attempts,
                                                           lambda: energies[0])]  # fmt: skip


def report(tables: dict[str, list[Runner]]) -> str:
    """Return it as a Markdown page."""
    about = ", ".join(f"{key} {value}" for key, value in machine.describe(CORE).items())
    lines = [f"# Real couplings beside other packages\n\n{about}\n"]
    for title, runners in tables.items():
        lines += [f"\n| {title} | attempted flips/ns, CPU time | multispin is |", "|---|---|---|"]
        lines += [
            f"| {runner.name} | {runner.best:.3g} | {runners[0].best / runner.best:.3g}× |"
            for runner in runners
        ]
    lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
