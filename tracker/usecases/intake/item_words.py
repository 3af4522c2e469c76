"""What a person writes back to an email about an action item: DONE, IN PROGRESS, BLOCKED, or a note.

What their calendar program says of the task in such an email is taken like the same words.
"""

from uuid import UUID

from msgspec.structs import replace

from tracker.rules.actions import action_items as rules
from tracker.rules.actions.action_items import ActionItem
from tracker.rules.actions.item_changes import Change
from tracker.rules.actions.item_undo import stage_of
from tracker.rules.core.answers import Taken
from tracker.rules.core.viewer import Viewer
from tracker.rules.core.wall_clock import to_local
from tracker.rules.intake.emails import ReceivedEmail
from tracker.rules.intake.item_emails import is_answerable_by
from tracker.rules.intake.task_replies import is_about
from tracker.rules.intake.words import STATUSES, Said, about_item
from tracker.tables.visible.actions import action_items as visible
from tracker.usecases.actions import action_items
from tracker.usecases.intake.understood import UNMATCHED, Understood
from tracker.usecases.roster import aliases


async def taken(viewer: Viewer, item_id: UUID, email: ReceivedEmail) -> Understood:
    """Change the item as an email of the viewer says, and return what was understood.

    The caller is inside `writing()`. As by the link in an email, a closed item stays closed, and one that only named
    people may see is changed after sign-in.
    """
    item = await _theirs(viewer, item_id)
    if item is None or not await _is_about(viewer, item, email):
        return UNMATCHED
    if email.task and email.task.word is None:
        return Understood(outcome=Taken.IGNORED)
    said = _said(email)
    outcome = await _outcome(viewer, item, said)
    about = Understood(outcome=outcome, said=said, item_id=item.id)
    return await _changed(viewer, item, about, email) if outcome is Taken.RECORDED else about


async def kept(viewer: Viewer, item_id: UUID, email: ReceivedEmail) -> Understood:
    """Return what a reply to the viewer's email says when it didn't come from them: other people decide about it."""
    item = await _theirs(viewer, item_id)
    said = _said(email)
    is_kept = item and said.word and is_answerable_by(viewer.member_id, item) and await _is_about(viewer, item, email)
    if item is None or not is_kept:
        return UNMATCHED
    return replace(UNMATCHED, said=said, item_id=item.id, claimed_id=viewer.member_id)


async def _theirs(viewer: Viewer, item_id: UUID) -> ActionItem | None:
    item = await visible.item_by_id(viewer, item_id)
    return item if item and rules.may_update(viewer, item) else None


async def _is_about(viewer: Viewer, item: ActionItem, email: ReceivedEmail) -> bool:
    return email.task is None or is_about(email.task, item.uid, await aliases.addresses_of(viewer))


def _said(email: ReceivedEmail) -> Said:
    return Said(word=email.task.word, text=email.task.comment) if email.task else about_item(email.text)


async def _outcome(viewer: Viewer, item: ActionItem, said: Said) -> Taken:
    if item.is_restricted or viewer.is_discreet:
        return Taken.SIGN_IN
    if said.word is None:
        return Taken.NO_WORD
    if not item.is_open:
        return Taken.CLOSED
    is_so = STATUSES.get(said.word, item.status) is item.status
    return Taken.UNCHANGED if is_so and await _is_noted(viewer, item, said.text) else Taken.RECORDED


async def _is_noted(viewer: Viewer, item: ActionItem, text: str) -> bool:
    """Return whether the newest entry of the item's history has this text already, or there is none to note."""
    notes = await visible.notes(viewer, item)
    return not text or (bool(notes) and notes[0].text == text and notes[0].by == viewer.name)


async def _changed(viewer: Viewer, item: ActionItem, about: Understood, email: ReceivedEmail) -> Understood:
    word = about.said.word
    change = Change(status=STATUSES.get(word) if word else None, note=about.said.text)
    today = to_local(email.received_at, viewer.zone).date()
    await action_items.update(viewer, item.reference, change, item.version, email.received_at, today)
    return about.after(stage_of(item))
