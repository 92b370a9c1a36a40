"""``cockpit doctor``: what of this machine helps or hinders, and what to do about it.

Each check is a small function that looks at one thing and changes nothing. ``ok`` needs
nothing, ``note`` costs latency or comfort, ``bad`` keeps some command from working.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sized
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cockpit import paths

CPUS = Path("/sys/devices/system/cpu")
CLOCK = Path("/sys/devices/system/clocksource/clocksource0/current_clocksource")
GOOD_CLOCKS = ("tsc", "kvm-clock", "arch_sys_counter", "hyperv_clocksource_tsc_page")
CORES_WANTED = 3
"""Venue and desk each have one of their own, the screen the third."""
TMUX_SECONDS = 2.0
ESCAPE_MS = 100

Level = Literal["ok", "note", "bad"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found."""

    name: str
    level: Level
    text: str
    do: str = ""
    """What would mend it."""

    def as_dict(self) -> dict[str, str]:
        return {
            "name": self.name,
            "level": self.level,
            "text": self.text,
            "do": self.do,
        }


def examine(
    config: Path | None = None,
    environment: Mapping[str, str] = os.environ,
    read_keys: Callable[[Path], Sized] = lambda directory: (),
) -> list[Finding]:
    """Everything, in the order in which it matters.

    ``read_keys``: the operator's keys from a directory's file; raises with what is wrong.
    """
    directory = config or paths.config()
    checks: list[Callable[[], Finding]] = [
        core,
        lambda: files(directory),
        lambda: alerts(directory),
        lambda: stress(directory),
        lambda: keys(directory, read_keys),
        lambda: exchange(directory),
        lambda: users(paths.users()),
        sockets,
        cores,
        pinning,
        governor,
        clock,
        locked_memory,
        realtime,
        lambda: terminal(environment),
        lambda: colours(environment),
        lambda: encoding(environment),
        lambda: tmux(environment),
        compiler,
    ]
    return [check() for check in checks]


def render(findings: Iterable[Finding]) -> str:
    """A line each, aligned; what to do on the same line."""
    lines = []
    for found in findings:
        do = f" -> {found.do}" if found.do else ""
        lines.append(f"{found.level:4}  {found.name:10}  {found.text}{do}")
    return "\n".join(lines)


# ---- what commands need ----------------------------------------------------------------


def core() -> Finding:
    """Can the compiled core be loaded?"""
    try:
        from cockpit.core import PICTURE
    except ImportError as error:
        return Finding("core", "bad", f"cannot be loaded ({error})", "make build")
    return Finding("core", "ok", f"loaded, a picture has {PICTURE.size} bytes")


def files(directory: Path) -> Finding:
    """Is the configuration in order?"""
    from cockpit.config.load import load
    from cockpit.config.problems import ConfigError

    try:
        found = load(directory)
    except ConfigError as error:
        text = "; ".join(str(problem) for problem in error.problems)
        return Finding("config", "bad", f"{directory}: {text}", "mend the file")
    text = f"{directory}: {len(found.strategies)} strategies"
    if directory == paths.default_config():
        return Finding(
            "config", "note", f"{text}, as shipped", "`cockpit init` to have your own"
        )
    return Finding("config", "ok", text)


def alerts(directory: Path) -> Finding:
    """Are the rules of alerts in order, and can their commands be found?"""
    from cockpit.observe.rules import FILE, read_rules

    path = directory / FILE
    if found := _broken("alerts", path, lambda: read_rules(path)):
        return found
    rules = read_rules(path)
    for rule in rules:
        used = {*rule.sinks, *rule.escalate_to}
        if "command" in used and shutil.which(rule.command[0]) is None:
            text = f"{FILE}: alert {rule.name!r}: no program {rule.command[0]!r}"
            return Finding("alerts", "bad", text, "install it, or name another")
    return Finding("alerts", "ok", f"{len(rules)} rules")


def stress(directory: Path) -> Finding:
    """Are the scenarios in order?"""
    from cockpit.observe.exposure import read_scenarios

    path = directory / "stress.toml"
    if found := _broken("stress", path, lambda: read_scenarios(path)):
        return found
    return Finding("stress", "ok", f"{len(read_scenarios(path))} scenarios")


