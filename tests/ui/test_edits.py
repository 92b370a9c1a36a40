"""A value changed on the screen: one line of the file, and the core's echo of it.

The real core on files of its own, in this process and in another one.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from cockpit.config.load import load
from cockpit.config.settings import settings
from cockpit.control.local import LocalDesk
from cockpit.control.remote import RemoteDesk
from cockpit.core import LIMITS, TRIGGERS, Engine, Scope
from cockpit.ui.app import CockpitApp
from cockpit.ui.attached import AttachedApp

sys.path.append(str(Path(__file__).resolve().parents[1] / "control"))
from serving import Served

CONFIG = Path(__file__).parent / "config"
PATIENCE_S = 15.0


@pytest.fixture(autouse=True)
def a_busy_process_is_no_unfinished_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pilot waits until the process is idle; with a core in it, it never is."""

    async def settle(*_: float) -> None:
        await asyncio.sleep(0.02)

    monkeypatch.setattr("textual.app.wait_for_idle", settle)
    monkeypatch.setattr("textual.pilot.wait_for_idle", settle)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CONFIG, tmp_path / "config"))


@asynccontextmanager
async def local(files: Path) -> AsyncIterator[tuple[CockpitApp, Any]]:
    config = load(files, [])
    with LocalDesk(Engine(settings(config, recording=())), config, directory=files) as d:
        app = CockpitApp(d, auto=False)
        async with app.run_test(size=(160, 48)) as pilot:
            yield app, pilot


@asynccontextmanager
async def attached(files: Path) -> AsyncIterator[tuple[CockpitApp, Any]]:
    with Served(files) as served, RemoteDesk(served.place, take=True) as desk:
        app = AttachedApp(desk, auto=False)
        async with app.run_test(size=(160, 48)) as pilot:
            yield app, pilot


SEATS = {"local": local, "attached": attached}


