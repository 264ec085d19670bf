"""First and second moments of samples of spins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from multispin._base import checks
from multispin._base.memory import check_memory
from multispin._engines import registry
from multispin._engines.moments import moment_sums

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["moments"]


def moments(
    samples: NDArray[np.int8],
    sample_weight: ArrayLike | None = None,
    threads: int | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Means and second moments of spins, averaged over samples.

    For samples s^1 ... s^M with weights w_m (1 unless given) it computes::

        <s_i>     = sum_m w_m s_i^m / sum_m w_m
        <s_i s_j> = sum_m w_m s_i^m s_j^m / sum_m w_m

    Samples are turned into bits, and the sums are those of integers: they are exact, and depend
    neither on threads nor on the instruction set. Only the division rounds. Instead of comparing
    words pair by pair (XOR and popcount), a table of the 16 states of a spin in four samples is
    looked up, once for each four samples and 128 other spins (Arlazarov, Dinic, Kronrod &
    Faradzev, Sov. Math. Dokl. 11, 1209 (1970)).

    Weights take some eight times as long. They are first turned into integers, by a power of two
    that gives them a sum near 2**61: each is rounded by at most 2**-61 of the sum, and integers of
    a sum below 2**60 are not.

    Parameters
    ----------
    samples
        Spins +1 and -1, ``(M, N)`` with M, N >= 1; int8 is taken as it is, other integers and
        floats are converted.
    sample_weight
        ``(M,)`` finite weights >= 0, of which at least one is greater than 0; taken as float64.
    threads
        Number of threads; None takes as many as the process may use.

    Returns
    -------
    mean, second
        <s_i> ``(N,)`` float64, and <s_i s_j> ``(N, N)`` float64, symmetric and with ones on its
        diagonal.

    Raises
    ------
    TypeError, ValueError
        For an argument of the wrong kind, shape or value; the message says what is allowed.
    MemoryError
        If the result does not fit; the message says what it needs and what there is.
    KeyboardInterrupt
        On Ctrl-C, within 0.2 s.

    Examples
    --------
    >>> import numpy as np
    >>> import multispin as ms
    >>> samples = np.array([[1, 1, -1], [1, -1, -1], [1, 1, 1], [1, -1, 1]], dtype=np.int8)
    >>> mean, second = ms.moments(samples)
    >>> mean
    array([1., 0., 0.])
    >>> ms.moments(samples, sample_weight=[3, 1, 0, 0])[1]
    array([[ 1. ,  0.5, -1. ],
           [ 0.5,  1. , -0.5],
           [-1. , -0.5,  1. ]])
    """
    spins = _checked_samples(samples)
    weights = None
    if sample_weight is not None:
        weights = checks.sample_weights("sample_weight", sample_weight, len(spins))
    threads = registry.threads(threads)
    m, n = spins.shape
    # Two results, of integers and of floats; the samples as bits, and once more where they have to
    # be put in order.
    needed = 16 * n * (n + 1) + m * (n + 128) // 8 + (0 if spins.flags.c_contiguous else m * n)
    check_memory(f"samples: moments of {n} spins in {m} samples", needed)
    first, second, total = moment_sums(spins, weights, threads)
    return first / total, second / total


def _checked_samples(samples: object) -> NDArray[np.int8]:
    allowed = "an array (M, N) of +1 and -1, M and N >= 1"
    given = checks.array("samples", samples, allowed)
    if given.ndim != 2 or 0 in given.shape:
        raise ValueError(f"samples: got an array of shape {given.shape}, allowed: {allowed}")
    # The kernel that packs them looks at every value of int8 anyway.
    return given if given.dtype == np.int8 else checks.signs("samples", given)
