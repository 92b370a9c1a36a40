"""Orders an earlier desk has left at the exchange, and what only the exchange can say.

A real exchange, a served desk, ``kill -9``, a retired journal, an exchange that hangs.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from remote_desks import LAST
from venue import KEEPER, OTHER, OTHER_PASSWORD, PASSWORD, USER, Exchange
from wire import Orders, Soup, report, snapshot

sys.path.insert(0, str(Path(__file__).parents[1] / "control"))

from serving import Served, copy_files, wait

QUIET = {"rate": 1, "depth": 10}
SLOW = {"rate": 100, "depth": 100}
UNKNOWN = 10


def all_off(files: Path) -> None:
    path = files / "strategies.toml"
    text, count = re.subn(r'(?m)^mode = ".*"$', 'mode = "off"', path.read_text())
    assert count
    path.write_text(text)


def only_acme(files: Path) -> None:
    """What trades nothing else of what the exchange does."""
    desk, strategies = files / "desk.toml", files / "strategies.toml"
    first, *others = re.split(r"(?m)^(?=\[\[instrument\]\])", desk.read_text())[:2]
    desk.write_text(first + "".join(others))
    text = re.sub(r'(?m)^symbol = "[A-Z]+"$', 'symbol = "ACME"', strategies.read_text())
    strategies.write_text(text)


class Desk(Served):
    """Of the user whose orders stay when its connection goes."""

    def __init__(self, files: Path, exchange: Exchange) -> None:
        mine = files / "user"
        mine.write_text(f"{KEEPER} {PASSWORD}\n")
        mine.chmod(0o600)
        self.exchange = exchange
        address = f"tcp://127.0.0.1:{exchange.orders}:{exchange.feed}"
        super().__init__(
            files, "--venue", address, "--credentials", mine, "--account", "sim"
        )

    def __exit__(self, *exception: object) -> None:
        self.exchange.process.send_signal(signal.SIGCONT)
        super().__exit__(*exception)

    def start(self) -> None:
        super().start()
        wait(self.has_listed, f"for the first list: {self.said()}")

    def has_listed(self) -> bool:
        return int(self.picture()["desk"]["reconciled_ns"]) > 0

    def dies(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait()

    def journal(self, *words: str) -> subprocess.CompletedProcess[str]:
        name = f"{self.place.name}@127.0.0.1"
        done = self.run("journal", words[0], name, *words[1:])
        assert done.returncode == 0, done.stderr
        return done

    def rows(self, *kinds: str) -> list[dict[str, Any]]:
        given = [word for kind in kinds for word in ("--kind", kind)]
        return [
            json.loads(line)
            for line in self.journal("export", *given).stdout.splitlines()
        ]

    def strangers(self) -> int:
        return int(self.picture()["net"]["foreign_count"])

    def in_doubt(self, symbol: int = 0) -> bool:
        return bool(int(self.picture()["desk"]["doubt"]) >> symbol & 1)

    def position(self) -> int:
        return int(self.picture()["desk"]["symbols"][0]["position"])

    def working(self) -> list[Any]:
        desk = self.picture()["desk"]
        return list(desk["working"][: int(desk["working_count"])])


@pytest.fixture
def quiet(open_exchange: Callable[..., Exchange]) -> Exchange:
    return open_exchange(market=QUIET, silence="20.0", heartbeat="0.3")


@pytest.fixture
def make(tmp_path: Path, quiet: Exchange) -> Iterator[Callable[..., Desk]]:
    """A desk with no strategy at work, not yet started."""

    def made(policy: str) -> Desk:
        files = tmp_path / f"files-{policy}"
        files.mkdir()
        copy_files(files, strangers=policy)
        all_off(files)
        return Desk(files, quiet)

    yield made


def best_bid(exchange: Exchange, symbol: str = "ACME") -> float:
    market, _, _ = snapshot(exchange.feed, USER, PASSWORD)
    return market.levels(symbol, "B")[0][0] / 10_000


def leave(
    exchange: Exchange, *orders: tuple[int, str, int, float], symbol: str = "ACME"
) -> None:
    """As a desk before that has died."""
    before = Orders(exchange.orders)
    assert before.login(KEEPER, PASSWORD).kind == "A"
    for ref, side, qty, price in orders:
        before.enter(ref, side, qty, price, symbol, text="1")  # as a journal's first
        before.answer("A")
    before.close()
    Soup.opened.clear()


def sell(
    exchange: Exchange, ref: int, qty: int, price: float, symbol: str = "ACME"
) -> None:
    """Somebody trades with what rests best."""
    seller = Orders(exchange.orders)
    assert seller.login(OTHER, OTHER_PASSWORD).kind == "A"
    seller.enter(ref, "S", qty, price, symbol, tif="3")
    while (found := seller.answer("E"))["ref"] != ref:  # what was said before
        continue
    assert found["qty"] == qty
    seller.close()
    Soup.opened.clear()


def working_there(exchange: Exchange) -> set[object]:
    """By all that the exchange has told the user; that ends the desk's connection."""
    client = Orders(exchange.orders)
    assert client.login(KEEPER, PASSWORD).kind == "A"
    client.enter(LAST, "B", 0, 0.0)
    left: dict[object, int] = {}
    while (message := report(client.message())).get("ref") != LAST:
        ref, qty = message.get("ref"), int(str(message.get("qty", 0)))
        if message["kind"] in "AU":
            left.pop(message.get("old"), None)
            left[ref] = qty
        elif message["kind"] in "EC":
            left[ref] -= qty
    client.close()
    return {ref for ref, qty in left.items() if qty}


