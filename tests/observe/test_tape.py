"""A tape gives back what was recorded, outlives its layout, and is refused if none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgpack
import numpy as np
import pytest

from cockpit.control.desk import Event, Symbol
from cockpit.core import HOPS, LIMITS, MONEY_SCALE, PICTURE_DTYPE, Mode, Record, Severity
from cockpit.observe import tape as tapes
from cockpit.observe.tape import KEY_EVERY, Recorder, RecordingDesk, Tape, TapeError
from cockpit.observe.tape_desk import TapeDesk

SYMBOL = Symbol("ALFA", MONEY_SCALE // 100, MONEY_SCALE // 100, 2)


class CountingDesk:
    """A desk whose picture counts how often it was read."""

    mode, origin, symbols = "SIM", "synthetic seed 7", (SYMBOL,)

    def __init__(self) -> None:
        self.picture: Record = np.zeros((), PICTURE_DTYPE)
        self.waiting: list[Event] = []
        self.errors: tuple[str, ...] = ()

    def read(self) -> Record:
        self.picture["time_ns"] += 1
        self.picture["desk"]["counters"]["md_count"] += 1000
        self.picture["desk"]["limits"][2]["limit"] = 42
        self.picture["hops"][4]["p99_ns"] = 77
        self.picture["desk"]["strategies"][0]["config"]["mode"] = Mode.LIVE
        return self.picture

    def events(self) -> list[Event]:
        waiting, self.waiting = self.waiting, []
        return waiting

    def config_errors(self) -> tuple[str, ...]:
        return self.errors

    def close(self) -> str:
        return "2 orders still work"


def record(path: Path, frames: int = 10) -> list[bytes]:
    desk, pictures = CountingDesk(), []
    with Recorder(path, desk) as recorder:  # type: ignore[arg-type]
        for number in range(frames):
            event = Event(float(number), Severity.WARNING, "risk", f"line {number} [/b]")
            desk.errors = ("risk.toml is bad",) if number == 3 else ()
            recorder.take(100.0 + number, [event])
            pictures.append(desk.picture.tobytes())
    return pictures


def test_what_was_recorded_comes_back_to_the_bit_in_any_order(tmp_path: Path) -> None:
    pictures = record(tmp_path / "a.tape", frames=2 * KEY_EVERY + 5)
    tape = Tape(tmp_path / "a.tape")
    assert (tape.mode, tape.origin, tape.symbols) == (
        "SIM",
        "synthetic seed 7",
        (SYMBOL,),
    )
    assert len(tape) == len(pictures)
    for index in (0, 3, len(pictures) - 1, 5, KEY_EVERY, KEY_EVERY - 1, 2):
        frame = tape[index]
        assert frame.picture.tobytes() == pictures[index], index
        assert frame.now == 100.0 + index
        assert frame.events[0].text == f"line {index} [/b]"
        assert bool(frame.errors) == (index == 3)


def old_layout(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if tapes were made by a core that had other fields, in other places."""
    then = [(name, PICTURE_DTYPE[name]) for name in reversed(PICTURE_DTYPE.names or ())]
    dtype = np.dtype([("gone", "u8"), *(field for field in then if field[0] != "net")])

    class OldDesk(CountingDesk):
        def read(self) -> Record:
            now = super().read()
            old: Record = np.zeros((), dtype)
            for name in dtype.names or ():
                if name in (PICTURE_DTYPE.names or ()):
                    old[name] = now[name]
            old["gone"] = 9
            hops = old["hops"].copy()
            old["hops"][: len(HOPS)] = hops[: len(HOPS)][::-1]
            return old

    monkeypatch.setattr(tapes, "PICTURE_DTYPE", dtype)
    monkeypatch.setitem(tapes.ROWS, "hops", HOPS[::-1])
    monkeypatch.setitem(
        tapes.WORDS, "desk.strategies.config.mode", ("GONE", *(m.name for m in Mode))
    )
    globals()["_Old"] = OldDesk


def test_a_tape_of_another_layout_keeps_what_is_still_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "old.tape"
    with monkeypatch.context() as then:
        old_layout(then)
        desk = globals()["_Old"]()
        with Recorder(path, desk) as recorder:
            recorder.take(1.0)
    picture = Tape(path)[0].picture
    assert len(picture.tobytes()) == PICTURE_DTYPE.itemsize
    assert int(picture["desk"]["counters"]["md_count"]) == 1000
    assert int(picture["desk"]["limits"][2]["limit"]) == 42
    assert int(picture["hops"][4]["p99_ns"]) == 77
    # It stood as the second word then, which is now the one before.
    assert int(picture["desk"]["strategies"][0]["config"]["mode"]) == Mode.OFF


def test_a_tape_cut_off_plays_up_to_its_last_whole_frame(tmp_path: Path) -> None:
    path = tmp_path / "a.tape"
    record(path)
    path.write_bytes(path.read_bytes()[:-3])
    assert len(Tape(path)) == 9


