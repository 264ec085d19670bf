"""Drawings as links and commands hold them: packed bits as text, and lists of cells."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks
from multispin.lab.scene import MOST_SEED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray


def text_of(bits: NDArray[np.bool_]) -> str:
    """Return bits as text: eight a byte, the first one highest, the last byte filled with 0."""
    return base64.b64encode(np.packbits(bits.ravel()).tobytes()).decode()


def bits_of(name: str, text: object, n: int) -> NDArray[np.bool_]:
    """Return the `n` bits that `text_of` made text of.

    Raises
    ------
    TypeError, ValueError
        If it is no text of so many bits.
    """
    allowed = f"{n} bits, packed, in base64"
    if not isinstance(text, str):
        raise TypeError(checks.describe(name, text, allowed))
    try:
        octets = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError(checks.describe(name, text, allowed)) from error
    if len(octets) != -(-n // 8):
        raise ValueError(checks.describe(name, text, allowed))
    return np.unpackbits(np.frombuffer(octets, np.uint8), count=n).astype(np.bool_)


def cells(name: str, given: object, n: int) -> NDArray[np.intp]:
    """Return a command's list of cells, integers from 0 to n − 1.

    Raises
    ------
    TypeError, ValueError
        If it is no such list.
    """
    allowed = f"a list of at most {n} integers from 0 to {n - 1}"
    if not isinstance(given, (list, tuple)):
        raise TypeError(checks.describe(name, given, allowed))
    if len(given) > n:
        raise ValueError(f"{name}: got {len(given)} cells, allowed: {allowed}")
    return np.array([checks.count(name, each, 0, n - 1) for each in given], dtype=np.intp)


def stroke(command: Mapping[str, Any], bits: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Turn the cells ``command["on"]`` on and ``command["off"]`` off; return all of them.

    Raises
    ------
    TypeError, ValueError
        If they are no lists of cells; nothing is changed then.
    """
    on, off = (cells(name, command.get(name, []), bits.size) for name in ("on", "off"))
    bits[on], bits[off] = True, False
    return np.concatenate([on, off])


def stroke_number(command: dict[str, Any], before: int) -> int:
    """Take the number of a stroke out of a command that has one; else return the one before.

    A frame says which stroke was the last to be seen: until it is the page's own last one, what the
    page shows of a drawing is newer than the frame.
    """
    if "stroke" not in command:
        return before
    return checks.count("stroke", command.pop("stroke"), 0, MOST_SEED)
