"""A desk is watched once, with no screen, and its files are read again."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from watched import Watched, wait

from cockpit.core import RiskState, Severity
from cockpit.observe.lookout import Lookout


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    made = Watched(tmp_path)
    with made.desk:
        yield made


def test_an_alert_is_raised_though_nobody_reads_the_desk(watched: Watched) -> None:
    watched.desk.engine.halt()
    wait(watched.told)
    assert watched.told() == ["halted: the desk is HALTED"]
    (alert,) = watched.desk.alerts()
    assert (alert.number, alert.active, alert.acknowledged) == (1, True, False)
    (line,) = [e for e in watched.desk.events() if e.source == "alert"]
    assert (line.severity, line.text) == (Severity.CRITICAL, "halted: the desk is HALTED")


def test_the_same_alerts_are_given_until_one_changes(watched: Watched) -> None:
    watched.desk.engine.halt()
    wait(watched.desk.alerts)
    before = watched.desk.alerts()
    time.sleep(0.6)
    assert watched.desk.alerts() is before
    with watched.desk.asked_by("jo on pts/3", "on it"):
        assert watched.desk.acknowledge() == 1
        assert watched.desk.acknowledge() == 0
    (alert,) = watched.desk.alerts()
    assert (alert.acknowledged, alert.acknowledged_by) == (True, "jo on pts/3")
    assert abs(alert.acknowledged_at - time.time()) < 5
    texts = [e.text for e in watched.desk.events() if e.text.startswith("acknowledged")]
    assert texts == [
        "acknowledged: alert 1, halted: the desk is HALTED; by jo on pts/3; why: on it"
    ]


def test_a_line_of_the_log_is_seen_when_somebody_takes_it(watched: Watched) -> None:
    watched.rules.write_text('[[alert]]\nname = "x"\nwhen = "log"\nof = "by hand"\n')

    def found() -> object:
        watched.desk.say(Severity.WARNING, "operator", "something by hand")
        watched.desk.events()
        return watched.desk.alerts()

    wait(found)
    assert watched.desk.alerts()[0].text == "operator: something by hand"


def test_a_bad_file_is_said_and_the_rules_before_it_stay(watched: Watched) -> None:
    wait(lambda: not watched.desk.config_errors())
    time.sleep(0.5)
    watched.rules.write_text('[[alert]]\nname = "x"\nwhen = "feed"\nabove = nan\n')
    wait(watched.desk.config_errors)
    (error,) = watched.desk.config_errors()
    assert error.startswith("alerts.toml: alert #1 'x': above = nan: a number")
    watched.desk.engine.halt()
    wait(watched.told)
    watched.write_rules()
    wait(lambda: not watched.desk.config_errors())
    assert any("1 rules in force" in e.text for e in watched.desk.events())


def test_a_desk_that_is_closed_is_no_alert(watched: Watched) -> None:
    wait(lambda: watched.desk.alarms and not watched.desk.alerts())
    time.sleep(0.6)
    assert watched.desk.close() == ""
    assert RiskState(int(watched.desk.read()["desk"]["risk_state"])) == RiskState.HALTED
    time.sleep(0.4)
    assert watched.desk.alerts() == ()
    assert not watched.told()


def test_what_comes_of_closing_a_desk_is_no_alert(watched: Watched) -> None:
    lookout = watched.desk.alarms
    assert isinstance(lookout, Lookout)
    lookout.hush()
    watched.desk.engine.halt()
    wait(lambda: watched.desk.engine.picture()["desk"]["risk_state"] == RiskState.HALTED)
    lookout.look()
    assert watched.desk.alerts() == ()


def test_a_command_that_hangs_does_not_keep_the_desk_from_ending(tmp_path: Path) -> None:
    made = Watched(tmp_path)
    hangs = json.dumps(["sh", "-c", f"echo hangs >> {made.out}; sleep 9"])
    text = made.rules.read_text()
    made.rules.write_text(re.sub("command = .*", f"command = {hangs}", text))
    with made.desk:
        made.desk.engine.halt()
        wait(made.told)
        began = time.monotonic()
        made.desk.close()
        assert time.monotonic() - began < 2
