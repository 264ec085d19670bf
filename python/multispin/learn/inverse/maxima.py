"""Maxima of the likelihood that are infinitely far away, as the moments of two spins show them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from multispin._base.callers import warn
from multispin.errors import InfiniteMaximumWarning

if TYPE_CHECKING:
    from multispin.learn.inverse.observations import Moments
    from multispin.learn.inverse.supports import Support

_SHOWN = 3  # in a message


def warn_of_infinite(
    moments: Moments,
    support: Support,
    penalized: bool,
    names: tuple[str, ...] | None,
    rounded: bool,
) -> None:
    """Warn if some spin is constant, or some state of two spins has not been seen.

    Then the likelihood grows for ever, though ever less, towards infinite parameters; a penalty of
    the couplings keeps those of pairs finite. Of moments that come `rounded`, a count below a half
    is none.
    """
    half = 0.5 / moments.n_samples if rounded else 1e-12
    up = (1 + moments.mean) / 2
    constant = np.flatnonzero(np.minimum(up, 1 - up) < half)
    empty = []
    if not penalized:
        varied = np.ones(support.n, dtype=np.bool_)
        varied[constant] = False
        i, j = support.rows, support.columns
        m, second = moments.mean, moments.second[i, j]
        for a in (1, -1):
            for b in (1, -1):
                cell = (1 + a * m[i] + b * m[j] + a * b * second) / 4
                unseen = (cell < half) & varied[i] & varied[j]
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


def _named(i: int, names: tuple[str, ...] | None) -> str:
    return f"spin {i}" if names is None else f"spin {i} ({names[i]})"
