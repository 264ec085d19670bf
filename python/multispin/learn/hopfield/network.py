"""Hopfield's associative memory as an estimator: patterns in, cues in, states out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks
from multispin._base.callers import warn
from multispin._base.memory import check_memory
from multispin._engines.base import MOST_REPLICAS, MOST_SWEEPS
from multispin.errors import NotFittedError
from multispin.learn.base import Estimator
from multispin.learn.hopfield import dilution, directed, retrieval, rules, unlearning
from multispin.learn.hopfield.cues import checked_cues, checked_mask, checked_states
from multispin.models import Hopfield, Pairwise
from multispin.sampling.device_array import on_host
from multispin.sampling.sampler import Sampler

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray
    from typing_extensions import Self

RULES = ("hebb", "pseudoinverse", "storkey", "dreaming", "covariance", "sequence")
DYNAMICS = ("glauber", "metropolis", "parallel")
ORDERS = ("fixed", "random")

_MOST_DREAMS = 2**16


class HopfieldNetwork(Estimator):
    r"""A Hopfield network: stores patterns in couplings, and recalls them from cues.

    .. math:: E(s) = -\frac12 \sum_{i \ne j} J_{ij} s_i s_j, \qquad J_{ii} = 0

    ==================  ======================================================  ==================
    rule                couplings                                               random patterns
    ==================  ======================================================  ==================
    ``hebb``            :math:`J = \xi^T \xi / N`                               α = P/N < 0.138
    ``storkey``         Hebb's, less what the patterns before would add         more
    ``dreaming``        :math:`\xi^T (1+t)(1+tC)^{-1} \xi / N`                  up to α = 1
    ``pseudoinverse``   :math:`\xi^T C^{-1} \xi / N`, C the patterns' overlaps  α < 1
    ``covariance``      :math:`(\xi - b)^T (\xi - b) / N (1 - b^2)`, b the mean  few active: more
    ``sequence``        :math:`J_{ij} = \sum_\mu \xi_i^{\mu+1} \xi_j^\mu / N`    α < 0.269
    ==================  ======================================================  ==================

    Retrieval is sampling: at temperature 0 every spin follows its field, and one without a field
    stays as it is. Couplings that act one way (``sequence``, or ``symmetric=False``) have no energy
    to fall; their neurons are updated all at once, ``dynamics="parallel"``.

    Parameters
    ----------
    rule
        One of the table.
    dreaming_time
        t of the rule ``dreaming``, >= 0: 0 is Hebb's rule, and towards ∞ it is the pseudo-inverse.
    threshold
        θ of the rule ``covariance``: of neurons 0 and 1, those are active whose field
        :math:`\sum_j J_{ij} n_j`, n = (1 + s)/2, is above it; active is +1. The energy is that of
        these neurons but for a constant, :math:`-\frac12 \sum J_{ij} n_i n_j + \theta \sum n_i`.
        If not given, −b/2, halfway between the fields of active and of other neurons in a pattern.
    dilution
        Share of the couplings that are cut, 0 to 1 (not included), at random; what is left grows
        by as much, so that fields stay what they are.
    symmetric
        Whether they are cut both ways together; if not, each way by itself.
    random_state
        Seed of the dilution, and of retrievals that are given none.

    Attributes
    ----------
    patterns_
        The patterns stored, (P, *shape) int8.
    model_
        The model that retrieval samples: `Hopfield` for ``hebb``, `Pairwise` for others; None where
        couplings act one way.
    couplings_
        J_ij, of neuron j on i, (N, N) float64.
    n_features_in_
        Number of neurons N.

    Raises
    ------
    TypeError, ValueError
        For a parameter that is not of this kind.

    Notes
    -----
    J. J. Hopfield, Proc. Natl. Acad. Sci. 79, 2554 (1982); rules: `multispin.learn.hopfield.rules`.

    Examples
    --------
    >>> import numpy as np
    >>> import multispin as ms
    >>> rng = np.random.default_rng(1)
    >>> patterns = rng.choice([-1, 1], (10, 200))
    >>> network = ms.HopfieldNetwork().fit(patterns)
    >>> cue = patterns[3] * np.where(rng.random(200) < 0.2, -1, 1)
    >>> found = network.retrieve(cue[None])
    >>> int(found.winner[0, 0]), str(found.kind[0, 0]), bool(found.converged[0, 0])
    (3, 'pattern', True)
    >>> float(found.overlap[0, 0, 3])
    1.0
    """

    n_features_in_: int
    model_: Hopfield | Pairwise | None
    _memory: retrieval.Memory
    _directed: NDArray[np.float32] | None  # couplings that act one way
    _seed: int  # of what is cut

    def __init__(
        self,
        rule: str = "hebb",
        dreaming_time: float = 1.0,
        threshold: float | None = None,
        dilution: float = 0.0,
        symmetric: bool = True,
        random_state: int | None = None,
    ) -> None:
        self.rule = checks.choice("rule", rule, RULES)
        self.dreaming_time = checks.nonnegative_finite("dreaming_time", dreaming_time)
        self.threshold = None if threshold is None else checks.finite("threshold", threshold)
        self.symmetric = checks.flag("symmetric", symmetric)
        self.dilution = checks.nonnegative_finite("dilution", dilution)
        if self.dilution >= 1.0:
            raise ValueError(
                checks.describe("dilution", dilution, "a number from 0 to less than 1")
            )
        self.random_state = random_state
        if random_state is not None:
            checks.seed("random_state", random_state)

    # --- learning ---------------------------------------------------------------------------------

    def fit(self, patterns: ArrayLike, y: object = None) -> Self:  # noqa: ARG002
        """Store patterns, and nothing else.

        Parameters
        ----------
        patterns
            ±1, (P, N) or (P, *shape), such as images.
        y
            Not used: what scikit-learn's pipelines pass on.

        Raises
        ------
        TypeError, ValueError
            If they are no such patterns; those of 0 and 1 have to be made ±1, ``2 * x - 1``.
        MemoryError
            If the couplings do not fit; the message says what they need and what there is.
        """
        memory = Hopfield(patterns)
        self._seed = checks.seed_or_fresh("random_state", self.random_state)
        self._store(memory)
        return self

    def partial_fit(self, patterns: ArrayLike, y: object = None) -> Self:  # noqa: ARG002
        """Store patterns beside those there are, (P, *shape) or one, (*shape,).

        Couplings are made anew, of all patterns: what was unlearned is there again, and what was
        cut stays cut.

        Raises
        ------
        TypeError, ValueError
            As `fit`, and for patterns of another shape.
        """
        given = checks.array("patterns", patterns, "patterns of +1 and -1")
        if not hasattr(self, "_memory"):
            return self.fit(given)
        shape = self._fitted().shape
        if given.shape == shape:
            given = given[None]
        if given.shape[1:] != shape:
            allowed = f"patterns of shape {shape}, as those before"
            raise ValueError(
                checks.describe("patterns", f"an array of shape {given.shape}", allowed)
            )
        more = Hopfield(given).patterns
        self._store(Hopfield(np.concatenate([self._fitted().patterns, more])))
        return self

    def forget(self, patterns: ArrayLike) -> Self:
        """Take patterns out again, by their numbers: one, or several.

        Couplings are made anew, as by `partial_fit`.

        Raises
        ------
        TypeError, ValueError
            If there are no such patterns, or none would be left.
        NotFittedError
            If there are none at all.
        """
        n = self._fitted().n_patterns
        allowed = f"numbers of patterns, from 0 to {n - 1}, but not of all"
        numbers = np.atleast_1d(checks.array("patterns", patterns, allowed))
        if numbers.dtype.kind not in "iu":
            raise TypeError(checks.describe("patterns", patterns, allowed))
        kept = np.ones(n, dtype=np.bool_)
        if numbers.ndim != 1 or bool(np.any((numbers < 0) | (numbers >= n))):
            raise ValueError(checks.describe("patterns", patterns, allowed))
        kept[numbers] = False
        if not kept.any():
            raise ValueError(checks.describe("patterns", patterns, allowed))
        self._store(Hopfield(self._fitted().patterns[kept]))
        return self

    def unlearn(
        self,
        steps: int,
        strength: float = 0.01,
        batch: int = 1,
        random_state: int | None = None,
    ) -> Self:
        """Take out of the couplings what the network dreams of, so that less of it is spurious.

        A random state goes where the network takes it at temperature 0, and what it ends in, s, is
        weakened: J_ij -= (ε/N) s_i s_j. `fit`, `partial_fit` and `forget` make all couplings anew.

        Parameters
        ----------
        steps
            How often, 1 or more.
        strength
            ε, above 0 and at most 1.
        batch
            Dreams of a step, 1 to 2**16, each with a share of ε.
        random_state
            Seed; if not given the network's, and if it has none a fresh one.

        Raises
        ------
        NotFittedError
            If nothing is stored.
        TypeError, ValueError
            For arguments that are not of their kind, or couplings that act one way.

        Notes
        -----
        J. J. Hopfield, D. I. Feinstein & R. G. Palmer, Nature 304, 158 (1983).
        """
        shape = self._fitted().shape
        steps = checks.count("steps", steps, 1, MOST_SWEEPS)
        batch = checks.count("batch", batch, 1, _MOST_DREAMS)
        strength = checks.positive_finite("strength", strength)
        if strength > 1.0:
            raise ValueError(checks.describe("strength", strength, "above 0 and at most 1"))
        chosen = self.random_state if random_state is None else random_state
        seed = checks.seed_or_fresh("random_state", chosen)
        if self._memory.of_neurons or self.model_ is None:
            allowed = "with couplings that act both ways, and without a threshold"
            got = f"rule={self.rule!r}, symmetric={self.symmetric}"
            raise ValueError(f"unlearn: got {got}, allowed: {allowed}")
        J = unlearning.unlearned(self.couplings_, steps, strength, batch, seed)
        self.model_ = _pairwise(J, 0.0, shape)
        return self

    def _store(self, memory: Hopfield) -> None:
        self._directed = self.model_ = None
        bias = 0.0
        if self.rule == "hebb" and self.dilution == 0.0:
            self.model_ = memory
        else:
            n = memory.n_spins
            check_memory(f"patterns: couplings of {n} neurons", 5 * 8 * n * n)
            patterns = memory.patterns.reshape(memory.n_patterns, -1).astype(np.float64)
            if self.rule == "covariance":
                bias = _checked_bias(patterns)
            self._couple(patterns, memory.shape, bias)
        self._memory = retrieval.Memory(memory, bias, self.rule == "covariance")
        self.n_features_in_ = memory.n_spins

    def _couple(self, patterns: NDArray[np.float64], shape: tuple[int, ...], bias: float) -> None:
        one_way = self.rule == "sequence" or not (self.symmetric or self.dilution == 0.0)
        J: Any = self._couplings(patterns)
        if self.dilution > 0.0:
            J = dilution.diluted(J, self.dilution, self._seed, self.symmetric)
        if one_way:
            self._directed = J.astype(np.float32)
            return
        h: float | NDArray[np.float64] = 0.0
        if self.rule == "covariance":
            # E = −½ Σ J n n + θ Σ n of n = (1 + s)/2, as spins see it.
            J = J / 4.0
            threshold = -bias / 2.0 if self.threshold is None else self.threshold
            h = (J.sum(axis=1) - threshold / 2.0).reshape(shape)
        self.model_ = _pairwise(J, h, shape)

    def _couplings(self, patterns: NDArray[np.float64]) -> NDArray[np.floating[Any]]:
        if self.rule == "sequence":
            return directed.sequence(patterns)
        if self.rule == "pseudoinverse":
            independent = rules.rank(patterns)
            if independent < len(patterns):
                warn(
                    f"patterns: {independent} of {len(patterns)} are independent; with the inverse "
                    "of Moore and Penrose all of what they span is stored",
                    UserWarning,
                )
            return rules.pseudoinverse(patterns)
        if self.rule == "storkey":
            return rules.storkey(patterns)
        if self.rule == "dreaming":
            return rules.dreaming(patterns, self.dreaming_time)
        if self.rule == "covariance":
            return rules.covariance(patterns)
        return rules.hebb(patterns)

    # --- what is stored ---------------------------------------------------------------------------

    @property
    def patterns_(self) -> NDArray[np.int8]:
        """The patterns stored, (P, *shape) int8, a copy."""
        return self._fitted().patterns

    @property
    def couplings_(self) -> NDArray[np.float64]:
        """Couplings J_ij, of neuron j on i, (N, N) float64, a copy.

        Raises
        ------
        MemoryError
            If they do not fit; the message says what they need and what there is.
        """
        n = self._fitted().n_spins
        if self._directed is not None:
            return self._directed.astype(np.float64)
        assert self.model_ is not None
        check_memory(f"patterns: couplings of {n} neurons", 40 * n * n)
        J = np.zeros((n, n))
        i, j = self.model_.edges.T
        J[i, j] = J[j, i] = self.model_.couplings
        return J * 4.0 if self._memory.of_neurons else J

    def _fitted(self) -> Hopfield:
        if not hasattr(self, "_memory"):
            raise NotFittedError(
                "HopfieldNetwork: got no patterns yet, allowed: after fit or partial_fit"
            )
        return self._memory.patterns

    def energy(self, states: ArrayLike) -> NDArray[np.float64]:
        """Energies of states ±1 (..., *shape), (...) float64.

        Raises
        ------
        TypeError, ValueError
            If they are no such states.
        """
        shape = self._fitted().shape
        if self.model_ is None:
            allowed = "with couplings that act both ways; others have none"
            raise ValueError(
                f"energy: got rule={self.rule!r} and one-way couplings, allowed: {allowed}"
            )
        return self.model_.energy(checked_states("states", states, shape))

    # --- recall -----------------------------------------------------------------------------------

    def retrieve(
        self,
        cues: ArrayLike,
        temperature: float = 0.0,
        sweeps: int = 50,
        dynamics: str | None = None,
        order: str = "random",
        clamp: ArrayLike | None = None,
        replicas: int = 1,
        record_every: int | None = None,
        retrieved_at: float = 0.9,
        random_state: int | None = None,
        device: str = "auto",
        threads: int | None = None,
    ) -> retrieval.Retrieval:
        """Let cues go to where the network takes them, a whole batch at a time.

        Parameters
        ----------
        cues
            (cues, *shape): ±1, and 0 for erased units, which start as +1 or -1 at random. One cue
            may come without its axis.
        temperature
            T >= 0, in units of energy. At 0 (``metropolis`` has none) it ends when all repeat
            themselves.
        sweeps
            Attempts of each neuron at most, 1 or more.
        dynamics, order
            As of `Sampler`: ``"glauber"``, ``"metropolis"`` or ``"parallel"``, all neurons at once;
            neurons in the ``"random"`` order of each sweep, or in a ``"fixed"`` one. If not given,
            ``"glauber"``, and ``"parallel"`` where couplings act one way.
        clamp
            Units that keep what the cue says, as evidence: bool, of ``shape`` or (cues, *shape).
        replicas
            Runs of each cue, with random numbers of their own.
        record_every
            Sweeps between overlaps that are kept on the way; none are unless given.
        retrieved_at
            Overlap from which on a state counts as a pattern, 0 to 1.
        random_state
            Seed; if not given the network's, and if it has none a fresh one.
        device, threads
            As of `Sampler`.

        Returns
        -------
        Retrieval
            State, overlap, energy, converged, sweeps, winner, kind, and what was kept on the way.

        Raises
        ------
        NotFittedError
            If nothing is stored.
        TypeError, ValueError
            For cues of another shape or with other values, a clamp that holds everything or an
            erased unit, and for other arguments that are not of their kind.
        """
        shape = self._fitted().shape
        replicas = checks.count("replicas", replicas, 1, MOST_REPLICAS)
        sweeps = checks.count("sweeps", sweeps, 1, MOST_SWEEPS)
        every = None
        if record_every is not None:
            every = checks.count("record_every", record_every, 1, MOST_SWEEPS)
        least = checks.nonnegative_finite("retrieved_at", retrieved_at)
        if least > 1.0:
            raise ValueError(checks.describe("retrieved_at", retrieved_at, "a number from 0 to 1"))
        if dynamics is None:
            dynamics = "glauber" if self._directed is None else "parallel"
        dynamics = checks.choice("dynamics", dynamics, DYNAMICS)
        chosen = self.random_state if random_state is None else random_state
        seed = checks.seed_or_fresh("random_state", chosen)
        states = checked_cues(cues, shape, replicas, seed)
        held = checked_mask(clamp, cues, shape, replicas)
        order = checks.choice("order", order, ORDERS)
        _check_temperature(temperature, dynamics)
        walk: retrieval.Walk
        if self._directed is not None:
            T = checks.nonnegative_finite("temperature", temperature)
            if dynamics != "parallel":
                allowed = "'parallel', as couplings act one way"
                raise ValueError(checks.describe("dynamics", dynamics, allowed))
            walk = directed.DirectedWalk(self._directed, states, T, seed, held)
        else:
            assert self.model_ is not None
            walk = Sampler(
                self.model_, temperature, len(states), dynamics, states, seed, device,
                order=order, clamp=held, threads=threads,
            )  # fmt: skip
        cold = float(np.max(walk.temperature)) == 0.0
        watch = retrieval.Watch(walk, len(states), dynamics == "parallel") if cold else None
        if every is not None and watch is None:
            draws = sweeps // every + 1
            needed = 16 * draws * len(states) * self._fitted().n_patterns
            check_memory(f"record_every: overlaps after {draws} draws", needed)
        kept = list(retrieval.sweep_and_look(walk, self._memory, sweeps, every, watch))
        return self._result(walk, watch, kept, replicas, least)

    def _result(
        self,
        walk: retrieval.Walk,
        watch: retrieval.Watch | None,
        kept: list[tuple[int, NDArray[np.float64]]],
        replicas: int,
        least: float,
    ) -> retrieval.Retrieval:
        memory = self._memory.patterns
        state = on_host(walk.spins())
        overlap = self._memory.overlaps(walk)
        kind = retrieval.kinds(state.reshape(len(state), -1), overlap, memory, least)
        converged = np.zeros(len(state), dtype=np.bool_) if watch is None else watch.converged
        sweeps = np.full(len(state), walk.sweeps_done) if watch is None else watch.sweeps
        lead = (len(state) // replicas, replicas)
        history = np.array([overlaps for _, overlaps in kept])
        return retrieval.Retrieval(
            state=state.reshape(*lead, *memory.shape),
            overlap=overlap.reshape(*lead, -1),
            energy=walk.energy().reshape(lead),
            converged=converged.reshape(lead),
            sweeps=sweeps.reshape(lead),
            winner=np.argmax(np.abs(overlap), axis=1).reshape(lead),
            kind=kind.reshape(lead),
            history=history.reshape(len(kept), *lead, memory.n_patterns),
            times=np.array([time for time, _ in kept], dtype=np.int64),
        )


def _pairwise(
    J: NDArray[np.float64], h: float | NDArray[np.float64], shape: tuple[int, ...]
) -> Pairwise:
    i, j = np.triu_indices(len(J), 1)
    return Pairwise.from_edges(len(J), np.stack([i, j], axis=1), J[i, j], h, shape)


def _checked_bias(patterns: NDArray[np.float64]) -> float:
    bias = float(patterns.mean())
    if abs(bias) == 1.0:
        raise ValueError("patterns: got units that are all alike, allowed: some of +1 and of -1")
    return bias


def _check_temperature(temperature: object, dynamics: str) -> None:
    """Refuse temperatures at which retrievals are none, or do not end where they seem to."""
    allowed = "a finite number >= 0"
    given = checks.numbers("temperature", temperature, allowed)
    if dynamics == "metropolis" and not given.all():  # spins without a field would go on turning
        allowed = "a finite number > 0, or 0 with dynamics='glauber' or 'parallel'"
        raise ValueError(checks.describe("temperature", 0.0, allowed))
