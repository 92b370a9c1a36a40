"""An order of the operator's own: what it is, what it would do, what became of it.

The core checks it anew while it is written: the position after it and what it leaves of
each limit are the core's figures. Enter twice sends it; then the dialog shows what the
core and the venue say of it, under the tag it was sent with.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from cockpit.control.desk import Margin, Preview, Symbol, Ticket
from cockpit.core import (
    LIMITS,
    MONEY_SCALE,
    ORDER_STATES,
    PRICE_NONE,
    REASONS,
    REFUSALS,
    OrderType,
    Side,
    TimeInForce,
)
from cockpit.ui.render import number, risk, working
from cockpit.ui.render.overlay import box
from cockpit.ui.render.text import Row, Rows, Segment, clean, settle, spread, wrap
from cockpit.ui.scene import Scene

_WIDTH = 74
_NAME = 10
TWICE_S = 2.0
FIELDS = ("symbol", "side", "size", "price", "type")
TYPES = (
    ("limit, day", OrderType.LIMIT, TimeInForce.DAY, False),
    ("limit, day, post-only", OrderType.LIMIT, TimeInForce.DAY, True),
    ("limit, IOC", OrderType.LIMIT, TimeInForce.IOC, False),
    ("limit, FOK", OrderType.LIMIT, TimeInForce.FOK, False),
    ("market, IOC", OrderType.MARKET, TimeInForce.IOC, False),
    ("market, FOK", OrderType.MARKET, TimeInForce.FOK, False),
)
MARGINS_SHOWN = 5
_SILENT_S = 2.0


class TicketForm:
    """``preview`` asks the core, and never waits; ``send`` hands the order over and gives
    its tag; ``pull`` cancels one by its id."""

    takes_letters = False

    def __init__(
        self,
        scene: Scene,
        preview: Callable[[Ticket], Preview | None],
        send: Callable[[Ticket], int],
        pull: Callable[[int], None],
    ) -> None:
        self.symbol = scene.selected
        self.side = Side.BUY
        self.size = ""
        self.type = 0
        self.at = FIELDS.index("size")
        self.problem = ""
        self.sent: tuple[int, Ticket, float] | None = None
        """Tag, what it was sent with, and when."""
        self._preview = preview
        self._send = send
        self._pull = pull
        self._armed: tuple[Ticket, float] | None = None
        self._price_typed = False
        self.price = ""
        self._follow(scene)

    # ---- what is written ---------------------------------------------------------------

    def _symbol(self, scene: Scene) -> Symbol:
        return scene.symbols[self.symbol]

    def _is_market(self) -> bool:
        return TYPES[self.type][1] == OrderType.MARKET

    def _follow(self, scene: Scene) -> None:
        """The price is our side's best until one is typed."""
        if self._price_typed:
            return
        book = scene.live["desk"]["symbols"][self.symbol]
        touch = int(book["bid" if self.side == Side.BUY else "ask"])
        found = touch != PRICE_NONE
        self.price = number.price(touch, self._symbol(scene)) if found else ""
        self.price = self.price.replace(",", "")

    def ticket(self, scene: Scene) -> Ticket | str:
        """What is written, or why it is no order yet."""
        if not self.size:
            return "How many lots?"
        _, kind, tif, post_only = TYPES[self.type]
        price = 0
        if not self._is_market():
            found = _increments(self.price, self._symbol(scene))
            if isinstance(found, str):
                return found
            price = found
        ticket = Ticket(
            self.symbol, self.side, int(self.size), price, kind, tif, post_only
        )
        return ticket.problem(len(scene.symbols)) or ticket

    # ---- what is shown -----------------------------------------------------------------

    def rows(self, scene: Scene, width: int, height: int) -> Rows:
        across = min(_WIDTH, width - 2)
        inner = across - 4
        body = [self._field(scene, name, inner) for name in FIELDS]
        body.append(())
        if self.sent:
            body += self._outcome(scene, inner)
        else:
            body += self._effect(scene, inner)
        return box("Your own order", body, across, scene.glyphs)

    def _field(self, scene: Scene, name: str, width: int) -> Row:
        here = self.sent is None and FIELDS[self.at] == name
        symbol = self._symbol(scene)
        unit = ""
        match name:
            case "symbol":
                text, style = symbol.name, "strong"
            case "side":
                text = self.side.name
                style = "up" if self.side == Side.BUY else "down"
            case "size":
                text, style, unit = self.size, "strong", " lots"
            case "price" if self._is_market():
                text, style = "at once, as far as the price collars allow", "dim"
            case "price":
                text, style = self.price, "strong"
                unit = "" if self._price_typed else "  our best then; type another"
            case _:
                text, style = TYPES[self.type][0], "text"
        mark = "|row" if here else ""
        typed = here and name in ("size", "price") and not self._is_market()
        typed = typed or (here and name == "size")
        row: Row = (
            (f"{name.ljust(_NAME)}", "key" if here else "dim"),
            (f" {clean(text)}", style + mark),
            (scene.glyphs.cursor if typed else " ", "accent" + mark),
            (unit, "dim"),
        )
        if name != "symbol":
            return settle(row, width)
        book = scene.live["desk"]["symbols"][self.symbol]
        bid, ask = (number.price(int(book[side]), symbol) for side in ("bid", "ask"))
        best: Row = (("bid ", "dim"), (bid, "bid"), ("  ask ", "dim"), (ask, "ask"))
        return spread(row, best, width)

    def _effect(self, scene: Scene, width: int) -> Rows:
        found = self.ticket(scene)
        keys: Row = (
            ("Up Down", "key"), (" field  ", "dim"), ("Left Right", "key"),
            (" change  ", "dim"), ("Enter", "key"), (" send  ", "dim"),
            ("Esc", "key"), (" leave", "dim"),
        )  # fmt: skip
        if isinstance(found, str):
            return [((self.problem or found, "warn"),), (), keys]
        seen = self._preview(found)
        if seen is None:
            waits = f"{scene.glyphs.waiting} the core has not answered yet"
            return [((waits, "pending"),), (), keys]
        rows = self._figures(scene, seen, width)
        if self._armed and self._armed[0] == found and scene.now < self._armed[1]:
            text = f" press Enter again within 2 s to {self._words(scene, found)} "
            return [*rows, ((text, "alarm"),)]
        if self.problem:
            rows += [((line, "bad"),) for line in wrap(self.problem, width)]
        return [*rows, keys]

    def _figures(self, scene: Scene, seen: Preview, width: int) -> Rows:
        now, after = (
            number.shown_position(lots, 12)
            for lots in (seen.position, seen.position_after)
        )
        worst = ", ".join(
            number.shown_position(lots, 12)[0]
            for lots in (seen.worst_long, seen.worst_short)
        )
        value = number.fit_money(seen.value, 14)
        rows: Rows = [
            spread(
                (("position  ", "dim"), now, (" -> ", "faint"), after,
                 ("  worst ", "dim"), (worst, "text")),
                (("value ", "dim"), (value, "text")),
                width,
            ),
            (),
            ((f"{'limit'.ljust(18)}{'with it':>12}{'of':>12}{'left':>12}", "head"),),
        ]  # fmt: skip
        nearest = sorted(
            range(len(seen.margins)), key=lambda i: -_share(seen.margins[i])
        )[:MARGINS_SHOWN]
        for index in nearest:
            rows.append(_margin(index, seen.margins[index]))
        rows.append(())
        if seen.passes:
            rows.append((("No limit stands against it.", "on"),))
        else:
            rows += [((line, "bad"),) for line in wrap(_refusal(seen), width)]
        return rows

    def _words(self, scene: Scene, ticket: Ticket) -> str:
        symbol = self._symbol(scene)
        price = f"at {number.price(ticket.price, symbol)}"
        if ticket.type == OrderType.MARKET:
            price = "at the market"
        return f"{ticket.side.name} {ticket.qty:,} {clean(symbol.name)} {price}"

    def _outcome(self, scene: Scene, width: int) -> Rows:
        assert self.sent is not None
        tag, ticket, since = self.sent
        rows: Rows = [((f"asked to {self._words(scene, ticket)}", "text"),)]
        shown = self._shown(scene, tag)
        if shown is None:
            silent = scene.now - since
            text = f"{scene.glyphs.waiting} the core has not confirmed it yet"
            rows.append(((text, "bad" if silent >= _SILENT_S else "pending"),
                         (f"  {number.span(silent)}", "dim")))  # fmt: skip
        else:
            rows += self._said(scene, shown, width)
        again: Row = (
            ("n", "key"), (" another  ", "dim"), ("Del", "key"), (" pull it  ", "dim"),
            ("Esc", "key"), (" leave", "dim"),
        )  # fmt: skip
        return [*rows, (), again]

    def _shown(self, scene: Scene, tag: int) -> Any:
        by_hand = scene.live["desk"]["by_hand"]
        for shown in by_hand["tickets"][: int(by_hand["ticket_count"])]:
            if int(shown["tag"]) == tag:
                return shown
        return None

    def _said(self, scene: Scene, shown: Any, width: int) -> Rows:
        if not int(shown["client_id"]):
            refusal = int(shown["refusal"])
            word = risk.label(REFUSALS[refusal]) if refusal < len(REFUSALS) else "?"
            passing = int(shown["passing_qty"])
            rest = f"; {passing:,} lots would pass" if passing else ""
            text = f"refused by risk, nothing was sent: {word}{rest}"
            return [((line, "bad"),) for line in wrap(text, width)]
        state = int(shown["state"])
        shown_state: Segment = working.state(scene, state)
        filled, qty = int(shown["filled"]), int(shown["qty"])
        price = number.price(int(shown["price"]), self._symbol(scene))
        row: Row = (
            shown_state,
            (f"  {filled:,} of {qty:,} filled, {int(shown['leaves']):,} left", "text"),
            (f"  at {price}, id {int(shown['client_id'])}", "dim"),
        )
        if ORDER_STATES[state] != "rejected":
            return [row]
        reason = int(shown["reason"])
        why = REASONS[reason] if reason < len(REASONS) else "?"
        return [row, ((f"the venue rejected it: {why.replace('_', ' ')}", "bad"),)]

    # ---- keys --------------------------------------------------------------------------

    def key(self, scene: Scene, key: str, character: str | None) -> bool:
        if key == "escape":
            scene.dialog = None
            return True
        if self.sent:
            if key == "n":
                self.sent, self.size, self.problem = None, "", ""
                self._price_typed = False
                self._follow(scene)
                return True
            return key in ("delete", "backspace") and self._take_off(scene)
        if key == "enter":
            self._enter(scene)
            return True
        self._armed, self.problem = None, ""
        if key in ("up", "shift+tab"):
            self.at = (self.at - 1) % len(FIELDS)
        elif key in ("down", "tab"):
            self.at = (self.at + 1) % len(FIELDS)
        elif key in ("left", "right"):
            self._change(scene, 1 if key == "right" else -1)
        elif key == "backspace":
            self._take_back()
        elif character and (character.isdecimal() or character == "."):
            self._type(character)
        elif key in ("b", "s"):
            self.side = Side.BUY if key == "b" else Side.SELL
        else:
            return False
        self._follow(scene)
        return True

    def _take_off(self, scene: Scene) -> bool:
        """Pull what was sent, if it may still work."""
        assert self.sent is not None
        shown = self._shown(scene, self.sent[0])
        if shown is None or not int(shown["client_id"]) or not int(shown["leaves"]):
            scene.say("there is nothing left to pull", "warn")
        else:
            self._pull(int(shown["client_id"]))
            scene.say("asked to pull it", "warn")
        return True

    def _change(self, scene: Scene, step: int) -> None:
        match FIELDS[self.at]:
            case "symbol":
                self.symbol = (self.symbol + step) % len(scene.symbols)
                self._price_typed = False
            case "side":
                self.side = Side.SELL if self.side == Side.BUY else Side.BUY
            case "type":
                self.type = (self.type + step) % len(TYPES)
            case "size":
                self.size = str(max(int(self.size or 0) + step, 1))
            case _ if not self._is_market():
                symbol = self._symbol(scene)
                found = _increments(self.price, symbol)
                if isinstance(found, int):
                    price = number.price(max(found + step, 1), symbol)
                    self.price, self._price_typed = price.replace(",", ""), True

    def _take_back(self) -> None:
        match FIELDS[self.at]:
            case "size":
                self.size = self.size[:-1]
            case "price":
                self.price, self._price_typed = self.price[:-1], True

    def _type(self, character: str) -> None:
        match FIELDS[self.at]:
            case "price":
                kept = self.price if self._price_typed else ""
                self.price, self._price_typed = (kept + character)[:16], True
            case _ if character != ".":
                self.at = FIELDS.index("size")
                self.size = (self.size + character).lstrip("0")[:9]

    def _enter(self, scene: Scene) -> None:
        found = self.ticket(scene)
        if isinstance(found, str):
            self.problem = found
            return
        seen = self._preview(found)
        if seen is None:
            self.problem = "not sent: the core has not said yet what it would do"
            return
        if not seen.passes:
            self.problem = "not sent: it would be refused"
            return
        armed = self._armed
        if armed is None or armed[0] != found or scene.now >= armed[1]:
            self._armed = found, scene.now + TWICE_S
            return
        self._armed = None
        tag = self._send(found)
        if not tag:
            self.problem = "not sent: it could not be handed over; the log says why"
            return
        self.sent = tag, found, scene.now


