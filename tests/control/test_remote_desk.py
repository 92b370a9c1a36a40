"""A desk in another process as a screen has it: the same calls, and what goes wrong."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from serving import Served, copy_files, state, wait, waited_seconds

from cockpit.control.connection import Connection, Unreachable
from cockpit.control.protocol import Hello, layout
from cockpit.control.remote import SILENT_SECONDS, NotInControl, RemoteDesk
from cockpit.core import Mode, RiskState, Severity


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with Served(copy_files(tmp_path_factory.mktemp("files"))) as made:
        yield made


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Served]:
    """One to be killed."""
    with Served(copy_files(tmp_path)) as made:
        yield made


@pytest.fixture
def desk(served: Served) -> Iterator[RemoteDesk]:
    with served.join(take=True) as joined:
        wait(lambda: joined.in_control, "for the controls")
        wait(lambda: state(joined.read()) == RiskState.ACTIVE)
        yield joined
        if state(joined.read()) == RiskState.HALTED:
            joined.unhalt()
            wait(lambda: state(joined.read()) == RiskState.PAUSED)
        if state(joined.read()) == RiskState.PAUSED:
            joined.resume()
            wait(lambda: state(joined.read()) == RiskState.ACTIVE)


def mode(desk: RemoteDesk, slot: int) -> Mode:
    return Mode(int(desk.read()["desk"]["strategies"]["config"]["mode"][slot]))


def heard(desk: RemoteDesk, text: str, severity: Severity | None = None) -> None:
    """Wait for a line of the log."""
    wait(
        lambda: any(
            text in event.text and severity in (None, event.severity)
            for event in desk.events()
        ),
        f"to hear {text!r}",
    )


def test_introduces_itself_as_the_desk_does(desk: RemoteDesk) -> None:
    assert desk.mode == "SIM"
    assert desk.origin == "desk: synthetic seed 1"
    assert [s.name for s in desk.symbols] == ["ACME", "BOREAL", "CITRA", "DUNMOR"]
    assert desk.symbols[3].decimals == 3
    assert desk.config_errors() == ()


def test_a_picture_stays_as_it_was_read(desk: RemoteDesk) -> None:
    record = desk.read()
    before = int(record["time_ns"])
    wait(lambda: int(desk.read()["time_ns"]) > before, "for a later picture")
    assert int(record["time_ns"]) == before
    assert int(record["desk"]["symbol_count"]) == 4


def test_every_state_is_reached_by_its_command(desk: RemoteDesk) -> None:
    for command, reached in (
        (desk.pause, RiskState.PAUSED),
        (desk.resume, RiskState.ACTIVE),
        (desk.halt, RiskState.HALTED),
        (desk.unhalt, RiskState.PAUSED),
        (desk.resume, RiskState.ACTIVE),
    ):
        command()
        wait(lambda reached=reached: state(desk.read()) == reached, f"for {reached.name}")
    desk.flatten()
    wait(lambda: state(desk.read()) == RiskState.PAUSED, "to be flat")
    assert not desk.read()["desk"]["symbols"]["position"].any()


def test_strategies_are_switched_by_key_and_by_mode(desk: RemoteDesk) -> None:
    assert mode(desk, 0) == Mode.LIVE
    desk.toggle_strategy(0)
    wait(lambda: mode(desk, 0) == Mode.OFF)
    desk.set_mode(0, Mode.LIVE)
    wait(lambda: mode(desk, 0) == Mode.LIVE)
    desk.toggle_strategy(15)
    heard(desk, "no strategy on key 16")


def test_what_was_asked_is_on_record_with_who_and_what_was_before(
    served: Served, desk: RemoteDesk
) -> None:
    desk.events()
    desk.toggle_strategy(0)
    heard(desk, "asked: mm_acme to OFF (before: LIVE); by root uid 0 pid")
    desk.toggle_strategy(0)
    heard(desk, "OFF -> LIVE")
    done = served.ctl("pause", "--why", "fire drill")
    assert done.returncode == 0, done.stderr
    heard(desk, "why: fire drill")


def test_a_refusal_of_the_desk_reaches_the_log(desk: RemoteDesk) -> None:
    desk.halt()
    wait(lambda: state(desk.read()) == RiskState.HALTED)
    desk.resume()
    heard(desk, "NOT DONE: resume: the desk is HALTED", Severity.CRITICAL)


def test_the_second_screen_looks_on_until_it_takes_over(
    served: Served, desk: RemoteDesk
) -> None:
    with served.join() as second:
        assert not second.in_control
        assert second.controls.name.startswith("root")
        with pytest.raises(NotInControl, match="has the controls"):
            second.resume()
        desk.events()
        second.take_controls("shift change")
        wait(lambda: second.in_control and not desk.in_control)
        heard(desk, "TOOK THE CONTROLS from", Severity.WARNING)
        assert desk.controls.name.startswith("root")
        with pytest.raises(NotInControl):
            desk.toggle_strategy(0)
        second.pause()
        wait(lambda: state(desk.read()) == RiskState.PAUSED)
        second.resume()
        wait(lambda: state(desk.read()) == RiskState.ACTIVE)
    wait(lambda: desk.controls.holder == 0, "for the controls to be free")
    # Free controls are whose who asks first.
    desk.pause()
    desk.resume()
    wait(lambda: desk.in_control)


def test_the_brakes_are_everybodys_who_may_trade(
    served: Served, desk: RemoteDesk
) -> None:
    with served.join() as second:
        second.pause()
        wait(lambda: state(desk.read()) == RiskState.PAUSED)
        second.halt()
        wait(lambda: state(desk.read()) == RiskState.HALTED)
        assert desk.in_control
        with pytest.raises(NotInControl):
            second.unhalt()


def test_read_only_is_refused_by_screen_and_by_desk(
    served: Served, desk: RemoteDesk
) -> None:
    with served.join(read_only=True) as looker:
        for command in (looker.halt, looker.pause, looker.take_controls):
            with pytest.raises(NotInControl, match="read-only"):
                command()
    # A program that does not ask itself first.
    with Connection(served.place, Hello(role="view", watches=False)) as liar:
        for number, ask in enumerate(("halt", "pause", "take", "quit", "limit"), 1):
            liar.send({"ask": ask, "number": number})
            answer = liar.receive(2)
            assert answer is not None
            assert (answer["status"], answer["text"]) == (
                "refused",
                "this session is read-only",
            )
    assert state(desk.read()) == RiskState.ACTIVE
    served.wait_for("refused halt to root uid 0")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"layout": "0123456789abcdef"}, "layout 0123456789abcdef"),
        ({"protocol": 99}, "speaks protocol 99"),
    ],
)
def test_another_build_is_refused_with_what_to_do(
    served: Served, monkeypatch: pytest.MonkeyPatch, change: dict, said: str
) -> None:
    plain = Hello.message
    monkeypatch.setattr(Hello, "message", lambda self: plain(self) | change)
    with pytest.raises(Unreachable, match=said) as refused:
        served.join()
    assert "restart the desk" in str(refused.value)
    assert layout() in str(refused.value) or "protocol" in change


def test_a_desk_that_is_killed_is_not_shown_as_living_and_is_found_again(
    own: Served,
) -> None:
    with own.join() as desk:
        desk.read()
        own.signal(signal.SIGKILL)
        own.left()
        wait(lambda: fails(desk), "to notice")
        with pytest.raises(Unreachable):
            desk.halt()
        heard(desk, "lost the desk", Severity.CRITICAL)
        assert own.place.socket.exists(), "killed, it cannot have cleaned up"
        own.start()
        wait(lambda: not fails(desk), "for the new desk")
        heard(desk, "joined desk 'desk' again")
        desk.pause()
        wait(lambda: state(desk.read()) == RiskState.PAUSED)


def test_a_desk_that_hangs_is_not_shown_as_living(own: Served) -> None:
    with own.join() as desk:
        own.signal(signal.SIGSTOP)
        began, waited = time.monotonic(), waited_seconds()
        wait(lambda: fails(desk), "to notice")
        took = time.monotonic() - began
        assert took - (waited_seconds() - waited) < SILENT_SECONDS + 1
        own.signal(signal.SIGCONT)
        wait(lambda: not fails(desk), "for it to come back")


def test_a_desk_that_stops_in_order_says_so_and_shows_its_end(own: Served) -> None:
    with own.join() as desk:
        own.signal(signal.SIGTERM)
        wait(lambda: desk.ended, "for the farewell")
        assert desk.ended == "the desk has stopped in order: no order works"
        picture = desk.read()
        assert not picture["running"] and not picture["desk"]["working_count"]
        assert own.left() == 0
        time.sleep(1)
        assert desk.read() is not None  # the end stays to be seen


def test_lines_of_the_log_come_once_across_a_reconnection(own: Served) -> None:
    with own.join() as desk:
        heard(desk, "is served at")
        assert desk._connection is not None
        desk._connection.close()  # the line drops, the desk lives
        heard(desk, "joined desk")
        time.sleep(0.5)
        assert not any("is served at" in event.text for event in desk.events())


def fails(desk: RemoteDesk) -> bool:
    try:
        desk.read()
    except Unreachable:
        return True
    return False


def test_watching_into_what_takes_nothing_ends_with_a_word(served: Served) -> None:
    import subprocess
    import sys

    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "cockpit", "watch"],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=60,
            env=served.environment,
        )  # fmt: skip
    assert done.returncode == 3
    assert "cannot be written: No space left on device" in done.stderr
    assert "Traceback" not in done.stderr
