"""What the operator does beyond trading: rows, screens, files, alerts, the palette."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from bench_desk import Bench, bench
from desks import PaintedDesk
from taped import TRADING, TapedDesk, open_app, turn

from cockpit import paths
from cockpit.control.alarms import Alert
from cockpit.control.desk import Event
from cockpit.core import Mode, RiskState, Severity
from cockpit.observe.tape_desk import TapeDesk
from cockpit.ui import keys, layout
from cockpit.ui.keymap import KeymapError, read
from cockpit.ui.scene import Seat


def painted() -> PaintedDesk:
    desk = PaintedDesk()
    for i, (number, state) in enumerate(((11, 2), (12, 1), (13, 4))):
        order = desk.picture["desk"]["working"][i]
        order["client_id"], order["state"] = number, state
        order["qty"] = order["leaves"] = 10 * (3 - i)
        order["price"] = 100 + i
        order["sent_ns"] = desk.picture["time_ns"]
    desk.picture["desk"]["working_count"] = 3
    return desk


async def focus(b: Bench, name: str) -> None:
    b.app.scene.focus = name
    await b.frame()


async def test_an_order_is_drawn_as_working_only_when_the_venue_said_so() -> None:
    async with bench(painted()) as b:
        text = b.shown("working")
        assert text.count("● WORKS") == 1
        assert "◌ SENT" in text
        assert "◌ CANCEL?" in text


async def test_space_freezes_the_view_and_not_the_state_of_the_desk() -> None:
    async with bench(painted()) as b:
        await b.press("space")
        b.desk.picture["desk"]["working_count"] = 0
        b.desk.set_state(RiskState.PAUSED)
        await b.frame(3.0)
        assert "FROZEN 3.0 s" in b.shown("header")
        assert "PAUSED" in b.shown("header")
        assert "● WORKS" in b.shown("working")
        await b.press("space")
        assert "No order of ours" in " ".join(b.shown("working").split())


async def test_a_halt_asked_for_from_a_frozen_view_is_shown_until_confirmed() -> None:
    async with bench(painted()) as b:
        await b.press("space", "h", "h")
        assert b.desk.calls == ["halt"]
        assert "has not confirmed it" in b.shown("over")
        b.desk.set_state(RiskState.HALTED)
        await b.frame(0.5)
        assert "waits  orders pulled" in b.shown("over")
        b.desk.picture["desk"]["working_count"] = 0
        await b.frame(0.5)
        assert "3 of 3" in b.shown("over")
        assert "HALTED after 1.0 s" in b.shown("over")
        await b.press("escape")
        assert b.app.scene.dialog is None


@pytest.mark.parametrize("plan", layout.SCREENS, ids=lambda plan: plan.name)
@pytest.mark.parametrize("size", [(80, 24), (120, 36), (160, 48)])
async def test_every_screen_is_reached_by_g_and_its_letter(
    plan: layout.Plan, size: tuple[int, int]
) -> None:
    async with bench(size=size) as b:
        await b.press("g", plan.letter)
        assert b.app.scene.screen == plan.name
        assert set(b.app.scene.placed) <= set(plan.panels)
        assert b.app.scene.focus in b.app.scene.placed
        seen = set(b.app.scene.placed)
        for _ in plan.panels:
            await b.press("tab")
            seen |= set(b.app.scene.placed)
        assert seen == set(plan.panels)


async def test_function_keys_show_the_screens_in_order() -> None:
    async with bench() as b:
        for key, plan in zip(keys.BY_NAME["screen"].keys, layout.SCREENS, strict=True):
            await b.press(key)
            assert b.app.scene.screen == plan.name


async def test_a_panel_alone_put_away_and_brought_back() -> None:
    async with bench() as b:
        await focus(b, "fills")
        await b.press("z")
        assert b.app.scene.placed == ("fills",)
        await b.press("escape")
        assert len(b.app.scene.placed) > 5
        await b.press("d")
        assert "fills" not in b.app.scene.placed
        assert b.app.scene.focus == "ladder"
        await b.press("D")
        assert "fills" in b.app.scene.placed
        await b.press("v")
        assert b.app.scene.hidden
        await b.press("v", "v")
        assert not b.app.scene.hidden


async def test_the_last_panel_of_a_screen_stays() -> None:
    async with bench() as b:
        await b.press("f7", *["d"] * 5)
        assert b.app.scene.placed
        assert "stays" in b.shown("footer")


async def test_the_cursor_holds_on_to_its_row_wherever_it_goes() -> None:
    async with bench(painted()) as b:
        await focus(b, "working")
        await b.press("down", "down")
        assert b.app.scene.cursor["working"] == "12"
        rows = b.desk.picture["desk"]["working"]
        rows[0], rows[1] = rows[1].copy(), rows[0].copy()
        await b.frame()
        assert b.app.scene.cursor["working"] == "12"
        await b.press("down")
        assert b.app.scene.cursor["working"] == "11"


async def test_rows_are_sorted_by_their_figures_and_filtered_by_letters() -> None:
    async with bench(painted()) as b:
        await focus(b, "working")

        def order() -> list[str]:
            lines = b.shown("working").splitlines()[2:]
            return [line.split()[4] for line in lines if "ALFA" in line]

        assert order() == ["30", "20", "10"]
        await b.press("s", "s", "s", "s")
        assert "sorted by left" in b.shown("footer")
        assert order() == ["10", "20", "30"]
        await b.press("S")
        assert order() == ["30", "20", "10"]
        await b.press("ampersand", *"sent", "enter")
        assert order() == ["20"]
        assert "with 'sent'" in b.shown("working")
        await b.press("escape")
        assert len(order()) == 3


async def test_letters_of_a_filter_do_nothing_else_and_ctrl_k_still_halts() -> None:
    async with bench(painted()) as b:
        await focus(b, "working")
        await b.press("ampersand", *"hhpq")
        assert b.desk.calls == []
        assert b.app.scene.filters == {"working": "hhpq"}
        await b.press("ctrl+k", "ctrl+k")
        assert b.desk.calls == ["halt"]


async def test_a_row_is_copied_and_a_panel_exported(tmp_path: Path) -> None:
    async with bench(painted(), state=tmp_path) as b:
        await focus(b, "working")
        await b.press("y")
        assert "choose a row first" in b.shown("footer")
        await b.press("down", "y")
        copied = (tmp_path / "exports" / "copied.txt").read_text()
        assert copied.split("\t")[1:4] == ["ALFA", "BUY", "30"]
        assert b.app.clipboard == copied.strip("\n")
        await b.press("e")
        (file,) = (tmp_path / "exports").glob("working-*.json")
        rows = json.loads(file.read_text())
        assert [row["id"] for row in rows] == [11, 12, 13]
        assert file.with_suffix(".csv").read_text().startswith("state,symbol,side,left")
        await b.press("f8")
        (picture,) = (tmp_path / "exports").glob("*.svg")
        assert picture.read_text().startswith("<svg")


async def test_the_log_is_searched_filtered_and_cut_by_severity() -> None:
    desk = PaintedDesk()
    desk.waiting = [
        Event(1e9, Severity.INFO, "maker", "bought 10 ALFA"),
        Event(1e9 + 1, Severity.WARNING, "risk", "refused to buy ALFA"),
        Event(1e9 + 2, Severity.CRITICAL, "desk", "HALTED"),
    ]
    async with bench(desk) as b:
        b.app.scene.focus = "log"
        await b.press("slash", *"alfa", "enter")
        assert "2 times 'alfa'" in b.shown("log")
        await b.press("l")
        assert "bought" not in b.shown("log")
        assert "refused" in b.shown("log")
        await b.press("l")
        assert "refused" not in b.shown("log")
        await b.press("l", "f7")
        await b.press("ampersand", *"bought", "enter")
        assert "refused" not in b.shown("log")
        assert "bought" in b.shown("log")


async def test_a_panel_is_searched_and_the_next_row_found() -> None:
    async with bench() as b:
        scene = b.app.scene
        assert scene.focus == "strategies"
        await b.press("slash", *"MO")
        assert "Find in Strategies" in b.shown("over")
        assert "1 times 'MO'" in b.shown("strategies")
        assert scene.cursor["strategies"] == "1"  # momentum, while it is still typed
        await b.press("backspace", "backspace", *"a", "enter")
        here = scene.cursor["strategies"]
        await b.press("n")
        assert scene.cursor["strategies"] != here
        await b.press("n")
        assert scene.cursor["strategies"] == here  # round again
        # It is looked for in that panel only, and not for ever.
        assert "times" not in b.shown("log")
        await b.press("escape", "n")
        assert "search first" in b.shown("footer")


async def test_a_message_goes_with_the_next_key() -> None:
    async with bench() as b:
        await b.press("d")
        assert "is put away" in b.shown("footer")
        await b.press("D")
        assert "is put away" not in b.shown("footer")


async def test_nothing_is_written_into_a_dialog_that_has_no_room() -> None:
    async with bench() as b:
        await b.press("ctrl+p")
        await b.pilot.resize_terminal(50, 12)
        await b.pilot.pause()
        await b.press(*"pau", "enter")
        assert b.desk.calls == ["pause"]  # p is the key of the screen, not a letter
        assert "Esc leaves it" in b.shown("small")
        await b.press("escape")
        assert b.app.scene.dialog is None
        for key in (
            "ctrl+p",
            "g",
            "question_mark",
            "m",
            "slash",
            "o",
            "K",
            "V",
            "L",
            "X",
        ):
            await b.press(key)
            assert b.app.scene.dialog is None
            assert not b.app.scene.helping
            assert "too small" in b.shown("small")


async def test_the_palette_finds_does_and_says_why_not() -> None:
    async with bench() as b:
        await b.press("ctrl+p", *"pull their")
        assert "hold the strategies" in b.shown("over")
        await b.press("enter")
        assert b.desk.calls == ["pause"]
        await b.press("ctrl+p", *"leave halted")
        assert "not halted" in b.shown("over")
        await b.press("enter")
        assert b.desk.calls == ["pause"]
        assert "not halted" in b.shown("footer")
        await b.press("escape", "ctrl+p", *"panel health", "enter")
        assert b.app.scene.focus == "health"
        assert b.app.scene.screen == "latency"


async def test_every_action_is_in_the_palette() -> None:
    async with bench() as b:
        listed = {choice.label for choice in b.app._everything(b.app.scene)}
        for action in keys.ACTIONS:
            if not action.indexed and action.name != "palette":
                name = action.name.replace("_", " ")
                assert f"{name}: {action.help}" in listed


async def test_the_palette_knows_an_action_by_its_name() -> None:
    async with bench() as b:
        for word in ("resume", "halt", "flatten", "maximise", "quit"):
            await b.press("ctrl+p", *word)
            assert f"{word}: " in b.shown("over")
            await b.press("escape")


async def test_a_mode_is_chosen_for_the_strategy_under_the_cursor() -> None:
    async with bench() as b:
        await b.press("down", "down", "m")
        assert "Mode of momentum" in b.shown("over")
        await b.press("down", "enter")
        assert b.desk.calls == [("mode", 1, Mode.SHADOW)]


async def test_orders_are_pulled_on_the_second_press_only() -> None:
    async with bench(painted()) as b:
        await b.press("x")
        assert b.desk.calls == []
        assert "press x again" in b.shown("footer")
        await b.press("x")
        assert b.desk.calls == ["cancel_all"]


async def test_why_tells_of_a_limit_what_it_holds_and_what_it_refused() -> None:
    desk = PaintedDesk()
    desk.picture["desk"]["limits"][2]["used"] = 990
    desk.picture["desk"]["limits"][2]["refusal_count"] = 7
    text = "risk refused to buy ALFA: max_position 1,000 lots, now 990, would be 1,010"
    desk.waiting = [Event(1e9, Severity.WARNING, "maker", text)]
    async with bench(desk) as b:
        await focus(b, "risk")
        await b.press("down", "down", "down", "w")
        shown = " ".join(b.shown("over").split())
        assert "7 orders were refused by it" in shown
        assert "would be 1,010" in shown.replace("│ │ ", "")


# ---- files -----------------------------------------------------------------------------


def config_of(tmp_path: Path, desk: PaintedDesk) -> Path:
    directory = tmp_path / "config"
    shutil.copytree(Path(__file__).parent / "config", directory)
    desk.directory = directory  # type: ignore[attr-defined]
    return directory


async def test_a_limit_is_edited_by_exactly_its_line(tmp_path: Path) -> None:
    desk = PaintedDesk()
    directory = config_of(tmp_path, desk)
    before = (directory / "risk.toml").read_text().splitlines()
    desk.picture["desk"]["limits"][0]["limit"] = 50
    async with bench(desk) as b:
        await focus(b, "risk")
        await b.press("down", "enter", *"5x", "enter")
        assert "write a plain number" in " ".join(b.shown("over").split())
        await b.press("backspace", *"0", "backspace", "enter")
        assert "+ max_order_qty = 5" in b.shown("over")
        assert (directory / "risk.toml").read_text().splitlines() == before
        await b.press("enter")
        after = (directory / "risk.toml").read_text().splitlines()
        changed = [pair for pair in zip(before, after, strict=True) if pair[0] != pair[1]]
        assert [new for _, new in changed] == ["max_order_qty = 5"]


async def test_loosening_a_limit_asks_for_a_word(tmp_path: Path) -> None:
    desk = PaintedDesk()
    directory = config_of(tmp_path, desk)
    desk.picture["desk"]["limits"][0]["limit"] = 50
    before = (directory / "risk.toml").read_bytes()
    async with bench(desk) as b:
        await focus(b, "risk")
        await b.press("down", "enter", *"500", "enter", "enter")
        assert "loosens a limit" in b.shown("over")
        assert (directory / "risk.toml").read_bytes() == before
        await b.press(*"loosen", "enter")
        assert b"max_order_qty = 500" in (directory / "risk.toml").read_bytes()


async def test_a_parameter_is_edited_with_its_range_shown(tmp_path: Path) -> None:
    desk = PaintedDesk()
    directory = config_of(tmp_path, desk)
    async with bench(desk) as b:
        strategy = desk.picture["desk"]["strategies"][0]["config"]
        strategy["name"] = b"mm_alfa"
        strategy["parameters"][0] = 1.5
        await b.press("f5")
        await focus(b, "parameters")
        name = b.shown("parameters").splitlines()[2].split()[0]
        await b.press("down", "enter")
        assert "allowed" in b.shown("over")
        assert name in b.shown("over")
        await b.press("escape")
    assert (directory / "strategies.toml").exists()


async def test_a_desk_without_files_has_nothing_to_edit() -> None:
    async with bench() as b:
        await focus(b, "risk")
        await b.press("down", "enter")
        assert "this desk runs without files" in b.shown("footer")


async def test_a_theme_is_read_again_when_it_changes_and_the_last_good_one_kept(
    tmp_path: Path,
) -> None:
    themes = tmp_path / "themes"
    shutil.copytree(paths.themes(), themes)
    async with bench(themes_dir=themes) as b:
        file = themes / "dark.toml"
        good = file.read_text()
        file.write_text(good.replace('"#0f131a"', '"#000033"', 1))
        await b.frame(2.0)
        assert b.app._look.background == "#000033"
        file.write_text("broken = [")
        await b.frame(2.0)
        assert b.app._look.background == "#000033"
        assert "dark.toml" in b.shown("alert")
        file.write_text(good)
        await b.frame(2.0)
        assert b.app._look.background == "#0f131a"
        assert not b.app.main.part("alert").display
        await b.press("c")
        assert b.app._look.name == "high-contrast"


async def test_an_alert_is_shown_counted_and_acknowledged() -> None:
    desk = PaintedDesk()
    async with bench(desk) as b:
        rings = []
        b.app.bell = lambda: rings.append(1)  # type: ignore[method-assign]
        await b.press("a")
        assert "no new alert" in b.shown("footer")
        alert = Alert(
            1, "halted", Severity.CRITICAL, "the desk is HALTED", b.app._clock(),
            told_at=b.app._clock(), sinks=("screen", "bell"),
        )  # fmt: skip
        desk.found = (alert,)
        await b.frame(1.0)
        assert "1 ALERT" in b.shown("header")
        assert "halted: the desk is HALTED" in b.shown("footer")
        assert len(rings) == 1
        await b.frame(1.0)
        assert len(rings) == 1
        desk.found = (replace(alert, told=2, count=2),)
        await b.frame(1.0)
        assert len(rings) == 2
        await b.press("a")
        assert ("acknowledge", None) in desk.calls
        assert "1 ALERT" in b.shown("header")  # until the desk says that it is so
        desk.found = (replace(alert, acknowledged=True, acknowledged_by="jo on tty1"),)
        await b.frame(1.0)
        assert "ALERT" not in b.shown("header")
        await b.press("f7")
        assert "seen" in b.shown("alerts")


async def test_a_screen_of_its_own_desk_tells_what_came_while_it_loaded() -> None:
    desk = PaintedDesk()
    async with bench(desk) as b:
        written: list[str] = []
        b.app._driver.write = written.append  # type: ignore[method-assign,union-attr]
        before = b.app._clock() - 5
        desk.found = (
            Alert(
                1, "halted", Severity.CRITICAL, "the desk is HALTED", before,
                told_at=before, sinks=("osc9",),
            ),
        )  # fmt: skip
        await b.frame(1.0)
    assert "\x1b]9;cockpit: halted: the desk is HALTED\x07" in written


async def test_what_was_told_before_the_screen_came_rings_no_bell() -> None:
    desk = PaintedDesk()
    async with bench(desk) as b:
        rings = []
        b.app.bell = lambda: rings.append(1)  # type: ignore[method-assign]
        b.app._since = b.app._clock()  # as of a screen that is attached
        before = b.app._since - 1
        desk.found = (
            Alert(
                1, "halted", Severity.CRITICAL, "the desk is HALTED", before,
                told_at=before, sinks=("screen", "bell"),
            ),
        )  # fmt: skip
        await b.frame(1.0)
        assert "1 ALERT" in b.shown("header")
        assert not rings
        # What comes back afterwards does.
        desk.found = (replace(desk.found[0], told=2, told_at=b.app._clock()),)
        await b.frame(1.0)
        assert len(rings) == 1


async def test_how_the_screen_was_left_is_how_it_begins(tmp_path: Path) -> None:
    async with bench(painted(), state=tmp_path) as b:
        await b.press("f6", "s", "s", "S")
        await focus(b, "fills")
    async with bench(painted(), state=tmp_path) as b:
        scene = b.app.scene
        assert (scene.screen, scene.focus) == ("orders", "fills")
        assert scene.sorting == {"working": ("symbol", True)}
    (tmp_path / "screen.toml").write_text("screen = 3\nhidden = 'x'\n[sorting]\na = 1\n")
    async with bench(state=tmp_path) as b:
        assert b.app.scene.screen == "trade"


# ---- keys of one's own -----------------------------------------------------------------


async def test_own_keys_act_and_are_shown() -> None:
    async with bench(keymap={"pause": ("P",)}) as b:
        await b.press("p")
        assert b.desk.calls == []
        await b.press("P")
        assert b.desk.calls == ["pause"]
        assert " P pause" in b.app.main.part("footer").text or "asked" in b.shown(
            "footer"
        )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('[keys]\npause = ["h"]', "'h' is claimed by halt and by pause"),
        ('[keys]\npauze = ["P"]', "no such action"),
        ("[keys]\npause = []", "a list of keys"),
        ("pause = 'P'", "one table"),
        ("[keys", "keys.toml"),
    ],
)
def test_keys_that_cannot_be_are_refused(
    tmp_path: Path, content: str, reason: str
) -> None:
    (tmp_path / "keys.toml").write_text(content)
    with pytest.raises(KeymapError, match=reason):
        read(tmp_path / "keys.toml")
    assert read(tmp_path / "none.toml") == {}


# ---- ages and tapes --------------------------------------------------------------------


async def test_figures_dim_after_two_seconds_and_are_striped_after_five() -> None:
    async with bench() as b:

        def styles() -> set[str]:
            rows = b.app.main.part("strategies").rows[1:]
            return {style for row in rows for _, style in row}

        await b.frame(1.0)
        assert "stale" not in styles()
        b.clock.now += 2.1
        b.app.step()
        assert styles() <= {"stale", "text"}
        b.clock.now += 3.0
        b.app.step()
        assert "stale|stripe" in styles()
        await b.frame(0.1)
        assert "stale" not in styles()


async def test_a_tape_is_held_stepped_and_asked_nothing() -> None:
    taped = TapedDesk()
    desk = TapeDesk(taped.tape, playing=False)
    app = open_app(desk)
    async with app.run_test(size=(120, 36)) as pilot:
        turn(app, desk, 5)
        await pilot.press("full_stop")
        assert desk.index == 6
        await pilot.press("comma", "comma")
        assert desk.index == 4
        await pilot.press("greater_than_sign")
        assert desk.speed == 2
        await pilot.press("h", "h")
        assert "this is a tape" in app.main.part("footer").text
        assert "TAPE" in app.main.part("header").text
        await pilot.press("f9")
        assert "5 of 96" in app.main.part("playback").text
        await pilot.press("space")
        assert not desk.paused


async def test_a_curve_shows_what_the_tape_has_of_it() -> None:
    desk = TapedDesk()
    app = open_app(desk)
    async with app.run_test(size=(160, 48)):
        turn(app, desk, TRADING)
        assert "below the best" in app.main.part("pnl").text
        assert len(app.scene.history.pnl) > 40


# ---- a screen that shares its desk -----------------------------------------------------


async def test_alone_with_its_desk_there_is_nothing_to_take() -> None:
    async with bench() as b:
        await b.press("t")
        assert "nobody shares this desk" in b.shown("footer")
        assert not b.app.scene.armed


async def test_without_the_controls_it_brakes_and_does_nothing_else() -> None:
    async with bench() as b:
        b.app.scene.seat = Seat(trades=True, mine=False, holder="root (screen 77)")
        await b.press("r", "2")
        assert b.desk.calls == []
        assert "root (screen 77) has the controls: t t takes them" in b.shown("footer")
        assert "READ-ONLY, controls: root (screen 77)" in b.shown("header")
        await b.press("p", "x", "h", "h")
        assert b.desk.calls == ["pause", "halt"]


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (160, 48), (48, 10)])
async def test_read_only_is_said_at_every_size(size: tuple[int, int]) -> None:
    async with bench(size=size) as b:
        b.app.scene.seat = Seat(trades=False, mine=False, holder="somebody")
        await b.frame()
        assert "READ-ONLY" in b.shown("small" if size[0] < 60 else "header")


async def test_help_and_palette_of_an_attached_screen_say_what_q_does_there() -> None:
    async with bench() as b:
        await b.press("question_mark", *["pagedown"] * 5)
        assert "stop the engine and leave" in b.shown("over")
        b.app.scene.seat = Seat(trades=True, mine=True, holder="me")
        await b.frame()
        assert "stop the engine" not in b.shown("over")
        assert "leave this screen; the desk trades on" in b.shown("over")
        await b.press("escape", "ctrl+p", *"trades on")
        assert "the desk trades on" in b.shown("over")
        assert "q leave" in b.app.main.part("footer").text
