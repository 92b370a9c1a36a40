"""What travels between a desk and its screens: frames, their limits, the picture's diff.

A frame is a length (4 bytes, big end first) and one msgpack map. The first of each side
are the greeting; it never changes shape, so that two versions can tell each other that
they differ. A picture travels as the bytes of ``cp_picture``: XORed with the one sent
before it and deflated, which leaves what has changed.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cache
from hashlib import blake2b
from typing import Any

import msgpack  # type: ignore[import-untyped]

from cockpit import core
from cockpit.control.alarms import Alert
from cockpit.control.desk import (
    Event,
    Margin,
    Preview,
    StrategyVersion,
    Symbol,
    Ticket,
)
from cockpit.core import (
    PICTURE,
    OrderType,
    Parameter,
    Severity,
    Side,
    StrategyKind,
    TimeInForce,
)

MAGIC = "cockpit"
PROTOCOL = 4
"""Raised when a message changes its meaning."""

VIEW, TRADE = "view", "trade"
ROLES = (VIEW, TRADE)

REQUEST_MAX = 4096
"""Bytes of a frame to the desk: a command with its reason."""
ANSWER_MAX = 1 << 20
"""Bytes of a frame from the desk: a picture and what was said with it."""
WHY_MAX = 200
"""Characters of a reason."""
TEXT_MAX = 200
"""Characters of each text that a strategy describes itself with."""
PING_SECONDS = 1.0
"""How often a client says that it is there."""
HZ_MAX = 20.0

REMEDY = "use the cockpit that the desk was started with, or restart the desk"

_LENGTH = struct.Struct(">I")
_PICTURE_BYTES = PICTURE.size


class ProtocolError(Exception):
    """Bytes that are no frame, or a frame that makes no sense."""


# ---- frames ----------------------------------------------------------------------------


def encode(message: dict[str, Any], limit: int) -> bytes:
    """A message as a frame. Raises :class:`ProtocolError` when it is too long."""
    body: bytes = msgpack.packb(message, use_bin_type=True)
    if len(body) > limit:
        raise ProtocolError(f"a message of {len(body)} bytes; at most {limit} go")
    return _LENGTH.pack(len(body)) + body


class Frames:
    """Bytes in, messages out. ``limit``: of one frame, bytes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._bytes = bytearray()

    @property
    def is_partial(self) -> bool:
        """Has a frame begun that has not ended?"""
        return bool(self._bytes)

    def feed(self, data: bytes) -> Iterator[dict[str, Any]]:
        """The messages that are complete, decoded one by one as they are taken.

        Raises :class:`ProtocolError`, as soon as a length is too large.
        """
        self._bytes += data
        while len(self._bytes) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._bytes)
            if not 0 < length <= self._limit:
                raise ProtocolError(
                    f"a frame of {length} bytes announced; at most {self._limit} go"
                )
            end = _LENGTH.size + length
            if len(self._bytes) < end:
                return
            body = bytes(self._bytes[_LENGTH.size : end])
            del self._bytes[:end]
            yield self._decode(body)

    def _decode(self, body: bytes) -> dict[str, Any]:
        try:
            message = msgpack.unpackb(body, raw=False, strict_map_key=True)
        except (ValueError, msgpack.UnpackException, RecursionError) as error:
            raise ProtocolError(f"no msgpack ({type(error).__name__})") from None
        if not isinstance(message, dict):
            raise ProtocolError(f"a {type(message).__name__} where a map belongs")
        return message


# ---- the layout, as a number -----------------------------------------------------------


@cache
def layout() -> str:
    """A hash of everything a picture means: its fields, the tables and the enums.

    Not of the strategies of a user's: which of those a desk has it says itself, as
    :func:`kind_row`.
    """
    enums = sorted(
        (name, [(member.name, int(member)) for member in found])
        for name, found in vars(core).items()
        if isinstance(found, type) and issubclass(found, IntEnum) and found is not IntEnum
    )
    tables = (
        core.LIMITS,
        core.BUILT_IN_KINDS,
        core.HOPS,
        core.REFUSALS,
        core.REASONS,
        core.ORDER_STATES,
        core.MONEY_SCALE,
    )
    text = repr((PICTURE.describe(), enums, tables))
    return blake2b(text.encode(), digest_size=8).hexdigest()


# ---- pictures --------------------------------------------------------------------------


def pack_picture(picture: bytes, base: bytes | None) -> bytes:
    """``picture`` as its difference from ``base`` (None: from nothing)."""
    if base is None:
        return zlib.compress(picture, 1)
    return zlib.compress(_difference(picture, base), 1)


