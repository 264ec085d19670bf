"""The Hopfield tab as lines of Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

from multispin.lab.scenes import bits

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from multispin.lab.scenes.hopfield import HopfieldScene
    from multispin.lab.scenes.hopfield_recall import Recall


def lines(scene: HopfieldScene) -> str:
    """Return the lines that store the patterns and take the cue as far as it has come."""
    at, memory, recall = scene.settings, scene.memory, scene.recall
    sides = scene.cue.shape
    found = [
        "import base64", "", "import numpy as np", "import multispin as ms", "", "",
        "def cells(text, *shape):",
        "    octets = np.frombuffer(base64.b64decode(text), np.uint8)",
        "    return np.unpackbits(octets, count=np.prod(shape)).reshape(shape).astype(bool)",
        "", "", f"cue = np.where({_cells(scene.cue > 0, *sides)}, 1, -1)",
    ]  # fmt: skip
    if not scene.cue.all():
        found.append(f"cue[{_cells(scene.cue == 0, *sides)}] = 0  # not known")
    if recall is None:
        return "\n".join([*found, ""])
    rule = ", ".join(f"{name}={value!r}" for name, value in scene.rule.items())
    stored = _cells(memory.patterns > 0, len(memory.words), *sides)
    found += [
        f"patterns = np.where({stored}, 1, -1)  # {', '.join(memory.titles())}",
        f"network = ms.HopfieldNetwork({rule}).fit(patterns)", "",
        f"rng = np.random.default_rng({at['seed']})",
        "start = np.where(cue == 0, 2 * rng.integers(0, 2, cue.shape) - 1, cue).astype(np.int8)",
        f"held = {'cue != 0' if at['evidence'] else 'np.zeros(cue.shape, bool)'}",
        "sampler = ms.Sampler(",
        f"    network.model_, {at['temperature']!r}, init=start, seed={at['seed']}, device='cpu',",
        f"    dynamics={'parallel' if at['dynamics'] == 'parallel' else 'glauber'!r},",
        ")",
    ]  # fmt: skip
    found += _sweeps(at["dynamics"] == "parallel", recall)
    found += [
        "state = sampler.spins()[0]",
        "overlaps = ms.Hopfield(patterns).overlap(state)",
        "print(overlaps, network.energy(state))",
    ]
    return "\n".join([*found, ""])


def _sweeps(parallel: bool, recall: Recall) -> list[str]:
    if recall.pieces == 0:
        return []
    if parallel:
        return ["if held.any():", "    sampler.clamp = held", f"sampler.sweep({recall.pieces})"]
    per = recall.per_sweep
    return [
        "free = np.flatnonzero(~held)",
        f"for piece in range({recall.pieces}):  # {per} are a sweep",
        f"    if piece % {per} == 0:",
        "        order = rng.permutation(free)",
        "    clamp = np.ones(cue.shape, bool)",
        f"    clamp.ravel()[order[piece % {per} :: {per}]] = False",
        "    sampler.clamp = clamp",
        "    sampler.sweep()",
    ]


def _cells(given: NDArray[np.bool_], *shape: int) -> str:
    sides = ", ".join(map(str, shape))
    return f'cells("{bits.text_of(given)}", {sides})'
