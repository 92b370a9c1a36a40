"""`cockpit journal` finds what was changed, and gives the records to others."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import independent
import pytest

from cockpit import core
from cockpit.cli import opening
from cockpit.journal import export
from cockpit.journal.reader import JournalError, body, read_segment, segments, verify

ROOT = Path(__file__).resolve().parents[2]
RECORD = 128
UNTRIPPED = tuple(
    int(trigger.maximum) if trigger.name.endswith(("_count", "silence")) else 0
    for trigger in core.TRIGGERS
)
"""A machine that stands still for a while is none of what is tried here."""


def cockpit(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cockpit", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def wait_for(engine: core.Engine, records: int, orders: int) -> bool:
    """However slow the machine is; false when the desk was halted by itself."""
    deadline = time.monotonic() + 120
    while True:
        desk = engine.read()["desk"]
        sent = int(desk["counters"]["order_count"])
        if int(desk["journal"]["sequence"]) >= records and sent >= orders:
            return True
        if int(desk["risk_state"]) == core.RiskState.HALTED:
            return False
        assert time.monotonic() < deadline, desk["counters"]
        time.sleep(0.01)


def trade(settings: core.Settings) -> bool:
    """For some files, with three operators' actions; whether all went well."""
    with core.Engine(settings) as engine:
        for number, why in enumerate(("to see", "once more", "")):
            if not wait_for(engine, records=400 * (number + 1), orders=40 * (number + 1)):
                return False
            engine.signature = (f"operator {number}", why)
            engine.cancel_all()
        return wait_for(engine, records=1500, orders=150)


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a desk left that traded."""
    _, settings = opening.open_settings(None, rate=20_000)
    settings = replace(
        settings, limits=replace(settings.limits, triggers=UNTRIPPED, hash=0)
    )
    for _ in range(5):  # where the disk stands still for a second a desk halts
        directory = tmp_path_factory.mktemp("journal")
        journal = core.Journal(directory, segment_records=256)
        if trade(replace(settings, journal=journal)):
            return directory
    raise AssertionError("it halts each time")


@pytest.fixture
def copy(session: Path, tmp_path: Path) -> Path:
    for path in session.glob("*.journal"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


def test_a_journal_as_it_was_written_is_sound(session: Path):
    verdict = verify(session)
    assert verdict.problems == [] and verdict.torn_bytes == 0
    assert verdict.control_count == 3
    assert verdict.record_count == verdict.last == len(list(independent.records(session)))
    assert verdict.segment_count > 1
    done = cockpit("journal", "verify", session)
    assert done.returncode == 0 and verdict.chain in done.stdout


def test_it_names_the_record_that_was_changed(copy: Path):
    path = sorted(copy.glob("*.journal"))[0]
    data = bytearray(path.read_bytes())
    data[RECORD * 20 + 50] ^= 1
    path.write_bytes(data)
    problems = verify(copy).problems
    assert any("record 21 is not whole" in problem for problem in problems)
    done = cockpit("journal", "verify", copy)
    assert done.returncode == 1 and "record 21" in done.stdout


def test_it_misses_a_file_that_was_taken_away(copy: Path):
    sorted(copy.glob("*.journal"))[1].unlink()
    assert any("expected" in problem for problem in verify(copy).problems)


def test_it_misses_the_beginning(copy: Path):
    sorted(copy.glob("*.journal"))[0].unlink()
    done = cockpit("journal", "verify", copy)
    assert done.returncode == 1
    assert "what was written before it is not here" in done.stdout


def test_an_end_cut_off_at_a_record_is_missed_by_a_digest_noted_elsewhere(
    session: Path, copy: Path
):
    noted = verify(session).chain
    assert verify(session).ended and verify(session, noted).is_sound
    assert cockpit("journal", "verify", session, "--chain", noted).returncode == 0
    early = sorted(copy.glob("*.journal"))
    path, at = find_control(copy)
    for later in early[early.index(path) + 1 :]:
        later.unlink()
    path.write_bytes(path.read_bytes()[:at])
    verdict = verify(copy)
    assert verdict.is_sound and not verdict.ended
    assert verify(copy, verdict.chain).is_sound
    done = cockpit("journal", "verify", copy, "--chain", noted)
    assert done.returncode == 1 and f"{noted} is not in the chain" in done.stdout
    assert "does not end with a stop in order" in done.stdout


@pytest.mark.parametrize("what", ["who", "when", "order"])
def test_an_action_changed_with_its_checksum_put_right_breaks_the_chain(
    copy: Path, what: str
):
    path, at = find_control(copy)
    data = bytearray(path.read_bytes())
    record = data[at : at + RECORD]
    if what == "who":
        record[40 + 32 : 40 + 36] = b"some"
    elif what == "when":
        record[8] ^= 1
    else:
        record[40] ^= 3
    record[120:124] = independent.crc32c(bytes(record[:120])).to_bytes(4, "little")
    data[at : at + RECORD] = record
    path.write_bytes(data)
    problems = verify(copy).problems
    assert problems and "not what was chained" in problems[0]


def find_control(directory: Path) -> tuple[Path, int]:
    for segment in segments(directory):
        for number, record in enumerate(segment.records):
            if record["kind"] == core.JournalKind.CONTROL and record["part"] == 0:
                return segment.path, number * RECORD
    raise AssertionError("no operator's action")


def test_who_did_what_and_why_is_there(session: Path):
    found = []
    for segment in segments(session):
        for record in segment.records:
            if record["kind"] != core.JournalKind.CONTROL:
                continue
            if record["part"] == 0:
                said = body(record)
                found.append([said["who"].decode(), core.Control(int(said["kind"]))])
            elif record["part"] == 1:
                found[-1].append(body(record).rstrip(b"\0").decode())
    assert found == [
        ["operator 0", core.Control.CANCEL_ALL, "to see"],
        ["operator 1", core.Control.CANCEL_ALL, "once more"],
        ["operator 2", core.Control.CANCEL_ALL, ""],
    ]


def test_every_order_comes_after_what_it_answers(session: Path):
    for record in independent.records(session):
        assert record.cause < record.sequence
        assert record.synced < record.sequence


def test_records_become_lines_of_json(session: Path):
    done = cockpit("journal", "export", session)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["sequence"] for row in rows] == list(range(1, len(rows) + 1))
    orders = [row for row in rows if row["kind"] == "order"]
    reports = [row for row in rows if row["kind"] == "report"]
    assert {row["order_kind"] for row in orders} >= {"new", "replace", "cancel_all"}
    assert {row["report_kind"] for row in reports} >= {"accepted", "replaced"}
    assert all(abs(int(row["time_ns"]) - time.time_ns()) < 600e9 for row in orders[:1])
    only = cockpit("journal", "export", session, "--kind", "control").stdout
    assert only.splitlines() and all('"control"' in line for line in only.splitlines())


def test_records_become_rows_of_parquet(session: Path, tmp_path: Path):
    parquet = pytest.importorskip("pyarrow.parquet")
    count = export.parquet(session, tmp_path / "journal.parquet")
    table = parquet.read_table(tmp_path / "journal.parquet")
    assert table.num_rows == count == verify(session).record_count
    assert table.column("sequence").to_pylist() == list(range(1, count + 1))


def test_lines_for_people_are_shown(session: Path):
    done = cockpit("journal", "show", session, "--last", 5)
    assert done.returncode == 0 and len(done.stdout.splitlines()) == 5
    assert "closed" in done.stdout
    assert cockpit("journal", "show", session, "--kind", "no_such").returncode == 2


def test_a_torn_end_is_said_and_is_no_fault(copy: Path):
    path = sorted(copy.glob("*.journal"))[-1]
    data = path.read_bytes()[:-40]
    path.write_bytes(data)
    verdict = verify(copy)
    # Zeros at the end were never written.
    torn = len(data[len(data) // RECORD * RECORD :].rstrip(b"\0"))
    assert verdict.problems == [] and verdict.torn_bytes == torn > 0
    assert read_segment(path).check.is_damaged is False


def test_a_damaged_journal_is_not_traded_on_and_may_be_put_aside(copy: Path):
    path = sorted(copy.glob("*.journal"))[-1]
    data = bytearray(path.read_bytes())
    data[RECORD * 2 + 50] ^= 1
    path.write_bytes(data)
    done = cockpit("once", "--seconds", 1, "--journal", copy)
    assert done.returncode == 2 and "damaged" in done.stderr
    assert "Traceback" not in done.stderr
    assert path.read_bytes() == data, "it was changed"
    assert cockpit("journal", "retire", copy).returncode == 0
    assert not copy.exists()
    (aside,) = copy.parent.glob(f"{copy.name}.retired-*")
    assert (aside / path.name).read_bytes() == data


def doctored(path: Path, at: int, value: int) -> None:
    """One byte of the first record is another, and its checksum right again."""
    data = bytearray(path.read_bytes())
    data[at] = value
    data[120:124] = independent.crc32c(bytes(data[:120])).to_bytes(4, "little")
    path.write_bytes(data)


def spoil(kind: str, path: Path) -> None:
    data = bytearray(path.read_bytes())
    match kind:
        case "flipped":
            data[RECORD * 30 + 50] ^= 4
            path.write_bytes(data)
        case "foreign":
            path.write_bytes(b"hello\n")
        case "short":
            path.write_bytes(data[:100])
        case "empty":
            path.write_bytes(b"")
        case "later":
            doctored(path, 40 + 24, core.JOURNAL_VERSION + 1)
        case "other":
            doctored(path, 40, ord("X"))


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("flipped", "record 31 is not whole (byte 3840)"),
        ("foreign", "does not begin with a whole record of a journal"),
        ("short", "does not begin with a whole record of a journal"),
        ("empty", "holds no record"),
        ("later", f"is of format {core.JOURNAL_VERSION + 1}; this cockpit reads 1 to"),
        ("other", "does not begin a segment of a journal"),
    ],
)
def test_what_cannot_be_read_to_the_end_never_looks_like_all_of_it(
    session: Path, tmp_path: Path, kind: str, said: str
):
    first = sorted(session.glob("*.journal"))[0]
    path = tmp_path / first.name
    path.write_bytes(first.read_bytes())
    spoil(kind, path)
    verdict = cockpit("journal", "verify", tmp_path, "--json")
    assert verdict.returncode == 1
    assert said in " ".join(json.loads(verdict.stdout)["problems"])
    for command in (("show",), ("show", "--last", "2"), ("export",)):
        done = cockpit("journal", command[0], tmp_path, *command[1:])
        assert done.returncode == 1, done
        assert "NOT ALL OF IT" in done.stderr and said in done.stderr
        assert "Traceback" not in done.stderr
    if kind == "flipped":
        assert len(cockpit("journal", "export", tmp_path).stdout.splitlines()) == 30
    # A file that never got its first record is one that a desk died in at once.
    fresh = kind in ("short", "empty", "foreign")
    started = cockpit("once", "--seconds", 1, "--journal", tmp_path)
    assert (started.returncode == 2) != fresh, started


def test_a_file_missing_in_the_middle_ends_what_is_shown(copy: Path):
    files = sorted(copy.glob("*.journal"))
    files[1].unlink()
    done = cockpit("journal", "export", copy)
    assert done.returncode == 1 and f"expected {int(files[1].stem)}" in done.stderr
    assert len(done.stdout.splitlines()) == int(files[1].stem) - 1


def test_where_there_is_no_journal_the_others_are_named(session: Path):
    done = cockpit("journal", "show", session.parent / "mistyped")
    assert done.returncode == 2 and f"there are {session.name}" in done.stderr
    done = cockpit("journal", "verify", session.parent / "mistyped", "--json")
    assert done.returncode == 2 and "no journal" in json.loads(done.stdout)["problems"][0]
    done = cockpit("journal", "export", session, "--kind", "nonsense")
    assert (
        done.returncode == 2 and "no kind 'nonsense'; there are segment," in done.stderr
    )


def test_where_there_is_no_journal_it_says_so(tmp_path: Path):
    with pytest.raises(JournalError, match="no journal"):
        verify(tmp_path)
    done = cockpit("journal", "verify", tmp_path)
    assert done.returncode == 2 and "no journal" in done.stderr


def test_a_desk_goes_on_from_the_command_line(tmp_path: Path):
    runs = [
        json.loads(
            cockpit("once", "--seconds", 2, "--json", "--journal", tmp_path / "j").stdout
        )
        for _ in range(2)
    ]
    first, second = (run["journal"] for run in runs)
    assert first["found"] == "fresh" and second["found"] == "ended"
    assert first["level"] == "background" and first["trouble"] == "none"
    assert second["replayed"] >= first["sequence"]
    assert (
        json.loads(cockpit("once", "--seconds", 0.2, "--json").stdout)["journal"] is None
    )
