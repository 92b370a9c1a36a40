"""A strategy in a file becomes a kind of strategy like any other.

``file:mine.c`` is compiled by the system's C compiler, ``file:mine.so`` is taken as it
is, ``file:mine.py`` is compiled by numba. A file is loaded once for each content it has:
saved again with other content, it is another kind, and what ran before runs on until it
is replaced.
"""

from __future__ import annotations

from pathlib import Path
from threading import Lock

from cockpit.core import STRATEGY_KINDS, CoreError, StrategyKind
from cockpit.strategies.prepared import StrategyError

__all__ = ["PREFIX", "StrategyError", "from_file"]

PREFIX = "file:"
SIZE_MAX = 64 << 20
"""Bytes of a file."""

_lock = Lock()
_loaded: dict[tuple[Path, str], str] = {}


def from_file(name: str, directory: Path) -> StrategyKind:
    """The kind that ``file:...`` names, relative to ``directory``; built if need be.

    Takes up to a few seconds when the file is new. Raises :class:`StrategyError`.
    """
    path = (directory / Path(name.removeprefix(PREFIX)).expanduser()).resolve()
    with _lock:
        try:
            return _load(name, path)
        except CoreError as error:
            raise StrategyError(str(error)) from None


def _load(name: str, path: Path) -> StrategyKind:
    if path.suffix not in (".c", ".so", ".py"):
        raise StrategyError("neither a .c, a .so nor a .py file")
    # Imported when used: a desk of built-in strategies starts without compilers.
    from cockpit.strategies import native, python

    loaders = {".c": native.from_source, ".so": native.from_library, ".py": python.load}
    loader = loaders[path.suffix]
    try:
        if path.stat().st_size > SIZE_MAX:
            raise StrategyError(f"larger than {SIZE_MAX} bytes")
        content = path.read_bytes()
    except OSError as error:
        raise StrategyError(f"cannot be read ({error.strerror})") from None
    prepared = loader(path, content)
    if (key := _loaded.get((path, prepared.digest))) is not None:
        return STRATEGY_KINDS[key]
    key = f"{name}@{prepared.digest[:8]}"
    if key in STRATEGY_KINDS:  # the same text for two files: by another directory
        key = f"{name}@{prepared.digest[:8]}-{len(STRATEGY_KINDS)}"
    kind = prepared.register(key)
    _loaded[path, prepared.digest] = key
    return kind
