"""Inverse Ising beside other packages, in one run.

    python bench/python/inverse.py [--peers FOLDER] [--adabmdca COMMAND] [--only PART ...]

One process, one thread, one core; CPU time, so that other programs on the machine take nothing away
but caches. `--peers` is a folder with scikit-learn and numba
(`pip install --target FOLDER scikit-learn==1.9.1 numba==0.68.1`).

- pseudolikelihood: N = 200 spins of a glass at β = 0.8, M = 100,000 samples: `InverseIsing` with
  spins by themselves beside scikit-learn's LogisticRegression without a penalty for some of them,
  times N over their number. Both stop where the largest gradient of the mean loss, by the
  parameters of scikit-learn, is below 10⁻⁴.
- gradient: moments of 10,000 chains of N = 200 spins, all coupled, after 10 sweeps by the heat
  bath: the sampler beside a loop compiled by numba that maintains the fields of each chain in
  float32 and adds up spins and products by BLAS.
- large: N = 1000 spins of a ±J glass on a cubic lattice at β = 0.5, M = 10,000: seconds, memory,
  the error γ and the share of right edges, of the pseudolikelihood and of logRISE.

- boltzmann: N = 100 spins of a glass at β = 0.8, M = 10,000 samples: `InverseIsing`, until every
  moment is within its sampling error, beside adabmDCA (torch on the CPU), whose command
  `--adabmdca` names, with its own settings but a learning rate of 0.05, until Pearson's
  correlation of connected correlations is 0.95. Ours is given too.

What comes out is compared: exit status 1 if parameters or moments differ.
"""

from __future__ import annotations

import argparse
import datetime as dt
import importlib.util
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from peer import machine

CORE = machine.one_thread(None)  # before anything may start threads

import numpy as np  # noqa: E402

import multispin as ms  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

RESULTS = Path(__file__).resolve().parents[1] / "results"
PARTS = ("pseudolikelihood", "gradient", "boltzmann", "large")
N, M, SPINS, TOL = 200, 100_000, 6, 1e-4
CHAINS, SWEEPS, ROUNDS = 10_000, 10, 3
FEW_N, FEW_M = 100, 10_000
SIDE, LARGE_M, BETA = 10, 10_000, 0.5
ADABMDCA: list[str] = []


