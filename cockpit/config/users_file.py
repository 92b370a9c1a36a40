"""Users and passwords, in a file that nobody but its owner may read.

One user a line: name, password and, if wanted, ``keep-orders``; lines that begin with #
are comments. Names have up to 6 characters and passwords up to 10, letters and digits, as
SoupBinTCP carries them. The file belongs to the user who runs the program and has mode
0600; anything else is refused.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
from pathlib import Path

from cockpit.config.problems import ConfigError, Problem
from cockpit.core import USER_MAX, User

SIZE_MAX = 1 << 16
NAME = re.compile(r"[A-Za-z0-9]{1,6}")
PASSWORD = re.compile(r"[A-Za-z0-9]{1,10}")
KEEP_ORDERS = "keep-orders"
ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"


def read_users(path: Path) -> tuple[User, ...]:
    """The users of a file; raises :class:`ConfigError` when it cannot be trusted."""
    problems: list[Problem] = []
    users: dict[str, User] = {}
    for number, line in enumerate(_text(path).splitlines(), 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        where = f"line {number}"
        if what := _wrong(words):
            # The line is not repeated: there is a password in it.
            problems.append(Problem(path.name, where, "", what))
        elif words[0].lower() in users:
            problems.append(Problem(path.name, where, "", f"{words[0]} is there twice"))
        else:
            users[words[0].lower()] = User(words[0], words[1], len(words) > 2)
    if not problems and not users:
        problems.append(Problem(path.name, "", "", "names no user"))
    if not problems and len(users) > USER_MAX:
        problems.append(Problem(path.name, "", "", f"names more than {USER_MAX} users"))
    if problems:
        raise ConfigError(problems)
    return tuple(users.values())


def create_users(path: Path, name: str = "desk") -> None:
    """Make a file with one user and a password by chance; OSError if there is one."""
    password = "".join(secrets.choice(ALPHABET) for _ in range(10))
    path.parent.mkdir(parents=True, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(
            "# Users of the exchange: name (up to 6), password (up to 10),\n"
            "# and keep-orders if orders stay when the connection breaks.\n"
            f"{name} {password}\n"
        )


def _wrong(words: list[str]) -> str:
    if not NAME.fullmatch(words[0]):
        return "the name is not 1 to 6 letters and digits"
    if len(words) < 2 or not PASSWORD.fullmatch(words[1]):
        return "the password is not 1 to 10 letters and digits"
    if len(words) > 2 and words[2:] != [KEEP_ORDERS]:
        return f"after the password only {KEEP_ORDERS} may stand"
    return ""


def _text(path: Path) -> str:
    """The file's text, if it is ours alone."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise _refused(path, f"cannot be read ({error.strerror})") from None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise _refused(path, "is not a regular file")
        if status.st_uid != os.getuid():
            raise _refused(path, "belongs to somebody else")
        if mode := stat.S_IMODE(status.st_mode) & 0o177:
            raise _refused(
                path, f"may be used by others (mode {mode | 0o600:04o}): chmod 600 it"
            )
        data = os.read(descriptor, SIZE_MAX + 1)
    finally:
        os.close(descriptor)
    if len(data) > SIZE_MAX:
        raise _refused(path, f"is larger than {SIZE_MAX} bytes")
    try:
        return data.decode("ascii")
    except UnicodeDecodeError:
        raise _refused(path, "is not plain ASCII") from None


def _refused(path: Path, what: str) -> ConfigError:
    return ConfigError([Problem(str(path), "", "", what)])
