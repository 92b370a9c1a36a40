"""A user's own strategies, from the command that writes one to the desk that runs it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cockpit import core, paths
from cockpit.config.load import load
from cockpit.config.problems import ConfigError
from cockpit.config.settings import settings
from cockpit.control.local import LocalDesk
from cockpit.control.notes import Scene, sentences
from cockpit.core import Engine, Journal, JournalLevel, Mode, Record, RiskState
from cockpit.strategies import native
from cockpit.strategies.load import StrategyError, from_file
from cockpit.strategies.new import Refused, write
from cockpit.strategies.trial import run, trial

ROOT = Path(__file__).resolve().parents[2]
TABLE = """
[mine]
kind = "file:{file}"
symbol = "#1"
mode = "live"
smooth = 200.0
step = 1
order_qty = 5
max_position = 20
"""
CRASH = "volatile int *nowhere = 0; if (seat->position[0] != 0) *nowhere = 1;"
GOOD = """
[good]
kind = "market_maker"
symbol = "#2"
mode = "live"
half_spread = 1.5
skew = 2.0
micro_weight = 0.5
order_qty = 10
max_position = 60
requote = 2
"""
LANGUAGES = ["c", "python"]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Compiled strategies of a test are its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return paths.user_cache()


def written(directory: Path, language: str, name: str = "mine") -> Path:
    if language == "python":
        pytest.importorskip("numba")
    return write(name, directory, language=language)[0]


def broken(directory: Path, instead: str, name: str = "broken") -> Path:
    """The C example with something wrong at the beginning of on_book."""
    file = written(directory, "c", name)
    text = file.read_text()
    place = "    state *s = memory;\n"
    assert text.count(place) == 1
    file.write_text(text.replace(place, f"    {instead}\n{place}"))
    return file


def config_with(directory: Path, table: str) -> Path:
    """A copy of the shipped configuration that trades by this alone."""
    for file in paths.default_config().glob("*.toml"):
        (directory / file.name).write_text(file.read_text())
    (directory / "strategies.toml").write_text(table)
    return directory


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_new_writes_passes_its_own_test(tmp_path: Path, language: str) -> None:
    written(tmp_path, language)
    path = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
        capture_output=True, text=True, check=False, cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path)},
    )  # fmt: skip
    assert done.returncode == 0 and "4 passed" in done.stdout, done.stdout + done.stderr


def test_the_same_strategy_in_c_and_in_python_leaves_the_same_state(
    tmp_path: Path,
) -> None:
    in_c, in_python = (trial(written(tmp_path, one, f"as_{one}")) for one in LANGUAGES)
    assert in_c.fills > 0
    assert in_c == in_python


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_file_trades_from_toml_as_any_other(tmp_path: Path, language: str) -> None:
    file = written(tmp_path, language)
    directory = config_with(tmp_path, TABLE.format(file=file.name))
    made = settings(load(directory), virtual_time=True)
    engine = Engine(made)
    engine.run(50_000)
    slot = engine.read()["desk"]["strategies"][0]
    assert int(slot["fill_count"]) > 0
    kind = core.STRATEGY_KINDS[made.strategies[0].kind]
    assert kind.index == int(slot["config"]["kind"])
    names = [parameter.name for parameter in kind.parameters]
    assert names == ["smooth", "step", "order_qty", "max_position"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_live_it_trades_too(tmp_path: Path, language: str) -> None:
    file = written(tmp_path, language)
    directory = config_with(tmp_path, TABLE.format(file=file.name))
    with Engine(settings(load(directory))) as engine:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            time.sleep(0.05)
            slot = engine.read()["desk"]["strategies"][0]
            if int(slot["order_count"]) > 0:
                break
        assert int(slot["order_count"]) > 0 and int(slot["fault"]) == 0


def test_its_parameters_are_checked_by_its_own_table(tmp_path: Path) -> None:
    file = written(tmp_path, "c")
    table = TABLE.format(file=file.name).replace("step = 1", "step = -1\nskew = 3")
    with pytest.raises(ConfigError) as refused:
        load(config_with(tmp_path, table))
    assert "mine.step = -1: too small" in str(refused.value)
    assert "mine.skew = 3: no such key" in str(refused.value)


def test_the_same_content_is_loaded_once_and_another_is_another_kind(
    tmp_path: Path,
) -> None:
    file = written(tmp_path, "c")
    first = from_file("file:mine.c", tmp_path)
    assert from_file("file:mine.c", tmp_path) is first
    file.write_text(file.read_text().replace("200,\n", "100,\n"))
    second = from_file("file:mine.c", tmp_path)
    assert (second.name, second.index) != (first.name, first.index)
    assert second.parameters[0].standard == 100 and first.parameters[0].standard == 200
    assert run(first).state_hash != run(second).state_hash


def test_a_library_is_taken_as_it_is(tmp_path: Path, cache: Path) -> None:
    file = written(tmp_path, "c")
    wants = trial(file)
    (built,) = (cache / "strategies").glob("mine-*.so")
    library = tmp_path / "mine.so"
    library.write_bytes(built.read_bytes())
    assert trial(library) == wants


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("a.c", "int main(", "does not compile"),
        ("b.c", "int nothing;", "exports no cp_strategy"),
        ("c.c", "#include <not_there.h>\n", "not_there.h"),
        ("d.so", "no library", "d-"),
        ("e.txt", "", "neither a .c"),
        ("f.py", "HELP = 'x'\n", "no on_book"),
        ("g.py", "def on_book(:\n", "SyntaxError"),
        ("h.py", "def on_book(state, seat):\n    pass\n", "takes 3 arguments"),
        ("i.py", "def on_book(s, seat, p):\n    open('x')\n", "does not compile"),
        ("j.py", "STATE = 3\ndef on_book(s, seat, p):\n    pass\n", "STATE"),
        ("k.py", "SYMBOLS = 3\ndef on_book(s, seat, p):\n    pass\n", "3 symbols"),
    ],
)
def test_what_is_no_strategy_is_refused_with_the_reason(
    tmp_path: Path, name: str, text: str, why: str
) -> None:
    if name.endswith(".py"):
        pytest.importorskip("numba")
    (tmp_path / name).write_text(text)
    before = dict(core.STRATEGY_KINDS)
    with pytest.raises(StrategyError, match=why):
        from_file(f"file:{name}", tmp_path)
    with pytest.raises(StrategyError, match="cannot be read"):
        from_file(f"file:not_{name}" if name != "e.txt" else "file:e.c", tmp_path)
    assert before == core.STRATEGY_KINDS


def test_another_interface_is_refused(tmp_path: Path) -> None:
    file = written(tmp_path, "c", "old")
    file.write_text(
        file.read_text().replace("CP_PLUGIN_HEAD,", ".abi = 99, .seat_size = 8,")
    )
    with pytest.raises(StrategyError, match=r"built for interface 99.*build it again"):
        from_file("file:old.c", tmp_path)


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        (CRASH, core.FAULTS[1]),
        (
            "volatile int zero = 0, x; if (seat->position[0]) x = 1000 / zero;",
            core.FAULTS[2],
        ),
        ("volatile int go = 1; if (seat->position[0]) while (go) ;", core.FAULTS[5]),
    ],
    ids=["crash", "division", "endless"],
)
def test_a_crash_switches_it_off_and_nothing_else(
    tmp_path: Path, wrong: str, fault: str
) -> None:
    file = broken(tmp_path, wrong)
    table = TABLE.format(file=file.name) + GOOD
    engine = Engine(settings(load(config_with(tmp_path, table)), virtual_time=True))
    engine.run(50_000)
    mine, good = engine.read()["desk"]["strategies"][:2]
    assert core.FAULTS[int(mine["fault"])] == fault
    assert int(mine["config"]["mode"]) == Mode.OFF and int(mine["working_count"]) == 0
    orders = int(good["order_count"])
    scene = Scene((), ("mine", "good"), lambda _: 0.0)
    texts = [
        f"{event.source}: {event.text}" for event in sentences(engine.notes(), scene)
    ]
    assert f"mine: switched off, its orders pulled: {fault}" in texts
    assert "mine: LIVE -> OFF, by its own fault" in texts
    engine.run(50_000)
    desk = engine.read()["desk"]
    assert int(desk["strategies"][1]["order_count"]) > orders
    assert int(desk["strategies"][0]["order_count"]) == int(mine["order_count"])


def test_live_a_crash_leaves_the_desk_trading(tmp_path: Path) -> None:
    file = broken(tmp_path, "volatile int *nowhere = 0; *nowhere = 1;")
    directory = config_with(tmp_path, TABLE.format(file=file.name))
    with Engine(settings(load(directory))) as engine:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            time.sleep(0.05)
            if int(engine.read()["desk"]["strategies"][0]["fault"]):
                break
        picture = engine.read()
        assert (
            core.FAULTS[int(picture["desk"]["strategies"][0]["fault"])] == core.FAULTS[1]
        )
        before = int(picture["desk"]["counters"]["md_count"])
        while time.monotonic() < deadline:
            time.sleep(0.05)
            if int(engine.read()["desk"]["counters"]["md_count"]) > before:
                break
        assert int(engine.read()["desk"]["counters"]["md_count"]) > before


DEEP = """
static volatile int zero;
__attribute__((noinline)) static int deep(volatile int depth)
{
    volatile char much[%d];
    much[0] = (char)depth;
    return zero ? 0 : deep(depth + 1) + much[0];
}
"""
DEEP_PYTHON = """
@numba.njit
def deep(depth):
    if depth < 0:
        return 0.0
    return deep(depth + 1) * 0.5 + deep(depth + 2)


