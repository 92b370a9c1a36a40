"""Alerts are told once, again after their time, louder when ignored."""

from __future__ import annotations

import json
from pathlib import Path
from threading import Thread
from time import sleep

import numpy as np
import pytest

from cockpit import paths
from cockpit.control.alarms import SOURCE
from cockpit.control.desk import Event
from cockpit.control.protocol import alert_of, alert_row
from cockpit.core import LIMITS, MONEY_SCALE, PICTURE_DTYPE, Record, RiskState, Severity
from cockpit.observe.alerts import ALERT_MAX, CONDITIONS, Alerts, Facts
from cockpit.observe.rules import FILE, KINDS, AlertsError, Rule, read_rules

ME = "jo on pts/3"


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
    assert not alerts.found[0].alert.active
    assert alerts.update(halted(), 2) == []
    alerts.update(Facts(picture()), 3)
    (telling,) = alerts.update(halted(), 61)
    assert telling.alert.told == 2
    assert alerts.found[0].alert.count == 3


def test_what_nobody_acknowledges_gets_louder_once() -> None:
    alerts = Alerts((RULE,))
    alerts.update(halted(), 0)
    (telling,) = alerts.update(halted(), 31)
    assert (telling.alert.sinks, telling.alert.escalated) == (("bell",), True)
    assert telling.alert.sentence.startswith("again, nobody has acknowledged it: halted")
    assert alerts.update(halted(), 99) == []


def test_what_is_acknowledged_stays_quiet_and_is_new_when_it_comes_back() -> None:
    alerts = Alerts((RULE,))
    alerts.update(halted(), 0)
    (seen,) = alerts.acknowledge(ME, None, 7.0)
    assert (seen.acknowledged_by, seen.acknowledged_at) == (ME, 7.0)
    assert alerts.update(halted(), 100) == []
    alerts.update(Facts(picture()), 101)
    assert len(alerts.update(halted(), 102)) == 1
    assert [case.alert.number for case in alerts.open] == [2]


def test_one_of_several_is_acknowledged_by_its_number() -> None:
    alerts = Alerts((RULE, Rule("stopped", "state", "HALTED")))
    alerts.update(halted(), 0)
    assert [alert.name for alert in alerts.acknowledge(ME, 2, 1.0)] == ["stopped"]
    assert alerts.acknowledge(ME, 2, 2.0) == []
    assert alerts.acknowledge(ME, 9, 2.0) == []
    assert [case.alert.number for case in alerts.open] == [1]


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


def test_the_line_that_tells_an_alert_raises_none() -> None:
    alerts = Alerts((Rule("all", "log"),))
    line = Event(0, Severity.CRITICAL, SOURCE, "all: something")
    assert alerts.update(Facts(picture(), [line]), 0) == []


def test_the_alerts_that_are_kept_have_an_end_and_new_ones_stay() -> None:
    rules = tuple(Rule(f"r{n}", "state", "HALTED") for n in range(ALERT_MAX + 10))
    alerts = Alerts(rules)
    alerts.update(halted(), 0)
    assert len(alerts.found) == ALERT_MAX
    assert alerts.found[-1].rule.name == rules[-1].name


def test_other_rules_take_over_what_theirs_have_found() -> None:
    alerts = Alerts((RULE, Rule("gone", "state", "HALTED")))
    alerts.update(halted(), 0)
    alerts.follow((Rule("halted", "state", "HALTED", severity=Severity.CRITICAL),))
    assert alerts.update(halted(), 1) == []
    assert [case.alert.active for case in alerts.found] == [True, False]
    assert alerts.found[0].alert.severity == Severity.CRITICAL


def test_an_alert_reaches_a_screen_as_it_was() -> None:
    alerts = Alerts((RULE,))
    alerts.update(halted(), 3.0)
    alerts.acknowledge(ME, 1, 4.0)
    alert = alerts.found[0].alert
    assert alert_of(json.loads(json.dumps(alert_row(alert)))) == alert


# ---- the file --------------------------------------------------------------------------


def test_the_shipped_rules_are_good() -> None:
    assert len(read_rules(paths.default_config() / FILE)) >= 4


