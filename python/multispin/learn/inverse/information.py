"""How much of what spins have to do with each other a model of pairs explains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from multispin._base import checks
from multispin.learn.inverse._states import checked_samples, checked_weights, distinct, energies

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

__all__ = ["Entropies", "Entropy", "entropies", "entropy_of_samples"]

CORRECTIONS = ("miller-madow", "plug-in")


class Entropy(NamedTuple):
    """An entropy in nats, and its standard error."""

    value: float
    error: float


@dataclass(frozen=True)
class Entropies:
    """Entropies of samples and of a model of them, in nats; divided by ln 2 they are bits.

    Attributes
    ----------
    independent
        S₁, of spins with the means of the samples and nothing to do with each other.
    model
        S₂, of the model.
    data
        S_N, of the samples, with the correction that was asked for.
    data_error
        Standard error of `data`, without what is left of its bias.
    correction
        How `data` was estimated.
    n_samples
        Number of samples M, the sum of their weights.
    n_states
        Number of different states among them.
    """

    independent: float
    model: float
    data: float
    data_error: float
    correction: str
    n_samples: float
    n_states: int

    @property
    def multi_information(self) -> float:
        """I_N = S₁ − S_N: how much entropy all correlations together take."""
        return self.independent - self.data

    @property
    def of_pairs(self) -> float:
        """I₂ = S₁ − S₂: how much of it the model's interactions take."""
        return self.independent - self.model

    @property
    def share(self) -> float:
        """I₂ / I_N = (S₁ − S₂) / (S₁ − S_N); nan where there is nothing to explain."""
        whole = self.multi_information
        return self.of_pairs / whole if whole != 0.0 else float("nan")


def entropies(
    model: Any,
    samples: ArrayLike,
    sample_weight: ArrayLike | None = None,
    correction: str = "miller-madow",
) -> Entropies:
    r"""Entropies of samples, of a model of them, and of independent spins.

    .. math:: S_1 = \sum_i H\!\left(\frac{1 + \langle s_i \rangle}{2}\right), \quad
              S_2 = \ln Z + \langle E \rangle, \quad
              S_N = -\sum_\sigma p_\sigma \ln p_\sigma, \quad
              H(p) = -p \ln p - (1 - p) \ln (1 - p)

    Of all distributions with the means and second moments of the samples the model of maximum
    likelihood has the largest entropy, so that S₁ ≥ S₂ ≥ S_N. Where it is none, as with penalties
    or too few iterations, or where S_N is biased, that need not hold.

    Parameters
    ----------
    model
        The model at T = 1, of up to 22 spins, all of whose states are summed: a model of multispin,
        or an object with ``n_spins``, ``shape`` and ``energy(spins)``.
    samples
        Spins ±1, (M, N).
    sample_weight
        How often each sample has been seen, (M,) numbers >= 0; once unless given.
    correction
        As of `entropy_of_samples`.

    Returns
    -------
    Entropies
        S₁, S₂ and S_N in nats, with the multi-information S₁ − S_N and the share of it that the
        model has, (S₁ − S₂) / (S₁ − S_N).

    Raises
    ------
    TypeError, ValueError
        For arguments of the wrong kind, shape or value, or a model of more than 22 spins.

    Notes
    -----
    E. Schneidman, S. Still, M. J. Berry & W. Bialek, Phys. Rev. Lett. 91, 238701 (2003), and
    E. Schneidman, M. J. Berry, R. Segev & W. Bialek, Nature 440, 1007 (2006).

    Examples
    --------
    >>> import numpy as np
    >>> import multispin as ms
    >>> from multispin.learn.inverse.information import entropies
    >>> samples = np.array([[1, 1]] * 3 + [[-1, -1]] * 3 + [[1, -1], [-1, 1]], dtype=np.int8)
    >>> pair = ms.Pairwise([[0, np.log(3) / 2], [np.log(3) / 2, 0]])
    >>> found = entropies(pair, samples, correction="plug-in")
    >>> round(found.independent, 6), round(found.model, 6), round(found.share, 6)
    (1.386294, 1.255482, 1.0)
    """
    of_states = energies("model", model)
    spins = checked_samples("samples", samples, model.n_spins)
    weights = checked_weights("sample_weight", sample_weight, len(spins))
    checks.choice("correction", correction, CORRECTIONS)
    mean = np.average(spins, axis=0, weights=weights)
    counts = _counts(spins, weights)
    data = _estimated(counts, correction)
    return Entropies(
        independent=float(_of_shares((1 + mean) / 2) + _of_shares((1 - mean) / 2)),
        model=_of_energies(of_states),
        data=data.value,
        data_error=data.error,
        correction=correction,
        n_samples=float(counts.sum()),
        n_states=len(counts),
    )


