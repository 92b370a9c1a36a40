"""What the state machine and the fuzzer of risk see: in a copy the core is broken on
purpose, a line at a time, and both are run against it.

    python tests/risk/plants.py              every break; some minutes
    python tests/risk/plants.py NAME ...     these

A line each: what was broken, and who saw it. What one of them misses is said by the exit
code, and so is a line that the core has no more: then the break has to be planted anew.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STEPS = "2000000"
COPIED = ("native", "cockpit", "tests/risk", "pyproject.toml")


@dataclass(frozen=True)
class Plant:
    name: str
    file: str
    """Under native/src/desk."""
    old: str
    """What stands there, once; any space stands for any others."""
    new: str


ALLOWS = "if (CP_LIKELY(state == CP_RISK_ACTIVE)) return true;"
OPENS = "return state != CP_RISK_HALTED && ask->reduces_only;"
PLANTS = [
    Plant(
        "reducing: a replace passes", "examine.c",
        "if (state == CP_RISK_REDUCING && reduces(ask))",
        "if (state == CP_RISK_REDUCING && (ask->is_replace || reduces(ask)))",
    ),
    Plant(
        "reducing: the second order of a step does not count the first", "examine.c",
        "* sign + ask->working[ask->side] + ask->qty; cp_i128 own = "
        "(cp_i128)ask->own_position * sign + ask->own_working[ask->side] + ask->qty;",
        "* sign + ask->qty; cp_i128 own = (cp_i128)ask->own_position * sign + ask->qty;",
    ),
    Plant(
        "reducing: an order by hand passes", "examine.c", OPENS,
        "return state != CP_RISK_HALTED && (ask->reduces_only || "
        "(state == CP_RISK_REDUCING && ask->strategy == CP_OPERATOR));",
    ),
    Plant(
        "reducing: by hand only the symbol is asked", "tickets.c",
        "if (desk->risk.state == CP_RISK_REDUCING) {", "if (false) {",
    ),
    Plant(
        "reducing: only the symbol is asked", "examine.c",
        "return after <= 0 && own <= 0;", "return after <= 0;",
    ),
    Plant(
        "reducing: only the strategy is asked", "examine.c",
        "return after <= 0 && own <= 0;", "return own <= 0;",
    ),
    Plant(
        "paused: a replace passes", "examine.c", ALLOWS,
        "if (state == CP_RISK_ACTIVE || (state == CP_RISK_PAUSED && ask->is_replace)) "
        "return true;",
    ),
    Plant(
        "paused: a new order of a strategy passes", "examine.c", ALLOWS,
        "if (state == CP_RISK_ACTIVE || (state == CP_RISK_PAUSED && ask->qty == 3)) "
        "return true;",
    ),
    Plant(
        "halted: a replace passes", "examine.c", ALLOWS,
        "if (state == CP_RISK_ACTIVE || (state == CP_RISK_HALTED && ask->is_replace)) "
        "return true;",
    ),
    Plant(
        "halted: what reduces by hand passes", "examine.c", OPENS,
        "return ask->reduces_only;",
    ),
    Plant(
        "halted: nothing is pulled", "control.c",
        "if (to != CP_RISK_ACTIVE) cp_desk_sweep(desk);",
        "if (to != CP_RISK_ACTIVE && to != CP_RISK_HALTED) cp_desk_sweep(desk);",
    ),
    Plant(
        "halted: what was being closed goes on after it", "control.c",
        "if (state == CP_RISK_HALTED) cp_flatten_some_no_more(desk, cause);", "",
    ),
    Plant(
        "flatten: more than is held", "flatten.c", "qty = qty < held ? qty : held;", "",
    ),
    Plant(
        "mode REDUCE: takes are not cut", "seats.c",
        "qty = qty < room ? qty : room; if (qty == 0) return;", "",
    ),
    Plant(
        "mode REDUCE: the quote is not counted beside the take", "seats.c",
        "room -= desk->orders.slot_qty[slot_index][symbol][side];"
        " room += counted_at(desk, symbol, side, place);", "",
    ),
    Plant(
        "mode REDUCE: goes on as LIVE", "seats.c",
        "if (CP_UNLIKELY(mode != CP_MODE_LIVE)) {",
        "if (mode != CP_MODE_LIVE && mode != CP_MODE_REDUCE) {",
    ),
    Plant(
        "halt of a strategy: it is not switched off", "flatten.c",
        "if (slot != CP_OPERATOR) cp_seats_set_mode(desk, slot, CP_MODE_OFF, "
        "CP_CAUSE_OPERATOR);", "",
    ),
    Plant(
        "halt of a symbol: ignored", "flatten.c",
        "desk->halted |= UINT64_C(1) << symbol;", "",
    ),
    Plant(
        "halt of a symbol: not for replaces", "send.c",
        "if (CP_UNLIKELY((stops >> symbol & 1) != 0 && !closes))",
        "if (CP_UNLIKELY((stops >> symbol & 1) != 0 && !closes && !ask->is_replace))",
    ),
    Plant(
        "halt of a symbol: not for orders by hand", "send.c",
        "if (CP_UNLIKELY((stops >> symbol & 1) != 0 && !closes))",
        "if (CP_UNLIKELY((stops >> symbol & 1) != 0 && !closes && slot != CP_OPERATOR))",
    ),
    Plant(
        "a strategy's own max_position is not asked", "risk.h",
        "own_after > risk->strategy_limits[ask->strategy][CP_LIMIT_POSITION] ||", "",
    ),
    Plant(
        "a strategy's own max_open_orders is not asked", "risk.h",
        "ask->own_orders + more > own[CP_LIMIT_OPEN_ORDERS] ||", "",
    ),
    Plant(
        "a strategy's own max_message_rate is not asked", "risk.h",
        "ask->own_messages >= own[CP_LIMIT_MESSAGE_RATE] ||", "",
    ),
    Plant(
        "a symbol's own max_gross_exposure is not asked", "risk.h",
        "here > risk->symbol_limits[ask->symbol][CP_LIMIT_GROSS_EXPOSURE] ||", "",
    ),
    Plant(
        "a replace counts at its new terms alone", "orders.h",
        "return (int64_t)order->leaves + (order->replace_sent ? order->pending_qty : 0);",
        "return order->replace_sent ? order->pending_qty : (int64_t)order->leaves;",
    ),
    Plant(
        "limits: any number is taken", "limits.c",
        "cp_risk_check_limits(values) != 0 ||", "",
    ),
    Plant(
        "limits: any number of a symbol or strategy is taken", "risk.c",
        "cp_risk_limit_is_valid(scoped->limit, scoped->value);", "true;",
    ),
    Plant(
        "limits: of symbols and strategies there are not", "limits.c",
        "!is_of_something(&scoped[i], desk->symbol_count) ||", "",
    ),
    Plant(
        "limits: what is refused has half been set", "limits.c",
        "uint32_t scoped_count, uint64_t hash) {",
        "uint32_t scoped_count, uint64_t hash) { "
        "((cp_desk *)(uintptr_t)desk)->risk.limits[CP_LIMIT_POSITION] = "
        "values[CP_LIMIT_POSITION];",
    ),
]  # fmt: skip


def plant(text: str, what: Plant) -> str | None:
    """The text with the break in it; None where its place is not there, or not once."""
    pattern = r"\s+".join(re.escape(word) for word in what.old.split())
    if len(re.findall(pattern, text)) != 1:
        return None
    return re.sub(pattern, lambda _: what.new, text)


def run(where: Path, *words: str) -> int:
    done = subprocess.run(
        words, cwd=where, check=False, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": str(where)},
    )  # fmt: skip
    return done.returncode


def build(where: Path) -> None:
    words = (
        "make",
        "-s",
        "-C",
        "native",
        f"PYTHON={sys.executable}",
        "STRICT=",
        "extension",
    )
    if run(where, *words) or run(where, *words[:-1], "build/release/fuzz/fuzz_risk"):
        raise SystemExit("it does not build")


def who_sees(where: Path) -> tuple[bool, bool]:
    """The machine, and the fuzzer."""
    machine = run(where, sys.executable, "tests/risk/plants.py", "--machine")
    fuzzer = run(where, "native/build/release/fuzz/fuzz_risk", STEPS)
    return machine != 0, fuzzer != 0


def machine() -> int:
    """The plays of test_cannot_be_passed.py; what fails is not made smaller."""
    from hypothesis import Phase, settings
    from hypothesis.stateful import run_state_machine_as_test
    from test_cannot_be_passed import ALONE, STOPS, Market

    plays = [type("Stopped", (Market,), {"alone_stop": kind}) for kind in STOPS]
    plays += [type("Near", (Market,), {"alone": limit}) for limit in ALONE]
    for kind, count, steps in [(Market, 150, 80), *((play, 30, 40) for play in plays)]:
        how = settings(
            max_examples=count, stateful_step_count=steps, deadline=None,
            derandomize=True, database=None, phases=[Phase.generate],
        )  # fmt: skip
        run_state_machine_as_test(kind, settings=how)
    return 0


def main(names: list[str]) -> int:
    if names == ["--machine"]:
        return machine()
    where = Path(tempfile.mkdtemp(prefix="plants"))
    missed = 0
    try:
        for part in COPIED:
            source = ROOT / part
            (where / part).parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, where / part, symlinks=True)
            else:
                shutil.copy(source, where / part)
        build(where)
        if any(who_sees(where)):
            raise SystemExit("something is seen with nothing planted")
        for what in PLANTS:
            if not names or what.name in names:
                missed += not try_one(where, what)
    finally:
        shutil.rmtree(where)
    return min(missed, 1)


def try_one(where: Path, what: Plant) -> bool:
    path = where / "native/src/desk" / what.file
    whole = path.read_text()
    broken = plant(whole, what)
    if broken is None:
        print(f"{what.name}: {what.file} does not say so any more", flush=True)
        return False
    path.write_text(broken)
    try:
        build(where)
        machine, fuzzer = who_sees(where)
    finally:
        path.write_text(whole)
    words = ["the machine" if machine else "", "the fuzzer" if fuzzer else ""]
    seen = " and ".join(word for word in words if word) or "nobody"
    print(f"{what.name}: {seen}", flush=True)
    return machine and fuzzer


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
