"""Samples of a model beside the data: means, correlations of two and three, and how many are up."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from multispin._base import checks
from multispin.learn.inverse._states import checked_samples, checked_weights
from multispin.learn.inverse.observations import UNITS, observed
from multispin.sampling.moments import moments

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

__all__ = ["Compared", "Comparison", "compare"]

_BLOCK = 1 << 24  # products of three spins that are held at a time
_MOST_TRIPLES = 10**7
_LARGEST_SIZE = 1e18  # samples that somebody could have
_NO_ERROR = 1e-12  # what rounding leaves of the error of what never changes


@dataclass(frozen=True, eq=False)
class Compared:
    """One quantity in the data and in a model, with the errors that samples of one kind have.

    Attributes
    ----------
    index
        Which spins each number is of, (n, 1), (n, 2) or (n, 3) int64; of P(K) it is K.
    data, model
        The numbers, (n,) float64.
    data_error, model_error
        Their standard errors, (n,), if data and model are of one distribution: by its moments as
        both samples together have them. So a state that one of them has never seen has an error.
    """

    index: NDArray[np.int64]
    data: NDArray[np.float64]
    model: NDArray[np.float64]
    data_error: NDArray[np.float64]
    model_error: NDArray[np.float64]

    @property
    def z(self) -> NDArray[np.float64]:
        """Model less data in units of the error of their difference, (n,); 0 where it has none."""
        error = np.hypot(self.data_error, self.model_error)
        known = error > _NO_ERROR
        found: Floats = np.where(known, self.model - self.data, 0.0) / np.where(known, error, 1.0)
        return found

    @property
    def max_z(self) -> float:
        """Largest |z|."""
        return float(np.abs(self.z).max(initial=0.0))

    @property
    def rms_z(self) -> float:
        """Root of the mean of z²: close to 1 where data and model are of one distribution."""
        return float(np.sqrt((self.z**2).mean())) if len(self.data) else 0.0

    @property
    def correlation(self) -> float:
        """Pearson's correlation of model and data; nan where one of them is constant."""
        if len(self.data) < 2 or 0.0 in (np.ptp(self.data), np.ptp(self.model)):
            return math.nan
        return float(np.corrcoef(self.data, self.model)[0, 1])


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """Data and samples of a model side by side; printed, it is a table.

    Attributes
    ----------
    means
        ⟨s_i⟩ of all spins.
    pairs
        Connected correlations ⟨s_i s_j⟩ − ⟨s_i⟩⟨s_j⟩ of all pairs i < j.
    triples
        Connected correlations ⟨(s_i − ⟨s_i⟩)(s_j − ⟨s_j⟩)(s_k − ⟨s_k⟩)⟩, i < j < k, of all triples
        or of some.
    counts
        P(K), the probability that K spins are +1, K = 0 … N.
    n_spins
        Number of spins N.
    data_size, model_size
        Numbers of independent samples that errors were estimated for.
    all_triples
        Whether `triples` has all that there are.
    """

    means: Compared
    pairs: Compared
    triples: Compared
    counts: Compared
    n_spins: int
    data_size: float
    model_size: float
    all_triples: bool

    @property
    def max_z(self) -> float:
        """Largest |z| of all four quantities."""
        return max(part.max_z for part in self._parts().values())

    def _parts(self) -> dict[str, Compared]:
        some = "triples" if self.all_triples else "triples, some"
        return {"means": self.means, "pairs": self.pairs, some: self.triples, "P(K)": self.counts}

    def __str__(self) -> str:
        sizes = f"{self.data_size:g} samples of data, {self.model_size:g} of the model"
        head = f"{'':14}{'number':>8}{'max |z|':>10}{'rms z':>8}{'correlation':>13}"
        lines = [f"{self.n_spins} spins, {sizes}", head]
        lines += [
            f"{name:14}{len(of.data):8d}{of.max_z:10.2f}{of.rms_z:8.2f}{of.correlation:13.4f}"
            for name, of in self._parts().items()
        ]
        return "\n".join(lines)

    __repr__ = __str__


