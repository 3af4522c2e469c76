"""Further addresses: confirmed by a link sent there, neutral about those of others, and without effect once removed."""

from datetime import timedelta
from uuid import UUID

import pytest

from tests.cast import NOW, ZONE, Cast
from tests.emails import ReadEmail, read
from tests.usecases.roster.forms import verbs
from tracker.database import writing
from tracker.errors import Gone, Invalid
from tracker.rules.core.outbox import SendOutcome
from tracker.rules.core.viewers import Origin, Viewer
from tracker.rules.emails.emails import SitePage
from tracker.rules.emails.messages import MessageFilter
from tracker.rules.roster.directory import PersonFacts
from tracker.tables.schema.core.tables import Message
from tracker.tables.schema.roster import EmailAlias
from tracker.usecases.core import outbox
from tracker.usecases.emails import emails, messages
from tracker.usecases.roster import known_people, people
from tracker.usecases.views import offboarding

LINK = Origin("link")
ADDRESS = "ipd.liaison+cal@ipd.example"
HOUR = timedelta(hours=1)


async def added(who: Viewer, address: str = ADDRESS) -> UUID:
    await known_people.add_alias(who, address, NOW)
    return next(one.id for one in await known_people.aliases_of(who) if one.address == address)


async def confirmed(who: Viewer, address: str = ADDRESS) -> UUID:
    alias_id = await added(who, address)
    await known_people.confirm_alias(alias_id, NOW, LINK)
    return alias_id


async def letters() -> list[ReadEmail | SendOutcome]:
    return [read(await emails.write_email(one, NOW, ZONE)) for one in await outbox.claim_messages("test", (), NOW, 100)]


async def test_the_link_goes_to_the_address_alone_and_says_nothing_of_events(cast: Cast) -> None:
    await added(cast.ipd_liaison)
    [letter] = await letters()
    assert isinstance(letter, ReadEmail)
    assert (letter.to, letter.subject) == (ADDRESS, f"Confirm {ADDRESS}")
    assert await known_people.addresses_of(cast.ipd_liaison) == {cast.ipd_liaison.email}


@pytest.mark.both_engines
async def test_the_account_s_address_hears_of_it_once_it_is_confirmed_also_if_it_was_removed_again(cast: Cast) -> None:
    alias_id = await confirmed(cast.ipd_liaison)
    await known_people.confirm_alias(alias_id, NOW, LINK)
    await known_people.remove_alias(cast.ipd_liaison, alias_id, NOW)
    [letter] = [one for one in await letters() if isinstance(one, ReadEmail)]
    assert (letter.to, letter.subject) == (cast.ipd_liaison.email, "An address was added to your account")
    assert f"We'll count email replies from {ADDRESS} as yours." in letter.paragraphs[0]
    assert letter.paragraphs[1] == "If you didn't add it, remove it in Settings and call the coordinator right away."
    assert [one.target for one in letter.buttons] == [SitePage(path="/settings#addresses")]


@pytest.mark.both_engines
async def test_it_counts_once_it_is_confirmed_and_no_longer_once_it_is_removed(cast: Cast) -> None:
    alias_id = await confirmed(cast.ipd_liaison)
    assert await known_people.addresses_of(cast.ipd_liaison) == {cast.ipd_liaison.email, ADDRESS}
    await known_people.remove_alias(cast.ipd_liaison, alias_id, NOW)
    assert await known_people.addresses_of(cast.ipd_liaison) == {cast.ipd_liaison.email}
    await known_people.restore_alias(cast.ipd_liaison, alias_id, NOW + timedelta(seconds=59))
    assert await known_people.addresses_of(cast.ipd_liaison) == {cast.ipd_liaison.email, ADDRESS}
    done = ["address_added", "address_confirmed", "address_removed", "address_restored"]
    assert await verbs(cast.ipd_liaison.member_id) == done


async def test_a_link_works_for_an_hour_and_not_once_it_was_replaced(sqlite_cast: Cast) -> None:
    who = sqlite_cast.ipd_liaison
    first = await added(who)
    with pytest.raises(Gone):
        await known_people.confirm_alias(first, NOW + HOUR, LINK)
    await added(who)
    with pytest.raises(Gone):
        await known_people.confirm_alias(first, NOW, LINK)


