"""Replies of calendar programs, times they propose, and bounces: what they mean, in any order."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import permutations
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as some
from msgspec.structs import replace

from tests.ical.making import date_of, event
from tracker.rules.events.events import Occurrence
from tracker.rules.events.replies import ReplyValue, Substitution
from tracker.rules.intake import received_emails
from tracker.rules.intake.calendar_replies import (
    CalendarReply,
    DateNamed,
    InvitationFacts,
    ProposedTimes,
    ReplyOutcome,
    judge_reply,
    judge_substitute_reply,
    reply_order,
)
from tracker.rules.intake.item_emails import (
    NewProposal,
    Proposal,
    ProposalState,
    proposed_span,
    replaced_span,
    states_of_proposals,
)
from tracker.rules.intake.received_emails import (
    Cause,
    DeliveryReport,
    Fate,
    bounce_of_refusal,
    bounce_of_reports,
    bounce_of_text,
)

CHANGED = datetime(2026, 12, 15, 15, tzinfo=UTC)
RECEIVED = CHANGED + timedelta(hours=4)
MINUTE = timedelta(minutes=1)
ASKED_AGAIN = InvitationFacts(
    addresses=frozenset({"a@b.example"}), uid="1", sequence=2, asked_at=2, asked_since=CHANGED
)


def reply_after(minutes: int, sequence: int | None) -> CalendarReply:
    """Return a reply that was made so many minutes after the last change that asked for one."""
    at = CHANGED + minutes * MINUTE
    return CalendarReply(uid="1", attendee="a@b.example", value=ReplyValue.ACCEPTED, sequence=sequence, stamped_at=at)


def reply_that_counts(replies: Sequence[CalendarReply]) -> CalendarReply | None:
    """Return which of some replies counts after they came in this order."""
    found, standing = None, ASKED_AGAIN
    for reply in replies:
        if judge_reply(reply, standing, RECEIVED) is ReplyOutcome.RECORDED:
            found, standing = reply, replace(standing, last=reply_order(reply, standing, RECEIVED))
    return found


REPLIES = some.lists(
    some.builds(reply_after, some.integers(-5, 5), some.sampled_from([None, 1, 2, 7])),
    max_size=6,
    unique_by=lambda one: one.stamped_at,
)


@given(replies=REPLIES, data=some.data())
def test_any_order_of_replies_with_and_without_a_sequence_leaves_the_same_one(
    replies: list[CalendarReply], data: some.DataObject
) -> None:
    assert reply_that_counts(data.draw(some.permutations(replies))) == reply_that_counts(replies)


def test_a_reply_without_a_sequence_that_was_made_before_the_time_changed_is_to_the_old_time() -> None:
    assert judge_reply(reply_after(-1, None), ASKED_AGAIN, RECEIVED) is ReplyOutcome.OLD_TIME
    assert judge_reply(reply_after(1, None), ASKED_AGAIN, RECEIVED) is ReplyOutcome.RECORDED


def test_a_reply_to_an_earlier_sequence_is_older_whenever_it_was_made() -> None:
    standing = InvitationFacts(addresses=frozenset({"a@b.example"}), uid="1", sequence=2, last=(2, CHANGED))
    assert judge_reply(reply_after(1, 1), standing, RECEIVED) is ReplyOutcome.STALE


def test_a_sequence_that_the_event_never_had_does_not_outlast_the_next_reply() -> None:
    assert reply_that_counts([reply_after(1, 99), reply_after(2, 2)]) == reply_after(2, 2)


YES, MAYBE, NO = ReplyValue.ACCEPTED, ReplyValue.TENTATIVE, ReplyValue.DECLINED
TURN = Substitution(
    invitation_id=UUID(int=1),
    principal_id=UUID(int=2),
    is_over=False,
    changed_at=CHANGED + 10 * MINUTE,
    first_named_at=CHANGED + 10 * MINUTE,
    is_asked=True,
    reply=NO,
    sends_another=False,
    is_refused=False,
)


@pytest.mark.parametrize(
    ("said", "is_over", "expected"),
    [
        ({"value": YES}, False, ReplyOutcome.REPEATED),
        ({"value": YES}, True, ReplyOutcome.UNMATCHED),
        ({"value": MAYBE}, False, ReplyOutcome.UNMATCHED),
        ({"value": NO}, False, ReplyOutcome.RELEASED),
        ({"value": NO}, True, ReplyOutcome.REPEATED),
        ({"value": NO, "sequence": 1}, False, ReplyOutcome.OLD_TIME),
        ({"value": NO, "stamped_at": CHANGED + 9 * MINUTE}, False, ReplyOutcome.UNMATCHED),
    ],
)
def test_a_substitute_s_no_releases_them_unless_it_is_older_than_their_turn_or_the_time_of_the_date(
    said: dict[str, object], expected: ReplyOutcome, *, is_over: bool
) -> None:
    turn = replace(TURN, is_over=is_over)
    reply = replace(reply_after(11, 2), **said)  # type: ignore[arg-type]  # the fields of a reply
    assert judge_substitute_reply(reply, ASKED_AGAIN, turn, RECEIVED) is expected


@pytest.mark.parametrize(
    ("minutes", "expected"), [(9, ReplyOutcome.UNMATCHED), (10, ReplyOutcome.STALE), (11, ReplyOutcome.RELEASED)]
)
def test_a_no_from_before_the_substitute_was_named_again_is_stale(minutes: int, expected: ReplyOutcome) -> None:
    reply = replace(reply_after(11, 2), value=NO, stamped_at=CHANGED + minutes * MINUTE)
    again = CHANGED + 11 * MINUTE
    by_email = replace(ASKED_AGAIN, last=(2, again))
    on_the_page = replace(TURN, named_at=again)
    assert judge_substitute_reply(reply, ASKED_AGAIN, on_the_page, RECEIVED) is expected
    emailed = replace(TURN, named_at=RECEIVED, is_named_by_email=True)
    assert judge_substitute_reply(reply, by_email, emailed, RECEIVED) is expected


def test_a_no_to_a_whole_series_releases_no_substitute() -> None:
    whole = replace(ASKED_AGAIN, is_whole_series=True)
    for one in (TURN, replace(TURN, is_over=True)):
        said = replace(reply_after(11, 2), value=NO)
        assert judge_substitute_reply(said, whole, one, RECEIVED) is ReplyOutcome.UNMATCHED


NOW = datetime(2026, 12, 15, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)
TEN = datetime(2027, 1, 12, 16, tzinfo=UTC)
"""10:00 AM in Kansas City."""
ONE = TEN + 3 * HOUR
MADE = NewProposal(times=(ONE, ONE + HOUR), was=(TEN, TEN + HOUR), made_at=NOW, sequence=0)
PROPOSAL = Proposal(
    id=UUID(int=1),
    event_id=UUID(int=2),
    occurrence_id=UUID(int=3),
    member_id=UUID(int=4),
    person="FBI lead (FBI)",
    comment="",
    received_at=NOW,
    made=MADE,
    declined_at=None,
    now_at=(TEN, TEN + HOUR),
    is_off=False,
    current=0,
)
"""To meet at one instead of at ten."""


def state_of(now: datetime = NOW, **facts: object) -> ProposalState:
    made = {name: facts.pop(name) for name in ("times", "was", "sequence") if name in facts}
    proposal = replace(PROPOSAL, **facts, made=replace(MADE, **made))  # type: ignore[arg-type]  # the fields of a proposal
    [(_, found)] = states_of_proposals([proposal], now)
    return found


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, ProposalState.WAITING),
        ({"sequence": None}, ProposalState.WAITING),
        ({"declined_at": NOW}, ProposalState.DECLINED),
        ({"is_off": True}, ProposalState.CANCELED),
        ({"now_at": (ONE, ONE + HOUR), "current": 1}, ProposalState.TAKEN),
        ({"now_at": (TEN + HOUR, TEN + 2 * HOUR), "current": 1}, ProposalState.OUTDATED),
        ({"now_at": (TEN + HOUR, TEN + 2 * HOUR), "sequence": None}, ProposalState.OUTDATED),
        ({"current": 1}, ProposalState.OUTDATED),
        ({"was": (TEN - HOUR, TEN)}, ProposalState.OUTDATED),
        ({"now": TEN + HOUR}, ProposalState.PAST),
        ({"now": TEN, "times": (TEN - HOUR, TEN + HOUR)}, ProposalState.PAST),
    ],
)
def test_a_proposal_waits_only_while_the_date_is_as_the_person_saw_it(
    facts: dict[str, object], expected: ProposalState
) -> None:
    assert state_of(**facts) is expected  # type: ignore[arg-type]  # as above


def test_the_newest_proposal_of_a_person_waits_in_whatever_order_they_came() -> None:
    older = replace(PROPOSAL, current=1)
    newer = replace(PROPOSAL, id=UUID(int=8), made=replace(MADE, made_at=NOW + HOUR, sequence=1), current=1)
    newest = replace(newer, id=UUID(int=9), made=replace(MADE, made_at=NOW - HOUR, sequence=2))
    other = replace(newer, id=UUID(int=10), member_id=UUID(int=5))
    for order in permutations([older, newer, newest, other]):
        came = [replace(one, received_at=NOW + HOUR * place) for place, one in enumerate(order)]
        found = {one.id.int: found.value for one, found in states_of_proposals(came, NOW)}
        assert found == {1: "outdated", 8: "replaced", 9: "waiting", 10: "waiting"}


def test_proposals_that_wait_come_first() -> None:
    declined = replace(PROPOSAL, id=UUID(int=8), member_id=UUID(int=5), declined_at=NOW, received_at=NOW - HOUR)
    assert [found.value for _, found in states_of_proposals([declined, PROPOSAL], NOW)] == ["waiting", "declined"]


def moment(at: datetime) -> DateNamed:
    return DateNamed(moment=at, local=at.replace(tzinfo=None))


def day(number: int) -> DateNamed:
    return DateNamed(moment=None, local=datetime(2027, 1, number), is_day=True)  # noqa: DTZ001 - local to the zone


TEN_ON_CLOCKS = datetime(2027, 1, 12, 10)  # noqa: DTZ001 - local to the zone


def occurrence(**facts: object) -> Occurrence:
    return date_of(event(starts=TEN_ON_CLOCKS, **facts), TEN_ON_CLOCKS)


MIDNIGHT = datetime(2027, 1, 12, 6, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("proposed", "expected"),
    [
        (ProposedTimes(starts=moment(ONE), ends=moment(ONE + HOUR)), (ONE, ONE + HOUR)),
        (ProposedTimes(starts=moment(ONE)), (ONE, ONE + 1.5 * HOUR)),
        (ProposedTimes(starts=day(13)), (TEN + DAY, TEN + DAY + 1.5 * HOUR)),
        (ProposedTimes(starts=day(13), ends=day(14)), (TEN + DAY, TEN + DAY + 1.5 * HOUR)),
        (ProposedTimes(starts=moment(ONE), ends=moment(ONE)), None),
        (ProposedTimes(starts=moment(ONE), ends=moment(TEN)), None),
    ],
)
def test_what_is_not_named_of_a_time_stays_as_it_is(
    proposed: ProposedTimes, expected: tuple[datetime, datetime] | None
) -> None:
    assert proposed_span(proposed, occurrence()) == expected


@pytest.mark.parametrize(
    ("proposed", "days"),
    [
        (ProposedTimes(starts=day(13), ends=day(15)), (1, 3)),
        (ProposedTimes(starts=day(13)), (1, 2)),
        (ProposedTimes(starts=moment(ONE), ends=moment(ONE + HOUR)), (0, 1)),
    ],
)
def test_an_all_day_event_stays_one(proposed: ProposedTimes, days: tuple[int, int]) -> None:
    date = replace(occurrence(is_all_day=True), starts_at=MIDNIGHT, ends_at=MIDNIGHT + DAY)
    span = proposed_span(proposed, date)
    assert span == (MIDNIGHT + days[0] * DAY, MIDNIGHT + days[1] * DAY)


def test_only_times_that_the_email_names_can_differ_from_those_of_the_date() -> None:
    date = occurrence()
    assert replaced_span(None, date) == replaced_span((day(11), day(12)), date) == (date.starts_at, date.ends_at)
    assert replaced_span((moment(ONE), moment(ONE + HOUR)), date) == (ONE, ONE + HOUR)


BOUNCES_NOW = datetime(2026, 12, 1, tzinfo=UTC)
FAILED, DELAYED, UNCLEAR = Fate.FAILED, Fate.DELAYED, Fate.UNCLEAR
QMAIL = """Hi. This is the qmail-send program at mail.kcpd.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<detective@kcpd.example>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.
Subject: Moved: Steering Committee
"""
EXIM = """This message was created automatically by mail delivery software.
A message that you sent could not be delivered to all of its recipients. The
following address(es) failed:

  detective@kcpd.example:
    SMTP error from remote mailer after RCPT TO:<detective@kcpd.example>:
    host mx.kcpd.example [192.0.2.63]: 553 5.1.1 unknown or illegal user: detective@kcpd.example
