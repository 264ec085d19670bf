"""The deep autoencoder of Hinton & Salakhutdinov (Science 313, 504, 2006), in one run.

    python bench/python/deep_autoencoder.py [--data FOLDER] [--images N] [--epochs N] [--tune N]
        [--keep FOLDER] [--only PART ...] [--quick]

MNIST, pixels above half of the largest grey (`mnist_threshold.npz` in `--data`, or in the folder
that MULTISPIN_DATA names), 784-1000-500-250-30 with a linear code. One process, one thread, one
core; needs PyTorch.

- autoencoder: squared error an image, of test images: of the stack as it was learned layer by
  layer, fine-tuned, of the same network from a random start (Glorot & Bengio, AISTATS 2010), and of
  30 principal components. Both are trained alike; of each the epoch with the least cross-entropy of
  the validation images is taken. The random start a second time, for `--longer` times the epochs.
- classifier: the stack, not fine-tuned otherwise, with a unit for each class, trained on 100 and on
  1000 labels; and from a random start. Three draws of the labels.
- optimisers: Adam beside L-BFGS from the learned stack, on 5,000 images, in the same processor
  time: batches of 1000 with three iterations each, as the paper has them of conjugate gradients,
  and all images at once.

The machine and the sizes stand in the result. Everything that takes long goes on from files in
`--keep`. `--quick` is a minute's look at whether it runs.
"""

from __future__ import annotations

import argparse
import copy
import datetime as dt
import os
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from peer import machine

CORE = machine.one_thread(None)  # before anything may start threads

import numpy as np  # noqa: E402
import torch  # noqa: E402

import multispin as ms  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Images = NDArray[np.float32]

RESULTS = Path(__file__).resolve().parents[1] / "results"
PARTS = ("autoencoder", "classifier", "optimisers")
HIDDEN, CODE = (1000, 500, 250), 30
SHARED: dict[str, Any] = {
    "method": "cd", "momentum": 0.9, "batch_size": 100, "l2": 1e-4, "threads": 1,
}  # fmt: skip
RATE, RATE_OF_CODE = (0.1, 0.01), (0.005, 0.001)
TUNE: dict[str, Any] = {"learning_rate": (1e-3, 1e-4), "batch_size": 100}
DRAWS, LABELS, UPDATES = 3, (100, 1000), 300  # of the classifier
FEW, SECONDS = 5000, 20.0  # images and processor time of the comparison of optimisers


class Digits(NamedTuple):
    """Images of pixels 0 and 1, and which digits they are."""

    train: Images
    labels: NDArray[np.int64]
    valid: Images
    test: Images
    test_labels: NDArray[np.int64]


