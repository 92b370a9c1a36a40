"""The messages of the venue, as bytes: the one place on this side that states a layout.

`Layout` lists the fields of a C struct in order; what has no name is padding. The offsets
that follow from it are compared with the compiler's (`venue_pipe --layout`) by a test, so
a field that moves fails there and not as a thousand mismatches.

The words (kinds, reasons …) are plain integers, named as in cockpit.h without the prefix.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import NamedTuple

# ---- words -------------------------------------------------------------------------

BUY, SELL, SIDE_BOTH = 0, 1, 2
PRICE_NONE = -1
NOBODY = 65535
SWEEP_MAX = 4096
QTY_MAX = 1_000_000_000

(
    MD_ADD,
    MD_EXECUTE,
    MD_REDUCE,
    MD_DELETE,
    MD_REPLACE,
    MD_TRADE,
    MD_CLEAR,
    MD_PHASE,
) = range(1, 9)
NEW, CANCEL, REPLACE, CANCEL_ALL, REDUCE, MASS_CANCEL, HEARTBEAT, QUERY = range(1, 9)
LIMIT, MARKET, STOP, STOP_LIMIT = range(4)
DAY, IOC, FOK, GTC = range(4)
POST_ONLY, POST_SLIDE, TOTAL = 1, 2, 4
SMP_NONE, SMP_NEWEST, SMP_OLDEST, SMP_BOTH, SMP_DECREMENT = range(5)
(
    CONTINUOUS,
    PRE_OPEN,
    HALT,
    PRE_CLOSE,
    OPENING_CROSS,
    CLOSING_CROSS,
    CLOSED,
) = range(7)
(
    ACCEPTED,
    EXECUTED,
    CANCELLED,
    REPLACED,
    REJECTED,
    CHANGE_REJECTED,
    ALL_CANCELLED,
    TRIGGERED,
    STATUS,
) = range(1, 10)
MAKER, TAKER, CROSS = 0, 1, 2
(
    REASON_NONE,
    REASON_USER,
    REASON_IOC,
    REASON_NO_LIQUIDITY,
    REASON_SYMBOL,
    REASON_PRICE,
    REASON_QTY,
    REASON_DUPLICATE_ID,
    REASON_UNKNOWN_ORDER,
    REASON_CAPACITY,
    REASON_SWEEP,
    REASON_MALFORMED,
    REASON_FOK,
    REASON_MIN_QTY,
    REASON_POST_ONLY,
    REASON_SMP,
    REASON_STOP,
    REASON_PHASE,
    REASON_BAND,
    REASON_THROTTLE,
    REASON_EXPIRED,
    REASON_DISCONNECT,
    REASON_DEAD_MAN,
) = range(23)

# ---- layouts -----------------------------------------------------------------------


class Layout:
    """A C struct: its fields in order, each a name and a code of the `struct` module.

    A field without a name is padding.
    """

    def __init__(self, name: str, *fields: tuple[str, str]) -> None:
        self.name = name
        self.fields = fields

    def offsets(self) -> dict[str, tuple[int, int]]:
        """Of each named field: offset and size, bytes."""
        found, at = {}, 0
        for field, code in self.fields:
            size = struct.calcsize("<" + code)
            if field:
                found[field] = (at, size)
            at += size
        return found

    def names(self, *without: str) -> list[str]:
        """Of the named fields all but some."""
        return [field for field, _ in self.fields if field and field not in without]

    def take(self, names: Iterable[str] | None = None) -> struct.Struct:
        """What packs and unpacks these fields, all by default; passes over the rest."""
        wanted = set(self.offsets() if names is None else names)
        return struct.Struct(
            "<"
            + "".join(
                code if field in wanted else f"{struct.calcsize('<' + code)}x"
                for field, code in self.fields
            )
        )


ORDER = Layout(
    "cp_order",
    ("client_id", "Q"),
    ("original_id", "Q"),
    ("", "16s"),  # stamps of the desk's: the venue does not look at them
    ("price", "q"),
    ("qty", "I"),
    ("symbol", "H"),
    ("participant", "H"),
    ("kind", "B"),
    ("side", "B"),
    ("type", "B"),
    ("time_in_force", "B"),
    ("", "2s"),  # the desk's strategy
    ("flags", "B"),
    ("smp", "B"),
    ("display_qty", "I"),
    ("min_qty", "I"),  # of a stop: stop_price
)
MD = Layout(
    "cp_md",
    ("sequence", "Q"),
    ("time_ns", "Q"),
    ("", "8s"),  # the drive's stamp
    ("order_ref", "Q"),
    ("other_ref", "Q"),
    ("price", "q"),
    ("qty", "I"),
    ("leaves", "I"),
    ("symbol", "H"),
    ("kind", "B"),
    ("side", "B"),
    ("price_rest", "I"),
)
REPORT = Layout(
    "cp_report",
    ("time_ns", "Q"),
    ("client_id", "Q"),
    ("original_id", "Q"),  # of EXECUTED: fee
    ("order_ref", "Q"),
    ("match_ref", "Q"),
    ("price", "q"),
    ("qty", "I"),
    ("leaves", "I"),
    ("symbol", "H"),
    ("participant", "H"),
    ("kind", "B"),
    ("side", "B"),
    ("reason", "B"),
    ("liquidity", "B"),
)
INSTRUMENT = Layout(
    "cp_instrument",
    ("name", "16s"),
    ("increment", "q"),
    ("point_value", "q"),
    ("maker_fee", "q"),
    ("taker_fee", "q"),
    ("price_max", "I"),
    ("price_start", "I"),
    ("", "8s"),  # to the size of a payload
)
REQUEST = Layout(
    "pipe_request",
    ("now_ns", "Q"),
    ("verb", "I"),
    ("argument", "I"),
    ("payload", "64s"),
)
REPLY = Layout(
    "pipe_reply",
    ("md_count", "I"),
    ("report_count", "I"),
    ("copy_count", "I"),
    ("line_count", "I"),
    ("verb", "I"),
    ("result", "i"),
)
LINE = Layout(
    "pipe_line",
    ("id", "Q"),
    ("price", "q"),
    ("qty", "Q"),
    ("hidden", "Q"),
    ("owner", "I"),
    ("kind", "H"),
    ("side", "H"),
)
LAYOUTS = (ORDER, MD, REPORT, INSTRUMENT, REQUEST, REPLY, LINE)


class Order(NamedTuple):
    """What a participant asks of the venue; fields in the order of the layout."""

    client_id: int
    original_id: int
    price: int
    qty: int
    symbol: int
    participant: int
    kind: int
    side: int
    type: int = 0
    time_in_force: int = 0
    flags: int = 0
    smp: int = 0
    display_qty: int = 0
    min_qty: int = 0  # of a stop: stop_price
