"""A panel's rows out of the screen: as CSV, as JSON, and one of them to copy."""

from __future__ import annotations

import csv
import io
import json
import time
from pathlib import Path
from typing import Any

from cockpit.ui.render.table import Line, View


def _titles(view: View) -> list[str]:
    return [column.title or "state" for column in view.columns]


def as_csv(view: View, lines: list[Line]) -> str:
    """Figures as they are behind the cells: money in money units, times as shown."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_titles(view))
    writer.writerows([_plain(value) for value in line.values] for line in lines)
    return out.getvalue()


def as_json(view: View, lines: list[Line]) -> str:
    titles = _titles(view)
    rows = [dict(zip(titles, map(_plain, line.values), strict=True)) for line in lines]
    return json.dumps(rows, indent=1, ensure_ascii=False) + "\n"


def as_row(line: Line) -> str:
    """One row as it is shown, its cells a tab apart."""
    return "\t".join(text.strip() for text, _ in line.cells)


def _plain(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in "=+-@":
        return f"'{value}"  # a spreadsheet would run it
    return value


def write(directory: Path, name: str, view: View, lines: list[Line]) -> tuple[Path, Path]:
    """Both files, named for the panel and the time. Raises OSError."""
    directory.mkdir(parents=True, exist_ok=True)
    stem = f"{name}-{time.strftime('%Y%m%d-%H%M%S')}"
    made = directory / f"{stem}.csv", directory / f"{stem}.json"
    made[0].write_text(as_csv(view, lines), encoding="utf-8")
    made[1].write_text(as_json(view, lines), encoding="utf-8")
    return made
