"""What is said of a file that cannot be read."""

from __future__ import annotations

from pathlib import Path


class DataError(ValueError):
    """A market data file is not what it should be; says where, and what was expected.

    ``line`` counts from 1; None where the file has no lines or is wrong as a whole.
    """

    def __init__(self, path: Path | str, what: str, line: int | None = None) -> None:
        self.path = Path(path)
        self.line = line
        self.what = what
        place = f"{self.path}, line {line}" if line is not None else f"{self.path}"
        super().__init__(f"{place}: {what}")
