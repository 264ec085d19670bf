"""Check that includes and imports point one way only.

Two tables say which way: `LAYERS` for C++ and CUDA, lowest first, where a file may include its own
layer and those below it; `BENEATH` for the packages and modules of ``python/multispin``, its rooms.
Beyond the tables, in C++ and CUDA:

- no family of engines (`FAMILIES`) includes a file of another, and on GPUs none names a type as
  another does: kernels are known by the names of their bodies, and the linker keeps one of each;
- nothing in ``cpp/`` or ``cuda/`` knows Python, and ``cpp/`` does not know CUDA;
- public headers include public headers, and ``cuda/`` includes those of ``cpp/`` only;
- CUDA's own headers are included where kernels are launched and where the runtime is wrapped
  (`CUDA_USERS`), so that everything else compiles without nvcc too;
- the bindings see public headers only;
- an instruction-set translation unit (``<isa>.cpp``) reaches, over any number of headers, only the
  layers up to `RULES`, headers of its own family but the engine, and no std containers: an inline
  function built with AVX flags must never be the one the linker picks for everybody.

And in Python:

- only `CORE_USERS` import ``_core`` or ``_cuda``;
- the oracles (`ORACLES`) reach neither, over any number of modules: a test against an oracle
  compares two independent computations;
- ``_name`` is imported within the package that it stands in, and nowhere else;
- the package's face, ``multispin/__init__.py``, is for users: no room imports it.

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

# --- the tables -----------------------------------------------------------------------------------

# Engines of one kind, on CPUs and GPUs, or what else has kernels for each instruction set: a folder
# of this name in each part of the tree.
FAMILIES = ("bipartite", "conditional", "lattice", "moments", "real", "replica")

# Lowest first; the longest matching path counts. "*" stands for each family.
LAYERS = (
    ("cpp/include/multispin/host_device.hpp",),
    ("cpp/include/multispin/bits",),
    ("cpp/include/multispin/random",),
    ("cpp/include/multispin/rules",),
    ("cpp/include/multispin",),
    ("cpp/src", "cuda/include/multispin/cuda"),
    ("cuda/src",),
    ("cpp/include/multispin/*",),
    ("cpp/src/*", "cuda/include/multispin/cuda/*"),
    ("cuda/src/*",),
)
RULES = 3  # the highest layer that instruction-set units share

CUDA_USERS = ("cuda/src/device/runtime.cu", "cuda/src/device/launch.hpp")

# A room sees the rooms named here, and all that these see.
BENEATH: dict[str, tuple[str, ...]] = {
    "errors": (),
    "_base": ("errors",),
    "io": ("_base",),
    "progress": ("_base",),
    # what needs no spins, or no engine
    "studies": ("io", "progress"),
    "analysis": ("_base",),
    "exact": ("_base",),
    "theory": ("_base",),
    "datasets": ("_base",),
    "plot": ("analysis", "exact", "theory"),
    # the way of a run
    "graphs": ("_base",),
    "models": ("graphs",),
    "couplings": ("models", "io"),
    "_engines": ("models", "io"),
    "_info": ("_engines",),
    "sampling": ("_engines",),
    "runs": ("sampling", "_info", "progress", "analysis", "exact"),
    "learn": ("runs", "studies", "theory", "couplings"),
    "dimod": ("runs", "couplings"),
    # what users start
    "page": ("learn", "couplings", "datasets", "plot"),
    "lab": ("page",),
    "cli": ("lab",),
    "__main__": ("cli",),
}

CORES = (PACKAGE / "_core", PACKAGE / "_cuda")
CORE_USERS = (PACKAGE / "_engines", PACKAGE / "_info.py")
ORACLES = (PACKAGE / "exact", Path("tests/reference"))

# --- what is looked for ---------------------------------------------------------------------------

CPP_SUFFIXES = {".hpp", ".h", ".cpp", ".cu", ".cuh"}
ISA_UNIT = re.compile(r"^(portable|avx2|avx512|neon)\.cpp$")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)

TYPE = re.compile(r"^(?:struct|class) (?:alignas\(\d+\) )?(\w+)[^;\n]*\{", re.MULTILINE)

PYTHON_HEADER = re.compile(r"^(Python\.h|structmember\.h|pybind11/|numpy/)")
CUDA_HEADER = re.compile(r"^(cuda|curand|cub/|thrust/|cooperative_groups)")
# Headers whose templates and inline functions would be compiled with the unit's own flags and
# offered to the linker. What slips through anyway is found by check_symbols.py.
STD_FORBIDDEN_IN_ISA_UNITS = frozenset(
    """
    algorithm any deque filesystem forward_list fstream functional future iomanip ios iostream
    istream list locale map memory mutex numeric optional ostream queue random regex set sstream
    stack stdexcept string thread tuple unordered_map unordered_set variant vector
    """.split()  # noqa: SIM905 (a list of forty literals would hide what it says)
)

LAYER_OF = {
    Path(place.replace("*", family)): layer
    for layer, places in enumerate(LAYERS)
    for place in places
    for family in FAMILIES
}
# A file's family is a folder it stands in.
FAMILY = re.compile(rf"/({'|'.join(FAMILIES)})/")


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
        if path.is_relative_to("cpp/src") and ISA_UNIT.search(path.name):
            yield from _isa_unit_violations(root, path)
    yield from _names_twice(root)


def _names_twice(root: Path) -> Iterator[str]:
    """Yield types that two families define under one name, outside of other types."""
    seen: dict[str, Path] = {}
    for path in _cpp_files(root, "cuda/src"):
        if _family(path) is None:
            continue
        for name in TYPE.findall((root / path).read_text(encoding="utf-8")):
            first = seen.setdefault(name, path)
            if _family(first) != _family(path):
                yield f"{path}: {name} is a type of {first} too: kernels need names of their own"


def _cpp_files(root: Path, *folders: str) -> Iterator[Path]:
    for folder in folders:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in CPP_SUFFIXES and path.is_file():
                yield path.relative_to(root)


def _includes(root: Path, path: Path) -> Iterator[tuple[str, Path | None]]:
    """Yield each include of `path` as written, and the repository's file it means, if any."""
    text = (root / path).read_text(encoding="utf-8")
    # Families have files of the same name on both sides: its own side's is what a file means.
    private = sorted((Path("cpp/src"), Path("cuda/src")), key=lambda p: p.parts[0] != path.parts[0])
    for quote, header in INCLUDE.findall(text):
        places = [INCLUDE_ROOT, CUDA_INCLUDE_ROOT]
        if quote == '"':
            places = [path.parent, *private, *places]
        found = ((root / place / header).resolve() for place in places)
        target = next((file for file in found if file.is_file()), None)
        inside = target is not None and target.is_relative_to(root.resolve())
        yield header, target.relative_to(root.resolve()) if target and inside else None


