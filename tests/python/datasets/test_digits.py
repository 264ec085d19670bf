"""Digits: what is in the package is what was collected."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from multispin import datasets


def test_there_are_as_many_as_the_source_says() -> None:
    images, labels = datasets.digits()
    assert (images.shape, images.dtype) == ((1797, 8, 8), np.uint8)
    assert (labels.shape, labels.dtype) == ((1797,), np.int64)
    assert (images.min(), images.max()) == (0, 16)
    # The numbers of each digit in the table's description at the UCI repository.
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_they_are_those_of_the_source() -> None:
    """The digest is that of the table, read by itself: 65 bytes a line, row by row."""
    images, labels = datasets.digits()
    rows = np.hstack([images.reshape(-1, 64), labels[:, None].astype(np.uint8)])
    assert hashlib.sha256(rows.tobytes()).hexdigest() == (
        "68aea062d35a127749050fa0e52dca09d6569ac08092c925610e0954e172dde2"
    )


def test_binary_ones_are_spins() -> None:
    grey, labels = datasets.digits()
    spins, same = datasets.digits(binary=True)
    assert spins.dtype == np.int8
    np.testing.assert_array_equal(spins, np.where(grey > 8, 1, -1))
    np.testing.assert_array_equal(same, labels)


def test_arrays_are_the_callers_own() -> None:
    datasets.digits().images[:] = 0
    assert datasets.digits().images.max() == 16


def test_a_wrong_flag() -> None:
    with pytest.raises(TypeError, match="binary: got 'yes', allowed: True or False"):
        datasets.digits("yes")  # type: ignore[arg-type]
