"""What each file may say. Every refusal names file, key, value and what is allowed."""

import re
from pathlib import Path

import pytest

from cockpit.config import Config, ConfigError, load
from cockpit.core import MONEY_SCALE, STRATEGY_MAX


def put(files: Path, file: str, old: str, new: str) -> None:
    """Replace the first ``old`` of a file."""
    text = (files / file).read_text()
    assert old in text
    (files / file).write_text(text.replace(old, new, 1))


def errors(files: Path, recording: tuple[str, ...] = ()) -> list[str]:
    with pytest.raises(ConfigError) as error:
        load(files, recording)
    assert str(error.value) == "\n".join(map(str, error.value.problems))
    return str(error.value).splitlines()


# What is replaced, by what, and what the message has to contain.
BROKEN = {
    "desk.toml": [
        ("seed = 1", "seed = -1", ["engine.seed = -1", "too small"]),
        ("seed = 1", "seed = 1.0", ["engine.seed = 1.0", "whole"]),
        ("seed = 1", "sead = 1", ["engine.sead = 1", "did you mean seed?"]),
        (
            'waiting = "auto"',
            'waiting = "idle"',
            ['waiting = "idle"', "auto, spin, yield, park"],
        ),
        ("= 65536", "= 65535", ["ring_capacity = 65535", "power of two", "events"]),
        ("rate = 2000", "rate = nan", ["market.rate = NaN", "1000000 events/s"]),
        ("drift = 1.0", "drift = inf", ["market.drift = Infinity", "increments/s"]),
        ("drift = 1.0", "drift = true", ["market.drift = true", "not a number"]),
        ("[market]", "[markets]", ["markets = a table", "did you mean market?"]),
        ('"BOREAL"', '"ACME"', ['instrument.#2.name = "ACME"', "two instruments"]),
        ('"ACME"', '"AC ME"', ['instrument.#1.name = "AC ME"', "A-Z"]),
        ('"ACME"', '"ACMEACMEACMEACME"', ["instrument.#1.name", "longer than 15"]),
        ("tick = 0.01", "tick = 0", ["instrument.#1.tick = 0", "too small"]),
        ("tick = 0.01", "tick = 0.0100000001", ["#1.tick", "finer than"]),
        ("tick = 0.01", 'tick = "0.01"', ['tick = "0.01"', "not a number"]),
        ("lot = 1", "lot = 0.0000001", ["#1.lot = 1E-7", "one tick of one lot"]),
        ("= 100.00", "= 100.005", ["start_price = 100.005", "multiple of the tick"]),
        ("= 100.00", "= 1000.01", ["start_price = 1000.01", "0.01 to 1000"]),
        ("-0.0020", "-0.00200000001", ["maker_fee = -0.0020", "finer than"]),
        ("lot = 1\n", "", ["instrument.#1.lot", "missing", "units"]),
        ("[[instrument]]", "[[instruments]]", ["did you mean instrument?"]),
    ],
    "strategies.toml": [
        ("[mm_acme]", "[operator]", ["operator: ", "orders by hand", "another name"]),
        ("[mm_acme]", "[2]", ["2: ", "key", "a name with a letter"]),
        ("exit_z = 0.5", "exit_z = 1.6", ["exit_z = 1.6", "more than entry_z", "1.5"]),
        (
            "fast_ms = 500.0",
            "fast_ms = 3001",
            ["fast_ms = 3001", "more than slow_ms", "at most slow_ms"],
        ),
        (
            '"market_maker"',
            '"market_maket"',
            [
                'mm_acme.kind = "market_maket"',
                "did you mean market_maker?",
                "momentum",
            ],
        ),
        (
            '"ACME"',
            '"ACNE"',
            [
                'mm_acme.symbol = "ACNE"',
                "did you mean ACME?",
                "ACME, BOREAL, CITRA, DUNMOR",
            ],
        ),
        ('"ACME"', '"#5"', ['mm_acme.symbol = "#5"', "#1 to #4"]),
        ('"ACME"', '"#0"', ['mm_acme.symbol = "#0"', "#1 to #4"]),
        ('"ACME"', "1", ["mm_acme.symbol = 1", "not a text"]),
        ('mode = "live"', 'mode = "on"', ['mm_acme.mode = "on"', "off, live"]),
        ('mode = "live"', "mode = true", ["mm_acme.mode = true", "off, live"]),
        ("skew = 2.0", 'skew = "2"', ['mm_acme.skew = "2"', "increments"]),
        ("skew = 2.0", "skew = -0.1", ["mm_acme.skew = -0.1", "too small"]),
        ("skew = 2.0", "skew = nan", ["mm_acme.skew = NaN", "not a finite"]),
        ("skew = 2.0", "skw = 2.0", ["mm_acme.skw", "did you mean skew?"]),
        ("skew = 2.0\n", "", ["mm_acme.skew", "missing", "usual: 2"]),
        ("order_qty = 10", "order_qty = 10.0", ["mm_acme.order_qty", "whole"]),
        (
            "[mm_acme]",
            "[mm_acme_is_too_long]",
            [
                "mm_acme_is_too_long",
                "longer than 15",
            ],
        ),
        ("[mm_acme]", '["[red]"]', ['"[red]"', "not a name"]),
        ("[mm_acme]", "[mm_boreal]", ["line", "mm_boreal", "twice"]),
        ("[mm_acme]", "loose = 1\n[mm_acme]", ["loose = 1", "not a table"]),
        ("[mm_acme]", "[[mm_acme]]", ["mm_acme = a list of 1", "[mm_acme]"]),
    ],
    "risk.toml": [
        (
            "max_position = 200",
            "max_position = 0",
            [
                "limits.max_position = 0",
                "too small",
                "from 1 to 1000000000 lots",
            ],
        ),
        ("= 2000", "= 2000.000000001", ["max_daily_loss = 2000.0", "finer than"]),
        ("= 2000", "= 1e400", ["max_daily_loss = 1E+400", "10000000000 currency"]),
        ("= 2000", "= -inf", ["max_daily_loss = -Infinity", "not a finite"]),
        ("price_collar = 50\n", "", ["limits.price_collar", "missing", "bp"]),
        ("[limits]", "[limit]", ["limit = a table", "did you mean limits?"]),
        ("[limits]", "[[limits]]", ["limits = a list of 1", "[limits]"]),
    ],
}


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [(file, *case) for file, cases in BROKEN.items() for case in cases],
)
def test_refuses_and_says_what_is_wrong(
    files: Path, file: str, old: str, new: str, said: list[str]
) -> None:
    put(files, file, old, new)
    found = errors(files)
    assert any(
        line.startswith(f"{file}: ") and all(part in line for part in said)
        for line in found
    ), found


