"""What the form says of the mails is what is queued, whatever is changed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.cast import NOW, Cast, meeting
from tracker.rules.audiences import Visibility
from tracker.rules.invitations import AttendeeRole
from tracker.rules.meetings import EventStatus
from tracker.rules.notices import NO_MAIL
from tracker.rules.outbox import MessageKind, Skip, State
from tracker.rules.people import Viewer
from tracker.rules.planning import DateChange, Plan, from_date
from tracker.rules.recurrence import rule_for
from tracker.tables.outbox import Message
from tracker.usecases import meeting_dates, meetings, outbox, previews, series_parts

pytestmark = pytest.mark.anyio

STARTS = meeting().starts
AN_HOUR = timedelta(hours=1)
WEEKLY = rule_for("weekly", STARTS, count=6)
RUNNING = datetime(2027, 1, 20, tzinfo=UTC)
"""After the first two dates of the series."""
Mails = set[tuple[str, str]]


async def scheduled(cast: Cast, **facts: Any) -> UUID:
    """Schedule for three people whose invitations are out."""
    plan = meeting(cast.fbi_lead, cast.caht_lead, cast.hsi_liaison, **facts)
    event_id = await meetings.schedule(cast.coordinator, plan, NOW - AN_HOUR)
    for one in await outbox.claim("test", (), NOW, 1_000):
        await outbox.close(one, Skip(state=State.SENT, reason=""), NOW)
    return event_id


async def queued(cast: Cast) -> Mails:
    names = {one.member_id: name for name, one in cast.members.items()}
    found = await Message.select(Message.kind, Message.recipient).where(Message.state == "pending")
    return {(row["kind"], names[row["recipient"]]) for row in found}


def all_of(kind: str, *names: str) -> Mails:
    return {(kind, name) for name in names or ("fbi_lead", "caht_lead", "hsi_liaison")}


def without(*who: str) -> Callable[[Cast, Plan], Plan]:
    return lambda cast, plan: replace(plan, invitees={
        one: role for one, role in plan.invitees.items() if one not in {cast.members[name].member_id for name in who}
    })  # fmt: skip


def beside(plan: Plan, *who: Viewer) -> Plan:
    return replace(plan, invitees={**plan.invitees, **{one.member_id: AttendeeRole.REQUIRED for one in who}})


def but(**facts: Any) -> Callable[[Cast, Plan], Plan]:
    return lambda _, plan: replace(plan, **facts)


EDITS: dict[str, tuple[dict[str, Any], Callable[[Cast, Plan], Plan], bool, datetime, Mails]] = {
    "nothing": ({}, but(), False, NOW, set()),
    "a typo in the notes": ({}, but(description="Typo"), False, NOW, set()),
    "a typo, and they are to be told": ({}, but(description="Typo"), True, NOW, all_of("update")),
    "another hour": ({}, but(starts=STARTS + AN_HOUR), False, NOW, all_of("update")),
    "another place": ({}, but(place="Annex"), False, NOW, all_of("update")),
    "another video link": ({}, but(video_link="https://video.example/1"), False, NOW, all_of("update")),
    "somebody less": ({}, without("caht_lead"), False, NOW, all_of("withdrawal", "caht_lead")),
    "somebody more": (
        {}, lambda cast, plan: beside(plan, cast.ipd_liaison), False, NOW, all_of("invitation", "ipd_liaison"),
    ),
    "somebody less, somebody more and another place": (
        {}, lambda cast, plan: beside(without("caht_lead")(cast, replace(plan, place="Annex")), cast.ipd_liaison),
        False, NOW,
        all_of("withdrawal", "caht_lead") | all_of("invitation", "ipd_liaison")
        | all_of("update", "fbi_lead", "hsi_liaison"),
    ),
    "for named people from now on": ({}, but(visibility=Visibility.NAMED), False, NOW, all_of("update")),
    "a draft that stays one": (
        {"status": EventStatus.DRAFT}, but(starts=STARTS + AN_HOUR, status=EventStatus.DRAFT), True, NOW, set(),
    ),
    "a draft that is sent to fewer people": (
        {"status": EventStatus.DRAFT}, lambda cast, plan: replace(
            without("caht_lead")(cast, plan), status=EventStatus.CONFIRMED
        ), False, NOW, all_of("invitation", "fbi_lead", "hsi_liaison"),
    ),
    "a series that ends later": (
        {"rule": WEEKLY}, but(rule=rule_for("weekly", STARTS, count=9)), False, RUNNING, all_of("update"),
    ),
    "another hour before a series begins": (
        {"rule": WEEKLY}, but(starts=STARTS + AN_HOUR), False, NOW, all_of("update"),
    ),
    "another hour of a running series": (
        {"rule": WEEKLY}, but(starts=STARTS + AN_HOUR), False, RUNNING, all_of("update") | all_of("invitation"),
    ),
    "another hour of a running series without somebody": (
        {"rule": WEEKLY}, lambda cast, plan: without("fbi_lead")(cast, replace(plan, starts=STARTS + AN_HOUR)),
        False, RUNNING,
        all_of("withdrawal", "fbi_lead") | all_of("update", "caht_lead", "hsi_liaison")
        | all_of("invitation", "caht_lead", "hsi_liaison"),
    ),
}  # fmt: skip
"""Edit → the event, what it becomes, whether people are to be told of small things, when, and the mails."""


@pytest.mark.parametrize("name", EDITS)
async def test_what_the_form_of_an_event_says_is_what_is_queued(cast: Cast, name: str) -> None:
    facts, edit, notify, now, expected = EDITS[name]
    event_id = await scheduled(cast, **facts)
    event, before = await meetings.plan_to_change(cast.coordinator, event_id)
    plan = edit(cast, before)
    told = previews.mails(event, plan, await previews.outlook(cast.coordinator, event, now), notify=notify)
    await meetings.change(cast.coordinator, event_id, plan, 1, now, notify=notify)
    names = {one.member_id: name for name, one in cast.members.items()}
    assert await queued(cast) == {(kind.value, names[one]) for kind, one in told.mails} == expected


async def test_what_the_form_says_of_a_date_and_all_that_follow_is_what_is_queued(cast: Cast) -> None:
    event_id = await scheduled(cast, rule=WEEKLY)
    event, before = await meetings.plan_to_change(cast.coordinator, event_id)
    known = await previews.outlook(cast.coordinator, event, NOW, "2027-01-26")
    assert known.first is not None
    plan = without("fbi_lead")(cast, from_date(before, known.first.original_start))
    told = previews.mails(event, plan, known, notify=False)
    await series_parts.change_from(cast.coordinator, event_id, "2027-01-26", plan, 1, NOW, notify=False)
    names = {one.member_id: name for name, one in cast.members.items()}
    assert await queued(cast) == {(kind.value, names[one]) for kind, one in told.mails}
    assert ("withdrawal", "fbi_lead") in await queued(cast)


@pytest.mark.parametrize(("change", "notify", "expected"), [
    ({}, False, set()), ({"title": "Typo"}, False, set()), ({"title": "Typo"}, True, all_of("update")),
    ({"place": "Annex"}, False, all_of("update")), ({"starts": STARTS + AN_HOUR}, False, all_of("update")),
    ({"duration": AN_HOUR}, False, all_of("update")),
])  # fmt: skip
async def test_what_the_form_of_one_date_says_is_what_is_queued(
    cast: Cast, change: dict[str, Any], notify: bool, expected: Mails
) -> None:
    event_id = await scheduled(cast, rule=WEEKLY)
    date = await meeting_dates.date_for(cast.coordinator, event_id, "2027-01-12")
    wanted = DateChange(**{"starts": STARTS, "duration": timedelta(minutes=90), **change})
    told = await previews.mails_of_date(date, wanted, notify=notify)
    await meeting_dates.change_date(cast.coordinator, event_id, date.key, wanted, 1, NOW, notify=notify)
    assert await queued(cast) == expected
    assert len(told.mails) == len(expected)


async def test_a_cancellation_goes_to_everybody_but_the_lead_and_of_a_draft_to_nobody(cast: Cast) -> None:
    for facts in ({}, {"status": EventStatus.DRAFT, "rule": WEEKLY}):
        event_id = await scheduled(cast, **facts)
        if facts:
            await meeting_dates.cancel_date(cast.coordinator, event_id, "2027-01-19", 1, "", NOW)
        else:
            await meetings.cancel(cast.coordinator, event_id, 1, "", NOW)
    assert await queued(cast) == all_of(MessageKind.CANCELLATION.value)


async def test_the_words_count_each_kind_and_end_with_nobody_else(cast: Cast) -> None:
    event_id = await scheduled(cast)
    event, before = await meetings.plan_to_change(cast.coordinator, event_id)
    known = await previews.outlook(cast.coordinator, event, NOW)
    said = {
        previews.mails(event, plan, known, notify=False).words
        for plan in (
            before, replace(without("caht_lead")(cast, before), place="Annex"), beside(before, cast.ipd_liaison),
        )
    }  # fmt: skip
    assert said == {
        NO_MAIL,
        "1 person is taken off the list and told; 2 people get an update; nobody else.",
        "1 person gets an invitation; nobody else.",
    }
