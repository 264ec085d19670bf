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
    "cpp/include/multispin/model/lattice.hpp": '#include "../bits/word.hpp"\n',
    "cpp/include/multispin/update/metropolis.hpp": "#include <multispin/random/philox.hpp>\n",
    "cpp/include/multispin/lattice_engine.hpp": "#include <vector>\n",
    "cpp/src/kernels.hpp": "#include <cstdint>\n",
    "cpp/src/lattice_impl.hpp": "#include <multispin/update/metropolis.hpp>\n",
    "cpp/src/lattice_avx2.cpp": '#include "lattice_impl.hpp"\n#include "kernels.hpp"\n',
    "cpp/src/lattice.cpp": "#include <vector>\n#include <multispin/lattice_engine.hpp>\n",
    "cuda/include/multispin/cuda/lattice.hpp": "#include <multispin/model/lattice.hpp>\n",
    "cuda/src/launch.hpp": "#include <cuda_runtime.h>\n",
    "cuda/src/lattice.cu": '#include "launch.hpp"\n#include <multispin/cuda/lattice.hpp>\n',
    "python/bindings/module.cpp": "#include <pybind11/pybind11.h>\n"
    "#include <multispin/lattice_engine.hpp>\n",
    "python/multispin/__init__.py": "from .sampler import Sampler\nfrom . import exact\n",
    "python/multispin/sampler.py": "from . import _core\n",
    "python/multispin/models/__init__.py": "from multispin.models.ising import Ising\n",
    "python/multispin/models/ising.py": "from .. import _checks\n",
    "python/multispin/simulation.py": "from .sampler import Sampler\n",
    "python/multispin/exact.py": "from typing import TYPE_CHECKING\nimport numpy\n"
    "if TYPE_CHECKING:\n    from .models import Ising\n",
    "tests/reference/twin.py": "import numpy\nfrom multispin import exact\n",
}

# (file, its text, a part of the message expected)
VIOLATIONS = [
    ("cpp/include/multispin/bits/word.hpp", "#include <multispin/random/philox.hpp>", "layer 2"),
    ("cpp/include/multispin/random/philox.hpp", '#include "../model/lattice.hpp"', "layer 3"),
    ("cpp/include/multispin/model/lattice.hpp", "# include <multispin/update/metropolis.hpp>", "4"),
    (
        "cpp/include/multispin/update/metropolis.hpp",
        "#include <multispin/lattice_engine.hpp>",
        "layer 5 from layer 4",
    ),
    ("cpp/include/multispin/lattice_engine.hpp", '#include "../../src/kernels.hpp"', "layer 6"),
    ("cpp/include/multispin/lattice_engine.hpp", "#include <multispin/gone.hpp>", "no such header"),
    ("cpp/src/lattice.cpp", "#include <Python.h>", "do not know Python"),
    ("cuda/src/lattice.cu", "#include <pybind11/numpy.h>", "do not know Python"),
    ("cpp/src/lattice.cpp", "#include <cuda_runtime.h>", "does not know CUDA"),
    ("cpp/src/lattice.cpp", "#include <multispin/cuda/lattice.hpp>", "does not know CUDA"),
    ("cuda/src/lattice.cu", '#include "../../cpp/src/kernels.hpp"', "cpp/include only"),
    ("cpp/src/lattice.cpp", '#include "../../cuda/src/launch.hpp"', "does not know CUDA"),
    ("cuda/include/multispin/cuda/lattice.hpp", '#include "../../../src/launch.hpp"', "layer 7"),
    ("cuda/src/lattice.cu", "#include <cuda_runtime.h>", "include CUDA's headers"),
    ("cuda/include/multispin/cuda/lattice.hpp", "#include <cuda.h>", "include CUDA's headers"),
    ("python/bindings/module.cpp", "#include <cuda_runtime.h>", "host API only"),
    ("python/bindings/module.cpp", '#include "../../cuda/src/launch.hpp"', "host API only"),
    ("python/multispin/simulation.py", "from multispin import _cuda", "imports _cuda"),
    ("python/multispin/exact.py", "from multispin import _cuda", "an oracle reaches _cuda"),
    ("python/multispin/learn/devices.py", "import multispin._cuda", "imports _cuda"),
    ("python/bindings/module.cpp", '#include "../../cpp/src/kernels.hpp"', "host API only"),
    ("cpp/src/lattice_avx2.cpp", "#include <vector>", "reaches <vector>"),
    ("cpp/src/lattice_neon.cpp", '#include "lattice_impl.hpp"\n#include <string>', "<string>"),
    ("cpp/src/lattice_impl.hpp", "#include <algorithm>", "reaches <algorithm> through"),
    ("cpp/include/multispin/bits/word.hpp", "#include <memory>", "reaches <memory> through"),
    ("cpp/src/kernels.hpp", "#include <multispin/lattice_engine.hpp>", "above the update layer"),
    (
        "python/multispin/simulation.py",
        "def f():\n    from multispin._core import g",
        "imports _core",
    ),
    ("python/multispin/learn/rbm.py", "from .. import _core", "imports _core"),
    ("python/multispin/learn/sampler.py", "import multispin._core", "imports _core"),
    ("python/multispin/exact.py", "from .sampler import Sampler", "an oracle reaches _core"),
    (
        "python/multispin/exact.py",
        "from . import simulation",
        "sampler.py -> python/multispin/_core",
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


def test_this_repository_is_layered() -> None:
    assert check.violations(ROOT) == []


def test_clean_tree_passes(tmp_path: Path) -> None:
    _write(tmp_path, CLEAN)
    assert check.violations(tmp_path) == []
    assert check.main([str(tmp_path)]) == 0


@pytest.mark.parametrize(("name", "text", "message"), VIOLATIONS)
def test_violation_is_caught(tmp_path: Path, name: str, text: str, message: str) -> None:
    _write(tmp_path, CLEAN | {name: text})
    found = check.violations(tmp_path)
    assert any(message in line for line in found), found
    assert check.main([str(tmp_path)]) == 1
