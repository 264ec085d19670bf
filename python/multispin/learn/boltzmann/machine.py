"""Boltzmann machines as estimators of scikit-learn."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from multispin._base import checks
from multispin._base.interrupts import interrupts_held
from multispin.learn import partition, sampling
from multispin.learn.base import Estimator, not_fitted
from multispin.learn.boltzmann.connectivity import couplings_of
from multispin.learn.boltzmann.learning import Learning, checked, coins
from multispin.learn.inverse.observations import UNITS, observed
from multispin.learn.names import check_same_units
from multispin.learn.partition import check_log_partition
from multispin.learn.place import Placed
from multispin.learn.rates import MOST_CHAINS, MOST_STEPS
from multispin.learn.seeds import seed_for
from multispin.models import Pairwise
from multispin.progress import TrainingReporter
from multispin.sampling.device_array import on_host
from multispin.sampling.sampler import Sampler

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray
    from typing_extensions import Self

    from multispin.learn.inverse.observations import Observations
    from multispin.learn.partition import LogPartition
    from multispin.progress import TrainingProgress

    Array = NDArray[np.float64]
    Spins = NDArray[np.int8]

#: Hidden units that are coupled with each other, whose states `log_likelihood` sums, at most.
MOST_HIDDEN = 16
_AT_ONCE = 1 << 22  # numbers in memory


class Gradient(NamedTuple):
    """How the mean log-likelihood changes: averages with visible units held, less those without.

    Attributes
    ----------
    J, h
        ⟨s_i s_j⟩_clamped − ⟨s_i s_j⟩_free (N, N), 0 where units are not coupled, and ⟨s_i⟩ (N,).
    clamped, free
        These averages themselves, each (⟨s_i s_j⟩, ⟨s_i⟩).
    """

    J: Array
    h: Array
    clamped: tuple[Array, Array]
    free: tuple[Array, Array]


class BoltzmannMachine(Placed, Estimator):
    r"""Visible and hidden spins with couplings between any of them, learned from samples.

    .. math:: P(v) = \sum_{h} P(s), \qquad
        P(s) \propto \exp\Big(\sum_{i<j} J_{ij} s_i s_j + \sum_i h_i s_i\Big), \qquad s = (v, h)

    The likelihood's gradient is ⟨s_i s_j⟩ with visible units held at the data, less ⟨s_i s_j⟩
    without [1]. Both are averages over chains of the real-coupling engine, which go on from update
    to update. Without hidden units the first needs no chains, and it is the inverse Ising problem:
    `InverseIsing` ("boltzmann") solves that by steps of second order.

    Parameters
    ----------
    n_hidden
        Number of hidden units, or sizes of their layers from the visible one on.
    connectivity
        "full": all pairs. "layered": units of neighbouring layers, a deep Boltzmann machine. Or a
        symmetric mask (N, N) of bool, visible units first.
    units
        What samples are made of: "spin", −1 and +1, or "binary", 0 and 1. Parameters are always
        those of ±1.
    learning_rate
        Length of a step along the gradient, > 0; or two numbers, from which it goes to which.
    batch_size
        Samples of an update, at most; None takes all.
    n_iter
        Epochs of `fit`.
    n_chains
        Number of chains of the model.
    sweeps
        Sweeps of each chain between two updates.
    momentum
        Share of the last step that the next one repeats, >= 0 and < 1.
    l1, l2
        Penalties l1 Σ|J| + l2 Σ J² beside the mean negative log-likelihood.
    random_state
        Seed; None takes a fresh one.
    threads
        Number of threads; None takes as many as the process may use. Results do not depend on it.
    device
        "cpu", "cuda", "cuda:<index>" or "auto": where all chains are, as of `Sampler`. On a GPU
        they draw other random numbers.

    Attributes
    ----------
    J_, h_
        Couplings (N, N), symmetric with a zero diagonal, and fields (N,), float64, of ±1; visible
        units first.
    history_
        Root mean square of the gradient, one an update.
    n_iter_
        Epochs.
    n_features_in_, feature_names_in_
        Number of visible units; their names, if samples were a DataFrame.

    Raises
    ------
    TypeError, ValueError
        From `fit`, for a parameter that is not of this kind.
    DeviceError
        From `fit` and what draws, if the device cannot be used.

    Notes
    -----
    [1] D. H. Ackley, G. E. Hinton & T. J. Sejnowski, Cogn. Sci. 9, 147 (1985); persistent chains:
    T. Tieleman, ICML 2008, 1064; layers: R. Salakhutdinov & G. Hinton, AISTATS 2009, PMLR 5, 448;
    the gradient is centred: G. Montavon & K.-R. Müller, LNCS 7700, 621 (2012).

    Examples
    --------
    Three spins whose product is +1, which no couplings of pairs can tell from coins:

    >>> import numpy as np
    >>> import multispin as ms
    >>> parity = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]])
    >>> machine = ms.BoltzmannMachine(n_hidden=2, learning_rate=0.2, n_iter=600, random_state=1)
    >>> divergence = -machine.fit(parity).log_likelihood(parity).mean() - np.log(4)
    >>> bool(divergence < 0.1)
    True
    """

    J_: Array
    h_: Array
    history_: Array
    n_iter_: int
    n_features_in_: int
    feature_names_in_: NDArray[np.object_]

    def __init__(
        self,
        n_hidden: int | tuple[int, ...] = 0,
        *,
        connectivity: str | ArrayLike = "full",
        units: str = "spin",
        learning_rate: float | tuple[float, float] = 0.05,
        batch_size: int | None = None,
        n_iter: int = 100,
        n_chains: int = 1024,
        sweeps: int = 5,
        momentum: float = 0.0,
        l1: float = 0.0,
        l2: float = 0.0,
        random_state: int | None = None,
        threads: int | None = None,
        device: str = "cpu",
    ) -> None:
        self.n_hidden = n_hidden
        self.connectivity = connectivity
        self.units = units
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.n_iter = n_iter
        self.n_chains = n_chains
        self.sweeps = sweeps
        self.momentum = momentum
        self.l1 = l1
        self.l2 = l2
        self.random_state = random_state
        self.threads = threads
        self.device = device

    # --- learning ---------------------------------------------------------------------------------

    def fit(
        self,
        X: Any,
        y: object = None,  # noqa: ARG002
        sample_weight: ArrayLike | None = None,
        *,
        progress: bool | Callable[[TrainingProgress], object] | None = None,
    ) -> Self:
        """Learn from samples, `n_iter` epochs.

        Parameters
        ----------
        X
            (M, n_visible) of the two values of `units`: integers, floats or bool; a DataFrame; or
            `multispin.PackedSamples`.
        y
            Ignored.
        sample_weight
            (M,) finite numbers >= 0: how often each was seen.
        progress
            True for a bar (extra ``[run]``), or a function of a `TrainingProgress`, called after
            each update.

        Raises
        ------
        TypeError, ValueError
            For samples, weights or parameters that are not of this kind.
        """
        learning = self._begun(X, sample_weight)
        reporter = TrainingReporter(progress, learning.n_updates, 0)
        try:
            for _ in range(learning.n_updates):
                with interrupts_held():
                    learning.update()
                reporter.monitored = learning.monitored
                reporter.advance(1)
        finally:
            reporter.close()
        self._keep(learning)
        return self

    def gradient(self, X: Any, sample_weight: ArrayLike | None = None) -> Gradient:
        """Return the gradient of the mean log-likelihood of samples, by Monte Carlo.

        Of what has been learned; before that, of the parameters that `fit` would begin with. With
        `n_chains` chains for the model and one for each sample, each of them `sweeps` sweeps from
        where the last call with as many samples left them, at first from random states.

        Raises
        ------
        TypeError, ValueError
            As for `fit`.
        """
        learning = self._again(X, sample_weight)
        clamped, free = learning.phases(np.arange(len(learning.data.spins)))
        self._free_chains, self._clamped_chains = learning.free.states, learning.clamped.states
        support = learning.support
        parts = [(support.matrix(one), support.fields(one)) for one in (clamped, free)]
        (J, h), (J_free, h_free) = parts
        return Gradient(J - J_free, h - h_free, (J, h), (J_free, h_free))

    def _begun(self, X: Any, sample_weight: ArrayLike | None) -> Learning:
        settings = checked(self.get_params())
        data = observed(X, sample_weight, settings.units, name="X")
        return Learning(
            settings, data, couplings_of(self.connectivity, data.n_features, settings.layers)
        )

    def _again(self, X: Any, sample_weight: ArrayLike | None) -> Learning:
        """Return what goes on with these samples from the parameters as they are."""
        if not hasattr(self, "J_"):
            return self._begun(X, sample_weight)
        settings = checked(self.get_params())
        data = observed(X, sample_weight, settings.units, name="X")
        check_same_units("X", data.n_features, data.names, self)
        support = couplings_of(self.connectivity, data.n_features, settings.layers)
        x = support.vector(self.J_, self.h_)
        known: Learning | None = self.__dict__.get("_learning")
        if known is None or not known.is_of(settings, data, support):
            # Its chains have been long on their way to the model, or to that of these samples.
            self._calls = self.__dict__.get("_calls", 0) + 1
            # Other random numbers than those that brought the chains where they are.
            seed = seed_for(settings.seed, 0, self._calls)
            settings = settings._replace(seed=seed)
            known = Learning(settings, data, support, x, self._free_chains, self._clamped_chains)
            self._learning = known
        known.x = x
        return known

    def __getstate__(self) -> dict[str, Any]:
        """Leave the samplers behind; their states are kept."""
        return {name: value for name, value in self.__dict__.items() if name != "_learning"}

    def _keep(self, learning: Learning) -> None:
        support, data = learning.support, learning.data
        self.J_, self.h_ = support.matrix(learning.x), support.fields(learning.x).copy()
        self.history_, self.n_iter_ = np.array(learning.history), learning.settings.n_iter
        self.n_features_in_, self._seed = data.n_features, learning.settings.seed
        self._free_chains, self._clamped_chains = learning.free.states, learning.clamped.states
        if data.names is not None:
            self.feature_names_in_ = np.array(data.names, dtype=object)
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_

    # --- what has been learned --------------------------------------------------------------------

    def model(self) -> Pairwise:
        """Return the model of all units, visible ones first; its temperature is 1."""
        self._check_fitted("model")
        return Pairwise(self.J_, self.h_)

    def sample(
        self,
        n: int = 1,
        sweeps: int = 1000,
        clamp: ArrayLike | None = None,
        values: ArrayLike | None = None,
        random_state: int | None = None,
    ) -> Spins:
        """Return n samples of visible units, (n, n_visible) int8 in the units of the estimator.

        Parameters
        ----------
        n
            How many, each the end of a chain of its own that begins at random.
        sweeps
            Sweeps of each chain.
        clamp, values
            (n_visible,) of bool, units that are held, and (n_visible,), at what.
        random_state
            Seed; None takes that of the estimator.
        """
        self._check_ready("sample")
        n = checks.count("n", n, 1, MOST_CHAINS)
        sweeps = checks.count("sweeps", sweeps, 1, MOST_STEPS)
        seed = self._seed_or(random_state)
        if clamp is None:
            spins = sampling.drawn(self.model(), n, sweeps, seed, self._place)
            return self._in_units(spins[:, : self.n_features_in_])
        if values is None:
            raise ValueError("values: got None with clamp, allowed: (n_visible,) of two values")
        given = checks.array("values", values, f"({self.n_features_in_},) of two values")
        if given.shape != (self.n_features_in_,):
            allowed = f"({self.n_features_in_},)"
            raise ValueError(f"values: got shape {given.shape}, allowed: {allowed}")
        held = observed(given[None, :], None, self.units, name="values").spins
        return self._conditional(np.repeat(held, n, axis=0), clamp, sweeps, seed)

    def reconstruct(
        self,
        X: Any,
        clamp: ArrayLike,
        sweeps: int = 1000,
        random_state: int | None = None,
    ) -> Spins:
        """Return samples of what is not clamped, given what is, (M, n_visible).

        Parameters
        ----------
        X
            (M, n_visible) in the units of the estimator.
        clamp
            (n_visible,) or (M, n_visible) of bool: units that are held as they are in X.
        sweeps
            Sweeps of each sample's chain.
        random_state
            Seed; None takes that of the estimator.
        """
        self._check_ready("reconstruct")
        sweeps = checks.count("sweeps", sweeps, 1, MOST_STEPS)
        seed = self._seed_or(random_state)
        return self._conditional(self._data(X).spins, clamp, sweeps, seed)

    def _conditional(self, spins: Spins, clamp: ArrayLike, sweeps: int, seed: int) -> Spins:
        n, n_visible = len(self.h_), self.n_features_in_
        allowed = f"({n_visible},) or {spins.shape} of bool"
        given = checks.array("clamp", clamp, allowed)
        if given.dtype != np.bool_ or given.shape not in ((n_visible,), spins.shape):
            got = f"an array of {given.dtype}, shape {given.shape}"
            raise ValueError(f"clamp: got {got}, allowed: {allowed}")
        held = np.zeros((len(spins), n), dtype=np.bool_)
        held[:, :n_visible] = given
        start = coins((len(spins), n), seed, 3)
        start[:, :n_visible] = np.where(given, spins, start[:, :n_visible])
        if bool(held.all(axis=1).any()):
            return self._in_units(spins)
        sampler = Sampler(
            self.model(), 1.0, replicas=len(start), init=start, dynamics="glauber", clamp=held,
            seed=seed, threads=self.threads, device=self.device, engine="real",
        )  # fmt: skip
        sampler.sweep(sweeps)
        return self._in_units(on_host(sampler.spins())[:, :n_visible])

    def log_partition(
        self,
        method: str = "auto",
        chains: int = 1000,
        temperatures: int = 1000,
        random_state: int | None = None,
    ) -> LogPartition:
        """Return ln Z of all units; see `multispin.log_partition`, whose arguments these are.

        Raises
        ------
        NotFittedError, TypeError, ValueError
            Before `fit`; for an argument that is not of its kind.
        """
        self._check_ready("log_partition")
        seed = self._seed_or(random_state)
        return partition.log_partition(
            self.model(), method, chains, temperatures, seed, *self._place
        )

    def log_likelihood(self, X: Any, log_partition: LogPartition | None = None) -> Array:
        """Return ln P(v) of each sample, (M,), in nats.

        Hidden units that are not coupled with each other are summed by themselves; of those that
        are, all states are, up to 16 units.

        Parameters
        ----------
        X
            (M, n_visible) in the units of the estimator.
        log_partition
            ln Z, if it is known; None computes it.
        """
        self._check_fitted("log_likelihood")
        check_log_partition(log_partition)
        free_energy = self.free_energy(X)  # first: it may refuse
        found = self.log_partition() if log_partition is None else log_partition
        return -free_energy - found.value

    def free_energy(self, X: Any) -> Array:
        """Return F(v) = −ln Σ_h exp(−E(v, h)), (M,): P(v) = e^−F / Z."""
        self._check_fitted("free_energy")
        return self._free_energy(self._data(X).spins.astype(np.float64))

    def _free_energy(self, v: Array) -> Array:
        """Return F of states of ±1."""
        n = self.n_features_in_
        J, h = self.J_, self.h_
        alone = -v @ h[:n] - ((v @ J[:n, :n]) * v).sum(axis=1) / 2
        within = J[n:, n:]
        fields = v @ J[:n, n:] + h[n:]
        if not within.any():
            return np.asarray(alone - np.logaddexp(fields, -fields).sum(axis=1))
        n_hidden = len(within)
        if n_hidden > MOST_HIDDEN:
            raise ValueError(
                f"n_hidden: got {n_hidden} units that are coupled with each other, allowed: at "
                f"most {MOST_HIDDEN} for sums over all of their states"
            )
        states = np.array(list(itertools.product((-1.0, 1.0), repeat=n_hidden)))
        by_themselves = ((states @ within) * states).sum(axis=1) / 2
        rows = max(1, _AT_ONCE // len(states))
        sums = [
            np.logaddexp.reduce(fields[k : k + rows] @ states.T + by_themselves, axis=1)
            for k in range(0, len(v), rows)
        ]
        return np.asarray(alone - np.concatenate(sums))

    # --- what all of them need --------------------------------------------------------------------

    def _check_ready(self, what: str) -> None:
        """Refuse to draw before `fit`, and with parameters that are wrong by now."""
        self._check_fitted(what)
        checks.choice("units", self.units, UNITS)
        self._check_place()

    def _check_fitted(self, what: str) -> None:
        if not hasattr(self, "J_"):
            raise not_fitted(f"{what}: nothing has been learned yet; call fit")

    def _data(self, X: Any) -> Observations:
        data = observed(X, None, self.units, name="X")
        check_same_units("X", data.n_features, data.names, self)
        return data

    def _seed_or(self, random_state: int | None) -> int:
        wanted = self.random_state if random_state is None else random_state
        seed = self._seed if wanted is None else checks.seed("random_state", wanted)
        return seed_for(seed, 0, 0)  # not the numbers of a training with this seed

    def _in_units(self, spins: Spins) -> Spins:
        return spins if self.units == "spin" else (spins > 0).astype(np.int8)
