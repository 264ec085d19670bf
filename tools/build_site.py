"""Build the site: the Markdown pages as they are, and a reference out of the docstrings.

Pages are copied into ``build/docs`` with the folders of the repository, so that a link that works
there works on the site too. Reference pages list what each package's ``__all__`` has. Needs the
extra ``[docs]``; where ``tools/run_notebooks.py`` has run before, notebooks are shown with what
they gave. Run as ``python tools/build_site.py``, which fails where it warns: of a dead
link, of a page that is in no menu, of a docstring that cannot be read.
"""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGES = ROOT / "build" / "docs"
PACKAGE = ROOT / "python" / "multispin"

#: What is copied: pages, and what they link to.
COPIED = (
    "*.md", "docs/**/*", "bench/results/*.md", "bench/**/README.md", "bench/*.toml",
    "examples/notebooks/*.ipynb", "examples/pictures/*.png",
)  # fmt: skip

#: Modules with a page of their own; those in their ``__all__`` are shown in full on it.
MODULES = (
    "multispin",
    "multispin.models",
    "multispin.graphs",
    "multispin.couplings",
    "multispin.analysis",
    "multispin.exact",
    "multispin.theory",
    "multispin.learn",
    "multispin.plot",
    "multispin.dimod",
    "multispin.errors",
    "multispin.progress",
)


def source(module: str) -> Path:
    """Return the file of a module, or the folder of a package."""
    path = PACKAGE.joinpath(*module.split(".")[1:])
    return path if path.is_dir() else path.with_suffix(".py")


def public(module: str) -> list[str]:
    """Return the names in a module's ``__all__``, or what it defines if it has none."""
    path = source(module)
    tree = ast.parse((path / "__init__.py" if path.is_dir() else path).read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            names: list[str] = ast.literal_eval(node.value)
            return names
    defined = (node for node in tree.body if isinstance(node, ast.ClassDef | ast.FunctionDef))
    return [node.name for node in defined if not node.name.startswith("_")]


def reference(module: str) -> str:
    """Return the page of a module."""
    lines = [f"# {module}", "", f"::: {module}", "    options:", "      members: false", ""]
    lines[3:5] += ["      show_root_heading: false", "      show_root_toc_entry: false"]
    for name in sorted(public(module), key=str.lower):
        full = f"{module}.{name}"
        if full in MODULES or name.startswith("__") or full == "multispin.lab":
            continue
        lines += [f"::: {full}", ""]
    return "\n".join(lines)


def show_notebooks() -> None:
    """Put notebooks that have been run in place of the files, and links to them in all pages."""
    for page in (ROOT / "build" / "notebooks").glob("*.html"):
        notebook = PAGES / "examples" / "notebooks" / f"{page.stem}.ipynb"
        if not notebook.exists():
            continue
        notebook.unlink()
        shutil.copyfile(page, notebook.with_suffix(".html"))
        for path in PAGES.rglob("*.md"):
            text = path.read_text(encoding="utf-8")
            if f"/{notebook.name})" in text:
                text = text.replace(f"/{notebook.name})", f"/{page.name})")
                path.write_text(text, encoding="utf-8")


def main() -> int:
    """Copy the pages, write the reference and run MkDocs; return its exit code."""
    shutil.rmtree(PAGES, ignore_errors=True)
    for pattern in COPIED:
        for path in filter(Path.is_file, ROOT.glob(pattern)):
            target = PAGES / path.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    show_notebooks()
    (PAGES / "reference").mkdir()
    for module in MODULES:
        (PAGES / "reference" / f"{module}.md").write_text(reference(module), encoding="utf-8")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict"]
    quiet = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}  # news of the theme's makers, at each build
    return subprocess.run(command, cwd=ROOT, env=quiet, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