@pytest.mark.both_engines
async def test_an_address_of_someone_else_looks_like_any_other_and_gets_no_email(cast: Cast) -> None:
    await confirmed(cast.fbi_lead, "fbi+cal@fbi.example")
    for address in (cast.fbi_lead.email, "fbi+cal@fbi.example"):
        alias_id = await added(cast.ipd_liaison, address)
        with pytest.raises(Gone):
            await known_people.confirm_alias(alias_id, NOW, LINK)
    written = [one for one in await letters() if isinstance(one, ReadEmail)]
    assert [one.subject for one in written] == ["An address was added to your account"]  # to the one who confirmed it
    assert {one.is_waiting(NOW) for one in await known_people.aliases_of(cast.ipd_liaison)} == {True}
    assert await known_people.addresses_of(cast.ipd_liaison) == {cast.ipd_liaison.email}


async def test_no_list_of_messages_shows_whether_the_link_was_sent(sqlite_cast: Cast) -> None:
    await added(sqlite_cast.coordinator, sqlite_cast.fbi_lead.email)
    await added(sqlite_cast.coordinator)
    assert await Message.count() == 2
    assert (await messages.sendings_page(sqlite_cast.coordinator, MessageFilter(), None, NOW)).sendings == []


async def test_an_address_that_becomes_someone_s_account_has_no_effect(sqlite_cast: Cast) -> None:
    await confirmed(sqlite_cast.ipd_liaison, "new@fbi.example")
    agency = sqlite_cast.agencies["FBI"]
    async with writing():
        await people.insert_member(PersonFacts(agency_id=agency, name="New", email="new@fbi.example", zone=ZONE), NOW)
    assert await known_people.addresses_of(sqlite_cast.ipd_liaison) == {sqlite_cast.ipd_liaison.email}


@pytest.mark.parametrize(
    "address", ["no address", "ipd_liaison@ipd.example", ADDRESS, "a@b.example\r\nBcc: c@d.example"]
)
async def test_what_is_no_address_or_is_theirs_already_is_refused(sqlite_cast: Cast, address: str) -> None:
    await confirmed(sqlite_cast.ipd_liaison)
    with pytest.raises(Invalid):
        await known_people.add_alias(sqlite_cast.ipd_liaison, address, NOW)


async def test_no_one_can_have_links_sent_without_end(sqlite_cast: Cast) -> None:
    for _ in range(5):
        await added(sqlite_cast.ipd_liaison)
    with pytest.raises(Invalid):
        await added(sqlite_cast.ipd_liaison)
    await known_people.add_alias(sqlite_cast.ipd_liaison, ADDRESS, NOW + HOUR)


async def test_account_managers_and_the_person_alone_see_them(sqlite_cast: Cast) -> None:
    cast, who = sqlite_cast, sqlite_cast.ipd_liaison
    await confirmed(who)
    seen = [
        await known_people.addresses_of_person(one, who.member_id) for one in (cast.coordinator, who, cast.fbi_lead)
    ]
    assert seen == [[ADDRESS], [ADDRESS], []]


async def test_offboarding_deletes_them(sqlite_cast: Cast) -> None:
    cast, who = sqlite_cast, sqlite_cast.fbi_lead
    await confirmed(who)
    successor = cast.fbi_alternate.member_id
    await offboarding.offboard_person(cast.coordinator, who.member_id, successor, NOW, NOW, NOW.date())
    assert await EmailAlias.count() == 0


async def test_what_was_not_confirmed_is_deleted_after_a_week(sqlite_cast: Cast) -> None:
    await confirmed(sqlite_cast.ipd_liaison)
    await added(sqlite_cast.fbi_lead, "fbi+cal@fbi.example")
    await known_people.purge_aliases(NOW + timedelta(days=7, seconds=1))
    assert await EmailAlias.select(EmailAlias.address).output(as_list=True) == [ADDRESS]


async def test_an_address_that_was_added_again_is_not_restored_beside_itself(sqlite_cast: Cast) -> None:
    who = sqlite_cast.ipd_liaison
    first = await confirmed(who)
    await known_people.remove_alias(who, first, NOW)
    second = await added(who)
    with pytest.raises(Gone):
        await known_people.restore_alias(who, first, NOW + timedelta(seconds=9))
    await known_people.confirm_alias(second, NOW, LINK)
    assert [one.id for one in await known_people.aliases_of(who)] == [second]
