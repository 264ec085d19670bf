"""Couplings that act one way, learned from series of spins: the kinetic inverse Ising problem."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks
from multispin._base.callers import warn
from multispin._base.memory import check_memory
from multispin._engines import registry
from multispin.errors import NotConvergedWarning
from multispin.learn.base import Estimator, not_fitted
from multispin.learn.inverse._discoveries import discoveries, p_values
from multispin.learn.inverse._series import transitions
from multispin.learn.inverse._transition_likelihood import (
    Likelihood,
    curvatures,
    errors,
    warn_of_infinite,
)
from multispin.learn.inverse.observations import UNITS, observed
from multispin.learn.inverse.optimization import Ridge, minimize, penalty
from multispin.learn.inverse.parallel import simulated
from multispin.learn.inverse.standardization import Coordinates, Standardized
from multispin.learn.names import check_same_units

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray
    from typing_extensions import Self

    from multispin.learn.inverse._series import Transitions
    from multispin.learn.inverse.optimization import Minimum

    Array = NDArray[np.float64]

#: Beyond these all couplings are 0, and no fit ends.
_LARGEST_PENALTY, _MOST_ITERATIONS = 1e6, 10**9


class KineticIsing(Estimator):
    r"""Couplings of spins that are all updated at once, learned from series of their states.

    .. math:: P(s_i(t+1) = \pm 1 \mid s(t)) = \frac{1}{1 + e^{\mp 2 f_i(t)}}, \qquad
        f_i(t) = h_i + \sum_j J_{ij} s_j(t)

    J_ij is what spin j does to spin i one step later. J need not be symmetric and has a diagonal,
    as a spin may act on itself. The likelihood of a series is a product over steps and spins,
    without a sum over states, so its maximum is found exactly, each row of J by itself.

    Parameters
    ----------
    l1, l2
        Penalties l1 Σ|J| + l2 Σ J² over all i and j, beside the mean over steps of
        −ln P(s(t+1) | s(t)). Fields are not penalized.
    units
        What series are made of: "spin", −1 and +1, or "binary", 0 and 1. Parameters are always
        those of ±1.
    tol
        Largest gradient of the objective, per step, at the end.
    max_iter
        Most iterations.
    random_state
        Seed of series that are simulated; None takes a fresh one.
    threads
        Number of threads; None takes as many as the process may use. Results do not depend on it.

    Attributes
    ----------
    J_, h_
        Couplings (N, N), in row i what acts on spin i, and fields (N,), float64, of ±1.
    J_error_, h_error_
        Standard errors of them, (N, N) and (N,), from the exact curvature of the likelihood;
        infinite where the series say nothing. Computed when first asked for, in N³ steps for each
        step of the series.
    n_iter_, converged_, optimality_, history_
        Iterations; whether `tol` was reached; the largest violation of the conditions of a minimum;
        the objective, one an iteration.
    n_transitions_
        Number of steps M that were learned from.
    n_features_in_, feature_names_in_
        Number of spins N; their names, if series were DataFrames.

    Warns
    -----
    InfiniteMaximumWarning
        Where a spin is constant, or what a spin does is always followed by the same of another:
        the likelihood grows towards infinite parameters.
    NotConvergedWarning
        Where `tol` was not reached.

    Notes
    -----
    Y. Roudi & J. Hertz, Phys. Rev. Lett. 106, 048702 (2011), eq. 1; H. C. Nguyen, R. Zecchina & J.
    Berg, Adv. Phys. 66, 197 (2017), on reconstruction out of equilibrium. Errors are inverse Fisher
    information; with l2 those of the penalized maximum, H⁻¹ F H⁻¹ with F the curvature of the
    likelihood and H = F + 2 l2 M, about what the penalty pulls the parameters to.

    Examples
    --------
    >>> import numpy as np
    >>> import multispin as ms
    >>> from multispin.learn import kinetic_series
    >>> ring = 0.5 * np.roll(np.eye(4), 1, axis=0)  # each spin follows the one before it
    >>> series = kinetic_series(ring, 0.0, 5000, random_state=1)
    >>> fit = ms.KineticIsing().fit(series)
    >>> abs(fit.J_ - ring).max() < 0.05, (fit.significant(0.001) == (ring > 0)).all()
    (np.True_, np.True_)
    """

    J_: NDArray[np.float64]
    h_: NDArray[np.float64]
    n_iter_: int
    converged_: bool
    optimality_: float
    history_: NDArray[np.float64]
    n_transitions_: int
    n_features_in_: int
    feature_names_in_: NDArray[np.object_]
    _seed: int
    _learned: Transitions
    _errors: tuple[Array, Array] | None

    def __init__(
        self,
        *,
        l1: float = 0.0,
        l2: float = 0.0,
        units: str = "spin",
        tol: float = 1e-6,
        max_iter: int = 1000,
        random_state: int | None = None,
        threads: int | None = None,
    ) -> None:
        self.l1, self.l2 = l1, l2
        self.units = units
        self.tol, self.max_iter = tol, max_iter
        self.random_state = random_state
        self.threads = threads

    def _check_parameters(self) -> None:
        """Refuse parameters that are not what they have to be: the constructor only keeps them."""
        penalty("l1", self.l1, _LARGEST_PENALTY)
        penalty("l2", self.l2, _LARGEST_PENALTY)
        checks.choice("units", self.units, UNITS)
        checks.positive_finite("tol", self.tol)
        checks.count("max_iter", self.max_iter, 1, _MOST_ITERATIONS)
        if self.random_state is not None:
            checks.seed("random_state", self.random_state)
        if self.threads is not None:
            checks.count("threads", self.threads, 1)

    # --- learning ---------------------------------------------------------------------------------

    def fit(self, series: Any, y: object = None) -> Self:  # noqa: ARG002
        """Learn from series of states in the order of time.

        Parameters
        ----------
        series
            One recording, (T, N) of the two values of `units`, T >= 2: integers, floats or bool; a
            DataFrame; or `multispin.PackedSamples`. Or several: (R, T, N), or a list of (T, N),
            which may differ in length. The end of one is not taken to lead to the next.
        y
            Ignored.

        Raises
        ------
        TypeError, ValueError
            For parameters of the estimator, or series, that are not of their kind.
        MemoryError
            If couplings of so many spins do not fit.
        MissingExtraError
            If SciPy is not installed (extra ``[learn]``).
        """
        self._check_parameters()
        learned = transitions("series", series, self.units)
        n = learned.before.shape[1]
        check_memory(
            f"series: couplings of {n} spins", 40 * (2 if self.l1 > 0.0 else 1) * 8 * n * n
        )
        self._seed = checks.seed_or_fresh("random_state", self.random_state)
        warn_of_infinite(learned, self.l1 > 0.0 or self.l2 > 0.0)
        found = self._minimum(learned)
        self.J_, self.h_ = found.x[: n * n].reshape(n, n).copy(), found.x[n * n :].copy()
        self.n_iter_, self.converged_ = found.n_iter, found.converged
        self.optimality_, self.history_ = found.optimality, np.array(found.values)
        self.n_features_in_, self.n_transitions_ = n, learned.number
        self._learned, self._errors = learned, None
        if learned.names is not None:
            self.feature_names_in_ = np.array(learned.names, dtype=object)
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
        if not found.converged:
            warn(
                f"the gradient is still {found.optimality:.2g} after {found.n_iter} iterations, "
                f"above tol={self.tol:g}; a larger max_iter or tol, or l2 > 0, may do",
                NotConvergedWarning,
            )
        return self

    def _minimum(self, learned: Transitions) -> Minimum:
        n = learned.before.shape[1]
        likelihood = Likelihood(learned, registry.threads(self.threads))
        rows, columns = np.divmod(np.arange(n * n), n)
        mean = learned.before.mean(axis=0)
        coordinates = Coordinates(rows, columns, mean, joint=False, size=likelihood.size)
        start = np.zeros(likelihood.size)
        closest = 1.0 - 1.0 / max(learned.number, 2)
        start[n * n :] = np.arctanh(np.clip(learned.after.mean(axis=0), -closest, closest))
        found = minimize(
            Standardized(Ridge(likelihood, self.l2), coordinates), coordinates.standardized(start),
            self.l1 * coordinates.scale[: n * n], self.tol, self.max_iter,
        )  # fmt: skip
        return replace(found, x=coordinates.parameters(found.x))

    # --- how sure it is ---------------------------------------------------------------------------

    @property
    def J_error_(self) -> NDArray[np.float64]:
        """Standard errors of couplings, (N, N)."""
        return self._standard_errors("J_error_")[0]

    @property
    def h_error_(self) -> NDArray[np.float64]:
        """Standard errors of fields, (N,)."""
        return self._standard_errors("h_error_")[1]

    def z_scores(self) -> NDArray[np.float64]:
        """Return couplings in units of their standard errors, (N, N); 0 where these are infinite.

        Of spins that do not interact they are Gaussian numbers of variance 1, but for terms of
        order M^(−1/2).

        Raises
        ------
        NotFittedError
            If nothing has been learned.
        ValueError
            With l1, whose couplings have no such errors: many of them are exactly 0.
        """
        z: Array = self.J_ / self._standard_errors("z_scores")[0]
        return z

    def significant(self, level: float = 0.05) -> NDArray[np.bool_]:
        """Return which couplings are not 0, (N, N), by the procedure of Benjamini and Hochberg.

        On average a share `level` of those found is 0 in truth; where all of them are, some are
        found with probability `level`.

        Parameters
        ----------
        level
            False discovery rate, above 0 and below 1.

        Raises
        ------
        TypeError, ValueError
            If `level` is not of this kind; with l1, as `z_scores`.
        NotFittedError
            If nothing has been learned.

        Notes
        -----
        Y. Benjamini & Y. Hochberg, J. R. Stat. Soc. B 57, 289 (1995); the tests are those of Wald,
        on both sides.
        """
        share = checks.positive_finite("level", level)
        if share >= 1.0:
            raise ValueError(checks.describe("level", level, "a number above 0 and below 1"))
        return discoveries(p_values(self.z_scores()), share)

    def _standard_errors(self, name: str) -> tuple[Array, Array]:
        self._check_fitted(name)
        if self.l1 > 0.0:
            allowed = "0 for standard errors, which parameters that are cut to 0 do not have"
            raise ValueError(checks.describe("l1", self.l1, allowed))
        if self._errors is None:
            check_memory(
                f"{name}: curvature of {self.n_features_in_} spins", 16 * self.n_features_in_**3
            )
            n, F = self.n_features_in_, curvatures(self._learned, self.J_, self.h_)
            ridge = 2.0 * self.l2 * self.n_transitions_ * np.diag([1.0] * n + [0.0])
            each = np.array([errors(curvature, curvature + ridge) for curvature in F])
            self._errors = each[:, :n].copy(), each[:, n].copy()
        return self._errors

    # --- what was learned -------------------------------------------------------------------------

    def sample(
        self, n_steps: int, start: ArrayLike | None = None, random_state: int | None = None
    ) -> NDArray[np.int8]:
        """Simulate what was learned.

        Parameters
        ----------
        n_steps
            How many steps, 1 or more.
        start
            State to begin with in the units of the estimator, (N,), or (R, N) for R independent
            series, such as the last one of a recording; None takes the first one learned from.
        random_state
            Seed; None takes that of the estimator.

        Returns
        -------
        numpy.ndarray
            The states after `start`, (n_steps, N) int8, or (R, n_steps, N), in the units of the
            estimator.

        Raises
        ------
        TypeError, ValueError
            For an argument that is not of this kind.
        NotFittedError
            If nothing has been learned.
        MemoryError
            If the series does not fit.
        """
        self._check_fitted("sample")
        checks.choice("units", self.units, UNITS)
        steps = checks.count("n_steps", n_steps, 1, checks.MOST_SITES)
        wanted = self.random_state if random_state is None else random_state
        seed = self._seed if wanted is None else checks.seed("random_state", wanted)
        rng = np.random.Generator(np.random.Philox(seed))
        first = self._learned.before[0] if start is None else self._state(start)
        spins = simulated(self.J_, self.h_, steps, np.atleast_2d(first), rng)
        found = spins if first.ndim == 2 else spins[0]
        return found if self.units == "spin" else ((found + 1) // 2).astype(np.int8)

    def _state(self, start: ArrayLike) -> NDArray[np.int8]:
        n = self.n_features_in_
        given = checks.array("start", start)
        if given.ndim not in (1, 2) or given.shape[-1] != n or given.size == 0:
            allowed = f"None, or an array ({n},) or (R, {n})"
            raise ValueError(checks.describe("start", f"an array of shape {given.shape}", allowed))
        spins = observed(np.atleast_2d(given), None, self.units, name="start").spins
        return spins if given.ndim == 2 else spins[0]

    def predict_proba(self, states: Any) -> NDArray[np.float64]:
        """Return P(s_i(t+1) = +1 | s(t)) for states s(t), (M, N) each.

        Parameters
        ----------
        states
            (M, N) in the units of the estimator, in any order.

        Raises
        ------
        TypeError, ValueError
            For states that are not of this kind.
        NotFittedError
            If nothing has been learned.
        """
        self._check_fitted("predict_proba")
        given = observed(states, None, self.units, name="states")
        check_same_units("states", given.n_features, given.names, self)
        spins = given.spins
        field = spins @ self.J_.T + self.h_
        found: Array = 0.5 * (1.0 + np.tanh(field))
        return found

    def log_likelihood(self, series: Any) -> float:
        """Return the mean over steps of ln P(s(t+1) | s(t)), in nats.

        Parameters
        ----------
        series
            As of `fit`.

        Raises
        ------
        TypeError, ValueError
            For series that are not of this kind.
        NotFittedError
            If nothing has been learned.
        """
        self._check_fitted("log_likelihood")
        given = transitions("series", series, self.units)
        check_same_units("series", given.before.shape[1], given.names, self)
        likelihood = Likelihood(given, registry.threads(self.threads))
        return -likelihood.evaluate(np.concatenate([self.J_.ravel(), self.h_]))[0]

    def score(self, series: Any, y: object = None) -> float:  # noqa: ARG002
        """Return `log_likelihood`, for scikit-learn's searches.

        Raises
        ------
        TypeError, ValueError, NotFittedError
            As `log_likelihood`.
        """
        return self.log_likelihood(series)

    def _check_fitted(self, name: str) -> None:
        if not hasattr(self, "J_"):
            raise not_fitted(f"{name}: got a KineticIsing that is not fitted: fit it first")
