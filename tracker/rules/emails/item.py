"""What mails about an action item say: given, due, overdue. Their subjects never hold its title."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from tracker.rules.actions.action_items import ActionItem, ItemStatus, days_late
from tracker.rules.core.outbox import MessageKind
from tracker.rules.core.wording import day, longday, plural
from tracker.rules.emails import discreet
from tracker.rules.emails.content import ITEM_FOOT, PREVIEW, Button, ItemPage, Letter, SitePage, cut, marked, one_line

STATUS_WORDS = {ItemStatus.OPEN: "Open", ItemStatus.IN_PROGRESS: "In progress", ItemStatus.BLOCKED: "Blocked"}
BLOCKED = "If something is in the way, choose “Blocked” on the page and say what would help."
NO_ACCOUNT = "Update it from here without signing in. The link works until the item is closed."
LATE = "This reminder comes late: no mail could be sent for a while."


def letter(
    kind: MessageKind, item: ActionItem, today: date, facts: Mapping[str, Any], *, is_discreet: bool = False
) -> Letter:
    """Return the letter to the owner of an item, by the task force's calendar day; `is_discreet` as they chose."""
    make = {MessageKind.ITEM_ASSIGNED: _assigned, MessageKind.ITEM_DUE: _due, MessageKind.ITEM_OVERDUE: _overdue}[kind]
    heading, line, preview, words = make(item, today)
    if is_discreet:
        return discreet.of_nothing_more(_restricted(kind, item, line))
    if item.is_restricted:
        return _restricted(kind, item, line)
    paragraphs = (words, LATE) if facts.get("late") else (words,)
    written = Letter(
        kind=kind,
        to=item.owner_email,
        to_name=item.owner,
        thread=item.id,
        heading=heading,
        subject=line,
        preview=cut(preview, PREVIEW),
        facts=_facts(kind, item),
        paragraphs=paragraphs,
        buttons=_buttons(item),
        foot=ITEM_FOOT,
    )
    return marked(written, item.marking)


def _assigned(item: ActionItem, today: date) -> tuple[str, str, str, str]:
    origin = f"From {cut(one_line(item.origin), 40)}. " if item.origin else ""
    return (
        "You have a new action item",
        f"Action item {item.reference} for you, due {day(item.due, today)}",
        f"{origin}Open it to see the details.",
        NO_ACCOUNT,
    )


def _due(item: ActionItem, today: date) -> tuple[str, str, str, str]:
    left = (item.due - today).days
    near = "Due today" if left <= 0 else f"Due in {plural(left, 'day')}"
    rest = "Today is the day." if left <= 0 else f"{plural(left, 'day')} left."
    return near, f"Due {day(item.due, today)}: action item {item.reference}", f"{rest} {_stands(item)}", NO_ACCOUNT


def _overdue(item: ActionItem, today: date) -> tuple[str, str, str, str]:
    late = plural(days_late(item, today), "day")
    return (
        f"{late} overdue",
        f"Overdue by {late}: action item {item.reference}",
        f"Was due {day(item.due, today)}. Tell us where it stands.",
        BLOCKED,
    )


def _restricted(kind: MessageKind, item: ActionItem, line: str) -> Letter:
    """Return a letter that names the item and its day, and nothing of the event it comes from."""
    page = SitePage(path=f"/action-items/{item.reference}")
    return Letter(
        kind=kind,
        to=item.owner_email,
        to_name=item.owner,
        thread=item.id,
        subject=line,
        preview="Sign in to read it.",
        heading=f"Action item {item.reference}",
        facts=(("Due", longday(item.due)), ("Details", "Shown after sign-in")),
        paragraphs=("Sign in to read it.",),
        buttons=(Button(label="Sign in to read it", target=page),),
        foot=ITEM_FOOT,
    )


def _facts(kind: MessageKind, item: ActionItem) -> tuple[tuple[str, str], ...]:
    due = "Was due" if kind is MessageKind.ITEM_OVERDUE else "Due"
    last = [] if kind is MessageKind.ITEM_ASSIGNED else [("It stands at", _stands(item))]
    origin = [("From", one_line(item.origin))] if item.origin else []
    return (("Action", one_line(item.title)), (due, longday(item.due)), *origin, *last)


def _stands(item: ActionItem) -> str:
    word = STATUS_WORDS.get(item.status, "Closed")
    return f"{word}, {item.progress}% done." if item.progress else f"{word}."


def _buttons(item: ActionItem) -> tuple[Button, ...]:
    page = ItemPage(item_id=item.id, owner_id=item.owner_id)
    done = ItemPage(item_id=item.id, owner_id=item.owner_id, status="done")
    return Button(label="Mark done", target=done), Button(label="Update this item", target=page)
