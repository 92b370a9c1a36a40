"""What is wrong with a file, in words an operator can act on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

SHOWN_MAX = 60
"""Characters of a value that a message repeats."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, and what would be right."""

    file: str
    key: str
    """Path of the key, dotted; empty when it is about the file as a whole."""
    value: str
    """The value as found, shortened; empty when there is none."""
    what: str
    allowed: str = ""

    def __str__(self) -> str:
        place = f"{self.file}: {self.key}" if self.key else self.file
        found = f" = {self.value}" if self.value else ""
        rest = f"; allowed: {self.allowed}" if self.allowed else ""
        return f"{place}{found}: {self.what}{rest}"


class ConfigError(Exception):
    """Files that cannot be used; ``problems`` holds everything found in all of them."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def shown(value: object) -> str:
    """A value as a message repeats it: on one line, printable and short."""
    if isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, str):
        text = '"' + value + '"'
    elif isinstance(value, dict):
        text = "a table"
    elif isinstance(value, list):
        text = f"a list of {len(value)}"
    else:
        text = str(value)
    text = "".join(letter if letter.isprintable() else "?" for letter in text)
    return text if len(text) <= SHOWN_MAX else text[: SHOWN_MAX - 3] + "..."


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """``; did you mean x?``, or nothing when no known word is near."""
    near = get_close_matches(word[:100], known, n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else ""
