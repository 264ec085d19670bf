"""Arrays that go out to and come in from other libraries without passing through the host."""

from __future__ import annotations

import ctypes
import gc
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import multispin as ms

if TYPE_CHECKING:
    from collections.abc import Callable


def sampler(**arguments: Any) -> ms.Sampler:
    arguments = {"device": "cuda", "replicas": 2, "seed": 1, "engine": "lattice", **arguments}
    return ms.Sampler(ms.Ising((12, 378)), **arguments)


@pytest.fixture(params=["lattice", "replica"])
def make(request: pytest.FixtureRequest) -> Callable[..., ms.Sampler]:
    """Return what makes samplers of one engine."""
    return partial(sampler, engine=request.param)


class Foreign:
    """An array of another library, as far as its interface tells."""

    def __init__(self, array: ms.DeviceArray, **changes: Any) -> None:
        self.array = array
        self.__cuda_array_interface__ = {**array.__cuda_array_interface__, **changes}


def device(array: object) -> ms.DeviceArray:
    assert isinstance(array, ms.DeviceArray)
    return array


def test_what_an_array_says_of_itself() -> None:
    spins, packed = device(sampler().spins()), device(sampler().packed())
    assert repr(spins) == "DeviceArray(shape=(2, 12, 378), dtype=int8, device='cuda:0')"
    assert (spins.ndim, spins.size, len(spins)) == (3, 2 * 12 * 378, 2)
    assert packed.shape == (2, 2, 12, 3)
    assert packed.dtype == np.uint64
    assert spins.__dlpack_device__() == (2, 0)
    interface = packed.__cuda_array_interface__
    assert interface["strides"] == (2 * 12 * 4 * 8, 12 * 4 * 8, 4 * 8, 8)
    assert interface["typestr"] == "<u8"
    with pytest.raises(TypeError, match="copy_to_host"):
        np.asarray(spins)


def test_what_an_array_of_replicas_says_of_itself() -> None:
    model = ms.EdwardsAnderson((3, 4, 5), samples=2)
    one = ms.Sampler(model, replicas=40, device="cuda")
    spins, packed = device(one.spins()), device(one.packed())
    assert repr(spins) == "DeviceArray(shape=(2, 40, 3, 4, 5), dtype=int8, device='cuda:0')"
    assert repr(packed) == "DeviceArray(shape=(60, 2), dtype=uint64, device='cuda:0')"
    interface = spins.__cuda_array_interface__
    assert interface["strides"] == (40 * 60, 60, 20, 5, 1)
    assert interface["typestr"] == "|i1"
    assert packed.__cuda_array_interface__["strides"] == (2 * 8, 8)
    before = spins.copy_to_host(), packed.copy_to_host()
    one.sweep(2)
    for array, kept in zip((spins, packed), before, strict=True):
        np.testing.assert_array_equal(array.copy_to_host(), kept)
        assert (
            device(getattr(one, "spins" if array is spins else "packed")()).copy_to_host() != kept
        ).any()
    del one
    gc.collect()
    np.testing.assert_array_equal(spins.copy_to_host(), before[0])


def test_a_copy_stays_and_a_view_does_not() -> None:
    one = sampler()
    copy, view = device(one.packed()), device(one.packed(copy=False))
    before = copy.copy_to_host()
    np.testing.assert_array_equal(before, view.copy_to_host())
    one.sweep(3)
    np.testing.assert_array_equal(before, copy.copy_to_host())
    assert (view.copy_to_host() != before).any()
    del one
    gc.collect()
    assert view.copy_to_host().shape == before.shape  # its memory has outlived the sampler


def test_only_lattices_on_a_gpu_have_views() -> None:
    message = "copy: got False, allowed: True on the CPU and with the replica engine"
    for one in (sampler(device="cpu"), sampler(engine="replica")):
        with pytest.raises(ValueError, match=message):
            one.packed(copy=False)


