"""The arguments of a tempering run, and what it records."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from multispin.models import Model
    from multispin.runs.observables import Measure

#: What `temper` can measure beside energy and magnetization: name of the variable -> dtype of the
#: engine's sums.
PAIR_SUMS = {"overlap": np.int64, "link_overlap": np.int64, "overlap_k2": np.float64}


@dataclass(frozen=True)
class Plan:
    """The arguments of a tempering run, checked."""

    model: Model
    temperatures: NDArray[np.float64]
    replicas: int
    sweeps: int
    thermalization: int
    interval: int
    swap_interval: int
    cluster_moves: bool
    measure: tuple[str, ...]
    seed: int
    dynamics: str
    init: str
    device: str
    rng: str
    engine: str
    threads: int | None
    measures: tuple[Measure, ...] = ()

    @property
    def exchanges(self) -> int:
        """Exchanges of one draw."""
        return self.interval // self.swap_interval

    @property
    def draws(self) -> int:
        """Draws that are kept."""
        return self.sweeps // self.interval

    @property
    def discarded(self) -> int:
        """Draws of the thermalization, of which nothing is kept."""
        return self.thermalization // self.interval

    @property
    def walkers(self) -> int:
        """Walkers of one sample."""
        return self.replicas * len(self.temperatures)

    @property
    def all_walkers(self) -> int:
        """Walkers of all samples."""
        return self.walkers * (self.model.samples or 1)

    def record_bytes(self) -> int:
        """Bytes of all records, and of the Dataset that is made of them."""
        values = sum(math.prod(shape) for shape in self.record_shapes().values())
        return 16 * self.draws * values

    def record_shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of a draw of what is recorded, as the engine writes it."""
        samples, temperatures = self.model.samples or 1, len(self.temperatures)
        of_replicas = (samples, temperatures, self.replicas)
        of_pairs = (samples, temperatures, self.replicas * (self.replicas - 1) // 2)
        return {
            "energy": of_replicas,
            "spins": of_replicas,
            **dict.fromkeys(self.measure, of_pairs),
            "temperature_index": (samples, self.replicas, temperatures),
        }


def dtype_of(name: str) -> type[np.generic]:
    """Return the type of a record, as the engine writes it."""
    if name == "temperature_index":
        return np.int16
    return np.float64 if name == "energy" else PAIR_SUMS.get(name, np.int64)
