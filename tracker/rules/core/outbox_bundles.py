"""One email for a change, however many edits it took: which waiting messages a new one replaces or makes needless."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct, structs
from msgspec.structs import replace

from tracker.rules.core.email_declarations import Content
from tracker.rules.core.message_types import (
    Also,
    AlsoWhat,
    Canceled,
    Changed,
    DateAdded,
    EventNews,
    EventUpdate,
    Invited,
    KnownBefore,
    MailedEntry,
    Removed,
    Restored,
    SeriesContinued,
    SeriesEnd,
    SeriesEnded,
)
from tracker.rules.core.outbox import MessageState, NewMessage, Unreadable

SAID_BY_INVITATION = "The invitation that hasn’t been sent yet includes this."
NEVER_SHOWN = "They hadn’t been notified of it yet."


class EarlierMessage(Struct, frozen=True, kw_only=True):
    """An earlier message to the same person about the same event.

    Waiting: pending, not claimed, and no try of it can have arrived. A message that may have arrived counts as known.
    """

    id: UUID
    content: Content | Unreadable
    occurrence_id: UUID | None
    is_waiting: bool
    may_be_known: bool
    """Whether it was sent, or may have been: it is being sent, or a try may have arrived."""
    queued_at: datetime
    sent_at: datetime | None = None

    def may_show(self, other: "EarlierMessage") -> bool:
        """Return whether its reader may know from it of the change that the other message announces.

        Every email is written from what is true when it is sent, so a message about the whole event, sent while the
        other one waits, shows that change in its calendar part.
        """
        is_about_it = self.occurrence_id in (None, other.occurrence_id)
        return is_about_it and self.may_be_known and (self.sent_at is None or self.sent_at >= other.queued_at)


def bundle_messages(draft: NewMessage, earlier: Iterable[EarlierMessage]) -> tuple[NewMessage, list[UUID]]:
    """Return the message to be queued, and the waiting ones that it supersedes.

    A waiting invitation covers every change, because it is written when it is sent. What one message says for several
    is in its `also`.
    """
    known = list(earlier)
    waiting = [earlier for earlier in known if earlier.is_waiting]
    match draft.content:
        case Invited():
            return draft, _ids(waiting)
        case EventNews() if any(isinstance(earlier.content, Invited) for earlier in waiting):
            return _beside_an_invitation(draft, waiting, may_be_known=any(earlier.may_be_known for earlier in known))
        case EventUpdate() | SeriesEnd() | Canceled() | Removed() as news:
            same = [earlier for earlier in waiting if _is_said_by(draft, news, earlier)]
            return _join_edits(draft, news, same, known)
        case _:
            return draft, []


def invitation_to_extend(draft: NewMessage, earlier: Iterable[EarlierMessage]) -> tuple[UUID, Invited] | None:
    """Return the waiting invitation that gives the reason of a change, because the change has no email of its own.

    None if no invitation waits, or no reason was given.
    """
    also = _reason_of_change(draft)
    waiting = [
        (earlier.id, earlier.content)
        for earlier in earlier
        if earlier.is_waiting and isinstance(earlier.content, Invited)
    ]
    if also is None or not waiting:
        return None
    [(message_id, invitation), *_] = waiting
    others = (one for one in invitation.also if one.date != also.date)
    return message_id, Invited(also=(*others, also))


def _reason_of_change(draft: NewMessage) -> Also | None:
    """Return what a change did to a date, or to the rest of a series, with the reason that was given."""
    match draft.content:
        case Changed(reason=reason) if reason and draft.occurrence_id:
            return Also(what=AlsoWhat.CHANGED, date=draft.occurrence_id, reason=reason)
        case Canceled(reason=reason) if reason and draft.occurrence_id:
            return Also(what=AlsoWhat.CANCELED, date=draft.occurrence_id, reason=reason)
        case SeriesEnded(reason=reason) if reason:
            return Also(what=AlsoWhat.CANCELED, reason=reason)
        case _:
            return None


def _is_said_by(draft: NewMessage, news: EventNews, earlier: EarlierMessage) -> bool:
    """Return whether the draft covers a waiting message: both are about one date, or the draft is about all dates."""
    if draft.occurrence_id not in (None, earlier.occurrence_id):
        return False
    is_same = draft.occurrence_id == earlier.occurrence_id
    match news, earlier.content:
        case (Canceled() | Removed(), _) | (SeriesEnd(), SeriesEnd()):
            return True
        case (_, Removed() | SeriesEnd()):
            return False
        case (SeriesEnd(), _):
            return not is_same or _is_beyond(news, earlier.content)
        case (EventUpdate(), Canceled()):
            return isinstance(news, Restored) or not is_same
        case _:
            return True


def _is_beyond(news: SeriesEnd, content: Content | Unreadable) -> bool:
    """Return whether a message is only about dates that its series has no longer when it ends."""
    match news, content:
        case _, DateAdded(before=None):
            return True
        case SeriesContinued(since=datetime() as ends), Changed(since=datetime() as since):
            return since >= ends
        case _:
            return False


def _beside_an_invitation(
    draft: NewMessage, waiting: list[EarlierMessage], *, may_be_known: bool
) -> tuple[NewMessage, list[UUID]]:
    match draft.content:
        case Removed():
            is_over = True
        case Canceled():
            is_over = draft.occurrence_id is None
        case _:
            is_over = False
    if not is_over:
        return replace(draft, state=MessageState.SUPERSEDED, reason=SAID_BY_INVITATION), []
    if may_be_known:
        return draft, _ids(waiting)
    return replace(draft, state=MessageState.SUPERSEDED, reason=NEVER_SHOWN), _ids(waiting)


def _join_edits(
    draft: NewMessage, news: EventNews, same: Sequence[EarlierMessage], known: Collection[EarlierMessage]
) -> tuple[NewMessage, list[UUID]]:
    """Return the message with what the reader knew before the first of the waiting edits that it replaces."""
    before = next(filter(None, _known_before(draft, same)), None)
    canceled = [
        earlier
        for earlier in same
        if isinstance(earlier.content, Canceled) and earlier.occurrence_id == draft.occurrence_id
    ]
    # An invitation that was about to be sent when the event was canceled is not sent: its reader still needs to know.
    is_invited = any(earlier.may_be_known for earlier in known)
    if (
        isinstance(news, Restored)
        and canceled
        and is_invited
        and not any(earlier.may_show(canceled[0]) for earlier in known)
    ):
        return _without_unknown_cancellation(draft, news, before, _also(draft, news, same)), _ids(same)
    content = structs.replace(news, entry=_entry(same) or news.entry)
    match content:
        case EventUpdate():
            content = structs.replace(content, before=before or content.before, also=_also(draft, content, same))
        case SeriesEnd():
            content = structs.replace(content, also=_also(draft, content, same))
        case Canceled():
            content = structs.replace(content, unsent=before, also=_also(draft, content, same))
    if isinstance(content, Changed):
        reason = content.reason or _reason(draft, same)
        content = structs.replace(content, since=_since(draft, content, same), reason=reason)
    return replace(draft, content=content), _ids(same)


def _without_unknown_cancellation(
    draft: NewMessage, news: Restored, before: KnownBefore | None, also: tuple[Also, ...]
) -> NewMessage:
    """Omit a cancellation that was undone before its reader was notified; keep only what changed beside it."""
    if before is None and not also:
        return replace(draft, state=MessageState.SUPERSEDED, reason=NEVER_SHOWN)
    return replace(draft, content=Changed(before=before, entry=news.entry, also=also))


def _also(
    draft: NewMessage, news: EventUpdate | SeriesEnd | Canceled, same: Iterable[EarlierMessage]
) -> tuple[Also, ...]:
    """Return what the waiting messages would have said that the draft does not say itself."""
    found: dict[UUID | None, Also] = {}
    for earlier in same:
        for also in _said_beside(earlier, is_same=earlier.occurrence_id == draft.occurrence_id):
            if also.date not in found or found[also.date].what is not AlsoWhat.ADDED:
                found[also.date] = also
    own = news.date if isinstance(news, DateAdded) else None
    return tuple(also for date, also in found.items() if date is None or date != own)


def _said_beside(earlier: EarlierMessage, *, is_same: bool) -> Iterator[Also]:
    """Yield what a message says that a later one does not repeat; `is_same` = both have the same subject."""
    if isinstance(earlier.content, EventNews):
        yield from earlier.content.also
    match earlier.content:
        case DateAdded(date=date):
            yield Also(what=AlsoWhat.ADDED, date=date)
        case Restored():
            yield Also(what=AlsoWhat.RESTORED, date=None if is_same else earlier.occurrence_id)
        case Changed(reason=reason) if not is_same:
            yield Also(what=AlsoWhat.CHANGED, date=earlier.occurrence_id, reason=reason)
        case Canceled(reason=reason) if not is_same:
            yield Also(what=AlsoWhat.CANCELED, date=earlier.occurrence_id, reason=reason)


def _known_before(draft: NewMessage, same: Iterable[EarlierMessage]) -> Iterator[KnownBefore | None]:
    """Yield what the reader knew before each waiting change of the same event or date, oldest first."""
    for earlier in same:
        if earlier.occurrence_id == draft.occurrence_id:
            match earlier.content:
                case EventUpdate(before=before) | Canceled(unsent=before):
                    yield before


def _since(draft: NewMessage, news: Changed, same: Iterable[EarlierMessage]) -> datetime | None:
    """Return from which date on a series changed, this time or by a waiting update; None = all of it."""
    alike = (earlier.content for earlier in same if earlier.occurrence_id == draft.occurrence_id)
    waiting = [one.since if isinstance(one, Changed) else None for one in alike if isinstance(one, EventUpdate)]
    starts = [news.since, *waiting]
    known = [start for start in starts if start is not None]
    return min(known) if len(known) == len(starts) else None


def _reason(draft: NewMessage, same: Iterable[EarlierMessage]) -> str:
    """Return the latest reason that waiting changes of the same event or date give."""
    changes = [earlier.content for earlier in same if earlier.occurrence_id == draft.occurrence_id]
    reasons = [change.reason for change in changes if isinstance(change, Changed) and change.reason]
    return reasons[-1] if reasons else ""


def _entry(same: Iterable[EarlierMessage]) -> MailedEntry | None:
    news = (earlier.content for earlier in same if isinstance(earlier.content, EventNews))
    return next((one.entry for one in news if one.entry), None)


def _ids(messages: Iterable[EarlierMessage]) -> list[UUID]:
    return [message.id for message in messages]
