"""A served desk as processes: signals, files, scripts and screens that come and go."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyte
import pytest

sys.path.insert(0, str(Path(__file__).parent / "control"))

from serving import ROOT, SCRIPT, Served, copy_files, state, wait

from cockpit.control.connection import Connection
from cockpit.control.kill import Level
from cockpit.core import LIMITS, Mode, RiskState

LOAD = ("--rate", 20_000)


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Served]:
    with Served(copy_files(tmp_path)) as made:
        yield made


@pytest.fixture
def loaded(tmp_path: Path) -> Iterator[Served]:
    """A busy one: ten times the usual market."""
    with Served(copy_files(tmp_path), *LOAD) as made:
        wait(lambda: int(made.picture()["desk"]["counters"]["order_count"]) > 20)
        yield made


class Terminal:
    """A command in a terminal of its own."""

    def __init__(self, served: Served, *arguments: str) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 48, 160, 0, 0))
        self.screen = pyte.Screen(160, 48)
        self.stream = pyte.ByteStream(self.screen)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cockpit", *arguments],
            stdin=slave, stdout=slave, stderr=slave, start_new_session=True, cwd=ROOT,
            env={**served.environment, "TERM": "xterm-256color"},
        )  # fmt: skip
        os.close(slave)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *exception: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.master)

    def sees(self, text: str) -> bool:
        while select.select([self.master], [], [], 0.02)[0]:
            try:
                self.stream.feed(os.read(self.master, 65536))
            except OSError:
                break
        return any(text in line for line in self.screen.display)

    def wait_for(self, text: str) -> None:
        try:
            wait(lambda: self.sees(text))
        except AssertionError:
            print("\n".join(self.screen.display))
            raise

    def type(self, keys: str) -> None:
        os.write(self.master, keys.encode())


def orders(served: Served) -> int:
    return int(served.picture()["desk"]["counters"]["order_count"])


def is_stopped(served: Served) -> bool:
    """HALTED, and the venue has nothing of ours."""
    desk = served.picture()["desk"]
    return desk["risk_state"] == RiskState.HALTED and not desk["working_count"]


# ---- life ------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_in_order_and_says_who_sent_it(
    own: Served, number: signal.Signals
) -> None:
    wait(lambda: orders(own) > 0)
    own.signal(number)
    assert own.left() == 0
    assert f"asked: stop the desk; by root uid 0 pid {os.getpid()}" in own.said()
    assert "the desk has stopped in order: no order works" in own.said()
    assert not own.place.socket.exists()


def test_a_terminal_that_goes_away_changes_nothing(own: Served) -> None:
    before = orders(own)
    own.signal(signal.SIGHUP)
    own.wait_for("the terminal is gone, trading on")
    wait(lambda: orders(own) > before, "for orders")
    assert state(own.picture()) == RiskState.ACTIVE


def test_started_from_a_terminal_it_outlives_it(tmp_path: Path) -> None:
    served = Served(copy_files(tmp_path))
    try:
        with Terminal(served, "serve", "--config", str(tmp_path)) as terminal:
            terminal.wait_for("is served at")
            os.close(terminal.master)  # the line drops
            terminal.master = os.open(os.devnull, os.O_RDWR)
            before = orders(served)
            wait(lambda: orders(served) > before + 5, "for orders")
            assert served.ctl("quit").returncode == 0
            assert terminal.process.wait(timeout=10) == 0
    finally:
        served.__exit__()


def test_a_log_that_nobody_reads_does_not_hold_it_up(tmp_path: Path) -> None:
    served = Served(copy_files(tmp_path), *LOAD)
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "cockpit", "serve", "--config", str(tmp_path),
             *map(str, LOAD)],
            stdout=subprocess.PIPE, cwd=ROOT, env=served.environment,
        )  # fmt: skip
        served.process = process
        assert process.stdout is not None
        fcntl.fcntl(process.stdout, fcntl.F_SETPIPE_SZ, 4096)
        wait(served.answers)
        wait(lambda: orders(served) > 500, "for more lines than the pipe takes", 30)
        assert served.ctl("halt").returncode == 0
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
        process.stdout.close()
    finally:
        served.__exit__()


def test_a_stop_that_leaves_orders_is_loud(tmp_path: Path) -> None:
    served = Served(copy_files(tmp_path))
    # The venue is made not to confirm: what closing says is not for the server to judge.
    code = """
