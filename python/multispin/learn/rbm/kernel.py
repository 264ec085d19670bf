"""Two layers of any units, drawn in turn: by the packed kernel as far as they are packed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._engines import registry
from multispin._engines.bipartite import Bipartite, Numbers, Products, unpack
from multispin.learn.rbm.units import Binary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from multispin._engines.bipartite import Layer
    from multispin.learn.place import Place
    from multispin.learn.rbm.parameters import Parameters

    Array = NDArray[np.float64]
    Reals = NDArray[Any]
    #: States of a layer, one a row: bits of packed units, else numbers.
    States = NDArray[Any]


class Kernel:
    """What samples two layers, and averages over them.

    Parameters
    ----------
    parameters
        Weights and biases, of layers as a machine takes them.
    place
        Where, on which no number depends. On a GPU is what is packed: weights stay there.
    """

    def __init__(self, parameters: Parameters, place: Place) -> None:
        self.threads, self._device = registry.threads(place.threads), place.device
        self.units = {"visible": parameters.layers.visible, "hidden": parameters.layers.hidden}
        self._n_visible = parameters.shape[1]
        self._packed: Bipartite | None = None
        #: Whether the packed kernel draws both layers.
        self._all = all(isinstance(units, Binary) for units in self.units.values())
        self.replace(parameters)

    def replace(self, parameters: Parameters) -> None:
        """Put other parameters in place; there is one level then, of scale 1.

        They are held, not copied: who changes them in place replaces them.

        Raises
        ------
        ValueError
            If they are not finite.
        """
        at = parameters.of_machine()
        given = at.weights, at.visible, at.hidden
        if self._packed is not None:
            self._packed.replace(*given)
        elif any(units.packed for units in self.units.values()):
            self._packed = Bipartite(*given, self.threads, self._device)
        elif not all(np.isfinite(part).all() for part in given):
            raise ValueError("weights: allowed: finite numbers")
        self._weights = at.weights
        self._set(np.ones(1), at.visible[None], at.hidden[None])

    def set_levels(self, scales: Array, visible: Reals, hidden: Reals) -> None:
        """Set scales (L,) of the weights, offsets (L, n_visible) and (L, n_hidden)."""
        if self._packed is not None:
            self._packed.set_levels(scales, visible, hidden)
        self._set(scales, visible, hidden)

    def _set(self, scales: Array, visible: Reals, hidden: Reals) -> None:
        self._scales = scales
        self._offsets = {
            "visible": np.asarray(visible, np.float64), "hidden": np.asarray(hidden, np.float64)
        }  # fmt: skip

    def fields(self, states: States, to: Layer, level: ArrayLike | None = None) -> Reals:
        """Return the fields (R, n) of the layer `to`, given states of the other one."""
        if states.dtype == np.uint64:
            assert self._packed is not None
            return self._packed.fields(states, to, level)
        weights = self._weights if to == "visible" else self._weights.T
        at = np.zeros(1, np.intp) if level is None else np.asarray(level)
        scales, offsets = self._scales[at][:, None], self._offsets[to][at]
        dtype = self._weights.dtype
        sums = states.astype(dtype, copy=False) @ weights
        return np.asarray(sums * scales.astype(dtype) + offsets.astype(dtype))

    def means(self, states: States, to: Layer) -> Reals:
        """Return the means (R, n) of the layer `to`, given states of the other one."""
        if isinstance(self.units[to], Binary) and states.dtype == np.uint64:
            assert self._packed is not None
            return self._packed.probabilities(states, to)
        return self.units[to].mean(self.fields(states, to))

    def draw(
        self, states: States, to: Layer, numbers: Numbers, level: ArrayLike | None = None
    ) -> States:
        """Draw the layer `to`, given states of the other one."""
        if isinstance(self.units[to], Binary) and states.dtype == np.uint64:
            assert self._packed is not None
            return self._packed.draw(states, to, numbers, level)
        return self.units[to].draw(self.fields(states, to, level), to, numbers, self.threads)

    def gibbs(
        self,
        visible: States,
        steps: int,
        numbers: Numbers,
        level: ArrayLike | None = None,
        clamp: States | None = None,
    ) -> tuple[States, States]:
        """Draw hidden units and then visible ones, `steps` >= 1 times; return what was drawn last.

        `clamp` says which visible units keep their values: bits of packed units, else bool; of all
        rows, or of each.
        """
        if self._all:
            assert self._packed is not None
            return self._packed.gibbs(visible, steps, numbers, level, clamp)
        start = visible
        for step in range(steps):
            at = numbers._replace(step=numbers.step + step)
            hidden = self.draw(visible, "hidden", at, level)
            visible = self.draw(hidden, "visible", at, level)
            if clamp is not None:
                visible = held(clamp, start, visible)
        return visible, hidden

    def independent(self, offsets: Array, numbers: Numbers) -> States:
        """Return visible units that do not see each other, one row for each stream."""
        fields = np.broadcast_to(
            np.asarray(offsets, np.float32), (len(numbers.streams), self._n_visible)
        )
        return self.units["visible"].draw(
            np.ascontiguousarray(fields), "visible", numbers, self.threads
        )

    def log_weights(self, states: States, levels: Sequence[int] = (0,)) -> Array:
        """Return −F of visible states at levels, but for a constant, (levels, R)."""
        levels = list(levels)
        if isinstance(self.units["hidden"], Binary) and states.dtype == np.uint64:
            assert self._packed is not None
            from_hidden = self._packed.softplus(states, "hidden", levels)
            return np.asarray(from_hidden + self.along(states, self._offsets["visible"][levels]).T)
        values = self.values(states).astype(np.float64)
        sums = values @ self._weights.T.astype(np.float64)
        measure = self.units["visible"].log_measure(values)
        of_visible = self.along(values, self._offsets["visible"][levels]).T + measure
        gamma = self.units["hidden"].normalizers
        of_hidden = [
            gamma(self._scales[at] * sums + self._offsets["hidden"][at]).sum(axis=1)
            for at in levels
        ]
        return np.asarray(of_visible + np.stack(of_hidden))

    def along(self, states: States, vectors: Reals) -> Array:
        """Return products of visible states with vectors (L, n_visible), (R, L), in float64."""
        values = self.values(states).astype(np.float64)
        # Not a product of matrices: that may depend on the number of threads.
        return np.asarray(np.einsum("ri,li->rl", values, np.asarray(vectors, np.float64)))

    def values(self, states: States) -> Reals:
        """Return visible states as numbers."""
        return unpack(states, self._n_visible) if states.dtype == np.uint64 else states

    def products(self, states: States, values: Reals) -> Array | Products:
        """Return what `outer` does, or, on the CPU, what a step of learning makes it of."""
        if states.dtype != np.uint64 or self._device != "cpu" or values.dtype != np.float32:
            return self.outer(states, values)
        return Products(states, values, self.threads)

    def outer(self, states: States, values: Reals) -> Array:
        """Return sum_r v_ri x_rm (n_visible, m) of visible states v and numbers x (R, m)."""
        if states.dtype == np.uint64:
            assert self._packed is not None
            return self._packed.outer(states, self._n_visible, values)
        return np.asarray(states.T.astype(np.float64) @ values.astype(np.float64))


def held(clamp: States, kept: States, drawn: States) -> States:
    """Return what was drawn, with what was kept where `clamp` says so."""
    if clamp.dtype == np.uint64:
        return (kept & clamp) | (drawn & ~clamp)
    return np.where(clamp, kept.astype(drawn.dtype, copy=False), drawn)
