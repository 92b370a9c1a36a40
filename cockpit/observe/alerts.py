"""Alerts: rules in ``alerts.toml``, what they make of a desk, and where it is told.

A rule that holds raises one alert, however long it holds: told once, and again after
``again`` seconds at the earliest, and louder when nobody has acknowledged it within
``escalate_after``. What is told leaves through sinks; the slow ones, command and
webhook, have a thread of their own, so that neither screen nor desk waits.
"""

from __future__ import annotations

import json
import os
import subprocess
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, Full, Queue
from threading import Thread
from typing import Any

from cockpit.control.desk import Event
from cockpit.core import HOPS, LIMITS, MONEY_SCALE, Record, RiskState, Severity

KINDS = ("state", "limit", "feed", "engine", "drawdown", "latency", "log")
SINKS = ("screen", "bell", "osc9", "command", "webhook")
SEVERITIES = {severity.name.lower(): severity for severity in Severity}
ALERT_MAX = 200
"""Alerts kept; the oldest acknowledged go first."""
QUEUE_MAX = 64
"""Alerts waiting for a slow sink; more are counted and dropped."""
SINK_SECONDS = 10.0
_SECOND_NS = 1e9
_KEYS = {
    "name", "when", "of", "above", "severity", "sinks", "again", "escalate_after",
    "escalate_to", "command", "url",
}  # fmt: skip


class AlertsError(Exception):
    """The file cannot be used; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One ``[[alert]]``."""

    name: str
    when: str
    """One of :data:`KINDS`."""
    of: str = ""
    """Which state, limit, hop or words; empty: any limit."""
    above: float = 0.0
    """Limit: share; feed, engine: s; drawdown: currency; latency: µs."""
    severity: Severity = Severity.WARNING
    sinks: tuple[str, ...] = ("screen",)
    again: float = 60.0
    """Seconds between two tellings of the same."""
    escalate_after: float = 0.0
    """Seconds without acknowledgement; 0: never."""
    escalate_to: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    url: str = ""


@dataclass(slots=True)
class Alert:
    """What a rule has found."""

    rule: Rule
    text: str
    first: float
    """Seconds since 1970, as all times here."""
    last: float
    count: int = 1
    active: bool = True
    """It still holds."""
    acknowledged: bool = False
    escalated: bool = False
    told: float = 0.0


@dataclass(frozen=True, slots=True)
class Telling:
    """An alert on its way to sinks."""

    alert: Alert
    sinks: tuple[str, ...]
    escalated: bool = False


# ---- rules -----------------------------------------------------------------------------


