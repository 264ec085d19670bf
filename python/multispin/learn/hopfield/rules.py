"""Learning rules: from patterns to couplings.

Patterns are ±1, (P, N), as float64; couplings are (N, N), symmetric, with a zero diagonal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

#: Of the largest eigenvalue of the patterns' overlaps: what is smaller is rounding, not a pattern.
_DEPENDENT = 1e-10


def hebb(patterns: Array) -> Array:
    r"""J_ij = (1/N) Σ_μ ξ_i ξ_j."""
    return without_diagonal(patterns.T @ patterns / patterns.shape[1])


def pseudoinverse(patterns: Array) -> Array:
    r"""J = ξᵀ C⁺ ξ / N, C the overlaps of the patterns: the projector on what they span.

    C⁺ is the inverse of Moore and Penrose, so patterns may depend on each other. (Personnaz, Guyon
    & Dreyfus, J. Physique Lett. 46, L359 (1985); Kanter & Sompolinsky, Phys. Rev. A 35, 380 (1987),
    for the zero diagonal: with it kept, no spin leaves its state.)
    """
    basis = _basis(patterns)
    return without_diagonal(basis.T @ basis)


def dreaming(patterns: Array, t: float) -> Array:
    r"""J(t) = (1/N) ξᵀ (1 + t) (1 + t C)⁻¹ ξ, from Hebb's couplings to the projector.

    (Fachechi, Agliari & Barra, Neural Networks 112, 24 (2019).)
    """
    n = patterns.shape[1]
    overlaps = patterns @ patterns.T / n
    weights = np.linalg.solve(np.eye(len(patterns)) + t * overlaps, patterns)
    return without_diagonal((1 + t) * (patterns.T @ weights) / n)


def covariance(patterns: Array) -> Array:
    r"""J_ij = Σ_μ (ξ_i − b)(ξ_j − b) / (N (1 − b²)), b the patterns' mean.

    Of neurons 0 and 1 and patterns η = (1 + ξ)/2 of activity a this is
    Σ_μ (η_i − a)(η_j − a) / (N a (1 − a)) (Tsodyks & Feigelman, Europhys. Lett. 6, 101 (1988)).
    """
    bias = patterns.mean()
    centred = (patterns - bias) / np.sqrt(1.0 - bias**2)
    return without_diagonal(centred.T @ centred / patterns.shape[1])


def storkey(patterns: Array, couplings: Array | None = None) -> Array:
    r"""Take the patterns in, one after the other; `couplings` have those before them.

    J_ij += (ξ_i ξ_j − ξ_i h_ji − h_ij ξ_j) / N with h_ij = Σ_{k ≠ i, j} J_ik ξ_k (Storkey, ICANN
    '97, LNCS 1327, 451).
    """
    n = patterns.shape[1]
    J = np.zeros((n, n)) if couplings is None else couplings.copy()
    for pattern in patterns:
        # h_ij = h_i − J_ij ξ_j, as J_ii = 0.
        field = J @ pattern
        crossed = field[:, None] * pattern[None, :] - J  # h_ij ξ_j
        J += (np.outer(pattern, pattern) - crossed - crossed.T) / n
        np.fill_diagonal(J, 0.0)
    return J


def without_diagonal(J: Array) -> Array:
    """Return couplings exactly symmetric, and without those of a spin with itself."""
    J = (J + J.T) / 2
    np.fill_diagonal(J, 0.0)
    return J


def rank(patterns: Array) -> int:
    """Return how many of the patterns are independent."""
    return len(_basis(patterns))


def _basis(patterns: Array) -> Array:
    """Return an orthonormal basis (rank, N) of what the patterns span."""
    overlaps = patterns @ patterns.T
    values, vectors = np.linalg.eigh(overlaps)
    kept = values > _DEPENDENT * values[-1]
    basis: Any = (vectors[:, kept] / np.sqrt(values[kept])).T @ patterns
    return np.asarray(basis, dtype=np.float64)
