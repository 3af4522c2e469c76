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
    match draft.content:
        case Changed(reason=reason) if reason and draft.occurrence_id:
            also = Also(what=AlsoWhat.CHANGED, date=draft.occurrence_id, reason=reason)
        case Canceled(reason=reason) if reason and draft.occurrence_id:
            also = Also(what=AlsoWhat.CANCELED, date=draft.occurrence_id, reason=reason)
        case SeriesEnded(reason=reason) if reason:
            also = Also(what=AlsoWhat.CANCELED, reason=reason)
        case _:
            return None
    for message in earlier:
        if message.is_waiting and isinstance(message.content, Invited):
            others = (said for said in message.content.also if said.date != also.date)
            return message.id, Invited(also=(*others, also))
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
    is_over = isinstance(draft.content, Canceled) and draft.occurrence_id is None
    if not is_over and not isinstance(draft.content, Removed):
        return replace(draft, state=MessageState.SUPERSEDED, reason=SAID_BY_INVITATION), []
    if may_be_known:
        return draft, _ids(waiting)
    return replace(draft, state=MessageState.SUPERSEDED, reason=NEVER_SHOWN), _ids(waiting)


def _join_edits(
    draft: NewMessage, news: EventNews, same: Sequence[EarlierMessage], known: Collection[EarlierMessage]
) -> tuple[NewMessage, list[UUID]]:
    """Return the message with what the reader knew before the first of the waiting edits that it replaces."""
    alike = [earlier.content for earlier in same if earlier.occurrence_id == draft.occurrence_id]
    known_before = (
        content.before if isinstance(content, EventUpdate) else content.unsent
        for content in alike
        if isinstance(content, EventUpdate | Canceled)
    )
    before = next(filter(None, known_before), None)
    also = news.also if isinstance(news, Removed) else _also(draft, news, same)
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
        # The cancellation was undone before its reader was notified: only what changed beside it is said.
        if before is None and not also:
            return replace(draft, state=MessageState.SUPERSEDED, reason=NEVER_SHOWN), _ids(same)
        return replace(draft, content=Changed(before=before, entry=news.entry, also=also)), _ids(same)
    entries = [earlier.content.entry for earlier in same if isinstance(earlier.content, EventNews)]
    content = structs.replace(news, entry=next(filter(None, entries), news.entry), also=also)
    if isinstance(content, EventUpdate):
        content = structs.replace(content, before=before or content.before)
    if isinstance(content, Canceled):
        content = structs.replace(content, unsent=before)
    if isinstance(content, Changed):
        reasons = [change.reason for change in alike if isinstance(change, Changed) and change.reason]
        reason = content.reason or next(reversed(reasons), "")
        content = structs.replace(content, since=_since(content, alike), reason=reason)
    return replace(draft, content=content), _ids(same)


def _also(draft: NewMessage, news: EventNews, same: Iterable[EarlierMessage]) -> tuple[Also, ...]:
    """Return what the waiting messages would have said that the draft does not say itself."""
    by_date: dict[UUID | None, Also] = {}
    for earlier in same:
        for also in _said_beside(earlier, is_same=earlier.occurrence_id == draft.occurrence_id):
            if also.date not in by_date or by_date[also.date].what is not AlsoWhat.ADDED:
                by_date[also.date] = also
    own = news.date if isinstance(news, DateAdded) else None
    return tuple(also for date, also in by_date.items() if date is None or date != own)


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


def _since(news: Changed, alike: Iterable[Content | Unreadable]) -> datetime | None:
    """Return from which date on a series changed, this time or by a waiting update; None = all of it."""
    updates = [content for content in alike if isinstance(content, EventUpdate)]
    starts = [news.since, *(update.since if isinstance(update, Changed) else None for update in updates)]
    known = [start for start in starts if start is not None]
    return min(known) if len(known) == len(starts) else None


def _ids(messages: Iterable[EarlierMessage]) -> list[UUID]:
    return [message.id for message in messages]