def keys(directory: Path, read: Callable[[Path], Sized]) -> Finding:
    """Are the operator's own keys in order?"""
    path = directory / "keys.toml"
    if found := _broken("keys", path, lambda: read(path)):
        return found
    own = len(read(path))
    return Finding("keys", "ok", f"{own} of your own" if own else "the standard ones")


def exchange(directory: Path) -> Finding:
    """Are ports and bounds of an exchange in order?"""
    from cockpit.config.exchange_file import load_exchange

    path = directory / "exchange.toml"
    if found := _broken("exchange", path, lambda: load_exchange(directory)):
        return found
    there = path.exists()
    return Finding("exchange", "ok", "exchange.toml" if there else "the standard ports")


def users(path: Path) -> Finding:
    """Is the file of users and passwords in order, and nobody else's to read?"""
    from cockpit.config.users_file import read_users

    if not path.exists():
        return Finding("users", "ok", f"{path} is made by the first `cockpit exchange`")
    if found := _broken("users", path, lambda: read_users(path)):
        return found
    return Finding("users", "ok", f"{path}: {len(read_users(path))} users")


def _broken(name: str, path: Path, read: Callable[[], object]) -> Finding | None:
    """What is wrong with a file: whatever its reader says."""
    try:
        read()
    except Exception as error:
        text = "; ".join(str(error).splitlines()) or type(error).__name__
        return Finding(name, "bad", f"{path.parent}: {text}", "mend the file")
    return None


def sockets() -> Finding:
    """Is there a private place for control sockets?"""
    from cockpit.control import runtime

    path = paths.runtime()
    if not path.exists():
        above = path.parent
        if not above.is_dir() or not os.access(above, os.W_OK):
            return Finding(
                "socket",
                "bad",
                f"{path} cannot be made",
                "set XDG_RUNTIME_DIR to a directory of your own, mode 0700",
            )
        return Finding("socket", "ok", f"{path} is made by the first `cockpit serve`")
    try:
        runtime.check_directory(path)
    except runtime.RuntimeRefused as refused:
        return Finding("socket", "bad", str(refused), "serve and attach refuse it")
    names = runtime.served()
    return Finding("socket", "ok", f"{path}, desks: {', '.join(names) or 'none'}")


# ---- what latency needs ----------------------------------------------------------------


def cores() -> Finding:
    """How many cores may be used?"""
    usable, there = len(os.sched_getaffinity(0)), os.cpu_count() or 1
    text = f"{usable} of {there} usable"
    if usable < CORES_WANTED:
        return Finding(
            "cores",
            "note",
            text,
            f"with fewer than {CORES_WANTED} the threads share: waiting = "
            f'"park" in desk.toml is kinder',
        )
    return Finding("cores", "ok", text)


def pinning() -> Finding:
    """May a thread be pinned? Tried on this one, and undone."""
    before = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {max(before)})
    except OSError as error:
        return Finding(
            "pinning",
            "note",
            f"refused ({error.strerror})",
            "allow sched_setaffinity, or venue_cpu = desk_cpu = -2 in desk.toml",
        )
    finally:
        os.sched_setaffinity(0, before)
    isolated = _read(CPUS / "isolated")
    more = f", cores {isolated} are isolated" if isolated else ""
    return Finding("pinning", "ok", f"allowed{more}")


def governor() -> Finding:
    """Do the cores run at full clock?"""
    found = {_read(file) for file in CPUS.glob("cpu[0-9]*/cpufreq/scaling_governor")} - {
        ""
    }
    if not found:
        return Finding("governor", "ok", "none here: a virtual machine, or fixed clocks")
    text = ", ".join(sorted(found))
    if found == {"performance"}:
        return Finding("governor", "ok", text)
    return Finding(
        "governor", "note", text, "cpupower frequency-set -g performance (as root)"
    )


def clock() -> Finding:
    """Is the clock read without a system call?"""
    name = _read(CLOCK)
    if name in GOOD_CLOCKS:
        return Finding("clock", "ok", name)
    if not name:
        return Finding("clock", "note", "its source is not shown here")
    return Finding(
        "clock",
        "note",
        f"{name}, slow to read",
        "boot with clocksource=tsc if it is sound",
    )


