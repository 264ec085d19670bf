"""A deep belief network as a model: samples, and how probable others are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks
from multispin.learn.classes import number_of
from multispin.learn.deep import bound, tempering
from multispin.learn.deep.bound import LikelihoodBound
from multispin.learn.deep.fitted import Fitted
from multispin.learn.deep.stack import Stack
from multispin.learn.deep.tempering import StackedTempering
from multispin.learn.partition import check_log_partition
from multispin.learn.rates import MOST_CHAINS, MOST_STEPS
from multispin.learn.seeds import seed_for

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from multispin.learn.partition import LogPartition

    Array = NDArray[np.float64]

#: Draws of hidden units for one sample, at most.
_MOST_DRAWS = 10**6
#: Seed of scores, which are the same whenever they are asked for.
_SCORE = 0x73636F7265


class Generative(Fitted):
    """A fitted network as it was learned layer by layer: weights of `fine_tune` are not in it."""

    def sample(
        self,
        n: int = 1,
        steps: int | None = None,
        label: Any = None,
        random_state: int | None = None,
    ) -> NDArray[Any]:
        """Return n samples of visible units, (n, N): chains in the top layer, then drawn down.

        Parameters
        ----------
        n
            How many, each of a chain of its own.
        steps
            Gibbs steps of the top RBM, as for `RBM.sample`; None takes as many as its chains need.
        label
            One of `classes_`, of a network whose top layer has label units: these are held.
        random_state
            Seed; None takes another one each time, that follows from the estimator's.

        Raises
        ------
        NotFittedError, TypeError, ValueError
            Before `fit`; for an argument that is not of its kind.

        Warns
        -----
        SlowMixingWarning
            If chains have not forgotten their start after 100 000 steps.
        """
        rbms = self._fitted()
        top, seed = rbms[-1], rbms[-1]._seed_or(random_state)
        held: dict[str, Any] = {}
        if label is not None:
            if not self._n_labels:
                allowed = "None without label units: those of a top RBM with n_labels"
                raise ValueError(checks.describe("label", label, allowed))
            at = top.n_features_in_ - self._n_labels
            held["clamp"] = np.arange(top.n_features_in_) >= at
            held["values"] = np.zeros(top.n_features_in_)
            held["values"][at + number_of(label, self.classes_)] = 1
        drawn = top.sample(n, steps, **held, random_state=seed)
        if len(rbms) == 1:
            return drawn
        low = top._parameters().layers.lows[0]
        units = drawn > 0 if low else drawn
        states = Stack.of(rbms).down(units, seed)
        return rbms[0]._visible.decode(states, rbms[0]._parameters().shape[1])

    def stacked_tempering(
        self, n: int = 1, steps: int = 1000, random_state: int | None = None
    ) -> StackedTempering:
        """Return samples of the lowest RBM, by chains of all RBMs that are exchanged [1].

        Hidden units h of an RBM and visible units v' of the next are exchanged with a probability
        of min(1, P(v') P'(h) / P(h) P'(v')), of the law P of the one's hidden units and P' of the
        other's visible ones. Each RBM keeps its own law: samples are those of ``rbms_[0].sample``,
        and not of the network, whose law is another.

        Parameters
        ----------
        n
            How many, each of chains of its own.
        steps
            Steps of all chains from a start in which units are independent: a Gibbs step of each
            RBM, then one exchange between each and the next.
        random_state
            Seed; None takes another one each time, that follows from the estimator's.

        Raises
        ------
        NotFittedError, TypeError, ValueError
            Before `fit`; for an argument that is not of its kind; with label units.

        Notes
        -----
        [1] J. Fernandez-de-Cossio-Diaz, C. Roussel, S. Cocco & R. Monasson, "Accelerated sampling
        with stacked restricted Boltzmann machines", ICLR 2024.
        """
        rbms = self._without_labels("stacked_tempering")
        n = checks.count("n", n, 1, MOST_CHAINS)
        steps = checks.count("steps", steps, 1, MOST_STEPS)
        for rbm in rbms:
            rbm._check_distribution()
        seed = rbms[0]._seed_or(random_state)
        bases = [rbm._kept[1]["base"] for rbm in rbms]
        states, accepted = tempering.advance(Stack.of(rbms), bases, n, steps, seed)
        found = rbms[0]._visible.decode(states, rbms[0]._parameters().shape[1])
        return StackedTempering(found, accepted)

    def log_likelihood_bound(
        self,
        X: Any,
        log_partition: LogPartition | None = None,
        method: str = "auto",
        samples: int = 100,
        random_state: int | None = None,
    ) -> LikelihoodBound:
        r"""Return the variational lower bound of ln P(v) of each sample, in nats [1, 2].

        .. math:: \ln P(v) \ge \sum_h Q(h \mid v) \big[\ln P(v \mid h) + \ln P(h)\big] + H(Q)

        of one hidden layer below the top RBM, whose law P(h) = e^(−F(h)) / Z has its own hidden
        units summed; of more, the same along all layers. Q are laws of hidden units given those
        below, independent of each other. Of one layer it is ln P(v) itself.

        Parameters
        ----------
        X
            (M, N) of the values that visible units have.
        log_partition
            ln Z of the top RBM, if it is known; None computes it, as ``rbms_[-1].log_partition()``.
        method
            "exact": sums over all states of layers below the top, at most 14 units each and 20 of
            two that follow each other. "sampled": draws from Q. "auto" is "exact" where that can
            be.
        samples
            Draws from Q for each sample, 2 at least.
        random_state
            Seed; None takes another one each time, that follows from the estimator's.

        Raises
        ------
        NotFittedError, TypeError, ValueError
            Before `fit`; for an argument that is not of its kind; with label units.

        Warns
        -----
        NotConvergedWarning
            If ln Z is computed, and its two ways do not agree.

        Notes
        -----
        [1] G. E. Hinton, S. Osindero & Y. W. Teh, Neural Comput. 18, 1527 (2006), eq. (11). [2] R.
        Salakhutdinov & I. Murray, ICML 2008, 872, sec. 4.
        """
        rbms = self._without_labels("log_likelihood_bound")
        check_log_partition(log_partition)
        method = checks.choice("method", method, bound.METHODS)
        samples = checks.count("samples", samples, 2, _MOST_DRAWS)
        values = rbms[0]._certain(X).numbers().astype(np.float64)
        for rbm in rbms:
            rbm._check_distribution()
        seed = rbms[0]._seed_or(random_state)
        found, errors, how = bound.bound(Stack.of(rbms), values, method, samples, seed)
        if log_partition is None:
            given = None if random_state is None else seed_for(seed, 1)
            log_partition = rbms[-1].log_partition(random_state=given)
        return LikelihoodBound(found - log_partition.value, errors, log_partition, how)

    def score_samples(self, X: Any) -> Array:
        """Return `log_likelihood_bound` of each sample, (M,), by a seed that is always the same."""
        return self.log_likelihood_bound(X, random_state=_SCORE).values

    def score(self, X: Any, y: object = None) -> float:  # noqa: ARG002
        """Return the mean of `score_samples`."""
        return float(self.score_samples(X).mean())

    def _without_labels(self, name: str) -> Any:
        rbms = self._fitted()
        if self._n_labels:
            raise ValueError(f"{name}: got {self._n_labels} label units, allowed: a top without")
        return rbms
