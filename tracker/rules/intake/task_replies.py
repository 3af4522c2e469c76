"""What a calendar program says of a task that an email of ours attached (RFC 5546 §3.4.3)."""

from collections.abc import Container

from msgspec import Struct

from tracker.rules.core.answers import Word


class TaskReply(Struct, frozen=True, kw_only=True):
    """The one VTODO of METHOD:REPLY."""

    uid: str
    attendee: str
    """An address in small letters; empty when it names none, or several."""
    word: Word | None
    """What it says of the task; None for anything but that it is done, or that someone works on it."""
    comment: str = ""


def is_about(reply: TaskReply, uid: str, addresses: Container[str]) -> bool:
    """Return whether a reply is by someone with these addresses, in small letters, about the task with this UID.

    Published tasks name no attendee.
    """
    return reply.uid == uid and (not reply.attendee or reply.attendee in addresses)