def main() -> int:
    """Run it; the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--output", type=Path, default=RESULTS)
    parser.add_argument("--data", type=Path, default=os.environ.get("MULTISPIN_DATA"))
    parser.add_argument("--images", type=int, default=50_000)
    parser.add_argument("--epochs", type=int, default=50, help="of each layer")
    parser.add_argument("--tune", type=int, default=200, help="epochs of fine-tuning")
    parser.add_argument("--longer", type=int, default=1, help="the random start once more")
    parser.add_argument("--keep", type=Path, help="folder of checkpoints")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    if options.quick:
        options.images, options.epochs, options.tune = 2000, 2, 2
    torch.set_num_threads(1)
    warnings.simplefilter("ignore", ms.SlowMixingWarning)
    digits = load(Path(options.data), options.images)
    about = ", ".join(f"{key} {value}" for key, value in machine.describe(CORE).items())
    sizes = (
        f"{len(digits.train):,} training images of MNIST, {len(digits.valid):,} for validation, "
        f"{len(digits.test):,} for the test; {options.epochs} epochs a layer, {options.tune} of "
        "fine-tuning.\n"
    )
    software = f"torch {torch.__version__}, numpy {np.__version__}"
    lines = [f"# The deep autoencoder of 2006\n\n{about}; {software}\n", sizes]
    network, text = learned(digits, options)
    lines.append(text)
    print("\n".join(lines), flush=True)
    for part in options.only:
        text = globals()[part](network, digits, options)
        lines.append(text)
        print(text, flush=True)
    date = dt.datetime.now(dt.timezone.utc).date().isoformat()
    path = options.output / f"{date}-deep-autoencoder.md"
    path.write_text("\n".join(lines), encoding="utf-8")
    return 0


def load(folder: Path, n: int) -> Digits:
    """Return the first n training images, and all others."""
    with np.load(folder / "mnist_threshold.npz") as file:
        train, valid, test = (file[f"{part}.data"] for part in ("train", "valid", "test"))
        return Digits(
            train[:n].astype(np.float32), file["train.lbl"][:n], valid.astype(np.float32),
            test.astype(np.float32), file["test.lbl"],
        )  # fmt: skip


def kept(options: argparse.Namespace, name: str) -> Path | None:
    """Return where something is kept on its way."""
    if options.keep is None:
        return None
    folder: Path = options.keep
    folder.mkdir(parents=True, exist_ok=True)
    return folder / name


def learned(digits: Digits, options: argparse.Namespace) -> tuple[ms.DeepBeliefNetwork, str]:
    """Learn the stack, layer by layer."""
    start = time.process_time()
    shared = ms.RBM(**SHARED, learning_rate=RATE, n_iter=options.epochs)
    code = ms.RBM(
        CODE, **SHARED, hidden="gaussian", learning_rate=RATE_OF_CODE, n_iter=options.epochs
    )
    network = ms.DeepBeliefNetwork([*HIDDEN, code], rbm=shared, random_state=1)
    network.fit(digits.train, checkpoint=kept(options, "layers"))
    seconds = time.process_time() - start
    recipe = ", ".join(f"{name}={value!r}" for name, value in SHARED.items())
    return network, (
        f"Layers: `RBM({recipe}, learning_rate={RATE})`, of the linear code {RATE_OF_CODE}, in "
        f"{seconds:.0f} s of processor time. Fine-tuning: Adam, "
        f"{', '.join(f'{name} {value}' for name, value in TUNE.items())}.\n"
    )


def error(reconstructed: Images, images: Images) -> float:
    """Return the squared error an image."""
    return float(np.square(reconstructed - images).sum(axis=1).mean())


def restarted(module: Any, seed: int) -> Any:
    """Return a module whose weights are drawn as Glorot and Bengio do."""
    torch.manual_seed(seed)
    for one in module.modules():
        if isinstance(one, torch.nn.Linear):
            torch.nn.init.xavier_uniform_(one.weight)
            torch.nn.init.zeros_(one.bias)
    return module


# --- the autoencoder ------------------------------------------------------------------------------


def autoencoder(network: ms.DeepBeliefNetwork, digits: Digits, options: argparse.Namespace) -> str:
    """Compare the errors of reconstructions."""
    mean = digits.train.mean(axis=0)
    axes = np.linalg.eigh(np.cov(digits.train, rowvar=False))[1][:, -CODE:].astype(np.float32)
    components = [
        error((part - mean) @ axes @ axes.T + mean, part) for part in (digits.train, digits.test)
    ]
    rows = [(f"{CODE} principal components", *components, "")]
    rows.append(("learned layer by layer", *errors(network, digits), ""))
    runs = [("fine-tuned", network, 1), ("from a random start", network, 1)]
    if options.longer > 1:
        runs.append((f"from a random start, {options.longer} times the epochs", network, 0))
    losses = {}
    for name, begun, times in runs:
        own, epochs = copy.deepcopy(begun), options.tune * (times or options.longer)
        if "random" in name:
            own.roll(restarted(own.unroll(), 1))
        start = time.process_time()
        own.fine_tune(
            digits.train, n_iter=epochs, validation=digits.valid, **TUNE,
            checkpoint=kept(options, f"{name.replace(' ', '-').replace(',', '')}.npz"),
        )  # fmt: skip
        seconds = time.process_time() - start
        losses[name] = own.history_["validation_loss"]
        best = int(losses[name].argmin()) + 1
        rows.append((name, *errors(own, digits), f"epoch {best} of {epochs}, {seconds:.0f} s"))
        print(rows[-1], flush=True)
    table = ["| squared error an image | training | test | taken |", "|---|---|---|---|"]
    table += [f"| {name} | {one:.2f} | {two:.2f} | {note} |" for name, one, two, note in rows]
    return "## Autoencoder\n\n" + "\n".join([*table, "", *curve(losses)]) + "\n"


def curve(losses: dict[str, NDArray[np.float64]]) -> list[str]:
    """Return a table of the validation images' cross-entropy over epochs."""
    longest = max(map(len, losses.values()))
    steps = (1, 2, 5, 10, 20, 50, 100, 200, 500)
    shown = [k for k in steps if k < longest] + [longest]
    table = ["| epochs | " + " | ".join(losses) + " |", "|---" * (len(losses) + 1) + "|"]
    for k in shown:
        found = [f"{loss[k - 1]:.1f}" if k <= len(loss) else "" for loss in losses.values()]
        table.append(f"| {k} | " + " | ".join(found) + " |")
    return [
        "Cross-entropy of an image of the validation, in nats, after so many epochs:",
        "",
        *table,
    ]


def errors(network: ms.DeepBeliefNetwork, digits: Digits) -> tuple[float, float]:
    """Return the errors of training and test images."""
    train, test = (error(network.reconstruct(part), part) for part in (digits.train, digits.test))
    return train, test


