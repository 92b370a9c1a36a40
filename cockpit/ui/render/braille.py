"""A curve in braille dots: two columns and four rows of them in a cell."""

from __future__ import annotations

from collections.abc import Sequence

_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
_EMPTY = 0x2800


def resample(series: Sequence[float], count: int) -> list[float]:
    """``series`` as ``count`` values, of each equal stretch the last; few are spread."""
    if not series:
        return []
    return [series[max((i + 1) * len(series) // count - 1, 0)] for i in range(count)]


def curve(
    series: Sequence[float], width: int, height: int, low: float, high: float
) -> list[str]:
    """``height`` lines of ``width`` cells; the newest value on the right."""
    points = resample(series, 2 * width)
    cells = [[0] * width for _ in range(height)]
    rows = 4 * height - 1
    scale = rows / (high - low) if high > low else 0.0
    before: int | None = None
    for at, value in enumerate(points, 2 * width - len(points)):
        y = rows - round((min(max(value, low), high) - low) * scale)
        # A steep step is drawn as a line, not as two dots apart.
        top, bottom = (y, y) if before is None else (min(y, before), max(y, before))
        for dot in range(top, bottom + 1):
            cells[dot // 4][at // 2] |= _DOTS[at % 2][dot % 4]
        before = y
    return ["".join(chr(_EMPTY + c) if c else " " for c in line) for line in cells]


def steps(
    series: Sequence[float], width: int, height: int, low: float, high: float, mark: str
) -> list[str]:
    """The same without braille: one ``mark`` in a column."""
    points = resample(series, width)
    lines = [[" "] * width for _ in range(height)]
    scale = (height - 1) / (high - low) if high > low else 0.0
    for at, value in enumerate(points, width - len(points)):
        y = height - 1 - round((min(max(value, low), high) - low) * scale)
        lines[y][at] = mark
    return ["".join(line) for line in lines]
