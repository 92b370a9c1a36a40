"""A session on file: its pictures and events, to be looked at again.

A tape describes itself. Its head names every field of a picture with type and place, and
the words behind the numbers, so that a tape outlives the layout it was made with: what is
no longer known is dropped, what it does not have is zero.

The file: a line of magic, then frames, each a length (4 bytes, big end first) and a
deflated msgpack map. The first is the head. A picture is the XOR with the one before it,
and every :data:`KEY_EVERY` frames whole, to begin from. A tape cut off in the middle of a
frame plays up to the one before.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Self

import msgpack  # type: ignore[import-untyped]
import numpy as np

from cockpit.control.desk import Desk, Event, Symbol
from cockpit.core import (
    HOPS,
    LIMITS,
    ORDER_STATES,
    PICTURE,
    PICTURE_DTYPE,
    REFUSALS,
    Mode,
    Record,
    RiskState,
    Severity,
)
from cockpit.observe.errors import TapeError as TapeError

Array = np.ndarray[Any, Any]

MAGIC = b"cockpit tape 1\n"
SUFFIX = ".tape"
KEY_EVERY = 64
"""Frames from one whole picture to the next."""
EVERY_S = 0.25
"""From one frame of a recording to the next."""
FRAME_MAX = 1 << 24
"""Bytes of a frame: more is no tape."""
_LENGTH = struct.Struct(">I")

ROWS: dict[str, tuple[str, ...]] = {
    "desk.limits": tuple(limit.name for limit in LIMITS),
    "hops": HOPS,
}
"""Arrays whose rows have names: a row is found again by its name."""
WORDS: dict[str, tuple[str, ...]] = {
    "desk.risk_state": tuple(state.name for state in RiskState),
    "desk.strategies.config.mode": tuple(mode.name for mode in Mode),
    "desk.strategies.last_refusal": REFUSALS,
    "desk.working.state": ORDER_STATES,
}
"""Numbers that stand for words: a word is found again by itself."""


# ---- layouts ---------------------------------------------------------------------------


def describe(dtype: np.dtype[Any]) -> Any:
    """A dtype in plain lists, for :func:`dtype_from`."""
    if dtype.subdtype:
        base, shape = dtype.subdtype
        return {"of": describe(base), "shape": list(shape)}
    if dtype.fields is None:
        return dtype.str
    fields = [
        [name, int(place[1]), describe(place[0])] for name, place in dtype.fields.items()
    ]
    return {"size": dtype.itemsize, "fields": fields}


def dtype_from(description: Any) -> np.dtype[Any]:
    """The dtype that :func:`describe` described."""
    if isinstance(description, str):
        return np.dtype(description)
    if "of" in description:
        return np.dtype((dtype_from(description["of"]), tuple(description["shape"])))
    names, offsets, formats = zip(*description["fields"], strict=True)
    return np.dtype(
        {
            "names": list(names),
            "formats": [dtype_from(part) for part in formats],
            "offsets": list(offsets),
            "itemsize": description["size"],
        }
    )


def transfer(source: Array, target: Array) -> None:
    """Copy what two structured arrays have in common; ``target`` begins as zeros."""
    if (source.dtype.fields is None) != (target.dtype.fields is None):
        return
    if source.ndim != target.ndim:
        return
    cut = tuple(map(slice, map(min, source.shape, target.shape)))
    source, target = source[cut], target[cut]
    if target.dtype.fields is None:
        target[...] = source
        return
    for name in target.dtype.fields:
        if name in (source.dtype.fields or {}):
            transfer(source[name], target[name])


def _reorder(target: Array, old: Sequence[str], new: Sequence[str]) -> None:
    """Rows, along the last axis, from where they had their names to where they do now."""
    rows = target.copy()
    target[...] = np.zeros((), target.dtype)
    for place, name in enumerate(new):
        if name in old:
            target[..., place] = rows[..., old.index(name)]


def _reword(target: Array, old: Sequence[str], new: Sequence[str]) -> None:
    """Numbers of ``old`` words to those of ``new``; past the end (none) stays."""
    numbers = target.copy()
    for number, word in enumerate(old):
        if word in new:
            target[numbers == number] = new.index(word)
    target[numbers >= len(old)] = len(new)


class Layout:
    """How to make today's picture of a tape's."""

    def __init__(self, head: dict[str, Any]) -> None:
        self.dtype = dtype_from(head["layout"])
        self._rows = {k: v for k, v in head["rows"].items() if k in ROWS}
        self._words = {k: v for k, v in head["words"].items() if k in WORDS}
        self._exact = (
            head["layout"] == describe(PICTURE_DTYPE)
            and all(tuple(self._rows.get(k, ())) == v for k, v in ROWS.items())
            and all(tuple(self._words.get(k, ())) == v for k, v in WORDS.items())
        )

    def known(self, path: str) -> frozenset[str]:
        """Names of the rows of an array of :data:`ROWS` that the tape has."""
        return frozenset(self._rows.get(path, ()))

    def has(self, path: str) -> bool:
        """Was there such a figure when the tape was made? ``path``: names and dots."""
        dtype = self.dtype
        for name in path.split("."):
            if dtype.subdtype:
                dtype = dtype.subdtype[0]
            if dtype.fields is None or name not in dtype.fields:
                return False
            dtype = dtype.fields[name][0]
        return True

    def picture(self, raw: bytes) -> Record:
        """The bytes of a tape's picture as one of today."""
        if self._exact:
            return Record(PICTURE, raw)
        picture: Array = np.zeros(1, PICTURE_DTYPE)
        transfer(np.frombuffer(raw, self.dtype), picture)
        for path, names in self._rows.items():
            _reorder(_at(picture, path), names, ROWS[path])
        for path, words in self._words.items():
            _reword(_at(picture, path), words, WORDS[path])
        return Record(PICTURE, picture.tobytes())


