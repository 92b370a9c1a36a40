"""A client of an exchange written from the field tables alone: it shares no code with the
core, and every byte it sends or expects is spelled out here."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

TIMEOUT = 10.0


@dataclass(frozen=True)
class Packet:
    kind: str
    payload: bytes


class Closed(Exception):
    """The other side has closed the connection."""


class Soup:
    """A SoupBinTCP connection, blocking. A test's are all closed at its end."""

    opened: ClassVar[list[Soup]] = []

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self.opened.append(self)
        self.socket = socket.create_connection((host, port), timeout=TIMEOUT)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.session = ""
        self.next = 0

    def send(self, kind: str, payload: bytes = b"") -> None:
        self.raw(struct.pack(">Hc", len(payload) + 1, kind.encode()) + payload)

    def raw(self, data: bytes) -> None:
        self.socket.sendall(data)

    def packet(self, timeout: float = TIMEOUT) -> Packet:
        """The next packet. Raises Closed, TimeoutError."""
        deadline = time.monotonic() + timeout
        while True:
            if len(self.buffer) >= 2:
                size = 2 + struct.unpack(">H", self.buffer[:2])[0]
                if len(self.buffer) >= size:
                    packet = Packet(chr(self.buffer[2]), self.buffer[3:size])
                    self.buffer = self.buffer[size:]
                    return packet
            self.socket.settimeout(max(deadline - time.monotonic(), 0.001))
            try:
                data = self.socket.recv(1 << 16)
            except (ConnectionResetError, BrokenPipeError):
                raise Closed from None
            if not data:
                raise Closed
            self.buffer += data

    def login(
        self, user: str, password: str, session: str = "", sequence: int = 1
    ) -> Packet:
        self.send(
            "L",
            user.ljust(6).encode()
            + password.ljust(10).encode()
            + session.rjust(10).encode()
            + str(sequence).rjust(20).encode(),
        )
        answer = self.packet()
        if answer.kind == "A":
            self.session = answer.payload[:10].decode().strip()
            self.next = int(answer.payload[10:])
        return answer

    def message(self, timeout: float = TIMEOUT) -> bytes:
        """The next sequenced message; heartbeats pass by."""
        deadline = time.monotonic() + timeout
        while True:
            packet = self.packet(deadline - time.monotonic())
            if packet.kind == "S":
                self.next += 1
                return packet.payload
            if packet.kind == "Z":
                raise Closed

    def messages(self, count: int) -> list[bytes]:
        return [self.message() for _ in range(count)]

    def until_closed(self, timeout: float = TIMEOUT) -> list[Packet]:
        """Everything up to the end of the connection."""
        found = []
        deadline = time.monotonic() + timeout
        while True:
            try:
                found.append(self.packet(deadline - time.monotonic()))
            except Closed:
                return found

    def close(self) -> None:
        self.socket.close()


def price(text: float) -> int:
    return round(text * 10_000)


class Orders(Soup):
    """An OUCH 5.0 client."""

    def enter(
        self,
        ref: int,
        side: str,
        qty: int,
        at: float,
        symbol: str = "ACME",
        tif: str = "0",
        text: str = "X1",
        tags: bytes = b"",
    ) -> None:
        body = struct.pack(
            ">cIcI8sQccccc14sH",
            b"O", ref, side.encode(), qty, symbol.ljust(8).encode(), price(at),
            tif.encode(), b"Y", b"P", b"N", b"N", text.ljust(14).encode(), len(tags),
        )  # fmt: skip
        self.send("U", body + tags)

    def replace(self, old: int, new: int, qty: int, at: float) -> None:
        body = struct.pack(
            ">cIIIQccc14sH",
            b"U",
            old,
            new,
            qty,
            price(at),
            b"0",
            b"Y",
            b"N",
            b" " * 14,
            0,
        )
        self.send("U", body)

    def cancel(self, ref: int, qty: int = 0) -> None:
        self.send("U", struct.pack(">cII", b"X", ref, qty))

    def query(self) -> None:
        self.send("U", b"Q")

    def answer(self, kind: str, timeout: float = TIMEOUT) -> dict[str, object]:
        """The next message of that kind; others pass by."""
        deadline = time.monotonic() + timeout
        while True:
            found = report(self.message(deadline - time.monotonic()))
            if found["kind"] == kind:
                return found


