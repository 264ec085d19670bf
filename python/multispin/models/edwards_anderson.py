"""The ±J spin glass of Edwards and Anderson."""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks
from multispin._base.memory import check_memory
from multispin.models.base import digest
from multispin.models.disorder import MOST_SAMPLES, bytes_of_signs, random_signs
from multispin.models.lattice import Lattice

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from numpy.typing import ArrayLike, NDArray
    from typing_extensions import Self


class EdwardsAnderson(Lattice):
    r"""The ±J Edwards-Anderson spin glass on a periodic hypercubic lattice.

    .. math:: E(s) = -J \sum_{\langle ij \rangle} \sigma_{ij} s_i s_j - h \sum_i s_i, \qquad
              s_i, \sigma_{ij} = \pm 1

    The bonds σ are quenched: +1 or -1 with probability 1/2 each, drawn by `random_signs`, and the
    same for a seed on every machine. Along a side of 2 two neighbours have two bonds.

    Parameters
    ----------
    shape
        One to four sides, each at least 2, even or odd.
    seed
        Seed of the bonds, 0 to 2⁶⁴ − 1. It has nothing to do with a sampler's.
    J
        Magnitude of the couplings, finite and not negative. Units of energy, with k_B = 1.
    h
        Uniform field, finite, in the same units.
    samples
        Number of disorder samples. Sample k depends on the seed and k only; none means sample 0,
        without an axis for samples.

    Raises
    ------
    TypeError, ValueError
        For an argument that is not of this kind.
    MemoryError
        If the bonds do not fit; the message says what they need and what there is.

    Notes
    -----
    S. F. Edwards & P. W. Anderson, J. Phys. F 5, 965 (1975); with bonds ±J, G. Toulouse, Commun.
    Phys. 2, 115 (1977).

    Examples
    --------
    >>> import numpy as np
    >>> import multispin as ms
    >>> model = ms.EdwardsAnderson((4, 4, 4), seed=1)
    >>> model.bonds.shape
    (3, 4, 4, 4)
    >>> model.energy(np.ones((4, 4, 4), dtype=np.int8)) == -model.bonds.sum()
    np.True_
    >>> ms.EdwardsAnderson((4, 4, 4), seed=1, samples=100).sample(0) == model
    True
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        seed: int = 0,
        J: float = 1.0,
        h: float = 0.0,
        samples: int | None = None,
    ) -> None:
        super().__init__(shape, checks.nonnegative_finite("J", J), h)
        self._seed: int | None = checks.seed("seed", seed)
        if samples is not None:
            samples = checks.count("samples", samples, 1, MOST_SAMPLES)
        what = "shape: bonds" if samples is None else f"samples: bonds of {samples}"
        check_memory(what, bytes_of_signs(self.n_edges, samples))
        signs = random_signs(self.n_edges, seed, samples)
        self._set_bonds(signs.reshape(*signs.shape[:-1], len(self._shape), *self._shape))

    @classmethod
    def from_bonds(
        cls, bonds: ArrayLike, J: float = 1.0, h: float = 0.0, samples: int | None = None
    ) -> Self:
        """Make the model of given bonds.

        Parameters
        ----------
        bonds
            +1 and -1, of shape ``(ndim, *shape)``, or ``(samples, ndim, *shape)`` if `samples` is
            given: ``bonds[a][x]`` couples site x and its neighbour one step up axis a.
        J, h
            As for the class.
        samples
            Number of disorder samples, if the bonds have an axis for them.

        Raises
        ------
        TypeError, ValueError
            For an argument that is not of this kind.

        Examples
        --------
        >>> import numpy as np
        >>> import multispin as ms
        >>> ladder = np.ones((2, 3, 4), dtype=np.int8)
        >>> ladder[1, ::2] = -1
        >>> ms.EdwardsAnderson.from_bonds(ladder)
        EdwardsAnderson.from_bonds(<shape (3, 4), sha256 b4a76b6792fa>, J=1.0, h=0.0)
        """
        array = checks.array("bonds", bonds, "+1 and -1, as an array or as nested lists")
        lead = () if samples is None else (checks.count("samples", samples, 1, MOST_SAMPLES),)
        ndim, sides = array.ndim - 1 - len(lead), array.shape[len(lead) + 1 :]
        fits = 1 <= ndim <= 4 and array.shape[: len(lead) + 1] == (*lead, ndim)
        if not fits or min(sides) < 2:
            allowed = ", ".join(map(str, (*lead, "ndim", "*shape")))
            got = f"an array of shape {array.shape}"
            raise ValueError(f"bonds: got {got}, allowed: ({allowed}) of one to four sides >= 2")
        signs = checks.signs("bonds", array).astype(np.int8, order="C")  # a copy
        model = cls.__new__(cls)
        Lattice.__init__(model, sides, checks.nonnegative_finite("J", J), h)
        model._seed = None
        model._set_bonds(signs)
        return model

    def _set_bonds(self, bonds: NDArray[np.int8]) -> None:
        bonds.flags.writeable = False
        self._bonds = bonds

    @property
    def bonds(self) -> NDArray[np.int8]:
        """Signs σ, (ndim, *shape) or (samples, ndim, *shape) int8, read-only.

        ``bonds[a][x]`` couples site x and its neighbour one step up axis a.
        """
        return self._bonds

    @property
    def signs(self) -> NDArray[np.int8]:
        """The same as `bonds`, in the order of `edges`: (E,) or (samples, E) int8, read-only."""
        lead = () if self.samples is None else (self.samples,)
        signs: NDArray[np.int8] = self._bonds.reshape(*lead, self.n_edges)
        return signs

    @property
    def samples(self) -> int | None:
        """Number of disorder samples; None if there is one set of couplings and no axis for it."""
        return None if self._bonds.ndim == len(self._shape) + 1 else self._bonds.shape[0]

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Return what `from_state` makes the model of: a dict for JSON, and the bonds as bits.

        The bonds are in it although a seed gives them: a file is then right by itself.
        """
        meta = {
            "model": "EdwardsAnderson",
            "shape": list(self._shape),
            "J": self._J,
            "h": self._h,
            "samples": self.samples,
            "seed": self._seed,
        }
        return meta, {"bonds": np.packbits(self._bonds > 0)}

    @classmethod
    def _from_state(cls, meta: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Self:
        shape, samples, seed = checks.lattice_shape(meta["shape"]), meta["samples"], meta["seed"]
        full = (*(() if samples is None else (samples,)), len(shape), *shape)
        bonds, count = arrays["bonds"], math.prod(full)
        if bonds.dtype != np.uint8 or bonds.shape != (-(-count // 8),):
            raise ValueError(f"bonds: got {bonds.dtype} {bonds.shape} for {count} of them")
        bits = np.unpackbits(bonds, count=count).reshape(full)
        model = cls.from_bonds(2 * bits.view(np.int8) - 1, meta["J"], meta["h"], samples)
        model._seed = None if seed is None else checks.seed("seed", seed)
        return model

    def _sample(self, k: int) -> Self:
        return self.from_bonds(self._bonds[k], self._J, self._h)

    def _with_signs(self, pairs: NDArray[np.int8], axis: int) -> NDArray[np.int8]:
        if self.samples is None:
            bonds = self._bonds[axis]
        else:
            between = (1,) * (pairs.ndim - 1 - len(self._shape))
            bonds = self._bonds[:, axis].reshape(self.samples, *between, *self._shape)
        signed: NDArray[np.int8] = pairs * bonds
        return signed

    def _identity(self) -> Hashable:
        return self._J, self._h, self._digest

    @cached_property
    def _digest(self) -> str:
        return digest(self._bonds)

    def __repr__(self) -> str:
        rest = f"J={self._J}, h={self._h}"
        if self.samples is not None:
            rest += f", samples={self.samples}"
        if self._seed is not None:
            return f"EdwardsAnderson({self._shape}, seed={self._seed}, {rest})"
        bonds = f"<shape {self._shape}, sha256 {self._digest[:12]}>"
        return f"EdwardsAnderson.from_bonds({bonds}, {rest})"
