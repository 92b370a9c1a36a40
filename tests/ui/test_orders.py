"""The operator's own orders, cancels by what they name, kills by scope, versions."""

from __future__ import annotations

from dataclasses import replace

import pytest
from bench_desk import Bench, bench
from desks import SYMBOLS, PaintedDesk

from cockpit.control.desk import Margin, Preview, StrategyVersion, Ticket
from cockpit.core import (
    LIMITS,
    MONEY_SCALE,
    OPERATOR,
    ORDER_STATES,
    REFUSALS,
    Kill,
    Mode,
    OrderType,
    RiskState,
    Side,
    SymbolHalt,
    TimeInForce,
)

BUY_5 = Ticket(0, Side.BUY, 5, 14_999)


def traded() -> PaintedDesk:
    """A desk with a market, three working orders and a position."""
    desk = PaintedDesk()
    desk.set_book(0, [(14_999, 300)], [(15_001, 200)])
    desk.set_book(1, [(400, 10)], [(401, 10)])
    for place, (client_id, symbol, side, slot) in enumerate(
        ((11, 0, Side.BUY, 0), (12, 0, Side.SELL, 0), (13, 1, Side.BUY, 1))
    ):
        order = desk.picture["desk"]["working"][place]
        order["client_id"], order["symbol"], order["side"] = client_id, symbol, side
        order["strategy"], order["state"] = slot, ORDER_STATES.index("live")
        order["qty"] = order["leaves"] = 10
        order["sent_ns"] = desk.picture["time_ns"]
    desk.picture["desk"]["working_count"] = 3
    return desk


def preview_of(ticket: Ticket, **changes: object) -> Preview:
    margins = tuple(Margin(1000, 10 * (i + 1)) for i in range(len(LIMITS)))
    seen = Preview(
        ticket=ticket, price=ticket.price, value=ticket.qty * MONEY_SCALE, position=20,
        position_after=20 + ticket.qty, worst_long=40, worst_short=-10, reduces=False,
        refusal="", scope="", limit=0, current=0, would_be=0, passing_qty=ticket.qty,
        margins=margins,
    )  # fmt: skip
    return replace(seen, **changes)


# ---- a ticket --------------------------------------------------------------------------


async def open_ticket(b: Bench, qty: str = "5") -> None:
    await b.press("o", *qty)


async def test_a_ticket_shows_what_it_would_do_before_it_is_sent() -> None:
    desk = traded()
    desk.previews[BUY_5] = preview_of(BUY_5)
    async with bench(desk) as b:
        await open_ticket(b)
        text = b.shown("over")
        assert "position  +20 -> +25" in text
        assert "worst +40, -10" in text
        assert "No limit stands against it." in text
        assert f"{len(LIMITS) * 10:,}" in text  # the nearest limit goes first
        assert desk.calls == []


async def test_a_ticket_is_sent_by_enter_pressed_twice_and_shows_what_came_of_it() -> (
    None
):
    desk = traded()
    desk.previews[BUY_5] = preview_of(BUY_5)
    async with bench(desk) as b:
        await open_ticket(b)
        await b.press("enter")
        assert "press Enter again within 2 s to BUY 5 ALFA at 149.99" in b.shown("over")
        assert desk.calls == []
        await b.press("enter")
        assert desk.calls == [("order", BUY_5)]
        assert "the core has not confirmed it yet" in b.shown("over")
        by_hand = desk.picture["desk"]["by_hand"]
        by_hand["ticket_count"] = 1
        shown = by_hand["tickets"][0]
        shown["tag"], shown["client_id"], shown["price"] = 1, 77, 14_999
        shown["qty"] = shown["leaves"] = 5
        shown["state"] = ORDER_STATES.index("pending_new")
        await b.frame(0.2)
        assert "◌ SENT" in b.shown("over")
        assert "WORKS" not in b.shown("over")
        shown["state"], shown["filled"], shown["leaves"] = (
            ORDER_STATES.index("partial"), 2, 3,
        )  # fmt: skip
        await b.frame(0.2)
        assert "◐ PARTLY  2 of 5 filled, 3 left  at 149.99, id 77" in b.shown("over")
        await b.press("delete")
        assert desk.calls[-1] == ("cancel", 77, None, None, None)
        await b.press("n")
        assert "How many lots?" in b.shown("over")


