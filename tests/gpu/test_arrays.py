"""Arrays that go out to and come in from other libraries without passing through the host."""

from __future__ import annotations

import ctypes
import gc
from typing import Any

import numpy as np
import pytest

import multispin as ms


def sampler(shape: tuple[int, int] = (12, 378), **arguments: Any) -> ms.Sampler:
    arguments = {"device": "cuda", "replicas": 2, "seed": 1, **arguments}
    return ms.Sampler(ms.Ising(shape), **arguments)


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


def test_only_a_gpu_has_views() -> None:
    cpu = sampler(device="cpu")
    with pytest.raises(ValueError, match="copy: got False, allowed: True on the CPU"):
        cpu.packed(copy=False)


def test_dlpack_capsule() -> None:
    """Its fields, read as a consumer does."""
    spins = device(sampler().spins())
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


def test_dlpack_refuses_what_it_cannot_give() -> None:
    spins = device(sampler().spins())
    for wrong in ({"copy": True}, {"dl_device": (1, 0)}):
        with pytest.raises(BufferError, match="without a copy"):
            spins.__dlpack__(**wrong)
    for stream in (0, -2):
        with pytest.raises(ValueError, match="stream: got"):
            spins.__dlpack__(stream=stream)


def test_initial_spins_from_a_gpu_array() -> None:
    source = sampler()
    spins = device(source.spins())
    host = spins.copy_to_host()
    np.testing.assert_array_equal(device(sampler(init=spins, seed=2).spins()).copy_to_host(), host)
    one = Foreign(spins, shape=(12, 378), strides=None)
    got = device(sampler(init=one).spins()).copy_to_host()
    np.testing.assert_array_equal(got, np.stack([host[0], host[0]]))


def test_gpu_arrays_that_are_refused() -> None:
    spins = device(sampler().spins())
    host = np.ones(2 * 12 * 378, np.int8)
    wrong: list[tuple[Any, type[Exception], str]] = [
        (Foreign(spins, typestr="<f4"), TypeError, "init: got a GPU array of dtype float32"),
        (Foreign(spins, shape=(378, 12)), ValueError, "init: got .*of shape"),
        (Foreign(spins, strides=(1, 2, 24)), ValueError, "init: got .*of strides"),
        (Foreign(spins, mask=spins), ValueError, "init: got a masked GPU array"),
        (Foreign(spins, data=(host.ctypes.data, False)), ValueError, "not .or no longer. a GPU's"),
        (Foreign(device(sampler().packed()), typestr="|i1"), ValueError, "init: got"),
    ]
    for array, error, message in wrong:
        with pytest.raises(error, match=message):
            sampler(init=array)
    with pytest.raises(TypeError, match="init: got a GPU array for a sampler on the CPU"):
        sampler(init=spins, device="cpu")


def test_other_values_than_one_are_refused() -> None:
    words = device(sampler().packed())
    as_spins = Foreign(words, typestr="|i1", shape=(12, 378), strides=None)
    with pytest.raises(ValueError, match="init: got an array with .* other values"):
        sampler(init=as_spins)


@pytest.mark.usefixtures("emulated")
def test_an_array_on_another_device_is_refused() -> None:
    spins = device(sampler(device="cuda:1").spins())
    assert spins.device == "cuda:1"
    with pytest.raises(ValueError, match="got an array on cuda:1, allowed: one on cuda:0"):
        sampler(init=spins)


@pytest.mark.usefixtures("emulated")
def test_an_array_that_was_freed_is_refused() -> None:
    spins = device(sampler().spins())
    dangling = spins.__cuda_array_interface__

    class Dangling:
        __cuda_array_interface__ = dangling

    del spins
    gc.collect()
    with pytest.raises(ValueError, match="not .or no longer. a GPU's"):
        sampler(init=Dangling())


@pytest.mark.usefixtures("real")
def test_cupy_takes_and_gives() -> None:
    cupy = pytest.importorskip("cupy")
    one = sampler()
    one.sweep(2)
    spins = device(one.spins())
    host = spins.copy_to_host()
    np.testing.assert_array_equal(cupy.asnumpy(cupy.asarray(spins)), host)
    np.testing.assert_array_equal(cupy.asnumpy(cupy.from_dlpack(spins)), host)
    np.testing.assert_array_equal(
        cupy.asnumpy(cupy.asarray(one.packed(copy=False))), device(one.packed()).copy_to_host()
    )
    again = sampler(init=cupy.asarray(host))
    np.testing.assert_array_equal(device(again.spins()).copy_to_host(), host)
    with pytest.raises(TypeError, match="of dtype float32"):
        sampler(init=cupy.ones((12, 378), cupy.float32))


@pytest.mark.usefixtures("real")
def test_torch_takes_and_gives() -> None:
    torch = pytest.importorskip("torch")
    one = sampler()
    one.sweep(2)
    spins = device(one.spins())
    host = spins.copy_to_host()
    taken = torch.from_dlpack(spins)
    np.testing.assert_array_equal(taken.cpu().numpy(), host)
    del spins
    gc.collect()
    np.testing.assert_array_equal(taken.cpu().numpy(), host)
    again = sampler(init=torch.from_numpy(host).cuda())
    np.testing.assert_array_equal(device(again.spins()).copy_to_host(), host)
