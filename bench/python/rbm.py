"""RBMs and Boltzmann machines beside other packages, in one run; and the likelihoods they reach.

    python bench/python/rbm.py [--peers FOLDER] [--data FOLDER] [--only PART ...]

One process, one thread, one core; CPU time, the least of some rounds. `--peers` is a folder with
them (`pip install --target FOLDER torch==2.13.0 scikit-learn==1.9.1 rbms==0.5.0`), `--data` one
with `mnist_threshold.npz` (MNIST, pixels above half of the largest grey).

- gibbs: a step of 1000 chains, 784 visible and 500 hidden units, float32: block Gibbs beside torch
  (two products of matrices, `sigmoid_` and `bernoulli_`).
- epoch: PCD-1 over 10,000 images, batches of 100, 500 hidden units, float32: `RBM` beside
  scikit-learn's `BernoulliRBM`, the same updates in torch, and `rbms` (`fit_batch_pcd` and its
  optimiser, of as many chains, without the file that its `train` writes at each update).
- log_partition: ln Z of 784 visible and 20 hidden units, 2²⁰ terms.
- gradient: of a Boltzmann machine of 500 units, all coupled, 400 of them visible, 1000 samples and
  1000 chains of 10 sweeps: `BoltzmannMachine.gradient` beside torch, one unit after the other in
  all chains of both phases.
- digits: 8 × 8 digits shifted by a pixel each way, 100 hidden units and logistic regression run to
  convergence, as scikit-learn's example has them: accuracy, mean of four seeds; beside
  `BernoulliRBM` as that example has it.
- mnist: 16 hidden units, 50 epochs: exact log-likelihood of the test images; and of turned ones.
- mnist500: 500 hidden units, 100 epochs, a quarter of an hour: log-likelihood of the test images by
  annealed importance sampling there and back, on the way of training and in the end; how fast
  chains that begin at test images forget them; how many images have their nearest neighbour among
  their own kind, of test images and samples (half of them, if nobody could tell).
- bars: bars and stripes, nats an image, by all methods.
"""

from __future__ import annotations

import argparse
import datetime as dt
import itertools
import sys
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from peer import machine

CORE = machine.one_thread(None)  # before anything may start threads

import numpy as np  # noqa: E402

import multispin as ms  # noqa: E402
from multispin._engines import bipartite  # noqa: E402
from multispin.learn.place import Place  # noqa: E402
from multispin.learn.rbm import partition  # noqa: E402
from multispin.learn.rbm.quality import own_neighbours  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

RESULTS = Path(__file__).resolve().parents[1] / "results"
PARTS = ("gibbs", "epoch", "log_partition", "gradient", "digits", "mnist", "mnist500", "bars")
CHAINS, VISIBLE, HIDDEN, ROUNDS = 1000, 784, 500, 5
IMAGES, BATCH = 10_000, 100
UNITS, SEEN, SWEEPS = 500, 400, 10
LOOK_EVERY, COMPARED, STEPS, DIRECTIONS, GIBBS = 10, 1000, 10_000, 8, 25  # of `mnist500`
DATA: list[Path] = []


