"""Files of the journal, looked through by the core."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cockpit._native import ffi, lib
from cockpit.core.codes import JournalKind, text_of

if TYPE_CHECKING:  # loaded where an array is made: a screen needs none
    import numpy as np
    import numpy.typing as npt

    Array = np.ndarray[Any, Any]

JOURNAL_BODY: int = lib.CP_JOURNAL_BODY
"""Bytes of one record's body."""
JOURNAL_VERSION: int = lib.CP_JOURNAL_VERSION
JOURNAL_OLDEST: int = lib.CP_JOURNAL_OLDEST
WHY_SIZE: int = lib.CP_WHY_SIZE
JOURNAL_KINDS: dict[int, str] = {
    kind: text_of(lib.cp_journal_kind_name(kind)) for kind in JournalKind
}


@dataclass(frozen=True, slots=True)
class JournalCheck:
    """What one look through a journal's file found. See ``cp_journal_check``."""

    record_count: int
    first: int
    last: int
    synced: int
    bad_offset: int
    is_damaged: bool
    tail_size: int


def journal_check(raw: npt.NDArray[np.uint8], first: int) -> JournalCheck:
    """Look through a file in memory whose first record is ``first`` by its name."""
    check = ffi.new("cp_journal_check *")
    lib.cp_journal_check_bytes(
        ffi.from_buffer("uint8_t[]", raw) if len(raw) else ffi.NULL,
        len(raw),
        first,
        check,
    )
    return JournalCheck(
        record_count=int(check.record_count),
        first=int(check.first),
        last=int(check.last),
        synced=int(check.synced),
        bad_offset=int(check.bad_offset),
        is_damaged=bool(check.is_damaged),
        tail_size=int(check.tail_size),
    )
