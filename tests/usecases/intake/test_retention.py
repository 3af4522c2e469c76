"""What is known of incoming emails is deleted by age, but not while a late one could still count."""

from datetime import timedelta

import pytest

from tests.cast import NOW, Cast
from tests.usecases.intake.replying import STRANGER, email, invited, said, sent
from tests.usecases.intake.returned import paused
from tests.usecases.intake.writing_back import given
from tests.usecases.intake.writing_back import said as written
from tracker.rules.intake.calendar_replies import Outcome, Sender
from tracker.tables.schema.intake.bounces import Bounce, EmailPause
from tracker.tables.schema.intake.replies import IncomingReply
from tracker.tables.schema.intake.words import IncomingWords
from tracker.usecases.intake import retention, undeliverable
from tracker.usecases.intake.incoming import take

pytestmark = pytest.mark.both_engines

DAY, YEAR = timedelta(days=1), timedelta(days=365)


async def test_a_reply_that_was_recorded_is_kept_until_a_year_after_its_event(cast: Cast) -> None:
    event_id = await invited(cast, is_series=True)
    assert await sent(cast.fbi_lead, event_id) is Outcome.RECORDED
    await retention.purge(NOW + YEAR + DAY)
    assert await IncomingReply.count() == 1
    await retention.purge(NOW + 2 * YEAR)
    assert await IncomingReply.count() == 0


async def test_an_email_that_changed_nothing_is_kept_for_90_days(cast: Cast) -> None:
    event_id = await invited(cast)
    one = await said(cast.fbi_lead, event_id)
    await take(await email(cast.fbi_lead, event_id, one, sender=Sender(address=STRANGER, is_verified=True)))
    await retention.purge(NOW + 90 * DAY)
    assert await IncomingReply.count() == 1
    await retention.purge(NOW + 91 * DAY)
    assert await IncomingReply.count() == 0


async def test_words_and_bounces_are_kept_for_a_year(cast: Cast) -> None:
    await given(cast.coordinator, cast.fbi_lead)
    await written(cast.fbi_lead, "DONE")
    await paused(cast, cast.hsi_liaison)
    await undeliverable.restore(cast.coordinator, cast.hsi_liaison.member_id, NOW + DAY)
    await retention.purge(NOW + YEAR)
    assert [await one.count() for one in (IncomingWords, Bounce, EmailPause)] == [1, 3, 1]
    await retention.purge(NOW + YEAR + 2 * DAY)
    assert [await one.count() for one in (IncomingWords, Bounce, EmailPause)] == [0, 0, 0]
