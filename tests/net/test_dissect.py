"""What we send, read by somebody else's eyes: Wireshark's dissectors, through tshark.

The bytes are those of real sockets; the frames around them are made here, so that nobody
needs the right to capture. Skipped where tshark is not installed (apt install tshark).
"""

from __future__ import annotations

import shutil
import socket
import struct
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path

import pytest
from venue import PASSWORD, USER, Exchange
from wire import Orders, datagram

TSHARK = shutil.which("tshark")
pytestmark = pytest.mark.skipif(TSHARK is None, reason="tshark is not installed")
SEGMENT = 1400
HERE, THERE = b"\x7f\0\0\1", b"\x7f\0\0\2"
CLIENT_PORT = 50_000


class Told(Orders):
    """A client that keeps every byte of both directions, in order."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.port = port
        self.talk: list[tuple[bool, bytes]] = []

    def raw(self, data: bytes) -> None:
        self.talk.append((True, data))
        super().raw(data)

    def listen(self, seconds: float) -> None:
        """Take what comes for a while."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                data = self.socket.recv(1 << 16)
            except TimeoutError:
                return
            self.talk.append((False, data))

    def heard(self) -> bytes:
        return b"".join(data for sent, data in self.talk if not sent)


def ip(protocol: int, payload: bytes, outward: bool) -> bytes:
    ends = HERE + THERE if outward else THERE + HERE
    size = 20 + len(payload)
    return struct.pack(">BBHHHBBH", 0x45, 0, size, 0, 0, 64, protocol, 0) + ends + payload


def segments(data: bytes) -> Iterable[bytes]:
    """As many whole packets as fit: Wireshark loses its place when a segment ends within
    the two bytes of a length."""
    part = b""
    while data:
        size = 2 + struct.unpack(">H", data[:2])[0]
        if len(part) + size > SEGMENT:
            yield part
            part = b""
        part += data[:size]
        data = data[size:]
    yield part


def tcp_frames(talk: Iterable[tuple[bool, bytes]], port: int) -> Iterable[bytes]:
    """One connection."""
    sequence = {True: 1, False: 1}
    for outward, data in talk:
        ports = (CLIENT_PORT, port) if outward else (port, CLIENT_PORT)
        for part in segments(data):
            header = struct.pack(
                ">HHIIBBHHH", *ports, sequence[outward], sequence[not outward],
                0x50, 0x18, 65_535, 0, 0,
            )  # fmt: skip
            sequence[outward] += len(part)
            yield ip(6, header + part, outward)


def udp_frames(datagrams: Iterable[bytes], port: int) -> Iterable[bytes]:
    for data in datagrams:
        yield ip(17, struct.pack(">HHHH", port, port, 8 + len(data), 0) + data, False)


def write_pcap(path: Path, frames: Iterable[bytes]) -> Path:
    """Of plain IP packets, LINKTYPE_RAW."""
    with path.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 1 << 16, 101))
        for number, frame in enumerate(frames):
            file.write(struct.pack("<IIII", number, 0, len(frame), len(frame)) + frame)
    return path


