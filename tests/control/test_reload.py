"""Files that change under a running desk, read, checked and applied for real."""

import gc
import os
import re
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rig import Rig

from cockpit.config import load, settings
from cockpit.config.edit import EditRefused
from cockpit.config.load import FILES, interpret, universe_of
from cockpit.config.models import StrategyOptions
from cockpit.config.reading import look
from cockpit.control.local import LocalDesk
from cockpit.control.reload import ECHO_SECONDS, Reload, placed
from cockpit.core import (
    STRATEGY_MAX,
    Engine,
    Journal,
    Mode,
    Scope,
    Severity,
    limits_hash,
)

RISK, STRATEGIES = "risk.toml", "strategies.toml"


def limit(rig: Rig, index: int) -> int:
    return int(rig.picture["desk"]["limits"]["limit"][index])


def replaced(old: str, new: str) -> Callable[[Path], None]:
    def act(path: Path) -> None:
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))

    return act


def holding(data: bytes) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(data) and None


def made_a_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def made_a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def linked_to_nothing(path: Path) -> None:
    path.unlink()
    path.symlink_to("nowhere")


def cut_after(part: str) -> Callable[[Path], None]:
    def act(path: Path) -> None:
        text = path.read_text()
        path.write_text(text[: text.index(part) + len(part)])

    return act


# What is done to the file, and what the message has to contain besides its name.
CORPUS: dict[str, tuple[str, Callable[[Path], object], list[str]]] = {
    "empty": (RISK, holding(b""), ["empty"]),
    "comments only": (STRATEGIES, holding(b"# nothing\n"), ["empty"]),
    "cut in a number": (RISK, cut_after("max_daily_loss = 20"), ["half-written"]),
    "cut in a key": (RISK, cut_after("max_open"), ["line", "max_open"]),
    "cut in a table": (STRATEGIES, cut_after("[mm_"), ["line", "[mm_"]),
    "text": (RISK, replaced("= 200\n", '= "200"\n'), [
        'limits.max_position = "200"', "not a number", "from 1 to 1000000000 lots",
    ]),
    "truth": (RISK, replaced("= 200\n", "= true\n"), ["max_position = true"]),
    "fraction": (RISK, replaced("= 200\n", "= 200.0\n"), [
        "limits.max_position = 200.0", "not a whole number",
    ]),
    "nan": (RISK, replaced("= 2000\n", "= nan\n"), ["max_daily_loss = NaN", "currency"]),
    "infinity": (RISK, replaced("= 2000\n", "= inf\n"), ["max_daily_loss = Infinity"]),
    "too large": (RISK, replaced("= 2000\n", "= 1e400\n"), ["max_daily_loss = 1E+400"]),
    "negative": (RISK, replaced("= 200\n", "= -200\n"), ["max_position = -200", "1 to"]),
    "unknown key": (RISK, replaced("max_position", "max_positon"), [
        "limits.max_positon = 200", "did you mean max_position?", "max_daily_loss",
    ]),
    "duplicate key": (RISK, replaced("max_open_orders =", "max_order_qty ="), [
        "line", "twice", "max_order_qty = 20",
    ]),
    "missing key": (RISK, replaced("price_collar = 50\n", ""), [
        "price_collar: missing", "from 1 to 10000 bp",
    ]),
    "nested brackets": (RISK, holding(b"a = " + b"[" * 5000 + b"\n"), ["nested"]),
    "digits": (RISK, replaced("= 200\n", f"= {'9' * 5000}\n"), ["cannot be read"]),
    "binary": (RISK, holding(bytes(range(256)) * 4), ["line"]),
    "utf-16": (RISK, holding("[limits]\n".encode("utf-16")), ["not UTF-8"]),
    "huge": (RISK, holding(b"#" * (2 << 20)), ["larger than 1048576 bytes"]),
    "deleted": (RISK, Path.unlink, ["is missing"]),
    "directory": (STRATEGIES, made_a_directory, ["is not a regular file"]),
    "pipe": (RISK, made_a_pipe, ["is not a regular file"]),
    "dangling link": (RISK, linked_to_nothing, ["is missing"]),
    "unknown kind": (STRATEGIES, replaced('"momentum"', '"momentun"'), [
        'mom_dunmor.kind = "momentun"', "did you mean momentum?",
    ]),
    "unknown symbol": (STRATEGIES, replaced('"CITRA"', '"CITRUS"'), [
        'rev_citra.symbol = "CITRUS"', "ACME, BOREAL, CITRA, DUNMOR",
    ]),
    "duplicate table": (STRATEGIES, replaced("[mm_boreal]", "[mm_acme]"), [
        "line", "twice", "[mm_acme]",
    ]),
    "bad name": (STRATEGIES, replaced("[mm_acme]", '["mm acme"]'), [
        "mm acme", "not a name",
    ]),
    "parameter out of range": (STRATEGIES, replaced("skew = 2.0", "skew = -1"), [
        "mm_acme.skew = -1", "from 0 to 100000 increments",
    ]),
}  # fmt: skip
if os.geteuid() != 0:  # root may read everything
    CORPUS["unreadable"] = (RISK, lambda path: path.chmod(0), ["Permission denied"])