def head_of(**changes: Any) -> bytes:
    head = {"mode": "SIM", "origin": "", "symbols": [], "layout": "<u8", "rows": {}}
    import zlib

    body = zlib.compress(msgpack.packb({**head, "words": {}, **changes}))
    return len(body).to_bytes(4, "big") + body


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not a tape"),
        (b"cockpit tape 9\n", "not a tape"),
        (tapes.MAGIC, "no picture"),
        (tapes.MAGIC + b"\xff" * 200, "no picture"),
        (tapes.MAGIC + b"\0\0\0\4abcd" * 2, "byte 19"),
        (tapes.MAGIC + head_of(symbols=[[1]]) * 2, "makes no sense"),
        (tapes.MAGIC + head_of(layout={"of": 3}) * 2, "makes no sense"),
    ],
)
def test_what_is_no_tape_is_refused_with_its_name(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    path = tmp_path / "broken.tape"
    path.write_bytes(content)
    with pytest.raises(TapeError, match=rf"broken\.tape: .*{reason}"):
        Tape(path)


def test_recording_keeps_every_event_and_ends_with_what_closing_said(
    tmp_path: Path,
) -> None:
    desk, now = CountingDesk(), [10.0]
    path = tmp_path / "a.tape"
    recording: Any = RecordingDesk(desk, path, lambda: now[0])  # type: ignore[arg-type]
    for number in range(8):
        desk.waiting = [Event(now[0], Severity.INFO, "desk", f"line {number}")]
        assert recording.events()[0].text == f"line {number}"
        now[0] += 0.1
    desk.waiting = [Event(now[0], Severity.INFO, "desk", "stopped")]
    assert recording.close() == "2 orders still work"
    tape = Tape(path)
    said = [event.text for index in range(len(tape)) for event in tape[index].events]
    assert said == [*(f"line {number}" for number in range(8)), "stopped"]
    assert len(tape) < 8
    assert recording.mode == "SIM"


def test_a_full_disk_ends_the_tape_and_not_the_desk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, now = CountingDesk(), [10.0]
    recording: Any = RecordingDesk(desk, tmp_path / "a.tape", lambda: now[0])  # type: ignore[arg-type]

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Recorder, "take", full)
    (event,) = recording.events()
    assert "the tape ends here: No space left" in event.text
    now[0] += 10
    assert recording.events() == []


# ---- played ----------------------------------------------------------------------------


def playing(tmp_path: Path) -> tuple[TapeDesk, list[float]]:
    record(tmp_path / "a.tape")
    now = [0.0]
    return TapeDesk(Tape(tmp_path / "a.tape"), clock=lambda: now[0]), now


def test_a_tape_plays_as_fast_as_it_was_made_or_faster_and_ends(tmp_path: Path) -> None:
    desk, now = playing(tmp_path)
    desk.read()
    assert desk.index == 0
    now[0] = 2.0
    desk.read()
    assert desk.index == 2
    desk.change_speed(1)
    now[0] = 4.0
    desk.read()  # the speed counts from the first look after its change
    now[0] = 5.0
    desk.read()
    assert (desk.speed, desk.index) == (2.0, 4)
    now[0] = 100.0
    desk.read()
    assert desk.ended


def test_a_held_tape_steps_either_way(tmp_path: Path) -> None:
    desk, now = playing(tmp_path)
    desk.step(3)
    now[0] = 50.0
    desk.read()
    assert (desk.index, desk.paused) == (3, True)
    desk.step(-1)
    assert desk.index == 2
    desk.hold(False)
    desk.read()
    now[0] = 51.0
    desk.read()
    assert desk.index == 3


def test_each_event_is_told_once_until_the_tape_goes_back(tmp_path: Path) -> None:
    desk, _ = playing(tmp_path)
    desk.step(4)
    assert [event.text[5] for event in desk.events()] == list("01234")
    assert desk.events() == []
    desk.step(-2)
    assert desk.restarted()
    assert not desk.restarted()
    assert [event.text[5] for event in desk.events()] == list("012")


def test_nothing_can_be_asked_of_a_tape(tmp_path: Path) -> None:
    desk, _ = playing(tmp_path)
    with pytest.raises(PermissionError, match="this is a tape"):
        desk.halt()
    assert desk.close() == ""


def test_names_are_found_again_wherever_they_stand() -> None:
    rows = np.arange(4)
    tapes._reorder(rows, ("a", "b", "c"), ("c", "x", "a"))
    assert rows.tolist() == [2, 0, 0, 0]
    words = np.array([0, 1, 2, 3])
    tapes._reword(words, ("a", "b", "c"), ("c", "b", "d", "a"))
    assert words.tolist() == [3, 1, 0, 4]
    assert {limit.name for limit in LIMITS} == set(tapes.ROWS["desk.limits"])
