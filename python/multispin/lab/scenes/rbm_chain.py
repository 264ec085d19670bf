"""A Gibbs chain of an RBM at a temperature, pixels and a class held or not."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import numpy as np

from multispin.lab.scenes.rbm_models import copied
from multispin.learn.seeds import seed_for

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from multispin.lab.scenes.rbm_views import Views

#: Free energies that are kept for the picture.
_KEPT = 400


class Chain:
    """Visible units on their way, one state, with the free energies that it has had.

    Free energies are those at temperature 1, whatever the chain is sampled at.

    Parameters
    ----------
    n_pixels, n_labels
        How many units are pixels, and labels.
    seed
        Of its random numbers.
    """

    def __init__(self, n_pixels: int, n_labels: int, seed: int) -> None:
        self._n_pixels, self._n_labels, self._seed = n_pixels, n_labels, seed
        self.state = np.zeros(n_pixels + n_labels, np.uint8)
        if n_labels:
            self.state[n_pixels] = 1
        self.steps = 0
        self.energies: deque[float] = deque(maxlen=_KEPT)
        self._machines = 0  # that it has run on
        self._of: tuple[Views, float] | None = None

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """Pixels of the state, (N,); a view, which can be painted on."""
        return self.state[: self._n_pixels]

    @property
    def label(self) -> int | None:
        """The class whose label unit is 1."""
        return int(np.argmax(self.state[self._n_pixels :])) if self._n_labels else None

    def begin(self, pixels: NDArray[np.bool_], label: int | None) -> None:
        """Begin anew, with these pixels and of this class."""
        self.steps = 0
        self.energies.clear()
        self.pixels[:] = pixels
        self.set_label(label)

    def set_label(self, label: int | None) -> None:
        """Say which label unit is 1."""
        if label is not None and self._n_labels:
            self.state[self._n_pixels :] = np.arange(self._n_labels) == label

    def step(
        self, views: Views, temperature: float, held: NDArray[np.bool_], label: int | None
    ) -> None:
        """Draw hidden units and then visible ones; pixels of `held` stay, and a class that is."""
        if self._of is None or self._of[0] is not views or self._of[1] != temperature:
            # Other random numbers with each machine: steps of two of them are not to be alike.
            self._machines += 1
            self._of = views, temperature
            self._sampled = copied(
                views.rbm, temperature,
                random_state=seed_for(self._seed, self._machines), threads=1,
            )  # fmt: skip
        self.set_label(label)
        clamp = np.concatenate([held, np.full(self._n_labels, label is not None)])
        found = self._sampled.gibbs(self.state[None].astype(np.float32), 1, clamp)
        self.state = found[0].astype(np.uint8)
        self.steps += 1
        self.energies.append(float(views.rbm.free_energy(self.state[None].astype(np.float32))[0]))