async def test_the_second_enter_has_to_come_within_two_seconds() -> None:
    desk = traded()
    desk.previews[BUY_5] = preview_of(BUY_5)
    async with bench(desk) as b:
        await open_ticket(b)
        await b.press("enter")
        await b.frame(2.5)
        await b.press("enter")
        assert desk.calls == []


async def test_a_ticket_changed_after_the_first_enter_is_asked_about_again() -> None:
    desk = traded()
    sell = replace(BUY_5, side=Side.SELL, price=15_001)
    desk.previews = {t: preview_of(t) for t in (BUY_5, sell)}
    async with bench(desk) as b:
        await open_ticket(b)
        await b.press("enter", "s", "enter")
        assert desk.calls == []
        assert "to SELL 5 ALFA at 150.01" in b.shown("over")


async def test_what_would_be_refused_is_not_sent_and_says_the_limit_and_the_numbers() -> (
    None
):
    desk = traded()
    at = [limit.name for limit in LIMITS].index("max_position")
    desk.previews[BUY_5] = preview_of(
        BUY_5, refusal=REFUSALS[at], limit=60, current=58, would_be=63, passing_qty=2
    )
    async with bench(desk) as b:
        await open_ticket(b)
        text = " ".join(b.shown("over").replace("│", " ").split())
        assert "would be refused" in text
        assert "60 lots, now 58, would be 63; 2 lots would pass" in text
        await b.press("enter", "enter")
        assert desk.calls == []
        assert "not sent: it would be refused" in b.shown("over")


async def test_nothing_is_sent_before_the_core_has_said_what_it_would_do() -> None:
    desk = traded()
    async with bench(desk) as b:
        await open_ticket(b)
        assert "the core has not answered yet" in b.shown("over")
        await b.press("enter", "enter")
        assert desk.calls == []


async def test_a_refusal_after_sending_is_shown_as_one() -> None:
    desk = traded()
    desk.previews[BUY_5] = preview_of(BUY_5)
    async with bench(desk) as b:
        await open_ticket(b)
        await b.press("enter", "enter")
        by_hand = desk.picture["desk"]["by_hand"]
        by_hand["ticket_count"] = 1
        by_hand["tickets"][0]["tag"] = 1
        by_hand["tickets"][0]["refusal"] = 0
        by_hand["tickets"][0]["passing_qty"] = 3
        await b.frame(0.2)
        text = b.shown("over")
        assert "refused by risk, nothing was sent" in text
        assert "3 lots would pass" in text


async def test_every_field_is_changed_by_keys_and_makes_the_ticket_it_shows() -> None:
    desk = traded()
    async with bench(desk) as b:
        await open_ticket(b, "12")
        form = b.app.scene.dialog
        await b.press("up", "right", "up", "right")  # side, then symbol
        assert form.ticket(b.app.scene) == Ticket(1, Side.SELL, 12, 401)
        await b.press("down", "down", "down", "left", "left")  # price
        assert form.ticket(b.app.scene) == Ticket(1, Side.SELL, 12, 399)
        await b.press("down", *["right"] * 4)  # market, IOC
        assert form.ticket(b.app.scene) == Ticket(
            1, Side.SELL, 12, 0, OrderType.MARKET, TimeInForce.IOC
        )
        await b.press("left", "left", "left", "up", *["backspace"] * 8, *"100.3")
        assert "multiple of 0.25" in str(form.ticket(b.app.scene))
        await b.press("backspace", *"5")
        assert form.ticket(b.app.scene) == Ticket(
            1, Side.SELL, 12, 402, OrderType.LIMIT, TimeInForce.DAY, True
        )
        await b.press("escape")
        assert b.app.scene.dialog is None
        assert desk.calls == []


async def test_halting_works_while_a_ticket_is_written() -> None:
    desk = traded()
    async with bench(desk) as b:
        await open_ticket(b)
        await b.press("h", "h")
        assert desk.calls == ["halt"]


async def test_there_is_no_ticket_while_halted() -> None:
    desk = traded()
    desk.set_state(RiskState.HALTED)
    async with bench(desk) as b:
        await b.press("o")
        assert b.app.scene.dialog is None
        assert "halted takes cancels only" in b.shown("footer")


