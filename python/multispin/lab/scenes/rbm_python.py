"""The RBM tab as lines of Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

from multispin.lab.scenes import bits
from multispin.lab.scenes.rbm_views import COMPLETING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from multispin.lab.scenes.rbm import RBMScene


def lines(scene: RBMScene) -> str:
    """Return the lines that train the machine that is shown, and have it look at the drawing."""
    at, images = scene.settings, scene.images
    k, n = len(images.classes), images.pixels.shape[1]
    found = ["import base64", "", "import numpy as np", "import multispin as ms", ""]
    found += [*images.python(), ""]
    found += (
        scene.live.python() if at["model"] == "live"
        else scene.bank.recipes[at["principle"]].python()
    )  # fmt: skip
    found += [
        "", f"drawing = {_unpacked(scene.drawing)}",
    ]  # fmt: skip
    found += _completion(scene, k, n) if scene.held.any() else _reconstruction(scene, k, n)
    found += ["", *_chain(scene, k, n)]
    return "\n".join([*found, ""])


def _unpacked(given: NDArray[np.bool_]) -> str:
    octets = f'base64.b64decode("{bits.text_of(given)}")'
    return f"np.unpackbits(np.frombuffer({octets}, np.uint8), count={given.size})"


def _reconstruction(scene: RBMScene, k: int, n: int) -> list[str]:
    steps = scene.settings["field"]
    if not k:
        return [
            "v = drawing[None].astype(np.float32)",
            f"reconstruction = rbm.reconstruct(v, steps={steps})[0]",
        ]
    return [
        "probabilities = rbm.label_probabilities(drawing[None].astype(np.float32))[0]",
        f"v = np.hstack([np.tile(drawing, ({k}, 1)), np.eye({k})]).astype(np.float32)",
        f"reconstruction = probabilities @ rbm.reconstruct(v, steps={steps})[:, :{n}]",
    ]


def _completion(scene: RBMScene, k: int, n: int) -> list[str]:
    found = [
        f"held = {_unpacked(scene.held)}.astype(bool)",
        "start = np.where(held, drawing, X.mean(axis=0)).astype(np.float32)",
    ]
    if not k:
        return [
            *found,
            f"reconstruction = rbm.reconstruct(start[None], held, steps={COMPLETING})[0]",
        ]
    return [
        *found,
        "likeliest = rbm.label_probabilities(start[None])[0].argmax()",
        f"v = np.hstack([start, np.eye({k}, dtype=np.float32)[likeliest]])",
        f"clamp = np.hstack([held, np.zeros({k}, bool)])",
        f"reconstruction = rbm.reconstruct(v[None], clamp, steps={COMPLETING})[0, :{n}]",
        "probabilities = rbm.label_probabilities(reconstruction[None])[0]",
    ]


def _chain(scene: RBMScene, k: int, n: int) -> list[str]:
    at = scene.settings
    label, T = at["label"], at["temperature"]
    found = ["learned = rbm.components_, rbm.intercept_visible_, rbm.intercept_hidden_"]
    if T != 1.0:
        found.append(f"hot = ms.RBM.from_arrays(*(part / np.float32({T!r}) for part in learned), "
                     f"n_labels={k}, random_state={at['seed']})")  # fmt: skip
    else:
        found.append(f"hot = ms.RBM.from_arrays(*learned, n_labels={k}, random_state={at['seed']})")
    if k:
        first = "probabilities.argmax()" if label is None else str(label)
        found.append(f"state = np.hstack([drawing, np.eye({k})[{first}]])[None]")
    else:
        found.append("state = drawing[None]")
    held = "held" if scene.held.any() else f"np.zeros({n}, bool)"
    if k:
        found.append(f"clamp = np.hstack([{held}, np.full({k}, {label is not None})])")
    else:
        found.append(f"clamp = {held}")
    return [*found, f"state = hot.gibbs(state, steps={max(1, scene.chain.steps)}, clamp=clamp)"]
