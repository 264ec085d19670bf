"""The trajectory of the pattern engine, as docs/trajectory.md defines it: couplings of patterns."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from reference.real import FIELD_LIMIT, LAZY_SHIFT, Real


class Patterns(Real):
    """Replicas of ±1 in couplings `unit` Σ_μ ξ_i ξ_j of patterns (patterns, sites)."""

    def __init__(
        self,
        patterns: npt.ArrayLike,
        fields: npt.ArrayLike,
        temperatures: npt.ArrayLike,
        unit: float,
        **options: object,
    ) -> None:
        self.patterns = np.asarray(patterns, dtype=np.int64)
        self.unit = unit
        super().__init__(
            self.patterns.shape[1],
            [],
            [],
            fields,
            temperatures,
            **options,  # type: ignore[arg-type]
        )

    def set_couplings(self, couplings: npt.ArrayLike, fields: npt.ArrayLike) -> None:  # noqa: ARG002
        """Take other fields."""
        h = np.asarray(fields, dtype=np.float64)
        count, sites = self.patterns.shape
        most = np.abs(h).max() + count * (sites - 1) * self.unit
        room = FIELD_LIMIT - 1 - 64
        self.step = math.ldexp(self.unit, max(math.frexp(most / self.unit / room)[1], -1000))
        steps = round(self.unit / self.step)  # a power of two
        self.fields = np.rint(h / self.step).astype(np.int64)
        self.rounding_error = float(np.abs(h / self.step - self.fields).max()) * self.step
        largest = int(np.abs(self.fields).max()) + count * (sites - 1) * steps
        self.lazy = np.full(self.replicas, largest >> LAZY_SHIFT)
        J = self.patterns.T @ self.patterns * steps
        np.fill_diagonal(J, 0)
        self.couplings = J[None]
