"""Which pairs are coupled, and parameters of these pairs as one vector."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Support:
    """Pairs i < j that may be coupled, in ascending order; a vector is (couplings, fields)."""

    n: int
    rows: NDArray[np.intp]
    columns: NDArray[np.intp]

    @property
    def n_pairs(self) -> int:
        """Number of pairs."""
        return len(self.rows)

    @property
    def size(self) -> int:
        """Number of parameters."""
        return self.n_pairs + self.n

    @property
    def mask(self) -> NDArray[np.bool_]:
        """(N, N), True where a pair may be coupled."""
        found = np.zeros((self.n, self.n), dtype=np.bool_)
        found[self.rows, self.columns] = found[self.columns, self.rows] = True
        return found

    def matrix(self, vector: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return J (N, N) of a vector."""
        J = np.zeros((self.n, self.n))
        J[self.rows, self.columns] = J[self.columns, self.rows] = vector[: self.n_pairs]
        return J

    def fields(self, vector: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return h (N,) of a vector."""
        return vector[self.n_pairs :]

    def vector(self, J: NDArray[np.float64], h: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return J above its diagonal, and h, as one vector."""
        return np.concatenate([J[self.rows, self.columns], h])


def all_pairs(n: int) -> Support:
    """Return the support of all pairs."""
    rows, columns = np.triu_indices(n, 1)
    return Support(n, rows, columns)


def given(support: Any, n: int) -> Support:
    """Return the pairs of a symmetric mask (N, N) of bool; None is all of them.

    Raises
    ------
    TypeError, ValueError
        If it is no such mask.
    """
    if support is None:
        return all_pairs(n)
    allowed = f"None, or a symmetric array ({n}, {n}) of bool, False on its diagonal"
    mask = checks.array("support", support, allowed)
    if mask.dtype != np.bool_:
        raise TypeError(checks.describe("support", f"an array of {mask.dtype}", allowed))
    if mask.shape != (n, n):
        raise ValueError(f"support: got shape {mask.shape}, allowed: {allowed}")
    if bool((mask != mask.T).any()) or bool(mask.diagonal().any()):
        raise ValueError(checks.describe("support", "another one", allowed))
    rows, columns = np.nonzero(np.triu(mask, 1))
    return Support(n, rows, columns)
