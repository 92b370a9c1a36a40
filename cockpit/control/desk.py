"""What a screen, a script or an alert may ask of a desk, and how it answers.

One interface. The desk is in this process (:mod:`cockpit.control.local`) or in another
one (:mod:`cockpit.control.remote`), and answers to the same calls. Commands return at
once and only hand over what was asked; whether it happened shows in the next picture, and
in the events.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from cockpit.core import (
    LIMITS,
    REFUSALS,
    Mode,
    OrderType,
    Record,
    Scope,
    Severity,
    Side,
    StrategyKind,
    TimeInForce,
)

if TYPE_CHECKING:
    from cockpit.control.alarms import Alert

QTY_MAX = (1 << 32) - 1
PRICE_MAX = (1 << 32) - 2


@dataclass(frozen=True, slots=True)
class Symbol:
    """An instrument, as far as drawing it needs. Money: units of 1 / MONEY_SCALE."""

    name: str
    increment: int
    """Money: one step of price."""
    point_value: int
    decimals: int
    """Digits after the point that a price of it shows."""


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the log."""

    time: float
    """Seconds since 1970, UTC; under virtual time seconds since the start."""
    severity: Severity
    source: str
    """Who speaks, one word: desk, risk, config, operator, a strategy's name."""
    text: str
    """Plain text, never markup."""
    who: str = ""
    """The operator it is about, where it is about one."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """An order of the operator's own.

    A market order goes out as an immediate one at the worst price that the price collars
    allow, and what it does not find is cancelled.
    """

    symbol: int
    """Index into the desk's symbols."""
    side: Side
    qty: int
    """Lots."""
    price: int = 0
    """Increments; of a market order nothing."""
    type: OrderType = OrderType.LIMIT
    time_in_force: TimeInForce = TimeInForce.DAY
    post_only: bool = False
    """Refused by the venue where it would trade at once."""

    def problem(self, symbol_count: int) -> str:
        """What no desk would take, whatever its market and limits; empty: nothing."""
        if not 0 <= self.symbol < symbol_count:
            return "no such symbol"
        if not 1 <= self.qty <= QTY_MAX:
            return f"a quantity is a whole number of lots from 1 to {QTY_MAX:,}"
        market = self.type == OrderType.MARKET
        if market and self.time_in_force == TimeInForce.DAY:
            return "a market order never rests: IOC or FOK"
        if not market and not 1 <= self.price <= PRICE_MAX:
            return "a limit order needs a price above zero"
        if self.post_only and (market or self.time_in_force != TimeInForce.DAY):
            return "post-only is for limit orders that may rest"
        return ""


@dataclass(frozen=True, slots=True)
class Margin:
    """What an order would leave of one limit; both in the limit's own unit."""

    limit: int
    used: int
    """With the order."""

    @property
    def left(self) -> int:
        """Below zero: so much too much."""
        return self.limit - self.used


@dataclass(frozen=True, slots=True)
class Preview:
    """What would become of a ticket, by the core's own check when it was asked."""

    ticket: Ticket
    price: int
    """That it would be sent at, increments."""
    value: int
    """Money."""
    position: int
    position_after: int
    """If all of it fills; lots, as the others."""
    worst_long: int
    worst_short: int
    """With it and everything that works."""
    reduces: bool
    """It can only bring the position nearer to none."""
    refusal: str
    """Why it would not be sent, a word of the core's; empty: it would be."""
    scope: str
    """Of the limit that refuses it: global, symbol or strategy."""
    limit: int
    current: int
    would_be: int
    """Of the limit that refuses it, in its own unit."""
    passing_qty: int
    """The most lots that would be sent, up to its own."""
    margins: tuple[Margin, ...]
    """By the order of ``core.LIMITS``."""

    @property
    def passes(self) -> bool:
        return not self.refusal


