"""A journal's files, read: records as numpy structs, and what is wrong with them.

A journal is a directory of segments, ``<first sequence>.journal``, each a row of records
of 128 bytes (``cp_journal_record``). Reading takes no lock and changes nothing: a journal
that is being written may be looked at, and ends where the latest whole record does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from cockpit import core

SUFFIX = ".journal"
MAGIC = b"COCKPITJ"
NAMES_SHOWN = 8
"""Of other journals, where one is not found."""
CHAINED_BYTES = 120
"""Of each record: what its checksum and the chain cover."""
CHAINED_KINDS = (
    core.JournalKind.CONTROL,
    core.JournalKind.CHAIN,
    core.JournalKind.NEW_DAY,
    core.JournalKind.SEGMENT,
)
"""The chain, and what a desk begins to write with."""


class JournalError(ValueError):
    """There is no journal to read; says where."""


class JournalDamaged(JournalError):
    """It ends before its end: what is behind cannot be read as it was written."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One file: its whole records, and what follows them."""

    path: Path
    first: int
    """Sequence of its first record, by its name."""
    records: np.ndarray[Any, Any]
    check: core.JournalCheck

    @property
    def wall_ns(self) -> int:
        """What makes a record's time nanoseconds since 1970 (UTC)."""
        if not len(self.records):
            return 0
        return int(body(self.records[0])["wall_ns"])


@dataclass(slots=True)
class Verdict:
    """What :func:`verify` found."""

    record_count: int = 0
    segment_count: int = 0
    control_count: int = 0
    first: int = 0
    last: int = 0
    torn_bytes: int = 0
    """Behind the last whole record: the end of a crash, cut off at the next start."""
    chain: str = "0" * 64
    """Digest of the last operator action: noted elsewhere, it vouches for all before."""
    ended: bool = False
    """Its last record is that of a stop in order. Else it is written still, the desk was
    killed, or the end was taken away: only a digest noted elsewhere tells which."""
    problems: list[str] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        return not self.problems


def paths_of(directory: Path) -> list[Path]:
    """The segments in order. Raises :class:`JournalError` when there are none."""
    found = sorted(
        path
        for path in directory.glob(f"*{SUFFIX}")
        if path.stem.isdigit() and path.is_file()
    )
    if not found:
        raise JournalError(f"no journal in {directory}{_others(directory)}")
    return found


def _others(directory: Path) -> str:
    """Journals beside it, for who has mistaken the name."""
    try:
        files = [one for one in directory.parent.glob(f"*/*{SUFFIX}") if one.is_file()]
    except OSError:
        return ""
    names = sorted({one.parent.name for one in files})
    more = " and more" if len(names) > NAMES_SHOWN else ""
    return f"; there are {', '.join(names[:NAMES_SHOWN])}{more}" if names else ""


def read_segment(path: Path) -> Segment:
    """The whole records of one file, up to the first that is not."""
    first = int(path.stem)
    # A file that is being written is longer by the time it is looked at: a copy is not.
    raw = np.fromfile(path, dtype=np.uint8)
    check = core.journal_check(raw, first)
    count = check.record_count
    size = core.JOURNAL_RECORD_DTYPE.itemsize
    records = raw[: count * size].view(core.JOURNAL_RECORD_DTYPE)
    return Segment(path, first, records, check)


def segments(directory: Path) -> Iterator[Segment]:
    """One after the other, oldest first.

    Raises :class:`JournalDamaged` behind the last that can be read, where that is not how
    the journal ends. A torn end is none: it is cut off at the next start.
    """
    files = paths_of(directory)
    expected = None
    for path in files:
        segment = read_segment(path)
        found = faults(segment, expected, last_file=path == files[-1])
        if found and expected is not None and segment.first != expected:
            raise JournalDamaged(found[0])
        yield segment
        if found:
            raise JournalDamaged(found[0])
        expected = segment.check.last + 1


def body(record: Any) -> Any:
    """What a record says, as the struct of its kind; raw bytes where it has none."""
    dtype = core.JOURNAL_BODIES.get(int(record["kind"]))
    raw = record["body"].tobytes()
    if dtype is None or (record["kind"] == core.JournalKind.CONTROL and record["part"]):
        return raw
    return np.frombuffer(raw[: dtype.itemsize], dtype)[0]


# ---- verify ----------------------------------------------------------------------------


