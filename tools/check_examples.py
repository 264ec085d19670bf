"""Run every example a reader may copy: docstrings' ``>>>`` and the Markdown pages' Python blocks.

Blocks fenced as ``python`` are executed in order, those of one page in one namespace, in an empty
folder; blocks with ``>>>`` are compared with the output shown. Docstrings are those of the
installed package's modules. Run as ``python tools/check_examples.py``.
"""

from __future__ import annotations

import doctest
import importlib
import os
import re
import sys
import tempfile
import traceback
import warnings
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "python" / "multispin"
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
DOCTEST_OPTIONS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


def check_docstrings() -> tuple[int, int]:
    """Run the docstrings' examples; return how many were tried and how many failed."""
    tried = failed = 0
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        if parts[-1] == "__main__":
            continue
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        result = doctest.testmod(importlib.import_module(name), optionflags=DOCTEST_OPTIONS)
        tried += result.attempted
        failed += result.failed
    return tried, failed


def check_page(page: Path) -> tuple[int, int]:
    """Run the Python blocks of one Markdown page; return how many were tried and failed."""
    text = page.read_text(encoding="utf-8")
    namespace: dict[str, object] = {"__name__": "__main__"}
    tried = failed = 0
    for match in BLOCK.finditer(text):
        line = text.count("\n", 0, match.start(1))
        where = f"{page.relative_to(ROOT)}:{line + 1}"
        tried += 1
        if not _run_block(match[1], where, line, namespace):
            print(f"{where}: this block failed")
            failed += 1
    return tried, failed


def _run_block(code: str, where: str, line: int, namespace: dict[str, object]) -> bool:
    if ">>>" in code:
        test = doctest.DocTestParser().get_doctest(code, namespace, where, where, line)
        result = doctest.DocTestRunner(optionflags=DOCTEST_OPTIONS).run(test, clear_globs=False)
        namespace.update(test.globs)
        return result.failed == 0
    try:
        # Blank lines in front make the traceback's line numbers those of the page.
        exec(compile("\n" * line + code, where, "exec"), namespace)
    except Exception:
        traceback.print_exc()
        return False
    return True


def main() -> int:
    """Run all examples and return the exit code."""
    warnings.simplefilter("error")
    os.environ.setdefault("MPLBACKEND", "agg")  # read when matplotlib is imported, later
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    home = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            results = [check_docstrings(), *map(check_page, pages)]
        finally:
            os.chdir(home)
    tried, failed = (sum(column) for column in zip(*results, strict=True))
    print(f"examples: {tried} tried, {failed} failed")
    return 1 if failed or not tried else 0


if __name__ == "__main__":
    sys.exit(main())
