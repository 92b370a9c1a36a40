"""The operator's commands from a script, and from a screen that is attached."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from serving import Served, copy_files, wait

from cockpit.control.desk import Ticket
from cockpit.control.remote import NotInControl
from cockpit.core import (
    MONEY_SCALE,
    OPERATOR,
    ORDER_STATES,
    Control,
    Mode,
    OrderType,
    RiskState,
    Side,
    SymbolHalt,
    TimeInForce,
)

sys.path.append(str(Path(__file__).resolve().parents[1] / "journal"))
import independent


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A desk without a strategy at work, flat."""
    with Served(copy_files(tmp_path_factory.mktemp("files"))) as made:
        for key in range(1, 6):
            assert made.ctl("strategy", key, "off").returncode == 0
        assert made.ctl("flatten").returncode == 0
        assert made.ctl("resume").returncode == 0
        yield made


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Served]:
    with Served(copy_files(tmp_path)) as made:
        yield made


def answer(done: subprocess.CompletedProcess[str], code: int = 0) -> dict[str, Any]:
    assert done.returncode == code, done.stdout + done.stderr
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


def price(served: Served, side: Side, away: int = 0) -> str:
    """The best price of a side of ACME, so many ticks further from the market."""
    shown = served.picture()["desk"]["symbols"][0]
    best = int(shown["bid"]) - away if side == Side.BUY else int(shown["ask"]) + away
    tick = MONEY_SCALE // 100
    assert best > 0
    return f"{best * tick / MONEY_SCALE:.2f}"


def test_an_order_rests_and_is_cancelled_by_its_number(quiet: Served) -> None:
    at = price(quiet, Side.BUY, 20)
    done = answer(quiet.ctl("order", "buy", 3, f"ACME@{at}", "--why", "to see", "--json"))
    assert (done["state"], done["filled"], done["leaves"]) == ("live", 0, 3)
    number = done["order"]
    shown = quiet.picture()["desk"]["working"][0]
    assert (shown["client_id"], shown["strategy"]) == (number, OPERATOR)
    done = answer(quiet.ctl("cancel", "--order", number, "--json"))
    assert done["text"] == "1 order pulled"
    gone = answer(quiet.ctl("cancel", "--order", number, "--json"), 4)
    assert gone["text"] == f"no order {number} works that fits"
    quiet.wait_for("; why: to see")
    quiet.wait_for(f"order {number} sent: buy 3 ACME at {at}, DAY")


def test_an_order_at_the_market_trades_and_is_flattened_again(quiet: Served) -> None:
    done = answer(quiet.ctl("order", "sell", 4, "ACME", "--market", "--json"))
    assert (done["state"], done["filled"]) == ("filled", 4)
    assert quiet.picture()["desk"]["by_hand"]["positions"][0] == -4
    assert quiet.ctl("flatten", "--strategy", "operator").returncode == 0
    assert not quiet.picture()["desk"]["by_hand"]["positions"].any()


def test_a_post_only_order_that_would_trade_is_rejected_by_the_venue(
    quiet: Served,
) -> None:
    at = price(quiet, Side.SELL, 10)
    done = answer(quiet.ctl("order", "buy", 1, f"ACME@{at}", "--post-only", "--json"), 4)
    assert (done["status"], done["state"]) == ("refused", "rejected")
    assert done["reason"] == "post_only"


def test_what_risk_refuses_says_what_would_pass(quiet: Served) -> None:
    at = price(quiet, Side.BUY, 5)
    done = answer(quiet.ctl("order", "buy", 80, f"ACME@{at}", "--json"), 4)
    assert (done["refusal"], done["passing_qty"], done["order"]) == (
        "max_order_qty",
        50,
        0,
    )
    said = quiet.ctl("order", "buy", 80, f"ACME@{at}").stderr
    assert "max_order_qty 50 lots, now 0, would be 80; 50 would pass" in said
    figures = (done["scope"], done["limit"], done["current"], done["would_be"])
    assert figures == ("global", 50, 0, 80)