# --- the classifier -------------------------------------------------------------------------------


def classifier(network: ms.DeepBeliefNetwork, digits: Digits, options: argparse.Namespace) -> str:
    """Compare classifiers of few labels."""
    updates = 20 if options.quick else UPDATES
    table = ["| labels | of the learned stack | from a random start |", "|---|---|---|"]
    for n in LABELS:
        batch = 20 if n == LABELS[0] else 100
        shares: dict[str, list[float]] = {"learned": [], "random": []}
        for draw in range(DRAWS):
            rows = drawn_evenly(digits.labels, n, draw)
            for name, found in shares.items():
                own = copy.deepcopy(network)
                if name == "random":
                    own.roll(restarted(own.classifier(10), draw))
                own.fine_tune(
                    digits.train[rows], digits.labels[rows], n_iter=updates * batch // n,
                    batch_size=batch, learning_rate=1e-3,
                )  # fmt: skip
                right = own.predict_labels(digits.test) == digits.test_labels
                found.append(float(right.mean()))
        cells = [f"{np.mean(s):.1%} ({min(s):.1%} to {max(s):.1%})" for s in shares.values()]
        table.append(f"| {n} | {cells[0]} | {cells[1]} |")
        print(table[-1], flush=True)
    return (
        f"## Classifier\n\nTest images that are told right, mean of {DRAWS} draws of the labels, "
        f"as many of each class; {updates} updates each, Adam, rate 0.001.\n\n"
        + "\n".join(table)
        + "\n"
    )


def drawn_evenly(labels: NDArray[np.int64], n: int, seed: int) -> NDArray[np.intp]:
    """Return rows of n samples, as many of each class."""
    rng = np.random.default_rng(seed)
    of_class = [rng.permutation(np.flatnonzero(labels == digit))[: n // 10] for digit in range(10)]
    return np.concatenate(of_class)


# --- optimisers -----------------------------------------------------------------------------------


def optimisers(network: ms.DeepBeliefNetwork, digits: Digits, options: argparse.Namespace) -> str:
    """Compare Adam and L-BFGS in the same processor time."""
    seconds = 2.0 if options.quick else SECONDS
    x, held_out = torch.from_numpy(digits.train[:FEW]), torch.from_numpy(digits.valid[:2000])
    rows = []
    for name, batch, make in (
        ("Adam, rate 0.001, batches of 100", 100, lambda of: torch.optim.Adam(of, lr=1e-3)),
        ("L-BFGS, batches of 1000, 3 iterations each", 1000, lambda of: lbfgs(of, 3)),
        ("L-BFGS, all images", len(x), lambda of: lbfgs(of, 20)),
    ):
        module = network.unroll()
        passes = descended(module, x, batch, make, seconds)
        with torch.no_grad():
            losses = [float(cross_entropy(module, part)) for part in (x, held_out)]
        rows.append(f"| {name} | {passes:.1f} | {losses[0]:.2f} | {losses[1]:.2f} |")
        print(rows[-1], flush=True)
    head = "| optimiser | passes | cross-entropy, training | held out |\n|---|---|---|---|\n"
    return (
        f"## Optimisers\n\nFrom the learned stack, {len(x):,} images, {seconds:.0f} s of processor "
        "time each.\n\n" + head + "\n".join(rows) + "\n"
    )


def lbfgs(of: Any, iterations: int) -> Any:
    """Return L-BFGS with line searches."""
    return torch.optim.LBFGS(
        of, max_iter=iterations, history_size=10, line_search_fn="strong_wolfe"
    )


def cross_entropy(module: Any, x: Any) -> Any:
    """Return the cross-entropy an image, as fine-tuning has it."""
    logits = module.decoder[:-1](module.encoder(x))
    functional = torch.nn.functional
    return functional.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)


def descended(module: Any, x: Any, batch: int, make: Callable[[Any], Any], seconds: float) -> float:
    """Train for so long; the number of gradients of all images that it took."""
    optimiser, start, seen, order = make(list(module.parameters())), time.process_time(), 0, 0
    while time.process_time() - start < seconds:
        rows = np.random.default_rng(order).permutation(len(x))
        order += 1
        for first in range(0, len(x), batch):
            part = x[rows[first : first + batch]]

            def closure(part: Any = part) -> Any:
                nonlocal seen
                seen += len(part)
                optimiser.zero_grad()
                loss = cross_entropy(module, part)
                loss.backward()
                return loss

            optimiser.step(closure)
            if time.process_time() - start >= seconds:
                break
    return seen / len(x)


if __name__ == "__main__":
    raise SystemExit(main())
