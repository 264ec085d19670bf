"""The restricted Boltzmann machine: digits learned, drawn, completed and told apart.

Run as ``python examples/09_rbm.py``, or with all other chapters as ``multispin demo``. With
logistic regression, if scikit-learn is there.
"""

from __future__ import annotations

import importlib
import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import xarray as xr

import multispin as ms
from multispin import page, plot

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Bits = NDArray[np.float32]
    Blocks = list[page.Text | page.Picture | page.Table]

SHAPE = (8, 8)
INK = 8  # grey from which a pixel is on, of 16
TRAINED = 1437  # of 1,797 digits; the others are what machines have not seen
HIDDEN, BATCH, CHAINS = 128, 50, 100
RATES, RATES_OF_BOTH = (0.3, 0.01), (0.5, 0.02)  # of pixels; of pixels and labels
RATE_OF_LABELS = (0.5, 0.05)  # of labels given pixels
DRAWN, STEPS = 40, 1000  # samples that are shown, and the Gibbs steps to each of a class
COMPLETED, GREY = 12, 0.3  # digits, and how what is missing looks


class Effort(NamedTuple):
    """Epochs of the machine of pixels, and of that of pixels and labels; chains for ln Z."""

    pixels: int
    labels: int
    chains: int


QUICK, FULL = Effort(15, 10, 50), Effort(80, 30, 150)


class Digits(NamedTuple):
    """Pixels 0 and 1, and which digits they are: those to learn, and others."""

    train: Bits
    test: Bits
    train_labels: NDArray[np.int64]
    test_labels: NDArray[np.int64]


def chapter(quick: bool = False) -> page.Chapter:
    """Run the chapter "The restricted Boltzmann machine" and return it."""
    effort = QUICK if quick else FULL
    digits = load()
    page.announce(f"{TRAINED:,} digits learned by {HIDDEN} hidden units")
    machine = ms.RBM(
        HIDDEN, learning_rate=RATES, batch_size=BATCH, n_chains=CHAINS, n_iter=effort.pixels,
        random_state=1,
    ).fit(digits.train, validation=digits.test)  # fmt: skip
    learned, completed, classes = (
        show_learned(machine, digits, effort.chains), show_completed(machine, digits),
        show_classes(machine, digits, effort.labels),
    )  # fmt: skip
    return page.Chapter(
        "The restricted Boltzmann machine",
        [*learned.blocks, *completed.blocks, *classes.blocks],
        data={
            "rbm_digits": learned.data, "rbm_completed": completed.data,
            "rbm_classes": classes.data,
        },
    )  # fmt: skip


class Part(NamedTuple):
    """What is shown of a part of the chapter, and what was measured."""

    blocks: Blocks
    data: xr.Dataset


def load() -> Digits:
    """Return digits in black and white, in an order that a seed has drawn."""
    images, labels = ms.datasets.digits()
    pixels = (images > INK).reshape(len(images), -1).astype(np.float32)
    order = np.random.default_rng(1).permutation(len(images))
    seen, others = order[:TRAINED], order[TRAINED:]
    return Digits(pixels[seen], pixels[others], labels[seen], labels[others])


# --- what was learned -----------------------------------------------------------------------------