def test_a_preview_sends_nothing(quiet: Served) -> None:
    before = int(quiet.picture()["desk"]["counters"]["order_count"])
    at = price(quiet, Side.BUY, 5)
    said = quiet.ctl("order", "buy", 80, f"ACME@{at}", "--preview")
    assert said.returncode == 0
    assert "would be REFUSED: max_order_qty (global); 50 would pass" in said.stdout
    assert "position 0 -> 80" in said.stdout
    assert "80 of 50 lots  OVER" in said.stdout
    done = answer(quiet.ctl("order", "buy", 5, f"ACME@{at}", "--preview", "--json"))
    assert done["preview"][0][2] == 5
    assert quiet.picture()["desk"]["counters"]["order_count"] == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("ACME@1.005",), "no multiple of ACME's tick, 0.01"),
        (("ACME@x",), "is no price"),
        (("NONE@1",), "no symbol 'NONE'"),
        (("ACME",), "a price (SYMBOL@PRICE) or --market"),
        (("ACME@1", "--market"), "a price (SYMBOL@PRICE) or --market"),
        (("ACME@1", "--ioc", "--fok"), "one of --ioc, --fok and --post-only"),
        (("ACME", "--market", "--post-only"), "one of --ioc, --fok and --post-only"),
    ],
)
def test_what_is_no_order_is_wrong_before_it_leaves(
    quiet: Served, words: tuple[str, ...], said: str
) -> None:
    done = quiet.ctl("order", "buy", 1, *words)
    assert done.returncode == 2, done
    assert said in done.stderr


def test_one_symbol_is_halted_and_resumed(own: Served) -> None:
    assert own.ctl("halt", "--symbol", "ACME", "--why", "a rumour").returncode == 0
    symbol = own.picture()["desk"]["symbols"][0]
    assert symbol["halt"] == SymbolHalt.HALTED
    assert symbol["halt_by"].startswith(b"root uid")
    desk = own.picture()["desk"]
    assert desk["risk_state"] == RiskState.ACTIVE
    assert not [
        row for row in desk["working"][: desk["working_count"]] if not row["symbol"]
    ]
    done = answer(own.ctl("order", "buy", 1, "ACME", "--market", "--json"), 4)
    assert done["refusal"] == "symbol_halted"
    assert own.ctl("halt", "--symbol", "XYZ").returncode == 4
    assert own.ctl("halt", "--symbol", "ACME", "--strategy", "mm_acme").returncode == 4
    # Killed and started again, it is halted still; and says since when and by whom not.
    own.process.kill()
    own.process.wait()
    own.start()
    symbol = own.picture()["desk"]["symbols"][0]
    assert (symbol["halt"], symbol["halt_ns"]) == (SymbolHalt.HALTED, 0)
    own.wait_for("ACME: HALTED -> HALTED, as before the restart")
    assert own.ctl("resume", "--symbol", "ACME").returncode == 0
    assert own.ctl("resume", "--symbol", "ACME").returncode == 4
    wait(
        lambda: own.picture()["desk"]["strategies"][0]["working_count"], "for its orders"
    )


def test_one_strategy_is_halted_and_another_flattened(own: Served) -> None:
    wait(lambda: own.picture()["desk"]["strategies"][0]["position"], "for a position")
    done = answer(own.ctl("halt", "--strategy", "mm_boreal", "--json"))
    assert done["text"] == "mm_boreal is OFF, no order of it works"
    assert own.ctl("flatten", "--strategy", 1, "--why", "enough").returncode == 0
    strategies = own.picture()["desk"]["strategies"]
    modes = [Mode(strategies[slot]["config"]["mode"]) for slot in range(3)]
    assert modes == [Mode.OFF, Mode.OFF, Mode.LIVE]
    assert strategies[0]["position"] == 0
    assert own.ctl("halt", "--strategy", "nobody").returncode == 4
    assert own.ctl("halt", "--strategy", "operator").returncode == 4
    # What was killed stays off over a restart.
    own.process.kill()
    own.process.wait()
    own.start()
    strategies = own.picture()["desk"]["strategies"]
    modes = [Mode(strategies[slot]["config"]["mode"]) for slot in range(3)]
    assert modes == [Mode.OFF, Mode.OFF, Mode.LIVE]


