"""Machines of two layers on a GPU: the CPU's numbers, and connections a second.

    python bench/gpu/bipartite.py --output bench/results [--seconds 20]

Holds everything that a machine computes against the CPU, bit for bit; then times Gibbs steps of
chains of 784 visible and 500 hidden units, sums of gradients and new weights, and beside them the
same step with PyTorch or CuPy, if one is installed. Prints a table and writes it to
<date>-bipartite-<GPU>.md. Exit status 1: numbers differ. Cases for which there are no seconds left
are left out.
"""

from __future__ import annotations

import importlib.util
import sys
import time
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from report import Report, fastest

import multispin as ms
from multispin._engines import bipartite as bp

if TYPE_CHECKING:
    from collections.abc import Callable

VISIBLE, HIDDEN = 784, 500
CHAINS = (100, 1000, 10_000, 100_000)


class Chains:
    """A machine and chains of it, of whose visible units a fifth are up."""

    def __init__(self, chains: int) -> None:
        rng = np.random.default_rng(1)
        weights = rng.normal(scale=0.1, size=(HIDDEN, VISIBLE)).astype(np.float32)
        self.machine = bp.Bipartite(
            weights, np.full(VISIBLE, -2.0), np.full(HIDDEN, -1.0), device="cuda"
        )
        self.bits = bp.pack(rng.random((chains, VISIBLE)) < 0.2)
        self.numbers = bp.Numbers(1, np.arange(chains, dtype=np.uint64), 0)

    def sweep(self, steps: int) -> None:
        """Make Gibbs steps, all from the same start."""
        self.machine.gibbs(self.bits, steps, self.numbers)

    def synchronize(self) -> None:
        """Do nothing: steps are done when they return."""


def everything(device: str, sizes: tuple[int, int], rows: int) -> dict[str, Any]:
    """Return what a machine of a size, with levels, has to say."""
    rng = np.random.default_rng([*sizes, rows])
    n_visible, n_hidden = sizes
    a, b = rng.normal(size=(3, n_visible)), rng.normal(size=(3, n_hidden))
    one = bp.Bipartite(rng.normal(size=(n_hidden, n_visible)), a[0], b[0], device=device)
    one.set_levels([1.0, 0.0, 0.4], a, b)
    numbers = bp.Numbers(2**63 + 1, rng.integers(0, 2**64, rows, dtype=np.uint64), 2**40)
    level = rng.integers(0, 3, rows)
    bits = bp.pack(rng.random((rows, n_visible)) < 0.4)
    held = bp.pack(rng.random((rows, n_visible)) < 0.2)
    visible, hidden = one.gibbs(bits, 5, numbers, level, held)
    values = one.probabilities(visible, "hidden", level)
    return {
        "gibbs, visible": visible,
        "gibbs, hidden": hidden,
        "gibbs, one mask": one.gibbs(bits, 2, numbers, clamp=held[0])[0],
        "draw": one.draw(hidden, "visible", numbers, level),
        "fields": one.fields(hidden, "visible", level),
        "probabilities": values,
        "softplus": one.softplus(visible, "hidden", [0, 1, 2]),
        "outer": one.outer(visible, n_visible, values),
        "outer, float64": one.outer(visible, n_visible, values - 1 / 3),
    }


def all_same() -> bool:
    """Hold everything against the CPU; say what differs."""
    sizes = ((1, 1), (31, 33), (64, 65), (130, 257), (784, 500))
    different = count = 0
    for size in sizes:
        for rows in (1, 9, 100, 1000) if size != (784, 500) else (100, 3000):
            found = [everything(device, size, rows) for device in ("cpu", "cuda")]
            for name, wanted in found[0].items():
                count += 1
                if not np.array_equal(wanted, found[1][name]):
                    different += 1
                    print(f"{size}, {rows} rows: {name} is not that of the CPU")
    print(f"{count - different} of {count} arrays are those of the CPU")
    return different == 0


def seconds_of(work: Callable[[int], object]) -> float:
    """Time of one of `work(n)`, beside what a call of it costs: slope of the fastest of three."""

    def of_three(times: int) -> float:
        taken = []
        for _ in range(3):
            start = time.perf_counter()
            work(times)
            taken.append(time.perf_counter() - start)
        return min(taken)

    work(2)
    few = 4
    once = of_three(few)
    while once < 0.02 and few < 2**14:
        few *= 2
        once = of_three(few)
    return (of_three(3 * few) - once) / (2 * few)


def torch_step(chains: int) -> Callable[[int], object] | None:
    """Return Gibbs steps with PyTorch, in float32 as it multiplies by default."""
    if importlib.util.find_spec("torch") is None:
        return None
    import torch

    if not torch.cuda.is_available():
        return None
    weights = torch.randn(HIDDEN, VISIBLE, device="cuda") * 0.1
    a, b = (torch.zeros(n, device="cuda") for n in (VISIBLE, HIDDEN))
    state = (torch.rand(chains, VISIBLE, device="cuda") < 0.2).float()

    def steps(times: int) -> None:
        visible = state
        for _ in range(times):
            hidden = torch.bernoulli(torch.sigmoid(torch.nn.functional.linear(visible, weights, b)))
            visible = torch.bernoulli(torch.sigmoid(torch.addmm(a, hidden, weights)))
        torch.cuda.synchronize()

    return steps


