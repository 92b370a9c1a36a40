"""SHADOW and REDUCE in the whole system."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cockpit.core import Engine, Mode, NoteKind, Side, Strategy, StrategyKind
from cockpit.strategies.load import from_file
from tests.strategies.test_at_work import settings, slot, strategy

# Rests one lot so many increments behind the best price, once, and waits.
ONCE = """
#include <cockpit_strategy.h>
static const cp_parameter parameters[] = {
    { "side", "side", "0 buys, 1 sells", 0, 1, 0, CP_PARAMETER_INTEGER, 0 },
    { "behind", "increments", "From the best price", 0, 10, 0, CP_PARAMETER_INTEGER, 0 },
};
static void on_book(void *memory, cp_plugin_seat *seat, const double *p)
{
    int64_t *quoted = memory, behind = (int64_t)p[1];
    if (!seat->is_open[0] || *quoted || seat->now_ns < 1500000000)
        return;
    *quoted = 1;
    if (p[0] > 0)
        cp_plugin_quote(seat, CP_SELL, seat->ask[0] + behind, 1);
    else
        cp_plugin_quote(seat, CP_BUY, seat->bid[0] - behind, 1);
}
CP_PLUGIN_EXPORT = { CP_PLUGIN_HEAD, .name = "once", .help = "Rests a lot, once",
    .parameters = parameters, .parameter_count = 2, .wants = CP_PLUGIN_PRICE,
    .state_size = 8, .symbol_count = 1, .on_book = on_book };
"""


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> StrategyKind:
    directory = tmp_path_factory.mktemp("once")
    (directory / "once.c").write_text(ONCE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(directory))
        return from_file("file:once.c", directory)


def first_fill(kind: StrategyKind, mode: Mode, seed: int, behind: int) -> tuple[int, ...]:
    """When, at what price and on which side the one lot trades, or would have."""
    one = Strategy("once", kind.name, 0, mode, (seed % 2, behind))
    engine = Engine(replace(settings(one, seed=seed), link_latency_ns=0))
    wanted = NoteKind.WOULD_BE_FILL if mode == Mode.SHADOW else NoteKind.FILL
    for _ in range(400):
        engine.run(100)
        for note in engine.notes():
            if int(note["kind"]) == wanted:
                return int(note["time_ns"]), int(note["a"]), int(note["side"])
    return ()


@pytest.mark.parametrize("behind", [0, 1, 3])
def test_a_would_be_lot_trades_at_the_very_moment_a_real_one_does(
    once: StrategyKind, behind: int
) -> None:
    """The oracle is the exchange itself: until it trades one lot changes nothing else."""
    traded = 0
    for seed in range(1, 21):
        real = first_fill(once, Mode.LIVE, seed, behind)
        assert first_fill(once, Mode.SHADOW, seed, behind) == real, f"seed {seed}"
        traded += bool(real)
    assert traded >= 8


QUICK = {
    "market_maker": {},
    "momentum": {},
    "glft": {"half_life_s": 2},
    "pairs": {"half_life_ms": 3000, "entry_z": 1.5},
    "twap": {},
}


@pytest.mark.parametrize("kind", QUICK)
def test_shadow_sends_nothing_and_repeats_by_seed(kind: str) -> None:
    hashes = []
    for _ in range(2):
        engine = Engine(settings(strategy(kind, Mode.SHADOW, **QUICK[kind])))
        engine.run(150_000)
        desk = engine.read()["desk"]
        assert int(desk["counters"]["order_count"]) == 0
        assert not desk["symbols"]["position"].any() and not desk["symbols"]["fees"].any()
        hashes.append(int(engine.read()["state_hash"]))
    assert int(slot(engine)["would_be_fill_count"]) > 0
    assert hashes[0] == hashes[1]


def test_shadow_and_its_market_are_the_same_as_if_it_were_off() -> None:
    """Nobody notices a rehearsal."""
    tops = []
    for mode in (Mode.OFF, Mode.SHADOW):
        engine = Engine(settings(strategy("market_maker", mode)))
        engine.run(50_000)
        symbols = engine.read()["desk"]["symbols"]
        tops.append((symbols["bid"].tolist(), symbols["volume"].tolist()))
    assert tops[0] == tops[1]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_reduce_only_ever_brings_a_position_nearer_to_none(seed: int) -> None:
    engine = Engine(settings(strategy("market_maker", half_spread=0.5), seed=seed))
    for _ in range(200):
        engine.run(1_000)
        if abs(int(slot(engine)["position"])) >= 20:
            break
    engine.notes()
    engine.set_mode(0, Mode.REDUCE)
    engine.run(5)
    held = [int(slot(engine)["position"])]
    for _ in range(100):
        engine.run(1_000)
        held.append(int(slot(engine)["position"]))
    assert abs(held[0]) >= 10
    sign = 1 if held[0] > 0 else -1
    sizes = [sign * position for position in held]
    assert sizes == sorted(sizes, reverse=True) and sizes[-1] >= 0
    assert sizes[-1] < sizes[0]
    reducing = Side.SELL if sign > 0 else Side.BUY
    late = [note for note in engine.notes() if int(note["kind"]) == NoteKind.FILL][1:]
    assert all(int(note["side"]) == reducing for note in late)


def test_modes_are_words_of_the_file(tmp_path: Path) -> None:
    from cockpit import paths
    from cockpit.config.load import load

    for file in paths.default_config().glob("*.toml"):
        (tmp_path / file.name).write_text(file.read_text())
    text = (tmp_path / "strategies.toml").read_text()
    text = text.replace('mode = "live"', 'mode = "shadow"', 1)
    text = text.replace('mode = "off"', 'mode = "reduce"', 1)
    (tmp_path / "strategies.toml").write_text(text)
    modes = [options.mode for options in load(tmp_path).strategies]
    assert modes[0] == Mode.SHADOW and modes[-1] == Mode.REDUCE
