"""One mail for a change, however many edits it took: which waiting messages a new one replaces, or makes needless."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from tracker.rules.core.outbox import CHANGES, ENTRY, Draft, MessageKind, State

BEFORE = ("starts_at", "ends_at", "place", "repeats", "until")
"""Facts that say what the reader was told before: the first edit of a bundle knows it."""
ENDED = "ended"
"""Fact of an update that is about the end of a running series."""
UNSAID = "unsaid"
"""Fact of a cancellation: what the reader was told before an edit that nobody has heard of either."""
SAID_BY_INVITATION = "The invitation that still waits says it."
NEVER_TOLD = "They had not been notified of it yet."


@dataclass(frozen=True, kw_only=True)
class Earlier:
    """A message to the same person about the same event; waiting = pending and in nobody's hands."""

    id: UUID
    kind: MessageKind
    occurrence_id: UUID | None
    is_waiting: bool
    was_notified: bool
    facts: Mapping[str, Any]


def bundle(draft: Draft, earlier: Iterable[Earlier]) -> tuple[Draft, list[UUID]]:
    """Return the message as it is to be queued, and the waiting ones that it supersedes.

    Every letter is written from what holds when it is sent, so a waiting invitation says every change already.
    """
    known = list(earlier)
    waiting = [one for one in known if one.is_waiting]
    if draft.kind not in CHANGES:
        return draft, [one.id for one in waiting] if draft.kind == MessageKind.INVITATION else []
    if any(one.kind is MessageKind.INVITATION for one in waiting):
        return _beside_an_invitation(draft, waiting, was_notified=any(one.was_notified for one in known))
    same = [one for one in waiting if draft.occurrence_id in (None, one.occurrence_id) and _says_it_too(draft, one)]
    if draft.facts.get("restored") and any(one.kind is MessageKind.CANCELLATION for one in same):
        return _unheard(draft, same)
    return replace(draft, facts={**draft.facts, **_notified_before(draft, same)}), [one.id for one in same]


def _says_it_too(draft: Draft, earlier: Earlier) -> bool:
    """That a series ends, or goes on without its reader, no other update says; and such a one names dates alone."""
    if draft.kind != MessageKind.UPDATE or bool(draft.facts.get(ENDED)) == bool(earlier.facts.get(ENDED)):
        return True
    return bool(draft.facts.get(ENDED)) and earlier.occurrence_id is not None


def _beside_an_invitation(draft: Draft, waiting: list[Earlier], *, was_notified: bool) -> tuple[Draft, list[UUID]]:
    is_over = draft.kind == MessageKind.WITHDRAWAL or (
        draft.kind == MessageKind.CANCELLATION and draft.occurrence_id is None
    )
    if not is_over:
        return replace(draft, state=State.SUPERSEDED, reason=SAID_BY_INVITATION), []
    if was_notified:
        return draft, [one.id for one in waiting]
    return replace(draft, state=State.SUPERSEDED, reason=NEVER_TOLD), [one.id for one in waiting]


def _unheard(draft: Draft, same: list[Earlier]) -> tuple[Draft, list[UUID]]:
    """Say nothing of a cancellation that was taken back before anybody heard of it, only what changed before it."""
    gone = [one.id for one in same]
    unsent_change = next((one.facts[UNSAID] for one in same if UNSAID in one.facts), None)
    if unsent_change is None:
        return replace(draft, state=State.SUPERSEDED, reason=NEVER_TOLD), gone
    return replace(draft, facts={**draft.facts, **unsent_change, "restored": False}), gone


def _notified_before(draft: Draft, same: list[Earlier]) -> dict[str, Any]:
    entry = next(({ENTRY: one.facts[ENTRY]} for one in same if ENTRY in one.facts), {})
    edits = [one for one in same if one.kind is MessageKind.UPDATE and one.occurrence_id == draft.occurrence_id]
    before = {name: edits[0].facts[name] for name in BEFORE if edits and name in edits[0].facts}
    if draft.kind == MessageKind.UPDATE:
        return entry | before
    return entry | ({UNSAID: before} if before else {})
