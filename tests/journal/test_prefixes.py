"""Wherever a journal ends, the desk is what an independent reader says it is there.

The journal has every kind of record, from several lives of one desk, and is cut behind
each of its records in turn: the middle of a step of several orders, of an action's parts,
of a snapshot.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import independent
import pytest

from cockpit.core import JournalEnd, JournalKind
from cockpit.journal.reader import verify

NATIVE = Path(__file__).resolve().parents[2] / "native"
PROGRAM = NATIVE / "build" / "release" / "test" / "journal_pipe"


def pipe(what: str, directory: Path) -> list[tuple[int, int, str]]:
    """Of each desk: the last record it has, how the journal was found, its state hash."""
    done = subprocess.run(
        [PROGRAM, what, directory], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    return [(int(last), int(end), hash_) for last, end, hash_ in lines]


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    make = shutil.which("make")
    assert make is not None, "make is needed to build the program"
    target = str(PROGRAM.relative_to(NATIVE))
    subprocess.run([make, "-s", "-C", str(NATIVE), target], check=True)
    directory = tmp_path_factory.mktemp("lives")
    pipe("write", directory)
    return directory


def after_each_record(directory: Path) -> Iterator[tuple[int, str]]:
    desk = independent.Desk()
    for record in independent.records(directory):
        desk.take(record)
        # Whoever goes on from here leaves behind what was set aside.
        used, desk.next_id = desk.next_id, max(desk.next_id, desk.ids_end)
        yield record.sequence, f"{desk.hash():016x}"
        desk.next_id = used


def test_the_journal_has_every_kind_of_record(journal: Path):
    kinds = {record.kind for record in independent.records(journal)}
    assert kinds == {int(kind) for kind in JournalKind}
    assert verify(journal).problems == []


def test_every_prefix_is_what_an_independent_reader_makes_of_it(journal: Path):
    expected = dict(after_each_record(journal))
    closed = {
        record.sequence
        for record in independent.records(journal)
        if record.kind == JournalKind.CLOSED
    }
    found = pipe("read", journal)
    assert [last for last, _, _ in found] == sorted(expected, reverse=True)
    for last, end, hash_ in found:
        assert hash_ == expected[last], f"cut behind record {last}"
        assert end == (JournalEnd.ENDED if last in closed else JournalEnd.CRASHED)
    assert len({hash_ for _, _, hash_ in found}) > len(found) / 4


def test_a_journal_cut_anywhere_is_sound_when_a_desk_has_gone_on_from_it(
    journal: Path, tmp_path: Path
):
    """Each kind once, and each of an action's records: also half an action is no harm."""
    seen = set()
    for record in independent.records(journal):
        if (record.kind, record.part) in seen:
            continue
        seen.add((record.kind, record.part))
        directory = cut(journal, tmp_path / str(record.sequence), record.sequence)
        assert verify(directory).problems == [], record
        pipe("live", directory)
        verdict = verify(directory)
        assert verdict.problems == [], record
        assert verdict.last > record.sequence + 10
        assert independent.replay(directory).snapshot_hashes > 0
    assert len(seen) >= len(JournalKind) + 6 + 2  # parts of limits, of parameters


def cut(journal: Path, directory: Path, last: int) -> Path:
    """A copy that ends with record ``last``."""
    directory.mkdir()
    for path in journal.glob("*.journal"):
        size = (last + 1 - int(path.stem)) * independent.RECORD.size
        if size > 0:
            (directory / path.name).write_bytes(path.read_bytes()[:size])
    return directory
