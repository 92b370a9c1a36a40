"""A tape or a recording: where it stands, and the keys that move it."""

from __future__ import annotations

from cockpit.ui.render import number
from cockpit.ui.render.risk import bar
from cockpit.ui.render.text import Row, Rows, paragraph
from cockpit.ui.scene import Scene

_BAR_MAX = 38
_VALUE = 22


def _line(label: str, value: str) -> Row:
    value = value[:_VALUE]
    return ((label.ljust(18), "dim"), (value, "text"))


def _tape(scene: Scene, width: int) -> Rows:
    tape = scene.tape
    assert tape is not None
    at, of = tape.index + 1, tape.count
    passed = tape.moment - (tape.first)
    state = "at its end" if tape.ended else "held" if tape.paused else f"x{tape.speed:g}"
    marks = bar(at, of, min(width - 2, _BAR_MAX), scene.glyphs)
    return [
        tuple(
            (text, "gauge" if style != "gauge.back" else style) for text, style in marks
        ),
        _line("picture", f"{at:,} of {of:,}"),
        _line("time", f"{number.span(passed)} of {number.span(tape.length)}"),
        _line("plays", state),
        (),
        *paragraph("Space holds and goes on; . , step; > < change the speed.", width),
    ]


def _recording(scene: Scene, width: int) -> Rows:
    replay = scene.picture["venue"]["replay"]
    played, total = int(replay["messages"]), int(replay["total"])
    known, matched = (
        int(replay[name]) for name in ("executions_known", "executions_matched")
    )
    played = min(played, total)
    marks = bar(played, total, min(width - 2, _BAR_MAX), scene.glyphs)
    rows: Rows = [
        tuple(
            (text, "gauge" if style != "gauge.back" else style) for text, style in marks
        ),
        _line("messages", f"{played:,} of {total:,}"),
        _line("recorded time", number.clock_time(int(replay["time_ns"]) / 1e9, True)),
        _line("executions", f"{int(replay['executions']):,}"),
        _line("met their order", number.percent(matched, known)),
        _line("displaced by us", f"{int(replay['displaced']):,}"),
    ]
    if replay["has_reference"]:
        checked, differ = int(replay["rows_checked"]), int(replay["book_mismatches"])
        rows.append(_line("books compared", f"{checked:,}, {differ:,} differ"))
    return rows


def render(scene: Scene, width: int, height: int) -> Rows:
    if scene.tape:
        return _tape(scene, width)[:height]
    if int(scene.picture["venue"]["replay"]["total"]):
        return _recording(scene, width)[:height]
    text = (
        "Nothing is played. cockpit --tape FILE shows a tape, cockpit --replay FILE "
        "trades inside a recording of the market."
    )
    return paragraph(text, width)[:height]
