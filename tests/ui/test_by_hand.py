"""Orders, cancels and kills by the screen's keys on the real core and its venue."""

from __future__ import annotations

import asyncio
import re
import shutil
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from cockpit.config.load import load
from cockpit.config.settings import settings
from cockpit.control.local import LocalDesk
from cockpit.core import OPERATOR, Engine, Mode, SymbolHalt
from cockpit.ui.app import CockpitApp

CONFIG = Path(__file__).parent / "config"
PATIENCE_S = 15.0


@pytest.fixture(autouse=True)
def a_busy_process_is_no_unfinished_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pilot waits until the process is idle; with a core in it, it never is."""

    async def settle(*_: float) -> None:
        await asyncio.sleep(0.02)

    monkeypatch.setattr("textual.app.wait_for_idle", settle)
    monkeypatch.setattr("textual.pilot.wait_for_idle", settle)


class Seat:
    def __init__(self, app: CockpitApp, pilot: Any) -> None:
        self.app, self.pilot = app, pilot

    @property
    def desk(self) -> Any:
        return self.app.scene.live["desk"]

    def over(self) -> str:
        return " ".join(self.app.main.part("over").text.replace("│", " ").split())

    async def until(self, so: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE_S
        while True:
            self.app.step()
            await self.pilot.pause()
            if so():
                return
            assert time.monotonic() < end, self.over()
            await self.pilot.pause(0.05)

    async def press(self, *names: str) -> None:
        await self.pilot.press(*names)

    def by_hand(self) -> list[int]:
        working = self.desk["working"][: int(self.desk["working_count"])]
        return [int(o["client_id"]) for o in working if int(o["strategy"]) == OPERATOR]


@asynccontextmanager
async def seat(tmp_path: Path) -> AsyncIterator[Seat]:
    files = Path(shutil.copytree(CONFIG, tmp_path / "config"))
    # A market that stands, and slowly: what rests below it is there in a minute, too.
    desk = files / "desk.toml"
    text = re.sub(r"^(volatility|drift) = .*$", r"\1 = 0.0", desk.read_text(), flags=re.M)
    text = text.replace('waiting = "auto"', 'waiting = "park"')
    desk.write_text(re.sub(r"^rate = .*$", "rate = 300", text, flags=re.M))
    config = load(files, [])
    with LocalDesk(Engine(settings(config, recording=())), config, directory=files) as d:
        app = CockpitApp(d, auto=False)
        async with app.run_test(size=(160, 48)) as pilot:
            made = Seat(app, pilot)
            await made.until(lambda: int(made.desk["symbols"][2]["bid"]) > 0)
            yield made


async def write_a_resting_buy(s: Seat) -> None:
    """Far below the market of the third symbol, which few trade."""
    await s.press("o", "up", "up", "left", "down", "down", "down")
    price = s.app.scene.dialog.price
    low = f"{float(price) - 0.04:.3f}"
    await s.press(*["backspace"] * 8, *low, "up", "2")
    await s.until(lambda: "No limit stands against it." in s.over())


async def test_an_order_is_previewed_sent_shown_and_pulled(tmp_path: Path) -> None:
    async with seat(tmp_path) as s:
        await write_a_resting_buy(s)
        assert not s.by_hand()
        assert int(s.desk["by_hand"]["order_count"]) == 0
        await s.press("enter", "enter")
        await s.until(lambda: "● WORKS 0 of 2 filled, 2 left" in s.over())
        (client_id,) = s.by_hand()
        assert f"id {client_id}" in s.over()
        await s.press("delete")
        await s.until(lambda: not s.by_hand())
        await s.until(lambda: "CANCELLED" in s.over())
        asked = [e.text for e in s.app.scene.log if e.source == "operator"]
        assert any(f"pull order {client_id}" in text for text in asked)


async def test_an_order_of_the_operators_is_pulled_from_its_row(tmp_path: Path) -> None:
    async with seat(tmp_path) as s:
        await write_a_resting_buy(s)
        await s.press("enter", "enter")
        await s.until(lambda: bool(s.by_hand()))
        await s.press("escape", "p")
        await s.until(lambda: int(s.desk["working_count"]) <= 1)
        s.app.scene.focus = "working"
        if s.by_hand():  # a pause pulls what strategies have; the operator's own stays
            await s.press("down", "delete")
        await s.until(lambda: not s.by_hand())


async def test_what_the_limits_forbid_is_refused_before_it_is_sent(
    tmp_path: Path,
) -> None:
    async with seat(tmp_path) as s:
        await s.press("o", *"50000")
        await s.until(lambda: "It would be refused: order qty 50 lots" in s.over())
        await s.press("enter", "enter")
        assert "not sent: it would be refused" in s.over()
        assert int(s.desk["by_hand"]["order_count"]) == 0


async def test_one_strategy_is_halted_and_the_others_trade_on(tmp_path: Path) -> None:
    async with seat(tmp_path) as s:
        await s.press("K", "down", "k", "k")
        await s.until(lambda: "mm_alfa: HALTED after" in s.over())
        strategies = s.desk["strategies"]
        assert int(strategies[0]["config"]["mode"]) == Mode.OFF
        assert int(strategies[1]["config"]["mode"]) == Mode.LIVE
        assert int(strategies[0]["working_count"]) == 0


async def test_one_symbol_is_halted_and_let_go_again(tmp_path: Path) -> None:
    async with seat(tmp_path) as s:
        names = [symbol.name for symbol in s.app.scene.symbols]
        board = ["down"] * (1 + len(list(s.app.scene.slots())))
        await s.press("K", *board, "k", "k")
        await s.until(lambda: f"{names[0]}: HALTED after" in s.over())
        assert "by " in s.over()
        await s.press("escape", "K", *board, "r", *"release", "enter")
        halt = lambda: int(s.desk["symbols"][0]["halt"])  # noqa: E731
        await s.until(lambda: halt() == SymbolHalt.TRADES)


async def test_flattening_one_strategy_ends_flat(tmp_path: Path) -> None:
    async with seat(tmp_path) as s:
        await s.until(lambda: int(s.desk["strategies"][0]["position"]) != 0)
        await s.press("K", "down", "f", *"flatten", "enter")
        await s.until(lambda: "mm_alfa: OFF after" in s.over() or "HALTED" in s.over())
        assert int(s.desk["strategies"][0]["position"]) == 0


@pytest.mark.parametrize("label", ["every buy in ALFA", "all of mm_alfa", "all in ALFA"])
async def test_what_is_pulled_is_answered_by_the_core(tmp_path: Path, label: str) -> None:
    async with seat(tmp_path) as s:
        await s.until(lambda: int(s.desk["strategies"][0]["working_count"]) == 2)
        before = int(s.desk["counters"]["cancel_count"])
        await s.press("X")
        found = [c.label for c in s.app.scene.dialog.found(s.app.scene)]
        at = next(i for i, text in enumerate(found) if text.startswith(label))
        await s.press(*["down"] * at, "enter")
        await s.until(lambda: int(s.desk["counters"]["cancel_count"]) > before)