def _at(picture: Any, path: str) -> Any:
    for name in path.split("."):
        picture = picture[name]
    return picture


# ---- writing ---------------------------------------------------------------------------


class Recorder:
    """Writes a tape of ``desk``. Call :meth:`take` for each picture to be on it."""

    def __init__(self, path: Path, desk: Desk) -> None:
        self._desk = desk
        self._before = bytes(PICTURE_DTYPE.itemsize)
        self._count = 0
        self._events: list[Event] = []
        self._taken = 0.0
        try:
            self._file: BinaryIO = path.open("wb")
        except OSError as error:
            raise TapeError(f"{path}: {error.strerror}") from None
        self._file.write(MAGIC)
        self._write(
            {
                "mode": desk.mode,
                "origin": desk.origin,
                "symbols": [
                    [s.name, s.increment, s.point_value, s.decimals] for s in desk.symbols
                ],
                "layout": describe(PICTURE_DTYPE),
                "rows": {path: list(names) for path, names in ROWS.items()},
                "words": {path: list(words) for path, words in WORDS.items()},
            }
        )

    def take(self, now: float, events: Sequence[Event] = ()) -> None:
        """One frame: the latest picture and what was said; ``now``: s since 1970, UTC.

        A full disk and the like raise OSError.
        """
        picture = self._desk.read().tobytes()
        whole = self._count % KEY_EVERY == 0
        before = bytes(len(picture)) if whole else self._before
        changed = np.bitwise_xor(
            np.frombuffer(picture, np.uint8), np.frombuffer(before, np.uint8)
        )
        rows = [[e.time, int(e.severity), e.source, e.text] for e in events]
        self._write(
            {
                "now": now,
                "picture": changed.tobytes(),
                "events": rows,
                "errors": list(self._desk.config_errors()),
            }
        )
        self._before = picture
        self._count += 1

    def offer(self, now: float, events: Sequence[Event]) -> None:
        """:meth:`take`, as often as is worth it; no event is left out."""
        self._events += events
        if now - self._taken >= EVERY_S:
            self.take(now, self._events)
            self._events, self._taken = [], now

    def close(self) -> None:
        """End the tape with what was said after the last frame."""
        if self._events:
            self.take(self._taken + EVERY_S, self._events)
        self._file.close()

    def abandon(self) -> None:
        """Let go of the file, as it is."""
        with suppress(OSError):
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _write(self, message: dict[str, Any]) -> None:
        body = zlib.compress(msgpack.packb(message, use_bin_type=True), 9)
        self._file.write(_LENGTH.pack(len(body)) + body)


