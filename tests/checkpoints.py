"""Comparisons of checkpoint files, for the tests of every kind of run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from multispin import io

if TYPE_CHECKING:
    from pathlib import Path


def assert_same(one: Path, other: Path, kind: str) -> None:
    """Metadata and arrays are equal, bit for bit and in dtype."""
    (meta, arrays), (other_meta, other_arrays) = (io.read_checkpoint(x, kind) for x in (one, other))
    assert meta == other_meta
    assert arrays.keys() == other_arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(array, other_arrays[name], err_msg=name, strict=True)
