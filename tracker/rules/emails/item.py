"""Emails about an action item: assigned, withdrawn, blocked, due, overdue. No subject contains its title."""

from collections.abc import Mapping
from datetime import date

from msgspec import Struct

from tracker.rules.actions.action_items import ActionItem, ItemStatus, days_late
from tracker.rules.core.message_types import (
    AnswerWord,
    ItemAnswered,
    ItemAssigned,
    ItemBlocked,
    ItemContent,
    ItemDue,
    ItemNoted,
    ItemOverdue,
    ItemWithdrawn,
)
from tracker.rules.core.viewers import Viewer
from tracker.rules.core.wording import long_day, short_day
from tracker.rules.emails.content import (
    SHORT_NOTE,
    Button,
    ButtonName,
    ItemPage,
    Letter,
    Reads,
    SitePage,
    Task,
    UndoPage,
    cut,
    marked,
    one_line,
)
from tracker.rules.emails.contexts import (
    ItemAnsweredEmail,
    ItemAssignedEmail,
    ItemBlockedEmail,
    ItemDueEmail,
    ItemEmail,
    ItemNews,
    ItemNotedEmail,
    ItemOverdueEmail,
    ItemRestrictedEmail,
    ItemWithdrawnEmail,
)
from tracker.rules.emails.discreet import of_nothing_more
from tracker.rules.emails.facts import Fact, FactName, Facts, Footer

SHORT_ORIGIN = 40  # characters of an event's title in a preview
SHORT_NAME = 60  # characters of a person in a preview
NEWS: Mapping[type[ItemEmail], ItemNews] = {
    ItemAssignedEmail: ItemNews.ASSIGNED,
    ItemWithdrawnEmail: ItemNews.WITHDRAWN,
    ItemBlockedEmail: ItemNews.BLOCKED,
    ItemNotedEmail: ItemNews.NOTED,
    ItemAnsweredEmail: ItemNews.ANSWERED,
    ItemDueEmail: ItemNews.DUE,
    ItemOverdueEmail: ItemNews.OVERDUE,
}


class Said(Struct, frozen=True, kw_only=True):
    """The note that an email about a blocked item repeats, and who wrote it; empty without a note."""

    text: str = ""
    by: str = ""


def letter(content: ItemContent, item: ActionItem, reader: Viewer, today: date, said: Said) -> Letter:
    """Return the email about an item to its owner, or for a blocked item to a person who can reassign it.

    `today` is the task force's calendar day.
    """
    says = _says(content, item, today, said)
    footer = _footer(content)
    if reader.is_discreet or item.is_restricted:
        restricted = _restricted(item, reader, says, footer)
        return of_nothing_more(restricted) if reader.is_discreet else restricted
    written = Letter(
        says=says,
        to=reader.email,
        to_name=reader.name,
        thread=item.id,
        facts=_facts(content, item, said),
        buttons=_buttons(content, item, reader),
        footer=footer,
        reads=None if isinstance(content, ItemWithdrawn) else Reads.ITEM_WORDS,
        task=_task(content, item, reader),
    )
    return marked(written, item.marking)


def _task(content: ItemContent, item: ActionItem, reader: Viewer) -> Task | None:
    """Return the task that the owner's program may open; none of marked content, because it shows no marking."""
    is_owner = item.owner_id == reader.member_id
    if item.marking or not (is_owner or isinstance(content, ItemWithdrawn)):
        return None
    return Task(item=item, is_withdrawn=not is_owner)


def _footer(content: ItemContent) -> Footer:
    match content:
        case ItemBlocked():
            return Footer.BLOCKED_ITEM
        case ItemWithdrawn():
            return Footer.EARLIER_OWNER
        case ItemAnswered():
            return Footer.ANSWERED
        case _:
            return Footer.ITEM


def _says(content: ItemContent, item: ActionItem, today: date, said: Said) -> ItemEmail:
    due = short_day(item.due, today)
    match content:
        case ItemAssigned():
            origin = cut(one_line(item.origin), SHORT_ORIGIN) if item.origin else ""
            return ItemAssignedEmail(reference=item.reference, due=due, origin=origin)
        case ItemWithdrawn():
            is_canceled = item.status is ItemStatus.CANCELED
            return ItemWithdrawnEmail(reference=item.reference, due=due, is_canceled=is_canceled)
        case ItemBlocked():
            owner = cut(one_line(item.owner), SHORT_NAME)
            return ItemBlockedEmail(reference=item.reference, due=due, owner=owner, has_reason=bool(said.text))
        case ItemNoted():
            is_blocked = item.status is ItemStatus.BLOCKED
            by = cut(one_line(said.by), SHORT_NAME)
            return ItemNotedEmail(reference=item.reference, due=due, by=by, is_blocked=is_blocked)
        case ItemAnswered(outcome=outcome, word=word, is_whole=is_whole):
            status = word.value.replace("_", " ") if word and word is not AnswerWord.NOTE else ""
            return ItemAnsweredEmail(
                reference=item.reference, due=due, outcome=outcome, status=status, is_whole=is_whole
            )
        case ItemDue() | ItemOverdue():
            return _reminder(content, item, today, due)


