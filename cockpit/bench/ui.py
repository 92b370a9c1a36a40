"""``make bench-ui``: what the screen costs, in a terminal of its own, beside its bars.

    python -m cockpit.bench.ui [--seconds 10] [--only NAME] [--minutes 60] [--json]

A pseudo terminal of 160x48 in true colour runs the cockpit as an operator would, on the
embedded exchange. Bytes are counted as they come out; the processor time is of the whole
process without the core's own threads. Beside it runs a Textual program that says hello,
so that a slow machine is slow for both.

The memory of the screen is that of a process with no core in it, attached to a served
desk; with the core in the same process it is shown without a bar. ``--minutes`` watches
the attached one for so long. The desk's own latency is measured with no screen, with one
in its process, attached, stopped in its tracks and killed, each on a desk of its own.
"""

from __future__ import annotations

import argparse
import compileall
import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

SIZE = 160, 48
HELLO = (
    "from textual.app import App\n"
    "from textual.widgets import Static\n"
    "class Hello(App):\n"
    "    def compose(self): yield Static('hello, operator')\n"
    "Hello().run()\n"
)
FULL = (b"Strategies", b"Ladder", b"Throughput", b"mm_acme")
COCKPIT = [sys.executable, "-m", "cockpit"]
DESK = "bench"
NOISE = 1.5
"""How many times the p99 of a desk without a screen another may be and be the same: two
such desks, one after the other, differ by about that on a machine that is used."""
GROWTH_MIB = 2.0
"""What a screen may grow by and be flat: figures get longer, and the log fills."""
CORE_THREADS = ("venue", "desk", "journal", "net")
_TICK = os.sysconf("SC_CLK_TCK")
_PATIENCE_S = 20.0
STEP_S = 0.005
LINE_S = 0.05
"""What a slow line carries at once, in seconds of its rate."""
SLOW = 25_000.0
"""Bytes a second of a slow line."""
BUSY = "while True: pass"


@dataclass(frozen=True, slots=True)
class Figure:
    """One row: what was measured and what it may be at most."""

    name: str
    value: float
    unit: str
    bar: float

    @property
    def met(self) -> bool:
        return self.value <= self.bar


def _environment(home: Path) -> dict[str, str]:
    """A terminal in true colour, and nothing kept of the user's or for him."""
    places = dict.fromkeys(
        ("XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"), str(home)
    )
    return {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **places}


