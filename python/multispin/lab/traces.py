"""The last numbers that were measured, for charts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from multispin._base import checks

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Trace:
    """The last `length` rows of `columns` numbers.

    Examples
    --------
    >>> trace = Trace(2, 2)
    >>> for row in ((1, 10), (2, 20), (3, 30)):
    ...     trace.add(*row)
    >>> trace.rows().tolist()
    [[2.0, 20.0], [3.0, 30.0]]
    """

    def __init__(self, columns: int, length: int) -> None:
        self._length = checks.count("length", length, 1)
        self._kept = np.empty((2 * length, checks.count("columns", columns, 1)))
        self._used = 0

    def add(self, *row: float) -> None:
        """Add a row; the oldest goes if there are too many."""
        if self._used == len(self._kept):  # the later half is what counts: move it to the front
            self._kept[: self._length] = self._kept[self._length :]
            self._used = self._length
        self._kept[self._used] = row
        self._used += 1

    def rows(self) -> NDArray[np.float64]:
        """Return the rows, oldest first."""
        last = slice(max(0, self._used - self._length), self._used)
        rows: NDArray[np.float64] = self._kept[last].copy()
        return rows

    def clear(self) -> None:
        """Forget all rows."""
        self._used = 0