def read_rules(path: Path) -> tuple[Rule, ...]:
    """The rules of a file; none when there is no file. Raises :class:`AlertsError`."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, RecursionError) as error:
        raise AlertsError(f"{path.name}: {error}") from None
    if unknown := set(content) - {"alert"}:
        raise AlertsError(f"{path.name}: unknown {', '.join(sorted(unknown))}")
    tables = content.get("alert", [])
    if not isinstance(tables, list):
        raise AlertsError(f"{path.name}: alerts are written [[alert]]")
    rules = tuple(_rule(path.name, n, table) for n, table in enumerate(tables, 1))
    names = [rule.name for rule in rules]
    if twice := {name for name in names if names.count(name) > 1}:
        raise AlertsError(f"{path.name}: two alerts named {', '.join(sorted(twice))}")
    return rules


def _rule(file: str, number: int, table: Any) -> Rule:
    where = f"{file}: alert #{number}"

    def refuse(key: str, allowed: str) -> AlertsError:
        return AlertsError(f"{where}: {key} = {table.get(key)!r}: {allowed}")

    if not isinstance(table, dict):
        raise AlertsError(f"{where}: not a table")
    if unknown := sorted(set(table) - _KEYS):
        raise AlertsError(f"{where}: unknown key {unknown[0]}")
    for key in ("name", "when", "of", "url"):
        if not isinstance(table.get(key, ""), str):
            raise refuse(key, "a text")
    for key in ("above", "again", "escalate_after"):
        value = table.get(key, 0)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0:
            raise refuse(key, "a number, 0 or more")
    for key in ("sinks", "escalate_to"):
        value = table.get(key, [])
        if not isinstance(value, list) or not all(sink in SINKS for sink in value):
            raise refuse(key, f"a list of {', '.join(SINKS)}")
    if not table.get("name"):
        raise refuse("name", "a name of its own")
    if table.get("when") not in KINDS:
        raise refuse("when", f"one of {', '.join(KINDS)}")
    if table.get("severity", "warning") not in SEVERITIES:
        raise refuse("severity", f"one of {', '.join(SEVERITIES)}")
    command = table.get("command", [])
    if not isinstance(command, list) or not all(isinstance(c, str) for c in command):
        raise refuse("command", 'a list: ["notify-send", "cockpit"]')
    rule = Rule(
        name=table["name"],
        when=table["when"],
        of=table.get("of", ""),
        above=float(table.get("above", 0)),
        severity=SEVERITIES[table.get("severity", "warning")],
        sinks=tuple(table.get("sinks", ["screen"])),
        again=float(table.get("again", 60)),
        escalate_after=float(table.get("escalate_after", 0)),
        escalate_to=tuple(table.get("escalate_to", [])),
        command=tuple(command),
        url=table.get("url", ""),
    )
    allowed = {
        "state": RiskState.__members__,
        "limit": ("", *(limit.name for limit in LIMITS)),
        "latency": HOPS,
    }.get(rule.when)
    if allowed is not None and rule.of not in allowed:
        raise refuse("of", f"one of {', '.join(filter(None, allowed))}")
    used = {*rule.sinks, *rule.escalate_to}
    if "command" in used and not rule.command:
        raise refuse("command", "missing, though it is a sink")
    if "webhook" in used and not rule.url.startswith(("https://", "http://")):
        raise refuse("url", "an http address, as webhook is a sink")
    return rule


# ---- conditions ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Facts:
    """What rules look at."""

    picture: Record
    events: Sequence[Event] = ()
    feed_age: float | None = None
    engine_age: float | None = None


def _state(rule: Rule, facts: Facts) -> str:
    state = RiskState(int(facts.picture["desk"]["risk_state"])).name
    return f"the desk is {state}" if state == rule.of else ""


def _limit(rule: Rule, facts: Facts) -> str:
    for index, limit in enumerate(LIMITS):
        row = facts.picture["desk"]["limits"][index]
        used, most = int(row["used"]), int(row["limit"])
        if rule.of in ("", limit.name) and most and used / most >= rule.above:
            return f"{limit.name} is {used / most:.0%} used"
    return ""


def _feed(rule: Rule, facts: Facts) -> str:
    age = facts.feed_age
    return "" if age is None or age < rule.above else f"no market data for {age:.0f} s"


def _engine(rule: Rule, facts: Facts) -> str:
    age = facts.engine_age
    return "" if age is None or age < rule.above else f"no sign of life for {age:.0f} s"


def _drawdown(rule: Rule, facts: Facts) -> str:
    desk = facts.picture["desk"]
    made = int(desk["realised"]) + int(desk["unrealised"]) - int(desk["fees"])
    fallen = (int(desk["equity_peak"]) - made) / MONEY_SCALE
    return f"{fallen:,.2f} below the day's best" if fallen >= rule.above > 0 else ""


def _latency(rule: Rule, facts: Facts) -> str:
    p99 = int(facts.picture["hops"][HOPS.index(rule.of)]["p99_ns"]) / 1000
    return f"{rule.of}: p99 is {p99:,.0f} us" if p99 >= rule.above > 0 else ""


def _log(rule: Rule, facts: Facts) -> str:
    wanted = rule.of.lower()
    for event in facts.events:
        loud = event.severity >= rule.severity
        if loud and wanted in f"{event.source}: {event.text}".lower():
            return f"{event.source}: {event.text}"
    return ""


CONDITIONS = {
    "state": _state,
    "limit": _limit,
    "feed": _feed,
    "engine": _engine,
    "drawdown": _drawdown,
    "latency": _latency,
    "log": _log,
}


# ---- the alerts there are --------------------------------------------------------------


@dataclass(slots=True)
class Alerts:
    """The rules in force, and what they have found."""

    rules: tuple[Rule, ...] = ()
    found: list[Alert] = field(default_factory=list)
    """Newest last."""

    def update(self, facts: Facts, now: float) -> list[Telling]:
        """Look at every rule; what has to be told now."""
        tellings: list[Telling] = []
        for rule in self.rules:
            text = CONDITIONS[rule.when](rule, facts)
            alert = self._of(rule)
            if text:
                tellings += self._raise(rule, alert, text, now)
            elif alert is not None:
                alert.active = False
            alert = self._of(rule)
            if alert is not None and self._is_ignored(alert, now):
                alert.escalated = True
                tellings.append(Telling(alert, rule.escalate_to, escalated=True))
        self._forget()
        return tellings

    def acknowledge(self) -> int:
        """Everything there is has been seen; how many were new."""
        fresh = [alert for alert in self.found if not alert.acknowledged]
        for alert in fresh:
            alert.acknowledged = True
        return len(fresh)

    @property
    def open(self) -> list[Alert]:
        """What nobody has acknowledged."""
        return [alert for alert in self.found if not alert.acknowledged]

    def _of(self, rule: Rule) -> Alert | None:
        """The last alert of a rule, unless it is over and done with."""
        for alert in reversed(self.found):
            if alert.rule.name == rule.name:
                return alert if alert.active or not alert.acknowledged else None
        return None

    def _raise(
        self, rule: Rule, alert: Alert | None, text: str, now: float
    ) -> list[Telling]:
        if alert is None:
            alert = Alert(rule, text, now, now, told=now)
            self.found.append(alert)
            return [Telling(alert, rule.sinks)]
        fresh = not alert.active or rule.when == "log"
        alert.text, alert.last, alert.active = text, now, True
        alert.count += fresh
        if fresh and now - alert.told >= rule.again:
            alert.told = now
            return [Telling(alert, rule.sinks)]
        return []

    def _is_ignored(self, alert: Alert, now: float) -> bool:
        after = alert.rule.escalate_after
        return bool(
            after
            and not alert.acknowledged
            and not alert.escalated
            and now - alert.first >= after
        )

    def _forget(self) -> None:
        while len(self.found) > ALERT_MAX:
            done = next((a for a in self.found if a.acknowledged), self.found[0])
            self.found.remove(done)


# ---- slow sinks ------------------------------------------------------------------------


class Teller:
    """Runs commands and posts to webhooks, one after the other, in its own thread."""

    def __init__(self) -> None:
        self._queue: Queue[Telling | None] = Queue(QUEUE_MAX)
        self._failures: Queue[str] = Queue()
        self.dropped = 0
        self._thread: Thread | None = None

    def tell(self, telling: Telling) -> None:
        """Hand over what goes to a slow sink. Never waits."""
        if not {"command", "webhook"} & set(telling.sinks):
            return
        if self._thread is None:
            self._thread = Thread(target=self._run, name="alerts", daemon=True)
            self._thread.start()
        try:
            self._queue.put_nowait(telling)
        except Full:
            self.dropped += 1

    def failures(self) -> list[str]:
        """What could not be told since the last call."""
        found = []
        while True:
            try:
                found.append(self._failures.get_nowait())
            except Empty:
                return found

    def stop(self, seconds: float = 2.0) -> None:
        """Tell what waits, for at most so long."""
        if self._thread is not None:
            try:
                self._queue.put(None, timeout=seconds)
            except Full:
                return
            self._thread.join(seconds)

    def _run(self) -> None:
        while (telling := self._queue.get()) is not None:
            for sink, send in (("command", _run_command), ("webhook", _post)):
                if sink not in telling.sinks:
                    continue
                try:
                    send(telling)
                except Exception as error:
                    name = telling.alert.rule.name
                    self._failures.put(f"alert {name!r} by {sink}: {error}")


def _run_command(telling: Telling) -> None:
    rule, alert = telling.alert.rule, telling.alert
    told = {
        "COCKPIT_ALERT": rule.name,
        "COCKPIT_ALERT_TEXT": alert.text,
        "COCKPIT_ALERT_SEVERITY": rule.severity.name.lower(),
        "COCKPIT_ALERT_ESCALATED": "1" if telling.escalated else "",
    }
    done = subprocess.run(
        [*rule.command, f"{rule.name}: {alert.text}"],
        env={**os.environ, **told},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=SINK_SECONDS,
        check=False,
    )
    if done.returncode:
        raise OSError(f"{rule.command[0]} ended with {done.returncode}")


def _post(telling: Telling) -> None:
    """As chat services take it: ``text``, with the parts beside it for others."""
    import urllib.request  # loads a good part of the standard library

    rule, alert = telling.alert.rule, telling.alert
    body = {
        "text": f"[{rule.severity.name}] {rule.name}: {alert.text}",
        "alert": rule.name,
        "severity": rule.severity.name.lower(),
        "message": alert.text,
        "first": alert.first,
        "count": alert.count,
        "escalated": telling.escalated,
    }
    request = urllib.request.Request(
        rule.url,
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json", "User-Agent": "cockpit"},
    )
    with urllib.request.urlopen(request, timeout=SINK_SECONDS):
        pass
