"""The spin glass of Edwards and Anderson."""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks
from multispin._base.memory import check_memory
from multispin.models import fields, sums
from multispin.models.base import digest
from multispin.models.disorder import (
    KINDS,
    MOST_SAMPLES,
    bytes_of_normals,
    bytes_of_signs,
    checked_share,
    random_normals,
    random_signs,
)
from multispin.models.fields import check_energies
from multispin.models.lattice import Lattice
from multispin.models.signed_graph import several_magnitudes, strength_of

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from numpy.typing import ArrayLike, NDArray
    from typing_extensions import Self


class EdwardsAnderson(Lattice):
    r"""The Edwards-Anderson spin glass on a periodic hypercubic lattice.

    .. math:: E(s) = -\sum_{\langle ij \rangle} J_{ij} s_i s_j - \sum_i h_i s_i, \qquad s_i = \pm 1

    The couplings are quenched, and the same for a seed on every machine. Bimodal ones are
    J_ij = J σ_ij with bonds σ of +1 with probability p and -1 with 1 − p, drawn by `random_signs`;
    Gaussian ones have mean 0 and standard deviation J, drawn by `random_normals`. Along a side of 2
    two neighbours have two bonds.

    Parameters
    ----------
    shape
        One to four sides, each at least 2, even or odd.
    seed
        Seed of the couplings, 0 to 2⁶⁴ − 1. It has nothing to do with a sampler's.
    J
        Magnitude of bimodal couplings, standard deviation of Gaussian ones; finite and not
        negative. Units of energy, with k_B = 1.
    h
        Field h_i, finite, in the same units: a number for all sites, or an array of this shape.
    samples
        Number of disorder samples, in one field. Sample k depends on the seed and k only; none
        means sample 0, without an axis for samples.
    couplings
        ``"bimodal"`` or ``"gaussian"``. Gaussian ones have several magnitudes: `couplings` gives
        them, while `J`, `signs` and `bonds` raise ValueError.
    p
        Share of ferromagnetic bonds, from 0 to 1, of bimodal couplings. With 1 it is the
        ferromagnet; in between `theory.nishimori` is exact.

    Raises
    ------
    TypeError, ValueError
        For an argument that is not of this kind.
    MemoryError
        If the couplings do not fit; the message says what they need and what there is.

    Notes
    -----
    S. F. Edwards & P. W. Anderson, J. Phys. F 5, 965 (1975), eq. (2.1), with Gaussian couplings;
    with bonds ±J, G. Toulouse, Commun. Phys. 2, 115 (1977); with a share p of them, H. Nishimori,
    Prog. Theor. Phys. 66, 1169 (1981).

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
    >>> ms.EdwardsAnderson((4, 4, 4), seed=1, couplings="gaussian").couplings.shape
    (192,)
    """

    _p = 0.5  # share of +1 among the bonds that a seed gave

    def __init__(
        self,
        shape: tuple[int, ...],
        seed: int = 0,
        J: float = 1.0,
        h: ArrayLike = 0.0,
        samples: int | None = None,
        couplings: str = "bimodal",
        p: float = 0.5,
    ) -> None:
        super().__init__(shape, checks.nonnegative_finite("J", J), h)
        self._seed: int | None = checks.seed("seed", seed)
        self._p = checked_share("p", p)
        if samples is not None:
            samples = checks.count("samples", samples, 1, MOST_SAMPLES)
        kind, count = checks.choice("couplings", couplings, KINDS), self.n_edges
        if kind == "gaussian" and self._p != 0.5:
            raise ValueError(checks.describe("p", p, "1/2 of Gaussian couplings"))
        what = "shape: bonds" if samples is None else f"samples: bonds of {samples}"
        if kind == "bimodal":
            check_memory(what, bytes_of_signs(count, samples))
            self._keep(random_signs(count, seed, samples, self._p), samples)
        else:
            check_memory(what, bytes_of_normals(count, samples) + 8 * count)
            values = random_normals(count, seed, samples)
            values *= self._J
            values += 0.0  # no -0.0, which is equal to 0.0 and has another digest
            check_energies("J", J, strength_of(values), self.n_spins, self._h)
            self._keep(values, samples)

    @classmethod
    def from_bonds(
        cls, bonds: ArrayLike, J: float = 1.0, h: ArrayLike = 0.0, samples: int | None = None
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
        sides = _sides("bonds", array, samples)
        signs = checks.signs("bonds", array).astype(np.int8, order="C")  # a copy
        model = cls.__new__(cls)
        Lattice.__init__(model, sides, checks.nonnegative_finite("J", J), h)
        model._seed = None
        model._keep(signs, samples)
        return model

    @classmethod
    def from_couplings(
        cls, couplings: ArrayLike, h: ArrayLike = 0.0, samples: int | None = None
    ) -> Self:
        """Make the model of given couplings of any size.

        Parameters
        ----------
        couplings
            J_ij, finite numbers of shape ``(ndim, *shape)``, or ``(samples, ndim, *shape)`` if
            `samples` is given: ``couplings[a][x]`` is of site x and its neighbour one step up axis
            a. If all are J or -J, and not 0, the model is that of `from_bonds`.
        h
            As for the class.
        samples
            Number of disorder samples, if the couplings have an axis for them.

        Raises
        ------
        TypeError, ValueError
            For an argument that is not of this kind.

        Examples
        --------
        >>> import numpy as np
        >>> import multispin as ms
        >>> rows = np.stack([np.full((4, 6), 0.5), np.ones((4, 6))])  # strong along rows
        >>> model = ms.EdwardsAnderson.from_couplings(rows)
        >>> float(model.energy(np.ones((4, 6))))
        -36.0
        """
        array = checks.numbers("couplings", couplings)
        _sides("couplings", array, samples)
        magnitude = abs(float(array.flat[0])) if array.size else 0.0
        if magnitude > 0.0 and bool(np.all(np.abs(array) == magnitude)):
            return cls.from_bonds(np.where(array > 0.0, 1, -1), magnitude, h, samples)
        return cls._of_couplings(array, h, samples)

    def _keep(self, couplings: NDArray[Any], samples: int | None) -> None:
        """Keep couplings in the order of the edges: as signs int8, or as they are if float64."""
        lead = () if samples is None else (samples,)
        self._bonds = couplings.reshape(*lead, len(self._shape), *self._shape)
        self._bonds.flags.writeable = False

    @property
    def one_magnitude(self) -> bool:
        """Whether all couplings are ±J. If not, `J`, `signs` and `bonds` raise ValueError."""
        return self._bonds.dtype == np.int8

    @property
    def J(self) -> float:
        """Magnitude of the couplings: edge e has J σ_e.

        Raises
        ------
        ValueError
            If the couplings have several magnitudes.
        """
        self._check_magnitude()
        return self._J

    @property
    def bonds(self) -> NDArray[np.int8]:
        """Signs σ, (ndim, *shape) or (samples, ndim, *shape) int8, read-only.

        ``bonds[a][x]`` couples site x and its neighbour one step up axis a.

        Raises
        ------
        ValueError
            If the couplings have several magnitudes.
        """
        self._check_magnitude()
        bonds: NDArray[np.int8] = self._bonds
        return bonds

    @property
    def signs(self) -> NDArray[np.int8]:
        """The same as `bonds`, in the order of `edges`: (E,) or (samples, E) int8, read-only."""
        self._check_magnitude()
        return self._by_edge()

    @property
    def couplings(self) -> NDArray[np.float64]:
        """Couplings J_ij in the order of `edges`, (E,) or (samples, E) float64.

        Those of several magnitudes are read-only.
        """
        return super().couplings if self.one_magnitude else self._by_edge()

    @property
    def samples(self) -> int | None:
        """Number of disorder samples; None if there is one set of couplings and no axis for it."""
        return None if self._bonds.ndim == len(self._shape) + 1 else self._bonds.shape[0]

    @property
    def description(self) -> dict[str, Any]:
        """What results say of the model beside its shape: couplings and field."""
        drawn = self._seed is not None and not self.one_magnitude
        kind = {"couplings": "gaussian"} if drawn else {}
        return {**kind, **self._share, **super().description}

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Return what `from_state` makes the model of: a dict for JSON, and arrays by name.

        The bonds are in it, as bits, or the couplings, although a seed gives them: a file is then
        right by itself.
        """
        h, arrays = fields.state(self._h)
        meta = {
            "model": "EdwardsAnderson",
            "shape": list(self._shape),
            "J": self._J,
            "h": h,
            "samples": self.samples,
            "seed": self._seed,
            **self._share,
        }
        if self.one_magnitude:
            return meta, {"bonds": np.packbits(self._bonds > 0), **arrays}
        return meta, {"couplings": self._bonds, **arrays}

    @classmethod
    def _from_state(cls, meta: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Self:
        shape, samples, seed = checks.lattice_shape(meta["shape"]), meta["samples"], meta["seed"]
        full = (*(() if samples is None else (samples,)), len(shape), *shape)
        h = fields.from_state(meta, arrays)
        if "couplings" in arrays:
            if arrays["couplings"].shape != full:
                raise ValueError(f"couplings: got shape {arrays['couplings'].shape}, not {full}")
            model = cls._of_couplings(arrays["couplings"], h, samples)
            model._J = checks.nonnegative_finite("J", meta["J"])
        else:
            bonds, count = arrays["bonds"], math.prod(full)
            if bonds.dtype != np.uint8 or bonds.shape != (-(-count // 8),):
                raise ValueError(f"bonds: got {bonds.dtype} {bonds.shape} for {count} of them")
            bits = np.unpackbits(bonds, count=count).reshape(full)
            model = cls.from_bonds(2 * bits.view(np.int8) - 1, meta["J"], h, samples)
        model._seed = None if seed is None else checks.seed("seed", seed)
        model._p = checked_share("p", meta.get("p", 0.5))
        return model

    @classmethod
    def _of_couplings(cls, couplings: ArrayLike, h: ArrayLike, samples: int | None) -> Self:
        """Make the model of couplings that are kept as they are, be there one magnitude or not."""
        array = checks.numbers("couplings", couplings)
        sides = _sides("couplings", array, samples)
        model = cls.__new__(cls)
        Lattice.__init__(model, sides, 0.0, h)
        values = np.ascontiguousarray(array + 0.0)  # a copy, without -0.0
        strength = strength_of(values.reshape(-1, model.n_edges))
        check_energies("couplings", couplings, strength, model.n_spins, model._h)
        model._seed = None
        model._keep(values, samples)
        return model

    def _sample(self, k: int) -> Self:
        if self.one_magnitude:
            return self.from_bonds(self._bonds[k], self._J, self._h)
        return self._of_couplings(self._bonds[k], self._h, None)

    def _interaction(self, s: NDArray[np.int8]) -> NDArray[np.float64]:
        if self.one_magnitude:
            return super()._interaction(s)
        ndim, lead = len(self._shape), s.shape[: s.ndim - len(self._shape)]
        total = np.zeros(lead)
        for axis in range(ndim):
            pairs = (s * np.roll(s, -1, axis=axis - ndim)).reshape(*lead, self.n_spins)
            if self.samples is None:
                total += sums.weighted(pairs, self._bonds[axis].ravel())
                continue
            for k in range(self.samples):
                total[k] += sums.weighted(pairs[k], self._bonds[k, axis].ravel())
        return -total

    def _with_signs(self, pairs: NDArray[np.int8], axis: int) -> NDArray[np.int8]:
        if self.samples is None:
            bonds = self._bonds[axis]
        else:
            between = (1,) * (pairs.ndim - 1 - len(self._shape))
            bonds = self._bonds[:, axis].reshape(self.samples, *between, *self._shape)
        signed: NDArray[np.int8] = pairs * bonds
        return signed

    def _by_edge(self) -> NDArray[Any]:
        lead = () if self.samples is None else (self.samples,)
        return self._bonds.reshape(*lead, self.n_edges)

    def _check_magnitude(self) -> None:
        if not self.one_magnitude:
            raise several_magnitudes(self._bonds)

    @property
    def _share(self) -> dict[str, float]:
        """What files and results say of the share of ferromagnetic bonds, if it is not 1/2."""
        return {} if self._p == 0.5 else {"p": self._p}

    def _identity(self) -> Hashable:
        return self._J if self.one_magnitude else None, self._field, self._digest

    @cached_property
    def _digest(self) -> str:
        return digest(self._bonds)

    def __repr__(self) -> str:
        rest = f"h={fields.shown(self._field)}"
        if self.one_magnitude or self._seed is not None:
            rest = f"J={self._J}, {rest}"
        if self.samples is not None:
            rest += f", samples={self.samples}"
        if self._seed is not None:
            kind = "" if self.one_magnitude else ", couplings='gaussian'"
            kind += "" if self._p == 0.5 else f", p={self._p}"
            return f"EdwardsAnderson({self._shape}, seed={self._seed}, {rest}{kind})"
        made = "from_bonds" if self.one_magnitude else "from_couplings"
        values = f"<shape {self._shape}, sha256 {self._digest[:12]}>"
        return f"EdwardsAnderson.{made}({values}, {rest})"


def _sides(name: str, array: NDArray[Any], samples: int | None) -> tuple[int, ...]:
    """Return the sides of the lattice whose edges have the values of an array."""
    lead = () if samples is None else (checks.count("samples", samples, 1, MOST_SAMPLES),)
    ndim, sides = array.ndim - 1 - len(lead), array.shape[len(lead) + 1 :]
    fits = 1 <= ndim <= 4 and array.shape[: len(lead) + 1] == (*lead, ndim)
    if not fits or min(sides) < 2:
        allowed = ", ".join(map(str, (*lead, "ndim", "*shape")))
        got = f"an array of shape {array.shape}"
        raise ValueError(f"{name}: got {got}, allowed: ({allowed}) of one to four sides >= 2")
    return sides