def test_a_broken_file_changes_nothing_and_says_what_is_wrong(rig: Rig) -> None:
    in_force = rig.in_force()
    for name, (file, break_it, said) in CORPUS.items():
        path = rig.directory / file
        whole = path.read_bytes()
        break_it(path)
        rig.wait(
            lambda said=said, file=file: any(
                error.startswith(f"{file}: ") and all(part in error for part in said)
                for error in rig.desk.config_errors()
            ),
            f"for an error about {name}: {rig.desk.config_errors()}",
        )
        assert all(rig.has_said(error) for error in rig.desk.config_errors()), name
        assert rig.in_force() == in_force, name
        trades = int(rig.picture["venue"]["md_count"])
        rig.wait(
            lambda trades=trades: int(rig.picture["venue"]["md_count"]) > trades,
            "to trade",
        )
        # Mended the way editors do it: a new file in the old one's place.
        if path.is_dir():
            path.rmdir()
        (rig.directory / "new").write_bytes(whole)
        (rig.directory / "new").replace(path)
        rig.wait(lambda: not rig.desk.config_errors(), f"for {name} to be mended")
        assert rig.in_force() == in_force, name
    assert not rig.has_said("in force:")
    assert len([e for e in rig.said if "in order again" in e.text]) == len(CORPUS)


def test_new_limits_are_in_force_when_the_core_shows_them(rig: Rig) -> None:
    rig.edit(RISK, "max_position = 200", "max_position = 150")
    rig.edit(RISK, "max_daily_loss = 2000", "max_daily_loss = 1234.56789012")
    said = (
        "risk.toml version 2 in force: max_position 200 -> 150 lots, "
        "max_daily_loss 2000 -> 1234.56789012 currency"
    )
    rig.wait(lambda: int(rig.picture["desk"]["limits_version"]) >= 2)
    rig.wait(lambda: rig.has_said("in force:"))
    rig.linger(0.2)
    told = [event.text for event in rig.said if "in force:" in event.text]
    if len(told) == 1:  # both edits were seen as one
        assert told == [said]
    assert limit(rig, 2) == 150
    assert limit(rig, 7) == 123_456_789_012
    in_file = settings(load(rig.directory)).limits
    assert int(rig.picture["desk"]["limits_hash"]) == in_file.hash
    assert int(rig.picture["desk"]["limits_version"]) == 1 + len(told)


def test_only_what_changed_is_handed_over(rig: Rig) -> None:
    before = rig.picture["desk"]["strategies"]["config"]
    rig.edit(STRATEGIES, "skew = 2.0", "skew = 3.25")
    rig.wait(
        lambda: rig.has_said("strategies.toml version 2 in force: mm_acme skew 2 -> 3.25")
    )
    after = rig.picture["desk"]["strategies"]["config"]
    assert after[0]["parameters"][1] == 3.25
    assert int(after[0]["version"]) == 2
    assert int(after[0]["hash"]) == load(rig.directory).strategies[0].hash
    assert after[1:].tobytes() == before[1:].tobytes()
    assert int(rig.picture["desk"]["limits_version"]) == 1


def test_comments_change_nothing(rig: Rig) -> None:
    in_force = rig.in_force()
    for file in FILES:
        rig.write(file, "# a thought\n" + rig.text(file))
    rig.linger(0.4)
    assert rig.in_force() == in_force
    assert not [event for event in rig.said if event.source == "config"]


def test_an_error_in_one_file_holds_up_the_other(rig: Rig) -> None:
    in_force = rig.in_force()
    rig.edit(STRATEGIES, "skew = 2.0", "skew = -2.0")
    rig.edit(RISK, "max_position = 200", "max_position = 150")
    rig.wait(rig.desk.config_errors)
    rig.linger(0.3)
    assert rig.in_force() == in_force
    rig.edit(STRATEGIES, "skew = -2.0", "skew = 2.0")
    rig.wait(lambda: limit(rig, 2) == 150)
    assert not rig.desk.config_errors()


