"""Replies that people who can edit an event record for others: named, audited, and no more than the person's own."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.cast import NOW, Cast, meeting, operation
from tracker.errors import Conflict, Gone, Invalid, NotAllowed, NotFound
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.events import EventStatus, Kind
from tracker.rules.events.replies import ReplyValue
from tracker.rules.recurrence.series import rule_for_choice
from tracker.tables.schema.core.tables import AuditEntry, Message
from tracker.tables.visible import attendance
from tracker.usecases.events import occurrences, scheduling
from tracker.usecases.events import replies as reply_deeds
from tracker.usecases.events.recorded_replies import record_reply_for
from tracker.usecases.views import event_page

KEY, LATER = "2027-01-12", "2027-02-09"
MONTHLY = rule_for_choice("monthly_nth", meeting().starts, count=3)
YES, NO = ReplyValue.ACCEPTED, ReplyValue.DECLINED


async def asked(cast: Cast, *invitees: Viewer, **facts: Any) -> UUID:
    return await scheduling.schedule_event(cast.coordinator, meeting(*invitees, **facts), NOW - timedelta(days=1))


async def enter(
    viewer: Viewer, event_id: UUID, person: Viewer, value: ReplyValue = YES, *, for_series: bool = False, key: str = KEY
) -> None:
    await record_reply_for(viewer, event_id, key, person.member_id, value, "By telephone", NOW, for_series=for_series)


async def replies(viewer: Viewer, event_id: UUID, key: str = KEY) -> dict[str, tuple[ReplyValue, str]]:
    date = await occurrences.date_seen_by(viewer, event_id, key)
    return {one.name: (one.reply, one.entered_by) for one in await attendance.participants(viewer, date)}


async def test_the_list_names_who_entered_a_reply(cast: Cast) -> None:
    event_id = await asked(cast, cast.kcpd_detective, cast.caht_lead)
    await enter(cast.coordinator, event_id, cast.kcpd_detective)
    found = await replies(cast.coordinator, event_id)
    assert found["Kcpd detective"] == (YES, "Coordinator (USAO)")
    assert found["Caht lead"] == (ReplyValue.NEEDS_ACTION, "")


async def test_it_counts_for_one_date_or_for_the_series(cast: Cast) -> None:
    event_id = await asked(cast, cast.kcpd_detective, rule=MONTHLY)
    await enter(cast.coordinator, event_id, cast.kcpd_detective, YES, for_series=True)
    await enter(cast.coordinator, event_id, cast.kcpd_detective, NO, key=LATER)
    assert (await replies(cast.coordinator, event_id))["Kcpd detective"][0] is YES
    assert (await replies(cast.coordinator, event_id, LATER))["Kcpd detective"][0] is NO


async def test_the_person_sees_who_entered_it_and_has_the_last_word(cast: Cast) -> None:
    event_id = await asked(cast, cast.kcpd_detective)
    await enter(cast.coordinator, event_id, cast.kcpd_detective)
    date = await occurrences.date_seen_by(cast.kcpd_detective, event_id, KEY)
    mine = await reply_deeds.my_reply(cast.kcpd_detective, date)
    assert mine is not None
    assert mine[1] is not None
    assert (mine[1].value, mine[1].entered_by) == (YES, "Coordinator (USAO)")
    later = NOW + timedelta(minutes=1)
    await reply_deeds.record_own_reply(cast.kcpd_detective, event_id, KEY, NO, "", later, for_series=False)
    assert (await replies(cast.coordinator, event_id))["Kcpd detective"] == (NO, "")


async def test_nobody_is_mailed_and_the_trail_names_both(cast: Cast) -> None:
    event_id = await asked(cast, cast.kcpd_detective)
    before = await Message.count()
    await enter(cast.coordinator, event_id, cast.kcpd_detective)
    assert await Message.count() == before
    [entry] = await AuditEntry.select().where(AuditEntry.verb == "replied_for")
    date = await occurrences.date_seen_by(cast.kcpd_detective, event_id, KEY)
    mine = await reply_deeds.my_reply(cast.kcpd_detective, date)
    assert mine is not None
    assert (entry["actor"], entry["subject_id"]) == (str(cast.coordinator.member_id), str(mine[0]))


async def test_only_who_may_edit_the_event_replies_for_others(cast: Cast) -> None:
    event_id = await asked(cast, cast.kcpd_detective, cast.kcpd_alternate)
    with pytest.raises(NotAllowed):
        await enter(cast.kcpd_alternate, event_id, cast.kcpd_detective)
    view = await event_page.view_event(cast.kcpd_alternate, event_id, KEY, NOW)
    assert view.answerable == ()


async def test_nobody_replies_for_who_is_not_invited_or_is_unknown_alike(cast: Cast) -> None:
    event_id = await asked(cast, cast.kcpd_detective)
    said = set()
    for somebody in (cast.bridge_advocate.member_id, uuid4(), None, cast.coordinator.member_id):
        with pytest.raises(Invalid) as refused:
            await record_reply_for(cast.coordinator, event_id, KEY, somebody, YES, "", NOW, for_series=False)
        said.add(refused.value.fields["person"])
    assert said == {"Choose one of the invited people."}


async def test_an_event_that_is_not_for_the_viewer_is_missing(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective), NOW)
    with pytest.raises(NotFound):
        await enter(cast.coordinator, event_id, cast.kcpd_detective, key="2027-01-16")


@pytest.mark.parametrize("facts", [{"status": EventStatus.DRAFT}, {"kind": Kind.DEADLINE}], ids=["draft", "deadline"])
async def test_where_nobody_is_asked_nothing_is_recorded(cast: Cast, facts: dict[str, Any]) -> None:
    event_id = await asked(cast, cast.kcpd_detective, **facts)
    with pytest.raises(Conflict):
        await enter(cast.coordinator, event_id, cast.kcpd_detective)


async def test_a_date_that_is_canceled_or_over_takes_no_replies(cast: Cast) -> None:
    event_id = await asked(cast, cast.kcpd_detective)
    with pytest.raises(Gone):
        await record_reply_for(
            cast.coordinator,
            event_id,
            KEY,
            cast.kcpd_detective.member_id,
            YES,
            "",
            NOW + timedelta(days=40),
            for_series=True,
        )
    await scheduling.cancel_event(cast.coordinator, event_id, 1, "", NOW)
    with pytest.raises(Gone):
        await enter(cast.coordinator, event_id, cast.kcpd_detective)
