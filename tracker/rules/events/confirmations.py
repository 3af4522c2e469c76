"""Who has confirmed a new time or place: people who replied, or kept their reply, since the change."""

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from tracker.rules.events.event import Occurrence
from tracker.rules.events.history import Entry, Field, Verb
from tracker.rules.events.replies import Participant, ReplyValue

WORDS = {Field.WHEN: "time", Field.PLACE: "place", Field.VIDEO: "video link"}
"""Changes that need confirmation, in the order in which they are named; other changes need none."""

SAID = {ReplyValue.ACCEPTED: "yes", ReplyValue.TENTATIVE: "maybe", ReplyValue.DECLINED: "no"}
NO_REPLY = "no reply"
"""What is said of a person whose recorded reply was undone."""


class Board(Struct, frozen=True, kw_only=True):
    """The people asked to come to a date that changed after they were notified of it; without the organizer."""

    since: datetime
    """When it last changed."""
    what: str
    """"time", "time and place": what is new."""
    confirmed: tuple[Participant, ...]
    waiting: tuple[Participant, ...]
    substitutes: tuple[Participant, ...]
    """Those who are notified of the change. They have no reply of their own with which they could confirm it."""

    @property
    def asked(self) -> int:
        """Return how many people are asked to confirm."""
        return len(self.confirmed) + len(self.waiting)

    @property
    def waiting_by_agency(self) -> dict[str, list[str]]:
        """Return the names of those who have not confirmed, by agency, each with their earlier reply."""
        names: dict[str, list[str]] = {}
        for one in self.waiting:
            said = one.earlier or (None if one.reply is ReplyValue.NEEDS_ACTION else one.reply)
            names.setdefault(one.agency, []).append(f"{one.name} ({SAID[said]} before)" if said else one.name)
        return names


def last_change(occurrence: Occurrence, history: Iterable[Entry]) -> Entry | None:
    """Return the last change of time or place of a date, from its history, newest first; None when there was none."""
    return next((one for one in history if _is_new_version(one, occurrence)), None)


def board(change: Entry, participants: Iterable[Participant], notified: Collection[UUID]) -> Board:
    """Return who has confirmed a change of time or place; `notified` are the members who get an email about it.

    A person who sends a substitute doesn't come, and isn't asked.
    """
    told = [one for one in participants if one.role.is_asked and one.member_id in notified]
    asked = [one for one in told if not (one.substitute or one.substitutes_for)]
    changed = {one.field for one in change.changes}
    return Board(
        since=change.at,
        what=" and ".join(word for field, word in WORDS.items() if field in changed),
        confirmed=tuple(one for one in asked if has_confirmed(one.reply, one.responded_at, change.at)),
        waiting=tuple(one for one in asked if not has_confirmed(one.reply, one.responded_at, change.at)),
        substitutes=tuple(one for one in told if one.substitutes_for),
    )


def has_confirmed(reply: ReplyValue, responded_at: datetime | None, since: datetime) -> bool:
    """Return whether a reply counts and is later than `since`; `responded_at` is when the person last replied."""
    return reply is not ReplyValue.NEEDS_ACTION and responded_at is not None and responded_at > since


def _is_new_version(entry: Entry, occurrence: Occurrence) -> bool:
    """Return whether a change affected when or where this date takes place.

    A change to the whole event, or from one of its dates on, affects the dates that it touched; one that only extended
    the series did not.
    """
    fields = {one.field for one in entry.changes}
    if entry.verb is not Verb.CHANGED or fields.isdisjoint(WORDS):
        return False
    is_touched = entry.date is not None or occurrence.changed_at >= entry.at
    is_of_all = Field.FROM not in fields and not fields.isdisjoint((Field.PLACE, Field.VIDEO))
    return is_touched or is_of_all