def on_book("""


def faulty(directory: Path, kind: str) -> Path:
    """A strategy that fails at its first call, in the way named."""
    if kind == "endless":
        return broken(directory, "volatile int go = 1; while (go) ;")
    if kind == "python":
        file = written(directory, "python", "broken")
        text = file.read_text()
        place = "def on_book(state, seat, p):\n"
        assert text.count(place) == 1
        overflow = f"{place}    state.average = deep(np.int64(seat.now_ns))\n"
        text = text.replace(place, overflow)
        file.write_text(text.replace("def on_book(", DEEP_PYTHON.lstrip()))
        return file
    file = broken(directory, "state *t = memory; t->average = deep(0);")
    head, function, body = file.read_text().partition("static void on_book")
    file.write_text(head + DEEP % int(kind.removeprefix("frames of ")) + function + body)
    return file


def live(directory: Path, file: Path, journal: Journal | None = None) -> Engine:
    """Both a strategy in a file and a market maker beside it, live."""
    table = TABLE.format(file=file.name) + GOOD
    made = settings(load(config_with(directory, table)))
    return Engine(replace(made, journal=journal))


def goes_on(engine: Engine, seconds: float = 60.0) -> None:
    """The market maker beside it sends orders that it had not sent yet."""
    orders = int(engine.read()["desk"]["strategies"][1]["order_count"])
    until(lambda: int(engine.read()["desk"]["strategies"][1]["order_count"]) > orders + 5,
          seconds)  # fmt: skip


def until(true: Callable[[], object], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("level", JournalLevel)
def test_live_an_endless_strategy_is_no_trouble_of_the_journal(
    tmp_path: Path, level: JournalLevel
) -> None:
    wrong = "volatile int go = 1; if (seat->now_ns > s->late_ns) while (go) ;"
    file = written(tmp_path, "c", "broken")
    place = "    state *s = memory;\n"
    text = file.read_text()
    # It quotes for a while first, so that there is something to pull.
    late = "    if (!s->late_ns)\n        s->late_ns = seat->now_ns + 2000000000ull;\n"
    text = text.replace(place, f"{place}{late}    {wrong}\n")
    file.write_text(text.replace("} state;", "    uint64_t late_ns;\n} state;"))
    with live(tmp_path, file, Journal(tmp_path / "journal", level)) as engine:
        until(lambda: int(engine.read()["desk"]["strategies"][0]["working_count"]))
        until(lambda: int(engine.read()["desk"]["strategies"][0]["fault"]))
        goes_on(engine)
        until(lambda: not int(engine.read()["desk"]["strategies"][0]["working_count"]), 5)
        time.sleep(1.2)  # longer than a record may wait
        goes_on(engine)
        desk = engine.read()["desk"]
        notes = engine.notes()
    mine = desk["strategies"][0]
    assert core.FAULTS[int(mine["fault"])] == core.FAULTS[5]
    assert int(mine["config"]["mode"]) == Mode.OFF
    assert int(desk["journal"]["trouble"]) == 0
    assert int(desk["risk_state"]) == RiskState.ACTIVE
    scene = Scene((), ("mine", "good"), lambda _: 0.0)
    texts = [f"{event.source}: {event.text}" for event in sentences(notes, scene)]
    assert f"mine: switched off, its orders pulled: {core.FAULTS[5]}" in texts
    assert not [text for text in texts if "journal" in text or "HALTED" in text], texts


@pytest.mark.parametrize("kind", ["frames of 200", "frames of 4096", "frames of 1000000"])
def test_live_a_stack_overflow_leaves_the_rest_as_it_is(
    tmp_path: Path, kind: str
) -> None:
    """Again and again, and the process ends in order: hence one of its own."""
    file = faulty(tmp_path, kind)
    config_with(tmp_path, TABLE.format(file=file.name) + GOOD)
    done = subprocess.run(
        [sys.executable, "-c", AGAIN, str(tmp_path), "100"],
        capture_output=True, text=True, check=False, cwd=ROOT, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "100 times, and in order" in done.stdout


def test_python_that_calls_itself_is_refused(tmp_path: Path) -> None:
    """numba leaves the call open, to end in an interpreter that is not there."""
    file = faulty(tmp_path, "python")
    with pytest.raises(StrategyError, match=r"on_book does not compile.*calls itself"):
        from_file(f"file:{file.name}", tmp_path)


AGAIN = """
import sys, time
from pathlib import Path
from cockpit.config.load import load
from cockpit.config.settings import settings
from cockpit.core import Engine, Mode, NoteKind

def until(true):
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.002)