class Terminal:
    """A program in a pseudo terminal, read as fast as it writes."""

    def __init__(
        self, command: list[str], rate: float = 0.0, home: Path | None = None
    ) -> None:
        self.master, slave = pty.openpty()
        columns, lines = SIZE
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self._directory = tempfile.TemporaryDirectory()
        self._rate = rate
        """Bytes a second that are read; 0: all there are."""
        self._allowance = 0.0
        self._allowed = time.perf_counter()
        self.written = b""
        self.began = time.perf_counter()
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            env=_environment(home or Path(self._directory.name)),
        )  # fmt: skip
        os.close(slave)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.master)
        self._directory.cleanup()

    def read(self, seconds: float) -> int:
        """Take what comes for so long; how many bytes."""
        end, count = time.perf_counter() + seconds, 0
        while (left := end - time.perf_counter()) > 0:
            size = 65536
            if self._rate:
                time.sleep(min(STEP_S, left))
                if not (size := self._may_read()):
                    continue
            if not select.select([self.master], [], [], 0 if self._rate else left)[0]:
                continue
            try:
                piece = os.read(self.master, size)
            except OSError:
                break
            self.written += piece
            self._allowance -= len(piece)
            count += len(piece)
        return count

    def left(self) -> int:
        """Bytes on the line now, which is not slow any more."""
        self._rate = 0.0
        return self.read(0.02)

    def _may_read(self) -> int:
        """Bytes the line has carried since it was last asked; none are saved up."""
        now = time.perf_counter()
        grown = self._allowance + self._rate * (now - self._allowed)
        self._allowance = min(grown, self._rate * LINE_S)
        self._allowed = now
        return int(self._allowance)

    def until(self, seen: Callable[[], bool], step: float = 0.005) -> float:
        """Read until it is so; seconds since the program began."""
        end = time.perf_counter() + _PATIENCE_S
        while not seen():
            if time.perf_counter() > end:
                raise TimeoutError("the program did not show what it should")
            self.read(step)
        return time.perf_counter() - self.began

    def shows(self, *texts: bytes) -> bool:
        return all(text in self.written for text in texts)

    def until_shown(self, *texts: bytes) -> float:
        """Read until these have come; seconds since the program began."""
        return self.until(lambda: self.shows(*texts), 0.002)

    def type(self, keys: bytes) -> None:
        os.write(self.master, keys)

    def seconds_used(self) -> float:
        """Processor time of the process without the core's threads."""
        used = 0
        for task in Path(f"/proc/{self.process.pid}/task").iterdir():
            try:
                name = (task / "comm").read_text().strip()
                fields = (task / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if not name.startswith(CORE_THREADS):
                used += int(fields[11]) + int(fields[12])
        return used / _TICK

    def memory(self) -> float:
        """MiB of memory that is resident."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def first_frame(runs: int) -> list[Figure]:
    """From the start of the program to its whole first picture, the best of some runs."""
    hello, ours, attached = [], [], []
    with _served() as home:
        for _ in range(runs):
            with Terminal([sys.executable, "-c", HELLO]) as terminal:
                hello.append(terminal.until_shown(b"hello, operator"))
            with _attached(home) as terminal:
                attached.append(terminal.until_shown(*FULL))
    for _ in range(runs):
        with Terminal([sys.executable, "-c", HELLO]) as terminal:
            hello.append(terminal.until_shown(b"hello, operator"))
        with Terminal(COCKPIT) as terminal:
            ours.append(terminal.until_shown(*FULL))
    figures = [Figure("hello-world, first frame", min(hello) * 1000, "ms", float("inf"))]
    for name, times in (("", ours), ("attached, ", attached)):
        ratio = min(times) / min(hello)
        figures += [
            Figure(f"{name}first full frame", min(times) * 1000, "ms", float("inf")),
            Figure(f"{name}first frame / hello-world", ratio, "x", 1.5),
        ]
    return figures


def steady(hz: int, seconds: float) -> list[Figure]:
    """Bytes, processor and memory while all of the Trade screen lives."""
    bars = {4: (25.0, 5.0), 10: (60.0, 12.0)}[hz]
    with Terminal([*COCKPIT, "--hz", str(hz)]) as terminal:
        terminal.until(lambda: terminal.shows(b"Throughput"))
        terminal.read(3)
        used, began = terminal.seconds_used(), time.perf_counter()
        count = terminal.read(seconds)
        passed = time.perf_counter() - began
        share = (terminal.seconds_used() - used) / passed
    return [
        Figure(f"sent at {hz} Hz", count / passed / 1000, "kB/s", bars[0]),
        Figure(f"processor at {hz} Hz", share * 100, "% of a core", bars[1]),
    ]


@contextmanager
def _busy(count: int) -> Iterator[None]:
    """So many programs that never rest, beside whatever is measured."""
    loops = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(count)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def keys_to_visible(count: int) -> list[Figure]:
    """From a key to its answer: on a busy market, and on a busy machine as well."""
    cores = os.cpu_count() or 1
    figures = [Figure("key to visible, p90", _key_ms(count), "ms", 50.0)]
    with _busy(cores):
        name = f"the same beside {cores} busy loops"
        figures.append(Figure(name, _key_ms(count), "ms", 50.0))
    return figures


def _key_ms(count: int) -> float:
    times = []
    with Terminal([*COCKPIT, "--rate", "20000"]) as terminal:
        terminal.until(lambda: terminal.shows(b"Throughput"))
        terminal.read(2)
        for number in range(count):
            terminal.read(0.037)
            terminal.written = b""
            began = time.perf_counter()
            terminal.type(b"?")
            if number % 2:  # this one only takes the list away again
                terminal.read(0.3)
                continue
            terminal.until(lambda: terminal.shows(b"Keys"), 0.001)
            times.append(time.perf_counter() - began)
    times.sort()
    return times[int(len(times) * 0.9)] * 1000


def behind(hz: int) -> float:
    """Seconds the screen is behind on a line of 25 kB/s: what it has yet to carry."""
    with Terminal([*COCKPIT, "--hz", str(hz)], rate=SLOW) as terminal:
        terminal.until(lambda: terminal.shows(b"Throughput"))
        terminal.read(3)
        return terminal.left() / SLOW


def leaving() -> list[Figure]:
    """What a line of 25 kB/s holds up: the screen, and the end after q."""
    figures = [
        Figure(f"behind at {hz} Hz on 25 kB/s", behind(hz), "s", 1.0) for hz in (4, 10)
    ]
    with Terminal(COCKPIT, rate=SLOW) as terminal:
        terminal.until(lambda: terminal.shows(b"Throughput"))
        terminal.read(3)
        began = time.perf_counter()
        terminal.type(b"q")
        terminal.until(lambda: terminal.process.poll() is not None)
        slow = time.perf_counter() - began
    figures.append(Figure("q to exit at 25 kB/s", slow, "s", 0.5))
    for number in (signal.SIGHUP, signal.SIGTERM):
        with Terminal(COCKPIT) as terminal:
            terminal.until(lambda: terminal.shows(b"Throughput"))
            terminal.read(1)
            began = time.perf_counter()
            terminal.process.send_signal(number)
            terminal.until(lambda: terminal.process.poll() is not None)
            passed = time.perf_counter() - began
        figures.append(Figure(f"{number.name} to exit", passed, "s", 0.5))
    return figures


@contextmanager
def _served() -> Iterator[Path]:
    """A desk without a screen, with a directory of its own in which it is found."""
    with tempfile.TemporaryDirectory() as home:
        desk = subprocess.Popen(
            [*COCKPIT, "serve", DESK], env=_environment(Path(home)),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            end = time.perf_counter() + _PATIENCE_S
            while not _status(Path(home)):
                if time.perf_counter() > end:
                    raise TimeoutError("the served desk does not answer")
                time.sleep(0.1)
            yield Path(home)
        finally:
            desk.terminate()
            desk.wait()


def _status(home: Path) -> dict[str, Any]:
    """What the served desk says of itself; empty while it does not answer."""
    asked = subprocess.run(
        [*COCKPIT, "ctl", DESK, "status", "--json"],
        env=_environment(home),
        capture_output=True,
        check=False,
    )
    found: dict[str, Any] = json.loads(asked.stdout) if asked.returncode == 0 else {}
    return found


def frozen(seconds: float) -> list[Figure]:
    """What a view sends that was frozen while the market runs: the header."""
    with Terminal(COCKPIT) as terminal:
        terminal.until(lambda: terminal.shows(*FULL))
        terminal.read(2)
        terminal.type(b" ")
        terminal.read(1)
        began = time.perf_counter()
        count = terminal.read(seconds)
        rate = count / (time.perf_counter() - began) / 1000
    return [Figure("sent by a frozen view", rate, "kB/s", 1.0)]


def _attached(home: Path) -> Terminal:
    return Terminal([*COCKPIT, "attach", DESK], home=home)


def memory(minutes: float) -> list[Figure]:
    """Of the screen alone, then and after some time; and with the core beside it."""
    with _served() as home, _attached(home) as terminal:
        terminal.until(lambda: terminal.shows(*FULL))
        terminal.read(10)
        terminal.written = b""
        first = most = terminal.memory()
        end = time.perf_counter() + minutes * 60
        while time.perf_counter() < end:
            terminal.read(5)
            terminal.written = b""
            most = max(most, terminal.memory())
    figures = [Figure("memory of the screen", most, "MiB", 80.0)]
    if minutes:
        name = f"growth in {minutes:g} minutes"
        figures.append(Figure(name, most - first, "MiB", GROWTH_MIB))
    with Terminal(COCKPIT) as terminal:
        terminal.until(lambda: terminal.shows(*FULL))
        terminal.read(5)
        whole = Figure("core and screen together", terminal.memory(), "MiB", float("inf"))
    return [*figures, whole]


def _p99_us(home: Path, seconds: float, state: str) -> float:
    """Of the served desk after some time with a screen in that state."""
    if state == "none":
        time.sleep(seconds)
        return float(_status(home)["tick_to_order_ns"]["p99"]) / 1000
    with _attached(home) as terminal:
        terminal.until(lambda: terminal.shows(*FULL))
        if state == "hung":
            terminal.process.send_signal(signal.SIGSTOP)
        elif state == "dead":
            terminal.process.kill()
        terminal.read(seconds)
        found = _status(home)["tick_to_order_ns"]["p99"]
        terminal.process.kill()
    return float(found) / 1000


def desk_latency(seconds: float) -> list[Figure]:
    """The p99 from a tick to the order, by what becomes of a screen."""
    found: list[tuple[str, float]] = []
    for state in ("none", "attached", "hung", "dead", "none"):
        with _served() as home:
            found.append((state, _p99_us(home, seconds, state)))
    alone = max(p99 for state, p99 in found if state == "none")
    return [
        Figure(
            f"desk p99, screen {state}",
            p99,
            "us",
            float("inf") if state == "none" else alone * NOISE,
        )
        for state, p99 in found
    ]


def _as_installed() -> None:
    """Compile cockpit as pip compiles what it installs, Textual among it.

    Where Python is told to keep no bytecode, a checkout is compiled at every start.
    """
    compileall.compile_dir(Path(__file__).resolve().parent.parent, quiet=2)


def _row(figure: Figure) -> str:
    bar = "" if figure.bar == float("inf") else f"at most {figure.bar:g}"
    verdict = "" if not bar else "ok" if figure.met else "MISSED"
    row = f"{figure.name:36} {figure.value:9.2f} {figure.unit:12} {bar:14} {verdict}"
    return row.rstrip()


def main() -> int:
    """Print the rows; 1 when a bar is not met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--minutes", type=float, default=0.0)
    parser.add_argument("--json", action="store_true")
    parts: dict[str, Callable[[], list[Figure]]] = {
        "frame": lambda: first_frame(given.runs),
        "4hz": lambda: steady(4, given.seconds),
        "10hz": lambda: steady(10, given.seconds),
        "frozen": lambda: frozen(given.seconds),
        "memory": lambda: memory(given.minutes),
        "keys": lambda: keys_to_visible(60),
        "leaving": leaving,
        "desk": lambda: desk_latency(given.seconds),
    }
    parser.add_argument("--only", choices=parts, help="Of the parts, this one.")
    given = parser.parse_args()
    _as_installed()
    figures: list[Figure] = []
    for name, part in parts.items():
        for figure in part() if given.only in (None, name) else ():
            figures.append(figure)
            if not given.json:
                print(_row(figure), flush=True)
    if given.json:
        print(json.dumps([asdict(f) | {"met": f.met} for f in figures], indent=2))
    return 0 if all(f.met for f in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
