"""Devices: which there are, which one a sampler gets, and why not another.

The engines for GPUs are a compiled module of their own, ``_cuda``, which loads without a driver and
is missing from a build that had no nvcc.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from multispin import _core
from multispin._base import checks
from multispin.errors import DeviceError

if TYPE_CHECKING:
    from types import ModuleType

    from multispin._engines.base import Engine, Request

#: `device="auto"` takes a GPU for this many spins or more, over all replicas. For fewer, starting
#: kernels is expected to take longer than running them.
AUTO_SPINS = 2**22
#: The same for the weights of a machine of two layers, with a hundred chains or more.
AUTO_WEIGHTS = 2**16

_NAME = re.compile(r"cuda(?::([0-9]{1,4}))?")
_ALLOWED = "'auto', 'cpu', 'cuda', or 'cuda:<index>'"

#: Reasons that a machine has for good: `device="auto"` takes the CPU then. Any other, such as a
#: driver that does not answer, is an error, since the GPU may have been counted on.
_ABSENT = ("not built", "no driver", "no device", "unsupported architecture")


def cuda_module() -> ModuleType:
    """Return the compiled module of the GPU engines.

    Raises
    ------
    DeviceError
        If this build has none, or it cannot be loaded.
    """
    try:
        import multispin._cuda as module  # not "from": that would not say that there is none
    except ModuleNotFoundError as error:
        raise DeviceError(
            "not built: this build of multispin has no CUDA engines (pip builds them where nvcc is "
            "found; the CMake option MULTISPIN_CUDA=ON insists)"
        ) from error
    except ImportError as error:
        raise DeviceError(f"the CUDA engines cannot be loaded: {error}") from error
    return module


def why_not(index: int = 0) -> str:
    """Return why GPU number `index` cannot be used, or nothing if it can."""
    try:
        cuda_module().demand_device(index)
    except DeviceError as error:
        return str(error)
    return ""


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
        reason = why_not(index)
        if reason:
            raise DeviceError(f"device: got {device!r}, but {reason}; 'cpu' always works")


def check_name(device: object) -> None:
    """Refuse what is no name of a device, whether there is one here or not.

    Raises
    ------
    TypeError, ValueError
        For anything but a device's name.
    """
    _index(device)


def choose(device: str, rng: str, spins: int, at_once: int) -> int | None:
    """Return the number of the GPU that runs `spins` spins, or None for the CPU.

    ``"auto"`` takes the first GPU if the work is worth it and the spins that are held `at_once` fit
    its memory.

    Raises
    ------
    DeviceError
        If ``"auto"`` finds a GPU that should work and does not.
    """
    if device != "auto":
        return _index(device)
    # AES has instructions on CPUs only.
    if rng == "aes" or spins < AUTO_SPINS:
        return None
    if not _first_works():
        return None
    # A byte holds eight spins; rows of three words take the room of four.
    return 0 if at_once / 6 < cuda_module().free_memory(0) else None


def choose_for_weights(device: object, weights: int) -> int | None:
    """Return the number of the GPU that a machine of so many weights gets, or None for the CPU.

    ``"auto"`` takes the first GPU if the work is worth it.

    Raises
    ------
    TypeError, ValueError, DeviceError
        As :func:`check`, and if ``"auto"`` finds a GPU that should work and does not.
    """
    check(device)
    if device != "auto":
        return _index(device)
    return 0 if weights >= AUTO_WEIGHTS and _first_works() else None


def placed(request: Request, device: str, kind: type[Engine]) -> Request:
    """Return a request of a kind of engine that says where it runs and which generator it has.

    Raises
    ------
    DeviceError
        As :func:`choose`.
    """
    gpu = choose(device_for(kind, device), request.rng, request.spins, request.spins)
    rng = request.rng
    if rng == "auto":
        rng = "aes" if gpu is None else "philox"
    return replace(request, gpu=gpu, rng=rng)


def device_for(kind: type[Engine], device: str) -> str:
    """Return what ``"auto"`` means for an engine: the CPU if it runs on nothing else."""
    return "cpu" if device == "auto" and not kind.on_gpu else device


def check_isa() -> None:
    """Refuse an instruction set that cannot run here.

    Raises
    ------
    ValueError
        If ``MULTISPIN_ISA`` names one.
    """
    _core.selected_isa()


def resolve(device: str, rng: str, spins: int, at_once: int) -> str:
    """Return the name of the device that :func:`choose` chooses."""
    index = choose(device, rng, spins, at_once)
    return "cpu" if index is None else f"cuda:{index}"


def describe() -> dict[str, Any]:
    """Return what :func:`multispin.info` says of GPUs."""
    reason = why_not()
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
            "unusable_because": why_not(device.index),
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


def _first_works() -> bool:
    reason = why_not()
    if reason and not reason.startswith(_ABSENT):
        raise DeviceError(f"device: got 'auto', but {reason}; 'cpu' always works")
    return not reason


def _index(device: object) -> int | None:
    if not isinstance(device, str):
        raise TypeError(checks.describe("device", device, _ALLOWED))
    if device in ("auto", "cpu"):
        return None
    match = _NAME.fullmatch(device)
    if match is None:
        raise ValueError(checks.describe("device", device, _ALLOWED))
    return int(match[1] or 0)


def _version(number: int) -> str | None:
    return f"{number // 1000}.{number % 1000 // 10}" if number else None
