"""Eigenvalues of the couplings of all pairs."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from multispin._base import checks


def semicircle(x: npt.ArrayLike) -> npt.NDArray[np.float64]:
    r"""Density of the eigenvalues of the couplings J, in the limit of many spins.

    .. math:: \rho(x) = \frac{1}{2 \pi} \sqrt{4 - x^2}, \qquad |x| \le 2

    for a symmetric matrix of independent numbers of mean 0 and variance 1/N, Gaussian or not.

    Parameters
    ----------
    x : array_like
        Where, of any shape, in units of energy.

    Returns
    -------
    ndarray
        float64 of the same shape; 0 beyond ±2.

    Raises
    ------
    TypeError, ValueError
        If these are not finite numbers.

    Notes
    -----
    E. P. Wigner, Ann. Math. 67, 325 (1958).

    Examples
    --------
    >>> from multispin.theory.sherrington_kirkpatrick import semicircle
    >>> semicircle([-3.0, 0.0, 1.0]).round(4)
    array([0.    , 0.3183, 0.2757])
    """
    at = np.clip(checks.numbers("x", x), -2.0, 2.0)
    return np.asarray(np.sqrt(4.0 - at**2) / (2.0 * np.pi))
