"""Tickets on their way to the core, and its answers to those that are only looked at.

The core answers one question at a time: the picture has room for the last. Questions wait
here for their turn, a bounded number of them for a bounded time.
"""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable

from cockpit.control.desk import Preview, Ticket, preview_of
from cockpit.core import CoreError, Engine, Record

ANSWER_SECONDS = 1.0
"""How long the core may take to answer."""
AGAIN_SECONDS = 0.2
"""Between two questions about the ticket on a screen."""
WAITING_MAX = 64
"""Questions and answers kept; beyond it the oldest are forgotten."""


def new_tag() -> int:
    """What a ticket is known by; never 0."""
    return secrets.randbits(62) + 1


class Previews:
    """For the one thread that may use the engine."""

    def __init__(
        self, engine: Engine, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._waiting: OrderedDict[int, Ticket] = OrderedDict()
        self._answers: OrderedDict[int, Preview] = OrderedDict()
        self._asked: tuple[int, Ticket, float] | None = None
        self._shown: tuple[Ticket, Preview | None] | None = None
        """Of the ticket on the screen: the latest answer."""
        self._shown_tag = 0
        self._shown_since = 0.0

    def hand(self, ticket: Ticket, tag: int, *, send: bool = True) -> None:
        """Give a ticket to the core, to send or to look at. Raises CoreError."""
        self._engine.send_order(
            tag=tag,
            symbol=ticket.symbol,
            side=ticket.side,
            qty=ticket.qty,
            price=ticket.price,
            type=ticket.type,
            time_in_force=ticket.time_in_force,
            post_only=ticket.post_only,
            send=send,
        )

    def ask(self, ticket: Ticket) -> int:
        """A question; the tag its answer will have."""
        tag = new_tag()
        self._waiting[tag] = ticket
        while len(self._waiting) > WAITING_MAX:
            self._waiting.popitem(last=False)
        self._ask_next()
        return tag

    def take(self, tag: int) -> Preview | None:
        """The answer, once."""
        return self._answers.pop(tag, None)

    def latest(self, ticket: Ticket) -> Preview | None:
        """The latest answer about a ticket that is asked about again and again."""
        now = self._clock()
        if self._shown is None or self._shown[0] != ticket:
            # Nobody waits for the one before; those who type fast would wait for it.
            self._waiting.pop(self._shown_tag, None)
            self._shown, self._shown_tag = (ticket, None), 0
        waits = self._shown_tag in self._waiting or (
            self._asked is not None and self._asked[0] == self._shown_tag
        )
        again = not waits and now - self._shown_since >= AGAIN_SECONDS
        if not self._shown_tag or again:
            self._shown_tag, self._shown_since = self.ask(ticket), now
        self._take_shown()
        return self._shown[1]

    def step(self, picture: Record) -> None:
        """Look for an answer, and ask what waits."""
        if self._asked is not None:
            tag, ticket, deadline = self._asked
            said = picture["desk"]["preview"]
            if int(said["tag"]) == tag:
                self._answers[tag] = preview_of(ticket, said)
                while len(self._answers) > WAITING_MAX:
                    self._answers.popitem(last=False)
                self._asked = None
                self._take_shown()
            elif self._clock() > deadline:
                self._asked = None
        self._ask_next()

    def _take_shown(self) -> None:
        if self._shown is not None and (found := self.take(self._shown_tag)):
            self._shown = self._shown[0], found

    def _ask_next(self) -> None:
        if self._asked is not None or not self._waiting:
            return
        tag, ticket = self._waiting.popitem(last=False)
        try:
            self.hand(ticket, tag, send=False)
        except CoreError:
            return  # its ring is full: whoever asked will ask again
        self._asked = tag, ticket, self._clock() + ANSWER_SECONDS
