"""Pictures of the screen, drawn from tapes, beside what they must say.

After a change that is meant: ``pytest tests/ui --snapshot-update``, then look at them.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import pytest_textual_snapshot as pictures
from syrupy.assertion import SnapshotAssertion
from taped import HALTED, SWITCHED_OFF, TRADING, TapedDesk, open_app, turn

from cockpit.control.alarms import Alert
from cockpit.core import Mode, RiskState, Severity
from cockpit.ui import layout
from cockpit.ui.app import CockpitApp
from cockpit.ui.scene import Seat

CONFIG = Path(__file__).parent / "config"
SIZES = [(80, 24), (120, 36), (160, 48)]


@pytest.fixture
def picture(snapshot: SnapshotAssertion) -> Any:
    return snapshot.use_extension(pictures.SVGImageExtension)


async def drawn(app: CockpitApp, pilot: Any) -> str:
    await pilot.pause()
    return app.export_screenshot(title="cockpit")


def shown(app: CockpitApp, part: str) -> str:
    return app.main.part(part).text


def name_of(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", SIZES, ids=name_of)
async def test_trading(picture: Any, size: tuple[int, int], theme: str) -> None:
    desk = TapedDesk()
    app = open_app(desk, theme=theme)
    async with app.run_test(size=size) as pilot:
        turn(app, desk, TRADING)
        counters = desk.read()["desk"]["counters"]
        assert int(counters["fill_count"]) > 100
        assert shown(app, "strategies").count("● LIVE") == 3
        assert "SIM" in shown(app, "header")
        assert "virtual" in shown(app, "header")
        assert await drawn(app, pilot) == picture


@pytest.mark.parametrize("screen", [plan.name for plan in layout.SCREENS])
async def test_screen_of_a_live_session(picture: Any, screen: str) -> None:
    desk = TapedDesk("live")
    app = open_app(desk)
    async with app.run_test(size=(160, 48)) as pilot:
        app.scene.screen = screen
        turn(app, desk, 70)
        assert set(app.scene.placed) == set(layout.BY_NAME[screen].panels)
        assert await drawn(app, pilot) == picture


@pytest.mark.parametrize("size", [(80, 24), (160, 48)], ids=name_of)
async def test_shadow(picture: Any, size: tuple[int, int]) -> None:
    desk = TapedDesk("shadow")
    app = open_app(desk)
    async with app.run_test(size=size) as pilot:
        app.scene.screen = "strategies" if size[1] > 24 else app.scene.screen
        turn(app, desk, 19)
        slot = desk.read()["desk"]["strategies"][0]
        assert int(slot["config"]["mode"]) == Mode.SHADOW
        assert int(slot["would_be_fill_count"]) > 0 and int(slot["order_count"]) == 0
        text = shown(app, "strategies")
        assert "would be" in text and "○ SHADOW" in text
        [row] = [line for line in text.splitlines() if "○ would be" in line]
        for name in ("position", "fill_count"):
            assert f"{abs(int(slot[f'would_be_{name}'])):,}" in row
        assert await drawn(app, pilot) == picture


@pytest.mark.parametrize("theme", ["high-contrast", "ansi-16"])
async def test_theme(picture: Any, theme: str) -> None:
    desk = TapedDesk("live")
    app = open_app(desk, theme=theme)
    async with app.run_test(size=(120, 36)) as pilot:
        turn(app, desk, 70)
        assert await drawn(app, pilot) == picture


@pytest.mark.parametrize("panel", ["working", "ladder", "risk", "latency", "pnl"])
async def test_one_panel_at_a_time(picture: Any, panel: str) -> None:
    desk = TapedDesk("live")
    app = open_app(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        app.scene.focus = panel
        turn(app, desk, 70)
        assert panel in app.main.placed
        assert await drawn(app, pilot) == picture


async def test_palette(picture: Any) -> None:
    desk = TapedDesk("live")
    app = open_app(desk)
    async with app.run_test(size=(120, 36)) as pilot:
        turn(app, desk, 70)
        await pilot.press("ctrl+p", *"trad")
        assert "hold the strategies" not in shown(app, "over")
        assert "Trade" in shown(app, "over")
        assert await drawn(app, pilot) == picture


async def test_why(picture: Any) -> None:
    desk = TapedDesk("live")
    app = open_app(desk)
    async with app.run_test(size=(120, 36)) as pilot:
        app.scene.focus = "fills"
        turn(app, desk, 70)
        await pilot.press("down", "down", "w")
        assert "The strategy mm_alfa wanted it" in shown(app, "over")
        assert await drawn(app, pilot) == picture


async def test_limit_form(picture: Any, tmp_path: Path) -> None:
    desk = TapedDesk("live")
    desk.directory = tmp_path / "config"
    shutil.copytree(CONFIG, desk.directory)
    app = open_app(desk)
    async with app.run_test(size=(120, 36)) as pilot:
        app.scene.focus = "risk"
        turn(app, desk, 70)
        await pilot.press("down", "enter", *"80", "enter", *"loo")
        assert "+ max_order_qty = 80" in shown(app, "over")
        assert await drawn(app, pilot) == picture


async def test_halting(picture: Any) -> None:
    desk = TapedDesk("live")
    app = open_app(desk)
    async with app.run_test(size=(120, 36)) as pilot:
        turn(app, desk, 70)
        await pilot.press("h", "h")
        assert desk.calls == ["halt"]
        assert "has not confirmed it" in shown(app, "over")
        assert await drawn(app, pilot) == picture


async def test_stale(picture: Any) -> None:
    desk = TapedDesk("live")
    app = open_app(desk)
    async with app.run_test(size=(120, 36)) as pilot:
        turn(app, desk, 70)
        app.scene.tape = None
        app.scene.now = app.scene.moved + 6
        app.draw()
        assert "!6.0 s" in shown(app, "header")
        assert await drawn(app, pilot) == picture


async def test_breach(picture: Any) -> None:
    desk = TapedDesk("live")
    app = open_app(desk)
    async with app.run_test(size=(120, 36)) as pilot:
        turn(app, desk, 70)
        app.scene.screen, app.scene.focus = "risk", "risk"
        limits = app.scene.live.copy()
        limits["desk"]["limits"][2]["used"] = limits["desk"]["limits"][2]["limit"]
        limits["desk"]["limits"][7]["used"] = (
            limits["desk"]["limits"][7]["limit"] * 4 // 5
        )
        app.scene.live = app.scene.picture = limits
        app.draw()
        assert "position: at its limit" in shown(app, "risk")
        assert await drawn(app, pilot) == picture


async def test_frozen_with_a_row_chosen(picture: Any) -> None:
    desk = TapedDesk("live")
    app = open_app(desk)
    async with app.run_test(size=(120, 36)) as pilot:
        turn(app, desk, 70)
        app.scene.hold_view(True)
        turn(app, desk, 74)
        await pilot.press("down", "down", "s", "s", "s")
        assert "FROZEN" in shown(app, "header")
        assert await drawn(app, pilot) == picture


async def test_alerts(picture: Any) -> None:
    desk = TapedDesk("live")
    app = open_app(desk)
    async with app.run_test(size=(120, 36)) as pilot:
        turn(app, desk, 70)
        rule = "near a limit", Severity.CRITICAL
        seen = Alert(
            1, *rule, "max_daily_loss is 80% used", desk.first, count=2,
            acknowledged=True, acknowledged_by="jo on pts/3",
        )  # fmt: skip
        desk.found = seen, Alert(2, *rule, "max_position is 97% used", desk.moment)
        app.scene.screen = "log"
        app.step()
        assert "1 ALERT" in shown(app, "header")
        assert await drawn(app, pilot) == picture


DIALOGS = {
    "ticket": (("o", "1", "2", "enter"), "press Enter again within 2 s to BUY 12 ALFA"),
    "ticket_refused": (("o", "9", "9", "s", "enter"), "not sent: it would be refused"),
    "ticket_sent": (("o", "5", "enter", "enter"), "the core has not confirmed it yet"),
    "kill": (("K", "down", "k"), "press k again within 2 s to HALT mm_alfa"),
    "halt_one": (("K", "down", "k", "k"), "Halt mm_alfa"),
    "flatten_one": (("K", *["down"] * 5, "f", *"flat"), "type flatten for ALFA"),
    "pull": (("X",), "every buy in ALFA"),
    "versions": (("V", "down", "enter"), "+ half_spread = 1"),
}


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", SIZES, ids=name_of)
@pytest.mark.parametrize("dialog", DIALOGS)
async def test_dialog(
    picture: Any, dialog: str, size: tuple[int, int], theme: str
) -> None:
    typed, says = DIALOGS[dialog]
    desk = TapedDesk("live")
    app = open_app(desk, theme=theme)
    async with app.run_test(size=size) as pilot:
        turn(app, desk, 70)
        await pilot.press(*typed)
        assert says in " ".join(shown(app, "over").split())
        assert await drawn(app, pilot) == picture


@pytest.mark.parametrize("size", [*SIZES, (50, 12)], ids=name_of)
async def test_attached_without_the_controls(picture: Any, size: tuple[int, int]) -> None:
    desk = TapedDesk("live")
    app = open_app(desk)
    async with app.run_test(size=size) as pilot:
        turn(app, desk, 70)
        app.scene.seat = Seat(trades=True, mine=False, holder="root (screen 877)")
        app.draw()
        assert "READ-ONLY" in shown(app, "small" if size[0] < 60 else "header")
        assert await drawn(app, pilot) == picture


async def test_help(picture: Any) -> None:
    desk = TapedDesk()
    app = open_app(desk)
    async with app.run_test(size=(120, 36)) as pilot:
        turn(app, desk, TRADING)
        await pilot.press("question_mark")
        assert "trade every position to zero" in shown(app, "over")
        assert await drawn(app, pilot) == picture


async def test_flatten_asks(picture: Any) -> None:
    desk = TapedDesk()
    app = open_app(desk)
    async with app.run_test(size=(120, 36)) as pilot:
        turn(app, desk, TRADING)
        await pilot.press("f", "f", "l", "a")
        assert "type flatten" in shown(app, "over")
        assert await drawn(app, pilot) == picture


async def test_halt_armed(picture: Any) -> None:
    desk = TapedDesk()
    app = open_app(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        turn(app, desk, TRADING)
        await pilot.press("h")
        assert app.scene.risk_state == RiskState.ACTIVE
        assert "press h again" in shown(app, "footer")
        assert await drawn(app, pilot) == picture


async def test_halted(picture: Any) -> None:
    desk = TapedDesk()
    app = open_app(desk)
    async with app.run_test(size=(160, 48)) as pilot:
        turn(app, desk, HALTED)
        assert app.scene.risk_state == RiskState.HALTED
        assert int(desk.read()["desk"]["working_count"]) == 0
        assert "HALTED" in shown(app, "header")
        assert await drawn(app, pilot) == picture


async def test_a_strategy_switched_off_shows_when_the_core_says_so(picture: Any) -> None:
    desk = TapedDesk()
    app = open_app(desk)
    async with app.run_test(size=(120, 36)) as pilot:
        turn(app, desk, TRADING)
        await pilot.press("1")
        assert "OFF?" in shown(app, "strategies")
        turn(app, desk, SWITCHED_OFF)
        strategy = desk.read()["desk"]["strategies"][0]
        assert int(strategy["config"]["mode"]) == Mode.OFF
        assert "OFF?" not in shown(app, "strategies")
        assert await drawn(app, pilot) == picture


async def test_bad_config(picture: Any) -> None:
    desk = TapedDesk()
    desk.broken_config = (
        "risk.toml: limits.max_position: 1e9 is not an integer",
        "risk.toml: limits.price_collar is missing",
    )
    app = open_app(desk)
    async with app.run_test(size=(120, 36)) as pilot:
        turn(app, desk, TRADING)
        assert "max_position" in shown(app, "alert")
        assert "(+1 more)" in shown(app, "alert")
        assert await drawn(app, pilot) == picture


@pytest.mark.parametrize("size", [(80, 24), (160, 48)], ids=name_of)
async def test_empty(picture: Any, size: tuple[int, int]) -> None:
    desk = TapedDesk("empty")
    app = open_app(desk)
    async with app.run_test(size=size) as pilot:
        turn(app, desk)
        assert "No strategy is configured" in " ".join(shown(app, "strategies").split())
        assert await drawn(app, pilot) == picture


async def test_no_desk(picture: Any) -> None:
    desk = TapedDesk("no_desk")
    app = open_app(desk)
    async with app.run_test(size=(120, 36)) as pilot:
        turn(app, desk)
        assert "NO DESK" in shown(app, "header")
        assert await drawn(app, pilot) == picture


async def test_too_small(picture: Any) -> None:
    desk = TapedDesk()
    app = open_app(desk)
    async with app.run_test(size=(48, 10)) as pilot:
        turn(app, desk, TRADING)
        text = shown(app, "small")
        for part in ("SIM", "ACTIVE", "P&L", "h h", "60x16"):
            assert part in text
        assert await drawn(app, pilot) == picture
