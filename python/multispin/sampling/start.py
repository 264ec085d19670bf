"""The state a sampler starts from: a name, or spins of the host's or of a GPU's memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks
from multispin.sampling.device_array import foreign_spins, is_foreign

if TYPE_CHECKING:
    from collections.abc import Callable

_NAMES = ("random", "up", "down")


def checked_start(
    init: object,
    one: tuple[int, ...],
    lead: tuple[int, ...],
    gpu: int | None,
    name: str = "init",
) -> Callable[[Any], None]:
    """Return what puts an engine into the state `init`.

    Parameters
    ----------
    init
        What the user gave.
    one, lead
        Shape of one configuration, and of the axes of replicas in front of it.
    gpu
        The number of the engine's GPU, None on the CPU.
    name
        What the argument is called, for messages.

    Raises
    ------
    TypeError, ValueError
        If it is no start; the message says what is allowed.
    """
    if isinstance(init, str):
        return _named(checks.choice(name, init, _NAMES))
    all_of_them = (*lead, *one)
    if is_foreign(init) and gpu is not None:
        given = foreign_spins(name, init, (one, all_of_them))
        return lambda engine: engine.set_device_spins(*given)
    allowed = f"'random', 'up', 'down', or an array of +1 and -1 of shape {one} or {all_of_them}"
    if is_foreign(init):
        raise TypeError(f"{name}: got a GPU array for a sampler on the CPU, allowed: {allowed}")
    if not isinstance(init, np.ndarray):
        raise TypeError(checks.describe(name, init, allowed))
    init = checks.array(name, init)
    if init.shape not in (all_of_them, one):
        raise ValueError(f"{name}: got an array of shape {init.shape}, allowed: {allowed}")
    if init.dtype.kind not in "iuf" or not bool(np.all((init == 1) | (init == -1))):
        raise ValueError(f"{name}: got an array with other values, allowed: {allowed}")
    spins = np.ascontiguousarray(np.broadcast_to(init, all_of_them), dtype=np.int8)
    return lambda engine: engine.set_spins(spins.reshape(-1, *one))


def _named(name: str) -> Callable[[Any], None]:
    if name == "random":
        return lambda engine: engine.randomize()
    return lambda engine: engine.fill(up=name == "up")
