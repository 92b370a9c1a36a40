"""A desk is killed and begins again: what was stopped is, and nothing is bought twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from serving import Served, copy_files, wait

from cockpit.core import Mode

PARENT = """
[twap_acme]
kind = "twap"
symbol = "ACME"
mode = "live"
side = 0
quantity = 6
duration_s = 1.0
max_lag = 0
limit_price = 0
order_qty = 3
slices = 2
"""


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Served]:
    with Served(copy_files(tmp_path)) as made:
        yield made


def slot_of(served: Served, name: str) -> int:
    names = served.picture()["desk"]["strategies"]["config"]["name"]
    return [bytes(one).partition(b"\0")[0].decode() for one in names].index(name)


def mode_of(served: Served, name: str) -> Mode:
    slot = slot_of(served, name)
    return Mode(int(served.picture()["desk"]["strategies"][slot]["config"]["mode"]))


def kill_and_start(served: Served) -> None:
    assert served.process is not None
    served.process.kill()
    served.process.wait()
    served.start()


def test_what_was_stopped_is_stopped_after_a_kill_and_the_log_says_why(
    own: Served,
) -> None:
    assert own.ctl("strategy", "mm_boreal", "off", "--why", "wide").returncode == 0
    assert own.ctl("strategy", "rev_citra", "shadow").returncode == 0
    for _ in range(2):
        kill_and_start(own)
        assert mode_of(own, "mm_boreal") == Mode.OFF
        assert mode_of(own, "rev_citra") == Mode.SHADOW
        assert mode_of(own, "mm_acme") == Mode.LIVE
    own.wait_for("mm_boreal: OFF, as before the restart: by the operator; the file says")
    own.wait_for("rev_citra: SHADOW, as before the restart")
    # The operator's word brings it back, by a command or by the file.
    assert own.ctl("strategy", "mm_boreal", "live").returncode == 0
    path = own.files / "strategies.toml"
    head, found, rest = path.read_text().partition("[rev_citra]")
    assert found
    path.write_text(head + found + rest.replace('mode = "live"', 'mode = "reduce"', 1))
    wait(lambda: mode_of(own, "rev_citra") == Mode.REDUCE, "for the file's mode")
    assert mode_of(own, "mm_boreal") == Mode.LIVE


def test_a_parent_order_is_bought_once_whatever_the_file_says(tmp_path: Path) -> None:
    files = copy_files(tmp_path)
    path = files / "strategies.toml"
    path.write_text(path.read_text() + PARENT)
    with Served(files) as own:
        slot = slot_of(own, "twap_acme")

        def held() -> int:
            return int(own.picture()["desk"]["strategies"][slot]["position"])

        wait(lambda: held() == 6, "for the parent order", 30)
        kill_and_start(own)
        assert mode_of(own, "twap_acme") == Mode.OFF and held() == 6
        own.wait_for("twap_acme: OFF, what it had done of its parent order is not known")
        wait(lambda: own.picture()["desk"]["counters"]["order_count"] > 20, "to trade")
        assert held() == 6


def test_no_order_of_before_rests_for_a_strategy_that_is_off(own: Served) -> None:
    wait(lambda: int(own.picture()["desk"]["working_count"]) > 1, "for its orders")
    kill_and_start(own)
    assert own.ctl("strategy", "mm_acme", "off").returncode == 0

    def rest() -> bool:
        desk = own.picture()["desk"]
        working = desk["working"][: int(desk["working_count"])]
        return any(int(order["strategy"]) == 0 for order in working)

    wait(lambda: not rest(), "for all of them to be off")
