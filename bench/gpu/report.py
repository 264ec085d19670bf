"""What the benches on a GPU share: their options, times of calls, and the file of a table."""

from __future__ import annotations

import argparse
import datetime as dt
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import multispin as ms

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROUNDS = 5


class Report:
    """The options of a bench, the time it has left, and its table.

    Parameters
    ----------
    doc
        Of the bench.
    name
        Of the file: <date>-<name>-<GPU>.md.
    seconds
        After which, if nothing else is asked for, no case begins.
    """

    def __init__(self, doc: str | None, name: str, seconds: float) -> None:
        parser = argparse.ArgumentParser(description=(doc or "").split("\n", 1)[0])
        parser.add_argument("--output", type=Path, required=True, help="folder for the table")
        parser.add_argument(
            "--seconds", type=float, default=seconds, help="after which no case begins"
        )
        arguments = parser.parse_args()
        self._name, self._folder = name, arguments.output
        self._end = time.perf_counter() + arguments.seconds

    def has_time_for(self, case: str) -> bool:
        """Whether a case may begin; says so if it may not."""
        has = time.perf_counter() < self._end
        if not has:
            print(f"no time left for {case}")
        return has

    def write(self, title: str, rows: Sequence[str]) -> None:
        """Save rows below a title that names the GPU and the day."""
        card = str(ms.info()["cuda"]["devices"][0]["name"])
        date = dt.datetime.now(dt.timezone.utc).date().isoformat()
        self._folder.mkdir(parents=True, exist_ok=True)
        slug = "-".join(re.findall(r"[a-z0-9]+", card.lower()))
        path = self._folder / f"{date}-{self._name}-{slug}.md"
        text = "\n".join([f"# {title}: {card}, {date}", "", *rows, ""])
        path.write_text(text, encoding="utf-8")
        print(f"wrote {path}")


def fastest(work: Callable[[], Any]) -> float:
    """Milliseconds of a call, of the fastest of some."""
    taken = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return 1e3 * min(taken)