def test_parameters_are_set_listed_and_taken_back(own: Served) -> None:
    file = own.files / "strategies.toml"
    before = file.read_text()
    done = own.ctl("strategy", "mm_acme", "set", "half_spread", "2.5", "--why", "wider")
    assert done.returncode == 0, done
    assert file.read_text() == before.replace("half_spread = 1.5", "half_spread = 2.5", 1)
    versions = json.loads(own.ctl("strategy", 1, "versions", "--json").stdout)
    assert [one["values"]["half_spread"] for one in versions] == [2.5, 1.5]
    assert [one["in_force"] for one in versions] == [True, False]
    assert versions[0]["who"].endswith("ctl")
    assert versions[0]["changes"] == "half_spread 1.5 -> 2.5 increments"
    done = answer(own.ctl("strategy", 1, "revert", versions[1]["version"], "--json"))
    assert "half_spread 2.5 -> 1.5" in done["text"]
    assert file.read_text() == before
    newest = json.loads(own.ctl("strategy", 1, "versions", "--json").stdout)[0]
    assert newest["version"] > versions[0]["version"]
    config = own.picture()["desk"]["strategies"][0]["config"]
    assert config["hash"] == newest["hash"]
    for words in (("set", "half_spread", "-1"), ("set", "width", "1"), ("revert", 77)):
        assert own.ctl("strategy", 1, *words).returncode == 4
    for words in (("set", "half_spread"), ("revert",), ("revert", "x"), ("versions", 1)):
        assert own.ctl("strategy", 1, *words).returncode == 2
    assert file.read_text() == before


def versions_of(served: Served, strategy: object) -> list[dict[str, Any]]:
    done = served.ctl("strategy", strategy, "versions", "--json")
    assert done.returncode == 0, done
    found = json.loads(done.stdout)
    assert isinstance(found, list)
    return found


def test_a_version_of_before_a_restart_can_be_gone_back_to(own: Served) -> None:
    for value in ("2.5", "3.5"):
        assert own.ctl("strategy", 1, "set", "half_spread", value).returncode == 0
    assert own.ctl("strategy", 2, "set", "skew", 4, "--why", "lean").returncode == 0
    before = {key: versions_of(own, key) for key in (1, 2, 3)}
    numbers = [one["version"] for one in before[1]]
    assert len(numbers) == 3 and numbers == sorted(numbers, reverse=True)
    own.process.kill()
    own.process.wait()
    # Meanwhile the file is changed: what the desk begins with is one more version.
    file = own.files / "strategies.toml"
    text = file.read_text()
    file.write_text(text.replace("half_spread = 3.5", "half_spread = 4.5", 1))
    own.start()
    after = {key: versions_of(own, key) for key in (1, 2, 3)}
    for key, found in before.items():  # when the core did it, not when it was seen
        for was, one in zip(found[::-1], after[key][::-1], strict=False):
            assert abs(was["time"] - one["time"]) < 5
            was["time"] = one["time"]
    assert after[1][1:] == [one | {"in_force": False} for one in before[1]]
    assert after[1][0]["changes"] == "half_spread 3.5 -> 4.5 increments"
    assert after[1][0]["who"] == "strategies.toml"
    assert after[1][0]["version"] > before[2][0]["version"]
    assert (after[2], after[3]) == (before[2], before[3])
    assert after[2][0]["who"].startswith("root uid 0")
    # Back to the first of the life before.
    oldest = before[1][-1]
    done = answer(own.ctl("strategy", 1, "revert", oldest["version"], "--json"))
    assert "half_spread 4.5 -> 1.5 increments" in done["text"]
    newest = versions_of(own, 1)[0]
    assert newest["values"] == oldest["values"] and newest["in_force"]
    assert newest["version"] == after[1][0]["version"] + 1
    config = own.picture()["desk"]["strategies"][0]["config"]
    assert int(config["version"]) == newest["version"]
    # Ended in order it is the same; so says who reads the journal by its layout alone.
    assert own.ctl("quit").returncode == 0
    own.left()
    directory = own.runtime / "state" / "cockpit" / "journal" / "desk"
    written = [one for one in independent.versions(directory) if one.name == "mm_acme"]
    own.start()
    kept = versions_of(own, 1)
    assert [one["version"] for one in kept] == [one.number for one in written[::-1]][:6]
    for one, raw in zip(kept, written[::-1], strict=False):
        assert (one["hash"], one["time"]) == (raw.hash, raw.wall_ns / 1e9)
        values = tuple(one["values"].values())
        assert values == raw.parameters[: len(values)]
        assert one["who"] == (raw.who or "strategies.toml")
    assert len(kept) == 5


