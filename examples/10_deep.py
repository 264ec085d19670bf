"""Going deep: restricted Boltzmann machines on top of each other, and what they make of digits.

Run as ``python examples/10_deep.py``, or with all other chapters as ``multispin demo``. With
fine-tuning by back-propagation, if PyTorch is there.
"""

from __future__ import annotations

import copy
import importlib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import xarray as xr

import multispin as ms
from multispin import page, plot

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Bits = NDArray[np.float32]
    Blocks = list[page.Text | page.Picture | page.Image | page.Table]

SHAPE = (8, 8)
INK = 8  # grey from which a pixel is on, of 16
TRAINED = 1437  # of 1,797 digits; the others are what networks have not seen
HIDDEN, CODE = (32, 16), 6  # units of the layers, and numbers that a digit becomes
RATES, RATES_OF_CODE = (0.1, 0.01), (0.01, 0.001)
TUNING = (5e-3, 5e-4)  # rates of Adam
SHOWN, DRAWN, COLUMNS = 12, 40, 10  # digits and samples in pictures
STEPS = 300  # of chains that are exchanged
VIEWS = Path(__file__).with_name("pictures")  # of the lab, by tools/lab_pictures.py


class Effort(NamedTuple):
    """Epochs of each layer and of fine-tuning; draws for the bound; chains for ln Z."""

    layer: int
    tuning: int
    draws: int
    chains: int


QUICK, FULL = Effort(10, 5, 20, 50), Effort(60, 40, 100, 100)


class Digits(NamedTuple):
    """Pixels 0 and 1, and which digits they are: those to learn, and others."""

    train: Bits
    test: Bits
    test_labels: NDArray[np.int64]


class Part(NamedTuple):
    """What is shown of a part of the chapter, and what was measured."""

    blocks: Blocks
    data: xr.Dataset


def chapter(quick: bool = False) -> page.Chapter:
    """Run the chapter "Going deep" and return it."""
    effort = QUICK if quick else FULL
    digits = load()
    page.announce(f"{TRAINED:,} digits learned by three layers, 64-{HIDDEN[0]}-{HIDDEN[1]}-{CODE}")
    shared = {
        "method": "cd", "momentum": 0.9, "batch_size": 50, "n_iter": effort.layer, "threads": 1
    }  # fmt: skip
    rbm = ms.RBM(learning_rate=RATES, **shared)
    code = ms.RBM(CODE, hidden="gaussian", learning_rate=RATES_OF_CODE, **shared)
    network = ms.DeepBeliefNetwork([*HIDDEN, code], rbm=rbm, random_state=1).fit(digits.train)
    parts = (
        show_codes(network, digits, effort.tuning), show_model(network, digits, effort),
        show_tempering(network),
    )  # fmt: skip
    names = ("deep_codes", "deep_model", "deep_tempering")
    return page.Chapter(
        "Going deep",
        [*(block for part in parts for block in part.blocks), *show_lab()],
        data={name: part.data for name, part in zip(names, parts, strict=True)},
    )


def load() -> Digits:
    """Return digits in black and white, in an order that a seed has drawn."""
    images, labels = ms.datasets.digits()
    pixels = (images > INK).reshape(len(images), -1).astype(np.float32)
    order = np.random.default_rng(1).permutation(len(images))
    seen, others = order[:TRAINED], order[TRAINED:]
    return Digits(pixels[seen], pixels[others], labels[others])


# --- six numbers ----------------------------------------------------------------------------------


