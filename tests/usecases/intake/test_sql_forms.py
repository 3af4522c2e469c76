"""What SQL says of an email that was not recorded is what the rules say of it, whatever came before: both engines."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as some
from msgspec import Struct
from msgspec.structs import replace
from piccolo.columns import Column

from tests.cast import NOW, Cast
from tests.usecases.actions.world import assign_item
from tests.usecases.intake.replying import HOUR, NO, YES, schedule_invited
from tracker.database import writing
from tracker.rules.core.message_types import AnswerOutcome, AnswerWord
from tracker.rules.events.events import Occurrence
from tracker.rules.events.replies import ReplySource, ReplyValue
from tracker.rules.intake.calendar_replies import (
    CalendarReply,
    Mismatch,
    ReplyOutcome,
    Settled,
    UnrecordedReply,
    judge_reply,
)
from tracker.rules.intake.item_emails import ItemSettled, is_answerable_by, may_decide_emails
from tracker.tables.background import intake as known
from tracker.tables.background.events import invitees
from tracker.tables.background.events.invitees import invitations_by_member
from tracker.tables.schema.actions import ActionItem as ItemRow
from tracker.tables.schema.events import Event as EventRow
from tracker.tables.schema.events import Occurrence as OccurrenceRow
from tracker.tables.schema.events import Reply
from tracker.tables.schema.intake import IncomingReply, IncomingWords
from tracker.tables.visible import actions, intake
from tracker.tables.visible.events import events
from tracker.usecases.intake.calendar_replies import facts_of_invitation

pytestmark = pytest.mark.both_engines

AFTER = NOW + 6 * HOUR
SETTLED_AS = {
    ReplyOutcome.RECORDED: None,
    ReplyOutcome.OLD_TIME: Settled.OLD_TIME,
    ReplyOutcome.STALE: Settled.REPLIED,
    ReplyOutcome.REPEATED: Settled.REPLIED,
}
PEOPLE = ("fbi_lead", "kcpd_detective")
OFF_THE_LIST = "hsi_liaison"


class Given(Struct, frozen=True, kw_only=True):
    """A reply to an invitation, or a change that asked for one."""

    who: str
    date: int | None
    value: ReplyValue
    source: ReplySource
    sequence: int
    at: datetime


class Came(Struct, frozen=True, kw_only=True):
    """A reply by email: recorded, or the No of a substitute, or, with a misfit, waiting for a decision."""

    who: str
    """Whose invitation it came to."""
    date: int | None
    sequence: int | None
    stamped_at: datetime | None
    received_at: datetime = AFTER
    misfit: Mismatch | None = None
    sender: str | None = None
    """None = a stranger."""
    is_verified: bool = True
    is_release: bool = False


def within_three_hours(hours: int, later: timedelta) -> datetime:
    return NOW + hours * HOUR + later


whose = some.sampled_from(PEOPLE)
dates = some.sampled_from([None, 0, 1])
sequences = some.integers(0, 3)
moments = some.builds(within_three_hours, some.integers(0, 3), some.sampled_from([timedelta(), timedelta.resolution]))
values = some.sampled_from([YES, NO, ReplyValue.NEEDS_ACTION])
given_before = some.builds(
    Given, who=whose, date=dates, value=values, source=some.sampled_from(ReplySource), sequence=sequences, at=moments
)
recorded = some.builds(Came, who=whose, date=dates, sequence=sequences, stamped_at=moments, is_release=some.booleans())
waits = some.builds(
    Came,
    who=whose,
    date=dates,
    sequence=sequences | some.none(),
    stamped_at=moments | some.none(),
    received_at=moments,
    misfit=some.sampled_from([Mismatch.OTHER_SENDER, Mismatch.UNVERIFIED, Mismatch.OTHER_ATTENDEE]),
    sender=some.sampled_from([None, *PEOPLE, OFF_THE_LIST]),
    is_verified=some.booleans(),
)
members = some.sampled_from(["coordinator", "fbi_lead", "caht_lead", "hsi_liaison"])
committees = some.sampled_from([None, "steering", "services"])
WHOLE_SERIES = Given(
    who="fbi_lead", date=None, value=ReplyValue.NEEDS_ACTION, source=ReplySource.CHANGE, sequence=1, at=NOW + 3 * HOUR
)
ASKED_BY_TWO_CLOCKS = [WHOLE_SERIES, replace(WHOLE_SERIES, sequence=2, at=NOW + HOUR)]
REPLIED_SINCE = replace(WHOLE_SERIES, value=YES, source=ReplySource.SITE)
BETWEEN = Came(who="fbi_lead", date=None, sequence=None, stamped_at=NOW + 2 * HOUR, misfit=Mismatch.OTHER_SENDER)
# Neither says that the person has replied since: it is their substitute who did.
RELEASE = Given(who="fbi_lead", date=0, value=NO, source=ReplySource.SUBSTITUTE, sequence=0, at=NOW + 3 * HOUR)
BY_EMAIL = Came(who="fbi_lead", date=0, sequence=3, stamped_at=NOW + 3 * HOUR, is_release=True)
OWN_YES = replace(BETWEEN, date=0, misfit=Mismatch.UNVERIFIED, sender="fbi_lead")
bounded = settings(max_examples=30, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


class Series:
    """A series of two people, whose replies are written as rows: a deed would give each its time and its SEQUENCE."""

    def __init__(self, cast: Cast, days: Sequence[Occurrence], invitation_of: Mapping[str, UUID]) -> None:
        """Take the first dates of a series, and the invitation of each person."""
        self.cast, self.days, self.invitation_of = cast, days, invitation_of

    def date_id(self, date: int | None) -> UUID | None:
        return None if date is None else self.days[date].id

    async def reply(self, reply_given: Given) -> None:
        """Write a reply."""
        row = {"occurrence": self.date_id(reply_given.date), "reply": reply_given.value, "source": reply_given.source}
        reply_facts = {
            "invitation": self.invitation_of[reply_given.who],
            "sequence": reply_given.sequence,
            "replied_at": reply_given.at,
        }
        async with writing():
            await invitees.write_replies([row | reply_facts])

    async def take(self, came: Came) -> UUID:
        """Keep an email, and return its id."""
        row = IncomingReply(
            id=uuid4(),
            received_at=came.received_at,
            email_hash=uuid4().hex,
            part=0,
            sender=self.cast.members[came.sender].email if came.sender else f"{uuid4().hex}@home.example",
            is_verified=came.is_verified and came.misfit is not Mismatch.UNVERIFIED,
            invitation=self.invitation_of[came.who],
            occurrence=self.date_id(came.date),
            reply=YES,
            sequence=came.sequence,
            stamped_at=came.stamped_at,
            outcome=ReplyOutcome.UNMATCHED
            if came.misfit
            else ReplyOutcome.RELEASED
            if came.is_release
            else ReplyOutcome.RECORDED,
            misfit=came.misfit,
        )
        await IncomingReply.insert(row)
        return row.id

    async def by_rules(self, came: Came, shown: UnrecordedReply) -> Settled | None:
        """Return what the rules say of an email, as the reply of the person whose they say it is.

        When that is no one on the list, only a change settles it.
        """
        claimed = next((name for name in PEOPLE if self.cast.members[name].member_id == shown.claimed_by), None)
        date = self.days[came.date or 0]
        history = await known.invitation_history(self.invitation_of[claimed or came.who])
        reply = CalendarReply(uid="", attendee="", value=YES, sequence=came.sequence, stamped_at=came.stamped_at)
        settled = SETTLED_AS[
            judge_reply(reply, facts_of_invitation(history, self.date_id(came.date), date), came.received_at)
        ]
        return settled if claimed or settled is Settled.OLD_TIME else None

    async def by_sql(self) -> dict[UUID, UnrecordedReply]:
        """Return each email as SQL says."""
        unrecorded_replies = [
            await intake.unrecorded_replies(self.cast.coordinator, one.id, AFTER, NOW - HOUR) for one in self.days
        ]
        return {one.id: one for rows, _ in unrecorded_replies for one in rows}


@pytest.fixture
async def two_dates(cast: Cast) -> Series:
    """Return a series that changed once, and its second date twice more."""
    event_id = await schedule_invited(cast, is_series=True)
    _, days = await events.event_with_dates(cast.coordinator, event_id)
    await EventRow.update({EventRow.sequence: 1}).where(EventRow.id == event_id)
    await OccurrenceRow.update({OccurrenceRow.sequence: 3}).where(OccurrenceRow.id == days[1].id)
    _, days = await events.event_with_dates(cast.coordinator, event_id)
    of = await invitations_by_member(event_id)
    return Series(cast, days[:2], {name: of[cast.members[name].member_id].id for name in PEOPLE})


@given(
    past=some.lists(given_before, max_size=4),
    by_programs=some.lists(recorded, max_size=2),
    emails=some.lists(waits, min_size=1, max_size=4),
)
@example(past=ASKED_BY_TWO_CLOCKS, by_programs=[], emails=[BETWEEN])
@example(past=[REPLIED_SINCE], by_programs=[], emails=[replace(BETWEEN, sender="kcpd_detective")])
@example(past=[RELEASE], by_programs=[BY_EMAIL], emails=[OWN_YES])
@bounded
async def test_an_email_needs_no_decision_exactly_when_its_reply_would_not_count(
    two_dates: Series, past: list[Given], by_programs: list[Came], emails: list[Came]
) -> None:
    await IncomingReply.delete(force=True)
    await Reply.delete(force=True)
    for reply in past:
        await two_dates.reply(reply)
    for program in by_programs:
        await two_dates.take(program)
    taken = {await two_dates.take(email): email for email in emails}
    shown = await two_dates.by_sql()
    settled = {one: None if of.settled is Settled.WROTE_AGAIN else of.settled for one, of in shown.items()}
    assert settled == {one: await two_dates.by_rules(taken[one], shown[one]) for one in taken}


async def test_a_substitute_s_no_settles_nothing_that_the_person_wrote(two_dates: Series) -> None:
    await IncomingReply.delete(force=True)
    await two_dates.reply(RELEASE)
    await two_dates.take(BY_EMAIL)
    own = await two_dates.take(OWN_YES)
    assert {one: of.settled for one, of in (await two_dates.by_sql()).items()} == {own: None}
    await two_dates.reply(replace(RELEASE, source=ReplySource.SITE))
    assert {one: of.settled for one, of in (await two_dates.by_sql()).items()} == {own: Settled.REPLIED}


@given(owner=members, assigner=members, claimed=members, viewer=members, committee=committees)
@bounded
async def test_an_item_s_email_is_for_those_who_direct_it_and_waits_while_the_item_asks_its_person(
    cast: Cast, owner: str, assigner: str, claimed: str, viewer: str, committee: str | None
) -> None:
    item_id = await set_item_people(cast, owner, assigner, committee)
    await keep_words_for(cast, item_id, claimed)
    emails = await intake.emails_about_items(cast.members[viewer], NOW - HOUR)
    item = await actions.item_by_id(cast.members[viewer], item_id)
    assert item
    waits = None if is_answerable_by(cast.members[claimed].member_id, item) else ItemSettled.OTHER_OWNER
    assert [one.settled for one in emails] == ([waits] if may_decide_emails(cast.members[viewer], item) else [])


async def set_item_people(cast: Cast, owner: str, assigner: str, committee: str | None) -> UUID:
    """Return the only item that there is, as one that these people have, for a committee."""
    if not await ItemRow.exists():
        await assign_item(cast.coordinator, cast.caht_lead)
    row: dict[Column | str, Any] = {
        "owner": cast.members[owner].member_id,
        "created_by": cast.members[assigner].member_id,
        "committee": cast.committees[committee] if committee else None,
    }
    await ItemRow.update(row, force=True)
    [item_id] = await ItemRow.select(ItemRow.id).output(as_list=True)
    return UUID(str(item_id))


async def keep_words_for(cast: Cast, item_id: UUID, claimed: str) -> None:
    """Keep one email, and no other, that someone wrote back in this person's place."""
    await IncomingWords.delete(force=True)
    row = IncomingWords(
        received_at=AFTER,
        email_hash=uuid4().hex,
        sender="someone@home.example",
        is_verified=True,
        outcome=AnswerOutcome.UNMATCHED,
        word=AnswerWord.BLOCKED,
        text="no key",
        item=item_id,
        claimed=cast.members[claimed].member_id,
    )
    await IncomingWords.insert(row)
