"""A desk under the app, a clock that stands, and a hand on the keys."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from desks import PaintedDesk

from cockpit.core import Mode
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

    async def frame(self, later: float = 0.0) -> None:
        self.clock.now += later
        self.desk.picture["time_ns"] += int(later * 1e9)
        self.app.step()
        await self.pilot.pause()

    def shown(self, part: str) -> str:
        return self.app.main.part(part).text


@asynccontextmanager
async def bench(
    desk: PaintedDesk | None = None,
    size: tuple[int, int] = (160, 48),
    state: Path | None = None,
    **options: Any,
) -> AsyncIterator[Bench]:
    desk = desk or PaintedDesk()
    desk.add_strategy(0, "maker", mode=Mode.LIVE)
    desk.add_strategy(1, "momentum", symbol=1)
    clock = Clock()
    app = CockpitApp(desk, clock=clock, auto=False, state=state, **options)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield Bench(app, desk, clock, pilot)
