"""Devices: which there are, which one a sampler gets, and why not another.

The engines for GPUs are a compiled module of their own, ``_cuda``, which loads without a driver and
is missing from a build that had no nvcc.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from multispin import _checks
from multispin.errors import DeviceError

if TYPE_CHECKING:
    from types import ModuleType

#: `device="auto"` takes a GPU for this many spins or more, over all replicas. For fewer, starting
#: kernels takes longer than running them.
AUTO_SPINS = 2**22

_NAME = re.compile(r"cuda(?::(\d{1,4}))?")
_ALLOWED = "'auto', 'cpu', 'cuda', or 'cuda:<index>'"


def cuda_module() -> ModuleType:
    """Return the compiled module of the GPU engines.

    Raises
    ------
    DeviceError
        If this build has none, or it cannot be loaded.
    """
    try:
        from multispin import _cuda
    except ModuleNotFoundError as error:
        raise DeviceError(
            "device: not built: this build of multispin has no CUDA engines (they are built where "
            "nvcc is found; the CMake option MULTISPIN_CUDA=ON insists)"
        ) from error
    except ImportError as error:
        raise DeviceError(f"device: the CUDA engines cannot be loaded: {error}") from error
    return _cuda


def why_no_cuda() -> str:
    """Return why no GPU can be used, or nothing if one can."""
    try:
        reason: str = cuda_module().why_unavailable()
    except DeviceError as error:
        return str(error).removeprefix("device: ")
    return reason


def check(device: object) -> None:
    """Refuse what is no name of a device, and a GPU that cannot be used.

    Raises
    ------
    TypeError, ValueError
        For anything but a device's name.
    DeviceError
        For a GPU that cannot be used: not built, no driver, no device, no device of this number,
        or an architecture that this build does not support.
    """
    index = _index(device)
    if index is not None:
        cuda_module().demand_device(index)


def choose(device: str, rng: str, spins: int) -> int | None:
    """Return the number of the GPU that runs `spins` spins, or None for the CPU."""
    if device != "auto":
        return _index(device)
    # AES has instructions on CPUs only.
    if rng == "aes" or spins < AUTO_SPINS or why_no_cuda():
        return None
    return 0


def describe() -> dict[str, Any]:
    """Return what :func:`multispin.info` says of GPUs."""
    reason = why_no_cuda()
    try:
        module = cuda_module()
    except DeviceError:
        return {"built": False, "unavailable_because": reason, "devices": []}
    devices = [
        {
            "name": device.name,
            "compute_capability": f"{device.major}.{device.minor}",
            "multiprocessors": device.multiprocessors,
            "memory_bytes": device.memory,
        }
        for device in module.devices()
    ]
    return {
        "built": True,
        "unavailable_because": reason,
        "runtime": _version(module.runtime_version()),
        "driver": _version(module.driver_version()),
        "devices": devices,
    }


def _index(device: object) -> int | None:
    if not isinstance(device, str):
        raise TypeError(_checks.describe("device", device, _ALLOWED))
    if device in ("auto", "cpu"):
        return None
    match = _NAME.fullmatch(device)
    if match is None:
        raise ValueError(_checks.describe("device", device, _ALLOWED))
    return int(match[1] or 0)


def _version(number: int) -> str | None:
    return f"{number // 1000}.{number % 1000 // 10}" if number else None
