"""Alerts: what the rules make of a desk.

A rule that holds raises one alert, however long it holds: told once, and again after
``again`` seconds at the earliest, and louder when nobody has acknowledged it within
``escalate_after``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from cockpit.control.alarms import SOURCE, Alert
from cockpit.control.desk import Event
from cockpit.core import HOPS, LIMITS, MONEY_SCALE, Record, RiskState
from cockpit.observe.rules import Rule

ALERT_MAX = 200
"""Alerts kept; the oldest acknowledged go first."""
TEXT_MAX = 300
"""Characters of what an alert says."""


@dataclass(slots=True)
class Case:
    """What a rule has found, as it goes on."""

    rule: Rule
    alert: Alert
    """As it is now, for others."""

    def becomes(self, **changes: Any) -> None:
        self.alert = replace(self.alert, **changes)


@dataclass(frozen=True, slots=True)
class Telling:
    """An alert on its way to the sinks it names."""

    alert: Alert
    rule: Rule


# ---- conditions ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Facts:
    """What rules look at."""

    picture: Record
    events: Sequence[Event] = ()
    feed_age: float | None = None
    """Seconds since the latest market data."""
    engine_age: float | None = None
    """Seconds since the quietest thread gave a sign; None without threads."""


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
        if event.source == SOURCE:
            continue  # that an alert was told is none
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
    found: list[Case] = field(default_factory=list)
    """Newest last."""
    _count: int = 0

    def follow(self, rules: tuple[Rule, ...]) -> None:
        """Other rules from now on; what one found that is gone does not go on."""
        self.rules = rules
        by_name = {rule.name: rule for rule in rules}
        for case in self.found:
            if case.rule.name in by_name:
                case.rule = by_name[case.rule.name]
                case.becomes(severity=case.rule.severity)
            else:
                case.becomes(active=False)

    def update(self, facts: Facts, now: float) -> list[Telling]:
        """Look at every rule; what has to be told now."""
        tellings: list[Telling] = []
        for rule in self.rules:
            text = CONDITIONS[rule.when](rule, facts)[:TEXT_MAX]
            case = self._of(rule)
            if text:
                tellings += self._raise(rule, case, text, now)
            elif case is not None and case.alert.active:
                case.becomes(active=False)
            case = self._of(rule)
            if case is not None and self._is_ignored(case, now):
                case.becomes(escalated=True)
                tellings.append(self._tell(case, rule.escalate_to, now))
        self._forget()
        return tellings

    def acknowledge(self, who: str, number: int | None, now: float) -> list[Alert]:
        """Somebody has seen alert ``number``, or all there are; those that were new."""
        fresh = [c for c in self.open if number is None or c.alert.number == number]
        for case in fresh:
            case.becomes(acknowledged=True, acknowledged_by=who, acknowledged_at=now)
        return [case.alert for case in fresh]

    @property
    def open(self) -> list[Case]:
        """What nobody has acknowledged."""
        return [case for case in self.found if not case.alert.acknowledged]

    def _of(self, rule: Rule) -> Case | None:
        """The last case of a rule, unless it is over and done with."""
        for case in reversed(self.found):
            if case.rule.name == rule.name:
                done = case.alert.acknowledged and not case.alert.active
                return None if done else case
        return None

    def _tell(self, case: Case, sinks: tuple[str, ...], now: float) -> Telling:
        case.becomes(told=case.alert.told + 1, told_at=now, sinks=sinks)
        return Telling(case.alert, case.rule)

    def _raise(
        self, rule: Rule, case: Case | None, text: str, now: float
    ) -> list[Telling]:
        if case is None:
            self._count += 1
            alert = Alert(self._count, rule.name, rule.severity, text, now, told=0)
            case = Case(rule, alert)
            self.found.append(case)
            return [self._tell(case, rule.sinks, now)]
        fresh = not case.alert.active or rule.when == "log"
        case.becomes(text=text, active=True, count=case.alert.count + fresh)
        if fresh and now - case.alert.told_at >= rule.again:
            return [self._tell(case, rule.sinks, now)]
        return []

    def _is_ignored(self, case: Case, now: float) -> bool:
        after, alert = case.rule.escalate_after, case.alert
        return bool(
            after
            and not alert.acknowledged
            and not alert.escalated
            and now - alert.first >= after
        )

    def _forget(self) -> None:
        while len(self.found) > ALERT_MAX:
            done = next((c for c in self.found if c.alert.acknowledged), self.found[0])
            self.found.remove(done)
