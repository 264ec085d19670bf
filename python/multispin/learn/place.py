"""Where chains and sums of an estimator are."""

from __future__ import annotations

from typing import NamedTuple


class Place(NamedTuple):
    """Threads of the CPU, and a device by its name."""

    threads: int | None = None  # None: as many as the process may use
    device: str = "cpu"
