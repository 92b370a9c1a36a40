"""What a record says is told in words, for people, as JSON and in Parquet."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cockpit import core
from cockpit.cli import opening
from cockpit.core import Control, JournalKind, NoteKind
from cockpit.journal import export, words
from cockpit.journal.reader import JournalError, segments

OFF = core.Strategy(
    name="mm_acme", kind="market_maker", symbol=0, mode=core.Mode.OFF,
    parameters=tuple(
        parameter.standard for parameter in core.STRATEGY_KINDS["market_maker"].parameters
    ),
    version=2, hash=77,
)  # fmt: skip


def orders(engine: core.Engine, send: bool = True) -> None:
    engine.send_order(
        tag=9, symbol=1, side=core.Side.SELL, qty=3, price=4900, post_only=True,
        type=core.OrderType.LIMIT, time_in_force=core.TimeInForce.DAY, send=send,
    )  # fmt: skip


def loosen(engine: core.Engine) -> None:
    changes = [
        core.LimitChange(core.Scope.GLOBAL, 0, 2, 200, 300),
        core.LimitChange(core.Scope.SYMBOL, 0, 2, 20, None),
        core.LimitChange(core.Scope.STRATEGY, 1, 0, 5, 6),
    ]
    engine.record_loosening(core.Loosening.ASKED, changes)


def limits(engine: core.Engine) -> None:
    made = replace(
        engine.settings.limits,
        version=2,
        scoped=(core.ScopedLimit(core.Scope.SYMBOL, 1, 2, 40),),
    )
    engine.set_limits(replace(made, hash=core.limits_hash(made)))


ASKED: dict[Control, tuple[Callable[[core.Engine], None], dict[str, Any]]] = {
    Control.STRATEGY: (
        lambda engine: engine.set_strategy(0, OFF),
        {
            "target": "mm_acme",
            "version": 0,
            "new": {
                "name": "mm_acme", "kind": "market_maker", "mode": "off",
                "symbol": "ACME", "version": 2,
                "parameters": dict(
                    zip(
                        [p.name for p in core.STRATEGY_KINDS["market_maker"].parameters],
                        OFF.parameters,
                        strict=True,
                    )
                ),
            },
        },
    ),
    Control.MODE: (
        lambda engine: engine.set_mode(1, core.Mode.SHADOW),
        {"target": "mm_boreal", "mode": "shadow"},
    ),
    Control.LIMITS: (limits, {"version": 2}),
    Control.ORDER: (
        orders,
        {
            "ticket": {
                "symbol": "BOREAL", "side": "sell", "qty": 3, "price": 4900,
                "type": "limit", "time_in_force": "day", "post_only": True, "tag": 9,
            }
        },
    ),
    Control.CANCEL: (
        lambda engine: engine.cancel(symbol=0, side=core.Side.BUY, strategy=0),
        {"ticket": {"symbol": "ACME", "side": "buy", "strategy": "mm_acme"}},
    ),
    Control.HALT_STRATEGY: (lambda e: e.halt_strategy(2), {"target": "rev_citra"}),
    Control.HALT_SYMBOL: (lambda e: e.halt_symbol(0), {"target": "ACME"}),
    Control.RESUME_SYMBOL: (lambda e: e.resume_symbol(0), {"target": "ACME"}),
    Control.FLATTEN_STRATEGY: (
        lambda e: e.flatten_strategy(core.OPERATOR),
        {"target": "operator"},
    ),
    Control.FLATTEN_SYMBOL: (lambda e: e.flatten_symbol(1), {"target": "BOREAL"}),
    Control.LOOSENING: (
        loosen,
        {
            "stage": "asked",
            "limits": {
                "max_position": [200, 300],
                "symbols.ACME.max_position": [20, None],
                "strategies.mm_boreal.max_order_qty": [5, 6],
            },
        },
    ),
    Control.ACCEPT: (lambda e: e.accept(), {}),
    Control.CANCEL_ALL: (lambda e: e.cancel_all(), {}),
    Control.PAUSE: (lambda e: e.pause(), {}),
    Control.RESUME: (lambda e: e.resume(), {}),
    Control.REDUCE: (lambda e: e.reduce(), {}),
    Control.FLATTEN: (lambda e: e.flatten(), {}),
    Control.HALT: (lambda e: e.halt(), {}),
    Control.UNHALT: (lambda e: e.unhalt(), {}),
    Control.STOP: (lambda e: e.stop_trading(), {}),
}  # fmt: skip


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk of which everything was asked that can be, each for a reason of its own."""
    directory = tmp_path_factory.mktemp("words")
    _, settings = opening.open_settings(None, rate=20_000)
    settings = replace(settings, journal=core.Journal(directory))
    with core.Engine(settings) as engine:
        time.sleep(0.5)
        for kind, (ask, _) in ASKED.items():
            engine.signature = "ann", f"to {kind.name}"
            ask(engine)
            time.sleep(0.1)
        orders(engine, send=False)  # a preview is no action
        time.sleep(0.2)
        del engine
    return directory


@pytest.fixture(scope="module")
def rows(session: Path) -> list[dict[str, Any]]:
    return [row for segment in segments(session) for row in export.plain(segment)]


def test_every_control_is_told_by_its_name_with_what_it_was_about(
    rows: list[dict[str, Any]],
) -> None:
    told = [row for row in rows if row["kind"] == "control" and "of_part" not in row]
    assert [row["control_kind"] for row in told] == [one.name.lower() for one in ASKED]
    assert set(ASKED) == set(Control) - {Control.PREVIEW}
    for row, (kind, (_, expected)) in zip(told, ASKED.items(), strict=True):
        assert (row["who"], row["why"]) == ("ann", f"to {kind.name}")
        for key, value in expected.items():
            assert row[key] == value, (kind, key)
    parts = [row for row in rows if row["kind"] == "control" and "of_part" in row]
    assert parts and all(row["control_kind"] for row in parts)


