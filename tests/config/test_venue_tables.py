"""desk.toml's tables of the venue: what they mean to the core, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from cockpit import paths
from cockpit.config.load import load
from cockpit.config.problems import ConfigError
from cockpit.config.settings import settings
from cockpit.core import Engine, Halt, Hop, Rules, Smp, Tier

Edit = Callable[[str], Path]


@pytest.fixture
def desk_with(tmp_path: Path) -> Edit:
    """The shipped files with the venue's tables replaced by a text."""

    def made(text: str) -> Path:
        for source in paths.default_config().glob("*.toml"):
            target = tmp_path / source.name
            target.write_bytes(source.read_bytes())
        desk = tmp_path / "desk.toml"
        shipped = desk.read_text()
        begin = shipped.index("[day]")
        end = shipped.index("[control]")
        desk.write_text(shipped[:begin] + text + "\n" + shipped[end:])
        return tmp_path

    return made


def test_the_shipped_tables_ask_for_nothing(desk_with: Edit) -> None:
    shipped = load(paths.default_config()).desk.venue
    assert shipped.rules == Rules(throttle_window_ns=10**9)
    assert shipped.latency == (None, None, None)
    assert load(desk_with("")).desk.venue.rules == Rules()


def test_they_mean_this_to_the_core(desk_with: Edit) -> None:
    files = desk_with("""
[day]
pre_open = 1.5
continuous = 60
pre_close = 2
closed = 3
[bounds]
band = 250
reference = 5
throttle = 100
window = 0.5
dead_man = 30
smp = "oldest"
[[halt]]
symbol = "CITRA"
at = 10
length = 1
[[halt]]
symbol = "all"
at = 20
length = 2
[[tier]]
from = 0
maker_fee = 0.0
taker_fee = 0.001
[[tier]]
from = 1000
maker_fee = -0.0001
taker_fee = 0.0
""")
    made = settings(load(files), virtual_time=True)
    second = 10**9
    assert made.rules == Rules(
        pre_open_ns=1_500_000_000,
        continuous_ns=60 * second,
        pre_close_ns=2 * second,
        closed_ns=3 * second,
        band_bp=250,
        reference_ns=5 * second,
        throttle_count=100,
        throttle_window_ns=second // 2,
        dead_man_ns=30 * second,
        smp=Smp.OLDEST,
        tiers=(Tier(0, 0, 100_000), Tier(1000, -10_000, 0)),
        halts=(Halt(10 * second, second, 2), Halt(20 * second, 2 * second, None)),
    )
    Engine(made).run(100)  # and the core takes it


def latency(**values: object) -> str:
    table = {
        "model": '"none"', "typical": 100, "spread": 0.5, "spikes": 0, "spike": 0,
        "file": '""', **values,
    }  # fmt: skip
    return "[latency.orders]\n" + "\n".join(f"{k} = {v}" for k, v in table.items())


def test_latencies_become_points(desk_with: Edit, tmp_path: Path) -> None:
    def points(**values: object) -> tuple[int, ...]:
        found = load(desk_with(latency(**values))).desk.venue.latency[0]
        assert found is not None
        return found.points_ns

    assert set(points(model='"constant"')) == {100_000}
    normal = points(model='"log-normal"', spread=1.0)
    assert normal[128] == 100_000
    assert normal[128 + 88] == pytest.approx(271_828, rel=0.05)  # one deviation up
    assert all(a <= b for a, b in pairwise(normal))
    recorded = tmp_path / "times"
    recorded.write_text("# ns\n" + "\n".join(str(i) for i in range(1000, 0, -1)) + "\n")
    assert points(model='"recorded"', file=f'"{recorded}"')[::128] == (1, 501, 1000)


def test_delays_show_in_the_answers(desk_with: Edit) -> None:
    def answer_ns(text: str) -> int:
        engine = Engine(settings(load(desk_with(text)), virtual_time=True))
        engine.run(20_000)
        return int(engine.read()["hops"][Hop.ACK]["p50_ns"])

    fast = answer_ns("")
    slow = answer_ns(latency(model='"constant"', typical=7_000))
    assert 6_900_000 < slow - fast < 7_100_000


def test_one_seed_makes_one_run_with_every_rule(desk_with: Edit) -> None:
    files = desk_with(
        "[day]\npre_open = 1\ncontinuous = 3\npre_close = 1\nclosed = 1\n"
        + latency(model='"log-normal"', spikes=1000, spike=500)
    )
    hashes = []
    for _ in range(2):
        engine = Engine(settings(load(files), virtual_time=True))
        engine.run(20_000)
        hashes.append(int(engine.read()["state_hash"]))
    assert hashes[0] == hashes[1]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "[day]\npre_open = 0\ncontinuous = 0\npre_close = 1\nclosed = 0",
            "never closes",
        ),
        ("[day]\npre_open = 0", "day.continuous"),
        ("[[halt]]\nsymbol = 'NOBODY'\nat = 1\nlength = 1", "halt.#1.symbol"),
        ("[[halt]]\nsymbol = 'ACME'\nat = -1\nlength = 1", "halt.#1.at"),
        ("[[tier]]\nfrom = 1\nmaker_fee = 0.0", "tier.#1.taker_fee"),
        (
            "[[tier]]\nfrom = 1\nmaker_fee = 0.0\ntaker_fee = 0.0\n" * 2,
            "tier.#2.from = 1: not above",
        ),
        (latency(model='"slow"'), "latency.orders.model"),
        (latency(model='"recorded"', file='"/nowhere"'), "latency.orders.file"),
        (latency().replace("orders", "order"), "latency.order"),
        ("day = 3", "day"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_by_name(desk_with: Edit, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said.replace(".", r"\.").replace("#", r"\#")):
        load(desk_with(text))
