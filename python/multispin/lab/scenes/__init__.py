"""The scenes, in the order of their tabs. A scene's page is ``static/<name>.js``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from multispin.lab.scenes.glass import GlassScene
from multispin.lab.scenes.hopfield import HopfieldScene
from multispin.lab.scenes.ising import IsingScene
from multispin.lab.scenes.rbm import RBMScene

if TYPE_CHECKING:
    from multispin.lab.scene import Scene

SCENES: dict[str, type[Scene]] = {
    scene.name: scene for scene in (IsingScene, GlassScene, HopfieldScene, RBMScene)
}