def faults():
    global seen
    seen += sum(int(note["kind"]) == NoteKind.FAULT for note in engine.notes())
    return seen

engine = Engine(settings(load(Path(sys.argv[1]))))
times, seen = int(sys.argv[2]), 0
with engine:
    for i in range(times):
        until(lambda: faults() > i)
        engine.set_mode(0, Mode.LIVE)
    orders = int(engine.read()["desk"]["strategies"][1]["order_count"])
    until(lambda: engine.read()["desk"]["strategies"][1]["order_count"] > orders)
print(times, "times, and in order")
"""


def test_new_overwrites_nothing_and_takes_no_odd_name(tmp_path: Path) -> None:
    file = written(tmp_path, "c")
    file.write_text("mine\n")
    with pytest.raises(Refused, match="is there already"):
        write("mine", tmp_path, language="c")
    assert file.read_text() == "mine\n"
    for name in ("", "../x", "Mine", "9lives", "a-b", "a" * 16):
        with pytest.raises(Refused, match="no name"):
            write(name, tmp_path, language="c")


def test_without_a_compiler_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path, "c")
    monkeypatch.setenv("CC", "no-such-compiler")
    with pytest.raises(StrategyError, match="there is no C compiler"):
        from_file("file:mine.c", tmp_path)


def test_a_header_of_its_own_is_part_of_the_content(tmp_path: Path) -> None:
    file = written(tmp_path, "c")
    file.write_text('#include "own.h"\n' + file.read_text())
    (tmp_path / "own.h").write_text("#define OWN 1\nint own(void);\n")
    before = native.from_source(file, b"").digest
    (tmp_path / "own.h").write_text("#define OWN 1\nlong own(void);\n")
    assert native.from_source(file, b"").digest != before


def test_live_a_changed_file_is_taken_in_when_the_table_is_saved(tmp_path: Path) -> None:
    file = written(tmp_path, "c")
    table = TABLE.format(file=file.name)
    directory = config_with(tmp_path, table)
    config = load(directory)
    desk = LocalDesk(Engine(settings(config)), config, directory=directory)
    said: list[str] = []

    def wait(until: Callable[[], object]) -> None:
        deadline = time.monotonic() + 60
        while not until():
            assert time.monotonic() < deadline, said
            time.sleep(0.02)
            said.extend(event.text for event in desk.events())

    def running() -> Record:
        return desk.read()["desk"]["strategies"][0]

    desk.start()
    try:
        first = int(running()["config"]["kind"])
        crash = (
            "    volatile int *nowhere = 0;\n    *nowhere = 1;\n    state *s = memory;\n"
        )
        text = file.read_text()
        file.write_text(text.replace("    state *s = memory;\n", crash))
        (directory / "strategies.toml").write_text(table + "\n# again\n")
        wait(lambda: int(running()["config"]["kind"]) != first)
        wait(lambda: int(running()["fault"]) == 1)
        wait(lambda: any("switched off, its orders pulled" in line for line in said))
        # Mended and saved: in force; switched on again it trades.
        file.write_text(text.replace("200,\n", "100,\n"))
        (directory / "strategies.toml").write_text(table + "\n# and again\n")
        second = int(running()["config"]["kind"])
        wait(lambda: int(running()["config"]["kind"]) != second)
        desk.engine.set_mode(0, Mode.LIVE)
        orders = int(running()["order_count"])
        wait(lambda: int(running()["order_count"]) > orders)
        assert int(running()["fault"]) == 0
        # What does not compile changes nothing.
        file.write_text("int main(")
        (directory / "strategies.toml").write_text(table + "\n# once more\n")
        wait(lambda: any("does not compile" in line for line in said))
        assert int(running()["config"]["mode"]) == Mode.LIVE
    finally:
        desk.close()
