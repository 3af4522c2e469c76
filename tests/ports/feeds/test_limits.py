"""Feeds of one committee or one kind of event, and feeds with alarms, as a calendar program fetches them."""

from uuid import UUID

import httpx
import icalendar

from tests.cast import NOW, Cast, meeting, operation
from tests.ports.browser import Browser
from tracker.rules.calendars.feeds import NO_ALARMS, Alarms, AllDayAlarm, FeedLimit, FeedScope
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.events.events import Kind
from tracker.tables.schema.roster import Committee, SeatHolder
from tracker.usecases.calendars import subscriptions
from tracker.usecases.events.scheduling import schedule_event

BOTH = Alarms(minutes=15, all_day=AllDayAlarm.MORNING)


async def made(
    viewer: Viewer,
    only: FeedLimit,
    scope: FeedScope = FeedScope.ALL,
    alarms: Alarms = NO_ALARMS,
    *,
    shows_operations: bool = False,
) -> tuple[UUID, str]:
    """Return the id and the address of a new feed."""
    subscription_id, token = await subscriptions.create_subscription(
        viewer, "Phone", scope, NOW, only=only, alarms=alarms, shows_operations=shows_operations
    )
    return subscription_id, f"/feeds/{token}.ics"


def calendar_in(reply: httpx.Response) -> icalendar.Calendar:
    return icalendar.Calendar.from_ical(reply.content)


def titles(reply: httpx.Response) -> list[str]:
    return sorted(str(one["SUMMARY"]) for one in calendar_in(reply).walk("VEVENT"))


def without_moment(reply: httpx.Response) -> tuple[object, ...]:
    headers = sorted((name, value) for name, value in reply.headers.multi_items() if name != "date")
    return reply.status_code, headers, reply.content


async def of_all_sorts(cast: Cast) -> None:
    """Schedule a meeting of each committee, a training of one, and a training and an operation of none."""
    steering, enforcement = cast.committees["steering"], cast.committees["enforcement"]
    for title, kind, committee in (
        ("Steering", Kind.MEETING, steering),
        ("Steering drill", Kind.TRAINING, steering),
        ("Enforcement", Kind.MEETING, enforcement),
        ("Drill", Kind.TRAINING, None),
    ):
        sight = Visibility.COMMITTEE if committee == enforcement else Visibility.ALL
        plan = meeting(title=title, kind=kind, committee_id=committee, visibility=sight)
        await schedule_event(cast.coordinator, plan, NOW)
    await schedule_event(cast.coordinator, operation(cast.fbi_lead, committee_id=steering), NOW)


async def test_a_feed_holds_what_it_is_limited_to_and_nothing_else(cast: Cast, program: Browser) -> None:
    await of_all_sorts(cast)
    steering = cast.committees["steering"]
    for only, scope, expected in (
        (FeedLimit(committee_id=steering), FeedScope.ALL, ["Steering", "Steering drill"]),
        (FeedLimit(kind=Kind.TRAINING), FeedScope.ALL, ["Drill", "Steering drill"]),
        (FeedLimit(committee_id=steering, kind=Kind.TRAINING), FeedScope.ALL, ["Steering drill"]),
        (FeedLimit(committee_id=cast.committees["enforcement"]), FeedScope.ALL, ["Enforcement"]),
        (FeedLimit(committee_id=steering), FeedScope.MINE, []),
    ):
        _, address = await made(cast.fbi_lead, only, scope)
        assert titles(await program.get(address)) == expected


async def test_the_calendar_is_named_after_what_it_holds(cast: Cast, program: Browser) -> None:
    _, address = await made(cast.fbi_lead, FeedLimit(committee_id=cast.committees["steering"], kind=Kind.MEETING))
    name = str(calendar_in(await program.get(address))["NAME"])
    assert name.endswith(": Steering Committee meetings")


async def test_who_left_a_committee_and_who_is_on_a_closed_one_get_the_same_empty_calendar(
    cast: Cast, program: Browser
) -> None:
    await of_all_sorts(cast)
    steering = cast.committees["steering"]
    (_, left), (_, closed) = [
        await made(one, FeedLimit(committee_id=steering)) for one in (cast.fbi_lead, cast.hsi_liaison)
    ]
    assert len(titles(await program.get(left))) == len(titles(await program.get(closed))) == 2
    await SeatHolder.delete().where(SeatHolder.member == cast.fbi_lead.member_id)
    after_leaving = await program.get(left)
    assert titles(after_leaving) == []
    assert "Steering" not in after_leaving.text
    await Committee.update({Committee.status: "ended", Committee.name: "Renamed"}).where(Committee.id == steering)
    after_closing = await program.get(closed)
    assert without_moment(after_closing) == without_moment(after_leaving)
    assert without_moment(await program.get(left)) == without_moment(after_leaving)


async def test_what_is_outside_its_limit_or_unseen_moves_nothing_in_a_feed(cast: Cast, program: Browser) -> None:
    await of_all_sorts(cast)
    _, address = await made(cast.harbor_advocate, FeedLimit(kind=Kind.TRAINING))
    first = await program.get(address)
    known = {"If-None-Match": first.headers["etag"]}
    await schedule_event(cast.coordinator, meeting(title="Outside"), NOW)
    await schedule_event(cast.coordinator, operation(cast.fbi_lead, kind=Kind.TRAINING), NOW)
    again = await program.get(address, headers=known)
    assert (again.status_code, again.headers["last-modified"]) == (304, first.headers["last-modified"])
    await schedule_event(cast.coordinator, meeting(title="Within", kind=Kind.TRAINING), NOW)
    assert (await program.get(address, headers=known)).status_code == 200


async def test_a_restricted_event_is_in_no_feed_that_says_more_of_it_than_its_time(
    cast: Cast, program: Browser
) -> None:
    await of_all_sorts(cast)
    for only, expected in (
        (FeedLimit(committee_id=cast.committees["steering"]), ["Steering", "Steering drill"]),
        (FeedLimit(kind=Kind.JOINT_OPERATION), ["Operational period"]),
    ):
        _, address = await made(cast.fbi_lead, only, shows_operations=True)
        assert titles(await program.get(address)) == expected


async def test_other_alarms_are_another_calendar_and_the_same_alarms_the_same_bytes(
    cast: Cast, program: Browser
) -> None:
    await schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    subscription_id, address = await made(cast.fbi_lead, FeedLimit())
    silent = await program.get(address)
    assert calendar_in(silent).walk("VALARM") == []
    await subscriptions.change_subscription(
        cast.fbi_lead, subscription_id, "Phone", NOW, alarms=BOTH, shows_operations=False
    )
    loud = await program.get(address, headers={"If-None-Match": silent.headers["etag"]})
    assert loud.status_code == 200
    assert [str(one["DESCRIPTION"]) for one in calendar_in(loud).walk("VALARM")] == ["Monthly task force meeting"]
    _, another = await made(cast.hsi_liaison, FeedLimit(), alarms=BOTH)
    assert (await program.get(another)).content == loud.content
    known = {"If-None-Match": loud.headers["etag"]}
    assert (await program.get(address, headers=known)).status_code == 304
