"""The operator's own orders, previews, cancels and kills, on a desk that runs."""

from __future__ import annotations

import dataclasses

import pytest
from rig import Rig

from cockpit.control.amounts import price_of
from cockpit.control.desk import PRICE_MAX, QTY_MAX, Symbol, Ticket
from cockpit.core import (
    LIMITS,
    MONEY_SCALE,
    OPERATOR,
    ORDER_STATES,
    REFUSALS,
    STRATEGY_MAX,
    Kill,
    Mode,
    OrderType,
    RiskState,
    Side,
    SymbolHalt,
    TimeInForce,
)

ACME = 0
SELF_CROSS = [limit.name for limit in LIMITS].index("max_self_cross")


@pytest.fixture
def quiet(rig: Rig) -> Rig:
    """With a market and no strategy in it: nobody of ours is in an order's way."""
    for slot in range(STRATEGY_MAX):
        if rig.picture["desk"]["strategies"][slot]["config"]["used"]:
            rig.desk.set_mode(slot, Mode.OFF)
    state = lambda: rig.picture["desk"]["risk_state"]  # noqa: E731
    rig.wait(lambda: not rig.picture["desk"]["working_count"], "for quiet")
    rig.desk.flatten()
    rig.wait(lambda: state() == RiskState.PAUSED, "to be flat")
    rig.desk.resume()
    rig.wait(lambda: state() == RiskState.ACTIVE, "to go on")
    rig.wait(lambda: min(best(rig, side) for side in Side) > 0, "for a market")
    return rig


def best(rig: Rig, side: Side) -> int:
    shown = rig.picture["desk"]["symbols"][ACME]
    return int(shown["bid" if side == Side.BUY else "ask"])


def ticket(rig: Rig, tag: int):
    rig.wait(lambda: shown(rig, tag), f"for ticket {tag}")
    return shown(rig, tag)


def shown(rig: Rig, tag: int):
    by_hand = rig.picture["desk"]["by_hand"]
    rows = by_hand["tickets"][: int(by_hand["ticket_count"])]
    return next((row for row in rows if row["tag"] == tag), None)


def buy_at_once(rig: Rig, qty: int) -> None:
    market = Ticket(ACME, Side.BUY, qty, 0, OrderType.MARKET, TimeInForce.IOC)
    tag = rig.desk.order(market)
    row = ticket(rig, tag)
    assert row["client_id"], REFUSALS[row["refusal"]]
    rig.wait(lambda: ORDER_STATES[shown(rig, tag)["state"]] == "filled", "for the fill")


def test_an_order_by_hand_rests_is_shown_and_is_pulled_by_its_number(quiet: Rig) -> None:
    price = best(quiet, Side.BUY) - 20
    tag = quiet.desk.order(Ticket(ACME, Side.BUY, 3, price))
    assert tag
    quiet.wait(
        lambda: (
            (row := shown(quiet, tag)) is not None
            and ORDER_STATES[row["state"]] == "live"
        ),
        "for it to rest",
    )
    row = shown(quiet, tag)
    assert (row["qty"], row["leaves"], row["price"]) == (3, 3, price)
    working = quiet.picture["desk"]["working"][0]
    assert (working["strategy"], working["client_id"]) == (OPERATOR, row["client_id"])
    quiet.desk.cancel(int(row["client_id"]))
    quiet.wait(
        lambda: ORDER_STATES[shown(quiet, tag)["state"]] == "cancelled", "for the cancel"
    )
    assert quiet.has_said("sent: buy 3 ACME")
    assert quiet.has_said("1 order pulled")
    assert quiet.picture["desk"]["by_hand"]["positions"][ACME] == 0


def test_a_market_order_trades_at_once_and_is_the_operators_alone(quiet: Rig) -> None:
    before = [
        int(quiet.picture["desk"]["strategies"][slot]["position"]) for slot in range(6)
    ]
    buy_at_once(quiet, 4)
    desk = quiet.picture["desk"]
    assert desk["by_hand"]["positions"][ACME] == 4
    after = [int(desk["strategies"][slot]["position"]) for slot in range(6)]
    assert after == before
    assert desk["by_hand"]["fill_count"] >= 1
    quiet.desk.flatten(strategy=OPERATOR)
    quiet.wait(
        lambda: not quiet.picture["desk"]["by_hand"]["positions"][ACME], "to be flat"
    )
    quiet.wait(lambda: quiet.picture["desk"]["by_hand"]["kill"] == Kill.NONE)
    assert quiet.picture["desk"]["risk_state"] == RiskState.ACTIVE


