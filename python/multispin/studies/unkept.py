"""Studies whose file may be nobody's business but their own."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from multispin.studies.study import study

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping
    from concurrent.futures import Executor

    import xarray as xr

    from multispin.progress import StudyProgress


def study_perhaps_kept(
    task: Callable[..., Any],
    parameters: Mapping[str, Any],
    path: str | os.PathLike[str] | None,
    executor: Executor | None,
    progress: bool | Callable[[StudyProgress], object] | None,
) -> xr.Dataset:
    """Return a study; where there is no `path`, its file is gone when it is done.

    Raises
    ------
    TypeError, ValueError, StudyError, ExecutorError, CheckpointError, OSError
        As `multispin.study`.
    """
    if path is not None:
        return study(task, parameters, path, executor, progress=progress)
    with tempfile.TemporaryDirectory() as folder:
        return study(task, parameters, Path(folder) / "study", executor, progress=progress)
