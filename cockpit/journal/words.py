"""What a record says, in words: the numbers of its struct as the names they stand for.

A control is told as one, in its first part: what was asked, by whom, why, with the
limits, the strategy or the order it was about. Instruments and strategies get their names
from the segment they stand in, which begins with all of them.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from cockpit import core
from cockpit.core import JournalKind, NoteKind
from cockpit.journal.reader import Segment, body

Row = dict[str, Any]
Word = Callable[[int], Any]

SIDES = ("buy", "sell", "both")
LIQUIDITY = ("maker", "taker", "cross")
PURPOSES = ("quote", "take", "close", "inherited", "operator")
ORDER_TYPES = ("limit", "market", "stop", "stop_limit")
TIMES_IN_FORCE = ("day", "ioc", "fok", "gtc")
ORDER_KINDS = (
    "", "new", "cancel", "replace", "cancel_all", "reduce", "mass_cancel", "heartbeat",
    "query",
)  # fmt: skip
REPORT_KINDS = (
    "", "accepted", "executed", "cancelled", "replaced", "rejected", "change_rejected",
    "all_cancelled", "triggered", "status",
)  # fmt: skip
EXECUTED = REPORT_KINDS.index("executed")
LIMIT_ROWS = 3
"""Of one record of limits."""
VERSION_PARTS = 3
TRIGGER_SCOPE = core.TRIGGER_SCOPE
TABLES = ("", "symbols", "strategies")
"""By scope: the table of risk.toml."""
WIDE = np.dtype("u8"), (2,)


def one_of(names: tuple[str, ...]) -> Word:
    """The name of a number; the number where there is none."""
    return lambda value: names[value] if 0 <= value < len(names) else value


def member_of(enum: Any) -> Word:
    names = {int(one): one.name.lower() for one in enum}
    return lambda value: names.get(value, value)


def _errno(value: int) -> Any:
    return errno.errorcode.get(abs(value), value)


def _plain(value: int) -> int:
    return value


CAUSE, STATE, MODE = map(member_of, (core.Cause, core.RiskState, core.Mode))
WORDS: Mapping[str, Word] = {
    "side": one_of(SIDES),
    "type": one_of(ORDER_TYPES),
    "time_in_force": one_of(TIMES_IN_FORCE),
    "purpose": one_of(PURPOSES),
    "liquidity": one_of(LIQUIDITY),
    "reason": one_of(core.REASONS),
    "state": one_of(core.ORDER_STATES),
    "smp": member_of(core.Smp),
    "risk_state": STATE,
    "cause": CAUSE,
    "level": member_of(core.JournalLevel),
    "severity": member_of(core.Severity),
}
"""By the name of the field, wherever it stands."""
KINDS: Mapping[int, Word] = {
    JournalKind.ORDER: one_of(ORDER_KINDS),
    JournalKind.DROPPED: one_of(ORDER_KINDS),
    JournalKind.REPORT: one_of(REPORT_KINDS),
    JournalKind.CONTROL: member_of(core.Control),
    JournalKind.NOTE: member_of(NoteKind),
}
"""Of the struct's own `kind`, by that of the record."""


def _refusal(value: int) -> str:
    scope, code = divmod(value, 256)
    name = str(one_of(core.REFUSALS)(code))
    return f"{core.SCOPES[scope]} {name}" if 0 < scope < len(core.SCOPES) else name


def _breaker(value: int) -> Any:
    return core.BREAKERS[value][0] if 0 <= value < len(core.BREAKERS) else value


_FILL = (("price", _plain), ("qty", _plain), ("leaves", _plain),
         ("liquidity", WORDS["liquidity"]))  # fmt: skip