def test_dlpack_capsule(make: Callable[..., ms.Sampler]) -> None:
    """Its fields, read as a consumer does."""
    spins = device(make().spins())
    capsule = spins.__dlpack__(stream=-1)
    get = ctypes.pythonapi.PyCapsule_GetPointer
    get.restype, get.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    pointer = get(capsule, b"dltensor")
    data, kind, index, ndim = (
        ctypes.c_uint64.from_address(pointer).value,
        ctypes.c_int32.from_address(pointer + 8).value,
        ctypes.c_int32.from_address(pointer + 12).value,
        ctypes.c_int32.from_address(pointer + 16).value,
    )
    code, bits, lanes = (ctypes.c_uint8 * 4).from_address(pointer + 20)[:3]
    shape = (ctypes.c_int64 * 3).from_address(ctypes.c_uint64.from_address(pointer + 24).value)
    strides = (ctypes.c_int64 * 3).from_address(ctypes.c_uint64.from_address(pointer + 32).value)
    assert data == spins.__cuda_array_interface__["data"][0]
    assert (kind, index, ndim) == (2, 0, 3)
    assert (code, bits, lanes) == (0, 8, 1)
    assert tuple(shape) == (2, 12, 378)
    assert tuple(strides) == (12 * 378, 378, 1)


def test_dlpack_refuses_what_it_cannot_give(make: Callable[..., ms.Sampler]) -> None:
    spins = device(make().spins())
    for wrong in ({"copy": True}, {"dl_device": (1, 0)}):
        with pytest.raises(BufferError, match="without a copy"):
            spins.__dlpack__(**wrong)
    for stream in (0, -2):
        with pytest.raises(ValueError, match="stream: got"):
            spins.__dlpack__(stream=stream)


def test_initial_spins_from_a_gpu_array(make: Callable[..., ms.Sampler]) -> None:
    source = make()
    spins = device(source.spins())
    host = spins.copy_to_host()
    np.testing.assert_array_equal(device(make(init=spins, seed=2).spins()).copy_to_host(), host)
    one = Foreign(spins, shape=(12, 378), strides=None)
    got = device(make(init=one).spins()).copy_to_host()
    np.testing.assert_array_equal(got, np.stack([host[0], host[0]]))


def test_gpu_arrays_that_are_refused(make: Callable[..., ms.Sampler]) -> None:
    spins = device(make().spins())
    host = np.ones(2 * 12 * 378, np.int8)
    wrong: list[tuple[Any, type[Exception], str]] = [
        (Foreign(spins, typestr="<f4"), TypeError, "init: got a GPU array of dtype float32"),
        (Foreign(spins, shape=(378, 12)), ValueError, "init: got .*of shape"),
        (Foreign(spins, strides=(1, 2, 24)), ValueError, "init: got .*of strides"),
        (Foreign(spins, mask=spins), ValueError, "init: got a masked GPU array"),
        (Foreign(spins, data=(host.ctypes.data, False)), ValueError, "not .or no longer. a GPU's"),
        (Foreign(device(make().packed()), typestr="|i1"), ValueError, "init: got"),
    ]
    for array, error, message in wrong:
        with pytest.raises(error, match=message):
            make(init=array)
    with pytest.raises(TypeError, match="init: got a GPU array for a sampler on the CPU"):
        make(init=spins, device="cpu")


def test_other_values_than_one_are_refused(make: Callable[..., ms.Sampler]) -> None:
    words = device(make().packed())
    as_spins = Foreign(words, typestr="|i1", shape=(12, 378), strides=None)
    with pytest.raises(ValueError, match="init: got an array with .* other values"):
        make(init=as_spins)


@pytest.mark.usefixtures("emulated")
def test_an_array_on_another_device_is_refused(make: Callable[..., ms.Sampler]) -> None:
    spins = device(make(device="cuda:1").spins())
    assert spins.device == "cuda:1"
    with pytest.raises(ValueError, match="got an array on cuda:1, allowed: one on cuda:0"):
        make(init=spins)


@pytest.mark.usefixtures("emulated")
def test_an_array_that_was_freed_is_refused(make: Callable[..., ms.Sampler]) -> None:
    spins = device(make().spins())
    dangling = spins.__cuda_array_interface__

    class Dangling:
        __cuda_array_interface__ = dangling

    del spins
    gc.collect()
    with pytest.raises(ValueError, match="not .or no longer. a GPU's"):
        make(init=Dangling())
