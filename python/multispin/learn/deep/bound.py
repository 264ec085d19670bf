"""The variational lower bound of a deep belief network's log-likelihood.

::

    ln P(v) >= E_Q[ln P(v, h1, ...) - ln Q(h1, ... | v)]

where P(v, h1, ...) is the product of P(v | h1), P(h1 | h2) and so on, and of the top machine's
P(h), its own hidden units summed; and Q that of Q(h1 | v), Q(h2 | h1) and so on, each the law that
hidden units of one machine have given its visible ones.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from multispin._base import checks
from multispin._engines.bipartite import Numbers
from multispin.learn.deep.stack import values_of
from multispin.learn.rbm.enumeration import bits_of
from multispin.learn.rbm.randomness import streams
from multispin.learn.rbm.units import Gaussian

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from multispin.learn.deep.stack import Stack
    from multispin.learn.partition import LogPartition
    from multispin.learn.rbm.parameters import Parameters
    from multispin.learn.rbm.units import Units

    Array = NDArray[np.float64]

METHODS = ("auto", "exact", "sampled")
#: Units of a layer, and of two that follow each other, whose states are summed, at most.
_MOST_UNITS, _MOST_OF_TWO = 14, 20
#: Samples, and numbers, that are worked on together.
_ROWS, _AT_ONCE = 2048, 1 << 22


@dataclass(frozen=True)
class LikelihoodBound:
    """A lower bound of ln P(v), in nats.

    Attributes
    ----------
    values
        Of each sample, (M,).
    errors
        Standard errors of the mean over draws of hidden units, (M,); 0 where all states were
        summed. That of ln Z is not in it: it is the same for all samples.
    log_partition
        ln Z of the top layer, with its error.
    method
        "exact" or "sampled".
    """

    values: Array
    errors: Array
    log_partition: LogPartition
    method: str


def bound(
    stack: Stack, values: Array, method: str, samples: int, seed: int
) -> tuple[Array, Array, str]:
    """Return the bound of each sample but for ln Z, standard errors, and the method.

    Parameters
    ----------
    stack
        Machines, without label units.
    values
        (M, n_visible) of the lowest machine's visible units.
    method
        "exact": sums over all states of the layers between, of few units. "sampled": draws of
        them. "auto" is "exact" where that can be.
    samples
        Draws for each sample, 2 at least.
    seed
        Of the draws.

    Raises
    ------
    ValueError
        If "exact" is asked for where there are too many states.
    """
    few = summable(stack)
    if method == "exact" and not few:
        allowed = (
            f"'sampled', or layers below the top of at most {_MOST_UNITS} units of two values, two "
            f"that follow each other of at most {_MOST_OF_TWO} together"
        )
        raise ValueError(checks.describe("method", method, allowed))
    if few and method != "sampled":
        table, at_once = _above(stack), max(1, _AT_ONCE >> _widest(stack))
        found = [
            _step(stack, 0, values[first : first + at_once], table)
            for first in range(0, len(values), at_once)
        ]
        return np.concatenate(found), np.zeros(len(values)), "exact"
    parts = [
        _sampled(stack, values[first : first + _ROWS], first, samples, seed)
        for first in range(0, len(values), _ROWS)
    ]
    means, errors = (np.concatenate(part) for part in zip(*parts, strict=True))
    return means, errors, "sampled"


def summable(stack: Stack) -> bool:
    """Return whether all states of the layers between can be summed."""
    bits = [bits_of(at.layers.hidden, at.shape[0]) for at in stack.parameters[:-1]]
    two = [one + other for one, other in itertools.pairwise(bits)]
    return all(n <= _MOST_UNITS for n in bits) and all(n <= _MOST_OF_TWO for n in two)


# --- sums -----------------------------------------------------------------------------------------


def _above(stack: Stack) -> Array:
    """Return, of each state h of the lowest hidden layer, what the layers above add to the bound.

    From above: −F(h) of the top machine, and of each below that the sum over the states h' of the
    next, Σ Q(h' | h) (ln P(h | h') − ln Q(h' | h) + what h' adds).
    """
    top = len(stack) - 1
    if top == 0:
        return np.zeros(0)
    found = -stack.parameters[top].free_energy(_all_states(stack, top - 1))
    for k in range(top - 1, 0, -1):
        states = _all_states(stack, k - 1)
        at_once = max(1, _AT_ONCE >> stack.parameters[k].shape[0])
        found = np.concatenate([
            _step(stack, k, states[first : first + at_once], found)
            for first in range(0, len(states), at_once)
        ])  # fmt: skip
    return found


def _step(stack: Stack, k: int, visible: Array, above: Array) -> Array:
    """Return what visible states of machine k add to the bound, given what its hidden ones do."""
    at = _doubles(stack.parameters[k])
    if k == len(stack) - 1:
        return -at.free_energy(visible)
    hidden = _all_states(stack, k)
    fields = at.fields(visible)
    log_q = fields @ hidden.T - at.layers.hidden.normalizers(fields).sum(axis=1)[:, None]
    of_hidden = at.fields_of_visible(hidden)
    log_p = visible @ of_hidden.T + at.layers.visible.log_measure(visible)[:, None]
    log_p -= at.layers.visible.normalizers(of_hidden).sum(axis=1)
    return np.asarray((np.exp(log_q) * (log_p - log_q + above)).sum(axis=1))


def _all_states(stack: Stack, k: int) -> Array:
    """Return all states of the hidden units of machine k, (2^n, n)."""
    n = stack.parameters[k].shape[0]
    return ((np.arange(1 << n)[:, None] >> np.arange(n)) & 1).astype(np.float64)


def _widest(stack: Stack) -> int:
    return stack.parameters[0].shape[0] if len(stack) > 1 else 0


# --- draws ----------------------------------------------------------------------------------------


def _sampled(
    stack: Stack, values: Array, first: int, samples: int, seed: int
) -> tuple[Array, Array]:
    """Return means over draws, and their standard errors, of the samples from number `first` on."""
    machines = [_doubles(at) for at in stack.parameters]
    rows = streams(first, len(values))
    total, squares = np.zeros(len(values)), np.zeros(len(values))
    for r in range(samples):
        visible, one = values, np.zeros(len(values))
        for k, at in enumerate(machines[:-1]):
            fields = at.fields(visible)
            numbers = Numbers(seed, rows, r * len(machines) + k)
            drawn = at.layers.hidden.draw(
                np.asarray(fields, np.float32), "hidden", numbers, stack.places[k].threads
            )
            hidden = values_of(drawn, at.shape[0])
            one += entropy(at.layers.hidden, fields) + log_conditional(at, visible, hidden)
            visible = hidden
        one -= machines[-1].free_energy(visible)
        # The mean so far, and squares of what differs from it (Welford, Technometrics 4, 419).
        off = one - total
        total = total + off / (r + 1)
        squares += off * (one - total)
    return total, np.sqrt(squares / (samples - 1) / samples)


def entropy(units: Units, fields: Array) -> Array:
    """Return the entropy of hidden units in fields x, (R,): Γ(x) − x ⟨s⟩ − ⟨ln ρ(s)⟩."""
    if isinstance(units, Gaussian):
        return np.full(len(fields), fields.shape[1] / 2 * (1.0 + math.log(2.0 * math.pi)))
    return np.asarray((units.normalizers(fields) - fields * units.mean(fields)).sum(axis=1))


def log_conditional(at: Parameters, visible: Array, hidden: Array) -> Array:
    """Return ln P(v | h) of one machine, (R,)."""
    fields, units = at.fields_of_visible(hidden), at.layers.visible
    found = (fields * visible).sum(axis=1) + units.log_measure(visible)
    return np.asarray(found - units.normalizers(fields).sum(axis=1))


def _doubles(at: Parameters) -> Parameters:
    """Return the same numbers in double precision."""
    return at.of(*(np.asarray(part, np.float64) for part in (at.weights, at.visible, at.hidden)))