@contextmanager
def hanging(exchange: Exchange) -> Iterator[None]:
    exchange.process.send_signal(signal.SIGSTOP)
    yield
    exchange.process.send_signal(signal.SIGCONT)


def test_strangers_are_told_of_one_by_one_and_taken_off(
    make: Callable[..., Desk], quiet: Exchange
) -> None:
    leave(quiet, (1, "B", 10, 1.00), (2, "B", 20, 1.00))
    with make("cancel") as desk:
        wait(lambda: not desk.strangers(), "for the policy")
        assert desk.said().count("of ours, which we do not know") == 2
        assert not desk.in_doubt()
        done = desk.ctl("halt")
        assert (done.returncode, "no order works" in done.stdout) == (0, True)
        desk.dies()
    assert working_there(quiet) == set()


def test_of_one_symbol_strangers_are_taken_off_and_said_until_then(
    make: Callable[..., Desk], quiet: Exchange
) -> None:
    leave(quiet, (1, "B", 10, 1.00))
    with make("show") as desk:
        done = desk.ctl("halt", "--symbol", "ACME")
        assert done.returncode == 0, done.stderr
        assert "1 orders of an earlier desk work at the exchange" in done.stdout
        wait(lambda: not desk.strangers(), "for the next list")
        desk.dies()
    assert working_there(quiet) == set()


@pytest.mark.parametrize(
    "words",
    [("cancel",), ("halt",), ("flatten",), ("pause",), ("quit",)],
    ids=lambda words: words[0],
)
def test_what_takes_all_orders_off_takes_strangers_too(
    make: Callable[..., Desk], quiet: Exchange, words: tuple[str, ...]
) -> None:
    leave(quiet, (1, "B", 10, 1.00), (2, "B", 20, 1.00))
    with make("show") as desk:
        assert desk.strangers() == 2
        assert desk.in_doubt()
        assert not desk.in_doubt(1)
        done = desk.ctl(*words)
        assert done.returncode == 0, done.stdout + done.stderr
        if words == ("pause",):  # whose answer is about the state
            wait(lambda: not desk.strangers())
        elif words != ("quit",):
            assert desk.strangers() == 0
        if words != ("quit",):
            desk.dies()
    assert working_there(quiet) == set()


def test_with_an_exchange_that_hangs_nobody_says_that_no_order_works(
    make: Callable[..., Desk], quiet: Exchange
) -> None:
    leave(quiet, (1, "B", 10, 1.00))
    with make("show") as desk:
        with hanging(quiet):
            for word in ("cancel", "halt"):
                done = desk.ctl(word)
                assert done.returncode == 1, done.stdout
            done = desk.ctl("quit")
            assert done.returncode != 0, done.stdout
            assert desk.left() != 0
        assert "1 ORDERS OF AN EARLIER DESK MAY STILL BE WORKING" in desk.said()
        assert "no order works" not in desk.said()


def test_a_fill_of_a_stranger_is_told_and_puts_its_symbol_in_doubt(
    make: Callable[..., Desk], quiet: Exchange
) -> None:
    price = best_bid(quiet) + 0.01
    leave(quiet, (1, "B", 10, price))
    with make("show") as desk:
        assert desk.strangers() == 1
        assert desk.ctl("accept").returncode == 0  # what is known so far
        sell(quiet, 1, 4, price)
        desk.wait_for("traded in a way we did not hear of")
        assert desk.in_doubt()
        assert int(desk.picture()["net"]["positions"][0]) == 4
        sell(quiet, 2, 6, price)
        wait(lambda: not desk.strangers(), "for its end")
        assert desk.in_doubt()


def test_a_stranger_in_what_the_desk_does_not_trade_is_told_and_traded_without_harm(
    make: Callable[..., Desk], quiet: Exchange
) -> None:
    price = best_bid(quiet, "BOREAL") + 0.01
    leave(quiet, (1, "B", 10, price), symbol="BOREAL")
    desk = make("show")
    only_acme(desk.files)
    with desk:
        assert desk.strangers() == 1
        sell(quiet, 1, 4, price, "BOREAL")
        desk.wait_for("traded in a way we did not hear of")
        assert not desk.in_doubt()
        sell(quiet, 2, 6, price, "BOREAL")
        wait(lambda: not desk.strangers(), "for its end")
        told = [r for r in desk.rows("report") if r["report_kind"] == "executed"]
        assert [(row["qty"], row["fee"], row["price"]) for row in told] == [
            (4, 0, -1), (6, 0, -1),
        ]  # fmt: skip


