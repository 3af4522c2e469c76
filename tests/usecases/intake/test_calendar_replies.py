"""What calendar programs reply by email counts once, in whatever order it comes, and only for the invited person."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.cast import NOW, Cast, meeting, operation
from tests.database.statements import noted
from tests.usecases.intake.replying import (
    APRIL,
    HOUR,
    LATER,
    MAY,
    MAYBE,
    NO,
    STRANGER,
    TEN_IN_APRIL,
    TEN_IN_MAY,
    YES,
    email,
    invited,
    on,
    reply_of,
    said,
    sent,
)
from tracker.database import writing
from tracker.rules.core.viewers import Origin, Status
from tracker.rules.events.plans import DateChange
from tracker.rules.events.replies import ReplyValue
from tracker.rules.intake.calendar_replies import DateNamed, Mismatch, ProposedTimes, ReplyOutcome, Sender
from tracker.tables.schema.intake import IncomingReply
from tracker.tables.schema.roster import Member
from tracker.usecases.events import occurrences, replies, scheduling
from tracker.usecases.intake import received_emails
from tracker.usecases.intake.received_emails import take_email
from tracker.usecases.roster import known_people

pytestmark = pytest.mark.both_engines


async def misfit_of() -> Mismatch:
    [row] = await IncomingReply.select(IncomingReply.misfit)
    return Mismatch(row["misfit"])


async def test_a_yes_is_recorded_with_its_note_and_how_it_came(cast: Cast) -> None:
    event_id = await invited(cast)
    assert await sent(cast.fbi_lead, event_id, comment="Late by ten") is ReplyOutcome.RECORDED
    assert await reply_of(cast.fbi_lead, event_id) == (YES, "email")


async def test_a_reply_takes_four_trips_to_the_database(sqlite_cast: Cast) -> None:
    event_id = await invited(sqlite_cast)
    one = await email(sqlite_cast.fbi_lead, event_id, await said(sqlite_cast.fbi_lead, event_id))
    with noted() as statements:
        assert await take_email(one) == [ReplyOutcome.RECORDED]
    assert statements.trips == 4


async def test_one_date_of_a_series_is_declined_alone(cast: Cast) -> None:
    event_id = await invited(cast, is_series=True)
    await sent(cast.fbi_lead, event_id)
    assert await sent(cast.fbi_lead, event_id, NO, date=on(TEN_IN_MAY)) is ReplyOutcome.RECORDED
    assert await reply_of(cast.fbi_lead, event_id, MAY) == (NO, "email")
    assert await reply_of(cast.fbi_lead, event_id, APRIL) == (YES, "email")


@pytest.mark.parametrize(
    "date",
    [
        DateNamed(moment=None, local=datetime(2027, 5, 11), is_day=True),  # noqa: DTZ001 - local to the event's zone
        DateNamed(moment=None, local=datetime(2027, 5, 11, 10)),  # noqa: DTZ001 - local to the event's zone
    ],
)
async def test_a_date_is_found_by_its_day_and_by_its_local_time(cast: Cast, date: DateNamed) -> None:
    event_id = await invited(cast, is_series=True)
    assert await sent(cast.fbi_lead, event_id, NO, date=date) is ReplyOutcome.RECORDED
    assert await reply_of(cast.fbi_lead, event_id, MAY) == (NO, "email")


async def test_the_same_email_again_changes_nothing(cast: Cast) -> None:
    event_id = await invited(cast)
    one = await email(cast.fbi_lead, event_id, await said(cast.fbi_lead, event_id))
    assert (await take_email(one), await take_email(one)) == ([ReplyOutcome.RECORDED], [ReplyOutcome.REPEATED])
    assert await IncomingReply.count() == 1


async def test_the_same_reply_in_another_email_is_a_repetition(cast: Cast) -> None:
    event_id = await invited(cast)
    one = await said(cast.fbi_lead, event_id)
    first = await take_email(await email(cast.fbi_lead, event_id, one, name="1" * 64))
    second = await take_email(await email(cast.fbi_lead, event_id, one, name="2" * 64))
    assert (first, second) == ([ReplyOutcome.RECORDED], [ReplyOutcome.REPEATED])


async def test_an_older_reply_that_comes_later_is_stale(cast: Cast) -> None:
    event_id = await invited(cast)
    await sent(cast.fbi_lead, event_id, NO, stamped_at=NOW + 2 * HOUR)
    assert await sent(cast.fbi_lead, event_id, YES) is ReplyOutcome.STALE
    assert (await reply_of(cast.fbi_lead, event_id))[0] is NO


async def test_a_reply_on_the_site_is_not_undone_by_an_older_email(cast: Cast) -> None:
    event_id = await invited(cast)
    date = await occurrences.nearest_date(cast.fbi_lead, event_id, NOW)
    await replies.record_own_reply(cast.fbi_lead, event_id, date.key, NO, "", NOW + 2 * HOUR, for_series=False)
    assert await sent(cast.fbi_lead, event_id) is ReplyOutcome.STALE
    assert await sent(cast.fbi_lead, event_id, MAYBE, stamped_at=NOW + 3 * HOUR) is ReplyOutcome.RECORDED


async def test_a_reply_to_a_time_that_has_changed_does_not_count(cast: Cast) -> None:
    event_id = await invited(cast, is_series=True)
    moved = DateChange(starts=datetime(2027, 4, 15, 13), duration=timedelta(minutes=90))  # noqa: DTZ001 - local
    await occurrences.change_occurrence(cast.coordinator, event_id, APRIL, moved, 1, NOW + HOUR)
    assert await sent(cast.fbi_lead, event_id, date=on(TEN_IN_APRIL)) is ReplyOutcome.OLD_TIME
    assert (await reply_of(cast.fbi_lead, event_id, APRIL))[0] is ReplyValue.NEEDS_ACTION
    assert await sent(cast.fbi_lead, event_id, date=on(TEN_IN_APRIL), sequence=1) is ReplyOutcome.RECORDED


async def test_a_yes_to_the_series_does_not_count_for_a_date_that_moved(cast: Cast) -> None:
    event_id = await invited(cast, is_series=True)
    await sent(cast.fbi_lead, event_id, date=on(TEN_IN_APRIL))
    moved = DateChange(starts=datetime(2027, 4, 15, 13), duration=timedelta(minutes=90))  # noqa: DTZ001 - local
    await occurrences.change_occurrence(cast.coordinator, event_id, APRIL, moved, 1, NOW + HOUR)
    assert await sent(cast.fbi_lead, event_id) is ReplyOutcome.RECORDED
    assert (await reply_of(cast.fbi_lead, event_id, APRIL))[0] is ReplyValue.NEEDS_ACTION
    assert (await reply_of(cast.fbi_lead, event_id, MAY))[0] is YES


async def test_a_reply_without_a_sequence_counts_by_its_time(cast: Cast) -> None:
    event_id = await invited(cast)
    await sent(cast.fbi_lead, event_id, NO, sequence=None)
    assert await sent(cast.fbi_lead, event_id, YES, sequence=None, stamped_at=NOW + 2 * HOUR) is ReplyOutcome.RECORDED


async def test_a_clock_of_the_future_does_not_outlast_the_next_reply(cast: Cast) -> None:
    event_id = await invited(cast)
    one = await said(cast.fbi_lead, event_id, NO, stamped_at=NOW + timedelta(days=900))
    await take_email(await email(cast.fbi_lead, event_id, one))
    other = await said(cast.fbi_lead, event_id, YES, stamped_at=LATER + HOUR)
    after = await email(cast.fbi_lead, event_id, other, name="2" * 64, received_at=LATER + HOUR)
    assert await take_email(after) == [ReplyOutcome.RECORDED]


@pytest.mark.parametrize(
    ("of_email", "of_reply", "expected"),
    [
        ({"sender": Sender(address=STRANGER, is_verified=True)}, {}, Mismatch.OTHER_SENDER),
        ({"sender": Sender(address="fbi_lead@fbi.example", is_verified=False)}, {}, Mismatch.UNVERIFIED),
        ({}, {"attendee": "fbi_alternate@fbi.example"}, Mismatch.OTHER_ATTENDEE),
        ({}, {"attendee": ""}, Mismatch.OTHER_ATTENDEE),
        ({}, {"uid": "another@tracker.example"}, Mismatch.NO_INVITATION),
        ({}, {"proposal": ProposedTimes(starts=on(TEN_IN_MAY)), "value": MAYBE}, Mismatch.PROPOSAL),
        ({}, {"value": None}, Mismatch.NO_REPLY),
        ({}, {"date": on(TEN_IN_MAY + HOUR)}, Mismatch.OTHER_DATE),
        ({"replies": ()}, {}, Mismatch.NO_REPLY),
        ({"invitation_id": None}, {}, Mismatch.NO_ADDRESS),
        ({"invitation_id": UUID(int=7)}, {}, Mismatch.NO_INVITATION),
    ],
)
async def test_what_is_not_the_invited_person_s_waits_and_changes_nothing(
    sqlite_cast: Cast, of_email: dict[str, object], of_reply: dict[str, object], expected: Mismatch
) -> None:
    cast, event_id = sqlite_cast, await invited(sqlite_cast, is_series=True)
    one = await said(cast.fbi_lead, event_id, **of_reply)
    assert await take_email(await email(cast.fbi_lead, event_id, one, **of_email)) == [ReplyOutcome.UNMATCHED]
    assert await misfit_of() is expected
    assert await reply_of(cast.fbi_lead, event_id) == (ReplyValue.NEEDS_ACTION, "")


async def test_nothing_is_kept_of_an_email_to_an_unknown_address_but_its_sender(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await invited(sqlite_cast)
    one = await said(cast.fbi_lead, event_id, comment="A secret")
    await take_email(await email(cast.fbi_lead, event_id, one, invitation_id=None))
    [row] = await IncomingReply.select()
    assert (row["comment"], row["reply"], row["invitation"]) == ("", None, None)


async def test_someone_who_may_no_longer_see_the_event_is_a_stranger(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    event_id = await scheduling.schedule_event(cast.fbi_lead, operation(cast.hsi_liaison), NOW)
    one = await said(cast.hsi_liaison, event_id)
    ready = await email(cast.hsi_liaison, event_id, one)
    event, plan = await scheduling.plan_to_change(cast.fbi_lead, event_id)
    await scheduling.change_event(
        cast.fbi_lead, event_id, replace(plan, invitees=meeting(cast.ipd_liaison).invitees), event.version, NOW
    )
    assert (await take_email(ready), await misfit_of()) == ([ReplyOutcome.UNMATCHED], Mismatch.NO_INVITATION)


async def test_someone_who_left_the_task_force_is_a_stranger(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await invited(sqlite_cast)
    ready = await email(cast.fbi_lead, event_id, await said(cast.fbi_lead, event_id))
    async with writing():
        await Member.update({Member.status: Status.DEPARTED}).where(Member.id == cast.fbi_lead.member_id)
    assert (await take_email(ready), await misfit_of()) == ([ReplyOutcome.UNMATCHED], Mismatch.NO_INVITATION)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [({"is_automatic": True}, ReplyOutcome.IGNORED), ({"is_readable": False}, ReplyOutcome.UNREADABLE)],
)
async def test_what_a_machine_wrote_or_no_one_can_read_is_noted(
    sqlite_cast: Cast, facts: dict[str, object], expected: ReplyOutcome
) -> None:
    event_id = await invited(sqlite_cast)
    one = await said(sqlite_cast.fbi_lead, event_id)
    assert await take_email(await email(sqlite_cast.fbi_lead, event_id, one, **facts)) == [expected]


async def test_a_reply_to_a_canceled_date_is_closed(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await invited(sqlite_cast, is_series=True)
    await occurrences.cancel_occurrence(cast.coordinator, event_id, MAY, 1, "", NOW)
    assert await sent(cast.fbi_lead, event_id, date=on(TEN_IN_MAY), sequence=1) is ReplyOutcome.CLOSED


async def test_both_replies_of_one_email_count(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await invited(sqlite_cast, is_series=True)
    both = [await said(cast.fbi_lead, event_id), await said(cast.fbi_lead, event_id, NO, date=on(TEN_IN_MAY))]
    assert await take_email(await email(cast.fbi_lead, event_id, *both)) == [ReplyOutcome.RECORDED] * 2
    assert [(await reply_of(cast.fbi_lead, event_id, key))[0] for key in (APRIL, MAY)] == [YES, NO]


SAID = st.tuples(
    st.sampled_from([YES, MAYBE, NO]), st.sampled_from([None, TEN_IN_APRIL, TEN_IN_MAY]), st.integers(0, 5)
)


@pytest.mark.both_engines
@given(said_before=st.lists(SAID, min_size=2, max_size=6, unique_by=lambda one: one[1:]), data=st.data())
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_order_and_any_repetition_end_in_the_same_state(
    cast: Cast, said_before: list[tuple[ReplyValue, datetime | None, int]], data: st.DataObject
) -> None:
    orders = [data.draw(st.permutations(said_before)) for _ in range(2)]
    ends = []
    for order in orders:
        await IncomingReply.delete(force=True)  # a sender has 60 emails taken in an hour
        event_id = await invited(cast, is_series=True)
        for value, moment, minute in [*order, *order[:2]]:
            date = on(moment) if moment else None
            await sent(cast.fbi_lead, event_id, value, date=date, stamped_at=NOW + timedelta(minutes=minute))
        ends.append([(await reply_of(cast.fbi_lead, event_id, key))[0] for key in ("2027-03-09", APRIL, MAY)])
    assert ends[0] == ends[1]


async def test_an_administrator_sees_who_sent_an_email_that_leads_nowhere_and_nothing_of_others(
    sqlite_cast: Cast,
) -> None:
    cast, event_id = sqlite_cast, await invited(sqlite_cast)
    one = await said(cast.fbi_lead, event_id, comment="A secret")
    await take_email(await email(cast.fbi_lead, event_id, one, name="1" * 64, invitation_id=None))
    await take_email(await email(cast.fbi_lead, event_id, one, name="2" * 64, invitation_id=UUID(int=7)))
    await take_email(await email(cast.fbi_lead, event_id, one, name="3" * 64, is_readable=False))
    seen = await received_emails.stray_emails(cast.administrator)
    assert [(shown.sender, shown.is_readable) for shown in seen] in (
        [(cast.fbi_lead.email, True), ("", False)],
        [("", False), (cast.fbi_lead.email, True)],
    )
    assert await received_emails.stray_emails(cast.fbi_lead) == []


async def test_the_uid_of_an_operation_is_kept_as_a_random_one_is(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await invited(sqlite_cast)
    operation_id = await scheduling.schedule_event(cast.fbi_lead, operation(cast.hsi_liaison), NOW)
    secret = await scheduling.event_seen_by(cast.hsi_liaison, operation_id)
    kept = []
    for number, uid in enumerate((secret.uid, "9a0c@tracker.example")):
        one = await said(cast.kcpd_detective, event_id, uid=uid)
        await take_email(await email(cast.kcpd_detective, event_id, one, name=str(number) * 64))
        [row] = await IncomingReply.select().where(IncomingReply.email_hash == str(number) * 64)
        kept.append({name: value for name, value in row.items() if name not in ("id", "email_hash")})
    assert kept[0] == kept[1]


async def test_a_reply_from_an_address_that_the_person_confirmed_counts_as_theirs(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await invited(sqlite_cast)
    await known_people.add_alias(cast.fbi_lead, "fbi+cal@fbi.example", NOW)
    sender = Sender(address="fbi+cal@fbi.example", is_verified=True)
    first = await email(cast.fbi_lead, event_id, await said(cast.fbi_lead, event_id), sender=sender)
    assert await take_email(first) == [ReplyOutcome.UNMATCHED]
    [alias] = await known_people.aliases_of(cast.fbi_lead)
    await known_people.confirm_alias(alias.id, NOW, Origin("link"))
    assert await take_email(replace(first, name="2" * 64)) == [ReplyOutcome.RECORDED]
    one = await said(cast.fbi_lead, event_id, NO, attendee="fbi+cal@fbi.example", stamped_at=NOW + 2 * HOUR)
    assert await take_email(await email(cast.fbi_lead, event_id, one, sender=sender)) == [ReplyOutcome.RECORDED]
