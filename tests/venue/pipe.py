"""The C venue as a subprocess: batches of requests in, what it said out."""

from __future__ import annotations

import shutil
import struct
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from tests.venue import messages as m

NATIVE = Path(__file__).resolve().parents[2] / "native"
PROGRAM = NATIVE / "build" / "release" / "test" / "venue_pipe"

# Verbs of the pipe. The first two and FLUSH are no steps: they have no reply.
(
    INSTRUMENT,
    TIER,
    CREATE,
    FLUSH,
    ORDER,
    BOOK,
    COUNTS,
    CHECK,
    TIMER,
    PHASE,
    DISCONNECT,
    REFERENCE,
    BAND,
    SESSION,
    EXECUTE,
    PRINT,
) = range(1, 17)
VERB_NAMES = {
    ORDER: "order",
    BOOK: "book of symbol",
    COUNTS: "counts",
    CHECK: "check",
    TIMER: "timer",
    PHASE: "phase of symbol",
    DISCONNECT: "disconnect of participant",
    REFERENCE: "reference of symbol",
    BAND: "band of symbol",
    SESSION: "session of participant",
    EXECUTE: "execution of participant",
    PRINT: "print in symbol",
}
LINE_LEVEL, LINE_ORDER, LINE_COUNTS = range(1, 4)
U64 = (1 << 64) - 1

# Requests between two flushes: their bytes fit in a pipe, so nobody waits for nobody.
BATCH = 512

_HEAD = struct.Struct("<QII64x")
_REQUEST_SIZE = m.REQUEST.take().size
_PACK_REQUEST = _HEAD.pack
_PACK_VALUES = struct.Struct("<QII8Q").pack
_PACK_ORDER = struct.Struct("<QII" + m.ORDER.take().format.removeprefix("<")).pack
_FLUSH = _PACK_REQUEST(0, FLUSH, 0)
_COUNTS = struct.Struct("<5I")
_REPLY = m.REPLY.take()
_MD = m.MD.take(set(m.MD.offsets()) - {"order_ref", "other_ref"})
_MD_REFS = m.MD.take({"order_ref", "other_ref"})
_REPORT = m.REPORT.take(set(m.REPORT.offsets()) - {"order_ref"})
_REPORT_REFS = m.REPORT.take({"order_ref"})
_LINE = m.LINE.take()


class PipeDied(Exception):
    """The venue's process ended: a broken promise inside it, or a request it refused."""


class Step(NamedTuple):
    """One thing that happens to the venue."""

    now_ns: int
    verb: int
    argument: int = 0
    body: m.Order | tuple[int, ...] = ()  # an order, or at most eight numbers

    def pack(self) -> bytes:
        """The request that tells the C venue."""
        if self.verb == ORDER:
            return _PACK_ORDER(self.now_ns, self.verb, self.argument, *self.body)
        values = [value & U64 for value in self.body]
        values += [0] * (8 - len(values))
        return _PACK_VALUES(self.now_ns, self.verb, self.argument, *values)

    def __str__(self) -> str:
        if isinstance(self.body, m.Order):
            given = self.body._asdict()
            words = [f"{name}={value}" for name, value in given.items() if value]
            return f"at {self.now_ns} order " + " ".join(words)
        return (
            f"at {self.now_ns} {VERB_NAMES[self.verb]} {self.argument} {self.body or ''}"
        )


class Said(NamedTuple):
    """What the venue said to a batch, each kind together, in the order it was said.

    `replies`: of each step how many md, reports, copies and lines, the verb, the result.
    The names the venue gave to orders stand beside the rest (`md_refs` …): they are its
    own choice and are compared as names, not as numbers.
    """

    replies: list[tuple[int, ...]]
    md: list[tuple[int, ...]]
    md_refs: list[tuple[int, ...]]
    reports: list[tuple[int, ...]]
    report_refs: list[tuple[int, ...]]
    copies: list[tuple[int, ...]]
    copy_refs: list[tuple[int, ...]]
    lines: list[tuple[int, ...]]


