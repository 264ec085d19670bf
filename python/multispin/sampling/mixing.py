"""Where Metropolis updates of one colour after the other hardly mix."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from multispin._base.callers import warn
from multispin.errors import SlowMixingWarning
from multispin.models.forms import RealPairs, SignedEdges

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from multispin.models import Model

# If even the dearest flip is accepted with more than this, a sweep turns nearly every spin, and the
# next one turns them back: only the few that stay forget.
MOST_ACCEPTED = 0.9


def slow_above(model: Model) -> float:
    """Return the temperature above which all Metropolis flips are accepted with 90 % and more.

    The dearest flip costs 2 (z|J| + |h|), z bonds a site (their mean, if sites differ).
    """
    field = _mean_largest_field(model)
    return 2 * field / -math.log(MOST_ACCEPTED) if field > 0 else math.inf


def _mean_largest_field(model: Model) -> float:
    signed = model.form(SignedEdges)
    if signed is not None:
        return 2 * signed.n_edges / signed.n_spins * signed.J + abs(signed.h)
    real = model.form(RealPairs)
    if real is None:
        return 0.0
    return real.site_strength() + float(np.abs(real.fields()).mean())


def warn_where_slow(model: Model, dynamics: str, temperatures: NDArray[np.float64]) -> bool:
    """Warn if Metropolis is too hot to mix at the highest of the temperatures, and say whether."""
    if dynamics != "metropolis":
        return False
    limit = slow_above(model)
    if temperatures.max() <= limit:
        return False
    # Without the temperature, so that samplers at many of them give one warning.
    warn(
        f"temperature: above {limit:.3g} Metropolis accepts more than {MOST_ACCEPTED:.0%} of all "
        "flips of this model; colour after colour a sweep then turns nearly every spin, and takes "
        "a great many sweeps to forget a start: use dynamics='glauber'",
        SlowMixingWarning,
    )
    return True
