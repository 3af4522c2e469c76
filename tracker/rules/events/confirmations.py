"""Who has confirmed that they know of a new time or place: whoever replied, or kept their reply, since the change."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tracker.rules.events.event import Occurrence
from tracker.rules.events.history import Entry, Field, Verb
from tracker.rules.events.replies import AttendeeRole, Participant, ReplyValue

WORDS = {Field.WHEN: "time", Field.PLACE: "place", Field.VIDEO: "video link"}
"""What has to be confirmed, in the order in which it is said; anything else that changes asks nobody."""

SAID = {ReplyValue.ACCEPTED: "yes", ReplyValue.TENTATIVE: "maybe", ReplyValue.DECLINED: "no"}


@dataclass(frozen=True, kw_only=True)
class Board:
    """The people asked to come to a date that was changed after they knew of it; its lead is not among them."""

    since: datetime
    """When it was changed last."""
    what: str
    """ "time", "time and place": what is new."""
    confirmed: tuple[Participant, ...]
    waiting: tuple[Participant, ...]

    @property
    def asked(self) -> int:
        """How many people are to confirm."""
        return len(self.confirmed) + len(self.waiting)

    @property
    def waiting_by_agency(self) -> dict[str, list[str]]:
        """Return the names of those who have not confirmed, by agency, each with what they had said before."""
        names: dict[str, list[str]] = {}
        for one in self.waiting:
            said = one.earlier or (None if one.reply is ReplyValue.NEEDS_ACTION else one.reply)
            names.setdefault(one.agency, []).append(f"{one.name} ({SAID[said]} before)" if said else one.name)
        return names


def board(
    occurrence: Occurrence, history: Iterable[Entry], participants: Iterable[Participant], notified: Collection[UUID]
) -> Board | None:
    """Return who has confirmed the last change of time or place of a date; None when there was none.

    `history` is newest first; `told` are the members whom a mail about it reaches.
    """
    change = next((one for one in history if _is_new_version(one, occurrence)), None)
    if change is None:
        return None
    asked = [one for one in participants if one.role is not AttendeeRole.CHAIR and one.member_id in notified]
    changed = {one.field for one in change.changes}
    return Board(
        since=change.at,
        what=" and ".join(word for field, word in WORDS.items() if field in changed),
        confirmed=tuple(one for one in asked if has_confirmed(one.reply, one.responded_at, change.at)),
        waiting=tuple(one for one in asked if not has_confirmed(one.reply, one.responded_at, change.at)),
    )


def has_confirmed(reply: ReplyValue, responded_at: datetime | None, since: datetime) -> bool:
    """Whether a reply counts and was given after `since`; `responded_at` is when the person last pressed a button."""
    return reply is not ReplyValue.NEEDS_ACTION and responded_at is not None and responded_at > since


def _is_new_version(entry: Entry, occurrence: Occurrence) -> bool:
    """Whether a deed changed when or where this date takes place.

    A change of the whole event concerns the dates that it touched: one that only let the series end later has not.
    """
    fields = {one.field for one in entry.changes}
    if entry.verb is not Verb.CHANGED or fields.isdisjoint(WORDS):
        return False
    is_touched = entry.date is not None or occurrence.changed_at >= entry.at
    return is_touched or not fields.isdisjoint((Field.PLACE, Field.VIDEO))