def locked_memory() -> Finding:
    """May memory be locked?"""
    soft, _ = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    if soft == resource.RLIM_INFINITY:
        return Finding("memlock", "ok", "unlimited")
    return Finding(
        "memlock",
        "note",
        f"{soft >> 10:,} KiB",
        "ulimit -l unlimited (LimitMEMLOCK=infinity in a unit), for lock_memory = true",
    )


def realtime() -> Finding:
    """May a thread have a real-time priority?"""
    soft, _ = resource.getrlimit(resource.RLIMIT_RTPRIO)
    if soft or os.geteuid() == 0:
        return Finding("rtprio", "ok", "allowed")
    return Finding(
        "rtprio",
        "note",
        "0: no real-time priority",
        "ulimit -r 50 (LimitRTPRIO=50 in a unit), for realtime = 50",
    )


# ---- what the screen needs -------------------------------------------------------------


def terminal(environment: Mapping[str, str]) -> Finding:
    """Is there a terminal that can be drawn on, and is it large enough?"""
    term = environment.get("TERM", "")
    if not sys.stdout.isatty():
        return Finding(
            "terminal",
            "note",
            "none here",
            "for the screen run it in one; serve, ctl and watch need none",
        )
    if term in ("", "dumb"):
        return Finding(
            "terminal",
            "bad",
            f"TERM={term or '(empty)'} cannot move the cursor",
            "export TERM=xterm-256color, or use `cockpit watch`",
        )
    columns, lines = shutil.get_terminal_size()
    text = f"{term}, {columns}x{lines}"
    if columns < 80 or lines < 24:
        return Finding("terminal", "note", text, "80x24 or more shows a panel")
    return Finding("terminal", "ok", text)


def colours(environment: Mapping[str, str]) -> Finding:
    """How many colours?"""
    term = environment.get("TERM", "")
    if "NO_COLOR" in environment:
        return Finding("colours", "ok", "none, as NO_COLOR asks; signs carry the meaning")
    if environment.get("COLORTERM", "") in ("truecolor", "24bit"):
        return Finding("colours", "ok", "16 million")
    if "256" in term:
        return Finding(
            "colours", "ok", "256; COLORTERM=truecolor if the terminal can do more"
        )
    return Finding(
        "colours",
        "note",
        "16 or fewer",
        "export TERM=xterm-256color (screen-256color in tmux) if the terminal can",
    )


def encoding(environment: Mapping[str, str]) -> Finding:
    """Can it show more than ASCII?"""
    name = (getattr(sys.__stderr__, "encoding", None) or "").lower()
    if name.replace("-", "").startswith("utf") and environment.get("TERM") != "linux":
        return Finding("encoding", "ok", name)
    return Finding(
        "encoding",
        "note",
        f"{name or 'unknown'}: the screen falls back to ASCII",
        "a UTF-8 locale (export LC_ALL=C.UTF-8) and a terminal that draws it",
    )


def tmux(environment: Mapping[str, str]) -> Finding:
    """Does tmux hold keys up?"""
    if not environment.get("TMUX"):
        over = "over SSH" if environment.get("SSH_CONNECTION") else "not inside"
        return Finding("tmux", "ok", f"{over}; `cockpit serve` trades on without it")
    try:
        done = subprocess.run(
            ["tmux", "show-options", "-sv", "escape-time"],
            capture_output=True,
            text=True,
            timeout=TMUX_SECONDS,
            check=False,
        )
        delay = int(done.stdout)
    except (OSError, ValueError, subprocess.SubprocessError):
        return Finding("tmux", "note", "inside, and it does not answer")
    if delay > ESCAPE_MS:
        return Finding(
            "tmux", "note", f"Esc waits {delay} ms", "tmux set -s escape-time 10"
        )
    return Finding("tmux", "ok", f"inside, Esc waits {delay} ms")


# ---- what building needs ---------------------------------------------------------------


def compiler() -> Finding:
    """Is there a C compiler? Only building needs one."""
    for name in (os.environ.get("CC", ""), "cc", "gcc", "clang"):
        if name and (path := shutil.which(name)):
            return Finding("compiler", "ok", path)
    return Finding(
        "compiler",
        "note",
        "none",
        "install gcc or clang to build the core, or strategies of your own",
    )


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
