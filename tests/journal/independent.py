"""What a journal says a desk holds, worked out again: slow, plain, and of its own.

Shares no code with the core or with ``cockpit.journal``: it reads the bytes by the layout
written down in docs/journal.md, keeps positions and orders in its own way, and knows the
state hash by its definition there.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

MASK = (1 << 64) - 1
RECORD = struct.Struct("<QQQQHHI80sII")
NOBODY = 65535
SLOTS = 17
"""Sixteen strategies and the operator."""

NEW, CANCEL, REPLACE, CANCEL_ALL, QUERY = 1, 2, 3, 4, 8
ACCEPTED, EXECUTED, CANCELLED, REPLACED, REJECTED, CHANGE_REJECTED = 1, 2, 3, 4, 5, 6
ALL_CANCELLED, STATUS = 7, 9
REASON_NONE, REASON_USER, REASON_UNKNOWN_ORDER = 0, 1, 8
MAKER = 0


def crc32c_table() -> list[int]:
    table = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


TABLE = crc32c_table()


def crc32c(data: bytes) -> int:
    value = 0xFFFFFFFF
    for byte in data:
        value = TABLE[(value ^ byte) & 0xFF] ^ value >> 8
    return value ^ 0xFFFFFFFF


@dataclass
class Record:
    sequence: int
    time_ns: int
    cause: int
    synced: int
    kind: int
    part: int
    epoch: int
    body: bytes


def records(directory: Path) -> Iterator[Record]:
    """Every whole record, in order, up to the first that is not; checks each checksum."""
    expected = None
    for path in sorted(directory.glob("*.journal")):
        data = path.read_bytes()
        for at in range(0, len(data) - RECORD.size + 1, RECORD.size):
            raw = data[at : at + RECORD.size]
            sequence, time, cause, synced, kind, part, epoch, body, crc, commit = (
                RECORD.unpack(raw)
            )
            if sequence == 0:
                break
            assert crc == crc32c(raw[:120]), f"record {sequence}"
            assert commit == (sequence & 0xFFFFFFFF) ^ 1129333578
            assert expected in (None, sequence), f"{expected} is missing"
            expected = sequence + 1
            yield Record(sequence, time, cause, synced, kind, part, epoch, body)


def mix(hash_: int, word: int) -> int:
    hash_ ^= word & MASK
    hash_ = hash_ * 0xFF51AFD7ED558CCD & MASK
    hash_ ^= hash_ >> 33
    hash_ = hash_ * 0xC4CEB9FE1A85EC53 & MASK
    return hash_ ^ hash_ >> 29


def mix_wide(hash_: int, value: int) -> int:
    return mix(mix(hash_, value), value >> 64)


@dataclass
class Position:
    qty: int = 0
    cost: int = 0
    realised: int = 0
    fees: int = 0

    def fill(self, side: int, price: int, qty: int, fee: int) -> None:
        """Average cost; what is closed takes its share of the cost, toward zero."""
        sign = 1 if side == 0 else -1
        against = abs(self.qty) if self.qty * sign < 0 else 0
        closed = min(against, qty)
        if closed:
            share = abs(self.cost) * closed // abs(self.qty)
            share = share if self.cost >= 0 else -share
            if closed == abs(self.qty):
                share = self.cost
            self.realised += price * closed * -sign - share
            self.cost -= share
            self.qty += sign * closed
        self.cost += price * (qty - closed) * sign
        self.qty += sign * (qty - closed)
        self.fees += fee

    @property
    def is_empty(self) -> bool:
        return (self.qty, self.cost, self.realised, self.fees) == (0, 0, 0, 0)

    def into(self, hash_: int) -> int:
        hash_ = mix(hash_, self.qty)
        for value in (self.cost, self.realised, self.fees):
            hash_ = mix_wide(hash_, value)
        return hash_


@dataclass
class Lots:
    """The same oldest first: runs of one price; from the 512th on lots join the last."""

    realised: int = 0
    runs: list[list[int]] = field(default_factory=list)
    """Quantity, cost and price, signed like the position."""

    def fill(self, side: int, price: int, qty: int) -> None:
        sign = 1 if side == 0 else -1
        while qty and self.runs and self.runs[0][0] * sign < 0:
            run = self.runs[0]
            closed = min(qty, abs(run[0]))
            share = abs(run[1]) * closed // abs(run[0]) * (1 if run[1] >= 0 else -1)
            self.realised += price * closed * -sign - share
            run[0] += sign * closed
            run[1] -= share
            qty -= closed
            if run[0] == 0:
                self.runs.pop(0)
        if qty and self.runs and (self.runs[-1][2] == price or len(self.runs) == 512):
            self.runs[-1][0] += sign * qty
            self.runs[-1][1] += sign * qty * price
        elif qty:
            self.runs.append([sign * qty, sign * qty * price, price])

    def into(self, hash_: int) -> int:
        hash_ = mix_wide(hash_, self.realised)
        for qty, cost, _ in self.runs:
            hash_ = mix_wide(mix(hash_, qty), cost)
        return hash_


@dataclass
class Cell(Position):
    """A strategy's position, and twice the mids and the prices it was decided on."""

    arrival2: int = 0
    expected: int = 0

    def into(self, hash_: int) -> int:
        hash_ = super().into(hash_)
        return mix_wide(mix_wide(hash_, self.arrival2), self.expected)