NOTES: Mapping[int, tuple[tuple[str, Word], ...]] = {
    NoteKind.STATE: (("risk_state", STATE), ("before", STATE), ("by", CAUSE)),
    NoteKind.MODE: (("mode", MODE), ("before", MODE), ("by", CAUSE), ("why", CAUSE)),
    NoteKind.CONFIG: (("version", _plain), ("hash", lambda v: f"{v % (1 << 64):016x}")),
    NoteKind.FILL: _FILL,
    NoteKind.WOULD_BE_FILL: _FILL,
    NoteKind.REJECT: (("reason", WORDS["reason"]), ("of", one_of(ORDER_KINDS))),
    NoteKind.REFUSAL: (("refusal", _refusal), ("limit", _plain), ("current", _plain),
                       ("would_be", _plain)),
    NoteKind.GAP: (("expected", _plain), ("received", _plain)),
    NoteKind.FLAT: (),
    NoteKind.ORDER_STATE: (("report", one_of(REPORT_KINDS)),
                           ("order_state", one_of(core.ORDER_STATES))),
    NoteKind.CONTROL: (("control", member_of(core.Control)), ("error", _errno)),
    NoteKind.FAULT: (("fault", one_of(core.FAULTS)),),
    NoteKind.RECONCILE: (("finding", member_of(core.Finding)), ("ours", _plain),
                         ("theirs", _plain), ("price", _plain)),
    NoteKind.JOURNAL: (("trouble", member_of(core.Trouble)), ("error", _errno),
                       ("safe", _plain)),
    NoteKind.BREAKER: (("breaker", _breaker), ("trigger", _plain), ("figure", _plain)),
    NoteKind.SYMBOL: (("halt", member_of(core.SymbolHalt)),
                      ("before", member_of(core.SymbolHalt)), ("by", CAUSE)),
    NoteKind.ORDER: (("price", _plain), ("qty", _plain),
                     ("time_in_force", one_of(TIMES_IN_FORCE))),
    NoteKind.CANCEL: (("count", _plain),),
}  # fmt: skip
"""What a, b, c and d of a note are, by its kind."""


