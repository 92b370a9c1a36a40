"""The shorter way to paint leaves the same screen as Textual's own, in fewer bytes."""

from __future__ import annotations

import io
from typing import Any

import pyte
import pytest
from rich.console import Console
from rich.style import Style
from taped import TRADING, TapedDesk, open_app, turn
from textual import _compositor
from textual._compositor import ChopsUpdate
from textual.strip import Strip

from cockpit.ui import painting
from cockpit.ui.canvas import _seen
from cockpit.ui.layout import Rect

# Taken at import: collected before any app has put the other one in force.
STOCK = ChopsUpdate.render_segments


@pytest.fixture
def updates(monkeypatch: pytest.MonkeyPatch) -> list[ChopsUpdate]:
    """Every partial update the compositor makes, in order."""
    made: list[ChopsUpdate] = []

    class Recorded(ChopsUpdate):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            made.append(self)

    monkeypatch.setattr(_compositor, "ChopsUpdate", Recorded)
    monkeypatch.setattr(painting, "DIRECT", False)  # all of it by the compositor
    return made


@pytest.fixture
def _fresh_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Strips and styles keep their codes as the first terminal wanted them: forget."""
    render, render_style = Strip.render, Strip.render_style

    def strip(self: Strip, console: Console) -> str:
        self._render_cache = None
        return render(self, console)

    def style(style: Style, text: str, color_system: Any) -> str:
        style._ansi = None
        return render_style(style, text, color_system)

    monkeypatch.setattr(Strip, "render", strip)
    monkeypatch.setattr(Strip, "render_style", staticmethod(style))


def console(system: str) -> Console:
    return Console(
        file=io.StringIO(), force_terminal=True, color_system=system, width=160, height=48
    )  # type: ignore[arg-type]


def cells(screen: pyte.Screen) -> list[list[Any]]:
    return [
        [screen.buffer[y][x] for x in range(screen.columns)] for y in range(screen.lines)
    ]


def differing(one: pyte.Screen, other: pyte.Screen) -> list[Any]:
    pairs = zip(cells(one), cells(other), strict=True)
    return [
        (y, x, *pair)
        for y, rows in enumerate(pairs)
        for x, pair in enumerate(zip(*rows, strict=True))
        if pair[0] != pair[1]
    ]


@pytest.mark.usefixtures("_fresh_codes")
@pytest.mark.parametrize("system", ["truecolor", "256", "standard"])
async def test_it_leaves_the_same_screen_cell_for_cell(
    updates: list[ChopsUpdate], system: str
) -> None:
    desk = TapedDesk()
    app = open_app(desk)
    screens = [pyte.Screen(160, 48) for _ in range(2)]
    streams = [pyte.Stream(screen) for screen in screens]
    sizes = [0, 0]
    async with app.run_test(size=(160, 48)) as pilot:
        await pilot.pause()
        full = app.screen._compositor.render_update(full=True)
        for stream in streams:
            stream.feed(full.render_segments(console(system)))
        updates.clear()
        for _ in range(12):
            turn(app, desk, desk.index + 1)
            await pilot.pause()
            for update in updates:
                for i, render in enumerate((STOCK, painting._render_segments)):
                    text = render(update, console(system))
                    sizes[i] += len(text.encode())
                    streams[i].feed(text)
            updates.clear()
            assert differing(*screens) == []
    assert any(cell.data != " " for row in cells(screens[1]) for cell in row)
    assert sizes[1] < sizes[0] / 2


async def test_a_frame_in_which_nothing_changed_costs_nothing(
    updates: list[ChopsUpdate],
) -> None:
    desk = TapedDesk()
    app = open_app(desk)
    async with app.run_test(size=(160, 48)) as pilot:
        turn(app, desk, TRADING)
        await pilot.pause()
        updates.clear()
        for _ in range(5):
            app.step()
            await pilot.pause()
        assert updates == []


async def test_a_frame_of_a_busy_market_is_small(updates: list[ChopsUpdate]) -> None:
    desk = TapedDesk("live")
    app = open_app(desk)
    frames, sent = 40, 0
    async with app.run_test(size=(160, 48)) as pilot:
        turn(app, desk, 30)
        await pilot.pause()
        updates.clear()
        for _ in range(frames):
            turn(app, desk, desk.index + 1)
            await pilot.pause()
        for update in updates:
            sent += len(painting._render_segments(update, console("truecolor")).encode())
    # 25 kB/s at the standard 4 frames a second.
    assert 0 < sent / frames <= 25_000 / 4


def test_other_versions_are_painted_the_stock_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(painting, "EXACT_SPANS", False)
    monkeypatch.setattr(painting.textual, "__version__", "8.2.999")
    monkeypatch.setattr(ChopsUpdate, "render_segments", STOCK)
    painting.install()
    assert not painting.EXACT_SPANS
    assert ChopsUpdate.render_segments is STOCK


@pytest.mark.usefixtures("_fresh_codes")
@pytest.mark.parametrize("size", [(160, 48), (120, 36), (80, 24)])
async def test_what_is_written_straight_leaves_the_screen_textual_would(
    monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    desk = TapedDesk("live")
    app = open_app(desk)
    written: list[Any] = []
    screen, other = pyte.Screen(*size), pyte.Screen(*size)
    stream = pyte.Stream(screen)
    async with app.run_test(size=size) as pilot:
        turn(app, desk, 20)
        await pilot.pause()
        full = app.screen._compositor.render_update(full=True)
        stream.feed(full.render_segments(console("truecolor")))
        monkeypatch.setattr(app, "_display", lambda _, update: written.append(update))
        straight = 0
        for _ in range(15):
            turn(app, desk, desk.index + 1)
            await pilot.pause()
            straight += any(type(update).__name__ == "Update" for update in written)
            for update in written:
                stream.feed(update.render_segments(console("truecolor")))
            written.clear()
        full = app.screen._compositor.render_update(full=True)
        pyte.Stream(other).feed(full.render_segments(console("truecolor")))
    assert straight >= 10
    assert differing(screen, other) == []


KEYS = (
    "question_mark", "down", "escape", "ctrl+p", "r", "escape", "z", "z", "f3", "K",
    "escape", "f2", "tab", "d", "D", "f", "x", "escape", "g", "l", "o", "escape", "h",
)  # fmt: skip
"""Keys that open, close and move things, and what lies over them."""


@pytest.mark.usefixtures("_fresh_codes")
@pytest.mark.parametrize("size", [(160, 48), (120, 36), (80, 24)])
async def test_whatever_opens_closes_or_moves_is_written_straight(
    monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    """Each key and each frame under what it has opened: no layout, and no compositor."""
    desk = TapedDesk("live")
    app = open_app(desk)
    written: list[Any] = []
    screen = pyte.Screen(*size)
    stream = pyte.Stream(screen)
    covered = moved = 0
    async with app.run_test(size=size) as pilot:
        turn(app, desk, 20)
        await pilot.pause()
        full = app.screen._compositor.render_update(full=True)
        stream.feed(full.render_segments(console("truecolor")))
        monkeypatch.setattr(app, "_display", lambda _, update: written.append(update))
        for key in KEYS:
            before = app.main.placed
            await pilot.press(key)
            await pilot.pause()
            moved += app.main.placed != before
            covered += "over" in app.main.placed
            for _ in range(2):
                turn(app, desk, desk.index + 1)
                await pilot.pause()
            assert {type(update).__name__ for update in written} <= {"Update"}
            for update in written:
                stream.feed(update.render_segments(console("truecolor")))
            written.clear()
            other = pyte.Screen(*size)
            full = app.screen._compositor.render_update(full=True)
            pyte.Stream(other).feed(full.render_segments(console("truecolor")))
            # The colour of the characters where there are none cannot be seen.
            odd = [d for d in differing(screen, other) if d[2].data != " "]
            assert odd == [], key
            seen = [
                d
                for d in differing(screen, other)
                if d[2]._replace(fg="") != d[3]._replace(fg="")
            ]
            assert seen == [], key
    assert moved >= 10
    assert covered >= 8


def test_a_run_is_written_where_nothing_lies_over_it() -> None:
    over = Rect(10, 5, 20, 3)
    assert _seen(4, 0, 40, over, "log") == [(0, 40)]
    assert _seen(5, 0, 40, over, "log") == [(0, 10), (30, 40)]
    assert _seen(7, 12, 28, over, "log") == []
    assert _seen(7, 12, 33, over, "log") == [(30, 33)]
    assert _seen(8, 12, 33, over, "log") == [(12, 33)]
    assert _seen(6, 12, 28, over, "over") == [(12, 28)]
    assert _seen(6, 12, 28, None, "log") == [(12, 28)]
