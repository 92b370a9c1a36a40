"""What depends on Textual's private parts, in one place and only for versions it was
checked against. With any other version everything here falls back to the stock way.

Two savings. Stock Textual sends each changed span from the left edge of its widget, so
that several small changes in one line send the line's head several times; and it states
and resets the style for every piece of text. Here a span is sent from where it begins,
and a style only when it changes.
"""

from __future__ import annotations

from typing import Any

import textual

CHECKED_VERSIONS = frozenset({"8.2.8"})

EXACT_SPANS = False
"""Whether small spans cost what they are long, so that runs are worth refreshing."""


def _render_segments(update: Any, console: Any) -> str:
    """As ChopsUpdate.render_segments; leaves the same screen in fewer bytes."""
    pieces: list[str] = []
    system = console._color_system
    current: str | None = None
    for y, first, last in update.spans:
        for end, (start, strip) in zip(
            update.chop_ends[y], update.chops[y].items(), strict=True
        ):
            left, right = max(start, first), min(end, last)
            if strip is None or left >= right:
                continue
            pieces.append(f"\x1b[{y + 1};{left + 1}H")
            for text, style, control in strip.crop(left - start, right - start):
                if control:
                    continue
                codes = style._make_ansi_codes(system) if style else ""
                if codes != current:
                    pieces.append(f"\x1b[0;{codes}m" if codes else "\x1b[0m")
                    current = codes
                pieces.append(text)
    pieces.append("\x1b[0m")
    return "".join(pieces)


def install() -> None:
    """Put the savings in force, once, if this Textual is one they were checked with."""
    global EXACT_SPANS
    if EXACT_SPANS or textual.__version__ not in CHECKED_VERSIONS:
        return
    from textual._compositor import ChopsUpdate

    ChopsUpdate.render_segments = _render_segments  # type: ignore
    EXACT_SPANS = True


def backlog(app: Any) -> int:
    """Frames that wait for the terminal to take them; 0 when that cannot be told."""
    writer = getattr(getattr(app, "_driver", None), "_writer_thread", None)
    queue = getattr(writer, "_queue", None)
    return int(queue.qsize()) if queue is not None else 0