@dataclass
class Order:
    id: int
    symbol: int
    side: int
    slot: int
    price: int
    leaves: int
    arrival2: int
    expected: int
    filled: int = 0
    pending: tuple[int, int, int] | None = None
    """Id, price and quantity of a replace without an answer."""
    seen: bool = False

    def hash(self) -> int:
        pending = self.pending or (0, 0, 0)
        value = 0
        for word in (
            self.id,
            self.price,
            self.leaves << 32 | self.filled,
            self.symbol << 16 | self.side,
            *pending,
        ):
            value = mix(value, word)
        return value


@dataclass
class Version:
    """What a strategy ran with, by docs/journal.md: 208 bytes in three parts."""

    name: str
    number: int
    hash: int
    wall_ns: int
    who: str
    parameters: tuple[float, ...]


def versions(directory: Path) -> list[Version]:
    """Each version there was, once, oldest first."""
    found: dict[bytes, Version] = {}
    parts = b""
    for record in records(directory):
        if record.kind != 29:
            assert not parts, "the parts of a version do not follow one another"
            continue
        assert len(parts) == 80 * record.part
        parts += record.body
        if record.part < 2:
            continue
        raw, parts = parts[:208], b""
        name, number, hash_, _, wall, who = struct.unpack_from("<16sQQQq32s", raw)
        found.setdefault(
            raw,
            Version(
                name.split(b"\0")[0].decode(), number, hash_, wall,
                who.split(b"\0")[0].decode(), struct.unpack_from("<16d", raw, 80),
            ),
        )  # fmt: skip
    return list(found.values())