def _reminder(content: ItemDue | ItemOverdue, item: ActionItem, today: date, due: str) -> ItemEmail:
    if isinstance(content, ItemOverdue):
        late = days_late(item, today)
        return ItemOverdueEmail(reference=item.reference, due=due, days=late, is_late=content.is_late)
    left = max((item.due - today).days, 0)
    return ItemDueEmail(reference=item.reference, due=due, days=left, progress=_progress(item), is_late=content.is_late)


def _restricted(item: ActionItem, reader: Viewer, about: ItemEmail, footer: Footer) -> Letter:
    """Return an email that names the item and its due day, and nothing of the event it comes from."""
    return Letter(
        says=_nothing_more(about),
        to=reader.email,
        to_name=reader.name,
        thread=item.id,
        facts=(Fact(name=FactName.DUE, value=long_day(item.due)), Fact(name=FactName.DETAILS)),
        buttons=(Button(name=ButtonName.SIGN_IN_TO_READ, target=_page(item)),),
        footer=footer,
    )


def _nothing_more(about: ItemEmail) -> ItemRestrictedEmail:
    days = about.days if isinstance(about, ItemDueEmail | ItemOverdueEmail) else 0
    return ItemRestrictedEmail(about=NEWS[type(about)], reference=about.reference, due=about.due, days=days)


def _facts(content: ItemContent, item: ActionItem, said: Said) -> Facts:
    due = FactName.WAS_DUE if isinstance(content, ItemOverdue) else FactName.DUE
    is_bare = isinstance(content, ItemAssigned | ItemWithdrawn | ItemAnswered)  # a later state is not what was answered
    return (
        Fact(name=FactName.ACTION, value=item.title),
        *_of_blocked(content, item, said),
        Fact(name=due, value=long_day(item.due)),
        *([Fact(name=FactName.ORIGIN, value=item.origin)] if item.origin else []),
        *([] if is_bare else [Fact(name=FactName.PROGRESS, value=_progress(item))]),
    )


def _of_blocked(content: ItemContent, item: ActionItem, said: Said) -> Facts:
    """Return who is blocked and why, or what was noted by another person, or by the reader's own email."""
    text = cut(one_line(said.text), SHORT_NOTE)
    match content:
        case ItemBlocked():
            why = (Fact(name=FactName.WHY, value=text),) if text else ()
            return Fact(name=FactName.OWNER, value=f"{item.owner} ({item.agency})"), *why
        case ItemWithdrawn() if item.status is not ItemStatus.CANCELED:
            return (Fact(name=FactName.OWNER, value=f"{item.owner} ({item.agency})"),)
        case ItemAnswered():
            return (Fact(name=FactName.NOTE, value=text),) if text else ()
        case ItemNoted():
            note = (Fact(name=FactName.NOTE, value=text),) if text else ()
            return *note, Fact(name=FactName.BY, value=said.by)
        case _:
            return ()


def _progress(item: ActionItem) -> str:
    shown = f", {item.progress}% done" if item.progress and item.is_open else ""
    return f"{item.status.word}{shown}"


def _buttons(content: ItemContent, item: ActionItem, reader: Viewer) -> tuple[Button, ...]:
    if isinstance(content, ItemAnswered):
        undo = (Button(name=ButtonName.UNDO, target=UndoPage(words_id=content.undo)),) if content.undo else ()
        return *undo, _update(item, reader)
    if isinstance(content, ItemWithdrawn):
        return (Button(name=ButtonName.SIGN_IN_TO_READ, target=_page(item)),)
    if isinstance(content, ItemBlocked):
        return (
            Button(name=ButtonName.ADD_NOTE, target=_page(item, "#update")),
            Button(name=ButtonName.REASSIGN_ITEM, target=_page(item, "#reassign")),
        )
    page = ItemPage(item_id=item.id, owner_id=item.owner_id)
    done = ItemPage(item_id=item.id, owner_id=item.owner_id, status="done")
    return Button(name=ButtonName.MARK_DONE, target=done), Button(name=ButtonName.UPDATE_ITEM, target=page)


def _update(item: ActionItem, reader: Viewer) -> Button:
    """Return how an item is updated: by its owner without signing in, while it is open."""
    if item.is_open and item.owner_id == reader.member_id:
        return Button(name=ButtonName.UPDATE_ITEM, target=ItemPage(item_id=item.id, owner_id=item.owner_id))
    return Button(name=ButtonName.SIGN_IN, target=_page(item))


def _page(item: ActionItem, part: str = "") -> SitePage:
    return SitePage(path=f"/action-items/{item.reference}{part}")