def test_numbers_of_limits_go_on_over_a_restart(own: Served) -> None:
    assert own.ctl("limit", "max_position", 150).returncode == 0
    assert own.ctl("limit", "max_position", 120).returncode == 0
    assert int(own.picture()["desk"]["limits_version"]) == 3
    own.process.kill()
    own.process.wait()
    own.start()
    assert int(own.picture()["desk"]["limits_version"]) == 3
    assert own.ctl("limit", "max_position", 100).returncode == 0
    assert int(own.picture()["desk"]["limits_version"]) == 4


def put_in_doubt(directory: Path) -> None:
    """As if the desk that wrote it had ended with ACME in doubt."""
    path = sorted(directory.glob("*.journal"))[-1]
    data = bytearray(path.read_bytes())
    at = (len(data.rstrip(b"\0")) + 127) // 128 * 128 - 128
    record = data[at : at + 128]
    assert record[32] == 22, "it was not stopped in order"
    record[40 + 32] |= 1
    record[120:124] = independent.crc32c(bytes(record[:120])).to_bytes(4, "little")
    data[at : at + 128] = record
    path.write_bytes(data)


def test_a_symbol_in_doubt_trades_again_once_the_operator_accepts(own: Served) -> None:
    assert own.ctl("quit").returncode == 0
    own.left()
    directory = own.runtime / "state" / "cockpit" / "journal" / "desk"
    put_in_doubt(directory)
    own.start()

    def orders(slot: int) -> int:
        return int(own.picture()["desk"]["strategies"][slot]["order_count"])

    # mm_acme wants to and may not; the others trade.
    wait(lambda: orders(1) > 5 and orders(2) + orders(3) + orders(4), "for the others")
    assert own.picture()["desk"]["doubt"] == 1 and orders(0) == 0
    status = json.loads(own.ctl("status", "--json").stdout)
    assert status["stands"]["in_doubt"] == ["ACME"]
    assert (status["journal"]["level"], status["journal"]["found"]) == (
        "background",
        "ended",
    )
    shown = own.ctl("status").stdout
    assert "IN DOUBT: ACME: nothing is sent there; `cockpit ctl accept`" in shown
    assert "journal       background, " in shown and "; found ended, " in shown
    refused = answer(own.ctl("order", "buy", 1, "ACME", "--market", "--json"), 4)
    assert refused["refusal"] == "in_doubt"
    assert own.ctl("halt", "--symbol", "ACME").returncode == 0  # which ends no doubt
    assert own.ctl("resume", "--symbol", "ACME").returncode == 0
    assert own.picture()["desk"]["doubt"] == 1
    # A kill is no answer either.
    own.process.kill()
    own.process.wait()
    own.start()
    wait(lambda: orders(1) > 5, "for the others")
    assert own.picture()["desk"]["doubt"] == 1 and orders(0) == 0
    with own.join(operates=False, read_only=True) as looker, pytest.raises(NotInControl):
        looker.accept()
    done = answer(own.ctl("accept", "--why", "asked the venue", "--json"))
    assert done["text"] == "no symbol is in doubt"
    wait(lambda: orders(0) > 0, "for it to trade")
    own.wait_for("positions are accepted as they are")
    own.wait_for("; why: asked the venue")
    assert answer(own.ctl("accept", "--json"), 4)["text"] == "no symbol is in doubt"
    own.process.kill()
    own.process.wait()
    own.start()
    assert own.picture()["desk"]["doubt"] == 0
    wait(lambda: orders(0) > 0, "for it to trade")
    shown = own.run("journal", "show", directory, "--kind", "control").stdout
    (row,) = [one for one in shown.splitlines() if "control_kind=accept" in one]
    assert 'who="root uid' in row and 'why="asked the venue"' in row
    assert own.run("journal", "verify", directory).returncode == 0


