"""What lies over the panels: the list of keys, and a question."""

from __future__ import annotations

from cockpit.ui import keys
from cockpit.ui.render.glyphs import Glyphs
from cockpit.ui.render.text import Row, Rows, settle, shorten, wrap
from cockpit.ui.scene import Prompt, Scene

_GROUP = 8


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


def help_rows(scene: Scene, width: int, height: int = 99) -> Rows:
    """Every action, by group; one that is impossible now says why."""
    body: Rows = []
    key_width = max(len(keys.label(scene, action)) for action in keys.ACTIONS)
    room = width - 4 - _GROUP - key_width - 2
    for group in keys.GROUPS:
        if group == "tape" and not scene.tape:
            continue
        members = [action for action in keys.ACTIONS if action.group == group]
        for i, action in enumerate(members):
            # A key of several answers for each of them when it is pressed.
            refused = "" if action.indexed else action.refusal(scene, 0)
            note = refused
            if not note and action.guard is not keys.Guard.NONE:
                note = keys.guard_text(action)
            shown_note = f"  ({note})" if note else ""
            text = shorten(
                keys.meaning(scene, action), room - len(shown_note), scene.glyphs.ellipsis
            )
            body.append(
                (
                    ((group if i == 0 else "").ljust(_GROUP), "accent"),
                    (
                        keys.label(scene, action).rjust(key_width),
                        "faint" if refused else "key",
                    ),
                    ("  ", "text"),
                    (text, "dim" if refused else "text"),
                    (shown_note, "warn" if refused else "dim"),
                )
            )
    room = max(height - 2, 1)
    top = min(scene.help_top, max(len(body) - room, 0))
    scene.help_top = top
    title = "Keys" if len(body) <= room else f"Keys {top + 1}-{top + room} of {len(body)}"
    return box(title, body[top : top + room], width, scene.glyphs)


def prompt_rows(scene: Scene, prompt: Prompt, width: int) -> Rows:
    """The question, with what has been typed so far."""
    inner = width - 4
    right = prompt.word.startswith(prompt.typed)
    body: Rows = [((line, "text"),) for line in wrap(prompt.text, inner)]
    body += [
        (),
        (
            ("type ", "dim"),
            (prompt.word, "strong"),
            (" and press Enter; Esc leaves", "dim"),
        ),
        (("> ", "dim"), (prompt.typed, "strong" if right else "bad"),
         (scene.glyphs.cursor, "accent")),
    ]  # fmt: skip
    return box(prompt.title, body, width, scene.glyphs)