def test_half_a_file_is_never_in_force(rig: Rig) -> None:
    text = rig.text(RISK).replace("max_daily_loss = 2000", "max_daily_loss = 1999")
    place = text.index("max_daily_loss = 1999") + len("max_daily_loss = 19")

    def write() -> None:
        with (rig.directory / RISK).open("w") as file:
            for part in (text[: place - 40], text[place - 40 : place], text[place:]):
                file.write(part)
                file.flush()
                time.sleep(0.25)

    writer = threading.Thread(target=write)
    writer.start()
    seen = set()
    while writer.is_alive():
        rig.linger(0.01)
        seen.add(limit(rig, 7))
    writer.join()
    rig.wait(lambda: limit(rig, 7) == 1999 * 10**8)
    assert seen <= {2000 * 10**8, 1999 * 10**8}
    assert not rig.desk.config_errors()


def test_an_operators_mode_outlives_edits_of_other_things(rig: Rig) -> None:
    def mode() -> int:
        return int(rig.picture["desk"]["strategies"]["config"]["mode"][0])

    rig.desk.toggle_strategy(0)
    rig.edit(STRATEGIES, "skew = 2.0", "skew = 2.5")
    rig.wait(lambda: rig.has_said("mm_acme skew 2 -> 2.5"))
    assert mode() == Mode.OFF
    rig.edit(STRATEGIES, 'mode = "live"', 'mode = "off"')
    rig.wait(lambda: rig.has_said("mm_acme mode live -> off"))
    assert mode() == Mode.OFF
    rig.edit(STRATEGIES, 'mode = "off"', 'mode = "live"')
    rig.wait(lambda: rig.has_said("mm_acme mode off -> live"))
    assert mode() == Mode.LIVE


def test_a_strategy_that_was_left_out_comes_back_as_it_was(rig: Rig) -> None:
    whole = rig.text(STRATEGIES)
    table = re.search(r"\[mm_boreal\]\n(?:.+\n)+", whole)
    assert table
    rig.desk.toggle_strategy(1)
    rig.write(STRATEGIES, whole.replace(table[0], ""))
    rig.wait(lambda: rig.has_said("mm_boreal removed from key 2"))
    used = rig.picture["desk"]["strategies"]["config"]["used"]
    assert used[:3].tolist() == [1, 0, 1]
    rig.edit(
        STRATEGIES, "[mm_citra]", table[0].replace("boreal]", "new]") + "\n[mm_citra]"
    )
    rig.wait(lambda: rig.has_said("mm_new added on key 7"))
    assert rig.has_said("strategies keep the keys they have")
    rig.write(STRATEGIES, whole)
    rig.wait(lambda: rig.has_said("mm_boreal added on key 2"))
    config = rig.picture["desk"]["strategies"]["config"][1]
    assert (config["name"], int(config["mode"])) == (b"mm_boreal", Mode.OFF)


def test_desk_toml_waits_for_the_next_start(rig: Rig) -> None:
    in_force = rig.in_force()
    rig.edit("desk.toml", "rate = 2000", "rate = 2001")
    rig.wait(lambda: rig.has_said("desk.toml changed: in force from the next start"))
    rig.edit("desk.toml", "rate = 2001", "rate = 0")
    rig.wait(lambda: "rate" in rig.desk.config_errors()[0])
    assert "desk.toml: market.rate = 0: too small" in rig.desk.config_errors()[0]
    assert rig.in_force() == in_force
    rig.edit(RISK, "max_position = 200", "max_position = 150")
    rig.wait(lambda: limit(rig, 2) == 150)
    assert rig.desk.config_errors()


def test_another_desk_toml_than_the_one_that_runs_is_said_until_it_is_put_back(
    rig: Rig,
) -> None:
    rig.edit("desk.toml", "rate = 2000", "rate = 2001")
    said = ("desk.toml is not the one that runs: from the next start",)
    rig.wait(lambda: rig.desk.config_errors() == said)
    rig.edit("desk.toml", "rate = 2001", "rate = 2000")
    rig.wait(lambda: rig.desk.config_errors() == ())


def test_limits_in_the_core_that_nobody_gave_it_are_said_with_both_hashes(
    rig: Rig,
) -> None:
    assert rig.desk.config_errors() == ()
    given = rig.desk.engine.settings.limits
    other = replace(given, values=(given.values[0] - 1, *given.values[1:]), version=99)
    other = replace(other, hash=limits_hash(other))
    rig.desk.engine.set_limits(other)
    rig.wait(rig.desk.config_errors)
    (error,) = rig.desk.config_errors()
    assert f"{given.hash:016x}" in error
    assert f"{other.hash:016x}" in error
    rig.desk.engine.set_limits(replace(given, version=100))
    rig.wait(lambda: rig.desk.config_errors() == ())


