"""Square matrices as arguments: arrays, and what scipy.sparse has."""

from __future__ import annotations

from typing import Any

import numpy as np

from multispin._base import checks


def check_square(name: str, matrix: Any, allowed: str) -> None:
    """Refuse what has another shape than (N, N), N >= 1."""
    shape = matrix.shape
    if len(shape) != 2 or shape[0] != shape[1] or shape[0] < 1:
        raise ValueError(checks.describe(name, f"an array of shape {shape}", allowed))


def is_sparse(matrix: object) -> bool:
    """Whether it is a matrix or an array of scipy.sparse."""
    return hasattr(type(matrix), "tocsr")


def checked_sparse(name: str, matrix: Any, allowed: str) -> Any:
    """Return a copy of a square sparse matrix as csr of finite float64, duplicates added up."""
    check_square(name, matrix, allowed)
    _check_indices(name, matrix)
    # Not in the type that was given: two of its numbers may have a sum that it cannot hold.
    with np.errstate(over="ignore"):
        copy = matrix.astype(np.float64).tocsr(copy=True)
        _check_indices(name, copy)  # of the formats that are not looked at before
        copy.sum_duplicates()
    checks.numbers(name, copy.data)
    return copy


def _check_indices(name: str, matrix: Any) -> None:
    """Refuse numbers that are not real, and indices that scipy would follow out of its arrays."""
    if matrix.dtype.kind not in "iuf":
        raise TypeError(checks.describe(name, f"a matrix of {matrix.dtype}", "finite numbers"))
    wrong = ""
    if matrix.format == "coo":
        row, col = matrix.row, matrix.col
        places = np.stack([row, col]) if len(row) == len(col) == len(matrix.data) else None
        if places is None or bool(np.any((places < 0) | (places >= matrix.shape[0]))):
            wrong = "indices that are not those of its entries"
    elif matrix.format in ("csr", "csc", "bsr"):
        # A copy, as this also cuts off what it takes for spare; and by itself it believes pointers
        # that go down.
        try:
            if matrix.indptr.ndim != 1 or bool(np.any(np.diff(matrix.indptr) < 0)):
                raise ValueError("index pointers that go down")
            matrix.copy().check_format(full_check=True)
        except ValueError as error:
            wrong = str(error)
    if wrong:
        allowed = "a sparse matrix whose indices fit its shape and data"
        raise ValueError(f"{name}: got one with {wrong}, allowed: {allowed}")
