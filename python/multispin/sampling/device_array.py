"""Arrays in a GPU's memory, for CuPy, PyTorch and others to take without a copy."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from multispin._base import checks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

__all__ = ["DeviceArray"]

_KDLCUDA = 2  # DLPack's number for a CUDA device
_LEGACY_DEFAULT_STREAM = 1
_NO_SYNCHRONISATION = -1


class DeviceArray:
    """An array in the memory of a GPU, as :class:`~multispin.Sampler` hands it out.

    It does no arithmetic: give it to a library that does. Nothing is copied on the way, and the
    memory lives as long as anybody has it::

        cupy.asarray(array)  # through __cuda_array_interface__
        torch.from_dlpack(array)  # through DLPack

    Whoever takes it waits, on the GPU, for the sampler's sweeps so far. The sampler does not wait
    for others in turn: finish with an array that shows the sampler's own memory
    (``packed(copy=False)``) before the next sweep.
    """

    def __init__(self, handle: Any) -> None:
        self._handle = handle

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each axis."""
        shape: tuple[int, ...] = self._handle.shape
        return shape

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of items."""
        return math.prod(self.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """``int8`` or ``uint64``."""
        dtype: np.dtype[Any] = np.dtype(self._handle.dtype)
        return dtype

    @property
    def device(self) -> str:
        """``"cuda:<index>"``."""
        return f"cuda:{self._handle.device}"

    def __len__(self) -> int:
        return self.shape[0]

    def __repr__(self) -> str:
        return f"DeviceArray(shape={self.shape}, dtype={self.dtype}, device={self.device!r})"

    def copy_to_host(self) -> NDArray[Any]:
        """Return a copy as a NumPy array."""
        array: NDArray[Any] = self._handle.copy_to_host()
        return array

    def __array__(self, *_: object, **__: object) -> NoReturn:
        raise TypeError(
            f"a DeviceArray is in the memory of {self.device}: copy_to_host() makes a NumPy array"
        )

    def __dlpack_device__(self) -> tuple[int, int]:
        """Return DLPack's device type (CUDA) and the device's index."""
        return _KDLCUDA, self._handle.device

    def __dlpack__(
        self,
        *,
        stream: int | None = None,
        max_version: tuple[int, int] | None = None,
        dl_device: tuple[int, int] | None = None,
        copy: bool | None = None,
    ) -> Any:
        """Return a DLPack capsule, as the Python array API standard says.

        Parameters
        ----------
        stream
            The CUDA stream on which the array is going to be used: a handle, 1 (or None) for the
            legacy default stream, 2 for that of the thread, -1 for no synchronisation.
        max_version, dl_device, copy
            What the consumer would like. It is always this device and never a copy.

        Raises
        ------
        BufferError
            If a copy or another device is asked for.
        ValueError
            For a stream of 0 or below -1.
        """
        if copy or (dl_device is not None and tuple(dl_device) != self.__dlpack_device__()):
            raise BufferError(
                f"DLPack: got dl_device={dl_device}, copy={copy}, allowed: this device "
                f"{self.__dlpack_device__()} without a copy"
            )
        if stream is None:
            stream = _LEGACY_DEFAULT_STREAM
        if stream == 0 or stream < _NO_SYNCHRONISATION:
            raise ValueError(checks.describe("stream", stream, "-1, 1, 2, or a stream's handle"))
        if stream != _NO_SYNCHRONISATION:
            self._handle.order_before(stream)
        return self._handle.dlpack()

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]:
        """Numba's CUDA array interface, version 3; the contents are there when it is returned."""
        self._handle.synchronize()
        item = self.dtype.itemsize
        return {
            "shape": self.shape,
            "strides": tuple(item * stride for stride in self._handle.strides),
            "typestr": self.dtype.str,
            "data": (self._handle.pointer, False),
            "version": 3,
            "stream": None,
        }


def on_host(array: NDArray[Any] | DeviceArray) -> NDArray[Any]:
    """Return an array in the host's memory: as it is, or a copy of one on a GPU."""
    return array.copy_to_host() if isinstance(array, DeviceArray) else array


def is_foreign(value: object) -> bool:
    """Whether `value` is an array on a GPU, of whatever library."""
    return hasattr(value, "__cuda_array_interface__")


def foreign_spins(
    name: str, value: Any, shapes: tuple[tuple[int, ...], ...]
) -> tuple[int, tuple[int, ...], int | None, bool]:
    """Return an int8 array on a GPU: pointer, shape, stream, and whether it tells its stream.

    The stream is that on which the array is being filled, None if it is there already. Before
    version 3 the interface has no word for it (PyTorch's has not).

    Raises
    ------
    TypeError
        If it is of another dtype.
    ValueError
        If it has another shape, is masked, or not contiguous in C order.
    """
    interface: Mapping[str, Any] = value.__cuda_array_interface__
    allowed = f"allowed: a C-contiguous int8 array of shape {' or '.join(map(str, shapes))}"
    dtype = np.dtype(interface["typestr"])
    if dtype != np.int8:
        raise TypeError(f"{name}: got a GPU array of dtype {dtype}, {allowed}")
    shape = tuple(interface["shape"])
    if shape not in shapes:
        raise ValueError(f"{name}: got a GPU array of shape {shape}, {allowed}")
    strides = interface.get("strides")
    contiguous = tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))
    if strides is not None and any(
        length > 1 and stride != expected
        for length, stride, expected in zip(shape, strides, contiguous, strict=True)
    ):
        raise ValueError(f"{name}: got a GPU array of strides {strides}, {allowed}")
    if interface.get("mask") is not None:
        raise ValueError(f"{name}: got a masked GPU array, {allowed}")
    return interface["data"][0], shape, interface.get("stream"), "stream" in interface
