"""A limit in its file: one line changes, or nothing does."""

import math
import tomllib
from pathlib import Path

import pytest
from serving import copy_files

from cockpit.control import limit_edit
from cockpit.control.limit_edit import EditRefused
from cockpit.core import LIMITS, MONEY_SCALE
from cockpit.paths import default_config


@pytest.fixture
def files(tmp_path: Path) -> Path:
    return copy_files(tmp_path)


def changed(before: bytes, after: bytes) -> list[bytes]:
    old, new = before.splitlines(), after.splitlines()
    assert len(old) == len(new)
    return [b for a, b in zip(old, new, strict=True) if a != b]


@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: limit.name)
def test_exactly_the_line_of_a_limit_changes(files: Path, limit) -> None:
    path = files / "risk.toml"
    before = path.read_bytes()
    least = math.ceil(limit.minimum)
    edit = limit_edit.plan(files, limit.name, str(least))
    limit_edit.write(edit)
    line = f"{limit.name} = {least}".encode()
    is_so = line in before.splitlines()
    assert changed(before, path.read_bytes()) == [line] * (not is_so)
    scale = MONEY_SCALE if limit.kind == "money" else 1
    assert edit.value == least * scale
    assert not edit.loosens
    assert [file.name for file in files.iterdir() if file.name.startswith(".")] == []


def test_comments_spaces_and_line_ends_stay(files: Path) -> None:
    path = files / "risk.toml"
    text = path.read_text().replace(
        "max_position = 200", "max_position   =  200   # ask Ana before raising"
    )
    path.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    before = path.read_bytes()
    limit_edit.write(limit_edit.plan(files, "max_position", "150"))
    assert changed(before, path.read_bytes()) == [
        b"max_position   =  150   # ask Ana before raising"
    ]


def test_a_larger_limit_loosens_against_the_file_and_against_the_core(
    files: Path,
) -> None:
    def loosens(value: str, enforced: int | None = None) -> bool:
        return limit_edit.plan(files, "max_position", value, enforced).loosens

    assert loosens("201") and not loosens("200") and not loosens("199")
    assert loosens("150", enforced=100) and not loosens("100", enforced=100)


def test_what_the_file_says_already_is_told_from_what_is_in_force(files: Path) -> None:
    def said(name: str, value: str, enforced: int | None) -> str:
        return limit_edit.plan(files, name, value, enforced).text

    assert said("max_position", "200", 200) == "max_position stays 200"
    already = "max_position 50 -> 200 lots, which the file says already"
    assert said("max_position", "200", 50) == already
    narrow = limit_edit.plan(files, "symbols.ACME.max_position", "9")
    limit_edit.write(narrow)
    assert said("symbols.ACME.max_position", "9", 5).startswith(
        "symbols.ACME.max_position 5 -> 9 lots, which"
    )


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("max_positon", "1", "did you mean max_position"),
        ("max_position", "1.5", "not a whole number"),
        ("max_position", "-1", "plain number"),
        ("max_position", "1\nmax_order_qty = 9", "plain number"),
        ("max_position", "1e3", "plain number"),
        ("max_position", "999999999999999", "too large"),
        ("max_position", "0x10", "plain number"),
        ("max_daily_loss", "1.000000001", "finer than"),
    ],
)
def test_what_cannot_be_a_limit_is_refused_and_the_file_stays(
    files: Path, name: str, value: str, said: str
) -> None:
    before = (files / "risk.toml").read_bytes()
    with pytest.raises(EditRefused, match=said):
        limit_edit.write(limit_edit.plan(files, name, value))
    assert (files / "risk.toml").read_bytes() == before


def test_a_file_that_is_wrong_already_is_left_alone(files: Path) -> None:
    path = files / "risk.toml"
    path.write_text(path.read_text().replace("price_collar = 50", "price_collar = true"))
    with pytest.raises(EditRefused, match="price_collar"):
        limit_edit.plan(files, "max_position", "150")


def test_shipped_files_are_not_edited() -> None:
    with pytest.raises(EditRefused, match="cockpit init"):
        limit_edit.plan(default_config(), "max_position", "150")


def test_who_was_faster_is_not_overwritten(files: Path) -> None:
    path = files / "risk.toml"
    edit = limit_edit.plan(files, "max_position", "150")
    path.write_text(path.read_text().replace("max_order_qty = 50", "max_order_qty = 40"))
    theirs = path.read_bytes()
    with pytest.raises(EditRefused, match="somebody else"):
        limit_edit.write(edit)
    assert path.read_bytes() == theirs
    assert [file.name for file in files.iterdir() if file.name.startswith(".")] == []


def test_mode_and_links_stay(files: Path, tmp_path: Path) -> None:
    real = tmp_path / "elsewhere.toml"
    (files / "risk.toml").rename(real)
    (files / "risk.toml").symlink_to(real)
    real.chmod(0o640)
    limit_edit.write(limit_edit.plan(files, "max_position", "150"))
    assert (files / "risk.toml").is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert b"max_position = 150" in real.read_bytes()


def test_an_inline_table_is_one_line_too(files: Path) -> None:
    path = files / "risk.toml"
    text = path.read_text().partition("[breakers]")[0]
    values = [line for line in text.splitlines() if " = " in line and line[0] != "#"]
    path.write_text(f"limits = {{ {', '.join(values)} }}\n")
    limit_edit.write(limit_edit.plan(files, "max_position", "150"))
    assert "max_position = 150," in path.read_text()
    assert path.read_text().count("\n") == 1


def test_a_narrower_limit_is_added_changed_and_taken_out(files: Path) -> None:
    path = files / "risk.toml"
    whole = path.read_text()

    def set_to(name: str, value: str, enforced: int | None = None) -> limit_edit.Edit:
        edit = limit_edit.plan(files, name, value, enforced)
        limit_edit.write(edit)
        return edit

    name = "symbols.ACME.max_position"
    edit = set_to(name, "100")
    assert edit.text == f"{name} none -> 100 lots"
    assert edit.lines == ("", "[symbols.ACME]\nmax_position = 100")
    assert not edit.loosens  # there was none: whatever it is, it only adds
    assert set(whole.splitlines()) < set(path.read_text().splitlines())
    assert not set_to(name, "90").loosens
    assert limit_edit.plan(files, name, "100").loosens
    assert limit_edit.plan(files, name, "90", enforced=80).loosens
    set_to("strategies.mm_acme.max_daily_loss", "500")
    edit = limit_edit.plan(files, name, "none")
    assert edit.loosens and edit.value is None
    limit_edit.write(edit)
    assert tomllib.loads(path.read_text())["strategies"]["mm_acme"] == {
        "max_daily_loss": 500
    }
    assert tomllib.loads(path.read_text())["limits"] == tomllib.loads(whole)["limits"]
    for line in whole.splitlines():
        assert line in path.read_text()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("symbols.ACME.max_daily_loss", "not a limit of symbols"),
        ("strategies.mm_acme.max_drawdown", "not a limit of strategies"),
        ("venues.X.max_position", "written max_position"),
        ("symbols.max_position", "written max_position"),
        ("symbols.ACME.max_positon", "did you mean max_position"),
        ("breakers.reject_cont", "did you mean reject_count"),
    ],
)
def test_says_which_limits_can_be_of_one(files: Path, name: str, said: str) -> None:
    with pytest.raises(EditRefused, match=said):
        limit_edit.plan(files, name, "10")