def main() -> int:
    """Run the comparison; the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--output", type=Path, default=RESULTS)
    parser.add_argument("--peers", type=Path, help="folder with scikit-learn and numba")
    parser.add_argument("--adabmdca", help="the command of this name")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    options = parser.parse_args()
    if options.adabmdca:
        ADABMDCA.append(options.adabmdca)
    if options.peers:
        sys.path.append(str(options.peers))
    about = ", ".join(f"{key} {value}" for key, value in machine.describe(CORE).items())
    lines = [f"# Inverse Ising\n\n{about}\n"]
    sound = True
    for part in options.only:
        text, good = globals()[part]()
        lines.append(text)
        sound &= good
        print(text, flush=True)
    date = dt.datetime.now(dt.timezone.utc).date().isoformat()
    path = options.output / f"{date}-inverse.md"
    path.write_text("\n".join(lines), encoding="utf-8")
    return 0 if sound else 1


def seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    """Processor time of a call, and what it returns."""
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def glass(beta: float, n: int = N) -> ms.Pairwise:
    """All spins coupled by Gaussian numbers, in fields."""
    random = np.random.default_rng(1)
    J = np.triu(random.normal(size=(n, n)), 1) * beta / np.sqrt(n)
    return ms.Pairwise(J + J.T, 0.2 * random.normal(size=n))


def pseudolikelihood() -> tuple[str, bool]:
    """Beside one logistic regression a spin."""
    model = glass(0.8)
    sampler = ms.Sampler(model, 1.0, replicas=M, seed=1, threads=1)
    sampler.sweep(200)
    spins = sampler.spins()
    fit = ms.InverseIsing("pseudolikelihood_averaged", tol=2 * TOL, threads=1)
    ours, _ = seconds(lambda: fit.fit(spins))
    joint = ms.InverseIsing("pseudolikelihood", tol=2 * TOL, threads=1)
    together, _ = seconds(lambda: joint.fit(spins))
    rows = [
        "## Pseudolikelihood\n",
        f"N = {N}, M = {M}, gradient below {TOL}: CPU seconds\n",
        "| | s | times ours |\n|---|---|---|",
        f"| multispin, each spin alone | {ours:.3g} ({fit.n_iter_} iterations) | 1 |",
        f"| multispin, J symmetric | {together:.3g} ({joint.n_iter_} iterations) | |",
    ]
    if importlib.util.find_spec("sklearn") is None:
        return "\n".join([*rows, ""]), True
    from sklearn.linear_model import LogisticRegression

    taken, worst, directed = 0.0, 0.0, np.zeros((SPINS, N))
    for i in range(SPINS):
        others = np.delete(spins, i, axis=1).astype(np.float64)
        regression = LogisticRegression(C=np.inf, tol=TOL, max_iter=1000)
        s, _ = seconds(lambda r=regression, x=others, i=i: r.fit(x, spins[:, i]))
        taken += s
        directed[i] = np.insert(regression.coef_[0] / 2, i, 0.0)
    # Of couplings both ways they have been averaged; here both are at hand for pairs of a few.
    few = (directed[:, :SPINS] + directed[:, :SPINS].T) / 2
    worst = float(np.abs(few - fit.J_[:SPINS, :SPINS]).max())
    peer = taken * N / SPINS
    rows.append(
        f"| scikit-learn, {SPINS} spins, times {N}/{SPINS} | {peer:.3g} | {peer / ours:.3g} |"
    )
    rows.append(f"\nLargest difference of a coupling: {worst:.1g}\n")
    return "\n".join(rows), worst < 1e-3


def gradient() -> tuple[str, bool]:
    """Beside a loop that maintains local fields."""
    model = glass(0.8)
    sampler = ms.Sampler(
        model, 1.0, replicas=CHAINS, seed=1, threads=1, engine="real", dynamics="glauber"
    )
    sampler.sweep(50)
    rows = [
        "## Gradient by Monte Carlo\n",
        f"{CHAINS} chains of N = {N}, {SWEEPS} sweeps, and moments: CPU s, best of {ROUNDS}\n",
        "| | s | times ours |\n|---|---|---|",
    ]

    def ours() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        sampler.model = model  # couplings put in place anew, as learning does
        sampler.sweep(SWEEPS)
        return sampler.moments()

    best, moments = min((seconds(ours) for _ in range(ROUNDS)), key=lambda pair: pair[0])
    rows.append(f"| multispin | {best:.3g} | 1 |")
    if importlib.util.find_spec("numba") is None:
        return "\n".join([*rows, ""]), True
    sweep, J, h = _numba_loop(), np.zeros((N, N), np.float32), np.asarray(model.h, np.float32)
    i, j = model.edges.T
    J[i, j] = J[j, i] = model.couplings
    spins = np.asarray(sampler.spins(), np.float32)

    def theirs() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        sweep(spins, spins @ J + h, J, SWEEPS)
        return spins.mean(axis=0), spins.T @ spins / np.float32(CHAINS)

    theirs()  # compiles
    peer, found = min((seconds(theirs) for _ in range(ROUNDS)), key=lambda pair: pair[0])
    rows.append(f"| numba, fields maintained | {peer:.3g} | {peer / best:.3g} |")
    worst = float(np.abs(found[1] - moments[1]).max())
    rows.append(f"\nLargest difference of a second moment: {worst:.2g}, of independent chains\n")
    return "\n".join(rows), worst < 7 * np.sqrt(2 / CHAINS)


def _numba_loop() -> Callable[..., None]:
    import numba

    @numba.njit(fastmath=True)  # type: ignore[misc,unused-ignore]
    def sweep(spins: Any, fields: Any, J: Any, sweeps: int) -> None:
        for chain in range(spins.shape[0]):
            s, f = spins[chain], fields[chain]
            for _ in range(sweeps):
                for i in range(s.shape[0]):
                    up = np.random.random() * (1.0 + np.exp(-2.0 * f[i])) < 1.0  # noqa: NPY002
                    new = np.float32(1.0) if up else np.float32(-1.0)
                    if new != s[i]:
                        change = np.float32(2.0) * new
                        s[i] = new
                        for k in range(s.shape[0]):
                            f[k] += change * J[i, k]

    return sweep


def boltzmann() -> tuple[str, bool]:
    """Beside adabmDCA."""
    sampler = ms.Sampler(glass(0.8, FEW_N), 1.0, replicas=FEW_M, seed=1, threads=1)
    sampler.sweep(300)
    spins = sampler.spins()
    fit = ms.InverseIsing("boltzmann", random_state=1, threads=1)
    ours, _ = seconds(lambda: fit.fit(spins))
    found = fit.report(spins, n=50_000, sweeps=200)
    at_end = f"ε_max = {fit.optimality_:.2f}, Pearson {found.pairs.correlation:.4f}"
    rows = [
        "## Maximum likelihood by Monte Carlo\n",
        f"N = {FEW_N}, M = {FEW_M}: CPU seconds\n",
        "| | s | times ours |\n|---|---|---|",
        f"| multispin: {at_end} | {ours:.3g} | 1 |",
    ]
    sound = fit.converged_ and found.pairs.correlation > 0.95
    if ADABMDCA:
        peer = _adabmdca(spins)
        rows.append(f"| adabmDCA: Pearson 0.95 | {peer:.3g} | {peer / ours:.3g} |")
    return "\n".join([*rows, ""]), sound


def _adabmdca(spins: NDArray[np.int8]) -> float:
    """Processor time of the command, start-up included: a few seconds."""
    with tempfile.TemporaryDirectory() as folder:
        letters = np.where(spins > 0, "1", "0")
        data = Path(folder) / "data.fasta"
        data.write_text("".join(f">{k}\n{''.join(row)}\n" for k, row in enumerate(letters)))
        command = [
            *ADABMDCA, "train", "-d", str(data), "-o", folder, "--alphabet", "01", "--lr", "0.05",
            "--no_reweighting", "--no-progress", "--device", "cpu",
        ]  # fmt: skip
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


def large() -> tuple[str, bool]:
    """A glass on a cubic lattice, from few samples."""
    model = ms.EdwardsAnderson((SIDE,) * 3, seed=1)
    n = model.n_spins
    sampler = ms.Sampler(model, 1 / BETA, replicas=LARGE_M, seed=2, threads=1)
    sampler.sweep(2000)
    spins = sampler.spins().reshape(LARGE_M, n)
    truth = np.zeros((n, n))
    i, j = model.edges.T
    truth[i, j] = truth[j, i] = BETA * model.signs
    upper = np.triu_indices(n, 1)
    edges = truth[upper] != 0
    rows = [
        "## A large glass\n",
        f"±J, {SIDE}³ spins, β = {BETA}, M = {LARGE_M}; L1 as in the papers' rules\n",
        "| method | CPU s | iterations | γ | right edges | GiB at most |\n|" + "---|" * 6,
    ]
    sound = True
    for method, factor in (("pseudolikelihood", 0.0), ("pseudolikelihood_averaged", 0.2),
                           ("logrise", 0.8)):  # fmt: skip
        l1 = factor * np.sqrt(np.log(n**2 / 0.05) / LARGE_M)
        l2 = 0.01 if factor == 0.0 else 0.0
        fit = ms.InverseIsing(method, l1=l1, l2=l2, tol=1e-4, threads=1)
        taken, _ = seconds(lambda fit=fit: fit.fit(spins))
        gamma = np.linalg.norm(fit.J_ - truth) / np.linalg.norm(truth)
        strongest = np.argsort(-np.abs(fit.J_[upper]))[: int(edges.sum())]
        right = float(edges[strongest].mean())
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        rows.append(
            f"| {method}, l1 = {l1:.3g}, l2 = {l2:g} | {taken:.3g} | {fit.n_iter_} | {gamma:.3f} | "
            f"{right:.4f} | {memory:.2f} |"
        )
        sound &= right > 0.99
    return "\n".join([*rows, ""]), sound


if __name__ == "__main__":
    sys.exit(main())