def _difference(one: bytes, other: bytes) -> bytes:
    """Where two pictures differ: XOR, its own inverse."""
    found = int.from_bytes(one, "little") ^ int.from_bytes(other, "little")
    return found.to_bytes(len(one), "little")


def unpack_picture(packed: bytes, base: bytes | None) -> bytes:
    """The picture again. Raises :class:`ProtocolError` when it is not whole."""
    inflate = zlib.decompressobj()
    try:
        raw = inflate.decompress(packed, _PICTURE_BYTES + 1)
    except zlib.error as error:
        raise ProtocolError(f"a picture that cannot be inflated ({error})") from None
    if len(raw) != _PICTURE_BYTES or not inflate.eof:
        raise ProtocolError(f"a picture of another size than {_PICTURE_BYTES} bytes")
    if base is None:
        return raw
    return _difference(raw, base)


# ---- messages --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hello:
    """What a client says first."""

    role: str
    """``view`` can only look; ``trade`` may ask for the controls."""
    program: str = "screen"
    """screen, ctl or watch, for the log."""
    take: bool = False
    """Take the controls even if somebody has them."""
    watches: bool = True
    """Wants pictures and events; a script that only commands does not."""
    operates: bool = True
    """Somebody sits there: counts as an operator of the desk."""
    hz: float = 10.0
    why: str = ""

    def message(self) -> dict[str, Any]:
        return {
            "magic": MAGIC,
            "protocol": PROTOCOL,
            "layout": layout(),
            "role": self.role,
            "program": self.program,
            "take": self.take,
            "watches": self.watches,
            "operates": self.operates,
            "hz": self.hz,
            "why": self.why,
        }


def hello_of(message: dict[str, Any]) -> Hello:
    """The greeting of a client; raises :class:`ProtocolError` with what is wrong."""
    if message.get("magic") != MAGIC:
        raise ProtocolError("no greeting: this is cockpit's control socket")
    if why := mismatch(message):
        raise ProtocolError(why)
    role = text_of(message, "role", 8)
    if role not in ROLES:
        raise ProtocolError(f"no role {role!r}; there are {', '.join(ROLES)}")
    hz = message.get("hz")
    if isinstance(hz, bool) or not isinstance(hz, int | float) or not 0 < hz <= HZ_MAX:
        raise ProtocolError(f"pictures a second: more than 0, at most {HZ_MAX:g}")
    return Hello(
        role=role,
        program=text_of(message, "program", 16),
        take=message.get("take") is True,
        watches=message.get("watches") is True,
        operates=message.get("operates") is True,
        hz=float(hz),
        why=text_of(message, "why", WHY_MAX),
    )


def mismatch(message: dict[str, Any]) -> str:
    """Why the two sides cannot understand each other; empty when they can."""
    theirs, ours = message.get("protocol"), PROTOCOL
    if theirs != ours:
        spoken = str(theirs)[:20]
        return f"the other side speaks protocol {spoken}, this one {ours}: {REMEDY}"
    shape = str(message.get("layout"))[:20]
    if shape != layout():
        return (
            f"the other side's picture has layout {shape}, this one's {layout()}: they "
            f"were built from different sources; {REMEDY}"
        )
    return ""


def text_of(message: dict[str, Any], key: str, longest: int) -> str:
    """A text of a message, printable and not too long, or :class:`ProtocolError`."""
    found = message.get(key, "")
    if not isinstance(found, str) or len(found) > longest:
        raise ProtocolError(f"{key}: a text of at most {longest} characters belongs here")
    return "".join(c if c.isprintable() else " " for c in found)


def event_row(event: Event) -> list[Any]:
    return [event.time, int(event.severity), event.source, event.text]


def event_of(row: list[Any]) -> Event:
    time, severity, source, text = row
    return Event(float(time), Severity(severity), str(source), str(text))


def alert_row(alert: Alert) -> list[Any]:
    return [getattr(alert, name) for name in Alert.__slots__]


def alert_of(row: list[Any]) -> Alert:
    given = dict(zip(Alert.__slots__, row, strict=True))
    given |= {"severity": Severity(given["severity"]), "sinks": tuple(given["sinks"])}
    return Alert(**given)


def symbol_row(symbol: Symbol) -> list[Any]:
    return [symbol.name, symbol.increment, symbol.point_value, symbol.decimals]


def ticket_row(ticket: Ticket) -> list[Any]:
    return [
        ticket.symbol,
        int(ticket.side),
        ticket.qty,
        ticket.price,
        int(ticket.type),
        int(ticket.time_in_force),
        ticket.post_only,
    ]


