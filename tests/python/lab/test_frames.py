"""Frames: what goes in comes out, where JavaScript can read it in place."""

from __future__ import annotations

import json
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from multispin.lab.frames import DTYPES, pack, unpack

headers = st.dictionaries(
    st.text(max_size=9).filter(lambda name: name != "arrays"),
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=9) | st.lists(st.integers(), max_size=3),
    max_size=4,
)  # fmt: skip
shapes = st.lists(st.integers(0, 5), max_size=3)
arrays = st.dictionaries(
    st.text(max_size=9), st.tuples(st.sampled_from(DTYPES), shapes), max_size=4
)


@given(headers, arrays)
def test_round_trip(header: dict[str, object], kinds: dict[str, tuple[str, list[int]]]) -> None:
    rng = np.random.default_rng(1)
    given = {
        name: rng.integers(0, 256, shape).astype(dtype) for name, (dtype, shape) in kinds.items()
    }
    frame = pack(header, given)
    found_header, found = unpack(frame)
    assert found_header == header
    assert list(found) == list(given)
    for name, array in given.items():
        assert found[name].dtype == array.dtype
        assert found[name].shape == array.shape
        assert (found[name] == array).all()


@given(headers, arrays)
def test_arrays_lie_at_multiples_of_8(
    header: dict[str, object], kinds: dict[str, tuple[str, list[int]]]
) -> None:
    frame = pack(header, {name: np.ones(shape, dtype) for name, (dtype, shape) in kinds.items()})
    (length,) = struct.unpack_from("<I", frame)
    start = -(-(4 + length) // 8) * 8
    assert len(frame) % 8 == 0
    assert not any(frame[4 + length : start])
    for one in json.loads(frame[4 : 4 + length])["arrays"]:
        assert (start + one["offset"]) % 8 == 0
        size = int(np.prod(one["shape"])) * np.dtype(one["dtype"]).itemsize
        assert start + one["offset"] + size <= len(frame)


def test_arrays_in_any_memory_order() -> None:
    array = np.arange(12, dtype=np.int32).reshape(3, 4)
    _, found = unpack(pack({}, {"t": array.T, "s": array[:, ::2], "b": array.astype(">i4")}))
    assert (found["t"] == array.T).all()
    assert (found["s"] == array[:, ::2]).all()
    assert (found["b"] == array).all()


def test_what_the_page_cannot_read_is_refused() -> None:
    with pytest.raises(TypeError, match="m of float64"):
        pack({}, {"m": np.zeros(3)})
    with pytest.raises(ValueError, match="JSON"):
        pack({"m": float("nan")}, {})
    with pytest.raises(ValueError, match="arrays"):
        pack({"arrays": []}, {})


@pytest.mark.parametrize("frame", [b"", b"\1\0\0\0", b"\2\0\0\0{}", b"\xff\xff\xff\xff{}"])
def test_no_frame(frame: bytes) -> None:
    with pytest.raises(ValueError, match="frame: got"):
        unpack(frame)


def test_a_frame_that_is_cut_is_none() -> None:
    frame = pack({"a": 1}, {"m": np.arange(8, dtype=np.uint8)})
    for end in range(len(frame)):
        with pytest.raises(ValueError, match="frame: got"):
            unpack(frame[:end])
