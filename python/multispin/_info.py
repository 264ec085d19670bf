"""What this installation is and what it uses."""

from __future__ import annotations

from typing import Any

from multispin import _core

__all__ = ["info"]


def info() -> dict[str, Any]:
    """Instruction sets, threads, devices, generators and build of this installation.

    Returns
    -------
    dict
        ``version``; ``instruction_set`` (``used``, and ``available``, slowest first; the
        environment variable ``MULTISPIN_ISA`` forces one); ``threads`` (the default number);
        ``devices``; ``generators`` (planes compared for every spin, and planes of the tail that
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
    planes = {"planes": _core.COARSE_PLANES, "tail_planes": _core.TAIL_PLANES}
    return {
        "version": _core.__version__,
        "instruction_set": {"used": _core.selected_isa(), "available": _core.available_isas()},
        "threads": _core.default_threads(),
        "devices": ["cpu"],
        "generators": {
            "aes": {**planes, "rounds_between_planes": 2, "rounds_of_counter": 3},
            "philox": {**planes, "rounds": 7},
        },
        "compiler": _core.compiler(),
    }
