"""No one's account is changed by another person without a word to its owner, at the earlier address."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from tests.cast import NOW, ZONE, Cast
from tests.emails import ReadEmail, read
from tests.usecases.roster.forms import facts_of
from tracker.rules.core.viewers import Viewer
from tracker.rules.emails.contexts import AccountChangedEmail
from tracker.rules.emails.preferences import Preferences
from tracker.tables.schema.roster.people import Member
from tracker.usecases.core import outbox
from tracker.usecases.emails import content, preferences
from tracker.usecases.roster import accounts, people

SOON = NOW + timedelta(minutes=1)
Deed = Callable[[Viewer, UUID, datetime], Awaitable[object]]


async def sign_in_link(viewer: Viewer, member_id: UUID, now: datetime) -> str:
    return await accounts.make_sign_in_link(viewer, member_id, now, now)


async def replace_address(cast: Cast, by: Viewer, who: Viewer) -> None:
    facts = await facts_of(cast, who, email="elsewhere@usao.example")
    await people.save_person(by, who.member_id, facts, 1, NOW, NOW)


async def the_letter() -> ReadEmail:
    [message] = await outbox.claim_messages("test", (), SOON, 10)
    letter = read(await content.letter(message, SOON, ZONE))
    assert isinstance(letter, ReadEmail)
    assert isinstance(letter.letter.says, AccountChangedEmail)
    return letter


@pytest.mark.parametrize(
    ("deed", "done"),
    [
        (sign_in_link, "A one-time sign-in link was created"),
        (accounts.make_reset_link, "A password reset link was created"),
        (accounts.remove_authenticator, "Your authenticator app and your recovery codes were removed"),
        (accounts.end_pause, "A pause after failed sign-ins was ended"),
    ],
)
async def test_whose_account_somebody_else_changes_is_told_what_when_and_by_whom(cast: Cast, deed: Deed, done: str):
    await Member.update({Member.phone: "816-555-0100"}).where(Member.id == cast.coordinator.member_id)
    await deed(cast.administrator, cast.kcpd_detective.member_id, NOW)
    letter = await the_letter()
    assert letter.to == cast.kcpd_detective.email
    assert letter.facts == (
        ("What", done),
        ("When", "Tuesday, December 15, 2026, 9:00 AM Central"),
        ("By", "Administrator"),
    )
    assert "call Coordinator, 816-555-0100 right away." in letter.paragraphs[-1]


async def test_a_replaced_address_is_told_to_the_address_of_before_and_not_which_one_it_is_now(cast: Cast):
    await replace_address(cast, cast.administrator, cast.kcpd_detective)
    letter = await the_letter()
    assert letter.to == cast.kcpd_detective.email
    assert letter.facts[0] == ("What", "Your email address was changed")
    assert "elsewhere" not in repr(letter)


async def test_suspending_the_account_right_afterwards_does_not_keep_the_word_back(cast: Cast):
    await replace_address(cast, cast.administrator, cast.kcpd_detective)
    await accounts.suspend_account(cast.administrator, cast.kcpd_detective.member_id, "Lost", NOW, NOW)
    assert (await the_letter()).to == cast.kcpd_detective.email


async def test_a_change_by_the_only_coordinator_names_nobody_else_to_call(sqlite_cast: Cast):
    await accounts.make_reset_link(sqlite_cast.coordinator, sqlite_cast.kcpd_detective.member_id, NOW)
    assert "call the coordinator right away." in (await the_letter()).paragraphs[-1]


async def test_who_reads_discreetly_is_told_of_a_change_without_a_name_of_the_task_force(sqlite_cast: Cast):
    await preferences.save(sqlite_cast.kcpd_detective, Preferences(is_discreet=True), NOW)
    await accounts.make_reset_link(sqlite_cast.administrator, sqlite_cast.kcpd_detective.member_id, NOW)
    assert (await the_letter()).is_discreet


async def test_a_change_that_is_not_made_is_not_told(sqlite_cast: Cast):
    facts = await facts_of(sqlite_cast, sqlite_cast.kcpd_detective, phone="816-555-0199")
    await people.save_person(sqlite_cast.administrator, sqlite_cast.kcpd_detective.member_id, facts, 1, NOW, NOW)
    assert await outbox.claim_messages("test", (), SOON, 10) == []
