"""Structs of C read from Python: layouts and dtypes are derived, never typed by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cockpit._native import ffi
from cockpit.core.codes import JournalKind
from cockpit.record import ArrayOf, Kind, Layout, Record

if TYPE_CHECKING:  # loaded where an array is made: a screen needs none
    import numpy as np

    PICTURE_DTYPE: np.dtype[Any]
    NOTE_DTYPE: np.dtype[Any]
    FLOW_EVENT_DTYPE: np.dtype[Any]
    MISMATCH_DTYPE: np.dtype[Any]
    PLUGIN_SEAT_DTYPE: np.dtype[Any]
    JOURNAL_RECORD_DTYPE: np.dtype[Any]
    JOURNAL_BODIES: dict[int, np.dtype[Any]]
    """What a record of a kind says; a control's first part only."""


def _kind_of(ctype: Any) -> Kind:
    match ctype.kind:
        case "struct":
            return layout_of(ctype)
        case "array" if ctype.item.cname == "char":
            return f"{ctype.length}s"
        case "array":
            return ArrayOf(_kind_of(ctype.item), ctype.length, ffi.sizeof(ctype))
    size = ffi.sizeof(ctype)
    if ctype.cname in ("float", "double"):
        return {4: "f", 8: "d"}[size]
    letter = {1: "b", 2: "h", 4: "i", 8: "q"}[size]
    return letter if int(ffi.cast(ctype, -1)) < 0 else letter.upper()


def layout_of(ctype: Any) -> Layout:
    """The layout the C compiler gave a struct, for :class:`cockpit.record.Record`."""
    if isinstance(ctype, str):
        ctype = ffi.typeof(ctype)
    fields = [(name, part.offset, _kind_of(part.type)) for name, part in ctype.fields]
    return Layout(ffi.sizeof(ctype), fields)


PICTURE = layout_of("cp_picture")
NOTE = layout_of("cp_note")


def blank_picture() -> Record:
    """A picture in which everything is 0."""
    return Record(PICTURE, bytes(PICTURE.size))


def dtype_of(ctype: Any) -> np.dtype[Any]:
    """The numpy dtype that has the layout the C compiler gave a type."""
    import numpy as np

    if isinstance(ctype, str):
        ctype = ffi.typeof(ctype)
    match ctype.kind:
        case "struct":
            members = [(name, dtype_of(member.type), member.offset)
                       for name, member in ctype.fields]  # fmt: skip
            names, formats, offsets = zip(*members, strict=True)
            size = ffi.sizeof(ctype)
            return np.dtype(
                {"names": names, "formats": formats, "offsets": offsets, "itemsize": size}
            )
        case "array" if ctype.item.cname == "char":
            return np.dtype(f"S{ctype.length}")
        case "array":
            return np.dtype((dtype_of(ctype.item), (ctype.length,)))
    if ctype.cname in ("float", "double"):
        return np.dtype(f"f{ffi.sizeof(ctype)}")
    sign = "i" if int(ffi.cast(ctype, -1)) < 0 else "u"
    return np.dtype(f"{sign}{ffi.sizeof(ctype)}")


_DTYPES = {
    "PICTURE_DTYPE": "cp_picture",
    "JOURNAL_RECORD_DTYPE": "cp_journal_record",
    "NOTE_DTYPE": "cp_note",
    "FLOW_EVENT_DTYPE": "cp_flow_event",
    "MISMATCH_DTYPE": "cp_mismatch",
    "PLUGIN_SEAT_DTYPE": "cp_plugin_seat",
}
_BODIES = {
    JournalKind.SEGMENT: "cp_journal_segment",
    JournalKind.INSTRUMENT: "cp_journal_instrument",
    JournalKind.POSITION: "cp_journal_position",
    JournalKind.WORKING: "cp_journal_working",
    JournalKind.COSTS: "cp_journal_costs",
    JournalKind.LOTS: "cp_journal_lots",
    JournalKind.EXPECTED: "cp_journal_expected",
    JournalKind.MATCHES: "cp_journal_matches",
    JournalKind.STATE: "cp_journal_state",
    JournalKind.SNAPSHOT_END: "cp_journal_state",
    JournalKind.IDS: "cp_journal_ids",
    JournalKind.ORDER: "cp_journal_order",
    JournalKind.REPORT: "cp_report",
    JournalKind.CONTROL: "cp_journal_control",
    JournalKind.CHAIN: "cp_journal_chain",
    JournalKind.NOTE: "cp_note",
    JournalKind.DROPPED: "cp_journal_order",
    JournalKind.CLOSED: "cp_journal_state",
    JournalKind.STRATEGY: "cp_journal_strategy",
    JournalKind.LIMITS: "cp_journal_limits",
}


def made(name: str) -> Any:
    """The dtype of that name (``JOURNAL_BODIES``: one by kind), made when asked for.

    Raises :class:`AttributeError`: there is none.
    """
    if name in _DTYPES:
        found: Any = dtype_of(_DTYPES[name])
    elif name == "JOURNAL_BODIES":
        found = {kind: dtype_of(ctype) for kind, ctype in _BODIES.items()}
    else:
        raise AttributeError(f"module 'cockpit.core' has no attribute {name!r}")
    return found