def show_codes(network: ms.DeepBeliefNetwork, digits: Digits, epochs: int) -> Part:
    """Show what six numbers keep of a digit: layer by layer, fine-tuned, and linearly."""
    tuned = fine_tuned(network, digits, epochs)
    again = {
        f"{CODE} principal components": projected(digits),
        "layer by layer": network.reconstruct(digits.test),
    }
    if tuned is not None:
        again["fine-tuned"] = tuned.reconstruct(digits.test)
    errors = {name: error(of, digits.test) for name, of in again.items()}
    kinds = {"digit": digits.test, **again}
    images = np.stack([of[:SHOWN].reshape(-1, *SHAPE).clip(0, 1) for of in kinds.values()])
    best = network if tuned is None else tuned
    codes = best.transform(digits.test)
    data = xr.Dataset(
        {
            "images": (("kind", "image", "row", "column"), images),
            "code": (("digit", "unit"), codes),
            "label": ("digit", digits.test_labels),
        },
        {"kind": list(kinds)},
        {f"error {name}": value for name, value in errors.items()},
    )
    words = (
        "Unrolled, up and down again, the stack is an autoencoder of seven layers, which "
        "back-propagation then trains as a whole: the second thing that was new in 2006."
        if tuned is not None
        else "Unrolled, up and down again, the stack is an autoencoder, which back-propagation "
        "then trains as a whole (<code>fine_tune</code>). That needs PyTorch, which is not "
        'installed here: <code>pip install "multispin[deep]"</code>.'
    )
    blocks: Blocks = [
        page.Text(
            f"""
<p>The hidden units of a restricted Boltzmann machine are data, too. Give them to another machine,
and its hidden units to a third; each learns what the one below has left. That is how Geoffrey
Hinton, Simon Osindero and Yee-Whye Teh made networks of many layers learn at all, in 2006. Here are
three machines on {TRAINED:,} digits: 64 pixels, {HIDDEN[0]} units, {HIDDEN[1]} units, and on top
{CODE} that are no bits but numbers. So a digit becomes {CODE} numbers, by mean fields upwards, and
these become a digit again, by mean fields downwards. {words}</p>
"""
        ),
        page.Picture(
            plot.rbm.images(images.reshape(-1, *SHAPE), SHOWN),
            "From above: digits that were not learned; " + "; ".join(again) + ".",
            "Rows of digits, the first sharp, the second blurred, those below it sharper.",
        ),
        page.Table(
            ("what is kept of a digit", "squared error"),
            [(name, f"{value:.2f}") for name, value in errors.items()],
            f"Mean over {len(digits.test)} digits of the sum over 64 pixels. Learned layer by "
            "layer no machine has seen yet what comes out at the bottom"
            + (
                "; back-propagation has."
                if tuned is not None
                else ": fine-tuning, which is left out here, makes up for it."
            ),
        ),
        page.Picture(
            plot.rbm.embedding(codes, digits.test_labels),
            f"The {CODE} numbers of digits that were not learned, in two of their dimensions: "
            "their first principal components. Nobody has told the network which digit is which.",
            "Points of ten kinds, those of some digits in groups of their own.",
        ),
    ]
    return Part(blocks, data)


def fine_tuned(
    network: ms.DeepBeliefNetwork, digits: Digits, epochs: int
) -> ms.DeepBeliefNetwork | None:
    """Return a copy that back-propagation has gone over, if PyTorch is there."""
    try:
        torch = importlib.import_module("torch")
    except ImportError:
        page.announce("no PyTorch: fine-tuning is left out")
        return None
    page.announce("the whole fine-tuned by back-propagation")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # layers are too small for more
    try:
        return copy.deepcopy(network).fine_tune(
            digits.train, n_iter=epochs, batch_size=50, learning_rate=TUNING
        )
    finally:
        torch.set_num_threads(threads)


def projected(digits: Digits) -> Bits:
    """Return digits that were not learned by as many principal components of those that were."""
    mean = digits.train.mean(axis=0)
    axes = np.linalg.svd(digits.train - mean, full_matrices=False)[2][:CODE]
    found: Bits = (digits.test - mean) @ axes.T @ axes + mean
    return found


def error(again: Bits, digits: Bits) -> float:
    """Return the mean squared error of a digit."""
    return float(np.square(again - digits).sum(axis=1).mean())


# --- a model of digits ----------------------------------------------------------------------------


