"""A desk that runs strategies of a user's, operated by processes that never loaded them.

Scripts and screens are processes of their own here, or are given a desk served by one:
what they know of such a strategy they know from the desk.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from serving import Served, copy_files, wait

from cockpit.control.protocol import Hello, kind_of, kind_row, layout
from cockpit.control.remote import RemoteDesk
from cockpit.core import BUILT_IN_KINDS, STRATEGY_KINDS
from cockpit.strategies.load import from_file
from cockpit.strategies.new import write
from cockpit.ui.render import parameters, risk
from cockpit.ui.render import strategies as strategies_panel
from cockpit.ui.scene import Scene

TABLE = """
[{name}]
kind = "file:{name}.c"
symbol = "ACME"
mode = "shadow"
smooth = 200.0
step = 1
order_qty = 5
max_position = 20
"""
PARAMETERS = ("smooth", "step", "order_qty", "max_position")


def add(files: Path, name: str) -> None:
    write(name, files, language="c")
    path = files / "strategies.toml"
    path.write_text(path.read_text() + TABLE.format(name=name))


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    directory = tmp_path / "config"
    directory.mkdir()
    return copy_files(directory)


@pytest.fixture
def served(files: Path) -> Iterator[Served]:
    add(files, "joiner")
    with Served(files) as served:
        yield served


def kinds_of(served: Served) -> dict[str, str]:
    """The kind of each strategy, as a script is told."""
    answer = served.ctl("status", "--json")
    assert answer.returncode == 0, answer.stderr
    return {one["name"]: one["kind"] for one in json.loads(answer.stdout)["strategies"]}


def slot_of(desk: RemoteDesk, name: str) -> int | None:
    configs = desk.read()["desk"]["strategies"]["config"]
    names = [bytes(config["name"]).decode() for config in configs if config["used"]]
    return names.index(name) if name in names else None


def declared(desk: RemoteDesk, name: str) -> list[str]:
    """What a screen over that desk lists as the strategy's parameters."""
    scene = Scene()
    scene.refresh(desk, 0.0)
    scene.cursor["strategies"] = str(slot_of(desk, name))
    return [str(line.values[0]) for line in parameters.view(scene, 100).lines]


def test_a_loaded_strategy_is_no_other_layout(files: Path) -> None:
    before = layout()
    layout.cache_clear()
    write("other", files, language="c")
    from_file("file:other.c", files)
    assert len(STRATEGY_KINDS) > len(BUILT_IN_KINDS)
    assert layout() == before


def test_a_kind_is_the_same_after_the_way_to_a_client(files: Path) -> None:
    for kind in STRATEGY_KINDS.values():
        assert kind_of(kind_row(kind)) == kind


def test_scripts_operate_it(served: Served) -> None:
    assert kinds_of(served)["joiner"].startswith("file:joiner.c@")
    assert served.ctl("strategy", "joiner", "live").returncode == 0
    done = served.ctl("strategy", "joiner", "set", "order_qty", "7")
    assert (done.returncode, done.stderr) == (0, "")
    versions = served.ctl("strategy", "joiner", "versions").stdout
    assert "order_qty 5 -> 7 lots" in versions and "max_position 20" in versions
    assert served.ctl("halt", "--strategy", "joiner").returncode == 0
    halted = served.ctl("halt")
    assert (halted.returncode, halted.stderr) == (0, "")
    assert not served.place.halt.exists()
    assert served.ctl("quit").returncode == 0


def test_one_that_its_own_fault_switched_off_is_not_merely_off(files: Path) -> None:
    add(files, "crasher")
    source = files / "crasher.c"
    text = source.read_text()
    head, _, body = text.partition("static void on_")
    name, _, rest = body.partition("{")
    source.write_text(f"{head}static void on_{name}{{ *(volatile int *)8 = 1; {rest}")
    path = files / "strategies.toml"
    path.write_text(path.read_text().replace('"shadow"', '"live"'))
    with Served(files) as served:
        served.wait_for("switched off, its orders pulled")
        said = served.ctl("status").stdout
        assert "FAULT: crasher is off: it touched memory that is not there" in said
        strategies = json.loads(served.ctl("status", "--json").stdout)["strategies"]
        faults = {one["name"]: one["fault"] for one in strategies}
        assert faults["crasher"] == "it touched memory that is not there"
        assert faults["mm_acme"] is None
        with served.join(read_only=True, operates=False) as desk:
            scene = Scene()
            scene.refresh(desk, 0.0)
            shown = str(strategies_panel.render(scene, 100, 12))
            assert "FAULT" in shown
            assert "crasher: switched off: it touched" in str(risk.render(scene, 100, 40))


def test_a_screen_that_never_loaded_it_lists_its_parameters(served: Served) -> None:
    with served.join(hz=20) as desk:
        wait(lambda: slot_of(desk, "joiner") is not None, "for the strategy")
        assert tuple(declared(desk, "joiner")) == PARAMETERS
        slot = slot_of(desk, "joiner")
        assert slot is not None
        edit = wait(
            lambda: desk.plan_edit(
                "parameter", strategy="joiner", parameter="step", value="2"
            ),
            "for the plan",
        )
        assert edit.lines == ("step = 1", "step = 2")


def test_one_added_while_it_runs_is_known_at_once(files: Path) -> None:
    with Served(files) as served, served.join(hz=20) as desk:
        assert "joiner" not in kinds_of(served)
        add(files, "joiner")
        served.wait_for("joiner added on key")
        assert kinds_of(served)["joiner"].startswith("file:joiner.c@")
        wait(lambda: slot_of(desk, "joiner") is not None, "for the strategy")
        assert tuple(declared(desk, "joiner")) == PARAMETERS
        # Saved again with another parameter it is another kind.
        file = files / "joiner.c"
        text = file.read_text()
        assert text.count('"order_qty"') == 1
        file.write_text(text.replace('"order_qty"', '"clip"'))
        path = files / "strategies.toml"
        table, _, rest = path.read_text().rpartition("order_qty = 5")
        path.write_text(f"{table}clip = 5{rest}")
        wait(lambda: "clip" in declared(desk, "joiner"), "for the new parameter")
        assert kinds_of(served)["joiner"].startswith("file:joiner.c@")


def test_the_greeting_speaks_of_the_built_in_ones_alone() -> None:
    assert Hello(role="view").message()["layout"] == layout()
