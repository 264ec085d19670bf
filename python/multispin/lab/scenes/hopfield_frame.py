"""What the Hopfield tab shows, as numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from multispin.lab.scenes.hopfield_memory import MOST_PATTERNS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from multispin.lab.scenes.hopfield import HopfieldScene

#: Patterns whose overlaps along the way are shown: those that are largest at the moment.
FOLLOWED = 8


def frame_of(scene: HopfieldScene) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return header and arrays; cells are 0 for paper, 1 for ink, 2 for what is not known."""
    memory, recall = scene.memory, scene.recall
    header: dict[str, Any] = {
        "shape": scene.cue.shape, "stroke": scene.stroke,
        "titles": memory.titles(), "most_patterns": MOST_PATTERNS,
        "load": memory.load, "alpha_c": memory.alpha_c, "share": memory.share,
        "note": memory.note, "running": scene.running, "flooding": scene.flooding,
        "recall": None,
    }  # fmt: skip
    cue = np.where(scene.cue == 0, 2, scene.cue > 0).astype(np.uint8)
    curve = sorted(memory.curve.items())
    arrays: dict[str, NDArray[Any]] = {
        "cue": cue.ravel(), "patterns": memory.flat(), "kept": memory.kept.astype(np.uint8),
        "curve": np.array(curve, np.float32).reshape(-1, 2),
    }  # fmt: skip
    if recall is None:
        return header, arrays
    winner, kind = recall.winner()
    header["recall"] = {
        "sweeps": recall.sweeps, "energy": recall.energy(), "done": recall.done,
        "winner": winner, "kind": kind,
    }  # fmt: skip
    overlaps = recall.overlaps()
    followed = np.sort(np.argsort(-np.abs(overlaps), kind="stable")[:FOLLOWED])
    sweeps, energies, history = zip(*recall.points, strict=True)
    arrays |= {
        "state": (recall.state.ravel() > 0).astype(np.uint8),
        "overlaps": overlaps.astype(np.float32), "followed": followed.astype(np.int32),
        "sweeps": np.array(sweeps, np.float32), "energies": np.array(energies, np.float32),
        "history": np.stack(history)[:, followed],
    }  # fmt: skip
    return header, arrays
