"""The checkpoint file of a run, and what the numbers in it were made with."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from multispin import io
from multispin._base import checks, files
from multispin._base.interrupts import closed_after, interrupts_held
from multispin._base.locks import FileLock
from multispin.errors import CheckpointError

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from numpy.typing import NDArray

    from multispin.runs._growth import Growth

    #: JSON data and arrays from which a run goes on.
    State = tuple[dict[str, Any], dict[str, NDArray[Any]]]

#: What made the numbers of a run.
_ORIGIN = {"engine": str, "generator": str, "planes": int, "device": str, "instruction_set": str}

Restored = TypeVar("Restored")
Result = TypeVar("Result")


class Checkpoint:
    """Keeps a run in a file that nobody else writes meanwhile, or nowhere if `path` is None.

    Parameters
    ----------
    kind : str
        What kind of run it is.
    path : path, optional
        The file.
    interval : float
        Seconds from one writing to the next.

    Raises
    ------
    CheckpointError
        If the file is damaged, of another kind, or in use.
    OSError
        If there is no file and none can be written.
    """

    def __init__(self, kind: str, path: str | os.PathLike[str] | None, interval: float) -> None:
        self.origin: dict[str, Any] = {}  # what made the numbers
        self._kind = kind
        self._arguments: dict[str, Any] = {}
        self._path: Path | None = None
        self._interval = checks.nonnegative_finite("checkpoint_interval", interval)
        self._written = time.monotonic()
        self._lock: FileLock | None = None
        self._refusal: OSError | CheckpointError | None = None
        self._read: State | None = None
        if path is not None:
            self._open(path)

    def _open(self, path: str | os.PathLike[str]) -> None:
        try:
            files.check_writable(path)
            self._lock = FileLock(path)
        except (OSError, CheckpointError) as error:
            if not _is_file(path):
                raise
            self._refusal = error  # a finished run is still there to be read
        self._path = files.resolved(path)  # once: the working directory may change on the way
        try:
            if self._path.exists():
                self._read = io.read_checkpoint(self._path, self._kind)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let others have the file."""
        if self._lock is not None:
            self._lock.release()

    @property
    def kept(self) -> bool:
        """Whether there is a file."""
        return self._path is not None

    def seed(self, seed: int | None) -> int:
        """Return the seed that was asked for; if none, that of the file, or else a fresh one."""
        if seed is not None or self._read is None:
            return checks.seed_or_fresh("seed", seed)
        try:
            return checks.seed("seed", self._read[0]["arguments"]["seed"])
        except (LookupError, TypeError, ValueError) as error:
            raise CheckpointError(f"{str(self._path)!r}: it has no seed ({error})") from error

    def load(
        self,
        arguments: dict[str, Any],
        rng: str,
        restore: Callable[[Any, Any], Restored],
        growth: Growth | None = None,
    ) -> Restored | None:
        """Return what `restore` makes of what the file has, if there is a file.

        Parameters
        ----------
        arguments : dict
            What identifies the run. JSON has to give it back as it is.
        rng : str
            The generator that was asked for.
        restore : callable
            Called with JSON data and arrays; whatever does not fit in there is the file's fault.
        growth : Growth, optional
            In what the run may be longer than the one in the file.

        Raises
        ------
        CheckpointError
            If the file belongs to another run, or what is in it does not fit together.
        """
        self._arguments = arguments
        read, self._read = self._read, None
        if read is None:
            return None
        meta, arrays = read
        try:
            self._compare(meta, rng, growth)
            return restore(meta, arrays)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise CheckpointError(
                f"{str(self._path)!r}: what it holds does not fit together "
                f"({type(error).__name__}: {error}); it was left as it is"
            ) from error

    def _compare(self, meta: dict[str, Any], rng: str, growth: Growth | None) -> None:
        given, kept, origin = dict(self._arguments), dict(meta["arguments"]), dict(meta["origin"])
        for arguments in (given, kept):  # where nothing else is measured they may be left out
            arguments.setdefault("observables", [])
        types = {name: type(value) for name, value in origin.items()}
        if origin and types != _ORIGIN:
            raise TypeError(f"origin is {origin}")
        if rng != "auto" and origin:
            given["rng"], kept["rng"] = rng, origin["generator"]
        changed = [name for name, value in given.items() if kept.get(name) != value]
        if changed and not (growth and growth.leads_to(changed, kept, given)):
            differences = "; ".join(
                f"{name} {checks.shown(kept.get(name))} there, {checks.shown(given.get(name))} here"
                for name in changed
            )
            extend = f", extend it by {growth.allowed}" if growth else ""
            raise CheckpointError(
                f"{str(self._path)!r} is the checkpoint of another run ({differences}); it was "
                f"left as it is: repeat that run{extend}, or give another path"
            )
        self.origin = origin

    def demand_writable(self) -> None:
        """Raise what forbids to write the file, now that there is something to write."""
        if self._refusal is not None:
            raise self._refusal

    def note_origin(self, made_by: dict[str, Any]) -> None:
        """Remember what makes the numbers; machines may change on the way, generators may not."""
        new = {key: made_by[key] for key in ("engine", "generator", "planes")}
        old = {key: self.origin.get(key, value) for key, value in new.items()}
        if new != old:
            raise CheckpointError(
                f"the run was begun with {old} and would go on with {new}: name rng= and device="
            )
        self.origin |= new
        for key in ("device", "instruction_set"):
            names = self.origin[key].split(", ") if key in self.origin else []
            if made_by[key] not in names:
                names.append(str(made_by[key]))
            self.origin[key] = ", ".join(names)

    def save_if_due(self, state: Callable[[], State]) -> None:
        """Write the file if the last writing is long enough ago."""
        if time.monotonic() - self._written >= self._interval:
            self.save(state)

    def save(self, state: Callable[[], State]) -> None:
        """Write the file."""
        if self._path is None:
            return
        with interrupts_held():
            meta, arrays = state()
            meta = {**meta, "arguments": self._arguments, "origin": self.origin}
            io.write_checkpoint(self._path, self._kind, meta, arrays)
            self._written = time.monotonic()


def with_checkpoint(
    kind: str,
    path: str | os.PathLike[str] | None,
    interval: float,
    run: Callable[[Checkpoint], Result],
) -> Result:
    """Return what `run` returns with a checkpoint, which is closed whenever Ctrl-C comes."""
    return closed_after(lambda: Checkpoint(kind, path, interval), run)


def _is_file(path: str | os.PathLike[str]) -> bool:
    try:
        return Path(path).is_file()
    except OSError:  # a name that is too long, links in a loop
        return False