def cupy_step(chains: int) -> Callable[[int], object] | None:
    """Return the same with CuPy."""
    if importlib.util.find_spec("cupy") is None:
        return None
    import cupy as cp

    weights = cp.random.standard_normal((HIDDEN, VISIBLE), dtype=cp.float32) * 0.1
    state = (cp.random.random((chains, VISIBLE), dtype=cp.float32) < 0.2).astype(cp.float32)

    def drawn(fields: Any) -> Any:
        numbers = cp.random.random(fields.shape, dtype=cp.float32)
        return (numbers * (1 + cp.exp(-fields)) < 1).astype(cp.float32)

    def steps(times: int) -> None:
        visible = state
        for _ in range(times):
            visible = drawn(drawn(visible @ weights.T) @ weights)
        cp.cuda.Device().synchronize()

    return steps


def cases() -> list[tuple[str, Callable[[], float], float]]:
    """Return what is timed: a name, its seconds, and the connections of it."""
    out: list[tuple[str, Callable[[], float], float]] = []
    for chains in CHAINS:
        connections = 2.0 * chains * VISIBLE * HIDDEN

        def steps(chains: int = chains) -> float:
            return seconds_of(Chains(chains).sweep)

        out.append((f"Gibbs step, {chains:,} chains", steps, connections))
        for name, other in (("PyTorch", torch_step), ("CuPy", cupy_step)):
            its = other(chains) if chains >= 1000 else None
            if its is not None:
                out.append((f"the same with {name}", lambda its=its: seconds_of(its), connections))
    for samples in (1000, 100_000):

        def outer(samples: int = samples) -> float:
            of = Chains(samples)
            values = np.random.default_rng(2).random((samples, HIDDEN), dtype=np.float32)
            return 1e-3 * fastest(lambda: of.machine.outer(of.bits, VISIBLE, values))

        out.append((f"outer, {samples:,} samples, a call", outer, 1.0 * samples * VISIBLE * HIDDEN))

    def one_step() -> float:
        of = Chains(1000)
        return 1e-3 * fastest(lambda: of.sweep(1))

    def replaced() -> float:
        weights = np.random.default_rng(3).normal(size=(HIDDEN, VISIBLE)).astype(np.float32)
        one = Chains(1).machine
        return 1e-3 * fastest(lambda: one.replace(weights, np.zeros(VISIBLE), np.zeros(HIDDEN)))

    out.append(("Gibbs, 1,000 chains, a call of one step", one_step, 2e3 * VISIBLE * HIDDEN))
    out.append(("weights replaced, float32", replaced, 1.0 * VISIBLE * HIDDEN))
    return out


def learned(device: str, batch_size: int, epochs: int) -> ms.RBM:
    """Train on images that are random, a fifth of whose pixels are up."""
    X = (np.random.default_rng(4).random((10_000, VISIBLE)) < 0.2).astype(np.float32)
    machine = ms.RBM(
        HIDDEN, batch_size=batch_size, n_iter=epochs, random_state=1, device=device, threads=8
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return machine.fit(X)


def learning() -> tuple[list[str], bool]:
    """Return rows of a table about an epoch of PCD, and whether devices learn the same weights."""
    rows, same = [], True
    for batch_size in (100, 1000):
        taken, weights = [], []
        for device in ("cpu", "cuda"):
            seconds = []
            for epochs in (1, 3):
                start = time.perf_counter()
                weights.append(learned(device, batch_size, epochs).components_)
                seconds.append(time.perf_counter() - start)
            taken.append((seconds[1] - seconds[0]) / 2)
        same &= np.array_equal(weights[1], weights[3])
        rows.append(
            f"| epoch of 10,000 images, batch {batch_size}, 8 threads {taken[0]:.3f} s | "
            f"{1e6 * taken[1]:.4g} | |"
        )
        print(rows[-1], flush=True)
    print(f"weights are the same: {same}")
    return rows, same


def main() -> int:
    """Compare, measure, print, save; the exit status."""
    report = Report(__doc__, "bipartite", seconds=20)
    sound = all_same()

    rows = ["| 784 x 500 units | µs | 10⁹ connections/s |", "|" + "---|" * 3]
    for name, seconds, connections in cases():
        if not report.has_time_for(name):
            continue
        taken = seconds()
        rows.append(f"| {name} | {1e6 * taken:.4g} | {1e-9 * connections / taken:.4g} |")
        print(rows[-1], flush=True)
    if report.has_time_for("learning"):
        more, same = learning()
        rows += more
        sound &= same
    report.write("Machines of two layers, through Python", rows)
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
