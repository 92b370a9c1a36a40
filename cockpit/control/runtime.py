"""Where running desks are found: their sockets, locks and kill files, for one user only.

Everything stands in a directory of mode 0700 that is ours. One that is not is refused
rather than mended: whoever made it may hold it open. A desk holds a lock for as long as
it lives, so that a socket left by one that was killed is told from one in use.
"""

from __future__ import annotations

import fcntl
import os
import re
import stat
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from cockpit import paths
from cockpit.control.kill import Level

DEFAULT_NAME = "desk"
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,31}")
SOCKET_PATH_MAX = 107
"""Bytes of a path the kernel takes for a socket."""
LOCK_TRIES = 10
LOCK_WAIT_SECONDS = 0.02


class RuntimeRefused(Exception):
    """The place cannot be used; the text says why and what to do."""


def check_name(name: str) -> str:
    """The name of a desk, if it is one."""
    if not NAME.fullmatch(name):
        raise RuntimeRefused(
            f"{name!r} is no name for a desk: a letter, then up to 31 of A-Z a-z 0-9 _ -"
        )
    return name


def check_directory(path: Path) -> None:
    """Raise :class:`RuntimeRefused` unless ``path`` is a directory of ours, mode 0700."""
    try:
        found = path.lstat()
        above = path.parent.stat()
    except OSError as error:
        raise RuntimeRefused(f"{path}: {error.strerror}") from None
    if not stat.S_ISDIR(found.st_mode):
        raise RuntimeRefused(f"{path} is not a directory: move it away")
    if found.st_uid != os.geteuid():
        raise RuntimeRefused(
            f"{path} belongs to uid {found.st_uid}, not to you (uid {os.geteuid()}): "
            f"set XDG_RUNTIME_DIR to a directory of your own"
        )
    if mode := stat.S_IMODE(found.st_mode) & 0o077:
        raise RuntimeRefused(
            f"{path} is open to others (mode {stat.S_IMODE(found.st_mode):04o}, "
            f"{mode:03o} too much): chmod 700 {path}"
        )
    loose = stat.S_IMODE(above.st_mode) & 0o022 and not above.st_mode & stat.S_ISVTX
    if loose or above.st_uid not in (0, os.geteuid()):
        raise RuntimeRefused(
            f"{path.parent}, which holds {path.name}, can be changed by others "
            f"(uid {above.st_uid}, mode {stat.S_IMODE(above.st_mode):04o})"
        )


def directory(*, create: bool = False) -> Path:
    """The checked directory; made when it is missing and ``create`` is set."""
    path = paths.runtime()
    if create:
        try:
            path.mkdir(mode=0o700)
        except FileExistsError:
            pass
        except OSError as error:
            raise RuntimeRefused(f"{path} cannot be made: {error.strerror}") from None
    check_directory(path)
    return path


@dataclass(frozen=True, slots=True)
class Place:
    """The files of one desk."""

    name: str
    directory: Path

    @property
    def socket(self) -> Path:
        return self.directory / f"{self.name}.sock"

    @property
    def lock(self) -> Path:
        return self.directory / f"{self.name}.lock"

    def kill(self, level: Level) -> Path:
        """A file here asks for ``level``, and is looked for whatever else hangs."""
        return self.directory / f"{self.name}.{level.value}"

    @property
    def halt(self) -> Path:
        """While a file is here the desk is halted."""
        return self.kill(Level.HALT)

    def is_served(self) -> bool:
        """Does a living desk hold the lock?"""
        try:
            descriptor = os.open(self.lock, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
        finally:
            os.close(descriptor)
        return False


def place(name: str, *, create: bool = False) -> Place:
    """Where the desk of that name is, or will be."""
    made = Place(check_name(name), directory(create=create))
    if len(os.fsencode(made.socket)) > SOCKET_PATH_MAX:
        raise RuntimeRefused(
            f"{made.socket} is longer than the {SOCKET_PATH_MAX} bytes a socket's path "
            f"may have: set XDG_RUNTIME_DIR to a shorter one"
        )
    return made


def served() -> list[str]:
    """Names of the desks that run here."""
    try:
        found = directory()
    except RuntimeRefused:
        return []
    names = sorted(file.stem for file in found.glob("*.sock"))
    return [n for n in names if NAME.fullmatch(n) and Place(n, found).is_served()]


def find(name: str | None) -> Place:
    """The desk of that name; without one the only desk that runs."""
    if name:
        wanted = place(name)
        if not wanted.is_served():
            raise RuntimeRefused(f"no desk {name!r} runs here{_others(served())}")
        return wanted
    names = served()
    if len(names) == 1:
        return place(names[0])
    if DEFAULT_NAME in names:
        return place(DEFAULT_NAME)
    if names:
        raise RuntimeRefused(f"which desk? There are {', '.join(names)}")
    raise RuntimeRefused("no desk runs here: start one with `cockpit serve`")


def _others(names: list[str]) -> str:
    return f"; there are {', '.join(names)}" if names else ""


class Lock:
    """Held while a desk lives; the kernel lets go of it however the desk ends."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self._descriptor = -1

    def __enter__(self) -> Self:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        try:
            self._descriptor = os.open(self.place.lock, flags, 0o600)
        except OSError as error:
            raise RuntimeRefused(f"{self.place.lock}: {error.strerror}") from None
        if not self._take():
            holder = os.pread(self._descriptor, 32, 0).decode("ascii", "replace").strip()
            os.close(self._descriptor)
            raise RuntimeRefused(
                f"desk {self.place.name!r} runs already (pid {holder or 'unknown'}): "
                f"`cockpit attach {self.place.name}` joins it, another NAME starts a "
                f"second one"
            )
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)
        # Whatever stands where the socket goes is nobody's any more.
        self.place.socket.unlink(missing_ok=True)
        return self

    def _take(self) -> bool:
        # More than once: somebody may be looking whether it is held (Place.is_served).
        for _ in range(LOCK_TRIES):
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                time.sleep(LOCK_WAIT_SECONDS)
            else:
                return True
        return False

    def __exit__(self, *exception: object) -> None:
        self.place.socket.unlink(missing_ok=True)
        os.close(self._descriptor)
