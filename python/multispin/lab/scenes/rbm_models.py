"""RBMs of the four principles: recipes, training in slices, and a cache of what was trained."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin import io
from multispin.errors import CheckpointError
from multispin.learn.rbm import RBM
from multispin.learn.rbm.settings import OF_FLIPS

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from multispin.lab.scenes.rbm_data import Images

#: Inductive principles, as methods of `RBM` and as the literature calls them.
PRINCIPLES = {
    "pcd": ("SML", "stochastic maximum likelihood: chains that go on from update to update"),
    "cd": ("CD", "contrastive divergence: chains that begin at the images"),
    "pl": ("PL", "pseudolikelihood: each pixel, and the class, given all others"),
    "rm": ("RM", "ratio matching: the same, squared"),
}  # fmt: skip
_KIND = "RBM of the lab, 2"
_PARTS = ("components", "intercept_visible", "intercept_hidden")
#: Seconds that a slice is to take; those of an update, and of (sample × visible × hidden) in it, of
#: methods that sample and of those that turn units: about.
_SLICE, _UPDATE = 0.02, 1e-3
_WORK = {False: 1e-9, True: 4e-8}
#: Updates of a training; of images with more pixels than so many, of which each says less.
_UPDATES, _UPDATES_OF_LARGE, _LARGE = 960, 2400, 256


@dataclass(frozen=True)
class Recipe:
    """How a machine is trained: `steps` slices, the rate falling from slice to slice.

    Slice k is of the samples ``V[k % parts :: parts]``, which `partial_fit` sees in a random order.
    """

    method: str
    n_components: int
    batch_size: int
    rates: tuple[float, float]
    momentum: float
    parts: int
    steps: int
    seed: int
    n_labels: int

    def params(self) -> dict[str, Any]:
        """Return the parameters of the estimator."""
        found: dict[str, Any] = {"method": self.method, "batch_size": self.batch_size}
        found |= {"momentum": self.momentum, "random_state": self.seed}
        if self.n_labels:
            found["n_labels"] = self.n_labels
        if self.method == "pcd":
            found["n_chains"] = 100
        return found

    def slice(self, V: NDArray[np.uint8], k: int) -> NDArray[np.float32]:
        """Return the samples of slice k."""
        return V[k % self.parts :: self.parts].astype(np.float32)

    def rate(self, k: int) -> float:
        """Return the learning rate of slice k."""
        return float(np.linspace(*self.rates, self.steps)[k])

    def python(self) -> list[str]:
        """Return the lines of Python that train an RBM `rbm` of samples V."""
        words = ", ".join(f"{name}={value!r}" for name, value in self.params().items())
        V = "V" if self.parts == 1 else f"V[k % {self.parts} :: {self.parts}]"
        first, last = self.rates
        return [
            f"rbm = ms.RBM({self.n_components}, {words})",
            f"for k, rate in enumerate(np.linspace({first}, {last}, {self.steps})):",
            f"    rbm.set_params(learning_rate=float(rate)).partial_fit({V})",
        ]


def parts_of(method: str, samples: int, units: int, hidden: int, batch: int) -> int:
    """Return into how many slices the samples go, so that each takes about as long as it is to."""
    seconds = _UPDATE + _WORK[method in OF_FLIPS] * batch * units * hidden
    updates = max(1, int(_SLICE / seconds))
    return max(1, -(-samples // (batch * updates)))


def recipe(method: str, images: Images, seed: int, hidden: int = 64) -> Recipe:
    """Return how a machine of a principle is trained on images, before it is shown."""
    flips = method in OF_FLIPS
    samples, units = images.learned.shape
    large = units > _LARGE
    batch = min((10 if large else 20) if flips else 50, samples)
    parts = parts_of(method, samples, units, hidden, batch)
    updates = _UPDATES_OF_LARGE if large else _UPDATES
    steps = max(1, round(updates * batch * parts / samples))
    rates = {"pcd": (0.2, 0.005), "cd": (0.2, 0.01), "pl": (0.1, 0.01), "rm": (0.2, 0.02)}[method]
    if large:  # sums over more units
        rates = (rates[0] / 4, rates[1] / 4)
    return Recipe(
        method, hidden, batch, rates, 0.8, parts, steps, seed, len(images.classes)
    )  # fmt: skip


class Course:
    """A training that goes on slice by slice."""

    def __init__(self, recipe: Recipe, images: Images, threads: int | None) -> None:
        self.recipe, self._images = recipe, images
        self.done = 0
        self.rbm = RBM(recipe.n_components, **recipe.params(), threads=threads)

    @property
    def share(self) -> float:
        """How much of it is over."""
        return self.done / self.recipe.steps

    def advance(self) -> bool:
        """Learn one slice more; whether there are any left."""
        at = self.recipe
        self.rbm.set_params(learning_rate=at.rate(self.done))
        self.rbm.partial_fit(at.slice(self._images.learned, self.done))
        self.done += 1
        return self.done < at.steps


def copied(rbm: RBM, temperature: float = 1.0, **params: Any) -> RBM:
    """Return a machine of the same units and weights, which stay as they are now.

    At a temperature T its distribution is e^(−E/T).
    """
    T = np.float32(temperature)
    weights, b, c = rbm.components_, rbm.intercept_visible_, rbm.intercept_hidden_
    return RBM.from_arrays(weights / T, b / T, c / T, n_labels=rbm.n_labels, **params)


# --- the cache ------------------------------------------------------------------------------------

#: Machines that this process has trained or read: all pages see the same ones.
_trained: dict[str, RBM] = {}


def key(recipe: Recipe, images: Images) -> str:
    """Return what tells this training from others."""
    return hashlib.sha256(f"{images.digest} {recipe}".encode()).hexdigest()[:16]


def recall(recipe: Recipe, images: Images, cache: Path | None) -> tuple[RBM | None, str | None]:
    """Return the machine, if it has been trained before; and what there is to say of the cache."""
    name = key(recipe, images)
    if name in _trained:
        return _trained[name], None
    if cache is None:
        return None, None
    path = file_of(cache, recipe, images)
    try:
        _, arrays = io.read_checkpoint(path, _KIND)
        shape = (recipe.n_components, images.learned.shape[1])
        wanted = dict(zip(_PARTS, (shape, shape[1:], shape[:1]), strict=True))
        parts = [io.demand_array(arrays, part, np.float32, wanted[part]) for part in _PARTS]
        found = RBM.from_arrays(*parts, **recipe.params())
    except FileNotFoundError:
        return None, None
    except (CheckpointError, ValueError, OSError) as error:
        return None, f"{path.name} in the cache is of no use and is trained anew: {_line(error)}"
    _trained[name] = found
    return found, None


def keep(rbm: RBM, recipe: Recipe, images: Images, cache: Path | None) -> str | None:
    """Keep a machine that has been trained; return what went wrong, if something did."""
    _trained[key(recipe, images)] = rbm
    if cache is None:
        return None
    parts = (rbm.components_, rbm.intercept_visible_, rbm.intercept_hidden_)
    path = file_of(cache, recipe, images)
    try:
        cache.mkdir(parents=True, exist_ok=True)
        io.write_checkpoint(
            path, _KIND, {"recipe": str(recipe)}, dict(zip(_PARTS, parts, strict=True))
        )
    except OSError as error:
        return f"the cache cannot be written, so the next start trains again: {_line(error)}"
    return None


def file_of(cache: Path, recipe: Recipe, images: Images) -> Path:
    """Return where a machine is kept."""
    return cache / f"rbm-{recipe.method}-{key(recipe, images)}.npz"


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