async def until(app: CockpitApp, pilot: Any, so: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while True:
        app.step()
        await pilot.pause()
        if so():
            return
        assert time.monotonic() < end, app.main.part("over").text
        await pilot.pause(0.05)


def changed_lines(before: str, after: str) -> list[tuple[str, str]]:
    pairs = zip(before.splitlines(), after.splitlines(), strict=True)
    return [(old, new) for old, new in pairs if old != new]


def over(app: CockpitApp) -> str:
    return app.main.part("over").text


@pytest.mark.parametrize("seat", SEATS)
async def test_a_parameter_is_changed_in_its_line_and_echoed_by_the_core(
    files: Path, seat: str
) -> None:
    path = files / "strategies.toml"
    before = path.read_text()
    async with SEATS[seat](files) as (app, pilot):
        scene = app.scene
        await until(app, pilot, lambda: bool(dict(scene.slots())))
        scene.screen, scene.focus = "strategies", "parameters"
        config = lambda: dict(scene.slots())[0]["config"]  # noqa: E731
        version = int(config()["version"])
        assert float(config()["parameters"][0]) == 1.5
        await pilot.press("down", "enter", *"2.5", "enter")
        await until(app, pilot, lambda: "+ half_spread = 2.5" in over(app))
        assert "- half_spread = 1.5" in over(app)
        assert path.read_text() == before
        await pilot.press("enter")
        await until(app, pilot, lambda: float(config()["parameters"][0]) == 2.5)
        assert int(config()["version"]) > version
        await until(
            app,
            pilot,
            lambda: any(
                "in force: mm_alfa half_spread 1.5 -> 2.5" in event.text
                for event in scene.log
            ),
        )
        assert scene.config_errors == ()
    assert changed_lines(before, path.read_text()) == [
        ("half_spread = 1.5", "half_spread = 2.5")
    ]


@pytest.mark.parametrize("seat", SEATS)
async def test_a_limit_is_loosened_only_by_its_word(files: Path, seat: str) -> None:
    path = files / "risk.toml"
    before = path.read_text()
    async with SEATS[seat](files) as (app, pilot):
        scene = app.scene
        await until(app, pilot, lambda: bool(dict(scene.slots())))
        scene.screen, scene.focus = "risk", "risk"
        app.step()
        name = LIMITS[0].name
        limit = lambda: int(scene.live["desk"]["limits"][0]["limit"])  # noqa: E731
        enforced = limit()
        scene.cursor["risk"] = "0"
        await pilot.press("enter", *str(enforced + 7), "enter")
        await until(app, pilot, lambda: f"+ {name} = {enforced + 7}" in over(app))
        assert "This loosens a limit" in over(app)
        await pilot.press(*"loos", "enter", "enter")
        assert path.read_text() == before
        await pilot.press(*"loosen", "enter")
        await until(app, pilot, lambda: limit() == enforced + 7)
    assert changed_lines(before, path.read_text()) == [
        (f"{name} = {enforced}", f"{name} = {enforced + 7}")
    ]


@pytest.mark.parametrize("seat", SEATS)
async def test_what_a_breaker_trips_at_is_loosened_only_by_its_word(
    files: Path, seat: str
) -> None:
    path = files / "risk.toml"
    before = path.read_text()
    index = [trigger.name for trigger in TRIGGERS].index("slow_count")
    async with SEATS[seat](files) as (app, pilot):
        scene = app.scene
        await until(app, pilot, lambda: bool(dict(scene.slots())))
        scene.screen, scene.focus = "risk", "risk"
        app.step()
        in_force = lambda: int(scene.live["desk"]["triggers"][index])  # noqa: E731
        assert in_force() == 5
        await pilot.press("L", *"breakers", "enter", *"slow_count", "enter")
        assert "breakers.slow_count" in over(app) and "5 answers" in over(app)
        await pilot.press(*"9", "enter")
        await until(app, pilot, lambda: "This loosens a limit" in over(app))
        assert "within 60 s" in over(app)
        # To show it was the first step, which the log has with when it ends.
        asked = "breakers.slow_count 5 -> 9 answers, to be confirmed within 60 s"
        await until(app, pilot, lambda: any(asked in event.text for event in scene.log))
        await pilot.press("enter")
        assert path.read_text() == before and in_force() == 5
        await pilot.press(*"loosen", "enter")
        await until(app, pilot, lambda: in_force() == 9)
        assert not any("NOT DONE" in event.text for event in scene.log)
        # Tighter again: no word.
        await pilot.press("L", *"breakers", "enter", *"slow_count", "enter")
        await pilot.press(*"4", "enter")
        await until(app, pilot, lambda: "+ slow_count = 4" in over(app))
        assert "This loosens" not in over(app)
        await pilot.press("enter")
        await until(app, pilot, lambda: in_force() == 4)


@pytest.mark.parametrize("seat", SEATS)
async def test_a_limit_of_one_symbol_comes_changes_and_goes(
    files: Path, seat: str
) -> None:
    path = files / "risk.toml"
    before = path.read_text()
    name = "symbols.ALFA.max_position"
    index = [limit.name for limit in LIMITS].index("max_position")
    async with SEATS[seat](files) as (app, pilot):
        scene = app.scene
        await until(app, pilot, lambda: bool(dict(scene.slots())))
        scene.screen, scene.focus = "risk", "risk"

        def enforced() -> list[int]:
            desk = scene.live["desk"]
            rows = desk["scoped"][: int(desk["scoped_count"])]
            return [
                int(row["limit"]["value"])
                for row in rows
                if int(row["limit"]["limit"]) == index
                and int(row["limit"]["scope"]) == Scope.SYMBOL
                and int(row["limit"]["target"]) == 0
            ]

        # A new one: which symbol, which limit, what value; tighter, so no word is asked.
        await pilot.press("L", *"alfa", "enter", *"position", "enter")
        assert name in over(app)
        assert "none of its own" in over(app)
        await pilot.press(*"40", "enter")
        await until(app, pilot, lambda: "+ max_position = 40" in over(app))
        assert "+ [symbols.ALFA]" in over(app)
        assert path.read_text() == before
        await pilot.press("enter")
        await until(app, pilot, lambda: enforced() == [40])
        added = path.read_text()
        assert added.startswith(before)
        assert added[len(before) :].split() == [
            "[symbols.ALFA]",
            "max_position",
            "=",
            "40",
        ]

        # From its row of the panel, loosened: by the word only.
        scene.cursor["risk"] = f"{index}:{int(Scope.SYMBOL)}:0"
        await pilot.press("enter")
        assert "1 to 1,000,000,000 lots" in over(app)
        assert "60 lots, which holds as well" in over(app)
        await pilot.press(*"45", "enter")
        await until(app, pilot, lambda: "This loosens a limit" in over(app))
        assert "- max_position = 40" in over(app)
        await pilot.press("enter")
        assert path.read_text() == added
        await pilot.press(*"loosen", "enter")
        await until(app, pilot, lambda: enforced() == [45])
        assert changed_lines(added, path.read_text()) == [
            ("max_position = 40", "max_position = 45")
        ]

        # And out of the file again, which loosens as well.
        await pilot.press("enter", *"none", "enter")
        await until(app, pilot, lambda: "This loosens a limit" in over(app))
        assert "- max_position = 45" in over(app)
        assert "+ max" not in over(app)
        await pilot.press(*"loosen", "enter")
        await until(app, pilot, lambda: enforced() == [])
        # The row is gone: its key says so instead of changing something else.
        await pilot.press("enter")
        assert scene.dialog is None
        assert "not there any more" in app.main.part("footer").text


async def test_a_limit_is_refused_by_a_desk_without_files(files: Path) -> None:
    config = load(files, [])
    with LocalDesk(Engine(settings(config, recording=())), config) as desk:
        app = CockpitApp(desk, auto=False)
        async with app.run_test(size=(120, 36)) as pilot:
            await until(app, pilot, lambda: bool(dict(app.scene.slots())))
            await pilot.press("L", *"alfa", "enter", *"position", "enter")
            assert "runs without files" in app.main.part("footer").text


@pytest.mark.parametrize("seat", SEATS)
async def test_what_a_value_may_not_be_is_said_in_the_form(
    files: Path, seat: str
) -> None:
    before = (files / "strategies.toml").read_text()
    async with SEATS[seat](files) as (app, pilot):
        scene = app.scene
        await until(app, pilot, lambda: bool(dict(scene.slots())))
        scene.screen, scene.focus = "strategies", "parameters"
        await pilot.press("down", "enter", *"99999999", "enter")
        await until(app, pilot, lambda: "half_spread = 99999999" in over(app))
        assert "+ half_spread" not in over(app)
        await pilot.press("enter")
    assert (files / "strategies.toml").read_text() == before


@pytest.fixture
def served(files: Path) -> Iterator[Served]:
    with Served(files) as made:
        yield made


async def test_a_screen_without_the_controls_changes_no_file(
    served: Served, files: Path
) -> None:
    before = (files / "strategies.toml").read_text()
    with RemoteDesk(served.place, take=True), RemoteDesk(served.place) as second:
        app = AttachedApp(second, auto=False)
        async with app.run_test(size=(160, 48)) as pilot:
            await until(app, pilot, lambda: bool(dict(app.scene.slots())))
            await until(app, pilot, lambda: bool(second.controls.name))
            app.scene.screen, app.scene.focus = "strategies", "parameters"
            await pilot.press("down", "enter", *"2.5", "enter")
            await until(app, pilot, lambda: "has the controls" in over(app))
    assert (files / "strategies.toml").read_text() == before


async def test_a_file_edited_elsewhere_shows_what_changed(files: Path) -> None:
    async with local(files) as (app, pilot):
        await until(app, pilot, lambda: bool(dict(app.scene.slots())))
        path = files / "risk.toml"
        text = path.read_text()
        path.write_text(text.replace("max_position = 60", "max_position = 50"))
        said = "in force: max_position 60 -> 50 lots"
        await until(app, pilot, lambda: said in app.main.part("footer").text)
        app.scene.screen = app.scene.focus = "log"
        event = next(e for e in app.scene.log if said in e.text)
        app.scene.cursor["log"] = f"{event.time}:{event.source}:{event.text}"
        await pilot.press("w")
        assert "- max_position = 60" in over(app)
        assert "+ max_position = 50 lots" in over(app)