import cockpit.cli as cli
import cockpit.cli.served as served
plain = served.open_desk
def open_desk(*given, **named):
    desk = plain(*given, **named)
    close = desk.close
    desk.close = lambda: close() or "2 ORDERS MAY STILL BE WORKING"
    return desk
served.open_desk = open_desk
cli.main()
"""
    try:
        served.process = process = subprocess.Popen(
            [sys.executable, "-c", code, "serve", "--config", str(tmp_path)],
            stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, cwd=ROOT,
            env=served.environment,
        )  # fmt: skip
        wait(served.place.socket.exists)
        with served.join() as screen:
            done = served.ctl("quit", "--take-over")
            assert done.returncode == 1 and "2 ORDERS MAY STILL" in done.stderr
            wait(lambda: screen.ended == "2 ORDERS MAY STILL BE WORKING")
        _, trouble = process.communicate(timeout=10)
        assert process.returncode == 1 and "2 ORDERS MAY STILL" in trouble
    finally:
        served.__exit__()


def test_killed_it_leaves_nothing_that_blocks_a_restart(own: Served) -> None:
    for _ in range(3):
        own.signal(signal.SIGKILL)
        own.left()
        assert own.place.socket.exists()
        done = own.ctl("status")
        assert (done.returncode, "no desk" in done.stderr) == (3, True)
        own.start()
    assert own.ctl("status").returncode == 0


# ---- kill ------------------------------------------------------------------------------


def kill_by_script(served: Served) -> None:
    done = served.ctl("halt", "--why", "drill")
    assert done.returncode == 0, done.stderr
    assert "HALTED, no order works" in done.stdout


def kill_by_signal(served: Served) -> None:
    served.signal(signal.SIGUSR1)


def kill_by_file(served: Served) -> None:
    served.place.halt.touch()


def kill_by_screen(served: Served) -> None:
    with Terminal(served, "attach", "--take-over") as terminal:
        terminal.wait_for("h h halt")
        terminal.type("h")
        terminal.wait_for("press h again")
        terminal.type("h")
        terminal.wait_for("HALTED")


@pytest.mark.parametrize(
    "kill", [kill_by_script, kill_by_signal, kill_by_file, kill_by_screen]
)
def test_every_way_to_kill_works_under_load_with_a_hung_screen_in_control(
    loaded: Served, kill: Callable[[Served], None]
) -> None:
    with Terminal(loaded, "attach") as screen:
        screen.wait_for("ACTIVE")
        screen.process.send_signal(signal.SIGSTOP)
        kill(loaded)
        wait(lambda: is_stopped(loaded), "for the halt", 5)
        sent = orders(loaded)
        time.sleep(0.5)
        assert orders(loaded) == sent
        screen.process.send_signal(signal.SIGCONT)
    said = loaded.said()
    assert "ACTIVE -> HALTED" in said
    assert "asked: halt: pull every order, send nothing (before: ACTIVE); by root" in said


def test_while_the_file_to_flatten_is_there_nothing_resumes(own: Served) -> None:
    own.place.kill(Level.FLATTEN).touch()
    own.wait_for("-> PAUSED, every position is closed")
    done = own.ctl("resume")
    assert done.returncode == 4 and "flatten is there: remove it first" in done.stderr
    own.place.kill(Level.FLATTEN).unlink()
    own.wait_for("is gone: resume by hand")
    assert own.ctl("resume").returncode == 0


def test_while_the_file_is_there_it_stays_halted_even_from_the_start(own: Served) -> None:
    own.place.halt.touch()
    wait(lambda: is_stopped(own))
    done = own.ctl("unhalt")
    assert done.returncode == 4 and "remove it first" in done.stderr
    own.signal(signal.SIGTERM)
    assert own.left() == 0
    own.start()
    wait(lambda: is_stopped(own))
    assert orders(own) == 0, "it traded before it halted"
    own.place.halt.unlink()
    own.wait_for("is gone: un-halt by hand")
    assert state(own.picture()) == RiskState.HALTED
    assert own.ctl("unhalt").returncode == 0
    assert own.ctl("resume").returncode == 0
    wait(lambda: orders(own) > 0)


# ---- screens that come and go ----------------------------------------------------------


def test_a_screen_that_is_killed_leaves_trading_untouched(own: Served) -> None:
    with Terminal(own, "attach") as screen:
        screen.wait_for("ACTIVE")
        before = orders(own)
        screen.process.kill()
        screen.process.wait()
    wait(lambda: orders(own) > before + 5, "for orders")
    assert state(own.picture()) == RiskState.ACTIVE
    own.wait_for("the last operator has gone: trading on")


def test_leaving_a_screen_leaves_the_desk_trading(own: Served) -> None:
    with Terminal(own, "attach") as screen:
        screen.wait_for("ACTIVE")
        screen.type("q")
        assert screen.process.wait(timeout=10) == 0
    before = orders(own)
    wait(lambda: orders(own) > before, "for orders")


def test_the_former_writer_sees_who_took_over(own: Served) -> None:
    with Terminal(own, "attach") as first, Terminal(own, "attach") as second:
        wait(lambda: first.sees("ACTIVE") and second.sees("ACTIVE"))
        wait(lambda: first.sees("READ-ONLY") or second.sees("READ-ONLY"))
        former = second if first.sees("READ-ONLY") else first
        assert not former.sees("READ-ONLY, controls")
        assert own.ctl("pause").returncode == 0  # so that the log stands still
        with Terminal(own, "attach", "--take-over") as third:
            former.wait_for("TOOK THE CONTROLS")
            former.wait_for(f"READ-ONLY, controls: root (screen {third.process.pid})")


def test_a_screen_takes_over_by_a_key_pressed_twice(own: Served) -> None:
    with Terminal(own, "attach") as first:
        first.wait_for("ACTIVE")
        with Terminal(own, "attach") as second:
            second.wait_for("READ-ONLY, controls: root")
            second.type("p")  # a brake: no controls needed
            second.wait_for("PAUSED")
            second.type("r")
            second.wait_for("has the controls")
            second.type("t")
            second.wait_for("press t again within 2 s to take the controls from root")
            while not first.sees("READ-ONLY, controls: root"):
                second.type("t")  # a busy machine may let the 2 s pass
                time.sleep(0.3)
            second.type("r")
            second.wait_for("ACTIVE")
            second.type("q")
            assert second.process.wait(timeout=10) == 0
        first.wait_for("controls: nobody")
        first.process.send_signal(signal.SIGHUP)
        assert first.process.wait(timeout=10) == 128 + signal.SIGHUP
    assert state(own.picture()) == RiskState.ACTIVE


def test_a_read_only_screen_takes_nothing(own: Served) -> None:
    with Terminal(own, "attach", "--read-only") as screen:
        screen.wait_for("READ-ONLY")
        for keys, said in (
            ("t", "attached read-only"),
            ("p", "attached read-only"),
            ("hh", "attached read-only"),
        ):
            screen.type(keys)
            screen.wait_for(said)
    assert state(own.picture()) == RiskState.ACTIVE


@pytest.mark.parametrize(
    ("wish", "reached", "said"),
    [
        ("keep", RiskState.ACTIVE, "trading on"),
        ("reduce", RiskState.PAUSED, "reduce in 0.5 s"),
        ("halt", RiskState.HALTED, "halt in 0.5 s"),
    ],
)
def test_it_does_what_is_configured_when_its_last_operator_has_gone(
    tmp_path: Path, wish: str, reached: RiskState, said: str
) -> None:
    files = copy_files(tmp_path, on_last_operator_gone=wish, after=0.5)
    with Served(files) as served:
        time.sleep(1)
        assert state(served.picture()) == RiskState.ACTIVE, "nobody has been here yet"
        with served.join(read_only=True):
            first = served.join()
            second = served.join()
            first.close()
            time.sleep(1)
            assert state(second.read()) == RiskState.ACTIVE, "one is still here"
            second.close()
            served.wait_for(said)
            wait(lambda: state(served.picture()) == reached)
        time.sleep(0.7)
        assert state(served.picture()) == reached


def test_an_operator_who_comes_back_in_time_keeps_it_trading(tmp_path: Path) -> None:
    files = copy_files(tmp_path, on_last_operator_gone="halt", after=4)
    with Served(files) as served:
        served.join().close()
        served.wait_for("halt in 4 s")
        with served.join() as back:
            time.sleep(5)
            assert state(back.read()) == RiskState.ACTIVE


# ---- scripts ---------------------------------------------------------------------------


def test_a_script_reads_the_status(own: Served) -> None:
    done = own.ctl("status", "--json")
    assert done.returncode == 0
    found = json.loads(done.stdout)
    assert (found["name"], found["state"], found["pid"]) == ("desk", "ACTIVE", own.pid)
    assert {limit.name for limit in LIMITS} == set(found["risk"]["limits"])
    assert [s["name"] for s in found["strategies"]][:2] == ["mm_acme", "mm_boreal"]
    for text in ("ACTIVE", "mm_acme", "max_position", "controls: nobody"):
        assert text in own.ctl("desk", "status").stdout


def test_a_script_does_what_an_operator_does(own: Served) -> None:
    def done(*arguments: object) -> dict:
        found = own.ctl(*arguments, "--json")
        assert found.returncode == 0, found.stdout + found.stderr
        answer = json.loads(found.stdout)
        assert answer["status"] == "done"
        return answer

    done("strategy", "mm_acme", "off")
    assert int(own.picture()["desk"]["strategies"]["config"]["mode"][0]) == Mode.OFF
    done("strategy", 1, "live")
    assert int(own.picture()["desk"]["strategies"]["config"]["mode"][0]) == Mode.LIVE
    done("cancel")
    done("pause")
    assert state(own.picture()) == RiskState.PAUSED
    done("resume")
    done("flatten")
    picture = own.picture()
    assert not picture["desk"]["symbols"]["position"].any()
    done("halt")
    assert is_stopped(own)
    done("unhalt")
    done("quit")
    assert own.left() == 0


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["nobody", "status"], 3, "no desk 'nobody' runs here; there are desk"),
        (["strategy", "nobody", "live"], 4, "no strategy 'nobody'"),
        (["strategy", "mm_acme", "sideways"], 4, "no mode 'sideways'"),
        (["unhalt"], 4, "not HALTED"),
        (["limit", "max_positon", "1"], 4, "did you mean max_position"),
        (["limit", "max_position", "many"], 4, "plain number"),
        (["dance"], 2, "no command 'dance'; there are accept"),
        (["a/b", "status"], 3, "no name for a desk"),
        (["resume", "--why", "x" * 201], 2, "at most 200"),
    ],
)
def test_an_exit_code_says_what_went_wrong(
    shared: Served, arguments: list[str], code: int, said: str
) -> None:
    done = shared.ctl(*arguments)
    assert (done.returncode, said in done.stderr) == (code, True), done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with Served(copy_files(tmp_path_factory.mktemp("files"))) as made:
        yield made


def test_a_script_needs_the_controls_but_for_the_brakes(own: Served) -> None:
    with own.join() as screen:
        wait(lambda: screen.in_control)
        refused = own.ctl("strategy", "mm_acme", "off")
        assert refused.returncode == 4
        assert "has the controls" in refused.stderr
        assert own.ctl("pause").returncode == 0
        assert own.ctl("resume").returncode == 4
        taken = own.ctl("resume", "--take-over", "--why", "operator asleep")
        assert taken.returncode == 0
        wait(lambda: not screen.in_control)
        own.wait_for("TOOK THE CONTROLS from root")
        own.wait_for("why: operator asleep")


def test_a_number_below_zero_is_a_value_and_no_option(own: Served) -> None:
    done = own.ctl("limit", "max_position", "-5", "--why", "too many")
    assert done.returncode == 4 and "plain number" in done.stderr


def test_without_an_order_its_way_is_not_said_to_take_no_time(own: Served) -> None:
    own.signal(signal.SIGTERM)
    assert own.left() == 0
    own.place.halt.touch()
    shutil.rmtree(own.runtime / "state")
    own.start()
    assert "tick to order not measured yet" in own.ctl("status").stdout


def test_a_limit_is_done_when_the_core_enforces_it(own: Served) -> None:
    path = own.files / "risk.toml"
    before = path.read_text().splitlines()
    index = [limit.name for limit in LIMITS].index("max_position")

    def enforced() -> int:
        return int(own.picture()["desk"]["limits"]["limit"][index])

    done = own.ctl("limit", "max_position", 150, "--why", "volatile", "--json")
    assert done.returncode == 0, done.stderr
    assert enforced() == 150
    after = path.read_text().splitlines()
    assert [b for a, b in zip(before, after, strict=True) if a != b] == [
        "max_position = 150"
    ]
    own.wait_for("asked: max_position 200 -> 150 lots; by root uid 0")
    own.wait_for("why: volatile")
    own.wait_for("in force: max_position 200 -> 150 lots")

    loosen = own.ctl("limit", "max_position", 300)
    assert loosen.returncode == 4 and "confirm it" in loosen.stderr
    assert enforced() == 150 and "max_position = 150" in path.read_text()
    assert "within 60 s" in loosen.stderr
    assert own.ctl("limit", "max_position", 300, "--confirm").returncode == 0
    assert enforced() == 300

    # The second step alone is no more than the first; nor of something else.
    alone = own.ctl("limit", "max_position", 400, "--confirm", "--json")
    assert alone.returncode == 4, alone
    told = json.loads(alone.stdout)
    assert told["confirm_within_s"] == 60 and "nobody had asked" in told["text"]
    assert own.ctl("limit", "max_position", 401, "--confirm").returncode == 4
    assert enforced() == 300 and "max_position = 300" in path.read_text()
    assert own.ctl("limit", "max_position", 400, "--confirm").returncode == 0
    assert enforced() == 400


def test_a_trigger_is_loosened_by_two_commands(own: Served) -> None:
    name = "breakers.slow_count"

    def triggers() -> dict[str, int]:
        status = json.loads(own.ctl("status", "--json").stdout)
        found: dict[str, int] = status["risk"]["triggers"]
        return found

    assert own.ctl("limit", name, 4).returncode == 0
    assert triggers()["slow_count"] == 4
    for words in (["--confirm"], []):
        assert own.ctl("limit", name, 10000, *words).returncode == 4
        assert triggers()["slow_count"] == 4
    done = own.ctl("limit", name, 10000, "--confirm", "--why", "slow day")
    assert done.returncode == 0, done.stderr
    assert triggers()["slow_count"] == 10000
    own.wait_for("in force: breakers.slow_count 4 -> 10000 answers")
    # Saved in the file it waits, and a command after it confirms.
    path = own.files / "risk.toml"
    path.write_text(path.read_text().replace("reject_count = 20", "reject_count = 90"))
    own.wait_for("breakers.reject_count 20 -> 90 rejects: NOT in force until confirmed")
    assert triggers()["reject_count"] == 20
    # The file as a whole, and so it is said.
    text = path.read_text().replace("slow_answer = 500", "slow_answer = 700")
    path.write_text(text)
    own.wait_for("slow_answer 500 -> 700 ms: NOT in force until confirmed")
    done = own.ctl("limit", "breakers.reject_count", 90, "--confirm")
    looser = "breakers.reject_count 20 -> 90 rejects, breakers.slow_answer 500 -> 700 ms"
    assert done.returncode == 0 and f"{looser}, as the core shows" in done.stdout
    own.wait_for(f"confirmed: {looser}; by root uid 0")
    assert (triggers()["reject_count"], triggers()["slow_answer"]) == (90, 700)


def test_a_limit_of_one_instrument_and_an_edit_by_hand_are_confirmed_likewise(
    own: Served,
) -> None:
    path = own.files / "risk.toml"
    name = "symbols.BOREAL.max_position"
    assert own.ctl("limit", name, 90).returncode == 0
    refused = own.ctl("limit", name, "none")
    assert refused.returncode == 4 and "confirm it" in refused.stderr
    own.wait_for("loosens a limit: it is asked for now; confirm it within 60 s")
    path.write_text(path.read_text().replace("max_position = 90", "max_position = 95"))
    own.wait_for(f"{name} 90 -> 95 lots: NOT in force until confirmed")

    def narrower() -> list[tuple[str, str, int]]:
        status = json.loads(own.ctl("status", "--json").stdout)
        return [
            (one["of"], one["name"], one["limit"]) for one in status["risk"]["narrower"]
        ]

    assert narrower() == [("BOREAL", "max_position", 90)]
    done = own.ctl("limit", name, 95, "--confirm", "--why", "calm again")
    assert done.returncode == 0, done.stderr
    assert narrower() == [("BOREAL", "max_position", 95)]
    assert own.ctl("limit", name, "none", "--confirm").returncode == 0
    assert narrower() == []


def test_a_limit_that_the_core_does_not_take_is_not_reported_as_done(own: Served) -> None:
    # Another file is wrong, so the desk takes nothing from the directory.
    strategies = own.files / "strategies.toml"
    strategies.write_text(strategies.read_text().replace('"momentum"', '"momentun"'))
    own.wait_for("momentun")
    done = own.ctl("limit", "max_position", 150)
    assert done.returncode == 1
    assert "NOT CONFIRMED within 4 s" in done.stderr
    status = own.ctl("status", "--json")
    assert "momentun" in json.loads(status.stdout)["config_errors"][0]


def test_shipped_files_are_not_edited_by_a_script() -> None:
    from cockpit.paths import default_config

    served = Served(default_config())
    with served:
        done = served.ctl("limit", "max_position", 150)
        assert done.returncode == 4 and "cockpit init" in done.stderr


def test_a_halt_from_a_script_is_done_while_another_command_waits(own: Served) -> None:
    with Connection(own.place, SCRIPT) as slow:
        slow.send({"ask": "flatten", "number": 1})
        began = time.monotonic()
        with Connection(own.place, SCRIPT) as quick:
            quick.send({"ask": "halt", "number": 1})
            answer = quick.receive(5)
        assert answer is not None and answer["status"] == "done"
        assert time.monotonic() - began < 5


# ---- watch -----------------------------------------------------------------------------


def test_watch_prints_a_line_an_event_until_the_desk_stops(own: Served) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "cockpit", "watch", "--every", "0.5"],
        stdout=subprocess.PIPE, text=True, cwd=ROOT, env=own.environment,
    )  # fmt: skip
    assert process.stdout is not None
    first = ""
    while "desk: ACTIVE, P&L" not in first:  # each half second
        line = process.stdout.readline()
        assert line, first
        first += line
    assert own.ctl("pause").returncode == 0
    own.signal(signal.SIGTERM)
    rest, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    output = first + rest
    lines = output.splitlines()
    assert all(line[:2] == "20" and line[4] == "-" for line in lines)
    assert "\x1b" not in output
    for text in ("ACTIVE -> PAUSED", "stopped in order"):
        assert any(text in line for line in lines), text


def test_watch_says_when_the_desk_is_lost(own: Served) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "cockpit", "watch", "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
        env=own.environment,
    )  # fmt: skip
    assert process.stdout is not None
    first = process.stdout.readline()  # it is there
    own.signal(signal.SIGKILL)
    rest, trouble = process.communicate(timeout=10)
    output = first + rest
    assert process.returncode == 3
    assert "closed the connection" in trouble
    rows = [json.loads(line) for line in output.splitlines()]
    assert all({"time", "severity", "source", "text"} == set(row) for row in rows)
    assert rows
