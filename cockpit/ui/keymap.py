"""The operator's own keys: ``[keys]`` in keys.toml, by the names of the actions."""

from __future__ import annotations

import tomllib
from pathlib import Path

from cockpit.config.problems import did_you_mean
from cockpit.ui import keys

FILE = "keys.toml"


class KeymapError(Exception):
    """The file cannot be used; the message says where and why."""


def read(path: Path) -> dict[str, tuple[str, ...]]:
    """The keys of a file; none when there is no file. Raises :class:`KeymapError`."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise KeymapError(f"{path.name}: {error}") from None
    found = content.get("keys")
    if not isinstance(found, dict) or set(content) != {"keys"}:
        raise KeymapError(f"{path.name}: there is one table, written [keys]")
    remappable = [action.name for action in keys.ACTIONS if not action.indexed]
    own: dict[str, tuple[str, ...]] = {}
    for name, value in found.items():
        given = [value] if isinstance(value, str) else value
        if name not in remappable:
            near = did_you_mean(name, remappable)
            raise KeymapError(f"{path.name}: keys.{name}: no such action{near}")
        if not (isinstance(given, list) and given and all(_is_key(k) for k in given)):
            raise KeymapError(
                f'{path.name}: keys.{name}: a list of keys, like ["P", "f12"]'
            )
        own[name] = tuple(given)
    _refuse_conflicts(path.name, own)
    return own


def _is_key(key: object) -> bool:
    return isinstance(key, str) and bool(key) and not key.isspace() and len(key) <= 40


def _refuse_conflicts(file: str, own: dict[str, tuple[str, ...]]) -> None:
    owner: dict[str, str] = {}
    for action in keys.ACTIONS:
        for key in own.get(action.name, action.keys):
            if key in owner:
                raise KeymapError(
                    f"{file}: {key!r} is claimed by {owner[key]} and by {action.name}"
                )
            owner[key] = action.name