def _place(path: Path) -> Path | None:
    """Return the place in `LAYERS` that `path` belongs to, if any."""
    matches = [place for place in LAYER_OF if path.is_relative_to(place)]
    return max(matches, key=lambda place: len(place.parts)) if matches else None


def _family(path: Path) -> str | None:
    match = FAMILY.search(str(path))
    return match[1] if match else None


def _is_private(path: Path) -> bool:
    return path.is_relative_to("cpp/src") or path.is_relative_to("cuda/src")


def _forbidden_include(path: Path, header: str, target: Path | None) -> str | None:
    """Say why `path` may not include `header`, or return None if it may."""
    if path.is_relative_to(BINDINGS):
        private = target is not None and _is_private(target)
        return "bindings see public headers only" if private or CUDA_HEADER.match(header) else None
    if PYTHON_HEADER.match(header) or (target and target.is_relative_to("python")):
        return "cpp/ and cuda/ do not know Python"
    if path.is_relative_to("cpp") and (
        CUDA_HEADER.match(header)
        or header.startswith("multispin/cuda/")
        or (target and target.is_relative_to("cuda"))
    ):
        return "cpp/ does not know CUDA"
    if CUDA_HEADER.match(header) and str(path) not in CUDA_USERS:
        return f"only {', '.join(CUDA_USERS)} include CUDA's headers"
    if header.startswith("multispin/") and target is None:
        return "no such header in the repository"
    return _wrong_way(path, target) if target else None


