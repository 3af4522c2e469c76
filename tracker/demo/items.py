"""The action items of the demo: open, in progress, blocked, overdue, done; each assigned on a date that took place."""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from tracker.demo.days import A_DAY, due_day
from tracker.demo.story import Date, Story
from tracker.rules.actions.action_items import ItemEdit, ItemStatus, NewItem
from tracker.rules.core.audiences import Visibility
from tracker.rules.core.wall_clock import to_local
from tracker.rules.emails import item_days
from tracker.rules.emails.escalation import Escalation
from tracker.usecases.actions import action_items
from tracker.usecases.core import outbox
from tracker.usecases.emails.item_days import item_emails
from tracker.usecases.emails.preferences import everyones_wishes
from tracker.usecases.events import occurrences

OPEN, UNDERWAY, BLOCKED, DONE, CANCELED = ItemStatus
SOON_AFTER = timedelta(minutes=6)
JUST_BEFORE = timedelta(seconds=1)
EIGHT_MORNINGS = 8 + 7 / 24
"""Days ago of a first step that was eight days before the day of the last morning, at 8:00."""


class Step(Struct, frozen=True, kw_only=True):
    """An update by the owner of an item, some days ago."""

    ago: float  # days
    status: ItemStatus
    progress: int | None = None
    note: str = ""


class Errand(Struct, frozen=True, kw_only=True):
    """An item: assigned on a date of `origin` (`back` = 1 for the latest past one), due about `due` days from today."""

    title: str
    owner: str
    giver: str
    origin: str | None
    back: int = 1
    due: int
    steps: tuple[Step, ...] = ()


ERRANDS = (
    Errand(
        title="Send the on-call contact list",
        owner="hsi_liaison",
        giver="coordinator",
        origin="monthly",
        back=2,
        due=-4,
        steps=(Step(ago=12, status=UNDERWAY, progress=50, note="Two agencies still missing."),),
    ),
    Errand(
        title="Confirm the interpreter list",
        owner="caht_lead",
        giver="coordinator",
        origin="monthly",
        back=2,
        due=3,
        steps=(Step(ago=6, status=UNDERWAY, progress=25, note="Spanish and Mandarin are confirmed."),),
    ),
    Errand(
        title="Draft the outreach flyer",
        owner="caht_outreach",
        giver="caht_lead",
        origin="partners",
        back=2,
        due=-1,
        steps=(Step(ago=9, status=UNDERWAY, progress=60), Step(ago=3, status=DONE, note="Printed.")),
    ),
    Errand(
        title="Update the referral sheet",
        owner="shelter_lead",
        giver="caht_lead",
        origin="services",
        back=1,
        due=5,
        steps=(Step(ago=EIGHT_MORNINGS, status=BLOCKED, progress=30, note="Waiting on two new phone numbers."),),
    ),
    Errand(
        title="Book the training room",
        owner="caht_training",
        giver="coordinator",
        origin="monthly",
        back=3,
        due=-30,
        steps=(Step(ago=34, status=DONE),),
    ),
    Errand(
        title="Collect signed partnership agreements",
        owner="attorney",
        giver="coordinator",
        origin="steering",
        back=2,
        due=12,
        steps=(Step(ago=8, status=UNDERWAY, progress=75),),
    ),
    Errand(
        title="Share the evidence checklist",
        owner="fbi_agent",
        giver="fbi_lead",
        origin="case_call",
        back=4,
        due=-10,
        steps=(Step(ago=12, status=DONE, note="In the shared folder."),),
    ),
    Errand(
        title="Test the shared radio channel",
        owner="kcpd_detective",
        giver="fbi_lead",
        origin="case_call",
        back=2,
        due=2,
        steps=(Step(ago=1, status=UNDERWAY, progress=10),),
    ),
    Errand(
        title="List hotels for the next outreach visit",
        owner="kcpd_analyst",
        giver="coordinator",
        origin="monthly",
        back=2,
        due=0,
    ),
    Errand(
        title="Set legal clinic dates", owner="bridge_attorney", giver="caht_lead", origin="partners", back=2, due=-2
    ),
    Errand(
        title="Count available shelter beds", owner="night_lead", giver="caht_lead", origin="capacity", back=1, due=4
    ),
    Errand(
        title="Check the transportation vouchers",
        owner="advocate",
        giver="caht_lead",
        origin="capacity",
        back=3,
        due=1,
        steps=(Step(ago=2, status=UNDERWAY, progress=40, note="Eight left."),),
    ),
    Errand(
        title="Assign two officers to the exercise",
        owner="kcpd_detective",
        giver="coordinator",
        origin="monthly",
        back=2,
        due=-3,
    ),
    Errand(
        title="Update the printed phone list",
        owner="ipd_liaison",
        giver="coordinator",
        origin="monthly",
        back=4,
        due=-60,
        steps=(Step(ago=70, status=CANCELED, note="Replaced by the online list."),),
    ),
    Errand(
        title="Invite a speaker for the next meeting",
        owner="coordinator",
        giver="coordinator",
        origin="steering",
        due=5,
    ),
    Errand(
        title="Confirm the staging lots",
        owner="fbi_lead",
        giver="fbi_lead",
        origin="case_call",
        back=2,
        due=6,
        steps=(Step(ago=1, status=UNDERWAY, progress=50),),
    ),
    Errand(title="Bring the county map to the fair", owner="kcpd_detective", giver="coordinator", origin=None, due=8),
)


