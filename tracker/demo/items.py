"""The action items of the demo: open, in progress, blocked, overdue, done; each assigned on a date that took place."""

from datetime import datetime, timedelta
from functools import partial

from msgspec.structs import replace

from tracker.demo import Row, read_story
from tracker.demo.history import HOUR, Date, Dates, Story
from tracker.demo.program import A_DAY, due_day
from tracker.rules.actions.action_items import ItemEdit, ItemStatus, NewItem
from tracker.rules.core.viewers import Visibility
from tracker.rules.core.wording import to_local
from tracker.rules.emails import escalations
from tracker.rules.emails.escalations import Escalation
from tracker.usecases.actions import action_items
from tracker.usecases.core import outbox
from tracker.usecases.emails.item_emails import item_messages_due
from tracker.usecases.emails.preferences import everyones_wishes
from tracker.usecases.events import occurrences

SOON_AFTER = timedelta(minutes=6)
JUST_BEFORE = timedelta(seconds=1)


class Assigned(Row, frozen=True, kw_only=True):
    """Who gave an item to whom, on a date of `origin` (`back` = 1 for the latest past one), and when it is due."""

    giver: str
    owner: str
    origin: str | None = None
    back: int = 1
    due: int
    """About so many days from today."""


class Step(Row, frozen=True, kw_only=True):
    """An update by the owner of an item, or by its giver, who cancels it."""

    ago: timedelta
    status: ItemStatus
    progress: int | None = None
    note: str = ""


class Errand(Row, frozen=True, kw_only=True):
    """An item, and what became of it."""

    title: str
    assigned: Assigned
    steps: tuple[Step, ...] = ()


ERRANDS = read_story("items", dict[str, tuple[Errand, ...]])["items"]


def give_items(story: Story, dates: Dates) -> None:
    """Write every item, and its updates, into the diary."""
    for errand in ERRANDS:
        assigned = errand.assigned
        past = [date for date in dates[assigned.origin] if date.ends_at < story.now] if assigned.origin else []
        origin = past[-assigned.back] if past else None
        given = origin.ends_at + SOON_AFTER if origin else story.now
        made: list[str] = []
        story.at(given, partial(_create, story, errand, origin, made))
        for number, step in enumerate(errand.steps, start=1):
            at = max(given + HOUR * number, story.now - step.ago - HOUR * number)
            story.at(at, partial(_update, story, errand, step, number, made))


async def _create(story: Story, errand: Errand, origin: Date | None, made: list[str], now: datetime) -> None:
    """Create an item, and add its reference to those that were made."""
    giver, owner = story.who(errand.assigned.giver), story.who(errand.assigned.owner)
    origin_id = None
    if origin and errand.assigned.origin:
        event_id = story.events[errand.assigned.origin]
        origin_id = (await occurrences.date_seen_by(giver, event_id, origin.key)).id
    day = to_local(now, story.zone).date()
    item = NewItem(
        title=errand.title,
        owner_id=owner.member_id,
        due=max(due_day(errand.assigned.due, story.today), day),
        seen_by=Visibility.LAW_ENFORCEMENT,
        origin_id=origin_id,
    )
    made.append(await action_items.create_item(giver, item, now, day))


async def _update(story: Story, errand: Errand, step: Step, version: int, made: list[str], now: datetime) -> None:
    editor = story.who(errand.assigned.giver if step.status is ItemStatus.CANCELED else errand.assigned.owner)
    change = ItemEdit(status=step.status, progress=step.progress, note=step.note)
    await action_items.save_item_edit(editor, made[0], change, version, now, to_local(now, story.zone).date())


async def remind_of_items(story: Story) -> None:
    """Queue the emails about items of the last morning, which are sent when the demo starts, however late it is."""
    _, morning = escalations.first_morning(story.today, story.zone, None)
    if morning > story.now:
        _, morning = escalations.first_morning(story.today - A_DAY, story.zone, None)
    drafts = await item_messages_due(morning - JUST_BEFORE, morning, story.zone, await everyones_wishes(), Escalation())
    await outbox.enqueue_all([replace(draft, not_after=None) for draft in drafts], story.now)
