"""Emails about an action item: assigned, blocked, due, overdue. No subject contains its title."""

from dataclasses import dataclass
from datetime import date

from tracker.rules.actions.action_items import ActionItem, ItemStatus, days_late
from tracker.rules.core.answers import Word
from tracker.rules.core.message_types import (
    ItemAnswered,
    ItemAssigned,
    ItemBlocked,
    ItemContent,
    ItemDue,
    ItemNoted,
    ItemOverdue,
)
from tracker.rules.core.viewer import Viewer
from tracker.rules.core.wording import day, longday
from tracker.rules.emails.content import (
    Button,
    ButtonName,
    ItemPage,
    Letter,
    Reads,
    SitePage,
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
)
from tracker.rules.emails.discreet import of_nothing_more
from tracker.rules.emails.facts import Fact, FactName, Facts, Footer

SHORT_ORIGIN = 40  # characters of an event's title in a preview
SHORT_NAME = 60  # characters of a person in a preview
SHORT_NOTE = 500  # characters of a note
STATUS_WORDS = {ItemStatus.OPEN: "Open", ItemStatus.IN_PROGRESS: "In progress", ItemStatus.BLOCKED: "Blocked"}


@dataclass(frozen=True, kw_only=True)
class Said:
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
        buttons=_buttons(content, item),
        footer=footer,
        reads=Reads.ITEM_WORDS,
    )
    return marked(written, item.marking)


def _footer(content: ItemContent) -> Footer:
    match content:
        case ItemBlocked():
            return Footer.BLOCKED_ITEM
        case ItemAnswered():
            return Footer.ANSWERED
        case _:
            return Footer.ITEM


def _says(content: ItemContent, item: ActionItem, today: date, said: Said) -> ItemEmail:
    due = day(item.due, today)
    match content:
        case ItemAssigned():
            origin = cut(one_line(item.origin), SHORT_ORIGIN) if item.origin else ""
            return ItemAssignedEmail(reference=item.reference, due=due, origin=origin)
        case ItemBlocked():
            owner = cut(one_line(item.owner), SHORT_NAME)
            return ItemBlockedEmail(reference=item.reference, due=due, owner=owner, has_reason=bool(said.text))
        case ItemNoted():
            is_blocked = item.status is ItemStatus.BLOCKED
            by = cut(one_line(said.by), SHORT_NAME)
            return ItemNotedEmail(reference=item.reference, due=due, by=by, is_blocked=is_blocked)
        case ItemAnswered(outcome=outcome, word=word, is_whole=is_whole):
            status = word.value.replace("_", " ") if word and word is not Word.NOTE else ""
            return ItemAnsweredEmail(
                reference=item.reference, due=due, outcome=outcome, status=status, is_whole=is_whole
            )
        case ItemDue(is_late=is_late):
            days = max((item.due - today).days, 0)
            return ItemDueEmail(reference=item.reference, due=due, days=days, progress=_progress(item), is_late=is_late)
        case ItemOverdue(is_late=is_late):
            days = days_late(item, today)
            return ItemOverdueEmail(reference=item.reference, due=due, days=days, is_late=is_late)


def _restricted(item: ActionItem, reader: Viewer, about: ItemEmail, footer: Footer) -> Letter:
    """Return an email that names the item and its due day, and nothing of the event it comes from."""
    return Letter(
        says=_nothing_more(about),
        to=reader.email,
        to_name=reader.name,
        thread=item.id,
        facts=(Fact(name=FactName.DUE, value=longday(item.due)), Fact(name=FactName.DETAILS)),
        buttons=(Button(name=ButtonName.SIGN_IN_TO_READ, target=_page(item)),),
        footer=footer,
    )


def _nothing_more(about: ItemEmail) -> ItemRestrictedEmail:
    match about:
        case ItemAssignedEmail(reference=reference, due=due):
            return ItemRestrictedEmail(about=ItemNews.ASSIGNED, reference=reference, due=due, days=0)
        case ItemBlockedEmail(reference=reference, due=due):
            return ItemRestrictedEmail(about=ItemNews.BLOCKED, reference=reference, due=due, days=0)
        case ItemNotedEmail(reference=reference, due=due):
            return ItemRestrictedEmail(about=ItemNews.NOTED, reference=reference, due=due, days=0)
        case ItemAnsweredEmail(reference=reference, due=due):
            return ItemRestrictedEmail(about=ItemNews.ANSWERED, reference=reference, due=due, days=0)
        case ItemDueEmail(reference=reference, due=due, days=days):
            return ItemRestrictedEmail(about=ItemNews.DUE, reference=reference, due=due, days=days)
        case ItemOverdueEmail(reference=reference, due=due, days=days):
            return ItemRestrictedEmail(about=ItemNews.OVERDUE, reference=reference, due=due, days=days)


def _facts(content: ItemContent, item: ActionItem, said: Said) -> Facts:
    due = FactName.WAS_DUE if isinstance(content, ItemOverdue) else FactName.DUE
    is_new = isinstance(content, ItemAssigned)
    return (
        Fact(name=FactName.ACTION, value=item.title),
        *_of_blocked(content, item, said),
        Fact(name=due, value=longday(item.due)),
        *([Fact(name=FactName.ORIGIN, value=item.origin)] if item.origin else []),
        *([] if is_new else [Fact(name=FactName.PROGRESS, value=_progress(item))]),
    )


def _of_blocked(content: ItemContent, item: ActionItem, said: Said) -> Facts:
    """Return who is blocked and why, or what was noted by another person, or by the reader's own email."""
    text = cut(one_line(said.text), SHORT_NOTE)
    match content:
        case ItemBlocked():
            why = (Fact(name=FactName.WHY, value=text),) if text else ()
            return Fact(name=FactName.OWNER, value=f"{item.owner} ({item.agency})"), *why
        case ItemAnswered():
            return (Fact(name=FactName.NOTE, value=text),) if text else ()
        case ItemNoted():
            note = (Fact(name=FactName.NOTE, value=text),) if text else ()
            return *note, Fact(name=FactName.BY, value=said.by)
        case _:
            return ()


def _progress(item: ActionItem) -> str:
    word = STATUS_WORDS.get(item.status, "Closed")
    return f"{word}, {item.progress}% done." if item.progress else f"{word}."


def _buttons(content: ItemContent, item: ActionItem) -> tuple[Button, ...]:
    if isinstance(content, ItemAnswered):
        undo = (Button(name=ButtonName.UNDO, target=UndoPage(words_id=content.undo)),) if content.undo else ()
        return *undo, Button(name=ButtonName.UPDATE_ITEM, target=_page(item))
    if isinstance(content, ItemBlocked):
        return (
            Button(name=ButtonName.ADD_NOTE, target=_page(item, "#update")),
            Button(name=ButtonName.REASSIGN_ITEM, target=_page(item, "#reassign")),
        )
    page = ItemPage(item_id=item.id, owner_id=item.owner_id)
    done = ItemPage(item_id=item.id, owner_id=item.owner_id, status="done")
    return Button(name=ButtonName.MARK_DONE, target=done), Button(name=ButtonName.UPDATE_ITEM, target=page)


def _page(item: ActionItem, part: str = "") -> SitePage:
    return SitePage(path=f"/action-items/{item.reference}{part}")
