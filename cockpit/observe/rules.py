"""The rules of ``alerts.toml``: which alerts there are, and where each is told.

A file that is being written is often a valid, different one: it counts when two looks a
moment apart agree, and when its last line has ended.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import sleep
from typing import Any

from cockpit.config.problems import shown
from cockpit.config.reading import Look, settle
from cockpit.core import HOPS, LIMITS, RiskState, Severity

FILE = "alerts.toml"
KINDS = ("state", "limit", "feed", "engine", "drawdown", "latency", "log")
SINKS = ("screen", "bell", "osc9", "log", "command", "webhook")
SHAPES = ("json", "slack", "pagerduty")
PAGERDUTY_URL = "https://events.pagerduty.com/v2/enqueue"
SEVERITIES = {severity.name.lower(): severity for severity in Severity}
RULES_MAX = 100
NAME_MAX = 40
"""Characters of a rule's name."""
NUMBER_MAX = 1e12
_KEYS = (
    "name", "when", "of", "above", "severity", "sinks", "again", "escalate_after",
    "escalate_to", "command", "url", "shape", "routing_key", "file",
)  # fmt: skip


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
    shape: str = "json"
    """Of what is posted: one of :data:`SHAPES`."""
    routing_key: str = ""
    """Of the service that PagerDuty is to call for."""
    file: str = ""
    """For the sink log; empty: the one in the user's state directory."""


def read_rules(path: Path, wait: Callable[[float], object] = sleep) -> tuple[Rule, ...]:
    """The rules of a file; none when there is no file. Raises :class:`AlertsError`.

    ``wait``: between two looks at the file.
    """
    (found,) = settle(path.parent, [path.name], wait)
    if found.problem == "is missing":
        return ()
    return rules_of(found)


def rules_of(found: Look) -> tuple[Rule, ...]:
    """The rules in what a look found. Raises :class:`AlertsError`."""
    file = found.file
    if found.problem:
        raise AlertsError(f"{file} {found.problem}")
    try:
        text = found.data.decode("utf-8-sig")
        content = tomllib.loads(text)
    except RecursionError:
        raise AlertsError(f"{file}: brackets nested too deeply") from None
    except ValueError as error:
        raise AlertsError(f"{file}: {error}") from None
    if unknown := sorted(set(content) - {"alert"}):
        raise AlertsError(f"{file}: unknown key {shown(unknown[0])}: [[alert]] alone")
    tables = content.get("alert", [])
    if not isinstance(tables, list):
        raise AlertsError(f"{file}: alert = {shown(tables)}: written [[alert]]")
    if len(tables) > RULES_MAX:
        raise AlertsError(f"{file}: {len(tables)} alerts: at most {RULES_MAX}")
    rules = tuple(_rule(file, n, table) for n, table in enumerate(tables, 1))
    names = [rule.name for rule in rules]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise AlertsError(f"{file}: two alerts named {', '.join(twice)}")
    if text and not text.endswith("\n"):
        raise AlertsError(f"{file}: half-written? It does not end with a line break")
    return rules


def _rule(file: str, number: int, table: Any) -> Rule:
    if not isinstance(table, dict):
        raise AlertsError(f"{file}: alert #{number} = {shown(table)}: a table [[alert]]")
    name = table.get("name")
    where = f"{file}: alert #{number}"
    if isinstance(name, str) and name.isprintable():
        where += f" {name[:NAME_MAX]!r}"

    def refuse(key: str, allowed: str) -> AlertsError:
        value = shown(table[key]) if key in table else "(missing)"
        return AlertsError(f"{where}: {key} = {value}: {allowed}")

    if unknown := sorted(set(table) - set(_KEYS)):
        raise AlertsError(
            f"{where}: unknown key {shown(unknown[0])}; there are {', '.join(_KEYS)}"
        )
    texts = ("name", "when", "of", "severity", "url", "shape", "routing_key", "file")
    for key in texts:
        value = table.get(key, "")
        if not isinstance(value, str) or not value.isprintable():
            raise refuse(key, "a text on one line")
    for key in ("above", "again", "escalate_after"):
        value = table.get(key, 0)
        # Neither nan nor an infinity: nothing is ever above them.
        sound = isinstance(value, int | float) and not isinstance(value, bool)
        if not sound or not 0 <= value <= NUMBER_MAX:
            raise refuse(key, f"a number, 0 or more, at most {NUMBER_MAX:.0f}")
    for key in ("sinks", "escalate_to"):
        value = table.get(key, [])
        if not isinstance(value, list) or not all(sink in SINKS for sink in value):
            raise refuse(key, f"a list of {', '.join(SINKS)}")
    if not 0 < len(table.get("name", "")) <= NAME_MAX:
        raise refuse("name", f"a name of its own, at most {NAME_MAX} characters")
    if table.get("when") not in KINDS:
        raise refuse("when", f"one of {', '.join(KINDS)}")
    if table.get("severity", "warning") not in SEVERITIES:
        raise refuse("severity", f"one of {', '.join(SEVERITIES)}")
    shape = table.get("shape", "json")
    if shape not in SHAPES:
        raise refuse("shape", f"one of {', '.join(SHAPES)}")
    command = table.get("command", [])
    words = isinstance(command, list) and all(isinstance(c, str) for c in command)
    if not words or any("\0" in word for word in command) or command[:1] == [""]:
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
        url=table.get("url", PAGERDUTY_URL if shape == "pagerduty" else ""),
        shape=shape,
        routing_key=table.get("routing_key", ""),
        file=table.get("file", ""),
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
        raise refuse("command", "a list of words, as command is a sink")
    if "webhook" in used and not rule.url.startswith(("https://", "http://")):
        raise refuse("url", "an http address, as webhook is a sink")
    if "webhook" in used and shape == "pagerduty" and not rule.routing_key:
        raise refuse("routing_key", "the integration key of a PagerDuty service")
    # What follows could be read, but would never be told, or always.
    if rule.escalate_to and not rule.escalate_after:
        raise refuse("escalate_after", "seconds, more than 0, as there is escalate_to")
    if rule.when == "limit" and not 0 < rule.above <= 1:
        raise refuse("above", "a share of the limit, more than 0, at most 1")
    if rule.when in ("feed", "engine", "drawdown", "latency") and not rule.above:
        raise refuse("above", "a number, more than 0")
    return rule