def test_who_did_what_and_why_is_in_the_journals_chain(own: Served) -> None:
    assert own.ctl("halt", "--symbol", "ACME", "--why", "a rumour").returncode == 0
    assert own.ctl("order", "buy", 1, "BOREAL@1", "--why", "too low").returncode == 4
    assert own.ctl("strategy", 1, "set", "skew", "3", "--why", "lean").returncode == 0
    assert own.ctl("quit", "--why", "end of day").returncode == 0
    assert own.left() == 0
    directory = own.runtime / "state" / "cockpit" / "journal" / "desk"
    shown = own.run("journal", "show", directory, "--kind", "control").stdout
    verified = own.run("journal", "verify", directory)
    assert verified.returncode == 0, verified
    for kind, why in (
        (Control.HALT_SYMBOL, 'why="a rumour" target=ACME'),
        (Control.ORDER, 'why="too low" ticket={symbol:BOREAL,side:buy,qty:1,price:100,'),
        (Control.STRATEGY, "why=lean target=mm_acme new={name:mm_acme,"),
        (Control.STOP, 'why="end of day"'),
    ):
        head = f"control_kind={kind.name.lower()} "
        rows = [row for row in shown.splitlines() if head in row]
        assert len(rows) == 1 and 'who="root uid' in rows[0], (kind, shown)
        assert why in rows[0]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("symbols.NOPE.max_position", "no such instrument"),
        ("symbols.ACMF.max_position", "did you mean ACME"),
        ("strategies.nobody.max_position", "no such strategy"),
    ],
)
def test_a_limit_of_nothing_is_not_written(own: Served, name: str, said: str) -> None:
    file = own.files / "risk.toml"
    before = file.read_bytes()
    done = own.ctl("limit", name, 5)
    assert done.returncode == 4 and said in done.stderr, done
    assert file.read_bytes() == before
    # The next one is enforced: no word of that is in its way.
    assert own.ctl("limit", "max_position", 150).returncode == 0


def test_what_keeps_an_edit_from_coming_into_force_is_said(own: Served) -> None:
    file = own.files / "strategies.toml"
    file.write_text(file.read_text() + "\n[broken\n")
    own.wait_for("The values in force stay")
    done = own.ctl("limit", "max_position", 150)
    assert done.returncode == 1
    assert "NOT CONFIRMED within" in done.stderr and "strategies.toml" in done.stderr


def test_a_brake_is_never_refused_for_how_it_is_explained(own: Served) -> None:
    done = own.ctl("pause", "--why", "x" * 500)
    assert done.returncode == 0, done
    done = own.ctl("resume", "--why", "x" * 500)
    assert done.returncode == 2 and "at most 200" in done.stderr
    assert own.ctl("halt", "--why", "y" * 500).returncode == 0
    assert own.picture()["desk"]["state_why"].startswith(b"yyy")


