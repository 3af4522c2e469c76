"""An email that was not recorded waits only while someone has to decide about it, and no sender hides another."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.cast import NOW, Cast
from tests.usecases.intake.replying import (
    DECIDED_AT,
    FIRST_KEY,
    HOUR,
    LATER,
    MAYBE,
    NO,
    PRIVATE_OF_BUREAU,
    STRANGER,
    YES,
    email,
    emails_of_date,
    invited,
    on,
    reply_from_private_address,
    reply_of,
    said,
)
from tests.usecases.intake.world import undo_newest_change
from tests.usecases.intake.world import write_back as wrote
from tracker.errors import Conflict
from tracker.rules.events.notifications import Notify
from tracker.rules.intake.calendar_replies import CalendarReply, ReplyOutcome, Sender, Settled
from tracker.tables.schema.intake import IncomingReply
from tracker.usecases.events import occurrences, replies, scheduling
from tracker.usecases.intake import unrecorded_replies
from tracker.usecases.intake.item_emails import waiting_emails
from tracker.usecases.intake.received_emails import take_email

pytestmark = pytest.mark.both_engines

TEN_IN_JANUARY = datetime(2027, 1, 12, 16, tzinfo=UTC)


async def moved(cast: Cast, event_id: UUID, now: datetime) -> None:
    """Move the meeting by two hours, so that everyone is asked again."""
    event, known = await scheduling.plan_to_change(cast.coordinator, event_id)
    later = replace(known, starts=known.starts + 2 * HOUR)
    await scheduling.change_event(cast.coordinator, event_id, later, event.version, now, notify=Notify.ALL)


async def settled(cast: Cast, event_id: UUID, now: datetime = DECIDED_AT) -> list[Settled | None]:
    """Return why each email needs no decision, after checking that the home page counts exactly the others."""
    found = await emails_of_date(cast, event_id, now=now)
    counted = sum(len(came) for _, came in (await waiting_emails(cast.coordinator, now)).dates)
    assert counted == len(found.waiting) + found.more
    return [one.reply.settled for one in [*found.waiting, *found.settled]]


async def came(cast: Cast, event_id: UUID, one: CalendarReply, sender: Sender, **facts: object) -> list[str]:
    return list(await take_email(await email(cast.fbi_lead, event_id, one, sender=sender, **facts)))


async def test_a_reply_of_the_person_to_an_old_time_or_a_canceled_date_is_listed_and_waits_for_no_one(
    cast: Cast,
) -> None:
    event_id = await invited(cast)
    own = Sender(address=cast.fbi_lead.email, is_verified=True)
    await moved(cast, event_id, LATER)
    assert await came(cast, event_id, await said(cast.fbi_lead, event_id), own) == [ReplyOutcome.OLD_TIME]
    assert await settled(cast, event_id) == [Settled.OLD_TIME]
    version = (await scheduling.event_seen_by(cast.coordinator, event_id)).version
    await scheduling.cancel_event(cast.coordinator, event_id, version, "", LATER)
    late = await said(cast.fbi_lead, event_id, NO, sequence=9, stamped_at=DECIDED_AT)
    assert await came(cast, event_id, late, own, received_at=DECIDED_AT) == [ReplyOutcome.CLOSED]
    assert await settled(cast, event_id) == [Settled.CLOSED, Settled.OLD_TIME]


async def test_an_email_waits_until_the_date_is_over_or_canceled(cast: Cast) -> None:
    event_id = await invited(cast)
    row = await reply_from_private_address(cast, event_id)
    assert await settled(cast, event_id) == [None]
    assert await settled(cast, event_id, datetime(2027, 1, 13, tzinfo=UTC)) == [Settled.CLOSED]
    await occurrences.cancel_occurrence(cast.coordinator, event_id, FIRST_KEY, 1, "", DECIDED_AT)
    assert await settled(cast, event_id) == [Settled.CLOSED]
    with pytest.raises(Conflict, match="over or canceled"):
        await unrecorded_replies.dismiss_reply(cast.coordinator, event_id, FIRST_KEY, row, DECIDED_AT)


async def test_an_email_waits_until_the_person_is_asked_again(cast: Cast) -> None:
    event_id = await invited(cast)
    await reply_from_private_address(cast, event_id, sequence=None)
    await reply_from_private_address(cast, event_id, sequence=0, attendee=cast.kcpd_detective.email)
    await moved(cast, event_id, DECIDED_AT)
    assert await settled(cast, event_id) == [Settled.OLD_TIME, Settled.OLD_TIME]


async def test_an_email_waits_until_the_person_replies_on_the_site(cast: Cast) -> None:
    event_id = await invited(cast)
    await replies.record_own_reply(cast.fbi_lead, event_id, FIRST_KEY, MAYBE, "", NOW, for_series=False)
    await reply_from_private_address(cast, event_id)
    assert await settled(cast, event_id) == [None]
    await replies.record_own_reply(cast.kcpd_detective, event_id, FIRST_KEY, NO, "", DECIDED_AT, for_series=False)
    assert await settled(cast, event_id) == [None]
    await replies.record_own_reply(cast.fbi_lead, event_id, FIRST_KEY, NO, "", DECIDED_AT, for_series=False)
    assert await settled(cast, event_id) == [Settled.REPLIED]


async def test_a_member_s_reply_in_another_person_s_email_waits_until_the_sender_replies(cast: Cast) -> None:
    event_id = await invited(cast)
    detective = Sender(address=cast.kcpd_detective.email, is_verified=True)
    await reply_from_private_address(cast, event_id, NO, sender=detective)
    await replies.record_own_reply(cast.fbi_lead, event_id, FIRST_KEY, YES, "", DECIDED_AT, for_series=False)
    assert await settled(cast, event_id) == [None]
    [one] = (await emails_of_date(cast, event_id)).waiting
    assert one.person_id == cast.kcpd_detective.member_id
    await replies.record_own_reply(cast.kcpd_detective, event_id, FIRST_KEY, NO, "", DECIDED_AT, for_series=False)
    [one] = (await emails_of_date(cast, event_id)).settled
    assert one.reply.why == "It didn’t come from their address. No decision is needed: the sender has replied since."


@pytest.mark.parametrize(("stamped", "why"), [(NOW + 2 * HOUR, Settled.REPLIED), (NOW, None)])
async def test_an_email_waits_until_the_person_s_newer_email_counts_in_whatever_order_they_come(
    cast: Cast, stamped: datetime, why: Settled | None
) -> None:
    event_id = await invited(cast)
    await reply_from_private_address(cast, event_id)
    own = Sender(address=cast.fbi_lead.email, is_verified=True)
    newer = await said(cast.fbi_lead, event_id, NO, stamped_at=stamped)
    assert await came(cast, event_id, newer, own, received_at=DECIDED_AT) == [ReplyOutcome.RECORDED]
    assert await settled(cast, event_id) == [why]


async def test_what_a_decision_recorded_settles_what_came_before_and_undo_lets_it_wait_again(cast: Cast) -> None:
    event_id = await invited(cast)
    for number in (1, 2):
        sender = Sender(address=f"{number}@home.example", is_verified=True)
        stamped = NOW + number * HOUR
        newest = await reply_from_private_address(
            cast, event_id, sender=sender, stamped_at=stamped, comment=str(number)
        )
    both = (await emails_of_date(cast, event_id)).waiting
    newest = next(one.reply.id for one in both if one.reply.comment == "2")
    await unrecorded_replies.attach_reply(
        cast.coordinator, event_id, FIRST_KEY, newest, cast.fbi_lead.member_id, DECIDED_AT
    )
    assert [one.reply.waits for one in (await emails_of_date(cast, event_id)).settled] == [False, False]
    assert await unrecorded_replies.undo_reply_decision(cast.coordinator, event_id, FIRST_KEY, newest, DECIDED_AT)
    assert await settled(cast, event_id) == [None, None]


async def test_an_undone_reply_by_email_settles_nothing_and_what_waited_can_be_attached(cast: Cast) -> None:
    event_id = await invited(cast)
    row = await reply_from_private_address(cast, event_id, NO)
    await wrote(cast.fbi_lead, "NO", DECIDED_AT)
    assert await settled(cast, event_id) == [Settled.REPLIED]
    await undo_newest_change(DECIDED_AT + HOUR)
    assert await settled(cast, event_id, DECIDED_AT + HOUR) == [None]
    await unrecorded_replies.attach_reply(
        cast.coordinator, event_id, FIRST_KEY, row, cast.fbi_lead.member_id, DECIDED_AT + 2 * HOUR
    )
    assert (await reply_of(cast.fbi_lead, event_id))[0] is NO


async def test_a_reply_to_a_series_settles_the_emails_about_it_and_of_dates_without_a_reply_of_their_own(
    cast: Cast,
) -> None:
    event_id = await invited(cast, is_series=True)
    await reply_from_private_address(cast, event_id)
    await reply_from_private_address(cast, event_id, date=on(TEN_IN_JANUARY))
    assert await settled(cast, event_id) == [None, None]
    await replies.record_own_reply(cast.fbi_lead, event_id, FIRST_KEY, NO, "", DECIDED_AT, for_series=False)
    assert sorted(map(str, await settled(cast, event_id))) == ["None", Settled.REPLIED]
    await replies.record_own_reply(cast.fbi_lead, event_id, FIRST_KEY, NO, "", DECIDED_AT, for_series=True)
    assert await settled(cast, event_id) == [Settled.REPLIED, Settled.REPLIED]


async def test_the_newest_email_of_a_confirmed_sender_replaces_the_older_ones(cast: Cast) -> None:
    event_id = await invited(cast)
    await reply_from_private_address(cast, event_id)
    again = await said(cast.fbi_lead, event_id, NO)
    await came(cast, event_id, again, PRIVATE_OF_BUREAU, received_at=DECIDED_AT)
    assert await settled(cast, event_id) == [None, Settled.WROTE_AGAIN]
    [shown] = (await emails_of_date(cast, event_id)).waiting
    await unrecorded_replies.dismiss_reply(cast.coordinator, event_id, FIRST_KEY, shown.reply.id, DECIDED_AT)
    assert (await emails_of_date(cast, event_id)).waiting == []


async def test_an_unconfirmed_email_is_replaced_only_by_one_that_says_the_same(cast: Cast) -> None:
    event_id = await invited(cast)
    forged = Sender(address=cast.fbi_lead.email, is_verified=False)
    for number, value in enumerate([YES, YES, NO]):
        one = await said(cast.fbi_lead, event_id, value)
        await came(cast, event_id, one, forged, received_at=DECIDED_AT + number * HOUR, name=f"{number:064}")
    assert await settled(cast, event_id) == [None, None, Settled.WROTE_AGAIN]


async def test_an_email_that_says_nothing_waits_for_no_one_and_a_note_waits_to_be_read(cast: Cast) -> None:
    event_id = await invited(cast, is_series=True)
    own = Sender(address=cast.fbi_lead.email, is_verified=True)
    elsewhere = await said(cast.fbi_lead, event_id, date=on(datetime(2027, 1, 13, 15, tzinfo=UTC)))
    foreign = await said(cast.fbi_lead, event_id, uid="another@x.example", comment="Hello")
    nothing, note = [await said(cast.fbi_lead, event_id, None, comment=one) for one in ("", "May I bring a guest?")]
    for one in (elsewhere, foreign, nothing):
        await came(cast, event_id, one, own)
    assert await settled(cast, event_id) == [Settled.NOTHING] * 3
    await came(cast, event_id, note, own, received_at=DECIDED_AT)
    assert (await settled(cast, event_id))[0] is None


@pytest.mark.parametrize("is_verified", [True, False])
async def test_no_sender_hides_what_another_wrote_and_all_can_be_decided(cast: Cast, is_verified: bool) -> None:
    event_id = await invited(cast, is_series=True)
    genuine = await reply_from_private_address(cast, event_id)
    facts = {"stamped_at": None, "attendee": STRANGER}
    for number in range(30):
        one = await said(cast.fbi_lead, event_id, comment=str(number), **facts)
        sender = Sender(address=f"{number % 2}@elsewhere.example", is_verified=is_verified)
        await came(cast, event_id, one, sender, received_at=DECIDED_AT, name=f"{number:064}")
    found = await emails_of_date(cast, event_id, now=DECIDED_AT + HOUR)
    assert genuine in [one.reply.id for one in found.waiting]


async def test_of_many_senders_those_whom_the_tracker_knows_are_shown_and_the_others_are_counted(cast: Cast) -> None:
    event_id = await invited(cast)
    own = Sender(address=cast.kcpd_alternate.email, is_verified=True)
    await came(cast, event_id, await said(cast.fbi_lead, event_id), own)
    for number in range(30):
        one = await said(cast.fbi_lead, event_id, comment=str(number))
        sender = Sender(address=f"{number}@elsewhere.example", is_verified=True)
        await came(cast, event_id, one, sender, received_at=DECIDED_AT + timedelta(minutes=number))
    found = await emails_of_date(cast, event_id, now=DECIDED_AT + HOUR)
    assert (len(found.waiting), found.more, found.waiting[-1].reply.sender) == (20, 11, own.address)
    times = [one.reply.received_at for one in found.waiting]
    assert times == sorted(times, reverse=True)
    every = await IncomingReply.select(IncomingReply.id).output(as_list=True)
    hidden = next(one for one in every if one not in [each.reply.id for each in found.waiting])
    await unrecorded_replies.dismiss_reply(cast.coordinator, event_id, FIRST_KEY, hidden, DECIDED_AT)
