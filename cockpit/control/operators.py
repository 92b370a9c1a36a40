"""Who asks: the process at the other end of a socket, as the kernel names it."""

from __future__ import annotations

import os
import pwd
import re
import socket
import struct
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_UCRED = struct.Struct("3i")
_PTS_MAJOR = range(136, 144)
_TTY_MAJOR = 4


@dataclass(frozen=True, slots=True)
class Operator:
    """A process that operates the desk."""

    uid: int
    pid: int
    tty: str
    """``pts/3``; empty without a terminal."""
    program: str = ""
    """screen, ctl, signal, ...: by what."""

    @property
    def user(self) -> str:
        return user_name(self.uid)

    def __str__(self) -> str:
        where = f" on {self.tty}" if self.tty else ""
        return f"{self.user}{where} ({self.program or 'process'} {self.pid})"

    @property
    def full(self) -> str:
        """Everything that is known, for the record."""
        return (
            f"{self.user} uid {self.uid} pid {self.pid} tty {self.tty or '-'} "
            f"{self.program or '-'}"
        )


@cache
def user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid{uid}"


def peer(connection: socket.socket, program: str = "") -> Operator:
    """The process that opened the other end of an AF_UNIX socket."""
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)
    pid, uid, _gid = _UCRED.unpack(raw)
    return Operator(uid, pid, terminal_of(pid), program)


def myself(program: str) -> Operator:
    """This process."""
    return Operator(os.geteuid(), os.getpid(), terminal_of(os.getpid()), program)


def terminal_of(pid: int) -> str:
    """The controlling terminal of a process as ``ps`` names it; empty without one."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
        number = int(re.split(r"\s+", text.rpartition(")")[2].strip())[4])
    except (OSError, ValueError, IndexError):
        return ""
    major, minor = os.major(number), os.minor(number)
    if major in _PTS_MAJOR:
        return f"pts/{minor + (major - _PTS_MAJOR.start) * 256}"
    if major == _TTY_MAJOR and minor:
        return f"tty{minor}"
    return ""