def give(story: Story, dates: dict[str, list[Date]]) -> None:
    """Write every item, and its updates, into the diary."""
    for errand in ERRANDS:
        _give(story, errand, _origin(story, errand, dates))


async def remind(story: Story) -> None:
    """Queue the emails about items of the last morning, which are sent when the demo starts, however late it is."""
    wishes, morning = await everyones_wishes(), _last_morning(story)
    drafts = await item_emails(morning - JUST_BEFORE, morning, story.zone, wishes, Escalation())
    await outbox.enqueue_all([replace(draft, not_after=None) for draft in drafts], story.now)


def _last_morning(story: Story) -> datetime:
    today = to_local(story.now, story.zone).date()
    _, morning = item_days.first_morning(today, story.zone, None)
    return morning if morning <= story.now else item_days.first_morning(today - A_DAY, story.zone, None)[1]


def _origin(story: Story, errand: Errand, dates: dict[str, list[Date]]) -> Date | None:
    past = [date for date in dates[errand.origin] if date.ends_at < story.now] if errand.origin else []
    return past[-errand.back] if past else None


def _give(story: Story, errand: Errand, origin: Date | None) -> None:
    giver, owner = story.who(errand.giver), story.who(errand.owner)
    given = origin.ends_at + SOON_AFTER if origin else story.now
    made: dict[str, str] = {}

    async def create(now: datetime) -> None:
        day = to_local(now, story.zone).date()
        due = due_day(errand.due, to_local(story.now, story.zone).date())
        made["reference"] = await action_items.create_item(
            giver,
            NewItem(
                title=errand.title,
                owner_id=owner.member_id,
                due=max(due, day),
                seen_by=Visibility.LAW_ENFORCEMENT,
                origin_id=await _origin_id(story, errand, origin) if origin else None,
            ),
            now,
            day,
        )

    story.at(given, create)
    for number, step in enumerate(errand.steps, start=1):
        at = max(given + timedelta(hours=number), story.now - timedelta(days=step.ago, hours=number))
        _step(story, errand, step, number, at, made)


def _step(story: Story, errand: Errand, step: Step, version: int, at: datetime, made: dict[str, str]) -> None:
    who = story.who(errand.giver if step.status is CANCELED else errand.owner)

    async def update(now: datetime) -> None:
        change = ItemEdit(status=step.status, progress=step.progress, note=step.note)
        await action_items.save_item_edit(
            who, made["reference"], change, version, now, to_local(now, story.zone).date()
        )

    story.at(at, update)


async def _origin_id(story: Story, errand: Errand, origin: Date) -> UUID:
    assert errand.origin is not None  # noqa: S101 - only an errand with an origin has a date of it
    date = await occurrences.date_seen_by(story.who(errand.giver), story.events[errand.origin], origin.key)
    return date.id