def compare(
    data: ArrayLike,
    model: ArrayLike,
    data_weight: ArrayLike | None = None,
    model_weight: ArrayLike | None = None,
    data_size: float | None = None,
    model_size: float | None = None,
    most_triples: int = 10_000,
    random_state: int | None = None,
    units: str = "spin",
) -> Comparison:
    r"""Compare samples of a model with the data that it is to describe.

    A model of pairs that is learned well has the means and correlations of pairs of its data. What
    it says of three spins, and of how many are +1 at a time, is its own: there it is put to a test.

    Errors are those of independent samples of which there are so many. With
    :math:`L = 1 - \langle s \rangle^2`, m for means and c for connected correlations, their
    variances, one sample each, are

    .. math:: V(m_i) = L_i, \quad V(c_{ij}) = L_i L_j + 4 m_i m_j c_{ij} - c_{ij}^2, \quad
              V(P_K) = P_K (1 - P_K)

    and of three spins, summed over the three ways to single one of them out,

    .. math:: V(c_{ijk}) = L_i L_j L_k - 8 m_i m_j m_k c_{ijk} - c_{ijk}^2 + 6 c_{ij} c_{jk} c_{ik}
              + \sum (4 m_i m_j c_{ij} L_k - c_{ij}^2 L_k + 4 m_k c_{ij} c_{ijk})

    which the means of the samples, that are subtracted, are allowed for in.

    Parameters
    ----------
    data, model
        Samples of `units`, (M, N) each, of the same N.
    data_weight, model_weight
        Weights of the samples, (M,) numbers >= 0 each.
    data_size, model_size
        How many independent samples they are worth, from 1 to 10¹⁸: less than M where samples
        follow each other in time, as `analysis.statistics.effective_draws` says. Unless given, M,
        or with weights (Σw)² / Σw²; for weights that count equal samples, give their sum.
    most_triples
        Where there are more triples than this, as of more than 40 spins by default, so many are
        drawn at random; 0 to 10⁷.
    random_state
        Seed of that draw; a fresh one if not given.
    units
        What both are made of: "spin", −1 and +1, or "binary", 0 and 1.

    Returns
    -------
    Comparison
        Arrays with errors and z, differences in units of their errors: of spins ±1, whatever the
        units.

    Raises
    ------
    TypeError, ValueError
        For arguments of the wrong kind, shape or value.

    Notes
    -----
    The tests are those of G. Tkačik et al., PLoS Comput. Biol. 10, e1003408 (2014). z of many pairs
    are not independent: max |z| says more than their sum of squares.

    Examples
    --------
    >>> import numpy as np
    >>> from multispin.learn.inverse.comparison import compare
    >>> rng, chance = np.random.default_rng(1), [0.1, 0.2, 0.3, 0.4, 0.5]
    >>> data, model = (np.where(rng.random((m, 5)) < chance, 1, -1) for m in (2000, 4000))
    >>> found = compare(data, model)
    >>> print(found)
    5 spins, 2000 samples of data, 4000 of the model
                    number   max |z|   rms z  correlation
    means                5      0.80    0.55       0.9991
    pairs               10      1.69    1.01      -0.2474
    triples             10      1.39    0.76       0.5430
    P(K)                 6      1.16    0.74       0.9986
    """
    checks.choice("units", units, UNITS)
    spins = _spins("data", data, None, units)
    n = spins.shape[1]
    of_model = _spins("model", model, n, units)
    weights = checked_weights("data_weight", data_weight, len(spins))
    weights_of_model = checked_weights("model_weight", model_weight, len(of_model))
    sizes = (
        _size("data_size", data_size, spins, weights),
        _size("model_size", model_size, of_model, weights_of_model),
    )
    most = checks.count("most_triples", most_triples, 0, _MOST_TRIPLES)
    triples, complete = _triples(n, most, checks.seed_or_fresh("random_state", random_state))
    one = _Raw.of(spins, weights, triples)
    other = _Raw.of(of_model, weights_of_model, triples)
    share = sizes[0] / (sizes[0] + sizes[1])
    both = _Raw(*(share * a + (1.0 - share) * b for a, b in zip(one, other, strict=True)))
    variances = _variances(both.connected(triples), triples)
    indices = (
        np.arange(n)[:, None],
        np.stack(np.triu_indices(n, 1), axis=1).astype(np.int64),
        triples,
        np.arange(n + 1)[:, None],
    )
    means, pairs, three, counts = (
        Compared(index, a, b, np.sqrt(variance / sizes[0]), np.sqrt(variance / sizes[1]))
        for index, a, b, variance in zip(
            indices,
            one.connected(triples).quantities(),
            other.connected(triples).quantities(),
            variances,
            strict=True,
        )
    )
    return Comparison(means, pairs, three, counts, n, *sizes, complete)


# --- moments --------------------------------------------------------------------------------------


class _Connected(NamedTuple):
    """Means (N,), connected correlations (N, N) and of triples (T,), and P(K), (N + 1,)."""

    mean: Floats
    pairs: Floats
    triples: Floats
    counts: Floats

    def quantities(self) -> tuple[Floats, ...]:
        """Return each as one row."""
        above = np.triu_indices(len(self.mean), 1)
        return self.mean, self.pairs[above], self.triples, self.counts


