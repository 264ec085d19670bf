"""Make the package's digits of the table in which scikit-learn keeps them.

``python tools/digits.py sklearn/datasets/data/digits.csv.gz`` writes
``python/multispin/datasets/digits.npz``, the same bytes each time.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

DIGITS = Path(__file__).parent.parent / "python/multispin/datasets/digits.npz"


def main(table: str) -> None:
    """Write the images and labels of a table: 64 pixels from 0 to 16 and the digit, a line each."""
    rows = np.loadtxt(table, delimiter=",", dtype=np.uint8)
    np.savez_compressed(DIGITS, images=rows[:, :-1].reshape(-1, 8, 8), labels=rows[:, -1])


if __name__ == "__main__":
    main(*sys.argv[1:])