class _Chain:
    """Operators' actions, each digest over the one before and the action's records."""

    def __init__(self, verdict: Verdict) -> None:
        self._verdict = verdict
        self.digests: set[str] = set()
        """Of every action, and what the first file carries in."""
        self._digest: bytes | None = None
        self._pending: list[bytes] = []
        self._first = 0
        self._epoch = 0

    def take(self, record: Any) -> None:
        kind, sequence = int(record["kind"]), int(record["sequence"])
        if int(record["epoch"]) != self._epoch:
            self.end_life(sequence)
            self._epoch = int(record["epoch"])
        if kind == core.JournalKind.CONTROL:
            if int(record["part"]) == 0:
                self.finish()
                self._first = sequence
                self._verdict.control_count += 1
            self._pending.append(record.tobytes()[:CHAINED_BYTES])
        elif kind == core.JournalKind.CHAIN:
            self._link(record, sequence)

    def end_life(self, next_sequence: int) -> None:
        """A desk that died while it wrote an action down: the last thing it did."""
        if self._first + len(self._pending) == next_sequence:
            self._pending = []

    def finish(self) -> None:
        """An action that lacks its link, and more was written behind it."""
        if self._pending:
            self._verdict.problems.append(
                f"the operator's action at record {self._first} has no link in the chain"
            )
        self._pending = []

    def _link(self, record: Any, sequence: int) -> None:
        said = body(record)
        digest = bytes(said["digest"])
        if int(said["first"]) == 0:
            before = bytes(32) if self._digest is None else self._digest
            # A journal whose oldest files were taken away begins with what it is given.
            if digest != before and self._digest is not None:
                self._verdict.problems.append(
                    f"the chain carried into record {sequence} is not the one before it"
                )
        else:
            made = hashlib.sha256(self._digest or bytes(32))
            for part in self._pending:
                made.update(part)
            if made.digest() != digest or int(said["first"]) != self._first:
                self._verdict.problems.append(
                    f"the operator's action at record {self._first or said['first']} is "
                    f"not what was chained"
                )
            self._pending = []
        self._digest = digest
        self._verdict.chain = digest.hex()
        self.digests.add(digest.hex())


def verify(directory: Path, noted: str = "") -> Verdict:
    """Check every record's checksum, the sequence over all files, and the chain.

    ``noted``: a digest of the chain that was kept elsewhere, which has to be in it.
    """
    verdict = Verdict()
    chain = _Chain(verdict)
    files = paths_of(directory)
    expected = None
    for path in files:
        segment = read_segment(path)
        verdict.segment_count += 1
        last_file = path == files[-1]
        _check_segment(verdict, segment, expected, last_file=last_file)
        if not len(segment.records):
            continue
        if verdict.record_count == 0 and segment.check.first != 1:
            verdict.problems.append(
                f"{path.name}: begins with record {segment.check.first}: what was "
                f"written before it is not here"
            )
        verdict.record_count += len(segment.records)
        verdict.first = verdict.first or segment.check.first
        verdict.last = segment.check.last
        verdict.ended = int(segment.records["kind"][-1]) == core.JournalKind.CLOSED
        expected = verdict.last + 1
        kinds = segment.records["kind"]
        chained = np.isin(kinds, CHAINED_KINDS)
        for record in segment.records[chained]:
            chain.take(record)
    chain.end_life(verdict.last + 1)
    chain.finish()
    if noted and noted.lower() not in chain.digests:
        verdict.problems.append(
            f"{noted} is not in the chain: actions that it vouches for are not here, or "
            f"are not as they were"
        )
    return verdict


def _check_segment(
    verdict: Verdict, segment: Segment, expected: int | None, *, last_file: bool
) -> None:
    verdict.problems += faults(segment, expected, last_file=last_file)
    if last_file and verdict.record_count + segment.check.record_count:
        verdict.torn_bytes = 0 if segment.check.is_damaged else segment.check.tail_size


def faults(segment: Segment, expected: int | None, *, last_file: bool) -> list[str]:
    """What is not as a desk leaves it; ``expected``: the sequence it is to begin with."""
    check, name = segment.check, segment.path.name
    found = []
    if expected is not None and segment.first != expected:
        found.append(f"{name}: begins with record {segment.first}, expected {expected}")
    if not check.record_count:
        # One that was made and not written to, or torn, before the end came is none.
        made_last = last_file and expected is not None
        if check.is_damaged or (check.tail_size and not made_last):
            found.append(f"{name}: does not begin with a whole record of a journal")
        elif not made_last:
            found.append(f"{name}: holds no record")
        return found
    found += _stranger(segment)
    if check.is_damaged or (check.tail_size and not last_file):
        found.append(
            f"{name}: record {check.last + 1} is not whole (byte {check.bad_offset})"
        )
    return found


def _stranger(segment: Segment) -> list[str]:
    """A file that is not one of ours, or not of a format that is read."""
    name, head = segment.path.name, segment.records[0]
    said = body(head) if head["kind"] == core.JournalKind.SEGMENT else None
    if said is None or bytes(said["magic"]) != MAGIC:
        return [f"{name}: does not begin a segment of a journal"]
    version = int(said["version"])
    if core.JOURNAL_OLDEST <= version <= core.JOURNAL_VERSION:
        return []
    return [
        f"{name}: is of format {version}; this cockpit reads {core.JOURNAL_OLDEST} to "
        f"{core.JOURNAL_VERSION}"
    ]
