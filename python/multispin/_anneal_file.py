"""The checkpoint file of an annealing, and what the numbers in it were made with."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from multispin import io
from multispin._interrupts import interrupts_held
from multispin.errors import CheckpointError

if TYPE_CHECKING:
    import os

    from multispin._anneal_run import AnnealRun

_KIND = "anneal"


class AnnealFile:
    """Keeps a run in a file, or nowhere if `path` is None.

    Parameters
    ----------
    run : AnnealRun
        What is kept; it goes on from the file if there is one.
    arguments : dict
        What identifies the run. JSON has to give it back as it is.
    path : path, optional
        The file.
    interval : float
        Seconds from one writing to the next.
    """

    def __init__(
        self,
        run: AnnealRun,
        arguments: dict[str, Any],
        path: str | os.PathLike[str] | None,
        interval: float,
    ) -> None:
        self.origin: dict[str, Any] = {}  # what made the numbers
        self._run = run
        self._arguments = arguments
        self._path = None if path is None else Path(path)
        self._interval = interval
        self._written = time.monotonic()

    def load(self, device: str, threads: int | None, rng: str) -> None:
        """Let the run go on from the file, if there is one.

        Raises
        ------
        CheckpointError
            If the file is damaged, or belongs to another run.
        """
        if self._path is None or not self._path.exists():
            return
        meta, arrays = io.read_checkpoint(self._path, _KIND)
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
        self._run.restore(meta, arrays, device, threads)

    def note_origin(self) -> None:
        """Remember what makes the numbers; machines may change on the way, generators may not."""
        made_by = self._run.sampler.info()
        new = {key: made_by[key] for key in ("engine", "generator", "planes")}
        old = {key: self.origin.get(key, value) for key, value in new.items()}
        if new != old:
            raise CheckpointError(f"the run was begun with {old} and would go on with {new}")
        self.origin |= new
        for key in ("device", "instruction_set"):
            names = self.origin[key].split(", ") if key in self.origin else []
            if made_by[key] not in names:
                names.append(str(made_by[key]))
            self.origin[key] = ", ".join(names)

    def save_if_due(self) -> None:
        """Write the file if the last writing is long enough ago."""
        if time.monotonic() - self._written >= self._interval:
            self.save()

    def save(self) -> None:
        """Write the file."""
        if self._path is None:
            return
        with interrupts_held():
            meta, arrays = self._run.state()
            meta |= {"arguments": self._arguments, "origin": self.origin}
            io.write_checkpoint(self._path, _KIND, meta, arrays)
            self._written = time.monotonic()