def test_what_risk_refuses_is_shown_with_why_and_how_many_would_pass(quiet: Rig) -> None:
    price = best(quiet, Side.BUY) - 5
    tag = quiet.desk.order(Ticket(ACME, Side.BUY, 1000, price))
    row = ticket(quiet, tag)
    assert row["client_id"] == 0
    assert REFUSALS[row["refusal"]] == "max_order_qty"
    assert row["passing_qty"] == 50
    assert (row["limit"], row["current"], row["would_be"]) == (50, 0, 1000)
    quiet.wait(lambda: quiet.has_said("risk refused to buy ACME: max_order_qty"))


def test_what_is_no_order_is_not_handed_over(quiet: Rig) -> None:
    good = Ticket(ACME, Side.BUY, 1, 100)
    market = {"type": OrderType.MARKET, "time_in_force": TimeInForce.IOC}
    for change in (
        {"symbol": 99},
        {"symbol": -1},
        {"qty": 0},
        {"qty": QTY_MAX + 1},
        {"price": 0},
        {"price": PRICE_MAX + 1},
        {"type": OrderType.MARKET},
        {"post_only": True, "time_in_force": TimeInForce.IOC},
        {"post_only": True, **market},
    ):
        bad = dataclasses.replace(good, **change)
        assert bad.problem(len(quiet.desk.symbols)), change
        assert quiet.desk.order(bad) == 0
        assert quiet.desk.preview(bad) is None
    quiet.look()
    assert quiet.has_said("NOT DONE: order: no such symbol")
    assert not quiet.picture["desk"]["by_hand"]["ticket_count"]
    assert good.problem(1) == ""
    assert dataclasses.replace(good, price=0, **market).problem(1) == ""


def test_a_preview_is_the_cores_own_and_sends_nothing(quiet: Rig) -> None:
    buy_at_once(quiet, 4)
    quiet.look()
    sent = int(quiet.picture["desk"]["counters"]["order_count"])
    price = best(quiet, Side.BUY) - 5
    wanted = Ticket(ACME, Side.SELL, 3, price + 15)
    quiet.wait(lambda: quiet.desk.preview(wanted), "for a preview")
    found = quiet.desk.preview(wanted)
    assert found is not None and found.ticket == wanted
    assert found.passes and found.reduces and found.passing_qty == 3
    assert (found.position, found.position_after) == (4, 1)
    assert len(found.margins) == len(LIMITS)
    assert found.margins[0].used == 3
    many = Ticket(ACME, Side.BUY, 60, price)
    quiet.wait(lambda: quiet.desk.preview(many), "for another")
    found = quiet.desk.preview(many)
    assert found is not None
    assert (found.refusal, found.limit, found.would_be) == ("max_order_qty", 50, 60)
    assert (found.passing_qty, found.margins[0].left) == (50, -10)
    assert quiet.picture["desk"]["counters"]["order_count"] == sent
    # And what is asked about again and again is kept up to date.
    before = int(quiet.picture["desk"]["preview"]["tag"])
    quiet.wait(
        lambda: (
            quiet.desk.preview(many) and quiet.picture["desk"]["preview"]["tag"] != before
        )
    )


