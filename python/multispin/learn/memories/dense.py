"""Dense associative memories: energies of higher powers of overlaps store more patterns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from multispin._base import checks
from multispin._base.memory import check_memory
from multispin._engines.base import MOST_SWEEPS
from multispin.errors import NotFittedError
from multispin.learn.base import Estimator
from multispin.learn.memories._interactions import interaction
from multispin.learn.memories._overlaps import overlaps_of
from multispin.learn.memories._retrieval import Walk, bytes_held
from multispin.sampling.clamp import checked_clamp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray
    from typing_extensions import Self

    from multispin.learn.memories._interactions import Interaction

    Spins = NDArray[np.int8]

__all__ = ["DenseAssociativeMemory", "Retrieval"]

_KINDS = ("power", "rectified", "exp")
_LARGEST_ORDER = 100
_DYNAMICS = ("sequential", "parallel")


class Retrieval(NamedTuple):
    """What `DenseAssociativeMemory.retrieve` made of C cues, with P patterns of N units.

    Attributes
    ----------
    state
        ``(C, N)`` int8, +1 and -1.
    overlap
        ``(C, P)`` float64, Σ_i ξ_i s_i / N of each state with each pattern.
    energy
        ``(C,)`` float64.
    converged
        ``(C,)`` bool: at T = 0, whether the last sweep changed nothing. False at T > 0.
    sweeps
        ``(C,)`` int64, sweeps that were done, the one that changed nothing included.
    winner
        ``(C,)`` int64, the pattern of the largest overlap or, with its sign turned, of the most
        negative one; the first of several.
    """

    state: Spins
    overlap: NDArray[np.float64]
    energy: NDArray[np.float64]
    converged: NDArray[np.bool_]
    sweeps: NDArray[np.int64]
    winner: NDArray[np.int64]


class DenseAssociativeMemory(Estimator):
    r"""An associative memory whose energy has higher powers of overlaps with its patterns.

    Of a state s = ±1 of N units and patterns :math:`\xi^\mu`, with overlaps
    :math:`x_\mu = \sum_i \xi_i^\mu s_i`, the energies are

    =============  ====================================================  =======================
    ``energy``     E(s)                                                  stores of order
    =============  ====================================================  =======================
    "power"        :math:`-\frac{N}{2} \sum_\mu (x_\mu / N)^n`           :math:`N^{n-1}` patterns
    "rectified"    :math:`-\frac{N}{2} \sum_\mu \max(x_\mu / N, 0)^n`    :math:`N^{n-1}` patterns
    "exp"          :math:`-\ln \sum_\mu \exp x_\mu`                      :math:`2^{N/2}` patterns
    =============  ====================================================  =======================

    "rectified" and "exp" do not store the patterns' negatives; nor does "power" with odd n. With
    "power" and n = 2 there is a constant P/2 more, with which it is the Hopfield model's energy
    :math:`-\frac12 \sum_{i \ne j} J_{ij} s_i s_j` with Hebb's
    :math:`J_{ij} = \frac1N \sum_\mu \xi_i^\mu \xi_j^\mu`: its temperatures mean the same.

    Units are updated by what their own turn changes, as the others are:
    :math:`\Delta_i = E(s_i = -1) - E(s_i = +1)`. At T = 0 a unit takes the sign of :math:`\Delta_i`
    and stays as it is if that is 0; at T > 0 it is +1 with probability
    :math:`1 / (1 + e^{-\Delta_i / T})`, the heat bath. At T = 0 that is Krotov and Hopfield's

    .. math:: s_i \leftarrow \operatorname{sgn} \sum_\mu
              F(\xi_i^\mu + \textstyle\sum_{j \ne i} \xi_j^\mu s_j)
              - F(-\xi_i^\mu + \textstyle\sum_{j \ne i} \xi_j^\mu s_j).

    The energy of "exp" is the logarithm of the one published, :math:`-\sum_\mu \exp x_\mu`, which
    no float holds. Both order states alike, so that every update at T = 0 is the same. At T > 0 it
    is not: here :math:`P(s) \propto (\sum_\mu e^{x_\mu})^{1/T}`, which at T = 1 is a mixture of the
    patterns with each unit turned with probability :math:`1/(1 + e^2)` = 0.12. Since
    :math:`|\Delta_i| \le 2`, temperatures count in units of 1 at any N; by the published energy
    all of them were as good as 0 near a pattern.

    Overlaps are integers, and only sums over patterns are floats. Those of "power" and "rectified"
    are exact, and so are ties, while powers are integers below 2⁶² and their sums below 2⁵³; in
    other sums, what is smaller than 10⁻¹² of :math:`\sum_\mu |F(x_\mu + 2) - F(x_\mu - 2)|` counts
    as a tie. In those of "exp", weights below 10⁻⁴⁰ of the largest are 0; sequential updates leave
    their patterns out for as long as they cannot have come closer.

    Parameters
    ----------
    energy
        "power", "rectified" or "exp". It is kept as the attribute ``interaction``, as ``energy``
        is a method.
    n
        The power, an integer from 2 to 100; nothing to "exp".

    Attributes
    ----------
    patterns_
        ``(P, N)`` int8, what is stored.
    n_features_in_
        N.

    Raises
    ------
    TypeError, ValueError
        For an argument of the wrong kind or value; the message says what is allowed.

    Notes
    -----
    D. Krotov & J. J. Hopfield, Adv. Neural Inf. Process. Syst. 29 (2016); M. Demircigil, J. Heusel,
    M. Löwe, S. Upgang & F. Vermet, J. Stat. Phys. 168, 288 (2017). How many patterns are stored
    with how many errors: `multispin.theory.hopfield.dense_capacity`.

    Examples
    --------
    >>> import numpy as np
    >>> import multispin as ms
    >>> patterns = np.random.default_rng(1).choice(np.array([-1, 1], np.int8), size=(100, 100))
    >>> memory = ms.DenseAssociativeMemory(energy="power", n=3).fit(patterns)
    >>> cues = patterns[:5].copy()
    >>> cues[:, :20] = 0  # erased
    >>> found = memory.retrieve(cues)
    >>> found.winner
    array([0, 1, 2, 3, 4])
    >>> bool((found.state == patterns[:5]).all())
    True
    """

    _kept_as: ClassVar[Mapping[str, str]] = {"energy": "interaction"}

    patterns_: Spins
    n_features_in_: int

    def __init__(self, energy: str = "power", n: int = 3) -> None:
        checks.choice("energy", energy, _KINDS)
        checks.count("n", n, 2, _LARGEST_ORDER)
        self.interaction = energy
        self.n = n

    # --- what is stored ---------------------------------------------------------------------------

    def fit(self, patterns: ArrayLike, y: None = None) -> Self:
        """Store patterns, and nothing else.

        Parameters
        ----------
        patterns
            ``(P, N)`` +1 and -1, P and N >= 1; kept as a copy, int8.
        y
            None, for scikit-learn: there is nothing to be taught.

        Returns
        -------
        DenseAssociativeMemory
            The memory itself.

        Raises
        ------
        TypeError, ValueError
            If they are no such array; of 0 and 1 the message says how to convert them.
        """
        _check_untaught(y)
        self.patterns_ = _checked_patterns(patterns, None)
        self.n_features_in_ = self.patterns_.shape[1]
        return self

    def partial_fit(self, patterns: ArrayLike, y: None = None) -> Self:
        """Store patterns besides those that are stored, behind them.

        Parameters
        ----------
        patterns
            ``(P, N)`` +1 and -1, of as many units as those before.
        y
            None, for scikit-learn.

        Returns
        -------
        DenseAssociativeMemory
            The memory itself.

        Raises
        ------
        TypeError, ValueError
            If they are no such array.
        """
        if not hasattr(self, "patterns_"):
            return self.fit(patterns, y)
        _check_untaught(y)
        more = _checked_patterns(patterns, self.n_features_in_)
        self.patterns_ = np.concatenate([self.patterns_, more])
        return self

    def forget(self, indices: ArrayLike) -> Self:
        """Remove patterns; those behind them move up.

        Parameters
        ----------
        indices
            Rows of ``patterns_``: an integer or a one-dimensional sequence, from 0 to P − 1. At
            least one pattern has to stay.

        Returns
        -------
        DenseAssociativeMemory
            The memory itself.

        Raises
        ------
        TypeError, ValueError
            If they are no such indices.
        NotFittedError
            If nothing is stored.
        """
        stored = len(self._stored())
        allowed = f"integers from 0 to {stored - 1}, of which one at least is left out"
        given = np.atleast_1d(checks.array("indices", indices, allowed))
        if given.dtype.kind not in "iu" and given.size:
            raise TypeError(checks.describe("indices", indices, allowed))
        if given.ndim != 1 or not bool(np.all((given >= 0) & (given < stored))):
            raise ValueError(checks.describe("indices", indices, allowed))
        stay = np.ones(stored, dtype=np.bool_)
        stay[given.astype(np.intp)] = False
        if not stay.any():
            raise ValueError(checks.describe("indices", indices, allowed))
        self.patterns_ = self.patterns_[stay]
        return self

    # --- what is made of it -----------------------------------------------------------------------

    def energy(self, states: ArrayLike) -> NDArray[np.float64]:
        """Return the energies of states.

        Parameters
        ----------
        states
            ``(M, N)`` +1 and -1.

        Returns
        -------
        ndarray
            ``(M,)`` float64.

        Raises
        ------
        TypeError, ValueError
            If they are no such array.
        MemoryError
            If their overlaps with all patterns do not fit.
        NotFittedError
            If nothing is stored.
        """
        patterns = self._stored()
        allowed = f"an array (M, {self.n_features_in_}) of +1 and -1, M >= 1"
        spins = checks.signs("states", _of_units("states", states, self.n_features_in_, allowed))
        check_memory("states: overlaps", bytes_held(len(spins), *patterns.shape))
        return self._interaction().energy(overlaps_of(patterns, spins))

    def retrieve(
        self,
        cues: ArrayLike,
        sweeps: int = 50,
        temperature: float = 0.0,
        dynamics: str = "sequential",
        clamp: ArrayLike | None = None,
        random_state: int | None = None,
    ) -> Retrieval:
        r"""Start from cues and update their units, until nothing changes or for a number of sweeps.

        Units of a cue that are erased, 0, are decided first, all at once: each is +1 where
        :math:`\sum_\mu F(\xi_i^\mu + h_\mu) - F(-\xi_i^\mu + h_\mu) \ge 0`, and -1 elsewhere, with
        :math:`h_\mu` the overlaps of the units that are there.

        Parameters
        ----------
        cues
            ``(C, N)`` +1, -1, and 0 for what is erased.
        sweeps
            Updates of each unit, at most: an integer from 1 to 2⁴⁸.
        temperature
            T >= 0, in units of the energy (k_B = 1).
        dynamics
            "sequential": unit after unit in their order. "parallel": all at once, which may end in
            two states that take turns; those have not converged.
        clamp
            Units that stay as they are in their cue: bool ``(N,)``, or ``(C, N)`` for each cue its
            own. None of them may be erased, and each cue needs one that is free.
        random_state
            Seed of the heat bath, 0 to 2⁶⁴ − 1; None takes a fresh one. Nothing is drawn at T = 0.

        Returns
        -------
        Retrieval
            States, overlaps, energies, and how they were reached.

        Raises
        ------
        TypeError, ValueError
            For an argument of the wrong kind, shape or value; the message says what is allowed.
        MemoryError
            If cues times patterns do not fit; the message says what it needs and what there is.
        NotFittedError
            If nothing is stored.

        Examples
        --------
        >>> import numpy as np
        >>> import multispin as ms
        >>> memory = ms.DenseAssociativeMemory("exp").fit([[1, 1, 1, 1], [1, 1, -1, -1]])
        >>> memory.retrieve([[1, 0, 1, 0]]).state
        array([[1, 1, 1, 1]], dtype=int8)
        >>> memory.retrieve([[1, 0, -1, 0]], clamp=[True, False, True, False]).overlap
        array([[0., 1.]])
        """
        patterns, n = self._stored(), self.n_features_in_
        spins = _checked_cues(cues, n)
        sweeps = checks.count("sweeps", sweeps, 1, MOST_SWEEPS)
        temperature = checks.nonnegative_finite("temperature", temperature)
        checks.choice("dynamics", dynamics, _DYNAMICS)
        held = _checked_held(clamp, spins)
        rng = np.random.default_rng(checks.seed_or_fresh("random_state", random_state))
        check_memory("cues: retrieval", bytes_held(len(spins), *patterns.shape))
        walk = Walk(self._interaction(), patterns, spins, held, temperature)
        state, converged, taken = _run(walk, sweeps, dynamics, rng if temperature > 0.0 else None)
        overlaps = overlaps_of(patterns, state)
        return Retrieval(
            state=state,
            overlap=overlaps / n,
            energy=self._interaction().energy(overlaps),
            converged=converged,
            sweeps=taken,
            winner=np.abs(overlaps).argmax(axis=1),
        )

    def _stored(self) -> Spins:
        if not hasattr(self, "patterns_"):
            raise NotFittedError("patterns: got none, allowed: `fit` stores them before this")
        return self.patterns_

    def _interaction(self) -> Interaction:
        # Powers of Python's integers know no overflow.
        return interaction(self.interaction, int(self.n), *self.patterns_.shape)


def _run(
    walk: Walk, sweeps: int, dynamics: str, rng: np.random.Generator | None
) -> tuple[Spins, NDArray[np.bool_], NDArray[np.int64]]:
    """Return final states, whether they are fixed points, and sweeps; without `rng` at T = 0."""
    state = walk.spins.copy()
    taken = np.zeros(len(state), dtype=np.int64)
    converged = np.zeros(len(state), dtype=np.bool_)
    going = np.arange(len(state))
    update = walk.sequential if dynamics == "sequential" else walk.parallel
    for _ in range(sweeps):
        changed = update(None if rng is None else rng.random(walk.spins.shape))
        taken[going] += 1
        state[going] = walk.spins
        if rng is None and not changed.all():
            converged[going[~changed]] = True
            walk.leave(~changed)
            going = going[changed]
            if not going.size:
                break
    return state, converged, taken


# --- arguments ------------------------------------------------------------------------------------


def _check_untaught(y: object) -> None:
    if y is not None:
        raise TypeError(checks.describe("y", y, "None: a memory has no targets"))


def _of_units(name: str, value: object, n: int | None, allowed: str) -> NDArray[Any]:
    """Return an array of one row of `n` units, or however many, for each of one or more states."""
    given = checks.array(name, value, allowed)
    if given.ndim != 2 or 0 in given.shape or n not in (None, given.shape[1]):
        raise ValueError(f"{name}: got an array of shape {given.shape}, allowed: {allowed}")
    return given


def _checked_patterns(patterns: object, n: int | None) -> Spins:
    units = "N" if n is None else str(n)
    allowed = f"an array (P, {units}) of +1 and -1, P and N >= 1"
    given = _of_units("patterns", patterns, n, allowed)
    is_bits = given.dtype.kind in "biuf" and bool(np.all((given == 0) | (given == 1)))
    if is_bits and not bool(given.all()):
        hint = "2*x-1 makes them of signed integers x"
        raise ValueError(f"patterns: got 0 and 1, allowed: +1 and -1; {hint}")
    return np.array(checks.signs("patterns", given), order="C")


def _checked_cues(cues: object, n: int) -> Spins:
    allowed = f"an array (C, {n}) of +1, -1 and, where erased, 0; C >= 1"
    given = _of_units("cues", cues, n, allowed)
    if given.dtype.kind not in "iuf":
        raise TypeError(f"cues: got an array of {given.dtype}, allowed: {allowed}")
    if not bool(np.all((given == 1) | (given == -1) | (given == 0))):
        raise ValueError(f"cues: got other values, allowed: {allowed}")
    return given.astype(np.int8, order="C")


def _checked_held(clamp: object, spins: Spins) -> NDArray[np.bool_]:
    """Return the units (C, N) that stay as they are."""
    cues, n = spins.shape
    mask = checked_clamp(clamp, (n,), (cues,))
    held = np.zeros(spins.shape, np.bool_) if mask is None else np.broadcast_to(mask, spins.shape)
    if bool(np.any(held & (spins == 0))):
        allowed = "units that the cue has, +1 or -1"
        raise ValueError(f"clamp: got one that holds erased units, allowed: {allowed}")
    return held
