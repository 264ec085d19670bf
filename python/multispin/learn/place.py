"""Where chains and sums of an estimator are."""

from __future__ import annotations

from typing import NamedTuple

from multispin._base import checks
from multispin._engines import devices


class Place(NamedTuple):
    """Threads of the CPU, and a device by its name."""

    threads: int | None = None  # None: as many as the process may use
    device: str = "cpu"

    def checked(self) -> Place:
        """Return this place, if there is such a one, whether it is going to be used or not.

        Raises
        ------
        TypeError, ValueError
            For what is no number of threads, nor the name of a device.
        DeviceError
            If the device cannot be used.
        """
        if self.threads is not None:
            checks.count("threads", self.threads, 1)
        devices.check(self.device)
        return self


class Placed:
    """An estimator with parameters `threads` and `device`."""

    threads: int | None
    device: str

    @property
    def _place(self) -> Place:
        return Place(self.threads, self.device)

    def _check_place(self) -> None:
        """Refuse a place that there is not: parameters may have changed since it was fitted."""
        self._place.checked()
