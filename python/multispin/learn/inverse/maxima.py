"""Maxima of the likelihood that are infinitely far away, as the moments of two spins show them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from multispin._base.callers import warn
from multispin.errors import InfiniteMaximumWarning

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from multispin.learn.inverse.observations import Moments
    from multispin.learn.inverse.supports import Support

_SHOWN = 3  # in a message


def warn_of_infinite(
    moments: Moments,
    support: Support,
    penalized: bool,
    names: tuple[str, ...] | None,
    rounded: bool,
    by_number: NDArray[np.float64] | None = None,
) -> None:
    """Warn if some spin is constant, or some state of two spins has not been seen.

    Then the likelihood grows for ever, though ever less, towards infinite parameters; a penalty of
    the couplings keeps those of pairs finite. Of moments that come `rounded`, a count below a half
    is none. Of K-pairwise models `by_number` is how many samples have K spins up: states of other K
    are impossible whatever the parameters are, and so no reason.
    """
    half = 0.5 / moments.n_samples if rounded else 1e-12
    up = (1 + moments.mean) / 2
    constant = np.flatnonzero(
        ((up < half) & _possible(support.n, 1, 1, by_number))
        | ((1 - up < half) & _possible(support.n, 1, 0, by_number))
    )
    empty = []
    if not penalized:
        varied = np.minimum(up, 1 - up) >= half
        i, j = support.rows, support.columns
        m, second = moments.mean, moments.second[i, j]
        for a in (1, -1):
            for b in (1, -1):
                cell = (1 + a * m[i] + b * m[j] + a * b * second) / 4
                unseen = (cell < half) & varied[i] & varied[j]
                unseen &= _possible(support.n, 2, (a + b + 2) // 2, by_number)
                empty += [(int(k), a, b) for k in np.flatnonzero(unseen)]
    if not len(constant) and not empty:
        return
    of = [_named(int(i), names) + f" is always {moments.mean[i]:+.0f}" for i in constant]
    for k, a, b in empty:
        one, other = (_named(int(ends[k]), names) for ends in (support.rows, support.columns))
        of.append(f"{one} and {other} are never {a:+d} and {b:+d}")
    more = f", and {len(of) - _SHOWN} more" if len(of) > _SHOWN else ""
    cure = "pseudocount, or l2" if not len(constant) else "pseudocount"
    warn(
        f"the maximum of the likelihood is at infinite parameters: {'; '.join(of[:_SHOWN])}{more}. "
        f"Those returned are large, and where the fit stopped; {cure} makes them finite",
        InfiniteMaximumWarning,
    )


def _possible(n: int, spins: int, up: int, by_number: NDArray[np.float64] | None) -> bool:
    """Whether so many of some spins can be up, of n spins of which K are."""
    if by_number is None:
        return True
    numbers = np.flatnonzero(by_number > 0)
    return bool(((numbers >= up) & (numbers <= n - spins + up)).any())


def _named(i: int, names: tuple[str, ...] | None) -> str:
    return f"spin {i}" if names is None else f"spin {i} ({names[i]})"