def test_a_directory_made_anew_is_followed(rig: Rig) -> None:
    texts = {file: rig.text(file) for file in FILES}
    away = rig.directory.with_name("away")
    rig.directory.rename(away)
    rig.wait(lambda: len(rig.desk.config_errors()) == len(FILES))
    rig.directory.mkdir()
    for file, text in texts.items():
        rig.write(file, text.replace("max_position = 200", "max_position = 150"))
    rig.wait(lambda: limit(rig, 2) == 150)
    rig.wait(lambda: not rig.desk.config_errors())


# ---- narrower limits, and loosening ---------------------------------------------------


def test_limits_of_one_instrument_or_strategy_come_into_force(rig: Rig) -> None:
    text = rig.text(RISK)
    rig.write(
        RISK,
        text + "[symbols.BOREAL]\nmax_position = 70\n[strategies.rev_citra]\n"
        "max_daily_loss = 12.5\n",
    )
    rig.wait(lambda: rig.has_said("symbols.BOREAL.max_position none -> 70 lots"))
    desk = rig.picture["desk"]
    rows = [row["limit"] for row in desk["scoped"][: int(desk["scoped_count"])]]
    assert [
        tuple(int(row[key]) for key in ("scope", "target", "limit", "value"))
        for row in rows
    ] == [(1, 1, 2, 70), (2, 2, 7, 1_250_000_000)]
    assert int(desk["limits_hash"]) == settings(load(rig.directory)).limits.hash
    assert rig.desk.narrower_limit(Scope.SYMBOL, "BOREAL", 2) == 70
    assert rig.desk.narrower_limit(Scope.STRATEGY, "rev_citra", 7) == 1_250_000_000
    assert rig.desk.narrower_limit(Scope.SYMBOL, "ACME", 2) is None


def test_triggers_of_the_breakers_come_into_force(rig: Rig) -> None:
    rig.edit(RISK, "reject_count = 20", "reject_count = 19")
    rig.wait(lambda: rig.has_said("in force: breakers.reject_count 20 -> 19 rejects"))
    assert int(rig.picture["desk"]["triggers"][0]) == 19


def test_what_the_file_loosens_waits_for_a_confirmation(rig: Rig) -> None:
    rig.edit(RISK, "max_position = 200", "max_position = 300")
    rig.edit(RISK, "max_open_orders = 20", "max_open_orders = 15")
    rig.wait(lambda: limit(rig, 4) == 15, "for what is tighter")
    rig.wait(rig.desk.config_errors)
    rig.linger(0.3)
    assert limit(rig, 2) == 200
    (error,) = rig.desk.config_errors()
    assert "max_position 200 -> 300 lots: NOT in force until confirmed" in error
    assert rig.has_said("asked: max_position 200 -> 300 lots; by risk.toml")
    with pytest.raises(EditRefused):
        rig.desk.confirm_limits(12345)  # something else
    rig.linger(0.1)
    assert limit(rig, 2) == 200
    rig.desk.confirm_limits(load(rig.directory).risk.hash)
    rig.wait(lambda: limit(rig, 2) == 300)
    rig.wait(lambda: not rig.desk.config_errors())
    assert int(rig.picture["desk"]["limits_hash"]) == (
        settings(load(rig.directory)).limits.hash
    )


def test_taking_a_narrower_limit_out_is_loosening_unless_its_strategy_goes(
    rig: Rig,
) -> None:
    text, strategies = rig.text(RISK), rig.text(STRATEGIES)
    more = "[symbols.ACME]\nmax_position = 9\n[strategies.mm_boreal]\nmax_order_qty = 3\n"
    rig.write(RISK, text + more)
    rig.wait(lambda: int(rig.picture["desk"]["scoped_count"]) == 2)
    table = re.search(r"\[mm_boreal\]\n(?:.+\n)+", strategies)
    assert table
    rig.write(STRATEGIES, strategies.replace(table[0], ""))
    rig.write(RISK, text)
    rig.wait(lambda: int(rig.picture["desk"]["scoped_count"]) == 1)
    rig.wait(
        lambda: "symbols.ACME.max_position 9 -> none" in str(rig.desk.config_errors())
    )
    rig.linger(0.2)
    assert rig.desk.narrower_limit(Scope.SYMBOL, "ACME", 2) == 9


