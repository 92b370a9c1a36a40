"""Files as bytes: still or moving, whole or cut, text or not."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cockpit.config import ConfigError, load
from cockpit.config.load import FILES, Reading, interpret
from cockpit.config.reading import parse
from cockpit.looks import SETTLE_SECONDS, SIZE_MAX, Look, first, look, settle


def shipped_with(files: Path, **changed: bytes) -> Reading:
    """What the shipped files say with some of them replaced (``risk=...``)."""
    looks = [look(files / file) for file in FILES]
    return interpret(
        [
            Look(found.file, changed.get(found.file.removesuffix(".toml"), found.data))
            for found in looks
        ]
    )


def steps(*actions: Callable[[], object]) -> Callable[[float], None]:
    """A sleep in which a writer gets one thing done."""
    left = list(actions)

    def sleep(_: float) -> None:
        if left:
            left.pop(0)()

    return sleep


def test_waits_until_a_writer_is_done(files: Path) -> None:
    path = files / "risk.toml"
    text = path.read_text()
    cut = text.index("max_daily_loss = 2000") + len("max_daily_loss = 20")
    begin, end = text[:cut], text[cut:]

    def append() -> None:
        with path.open("a") as file:
            file.write(end)

    path.write_text(begin)
    found = settle(files, FILES, steps(append))
    assert found[2].data.decode() == text


def test_does_not_take_a_change_that_leaves_the_size_as_it_was(files: Path) -> None:
    path = files / "risk.toml"
    before = path.stat()
    other = path.read_bytes().replace(b"max_daily_loss = 2000", b"max_daily_loss = 9000")

    def rewrite() -> None:
        path.write_bytes(other)
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    looks = settle(files, FILES, steps(rewrite))
    assert looks[2].data == other


def test_a_first_look_taken_before_does_not_have_to_be_waited_for(files: Path) -> None:
    slept: list[float] = []
    begun = first(files, FILES)
    found = settle(files, FILES, slept.append, begun)
    assert found == begun.looks
    assert 0 <= sum(slept) < SETTLE_SECONDS
    slept.clear()
    old = replace(begun, taken=begun.taken - SETTLE_SECONDS)
    assert settle(files, FILES, slept.append, old) == begun.looks
    assert sum(slept) == 0


def test_what_has_changed_since_a_first_look_is_looked_at_again(files: Path) -> None:
    begun = first(files, FILES)
    begun = replace(begun, taken=begun.taken - 1)
    path = files / "risk.toml"
    path.write_text(path.read_text() + "# more\n")
    slept: list[float] = []
    found = settle(files, FILES, slept.append, begun)
    assert found[2].data.endswith(b"# more\n")
    assert slept[-1] == SETTLE_SECONDS


def test_a_first_look_at_other_files_does_not_count(files: Path, tmp_path: Path) -> None:
    begun = replace(first(tmp_path / "elsewhere", FILES), taken=0.0)
    slept: list[float] = []
    assert not any(found.problem for found in settle(files, FILES, slept.append, begun))
    assert slept == [SETTLE_SECONDS]


def test_gives_up_on_a_file_that_never_lies_still(files: Path) -> None:
    path = files / "risk.toml"

    def touch(_: float) -> None:
        path.write_text(path.read_text() + "\n")

    risk = settle(files, FILES, touch)[2]
    with pytest.raises(ConfigError, match=r"risk\.toml: never lies still"):
        parse(risk)


def test_no_beginning_of_a_risk_file_is_another_risk_file(files: Path) -> None:
    whole = (files / "risk.toml").read_bytes()
    risk = shipped_with(files).risk
    assert risk is not None
    for size in range(len(whole)):
        cut = shipped_with(files, risk=whole[:size]).risk
        assert cut is None or cut == risk, whole[:size][-40:]


def test_no_beginning_of_a_strategies_file_changes_a_strategy(files: Path) -> None:
    whole = (files / "strategies.toml").read_bytes()
    strategies = shipped_with(files).strategies
    assert strategies
    for size in range(len(whole)):
        if whole[size - 1 : size] not in (b"\n", b"0", b"5", b'"'):
            continue  # the cuts at which a number, a text or a line seems to be whole
        cut = shipped_with(files, strategies=whole[:size]).strategies
        assert cut is None or cut == strategies[: len(cut)], whole[:size][-40:]


def test_reads_what_editors_of_other_systems_write(files: Path) -> None:
    plain = shipped_with(files)
    data = (files / "risk.toml").read_bytes()
    assert shipped_with(files, risk=b"\xef\xbb\xbf" + data) == plain
    assert shipped_with(files, risk=data.replace(b"\n", b"\r\n")) == plain


def test_follows_links(files: Path) -> None:
    (files / "risk.toml").rename(files / "elsewhere")
    (files / "risk.toml").symlink_to("elsewhere")
    load(files)


@pytest.mark.parametrize(
    ("data", "place", "what"),
    [
        (b"a = 1\na = 2\n", "line 2, column 6", "twice"),
        (b"[a]\n[a]\n", "line 2, column 3", "twice"),
        (b"a = 1\nb = \n", "line 2, column 5", "Invalid value"),
        (b"a = 'x", "line 1, column 7", "Expected"),
        (b"a = 1\nb\xff = 1\n", "line 2", "not UTF-8"),
        (b"a = 1\nb = 2", "line 2", "half-written"),
        ("a = 1\n".encode("utf-16"), "line 1", "not UTF-8"),
        (b"a\x00 = 1\n", "line 1, column 2", "Expected"),
    ],
)
def test_says_where_a_file_stops_being_toml(data: bytes, place: str, what: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse(Look("risk.toml", data))
    (problem,) = error.value.problems
    assert (problem.file, problem.key) == ("risk.toml", place)
    assert what in problem.what


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "empty"),
        (b"# nothing\n\n", "empty"),
        (b"a = " + b"[" * 5000 + b"]" * 5000 + b"\n", "nested too deeply"),
        (b"a = " + b"9" * 5000 + b"\n", "a number cannot be read"),
        (b"a = 1e99999999999999999999\n", "out of reach"),
    ],
)
def test_survives_what_breaks_parsers(data: bytes, what: str) -> None:
    with pytest.raises(ConfigError, match=what):
        parse(Look("risk.toml", data))


def test_refuses_what_is_not_a_file_without_waiting_for_it(tmp_path: Path) -> None:
    path = tmp_path / "risk.toml"
    assert look(path).problem == "is missing"
    path.mkdir()
    assert look(path).problem == "is not a regular file"
    path.rmdir()
    os.mkfifo(path)
    assert look(path).problem == "is not a regular file"
    path.unlink()
    path.write_bytes(b"#" * (SIZE_MAX + 1))
    assert look(path).problem == f"is larger than {SIZE_MAX} bytes"
    path.unlink()
    path.symlink_to(path)
    assert "cannot be read" in look(path).problem


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_says_so_when_it_may_not_read(files: Path) -> None:
    (files / "risk.toml").chmod(0)
    assert "Permission denied" in look(files / "risk.toml").problem