def test_an_adopted_stranger_is_ours_over_a_restart_each_lot_once(
    make: Callable[..., Desk], quiet: Exchange
) -> None:
    price = best_bid(quiet) + 0.01
    leave(quiet, (1, "B", 20, price))
    sell(quiet, 1, 3, price)  # before the desk is there: in no journal
    with make("adopt") as desk:
        wait(lambda: len(desk.working()) == 1, "for the stranger")
        desk.wait_for("earlier desks have traded +3 lots in ACME")
        assert desk.in_doubt()
        assert desk.ctl("accept").returncode == 0
        sell(quiet, 2, 4, price)
        wait(lambda: desk.position() == 4, "for the fill")
        desk.dies()
        sell(quiet, 3, 5, price)  # while nobody is there
        desk.start()
        wait(lambda: desk.position() == 9, "for the fill of meanwhile")
        (own,) = desk.working()
        assert int(own["leaves"]) == 8
        assert not desk.in_doubt()
        assert int(desk.picture()["net"]["positions"][0]) == 12
        assert desk.ctl("halt").returncode == 0
        assert not desk.working()
        desk.dies()
    assert working_there(quiet) == set()


def test_a_new_journal_in_an_old_session_knows_that_it_knows_nothing(
    open_exchange: Callable[..., Exchange], tmp_path: Path
) -> None:
    exchange = open_exchange(market=SLOW, silence="20.0", heartbeat="0.3")
    files = copy_files(tmp_path, strangers="show")
    with Desk(files, exchange) as desk:
        wait(lambda: int(desk.picture()["desk"]["counters"]["fill_count"]) > 3, "", 60.0)
        wait(lambda: len(desk.working()) > 1)
        desk.dies()
        used = [row["client_id"] for row in desk.rows("order") if row["client_id"]]
        desk.journal("retire")
        all_off(files)
        desk.start()
        linked = [int(qty) for qty in desk.picture()["net"]["positions"][:4]]
        wait(lambda: "orders of an earlier desk are working" in desk.said())
        assert "of ours, which we do not know" in desk.said()
        for symbol, qty in enumerate(linked):
            assert not qty or desk.in_doubt(symbol), desk.said()
        assert "earlier desks have traded" in desk.said()
        done = desk.ctl("cancel")
        assert done.returncode == 0, done.stdout + done.stderr
        assert desk.strangers() == 0

        assert desk.ctl("accept").returncode == 0
        done = desk.ctl("order", "buy", 1, f"ACME@{best_bid(exchange) - 0.05:.2f}")
        assert done.returncode == 0, done.stdout + done.stderr
        (own,) = desk.working()
        assert int(own["client_id"]) > max(used)
        desk.dies()
        desk.start()  # it knows by now
        assert not any(desk.in_doubt(symbol) for symbol in range(4)), desk.said()
        assert desk.ctl("halt").returncode == 0
        desk.dies()
    assert working_there(exchange) == set()


def test_an_order_is_unknown_until_the_exchange_has_answered(
    make: Callable[..., Desk], quiet: Exchange
) -> None:
    with make("cancel") as desk:
        done = desk.ctl("order", "buy", 10, f"ACME@{best_bid(quiet) - 0.05:.2f}")
        assert done.returncode == 0, done.stdout + done.stderr
        with hanging(quiet):
            asked = time.monotonic()
            assert desk.ctl("halt").returncode == 1
            desk.wait_for("the venue owes an answer about order")
            while time.monotonic() < asked + 7.0:  # past a list of all orders
                (own,) = desk.working()
                time.sleep(0.5)
            assert int(own["state"]) == UNKNOWN
            assert "is at the venue" not in desk.said()
            told = [r for r in desk.rows("report") if r.get("report_kind") == "status"]
        before = len(told)
        wait(lambda: not desk.working(), "for the end of it")
        assert desk.ctl("halt").returncode == 0
        told = [r for r in desk.rows("report") if r.get("report_kind") == "status"]
        assert len(told) > before
        desk.dies()
    assert working_there(quiet) == set()


def test_while_the_exchange_hangs_the_desk_tells_itself_nothing(
    make: Callable[..., Desk], quiet: Exchange
) -> None:
    with make("cancel") as desk:

        def told() -> int:
            rows = desk.rows("report")
            return sum(row.get("report_kind") == "status" for row in rows)

        wait(lambda: told() > 1, "for a list")
        with hanging(quiet):
            time.sleep(0.2)  # what it had said before is taken in
            before = told()
            time.sleep(6.0)
            assert told() == before
        wait(lambda: told() > before, "for the next")