class _Raw(NamedTuple):
    """The same before means are subtracted: of samples put together, a weighted mean."""

    mean: Floats
    second: Floats
    third: Floats
    counts: Floats

    @classmethod
    def of(cls, spins: NDArray[np.int8], weights: Floats | None, triples: Integers) -> _Raw:
        mean, second = moments(spins, weights)
        up = (spins > 0).sum(axis=1)
        counts = np.bincount(up, weights, minlength=spins.shape[1] + 1).astype(np.float64)
        return cls(mean, second, _third(spins, weights, triples), counts / counts.sum())

    def connected(self, triples: Integers) -> _Connected:
        """Subtract means."""
        m, second = self.mean, self.second
        i, j, k = triples.T
        third = self.third - m[i] * second[j, k] - m[j] * second[i, k] - m[k] * second[i, j]
        third += 2.0 * m[i] * m[j] * m[k]
        return _Connected(m, second - np.outer(m, m), third, self.counts)


def _third(spins: NDArray[np.int8], weights: Floats | None, triples: Integers) -> Floats:
    """⟨s_i s_j s_k⟩ of triples (T, 3), (T,)."""
    rows = np.ascontiguousarray(spins.T)
    found = np.empty(len(triples))
    at_a_time = max(1, _BLOCK // len(spins))
    for first in range(0, len(triples), at_a_time):
        i, j, k = triples[first : first + at_a_time].T
        products = rows[i]
        products *= rows[j]
        products *= rows[k]
        if weights is None:
            sums = products.sum(axis=1, dtype=np.int64) / len(spins)
        else:
            sums = products @ weights / weights.sum()
        found[first : first + at_a_time] = sums
    return found


def _variances(both: _Connected, triples: Integers) -> tuple[Floats, ...]:
    """Variances of the estimates from one sample: those of their influence functions.

    (s − m)² = L − 2m (s − m) for spins ±1, so that none needs more than moments of triples.
    """
    m, C, c, P = both
    L = 1.0 - m**2
    pairs = np.outer(L, L) + 4.0 * np.outer(m, m) * C - C**2
    i, j, k = triples.T
    three = L[i] * L[j] * L[k] - 8.0 * m[i] * m[j] * m[k] * c - c**2
    three += 6.0 * C[i, j] * C[j, k] * C[i, k]
    for a, b, other in ((i, j, k), (j, k, i), (k, i, j)):
        pair = C[a, b]
        three += 4.0 * m[a] * m[b] * pair * L[other] - pair**2 * L[other]
        three += 4.0 * m[other] * pair * c
    found = L, pairs[np.triu_indices(len(m), 1)], three, P * (1.0 - P)
    return tuple(np.maximum(variance, 0.0) for variance in found)


# --- what is asked --------------------------------------------------------------------------------


def _spins(name: str, samples: ArrayLike, n: int | None, units: str) -> NDArray[np.int8]:
    """Return samples of these units as spins."""
    if units == "spin":
        given = checks.array(name, samples, "an array of -1 and +1")
        if given.dtype.kind in "biuf" and np.isin(given, (0, 1)).all() and not given.all():
            raise ValueError(
                f"{name}: got 0 and 1, allowed: -1 and +1, or these with units='binary'"
            )
        return checked_samples(name, given, n)
    found = observed(samples, None, units, name=name).spins
    if n not in (None, found.shape[1]):
        got = f"an array of shape {found.shape}"
        raise ValueError(f"{name}: got {got}, allowed: an array (M, {n}) of 0 and 1, M >= 1")
    return found


def _size(name: str, size: float | None, spins: NDArray[np.int8], weights: Floats | None) -> float:
    if size is not None:
        number = checks.positive_finite(name, size)
        if not 1.0 <= number <= _LARGEST_SIZE:
            raise ValueError(checks.describe(name, size, f"a number from 1 to {_LARGEST_SIZE:g}"))
        return number
    if weights is None:
        return float(len(spins))
    shares = weights / weights.max()
    return float(shares.sum() ** 2 / (shares**2).sum())


def _triples(n: int, most: int, seed: int) -> tuple[Integers, bool]:
    """Return triples i < j < k, (T, 3), all of them or `most` at random; and whether it is all."""
    total = math.comb(n, 3)
    if total <= most:
        rank = np.arange(total)
    else:
        rng = np.random.Generator(np.random.Philox(seed))
        rank = np.sort(rng.choice(total, most, replace=False))
    sites = np.arange(n, dtype=np.int64)
    # A triple's number is C(k, 3) + C(j, 2) + i.
    of_three = sites * (sites - 1) * (sites - 2) // 6
    of_two = sites * (sites - 1) // 2
    k = np.searchsorted(of_three, rank, side="right") - 1
    rest = rank - of_three[k]
    j = np.searchsorted(of_two, rest, side="right") - 1
    found: Integers = np.stack([rest - of_two[j], j, k], axis=1).astype(np.int64)
    return found, total <= most
