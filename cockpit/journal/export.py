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
from cockpit.journal.reader import Segment, segments
from cockpit.journal.words import Reader, Row

SAFE_INTEGER = 1 << 53
"""Above it a reader of JSON that knows only floats loses digits."""
ROWS = 65_536
"""Of one row group in Parquet."""


def plain(segment: Segment) -> Iterator[Row]:
    """Each record of a segment as one flat dictionary of plain values."""
    wall_ns = segment.wall_ns
    for record, said in Reader().rows(segment):
        kind = int(record["kind"])
        yield {
            "sequence": int(record["sequence"]),
            "time_ns": int(record["time_ns"]) + wall_ns,
            "kind": core.JOURNAL_KINDS.get(kind, str(kind)),
            "part": int(record["part"]),
            "cause": int(record["cause"]),
            "synced": int(record["synced"]),
            "epoch": int(record["epoch"]),
            **said,
        }


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
    if isinstance(value, dict):
        return {key: _json(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_json(one) for one in value]
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
            ("symbol_name", pa.string()), ("strategy_name", pa.string()),
            ("what", pa.string()), ("who", pa.string()), ("why", pa.string()),
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
NAMED = ("symbol_name", "strategy_name", "who", "why")
OWN_KINDS = ("order_kind", "report_kind", "control_kind", "note_kind", "dropped_kind")
"""Each in the column `what`."""


def _wanted(directory: Path, kinds: frozenset[str]) -> Iterator[Row]:
    taken = {*COMMON, *SHARED, *NAMED, *OWN_KINDS, "time_ns"}
    for segment in segments(directory):
        for row in plain(segment):
            if kinds and row["kind"] not in kinds:
                continue
            rest = {key: _json(row[key]) for key in row if key not in taken}
            shared = {
                key: row[key] if isinstance(row.get(key), int) else None for key in SHARED
            }
            what = next((str(row[key]) for key in OWN_KINDS if key in row), None)
            yield {
                **{key: row[key] for key in COMMON},
                **shared,
                **{key: row.get(key) for key in NAMED},
                "time": row["time_ns"],
                "what": what,
                "body": json.dumps(rest),
            }


def _chunks(rows: Iterable[dict[str, Any]], size: int) -> Iterator[list[dict[str, Any]]]:
    chunk: list[dict[str, Any]] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def line(row: Row) -> str:
    """One record for people."""
    time = datetime.fromtimestamp(row["time_ns"] / 1e9, UTC)
    rest = dict(row)
    for index in ("symbol", "strategy"):
        if rest.pop(f"{index}_name", None) and isinstance(row.get(index), int):
            rest[index] = row[f"{index}_name"]
    said = " ".join(
        f"{key}={_shown(value)}"
        for key, value in rest.items()
        if key not in ("sequence", "time_ns", "kind", "synced", "epoch", "part")
        and value not in (0, "", "0", None, [], {}, core.NOBODY)
    )
    return f"{row['sequence']:>10}  {time:%Y-%m-%d %H:%M:%S.%f}  {row['kind']:12} {said}"


def _shown(value: Any) -> str:
    """``[ACME,BOREAL]``, ``{max_position:200,max_gross:none}``."""
    if isinstance(value, dict):
        pairs = ",".join(f"{key}:{_shown(one)}" for key, one in value.items())
        return "{" + pairs + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_shown, value)) + "]"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, str) and " " in value:
        return json.dumps(value, ensure_ascii=False)
    return "none" if value is None else str(value)
