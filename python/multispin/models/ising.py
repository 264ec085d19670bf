"""The Ising model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from multispin._base import checks
from multispin._base.memory import check_memory
from multispin.models import fields
from multispin.models.forms import UniformLattice
from multispin.models.lattice import Lattice

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from numpy.typing import ArrayLike, NDArray
    from typing_extensions import Self

    from multispin.models.base import Form


class Ising(Lattice):
    r"""The Ising model on a periodic hypercubic lattice: chain, square, cubic, or of 4 dimensions.

    .. math:: E(s) = -J \sum_{\langle ij \rangle} s_i s_j - \sum_i h_i s_i, \qquad s_i = \pm 1

    Every site has one bond up each axis, so along a side of 2 neighbours are joined twice.

    Parameters
    ----------
    shape
        One to four sides, such as ``(rows, columns)``; each at least 2, even or odd.
    J
        Coupling, finite; positive favours parallel neighbours. Units of energy, with k_B = 1.
    h
        Field h_i, finite, in the same units: a number for all sites, or an array of this shape.
        `random_fields` draws one.

    Raises
    ------
    TypeError, ValueError
        For a shape, coupling or field that is not of this kind.

    Examples
    --------
    >>> import numpy as np
    >>> import multispin as ms
    >>> model = ms.Ising((4, 6), J=1.0, h=0.5)
    >>> model.n_spins
    24
    >>> float(model.energy(np.ones((4, 6), dtype=np.int8)))
    -60.0
    """

    def __init__(self, shape: tuple[int, ...], J: float = 1.0, h: ArrayLike = 0.0) -> None:
        super().__init__(shape, checks.finite("J", J), h)

    @property
    def signs(self) -> NDArray[np.int8]:
        """Signs of the edges, (ndim · N,) int8: all +1, as J carries the sign."""
        check_memory("shape: signs of all edges", self.n_edges)
        return np.ones(self.n_edges, dtype=np.int8)

    def form(self, kind: type[Form]) -> Form | None:
        """Return the model as an engine wants it: as one coupling on a lattice, or as edges.

        The former only if the field is the same at all sites.
        """
        if kind is UniformLattice:
            if not isinstance(self._h, float):
                return None
            return cast("Form", UniformLattice(self._shape, self._J, self._h))
        return super().form(kind)

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Return what `from_state` makes the model of: a dict for JSON, and arrays by name."""
        h, arrays = fields.state(self._h)
        return {"model": "Ising", "shape": list(self._shape), "J": self._J, "h": h}, arrays

    @classmethod
    def _from_state(cls, meta: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Self:
        return cls(meta["shape"], J=meta["J"], h=fields.from_state(meta, arrays))

    def _identity(self) -> Hashable:
        return self._shape, self._J, self._field

    def __repr__(self) -> str:
        return f"Ising({self._shape}, J={self._J}, h={fields.shown(self._field)})"