@dataclass
class Desk:
    """The state of one desk, record by record."""

    fees: dict[int, tuple[int, int]] = field(default_factory=dict)
    positions: dict[int, Position] = field(default_factory=dict)
    lots: dict[int, Lots] = field(default_factory=dict)
    cells: dict[tuple[int, int], Cell] = field(default_factory=dict)
    orders: dict[int, Order] = field(default_factory=dict)
    counted: set[tuple[int, int]] = field(default_factory=set)
    executions: int = 0
    next_id: int = 1
    risk_state: int = 0
    doubt: int = 0
    halted: int = 0
    killed: int = 0
    ids_end: int = 0
    used: set[int] = field(default_factory=set)
    version: int = 0
    symbol_count: int = 0
    snapshot_hashes: int = 0
    in_snapshot: bool = False

    def take(self, record: Record) -> None:
        body = record.body
        if record.kind == 1:
            self.version = struct.unpack_from("<I", body, 24)[0]
            self.symbol_count = struct.unpack_from("<I", body, 32)[0]
            self.in_snapshot = True
        elif record.kind == 2:
            symbol = struct.unpack_from("<I", body, 48)[0]
            self.fees[symbol] = struct.unpack_from("<qq", body, 32)
        elif record.kind in (6, 7, 22):
            self._state(record.kind, body)
        elif record.kind == 8:
            self.ids_end = max(self.ids_end, struct.unpack_from("<QQ", body)[1])
        elif record.kind == 16:
            self._order(body)
        elif record.kind == 17:
            self._report(body)
        elif record.kind == 21:
            self._dropped(body)
        elif record.kind == 24:
            for position in (*self.positions.values(), *self.cells.values()):
                position.realised = position.fees = 0
            for lots in self.lots.values():
                lots.realised = 0
            for cell in self.cells.values():
                cell.expected, cell.arrival2 = cell.cost, 2 * cell.cost

    # What a snapshot repeats is not taken but compared: by its hash.
    def _state(self, kind: int, body: bytes) -> None:
        risk, _, next_id, executions, _, doubt, hash_, halted, killed = (
            struct.unpack_from("<IIQQqQQQQ", body)
        )
        if kind == 7 and self.snapshot_hashes:
            # Blocks of ids set aside are left behind by a restart, and orders of before
            # are as they were.
            self.next_id = max(self.next_id, next_id)
        self.risk_state, self.next_id, self.doubt = risk, next_id, doubt
        self.executions = executions
        self.halted, self.killed = halted, killed
        if kind == 7:
            assert self.hash() == hash_, "a snapshot differs from what led to it"
            self.snapshot_hashes += 1
            self.in_snapshot = False

    def _order(self, body: bytes) -> None:
        id_, original, _, _, price, qty, symbol = struct.unpack_from("<QQQQqIH", body)
        kind, side = body[48], body[49]
        slot = struct.unpack_from("<H", body, 52)[0]
        offset, arrival2 = struct.unpack_from("<iq", body, 68)
        if kind == NEW:
            self._use(id_)
            self.orders[id_] = Order(
                id_, symbol, side, slot, price, qty, arrival2, price + offset
            )
        elif kind == REPLACE:
            self._use(id_)
            order = self.orders[original]
            assert order.pending is None
            order.pending = id_, price, qty
            order.arrival2, order.expected = arrival2, price + offset

    def _use(self, id_: int) -> None:
        assert id_ not in self.used and id_ >= self.next_id, f"id {id_} is used again"
        assert id_ < self.ids_end, f"id {id_} was not set aside"
        self.used.add(id_)
        self.next_id = id_ + 1

    def _find(self, id_: int) -> Order | None:
        if id_ in self.orders:
            return self.orders[id_]
        for order in self.orders.values():
            if order.pending and order.pending[0] == id_:
                return order
        return None

    def _report(self, body: bytes) -> None:
        _, id_, original, _, match, price, qty, leaves, symbol = struct.unpack_from(
            "<QQQQQqIIH", body
        )
        kind, reason, liquidity = body[60], body[62], body[63]
        if kind == STATUS:
            self._status(id_, match, price, leaves, reason)
            return
        if kind == ALL_CANCELLED:
            return
        if kind == EXECUTED:
            if match and (id_, match) in self.counted:
                return
            self.counted.add((id_, match))
            self.executions += 1
        of_change = kind in (REPLACED, CHANGE_REJECTED) and original
        order = (self._find(original) if of_change else None) or self._find(id_)
        if order is None:
            if kind == EXECUTED and symbol < self.symbol_count:
                self.doubt |= 1 << symbol
            return
        if kind == ACCEPTED:
            order.seen = True
        elif kind == EXECUTED:
            traded = min(qty, order.leaves)
            fee = struct.unpack_from("<q", body, 16)[0]
            if fee == 0 and self.version < 4:
                fee = self.fees[order.symbol][0 if liquidity == MAKER else 1] * traded
            self._book(order, price, traded, fee, maker=liquidity == MAKER)
            if traded < qty:
                self.doubt |= 1 << symbol
        elif kind == CANCELLED:
            if leaves > 0 and qty < order.leaves:
                order.leaves -= qty
            else:
                del self.orders[order.id]
        elif kind == REPLACED and order.pending and order.pending[0] == id_:
            self._replaced(order, leaves)
        elif kind == REJECTED and not order.seen and not order.filled:
            del self.orders[order.id]
        elif kind == CHANGE_REJECTED and order.pending and order.pending[0] == id_:
            order.pending = None

    def _replaced(self, order: Order, leaves: int) -> None:
        assert order.pending is not None
        del self.orders[order.id]
        order.id, order.price, _ = order.pending
        order.leaves, order.pending = leaves, None
        self.orders[order.id] = order

    def _book(self, order: Order, price: int, qty: int, fee: int, *, maker: bool) -> None:
        cell = self.cells.setdefault((order.slot, order.symbol), Cell())
        cell.fill(order.side, price, qty, fee)
        lots = qty if order.side == 0 else -qty
        cell.arrival2 += lots * (order.arrival2 or 2 * price)
        cell.expected += lots * (
            order.expected if order.arrival2 and not maker else price
        )
        self.positions.setdefault(order.symbol, Position()).fill(
            order.side, price, qty, fee
        )
        self.lots.setdefault(order.symbol, Lots()).fill(order.side, price, qty)
        order.leaves -= qty
        order.filled += qty
        if order.leaves == 0:
            del self.orders[order.id]

    def _status(self, id_: int, match: int, price: int, leaves: int, reason: int) -> None:
        if id_ == 0:
            if match < self.executions:
                self.executions = match
            return
        order = self._find(id_)
        if order is None:
            return
        if order.pending and order.pending[0] == id_:
            if leaves:
                self._replaced(order, leaves)
            else:
                order.pending = None
        elif leaves:
            missed = max(order.leaves - leaves, 0)
            assert not missed, "not in these sessions: the link loses nothing"
            if leaves > order.leaves:
                self.doubt |= 1 << order.symbol
            order.seen, order.pending = True, None
            order.leaves = leaves
        elif reason == REASON_UNKNOWN_ORDER:
            if match > self.executions:
                self.doubt |= 1 << order.symbol
            del self.orders[order.id]

    def _dropped(self, body: bytes) -> None:
        id_, original = struct.unpack_from("<QQ", body)
        if body[48] == NEW:
            self.orders.pop(id_, None)
        elif (order := self.orders.get(original)) and order.pending:
            order.pending = None

    def hash(self) -> int:
        """The state hash by its definition in docs/journal.md."""
        value = 0
        for symbol in range(self.symbol_count):
            value = self.positions.get(symbol, Position()).into(value)
            value = self.lots.get(symbol, Lots()).into(value)
        for slot in range(SLOTS):
            for symbol in range(self.symbol_count):
                cell = self.cells.get((slot, symbol), Cell())
                if not cell.is_empty:
                    value = cell.into(mix(value, slot << 32 | symbol))
        working = sum(order.hash() for order in self.orders.values()) & MASK
        for word in (
            working, self.risk_state, self.doubt, self.halted, self.killed,
            self.executions, self.next_id,
        ):  # fmt: skip
            value = mix(value, word)
        return value


def replay(directory: Path) -> Desk:
    """The desk after the last whole record."""
    desk = Desk()
    for record in records(directory):
        desk.take(record)
    return desk
