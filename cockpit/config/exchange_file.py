"""exchange.toml: how an exchange listens, its limits, and how a desk keeps in touch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from cockpit import paths
from cockpit.config.fields import Checker, Field
from cockpit.config.problems import ConfigError
from cockpit.config.reading import parse, settle
from cockpit.core import HOST_MAX, Net, Placement, Role, User

FILE = "exchange.toml"
SECOND_NS = 1_000_000_000
MEGABYTE = 1 << 20


def _integer(name: str, low: int, high: int, unit: str, text: str) -> Field:
    return Field(name, "integer", text, unit, Decimal(low), Decimal(high))


def _seconds(name: str, low: str, high: str, text: str) -> Field:
    return Field(name, "decimal", text, "seconds", Decimal(low), Decimal(high))


PLACEMENTS = tuple(placement.name.lower() for placement in Placement)
SECTIONS: dict[str, tuple[Field, ...]] = {
    "listen": (
        _integer("orders_port", 0, 65535, "", "OUCH in SoupBinTCP; 0 takes a free port"),
        _integer("feed_port", 0, 65535, "", "ITCH in SoupBinTCP; 0 takes a free port"),
    ),
    "mold": (_integer("port", 0, 65535, "", "of the datagrams; 0: none are sent"),),
    "limits": (
        _integer("connections", 1, 1024, "", "of each kind at a time"),
        _seconds("login", "0.01", "3600", "how long a connection has to log in"),
        _seconds("heartbeat", "0.01", "3600", "the longest silence of our own"),
        _seconds("silence", "0.01", "3600", "the longest silence of the other side"),
        _integer("session_log", 2, 1 << 20, "MB", "kept of what each user was told"),
        _integer("feed_log", 2, 1 << 20, "MB", "kept of the feed"),
    ),
    "desk": (
        _seconds("retry", "0.001", "3600", "the first wait after a break"),
        _seconds("retry_max", "0.001", "3600", "the longest wait"),
    ),
    "threads": (
        Field("sockets", "word", "who sees to the sockets", choices=PLACEMENTS),
        _integer("net_cpu", -2, 1023, "", "core of the sockets' thread"),
    ),
}
HOSTS = ("listen", "mold")
"""Sections with a ``host``: an address or a name."""


@dataclass(frozen=True, slots=True)
class ExchangeOptions:
    """The file, checked. Times in nanoseconds, sizes in bytes."""

    host: str
    orders_port: int
    feed_port: int
    mold_host: str
    mold_port: int
    connections: int
    login_ns: int
    heartbeat_ns: int
    silence_ns: int
    session_log_size: int
    feed_log_size: int
    retry_ns: int
    retry_max_ns: int
    placement: Placement
    net_cpu: int

    def net(self, role: Role, users: tuple[User, ...], **changes: Any) -> Net:
        """The core's view of it; ``changes`` override by the names of :class:`Net`."""
        values: dict[str, Any] = {
            "host": self.host,
            "orders_port": self.orders_port,
            "feed_port": self.feed_port,
            "mold_host": self.mold_host,
            "mold_port": self.mold_port,
            "placement": self.placement,
            "net_cpu": self.net_cpu,
            "connection_max": self.connections,
            "login_ns": self.login_ns,
            "heartbeat_ns": self.heartbeat_ns,
            "silence_ns": self.silence_ns,
            "retry_ns": self.retry_ns,
            "retry_max_ns": self.retry_max_ns,
            "session_log_size": self.session_log_size,
            "feed_log_size": self.feed_log_size,
        }
        values |= {name: value for name, value in changes.items() if value is not None}
        return Net(role=role, users=users, **values)


def load_exchange(directory: Path) -> ExchangeOptions:
    """Read and check exchange.toml; the shipped one where the directory has none.

    Raises :class:`ConfigError` with all problems.
    """
    if not (directory / FILE).exists():
        directory = paths.default_config()
    (found,) = settle(directory, (FILE,))
    checker = Checker(FILE)
    options = exchange_options(checker, parse(found))
    if options is None:
        raise ConfigError(checker.problems)
    return options


def exchange_options(
    checker: Checker, table: Mapping[str, Any]
) -> ExchangeOptions | None:
    """The checked file, or None with the problems in ``checker``."""
    checker.unknown(table, list(SECTIONS), "")
    values: dict[str, dict[str, Any]] = {}
    for key, fields in SECTIONS.items():
        if key not in table:
            checker.report(key, None, "missing", f"a table, written [{key}]")
            continue
        section = checker.table(table[key], key)
        if section is not None:
            values[key] = _section(checker, section, key, fields)
    if checker.problems:
        return None
    listen, mold, limits = values["listen"], values["mold"], values["limits"]
    desk, threads = values["desk"], values["threads"]
    if desk["retry_max"] < desk["retry"]:
        checker.report("desk.retry_max", desk["retry_max"], "below retry")
        return None
    return ExchangeOptions(
        host=listen["host"],
        orders_port=listen["orders_port"],
        feed_port=listen["feed_port"],
        mold_host=mold["host"],
        mold_port=mold["port"],
        connections=limits["connections"],
        login_ns=_ns(limits["login"]),
        heartbeat_ns=_ns(limits["heartbeat"]),
        silence_ns=_ns(limits["silence"]),
        session_log_size=limits["session_log"] * MEGABYTE,
        feed_log_size=limits["feed_log"] * MEGABYTE,
        retry_ns=_ns(desk["retry"]),
        retry_max_ns=_ns(desk["retry_max"]),
        placement=Placement[threads["sockets"].upper()],
        net_cpu=threads["net_cpu"],
    )


def _section(
    checker: Checker, table: dict[str, Any], key: str, fields: tuple[Field, ...]
) -> dict[str, Any]:
    rest = {name: value for name, value in table.items() if name != "host"}
    found = checker.values(rest if key in HOSTS else table, fields, key) or {}
    if key in HOSTS:
        found["host"] = _host(checker, table, key)
    return found


def _host(checker: Checker, table: Mapping[str, Any], key: str) -> str:
    allowed = f"an address or a name of 1 to {HOST_MAX} characters"
    host = table.get("host")
    if host is None:
        checker.report(f"{key}.host", None, "missing", allowed)
    elif not isinstance(host, str):
        checker.report(f"{key}.host", host, "not a text in quotes", allowed)
    elif not is_host(host):
        checker.report(f"{key}.host", host, "not an address", allowed)
    else:
        return host
    return ""


def is_host(text: str) -> bool:
    """Whether it can be an address or a name: printable, without spaces, not too long."""
    return (
        0 < len(text) <= HOST_MAX
        and text.isascii()
        and text.isprintable()
        and " " not in text
    )


def _ns(seconds: Decimal) -> int:
    return int(seconds * SECOND_NS)
