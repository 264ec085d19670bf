"""Ctrl-C, held back for the moments in which it would lose results."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType


class Closable(Protocol):
    """What has to be closed."""

    def close(self) -> None:
        """Close it."""


Thing = TypeVar("Thing", bound=Closable)
Result = TypeVar("Result")


class HeldInterrupts:
    """Lets Ctrl-C through in some places and makes it wait everywhere else.

    What it breaks into can then be brought to an end in peace: once it has come through, there is
    no moment at which a second one could break into that too.
    """

    def __init__(self) -> None:
        self._handler = signal.getsignal(signal.SIGINT)
        self._waiting: tuple[int, FrameType | None] | None = None
        self._open = False
        self._raised = False

    @contextmanager
    def let_through(self) -> Iterator[None]:
        """Within the block, and if it waits at the beginning, Ctrl-C does what it always does."""
        self._open = not self._raised
        try:
            self._deliver()
            yield
        finally:
            self._open = False

    def _receive(self, number: int, frame: FrameType | None) -> None:
        self._waiting = self._waiting or (number, frame)
        if self._open:
            self._deliver()

    def _deliver(self) -> None:
        if self._waiting is not None and callable(self._handler) and not self._raised:
            waiting, self._waiting = self._waiting, None
            was_open, self._open = self._open, False
            self._raised = True
            self._handler(*waiting)
            self._raised, self._open = False, was_open  # it was a handler that does not raise


@contextmanager
def interrupts_held() -> Iterator[HeldInterrupts]:
    """Let Ctrl-C wait until the block has ended, and then do what it always does.

    If it was let through on the way and is on its way out as an exception, further ones are
    dropped. Signals reach the main thread only; elsewhere, and where nobody handles Ctrl-C in
    Python, the block runs as it is. Blocks may be nested.
    """
    held = HeldInterrupts()
    handler = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(handler):
        yield held
        return

    signal.signal(signal.SIGINT, held._receive)
    try:
        yield held
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, handler)
        raise
    except BaseException:
        signal.signal(signal.SIGINT, handler)
        held._deliver()
        raise
    signal.signal(signal.SIGINT, handler)
    held._deliver()


def closed_after(make: Callable[[], Thing], use: Callable[[Thing], Result]) -> Result:
    """Return ``use(make())``, and close what was made, whenever Ctrl-C comes.

    A ``with`` has moments in which it would be neither in the block nor closed.
    """
    with interrupts_held() as interrupts:
        thing = make()
        try:
            with interrupts.let_through():
                return use(thing)
        finally:
            thing.close()
