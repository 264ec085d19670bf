"""What a set of couplings is worth: how well it explains samples, and at which price."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from multispin._engines.conditionals import Conditionals
from multispin.learn.inverse import enumeration
from multispin.learn.inverse.solving import solved

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from multispin.learn.inverse.methods import Outcome, Task
    from multispin.learn.inverse.observations import Observations
    from multispin.learn.inverse.solving import Start

    Array = NDArray[np.float64]

#: Methods that find J_ij of each spin alone, and take the mean of J_ij and J_ji.
PER_SPIN = ("pseudolikelihood_averaged", "rise", "logrise")


def log_pseudolikelihood(observations: Observations, J: Array, h: Array, threads: int) -> float:
    """Σ_i ⟨ln P(s_i | others)⟩ over samples, with row i of J for spin i."""
    conditionals = Conditionals.of_spins(
        observations.spins, weights=observations.shares, threads=threads
    )
    return -float(conditionals.losses(J, h, "logistic")[0].sum())


def likelihood_of(method: str) -> str:
    """Return the method that maximizes what `ebic` counts for a method."""
    if method == "exact":
        return method
    return "pseudolikelihood_averaged" if method in PER_SPIN else "pseudolikelihood"


def maximum(task: Task, method: str, start: Start | None) -> tuple[float, Outcome]:
    """Return the largest mean log-likelihood, or log-pseudolikelihood, on a task's support."""
    outcome = solved(task, likelihood_of(method), start)
    if method == "exact":
        likelihood = enumeration.Likelihood(
            enumeration.States(task.support.n), task.support, task.moments
        )
        return -likelihood.evaluate(task.support.vector(outcome.J, outcome.h))[0], outcome
    rows = outcome.J if outcome.rows is None else outcome.rows
    return log_pseudolikelihood(task.known(), rows, outcome.h, task.threads), outcome


def ebic(
    log_likelihood: float, n_samples: float, n_spins: int, edges: int, gamma: float, exact: bool
) -> float:
    """Extended Bayesian information criterion of a graph, the smaller the better.

    −2 n L + |E| ln n + 4 γ |E| ln N of the likelihood: R. Foygel & M. Drton, NIPS 23, 604 (2010),
    eq. (2). Of a pseudolikelihood it is the sum of the criteria of all spins, of R. F. Barber &
    M. Drton, Electron. J. Stat. 9, 567 (2015), eq. (1.4): −2 n L_i + k_i (ln n + 2 γ ln N) with k_i
    neighbours, and each edge has two ends.
    """
    ends = edges if exact else 2 * edges
    price = ends * np.log(n_samples) + 4 * gamma * edges * np.log(n_spins)
    return float(-2 * n_samples * log_likelihood + price)