def _increments(text: str, symbol: Symbol) -> int | str:
    """A price as written in increments, or what is wrong with it."""
    try:
        money = Decimal(text) * MONEY_SCALE
    except InvalidOperation:
        return "At what price?"
    count, rest = divmod(money, symbol.increment)
    if rest:
        step = number.scaled(symbol.increment, MONEY_SCALE, symbol.decimals)
        return f"A price of {clean(symbol.name)} is a multiple of {step}."
    return int(count) or "At what price?"


def _share(margin: Margin) -> float:
    if margin.limit:
        return margin.used / margin.limit
    return 1.0 if margin.used > 0 else 0.0


def _margin(index: int, margin: Margin) -> Row:
    limit = LIMITS[index]
    style = risk.severity(margin.used, margin.limit)
    used, of, left = (
        risk.value(figure, limit, 11).rjust(12)
        for figure in (margin.used, margin.limit, margin.left)
    )
    shown = "text" if style == "gauge" else style
    name = risk.label(limit.name)
    return (
        (name.ljust(18)[:18], "text"), (used, shown), (of, "dim"), (left, shown),
        (f" {limit.unit}", "faint"),
    )  # fmt: skip


def _refusal(seen: Preview) -> str:
    """In words, with the numbers where it is a limit's."""
    word = risk.label(seen.refusal)
    names = [REFUSALS[index] for index in range(len(LIMITS))]
    if seen.refusal in names:
        limit = LIMITS[names.index(seen.refusal)]
        most, now, then = (
            risk.value(figure, limit, 14)
            for figure in (seen.limit, seen.current, seen.would_be)
        )
        whose = {"symbol": "the symbol's own ", "strategy": "the operator's own "}
        word = whose.get(seen.scope, "") + word
        word += f" {most} {limit.unit}, now {now}, would be {then}"
    rest = f"; {seen.passing_qty:,} lots would pass" if seen.passing_qty else ""
    return f"It would be refused: {word}{rest}."
