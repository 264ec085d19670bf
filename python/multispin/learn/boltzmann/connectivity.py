"""Which units of a Boltzmann machine are coupled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks
from multispin._base.memory import check_memory
from multispin.learn.inverse import supports
from multispin.learn.rates import MOST_UNITS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from multispin.learn.inverse.supports import Support

WORDS = ("full", "layered")


def hidden_layers(n_hidden: Any) -> tuple[int, ...]:
    """Return the sizes of layers of hidden units, from visible units on; () has none.

    Raises
    ------
    TypeError, ValueError
        If it is neither a number >= 0 nor a sequence of numbers >= 1.
    """
    if isinstance(n_hidden, (tuple, list)):
        return tuple(checks.count("n_hidden", size, 1, MOST_UNITS) for size in n_hidden)
    n = checks.count("n_hidden", n_hidden, 0, MOST_UNITS)
    return (n,) if n else ()


def couplings_of(connectivity: Any, n_visible: int, layers: tuple[int, ...]) -> Support:
    """Return the pairs that are coupled.

    Parameters
    ----------
    connectivity
        "full": all pairs. "layered": units of neighbouring layers, the first of which are the
        visible units. Or a symmetric mask (N, N) of bool, of visible and then hidden units.
    n_visible, layers
        Numbers of units.

    Raises
    ------
    TypeError, ValueError
        If it is none of these, or couples nothing.
    """
    n = n_visible + sum(layers)
    check_memory(f"n_hidden: couplings of {n} units", 40 * n * n)
    if not isinstance(connectivity, str):
        with checks.within("connectivity"):
            found = supports.given(connectivity, n)
    elif checks.choice("connectivity", connectivity, WORDS) == "full":
        found = supports.all_pairs(n)
    else:
        layer = np.repeat(np.arange(len(layers) + 1), (n_visible, *layers))
        mask: NDArray[np.bool_] = np.abs(layer[:, None] - layer) == 1
        rows, columns = np.nonzero(np.triu(mask))
        found = supports.Support(n, rows, columns)
    if found.n_pairs == 0:
        raise ValueError(
            f"connectivity: got one that couples none of {n} units, allowed: at least one pair"
        )
    return found