def tshark(path: Path, port: str, *arguments: str) -> list[str]:
    done = subprocess.run(
        [str(TSHARK), "-n", "-r", str(path), "-d", port, *arguments],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    return done.stdout.splitlines()


def complaints(path: Path, port: str) -> list[str]:
    """Frames in which anything is malformed or an error."""
    wrong = "_ws.malformed || _ws.expert.severity == error || _ws.unreassembled"
    return tshark(path, port, "-Y", wrong)


def packets(stream: bytes) -> list[tuple[str, int]]:
    """Type and size of each packet, read by the specification."""
    found = []
    while stream:
        size = struct.unpack(">H", stream[:2])[0]
        assert len(stream) >= 2 + size
        found.append((chr(stream[2]), size))
        stream = stream[2 + size :]
    return found


def whole(talk: list[tuple[bool, bytes]]) -> list[tuple[bool, bytes]]:
    """Cut between packets: what is begun in one piece goes to the next."""
    kept, rest = [], b""
    for sent, data in talk:
        if sent:
            kept.append((sent, data))
            continue
        rest += data
        end = 0
        while end + 2 <= len(rest):
            size = 2 + struct.unpack(">H", rest[end : end + 2])[0]
            if end + size > len(rest):
                break
            end += size
        if end:
            kept.append((sent, rest[:end]))
            rest = rest[end:]
    return kept


def fields(path: Path, port: str, *names: str) -> list[str]:
    """The values of some fields, in order, of all packets of a frame."""
    options = [word for name in names for word in ("-e", name)]
    lines = tshark(path, port, "-T", "fields", "-E", "aggregator= ", *options)
    return [value.strip("'") for line in lines for value in line.split()]


def test_a_session_of_orders_dissects(exchange: Exchange, tmp_path: Path):
    client = Told(exchange.orders)
    client.send("L", USER.ljust(6).encode() + PASSWORD.ljust(10).encode()
                + b" " * 10 + b"1".rjust(20))  # fmt: skip
    client.listen(0.3)
    for ref in range(1, 40):
        client.enter(ref, "BS"[ref % 2], 10, 99.0 + ref % 4, tif="03"[ref % 3 == 0])
    client.listen(0.3)
    client.replace(2, 100, 20, 98.0)
    client.cancel(100, 5)
    client.cancel(4)
    client.query()
    client.enter(101, "B", 0, 1.0)
    client.send("R")
    client.listen(1.0)
    client.send("O")
    client.listen(0.5)
    talk = whole(client.talk)
    path = write_pcap(tmp_path / "orders.pcap", tcp_frames(talk, client.port))
    port = f"tcp.port=={client.port},soupbintcp"
    assert complaints(path, port) == []
    types = Counter(fields(path, port, "soupbintcp.packet_type"))
    expected = Counter(
        kind for sent in (True, False)
        for kind, _ in packets(b"".join(d for s, d in talk if s == sent))
    )  # fmt: skip
    assert types == expected
    assert types["S"] > 40
    assert types["H"] > 0


def test_the_feed_dissects(open_exchange: Callable[..., Exchange], tmp_path: Path):
    exchange = open_exchange(market={"rate": 20_000, "depth": 100})
    client = Told(exchange.feed)
    client.send("L", USER.ljust(6).encode() + PASSWORD.ljust(10).encode()
                + b" " * 10 + b"1".rjust(20))  # fmt: skip
    client.listen(0.5)
    talk = whole(client.talk)
    path = write_pcap(tmp_path / "feed.pcap", tcp_frames(talk, client.port))
    port = f"tcp.port=={client.port},soupbintcp"
    assert complaints(path, port) == []
    types = Counter(fields(path, port, "soupbintcp.packet_type"))
    heard = packets(b"".join(data for sent, data in talk if not sent))
    assert types == Counter(kind for kind, _ in heard) + Counter("L")
    assert types["S"] > 1_000


def test_datagrams_dissect(open_exchange: Callable[..., Exchange], tmp_path: Path):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(10)
        port = receiver.getsockname()[1]
        exchange = open_exchange(
            "--mold", f"127.0.0.1:{port}", market={"rate": 20_000, "depth": 100}
        )
        got = [receiver.recv(2048) for _ in range(300)]
    path = write_pcap(tmp_path / "mold.pcap", udp_frames(got, port))
    decode = f"udp.port=={port},moldudp64"
    assert complaints(path, decode) == []
    session = exchange.lines[0].rsplit(" ", 1)[1]
    assert set(fields(path, decode, "moldudp64.session")) == {session}
    numbers = [int(n) for n in fields(path, decode, "moldudp64.sequence")]
    counts = [int(n) for n in fields(path, decode, "moldudp64.count")]
    read = [datagram(data) for data in got]
    assert numbers == [number for _, number, _, _ in read]
    assert counts == [count for _, _, count, _ in read]
    assert all(b == a + n for (a, b), n in zip(pairwise(numbers), counts, strict=False))
    lengths = [int(n) for n in fields(path, decode, "moldudp64.msglen")]
    assert lengths == [len(m) for _, _, _, messages in read for m in messages]


def test_what_is_malformed_is_seen(tmp_path: Path):
    """The eyes are open: a datagram with a message cut short is complained about."""
    data = b"SESSION001" + struct.pack(">QHH", 1, 1, 36) + b"A" * 20
    path = write_pcap(tmp_path / "bad.pcap", udp_frames([data], 26_400))
    assert complaints(path, "udp.port==26400,moldudp64")