def report(message: bytes) -> dict[str, object]:
    """The fields of an outbound message that tests look at."""
    kind = chr(message[0])
    found: dict[str, object] = {"kind": kind, "bytes": message}
    if kind == "S":
        found["event"] = chr(message[9])
        return found
    if kind == "U":
        old, ref, side, qty, symbol, at, tif, _, order_ref = struct.unpack(
            ">IIcI8sQccQ", message[9:48]
        )
        return found | {
            "old": old, "ref": ref, "side": side.decode(), "qty": qty, "price": at,
            "symbol": symbol.decode().strip(), "order_ref": order_ref,
        }  # fmt: skip
    found["ref"] = struct.unpack(">I", message[9:13])[0]
    if kind == "A":
        side, qty, symbol, at, tif, _, order_ref = struct.unpack(
            ">cI8sQccQ", message[13:44]
        )
        found |= {
            "side": side.decode(), "qty": qty, "symbol": symbol.decode().strip(),
            "price": at, "tif": tif.decode(), "order_ref": order_ref,
            "state": chr(message[47]), "text": message[48:62].decode().strip(),
        }  # fmt: skip
    elif kind == "E":
        qty, at, liquidity, match = struct.unpack(">IQcQ", message[13:34])
        found |= {
            "qty": qty,
            "price": at,
            "liquidity": liquidity.decode(),
            "match": match,
        }
    elif kind == "C":
        qty, reason = struct.unpack(">Ic", message[13:18])
        found |= {"qty": qty, "reason": reason.decode()}
    elif kind == "J":
        found["reason"] = struct.unpack(">H", message[13:15])[0]
    return found


LENGTHS = dict(
    zip(
        "SRHYLVWKJhAFECXDUPQBINO",
        (12, 39, 25, 20, 26, 35, 12, 28, 35, 21, 36, 40, 31, 36, 23, 19, 35, 44, 40, 19,
         50, 20, 48),
        strict=True,
    )
)  # fmt: skip


@dataclass
class Resting:
    locate: int
    side: str
    price: int
    shares: int


@dataclass
class Market:
    """Every book of a feed, order by order, in order of arrival."""

    orders: dict[int, Resting] = field(default_factory=dict)
    symbols: dict[int, str] = field(default_factory=dict)
    traded: int = 0
    events: str = ""

    def take(self, m: bytes) -> None:
        kind = chr(m[0])
        assert len(m) == LENGTHS[kind], (kind, len(m))
        locate = struct.unpack(">H", m[1:3])[0]
        if kind == "S":
            self.events += chr(m[11])
        elif kind == "R":
            self.symbols[locate] = m[11:19].decode().strip()
        elif kind == "A":
            ref, side, shares, _, at = struct.unpack(">QcI8sI", m[11:36])
            assert ref not in self.orders
            self.orders[ref] = Resting(locate, side.decode(), at, shares)
        elif kind in "EXC":
            ref, shares = struct.unpack(">QI", m[11:23])
            self.traded += shares if kind != "X" else 0
            self.orders[ref].shares -= shares
            assert self.orders[ref].shares >= 0
            if self.orders[ref].shares == 0:
                del self.orders[ref]
        elif kind == "D":
            del self.orders[struct.unpack(">Q", m[11:19])[0]]
        elif kind == "U":
            old, new, shares, at = struct.unpack(">QQII", m[11:35])
            gone = self.orders.pop(old)
            self.orders[new] = Resting(gone.locate, gone.side, at, shares)
        elif kind == "P":
            self.traded += struct.unpack(">I", m[20:24])[0]

    def levels(self, symbol: str, side: str) -> list[tuple[int, int]]:
        """Price and shares of each level, best first."""
        found: dict[int, int] = {}
        for order in self.orders.values():
            if self.symbols[order.locate] == symbol and order.side == side:
                found[order.price] = found.get(order.price, 0) + order.shares
        return sorted(found.items(), reverse=side == "B")


def snapshot(port: int, user: str, password: str) -> tuple[Market, str, int]:
    """All that rests, the session, and the number at which the stream goes on."""
    soup = Soup(port)
    assert soup.login(user, password, "GLIMPSE").kind == "A"
    market = Market()
    while True:
        message = soup.message()
        if message[:1] == b"G":
            session = soup.session
            soup.close()
            return market, session, int(message[1:])
        market.take(message)


def datagram(data: bytes) -> tuple[bytes, int, int, list[bytes]]:
    """Session, number, count and messages of a MoldUDP64 packet."""
    session, sequence, count = struct.unpack(">10sQH", data[:20])
    return session, sequence, count, list(blocks(data[20:], count))


def blocks(data: bytes, count: int) -> Iterator[bytes]:
    for _ in range(0 if count == 0xFFFF else count):
        size = struct.unpack(">H", data[:2])[0]
        yield data[2 : 2 + size]
        data = data[2 + size :]
    assert data == b""
