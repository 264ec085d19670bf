"""Random signs and numbers that are the same on every machine and with every version of NumPy."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from multispin._base import checks
from multispin._base.memory import check_memory
from multispin.models import normals

#: Distributions of couplings and fields.
KINDS = ("bimodal", "gaussian")

#: Samples are numbered by one word of the key.
MOST_SAMPLES = 2**64

# What words are for, in the highest word of the counter: what is drawn for one has nothing to do
# with what is drawn for another, whatever the seeds are.
_SIGNS, _NORMALS, _FIELDS, _BIASED_SIGNS = 0, 1, 2, 3

_CHUNK = 1 << 16  # numbers that are made of words at a time

#: No Gaussian number has a larger magnitude.
LARGEST_NORMAL = 8.3


def random_signs(
    count: int, seed: int, samples: int | None = None, p: float = 0.5
) -> npt.NDArray[np.int8]:
    """Draw signs, +1 with probability p and -1 with 1 - p.

    Those of sample k depend on `seed` and k only, not on how many samples there are. Sign number n
    is bit n mod 64 of word n div 64 that the counter-based generator Philox4x64-10 (Salmon et al.,
    SC '11) returns for the key (seed, k), whose raw words NumPy guarantees not to change (NEP 19).
    For another p than 1/2 it is +1 if word n of those with 3 in the highest word of the counter is
    below p, as a fraction of 53 bits: with a seed, signs turn to +1 one by one as p grows.

    Parameters
    ----------
    count : int
        Number of signs, such as a graph's edges.
    seed : int
        0 to 2⁶⁴ − 1.
    samples : int, optional
        How many disorder samples; none means sample 0, without an axis for samples.
    p : float
        Probability of +1, from 0 to 1; it is rounded up to a multiple of 2⁻⁵³.

    Returns
    -------
    ndarray
        ``(count,)`` or ``(samples, count)`` int8.

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.
    MemoryError
        If they do not fit; the message says what they need and what there is.

    Examples
    --------
    >>> from multispin.models import random_signs
    >>> random_signs(6, seed=1, samples=2)
    array([[ 1,  1,  1,  1,  1, -1],
           [ 1, -1,  1, -1, -1,  1]], dtype=int8)
    """
    count = checks.count("count", count, 0, checks.MOST_SITES)
    seed = checks.seed("seed", seed)
    if samples is not None:
        samples = checks.count("samples", samples, 1, MOST_SAMPLES)
    what = f"count: {count} signs of {samples or 1} samples"
    check_memory(what, bytes_of_signs(count, samples))
    p = checked_share("p", p)
    numbers = (0,) if samples is None else range(samples)
    if p == 0.5:
        found = [signs_of_sample(count, seed, k) for k in numbers]
    else:
        found = [_biased_signs(count, seed, k, p) for k in numbers]
    return found[0] if samples is None else np.stack(found)


def checked_share(name: str, value: object) -> float:
    """Return `value` as the share of signs that are +1."""
    allowed = "a probability, from 0 to 1"
    share = checks.finite(name, value, allowed)
    if not 0.0 <= share <= 1.0:
        raise ValueError(checks.describe(name, value, allowed))
    return share


def bytes_of_signs(count: int, samples: int | None) -> int:
    """Return the memory that `random_signs` takes."""
    return count * (2 * (samples or 1) + 3)  # all twice, as they are stacked; those of one thrice


def random_normals(count: int, seed: int, samples: int | None = None) -> npt.NDArray[np.float64]:
    """Draw Gaussian numbers of mean 0 and variance 1.

    Those of sample k depend on `seed` and k only, not on how many samples there are. Number n is
    made of word n of Philox4x64-10 for the key (seed, k), with 1 in the highest word of the
    counter (those of `random_signs` have 0 there). It is the inverse of the normal distribution
    function (Wichura's algorithm AS241) at a probability of 53 bits, by additions,
    multiplications, divisions and square roots of double precision alone, which are the same on
    every machine; those of a mathematical library are not. Its relative error is below 1e-15, its
    magnitude at most 8.3.

    Parameters
    ----------
    count : int
        How many numbers, such as a graph's edges.
    seed : int
        0 to 2⁶⁴ − 1.
    samples : int, optional
        How many disorder samples; none means sample 0, without an axis for samples.

    Returns
    -------
    ndarray
        ``(count,)`` or ``(samples, count)`` float64.

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.
    MemoryError
        If they do not fit; the message says what they need and what there is.

    Notes
    -----
    M. J. Wichura, Appl. Stat. 37, 477 (1988), PPND16.

    Examples
    --------
    >>> from multispin.models import random_normals
    >>> random_normals(3, seed=1, samples=2).round(6).tolist()
    [[-0.613094, 0.017601, 1.607536], [-1.027831, 1.01931, 1.330987]]
    """
    count = checks.count("count", count, 0, checks.MOST_SITES)
    seed = checks.seed("seed", seed)
    if samples is not None:
        samples = checks.count("samples", samples, 1, MOST_SAMPLES)
    what = f"count: {count} numbers of {samples or 1} samples"
    check_memory(what, bytes_of_normals(count, samples))
    if samples is None:
        return normals_of_sample(count, seed, 0)
    found = np.empty((samples, count))
    for k, numbers in enumerate(found):
        _fill_with_normals(numbers, seed, k, _NORMALS)
    return found


def bytes_of_normals(count: int, samples: int | None) -> int:
    """Return the memory that `random_normals` takes."""
    return 8 * count * (samples or 1)


def random_fields(
    shape: tuple[int, ...], seed: int = 0, kind: str = "bimodal", strength: float = 1.0
) -> npt.NDArray[np.float64]:
    r"""Draw a random field, for the argument `h` of a model.

    .. math:: h_i = H \varepsilon_i, \qquad \varepsilon_i = \pm 1 \text{ with probability } 1/2
              \quad \text{or Gaussian of mean 0 and variance 1}

    With a ferromagnet this is the random-field Ising model. Signs and numbers are made of random
    words as by `random_signs` and `random_normals`, but of others: a field and couplings of the
    same seed are independent.

    Parameters
    ----------
    shape : tuple of int
        Sides of the lattice, or ``(N,)``: the `shape` of the model.
    seed : int
        0 to 2⁶⁴ − 1. The field is the same for a seed on every machine.
    kind : str
        ``"bimodal"`` or ``"gaussian"``.
    strength : float
        H, finite and not negative: the root mean square, in units of energy (k_B = 1).

    Returns
    -------
    ndarray
        Of this shape, float64.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of this kind.
    MemoryError
        If the field does not fit; the message says what it needs and what there is.

    Notes
    -----
    Y. Imry & S.-k. Ma, Phys. Rev. Lett. 35, 1399 (1975).

    Examples
    --------
    >>> import multispin as ms
    >>> h = ms.models.random_fields((4, 4, 4), seed=1, strength=0.5)
    >>> model = ms.Ising((4, 4, 4), h=h)
    >>> model.h.shape, sorted(set(h.ravel().tolist()))
    ((4, 4, 4), [-0.5, 0.5])
    """
    sides = _checked_sides(shape)
    seed = checks.seed("seed", seed)
    kind = checks.choice("kind", kind, KINDS)
    strength = checks.nonnegative_finite("strength", strength)
    n_sites = math.prod(sides)
    if kind == "gaussian" and strength > sys.float_info.max / LARGEST_NORMAL:
        allowed = f"at most {sys.float_info.max / LARGEST_NORMAL:.3g}, so that fields are finite"
        raise ValueError(checks.describe("strength", strength, allowed))
    check_memory(f"shape: fields of {n_sites} sites", 16 * n_sites)
    if kind == "bimodal":
        signs = signs_of_sample(n_sites, seed, 0, _FIELDS)
        return np.asarray(strength * signs, dtype=np.float64).reshape(sides)
    return strength * normals_of_sample(n_sites, seed, 0, _FIELDS).reshape(sides)


def _checked_sides(shape: object) -> tuple[int, ...]:
    allowed = "a tuple of integers >= 1, whose product is below 2**63"
    if isinstance(shape, (str, bytes)) or not isinstance(shape, (Sequence, np.ndarray)):
        raise TypeError(checks.describe("shape", shape, allowed))
    if isinstance(shape, np.ndarray) and shape.ndim != 1:
        raise ValueError(checks.describe("shape", shape, allowed))
    sides = tuple(checks.count("shape", side, 1) for side in shape)
    if not 1 <= len(sides) <= 32 or math.prod(sides) > checks.MOST_SITES:  # 32: NumPy's axes
        raise ValueError(checks.describe("shape", shape, allowed))
    return sides


def _philox(seed: int, k: int, purpose: int) -> np.random.Philox:
    """Return the generator whose words are for a purpose in sample k."""
    counter, key = (np.array(words, dtype=np.uint64) for words in ([0, 0, 0, purpose], [seed, k]))
    return np.random.Philox(counter=counter, key=key)


def normals_of_sample(
    count: int, seed: int, k: int, purpose: int = _NORMALS
) -> npt.NDArray[np.float64]:
    """Draw the Gaussian numbers of sample k."""
    found = np.empty(count)
    _fill_with_normals(found, seed, k, purpose)
    return found


def _fill_with_normals(numbers: npt.NDArray[np.float64], seed: int, k: int, purpose: int) -> None:
    """Fill an array (n,) with Gaussian numbers, of one word each."""
    words = _philox(seed, k, purpose)
    for first in range(0, len(numbers), _CHUNK):
        piece = numbers[first : first + _CHUNK]
        piece[:] = normals.of_words(words.random_raw(len(piece)))


def signs_of_sample(count: int, seed: int, k: int, purpose: int = _SIGNS) -> npt.NDArray[np.int8]:
    """Draw the signs of sample k."""
    words = _philox(seed, k, purpose).random_raw(-(-count // 64)).astype("<u8")
    bits = np.unpackbits(words.view(np.uint8), count=count, bitorder="little")
    return 2 * bits.view(np.int8) - 1


def _biased_signs(count: int, seed: int, k: int, p: float) -> npt.NDArray[np.int8]:
    """Draw signs of sample k that are +1 with probability p."""
    words, found = _philox(seed, k, _BIASED_SIGNS), np.empty(count, dtype=np.int8)
    for first in range(0, count, _CHUNK):
        piece = found[first : first + _CHUNK]
        fraction = (words.random_raw(len(piece)) >> np.uint64(11)) * 2.0**-53
        piece[:] = np.where(fraction < p, 1, -1)
    return found