def entropy_of_samples(
    samples: ArrayLike, sample_weight: ArrayLike | None = None, correction: str = "miller-madow"
) -> Entropy:
    r"""Entropy of the distribution that samples come from, of as many spins as there are.

    .. math:: S = -\sum_\sigma \frac{n_\sigma}{M} \ln \frac{n_\sigma}{M} + \frac{K - 1}{2M}

    n_σ counts the samples in state σ, and K the states that have been seen. The first term alone,
    ``"plug-in"``, is too small; the second, of Miller and Madow, mends what is of order 1/M. Where
    many states have been seen once, both are far too small.

    Parameters
    ----------
    samples
        Spins ±1, (M, N).
    sample_weight
        How often each sample has been seen, (M,) numbers >= 0; once unless given.
    correction
        ``"miller-madow"``, or ``"plug-in"``, which is none.

    Returns
    -------
    Entropy
        ``value`` and ``error`` in nats. The error is √(Var(ln p)/M), without the bias.

    Raises
    ------
    TypeError, ValueError
        For arguments of the wrong kind, shape or value.

    Notes
    -----
    G. Miller, in: Information Theory in Psychology, 95 (1955); L. Paninski, Neural Comput. 15, 1191
    (2003).

    Examples
    --------
    >>> import numpy as np
    >>> from multispin.learn.inverse.information import entropy_of_samples
    >>> coins = np.random.default_rng(1).choice([-1, 1], size=(1000, 4))
    >>> [
    ...     round(entropy_of_samples(coins, None, how).value, 4)
    ...     for how in ("plug-in", "miller-madow")
    ... ]
    [2.7678, 2.7753]
    >>> round(4 * np.log(2), 4)
    np.float64(2.7726)
    """
    spins = checked_samples("samples", samples)
    weights = checked_weights("sample_weight", sample_weight, len(spins))
    checks.choice("correction", correction, CORRECTIONS)
    return _estimated(_counts(spins, weights), correction)


def _counts(spins: NDArray[np.int8], weights: Floats | None) -> Floats:
    """Return how often each state has been seen, of those that have."""
    found, place = distinct(spins)
    counts = np.bincount(place, weights, minlength=len(found)).astype(np.float64)
    return counts[counts > 0.0]


def _estimated(counts: Floats, correction: str) -> Entropy:
    total = float(counts.sum())
    p = counts / total
    surprise = -np.log(p)
    value = float(p @ surprise)
    variance = max(0.0, float(p @ (surprise - value) ** 2))
    bias = (len(counts) - 1) / (2.0 * total) if correction == "miller-madow" else 0.0
    return Entropy(value + bias, float(np.sqrt(variance / total)))


def _of_shares(p: Floats) -> float:
    """−Σ p ln p."""
    positive = p[p > 0.0]
    return float(-(positive * np.log(positive)).sum())


def _of_energies(energy: Floats) -> float:
    """Ln Z + ⟨E⟩ at T = 1."""
    excess = energy - energy.min()
    weight = np.exp(-excess)
    total = float(weight.sum())
    return float(np.log(total) + weight @ excess / total)
