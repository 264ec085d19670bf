"""Binary frames: a header of JSON and arrays, as the page reads them without copying.

A frame is a little-endian uint32, the length of the header in bytes; the header, UTF-8; zeros up to
the next multiple of 8; and the arrays, each at a multiple of 8, little-endian, in row-major order.
``header["arrays"]`` lists them: name, dtype, shape, and offset, counted from where the arrays
begin.
"""

from __future__ import annotations

import json
import math
import struct
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

#: What JavaScript has typed arrays for, and scenes need.
DTYPES = ("uint8", "float32", "int32")
_ALIGNMENT = 8


def pack(header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Return one frame.

    Raises
    ------
    TypeError
        If an array is of another dtype than uint8, float32 or int32.
    ValueError
        If the header has numbers that are not finite, which JSON does not know, or an entry
        "arrays" of its own.

    Examples
    --------
    >>> import numpy as np
    >>> frame = pack({"sweeps": 3}, {"m": np.float32([0.5, 0.25])})
    >>> header, arrays = unpack(frame)
    >>> header["sweeps"], arrays["m"].tolist()
    (3, [0.5, 0.25])
    """
    if "arrays" in header:
        raise ValueError("header: got an entry 'arrays', allowed: none, as the frame has it")
    listed, parts, offset = [], [], 0
    for name, array in arrays.items():
        if array.dtype.name not in DTYPES:
            allowed = ", ".join(DTYPES)
            raise TypeError(f"arrays: got {name} of {array.dtype}, allowed: {allowed}")
        data = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False)
        listed.append(
            {"name": name, "dtype": array.dtype.name, "shape": array.shape, "offset": offset}
        )
        parts += [data.tobytes(), bytes(-data.nbytes % _ALIGNMENT)]
        offset += data.nbytes + len(parts[-1])
    text = json.dumps({**header, "arrays": listed}, allow_nan=False).encode()
    return b"".join(
        [struct.pack("<I", len(text)), text, bytes(-(4 + len(text)) % _ALIGNMENT), *parts]
    )


def unpack(frame: bytes) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return header and arrays of a frame.

    Raises
    ------
    ValueError
        If it is none.
    """
    try:
        (length,) = struct.unpack_from("<I", frame)
        header = json.loads(frame[4 : 4 + length])
        start = 4 + length + -(4 + length) % _ALIGNMENT
        arrays = {}
        for one in header.pop("arrays"):
            count = math.prod(one["shape"])
            dtype = np.dtype(checks.choice("dtype", one["dtype"], DTYPES)).newbyteorder("<")
            array = np.frombuffer(frame, dtype, count, start + one["offset"])
            arrays[one["name"]] = array.reshape(one["shape"])
    except (struct.error, LookupError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(checks.describe("frame", frame, "what pack returns")) from error
    return header, arrays