GOOD = "[[alert]]\nname = 'a'\nwhen = 'feed'\nabove = 5\n"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("[[alert]]\nwhen = 'state'\n", r"#1: name = \(missing\): a name"),
        ("[[alert]]\nname = ''\nwhen = 'state'\n", "a name of its own"),
        ("[[alert]]\nname = 'a'\nwhen = 'moon'\n", 'when = "moon": one of state'),
        ("[[alert]]\nname = 'a'\nwhen = 'state'\nof = 'HALT'\n", "one of ACTIVE"),
        (GOOD.replace("5", "-1"), "above = -1: a number, 0 or more"),
        (GOOD.replace("5", "true"), "above = true: a number"),
        (GOOD.replace("5", "nan"), "'a': above = nan: a number, 0 or more"),
        (GOOD.replace("5", "-nan"), "above = nan: a number"),
        (GOOD.replace("5", "inf"), "above = inf: a number"),
        (GOOD.replace("5", "1e300"), "above = 1e.300: a number"),
        (GOOD + "again = nan\n", "again = nan: a number"),
        (GOOD + "again = -inf\n", "again = -inf: a number"),
        (GOOD + "escalate_after = inf\n", "escalate_after = inf: a number"),
        (GOOD + "severity = ['critical']\n", "severity = a list of 1: a text"),
        (GOOD + "sinks = ['siren']\n", "a list of screen"),
        (GOOD + "sinks = [[]]\n", "a list of screen"),
        (GOOD + "sinks = 'screen'\n", "a list of screen"),
        (GOOD + "sinks = ['command']\n", "missing"),
        (GOOD + "command = ['']\n", "command = a list"),
        (GOOD + "sinks = ['webhook']\n", "an http address"),
        (GOOD + "shape = 'teams'\n", 'shape = "teams": one of json, slack, pagerduty'),
        (
            GOOD + "sinks = ['webhook']\nshape = 'pagerduty'\n",
            r"routing_key = \(missing\): the integration key",
        ),
        (GOOD + "sinks = ['webhook']\nshape = 'slack'\n", "an http address"),
        (GOOD + "agian = 3\n", 'unknown key "agian"; there are name, when'),
        (GOOD * 2, "two alerts named a"),
        (GOOD.strip(), "half-written"),
        # Rules that could never be told, or always.
        (GOOD + "escalate_to = ['bell']\n", r"escalate_after = \(missing\): seconds"),
        (GOOD.replace("5", "0"), "above = 0: a number, more than 0"),
        ("[[alert]]\nname = 'a'\nwhen = 'limit'\nabove = 75\n", "above = 75: a share"),
        ("[[alert]]\nname = 'a'\nwhen = 'limit'\n", "a share of the limit"),
        ("alert = 3\n", "written ..alert.."),
        ("alert = [3]\n", "alert #1 = 3: a table"),
        ("other = 3\n", 'unknown key "other"'),
        ("x = [", "alerts.toml"),
        ("x = " + "[" * 5000, "alerts.toml"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_with_its_place(
    tmp_path: Path, content: str, reason: str
) -> None:
    (tmp_path / FILE).write_text(content)
    with pytest.raises(AlertsError, match=reason) as caught:
        read_rules(tmp_path / FILE)
    assert str(caught.value).startswith(FILE)


def test_pagerduty_s_own_address_is_known(tmp_path: Path) -> None:
    shape = "sinks = ['webhook']\nshape = 'pagerduty'\nrouting_key = 'R0'\n"
    (tmp_path / FILE).write_text(GOOD + shape)
    (rule,) = read_rules(tmp_path / FILE)
    assert (rule.shape, rule.routing_key) == ("pagerduty", "R0")
    assert rule.url == "https://events.pagerduty.com/v2/enqueue"


def test_no_file_and_an_empty_one_have_no_rules(tmp_path: Path) -> None:
    assert read_rules(tmp_path / FILE) == ()
    (tmp_path / FILE).write_text("# nothing yet\n")
    assert read_rules(tmp_path / FILE) == ()


def test_a_file_that_is_being_written_counts_when_it_lies_still(tmp_path: Path) -> None:
    path = tmp_path / FILE
    path.write_text(GOOD)

    def write() -> None:
        for name in "bcdefg":
            sleep(0.01)
            path.write_text(path.read_text() + GOOD.replace("'a'", f"'{name}'"))

    writer = Thread(target=write)
    writer.start()
    rules = read_rules(path)
    writer.join()
    assert [rule.name for rule in rules] == list("abcdefg")