def main() -> int:
    """Run the comparison; the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--output", type=Path, default=RESULTS)
    parser.add_argument("--peers", type=Path, help="folder with torch and scikit-learn")
    parser.add_argument("--data", type=Path, help="folder with mnist_threshold.npz")
    usual = [part for part in PARTS if part != "mnist500"]
    parser.add_argument("--only", nargs="+", choices=PARTS, default=usual)
    options = parser.parse_args()
    if options.peers:
        sys.path.append(str(options.peers))
    if options.data:
        DATA.append(options.data)
    about = ", ".join(f"{key} {value}" for key, value in machine.describe(CORE).items())
    lines = [f"# RBMs and Boltzmann machines\n\n{about}\n"]
    warnings.simplefilter("ignore", ms.SlowMixingWarning)
    for part in options.only:
        text = globals()[part]()
        lines.append(text)
        print(text, flush=True)
    date = dt.datetime.now(dt.timezone.utc).date().isoformat()
    path = options.output / f"{date}-rbm.md"
    path.write_text("\n".join(lines), encoding="utf-8")
    return 0


def seconds(work: Callable[[], Any], rounds: int = ROUNDS) -> float:
    """Return the least processor time of a call."""
    times = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def torch_or_none() -> Any:
    """Return torch with one thread, if it is there."""
    try:
        import torch
    except ImportError:
        return None
    torch.set_num_threads(1)
    return torch


def images(n: int) -> NDArray[np.float32]:
    """Return n images, (n, 784): of MNIST, else random ones of which a fifth is on."""
    if DATA and (DATA[0] / "mnist_threshold.npz").is_file():
        with np.load(DATA[0] / "mnist_threshold.npz") as file:
            return file["train.data"][:n].astype(np.float32)
    return (np.random.default_rng(0).uniform(size=(n, VISIBLE)) < 0.2).astype(np.float32)


# --- speed ----------------------------------------------------------------------------------------


def gibbs() -> str:
    """Time a step of block Gibbs sampling."""
    rng = np.random.default_rng(1)
    W = rng.normal(0, 0.05, (HIDDEN, VISIBLE)).astype(np.float32)
    b, c = np.full(VISIBLE, -1.5, np.float32), np.full(HIDDEN, -1.0, np.float32)
    kernel = bipartite.Bipartite(W, b, c, 1)
    states = bipartite.pack(images(CHAINS) != 0)
    streams = np.arange(CHAINS, dtype=np.uint64)
    ours = seconds(lambda: kernel.gibbs(states, 5, bipartite.Numbers(1, streams, 0))) / 5
    end, hidden = kernel.gibbs(states, 5, bipartite.Numbers(1, streams, 0))
    active = [np.bitwise_count(part).sum() / CHAINS for part in (end, hidden)]
    text = (
        f"gibbs: {1e3 * ours:.2f} ms a step, {CHAINS * VISIBLE * HIDDEN * 2 / ours * 1e-9:.0f}e9 "
        f"connections/s; active at the end {active[0] / VISIBLE:.0%}, {active[1] / HIDDEN:.0%}"
    )
    torch = torch_or_none()
    if torch is not None:
        tW, tb, tc = (torch.from_numpy(part) for part in (W, b, c))
        v = torch.from_numpy(images(CHAINS))

        def steps() -> None:
            x = v
            for _ in range(5):
                h = torch.addmm(tc, x, tW.T).sigmoid_().bernoulli_()
                x = torch.addmm(tb, h, tW).sigmoid_().bernoulli_()

        theirs = seconds(steps) / 5
        text += f"; torch {1e3 * theirs:.2f} ms: {theirs / ours:.1f} times as fast"
    return f"- {text}\n"


def epoch() -> str:
    """Time an epoch of PCD-1."""
    X = images(IMAGES)
    options = {"learning_rate": 0.01, "batch_size": BATCH, "n_iter": 1, "random_state": 1}

    def train() -> None:
        ms.RBM(HIDDEN, threads=1, **options).partial_fit(X)

    ours = seconds(train, 3)
    text = f"epoch: {ours:.2f} s"
    try:
        from sklearn.neural_network import BernoulliRBM
    except ImportError:
        BernoulliRBM = None
    if BernoulliRBM is not None:
        theirs = seconds(lambda: BernoulliRBM(HIDDEN, **options).fit(X), 3)
        text += f"; scikit-learn {theirs:.2f} s: {theirs / ours:.1f} times as fast"
    torch = torch_or_none()
    if torch is not None:
        theirs = seconds(lambda: _torch_epoch(torch, X), 3)
        text += f"; torch {theirs:.2f} s: {theirs / ours:.1f} times as fast"
        try:
            from rbms.training.pcd import fit_batch_pcd
        except ImportError:
            return f"- {text}\n"
        theirs = seconds(lambda: _rbms_epoch(torch, fit_batch_pcd, X), 3)
        text += f"; rbms {theirs:.2f} s: {theirs / ours:.1f} times as fast"
    return f"- {text}\n"


def _rbms_epoch(torch: Any, fit_batch_pcd: Callable[..., Any], X: NDArray[np.float32]) -> None:
    """PCD-1 as `rbms` trains, a batch after the other of rows shuffled."""
    from rbms.bernoulli_bernoulli.classes import BBRBM

    torch.manual_seed(1)
    data = torch.from_numpy(X)
    mean = data.mean(0).clamp(1e-4, 1 - 1e-4)
    of = BBRBM(0.01 * torch.randn(VISIBLE, HIDDEN), torch.logit(mean), torch.zeros(HIDDEN))
    for part in of.parameters():
        part.grad = torch.zeros_like(part)
    chains, ones = of.init_chains(BATCH), torch.ones(BATCH)
    optimizer = torch.optim.SGD(of.parameters(), lr=0.01, maximize=True)
    with torch.no_grad():
        for rows in torch.randperm(len(data)).split(BATCH):
            optimizer.zero_grad(set_to_none=False)
            chains, _ = fit_batch_pcd((data[rows], ones[: len(rows)]), chains, of, 1, 1.0)
            optimizer.step()


def _torch_epoch(torch: Any, X: NDArray[np.float32]) -> None:
    """PCD-1 with a centred gradient, as one would write it."""
    torch.manual_seed(1)
    data = torch.from_numpy(X)
    W = 0.01 * torch.randn(HIDDEN, VISIBLE)
    mean = data.mean(0).clamp(1e-4, 1 - 1e-4)
    b, c = torch.logit(mean), torch.zeros(HIDDEN)
    v, mu, lam, rate = torch.bernoulli(mean.expand(BATCH, -1)), mean.clone(), c + 0.5, 0.01
    for rows in torch.randperm(len(data)).split(BATCH):
        x = data[rows]
        held = torch.sigmoid(torch.addmm(c, x, W.T))
        h = torch.addmm(c, v, W.T).sigmoid_().bernoulli_()
        v = torch.addmm(b, h, W).sigmoid_().bernoulli_()
        free = torch.sigmoid(torch.addmm(c, v, W.T))
        dv, dh = x.mean(0) - v.mean(0), held.mean(0) - free.mean(0)
        dW = (held.T @ x - free.T @ v) / BATCH - torch.outer(lam, dv) - torch.outer(dh, mu)
        mu += 0.01 * ((x.mean(0) + v.mean(0)) / 2 - mu)
        lam += 0.01 * ((held.mean(0) + free.mean(0)) / 2 - lam)
        b += rate * (dv - dW.T @ lam)
        c += rate * (dh - dW @ mu)
        W += rate * dW


def log_partition() -> str:
    """Time ln Z over 2²⁰ terms."""
    rng = np.random.default_rng(2)
    W, b, c = rng.normal(0, 0.1, (20, VISIBLE)), rng.normal(-1, 1, VISIBLE), rng.normal(0, 1, 20)
    ours = seconds(lambda: bipartite.log_partition(W, b, c, 1), 3)
    return f"- log_partition: {ours:.3f} s for 2^20 terms\n"


def gradient() -> str:
    """Time both phases of a Boltzmann machine."""
    rng = np.random.default_rng(3)
    X = rng.choice([-1, 1], (CHAINS, SEEN)).astype(np.int8)
    of = ms.BoltzmannMachine(
        UNITS - SEEN, n_iter=0, n_chains=CHAINS, sweeps=SWEEPS, random_state=1, threads=1
    ).fit(X)
    J = np.triu(rng.normal(0, 0.5 / np.sqrt(UNITS), (UNITS, UNITS)), 1)
    of.J_ = J + J.T
    ours = seconds(lambda: of.gradient(X), 3)
    text = f"gradient: {ours:.2f} s"
    torch = torch_or_none()
    if torch is not None:
        theirs = seconds(lambda: _torch_phases(torch, X, of.J_, of.h_), 1)
        text += f"; torch {theirs:.2f} s: {theirs / ours:.1f} times as fast"
    return f"- {text}\n"


def _torch_phases(torch: Any, X: NDArray[np.int8], J: Any, h: Any) -> Any:
    """Heat bath of one unit after the other in all chains, and moments, of both phases."""
    torch.manual_seed(1)
    J, h = (torch.from_numpy(np.asarray(part, np.float32)) for part in (J, h))
    moments = []
    for first in (SEEN, 0):  # units before it are held
        s = torch.randint(0, 2, (CHAINS, UNITS)).float() * 2 - 1
        if first:
            s[:, :first] = torch.from_numpy(X.astype(np.float32))
        for _ in range(SWEEPS):
            for i in range(first, UNITS):
                p = torch.sigmoid(2 * (s @ J[i] + h[i]))
                s[:, i] = 2 * torch.bernoulli(p) - 1
        moments.append(s.T @ s / CHAINS)
    return moments[0] - moments[1]


# --- likelihoods ----------------------------------------------------------------------------------


def digits() -> str:
    """Classify digits by the hidden units of what has been learned."""
    try:
        from sklearn.linear_model import LogisticRegression
        from sklearn.model_selection import train_test_split
        from sklearn.neural_network import BernoulliRBM
    except ImportError:
        return "- digits: without scikit-learn\n"
    pictures, labels = ms.datasets.digits()
    grey = pictures.astype(np.float32)
    shifted = [grey, *(_shifted(grey, *by) for by in ((0, 1), (0, -1), (1, 0), (-1, 0)))]
    X, y = np.concatenate(shifted).reshape(-1, 64), np.tile(labels, 5)
    X = (X - X.min(0)) / (X.max(0) - X.min(0) + (X.max(0) == X.min(0)))
    accuracies: dict[str, list[float]] = {"RBM": [], "BernoulliRBM": [], "pixels": []}
    for seed in range(4):
        train, test, of_train, of_test = train_test_split(X, y, test_size=0.2, random_state=seed)
        ours = ms.RBM(
            100, method="cd", centered=False, learning_rate=(0.1, 0.01), n_iter=10, batch_size=10,
            random_state=seed, threads=1,
        ).fit(train)  # fmt: skip
        theirs = BernoulliRBM(100, learning_rate=0.06, n_iter=10, random_state=seed).fit(train)
        for name, a, b, C in (
            ("RBM", ours.transform(train), ours.transform(test), 6000.0),
            ("BernoulliRBM", theirs.transform(train), theirs.transform(test), 6000.0),
            ("pixels", train, test, 100.0),
        ):
            model = LogisticRegression(C=C, tol=1e-4, solver="newton-cg", max_iter=5000)
            accuracies[name].append(model.fit(a, of_train).score(b, of_test))
    means = ", ".join(f"{np.mean(found):.3f} by {name}" for name, found in accuracies.items())
    return f"- digits: {means}\n"


def _shifted(grey: NDArray[np.float32], down: int, right: int) -> NDArray[np.float32]:
    padded = np.pad(grey, ((0, 0), (1, 1), (1, 1)))
    return padded[:, 1 - down : 9 - down, 1 - right : 9 - right]


def mnist() -> str:
    """Learn MNIST with 16 hidden units, and turned images."""
    if not DATA or not (DATA[0] / "mnist_threshold.npz").is_file():
        return "- mnist: without mnist_threshold.npz\n"
    with np.load(DATA[0] / "mnist_threshold.npz") as file:
        train, test = (file[f"{name}.data"].astype(np.float32) for name in ("train", "test"))
    found = []
    for X, T in ((train, test), (1 - train, 1 - test)):
        start = time.process_time()
        rbm = ms.RBM(
            16,
            learning_rate=(0.05, 0.001),
            momentum=0.5,
            batch_size=100,
            n_iter=50,
            random_state=1,
            threads=1,
        ).fit(X)
        spent = time.process_time() - start
        found.append(f"{rbm.log_likelihood(T).mean():.2f} ({spent:.0f} s)")
    return f"- mnist, 16 hidden units, 50 epochs, exact: {found[0]}, turned {found[1]} nats\n"


def mnist500() -> str:
    """Learn MNIST with 500 hidden units, and look at what has been learned."""
    if not DATA or not (DATA[0] / "mnist_threshold.npz").is_file():
        return "- mnist500: without mnist_threshold.npz\n"
    with np.load(DATA[0] / "mnist_threshold.npz") as file:
        train, valid, test = (
            file[f"{name}.data"].astype(np.float32) for name in ("train", "valid", "test")
        )
    X = np.concatenate([train, valid])
    mean = (X.sum(0, dtype=np.float64) + 0.5) / (len(X) + 1)
    curve: list[str] = []

    def look(epoch: Any) -> None:
        if epoch.number % LOOK_EVERY == 0:
            known = partition.log_partition(
                epoch.parameters, "ais", chains=100, temperatures=1000, seed=1,
                place=Place(1), base=np.log(mean / (1 - mean)),
            )  # fmt: skip
            at = float((-epoch.parameters.free_energy(test)).mean()) - known.value
            curve.append(f"{epoch.number}: {at:.1f}")

    rbm = ms.RBM(
        500, learning_rate=(0.1, 0.0002), batch_size=100, n_iter=100, n_chains=200, steps=2,
        l2=5e-5, random_state=1, threads=1,
    ).fit(X, callbacks=[look])  # fmt: skip
    known = rbm.log_partition("ais", chains=500, temperatures=3000, random_state=1)
    of_test, of_train = (-float(rbm.free_energy(images).mean()) for images in (test, train))
    assert known.forward is not None
    assert known.reverse is not None
    return (
        f"- mnist500, by epoch: {', '.join(curve)}; in the end test {of_test - known.value:.2f}, "
        f"there {of_test - known.forward:.2f}, back {of_test - known.reverse:.2f}, training "
        f"{of_train - known.value:.2f} nats; {_forgotten(rbm, test)}; {_told_apart(rbm, test)}\n"
    )


def _forgotten(rbm: ms.RBM, test: NDArray[np.float32]) -> str:
    """Autocorrelation along the largest singular vectors, of chains that begin at test images."""
    along = np.linalg.svd(rbm.components_.astype(np.float64), full_matrices=False)[2][:DIRECTIONS]
    series, states = [], rbm.gibbs(test[:100], GIBBS)
    for _ in range(400):
        series.append(states @ along.T)
        states = rbm.gibbs(states, GIBBS)
    moved = np.array(series) - np.mean(series, axis=(0, 1))
    found = []
    for k in (1, 4, 16, 64):
        kept = (moved[:-k] * moved[k:]).mean((0, 1)) / (moved**2).mean((0, 1))
        found.append(f"{kept.max():.2f} after {k * GIBBS}")
    return f"autocorrelation {', '.join(found)} steps"


def _told_apart(rbm: ms.RBM, test: NDArray[np.float32]) -> str:
    """Shares of test images, and of samples, whose nearest neighbour is of their own kind."""
    ours = rbm.sample(COMPARED, STEPS, random_state=3).astype(np.float32)
    shares = own_neighbours(test[:COMPARED], ours)
    with warnings.catch_warnings(record=True) as slow:
        warnings.simplefilter("always", ms.SlowMixingWarning)
        rbm.sample(64, random_state=4)
    forgotten = "do not forget" if slow else "forget"
    return (
        f"nearest neighbour of their own kind: {shares[0]:.2f} of test images, {shares[1]:.2f} of "
        f"samples after {STEPS} steps; chains {forgotten} their random start in "
        f"{rbm.sample_steps_} steps"
    )


def bars() -> str:
    """Learn bars and stripes."""
    lines = []
    for n, hidden in ((2, 4), (3, 8)):
        sides = np.array(list(itertools.product((0, 1), repeat=n)))
        X = np.concatenate([np.repeat(sides, n, axis=1), np.tile(sides, n)])
        for method in ("cd", "pcd", "pt", "ptt"):
            rbm = ms.RBM(
                hidden, method=method, learning_rate=(0.5, 0.01), momentum=0.5, n_iter=8000,
                n_chains=128, n_temperatures=8, random_state=1, threads=1,
            ).fit(X)  # fmt: skip
            lines.append(f"{n} × {n} {method} {rbm.log_likelihood(X).mean():.4f}")
    return f"- bars and stripes: {', '.join(lines)}\n"


if __name__ == "__main__":
    raise SystemExit(main())
