"""The checkpoint file of a run, and what the numbers in it were made with."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from multispin import io
from multispin._base.interrupts import interrupts_held
from multispin.errors import CheckpointError

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from numpy.typing import NDArray

    #: JSON data and arrays from which a run goes on.
    State = tuple[dict[str, Any], dict[str, NDArray[Any]]]


class Checkpoint:
    """Keeps a run in a file, or nowhere if `path` is None.

    Parameters
    ----------
    kind : str
        What kind of run it is.
    arguments : dict
        What identifies the run. JSON has to give it back as it is.
    path : path, optional
        The file.
    interval : float
        Seconds from one writing to the next.

    Raises
    ------
    OSError
        If the file cannot be written.
    """

    def __init__(
        self,
        kind: str,
        arguments: dict[str, Any],
        path: str | os.PathLike[str] | None,
        interval: float,
    ) -> None:
        if path is not None:
            io.check_writable(path)
        self.origin: dict[str, Any] = {}  # what made the numbers
        self._kind = kind
        self._arguments = arguments
        self._path = None if path is None else Path(path)
        self._interval = interval
        self._written = time.monotonic()

    @property
    def kept(self) -> bool:
        """Whether there is a file."""
        return self._path is not None

    def load(self, rng: str) -> State | None:
        """Return what the file has, if there is one; `rng` is what was asked for.

        Raises
        ------
        CheckpointError
            If the file is damaged, or belongs to another run.
        """
        if self._path is None or not self._path.exists():
            return None
        meta, arrays = io.read_checkpoint(self._path, self._kind)
        given, kept = dict(self._arguments), dict(meta["arguments"])
        if rng != "auto" and meta["origin"]:
            given["rng"], kept["rng"] = rng, meta["origin"]["generator"]
        differences = [
            f"{name} {kept.get(name)!r} there, {value!r} here"
            for name, value in given.items()
            if kept.get(name) != value
        ]
        if differences:
            raise CheckpointError(
                f"{str(self._path)!r} is the checkpoint of another run ({'; '.join(differences)}); "
                "it was left as it is: repeat that run, or give another path"
            )
        self.origin = meta["origin"]
        return meta, arrays

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
