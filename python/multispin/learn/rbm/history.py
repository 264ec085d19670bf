"""What is measured after each epoch, of few samples: it has to cost next to nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from multispin.learn.rbm.observations import Observations
    from multispin.learn.rbm.parameters import Parameters

#: Samples that are looked at.
_SAMPLES = 256


class History:
    """Numbers after each epoch, by name; and the singular values of the weights."""

    def __init__(self, kept: Mapping[str, NDArray[Any]] | None = None) -> None:
        self.rows: dict[str, list[Any]] = {}
        for name, values in (kept or {}).items():
            self.rows[name] = list(values)

    def note(self, **values: Any) -> None:
        """Add what was measured."""
        for name, value in values.items():
            self.rows.setdefault(name, []).append(value)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return all that was measured, one an epoch."""
        return {name: np.array(values) for name, values in self.rows.items()}


def measured(
    parameters: Parameters, data: Observations, validation: Observations | None
) -> dict[str, float]:
    """Return the error of reconstruction, and how much higher F is on validation data.

    The error is the mean square of v − ⟨v⟩, a unit, in the mean fields of hidden ones. The gap of
    the free energy between validation and training data grows where a machine learns single samples
    by heart.
    """
    seen, at = first(data), parameters.of_machine()
    span = parameters.layers.spans[0]
    found = {"reconstruction_error": float(np.mean((span * (seen - at.again(seen))) ** 2))}
    if validation is not None:
        gap = at.free_energy(first(validation)).mean() - at.free_energy(seen).mean()
        found["free_energy_gap"] = float(gap)
    return found


def singular_values(parameters: Parameters) -> NDArray[np.float64]:
    """Return the singular values of the weights, the largest first."""
    weights = np.asarray(parameters.weights, dtype=np.float64)
    smaller = weights if len(weights) <= weights.shape[1] else weights.T
    squares = np.linalg.eigvalsh(smaller @ smaller.T)
    found: NDArray[np.float64] = np.sqrt(np.maximum(squares[::-1], 0.0))
    return found


def first(data: Observations) -> NDArray[Any]:
    """Return some of the samples, the same each time."""
    return data.taken(np.arange(min(len(data), _SAMPLES))).numbers()
