"""Run the notebooks of ``examples/notebooks``, and write what they show as pages.

Each one is run from its first cell to its last in a kernel of its own and in an empty folder. An
exception fails it, and so do a warning and anything else on standard error. Pages with all outputs
go to ``build/notebooks``. What is committed has no outputs: that is checked, too, and ``--clean``
takes out of notebooks what Jupyter left there. Needs the extra ``[notebooks]``; run as
``python tools/run_notebooks.py``, with the names of notebooks for these alone.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbconvert import HTMLExporter

ROOT = Path(__file__).parent.parent
NOTEBOOKS = ROOT / "examples" / "notebooks"
PAGES = ROOT / "build" / "notebooks"
SECONDS = 300  # for a cell, far more than any takes: what is stuck fails

#: What a notebook says of its kernel: whichever Python the reader has.
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}

#: What the kernel begins with. Its own warnings are not the notebook's.
STRICT = (
    "import warnings",
    "warnings.simplefilter('error')",
    "warnings.filterwarnings('ignore', module='ipykernel')",
)


def cleaned(notebook: Any) -> Any:
    """Return a notebook as it is committed: without outputs, and of no kernel in particular."""
    clean = nbformat.from_dict({**notebook, "metadata": METADATA})
    for cell in clean.cells:
        cell.metadata = {}
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return clean


def written(notebook: Any) -> str:
    """Return the text of a notebook's file."""
    return str(nbformat.writes(notebook)).rstrip("\n") + "\n"


def run(path: Path) -> str:
    """Run a notebook and write its page; return what is wrong, or nothing."""
    page_of = PAGES / f"{path.stem}.html"
    page_of.unlink(missing_ok=True)  # of a run before
    text = path.read_text(encoding="utf-8")
    notebook: Any = nbformat.reads(text, as_version=4)
    if text != written(cleaned(notebook)):
        return "has outputs, or what Jupyter adds: tools/run_notebooks.py --clean takes it out"
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as sockets:
        client = NotebookClient(
            notebook,
            timeout=SECONDS,
            resources={"metadata": {"path": folder}},
            extra_arguments=[f"--IPKernelApp.exec_lines={line}" for line in STRICT],
        )
        kernel = client.create_kernel_manager()
        kernel.transport, kernel.ip = "ipc", f"{sockets}/k"  # without a port that others could see
        try:
            client.execute()
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            return str(error)
        except RuntimeError as error:  # a kernel that does not start
            return f"{type(error).__name__}: {error}"
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    # A picture that cannot be drawn is an error among the outputs, and no failure of its cell.
    errors = [output.evalue for output in outputs if output.output_type == "error"]
    wrong = "".join([*errors, *(one.text for one in outputs if one.get("name") == "stderr")])
    if not wrong:
        PAGES.mkdir(parents=True, exist_ok=True)
        page, _ = HTMLExporter(mathjax_url="", require_js_url="").from_notebook_node(notebook)
        page_of.write_text(page, encoding="utf-8")
    return wrong


def main() -> int:
    """Run all notebooks, or some, and return the exit code."""
    parser = argparse.ArgumentParser(description="Run the notebooks of examples/notebooks.")
    parser.add_argument("names", nargs="*", help="of these alone, without .ipynb")
    parser.add_argument("--clean", action="store_true", help="take outputs out instead")
    given = parser.parse_args()
    os.environ.pop("MPLBACKEND", None)  # that of a shell, in place of the notebook's own
    there = {path.stem: path for path in sorted(NOTEBOOKS.glob("*.ipynb"))}
    for name in given.names:
        if name not in there:
            parser.error(f"names: got {name}, allowed: {', '.join(there)}")
    failed = 0
    for path in [there[name] for name in given.names or there]:
        if given.clean:
            notebook = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
            path.write_text(written(cleaned(notebook)), encoding="utf-8")
            continue
        start = time.perf_counter()
        wrong = run(path)
        failed += bool(wrong)
        print(f"{path.name}: {time.perf_counter() - start:.0f} s{'' if not wrong else ', failed'}")
        print(wrong, end="\n" if wrong else "")
    return 1 if failed or not there else 0


if __name__ == "__main__":
    sys.exit(main())
