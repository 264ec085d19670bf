"""Couplings and fields that samples were drawn with: the inverse Ising problem, by any method."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks
from multispin._base.callers import warn
from multispin._base.memory import check_memory
from multispin._engines import devices, registry
from multispin.errors import NotConvergedWarning
from multispin.learn.base import Estimator
from multispin.learn.inverse import enumeration, supports
from multispin.learn.inverse.firth import MOST_SPINS as MOST_WITH_FIRTH
from multispin.learn.inverse.learned import LearnedPairs
from multispin.learn.inverse.maxima import warn_of_infinite
from multispin.learn.inverse.methods import METHODS, Task, by_number
from multispin.learn.inverse.observations import UNITS, Moments, moments_given, observed
from multispin.learn.inverse.optimization import penalty

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray
    from typing_extensions import Self

    from multispin.learn.inverse.methods import Method, Outcome
    from multispin.learn.inverse.observations import Observations
    from multispin.learn.inverse.uncertainty import StandardErrors

#: Methods that maximize a likelihood, of which the maximum may be at infinity.
_LIKELIHOODS = ("exact", "boltzmann", "pseudolikelihood", "pseudolikelihood_averaged")

#: Penalties beyond this leave nothing of couplings, and squares of them overflow.
_LARGEST_PENALTY, _MOST_ITERATIONS = 1e9, 10**9

#: Of more samples no chains tell the sampling errors.
_MOST_SAMPLES = 10**12


class InverseIsing(LearnedPairs, Estimator):
    r"""Couplings and fields of spins, learned from samples or from moments.

    .. math:: P(s) \propto \exp\Big(\sum_{i<j} J_{ij} s_i s_j + \sum_i h_i s_i\Big),
        \qquad s_i = \pm 1

    with :math:`f_i = h_i + \sum_{j \ne i} J_{ij} s_j`, averages ⟨·⟩ over the samples, connected
    correlations C, and one J_ij for each pair unless it says otherwise:

    =============================  ===============================================================
    method                         couplings and fields
    =============================  ===============================================================
    ``independent``                J = 0, h_i = artanh ⟨s_i⟩
    ``pair``                       each pair by itself, ¼ ln p₊₊p₋₋/p₊₋p₋₊ [1]
    ``mean_field``                 J = −C⁻¹ off the diagonal, h_i = artanh m_i − Σ_j J_ij m_j [2]
    ``tap``                        −C⁻¹ = J + 2 J² m_i m_j, with Onsager's reaction in h [2]
    ``sessak_monasson``            loops and pairs summed to all orders in small C [3]
    ``bethe``                      exact on trees [4]
    ``pseudolikelihood``           minimum of Σ_i ⟨ln(1 + exp(−2 s_i f_i))⟩, J symmetric [5]
    ``pseudolikelihood_averaged``  the same for each spin alone, then the mean of J_ij and J_ji [6]
    ``mpf``                        minimum of Σ_i ⟨exp(−s_i f_i)⟩, J symmetric: probability flow
                                   to all states with one spin turned [7]
    ``mpf_excluding``              the same without flow to states that are in the data [7]
    ``rise``                       ⟨exp(−s_i f_i)⟩ for each spin alone, then the mean [8]
    ``logrise``                    its logarithm for each spin alone, then the mean [9]
    ``exact``                      maximum likelihood, by sums over all states: N ≤ 22
    ``boltzmann``                  maximum likelihood, by Monte Carlo with persistent chains [10]
    =============================  ===============================================================

    Of exact distributions of finite couplings all but the closed formulas, and
    ``mpf_excluding``, return these couplings. That one leaves out what flows between states that
    have been seen, which where samples cover many of the states, as those of few spins or of strong
    couplings do, is most of what tells the couplings: it is meant for samples that are few among
    all states, and is not consistent, as errors do not vanish with more samples.

    Parameters
    ----------
    method
        One of the table.
    l1, l2
        Penalties l1 Σ|J| + l2 Σ J², of couplings in ±1 units, beside the mean of an objective over
        samples (of ``exact`` and ``boltzmann`` the mean of −ln P(s)); the sum is over all
        couplings that are parameters: pairs i < j where there is one J for each, else i ≠ j.
        Fields are not penalized.
    units
        What samples are made of: "spin", −1 and +1, or "binary", 0 and 1. Parameters are always
        those of ±1; `binary_parameters` converts them.
    support
        Pairs that may be coupled, a symmetric (N, N) of bool; None is all of them.
    pseudocount
        Samples of all states with equal weight that moments are made with, in number. For methods
        that need moments only.
    k_pairwise
        Whether a function V_K of the number K of spins up is learned too, so that the distribution
        of K is that of the data (``exact``; ``boltzmann`` without penalties, of all pairs); it is
        ``potential_``, −∞ for numbers that no sample has, which is where the likelihood has its
        supremum, and 0 for the three smallest that samples have, 0, 1 and 2 mostly [11]. In
        ``boltzmann`` states of chains with K spins up count for as many as the data has, which is
        what V_K would do; what is known of it brings chains to where the data is.
    firth
        Whether the likelihood is multiplied by the root of the determinant of its Fisher
        information, Jeffreys' prior, instead of a penalty: of few samples parameters are finite
        then, and nearly without bias (``exact``, N ≤ 12; ``pseudolikelihood_averaged``) [12].
    tol
        Largest gradient of the objective, per sample, at the end: see `optimality_`.
    max_iter
        Most iterations.
    chains
        Number of chains of ``boltzmann``.
    random_state
        Seed of ``boltzmann``, and of samples drawn afterwards; None takes a fresh one.
    threads
        Number of threads; None takes as many as the process may use. Results do not depend on it.
    device
        "cpu", "cuda", "cuda:<index>" or "auto": where the chains of ``boltzmann`` are, and those of
        what it learned, as of `Sampler`. On a GPU they draw other random numbers. The rest, steps
        and exact sums, is the CPU's.

    Attributes
    ----------
    J_, h_
        Couplings (N, N), symmetric with a zero diagonal, and fields (N,), float64, of ±1.
    n_iter_, converged_
        Iterations, and whether the end was reached: `tol`, or for ``boltzmann`` moments that are
        all within the data's sampling errors; with `l1`, that differ by no more than the noise of
        chains, as what is 0 depends on less.
    optimality_
        Largest violation of the conditions of a minimum; for ``boltzmann`` ε_max, the largest
        deviation of a moment from what these ask for, in units of its sampling error.
    history_
        The objective, or ε_max of ``boltzmann``, one an iteration.
    moments_
        Means, second moments and number of samples that were fitted, in ±1 units.
    potential_
        V_K, (N + 1,) or None.
    n_features_in_, feature_names_in_
        Number of spins N; their names, if samples were a DataFrame.

    Warns
    -----
    InfiniteMaximumWarning
        Where a state of some pair has not been seen, or a spin is constant: the likelihood grows
        towards infinite parameters.
    NotConvergedWarning
        Where the end was not reached.

    Notes
    -----
    [1] H. C. Nguyen, R. Zecchina & J. Berg, Adv. Phys. 66, 197 (2017). [2] H. J. Kappen & F. B.
    Rodríguez, Neural Comput. 10, 1137 (1998). [3] V. Sessak & R. Monasson, J. Phys. A 42, 055001
    (2009). [4] F. Ricci-Tersenghi, J. Stat. Mech. P08015 (2012). [5] J. Besag, Statistician 24, 179
    (1975). [6] P. Ravikumar, M. J. Wainwright & J. D. Lafferty, Ann. Stat. 38, 1287 (2010). [7] J.
    Sohl-Dickstein, P. B. Battaglino & M. R. DeWeese, Phys. Rev. Lett. 107, 220601 (2011). [8] M.
    Vuffray, S. Misra, A. Y. Lokhov & M. Chertkov, NIPS 29, 2595 (2016). [9] A. Y. Lokhov et al.,
    Sci. Adv. 4, e1700791 (2018). [10] D. H. Ackley, G. E. Hinton & T. J. Sejnowski, Cogn. Sci. 9,
    147 (1985); here with Newton's steps, `multispin.learn.inverse.boltzmann`. [11] G. Tkačik et
    al., PLoS Comput. Biol. 10, e1003408 (2014). [12] D. Firth, Biometrika 80, 27 (1993).

    Examples
    --------
    >>> import numpy as np
    >>> import multispin as ms
    >>> counts = {(1, 1): 50, (1, -1): 20, (-1, 1): 10, (-1, -1): 40}
    >>> fit = ms.InverseIsing("exact").fit(list(counts), sample_weight=list(counts.values()))
    >>> round(float(fit.J_[0, 1]), 6), fit.h_.round(6).tolist()
    (0.575646, [0.229073, -0.117501])
    """

    n_iter_: int
    converged_: bool
    optimality_: float
    history_: NDArray[np.float64]
    moments_: Moments
    feature_names_in_: NDArray[np.object_]

    def __init__(
        self,
        method: str = "pseudolikelihood",
        *,
        l1: float = 0.0,
        l2: float = 0.0,
        units: str = "spin",
        support: ArrayLike | None = None,
        pseudocount: float = 0.0,
        k_pairwise: bool = False,
        firth: bool = False,
        tol: float = 1e-6,
        max_iter: int = 1000,
        chains: int = 4096,
        random_state: int | None = None,
        threads: int | None = None,
        device: str = "cpu",
    ) -> None:
        self.method = method
        self.l1, self.l2 = l1, l2
        self.units = units
        self.support = support
        self.pseudocount = pseudocount
        self.k_pairwise, self.firth = k_pairwise, firth
        self.tol, self.max_iter = tol, max_iter
        self.chains = chains
        self.random_state = random_state
        self.threads = threads
        self.device = device

    def _check_parameters(self) -> None:
        """Refuse parameters that are not what they have to be, as all that learns begins with.

        The constructor only keeps them: scikit-learn sets them one by one, and so do users.
        """
        checks.choice("method", self.method, tuple(METHODS))
        penalty("l1", self.l1, _LARGEST_PENALTY)
        penalty("l2", self.l2, _LARGEST_PENALTY)
        checks.choice("units", self.units, UNITS)
        checks.nonnegative_finite("pseudocount", self.pseudocount)
        checks.flag("k_pairwise", self.k_pairwise)
        checks.flag("firth", self.firth)
        checks.positive_finite("tol", self.tol)
        checks.count("max_iter", self.max_iter, 1, _MOST_ITERATIONS)
        checks.count("chains", self.chains, 64, 2**20)
        if self.random_state is not None:
            checks.seed("random_state", self.random_state)
        if self.threads is not None:
            checks.count("threads", self.threads, 1)
        devices.check(self.device)
        self._check_can()

    def _check_can(self) -> None:
        """Refuse what the method can do nothing with."""
        method, can = METHODS[self.method], "with method="
        for name in ("l1", "l2"):
            if getattr(self, name) > 0.0 and name not in method.penalties:
                others = ", ".join(key for key, m in METHODS.items() if name in m.penalties)
                allowed = f"0 {can}{self.method!r}; {others} take it"
                raise ValueError(checks.describe(name, getattr(self, name), allowed))
        if self.support is not None and not method.support:
            others = _names(lambda m: m.support)
            allowed = f"None {can}{self.method!r}; {others} take it"
            raise ValueError(checks.describe("support", self.support, allowed))
        if self.k_pairwise and not method.k_pairwise:
            allowed = f"False {can}{self.method!r}; {_names(lambda m: m.k_pairwise)} learn it"
            raise ValueError(checks.describe("k_pairwise", True, allowed))
        if self.k_pairwise and self.method == "boltzmann":
            self._check_tilted()
        if self.pseudocount > 0.0 and method.samples:
            allowed = f"0 {can}{self.method!r}, which fits samples, not moments; l2 instead"
            raise ValueError(checks.describe("pseudocount", self.pseudocount, allowed))
        if self.device not in ("cpu", "auto") and not method.chains:
            allowed = f"'cpu' {can}{self.method!r}; {_names(lambda m: m.chains)} takes it"
            raise ValueError(checks.describe("device", self.device, allowed))
        if self.firth:
            self._check_can_firth()

    def _check_tilted(self) -> None:
        """Refuse what would depend on how much of V_K couplings and fields take over."""
        for name in ("l1", "l2", "pseudocount", "support"):
            given, none = getattr(self, name), None if name == "support" else 0
            if given is not None and (none is None or given != none):
                allowed = f"{none} with method='boltzmann' and k_pairwise=True"
                raise ValueError(checks.describe(name, given, allowed))

    def _check_can_firth(self) -> None:
        if not METHODS[self.method].firth:
            allowed = f"False with method={self.method!r}; {_names(lambda m: m.firth)} take it"
            raise ValueError(checks.describe("firth", True, allowed))
        for name in ("l1", "l2", "pseudocount", "k_pairwise"):
            if getattr(self, name):
                value = getattr(self, name)
                raise ValueError(f"firth: got True with {name}={value}, allowed: one of the two")

    def __sklearn_tags__(self) -> Any:
        """Say that it learns a probability, and whether values may be missing."""
        tags = super().__sklearn_tags__()
        tags.estimator_type = "density_estimator"
        tags.input_tags.allow_nan = self.method in METHODS and METHODS[self.method].missing
        return tags

    # --- learning ---------------------------------------------------------------------------------

    def fit(
        self,
        samples: Any,
        y: object = None,  # noqa: ARG002
        sample_weight: ArrayLike | None = None,
        progress: Callable[[float], None] | None = None,
    ) -> Self:
        """Learn from samples.

        Parameters
        ----------
        samples
            (M, N) of the two values of `units`, M >= 2: integers, floats or bool; a DataFrame;
            `multispin.PackedSamples`; or the states of a histogram, whose counts are the weights.
            NaN is a value that is missing. With ``exact`` and ``boltzmann`` the likelihood is that
            of what has been observed; ``pseudolikelihood`` and ``pseudolikelihood_averaged`` fit
            samples that are completed by chains of what was learned, 20 times in turn, and return
            the mean of the last 10. Others refuse it.
        y
            Ignored.
        sample_weight
            (M,) finite numbers >= 0: how often each was seen.
        progress
            Called with ε_max after each step of ``boltzmann``.

        Raises
        ------
        TypeError, ValueError
            For parameters of the estimator, samples or weights that are not of their kind; for
            more than 22 spins with ``exact``.
        DeviceError
            If the device cannot be used.
        """
        self._check_parameters()
        method = METHODS[self.method]
        observations = observed(samples, sample_weight, self.units, method.missing)
        n_rows = len(observations.spins)
        if n_rows < 2 and observations.n_samples <= 1.0:
            raise ValueError("samples: got n_samples = 1, allowed: at least 2 samples")
        if observations.incomplete and (self.pseudocount > 0.0 or self.k_pairwise or self.firth):
            raise ValueError(
                "samples: got NaN, allowed: none with pseudocount, k_pairwise or firth"
            )
        threads = registry.threads(self.threads)
        if observations.incomplete:
            moments = _of_observed(observations)
        else:
            moments = observations.moments(threads)
        self._learn(observations, moments, progress)
        if observations.names is not None:
            self.feature_names_in_ = np.array(observations.names, dtype=object)
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
        return self

    def fit_moments(
        self,
        mean: ArrayLike,
        second_moments: ArrayLike,
        n_samples: float,
        progress: Callable[[float], None] | None = None,
    ) -> Self:
        """Learn from means and second moments alone, for methods that need no more.

        Parameters
        ----------
        mean
            ⟨s_i⟩ (N,), in the units of the estimator.
        second_moments
            ⟨s_i s_j⟩ (N, N), symmetric; its diagonal does not count.
        n_samples
            How many samples they are averages over, > 0: for their sampling errors.
        progress
            Called with ε_max after each step of ``boltzmann``.

        Raises
        ------
        TypeError, ValueError
            For parameters of the estimator that are not of their kind; for moments that are not, or
            that no two-valued units have; and with a method that fits samples.
        DeviceError
            If the device cannot be used.
        """
        self._check_parameters()
        if METHODS[self.method].samples or self.k_pairwise:
            others = _names(lambda m: not m.samples)
            what = "k_pairwise" if self.k_pairwise else repr(self.method)
            raise ValueError(
                f"method: got {what}, which averages functions of whole samples that their "
                f"moments do not tell, allowed: {others}"
            )
        moments = moments_given(mean, second_moments, n_samples, self.units)
        self._learn(None, moments, progress)
        if hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
        return self

    def _learn(
        self,
        observations: Observations | None,
        moments: Moments,
        progress: Callable[[float], None] | None,
    ) -> None:
        if self.method == "boltzmann" and not 1.0 <= moments.n_samples <= _MOST_SAMPLES:
            name = "n_samples" if observations is None else "sample_weight"
            allowed = f"from 1 to {_MOST_SAMPLES:g} with 'boltzmann', which needs their number"
            raise ValueError(f"{name}: got {moments.n_samples:g} samples, allowed: {allowed}")
        task = self._task(observations, moments, progress)
        if self.method in _LIKELIHOODS and not self.firth:
            names = None if observations is None else observations.names
            penalized = self.l1 > 0.0 or self.l2 > 0.0
            numbers = by_number(task.known()) if self.k_pairwise else None
            warn_of_infinite(
                task.moments, task.support, penalized, names, observations is None, numbers
            )
        self._incomplete = observations is not None and observations.incomplete
        self._keep(METHODS[self.method].solve(task), task.moments)

    def _task(
        self,
        observations: Observations | None,
        moments: Moments,
        progress: Callable[[float], None] | None = None,
    ) -> Task:
        """What is to be fitted, by these parameters."""
        method, n = METHODS[self.method], len(moments.mean)
        if self.method == "exact" and n > enumeration.MOST_SPINS:
            allowed = f"at most {enumeration.MOST_SPINS} spins with method='exact', which sums over"
            raise ValueError(f"samples: got {n} spins, allowed: {allowed} all states; 'boltzmann'")
        if self.method == "exact" and self.firth and n > MOST_WITH_FIRTH:
            allowed = f"at most {MOST_WITH_FIRTH} spins with firth=True and method='exact'"
            raise ValueError(f"samples: got {n} spins, allowed: {allowed}")
        check_memory(f"samples: couplings of {n} spins", _bytes(method, self.l1, n))
        support = supports.given(self.support, n)
        moments = moments.with_pseudocount(self.pseudocount)
        self._seed = checks.seed_or_fresh("random_state", self.random_state)
        return Task(
            observations, moments, support, float(self.l1), float(self.l2), float(self.tol),
            int(self.max_iter), int(self.chains), self.k_pairwise, self._seed,
            registry.threads(self.threads), progress, self.firth, self.device,
        )  # fmt: skip

    def _keep(self, outcome: Outcome, moments: Moments) -> None:
        self.J_, self.h_ = np.asarray(outcome.J), np.asarray(outcome.h)
        self.n_iter_, self.converged_ = outcome.n_iter, outcome.converged
        self.optimality_, self.history_ = outcome.optimality, np.array(outcome.history)
        self.potential_, self.moments_ = outcome.potential, moments
        self._pairs = outcome.pairs
        self.n_features_in_ = len(self.h_)
        if not self.converged_:
            reached = f"{self.optimality_:.2g} after {self.n_iter_} iterations"
            if self.method == "boltzmann":
                what = f"the largest deviation of a moment is still {reached}, in sampling errors"
                cure = "more max_iter or chains, or l2 > 0"
            else:
                what = f"the gradient is still {reached}, above tol={self.tol:g}"
                cure = "a larger max_iter or tol"
            warn(f"{self.method}: {what}; {cure} may do", NotConvergedWarning)

    # --- its errors -------------------------------------------------------------------------------

    def standard_errors(
        self, samples: Any = None, sample_weight: ArrayLike | None = None
    ) -> StandardErrors:
        r"""Return standard errors of `J_` and `h_`: their spread over data sets of this size.

        .. math:: V = H^{-1} G H^{-1} / n

        with the Hessian H of the objective and the covariance G of its gradients by single samples,
        both at `J_` and `h_`. Of ``exact`` and ``boltzmann`` G is the Fisher information, the
        covariances of s_i s_j and s_i by the model (beyond 22 spins by the samples), and without a
        penalty V = G⁻¹/n. J_ij of methods for each spin alone is a mean of two that the same
        samples move, which is allowed for. With `l2` they are errors about the mean of the
        estimate, that l2 shifts.

        Parameters
        ----------
        samples
            (M, N), those that were fitted. None takes the number of samples that moments came with,
            of ``exact`` (and ``boltzmann``) up to 22 spins.
        sample_weight
            (M,): how often each was seen. With c times all weights, errors are √c times as small.

        Returns
        -------
        StandardErrors
            ``J`` (N, N), symmetric, 0 on the diagonal and of pairs that are not of `support`; and
            ``h`` (N,).

        Raises
        ------
        TypeError, ValueError
            For samples or weights that are not of this kind, or by which an error is infinite; for
            fits of samples with missing values; for methods that average no function of samples;
            with `l1`; and for more than 5000 parameters at once.
        MemoryError
            If the matrices do not fit.
        NotFittedError
            If nothing has been learned.

        Notes
        -----
        A. W. van der Vaart, Asymptotic Statistics (Cambridge, 1998), theorem 5.21; of
        pseudolikelihoods J. Besag, Biometrika 64, 616 (1977).

        Examples
        --------
        >>> import multispin as ms
        >>> states, counts = [[1, 1], [1, -1], [-1, 1], [-1, -1]], [50, 20, 10, 40]
        >>> fit = ms.InverseIsing("exact").fit(states, sample_weight=counts)
        >>> round(float(fit.standard_errors(states, counts).J[0, 1]), 6)
        0.110397
        >>> round((1 / 50 + 1 / 20 + 1 / 10 + 1 / 40) ** 0.5 / 4, 6)
        0.110397
        """
        from multispin.learn.inverse import uncertainty

        self._check_fitted("standard_errors")
        if samples is None:
            return uncertainty.of_fit(self, None)
        return uncertainty.of_fit(self, self._observed(samples, sample_weight))


def _names(wanted: Callable[[Method], bool]) -> str:
    return ", ".join(name for name, method in METHODS.items() if wanted(method))


def _of_observed(observations: Observations) -> Moments:
    """Moments of the values that are there, pair by pair: what a fit of them begins with."""
    s = observations.spins.astype(np.float64)
    seen = (s != 0).astype(np.float64)
    if not seen.any(axis=0).all():
        j = int(np.argmin(seen.any(axis=0)))
        allowed = "columns with an observed value"
        raise ValueError(f"samples: got no value in column {j}, allowed: {allowed}")
    weights = observations.shares[:, None]
    mean = (weights * s).sum(axis=0) / (weights * seen).sum(axis=0)
    pairs = (weights * seen).T @ seen
    second = np.divide(s.T @ (weights * s), pairs, out=np.zeros_like(pairs), where=pairs > 0)
    return Moments(mean, second, observations.n_samples)


def _bytes(method: Method, l1: float, n: int) -> int:
    """Bytes of the largest arrays of a fit: vectors that L-BFGS-B keeps."""
    if not method.penalties:
        return 10 * 8 * n * n
    vectors = 40 * (2 if l1 > 0.0 else 1)
    return vectors * 8 * n * n