def preview_of(ticket: Ticket, said: Record) -> Preview:
    """The core's ``cp_preview`` about ``ticket``."""
    refusal = int(said["refusal"])
    return Preview(
        ticket=ticket,
        refusal=REFUSALS[refusal] if refusal < len(REFUSALS) else "",
        scope=Scope(int(said["scope"])).name.lower(),
        reduces=bool(said["reduces"]),
        margins=tuple(
            Margin(int(said["limits"][i]), int(said["used"][i]))
            for i in range(len(LIMITS))
        ),
        **{
            name: int(said[name])
            for name in (
                "price", "value", "position", "position_after", "worst_long",
                "worst_short", "limit", "current", "would_be", "passing_qty",
            )
        },
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class StrategyVersion:
    """The parameters a strategy had, or has."""

    version: int
    hash: int
    time: float
    """When the core confirmed it, s since 1970."""
    who: str
    """Operator, or the file it was read from."""
    changes: str
    """What was different from the one before: ``half_spread 1.5 -> 2 increments``."""
    values: tuple[tuple[str, float], ...]
    """Every parameter by its name."""
    in_force: bool


class Desk(Protocol):
    """A desk that is running, wherever it runs.

    A strategy is meant by its slot (``core.OPERATOR``: the operator's own place), a
    symbol by its index.
    """

    @property
    def mode(self) -> str:
        """What is traded on, in capitals: SIM (embedded exchange), REPLAY, ..."""

    @property
    def origin(self) -> str:
        """Where the market comes from, for the header: ``synthetic seed 1``, a file."""

    @property
    def symbols(self) -> tuple[Symbol, ...]: ...

    @property
    def kinds(self) -> Mapping[int, StrategyKind]:
        """The kinds of strategies it has, by the number the picture has them under.

        Those of a user's among them, also one that came while it ran. The desk is the
        only one to know them: what another process has loaded says nothing about it.
        """

    def read(self) -> Record:
        """The latest picture (``cp_picture``)."""

    def events(self) -> list[Event]:
        """What happened since the last call, oldest first."""

    def config_errors(self) -> tuple[str, ...]:
        """What is wrong with the files on disk now; empty when they are in force."""

    def alerts(self) -> tuple[Alert, ...]:
        """The alerts there are, oldest first; the same object until one changes."""

    def acknowledge(self, number: int | None = None) -> int:
        """Alert ``number``, or every one, has been seen; how many were new.

        Whoever sits at a screen that may command may say so, whoever has the controls.
        """

    def toggle_strategy(self, slot: int) -> None:
        """OFF to LIVE, anything else to OFF."""

    def set_mode(self, slot: int, mode: Mode) -> None: ...

    def cancel_all(self) -> None:
        """Pull every working order; strategies go on as they are."""

    def cancel(
        self,
        order: int | None = None,
        *,
        symbol: int | None = None,
        side: Side | None = None,
        strategy: int | None = None,
    ) -> None:
        """Pull the working orders that fit all that is given; of nothing, every order.

        ``order``: its client id. Strategies go on as they are, and may quote again.
        """

    def order(self, ticket: Ticket) -> int:
        """Send an order of the operator's own; the tag it has in the picture.

        It passes the same check as a strategy's. ``desk.by_hand.tickets`` of the picture
        shows under the tag what became of it, also where it was refused. ACTIVE takes
        any, PAUSED what only reduces the symbol's position, FLATTENING and HALTED none.
        0: it was not even handed over, and the log says why.
        """

    def preview(self, ticket: Ticket) -> Preview | None:
        """What would come of it; None until the core has answered.

        Never waits: to be called again with each frame, which also keeps it up to date.
        """

    def pause(self) -> None: ...

    def reduce(self) -> None:
        """From anyone only what brings positions nearer to none, until it is resumed."""

    def resume(self, *, symbol: int | None = None) -> None:
        """Trade again after a pause; of a symbol, after its halt."""

    def flatten(self, *, strategy: int | None = None, symbol: int | None = None) -> None:
        """Close every position, then pause.

        Of a strategy: it is OFF, and what it holds is closed. Of a symbol: it is halted,
        and what anybody holds in it is closed. The rest trades on.
        """

    def halt(self, *, strategy: int | None = None, symbol: int | None = None) -> None:
        """Pull every order, send nothing.

        Of a strategy: it is OFF. Of a symbol: nothing new in it until it is resumed, also
        after a restart.
        """

    def unhalt(self) -> None: ...

    def accept(self) -> None:
        """What reconciliation found is right: end the doubt about every symbol."""

    def versions(self, slot: int) -> tuple[StrategyVersion, ...]:
        """What a strategy runs with and, newest first, the five versions before."""

    def revert(self, slot: int, version: int) -> None:
        """Set a strategy's parameters to what they were in one of :meth:`versions`.

        They become a new version. The file on disk changes by those lines alone.
        """

    def close(self) -> str:
        """Leave the desk. Empty, or what could not be done.

        One in this process pulls every order and stops; one in another trades on.
        """