"""
EXIM_WARNS = """This message was created automatically by mail delivery software.
A message that you sent has not yet been delivered to one or more of its
recipients after more than 24 hours on the queue on mx.kcpd.example.
"""
YAHOO = """Message from yahoo.example.
Unable to deliver message to the following address(es).

<detective@kcpd.example>:
user is over quota"""


@pytest.mark.parametrize(
    ("action", "status", "diagnostic", "expected"),
    [
        ("failed", "5.1.1", "smtp; 550-5.1.1 The email account that you tried to reach does", Cause.NO_ADDRESS),
        ("failed", "5.1.1", 'X-Postfix; unknown user: "detective"', Cause.NO_ADDRESS),
        ("failed", "5.1.10", "smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found", Cause.NO_ADDRESS),
        ("failed", "5.4.1", "smtp;550 5.4.1 Recipient address rejected: Access denied.", Cause.NO_ADDRESS),
        ("Failed", "5.2.2", "smtp;550 5.2.2 <a@b.example>... Mailbox Full", Cause.MAILBOX_FULL),
        ("failed", "5.2.1", "smtp; 550 5.2.1 The email account is disabled.", Cause.MAILBOX_OFF),
        ("failed", "4.4.1", "X-Postfix; connect to mx.kcpd.example:25: Connection timed out", Cause.UNREACHABLE),
        ("failed", "5.4.4", "X-Postfix; Host or domain name not found. Name service error", Cause.UNREACHABLE),
        ("failed", "5.7.26", "smtp; 550-5.7.26 Unauthenticated email is not accepted", Cause.REFUSED),
        ("failed", "5.0.0", "smtp; 550-5.7.1 [192.0.2.1 12] Our system has detected that", Cause.REFUSED),
        ("failed", "5.1.8", "smtp; 550 5.1.8 Sender address rejected: Domain not found", Cause.REFUSED),
        ("failed", "5.3.4", "smtp; 552 5.3.4 Message size exceeds fixed limit", Cause.CONTENT),
        ("failed (Bad destination mailbox address)", "5.1.1", "", Cause.NO_ADDRESS),
        ("failed", "5.0.0", "", Cause.UNKNOWN),
    ],
)
def test_a_report_says_why_the_email_came_back(action: str, status: str, diagnostic: str, expected: Cause) -> None:
    bounce = bounce_of_reports([DeliveryReport(action=action, status=status, diagnostic=diagnostic)])
    assert (bounce.fate, bounce.cause) == (FAILED, expected)


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        (["delayed"], DELAYED),
        (["delivered"], UNCLEAR),
        (["relayed", "failed"], FAILED),
        (["expanded", "delayed"], DELAYED),
        (["", "unheard of"], UNCLEAR),
        ([], UNCLEAR),
    ],
)
def test_only_a_failed_recipient_makes_it_a_failure(actions: list[str], expected: Fate) -> None:
    assert (
        bounce_of_reports([DeliveryReport(action=one, status="5.1.1", diagnostic="") for one in actions]).fate
        is expected
    )


@pytest.mark.parametrize(
    ("text", "fate", "cause", "status", "words"),
    [
        (QMAIL, FAILED, Cause.NO_ADDRESS, "5.1.1", "Sorry, no mailbox here by that name. (#5.1.1)"),
        (EXIM, FAILED, Cause.NO_ADDRESS, "5.1.1", "host mx.kcpd.example [192.0.2.63]: 553 5.1.1 unknown or illegal"),
        (EXIM_WARNS, DELAYED, Cause.UNKNOWN, "", ""),
        (YAHOO, FAILED, Cause.MAILBOX_FULL, "", ""),
        ("I am out of the office until Monday. Call 555-0100.", UNCLEAR, Cause.UNKNOWN, "", ""),
        ("", UNCLEAR, Cause.UNKNOWN, "", ""),
    ],
    ids=["qmail", "exim", "exim_warns", "yahoo", "away", "empty"],
)
def test_a_text_says_it_in_words(text: str, fate: Fate, cause: Cause, status: str, words: str) -> None:
    bounce = bounce_of_text(text)
    assert (bounce.fate, bounce.cause, bounce.status) == (fate, cause, status)
    assert bounce.words.startswith(words) if words else not bounce.words


@pytest.mark.parametrize("text", [QMAIL, EXIM, YAHOO])
def test_nothing_of_the_email_itself_is_kept(text: str) -> None:
    assert "Steering" not in bounce_of_text(text + "\n\nSubject: Steering Committee\n\nAgenda: 5.1.1\n").words


@pytest.mark.parametrize(
    ("said", "at_recipient", "expected"),
    [
        ("550 5.1.1 <a@b.example>: Recipient address rejected: User unknown", True, Cause.NO_ADDRESS),
        ("550 Requested action not taken: mailbox unavailable", True, Cause.NO_ADDRESS),
        ("550 No.", True, Cause.NO_ADDRESS),
        ("554 5.7.1 <a@b.example>: Relay access denied", True, Cause.REFUSED),
        ("554 Relay access denied", True, Cause.REFUSED),
        ("552 5.2.2 Over quota", True, Cause.MAILBOX_FULL),
        ("554 No.", False, Cause.CONTENT),
        ("550 5.1.1 User unknown", False, Cause.NO_ADDRESS),
    ],
)
def test_a_refused_recipient_is_a_failure_of_the_address_unless_the_reply_says_more(
    said: str, at_recipient: bool, expected: Cause
) -> None:
    assert bounce_of_refusal(said, at_recipient=at_recipient).cause is expected


@pytest.mark.parametrize(
    ("said", "counts"),
    [
        (bounce_of_refusal("550 5.1.1 User unknown", at_recipient=True), True),
        (bounce_of_refusal("550 No such user", at_recipient=True), True),
        (bounce_of_refusal("554 5.7.1 Relay access denied", at_recipient=True), False),
        (bounce_of_refusal("554 5.6.0 Message refused", at_recipient=False), False),
        (bounce_of_reports([DeliveryReport(action="failed", status="4.4.1", diagnostic="smtp; timed out")]), False),
        (bounce_of_reports([DeliveryReport(action="delayed", status="4.4.1", diagnostic="smtp; timed out")]), False),
        (received_emails.UNCLEAR, False),
    ],
)
def test_only_a_permanent_failure_of_the_address_counts(said: received_emails.Bounce, counts: bool) -> None:
    assert said.counts is counts


def failures(*days: int, of: UUID | None = None) -> list[tuple[UUID, datetime]]:
    return [(of or uuid4(), BOUNCES_NOW - timedelta(days=days_ago)) for days_ago in days]


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (failures(1, 2), False),
        (failures(0, 1, 89), True),
        (failures(0, 1, 90), False),
        (failures(1, 2, 3, of=uuid4()), False),
    ],
    ids=["two", "three", "one_long_ago", "one_email_thrice"],
)
def test_sending_pauses_after_three_emails_within_90_days(known: list[tuple[UUID, datetime]], expected: bool) -> None:
    assert received_emails.must_pause(known, BOUNCES_NOW) is expected
