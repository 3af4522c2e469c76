"""Which reply counts depends on the replies alone, and not on the order in which they come."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as some
from msgspec.structs import replace

from tracker.rules.events.replies import ReplyValue, Substitution
from tracker.rules.intake.calendar_replies import (
    CalendarReply,
    InvitationFacts,
    ReplyOutcome,
    judge_reply,
    judge_substitute_reply,
    reply_order,
)

CHANGED = datetime(2026, 12, 15, 15, tzinfo=UTC)
RECEIVED = CHANGED + timedelta(hours=4)
MINUTE = timedelta(minutes=1)
ASKED_AGAIN = InvitationFacts(
    addresses=frozenset({"a@b.example"}), uid="1", sequence=2, asked_at=2, asked_since=CHANGED
)


def reply(minutes: int, sequence: int | None) -> CalendarReply:
    """Return a reply that was made so many minutes after the last change that asked for one."""
    at = CHANGED + minutes * MINUTE
    return CalendarReply(uid="1", attendee="a@b.example", value=ReplyValue.ACCEPTED, sequence=sequence, stamped_at=at)


def counts(replies: Sequence[CalendarReply]) -> CalendarReply | None:
    """Return which of some replies counts after they came in this order."""
    found, standing = None, ASKED_AGAIN
    for one in replies:
        if judge_reply(one, standing, RECEIVED) is ReplyOutcome.RECORDED:
            found, standing = one, replace(standing, last=reply_order(one, standing, RECEIVED))
    return found


REPLIES = some.lists(
    some.builds(reply, some.integers(-5, 5), some.sampled_from([None, 1, 2, 7])),
    max_size=6,
    unique_by=lambda one: one.stamped_at,
)


@given(replies=REPLIES, data=some.data())
def test_any_order_of_replies_with_and_without_a_sequence_leaves_the_same_one(
    replies: list[CalendarReply], data: some.DataObject
) -> None:
    assert counts(data.draw(some.permutations(replies))) == counts(replies)


def test_a_reply_without_a_sequence_that_was_made_before_the_time_changed_is_to_the_old_time() -> None:
    assert judge_reply(reply(-1, None), ASKED_AGAIN, RECEIVED) is ReplyOutcome.OLD_TIME
    assert judge_reply(reply(1, None), ASKED_AGAIN, RECEIVED) is ReplyOutcome.RECORDED


def test_a_reply_to_an_earlier_sequence_is_older_whenever_it_was_made() -> None:
    standing = InvitationFacts(addresses=frozenset({"a@b.example"}), uid="1", sequence=2, last=(2, CHANGED))
    assert judge_reply(reply(1, 1), standing, RECEIVED) is ReplyOutcome.STALE


def test_a_sequence_that_the_event_never_had_does_not_outlast_the_next_reply() -> None:
    assert counts([reply(1, 99), reply(2, 2)]) == reply(2, 2)


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
    one = replace(reply(11, 2), **said)  # type: ignore[arg-type]  # the fields of a reply
    assert judge_substitute_reply(one, ASKED_AGAIN, turn, RECEIVED) is expected


@pytest.mark.parametrize(
    ("minutes", "expected"), [(9, ReplyOutcome.UNMATCHED), (10, ReplyOutcome.STALE), (11, ReplyOutcome.RELEASED)]
)
def test_a_no_from_before_the_substitute_was_named_again_is_stale(minutes: int, expected: ReplyOutcome) -> None:
    one = replace(reply(11, 2), value=NO, stamped_at=CHANGED + minutes * MINUTE)
    again = CHANGED + 11 * MINUTE
    by_email = replace(ASKED_AGAIN, last=(2, again))
    on_the_page = replace(TURN, named_at=again)
    assert judge_substitute_reply(one, ASKED_AGAIN, on_the_page, RECEIVED) is expected
    emailed = replace(TURN, named_at=RECEIVED, is_named_by_email=True)
    assert judge_substitute_reply(one, by_email, emailed, RECEIVED) is expected


def test_a_no_to_a_whole_series_releases_no_substitute() -> None:
    whole = replace(ASKED_AGAIN, is_whole_series=True)
    for one in (TURN, replace(TURN, is_over=True)):
        said = replace(reply(11, 2), value=NO)
        assert judge_substitute_reply(said, whole, one, RECEIVED) is ReplyOutcome.UNMATCHED
