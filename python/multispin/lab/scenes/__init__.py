"""The scenes, in the order of their tabs. A scene's page is ``static/<name>.js``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from multispin.lab.scenes.glass import GlassScene
from multispin.lab.scenes.ising import IsingScene

if TYPE_CHECKING:
    from multispin.lab.scene import Scene

SCENES: dict[str, type[Scene]] = {
    scene.name: scene
    for scene in (
        IsingScene,
        GlassScene,
    )
}
