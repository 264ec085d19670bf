"""What this installation is and what it uses."""

from __future__ import annotations

from typing import Any

from multispin import _core
from multispin._engines import devices

__all__ = ["__version__", "info"]

__version__ = _core.__version__


def info() -> dict[str, Any]:
    """Instruction sets, threads, devices, generators and build of this installation.

    Returns
    -------
    dict
        ``version``; ``instruction_set`` (``used``, and ``available``, slowest first; the
        environment variable ``MULTISPIN_ISA`` forces one); ``threads`` (the default number);
        ``devices``, the names that ``device=`` takes here; ``cuda`` (whether the GPU engines are
        built, why no GPU can be used, the CUDA version they are linked with and the driver's, and
        the GPUs); ``generators`` (planes compared for every spin, and planes of the tail that
        makes probabilities exact to 2**-(planes + tail)); ``compiler``.

    Raises
    ------
    ValueError
        If ``MULTISPIN_ISA`` names an instruction set that cannot run here.

    Examples
    --------
    >>> import multispin as ms
    >>> "portable" in ms.info()["instruction_set"]["available"]
    True
    """
    cuda = devices.describe()
    return {
        "version": __version__,
        "instruction_set": {"used": _core.selected_isa(), "available": _core.available_isas()},
        "threads": _core.default_threads(),
        "devices": [
            "cpu",
            *(
                f"cuda:{index}"
                for index, device in enumerate(cuda["devices"])
                if not device["unusable_because"]
            ),
        ],
        "cuda": cuda,
        "generators": {
            "aes": {
                "planes": _core.AES_PLANES,
                "tail_planes": _core.TAIL_PLANES,
                "key_rounds": _core.AES_KEY_ROUNDS,
                "start_rounds": _core.AES_START_ROUNDS,
            },
            "philox": {
                "planes": _core.PHILOX_PLANES,
                "tail_planes": _core.TAIL_PLANES,
                "rounds": _core.PHILOX_ROUNDS,
            },
        },
        "compiler": _core.compiler(),
    }
