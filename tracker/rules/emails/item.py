"""Emails about an action item: assigned, due, overdue. No subject contains its title."""

from datetime import date

from tracker.rules.actions.action_items import ActionItem, ItemStatus, days_late
from tracker.rules.core.message_types import ItemAssigned, ItemContent, ItemDue, ItemOverdue
from tracker.rules.core.wording import day, longday
from tracker.rules.emails.content import Button, ButtonName, ItemPage, Letter, SitePage, cut, marked, one_line
from tracker.rules.emails.contexts import (
    ItemAssignedEmail,
    ItemDueEmail,
    ItemEmail,
    ItemNews,
    ItemOverdueEmail,
    ItemRestrictedEmail,
)
from tracker.rules.emails.discreet import of_nothing_more
from tracker.rules.emails.facts import Fact, FactName, Facts, Footer

SHORT_ORIGIN = 40  # characters of an event's title in a preview
STATUS_WORDS = {ItemStatus.OPEN: "Open", ItemStatus.IN_PROGRESS: "In progress", ItemStatus.BLOCKED: "Blocked"}


def letter(content: ItemContent, item: ActionItem, today: date, *, is_discreet: bool = False) -> Letter:
    """Return the email to an item's owner, by the task force's calendar day; `is_discreet` is the owner's choice."""
    says = _says(content, item, today)
    if is_discreet or item.is_restricted:
        restricted = _restricted(item, says)
        return of_nothing_more(restricted) if is_discreet else restricted
    written = Letter(
        says=says,
        to=item.owner_email,
        to_name=item.owner,
        thread=item.id,
        facts=_facts(content, item),
        buttons=_buttons(item),
        footer=Footer.ITEM,
    )
    return marked(written, item.marking)


def _says(content: ItemContent, item: ActionItem, today: date) -> ItemEmail:
    due = day(item.due, today)
    match content:
        case ItemAssigned():
            origin = cut(one_line(item.origin), SHORT_ORIGIN) if item.origin else ""
            return ItemAssignedEmail(reference=item.reference, due=due, origin=origin)
        case ItemDue(is_late=is_late):
            days = max((item.due - today).days, 0)
            return ItemDueEmail(reference=item.reference, due=due, days=days, progress=_progress(item), is_late=is_late)
        case ItemOverdue(is_late=is_late):
            days = days_late(item, today)
            return ItemOverdueEmail(reference=item.reference, due=due, days=days, is_late=is_late)


def _restricted(item: ActionItem, about: ItemEmail) -> Letter:
    """Return an email that names the item and its due day, and nothing of the event it comes from."""
    page = SitePage(path=f"/action-items/{item.reference}")
    return Letter(
        says=_nothing_more(about),
        to=item.owner_email,
        to_name=item.owner,
        thread=item.id,
        facts=(Fact(name=FactName.DUE, value=longday(item.due)), Fact(name=FactName.DETAILS)),
        buttons=(Button(name=ButtonName.SIGN_IN_TO_READ, target=page),),
        footer=Footer.ITEM,
    )


def _nothing_more(about: ItemEmail) -> ItemRestrictedEmail:
    match about:
        case ItemAssignedEmail(reference=reference, due=due):
            return ItemRestrictedEmail(about=ItemNews.ASSIGNED, reference=reference, due=due, days=0)
        case ItemDueEmail(reference=reference, due=due, days=days):
            return ItemRestrictedEmail(about=ItemNews.DUE, reference=reference, due=due, days=days)
        case ItemOverdueEmail(reference=reference, due=due, days=days):
            return ItemRestrictedEmail(about=ItemNews.OVERDUE, reference=reference, due=due, days=days)


def _facts(content: ItemContent, item: ActionItem) -> Facts:
    due = FactName.WAS_DUE if isinstance(content, ItemOverdue) else FactName.DUE
    is_new = isinstance(content, ItemAssigned)
    return (
        Fact(name=FactName.ACTION, value=item.title),
        Fact(name=due, value=longday(item.due)),
        *([Fact(name=FactName.ORIGIN, value=item.origin)] if item.origin else []),
        *([] if is_new else [Fact(name=FactName.PROGRESS, value=_progress(item))]),
    )


def _progress(item: ActionItem) -> str:
    word = STATUS_WORDS.get(item.status, "Closed")
    return f"{word}, {item.progress}% done." if item.progress else f"{word}."


def _buttons(item: ActionItem) -> tuple[Button, ...]:
    page = ItemPage(item_id=item.id, owner_id=item.owner_id)
    done = ItemPage(item_id=item.id, owner_id=item.owner_id, status="done")
    return Button(name=ButtonName.MARK_DONE, target=done), Button(name=ButtonName.UPDATE_ITEM, target=page)
