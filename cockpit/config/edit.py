"""One value of a file changed: exactly that line, comments kept, all or nothing."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cockpit.config.reading import Look, look

_BOM = b"\xef\xbb\xbf"


class EditRefused(Exception):
    """The file was left as it is; the text says why."""


def changed(found: Look, table: str, key: str, value: str) -> bytes:
    """The file with ``[table] key = value``. Raises :class:`EditRefused`."""
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    mark = _BOM if found.data.startswith(_BOM) else b""
    try:
        document = tomlkit.parse(found.data.decode("utf-8-sig"))
        values = document[table]
        assert isinstance(values, dict)
        values[key] = tomlkit.parse(f"v = {value}\n")["v"]
        after = mark + tomlkit.dumps(document).encode()
    except (TOMLKitError, LookupError, RecursionError, ValueError) as error:
        raise EditRefused(f"{found.file} cannot be edited: {error}") from None
    if lines_changed(found.data, after) > 1:
        raise EditRefused(
            f"{found.file} is written in a way in which one line cannot be changed"
        )
    return after


def changed_in(found: Look, path: Sequence[str], value: str | None) -> bytes:
    """The file with a key, under tables that need not be there yet, set or taken out.

    Every other line stays as it is. Raises :class:`EditRefused`.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    mark = _BOM if found.data.startswith(_BOM) else b""
    *tables, key = path
    try:
        document = tomlkit.parse(found.data.decode("utf-8-sig"))
        place: Any = document
        for number, name in enumerate(tables):
            if name not in place:
                is_last = number == len(tables) - 1
                place[name] = tomlkit.table(is_super_table=not is_last)
            place = place[name]
        if value is None:
            del place[key]
        else:
            place[key] = tomlkit.parse(f"v = {value}\n")["v"]
        after = mark + tomlkit.dumps(document).encode()
    except (TOMLKitError, LookupError, RecursionError, ValueError, TypeError) as error:
        raise EditRefused(f"{found.file} cannot be edited: {error}") from None
    old, new = found.data.splitlines(), after.splitlines()
    fewer, more = (new, old) if len(new) < len(old) else (old, new)
    rest = iter(more)
    if len(old) != len(new) and not all(line in rest for line in fewer):
        raise EditRefused(
            f"{found.file} is written in a way in which that cannot be added"
        )
    if len(old) == len(new) and lines_changed(found.data, after) > 1:
        raise EditRefused(
            f"{found.file} is written in a way in which one line cannot be changed"
        )
    return after


def lines_changed(before: bytes, after: bytes) -> int:
    """How many lines differ; many when their number does."""
    old, new = before.split(b"\n"), after.split(b"\n")
    if len(old) != len(new):
        return len(new)
    return sum(a != b for a, b in zip(old, new, strict=True))


def line_pair(before: bytes, after: bytes) -> tuple[str, str]:
    """The line that differs, before and after; twice the same when none does.

    Where lines came or went, those: a new table is its head and the line below.
    """
    a, b = before.splitlines(), after.splitlines()
    if len(a) == len(b):
        pairs = zip(a, b, strict=True)
        old, new = next((pair for pair in pairs if pair[0] != pair[1]), (b"", b""))
        return _shown([old]), _shown([new])
    head = 0
    while head < min(len(a), len(b)) and a[head] == b[head]:
        head += 1
    tail = 0
    while tail < min(len(a), len(b)) - head and a[-1 - tail] == b[-1 - tail]:
        tail += 1
    return _shown(a[head : len(a) - tail]), _shown(b[head : len(b) - tail])


def _shown(lines: Sequence[bytes]) -> str:
    texts = (line.decode("utf-8", "replace").strip() for line in lines)
    return "\n".join(filter(None, texts))


def put(path: Path, before: Look, after: bytes) -> None:
    """Put the new file in place of the old one, durably, unless somebody was faster."""
    if after == before.data:
        return
    status = path.stat()
    directory = path.parent
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=directory)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), status.st_mode & 0o7777)
            with contextlib.suppress(PermissionError):
                os.fchown(file.fileno(), status.st_uid, status.st_gid)
            file.write(after)
            file.flush()
            os.fsync(file.fileno())
        if look(path) != before:
            raise EditRefused(
                f"{path.name} was changed by somebody else meanwhile: try again"
            )
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    _sync(directory)


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
