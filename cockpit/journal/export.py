"""Records as plain values: for people, as JSON lines, as Parquet.

Names are the core's own field names; kinds, states and reasons are words. Times are
nanoseconds since 1970 (UTC), money and prices integers as in the core, figures of 128
bits too, as text where JSON's readers would lose digits.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from cockpit import core
from cockpit.journal.reader import Segment, body, segments

SAFE_INTEGER = 1 << 53
"""Above it a reader of JSON that knows only floats loses digits."""
ROWS = 65_536
"""Of one row group in Parquet."""
WORDS: dict[tuple[int, str], tuple[str, ...]] = {
    (core.JournalKind.ORDER, "kind"): (
        "", "new", "cancel", "replace", "cancel_all", "reduce", "mass_cancel",
        "heartbeat", "query",
    ),
    (core.JournalKind.REPORT, "kind"): (
        "", "accepted", "executed", "cancelled", "replaced", "rejected",
        "change_rejected", "all_cancelled", "triggered", "status",
    ),
    (core.JournalKind.REPORT, "reason"): core.REASONS,
    (core.JournalKind.WORKING, "state"): core.ORDER_STATES,
}  # fmt: skip
SIDES = ("buy", "sell")


def plain(segment: Segment) -> Iterator[dict[str, Any]]:
    """Each record of a segment as one flat dictionary of plain values."""
    wall_ns = segment.wall_ns
    for record in segment.records:
        kind = int(record["kind"])
        yield {
            "sequence": int(record["sequence"]),
            "time_ns": int(record["time_ns"]) + wall_ns,
            "kind": core.JOURNAL_KINDS.get(kind, str(kind)),
            "part": int(record["part"]),
            "cause": int(record["cause"]),
            "synced": int(record["synced"]),
            "epoch": int(record["epoch"]),
            **_body(record, kind),
        }


def _body(record: Any, kind: int) -> dict[str, Any]:
    said = body(record)
    if isinstance(said, bytes):
        return _text_or_hex(said)
    if kind in (core.JournalKind.ORDER, core.JournalKind.DROPPED):
        purpose = int(said["purpose"])
        return {**_fields(said["order"], core.JournalKind.ORDER), "purpose": purpose}
    return _fields(said, kind)


def _text_or_hex(raw: bytes) -> dict[str, Any]:
    text = raw.rstrip(b"\0")
    if text.isascii() and text.decode("ascii").isprintable():
        return {"text": text.decode()}
    return {"bytes": raw.hex()}


def _fields(said: Any, kind: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    names = said.dtype.names
    executed = kind == core.JournalKind.REPORT and int(said["kind"]) == EXECUTED
    for name in names:
        if name.startswith("reserved") or name in (
            ("original_id",) if executed else ("fee",)
        ):
            continue
        key = f"{core.JOURNAL_KINDS[kind]}_{name}" if name in TAKEN else name
        found[key] = _value(said[name], kind, name)
    return found


EXECUTED = 2
TAKEN = ("kind", "time_ns", "sequence")
"""Names that the record itself has."""


def _value(value: Any, kind: int, name: str) -> Any:
    if name in ("cost", "realised", "fees"):  # 128 bits, low half first
        number = int(value[0]) | int(value[1]) << 64
        return str(number - (1 << 128) if number >> 127 else number)
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if name == "digest":
        return bytes(value).hex()
    if getattr(value, "shape", ()):
        return [int(each) for each in value]
    number = int(value)
    words = WORDS.get((kind, name))
    if words and number < len(words):
        return words[number]
    if name == "side" and number < len(SIDES):
        return SIDES[number]
    return number


def json_lines(directory: Path, out: IO[str], kinds: frozenset[str] = frozenset()) -> int:
    """Write every record (of these kinds) as a line of JSON; how many."""
    count = 0
    for segment in segments(directory):
        for row in plain(segment):
            if kinds and row["kind"] not in kinds:
                continue
            out.write(json.dumps({k: _json(v) for k, v in row.items()}) + "\n")
            count += 1
    return count


def _json(value: Any) -> Any:
    if isinstance(value, int) and abs(value) > SAFE_INTEGER:
        return str(value)
    return value


def parquet(directory: Path, target: Path, kinds: frozenset[str] = frozenset()) -> int:
    """Write every record (of these kinds) as a row; needs the ``data`` extra.

    What a kind says beyond the common columns is in ``body``, as JSON: kinds have too
    little in common for columns of their own. How many rows were written.
    """
    import pyarrow as pa  # type: ignore[import-not-found,import-untyped,unused-ignore]
    import pyarrow.parquet as pq  # type: ignore[import-not-found,import-untyped,unused-ignore]

    schema = pa.schema(
        [
            ("sequence", pa.uint64()), ("time", pa.timestamp("ns", tz="UTC")),
            ("kind", pa.string()), ("part", pa.uint16()), ("cause", pa.uint64()),
            ("synced", pa.uint64()), ("epoch", pa.uint32()), ("client_id", pa.uint64()),
            ("symbol", pa.uint16()), ("price", pa.int64()), ("qty", pa.int64()),
            ("body", pa.string()),
        ]
    )  # fmt: skip
    count = 0
    with pq.ParquetWriter(target, schema) as writer:
        for rows in _chunks(_wanted(directory, kinds), ROWS):
            writer.write_table(pa.Table.from_pylist(rows, schema=schema))
            count += len(rows)
    return count


COMMON = ("sequence", "kind", "part", "cause", "synced", "epoch")
SHARED = ("client_id", "symbol", "price", "qty")


def _wanted(directory: Path, kinds: frozenset[str]) -> Iterator[dict[str, Any]]:
    for segment in segments(directory):
        for row in plain(segment):
            if kinds and row["kind"] not in kinds:
                continue
            rest = {
                key: value
                for key, value in row.items()
                if key not in COMMON and key not in SHARED and key != "time_ns"
            }
            shared = {
                key: row[key] if isinstance(row.get(key), int) else None for key in SHARED
            }
            common = {key: row[key] for key in COMMON}
            yield {**common, "time": row["time_ns"], **shared, "body": json.dumps(rest)}


def _chunks(rows: Iterable[dict[str, Any]], size: int) -> Iterator[list[dict[str, Any]]]:
    chunk: list[dict[str, Any]] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def line(row: dict[str, Any]) -> str:
    """One record for people."""
    time = datetime.fromtimestamp(row["time_ns"] / 1e9, UTC)
    rest = " ".join(
        f"{key}={value}"
        for key, value in row.items()
        if key not in ("sequence", "time_ns", "kind", "synced", "epoch", "part")
        and value not in (0, "", "0", None)
    )
    return f"{row['sequence']:>10}  {time:%Y-%m-%d %H:%M:%S.%f}  {row['kind']:12} {rest}"
