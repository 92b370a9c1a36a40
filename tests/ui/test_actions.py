"""Every key in the running app: what it asks of the desk, and of the operator."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from desks import PaintedDesk
from textual.events import Key

from cockpit.core import Mode, RiskState
from cockpit.ui import keys, layout
from cockpit.ui.app import CockpitApp


class Clock:
    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


class Bench:
    """A painted desk under the app, and a hand on its keys."""

    def __init__(
        self, app: CockpitApp, desk: PaintedDesk, clock: Clock, pilot: Any
    ) -> None:
        self.app, self.desk, self.clock, self.pilot = app, desk, clock, pilot

    async def press(self, *names: str) -> None:
        await self.pilot.press(*names)
        await self.pilot.pause()

    async def frame(self) -> None:
        self.app.step()
        await self.pilot.pause()

    def shown(self, part: str) -> str:
        return self.app.main.part(part).text


@asynccontextmanager
async def bench(
    desk: PaintedDesk | None = None, size: tuple[int, int] = (120, 36)
) -> AsyncIterator[Bench]:
    desk = desk or PaintedDesk()
    desk.add_strategy(0, "maker", mode=Mode.LIVE)
    desk.add_strategy(1, "momentum", symbol=1)
    clock = Clock()
    app = CockpitApp(desk, clock=clock, auto=False)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield Bench(app, desk, clock, pilot)


async def test_a_digit_switches_the_strategy_of_that_key() -> None:
    async with bench() as b:
        await b.press("2")
        assert b.desk.calls == [("mode", 1, Mode.SHADOW)]
        assert "SHADOW?" in b.shown("strategies")
        await b.press("1")
        assert b.desk.calls[-1] == ("mode", 0, Mode.OFF)
        assert "OFF?" in b.shown("strategies")


async def test_a_digit_without_a_strategy_says_so_and_asks_nothing() -> None:
    async with bench() as b:
        await b.press("9")
        assert b.desk.calls == []
        assert "no strategy under key 9" in b.shown("footer")


async def test_p_pauses_at_once() -> None:
    async with bench() as b:
        await b.press("p")
        assert b.desk.calls == ["pause"]


async def test_capital_r_reduces_and_r_leaves_it() -> None:
    async with bench() as b:
        await b.press("R")
        assert b.desk.calls == ["reduce"]
        b.desk.set_state(RiskState.REDUCING)
        await b.frame()
        assert "REDUCING" in b.shown("header")
        await b.press("R")
        assert "reducing already" in b.shown("footer")
        await b.press("r")
        assert b.desk.calls == ["reduce", "resume"]
    async with bench() as b:
        b.desk.set_state(RiskState.HALTED)
        await b.frame()
        await b.press("R")
        assert b.desk.calls == []


async def test_r_resumes_from_a_pause_only() -> None:
    async with bench() as b:
        await b.press("r")
        assert b.desk.calls == []
        assert "already active" in b.shown("footer")
        b.desk.set_state(RiskState.PAUSED)
        await b.frame()
        await b.press("r")
        assert b.desk.calls == ["resume"]


async def test_h_arms_and_a_second_h_halts() -> None:
    async with bench() as b:
        await b.press("h")
        assert b.desk.calls == []
        assert "press h again" in b.shown("footer")
        b.clock.now += 1.9
        await b.press("h")
        assert b.desk.calls == ["halt"]
        assert "asked to halt" in b.shown("footer")
        b.desk.set_state(RiskState.HALTED)
        await b.frame()
        assert "HALTED" in b.shown("header")
        assert "asked to halt" not in b.shown("footer")


async def test_a_second_h_too_late_only_arms_again() -> None:
    async with bench() as b:
        await b.press("h")
        b.clock.now += 2.1
        await b.press("h")
        assert b.desk.calls == []


async def test_another_key_between_the_two_disarms() -> None:
    async with bench() as b:
        await b.press("h", "p", "h")
        assert b.desk.calls == ["pause"]


async def test_h_h_halts_out_of_an_open_question_and_from_a_tiny_terminal() -> None:
    async with bench() as b:
        await b.press("f", "f", "l", "h", "h")
        assert b.desk.calls == ["halt"]
        assert b.app.scene.prompt is None
    async with bench(size=(40, 8)) as b:
        await b.press("h")
        assert "press h again" in b.shown("small")
        await b.press("h")
        assert b.desk.calls == ["halt"]


async def test_flatten_asks_for_its_word() -> None:
    async with bench() as b:
        await b.press("f")
        assert "type flatten" in b.shown("over")
        await b.press(*"flat", "enter")
        assert b.desk.calls == []
        await b.press(*"flattem", "backspace", "n", "enter")
        assert b.desk.calls == ["flatten"]
        assert "The core has not confirmed it yet." in b.shown("over")


async def test_letters_do_not_overtake_the_question_they_answer() -> None:
    async with bench() as b:
        for key in ("f", *"flatten", "enter", "p"):
            b.app.post_message(Key(key, key if len(key) == 1 else "\r"))
        await b.pilot.pause()
        assert b.desk.calls == ["flatten", "pause"]


async def test_escape_leaves_a_question_unanswered() -> None:
    async with bench() as b:
        await b.press("f", *"flatten", "escape", "enter")
        assert b.desk.calls == []


async def test_letters_typed_into_a_question_do_nothing_else() -> None:
    async with bench() as b:
        await b.press("f", "p", "q", "1", "escape")
        assert b.desk.calls == []


async def test_unhalt_asks_for_its_word_and_only_when_halted() -> None:
    async with bench() as b:
        await b.press("u")
        assert "not halted" in b.shown("footer")
        b.desk.set_state(RiskState.HALTED)
        await b.frame()
        await b.press("u", *"release", "enter")
        assert b.desk.calls == ["unhalt"]


async def test_brackets_choose_the_symbol_of_the_ladder() -> None:
    async with bench() as b:
        b.desk.set_book(1, [(100, 5)], [(101, 5)])
        await b.press("right_square_bracket")
        assert "BRAVO" in b.shown("ladder")
        await b.press("left_square_bracket", "left_square_bracket")
        assert "CHARLIE" in b.shown("ladder")


async def test_tab_shows_the_panels_one_after_the_other() -> None:
    async with bench(size=(80, 24)) as b:
        seen = []
        for _ in layout.BY_NAME["trade"].panels:
            seen += b.app.scene.placed
            await b.press("tab")
        assert tuple(seen) == layout.BY_NAME["trade"].panels
        await b.press("shift+tab")
        assert b.app.scene.placed == ("log",)


async def test_tab_turns_the_right_column_on_a_middle_terminal() -> None:
    async with bench() as b:
        assert "ladder" in b.app.main.placed
        while b.app.scene.focus != "latency":
            await b.press("tab")
        assert "latency" in b.app.main.placed
        assert "strategies" in b.app.main.placed


async def test_plus_and_minus_change_the_pace_between_one_and_ten() -> None:
    async with bench() as b:
        await b.press("plus")
        assert b.app.scene.refresh_hz == 5
        await b.press(*["minus"] * 9)
        assert b.app.scene.refresh_hz == 1
        assert "slowest" in b.shown("footer")


async def test_help_lists_every_action_and_leaves_by_the_same_key() -> None:
    async with bench(size=(80, 24)) as b:
        await b.press("question_mark")
        text = b.shown("over")
        for _ in keys.ACTIONS:
            await b.press("down")
            text += b.shown("over")
        assert all(a.label in text for a in keys.ACTIONS if a.group != "tape")
        assert "already active" in text
        await b.press("question_mark")
        assert not b.app.main.part("over").display


@pytest.mark.parametrize("key", ["q", "ctrl+c"])
async def test_leaving_closes_the_desk_first(key: str) -> None:
    async with bench() as b:
        await b.press(key)
        await b.app.closed.wait()
        assert b.desk.calls == ["close"]
    assert b.app.return_code == 0
    assert b.app.closing_error == ""


async def test_what_could_not_be_closed_is_an_exit_code_and_a_sentence() -> None:
    desk = PaintedDesk()
    desk.close_error = "2 orders still work"
    async with bench(desk) as b:
        await b.press("q")
        await b.app.closed.wait()
    assert b.app.return_code == 1
    assert b.app.closing_error == "2 orders still work"


async def test_a_refused_command_is_shown_and_nothing_breaks() -> None:
    desk = PaintedDesk()

    def full() -> None:
        raise OSError("the ring is full [/bold]")

    desk.pause = full  # type: ignore[method-assign]
    async with bench(desk) as b:
        await b.press("p")
        assert "the ring is full [/bold]" in b.shown("footer")
        await b.press("h", "h")
        assert desk.calls == ["halt"]


async def test_a_panel_that_cannot_be_drawn_says_so_and_the_rest_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from cockpit.ui.render import risk

    def broken(*_: object) -> None:
        raise ZeroDivisionError("[no] markup")

    async with bench(size=(160, 48)) as b:
        monkeypatch.setattr(risk, "render", broken)
        await b.frame()
        await b.frame()
        assert "Trading goes on" in " ".join(b.shown("risk").split())
        assert b.shown("log").count("ZeroDivisionError: [no] markup") == 1
        assert "maker" in b.shown("strategies")


async def test_a_desk_that_gives_no_picture_is_reported_and_can_still_be_halted() -> None:
    desk = PaintedDesk()
    async with bench(desk) as b:
        read = desk.read

        def gone() -> None:
            raise OSError("gone")

        desk.read = gone  # type: ignore[method-assign,assignment]
        await b.frame()
        assert "no picture from the desk" in b.shown("footer")
        await b.press("h", "h")
        assert desk.calls == ["halt"]
        desk.read = read  # type: ignore[method-assign]
        b.clock.now += 10
        await b.frame()
        assert "no picture" not in b.shown("footer")


async def test_config_errors_stay_in_sight_until_they_are_mended() -> None:
    async with bench() as b:
        b.desk.errors = ("risk.toml line 3: max_position is not a number [x]",)
        await b.frame()
        assert "risk.toml line 3" in b.shown("alert")
        b.desk.errors = ()
        await b.frame()
        assert "alert" not in b.app.main.placed


async def test_a_closed_desk_is_never_read_again() -> None:
    desk = PaintedDesk()
    async with bench(desk) as b:
        await b.press("q")
        await b.app.closed.wait()
        reads: list[int] = []
        desk.read = lambda: reads.append(1)  # type: ignore[method-assign,assignment,return-value]
        b.app.step()
        assert reads == []


def test_no_word_to_type_has_the_key_that_halts() -> None:
    for action in keys.ACTIONS:
        assert "h" not in action.word
        assert bool(action.word) == (action.guard is keys.Guard.WORD)


def test_nothing_destructive_happens_on_one_key_but_a_pause() -> None:
    guarded = {
        action.name for action in keys.ACTIONS if action.guard is not keys.Guard.NONE
    }
    assert guarded == {
        "halt", "flatten", "unhalt", "cancel_all", "take_over", "accept",
    }  # fmt: skip


def test_no_key_does_two_things() -> None:
    taken = [key for action in keys.ACTIONS for key in action.keys]
    assert len(taken) == len(set(taken))


def test_every_action_has_its_doing() -> None:
    for action in keys.ACTIONS:
        assert callable(getattr(CockpitApp, f"_do_{action.name}"))
