"""What was done to a sampler, as the lines of Python that do it again."""

from __future__ import annotations

_MOST = 40  # lines that are worth copying


class Script:
    """Remembers sweeps and changes in order; sweeps between two changes become one line.

    Examples
    --------
    >>> script = Script()
    >>> script.swept(3)
    >>> script.swept(4)
    >>> script.did("sampler.temperature = 1.5")
    >>> print(script)
    sampler.sweep(7)
    sampler.temperature = 1.5
    """

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._sweeps = 0
        self._left_out = 0

    @property
    def whole(self) -> bool:
        """Whether the lines are all that was done."""
        return not self._left_out

    def swept(self, sweeps: int) -> None:
        """Note that so many sweeps were run."""
        self._sweeps += sweeps

    def did(self, line: str) -> None:
        """Note a change; one that sets what the change just before it has set replaces that."""
        if self._sweeps == 0 and self._lines and "=" in line:
            target = line.partition("=")[0]
            if self._lines[-1].partition("=")[0] == target:
                self._lines.pop()
        elif self._sweeps:
            self._lines.append(f"sampler.sweep({self._sweeps})")
            self._sweeps = 0
        self._lines.append(line)
        if len(self._lines) > _MOST:
            self._left_out += len(self._lines) - _MOST
            del self._lines[:-_MOST]

    def __str__(self) -> str:
        """Return the lines, with a remark if the first of them are left out."""
        last = [f"sampler.sweep({self._sweeps})"] if self._sweeps else []
        left_out = f"# {self._left_out} lines before these are left out"
        return "\n".join([*([] if self.whole else [left_out]), *self._lines, *last])