def show_learned(machine: ms.RBM, digits: Digits, chains: int) -> Part:
    """Show what hidden units look for, how they came to, and what the machine draws."""
    page.announce("ln Z by annealed importance sampling, and samples")
    ln_z = machine.log_partition("ais", chains=chains, random_state=1)
    likelihood = [float(machine.log_likelihood(part, ln_z).mean()) for part in digits[:2]]
    alone = [float(of.mean()) for of in independent(digits)]
    drawn = machine.sample(DRAWN).reshape(-1, *SHAPE)
    kept = machine.history_
    data = xr.Dataset(
        {
            "reconstruction_error": ("epoch", kept["reconstruction_error"]),
            "free_energy_gap": ("epoch", kept["free_energy_gap"]),
            "singular_values": (("epoch", "rank"), kept["singular_values"]),
            "weights": (("hidden", "row", "column"), machine.components_.reshape(-1, *SHAPE)),
            "samples": (("sample", "row", "column"), drawn),
        },
        {"epoch": np.arange(1, machine.n_iter_ + 1)},
        {"log_partition": ln_z.value, "log_partition_error": ln_z.error},
    )
    rows = [
        ("pixels by themselves", *(f"{value:.2f}" for value in alone)),
        (f"{HIDDEN} hidden units", *(f"{value:.2f} ± {ln_z.error:.2f}" for value in likelihood)),
    ]
    blocks: Blocks = [
        page.Text(
            f"""
<p>Take the couplings within both layers away, and a Boltzmann machine is <i>restricted</i>: visible
units <i>v</i> see hidden ones <i>h</i>, and nothing else,
<i>P</i>(<i>v</i>, <i>h</i>) ∝ exp(Σ <i>b<sub>i</sub> v<sub>i</sub></i> +
Σ <i>c<sub>j</sub> h<sub>j</sub></i> + Σ <i>h<sub>j</sub> W<sub>ji</sub> v<sub>i</sub></i>), with
units 0 and 1. Paul Smolensky had it in 1986, as the harmonium. Given one layer, the units of the
other are independent and are drawn at once; <code>multispin</code> keeps them as bits. And the sum
over hidden units can be written down, so that ln <i>P</i>(<i>v</i>) is known up to ln <i>Z</i>.</p>
<p>Here {HIDDEN} hidden units learn {len(digits.train):,} digits of {SHAPE[0]} × {SHAPE[1]} pixels,
black or white, by persistent contrastive divergence (Tijmen Tieleman, 2008): {machine.n_iter_}
times through the data, while {CHAINS} Markov chains of the machine go along.</p>
"""
        ),
        page.Picture(
            plot.rbm.filters(machine.components_, SHAPE, 40, 10),
            "What the 40 hidden units with the largest weights look for: pixels in red speak for a "
            "unit, those in blue against it. Strokes and their ends, not whole digits.",
            "Forty small images with spots of red and blue.",
        ),
        page.Picture(
            plot.rbm.singular_values(kept["singular_values"]),
            "Singular values of the weights. They grow one after the other out of what chance has "
            "put there: each is a direction in which the data differ (Aurélien Decelle, Giancarlo "
            "Fissore and Cyril Furtlehner, 2017).",
            "Lines that leave a flat bundle, one after the other, and rise.",
        ),
        page.Picture(
            plot.rbm.history(kept),
            "How learning went. The gap is how much higher the free energy of digits is that were "
            "not learned; where it grows without end, digits are learned by heart.",
            "Three panels: the error falls, the gap rises slowly, the rate falls in a line.",
        ),
        page.Picture(
            plot.rbm.images(drawn, 10),
            f"{DRAWN} samples, each of a chain of its own, {machine.sample_steps_:,} Gibbs steps "
            "after a start in which pixels are independent: as many as the chains were found to "
            "need to forget it.",
            "Images like handwritten digits, some of them no digit.",
        ),
        page.Table(
            ("mean ln P(v), in nats", "learned", "not learned"),
            rows,
            "Pictures can flatter; the likelihood does not. ln Z is by annealed importance "
            f"sampling, {chains} chains each way: {ln_z.value:.3f} ± {ln_z.error:.3f}.",
        ),
    ]
    return Part(blocks, data)


def independent(digits: Digits) -> list[Array]:
    """Return ln P(v) where pixels are independent, as frequent as among those that are learned."""
    p = (digits.train.sum(axis=0) + 1) / (len(digits.train) + 2)
    return [np.log(np.where(part > 0, p, 1 - p)).sum(axis=1) for part in digits[:2]]


# --- halves that are given ------------------------------------------------------------------------


