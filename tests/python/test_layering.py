"""The layering check passes on this repository and catches each kind of violation."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).parents[2]


def _load_check() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "check_layering", ROOT / "tools" / "check_layering.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


check = _load_check()

CLEAN = {
    "cpp/include/multispin/host_device.hpp": "#pragma once\n",
    "cpp/include/multispin/bits/word.hpp": '#include "multispin/host_device.hpp"\n',
    "cpp/include/multispin/random/philox.hpp": "#include <multispin/bits/word.hpp>\n",
    "cpp/include/multispin/rules/accept.hpp": '#include "../random/philox.hpp"\n',
    "cpp/include/multispin/poll.hpp": "#include <functional>\n",
    "cpp/include/multispin/lattice/layout.hpp": '#include "multispin/rules/accept.hpp"\n',
    "cpp/include/multispin/lattice/engine.hpp": "#include <vector>\n"
    '#include "multispin/lattice/layout.hpp"\n#include "multispin/poll.hpp"\n',
    "cpp/include/multispin/replica/engine.hpp": '#include "multispin/poll.hpp"\n',
    "cpp/include/multispin/real/rules/noise.hpp": '#include "multispin/bits/word.hpp"\n',
    "cpp/src/real/impl.hpp": '#include "multispin/real/rules/noise.hpp"\n',
    "cpp/src/host/threads.hpp": '#include "multispin/poll.hpp"\n',
    "cpp/src/lattice/kernels.hpp": "#include <cstdint>\n",
    "cpp/src/lattice/impl.hpp": "#include <multispin/lattice/layout.hpp>\n",
    "cpp/src/lattice/avx2.cpp": '#include "lattice/impl.hpp"\n#include "kernels.hpp"\n',
    "cpp/src/lattice/plan.hpp": '#include "multispin/lattice/engine.hpp"\n',
    "cpp/src/lattice/engine.cpp": '#include "plan.hpp"\n#include "host/threads.hpp"\n',
    "cpp/src/replica/engine.cpp": '#include "multispin/replica/engine.hpp"\n',
    "cuda/include/multispin/cuda/device.hpp": "#include <string>\n",
    "cuda/include/multispin/cuda/lattice/engine.hpp": "#include <multispin/lattice/engine.hpp>\n",
    "cuda/src/device/launch.hpp": "#include <cuda_runtime.h>\n",
    "cuda/src/lattice/plan.hpp": '#include "device/launch.hpp"\nstruct Fill {\n};\n',
    "cuda/src/lattice/sweep.cu": '#include "lattice/plan.hpp"\n'
    "#include <multispin/cuda/lattice/engine.hpp>\n",
    "python/bindings/module.cpp": "#include <pybind11/pybind11.h>\n"
    "#include <multispin/lattice/engine.hpp>\n",
    "python/multispin/__init__.py": "from multispin.sampling.sampler import Sampler\n"
    "from multispin import exact\n",
    "python/multispin/__main__.py": "from multispin.cli import main\n",
    "python/multispin/_base/checks.py": "",
    "python/multispin/_engines/registry.py": "from multispin import _core, models\n",
    "python/multispin/_info.py": "def f():\n    import multispin._cuda as module\n",
    "python/multispin/analysis/statistics.py": "from multispin._base import checks\n",
    "python/multispin/cli/__init__.py": "from multispin.cli.main import main\n",
    "python/multispin/cli/main.py": "from multispin import plot\nfrom multispin.runs import draw\n",
    "python/multispin/exact/__init__.py": "from multispin.exact._square import K\n",
    "python/multispin/exact/_square.py": "import numpy\n",
    "python/multispin/models/__init__.py": "from multispin.models.ising import Ising\n",
    "python/multispin/models/ising.py": "from .._base import checks\n",
    "python/multispin/plot/__init__.py": "from multispin.analysis import statistics\n",
    "python/multispin/runs/_batches.py": "from multispin.sampling.sampler import Sampler\n",
    "python/multispin/runs/draw.py": "from multispin import exact\n"
    "from multispin.runs import _batches\n",
    "python/multispin/sampling/sampler.py": "from multispin._engines import registry\n",
    "python/multispin/studies/study.py": "from multispin._base import checks\n",
    "tests/reference/twin.py": "from typing import TYPE_CHECKING\nimport numpy\n"
    "from multispin import exact\n"
    "if TYPE_CHECKING:\n    from multispin.sampling.sampler import Sampler\n",
}

# (file, its text, a part of the message expected)
VIOLATIONS = [
    ("cuda/src/replica/state.hpp", "struct alignas(16) Fill {\n};\n", "Fill is a type of cuda/src"),
    # the layers of C++ and CUDA
    (
        "cpp/include/multispin/bits/word.hpp",
        "#include <multispin/random/philox.hpp>",
        "random lies",
    ),
    (
        "cpp/include/multispin/random/philox.hpp",
        '#include "../rules/accept.hpp"',
        "rules lies above",
    ),
    ("cpp/include/multispin/rules/accept.hpp", "# include <multispin/poll.hpp>", "multispin lies"),
    (
        "cpp/include/multispin/rules/accept.hpp",
        "#include <multispin/lattice/layout.hpp>",
        "multispin/lattice lies above cpp/include/multispin/rules",
    ),
    ("cpp/include/multispin/poll.hpp", "#include <multispin/lattice/engine.hpp>", "lattice lies"),
    ("cpp/src/host/threads.hpp", "#include <multispin/replica/engine.hpp>", "replica lies above"),
    ("cuda/src/device/launch.hpp", '#include "lattice/plan.hpp"', "lattice lies above cuda/src"),
    ("cpp/include/multispin/poll.hpp", "#include <multispin/gone.hpp>", "no such header"),
    # families
    (
        "cpp/include/multispin/lattice/engine.hpp",
        "#include <multispin/replica/engine.hpp>",
        "the family lattice does not see the family replica",
    ),
    ("cpp/src/replica/engine.cpp", '#include "lattice/plan.hpp"', "see the family lattice"),
    ("cpp/src/replica/engine.cpp", '#include "lattice/kernels.hpp"', "see the family lattice"),
    ("cpp/src/lattice/impl.hpp", '#include "replica/engine.cpp"', "see the family replica"),
    ("cpp/src/real/impl.hpp", '#include "lattice/impl.hpp"', "see the family lattice"),
    (
        "cuda/src/replica/sweep.cu",
        "#include <multispin/cuda/lattice/engine.hpp>",
        "see the family lattice",
    ),
    # what the parts of the tree know of each other
    ("cpp/src/lattice/engine.cpp", "#include <Python.h>", "do not know Python"),
    ("cuda/src/lattice/sweep.cu", "#include <pybind11/numpy.h>", "do not know Python"),
    ("cpp/src/lattice/engine.cpp", "#include <cuda_runtime.h>", "does not know CUDA"),
    ("cpp/src/lattice/engine.cpp", "#include <multispin/cuda/device.hpp>", "does not know CUDA"),
    ("cpp/src/lattice/engine.cpp", '#include "../../../cuda/src/device/launch.hpp"', "know CUDA"),
    ("cpp/include/multispin/lattice/engine.hpp", '#include "host/threads.hpp"', "public headers"),
    ("cuda/src/lattice/sweep.cu", '#include "lattice/kernels.hpp"', "public headers only"),
    (
        "cuda/include/multispin/cuda/device.hpp",
        '#include "device/launch.hpp"',
        "public headers only",
    ),
    ("cuda/src/lattice/sweep.cu", "#include <cuda_runtime.h>", "include CUDA's headers"),
    ("cuda/src/lattice/launch.hpp", "#include <cuda_runtime.h>", "include CUDA's headers"),
    ("cuda/include/multispin/cuda/device.hpp", "#include <cuda.h>", "include CUDA's headers"),
    ("python/bindings/module.cpp", "#include <cuda_runtime.h>", "public headers only"),
    ("python/bindings/module.cpp", '#include "../../cuda/src/device/launch.hpp"', "public headers"),
    ("python/bindings/module.cpp", '#include "../../cpp/src/lattice/plan.hpp"', "public headers"),
    # instruction-set units
    ("cpp/src/lattice/avx2.cpp", "#include <vector>", "reaches <vector>"),
    ("cpp/src/lattice/neon.cpp", '#include "impl.hpp"\n#include <string>', "<string>"),
    ("cpp/src/lattice/neon.cpp", "#include <string>", "reaches <string>"),
    ("cpp/src/lattice/impl.hpp", "#include <algorithm>", "reaches <algorithm> through"),
    ("cpp/include/multispin/bits/word.hpp", "#include <memory>", "reaches <memory> through"),
    ("cpp/src/lattice/kernels.hpp", "#include <multispin/lattice/engine.hpp>", "not for instr"),
    ("cpp/src/lattice/kernels.hpp", '#include "host/threads.hpp"', "not for instruction-set units"),
    (
        "cpp/src/lattice/kernels.hpp",
        '#include "multispin/poll.hpp"',
        "not for instruction-set units",
    ),
    # the rooms of the package
    ("python/multispin/analysis/statistics.py", "from multispin import plot", "not see plot"),
    ("python/multispin/analysis/statistics.py", "import multispin.runs.draw", "not see runs"),
    ("python/multispin/studies/study.py", "from multispin.models import Ising", "not see models"),
    ("python/multispin/plot/__init__.py", "from multispin.models import Ising", "not see models"),
    ("python/multispin/models/ising.py", "from ..sampling import sampler", "not see sampling"),
    ("python/multispin/runs/draw.py", "def f():\n    from multispin.cli import g", "not see cli"),
    (
        "python/multispin/models/ising.py",
        "if TYPE_CHECKING:\n    from multispin.sampling.sampler import Sampler",
        "models does not see sampling",
    ),
    ("python/multispin/attic/old.py", "from multispin._base import checks", "room without a line"),
    ("python/multispin/cli/main.py", "import multispin as ms", "face is for users"),
    ("python/multispin/cli/main.py", "from multispin import Sampler", "face is for users"),
    ("python/multispin/cli/main.py", "from multispin.runs import _batches", "private to"),
    ("python/multispin/plot/runs.py", "from multispin.exact._square import K", "private to"),
    # compiled modules
    ("python/multispin/runs/draw.py", "from multispin import _cuda", "imports _cuda: only"),
    (
        "python/multispin/runs/draw.py",
        "def f():\n    from multispin._core import g",
        "imports _core",
    ),
    (
        "python/multispin/learn/rbm.py",
        "from .. import _core",
        "imports _core: only _engines, _info",
    ),
    ("python/multispin/learn/sampler.py", "import multispin._core", "imports _core"),
    ("python/multispin/exact/torus.py", "from multispin import _cuda", "an oracle reaches _cuda"),
    (
        "python/multispin/exact/torus.py",
        "from multispin.runs import _batches",
        "sampler.py -> python/multispin/_engines/registry.py -> python/multispin/_core",
    ),
    ("tests/reference/twin.py", "import multispin as ms", "an oracle reaches _core"),
    (
        "tests/reference/twin.py",
        "from multispin.sampling.sampler import Sampler",
        "an oracle reaches _core",
    ),
]


def _write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n", encoding="utf-8")


@pytest.mark.thorough
def test_this_repository_is_layered() -> None:
    assert check.violations(ROOT) == []


def test_clean_tree_passes(tmp_path: Path) -> None:
    _write(tmp_path, CLEAN)
    assert check.violations(tmp_path) == []
    assert check.main([str(tmp_path)]) == 0


@pytest.mark.one_in(7)
@pytest.mark.parametrize(("name", "text", "message"), VIOLATIONS)
def test_violation_is_caught(tmp_path: Path, name: str, text: str, message: str) -> None:
    _write(tmp_path, CLEAN | {name: text})
    found = check.violations(tmp_path)
    assert any(message in line for line in found), found
    assert check.main([str(tmp_path)]) == 1
