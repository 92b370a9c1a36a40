"""Venue and desk, in threads of their own or under virtual time."""

from __future__ import annotations

import getpass
import os
from collections.abc import Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any, Self

from cockpit._native import ffi, lib
from cockpit.core.codes import (
    NOBODY,
    POST_ONLY,
    SIDE_BOTH,
    Cause,
    Control,
    CoreError,
    Hop,
    Loosening,
    Mode,
    OrderType,
    Severity,
    Side,
    TimeInForce,
    check,
    text_of,
)
from cockpit.core.memory import NOTE, PICTURE, dtype_of
from cockpit.core.settings import (
    Limits,
    NetEvent,
    Settings,
    Strategy,
    fill_config,
    fill_strategy,
    scoped_rows,
)
from cockpit.core.tables import LIMIT_NONE, SCOPED_MAX, LimitChange, PastVersion
from cockpit.record import Record

if TYPE_CHECKING:  # loaded where an array is made: a screen needs none
    import numpy as np
    import numpy.typing as npt

    Array = np.ndarray[Any, Any]


def _user() -> str:
    """Whoever runs this, by name or by number."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def _clip(text: str, size: int) -> bytes:
    """UTF-8 that fits with its NUL, cut between characters."""
    return text.encode()[: size - 1].decode(errors="ignore").encode()


class Engine:
    """Venue and desk, in threads of their own or under virtual time.

    A live engine trades between :meth:`start` and :meth:`stop`; one under virtual time
    moves by :meth:`run`. All methods are for one thread, which must not be the core's.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        config = ffi.new("cp_config *")
        fill_config(config, settings)
        created = ffi.new("cp_engine **")
        error = ffi.new("char[]", lib.CP_ERROR_SIZE)
        result = lib.cp_engine_create(created, config, error)
        if result < 0:
            raise CoreError(text_of(error) or os.strerror(-result))
        self._engine = ffi.gc(created[0], lib.cp_engine_destroy)
        self._recording: list[Any] = []
        self._commanding = Lock()
        self._reading = Lock()
        self.signature: tuple[str, str] = (_user(), "")
        """Who gives the commands that follow, and why: it goes into the journal, cut to
        CP_WHO_SIZE and CP_WHY_SIZE bytes."""
        self._picture = ffi.new("cp_picture *")
        self._view: Array | None = None
        self._notes = ffi.new("cp_note[]", 1024)
        self._net_events = ffi.new("cp_net_event[]", 256)

    def replay_itch(self, buffer: Any, locates: tuple[int, ...]) -> None:
        """Play an ITCH file (bytes or mmap, kept alive); ``locates`` by instrument."""
        raw = ffi.from_buffer("uint8_t[]", buffer)
        self._recording = [buffer, raw]
        check(lib.cp_engine_replay_itch(self._engine, raw, len(raw), list(locates)))

    def replay_events(
        self, events: Array, reference: npt.NDArray[np.int64] | None = None
    ) -> None:
        """Play events of FLOW_EVENT_DTYPE against ``reference``, [rows, 4 x levels]."""
        import numpy as np

        if events.dtype != dtype_of("cp_flow_event"):
            raise CoreError("events are not of FLOW_EVENT_DTYPE")
        events = np.ascontiguousarray(events)
        raw = ffi.from_buffer("cp_flow_event[]", events)
        rows, levels = ffi.NULL, 0
        if reference is not None:
            reference = np.ascontiguousarray(reference, dtype=np.int64)
            rows, levels = (
                ffi.from_buffer("int64_t[]", reference),
                reference.shape[1] // 4,
            )
        self._recording = [events, raw, reference, rows]
        check(lib.cp_engine_replay_events(self._engine, raw, len(events), rows, levels))

    def start(self) -> None:
        """Raises :class:`CoreError` when no thread, or no journal, could be begun."""
        result = lib.cp_engine_start(self._engine)
        if result < 0:
            journal = self.settings.journal
            where = f" (its journal is to be in {journal.directory})" if journal else ""
            raise CoreError(f"the desk did not start: {os.strerror(-result)}{where}")

    def stop(self) -> None:
        check(lib.cp_engine_stop(self._engine))

    def run(self, md_events: int) -> None:
        """Virtual time: play until so many more market data events, or the flow ends."""
        check(lib.cp_engine_run(self._engine, md_events))

    def picture(self) -> Record:
        """The latest picture, as a screen reads it."""
        with self._reading:  # the core lets one in at a time; alerts have their thread
            lib.cp_engine_read(self._engine, self._picture)
            return Record(PICTURE, ffi.buffer(self._picture)[:])

    def read(self) -> Array:
        """The latest picture as a numpy record; the same each time, refilled in place."""
        lib.cp_engine_read(self._engine, self._picture)
        if self._view is None:
            import numpy as np

            raw = ffi.buffer(self._picture)
            self._view = np.frombuffer(raw, dtype_of("cp_picture")).reshape(())
            self._view.flags.writeable = False
        return self._view

    def notes(self) -> list[Record]:
        """What happened since the last call, oldest first (``cp_note``)."""
        count = lib.cp_engine_notes(self._engine, self._notes, len(self._notes))
        raw = ffi.buffer(self._notes)[: count * NOTE.size]
        return [Record(NOTE, raw, index * NOTE.size) for index in range(count)]

    def net_events(self) -> list[NetEvent]:
        """What happened to connections since the last call, oldest first."""
        events = self._net_events
        count = lib.cp_engine_net_events(self._engine, events, len(events))
        return [
            NetEvent(e.time_ns, Severity(e.severity), text_of(e.text))
            for e in events[0:count]
        ]

    def mismatches(self) -> Array:
        """The replay's executions that did not meet their order (MISMATCH_DTYPE)."""
        import numpy as np

        buffer = ffi.new("cp_mismatch[]", lib.CP_MISMATCH_MAX)
        count = lib.cp_engine_mismatches(self._engine, buffer, lib.CP_MISMATCH_MAX)
        dtype = dtype_of("cp_mismatch")
        return np.frombuffer(ffi.buffer(buffer), dtype, count=count).copy()

    def histogram(self, hop: Hop) -> npt.NDArray[np.uint64]:
        """Counts of one hop, in HdrHistogram's layout (1 ns to 60 s, 3 digits)."""
        import numpy as np

        counts = np.zeros(lib.CP_HISTOGRAM_COUNTS, dtype=np.uint64)
        raw = ffi.from_buffer("uint64_t[]", counts, require_writable=True)
        check(lib.cp_engine_histogram(self._engine, hop, raw))
        return counts

    # Commands: handed to the desk, which answers in the picture and the notes.

    def _command(self, kind: Control, **fields: Any) -> None:
        control = ffi.new("cp_control *", {"kind": int(kind), **fields})
        self._send(control)

    def _send(self, control: Any, signature: tuple[str, str] | None = None) -> None:
        who, why = signature or self.signature
        control.who = _clip(who, lib.CP_WHO_SIZE)
        control.why = _clip(why, lib.CP_WHY_SIZE)
        with self._commanding:
            result = lib.cp_engine_command(self._engine, control)
        if result < 0:
            raise CoreError(f"the desk takes no more commands ({os.strerror(-result)})")

    def pause(self, cause: Cause = Cause.OPERATOR) -> None:
        """Hold every strategy; ``cause`` is the operator or the drop copy."""
        self._command(Control.PAUSE, mode=int(cause))

    def resume(self) -> None:
        self._command(Control.RESUME)

    def reduce(self) -> None:
        """From now on only what brings positions nearer to none, until RESUME."""
        self._command(Control.REDUCE)

    def flatten(self) -> None:
        self._command(Control.FLATTEN)

    def halt(self) -> None:
        self._command(Control.HALT)

    def kill_from_outside(self, kind: Control, who: str, why: str) -> None:
        """HALT, CANCEL_ALL, FLATTEN for any thread: who else uses this may be stuck."""
        control = ffi.new("cp_control *", {"kind": int(kind)})
        self._send(control, (who, why))

    def unhalt(self) -> None:
        self._command(Control.UNHALT)

    def cancel_all(self) -> None:
        self._command(Control.CANCEL_ALL)

    def stop_trading(self) -> None:
        """Halt for the end of the session: a restart goes on from the state before it."""
        self._command(Control.STOP)

    def accept(self) -> None:
        """What reconciliation found is right: end the doubt about every symbol."""
        self._command(Control.ACCEPT)

    def send_order(
        self,
        *,
        tag: int,
        symbol: int,
        side: Side,
        qty: int,
        price: int,
        type: OrderType,
        time_in_force: TimeInForce,
        post_only: bool,
        send: bool = True,
    ) -> None:
        """The operator's own order; with ``send`` off it is only checked.

        What came of it is in the picture under ``tag``: ``by_hand.tickets``, ``preview``.
        """
        ticket = {
            "tag": tag,
            "symbol": symbol,
            "side": int(side),
            "qty": qty,
            "price": price,
            "type": int(type),
            "time_in_force": int(time_in_force),
            "flags": POST_ONLY if post_only else 0,
        }
        self._command(Control.ORDER if send else Control.PREVIEW, ticket=ticket)

    def cancel(
        self,
        client_id: int = 0,
        *,
        symbol: int = NOBODY,
        side: int = SIDE_BOTH,
        strategy: int = NOBODY,
    ) -> None:
        """Pull the orders that fit all that is given."""
        ticket = {
            "client_id": client_id,
            "symbol": symbol,
            "side": int(side),
            "strategy": strategy,
        }
        self._command(Control.CANCEL, ticket=ticket)

    def halt_strategy(self, slot: int) -> None:
        self._command(Control.HALT_STRATEGY, target=slot)

    def halt_symbol(self, symbol: int) -> None:
        self._command(Control.HALT_SYMBOL, target=symbol)

    def resume_symbol(self, symbol: int) -> None:
        self._command(Control.RESUME_SYMBOL, target=symbol)

    def flatten_strategy(self, slot: int) -> None:
        self._command(Control.FLATTEN_STRATEGY, target=slot)

    def flatten_symbol(self, symbol: int) -> None:
        self._command(Control.FLATTEN_SYMBOL, target=symbol)

    def set_mode(self, slot: int, mode: Mode) -> None:
        self._command(Control.MODE, target=slot, mode=int(mode))

    def set_limits(self, limits: Limits) -> None:
        rows = scoped_rows(limits)
        self._command(
            Control.LIMITS,
            limits=list(limits.values),
            triggers=list(limits.triggers),
            scoped=rows,
            scoped_count=len(rows),
            version=limits.version,
            hash=limits.hash,
        )

    def record_loosening(self, stage: Loosening, changes: Sequence[LimitChange]) -> None:
        """Have the journal's chain know of it; nothing else comes of this."""
        rows = [
            {
                "value": LIMIT_NONE if value is None else value,
                "scope": change.scope,
                "target": change.target,
                "limit": change.limit,
            }
            for change in changes[: SCOPED_MAX // 2]
            for value in (change.old, change.new)
        ]
        self._command(
            Control.LOOSENING, mode=int(stage), scoped=rows, scoped_count=len(rows)
        )

    def versions(self) -> list[PastVersion]:
        """What strategies ran with, by the journal, oldest first. Before start only."""
        kept = ffi.new("cp_strategy_version[]", lib.CP_VERSION_MAX)
        count = lib.cp_engine_versions(self._engine, kept)
        return [
            PastVersion(
                text_of(one.name),
                int(one.version),
                int(one.hash),
                int(one.layout),
                int(one.wall_ns),
                ffi.string(one.who).decode(errors="replace"),
                tuple(one.parameters),
            )
            for one in kept[0:count]
        ]

    def set_strategy(self, slot: int, strategy: Strategy | None) -> None:
        """Put ``strategy`` into a slot, or empty it."""
        control = ffi.new("cp_control *", {"kind": int(Control.STRATEGY), "target": slot})
        if strategy is not None:
            fill_strategy(control.strategy, strategy)
        self._send(control)

    def __enter__(self) -> Self:
        if not self.settings.virtual_time:
            self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        if not self.settings.virtual_time:
            self.stop()