def show_completed(machine: ms.RBM, digits: Digits) -> Part:
    """Complete digits of which the lower half is given."""
    page.announce(f"{len(digits.test)} digits completed from their lower halves")
    held = np.zeros(SHAPE, dtype=np.bool_)
    held[SHAPE[0] // 2 :] = True
    given, mean = held.ravel(), digits.train.mean(axis=0)
    begin = np.where(given, digits.test, mean)
    fields = machine.reconstruct(begin, clamp=given)
    coins = np.random.default_rng(1).random(begin.shape) < begin
    drawn = machine.gibbs(coins, 500, clamp=given)
    missing = digits.test[:, ~given] > 0
    right = {
        "pixels by themselves": np.broadcast_to(mean > 0.5, fields.shape),
        "mean fields": fields > 0.5,
        "one sample": drawn,
    }
    shares = {name: float((of[:, ~given] == missing).mean()) for name, of in right.items()}
    kinds = {
        "digit": digits.test, "given": np.where(given, digits.test, GREY), "mean fields": fields,
        "one sample": drawn,
    }  # fmt: skip
    images = np.stack([part[:COMPLETED].reshape(-1, *SHAPE) for part in kinds.values()])
    data = xr.Dataset(
        {"images": (("kind", "image", "row", "column"), images)}, {"kind": list(kinds)},
        {f"right {name}": share for name, share in shares.items()},
    )  # fmt: skip
    blocks: Blocks = [
        page.Text(
            f"""
<h3>From halves to digits</h3>
<p>A model of all pixels is one of any of them given any others: hold what is known, and draw the
rest. Below, the lower halves of digits that were not learned are held. The mean fields of all other
units are followed to where they stay, or chains take 500 Gibbs steps. Of pixels in the upper halves
of {len(digits.test)} digits, {shares["mean fields"]:.1%} are right by mean fields; who knows only
how often each pixel is black has {shares["pixels by themselves"]:.1%}. A single sample has
{shares["one sample"]:.1%}: it does not say what is likeliest, but draws one of the ways in which it
can be.</p>
"""
        ),
        page.Picture(
            plot.rbm.images(images.reshape(-1, *SHAPE), COMPLETED),
            "From above: digits that were not learned; the halves that are given; what mean fields "
            "make of them; one sample for each.",
            "Four rows of digits; in the second the upper halves are missing.",
        ),
    ]
    return Part(blocks, data)


# --- which digit ----------------------------------------------------------------------------------


def show_classes(machine: ms.RBM, digits: Digits, epochs: int) -> Part:
    """Learn labels with the pixels: digits of a class, and the class of digits."""
    page.announce("pixels and labels learned together")
    machine_of_both = ms.RBM(
        HIDDEN, learning_rate=RATES_OF_BOTH, batch_size=BATCH, n_chains=CHAINS, n_iter=epochs,
        method="ptt", random_state=1,
    )  # fmt: skip
    both = ms.RBMClassifier(machine_of_both).fit(digits.train, digits.train_labels)
    told_by_labels = ms.RBM(
        HIDDEN, learning_rate=RATE_OF_LABELS, momentum=0.5, batch_size=BATCH, n_iter=epochs,
        method="discriminative", random_state=1,
    )  # fmt: skip
    classifier = ms.RBMClassifier(told_by_labels).fit(digits.train, digits.train_labels)
    drawn = np.stack([both.sample(4, label, STEPS).reshape(-1, *SHAPE) for label in range(10)], 1)
    told = both.predict(digits.test)
    rows = [
        ("labels and pixels learned together", share(told == digits.test_labels)),
        (
            "labels given pixels learned",
            share(classifier.predict(digits.test) == digits.test_labels),
        ),
    ]
    rows += regressions(machine, digits)
    data = xr.Dataset(
        {
            "samples": (("sample", "class", "row", "column"), drawn),
            "told": ("digit", told),
            "label": ("digit", digits.test_labels),
        }
    )
    blocks: Blocks = [
        page.Text(
            """
<h3>Which digit is it?</h3>
<p>So far nobody told the machine which digit is which. Ten more visible units can: one for each
label, of which one is 1. To learn them takes nothing new. Chains of this machine move slowly, since
a digit has to change with its label; here they are exchanged with chains of machines that were kept
along the way (<code>method="ptt"</code>; Nicolas Béreux and others, 2024). Held at a label, the
machine draws that digit. The other way round, the label of an image is the one with the lowest free
energy of ten (Hugo Larochelle and Yoshua Bengio, 2008); a machine that is to do nothing else learns
just that, <code>method="discriminative"</code>. Or one forgets about labels, and gives the
probabilities of hidden units to another program instead of pixels.</p>
"""
        ),
        page.Picture(
            plot.rbm.images(
                drawn.reshape(-1, *SHAPE), 10, [str(label) for label in range(10)]
            ),
            f"What the machine draws with its label units held, {STEPS:,} Gibbs steps after a "
            "start in which pixels are independent.",
            "Ten columns of images, most of them of the digit above.",
        ),
        page.Picture(
            plot.rbm.embedding(machine.transform(digits.test), digits.test_labels),
            "Digits that were not learned, by the hidden units of the machine that never saw a "
            "label: their first two principal components.",
            "Points in ten colours, those of some digits in groups of their own.",
        ),
        page.Table(
            ("which digit it is", "right"),
            rows,
            f"{len(digits.test)} digits that were not learned"
            + ("" if len(rows) > 1 else "; with scikit-learn there would be more rows")
            + ".",
        ),
    ]  # fmt: skip
    return Part(blocks, data)


def regressions(machine: ms.RBM, digits: Digits) -> list[tuple[str, str]]:
    """Compare logistic regression on pixels and on hidden units, if scikit-learn is there."""
    try:
        linear_model = importlib.import_module("sklearn.linear_model")
    except ImportError:
        return []
    rows = []
    for name, features in (("pixels", lambda X: X), ("hidden units", machine.transform)):
        model = linear_model.LogisticRegression(max_iter=2000)
        model.fit(features(digits.train), digits.train_labels)
        told = model.predict(features(digits.test))
        rows.append((f"logistic regression on {name}", share(told == digits.test_labels)))
    return rows


def share(right: NDArray[np.bool_]) -> str:
    """Return how many are right, with a standard error."""
    p = float(right.mean())
    return f"{p:.1%} ± {math.sqrt(p * (1 - p) / len(right)):.1%}"


if __name__ == "__main__":
    page.main(chapter)
