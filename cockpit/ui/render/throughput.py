"""How much goes through a second, now and in the last minutes."""

from __future__ import annotations

from collections.abc import Sequence

from cockpit.ui.render import number
from cockpit.ui.render.glyphs import Glyphs
from cockpit.ui.render.text import Row, Rows, Segment, paragraph
from cockpit.ui.scene import Rate, Scene

_NAME, _RATE, _TOTAL = 13, 9, 12


def detail(scene: Scene) -> str:
    return "a second of virtual time" if scene.virtual else "a second"


def sparkline(series: Sequence[float], width: int, glyphs: Glyphs) -> str:
    """The last ``width`` values, 0 to their maximum, newest on the right."""
    shown = series[-width:] if width > 0 else ()
    top = max(shown, default=0.0)
    steps = len(glyphs.ramp) - 1
    marks = (
        glyphs.ramp[round(value / top * steps)] if value > 0 else " " for value in shown
    )
    return "".join(marks).rjust(max(width, 0))


def _row(rate: Rate, width: int, glyphs: Glyphs) -> Row:
    now = round(rate.series[-1]) if rate.series else 0
    bad = rate.name in ("rejects", "refusals") and now > 0
    figure: Segment = ("-", "faint") if not rate.series else (
        number.fit_count(now, _RATE), "warn" if bad else "text" if now else "faint"
    )  # fmt: skip
    room = width - _NAME - _RATE - _TOTAL - 3
    return (
        (rate.name.ljust(_NAME), "text"),
        (figure[0].rjust(_RATE), figure[1]),
        ("  ", "text"),
        (sparkline(rate.series, room, glyphs), "spark"),
        (" ", "text"),
        (number.fit_count(rate.total, _TOTAL).rjust(_TOTAL), "dim"),
    )


def render(scene: Scene, width: int, height: int) -> Rows:
    rates = scene.past.history.rates()
    if not rates:
        return paragraph("Nothing has been measured yet.", width)
    room = max(width - _NAME - _RATE - _TOTAL - 3, 0)
    head: Row = (
        ("".ljust(_NAME) + "now".rjust(_RATE) + "  ", "head"),
        ("".rjust(room) + " ", "head"),
        ("in all".rjust(_TOTAL), "head"),
    )
    return [head, *(_row(rate, width, scene.glyphs) for rate in rates)][:height]
