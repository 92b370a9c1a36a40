"""A served desk raises its alerts without a screen, and once however many there are."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from serving import Served, copy_files, wait

from cockpit.control.alarms import Alert
from cockpit.control.remote import NotInControl, RemoteDesk

CODE = "import sys; open(sys.argv[1], 'a').write(sys.argv[2] + chr(10))"


@pytest.fixture
def told(tmp_path: Path) -> Path:
    return tmp_path / "told"


@pytest.fixture
def served(tmp_path: Path, told: Path) -> Iterator[Served]:
    files = copy_files(tmp_path)
    command = json.dumps([sys.executable, "-c", CODE, str(told)])
    (files / "alerts.toml").write_text(
        '[[alert]]\nname = "halted"\nwhen = "state"\nof = "HALTED"\n'
        f'severity = "critical"\nsinks = ["command", "screen"]\ncommand = {command}\n'
    )
    with Served(files) as made:
        yield made


def alerts_of(desk: RemoteDesk) -> tuple[Alert, ...]:
    desk.read()
    return desk.alerts()


def test_a_desk_without_a_screen_runs_the_command(served: Served, told: Path) -> None:
    assert served.ctl("alerts").stdout == "desk: no alert\n"
    assert served.ctl("halt").returncode == 0
    wait(told.exists, "for the command")
    served.wait_for("alert: halted: the desk is HALTED")
    rows = json.loads(served.ctl("alerts", "--json").stdout)
    assert [(row["number"], row["severity"], row["acknowledged"]) for row in rows] == [
        (1, "critical", False)
    ]
    assert served.ctl("ack", "2").returncode == 4
    done = served.ctl("ack", "1", "--why", "on it")
    assert (done.returncode, done.stdout) == (0, "desk: 1 alert acknowledged\n")
    assert served.ctl("ack", "all").returncode == 4
    assert served.ctl("ack", "one").returncode == 2
    served.wait_for("acknowledged: alert 1, halted: the desk is HALTED; by ")
    assert "why: on it" in served.said()
    line = served.ctl("alerts").stdout
    assert "halted: the desk is HALTED  (seen by " in line and "ctl" in line


def test_many_screens_see_one_alert_and_share_who_has_seen_it(
    served: Served, told: Path
) -> None:
    with (
        served.join() as first,
        served.join() as second,
        served.join(read_only=True) as third,
    ):
        screens = first, second, third
        first.halt()
        for screen in screens:
            wait(lambda screen=screen: alerts_of(screen))
        assert len({alerts_of(screen) for screen in screens}) == 1
        with pytest.raises(NotInControl, match="read-only"):
            third.acknowledge()
        assert not first.in_control or not second.in_control
        # Also one without the controls: it was seen there.
        away = second if first.in_control else first
        assert away.acknowledge() == 1
        for screen in screens:
            wait(lambda screen=screen: alerts_of(screen)[0].acknowledged)
            (alert,) = alerts_of(screen)
            assert "screen" in alert.acknowledged_by and alert.acknowledged_at > 0
    wait(told.exists)
    assert told.read_text().splitlines() == ["halted: the desk is HALTED"]


def test_who_only_looks_may_not_acknowledge_by_the_socket_either(served: Served) -> None:
    served.ctl("halt")
    with served.join(read_only=True) as desk:
        wait(lambda: alerts_of(desk))
        number = desk._send("ack")
        wait(lambda: number not in desk._asked, "for the answer")
        said = [event.text for event in desk.events()]
        assert "NOT DONE: ack: this session is read-only" in said
    rows = json.loads(served.ctl("alerts", "--json").stdout)
    assert [row["acknowledged"] for row in rows] == [False]


def test_rules_that_are_wrong_are_shown_on_every_screen(served: Served) -> None:
    with served.join(read_only=True) as desk:
        (served.files / "alerts.toml").write_text('[[alert]]\nname = "x"\n')
        wait(lambda: desk.read() is not None and desk.config_errors())
        assert "alerts.toml: alert #1 'x': when = (missing)" in desk.config_errors()[0]