def test_limits_are_told_by_their_names(rows: list[dict[str, Any]]) -> None:
    control = next(row for row in rows if row.get("control_kind") == "limits")
    told = control["limits"]
    assert told["max_order_qty"] == 50 and told["symbols.BOREAL.max_position"] == 40
    assert told["breakers.reject_count"] == 20
    assert len(told) == len(core.LIMITS) + len(core.TRIGGERS) + 1
    found: dict[str, int] = {}
    for row in rows:
        if row["kind"] == "limits" and row["version"] == 2:
            found |= row["limits"]
    assert found == told


def test_no_number_stands_where_there_is_a_word(rows: list[dict[str, Any]]) -> None:
    assert not [row["kind"] for row in rows if row["kind"].isdigit()]
    for row in rows:
        for key in ("order_kind", "report_kind", "note_kind", "side", "state", "reason",
                    "risk_state", "level", "purpose", "before", "by", "halt", "mode",
                    "type", "time_in_force", "liquidity"):  # fmt: skip
            if key in row:
                assert isinstance(row[key], str), (key, row)
        assert ("bytes" not in row and "text" not in row) or row["kind"] == "new_day", row
        if "symbol" in row and row["symbol"] != core.NOBODY:
            assert row["symbol_name"] in ("ACME", "BOREAL", "CITRA", "DUNMOR")
    kinds = {row["note_kind"] for row in rows if row["kind"] == "note"}
    assert kinds >= {"state", "mode", "config", "symbol", "cancel"}
    end = next(row for row in rows if row["kind"] == "closed")
    assert end["halted"] == ["BOREAL"]  # what FLATTEN_SYMBOL left
    assert "rev_citra" in end["killed"]
    assert (end["modes"]["rev_citra"], end["modes"]["mm_boreal"]) == ("off", "shadow")
    assert set(end["modes"]) == set(end["mode_causes"]) >= {"mm_acme"}
    assert end["mode_causes"]["rev_citra"] == "operator"


@pytest.mark.parametrize("kind", list(NoteKind))
def test_every_kind_of_note_is_told(kind: NoteKind) -> None:
    note = np.zeros((), core.NOTE_DTYPE)
    note["kind"], note["symbol"], note["strategy"] = kind, core.NOBODY, core.NOBODY
    told = words.Reader()._note(note)
    assert told["note_kind"] == kind.name.lower()
    assert not set("abcd") & set(told)


def test_figures_of_128_bits_are_whole() -> None:
    said = np.zeros((), core.JOURNAL_BODIES[JournalKind.COSTS])
    said["arrival2"] = (1 << 64) - 1, (1 << 64) - 1
    said["realised_fifo"] = 5, 1
    told = words._fields(said[()], JournalKind.COSTS)
    assert (told["arrival2"], told["realised_fifo"]) == ("-1", str((1 << 64) + 5))


def test_the_lines_of_json_are_whole_and_so_is_parquet(
    session: Path, rows: list[dict[str, Any]], tmp_path: Path
) -> None:
    with (tmp_path / "lines").open("w") as out:
        assert export.json_lines(session, out) == len(rows)
    lines = [json.loads(line) for line in (tmp_path / "lines").read_text().splitlines()]
    control = next(one for one in lines if one.get("control_kind") == "loosening")
    assert control["limits"]["symbols.ACME.max_position"] == [20, None]
    parquet = pytest.importorskip("pyarrow.parquet")
    assert export.parquet(session, tmp_path / "all.parquet") == len(rows)
    table = parquet.read_table(tmp_path / "all.parquet").drop_columns(["time"])
    table = table.to_pylist()
    found = [row for row in table if row["what"] == "halt_symbol"]
    assert (found[0]["who"], found[0]["why"]) == ("ann", "to HALT_SYMBOL")
    assert json.loads(found[0]["body"])["target"] == "ACME"
    assert {row["symbol_name"] for row in table if row["kind"] == "order"} >= {"ACME"}


def test_people_are_shown_a_line_an_action(
    session: Path, rows: list[dict[str, Any]]
) -> None:
    shown = [export.line(row) for row in rows if "of_part" not in row]
    (halt,) = [line for line in shown if "control_kind=halt_symbol" in line]
    assert 'who=ann why="to HALT_SYMBOL" target=ACME' in halt
    (asked,) = [line for line in shown if "stage=asked" in line]
    assert "symbols.ACME.max_position:[20,none]" in asked
    assert not [line for line in shown if "b'" in line or "\\x" in line]


def test_a_control_without_its_parts_is_told_as_far_as_it_goes(session: Path) -> None:
    (segment,) = segments(session)
    kinds = segment.records["kind"]
    first = int(np.flatnonzero(kinds == JournalKind.CONTROL)[0])
    for count in range(first + 1, first + 6):
        torn = replace(segment, records=segment.records[:count])
        told = list(export.plain(torn))
        assert told[first]["control_kind"] == "strategy"
    late = replace(segment, records=segment.records[first + 1 :])
    assert next(iter(words.Reader().rows(late)))[1]["of_part"] == 1


def test_a_name_that_is_no_directory_is_no_journal(tmp_path: Path) -> None:
    with pytest.raises(JournalError):
        list(segments(tmp_path / "nowhere"))