def test_a_restart_loosens_nothing(files: Path, tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")

    def run(look: Callable[[LocalDesk], None]) -> None:
        config = load(files)
        made = replace(settings(config), journal=journal)
        with LocalDesk(Engine(made), config, directory=files) as desk:
            deadline = time.monotonic() + 5
            while not desk.read()["desk"]["limits_version"]:
                assert time.monotonic() < deadline
            desk.read()
            look(desk)
        del desk
        gc.collect()  # and with it the lock on the journal

    def found(desk: LocalDesk) -> tuple[int, ...]:
        """Two limits, a count and two windows."""
        picture = desk.read()["desk"]
        limits, triggers = picture["limits"]["limit"], picture["triggers"]
        return tuple(
            map(int, (limits[2], limits[4], triggers[2], triggers[1], triggers[5]))
        )

    path = files / RISK
    replaced("max_position = 200", "max_position = 150")(path)
    run(lambda desk: None)
    replaced("max_position = 150", "max_position = 400")(path)
    replaced("max_open_orders = 20", "max_open_orders = 10")(path)
    replaced("slow_count = 5", "slow_count = 10000")(path)
    replaced("reject_window = 1000", "reject_window = 2000")(path)
    replaced("\nfill_window = 1000", "\nfill_window = 500")(path)
    held, asked = (150, 10, 5, 2000, 1000), (400, 10, 10000, 2000, 500)

    def after(desk: LocalDesk) -> None:
        assert found(desk) == held
        (error,) = desk.config_errors()
        assert "max_position 150 -> 400 lots" in error
        assert "breakers.slow_count 5 -> 10000 answers" in error
        assert "breakers.fill_window 1000 -> 500 ms" in error
        assert "reject_window" not in error and "NOT in force until confirmed" in error
        desk.confirm_limits(load(files).risk.hash)
        deadline = time.monotonic() + 5
        while found(desk) != asked or desk.config_errors():
            assert time.monotonic() < deadline, (found(desk), desk.config_errors())
            time.sleep(0.005)

    run(after)
    run(lambda desk: None if found(desk) == asked else pytest.fail(str(found(desk))))


# ---- a core that does not answer ------------------------------------------------------


def test_what_the_core_does_not_show_is_not_said_to_be_in_force(files: Path) -> None:
    config = load(files)
    engine = Engine(
        settings(config)
    )  # never started: it takes commands, and nothing more
    said: list[tuple[Severity, str]] = []
    now = [0.0]
    universe = universe_of(config.desk)
    reload = Reload(
        engine, config, universe, lambda *words: said.append(words), lambda: now[0]
    )
    replaced("max_position = 200", "max_position = 150")(files / RISK)
    reading = interpret([look(files / file) for file in FILES], universe=universe)
    reload.take(reading, dict.fromkeys(range(STRATEGY_MAX), Mode.LIVE))
    reload.step(engine.read())
    assert said == []
    now[0] = ECHO_SECONDS + 0.001
    reload.step(engine.read())
    ((severity, text),) = said
    assert severity == Severity.CRITICAL
    assert text == (
        "risk.toml version 2 is NOT in force, the core does not confirm it: "
        "max_position 200 -> 150 lots"
    )
    assert reload.errors == (text,)


# ---- slots ----------------------------------------------------------------------------

names = st.lists(st.sampled_from([f"s{i}" for i in range(24)]), unique=True, max_size=16)


@given(st.lists(names, min_size=2, max_size=8))
def test_strategies_keep_their_slots_and_come_back_to_them(
    files: list[list[str]],
) -> None:
    def options(name: str) -> StrategyOptions:
        return StrategyOptions(name, "market_maker", "#1", Mode.LIVE, ())

    slots: tuple[StrategyOptions | None, ...] = (None,) * STRATEGY_MAX
    former: dict[str, int] = {}
    for file in files:
        before = {old.name: slot for slot, old in enumerate(slots) if old}
        slots = placed(slots, tuple(map(options, file)), former)
        after = {new.name: slot for slot, new in enumerate(slots) if new}
        assert set(after) == set(file)
        assert len(slots) == STRATEGY_MAX
        kept = [name for name in file if name in before]
        assert [after[name] for name in kept] == [before[name] for name in kept]
        for name in set(file) & set(former) - set(before):
            taken = [other for other in kept if before[other] == former[name]]
            rivals = [other for other in file if former.get(other) == former[name]]
            assert after[name] == former[name] or taken or len(rivals) > 1
        former |= {name: slot for name, slot in before.items() if name not in after}
        former = {name: slot for name, slot in former.items() if name not in after}