def show_model(network: ms.DeepBeliefNetwork, digits: Digits, effort: Effort) -> Part:
    """Show samples of the network, and how probable digits are."""
    page.announce("samples, and the bound of the likelihood")
    drawn = network.sample(DRAWN, random_state=1).reshape(-1, *SHAPE)
    lowest = network.rbms_[0]
    ln_z = lowest.log_partition("ais", chains=effort.chains, random_state=1)
    rows, values = [], {}
    bounds = [
        network.log_likelihood_bound(part, samples=effort.draws, random_state=1)
        for part in digits[:2]
    ]
    values["network"] = [float(one.values.mean()) for one in bounds]
    errors = [float(np.sqrt((one.errors**2).sum()) / len(one.errors)) for one in bounds]
    values["lowest"] = [float(lowest.log_likelihood(part, ln_z).mean()) for part in digits[:2]]
    pairs = zip(values["network"], errors, strict=True)
    rows.append(
        (f"three layers, {CODE} numbers on top, at least",
         *(f"{value:.2f} ± {off:.2f}" for value, off in pairs))
    )  # fmt: skip
    rows.append(
        (f"the lowest machine, {HIDDEN[0]} hidden units",
         *(f"{value:.2f} ± {ln_z.error:.2f}" for value in values["lowest"]))
    )  # fmt: skip
    data = xr.Dataset(
        {
            "samples": (("sample", "row", "column"), drawn),
            "log_likelihood": (("model", "part"), np.array([values["network"], values["lowest"]])),
        },
        {"model": ["network, bound", "lowest RBM"], "part": ["learned", "not learned"]},
    )
    blocks: Blocks = [
        page.Text(
            f"""
<h3>A model of digits</h3>
<p>The stack is a model as well, the <i>deep belief network</i>: the two layers on top are a
Boltzmann machine, and below each layer is drawn given the one above. Chains run at the top, between
{HIDDEN[1]} units and {CODE} numbers, where they mix within {network.rbms_[-1].sample_steps_:,}
steps; then one pass downwards makes digits of them. How probable the network finds a digit nobody
can sum up; but a lower bound can be had, by drawing hidden units as the layers see them from below,
and adding up what is gained and lost on the way.</p>
"""
        ),
        page.Picture(
            plot.rbm.images(drawn, COLUMNS),
            f"{DRAWN} samples of the network.",
            "Small black and white images, some of them like digits.",
        ),
        page.Table(
            ("mean ln P(v), in nats", "learned", "not learned"),
            rows,
            f"Of the network a lower bound, {effort.draws} draws a digit; errors are of these "
            "draws. What has to pass through a few numbers is less probable than what a machine of "
            "many hidden units says by itself: this network is there to make digits short.",
        ),
    ]
    return Part(blocks, data)


# --- stacked tempering ----------------------------------------------------------------------------


def show_tempering(network: ms.DeepBeliefNetwork) -> Part:
    """Show samples of the lowest machine, by chains that are exchanged with those above."""
    page.announce("stacked tempering")
    found = network.stacked_tempering(DRAWN, STEPS, random_state=1)
    drawn = found.samples.reshape(-1, *SHAPE)
    data = xr.Dataset(
        {
            "samples": (("sample", "row", "column"), drawn),
            "acceptance": ("pair", found.acceptance),
        }
    )
    shares = " and ".join(f"{share:.0%}" for share in found.acceptance)
    blocks: Blocks = [
        page.Text(
            f"""
<h3>Chains that climb the stack</h3>
<p>The machine at the bottom is the one whose chains are slow: to come from one digit to another
they have to pass images that are none. Machines above see digits from farther away, and change them
at once. Hidden units of one are visible units of the next, so both can be exchanged, with a
probability that leaves each machine its own law (Jorge Fernandez-de-Cossio-Diaz, Clément Roussel,
Simona Cocco and Rémi Monasson, 2024). Here {shares} of the exchanges are accepted, from below.</p>
"""
        ),
        page.Picture(
            plot.rbm.images(drawn, COLUMNS),
            f"{DRAWN} samples of the lowest machine alone, after {STEPS:,} steps with exchanges.",
            "Small black and white images, many of them like digits.",
        ),
    ]
    return Part(blocks, data)


# --- the lab --------------------------------------------------------------------------------------


def show_lab() -> Blocks:
    """Show what the lab looks like, and say how it is started."""
    return [
        page.Text(
            """
<h3>Try it yourself</h3>
<p>Much of this tour can be played with. The lab is a page in your browser on which models run
live, on this machine and without a network: an Ising magnet, a spin glass, a Hopfield network whose
patterns you draw, and Boltzmann machines that learn digits while you watch. It starts with</p>
<pre><code>multispin lab</code></pre>
<p>(in a clone, <code>make lab</code>), which opens the page and prints its address. It needs
<code>pip install "multispin[lab]"</code>, which <code>make lab</code> sees to.</p>
"""
        ),
        page.Image(
            VIEWS / "lab_rbm.png",
            "The lab's Boltzmann machine, when this tour was written: a 7 with noise, "
            "what one pass up and down makes of it, and what a Gibbs chain has come to from there.",
            "A page with a drawing of a 7, its blurred reconstruction, a sampled 5, bars that give "
            "the class 7 a probability of 88 percent, and buttons and sliders beside them.",
        ),
        page.Image(
            VIEWS / "lab_hopfield.png",
            "Its Hopfield network on the same day: a fifth of the cells of an A are turned "
            "over, and the network has found back.",
            "A page with a grid of noise in which an A can be guessed, the A as it was stored, the "
            "patterns A, T and Z, and charts of the share of patterns that stay and of the energy.",
        ),
    ]


if __name__ == "__main__":
    page.main(chapter)