async def test_an_order_by_hand_is_named_so() -> None:
    desk = traded()
    desk.picture["desk"]["working"][0]["strategy"] = OPERATOR
    async with bench(desk) as b:
        b.app.scene.focus = "working"
        await b.press("z")
        assert "by hand" in b.shown("working")
        await b.press("down", "w")
        assert "An operator sent it by hand" in b.shown("over")


# ---- cancels ---------------------------------------------------------------------------


async def test_the_order_under_the_cursor_is_pulled_whichever_place_it_has() -> None:
    desk = traded()
    async with bench(desk) as b:
        await b.press("delete")
        assert desk.calls == []
        assert "choose an order" in b.shown("footer")
        b.app.scene.focus = "working"
        await b.press("down", "down")
        rows = desk.picture["desk"]["working"]
        rows[0], rows[1] = rows[1].copy(), rows[0].copy()
        await b.press("delete")
        assert desk.calls == [("cancel", 12, None, None, None)]


async def test_an_order_that_is_gone_is_not_asked_for() -> None:
    desk = traded()
    async with bench(desk) as b:
        b.app.scene.focus = "working"
        await b.press("down")
        desk.picture["desk"]["working_count"] = 0
        desk.picture["desk"]["working_count"] = 1
        desk.picture["desk"]["working"][0]["client_id"] = 99
        await b.press("delete")
        assert desk.calls == []
        assert "does not work any more" in b.shown("footer")


@pytest.mark.parametrize(
    ("label", "call"),
    [
        ("every buy: 2", ("cancel", None, None, Side.BUY, None)),
        ("every sell: 1", ("cancel", None, None, Side.SELL, None)),
        ("all in ALFA: 2", ("cancel", None, 0, None, None)),
        ("every sell in ALFA: 1", ("cancel", None, 0, Side.SELL, None)),
        ("all of momentum: 1", ("cancel", None, None, None, 1)),
        ("everything: 3", "cancel_all"),
    ],
)
async def test_orders_are_pulled_by_side_symbol_and_strategy(
    label: str, call: object
) -> None:
    desk = traded()
    async with bench(desk) as b:
        await b.press("X")
        menu = b.app.scene.dialog
        labels = [choice.label for choice in menu.found(b.app.scene)]
        at = next(i for i, text in enumerate(labels) if text.startswith(label))
        await b.press(*["down"] * at, "enter")
        assert desk.calls == [call]
        assert "asked to pull" in b.shown("footer")


# ---- kills -----------------------------------------------------------------------------


async def test_a_strategy_alone_is_halted_by_k_pressed_twice_and_seen_to_stop() -> None:
    desk = traded()
    async with bench(desk) as b:
        await b.press("K", "down", "k")
        assert "press k again within 2 s to HALT maker" in b.shown("over")
        assert desk.calls == []
        await b.press("k")
        assert desk.calls == [("halt", 0, None)]
        text = b.shown("over")
        assert "Halt maker" in text
        assert "has not confirmed it yet" in text
        strategy = desk.picture["desk"]["strategies"][0]
        strategy["config"]["mode"], strategy["kill"] = Mode.OFF, Kill.HALTED
        await b.frame(0.5)
        assert "waits  orders pulled" in b.shown("over")
        working = desk.picture["desk"]["working"]
        working[0]["state"] = ORDER_STATES.index("pending_cancel")
        await b.frame(0.5)
        assert "1 outstanding" in b.shown("over")
        working[0] = working[2]
        desk.picture["desk"]["working_count"] = 1
        await b.frame(0.5)
        text = b.shown("over")
        assert "2 of 2" in text
        assert "maker: HALTED after 1.5 s" in text


async def test_a_halted_symbol_says_who_and_when_and_is_let_go_by_a_word() -> None:
    desk = traded()
    async with bench(desk) as b:
        await b.press("K", "down", "down", "down", "k", "k")
        assert desk.calls == [("halt", None, 0)]
        symbol = desk.picture["desk"]["symbols"][0]
        symbol["halt"], symbol["halt_by"] = SymbolHalt.HALTED, b"root (screen 7)"
        symbol["halt_ns"] = desk.picture["time_ns"]
        desk.picture["desk"]["working"][0] = desk.picture["desk"]["working"][2]
        desk.picture["desk"]["working_count"] = 1
        await b.frame(0.5)
        text = " ".join(b.shown("over").split())
        assert "ALFA: HALTED after 0.5 s" in text
        assert "by root (screen 7)" in text
        await b.press("escape", "K", "down", "down", "down", "r")
        assert "type release for ALFA" in b.shown("over")
        await b.press(*"releas", "enter")
        assert desk.calls == [("halt", None, 0)]
        await b.press(*"release", "enter")
        assert desk.calls[-1] == ("resume", 0)