def test_the_brakes_of_the_script_are_those_of_the_desk() -> None:
    from cockpit.control.actions import ACTIONS
    from cockpit.control.ctl import BRAKES

    brakes = {name for name, action in ACTIONS.items() if action.brake}
    assert set(BRAKES) == brakes - {"preview"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("frobnicate",), "no command 'frobnicate'; there are accept, "),
        (("desk", "frobnicate"), "no command 'frobnicate' (or 'desk')"),
        (("order", "hold", "1", "ACME@1"), "'hold' is not one of"),
        (("strategy", "1", "set", "half_spread"), "or set PARAMETER VALUE, or versions"),
        (("strategy", "1"), "Missing argument"),
        (("halt", "now"), "unexpected extra argument"),
    ],
)
def test_what_is_said_wrongly_is_told_to_programs_too(
    words: tuple[str, ...], said: str
) -> None:
    from click.testing import CliRunner

    from cockpit.control.ctl import ctl

    done = CliRunner().invoke(ctl, [*words, "--json"])
    found = json.loads(done.stdout)
    assert (done.exit_code, found["status"]) == (2, "wrong")
    assert said in found["text"]
    plain = CliRunner().invoke(ctl, words)
    assert plain.exit_code == 2 and said in plain.output


def test_a_desk_that_reduces_never_holds_more_also_after_a_kill(own: Served) -> None:
    def held() -> list[int]:
        return [abs(int(s["position"])) for s in own.picture()["desk"]["symbols"][:4]]

    wait(lambda: sum(1 for lots in held() if lots >= 5) >= 2, "for positions")
    done = answer(own.ctl("reduce", "--why", "too much", "--json"))
    assert done["text"] == "REDUCING"
    stands = json.loads(own.ctl("status", "--json").stdout)["stands"]
    assert stands["by"].startswith("root uid") and stands["why"] == "too much"
    own.wait_for("ACTIVE -> REDUCING, by the operator")
    wait(lambda: not own.picture()["desk"]["cancels_pending"], "for what was under way")
    before = held()
    for _ in range(8):
        after = held()
        assert all(now <= then for now, then in zip(after, before, strict=True))
        before = after
        time.sleep(0.2)
    flat = [index for index, lots in enumerate(before) if not lots]
    at = own.picture()["desk"]["symbols"]
    name = ("ACME", "BOREAL", "CITRA", "DUNMOR")[flat[0] if flat else 0]
    assert own.ctl("order", "buy", 40, name, "--market").returncode == 4, at
    own.process.kill()
    own.process.wait()
    own.start()
    assert own.picture()["desk"]["risk_state"] == RiskState.REDUCING
    shown = own.ctl("status").stdout
    assert "REDUCING: operator" in shown and "; found crashed, " in shown
    after = held()
    assert all(now <= then for now, then in zip(after, before, strict=True))
    assert own.ctl("unhalt").returncode == 4
    assert answer(own.ctl("resume", "--json"))["text"] == "ACTIVE"
    assert own.ctl("halt").returncode == 0
    refused = own.ctl("reduce")
    assert refused.returncode == 4 and "only from ACTIVE or PAUSED" in refused.stderr


# ---- a screen that is attached ---------------------------------------------------------


def test_an_attached_screen_orders_looks_ahead_and_pulls(quiet: Served) -> None:
    with quiet.join() as desk:
        wait(lambda: desk.read()["desk"]["symbols"][0]["bid"] > 0)
        at = int(desk.read()["desk"]["symbols"][0]["bid"]) - 20
        ticket = Ticket(0, Side.BUY, 2, at)
        assert wait(lambda: desk.preview(ticket), "for a preview").passes
        many = Ticket(0, Side.BUY, 60, at)
        found = wait(lambda: desk.preview(many), "for another")
        assert (found.ticket, found.refusal) == (many, "max_order_qty")
        assert (found.scope, found.passing_qty) == ("global", 50)
        tag = desk.order(ticket)

        def state() -> str:
            by_hand = desk.read()["desk"]["by_hand"]
            rows = by_hand["tickets"][: by_hand["ticket_count"]]
            return next(
                (ORDER_STATES[row["state"]] for row in rows if row["tag"] == tag), ""
            )

        wait(lambda: state() == "live", "for it to rest")
        desk.cancel(symbol=0, side=Side.BUY, strategy=OPERATOR)
        wait(lambda: state() == "cancelled", "for the cancel")
        assert desk.order(Ticket(9, Side.BUY, 1, 1)) == 0
        assert any("NOT DONE: order" in line.text for line in desk.events())


