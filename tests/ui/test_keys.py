"""docs/keys.md is what the table says."""

from __future__ import annotations

from pathlib import Path

from cockpit.ui import keys

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "keys.md"


def test_the_document_is_fresh() -> None:
    fresh = "python -m cockpit.ui.keys > docs/keys.md"
    assert DOCUMENT.read_text(encoding="utf-8") == keys.document(), f"run: {fresh}"


def test_every_key_is_in_the_document() -> None:
    text = keys.document()
    for action in keys.ACTIONS:
        assert f"| `{action.label}` | {action.help}" in text
        assert action.attached in text
