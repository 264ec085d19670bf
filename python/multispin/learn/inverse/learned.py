"""What was learned of pairs of spins: probabilities, samples, and how it compares with data."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks
from multispin._engines.base import MOST_SWEEPS
from multispin.learn import partition, sampling
from multispin.learn.base import not_fitted
from multispin.learn.bennett import log_mean
from multispin.learn.inverse import enumeration, information, strata, units
from multispin.learn.inverse.comparison import compare
from multispin.learn.inverse.completion import Completion
from multispin.learn.inverse.observations import UNITS, observed
from multispin.learn.names import check_same_units
from multispin.learn.place import Placed
from multispin.learn.seeds import seed_for
from multispin.models import Pairwise

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from multispin.learn.inverse.comparison import Comparison
    from multispin.learn.inverse.observations import Observations

_SWEEPS = 1000  # of a chain, unless given
_FOR_POTENTIAL = 10_000  # chains of pairs, whose mean of exp(V_K) is what V adds to ln Z
_MOST_SAMPLES = 2**48


class LearnedPairs(Placed):
    """Couplings and fields that were learned, and what can be asked of them."""

    J_: NDArray[np.float64]
    h_: NDArray[np.float64]
    potential_: NDArray[np.float64] | None
    n_features_in_: int
    units: str
    random_state: int | None
    _seed: int
    _pairs: tuple[NDArray[np.float64], NDArray[np.float64]] | None

    def model(self) -> Pairwise:
        """Return the model, for samplers and runs at temperature 1.

        Raises
        ------
        NotFittedError
            If nothing has been learned.
        ValueError
            If there is a `potential_`, which no such model has.
        """
        self._check_fitted("model")
        if self.potential_ is not None:
            raise ValueError("k_pairwise: got True, allowed: False for a model of pairs alone")
        return Pairwise(self.J_, self.h_)

    def binary_parameters(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return couplings (N, N) and fields (N,) of units 0 and 1 instead of −1 and +1.

        P(x) ∝ exp(Σ_{i<j} J_ij x_i x_j + Σ_i h_i x_i) is the same distribution, x = (1 + s)/2.

        Raises
        ------
        NotFittedError
            If nothing has been learned.
        """
        self._check_fitted("binary_parameters")
        found = units.to_binary(self.J_, self.h_)
        return found.J, found.h

    def sample(
        self, n: int = 1, sweeps: int | None = None, random_state: int | None = None
    ) -> NDArray[np.int8]:
        """Draw samples of what was learned.

        Up to 22 spins they are exact. Beyond, each is the end of a chain of its own that begins at
        random, which is as good as `sweeps` are many.

        Parameters
        ----------
        n
            How many.
        sweeps
            Sweeps of each chain; None takes 1000.
        random_state
            Seed; None takes that of the estimator.

        Returns
        -------
        samples
            (n, N) int8 in the units of the estimator.

        Raises
        ------
        TypeError, ValueError
            For an argument that is not of this kind.
        DeviceError
            If the device cannot be used.
        NotFittedError
            If nothing has been learned.
        """
        self._check_ready("sample")
        n = checks.count("n", n, 1, _MOST_SAMPLES)
        length, seed = _length(sweeps), self._seed_or(random_state)
        if self.n_features_in_ <= enumeration.MOST_SPINS:
            spins = self._distribution().drawn(n, seed)
        else:
            spins = self._chains(n, length, seed)
        return self._in_units(spins)

    def conditional(
        self, samples: Any, sweeps: int | None = None, random_state: int | None = None
    ) -> NDArray[np.int8]:
        """Draw what is missing in samples, given what is there.

        A chain for each sample that is not complete, in which observed units are held.

        Parameters
        ----------
        samples
            (M, N) in the units of the estimator, NaN where a value is to be drawn.
        sweeps
            Sweeps of each chain; None takes 1000.
        random_state
            Seed; None takes that of the estimator.

        Returns
        -------
        samples
            (M, N) int8, complete.

        Raises
        ------
        TypeError, ValueError
            For an argument that is not of this kind.
        DeviceError
            If the device cannot be used.
        NotFittedError
            If nothing has been learned.

        Examples
        --------
        >>> import numpy as np
        >>> import multispin as ms
        >>> pair = np.array([[1, 1], [1, 1], [1, 1], [-1, -1], [-1, 1], [1, -1]])
        >>> fit = ms.InverseIsing(random_state=1).fit(pair)
        >>> drawn = fit.conditional(np.tile([1, np.nan], (10_000, 1)), sweeps=10)
        >>> abs(float((drawn[:, 1] == 1).mean()) - 0.75) < 0.03
        True
        """
        self._check_ready("conditional")
        observations = self._observed(samples, None, missing=True)
        length, seed = _length(sweeps), self._seed_or(random_state)
        if not observations.incomplete:
            return self._in_units(observations.spins)
        model = self.model()
        completion = Completion(observations, model, seed, self._place)
        completion.follow(model, length)
        return self._in_units(completion.spins())

    def energy(self, samples: Any) -> NDArray[np.float64]:
        """Return E(s) = −Σ_{i<j} J_ij s_i s_j − Σ h_i s_i (− V_K) of samples, (M,).

        Raises
        ------
        TypeError, ValueError
            For samples that are not of this kind.
        NotFittedError
            If nothing has been learned.
        """
        self._check_fitted("energy")
        return self._energy(self._observed(samples, None).spins)

    def _energy(self, spins: NDArray[np.int8]) -> NDArray[np.float64]:
        found = np.asarray(Pairwise(self.J_, self.h_).energy(spins), dtype=np.float64)
        if self.potential_ is not None:
            found = found - self.potential_[(spins > 0).sum(axis=1)]
        return found

    def log_partition(
        self,
        method: str = "auto",
        chains: int = 1000,
        temperatures: int = 1000,
        random_state: int | None = None,
    ) -> partition.LogPartition:
        """Return ln Z; see `multispin.log_partition`, whose arguments these are.

        Raises
        ------
        TypeError, ValueError
            For an argument that is not of this kind.
        DeviceError
            If the device cannot be used.
        NotFittedError
            If nothing has been learned.
        """
        self._check_ready("log_partition")
        few = self.n_features_in_ <= enumeration.MOST_SPINS
        method, chains, temperatures = partition.checked(method, chains, temperatures)
        seed = self._seed_or(random_state)
        if method in ("auto", "exact") and few:
            return partition.LogPartition(self._distribution().log_partition, 0.0, "exact")
        if self.potential_ is None:
            return partition.log_partition(
                self.model(), method, chains, temperatures, seed, *self._place
            )
        model, rest = self._apart()
        known = partition.log_partition(model, method, chains, temperatures, seed, *self._place)
        spins = sampling.drawn(model, _FOR_POTENTIAL, _SWEEPS, seed_for(seed, 1), self._place)
        more, error = log_mean(rest[(spins > 0).sum(axis=1)])
        return partition.LogPartition(
            known.value + more, math.hypot(known.error, error), known.method
        )

    def log_likelihood(self, samples: Any, sample_weight: ArrayLike | None = None) -> float:
        """Return the mean of ln P(s) over samples, in nats.

        Of samples with missing values (NaN), P is that of what has been observed. Beyond 22 spins
        ln Z is an estimate, `log_partition` has its error, and values cannot be missing.

        Raises
        ------
        TypeError, ValueError
            For samples or weights that are not of this kind.
        DeviceError
            If the device cannot be used, which it is beyond 22 spins.
        NotFittedError
            If nothing has been learned.
        """
        self._check_ready("log_likelihood")
        observations = self._observed(samples, sample_weight, missing=True)
        if observations.incomplete and self.n_features_in_ > enumeration.MOST_SPINS:
            most = f"none for the likelihood of more than {enumeration.MOST_SPINS} spins"
            raise ValueError(f"samples: got NaN, allowed: {most}; `conditional` completes them")
        if observations.incomplete:
            return enumeration.log_likelihood(self._distribution(), observations)
        mean = float(observations.shares @ self._energy(observations.spins))
        return -mean - self.log_partition().value

    def score(
        self,
        samples: Any,
        y: object = None,  # noqa: ARG002
        sample_weight: ArrayLike | None = None,
    ) -> float:
        """Return `log_likelihood`, for scikit-learn's searches.

        Raises
        ------
        TypeError, ValueError, DeviceError, NotFittedError
            As `log_likelihood`.
        """
        return self.log_likelihood(samples, sample_weight)

    def entropy(self, random_state: int | None = None) -> float:
        """Return the entropy −Σ P ln P = ln Z + ⟨E⟩ of what was learned, in nats.

        Beyond 22 spins both are estimates.

        Raises
        ------
        TypeError, ValueError
            For a seed that is none.
        DeviceError
            If the device cannot be used, which it is beyond 22 spins.
        NotFittedError
            If nothing has been learned.
        """
        self._check_ready("entropy")
        self._seed_or(random_state)
        if self.n_features_in_ <= enumeration.MOST_SPINS:
            p = self._distribution().probabilities
            return -float((p * np.log(np.where(p > 0, p, 1.0))).sum())
        energy = float(self.energy(self.sample(10_000, random_state=random_state)).mean())
        return self.log_partition(random_state=random_state).value + energy

    def information(
        self, samples: Any, sample_weight: ArrayLike | None = None
    ) -> information.Entropies:
        """Return entropies S₁ ≥ S₂ ≥ S_N of independent spins, the model and the data.

        (S₁ − S₂)/(S₁ − S_N) is the share of the multi-information that pairs explain: see
        `multispin.learn.inverse.information`.

        Raises
        ------
        TypeError, ValueError
            For samples or weights that are not of this kind; for more than 22 spins.
        NotFittedError
            If nothing has been learned.
        """
        self._check_fitted("information")
        observations = self._observed(samples, sample_weight)
        return information.entropies(self.model(), observations.spins, observations.weights)

    def report(
        self,
        samples: Any,
        sample_weight: ArrayLike | None = None,
        n: int = 20_000,
        sweeps: int | None = None,
        random_state: int | None = None,
    ) -> Comparison:
        """Compare samples of the model with data, in units of the sampling error.

        Means, correlations of pairs and of triples, and the distribution of the number of spins up;
        ``multispin.plot.inverse.comparison`` draws it.

        Parameters
        ----------
        samples, sample_weight
            Data, as for `fit`: those that were learned from, or others.
        n, sweeps, random_state
            Samples that are drawn of the model, as for `sample`.

        Raises
        ------
        TypeError, ValueError
            For an argument that is not of this kind.
        DeviceError
            If the device cannot be used.
        NotFittedError
            If nothing has been learned.
        """
        self._check_ready("report")
        observations = self._observed(samples, sample_weight)
        drawn = self._spins(self.sample(n, sweeps, random_state))
        return compare(observations.spins, drawn, data_weight=observations.weights)

    def _spins(self, samples: NDArray[np.int8]) -> NDArray[np.int8]:
        return samples if self.units == "spin" else (2 * samples - 1).astype(np.int8)

    def _in_units(self, spins: NDArray[np.int8]) -> NDArray[np.int8]:
        return spins if self.units == "spin" else ((spins + 1) // 2).astype(np.int8)

    def _chains(self, n: int, sweeps: int, seed: int) -> NDArray[np.int8]:
        if self.potential_ is None:
            return sampling.drawn(self.model(), n, sweeps, seed, self._place)
        model, rest = self._apart()
        return strata.drawn(model, rest, n, sweeps, seed, self._place)

    def _apart(self) -> tuple[Pairwise, NDArray[np.float64]]:
        """Return a model of pairs, and what is left of a potential, small but for a constant."""
        assert self.potential_ is not None
        J, h = (self.J_, self.h_) if self._pairs is None else self._pairs
        whole = strata.Tilted(self.J_, self.h_, self.potential_)
        return Pairwise(J, h), whole.seen_from(J, h)

    def _distribution(self) -> enumeration.Distribution:
        states = enumeration.States(self.n_features_in_)
        return enumeration.Distribution(states, states.exponent(self.J_, self.h_, self.potential_))

    def _observed(
        self, samples: Any, sample_weight: ArrayLike | None, missing: bool = False
    ) -> Observations:
        observations = observed(samples, sample_weight, self.units, missing)
        check_same_units("samples", observations.n_features, observations.names, self)
        return observations

    def _seed_or(self, random_state: int | None) -> int:
        wanted = self.random_state if random_state is None else random_state
        return self._seed if wanted is None else checks.seed("random_state", wanted)

    def _check_ready(self, name: str) -> None:
        """Refuse to draw or to sum before `fit`, and with parameters that are wrong by now."""
        self._check_fitted(name)
        checks.choice("units", self.units, UNITS)
        self._check_place()

    def _check_fitted(self, name: str) -> None:
        if not hasattr(self, "J_"):
            raise not_fitted(f"{name}: got an estimator that is not fitted: fit it first")


def _length(sweeps: int | None) -> int:
    return _SWEEPS if sweeps is None else checks.count("sweeps", sweeps, 1, MOST_SWEEPS)
