"""What a scene is: the part of a tab that computes, and how its commands are checked."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from multispin._base import checks

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

#: Seeds that a number of JavaScript holds.
MOST_SEED = 2**53 - 1

Action = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True)
class Options:
    """What the user said when the lab was started.

    Attributes
    ----------
    cache
        Folder for what takes long to make, or None.
    data
        File of the user's images, or None.
    threads
        Threads of the samplers; None takes as many as the process may use.
    seed
        Seed of scenes whose link has none.
    """

    cache: Path | None = None
    data: Path | None = None
    threads: int | None = None
    seed: int = 1


class Scene(Protocol):
    """A model that runs. Plain Python: no web, no thread of its own; the worker calls it.

    Made as ``Scene(options, state)``, of a `state` that an earlier one gave (a link has it; {} is
    a new one). What is wrong with a state is a TypeError or ValueError, as with a command.
    """

    name: ClassVar[str]
    title: ClassVar[str]

    def __init__(self, options: Options, state: Mapping[str, Any]) -> None: ...

    def handle(self, command: dict[str, Any]) -> None:
        """Do what the page asks: ``{"do": "set", "temperature": 2.3}``.

        Raises
        ------
        TypeError, ValueError
            If it makes no sense; the page shows the message, one line.
        """

    def step(self, budget: float) -> bool:
        """Work for about `budget` seconds; False if nothing is going on until the next command."""

    def frame(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Return what the page shows now: JSON, and arrays of uint8, float32 or int32.

        An entry ``link_lacks`` of the JSON is shown beside the button that copies the link, and
        when it is copied: what is seen that `state` does not hold, and how to keep it.
        """

    def state(self) -> dict[str, Any]:
        """Return what a link holds, small JSON: the seed and the settings."""

    def python(self) -> str:
        """Return the lines that do the same in a notebook."""

    def file(self) -> tuple[str, bytes]:
        """Return name and contents of the file that "save" downloads."""


def dispatch(command: Mapping[str, Any], actions: Mapping[str, Action]) -> None:
    """Call the action that ``command["do"]`` names, with the rest of the command.

    Raises
    ------
    TypeError, ValueError
        If there is none of this name; and what the action raises.
    """
    do = checks.choice("do", command.get("do"), tuple(actions))
    actions[do]({name: value for name, value in command.items() if name != "do"})


def number(name: str, value: object, least: float, most: float) -> float:
    """Return `value` as a float from `least` to `most`."""
    allowed = f"a number from {least:g} to {most:g}"
    found = checks.finite(name, value, allowed)
    if not least <= found <= most:
        raise ValueError(checks.describe(name, value, allowed))
    return found


def one_of(name: str, value: object, allowed: Sequence[int]) -> int:
    """Return `value` if it is one of a few integers."""
    listed = ", ".join(map(str, allowed))
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(checks.describe(name, value, listed))
    if value not in allowed:
        raise ValueError(checks.describe(name, value, listed))
    return value


class Rate:
    """How much is done a second, over the last seconds.

    Examples
    --------
    >>> rate = Rate()
    >>> rate.count(1000)
    >>> rate.per_second() > 0
    True
    """

    def __init__(self, window: float = 1.0) -> None:
        self._window = window
        self._began = time.perf_counter()
        self._done = 0.0
        self._known = 0.0

    def count(self, amount: float) -> None:
        """Add what has been done since the last call."""
        self._done += amount

    def per_second(self) -> float:
        """Return the rate over the last window that is whole; before there is one, so far."""
        now = time.perf_counter()
        elapsed = max(now - self._began, 1e-9)
        if elapsed >= self._window:
            self._known = self._done / elapsed
            self._began, self._done = now, 0.0
        return self._known or self._done / elapsed


def known(given: Mapping[str, Any], names: tuple[str, ...], of: str) -> None:
    """Refuse an entry of a command or a state that is not among `names`.

    Raises
    ------
    ValueError
        If there is one.
    """
    for name in given:
        if name not in names:
            raise ValueError(checks.describe(of, name, ", ".join(names)))