async def test_flattening_one_strategy_asks_for_the_word_and_counts_what_is_held() -> (
    None
):
    desk = traded()
    desk.picture["desk"]["strategies"][1]["position"] = 7
    async with bench(desk) as b:
        await b.press("K", "down", "down", "f", *"flat", "enter")
        assert desk.calls == []
        await b.press(*"flatten", "enter")
        assert desk.calls == [("flatten", 1, None)]
        assert "7 lots held" in b.shown("over")


async def test_the_kill_board_ticks_and_h_h_halts_everything_from_it() -> None:
    desk = traded()
    async with bench(desk) as b:
        await b.press("K", "down")
        desk.picture["desk"]["working_count"] = 0
        await b.frame(0.3)
        assert "maker" in b.shown("over")
        await b.press("h", "h")
        assert desk.calls == ["halt"]


async def test_flattening_everything_ends_when_it_is_flat_and_paused() -> None:
    desk = traded()
    desk.picture["desk"]["symbols"][0]["position"] = 4
    async with bench(desk) as b:
        await b.press("f", *"flatten", "enter")
        assert desk.calls == ["flatten"]
        desk.set_state(RiskState.FLATTENING)
        await b.frame(0.5)
        assert "1 positions open" in b.shown("over")
        desk.picture["desk"]["working_count"] = 0
        desk.picture["desk"]["symbols"][0]["position"] = 0
        await b.frame(0.5)
        assert "waits  closed" in b.shown("over")
        desk.set_state(RiskState.PAUSED)
        await b.frame(0.5)
        assert "PAUSED after 1.5 s" in b.shown("over")


# ---- doubt and versions ----------------------------------------------------------------


async def test_accepting_asks_for_its_word_and_only_where_there_is_doubt() -> None:
    desk = traded()
    async with bench(desk) as b:
        await b.press("A")
        assert "no symbol is in doubt" in b.shown("footer")
        desk.picture["desk"]["doubt"] = 2
        await b.press("A")
        assert f"In doubt: {SYMBOLS[1].name}" in b.shown("over")
        await b.press(*"accept", "enter")
        assert desk.calls == ["accept"]


async def test_going_back_to_a_version_shows_the_change_before_it_is_asked_for() -> None:
    desk = traded()
    runs = StrategyVersion(
        3, 1, 1_700_000_000.0, "root (ctl 9)", "half_spread 1 -> 2 increments",
        (("half_spread", 2.0), ("size", 10.0)), True,
    )  # fmt: skip
    old = replace(
        runs, version=2, changes="", in_force=False, who="strategies.toml",
        values=(("half_spread", 1.0), ("size", 10.0)),
    )  # fmt: skip
    desk.strategy_versions[0] = (runs, old)
    async with bench(desk) as b:
        await b.press("V")
        text = b.shown("over")
        assert "Versions of maker" in text
        assert "half_spread 1 -> 2 increments" in text
        await b.press("enter")
        assert "version 3 runs already" in b.shown("footer")
        await b.press("down", "enter")
        text = b.shown("over")
        assert "- half_spread = 2" in text
        assert "+ half_spread = 1" in text
        assert "size" not in text
        assert desk.calls == []
        await b.press("enter")
        assert desk.calls == [("revert", 0, 2)]
        assert b.app.scene.dialog is None


async def test_without_versions_the_list_says_so() -> None:
    async with bench(traded()) as b:
        await b.press("V")
        assert "No version has been confirmed" in b.shown("over")


@pytest.mark.parametrize("key", ["o", "X", "K", "V"])
async def test_no_dialog_opens_where_there_is_no_room_to_show_it(key: str) -> None:
    async with bench(traded(), size=(50, 12)) as b:
        await b.press(key, "k", "k", "enter", "enter")
        assert b.app.scene.dialog is None
        assert b.desk.calls == []