def test_finds_everything_in_all_files_at_once(files: Path) -> None:
    put(files, "desk.toml", "seed = 1", "seed = true")
    put(files, "desk.toml", "rate = 2000", "rate = 0")
    put(files, "strategies.toml", "skew = 2.0", "skew = -1")
    put(files, "strategies.toml", '"DUNMOR"', '"DUNNO"')
    put(files, "risk.toml", "max_position = 200", 'max_position = "200"')
    put(files, "risk.toml", "[limits]\n", "[limits]\nmore = 1\n")
    keys = [line.split(" = ")[0] for line in errors(files)]
    # With desk.toml broken nobody knows the instruments: no verdict on symbols.
    assert keys == [
        "desk.toml: engine.seed",
        "desk.toml: market.rate",
        "strategies.toml: mm_acme.skew",
        "risk.toml: limits.more",
        "risk.toml: limits.max_position",
    ]


def test_refuses_a_market_that_the_venue_cannot_hold(files: Path) -> None:
    put(files, "desk.toml", "depth = 400", "depth = 16_385")
    assert errors(files) == [
        "desk.toml: engine.order_capacity = 131072: too small for the market described "
        "below; allowed: at least 2 x depth x instruments, 131080 orders"
    ]
    put(files, "desk.toml", "depth = 16_385", "depth = 16_384")
    load(files)


def test_takes_as_many_strategies_as_there_are_slots(files: Path) -> None:
    text = (files / "strategies.toml").read_text()
    table = re.search(r"\[mm_acme\]\n(?:.+\n)+", text)
    assert table

    def write(count: int) -> None:
        tables = [table[0].replace("mm_acme", f"s{i}") for i in range(count)]
        (files / "strategies.toml").write_text("\n".join(tables))

    write(STRATEGY_MAX)
    assert len(load(files).strategies) == STRATEGY_MAX
    write(STRATEGY_MAX + 1)
    assert f"at most {STRATEGY_MAX} strategies" in errors(files)[0]


