"""The rule book names a test for each rule, and the tests it names exist and are run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
RULE = re.compile(r"^\| ([A-Z]\d+) \|")
NAME = re.compile(r"`([a-z][a-z0-9_]*)`")


def _rules() -> dict[str, str]:
    """The last column of each row, by rule id."""
    rules: dict[str, str] = {}
    for line in (ROOT / "docs/matching.md").read_text(encoding="utf-8").splitlines():
        match = RULE.match(line)
        if match:
            assert match[1] not in rules, f"{match[1]} stands twice"
            rules[match[1]] = line.rstrip().rstrip("|").rsplit("|", 1)[1]
    return rules


def _tests() -> set[str]:
    """The tests that the venue's test programs run."""
    names: set[str] = set()
    for path in (ROOT / "native/test").glob("test_venue*.c"):
        names.update(re.findall(r"RUN\((\w+)\);", path.read_text(encoding="utf-8")))
    return names


def test_the_rule_book_has_its_rules() -> None:
    ids = set(_rules())
    for letter, count in (("M", 16), ("C", 10), ("T", 5), ("S", 5), ("P", 15), ("R", 2)):
        assert {f"{letter}{i}" for i in range(1, count + 1)} <= ids


@pytest.mark.parametrize("rule", sorted(_rules()))
def test_every_rule_names_a_test_that_is_run(rule: str) -> None:
    named = NAME.findall(_rules()[rule])
    assert named, f"{rule} names no test"
    assert set(named) <= _tests(), f"{rule}: {set(named) - _tests()} are not run"