class RecordingDesk:
    """``desk``, with everything a screen sees of it put on tape.

    What cannot be written ends the tape and is an event; the desk goes on.
    """

    def __init__(self, desk: Desk, path: Path, clock: Callable[[], float]) -> None:
        self._desk = desk
        self._recorder: Recorder | None = Recorder(path, desk)
        self._clock = clock

    def __getattr__(self, name: str) -> Any:
        return getattr(self._desk, name)

    def events(self) -> list[Event]:
        """The desk's own, which go on the tape with the picture."""
        events = self._desk.events()
        if self._recorder is not None:
            now = self._clock()
            try:
                self._recorder.offer(now, events)
            except OSError as error:
                recorder, self._recorder = self._recorder, None
                recorder.abandon()
                text = f"the tape ends here: {error.strerror}"
                events.append(Event(now, Severity.CRITICAL, "tape", text))
        return events

    def close(self) -> str:
        """Close the desk, then the tape."""
        trouble = self._desk.close()
        if self._recorder is None:
            return trouble
        try:
            self._recorder.offer(self._clock(), self._desk.events())
            self._recorder.close()
        except OSError as error:
            return "; ".join(filter(None, (trouble, f"the tape: {error.strerror}")))
        return trouble


# ---- reading ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of a tape, and what had been said since the one before."""

    now: float
    picture: Record
    events: tuple[Event, ...]
    errors: tuple[str, ...]


class Tape:
    """A tape to be read, any frame of it. Raises :class:`TapeError`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._data = path.read_bytes()
        except OSError as error:
            raise TapeError(f"{path}: {error.strerror}") from None
        if not self._data.startswith(MAGIC):
            raise TapeError(f"{path}: not a tape of this kind: it does not begin with "
                            f"{MAGIC.decode().strip()!r}")  # fmt: skip
        places = list(self._scan(len(MAGIC)))
        if len(places) < 2:
            raise TapeError(f"{path}: there is no picture on it")
        try:
            head = self._message(places[0])
            self.layout = Layout(head)
            self.mode, self.origin = str(head["mode"]), str(head["origin"])
            self.symbols = tuple(Symbol(*row) for row in head["symbols"])
        except TapeError:
            raise
        except (KeyError, TypeError, ValueError) as error:
            raise TapeError(f"{path}: its head makes no sense: {error}") from None
        self._places = places[1:]
        self._raw: tuple[int, bytes] = (-1, b"")

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, index: int) -> Frame:
        """Frame ``index``, from 0."""
        if not 0 <= index < len(self):
            raise IndexError(index)
        message = self._message(self._places[index])
        try:
            return Frame(
                now=float(message["now"]),
                picture=self.layout.picture(self._picture(index)),
                events=tuple(
                    Event(float(time), Severity(severity), str(source), str(text))
                    for time, severity, source, text in message["events"]
                ),
                errors=tuple(map(str, message["errors"])),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise TapeError(f"{self.path}: frame {index}: {error}") from None

    def time(self, index: int) -> float:
        """When frame ``index`` was taken, s since 1970."""
        return float(self._message(self._places[index])["now"])

    def _scan(self, at: int) -> list[tuple[int, int]]:
        places = []
        while at + _LENGTH.size <= len(self._data):
            (length,) = _LENGTH.unpack_from(self._data, at)
            at += _LENGTH.size
            if not 0 < length <= FRAME_MAX or at + length > len(self._data):
                break
            places.append((at, at + length))
            at += length
        return places

    def _message(self, place: tuple[int, int]) -> dict[str, Any]:
        try:
            body = zlib.decompressobj().decompress(self._data[slice(*place)], FRAME_MAX)
            message = msgpack.unpackb(body, raw=False)
        except (zlib.error, ValueError, msgpack.UnpackException) as error:
            where = f"byte {place[0]}"
            raise TapeError(f"{self.path}: {where}: {error}") from None
        if not isinstance(message, dict):
            raise TapeError(f"{self.path}: byte {place[0]}: no map")
        return message

    def _picture(self, index: int) -> bytes:
        """The raw picture, from the last whole one or from the one read before."""
        have, raw = self._raw
        first = index - index % KEY_EVERY
        if first <= have <= index:
            first = have + 1
        else:
            raw = bytes(self.layout.dtype.itemsize)
        for number in range(first, index + 1):
            change = self._message(self._places[number])["picture"]
            if len(change) != self.layout.dtype.itemsize:
                raise TapeError(f"{self.path}: frame {number} is of another size")
            before = raw if number % KEY_EVERY else bytes(len(change))
            raw = np.bitwise_xor(
                np.frombuffer(change, np.uint8), np.frombuffer(before, np.uint8)
            ).tobytes()
        self._raw = index, raw
        return raw
