"""Locks that keep one file to one run, among processes and among the threads of one."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

from multispin._base import files
from multispin.errors import CheckpointError

if TYPE_CHECKING:
    from pathlib import Path

#: Lock files of this process. The kernel's locks are between processes only; a forked child has
#: none of its parent's.
_held: dict[Path, object] = {}
os.register_at_fork(after_in_child=_held.clear)


class FileLock:
    """Keeps a file to its holder until :meth:`release`, or until the process dies.

    The lock is on a hidden file beside it, as the file itself is replaced when it is written. It is
    removed at the end; that of a killed process stays and does not matter.

    Parameters
    ----------
    path : str or os.PathLike
        The file, which need not be there.

    Raises
    ------
    CheckpointError
        If somebody else holds it.
    OSError
        If there can be no lock file.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._file = files.hidden(files.resolved(path), ".lock")
        self._descriptor: int | None = None
        taken = f"{os.fspath(path)!r} is in use by another run: wait for its end, or stop it"
        if _held.setdefault(self._file, self) is not self:
            raise CheckpointError(taken)
        try:
            self._descriptor = _lock(self._file)
        except BlockingIOError:
            raise CheckpointError(taken) from None
        finally:
            if self._descriptor is None:
                del _held[self._file]

    def release(self) -> None:
        """Let others have the file. A second call does nothing."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is None or _held.get(self._file) is not self:  # this may be a forked child
            return
        with suppress(OSError):
            self._file.unlink()
        os.close(descriptor)
        del _held[self._file]


def _lock(path: Path) -> int:
    """Return a descriptor that holds the lock; BlockingIOError if there is another."""
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    while True:
        descriptor = os.open(path, flags, 0o666)
        try:
            _let_others_lock(descriptor)
            _try_lock(descriptor)
            if _is_named(descriptor, path):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # its holder has just removed it


def _let_others_lock(descriptor: int) -> None:
    """Let other users lock what a killed process leaves; nothing but an empty file of this name."""
    found = os.fstat(descriptor)
    if stat.S_ISREG(found.st_mode) and found.st_nlink == 1 and found.st_size == 0:
        with suppress(OSError):  # it may be of another user
            os.fchmod(descriptor, 0o666)


def _try_lock(descriptor: int) -> None:
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        raise OSError(errno.EINVAL, "the lock file is no file")
    try:
        # Not flock: a forked worker that outlives its parent would hold that.
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EAGAIN):
            raise BlockingIOError(error.errno, error.strerror) from error
        # Otherwise the file system has no locks: nobody is worse off than without.


def _is_named(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except FileNotFoundError:
        return False
