"""Themes give every style a look; files that do not are refused with a reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from cockpit import paths
from cockpit.ui import themes

NAMES = sorted(path.stem for path in paths.themes().glob("*.toml"))


def test_the_four_themes_are_there() -> None:
    assert NAMES == ["ansi-16", "dark", "high-contrast", "light"]


@pytest.mark.parametrize("name", NAMES)
def test_a_theme_gives_every_style_a_look(name: str) -> None:
    theme = themes.load(name)
    assert set(theme.styles) == set(themes.STYLE_NAMES)
    assert themes.css_colour(theme.background)
    assert theme.ansi == (name == "ansi-16")


@pytest.mark.parametrize("name", NAMES)
def test_without_colour_a_word_on_a_ground_is_reversed(name: str) -> None:
    theme = themes.load(name, colour=False)
    assert theme.ansi
    assert theme.styles["alarm"].reverse
    for style in theme.styles.values():
        assert style.color is None or style.color.is_default
        assert style.bgcolor is None or style.bgcolor.is_default


@pytest.mark.parametrize("name", ["dark", "light", "high-contrast"])
def test_profit_and_loss_differ_and_can_be_read(name: str) -> None:
    theme = themes.load(name)
    ground = theme.styles["text"].bgcolor
    up, down = theme.styles["up"].color, theme.styles["down"].color
    assert ground and up and down
    assert up != down

    def light(colour: tuple[int, int, int]) -> float:
        linear = [
            c / 255 / 12.92 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4
            for c in colour
        ]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for style in ("up", "down", "text", "dim", "warn", "bad"):
        colour = theme.styles[style].color
        assert colour
        pair = sorted((light(colour.get_truecolor()), light(ground.get_truecolor())))
        assert (pair[1] + 0.05) / (pair[0] + 0.05) >= 4.5, style


def test_a_theme_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(themes.ThemeError, match="there is: ansi-16, dark"):
        themes.load("nope")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "no .styles."),
        ("[styles]\ntext = 'red'", "no look for dim"),
        ("x = [", "broken.toml"),
    ],
)
def test_a_broken_theme_is_refused_with_its_file(
    tmp_path: Path, content: str, reason: str
) -> None:
    (tmp_path / "broken.toml").write_text(content)
    with pytest.raises(themes.ThemeError, match=reason):
        themes.load("broken", tmp_path)


def test_an_unknown_style_or_colour_is_refused(tmp_path: Path) -> None:
    text = (paths.themes() / "dark.toml").read_text()
    (tmp_path / "a.toml").write_text(text + '\nsparkle = "red"\n')
    (tmp_path / "b.toml").write_text(text.replace('"#8390a2"', '"#83"', 1))
    with pytest.raises(themes.ThemeError, match="unknown styles sparkle"):
        themes.load("a", tmp_path)
    with pytest.raises(themes.ThemeError, match=r"b\.toml"):
        themes.load("b", tmp_path)