def test_the_order_of_the_file_is_the_order_of_the_keys(files: Path) -> None:
    text = (files / "strategies.toml").read_text()
    names = re.findall(r"^\[(.+)\]$", text, re.M)
    assert [options.name for options in load(files).strategies] == names


def test_prices_and_fees_are_exact(files: Path) -> None:
    put(files, "desk.toml", "maker_fee = -0.0020", "maker_fee = -0.00000001")
    put(files, "desk.toml", "taker_fee = 0.0030", "taker_fee = 0.1")
    put(files, "desk.toml", "start_price = 100.00", "start_price = 100.07")
    instrument = load(files).desk.instruments[0]
    assert instrument.maker_fee == -1
    assert instrument.taker_fee * 10 == MONEY_SCALE
    assert instrument.price_start == 10007
    assert instrument.increment * 100 == MONEY_SCALE
    dunmor = load(files).desk.instruments[3]
    assert (dunmor.increment, dunmor.point_value) == (500_000, 5_000_000)


# ---- hashes ----------------------------------------------------------------------------


def hashes(config: Config) -> tuple[int, int, list[int]]:
    return (
        config.desk.hash,
        config.risk.hash,
        [options.hash for options in config.strategies],
    )


def test_comments_order_and_spelling_change_no_hash(files: Path) -> None:
    before = hashes(load(files))
    for file in ("desk.toml", "strategies.toml", "risk.toml"):
        text = (files / file).read_text()
        (files / file).write_text("# other\n" + re.sub(r"^#.*\n", "", text, flags=re.M))
    put(files, "risk.toml", "max_order_value = 10000", "max_order_value = 10_000.00")
    put(files, "risk.toml", "max_open_orders = 20\n", "")
    put(files, "risk.toml", "[limits]\n", "[limits]\nmax_open_orders = 20 # first\n")
    put(files, "strategies.toml", "skew = 2.0", "skew = 2")
    assert hashes(load(files)) == before


def test_every_value_changes_the_hash_of_its_own_and_no_other(files: Path) -> None:
    desk, risk, strategies = hashes(load(files))
    put(files, "risk.toml", "price_collar = 50", "price_collar = 51")
    put(files, "strategies.toml", "skew = 2.0", "skew = 2.0000001")
    after = hashes(load(files))
    assert after[0] == desk
    assert after[1] != risk
    assert [old != new for old, new in zip(strategies, after[2], strict=True)] == [
        True, False, False, False, False, False,
    ]  # fmt: skip


NARROWER = {
    "[symbols.ACMEE]\nmax_position = 1\n": (
        "symbols.ACMEE: no such instrument; did you mean ACME?; allowed: ACME, BOREAL"
    ),
    "[strategies.mm_acm]\nmax_position = 1\n": (
        "strategies.mm_acm: no such strategy; did you mean mm_acme?; allowed: mm_acme"
    ),
    "[symbols.ACME]\nmax_daily_loss = 1\n": (
        "symbols.ACME.max_daily_loss = 1: not a limit of one symbol (it is global or "
        "strategy); allowed: max_order_qty"
    ),
    "[strategies.mm_acme]\nmax_positon = 1\n": (
        "strategies.mm_acme.max_positon = 1: no such key; did you mean max_position?"
    ),
    "[symbols.ACME]\nmax_position = 0\n": (
        "symbols.ACME.max_position = 0: too small; allowed: a whole number from 1"
    ),
    "[symbols]\nACME = 3\n": "symbols.ACME = 3: not a table",
}


@pytest.mark.parametrize("text", NARROWER)
def test_a_narrower_limit_is_of_something_there_is(files: Path, text: str) -> None:
    path = files / "risk.toml"
    path.write_text(path.read_text() + text)
    (error,) = errors(files)
    assert error.startswith(f"risk.toml: {NARROWER[text]}"), error


def test_breakers_are_left_out_whole_or_not_at_all(files: Path) -> None:
    path = files / "risk.toml"
    whole = path.read_text()
    shipped = load(files).risk
    path.write_text(whole.partition("[breakers]")[0])
    assert load(files).risk == shipped
    path.write_text(whole.replace("reject_count = 20\n", ""))
    (error,) = errors(files)
    assert error.startswith("risk.toml: breakers.reject_count: missing")
    path.write_text(whole.replace("reject_window = 1000", "reject_window = 99"))
    (error,) = errors(files)
    assert error.startswith("risk.toml: breakers.reject_window = 99: too small")