def _wrong_way(path: Path, target: Path) -> str | None:
    """Say which arrow of the tables runs backwards from `path` to `target`, if one does."""
    own, other = _place(path), _place(target)
    if own is None or other is None:
        return "a file outside the layers"
    if _is_private(target) and (not _is_private(path) or path.parts[0] != target.parts[0]):
        return "cpp/include, cuda/include, and cuda/src from cpp/, see public headers only"
    families = _family(path), _family(target)
    if None not in families and families[0] != families[1]:
        return f"the family {families[0]} does not see the family {families[1]}"
    return f"{other} lies above {own}" if LAYER_OF[other] > LAYER_OF[own] else None


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
            place = _place(target)
            shared = place is not None and LAYER_OF[place] <= RULES
            own = _family(target) == _family(unit) and not target.name.endswith("engine.hpp")
            if not (shared or (own and target.suffix == ".hpp")):
                yield f"{unit}: reaches {target} through {path}: not for instruction-set units"


# --- Python ---------------------------------------------------------------------------------------


def _python_violations(root: Path) -> Iterator[str]:
    files = list(_python_files(root))
    for path in files:
        if not path.is_relative_to(PACKAGE):
            continue
        for target in sorted(set(_imports(root, path, types=True))):
            reason = _forbidden_import(path, target)
            if reason:
                name = target.name if target in CORES else target
                yield f"{path}: imports {name}: {reason}"
    graph = {path: set(_imports(root, path)) for path in files}
    for path in files:
        if not any(path.is_relative_to(oracle) for oracle in ORACLES):
            continue
        for core in CORES:
            chain = _chain_to(core, path, graph)
            if chain:
                yield f"{path}: an oracle reaches {core.name}: {' -> '.join(map(str, chain))}"


def _forbidden_import(path: Path, target: Path) -> str | None:
    """Say why a file of the package may not import `target`, or return None if it may."""
    if target in CORES:
        allowed = any(path.is_relative_to(user) for user in CORE_USERS)
        users = ", ".join(user.stem for user in CORE_USERS)
        return None if allowed else f"only {users} import compiled modules"
    parts = target.relative_to(PACKAGE).with_suffix("").parts
    for depth, part in enumerate(parts):
        home = PACKAGE.joinpath(*parts[:depth])
        if part.startswith("_") and not part.startswith("__") and not path.is_relative_to(home):
            return f"{part} is private to {home}"
    own, other = _room(path), _room(target)
    if own in (other, "__init__"):
        return None
    if own not in BENEATH:
        return f"{own} is a room without a line in BENEATH"
    if other == "__init__":
        return "the package's face is for users"
    return None if other in _seen_from(own) else f"{own} does not see {other}"


def _room(path: Path) -> str:
    """Return the package or module directly below ``multispin`` that `path` belongs to."""
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def _seen_from(room: str) -> set[str]:
    """Return all rooms that `room` sees."""
    seen = set(BENEATH[room])
    return seen.union(*map(_seen_from, seen))


def _python_files(root: Path) -> Iterator[Path]:
    for folder in (PACKAGE, Path("tests/reference")):
        for path in sorted((root / folder).rglob("*.py")):
            yield path.relative_to(root)


def _imports(root: Path, path: Path, types: bool = False) -> Iterator[Path]:
    """Yield the package's files and compiled modules that `path` imports when it runs.

    With `types`, also what it imports for annotations alone. Importing a submodule also runs the
    package's ``__init__``; that is not counted: nothing can be taken from it without naming it.
    """
    tree = ast.parse((root / path).read_text(encoding="utf-8"), filename=str(path))
    for node in ast.walk(tree) if types else _run_time_nodes(tree):
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
