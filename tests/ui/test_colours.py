"""What a terminal shows that has 256, 16 or no colours, or no more letters than ASCII.

A terminal emulator reads what is written; every screen is asked for.
"""

from __future__ import annotations

import pytest
from test_terminal import Program, program

from cockpit.ui import layout

BASIC = {
    "default", "black", "red", "green", "brown", "blue", "magenta", "cyan", "white",
    "brightblack", "brightred", "brightgreen", "brightbrown", "brightyellow",
    "brightblue", "brightmagenta", "brightcyan", "brightwhite", "bfightmagenta",
}  # fmt: skip
"""The sixteen by the emulator's names, one of which it spells so."""
STEPS = {f"{n:02x}" for n in (0, 95, 135, 175, 215, 255)}
GREYS = {f"{8 + 10 * n:02x}" for n in range(24)}
SYSTEM = {"00", "80", "c0", "ff", "cd", "e5", "7f", "5c"}


def colours(p: Program) -> set[str]:
    cells = (
        p.screen.buffer[y][x]
        for y in range(p.screen.lines)
        for x in range(p.screen.columns)
    )
    return {colour for cell in cells for colour in (cell.fg, cell.bg)}


def is_of_256(colour: str) -> bool:
    if colour in BASIC:
        return True
    parts = {colour[i : i + 2] for i in (0, 2, 4)}
    return parts <= STEPS or (len(parts) == 1 and parts <= GREYS) or parts <= SYSTEM


def show(p: Program, plan: layout.Plan) -> None:
    p.type("g")
    p.wait_for(lambda: p.sees("Go to"))
    p.type(plan.letter)
    p.wait_for(lambda: not p.sees("Go to"))
    p.read(0.4)


def each_screen(p: Program) -> list[set[str]]:
    found = []
    for plan in layout.SCREENS:
        show(p, plan)
        assert p.sees("SIM")
        assert p.sees("ACTIVE")
        found.append(colours(p))
    return found


def test_256_colours_are_enough_on_every_screen() -> None:
    with program(TEXTUAL_COLOR_SYSTEM="256", COLORTERM="") as p:
        for found in each_screen(p):
            assert len(found) > 4
            assert all(map(is_of_256, found)), found


def test_16_colours_are_enough_on_every_screen() -> None:
    with program(TEXTUAL_COLOR_SYSTEM="standard", COLORTERM="", TERM="xterm") as p:
        for found in each_screen(p):
            assert found <= BASIC, found - BASIC


def test_without_colours_every_screen_still_says_what_it_says() -> None:
    with program(NO_COLOR="1") as p:
        for found in each_screen(p):
            assert found == {"default"}
        show(p, layout.BY_NAME["trade"])
        # What stands out does so by weight or by turned ground.
        rows = [p.screen.buffer[y] for y in range(2)]
        marked = [row[x] for row in rows for x in range(p.screen.columns)]
        assert any(cell.reverse for cell in marked)
        p.wait_for(lambda: p.sees("● LIVE"))


@pytest.mark.parametrize("size", [(160, 48), (80, 24)])
def test_ascii_alone_draws_every_screen(size: tuple[int, int]) -> None:
    with program(size, COCKPIT_TEST_GLYPHS="ascii") as p:
        for plan in layout.SCREENS:
            show(p, plan)
            odd = {c for line in p.screen.display for c in line if not c.isascii()}
            assert not odd, (plan.name, odd)
            assert p.sees("SIM")
