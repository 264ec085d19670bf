"""Maximum likelihood by sums over all states, which are products of the states of two halves."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from multispin.learn.inverse.observations import Moments, Observations
    from multispin.learn.inverse.supports import Support

    Array = NDArray[np.float64]

#: Spins of which all states are gone through: 32 MiB for each array of them.
MOST_SPINS = 22


class Sums(NamedTuple):
    """Sums over states with weights: of 1, s_i, s_i s_j, and by the number of spins up."""

    total: float
    first: Array
    second: Array
    by_number: Array


class States:
    """All states of N spins, (2^(N-a), 2^a): spins 0 to a-1 choose the column, others the row.

    The quadratic form of a state is that of its halves and a product of matrices, and so are the
    sums of s_i s_j: 2^N states take 2^N exponentials, and little else.
    """

    def __init__(self, n: int) -> None:
        self.n, self.cut = n, n // 2
        self.low, self.high = _states(self.cut), _states(n - self.cut)
        ups = [np.rint((self.cut + self.low.sum(axis=1)) / 2)]
        ups.append(np.rint((n - self.cut + self.high.sum(axis=1)) / 2))
        self._ups = [part.astype(np.int64) for part in ups]

    def exponent(self, J: Array, h: Array, by_number: Array | None = None) -> Array:
        """Σ_{i<j} J_ij s_i s_j + Σ h_i s_i, and a function of the number of spins up."""
        a = self.cut
        low = _form(self.low, J[:a, :a], h[:a])
        high = _form(self.high, J[a:, a:], h[a:])
        found: Array = (self.high @ J[a:, :a]) @ self.low.T
        found += low
        found += high[:, None]
        if by_number is not None:
            low_ups, high_ups = self._ups
            found += by_number[high_ups[:, None] + low_ups]
        return found

    def sums(self, weights: Array) -> Sums:
        """Sums with a weight for each state."""
        a, n = self.cut, self.n
        low, high = weights.sum(axis=0), weights.sum(axis=1)
        first = np.concatenate([low @ self.low, high @ self.high])
        second = np.empty((n, n))
        second[:a, :a] = self.low.T @ (low[:, None] * self.low)
        second[a:, a:] = self.high.T @ (high[:, None] * self.high)
        second[a:, :a] = self.high.T @ weights @ self.low
        second[:a, a:] = second[a:, :a].T
        low_ups, high_ups = self._ups
        by_columns = np.zeros((len(high), a + 1))
        for k in range(a + 1):
            by_columns[:, k] = weights[:, low_ups == k].sum(axis=1)
        by_number = np.zeros(n + 1)
        for k in range(n - a + 1):
            by_number[k : k + a + 1] += by_columns[high_ups == k].sum(axis=0)
        return Sums(float(low.sum()), first, second, by_number)

    def index(self, spins: NDArray[np.int8]) -> NDArray[np.int64]:
        """Where states (M, N) of ±1 stand in the flattened array of all."""
        bits = (spins > 0).astype(np.int64)
        a = self.cut
        low = bits[:, :a] @ (1 << np.arange(a, dtype=np.int64))
        high = bits[:, a:] @ (1 << np.arange(self.n - a, dtype=np.int64))
        found: NDArray[np.int64] = (high << a) + low
        return found

    def spins(self, index: NDArray[np.int64]) -> NDArray[np.int8]:
        """Return the states (M, N) of ±1 that stand there."""
        bits = (index[:, None] >> np.arange(self.n)) & 1
        return (2 * bits - 1).astype(np.int8)


class Distribution:
    """P(s) ∝ exp(exponent), all of it."""

    def __init__(self, states: States, exponent: Array) -> None:
        highest = float(exponent.max())
        weights = np.exp(exponent - highest)
        total = float(weights.sum())
        self.states, self.log_partition = states, highest + float(np.log(total))
        weights /= total
        self.probabilities: Array = weights

    def drawn(self, n: int, seed: int) -> NDArray[np.int8]:
        """Return n independent samples, (n, N)."""
        below = np.cumsum(self.probabilities)
        random = np.random.Generator(np.random.Philox(seed)).random(n)
        index = np.searchsorted(below, random * below[-1], side="right")
        return self.states.spins(np.minimum(index, below.size - 1))


class Likelihood:
    """ln Z − Σ J_ij ⟨s_i s_j⟩ − Σ h_i ⟨s_i⟩: minus the mean log-likelihood of a sample.

    With `by_number`, the data's shares of states with K spins up, a potential V_K is added to the
    exponent: K-pairwise, Tkačik et al., PLoS Comput. Biol. 10, e1003408 (2014), eq. (5). Of numbers
    that no sample has V_K is −∞, where the likelihood has its supremum; of the three smallest that
    are left it is 0, as couplings and fields can do what it would. The rest of it comes last in a
    vector.
    """

    def __init__(
        self, states: States, support: Support, data: Moments, by_number: Array | None = None
    ) -> None:
        self.states, self.support = states, support
        self._never = np.full(states.n + 1, 0.0)
        self._numbers = np.zeros(0, dtype=np.intp)
        self._tilted, shares = by_number is not None, np.zeros(0)
        if by_number is not None:
            self._never[by_number == 0.0] = -np.inf
            self._numbers = np.flatnonzero(by_number > 0)[3:]
            shares = by_number[self._numbers]
        self._data = np.concatenate([support.vector(data.second, data.mean), shares])
        self.n_couplings, self.size = support.n_pairs, len(self._data)
        self._at: Array | None = None
        self._distribution: Distribution

    def potential(self, x: Array) -> Array:
        """Return V_K, (N + 1,)."""
        found: Array = self._never.copy()
        found[self._numbers] = x[self.support.size :]
        return found

    def exponent(self, x: Array) -> Array:
        """Return the exponent of all states."""
        support = self.support
        by_number = self.potential(x) if self._tilted else None
        J, h = support.matrix(x), x[support.n_pairs : support.size]
        return self.states.exponent(J, h, by_number)

    def distribution(self, x: Array) -> Distribution:
        """Return the distribution of parameters; the last one is kept."""
        if self._at is None or not np.array_equal(self._at, x):
            self._distribution = Distribution(self.states, self.exponent(x))
            self._at = x.copy()
        return self._distribution

    def evaluate(self, x: Array) -> tuple[float, Array]:
        """Return value and gradient: moments of the model less those of the data."""
        distribution = self.distribution(x)
        model = self._vector(self.states.sums(distribution.probabilities))
        return distribution.log_partition - float(self._data @ x), model - self._data

    def curvature(self, x: Array, direction: Array) -> Array:
        """Covariances of all features with a combination of them."""
        p = self.distribution(x).probabilities
        along = np.where(p > 0.0, self.exponent(direction), 0.0)
        along -= float((p * along).sum())
        along *= p
        return self._vector(self.states.sums(along))

    def _vector(self, sums: Sums) -> Array:
        of_pairs = self.support.vector(sums.second, sums.first)
        return np.concatenate([of_pairs, sums.by_number[self._numbers]])


class ObservedLikelihood:
    """Minus the mean log-likelihood of what has been observed of samples with missing values.

    The gradient is that of complete data whose distribution is what the model says of each sample:
    of all samples with the same values missing, P(s) times their number over the probability of
    what was seen.
    """

    def __init__(self, states: States, support: Support, observations: Observations) -> None:
        self.states, self.support = states, support
        self.n_couplings, self.size = support.n_pairs, support.size
        self._patterns = list(_patterns(states, observations))

    def evaluate(self, x: Array) -> tuple[float, Array]:
        """Return value and gradient."""
        support, n = self.support, self.states.n
        exponent = self.states.exponent(support.matrix(x), support.fields(x))
        distribution = Distribution(self.states, exponent)
        p = distribution.probabilities.reshape((2,) * n)
        completed = np.zeros_like(p)
        value = 0.0
        for axes, counts in self._patterns:
            of_seen = p.sum(axis=axes, keepdims=True)
            has = counts > 0
            value -= float((counts[has] * np.log(of_seen[has])).sum())
            completed += p * np.divide(counts, of_seen, out=np.zeros_like(counts), where=has)
        model = self.states.sums(distribution.probabilities)
        data = self.states.sums(completed.reshape(distribution.probabilities.shape))
        gradient = support.vector(model.second - data.second, model.first - data.first)
        return value, gradient

    def curvature(self, x: Array, direction: Array) -> Array:  # pragma: no cover - never asked
        """No function of this kind is convex, and Newton's steps are not taken."""
        raise NotImplementedError


