"""Images as patterns: grey to ±1, stored and retrieved in one call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from multispin._base import checks
from multispin.learn.hopfield.network import RULES, HopfieldNetwork

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from multispin.learn.hopfield.retrieval import Retrieval


@dataclass(frozen=True)
class ImageRetrieval:
    """What a network made of corrupted images. All images are ±1, int8.

    Attributes
    ----------
    stored
        The images that were stored, (P, *shape).
    cues
        The corrupted ones that it began with, (cues, *shape).
    retrieved
        What it ended with, (cues, *shape).
    level
        Pixels above are +1, others -1.
    retrieval
        Overlaps, winners, kinds, sweeps: `Retrieval`, of one replica a cue.
    """

    stored: NDArray[np.int8]
    cues: NDArray[np.int8]
    retrieved: NDArray[np.int8]
    level: float
    retrieval: Retrieval

    @property
    def winners(self) -> NDArray[np.int64]:
        """Which stored image each cue ended closest to, or to whose negative: (cues,)."""
        return self.retrieval.winner[:, 0]

    @property
    def overlaps(self) -> NDArray[np.float64]:
        """Overlaps of what was retrieved with the winners, (cues,)."""
        found = self.retrieval.overlap[np.arange(len(self.cues)), 0, self.winners]
        return np.asarray(found)


def retrieve_images(
    images: ArrayLike | Sequence[ArrayLike],
    corrupted: ArrayLike | Sequence[ArrayLike],
    rule: str = "pseudoinverse",
    level: float | None = None,
    temperature: float = 0.0,
    sweeps: int = 50,
    random_state: int | None = None,
) -> ImageRetrieval:
    """Store images in a Hopfield network, and have it restore corrupted ones.

    Parameters
    ----------
    images
        Images to store, of one size: an array (P, rows, columns), or a sequence of images. Bool,
        integers or floats: black and white, 0 and 1, ±1, grey of any range.
    corrupted
        Images to begin with, of the same size and range; one may come without its axis.
    rule
        How they are stored, as of `HopfieldNetwork`. Pictures of one kind are alike, since most of
        them is background: `pseudoinverse` can tell them apart, `hebb` needs patterns like noise.
    level
        Pixels above are +1, others -1. By default halfway between the smallest and the largest
        value in `images`.
    temperature, sweeps, random_state
        As of `HopfieldNetwork.retrieve`.

    Returns
    -------
    ImageRetrieval
        The images as the network sees them, and the `Retrieval`.

    Raises
    ------
    TypeError, ValueError
        If there are no images, they differ in size, or `level` has all of them on one side, as
        it has if all pixels are the same, or all of a corrupted one; and for other arguments that
        are not of their kind.
    MemoryError
        If couplings do not fit: those of all pairs of pixels, of every rule but ``hebb``.

    Examples
    --------
    >>> import multispin as ms
    >>> from multispin.learn import corrupt
    >>> digits = ms.datasets.digits(binary=True).images[:5]
    >>> found = ms.retrieve_images(digits, corrupt(digits, 0.2, random_state=2), random_state=1)
    >>> found.retrieved.shape, found.winners.tolist(), found.overlaps.tolist()
    ((5, 8, 8), [0, 1, 2, 3, 4], [1.0, 1.0, 1.0, 1.0, 1.0])
    """
    checks.choice("rule", rule, RULES)
    grey = pixels_of("images", images)
    if grey.ndim < 3:
        allowed = "images (P, rows, columns)"
        raise ValueError(checks.describe("images", f"an array of shape {grey.shape}", allowed))
    limit = checked_level(level, grey)
    start = pixels_of("corrupted", corrupted)
    if start.shape == grey.shape[1:]:
        start = start[None]
    if start.shape[1:] != grey.shape[1:]:
        raise ValueError(
            checks.describe(
                "corrupted",
                f"images of shape {start.shape[1:]}",
                f"{grey.shape[1:]}, the shape of the images that are stored",
            )
        )
    stored, cues = as_spins(grey, limit), as_spins(start, limit)
    alike = np.abs(cues.reshape(len(cues), -1).mean(axis=1)) == 1.0
    if bool(alike.any()):
        raise ValueError(
            f"corrupted: got an image with all of its pixels on one side of the level {limit:g}, "
            "allowed: images of the range of those that are stored"
        )
    found = HopfieldNetwork(rule).fit(stored).retrieve(
        cues, temperature, sweeps, random_state=random_state
    )  # fmt: skip
    return ImageRetrieval(stored, cues, found.state[:, 0], limit, found)


def as_spins(grey: NDArray[np.float64], level: float) -> NDArray[np.int8]:
    """Return +1 for pixels above the level, -1 for others, int8."""
    return np.where(grey > level, 1, -1).astype(np.int8)


def pixels_of(name: str, images: ArrayLike | Sequence[ArrayLike]) -> NDArray[np.float64]:
    """Return at least one image as float64, (n, *shape) or (*shape,)."""
    allowed = "one or more images of one size, of finite numbers or bool"
    if isinstance(images, (list, tuple)):
        # One by one, for a message that says which of them is wrong.
        each = [
            checks.numbers(f"{name}[{k}]", image, "an image of finite numbers or bool", "iufb")
            for k, image in enumerate(images)
        ]
        for k, image in enumerate(each):
            if image.shape != each[0].shape:
                got = f"an image of shape {image.shape}"
                same = f"{each[0].shape}, the shape of {name}[0]"
                raise ValueError(checks.describe(f"{name}[{k}]", got, same))
        images = np.array(each)
    found = checks.numbers(name, images, allowed, "iufb")
    if found.ndim < 2 or found.size == 0:
        raise ValueError(checks.describe(name, f"an array of shape {found.shape}", allowed))
    return found


def checked_level(level: float | None, grey: NDArray[np.float64]) -> float:
    """Return the level given, or the one halfway, if there are pixels on both sides."""
    low, high = float(grey.min()), float(grey.max())
    if low == high:
        raise ValueError(checks.describe("images", f"{low:g} everywhere", "two values or more"))
    if level is None:
        return low / 2 + high / 2
    allowed = f"a number from {low:g} to less than {high:g}, between which the pixels are"
    limit = checks.finite("level", level, allowed)
    if not low <= limit < high:
        raise ValueError(checks.describe("level", level, allowed))
    return limit
