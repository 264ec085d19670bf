"""Inverse temperatures, as dwave-samplers has them given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from multispin._base import checks
from multispin._engines.base import MOST_SWEEPS
from multispin.runs.temperature_range import temperature_range

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from multispin.models import Model

SCHEDULES = ("linear", "geometric", "custom")

_SWEEPS = 1000  # of those who do not say how many


class Schedule(NamedTuple):
    """Inverse temperatures, and sweeps at each.

    Attributes
    ----------
    betas
        Inverse temperatures in the order in which they are visited.
    sweeps
        Sweeps at each.
    kind
        "linear", "geometric" or "custom".
    range
        The first and the last that were wanted.
    """

    betas: NDArray[np.float64]
    sweeps: int
    kind: str
    range: list[float]

    def info(self) -> dict[str, Any]:
        """Return what results say of it; JSON can hold it."""
        return {
            "beta_range": self.range,
            "beta_schedule_type": self.kind,
            "beta_schedule": self.betas.tolist(),
            "num_sweeps_per_beta": self.sweeps,
        }


def schedule_of(
    model: Model | None,
    num_sweeps: int | None,
    beta_range: Sequence[float] | None,
    kind: str,
    beta_schedule: ArrayLike | None,
    per_beta: int,
) -> Schedule:
    """Return the schedule that the parameters of the sampler mean; a model is None without spins.

    Raises
    ------
    TypeError, ValueError
        If they mean none; the message names the one that is wrong.
    """
    per_beta = checks.count("num_sweeps_per_beta", per_beta, 1, MOST_SWEEPS)
    if num_sweeps is not None:
        num_sweeps = checks.count("num_sweeps", num_sweeps, 0, MOST_SWEEPS)
    checks.choice("beta_schedule_type", kind, SCHEDULES)
    ends = None if beta_range is None else _ends(beta_range)
    if kind == "custom":
        return _custom(num_sweeps, ends, beta_schedule, per_beta)
    if beta_schedule is not None:
        allowed = "None, unless beta_schedule_type is 'custom'"
        raise ValueError(checks.describe("beta_schedule", beta_schedule, allowed))
    steps, rest = divmod(_SWEEPS if num_sweeps is None else num_sweeps, per_beta)
    if rest:
        allowed = f"a multiple of num_sweeps_per_beta, {per_beta}"
        raise ValueError(checks.describe("num_sweeps", num_sweeps, allowed))
    if ends is None:
        hot, cold = (1.0, 1.0) if model is None else temperature_range(model)
        ends = [1 / hot, 1 / cold]
    if kind == "geometric" and min(ends) == 0.0:
        allowed = "numbers > 0 with 'geometric'"
        raise ValueError(checks.describe("beta_range", beta_range, allowed))
    if steps == 1:  # as dwave-samplers does
        return Schedule(np.array(ends[1:]), per_beta, kind, ends)
    first, last = ends
    space = np.geomspace if kind == "geometric" else np.linspace
    return Schedule(space(first, last, steps), per_beta, kind, ends)


def _ends(beta_range: Any) -> list[float]:
    allowed = "two finite numbers >= 0, the first and the last"
    ends = checks.numbers("beta_range", beta_range, allowed)
    if ends.shape != (2,) or ends.min() < 0:
        raise ValueError(checks.describe("beta_range", beta_range, allowed))
    return [float(end) for end in ends]


def _custom(
    num_sweeps: int | None, ends: list[float] | None, beta_schedule: Any, per_beta: int
) -> Schedule:
    allowed = "finite numbers >= 0, at least one, for the beta_schedule_type 'custom'"
    betas = checks.numbers("beta_schedule", beta_schedule, allowed)
    if betas.ndim != 1 or betas.size == 0 or betas.min() < 0:
        raise ValueError(checks.describe("beta_schedule", beta_schedule, allowed))
    sweeps = len(betas) * per_beta
    if num_sweeps not in (None, sweeps):
        allowed = f"None or {sweeps}, as the beta_schedule says"
        raise ValueError(checks.describe("num_sweeps", num_sweeps, allowed))
    own = [float(betas[0]), float(betas[-1])]
    if ends not in (None, own):
        raise ValueError(checks.describe("beta_range", ends, f"None or {own}, as the schedule has"))
    return Schedule(betas.copy(), per_beta, "custom", own)
