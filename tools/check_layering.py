"""Check that includes and imports point one way only.

The layers, lowest first; a file may include its own layer and those below it::

    host_device -> bits -> random -> model -> update -> host API -> cpp/src
                                                                 -> cuda/include -> cuda/src

The host API is the headers that lie directly in ``cpp/include/multispin``. Beyond the order:

- nothing in ``cpp/`` or ``cuda/`` knows Python, and ``cpp/`` does not know CUDA;
- CUDA's own headers are included where kernels are launched and where the runtime is wrapped
  (`CUDA_USERS`), so that everything else compiles without nvcc too;
- the bindings see the host APIs, never ``cpp/src`` or ``cuda/src``;
- an instruction-set translation unit (``cpp/src/<engine>_<isa>.cpp``) reaches, over any number of
  headers, only the layers up to ``update`` and headers of ``cpp/src``, and no std containers: an
  inline function built with AVX flags must never be the one the linker picks for everybody;
- in Python, only `CORE_USERS` import ``_core`` or ``_cuda``, and the oracles reach neither nor a
  module that imports them: a test against an oracle compares two independent computations.

Run as ``python tools/check_layering.py [ROOT]``; prints each violation and exits with 1 if any.
"""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

INCLUDE_ROOT = Path("cpp/include")
CUDA_INCLUDE_ROOT = Path("cuda/include")
PACKAGE = Path("python/multispin")
BINDINGS = Path("python/bindings")

# Layer of each folder or file; the longest matching path counts.
LAYERS = {
    INCLUDE_ROOT / "multispin/host_device.hpp": 0,
    INCLUDE_ROOT / "multispin/bits": 1,
    INCLUDE_ROOT / "multispin/random": 2,
    INCLUDE_ROOT / "multispin/model": 3,
    INCLUDE_ROOT / "multispin/update": 4,
    INCLUDE_ROOT / "multispin": 5,
    Path("cpp/src"): 6,
    CUDA_INCLUDE_ROOT: 6,
    Path("cuda/src"): 7,
}
UPDATE_LAYER = 4

CPP_SUFFIXES = {".hpp", ".h", ".cpp", ".cu", ".cuh"}
ISA_UNIT = re.compile(r"_(portable|avx2|avx512|neon)\.cpp$")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)

PYTHON_HEADER = re.compile(r"^(Python\.h|structmember\.h|pybind11/|numpy/)")
CUDA_HEADER = re.compile(r"^(cuda|curand|cub/|thrust/|cooperative_groups)")
CUDA_USERS = frozenset({Path("cuda/src/runtime.cu"), Path("cuda/src/launch.hpp")})
# Headers whose templates and inline functions would be compiled with the unit's own flags and
# offered to the linker. What slips through anyway is found by check_symbols.py.
STD_FORBIDDEN_IN_ISA_UNITS = frozenset(
    """
    algorithm any deque filesystem forward_list fstream functional future iomanip ios iostream
    istream list locale map memory mutex numeric optional ostream queue random regex set sstream
    stack stdexcept string thread tuple unordered_map unordered_set variant vector
    """.split()  # noqa: SIM905 (a list of forty literals would hide what it says)
)

CORES = (PACKAGE / "_core", PACKAGE / "_cuda")
CORE_USERS = frozenset(
    {
        "_info.py",
        "compiled.py",
        "devices.py",
        "registry.py",
    }
)
ORACLES = (PACKAGE / "exact.py", Path("tests/reference"))


def violations(root: Path) -> list[str]:
    """Return every violation under `root`, as ``file: what is wrong``."""
    return sorted({*_cpp_violations(root), *_python_violations(root)})


# --- C++ and CUDA ---------------------------------------------------------------------------------


def _cpp_violations(root: Path) -> Iterator[str]:
    for path in _cpp_files(root, "cpp", "cuda", str(BINDINGS)):
        for header, target in _includes(root, path):
            reason = _forbidden_include(path, header, target)
            if reason:
                yield f"{path}: includes {header}: {reason}"
        if path.parent == Path("cpp/src") and ISA_UNIT.search(path.name):
            yield from _isa_unit_violations(root, path)


def _cpp_files(root: Path, *folders: str) -> Iterator[Path]:
    for folder in folders:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in CPP_SUFFIXES and path.is_file():
                yield path.relative_to(root)


def _includes(root: Path, path: Path) -> Iterator[tuple[str, Path | None]]:
    """Yield each include of `path` as written, and the repository's file it means, if any."""
    text = (root / path).read_text(encoding="utf-8")
    for quote, header in INCLUDE.findall(text):
        places = [INCLUDE_ROOT, CUDA_INCLUDE_ROOT]
        if quote == '"':
            places = [path.parent, Path("cpp/src"), Path("cuda/src"), *places]
        found = ((root / place / header).resolve() for place in places)
        target = next((file for file in found if file.is_file()), None)
        inside = target is not None and target.is_relative_to(root.resolve())
        yield header, target.relative_to(root.resolve()) if target and inside else None


def _layer(path: Path) -> int | None:
    matches = [place for place in LAYERS if path.is_relative_to(place)]
    return LAYERS[max(matches, key=lambda place: len(place.parts))] if matches else None


