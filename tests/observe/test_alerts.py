"""Alerts are told once, again after their time, louder when ignored."""

from __future__ import annotations

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest

from cockpit import paths
from cockpit.control.desk import Event
from cockpit.core import LIMITS, MONEY_SCALE, PICTURE_DTYPE, Record, RiskState, Severity
from cockpit.observe.alerts import (
    CONDITIONS,
    KINDS,
    Alert,
    Alerts,
    AlertsError,
    Facts,
    Rule,
    Teller,
    Telling,
    read_rules,
)


def picture() -> Record:
    return np.zeros((), PICTURE_DTYPE)


def halted() -> Facts:
    found = picture()
    found["desk"]["risk_state"] = RiskState.HALTED
    return Facts(found)


RULE = Rule(
    "halted", "state", "HALTED", again=60, escalate_after=30, escalate_to=("bell",)
)


def test_what_goes_on_is_told_once() -> None:
    alerts = Alerts((RULE,))
    assert [t.alert.text for t in alerts.update(halted(), 0)] == ["the desk is HALTED"]
    assert alerts.update(halted(), 10) == []
    assert len(alerts.found) == 1


def test_what_comes_back_is_told_again_only_after_its_time() -> None:
    alerts = Alerts((Rule("halted", "state", "HALTED", again=60),))
    alerts.update(halted(), 0)
    alerts.update(Facts(picture()), 1)
    assert not alerts.found[0].active
    assert alerts.update(halted(), 2) == []
    alerts.update(Facts(picture()), 3)
    assert len(alerts.update(halted(), 61)) == 1
    assert alerts.found[0].count == 3


def test_what_nobody_acknowledges_gets_louder_once() -> None:
    alerts = Alerts((RULE,))
    alerts.update(halted(), 0)
    (telling,) = alerts.update(halted(), 31)
    assert (telling.sinks, telling.escalated) == (("bell",), True)
    assert alerts.update(halted(), 99) == []


def test_what_is_acknowledged_stays_quiet_and_is_new_when_it_comes_back() -> None:
    alerts = Alerts((RULE,))
    alerts.update(halted(), 0)
    assert alerts.acknowledge() == 1
    assert alerts.update(halted(), 100) == []
    alerts.update(Facts(picture()), 101)
    assert len(alerts.update(halted(), 102)) == 1
    assert len(alerts.open) == 1


def test_each_condition_holds_at_its_figure_and_not_below() -> None:
    found = picture()
    index = [limit.name for limit in LIMITS].index("max_daily_loss")
    found["desk"]["limits"][index]["limit"] = 100
    found["desk"]["limits"][index]["used"] = 75
    found["desk"]["equity_peak"] = 50 * MONEY_SCALE
    found["hops"][4]["p99_ns"] = 80_000
    event = Event(0, Severity.WARNING, "maker", "the venue rejected the order")
    facts = Facts(found, [event], feed_age=5.0, engine_age=2.0)
    for rule, holds in (
        (Rule("a", "limit", "max_daily_loss", 0.75), True),
        (Rule("a", "limit", "max_daily_loss", 0.76), False),
        (Rule("a", "limit", "", 0.5), True),
        (Rule("a", "feed", above=5), True),
        (Rule("a", "feed", above=5.1), False),
        (Rule("a", "engine", above=3), False),
        (Rule("a", "drawdown", above=50), True),
        (Rule("a", "drawdown", above=50.01), False),
        (Rule("a", "latency", "tick_to_order", 80), True),
        (Rule("a", "latency", "tick_to_order", 81), False),
        (Rule("a", "log", "rejected"), True),
        (Rule("a", "log", "rejected", severity=Severity.CRITICAL), False),
        (Rule("a", "state", "HALTED"), False),
    ):
        assert bool(CONDITIONS[rule.when](rule, facts)) == holds, rule
    assert set(CONDITIONS) == set(KINDS)


def test_the_shipped_rules_are_good() -> None:
    assert len(read_rules(paths.default_config() / "alerts.toml")) >= 4


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("[[alert]]\nwhen = 'state'", "name"),
        ("[[alert]]\nname = 'a'\nwhen = 'moon'", "one of state"),
        ("[[alert]]\nname = 'a'\nwhen = 'state'\nof = 'HALT'", "one of ACTIVE"),
        ("[[alert]]\nname = 'a'\nwhen = 'feed'\nabove = -1", "0 or more"),
        ("[[alert]]\nname = 'a'\nwhen = 'feed'\nabove = true", "a number"),
        ("[[alert]]\nname = 'a'\nwhen = 'feed'\nsinks = ['siren']", "a list of screen"),
        ("[[alert]]\nname = 'a'\nwhen = 'feed'\nsinks = ['command']", "missing"),
        ("[[alert]]\nname = 'a'\nwhen = 'feed'\nsinks = ['webhook']", "an http address"),
        ("[[alert]]\nname = 'a'\nwhen = 'feed'\nagian = 3", "unknown key agian"),
        ("[[alert]]\nname = 'a'\nwhen = 'feed'\n" * 2, "two alerts named a"),
        ("alert = 3", "written ..alert.."),
        ("x = [", "alerts.toml"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_with_its_place(
    tmp_path: Path, content: str, reason: str
) -> None:
    (tmp_path / "alerts.toml").write_text(content)
    with pytest.raises(AlertsError, match=reason):
        read_rules(tmp_path / "alerts.toml")


def telling(**rule: Any) -> Telling:
    alert = Alert(Rule("halted", "state", "HALTED", **rule), "the desk is HALTED", 1, 1)
    return Telling(alert, rule["sinks"])


def test_a_command_gets_the_text_and_a_failing_one_is_reported(tmp_path: Path) -> None:
    out = tmp_path / "told"
    code = (
        "import os, sys, pathlib; pathlib.Path(sys.argv[1]).write_text("
        "sys.argv[2] + '|' + os.environ['COCKPIT_ALERT_SEVERITY'])"
    )
    teller = Teller()
    command = (sys.executable, "-c", code, str(out))
    teller.tell(telling(sinks=("command",), command=command))
    teller.tell(telling(sinks=("command",), command=(str(tmp_path / "none"),)))
    teller.stop(20)
    assert out.read_text() == "halted: the desk is HALTED|warning"
    (failure,) = teller.failures()
    assert "alert 'halted' by command" in failure


def test_a_webhook_is_posted_as_chat_services_take_it() -> None:
    got: list[Any] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            got.append(json.loads(self.rfile.read(length)))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Hook)
    Thread(target=server.handle_request, daemon=True).start()
    teller = Teller()
    url = f"http://127.0.0.1:{server.server_port}/hook"
    teller.tell(telling(sinks=("webhook",), url=url))
    teller.stop(10)
    server.server_close()
    assert got[0]["text"] == "[WARNING] halted: the desk is HALTED"
    assert got[0]["alert"] == "halted"


def test_telling_never_waits_for_a_slow_sink() -> None:
    teller = Teller()
    slow = (sys.executable, "-c", "import time; time.sleep(1)")
    began = time.perf_counter()
    for _ in range(200):
        teller.tell(telling(sinks=("command",), command=slow))
    assert time.perf_counter() - began < 0.5
    assert teller.dropped >= 100
