"""One email for a change, however many edits it took: which waiting messages a new one replaces or makes needless."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from msgspec import structs

from tracker.rules.core.message_types import (
    Before,
    Canceled,
    Changed,
    Content,
    EventNews,
    Invited,
    MailedEntry,
    News,
    Removed,
    Restored,
    SeriesEnd,
    Unreadable,
    Update,
)
from tracker.rules.core.outbox import Draft, State

SAID_BY_INVITATION = "The invitation that still waits says it."
NEVER_SHOWN = "They had not been notified of it yet."


@dataclass(frozen=True, kw_only=True)
class Earlier:
    """An earlier message to the same person about the same event; waiting means pending and not claimed."""

    id: UUID
    content: Content | Unreadable
    occurrence_id: UUID | None
    is_waiting: bool
    was_notified: bool


def bundle(draft: Draft, earlier: Iterable[Earlier]) -> tuple[Draft, list[UUID]]:
    """Return the message to be queued, and the waiting ones that it supersedes.

    Every email is written from what is true when it is sent, so a waiting invitation already covers every change.
    """
    known = list(earlier)
    waiting = [one for one in known if one.is_waiting]
    match draft.content:
        case Invited():
            return draft, _ids(waiting)
        case EventNews() if any(isinstance(one.content, Invited) for one in waiting):
            return _beside_an_invitation(draft, waiting, was_notified=any(one.was_notified for one in known))
        case Update() | SeriesEnd() | Canceled() | Removed() as news:
            return _joined(draft, news, [one for one in waiting if _is_said_by(draft, news, one)])
        case _:
            return draft, []


def _is_said_by(draft: Draft, news: News, earlier: Earlier) -> bool:
    """Return whether the draft covers a waiting message: both are about one date, or the draft is about all dates."""
    return draft.occurrence_id in (None, earlier.occurrence_id) and _says_it_too(news, earlier)


def _says_it_too(news: News, earlier: Earlier) -> bool:
    """Return whether the draft repeats the message; a series' end does so only for waiting changes to single dates."""
    is_end = isinstance(news, SeriesEnd)
    if isinstance(news, Canceled | Removed) or is_end == isinstance(earlier.content, SeriesEnd):
        return True
    return is_end and earlier.occurrence_id is not None


def _beside_an_invitation(draft: Draft, waiting: list[Earlier], *, was_notified: bool) -> tuple[Draft, list[UUID]]:
    match draft.content:
        case Removed():
            is_over = True
        case Canceled():
            is_over = draft.occurrence_id is None
        case _:
            is_over = False
    if not is_over:
        return replace(draft, state=State.SUPERSEDED, reason=SAID_BY_INVITATION), []
    if was_notified:
        return draft, _ids(waiting)
    return replace(draft, state=State.SUPERSEDED, reason=NEVER_SHOWN), _ids(waiting)


def _joined(draft: Draft, news: News, same: Sequence[Earlier]) -> tuple[Draft, list[UUID]]:
    """Return the message with what the reader knew before the first of the waiting edits that it replaces."""
    if isinstance(news, Restored) and any(isinstance(one.content, Canceled) for one in same):
        return _unheard(draft, news, same), _ids(same)
    content = structs.replace(news, entry=_entry(same) or news.entry)
    before = next(_known_before(draft, same), None)
    match content:
        case Update():
            content = structs.replace(content, before=before or content.before)
        case Canceled():
            content = structs.replace(content, unsent=before)
    return replace(draft, content=content), _ids(same)


def _unheard(draft: Draft, news: Restored, same: Sequence[Earlier]) -> Draft:
    """Omit a cancellation that was undone before its reader was notified; keep only what changed before it."""
    canceled = (one.content for one in same if isinstance(one.content, Canceled))
    unsent = next((one.unsent for one in canceled if one.unsent), None)
    if unsent is None:
        return replace(draft, state=State.SUPERSEDED, reason=NEVER_SHOWN)
    return replace(draft, content=Changed(before=unsent, entry=news.entry))


def _known_before(draft: Draft, same: Iterable[Earlier]) -> Iterator[Before | None]:
    """Yield what the reader knew before each waiting update of the same event or date, oldest first."""
    for one in same:
        if isinstance(one.content, Update) and one.occurrence_id == draft.occurrence_id:
            yield one.content.before


def _entry(same: Iterable[Earlier]) -> MailedEntry | None:
    news = (one.content for one in same if isinstance(one.content, EventNews))
    return next((one.entry for one in news if one.entry), None)


def _ids(messages: Iterable[Earlier]) -> list[UUID]:
    return [one.id for one in messages]