def ticket_of(row: object) -> Ticket:
    """A ticket of a message, or :class:`ProtocolError`."""
    if not isinstance(row, list) or len(row) != 7 or type(row[6]) is not bool:
        raise ProtocolError("an order is seven fields")
    if any(type(value) is not int for value in row[:6]):
        raise ProtocolError("the fields of an order are whole numbers")
    try:
        return Ticket(
            symbol=row[0],
            side=Side(row[1]),
            qty=row[2],
            price=row[3],
            type=OrderType(row[4]),
            time_in_force=TimeInForce(row[5]),
            post_only=row[6],
        )
    except ValueError as error:
        raise ProtocolError(f"no such order: {error}") from None


_PREVIEW_FIELDS = (
    "price", "value", "position", "position_after", "worst_long", "worst_short",
    "reduces", "refusal", "scope", "limit", "current", "would_be", "passing_qty",
)  # fmt: skip


def preview_row(preview: Preview) -> list[Any]:
    return [
        ticket_row(preview.ticket),
        [getattr(preview, name) for name in _PREVIEW_FIELDS],
        [[margin.limit, margin.used] for margin in preview.margins],
    ]


def preview_of_row(row: list[Any]) -> Preview:
    ticket, fields, margins = row
    return Preview(
        ticket=ticket_of(ticket),
        margins=tuple(Margin(*margin) for margin in margins),
        **dict(zip(_PREVIEW_FIELDS, fields, strict=True)),
    )


def kind_row(kind: StrategyKind) -> list[Any]:
    """A kind of strategy with what it declares, of texts not too long."""
    return [
        kind.index,
        kind.name[:TEXT_MAX],
        kind.help[:TEXT_MAX],
        kind.symbol_count,
        [
            [
                parameter.name[:TEXT_MAX],
                parameter.unit[:TEXT_MAX],
                parameter.help[:TEXT_MAX],
                parameter.minimum,
                parameter.maximum,
                parameter.standard,
                parameter.kind,
            ]
            for parameter in kind.parameters
        ],
    ]


def kind_of(row: list[Any]) -> StrategyKind:
    index, name, help, symbol_count, parameters = row
    return StrategyKind(
        index=int(index),
        name=str(name),
        help=str(help),
        parameters=tuple(Parameter(*parameter) for parameter in parameters),
        symbol_count=int(symbol_count),
    )


def version_row(version: StrategyVersion) -> list[Any]:
    return [
        version.version,
        version.hash,
        version.time,
        version.who,
        version.changes,
        [list(value) for value in version.values],
        version.in_force,
    ]


def versions_of(rows: list[Any]) -> dict[int, tuple[StrategyVersion, ...]]:
    """Of a list of slots, each with its versions."""
    return {
        int(slot): tuple(
            StrategyVersion(
                version=version,
                hash=hash,
                time=time,
                who=who,
                changes=changes,
                values=tuple((str(name), float(value)) for name, value in values),
                in_force=in_force,
            )
            for version, hash, time, who, changes, values, in_force in found
        )
        for slot, found in rows
    }


@dataclass(frozen=True, slots=True)
class Controls:
    """Who may command, as every client is told."""

    holder: int = 0
    """Session that has the controls; 0: nobody."""
    name: str = ""
    """Of the holder: ``root on pts/3 (pid 812)``."""
    sessions: list[str] = field(default_factory=list)
    """Everybody who is there."""

    def row(self) -> list[Any]:
        return [self.holder, self.name, self.sessions]


@dataclass(frozen=True, slots=True)
class Welcome:
    """What the desk answers to a greeting it accepts."""

    session: int
    name: str
    pid: int
    mode: str
    origin: str
    symbols: tuple[Symbol, ...]

    def message(self) -> dict[str, Any]:
        return {
            "magic": MAGIC,
            "protocol": PROTOCOL,
            "layout": layout(),
            "session": self.session,
            "name": self.name,
            "pid": self.pid,
            "mode": self.mode,
            "origin": self.origin,
            "symbols": [symbol_row(symbol) for symbol in self.symbols],
        }


def welcome_of(message: dict[str, Any]) -> Welcome:
    """The desk's answer; raises :class:`ProtocolError` when it refuses or differs."""
    if refused := message.get("refused"):
        raise ProtocolError(f"the desk refuses: {refused}")
    if message.get("magic") != MAGIC:
        raise ProtocolError("what answers there is no desk")
    if why := mismatch(message):
        raise ProtocolError(why)
    return Welcome(
        session=int(message["session"]),
        name=str(message["name"]),
        pid=int(message["pid"]),
        mode=str(message["mode"]),
        origin=str(message["origin"]),
        symbols=tuple(Symbol(*row) for row in message["symbols"]),
    )
