"""What is shown of a machine: classes, mean fields, filters, pseudolikelihood."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from multispin.lab.scenes.rbm_models import copied

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from multispin.lab.scenes.rbm_data import Images
    from multispin.learn.rbm import RBM

    Array = NDArray[np.float32]

#: Mean-field steps where pixels are held.
COMPLETING = 50
#: Terms (image × visible × hidden) of a pseudolikelihood that is looked at while learning goes on.
_MOST_TERMS = 6e5


class Views:
    """A machine as it is now, looked at."""

    def __init__(self, rbm: RBM, images: Images, threads: int | None) -> None:
        self._images = images
        self._labels = len(images.classes)
        self.n_pixels = images.pixels.shape[1]
        self.rbm = copied(rbm, threads=threads, random_state=0)

    @property
    def n_hidden(self) -> int:
        """How many hidden units."""
        return len(self.rbm.components_)

    def classes(self, pixels: NDArray[Any]) -> Array:
        """Return P(class | pixels), (K,); of no labels, nothing."""
        if not self._labels:
            return np.zeros(0, np.float32)
        found = self.rbm.label_probabilities(pixels[None].astype(np.float32))
        return np.asarray(found[0], np.float32)

    def reconstruct(self, pixels: NDArray[np.bool_], steps: int) -> Array:
        """Return means of pixels after some mean-field steps, in the mean over the classes.

        Σ_y P(y | v) σ(b + Wᵀ σ(c + W (v, y))).
        """
        found = self.rbm.reconstruct(self._of_each_class(pixels), steps=steps)[:, : self.n_pixels]
        shares = self.classes(pixels)
        return np.asarray(shares @ found if self._labels else found[0], np.float32)

    def complete(self, pixels: NDArray[np.bool_], held: NDArray[np.bool_]) -> Array:
        """Return means of pixels, some of which are held; the others begin at their means."""
        start = np.where(held, pixels, self._images.mean).astype(np.float32)
        row = start
        clamp = held
        if self._labels:
            of_class = np.zeros(self._labels, np.float32)
            of_class[np.argmax(self.classes(start))] = 1
            row = np.concatenate([start, of_class])
            clamp = np.concatenate([held, np.zeros(self._labels, np.bool_)])
        found = self.rbm.reconstruct(row[None], clamp, COMPLETING)
        return np.asarray(found[0, : self.n_pixels], np.float32)

    def hidden(self, pixels: NDArray[Any]) -> Array:
        """Return P(h_j = 1 | pixels), in the mean over the classes."""
        found = self.rbm.transform(self._of_each_class(pixels))
        return np.asarray(self.classes(pixels) @ found if self._labels else found[0], np.float32)

    def filters(self, units: NDArray[np.intp] | slice) -> Array:
        """Return the weights of hidden units to pixels, (units, N)."""
        return np.asarray(self.rbm.components_[units, : self.n_pixels], np.float32)

    def singular_values(self) -> Array:
        """Return the singular values of W, the largest first."""
        return np.asarray(np.linalg.svd(self.rbm.components_, compute_uv=False), np.float32)

    def _of_each_class(self, pixels: NDArray[Any]) -> Array:
        """Return the pixels with each of the labels, (K, units); without labels, one row."""
        if not self._labels:
            return pixels[None].astype(np.float32)
        rows = np.repeat(pixels[None].astype(np.float32), self._labels, axis=0)
        return np.concatenate([rows, np.eye(self._labels, dtype=np.float32)], axis=1)


def pseudolikelihood(rbm: RBM, images: Images) -> float:
    """Return the mean of Σ_i ln P(v_i | all other v) over images that are not learned.

    Over pixels and the label; of as many images as there is time for, the same ones each time.
    """
    units = images.learned.shape[1]
    rows = max(4, min(len(images.kept_back), int(_MOST_TERMS / (units * len(rbm.components_)))))
    return rbm.score(images.kept_back[:rows].astype(np.float32))
