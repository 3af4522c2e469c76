"""One's own entry in the roster: what one may change, and what stays."""

import pytest
from msgspec.structs import replace

from tests.cast import NOW, Cast
from tests.usecases.roster.forms import facts_of
from tracker.errors import Conflict, Invalid
from tracker.tables.schema.core.tables import AuditEntry
from tracker.usecases.roster.people import Profile, change_profile, profile_of, save_person

WANTED = Profile(name="Somebody else", title="Detective", phone="816-555-0142", zone="America/Denver")


async def test_a_member_changes_title_phone_and_zone_and_never_the_name(cast: Cast):
    await change_profile(cast.kcpd_detective, WANTED, NOW)
    assert await profile_of(cast.kcpd_detective) == replace(WANTED, name="Kcpd detective")
    [entry] = await AuditEntry.select().where(AuditEntry.verb == "profile_changed")
    assert entry["facts"] == '{"fields": ["title", "phone", "zone"]}'


async def test_a_keepers_form_that_was_open_before_does_not_undo_it(cast: Cast) -> None:
    who, opened = cast.kcpd_detective, await facts_of(cast, cast.kcpd_detective, name="Kcpd sergeant")
    await change_profile(who, WANTED, NOW)
    with pytest.raises(Conflict):
        await save_person(cast.administrator, who.member_id, opened, 1, NOW, NOW)
    assert (await profile_of(who)).phone == WANTED.phone


async def test_a_coordinator_changes_the_own_name_too(sqlite_cast: Cast):
    await change_profile(sqlite_cast.coordinator, WANTED, NOW)
    assert (await profile_of(sqlite_cast.coordinator)).name == "Somebody else"


async def test_what_changes_nothing_is_not_written(sqlite_cast: Cast):
    await change_profile(sqlite_cast.kcpd_detective, await profile_of(sqlite_cast.kcpd_detective), NOW)
    assert not await AuditEntry.exists().where(AuditEntry.verb == "profile_changed")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "x" * 121),
        ("phone", "1" * 41),
        ("zone", "Nowhere"),
        ("zone", ""),
        ("name", " "),
        ("name", "=1+1"),
        ("title", "\u200b-1"),
    ],
)
async def test_what_cannot_be_taken_is_said_at_its_field(sqlite_cast: Cast, field: str, value: str):
    with pytest.raises(Invalid) as refused:
        await change_profile(sqlite_cast.coordinator, replace(WANTED, **{field: value}), NOW)
    assert list(refused.value.fields) == [field]
