"""Samples of an RBM: chains, units that are held, mean fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks
from multispin._engines.bipartite import Numbers
from multispin.learn.rates import MOST_CHAINS, MOST_STEPS
from multispin.learn.rbm.equilibrium import equilibrated
from multispin.learn.rbm.learned import Learned
from multispin.learn.rbm.observations import observed
from multispin.learn.rbm.quality import own_neighbours
from multispin.learn.rbm.randomness import streams

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from multispin.learn.rbm.kernel import States


class Sampled(Learned):
    """An RBM that is fitted, and what it draws."""

    #: Steps that the last samples took.
    sample_steps_: int

    def gibbs(self, v: Any, steps: int = 1, clamp: ArrayLike | None = None) -> NDArray[Any]:
        """Return states after some Gibbs steps, hidden units and then visible ones, (M, N).

        Parameters
        ----------
        v
            (M, N) of the values that visible units have, to begin with.
        steps
            How many steps.
        clamp
            (N,) or (M, N) of bool: visible units that are held.
        """
        data = self._certain(v, "v")
        self._check_distribution()
        steps = checks.count("steps", steps, 1, MOST_STEPS)
        held = clamped(clamp, (len(data), data.n_features))
        mask = None if held is None else self._visible.mask(held)
        moved, _ = self._kernel().gibbs(data.states, steps, self._numbers(len(data)), None, mask)
        found = self._visible.decode(moved, data.n_units)
        return found.astype(np.bool_) if self._fixed["visible"] == "binary" else found

    def sample(
        self,
        n: int = 1,
        steps: int | None = None,
        clamp: ArrayLike | None = None,
        values: ArrayLike | None = None,
        random_state: int | None = None,
    ) -> NDArray[Any]:
        """Return n samples of visible units, (n, N), each of a chain of its own.

        Parameters
        ----------
        n
            How many.
        steps
            Gibbs steps from a start in which all units are independent, as frequent as in the data;
            None takes as many as chains need to forget it, found from the chains, and keeps the
            number as ``sample_steps_``.
        clamp, values
            (N,) of bool, visible units that are held, and (N,) of values that they may have.
        random_state
            Seed; None takes another one each time, that follows from the estimator's.

        Warns
        -----
        SlowMixingWarning
            If chains have not forgotten their start after 100 000 steps.
        """
        n = checks.count("n", n, 1, MOST_CHAINS)
        if steps is not None:
            steps = checks.count("steps", steps, 1, MOST_STEPS)
        parameters = self._parameters()
        self._check_place()
        self._check_distribution()
        found, self.sample_steps_ = equilibrated(
            parameters, self._kept[1]["base"], n, steps, self._seed_or(random_state),
            self._place,
            **self._held_at(clamp, values),
        )  # fmt: skip
        return self._visible.decode(found, parameters.shape[1])

    def sample_quality(
        self,
        X: Any,
        steps: Sequence[int] = (1, 10, 100, 1000),
        random_state: int | None = None,
    ) -> dict[str, NDArray[Any]]:
        """Return whether samples can be told from data, after some numbers of Gibbs steps.

        The nearest neighbour of each among all others, as many samples as data: how many are of
        their own kind. 1/2 and 1/2 is what perfect samples have. Chains begin independent, as
        frequent as in the data that was learned: where a machine was trained with short chains,
        samples are best after as many steps, and get worse.

        Parameters
        ----------
        X
            (M, N) of the values that visible units have, of at least two samples.
        steps
            Numbers of steps, rising.
        random_state
            Seed; None takes another one each time, that follows from the estimator's.

        Returns
        -------
        dict of ndarray
            By name ``steps``, ``data``, the share of data whose nearest neighbour is data, and
            ``samples``, (len(steps),).

        Raises
        ------
        NotFittedError, TypeError, ValueError
            Before `fit`; for samples or steps that are not of this kind.

        Notes
        -----
        A. Yale et al., Neurocomputing 416, 244 (2020); A. Decelle, C. Furtlehner & B. Seoane,
        NeurIPS 34, 5345 (2021).
        """
        data = self._certain(X)
        self._check_distribution()
        if len(data) < 2:
            raise ValueError(f"X: got {len(data)} sample, allowed: at least two")
        if not isinstance(steps, (list, tuple, np.ndarray)) or getattr(steps, "ndim", 1) != 1:
            raise TypeError(checks.describe("steps", steps, "a list of numbers that rise"))
        times = [checks.count("steps", each, 1, MOST_STEPS) for each in steps]
        if not times or bool(np.any(np.diff(times) <= 0)):
            raise ValueError(checks.describe("steps", steps, "numbers that rise"))
        kernel, seed = self._kernel(), self._seed_or(random_state)
        rows, values = streams(0, len(data)), data.numbers()
        states = kernel.independent(self._kept[1]["base"], Numbers(seed, rows, 0))
        shares, done = [], 0
        for until in times:
            states, _ = kernel.gibbs(states, until - done, Numbers(seed, rows, done + 1))
            done = until
            shares.append(own_neighbours(values, kernel.values(states)))
        return {
            "steps": np.array(times), "data": np.array([one for one, _ in shares]),
            "samples": np.array([other for _, other in shares]),
        }  # fmt: skip

    def reconstruct(
        self, X: Any, clamp: ArrayLike | None = None, steps: int | None = None
    ) -> NDArray[Any]:
        """Return means of visible units, of binary ones probabilities, by mean fields, (M, N).

        v ← ⟨v⟩ given h = ⟨h⟩ given v, with units that are clamped as they are in X: of binary ones
        σ(b + Wᵀ σ(c + W v)). Of categorical ones probabilities, (M, N, n_categories).

        Parameters
        ----------
        X
            (M, N), of means that visible units may have. What is not clamped is where it begins: to
            complete what is not known, put means there.
        clamp
            (N,) or (M, N) of bool: units that are held. None holds none.
        steps
            How many times; None is once without `clamp`, and 100 times with it.
        """
        data = self._observed(X)
        values, at = data.numbers(), self._parameters().of_machine()
        self._check_distribution()
        held = clamped(clamp, (len(data), data.n_features))
        if held is not None:
            self._visible.mask(held)  # which refuses a part of the labels
            held = np.repeat(held, data.n_units // data.n_features, axis=1)
        times = (
            checks.count("steps", steps, 1, MOST_STEPS)
            if steps is not None
            else (1 if held is None else 100)
        )
        found = values
        for _ in range(times):
            found = at.again(found)
            if held is not None:
                found = np.where(held, values, found)
        return self._visible.decode_means(found)

    def _held_at(self, clamp: ArrayLike | None, values: ArrayLike | None) -> dict[str, States]:
        """Return which units `sample` holds, and at what, as rows of a machine's states."""
        n = self.n_features_in_
        held = clamped(clamp, (1, n))
        if held is None:
            if values is not None:
                raise ValueError("values: got some without clamp, allowed: None, or with clamp")
            return {}
        allowed = f"({n},) of values of visible units"
        given = checks.array("values", values, allowed)
        if given.dtype.kind not in "biuf":
            raise TypeError(checks.describe("values", values, allowed))
        if given.shape != (n,):
            raise ValueError(checks.describe("values", values, allowed))
        mask = self._visible.mask(held)
        # Anything that is allowed where nothing is held.
        row = np.where(held[0], given, -1 if self._fixed["visible"] == "spin" else 0)
        if self._fixed["n_labels"] and not held[0, -1]:
            row[-1] = 1
        at = observed(row[None], name="values", visible=self._visible)
        if at.bits is None and self._fixed["visible"] != "gaussian":
            raise ValueError(checks.describe("values", values, allowed))
        return {"clamp": mask, "values": at.states}


def clamped(clamp: ArrayLike | None, shape: tuple[int, ...]) -> NDArray[np.bool_] | None:
    """Return which visible units are held, (M, N), or None."""
    if clamp is None:
        return None
    allowed = f"({shape[1]},) or {shape} of bool"
    given = checks.array("clamp", clamp, allowed)
    if given.dtype != np.bool_:
        raise TypeError(f"clamp: got an array of {given.dtype}, allowed: {allowed}")
    if given.shape not in ((shape[1],), shape):
        raise ValueError(f"clamp: got shape {given.shape}, allowed: {allowed}")
    return np.ascontiguousarray(np.broadcast_to(given, shape))