class Reader:
    """Reads the records of one segment, in their order."""

    def __init__(self) -> None:
        self._symbols: dict[int, str] = {}
        self._strategies: dict[int, str] = {core.OPERATOR: "operator"}

    def rows(self, segment: Segment) -> Iterator[tuple[Any, Row]]:
        """Each record, and what its body says."""
        records = segment.records
        for index, record in enumerate(records):
            kind, part = int(record["kind"]), int(record["part"])
            if kind == JournalKind.CONTROL:
                yield record, self._control(records, index, part)
            elif kind == JournalKind.PARAMETERS:
                yield record, self._parameters(records, index, part)
            else:
                yield record, self._other(record, kind)

    # ---- names ---------------------------------------------------------------------

    def symbol(self, index: int) -> str:
        return "" if index == core.NOBODY else self._symbols.get(index, f"#{index}")

    def strategy(self, slot: int) -> str:
        return "" if slot == core.NOBODY else self._strategies.get(slot, f"#{slot + 1}")

    def _named(self, found: Row) -> Row:
        """With the names of the instrument and the strategy it is about."""
        if isinstance(index := found.get("symbol"), int):
            found["symbol_name"] = self.symbol(index)
        if isinstance(slot := found.get("strategy"), int):
            found["strategy_name"] = self.strategy(slot)
        return found

    def _limit(self, row: Any) -> str:
        """As risk.toml calls it."""
        scope, target, index = int(row["scope"]), int(row["target"]), int(row["limit"])
        if scope == TRIGGER_SCOPE:
            known = [trigger.name for trigger in core.TRIGGERS]
            return f"breakers.{one_of(tuple(known))(index)}"
        name = str(one_of(tuple(limit.name for limit in core.LIMITS))(index))
        if scope == core.Scope.SYMBOL:
            return f"{TABLES[scope]}.{self.symbol(target)}.{name}"
        if scope == core.Scope.STRATEGY:
            return f"{TABLES[scope]}.{self.strategy(target)}.{name}"
        return name

    # ---- one struct ------------------------------------------------------------------

    def _other(self, record: Any, kind: int) -> Row:
        said = body(record)
        if isinstance(said, bytes):
            return _text_or_hex(said)
        if kind in (JournalKind.ORDER, JournalKind.DROPPED):
            more = {"purpose": WORDS["purpose"](int(said["purpose"]))}
            return self._named(_fields(said["order"], kind) | more)
        if kind == JournalKind.NOTE:
            return self._note(said)
        if kind == JournalKind.LIMITS:
            return self._limits(said)
        found = _fields(said, kind)
        if kind == JournalKind.INSTRUMENT:
            self._symbols.setdefault(int(said["symbol"]), str(found["name"]))
        elif kind == JournalKind.STRATEGY:
            slot = int(said["slot"])
            self._strategies[slot] = str(found["name"]) if said["used"] else ""
        elif kind in STATES:
            for name in ("doubt", "halted", "killed"):
                name_of = self.strategy if name == "killed" else self.symbol
                bits = int(said[name])
                found[name] = [name_of(bit) for bit in range(64) if bits >> bit & 1]
            found |= self._modes(int(said["modes"]), int(said["mode_causes"]))
        return self._named(found)

    def _modes(self, modes: int, causes: int) -> Row:
        """Of each strategy its mode, and why; of a journal from before them none."""
        known = [slot for slot in range(core.STRATEGY_MAX) if modes >> 4 * slot & 15]
        return {
            "modes": {self.strategy(i): MODE((modes >> 4 * i & 15) - 1) for i in known},
            "mode_causes": {self.strategy(i): CAUSE(causes >> 4 * i & 15) for i in known},
        }

    def _note(self, said: Any) -> Row:
        kind = int(said["kind"])
        found: Row = {"note_kind": KINDS[JournalKind.NOTE](kind)}
        values = [int(said[name]) for name in "abcd"]
        declared = NOTES.get(kind)
        if declared is None:
            found |= dict(zip("abcd", values, strict=True))
        else:
            found |= {
                name: word(value)
                for (name, word), value in zip(declared, values, strict=False)
            }
        if kind == NoteKind.MODE and values[2] != core.Cause.RECOVERY:
            del found["why"]  # it is by whom
        if client_id := int(said["client_id"]):
            found["client_id"] = client_id
        found["severity"] = WORDS["severity"](int(said["severity"]))
        if kind in SIDED:
            found["side"] = WORDS["side"](int(said["side"]))
        found["symbol"], found["strategy"] = int(said["symbol"]), int(said["strategy"])
        return self._named(found)

    def _limits(self, said: Any) -> Row:
        count = min(LIMIT_ROWS, max(int(said["count"]) - int(said["first"]), 0))
        return {
            "version": int(said["version"]),
            "hash": int(said["hash"]),
            "first": int(said["first"]),
            "count": int(said["count"]),
            "limits": {
                self._limit(row): _value_of(row) for row in said["limits"][:count]
            },
        }

    # ---- what has parts ----------------------------------------------------------------

    def _control(self, records: Any, index: int, part: int) -> Row:
        first = index - part
        if first < 0 or int(records[first]["part"]):
            return {"of_part": part}
        head = body(records[first])
        kind = int(head["kind"])
        name = KINDS[JournalKind.CONTROL](kind)
        if part:
            return {"control_kind": name, "of_part": part}
        raw = _joined(records, first, int(head["part_count"]))
        why, rest = raw[: core.WHY_SIZE], raw[core.JOURNAL_BODY :]
        found: Row = {
            "control_kind": name,
            "who": bytes(head["who"]).decode(errors="replace"),
            "why": why.rstrip(b"\0").decode(errors="replace"),
        }
        target = int(head["target"])
        if kind in OF_STRATEGY:
            found["target"] = self.strategy(target)
        elif kind in OF_SYMBOL:
            found["target"] = self.symbol(target)
        if kind == core.Control.MODE:
            found["mode"] = MODE(int(head["mode"]))
        if kind in VERSIONED:
            found["version"], found["hash"] = int(head["version"]), int(head["hash"])
        return found | self._about(kind, int(head["mode"]), rest)

    def _about(self, kind: int, mode: int, raw: bytes) -> Row:
        """The limits, the strategy, the ticket that came with a control."""
        if kind == core.Control.STRATEGY:
            return {"new": self._strategy_of(raw)}
        if kind in (core.Control.ORDER, core.Control.CANCEL):
            return {"ticket": self._ticket(raw, kind)}
        if kind == core.Control.LOOSENING:
            rows = _scoped(raw)
            pairs = zip(rows[::2], rows[1::2], strict=False)
            return {
                "stage": member_of(core.Loosening)(mode),
                "limits": {
                    self._limit(new): [_value_of(old), _value_of(new)]
                    for old, new in pairs
                },
            }
        if kind == core.Control.LIMITS:
            return {"limits": self._limits_of(raw)}
        return {}

    def _strategy_of(self, raw: bytes) -> Row:
        said = _struct(raw, "cp_strategy_config")
        if said is None or not said["used"]:
            return {}
        kinds = {kind.index: kind for kind in core.STRATEGY_KINDS.values()}
        kind = kinds.get(int(said["kind"]))
        values = [float(value) for value in said["parameters"]]
        names = [parameter.name for parameter in kind.parameters] if kind else []
        found: Row = {
            "name": bytes(said["name"]).decode(errors="replace"),
            "kind": kind.name if kind else int(said["kind"]),
            "mode": MODE(int(said["mode"])),
            "symbol": self.symbol(int(said["symbol"])),
            "version": int(said["version"]),
            "parameters": dict(zip(names, values, strict=False)) or values,
        }
        if kind and kind.symbol_count > 1:
            found["symbol2"] = self.symbol(int(said["symbol2"]))
        return found

    def _ticket(self, raw: bytes, kind: int) -> Row:
        said = _struct(raw, "cp_ticket")
        if said is None:
            return {}
        found: Row = {
            "symbol": self.symbol(int(said["symbol"])),
            "side": WORDS["side"](int(said["side"])),
        }
        if kind == core.Control.CANCEL:
            found["client_id"] = int(said["client_id"])
            found["strategy"] = self.strategy(int(said["strategy"]))
            return {key: value for key, value in found.items() if value not in ("", 0)}
        return found | {
            "qty": int(said["qty"]),
            "price": int(said["price"]),
            "type": WORDS["type"](int(said["type"])),
            "time_in_force": WORDS["time_in_force"](int(said["time_in_force"])),
            "post_only": bool(int(said["flags"]) & core.POST_ONLY),
            "tag": int(said["tag"]),
        }

    def _limits_of(self, raw: bytes) -> Row:
        """All limits of a control, by their names; none stands for no limit."""
        size = core.JOURNAL_BODY
        values = np.frombuffer(raw[: 2 * size][: 8 * len(core.LIMITS)], np.int64)
        found: Row = {
            limit.name: int(value)
            for limit, value in zip(core.LIMITS, values, strict=False)
        }
        # Before the second version of the format a control had these alone.
        triggers = np.frombuffer(raw[2 * size :][: 8 * len(core.TRIGGERS)], np.int64)
        found |= {
            f"breakers.{trigger.name}": int(value)
            for trigger, value in zip(core.TRIGGERS, triggers, strict=False)
        }
        rows = _scoped(raw[4 * size :])
        return found | {self._limit(row): _value_of(row) for row in rows}

    def _parameters(self, records: Any, index: int, part: int) -> Row:
        first = index - part
        if part or first < 0:
            return {"of_part": part}
        raw = _joined(records, first, VERSION_PARTS - 1, records[first])
        said = _struct(raw, "cp_strategy_version")
        if said is None:
            return {"of_part": part}
        layouts = {
            core.strategy_layout(kind): kind for kind in core.STRATEGY_KINDS.values()
        }
        kind = layouts.get(int(said["layout"]))
        values = [float(value) for value in said["parameters"]]
        names = [parameter.name for parameter in kind.parameters] if kind else []
        return {
            "name": bytes(said["name"]).decode(errors="replace"),
            "version": int(said["version"]),
            "hash": int(said["hash"]),
            "since_ns": int(said["wall_ns"]),
            "who": bytes(said["who"]).decode(errors="replace"),
            "parameters": dict(zip(names, values, strict=False)) or values,
        }