def test_a_halted_symbol_trades_no_more_while_the_others_do(rig: Rig) -> None:
    rig.wait(lambda: rig.picture["desk"]["strategies"][0]["working_count"] == 2)
    with rig.desk.asked_by("ann", "a rumour"):
        rig.desk.halt(symbol=ACME)
    symbol = lambda: rig.picture["desk"]["symbols"][ACME]  # noqa: E731
    rig.wait(lambda: symbol()["halt"] == SymbolHalt.HALTED, "for the halt")
    assert symbol()["halt_by"] == b"ann" and symbol()["halt_ns"] > 0
    rig.wait(lambda: not rig.picture["desk"]["strategies"][0]["working_count"])
    sent = int(rig.picture["desk"]["strategies"][0]["order_count"])
    others = int(rig.picture["desk"]["strategies"][1]["order_count"])
    rig.wait(
        lambda: rig.picture["desk"]["strategies"][1]["order_count"] > others,
        "for another to trade",
    )
    assert rig.picture["desk"]["strategies"][0]["order_count"] == sent
    assert rig.picture["desk"]["risk_state"] == RiskState.ACTIVE
    assert rig.has_said("ACME: TRADES -> HALTED, by the operator")
    assert rig.has_said("; by ann; why: a rumour")
    rig.desk.resume(symbol=ACME)
    rig.wait(lambda: rig.picture["desk"]["strategies"][0]["order_count"] > sent)


def test_a_strategy_is_flattened_and_stays_off_until_it_is_switched(rig: Rig) -> None:
    strategy = lambda: rig.picture["desk"]["strategies"][0]  # noqa: E731
    rig.wait(lambda: strategy()["position"] != 0, "for a position")
    rig.desk.flatten(strategy=0)
    rig.wait(
        lambda: strategy()["kill"] == Kill.HALTED and not strategy()["position"], "flat"
    )
    assert strategy()["config"]["mode"] == Mode.OFF
    assert rig.picture["desk"]["risk_state"] == RiskState.ACTIVE
    rig.wait(lambda: rig.has_said("flat: its position is closed"))
    rig.desk.set_mode(0, Mode.LIVE)
    rig.wait(lambda: strategy()["kill"] == Kill.NONE)


def test_parameters_go_back_to_an_earlier_version_on_disk_and_in_the_core(
    rig: Rig,
) -> None:
    text = rig.text("strategies.toml")
    (first,) = rig.desk.versions(0)
    assert (first.who, first.in_force) == ("strategies.toml", True)
    name = dict(first.values)
    for number in range(6):
        before, after = (f"order_qty = {10 + number + more}" for more in (0, 1))
        rig.edit("strategies.toml", before, after)
        wanted = first.version + number
        rig.wait(lambda wanted=wanted: rig.desk.versions(0)[0].version > wanted)
    kept = rig.desk.versions(0)
    assert [dict(one.values)["order_qty"] for one in kept] == [16, 15, 14, 13, 12, 11]
    assert [one.in_force for one in kept] == [True] + 5 * [False]
    with rig.desk.asked_by("ann", "too much"):
        rig.desk.revert(0, kept[-1].version)
    rig.wait(lambda: rig.desk.versions(0)[0].who == "ann", "for the revert")
    newest = rig.desk.versions(0)[0]
    assert newest.version > kept[0].version
    assert newest.values == kept[-1].values
    assert "order_qty 16 -> 11" in newest.changes
    assert rig.text("strategies.toml") == text.replace(
        "order_qty = 10", "order_qty = 11", 1
    )
    place = list(name).index("order_qty")
    config = rig.picture["desk"]["strategies"][0]["config"]
    assert config["parameters"][place] == 11
    assert config["hash"] == newest.hash
    rig.desk.revert(0, 99)
    rig.desk.revert(15, 1)
    rig.look()
    assert rig.has_said("NOT DONE: revert to version 99: mm_acme has no version 99")
    assert rig.has_said("NOT DONE: revert to version 1: no strategy on key 16")


@pytest.mark.parametrize(
    ("text", "price"),
    [("150.02", 15002), ("150", 15000), ("0.01", 1), ("1e2", 10000)],
)
def test_a_price_is_read_as_it_is_quoted(text: str, price: int) -> None:
    symbol = Symbol("ACME", MONEY_SCALE // 100, MONEY_SCALE // 100, 2)
    assert price_of(symbol, text) == price


@pytest.mark.parametrize("text", ["", "x", "nan", "inf", "-1", "0", "150.025", "1e400"])
def test_what_is_no_price_is_refused(text: str) -> None:
    symbol = Symbol("ACME", MONEY_SCALE // 100, MONEY_SCALE // 100, 2)
    with pytest.raises(ValueError, match=r"is no price|is no multiple"):
        price_of(symbol, text)
