"""Ctrl-C, held back for the moments in which it would lose results."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType


class Closable(Protocol):
    """What has to be closed."""

    def close(self) -> None:
        """Close it."""


Thing = TypeVar("Thing", bound=Closable)
Result = TypeVar("Result")


#: What Ctrl-C did before each of the blocks that it waits for, outermost first.
_handlers: list[Any] = []


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
    _handlers.append(handler)
    try:
        yield held
    except KeyboardInterrupt:
        _restore(held, handler)
        raise
    except BaseException:
        _restore(held, handler)
        held._deliver()
        raise
    _restore(held, handler)
    held._deliver()


def _restore(held: HeldInterrupts, handler: Any) -> None:
    if signal.getsignal(signal.SIGINT) == held._receive:  # else the block has set one of its own
        signal.signal(signal.SIGINT, handler)
    _handlers.pop()


def _let_children_go() -> None:
    """In a forked child, which has no blocks to come to an end, Ctrl-C does what it always does."""
    if _handlers:
        signal.signal(signal.SIGINT, _handlers[0])
        _handlers.clear()


os.register_at_fork(after_in_child=_let_children_go)


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
