"""Lists of action items in an email, one row of facts for each item; a long list says how many more there are."""

from collections.abc import Iterable
from datetime import date

from tracker.rules.actions.action_items import ActionItem, ItemStatus, days_late
from tracker.rules.core.wording import plural, short_day
from tracker.rules.emails.content import one_line
from tracker.rules.emails.facts import Fact, FactName, Facts

LISTED = 10  # lines of each kind


def listed(name: FactName, words: list[str]) -> Facts:
    """Return a row for each line, up to `LISTED`, and one that counts the others."""
    more = [f"and {len(words) - LISTED} more"] if len(words) > LISTED else []
    return tuple(Fact(name=name, value=one) for one in (*words[:LISTED], *more))


def own_items(items: Iterable[ActionItem], today: date) -> Facts:
    """Return the reader's own items: how long the overdue ones have been so, and when the others are due."""
    every = list(items)
    late = [action_item for action_item in every if days_late(action_item, today) > 0]
    overdue = [f"{_item(action_item)}, {plural(days_late(action_item, today), 'day')}" for action_item in late]
    due = [f"{_item(action_item)}, {_when(action_item.due, today)}" for action_item in every if action_item not in late]
    return *listed(FactName.OVERDUE, overdue), *listed(FactName.DUE, due)


def others_items(name: FactName, items: Iterable[ActionItem], today: date) -> Facts:
    """Return items of other people with their owners, and why they need attention."""
    return listed(name, [_stuck(action_item, today) for action_item in items])


def _stuck(item: ActionItem, today: date) -> str:
    late = days_late(item, today)
    why = ["blocked"] if item.status is ItemStatus.BLOCKED else []
    why += [f"overdue by {plural(late, 'day')}"] if late > 0 else []
    return f"{_item(item)}, {one_line(item.owner)} ({item.agency}), {', '.join(why)}"


def _item(item: ActionItem) -> str:
    return f"{item.reference}, {one_line(item.title)}"


def _when(due: date, today: date) -> str:
    return "today" if due == today else short_day(due, today)
