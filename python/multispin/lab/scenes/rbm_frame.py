"""What the RBM tab shows, as numbers: computed anew only where something has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from multispin.lab.scenes.rbm_models import PRINCIPLES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from multispin.lab.scenes.rbm import RBMScene
    from multispin.lab.scenes.rbm_data import Images
    from multispin.lab.scenes.rbm_views import Views

    Arrays = dict[str, NDArray[Any]]

#: What is said beside the link of a machine that learns here.
LINK_LACKS = (
    "The link has settings and drawing, but not what this machine has learned here: "
    "“Save model” keeps that, in a file for RBM.load."
)
#: Hidden units that are shown as the most active ones.
TOP = 8
_NOT_BEYOND = 0.98  # share of the weights that filters show as they are


class Frames:
    """Frames of a scene, with what did not change since the last one."""

    def __init__(self, images: Images) -> None:
        self._images = images
        self._of_drawing: tuple[Any, Arrays] | None = None
        self._of_machine: tuple[Any, dict[str, Any], Arrays] | None = None

    def of(self, scene: RBMScene) -> tuple[dict[str, Any], Arrays]:
        """Return header and arrays."""
        live, chain = scene.live, scene.chain
        header: dict[str, Any] = {
            "shape": self._images.shape, "classes": self._images.classes,
            "principles": [
                {"name": name, "short": short, "long": long, "ready": name in scene.bank.ready}
                for name, (short, long) in PRINCIPLES.items()
            ],
            "preparing": scene.bank.share if scene.bank.pending else None,
            "notes": [*scene.bank.notes, *([scene.note] if scene.note else [])],
            "stroke": scene.stroke,
            "sampling": scene.sampling, "steps": chain.steps, "chain_label": chain.label,
            "learning": scene.learning, "epochs": live.epochs, "begun": live.begun,
        }  # fmt: skip
        arrays: Arrays = {
            "drawing": scene.drawing.astype(np.uint8), "held": scene.held.astype(np.uint8),
            "chain": chain.pixels.copy(),
            "free_energy": np.array(chain.energies, np.float32),
            "pseudolikelihood": np.array(live.points, np.float32).reshape(-1, 2),
        }  # fmt: skip
        views = scene.views()
        header["ready"] = views is not None
        learned_here = scene.settings["model"] == "live" and live.begun
        header["link_lacks"] = LINK_LACKS if learned_here else None
        if views is not None:
            arrays |= self._drawing(views, scene)
            more, filters = self._machine(views)
            header |= more
            arrays |= filters
        return header, arrays

    def _drawing(self, views: Views, scene: RBMScene) -> Arrays:
        """Return what a machine makes of the drawing."""
        field = scene.settings["field"]
        key = views, field, scene.drawing.tobytes(), scene.held.tobytes()
        if self._of_drawing is None or self._of_drawing[0] != key:
            found = reconstruction(views, scene.drawing, scene.held, field)
            seen = found if scene.held.any() else scene.drawing
            active = views.hidden(seen)
            top = np.argsort(-active, kind="stable")[:TOP]
            arrays: Arrays = {
                "reconstruction": found, "probabilities": views.classes(seen),
                "top": top.astype(np.int32), "top_active": active[top],
                "top_filters": views.filters(top),
            }  # fmt: skip
            self._of_drawing = key, arrays
        return self._of_drawing[1]

    def _machine(self, views: Views) -> tuple[dict[str, Any], Arrays]:
        """Return a machine's filters, as bytes of which 128 is 0, and its singular values."""
        if self._of_machine is None or self._of_machine[0] is not views:
            filters = views.filters(slice(None))
            # A few weights are much larger than the rest: those beyond are as dark as can be.
            scale = float(np.quantile(np.abs(filters), _NOT_BEYOND)) or 1.0
            scaled = np.rint(128 + 127 * np.clip(filters / scale, -1, 1)).astype(np.uint8)
            arrays: Arrays = {"filters": scaled, "singular_values": views.singular_values()}
            self._of_machine = views, {"weight_scale": scale}, arrays
        return self._of_machine[1:]


def reconstruction(
    views: Views, drawing: NDArray[np.bool_], held: NDArray[np.bool_], steps: int
) -> NDArray[np.float32]:
    """Return the mean fields of the drawing; where some is held, of what it leaves open."""
    return views.complete(drawing, held) if held.any() else views.reconstruct(drawing, steps)