class Setup(NamedTuple):
    """A venue before its first order."""

    price_max: tuple[int, ...]  # by symbol, increments
    order_capacity: int
    maker_fee: int = 0  # money a lot
    taker_fee: int = 0
    tiers: tuple[tuple[int, int, int], ...] = ()  # from_qty, maker fee, taker fee


def build(program: Path = PROGRAM) -> Path:
    """Bring the program up to date and say where it is."""
    make = shutil.which("make")
    assert make is not None, "make is needed to build the venue"
    target = str(program.relative_to(NATIVE))
    subprocess.run([make, "-s", "-C", str(NATIVE), target], check=True)
    return program


def layout(program: Path = PROGRAM) -> dict[str, dict[str, tuple[int, int]]]:
    """Offset and size of each field, by struct, as the compiler has them."""
    found: dict[str, dict[str, tuple[int, int]]] = {}
    text = subprocess.run(
        [program, "--layout"], check=True, capture_output=True, text=True
    ).stdout
    for line in text.splitlines():
        name, field, offset, size = line.split()
        found.setdefault(name, {})[field] = (int(offset), int(size))
    return found


class Pipe:
    """A running venue. Use as a context; `create` as often as a fresh one is wanted."""

    def __init__(self, program: Path = PROGRAM) -> None:
        self._process = subprocess.Popen(
            [program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def __enter__(self) -> Pipe:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process and wait for it."""
        assert self._process.stdin and self._process.stdout and self._process.stderr
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()
        self._process.stderr.close()

    def create(self, setup: Setup) -> None:
        """A fresh venue in place of the one there was."""
        pack = m.INSTRUMENT.take().pack
        requests = [
            _PACK_REQUEST(0, INSTRUMENT, index)[:16]
            + pack(b"S", 1, 1, setup.maker_fee, setup.taker_fee, price_max, 0)
            for index, price_max in enumerate(setup.price_max)
        ]
        requests += [
            _PACK_VALUES(0, TIER, index, *(value & U64 for value in tier), *[0] * 5)
            for index, tier in enumerate(setup.tiers)
        ]
        requests.append(_PACK_REQUEST(0, CREATE, setup.order_capacity))
        self._send(b"".join(requests))

    def run(self, steps: Sequence[Step]) -> Said:
        """Tell it at most BATCH steps; what it said. Raises PipeDied."""
        assert len(steps) <= BATCH
        self._send(b"".join([step.pack() for step in steps]) + _FLUSH)
        replies, md, reports, copies, lines = _COUNTS.unpack(self._receive(_COUNTS.size))
        reply_bytes = self._receive(replies * _REPLY.size)
        md_bytes = self._receive(md * _MD.size)
        report_bytes = self._receive(reports * _REPORT.size)
        copy_bytes = self._receive(copies * _REPORT.size)
        line_bytes = self._receive(lines * _LINE.size)
        return Said(
            replies=list(_REPLY.iter_unpack(reply_bytes)),
            md=list(_MD.iter_unpack(md_bytes)),
            md_refs=list(_MD_REFS.iter_unpack(md_bytes)),
            reports=list(_REPORT.iter_unpack(report_bytes)),
            report_refs=list(_REPORT_REFS.iter_unpack(report_bytes)),
            copies=list(_REPORT.iter_unpack(copy_bytes)),
            copy_refs=list(_REPORT_REFS.iter_unpack(copy_bytes)),
            lines=list(_LINE.iter_unpack(line_bytes)),
        )

    def _send(self, request: bytes) -> None:
        assert self._process.stdin and len(request) % _REQUEST_SIZE == 0
        try:
            self._process.stdin.write(request)
            self._process.stdin.flush()
        except BrokenPipeError:
            raise PipeDied(self._last_words()) from None

    def _receive(self, size: int) -> bytes:
        assert self._process.stdout
        received = self._process.stdout.read(size)
        if len(received) < size:
            raise PipeDied(self._last_words())
        return received

    def _last_words(self) -> str:
        assert self._process.stderr
        text = self._process.stderr.read().decode(errors="replace").strip()
        return f"exit {self._process.wait()}: {text}"
