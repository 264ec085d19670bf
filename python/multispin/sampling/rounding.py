"""Where couplings are rounded too much for a temperature."""

from __future__ import annotations

from typing import TYPE_CHECKING

from multispin._base.callers import warn
from multispin.errors import RoundedCouplingsWarning

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: Change of the probability to accept that is warned of, and that is refused.
NOTICED, REFUSED = 2.0**-16, 2.0**-6


def check_rounding(error: float, temperatures: NDArray[np.float64]) -> None:
    """Refuse, or warn of, temperatures at which rounded couplings accept otherwise.

    Probabilities 1 / (1 + exp(2f/T)) change by no more than δf / (2T), and local fields f are off
    by `error`. Both grow with the largest local field that there can be, of which couplings keep 30
    bits.

    Raises
    ------
    ValueError
        If it is more than 2**-6 at the lowest temperature.
    """
    lowest = float(temperatures.min())
    if lowest == 0.0 or error <= 2 * NOTICED * lowest:
        return
    least = error / (2 * REFUSED)
    cause = f"couplings of this model are rounded, so that local fields are off by {error:.3g}"
    if lowest < least:
        raise ValueError(
            f"temperature: got {lowest:.6g}, allowed: at least {least:.3g}, as {cause}: make the "
            "largest couplings and fields smaller"
        )
    warn(
        f"temperature: below {error / (2 * NOTICED):.3g} the probabilities to accept are off by "
        f"more than {NOTICED:.1e}, as {cause}; the smaller the largest, the better all are kept",
        RoundedCouplingsWarning,
    )