def _forbidden_include(path: Path, header: str, target: Path | None) -> str | None:
    """Say why `path` may not include `header`, or return None if it may."""
    if path.is_relative_to(BINDINGS):
        places = ("cpp/src", "cuda/src")
        private = target is not None and any(target.is_relative_to(place) for place in places)
        if private or CUDA_HEADER.match(header):
            return "the bindings see the host API only"
        return None
    if PYTHON_HEADER.match(header) or (target and target.is_relative_to("python")):
        return "cpp/ and cuda/ do not know Python"
    if path.is_relative_to("cpp") and (
        CUDA_HEADER.match(header)
        or header.startswith("multispin/cuda/")
        or (target and target.is_relative_to("cuda"))
    ):
        return "cpp/ does not know CUDA"
    if CUDA_HEADER.match(header) and path not in CUDA_USERS:
        return f"only {', '.join(sorted(map(str, CUDA_USERS)))} include CUDA's headers"
    if header.startswith("multispin/") and target is None:
        return "no such header in the repository"
    if target is None:
        return None
    own, other = _layer(path), _layer(target)
    if own is None or other is None:
        return "a file outside the layers"
    if path.is_relative_to("cuda") and target.is_relative_to("cpp/src"):
        return "cuda/ sees cpp/include only"
    return f"layer {other} from layer {own}" if other > own else None


def _isa_unit_violations(root: Path, unit: Path) -> Iterator[str]:
    """Follow the includes of an instruction-set unit through every header it reaches."""
    seen = {unit}
    pending = [unit]
    while pending:
        path = pending.pop()
        for header, target in _includes(root, path):
            if header in STD_FORBIDDEN_IN_ISA_UNITS:
                yield f"{unit}: reaches <{header}> through {path}: not in an instruction-set unit"
            if target is None or target in seen:
                continue
            seen.add(target)
            pending.append(target)
            layer = _layer(target)
            kernel_header = target.parent == Path("cpp/src") and target.suffix == ".hpp"
            if not kernel_header and (layer is None or layer > UPDATE_LAYER):
                yield f"{unit}: reaches {target} through {path}: above the update layer"


# --- Python ---------------------------------------------------------------------------------------


def _python_violations(root: Path) -> Iterator[str]:
    graph = {path: set(_imports(root, path)) for path in _python_files(root)}
    oracles = [p for p in graph if any(p == o or p.is_relative_to(o) for o in ORACLES)]
    for core in CORES:
        for path, targets in graph.items():
            if core in targets and not (
                path.parent in (PACKAGE, PACKAGE / "_engines") and path.name in CORE_USERS
            ):
                yield f"{path}: imports {core.name}: only {', '.join(sorted(CORE_USERS))} do"
        for path in oracles:
            chain = _chain_to(core, path, graph)
            if chain:
                yield f"{path}: an oracle reaches {core.name}: {' -> '.join(map(str, chain))}"


def _python_files(root: Path) -> Iterator[Path]:
    for folder in (PACKAGE, Path("tests/reference")):
        for path in sorted((root / folder).rglob("*.py")):
            yield path.relative_to(root)


def _imports(root: Path, path: Path) -> Iterator[Path]:
    """Yield the package's files that `path` imports at run time, and the compiled modules.

    Importing a submodule also runs the package's ``__init__``; that is not counted, because an
    oracle cannot take results from it without naming it.
    """
    tree = ast.parse((root / path).read_text(encoding="utf-8"), filename=str(path))
    for node in _run_time_nodes(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _module_file(root, alias.name.split("."))
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(path, node)
            for alias in node.names:
                submodule = list(_module_file(root, [*base, alias.name]))
                yield from submodule or _module_file(root, base)


def _run_time_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """Walk the tree without the bodies of ``if TYPE_CHECKING:``."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        yield node
        yield from _run_time_nodes(node)


def _absolute(path: Path, node: ast.ImportFrom) -> list[str]:
    """Return the absolute dotted name, in parts, of the module that `node` imports from."""
    parts = node.module.split(".") if node.module else []
    if node.level == 0 or not path.is_relative_to(PACKAGE):
        return parts
    package = ["multispin", *path.relative_to(PACKAGE).parent.parts]
    return package[: len(package) - (node.level - 1)] + parts


def _module_file(root: Path, parts: list[str]) -> Iterator[Path]:
    if parts[:1] != ["multispin"]:
        return
    stem = PACKAGE.joinpath(*parts[1:])
    if stem in CORES:
        yield stem
    elif (root / stem.with_suffix(".py")).is_file() and len(parts) > 1:
        yield stem.with_suffix(".py")
    elif (root / stem / "__init__.py").is_file():
        yield stem / "__init__.py"


def _chain_to(goal: Path, start: Path, graph: dict[Path, set[Path]]) -> list[Path]:
    """Return the shortest chain of imports from `start` to `goal`, or an empty list."""
    chains = [[start]]
    seen = {start}
    for chain in chains:  # grows while it is walked: breadth first
        for target in sorted(graph.get(chain[-1], ())):
            if target == goal:
                return [*chain, target]
            if target not in seen:
                seen.add(target)
                chains.append([*chain, target])
    return []


def main(arguments: Iterable[str]) -> int:
    """Print the violations under the root given, or this repository's, and return the exit code."""
    root = Path(next(iter(arguments), Path(__file__).parent.parent))
    found = violations(root)
    for line in found:
        print(line)
    print(f"layering: {len(found)} violation(s)")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