def test_an_attached_screen_stops_one_and_goes_back_to_a_version(own: Served) -> None:
    with own.join() as desk:
        desk.halt(symbol=0)
        wait(lambda: desk.read()["desk"]["halted"] == 1, "for the halt")
        desk.resume(symbol=0)
        wait(lambda: desk.read()["desk"]["halted"] == 0, "for it to trade")
        desk.halt(strategy=0)
        wait(lambda: desk.read()["desk"]["strategies"][0]["kill"], "for the kill")
        assert len(desk.versions(0)) == 1 and desk.versions(15) == ()
        assert own.ctl("strategy", 1, "set", "skew", 3, "--take-over").returncode == 0
        wait(lambda: len(desk.versions(0)) == 2, "for the version")
        desk.take_controls("mine")
        wait(lambda: desk.in_control)
        desk.revert(0, desk.versions(0)[1].version)
        wait(lambda: len(desk.versions(0)) == 3, "for the revert")
        assert dict(desk.versions(0)[0].values)["skew"] == 2
        desk.revert(0, 99)
        lines: list[str] = []

        def said() -> bool:
            lines.extend(line.text for line in desk.events())
            return any("NOT DONE: revert" in text for text in lines)

        wait(said, "for the refusal")


@pytest.mark.parametrize(
    "fields",
    [
        {"ask": "order"},
        {"ask": "order", "ticket": [0, 0, 1, 100, 0, 0]},
        {"ask": "order", "ticket": [0, 7, 1, 100, 0, 0, False]},
        {"ask": "order", "ticket": [0, 0, 1 << 40, 100, 0, 0, False]},
        {"ask": "order", "ticket": [0, 0, 1, -5, 0, 0, False]},
        {"ask": "order", "ticket": [0, 0, True, 100, 0, 0, False]},
        {"ask": "order", "ticket": [0, 0, 1, 100, 0, 0, False], "tag": -1},
        {"ask": "preview", "ticket": "x"},
        {"ask": "cancel", "order": -1},
        {"ask": "cancel", "order": 1 << 70},
        {"ask": "cancel", "side": 2},
        {"ask": "cancel", "symbol": 99},
        {"ask": "cancel", "slot": 17},
        {"ask": "halt", "slot": "x"},
        {"ask": "flatten", "symbol": []},
        {"ask": "resume", "symbol": -1},
        {"ask": "revert", "slot": 0, "version": "1"},
        {"ask": "revert", "version": 1},
        {"ask": "parameter", "strategy": 1, "parameter": [], "value": "1"},
    ],
)
def test_nonsense_over_the_socket_is_refused_and_changes_nothing(
    quiet: Served, fields: dict[str, Any]
) -> None:
    from serving import SCRIPT

    from cockpit.control import protocol
    from cockpit.control.connection import Connection, Unreachable

    before = quiet.picture()["desk"]["counters"]["order_count"]
    with Connection(quiet.place, SCRIPT) as connection:
        try:
            connection.send({"number": 1, **fields})
        except (OverflowError, protocol.ProtocolError):
            return  # it cannot even be said
        end = time.monotonic() + 5
        try:
            while (found := connection.receive(1)) is None:
                assert time.monotonic() < end
        except Unreachable:
            found = {"refused": "cut off"}
        assert found.get("status") == "refused" or "refused" in found, found
    assert quiet.picture()["desk"]["counters"]["order_count"] == before
    assert quiet.picture()["desk"]["risk_state"] == RiskState.ACTIVE


def test_a_read_only_screen_cannot_order(quiet: Served) -> None:
    with quiet.join(read_only=True, operates=False) as desk:
        market = Ticket(0, Side.BUY, 1, 0, OrderType.MARKET, TimeInForce.IOC)
        with pytest.raises(NotInControl):
            desk.order(market)
