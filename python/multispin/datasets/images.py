"""Handwritten digits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from multispin._base import checks

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FILE = Path(__file__).with_name("digits.npz")
_LEVEL = 8  # half of the largest grey


class Digits(NamedTuple):
    """``images`` (1797, 8, 8), and ``labels`` (1797,) int64: which digit each of them is."""

    images: NDArray[Any]
    labels: NDArray[np.int64]


def digits(binary: bool = False) -> Digits:
    """Return 1,797 handwritten digits of 8 × 8 pixels, written by 13 people.

    Parameters
    ----------
    binary
        Whether pixels are to be spins: +1 for those above 8, half of the largest grey, and -1 for
        others.

    Returns
    -------
    Digits
        Images, uint8 from 0 (paper) to 16 (ink), or int8 ±1; and labels from 0 to 9. New arrays
        each time.

    Raises
    ------
    TypeError
        If `binary` is neither True nor False.

    Notes
    -----
    Test set of E. Alpaydin & C. Kaynak, *Optical Recognition of Handwritten Digits*, UCI Machine
    Learning Repository (1998), https://doi.org/10.24432/C50P49, licensed under CC BY 4.0; taken as
    it is distributed with scikit-learn, with nothing changed but the format of the file.

    Examples
    --------
    >>> import multispin as ms
    >>> images, labels = ms.datasets.digits()
    >>> images.shape, str(images.dtype), int(images.max()), labels[:5].tolist()
    ((1797, 8, 8), 'uint8', 16, [0, 1, 2, 3, 4])
    >>> spins, _ = ms.datasets.digits(binary=True)
    >>> for row in spins[0]:
    ...     print("".join("#" if spin > 0 else "-" for spin in row))
    ---##---
    --####--
    --#--#--
    --#-----
    -----#--
    --#--#--
    --#-##--
    ---##---
    """
    binary = checks.flag("binary", binary)
    with np.load(_FILE) as file:
        images, labels = file["images"], file["labels"].astype(np.int64)
    if binary:
        images = np.where(images > _LEVEL, 1, -1).astype(np.int8)
    return Digits(images, labels)
