"""What lies over the panels: the list of keys, and a question."""

from __future__ import annotations

from cockpit.ui import keys
from cockpit.ui.render.glyphs import Glyphs
from cockpit.ui.render.text import Row, Rows, settle, wrap
from cockpit.ui.scene import Prompt, Scene


def box(title: str, body: Rows, width: int, glyphs: Glyphs) -> Rows:
    """``body`` in a frame, ``width`` cells wide with it."""
    inner = width - 4
    corners = glyphs.corners
    label = f" {title} "
    top: Row = (
        (corners[0] + glyphs.rule, "frame"),
        (label, "title"),
        (glyphs.rule * (width - 3 - len(label)) + corners[1], "frame"),
    )
    lines: Rows = [
        ((f"{glyphs.side} ", "frame"), *settle(row, inner), (f" {glyphs.side}", "frame"))
        for row in body
    ]
    bottom: Row = ((corners[2] + glyphs.rule * (width - 2) + corners[3], "frame"),)
    return [top, *lines, bottom]


def help_rows(scene: Scene, width: int) -> Rows:
    """Every action, by group; one that is impossible now says why."""
    body: Rows = []
    key_width = max(len(action.label) for action in keys.ACTIONS)
    for group in keys.GROUPS:
        for i, action in enumerate(a for a in keys.ACTIONS if a.group == group):
            refused = "" if action.indexed else action.refusal(scene, 0)
            note = refused or (
                "" if action.guard is keys.Guard.NONE else keys.guard_text(action)
            )
            row: Row = (
                ((group if i == 0 else "").ljust(9), "accent"),
                (action.label.rjust(key_width), "faint" if refused else "key"),
                ("  ", "text"),
                (action.help, "dim" if refused else "text"),
            )
            body.append((*row, (f"  ({note})", "warn" if refused else "dim")) if note else row)
    return box("Keys", body, width, scene.glyphs)


def prompt_rows(scene: Scene, prompt: Prompt, width: int) -> Rows:
    """The question, with what has been typed so far."""
    inner = width - 4
    right = prompt.word.startswith(prompt.typed)
    body: Rows = [((line, "text"),) for line in wrap(prompt.text, inner)]
    body += [
        (),
        (("type ", "dim"), (prompt.word, "strong"), (" and press Enter; Esc leaves", "dim")),
        (("> ", "dim"), (prompt.typed, "strong" if right else "bad"),
         (scene.glyphs.cursor, "accent")),
    ]  # fmt: skip
    return box(prompt.title, body, width, scene.glyphs)
