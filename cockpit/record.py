"""Structs of the core as values read by name: what a screen takes a picture apart with.

A screen reads a few hundred single figures of a picture, each once. numpy is made for the
opposite, and loading it is a good part of the time to the first frame. Here the plain
fields of a struct are decoded together when it is first asked for, and are Python's own
numbers from then on. Of an array can be had what screens want: rows, slices, a column.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self, SupportsIndex, overload


@dataclass(frozen=True, slots=True)
class ArrayOf:
    """So many of the same, side by side."""

    item: Kind
    count: int
    size: int
    """Bytes of all of them."""


class Layout:
    """Where the fields of a struct are. ``fields``: name, offset, and what is there."""

    def __init__(self, size: int, fields: list[tuple[str, int, Kind]]) -> None:
        self.size = size
        self.fields = fields
        self.parts: dict[str, tuple[int, Layout | ArrayOf]] = {}
        names, texts, formats, at = [], [], "=", 0
        for name, offset, kind in fields:
            if not isinstance(kind, str):
                self.parts[name] = offset, kind
                continue
            formats += f"{offset - at}x{kind}"
            at = offset + struct.calcsize(f"={kind}")
            names.append(name)
            if kind.endswith("s"):
                texts.append(name)
        self._names, self._texts = tuple(names), tuple(texts)
        self._unpack = struct.Struct(formats).unpack_from

    def decode(self, raw: bytes, at: int) -> dict[str, Any]:
        """The plain fields of the struct that begins ``at``; texts up to their NULs."""
        found = dict(zip(self._names, self._unpack(raw, at), strict=True))
        for name in self._texts:
            found[name] = found[name].rstrip(b"\0")
        return found

    def describe(self) -> list[Any]:
        """Every name, place and kind, in plain lists."""
        return [
            self.size,
            [[name, offset, _describe(kind)] for name, offset, kind in self.fields],
        ]


Kind = str | Layout | ArrayOf
"""A format of :mod:`struct`, or what such are put together to."""


def _describe(kind: Kind) -> Any:
    if isinstance(kind, Layout):
        return kind.describe()
    if isinstance(kind, ArrayOf):
        return [kind.count, _describe(kind.item)]
    return kind


def _read(kind: Layout | ArrayOf, raw: bytes, at: int) -> Any:
    if isinstance(kind, Layout):
        return Record(kind, raw, at)
    if isinstance(kind.item, str):
        return Column(struct.unpack_from(f"={kind.count}{kind.item}", raw, at))
    return Rows(kind.item, raw, at, kind.count, kind.item.size)


class Record(dict[str, Any]):
    """One struct, as it was when it was read: what the core writes later is not in it."""

    __slots__ = ("_at", "_layout", "_raw")

    def __init__(self, layout: Layout, raw: bytes, at: int = 0) -> None:
        super().__init__(layout.decode(raw, at))
        self._layout, self._raw, self._at = layout, raw, at

    def __missing__(self, name: str) -> Any:
        offset, kind = self._layout.parts[name]
        part = self[name] = _read(kind, self._raw, self._at + offset)
        return part

    def copy(self) -> Self:
        """Itself: it never changes."""
        return self

    def tobytes(self) -> bytes:
        return self._raw[self._at : self._at + self._layout.size]


class Column(tuple[Any, ...]):
    """The same field of several structs, or an array of plain numbers."""

    __slots__ = ()

    @overload
    def __getitem__(self, place: SupportsIndex) -> Any: ...
    @overload
    def __getitem__(self, place: slice) -> Column: ...
    def __getitem__(self, place: SupportsIndex | slice) -> Any:
        found = super().__getitem__(place)
        return Column(found) if isinstance(place, slice) else found

    def tolist(self) -> list[Any]:
        return list(self)

    def any(self) -> bool:
        return any(self)

    def sum(self) -> Any:
        return sum(self)

    def max(self, initial: Any = None) -> Any:
        return max(self) if initial is None else max(self, default=initial)


class Rows:
    """Structs, or arrays, side by side or in others that are."""

    __slots__ = ("_at", "_count", "_item", "_known", "_raw", "_stride")

    def __init__(
        self, item: Layout | ArrayOf, raw: bytes, at: int, count: int, stride: int
    ) -> None:
        self._item, self._raw, self._at = item, raw, at
        self._count, self._stride = count, stride
        self._known: dict[int, Any] = {}

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, place: str | int | slice) -> Any:
        """A row, rows from one to another, or a field of all of them."""
        if isinstance(place, str):
            return self._field(place)
        if isinstance(place, slice):
            first, end, step = place.indices(self._count)
            count = max((end - first + step - 1) // step, 0)
            at, stride = self._at + first * self._stride, step * self._stride
            return Rows(self._item, self._raw, at, count, stride)
        known = self._known.get(place)
        if known is None:
            index = place + self._count if place < 0 else place
            if not 0 <= index < self._count:
                raise IndexError(f"row {place} of {self._count}")
            known = _read(self._item, self._raw, self._at + index * self._stride)
            self._known[place] = known
        return known

    def __iter__(self) -> Iterator[Any]:
        return (self[index] for index in range(self._count))

    def tobytes(self) -> bytes:
        ends = (self._at + index * self._stride for index in range(self._count))
        return b"".join(self._raw[at : at + self._item.size] for at in ends)

    def _field(self, name: str) -> Any:
        if isinstance(self._item, ArrayOf):
            raise TypeError(f"{name}: these are arrays, not structs")
        if (part := self._item.parts.get(name)) is None:
            return Column(row[name] for row in self)
        offset, kind = part
        if isinstance(kind, ArrayOf) and isinstance(kind.item, str):
            return [row[name] for row in self]
        return Rows(kind, self._raw, self._at + offset, self._count, self._stride)