def log_likelihood(distribution: Distribution, observations: Observations) -> float:
    """Mean over samples of ln P of what has been observed: sums over what is missing."""
    states = distribution.states
    p = distribution.probabilities.reshape((2,) * states.n)
    value = 0.0
    for axes, counts in _patterns(states, observations):
        of_seen = p.sum(axis=axes, keepdims=True)
        has = counts > 0
        value += float((counts[has] * np.log(of_seen[has])).sum())
    return value


def _patterns(
    states: States, observations: Observations
) -> Iterator[tuple[tuple[int, ...], Array]]:
    """Yield axes of spins that some samples miss, and shares of what these samples show.

    Both are of all states as (2,) * N, of which axis k is spin N - 1 - k.
    """
    n, missing = states.n, observations.spins == 0
    patterns, which = np.unique(missing, axis=0, return_inverse=True)
    index = states.index(observations.spins)  # a missing spin counts as down
    for k, pattern in enumerate(patterns):
        seen = which.ravel() == k
        counts = np.bincount(index[seen], observations.shares[seen], minlength=1 << n)
        axes = tuple(int(n - 1 - i) for i in np.flatnonzero(pattern))
        yield axes, counts.astype(np.float64).reshape((2,) * n)[tuple(_first(axes, n))]


def _first(axes: tuple[int, ...], n: int) -> list[slice]:
    return [slice(0, 1) if axis in axes else slice(None) for axis in range(n)]


def _states(n: int) -> Array:
    bits = (np.arange(1 << n)[:, None] >> np.arange(n)) & 1
    return (2 * bits - 1).astype(np.float64)


def _form(states: Array, J: Array, h: Array) -> Array:
    found: Array = ((states @ J) * states).sum(axis=1) / 2 + states @ h
    return found
