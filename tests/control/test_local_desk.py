"""The desk in this process: what is asked, what is confirmed, and how it stops."""

import time
from dataclasses import replace
from pathlib import Path

import pytest
from rig import Rig

from cockpit.config import load, settings
from cockpit.control.local import LocalDesk
from cockpit.core import CoreError, Engine, Mode, RiskState, Severity


def virtual(files: Path, **changes: object) -> LocalDesk:
    config = load(files)
    made = replace(settings(config, virtual_time=True), **changes)  # type: ignore[arg-type]
    desk = LocalDesk(Engine(made), config)
    desk.start()
    return desk


def mode(rig: Rig, slot: int) -> Mode:
    return Mode(int(rig.picture["desk"]["strategies"]["config"]["mode"][slot]))


def state(rig: Rig) -> RiskState:
    return RiskState(int(rig.picture["desk"]["risk_state"]))


def test_introduces_itself(rig: Rig) -> None:
    assert rig.desk.mode == "SIM"
    assert rig.desk.origin == "synthetic seed 1"
    assert [symbol.name for symbol in rig.desk.symbols] == [
        "ACME", "BOREAL", "CITRA", "DUNMOR",
    ]  # fmt: skip
    assert [symbol.decimals for symbol in rig.desk.symbols] == [2, 2, 2, 3]


def test_shows_the_strategies_from_its_first_picture_on(rig: Rig) -> None:
    assert [mode(rig, slot) for slot in range(6)] == [Mode.LIVE] * 5 + [Mode.OFF]


def test_a_key_switches_a_strategy_and_the_core_confirms_it(rig: Rig) -> None:
    rig.desk.toggle_strategy(0)
    rig.wait(lambda: mode(rig, 0) == Mode.OFF)
    rig.wait(lambda: rig.has_said("LIVE -> OFF, by the operator"))
    asked, done = (
        next(i for i, event in enumerate(rig.said) if text in event.text)
        for text in ("asked: mm_acme to OFF", "LIVE -> OFF")
    )
    assert asked < done
    assert (rig.said[asked].source, rig.said[done].source) == ("operator", "mm_acme")
    rig.desk.toggle_strategy(0)
    rig.wait(lambda: mode(rig, 0) == Mode.LIVE)


def test_two_presses_before_a_picture_are_two_switches(rig: Rig) -> None:
    rig.desk.toggle_strategy(0)
    rig.desk.toggle_strategy(0)
    rig.wait(lambda: rig.has_said("OFF -> LIVE"))
    rig.linger(0.1)
    assert mode(rig, 0) == Mode.LIVE


def test_a_key_without_a_strategy_says_so(rig: Rig) -> None:
    rig.desk.toggle_strategy(8)
    rig.look()
    assert "no strategy on key 9" in [event.text for event in rig.said]


def test_every_state_is_reached_by_its_command(rig: Rig) -> None:
    for command, reached in (
        (rig.desk.pause, RiskState.PAUSED),
        (rig.desk.resume, RiskState.ACTIVE),
        (rig.desk.halt, RiskState.HALTED),
        (rig.desk.unhalt, RiskState.PAUSED),
        (rig.desk.resume, RiskState.ACTIVE),
    ):
        command()
        rig.wait(lambda reached=reached: state(rig) == reached, f"for {reached.name}")
    rig.desk.flatten()
    rig.wait(lambda: rig.has_said("every position is closed"), "to be flat")
    rig.wait(lambda: not rig.picture["desk"]["symbols"]["position"].any())


def test_what_the_core_cannot_take_is_not_said_to_be_done(files: Path) -> None:
    config = load(files)
    desk = LocalDesk(Engine(settings(config)), config)  # never started
    for _ in range(1000):
        desk.halt()
    lost = [event for event in desk.events() if event.text.startswith("NOT DONE: halt")]
    assert lost
    assert {event.severity for event in lost} == {Severity.CRITICAL}
    with pytest.raises(CoreError):
        desk.engine.halt()


def test_events_carry_the_time_of_day(rig: Rig) -> None:
    before = time.time()
    rig.desk.pause()
    rig.wait(lambda: rig.has_said("ACTIVE -> PAUSED"))
    event = next(event for event in rig.said if "ACTIVE -> PAUSED" in event.text)
    assert before - 0.01 <= event.time <= time.time() + 0.01


def test_under_virtual_time_events_count_from_the_start(files: Path) -> None:
    desk = virtual(files)
    desk.engine.run(20_000)
    picture = desk.read()
    seconds = (int(picture["time_ns"]) - int(picture["start_ns"])) / 1e9
    fills = [event for event in desk.events() if " as maker" in event.text]
    assert fills
    assert all(0 <= event.time <= seconds for event in fills)


def test_closing_leaves_nothing_working(rig: Rig) -> None:
    rig.wait(lambda: int(rig.picture["desk"]["working_count"]) > 0, "for orders")
    assert rig.desk.close() == ""
    picture = rig.desk.read()
    assert int(picture["desk"]["working_count"]) == 0
    assert int(picture["desk"]["risk_state"]) == RiskState.HALTED
    assert not rig.desk.engine.read()["running"]
    assert any("HALTED" in event.text for event in rig.desk.events())
    assert rig.desk.close() == ""


def test_closing_under_virtual_time_leaves_nothing_working(files: Path) -> None:
    desk = virtual(files)
    desk.engine.run(5_000)
    assert int(desk.read()["desk"]["working_count"]) > 0
    assert desk.close() == ""
    assert int(desk.engine.read()["desk"]["working_count"]) == 0


def test_closing_with_orders_left_is_loud(files: Path) -> None:
    # The venue is so far away that its answers come after all patience is at an end.
    desk = virtual(files, link_latency_ns=10**9)
    desk.engine.run(10_000)
    working = int(desk.read()["desk"]["working_count"])
    assert working > 0
    text = desk.close()
    assert text == desk.close()
    first, *lines = text.splitlines()
    assert first.endswith("ORDERS MAY STILL BE WORKING AT THE VENUE after 1,000 "
                          "market data events:")  # fmt: skip
    assert len(lines) == int(first.split()[0]) > 0
    assert all(" at " in line and "id " in line for line in lines)
    loud = [event for event in desk.events() if event.severity == Severity.CRITICAL]
    assert loud[-1].text == text


def test_a_desk_that_never_ran_has_nothing_to_close(files: Path) -> None:
    config = load(files)
    assert LocalDesk(Engine(settings(config)), config).close() == ""


def test_a_venue_alone_runs_and_closes(files: Path) -> None:
    config = load(files)
    desk = LocalDesk(Engine(settings(config, desk=False)), config, directory=files)
    with desk:
        end = time.monotonic() + 5
        while not int(desk.read()["venue"]["md_count"]) and time.monotonic() < end:
            time.sleep(0.01)
        assert int(desk.read()["venue"]["md_count"]) > 0
    assert desk.close() == ""
