"""That no order works rests on what the venue has said, not on our memory."""

from __future__ import annotations

from cockpit.core import Record, Role


def strangers(picture: Record) -> int:
    """Orders an earlier desk has left at an exchange of its own process."""
    return int(picture["net"]["foreign_count"])


def has_listed(picture: Record) -> bool:
    """Such an exchange has told this desk of all there is: before, nobody knows."""
    remote = int(picture["net"]["role"]) == Role.REMOTE
    return not remote or int(picture["desk"]["reconciled_ns"]) > 0


def is_all_off(picture: Record) -> bool:
    """No order in our name works, and no cancel is on its way."""
    desk = picture["desk"]
    return (
        not desk["working_count"]
        and not desk["cancels_pending"]
        and not strangers(picture)
        and has_listed(picture)
    )