STATES = (JournalKind.STATE, JournalKind.SNAPSHOT_END, JournalKind.CLOSED)
OF_STRATEGY = (
    core.Control.STRATEGY, core.Control.MODE, core.Control.HALT_STRATEGY,
    core.Control.FLATTEN_STRATEGY,
)  # fmt: skip
OF_SYMBOL = (
    core.Control.HALT_SYMBOL, core.Control.RESUME_SYMBOL, core.Control.FLATTEN_SYMBOL,
)  # fmt: skip
VERSIONED = (core.Control.STRATEGY, core.Control.LIMITS)
SIDED = (
    NoteKind.FILL, NoteKind.WOULD_BE_FILL, NoteKind.REFUSAL, NoteKind.REJECT,
    NoteKind.ORDER, NoteKind.RECONCILE,
)  # fmt: skip
TAKEN = ("kind", "time_ns", "sequence", "cause")
"""Names that the record itself has."""


def _fields(said: Any, kind: int) -> Row:
    found: Row = {}
    executed = kind == JournalKind.REPORT and int(said["kind"]) == EXECUTED
    for name in said.dtype.names:
        if name.startswith("reserved") or name in (
            ("original_id",) if executed else ("fee",)
        ):
            continue
        key = f"{core.JOURNAL_KINDS[kind]}_{name}" if name in TAKEN else name
        found[key] = _value(said[name], kind, name)
    return found


