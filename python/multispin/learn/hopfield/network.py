"""Hopfield's associative memory as an estimator: patterns in, cues in, states out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from multispin._base import checks
from multispin._base.callers import warn
from multispin._base.memory import check_memory
from multispin._engines.base import MOST_REPLICAS, MOST_SWEEPS
from multispin.errors import NotFittedError
from multispin.learn.base import Estimator
from multispin.learn.hopfield import dilution, retrieval, rules
from multispin.learn.hopfield.cues import checked_cues, checked_mask, checked_states
from multispin.models import Hopfield, Pairwise
from multispin.sampling.sampler import Sampler

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray
    from typing_extensions import Self

RULES = ("hebb", "pseudoinverse", "storkey", "dreaming")
DYNAMICS = ("glauber", "metropolis", "parallel")
ORDERS = ("fixed", "random")


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
    ==================  ======================================================  ==================

    Retrieval is sampling: at temperature 0 every spin follows its field, and one without a field
    stays as it is.

    Parameters
    ----------
    rule
        One of the table.
    dreaming_time
        t of the rule ``dreaming``, >= 0: 0 is Hebb's rule, ∞ the pseudo-inverse.
    dilution
        Share of the couplings that are cut, 0 to 1 (not included), at random and for both
        directions; what is left grows by as much, so that fields stay what they are.
    random_state
        Seed of the dilution, and of retrievals that are given none.

    Attributes
    ----------
    patterns_
        The patterns stored, (P, *shape) int8.
    model_
        The model that retrieval samples: `Hopfield` for ``hebb``, `Pairwise` for others.
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

    def __init__(
        self,
        rule: str = "hebb",
        dreaming_time: float = 1.0,
        dilution: float = 0.0,
        random_state: int | None = None,
    ) -> None:
        self.rule = checks.choice("rule", rule, RULES)
        self.dreaming_time = checks.nonnegative_finite("dreaming_time", dreaming_time)
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
        self._store(Hopfield(patterns))
        return self

    def partial_fit(self, patterns: ArrayLike, y: object = None) -> Self:  # noqa: ARG002
        """Store patterns beside those there are, (P, *shape) or one, (*shape,).

        Raises
        ------
        TypeError, ValueError
            As `fit`, and for patterns of another shape.
        """
        given = checks.array("patterns", patterns, "patterns of +1 and -1")
        if not hasattr(self, "_memory"):
            return self.fit(given)
        shape = self._memory.shape
        if given.shape == shape:
            given = given[None]
        if given.shape[1:] != shape:
            allowed = f"patterns of shape {shape}, as those before"
            raise ValueError(
                checks.describe("patterns", f"an array of shape {given.shape}", allowed)
            )
        more = Hopfield(given).patterns
        self._store(Hopfield(np.concatenate([self._memory.patterns, more])))
        return self

    def forget(self, patterns: ArrayLike) -> Self:
        """Take patterns out again, by their numbers: one, or several.

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
        self._store(Hopfield(self._memory.patterns[kept]))
        return self

    def _store(self, memory: Hopfield) -> None:
        model = self._made(memory)
        self._memory, self.model_, self.n_features_in_ = memory, model, memory.n_spins

    def _made(self, memory: Hopfield) -> Hopfield | Pairwise:
        if self.rule == "hebb" and self.dilution == 0.0:
            return memory
        n = memory.n_spins
        check_memory(f"patterns: couplings of {n} neurons", 5 * 8 * n * n)
        patterns = memory.patterns.reshape(memory.n_patterns, -1).astype(np.float64)
        J = self._couplings(patterns)
        if self.dilution > 0.0:
            seed = checks.seed_or_fresh("random_state", self.random_state)
            J = dilution.diluted(J, self.dilution, seed)
        i, j = np.triu_indices(n, 1)
        edges = np.stack([i, j], axis=1)
        return Pairwise.from_edges(n, edges, J[i, j], shape=memory.shape)

    def _couplings(self, patterns: NDArray[np.float64]) -> NDArray[np.float64]:
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
        return rules.hebb(patterns)

    # --- what is stored ---------------------------------------------------------------------------

    @property
    def patterns_(self) -> NDArray[np.int8]:
        """The patterns stored, (P, *shape) int8, a copy."""
        return self._fitted().patterns

    def _fitted(self) -> Hopfield:
        if not hasattr(self, "_memory"):
            raise NotFittedError(
                "HopfieldNetwork: got no patterns yet, allowed: after fit or partial_fit"
            )
        return self._memory

    def energy(self, states: ArrayLike) -> NDArray[np.float64]:
        """Energies of states ±1 (..., *shape), (...) float64.

        Raises
        ------
        TypeError, ValueError
            If they are no such states.
        """
        shape = self._fitted().shape
        return self.model_.energy(checked_states("states", states, shape))

    # --- recall -----------------------------------------------------------------------------------

    def retrieve(
        self,
        cues: ArrayLike,
        temperature: float = 0.0,
        sweeps: int = 50,
        dynamics: str = "glauber",
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
            neurons in the ``"random"`` order of each sweep, or in a ``"fixed"`` one.
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
        memory = self._fitted()
        replicas = checks.count("replicas", replicas, 1, MOST_REPLICAS)
        sweeps = checks.count("sweeps", sweeps, 1, MOST_SWEEPS)
        every = None
        if record_every is not None:
            every = checks.count("record_every", record_every, 1, MOST_SWEEPS)
        least = checks.nonnegative_finite("retrieved_at", retrieved_at)
        dynamics = checks.choice("dynamics", dynamics, DYNAMICS)
        chosen = self.random_state if random_state is None else random_state
        seed = checks.seed_or_fresh("random_state", chosen)
        states = checked_cues(cues, memory.shape, replicas, seed)
        held = checked_mask(clamp, cues, memory.shape, replicas)
        sampler = Sampler(
            self.model_, temperature, len(states), dynamics, states, seed, device,
            order=checks.choice("order", order, ORDERS), clamp=held, threads=threads,
        )  # fmt: skip
        cold = float(np.max(sampler.temperature)) == 0.0
        watch = retrieval.Watch(sampler, len(states), dynamics == "parallel") if cold else None
        if every is not None and watch is None:
            draws = sweeps // every + 1
            needed = 16 * draws * len(states) * memory.n_patterns
            check_memory(f"record_every: overlaps after {draws} draws", needed)
        kept = list(retrieval.sweep_and_look(sampler, memory, sweeps, every, watch))
        return self._result(sampler, watch, kept, replicas, least)

    def _result(
        self,
        sampler: Sampler,
        watch: retrieval.Watch | None,
        kept: list[tuple[int, NDArray[np.float64]]],
        replicas: int,
        least: float,
    ) -> retrieval.Retrieval:
        memory = self._memory
        state = np.asarray(sampler.spins())
        overlap = retrieval.overlaps_of(sampler, memory)
        kind = retrieval.kinds(state.reshape(len(state), -1), overlap, memory, least)
        converged = np.zeros(len(state), dtype=np.bool_) if watch is None else watch.converged
        sweeps = np.full(len(state), sampler.sweeps_done) if watch is None else watch.sweeps
        lead = (len(state) // replicas, replicas)
        history = np.array([overlaps for _, overlaps in kept])
        return retrieval.Retrieval(
            state=state.reshape(*lead, *memory.shape),
            overlap=overlap.reshape(*lead, -1),
            energy=sampler.energy().reshape(lead),
            converged=converged.reshape(lead),
            sweeps=sweeps.reshape(lead),
            winner=np.argmax(np.abs(overlap), axis=1).reshape(lead),
            kind=kind.reshape(lead),
            history=history.reshape(len(kept), *lead, memory.n_patterns),
            times=np.array([time for time, _ in kept], dtype=np.int64),
        )
