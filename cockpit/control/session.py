"""One client of a served desk: its bytes, its role, and the bounds it has to keep.

A session that breaks a bound is cut off and the reason logged. Nothing here waits: what a
client does not take stays in the kernel, at most one picture of it here.
"""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Callable
from typing import Any, Protocol

from cockpit.control.operators import Operator, peer
from cockpit.control.protocol import (
    ANSWER_MAX,
    REQUEST_MAX,
    TRADE,
    Frames,
    Hello,
    ProtocolError,
    encode,
    hello_of,
)

GREETING_SECONDS = 2.0
"""From the connection to a complete greeting."""
FRAME_SECONDS = 2.0
"""From the first byte of a frame to its last."""
SILENCE_SECONDS = 5.0
"""Without a sign of life."""
STALL_SECONDS = 3.0
"""With something waiting that the client does not read."""
MESSAGES_PER_SECOND = 200
PENDING_MAX = 8
"""Commands under way at once."""


class House(Protocol):
    """What a session needs of the server."""

    def may_enter(self, session: Session) -> str:
        """Why it may not; empty when it may."""

    def joined(self, session: Session) -> None: ...

    def asked(self, session: Session, message: dict[str, Any]) -> None: ...

    def left(self, session: Session, why: str) -> None: ...


class Session(asyncio.Protocol):
    """A connection, from the kernel's word on who it is to its end."""

    def __init__(self, house: House, clock: Callable[[], float] = time.monotonic) -> None:
        self.number = 0
        self.operator = Operator(-1, -1, "")
        self.hello: Hello | None = None
        self.next_event = 0
        """The first event this client has not been sent."""
        self.next_frame = 0.0
        """When its next picture is due, by the monotonic clock."""
        self.base: bytes | None = None
        """The picture it was sent last."""
        self.sequence = 0
        self.told: Any = None
        """What it was last told of files and controls."""
        self.alerts: Any = None
        """The alerts it was last told."""
        self.pending = 0
        self._house = house
        self._clock = clock
        self._frames = Frames(REQUEST_MAX)
        self._transport: asyncio.Transport | None = None
        self._began = self._heard = clock()
        self._partial_since: float | None = None
        self._stalled_since: float | None = None
        self._count_since, self._count = self._began, 0
        self._why = ""

    # ---- what the loop calls -----------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        # From one waiting byte on it counts as stalled.
        transport.set_write_buffer_limits(high=0)
        connection: socket.socket = transport.get_extra_info("socket")
        self.operator = peer(connection)
        # The directory keeps others out; this does, should it not. Root is let in: it
        # could do anything anyway, and may have to halt.
        if self.operator.uid not in (0, os.geteuid()):
            self.refuse(f"uid {self.operator.uid} is not the one the desk runs as")
        elif why := self._house.may_enter(self):
            self.refuse(why)

    def data_received(self, data: bytes) -> None:
        self._heard = self._clock()
        try:
            for message in self._frames.feed(data):
                if self.is_cut:
                    return
                self._count_message()
                self._take(message)
        except ProtocolError as error:
            self.refuse(str(error))
            return
        if not self._frames.is_partial:
            self._partial_since = None
        elif self._partial_since is None:
            self._partial_since = self._heard

    def pause_writing(self) -> None:
        self._stalled_since = self._clock()

    def resume_writing(self) -> None:
        self._stalled_since = None

    def connection_lost(self, error: Exception | None) -> None:
        self._house.left(self, self._why)

    # ---- what the server calls ---------------------------------------------------------

    @property
    def may_trade(self) -> bool:
        return self.hello is not None and self.hello.role == TRADE

    @property
    def is_cut(self) -> bool:
        return bool(self._why)

    @property
    def is_free(self) -> bool:
        """Has it taken everything that was sent?"""
        return self._stalled_since is None and not self.is_cut

    def send(self, message: dict[str, Any]) -> None:
        """Hand a message to the kernel, or keep it until the client reads."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(encode(message, ANSWER_MAX))

    def refuse(self, why: str) -> None:
        """Say why, and end it."""
        self.send({"refused": why})
        self.cut(why)

    def cut(self, why: str) -> None:
        """End it now; ``why`` is logged."""
        if self.is_cut:
            return
        self._why = why
        if self._transport is None:
            return
        if self._stalled_since is None:
            self._transport.close()  # the reason is with the kernel already
        else:
            self._transport.abort()

    def end(self) -> None:
        """End it in order, without a complaint."""
        if self._transport is not None:
            self._transport.close()

    def overdue(self, now: float) -> str:
        """Which bound it has broken by ``now``; empty when none."""
        if self.hello is None and now - self._began > GREETING_SECONDS:
            return f"no greeting within {GREETING_SECONDS:g} s"
        if self._partial_since is not None and now - self._partial_since > FRAME_SECONDS:
            return f"half a frame for {FRAME_SECONDS:g} s"
        if self._stalled_since is not None and now - self._stalled_since > STALL_SECONDS:
            return f"has not read for {STALL_SECONDS:g} s"
        if now - self._heard > SILENCE_SECONDS:
            return f"silent for {SILENCE_SECONDS:g} s"
        return ""

    # ---- inside ------------------------------------------------------------------------

    def _count_message(self) -> None:
        if self._heard - self._count_since >= 1:
            self._count_since, self._count = self._heard, 0
        self._count += 1
        if self._count > MESSAGES_PER_SECOND:
            raise ProtocolError(f"more than {MESSAGES_PER_SECOND} messages in a second")

    def _take(self, message: dict[str, Any]) -> None:
        if self.hello is None:
            self.hello = hello_of(message)
            op = self.operator
            self.operator = Operator(op.uid, op.pid, op.tty, self.hello.program)
            self._house.joined(self)
        elif message != {"ask": "ping"}:
            self._house.asked(self, message)