def _value(value: Any, kind: int, name: str) -> Any:
    wide = getattr(value, "shape", ()) == (2,)
    if wide and kind in AMOUNTS:  # 128 bits, low half first
        number = int(value[0]) | int(value[1]) << 64
        return str(number - (1 << 128) if number >> 127 else number)
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if name == "digest":
        return bytes(value).hex()
    if getattr(value, "shape", ()):
        return [int(each) for each in value]
    number = int(value)
    word = KINDS.get(kind) if name == "kind" else WORDS.get(name)
    return word(number) if word else number


AMOUNTS = (JournalKind.POSITION, JournalKind.COSTS, JournalKind.LOTS)


def _value_of(row: Any) -> int | None:
    value = int(row["value"])
    return None if value == core.LIMIT_NONE else value


def _joined(records: Any, first: int, count: int, *before: Any) -> bytes:
    """The bodies of the parts that follow, as far as they are there."""
    head = records[first]
    found = [one["body"].tobytes() for one in before]
    for part, record in enumerate(records[first + 1 : first + 1 + count], 1):
        if record["kind"] != head["kind"] or int(record["part"]) != part:
            break
        found.append(record["body"].tobytes())
    return b"".join(found)


def _struct(raw: bytes, name: str) -> Any:
    dtype = core.dtype_of(name)
    if len(raw) < dtype.itemsize:
        return None
    return np.frombuffer(raw[: dtype.itemsize], dtype)[0]


def _scoped(raw: bytes) -> Any:
    """Rows of limits, up to the first that says nothing."""
    dtype = core.dtype_of("cp_scoped_limit")
    count = len(raw) // dtype.itemsize
    rows = np.frombuffer(raw[: count * dtype.itemsize], dtype)
    used = np.flatnonzero(rows["value"] != 0)
    return rows[: int(used[-1]) + 1] if len(used) else rows[:0]


def _text_or_hex(raw: bytes) -> Row:
    text = raw.rstrip(b"\0")
    if text.isascii() and text.decode("ascii").isprintable():
        return {"text": text.decode()}
    return {"bytes": raw.hex()}
