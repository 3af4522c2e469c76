"""Who is who: whom people find and may choose, and their further addresses."""

from collections import Counter
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from tests.cast import NOW, PEOPLE, ZONE, Cast, everyone, meeting, operation
from tests.database.statements import noted
from tests.emails import ReadEmail, read_result
from tests.usecases.roster.forms import audit_verbs
from tracker.database import writing
from tracker.errors import Gone, Invalid, NotFound
from tracker.rules.core.outbox import SendOutcome
from tracker.rules.core.viewers import Origin, Role, Viewer, Visibility
from tracker.rules.emails.emails import SitePage
from tracker.rules.emails.messages import MessageFilter
from tracker.rules.roster.directory import AccountState, PersonFacts
from tracker.tables.schema.core.tables import Message
from tracker.tables.schema.roster import Agency, Committee, EmailAlias, Member, SeatHolder
from tracker.usecases.core import outbox
from tracker.usecases.core.viewers import viewer_for
from tracker.usecases.emails import emails, messages
from tracker.usecases.events import scheduling
from tracker.usecases.roster import committees, directory, known_people, people
from tracker.usecases.roster.known_people import candidates_with_words, people_to_invite
from tracker.usecases.views import impact


async def names_found(viewer: Viewer) -> set[str]:
    """Return whom a viewer finds."""
    return {one.name.lower().replace(" ", "_") for one in await directory.people_for(viewer)}


async def leave_all_committees(*viewers: Viewer) -> None:
    for viewer in viewers:
        await SeatHolder.delete().where(SeatHolder.member == viewer.member_id)


async def test_who_keeps_accounts_finds_everyone(cast: Cast) -> None:
    everyone = {name for name, *_ in PEOPLE}
    assert await names_found(cast.coordinator) == everyone
    assert await names_found(cast.administrator) == everyone


async def test_the_auditor_is_a_member_like_others_here(cast: Cast) -> None:
    assert await names_found(cast.auditor) == {"coordinator", "administrator", "auditor"}


async def test_a_member_finds_the_own_agency_and_those_with_whom_they_sit(cast: Cast) -> None:
    assert await names_found(cast.bridge_advocate) == {"bridge_advocate", "caht_lead", "harbor_advocate"}
    assert "kcpd_detective" in await names_found(cast.harbor_advocate)
    assert "bridge_advocate" in await names_found(cast.harbor_advocate)
    assert "auditor" not in await names_found(cast.harbor_advocate)


async def test_a_member_finds_those_of_the_own_arm_who_are_invited_with_them_and_who_leads(cast: Cast) -> None:
    await leave_all_committees(*everyone(cast), cast.coordinator)
    bridge = await viewer_for(cast.bridge_advocate.member_id, NOW)
    assert await names_found(bridge) == {"bridge_advocate"}
    await scheduling.schedule_event(cast.coordinator, meeting(bridge, cast.caht_alternate, cast.kcpd_detective), NOW)
    assert await names_found(bridge) == {"bridge_advocate", "caht_alternate", "coordinator"}


async def test_who_is_off_the_list_is_not_found_by_those_who_were_invited_with_them(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    await leave_all_committees(*everyone(cast), cast.coordinator)
    bridge, alternate = [await viewer_for(one.member_id, NOW) for one in (cast.bridge_advocate, cast.caht_alternate)]
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(bridge, alternate), NOW)
    await scheduling.change_event(cast.coordinator, event_id, meeting(bridge), 1, NOW)
    assert await names_found(bridge) == {"bridge_advocate", "coordinator"}
    assert "bridge_advocate" not in await names_found(alternate)


async def test_being_named_in_an_operation_makes_known_to_no_one_outside_it(cast: Cast) -> None:
    await leave_all_committees(*everyone(cast), cast.coordinator)
    await scheduling.schedule_event(cast.fbi_lead, operation(cast.ipd_liaison), NOW)
    assert "ipd_liaison" in await names_found(await viewer_for(cast.fbi_lead.member_id, NOW))
    assert "ipd_liaison" not in await names_found(await viewer_for(cast.fbi_alternate.member_id, NOW))
    assert "fbi_lead" not in await names_found(await viewer_for(cast.bridge_advocate.member_id, NOW))


async def test_who_sees_an_event_without_being_invited_learns_no_names_by_it(cast: Cast) -> None:
    await leave_all_committees(*everyone(cast), cast.coordinator)
    plan = meeting(cast.ipd_liaison, cast.hsi_liaison, visibility=Visibility.LAW_ENFORCEMENT)
    await scheduling.schedule_event(cast.fbi_lead, plan, NOW)
    assert await names_found(await viewer_for(cast.kcpd_alternate.member_id, NOW)) == {
        "kcpd_alternate",
        "kcpd_detective",
    }


async def test_who_serves_elsewhere_by_now_is_not_known_by_the_seat_of_the_former_agency(cast: Cast) -> None:
    detective = cast.kcpd_detective.member_id
    await Member.update({Member.agency: cast.auditor.agency_id}).where(Member.id == detective)
    assert "kcpd_detective" not in await names_found(cast.harbor_advocate)
    assert await directory.people_with_words(cast.harbor_advocate, ["detective"], 50) == ([], [])


async def add_member(agency_id: UUID, name: str) -> None:
    address = f"{name.lower().replace(' ', '.')}@example.com"
    await people.insert_member(PersonFacts(agency_id=agency_id, name=name, title="", email=address, zone=ZONE), NOW)


@pytest.mark.both_engines
async def test_people_whom_the_viewer_may_not_know_crowd_out_no_colleague(cast: Cast) -> None:
    async with writing():
        await add_member(cast.agencies["KCPD"], "Canary One")
        await add_member(cast.auditor.agency_id, "Canary Two")
    people_found, _ = await directory.people_with_words(cast.kcpd_alternate, ["canary"], 1)
    assert [one.name for one in people_found] == ["Canary One"]


async def test_a_search_reads_once_whom_the_viewer_met(sqlite_cast: Cast) -> None:
    with noted() as statements:
        await directory.people_with_words(sqlite_cast.harbor_advocate, ["lead"], 50)
    assert sum("FROM invitation x" in sql for sql, _ in statements) == 1


async def test_who_may_not_be_known_is_as_unknown_as_no_one(cast: Cast) -> None:
    for member_id in (cast.auditor.member_id, uuid4()):
        with pytest.raises(NotFound):
            await directory.person_for(cast.harbor_advocate, member_id)


async def test_a_suspended_member_is_found_by_administrators_alone(cast: Cast) -> None:
    await Member.update({Member.status: "suspended"}).where(Member.id == cast.caht_lead.member_id)
    assert "caht_lead" not in await names_found(cast.harbor_advocate)
    person = await directory.person_for(cast.administrator, cast.caht_lead.member_id)
    assert person.access is AccountState.SUSPENDED


async def test_people_who_left_are_listed_only_when_administrators_ask(cast: Cast) -> None:
    await Member.update({Member.status: "departed"}).where(Member.id == cast.caht_lead.member_id)
    assert "caht_lead" not in await names_found(cast.coordinator)
    left = await directory.people_for(cast.coordinator, with_departed=True)
    assert AccountState.DEPARTED in {one.access for one in left}
    asked = await directory.people_for(cast.harbor_advocate, with_departed=True)
    assert cast.caht_lead.member_id not in {one.id for one in asked}


async def test_accounts_are_shown_to_administrators_alone(cast: Cast) -> None:
    other_person = await directory.person_for(cast.coordinator, cast.caht_lead.member_id)
    assert other_person.account is not None
    assert other_person.access is AccountState.NOT_YET
    others = await directory.person_for(cast.harbor_advocate, cast.caht_lead.member_id)
    assert others.account is None
    assert others.access is AccountState.OPEN


async def test_a_person_shows_their_places_in_the_committees_that_the_viewer_knows(cast: Cast) -> None:
    for_all = await directory.person_for(cast.coordinator, cast.caht_lead.member_id)
    assert [(place.committee, place.words) for place in for_all.places] == [
        ("Steering Committee", "primary"),
        ("Victim Services Committee", "chair, primary"),
    ]
    for_some = await directory.person_for(cast.kcpd_detective, cast.caht_lead.member_id)
    assert [place.committee for place in for_some.places] == ["Steering Committee"]


async def test_agencies_are_those_of_the_people_whom_one_knows(cast: Cast) -> None:
    assert len(await directory.agencies_for(cast.administrator)) == 9
    counts_by_agency = {one.code: one.count for one in await directory.agencies_for(cast.bridge_advocate)}
    assert counts_by_agency == {"Bridge Legal": 1, "CAHT": 1, "Harbor House": 1}


async def test_an_agency_of_which_one_knows_no_one_is_not_found(cast: Cast) -> None:
    with pytest.raises(NotFound):
        await directory.agency_for(cast.bridge_advocate, cast.agencies["FBI"])
    shown = await directory.agency_for(cast.harbor_advocate, cast.agencies["FBI"])
    assert [one.id for one in shown.people] == [cast.fbi_alternate.member_id, cast.fbi_lead.member_id]


async def test_the_people_of_a_suspended_agency_are_found_by_administrators_alone(cast: Cast) -> None:
    await Agency.update({Agency.status: "suspended"}).where(Agency.id == cast.agencies["CAHT"])
    assert "caht_lead" not in await names_found(cast.harbor_advocate)
    assert "caht_lead" in await names_found(cast.administrator)


async def test_committees_are_those_in_which_one_sits(cast: Cast) -> None:
    assert {one.name for one in await directory.committees_for(cast.bridge_advocate)} == {"Victim Services Committee"}
    assert len(await directory.committees_for(cast.administrator)) == 3
    for unknown in (cast.committees["enforcement"], uuid4()):
        with pytest.raises(NotFound):
            await directory.committee_for(cast.bridge_advocate, unknown)


async def test_an_ended_committee_is_found_by_administrators_alone(cast: Cast) -> None:
    await Committee.update({Committee.status: "ended"}).where(Committee.id == cast.committees["services"])
    assert await directory.committees_for(await viewer_for(cast.bridge_advocate.member_id, NOW)) == []
    assert len(await directory.committees_for(cast.coordinator)) == 3


async def test_a_committee_shows_its_chair_and_who_holds_its_seats(cast: Cast) -> None:
    committee = await directory.committee_for(cast.bridge_advocate, cast.committees["services"])
    assert [one.id for one in committee.chairs] == [cast.caht_lead.member_id]
    assert {(seat.agency, seat.primary.id if seat.primary else None) for seat in committee.seats} == {
        ("CAHT", cast.caht_lead.member_id),
        ("Harbor House", cast.harbor_advocate.member_id),
        ("Bridge Legal", cast.bridge_advocate.member_id),
    }


async def test_the_seat_of_who_moved_to_another_agency_is_vacant(cast: Cast) -> None:
    moved = {Member.agency: cast.agencies["CAHT"]}
    await Member.update(moved).where(Member.id == cast.bridge_advocate.member_id)
    committee = await directory.committee_for(cast.coordinator, cast.committees["services"])
    assert committee.vacant == 1


async def test_a_new_seat_shows_at_once(cast: Cast) -> None:
    async with writing():
        await committees.insert_seat(
            committee_id=cast.committees["services"], agency_id=cast.agencies["FBI"], primary=cast.fbi_lead.member_id
        )
    assert "fbi_lead" in await names_found(await viewer_for(cast.bridge_advocate.member_id, NOW))


async def test_an_administrator_sees_no_event_by_that_role(cast: Cast) -> None:
    assert Role.ADMINISTRATOR in cast.administrator.roles
    assert not cast.administrator.may_schedule
    assert cast.administrator.audiences == {
        audience.replace(str(cast.auditor.member_id), str(cast.administrator.member_id))
        for audience in cast.auditor.audiences
    }


MOST = 8


async def candidates_found(viewer: Viewer, words: str) -> list[str]:
    return [one.name for one in (await candidates_with_words(people_to_invite(viewer), words, MOST)).people]


@pytest.mark.both_engines
async def test_people_are_found_by_name_agency_or_email_whatever_the_case(cast: Cast) -> None:
    for words in ("KCPD DETEC", "detectives", "kcpd_detective@", "Missouri, police detective", "Kcpd detective (KCPD)"):
        assert await candidates_found(cast.coordinator, words) == ["Kcpd detective"], words


@pytest.mark.both_engines
async def test_accents_and_case_do_not_count(cast: Cast) -> None:
    async with writing():
        await people.insert_member(
            PersonFacts(
                agency_id=cast.agencies["FBI"], name="Ángel Ruiz", title="Ändern", email="a@fbi.example", zone=ZONE
            ),
            NOW,
        )
    for words in ("ángel ÄNDERN", "Angel andern"):
        assert await candidates_found(cast.coordinator, words) == ["Ángel Ruiz"]


@pytest.mark.both_engines
async def test_signs_only_separate_words(cast: Cast) -> None:
    assert await candidates_found(cast.coordinator, "% *") == []
    assert await candidates_found(cast.coordinator, "kcpd_") == ["Kcpd alternate", "Kcpd detective"]


@pytest.mark.both_engines
async def test_nothing_typed_finds_no_one(cast: Cast) -> None:
    assert await candidates_with_words(people_to_invite(cast.coordinator), " () ", MOST) == known_people.PeopleMatched()


@pytest.mark.both_engines
async def test_names_that_begin_with_the_word_come_first_and_the_rest_is_a_number(cast: Cast) -> None:
    few = await candidates_with_words(people_to_invite(cast.coordinator), "alternate", 3)
    assert [one.name for one in few.people] == ["Caht alternate", "Fbi alternate", "Kcpd alternate"]
    assert await candidates_found(cast.coordinator, "harbor house") == ["Harbor advocate"]
    assert await candidates_found(cast.coordinator, "co") == ["Coordinator", "Caht alternate", "Caht lead"]
    assert (await candidates_with_words(people_to_invite(cast.coordinator), "example", 1)).more == 13


@pytest.mark.both_engines
async def test_the_first_letter_of_a_word_is_enough(cast: Cast) -> None:
    assert await candidates_found(cast.fbi_lead, "k") == ["Kcpd alternate", "Kcpd detective"]
    assert await candidates_found(cast.coordinator, "fbi l") == ["Fbi lead"]
    assert await candidates_found(cast.bridge_advocate, "k") == []


@pytest.mark.both_engines
async def test_people_of_the_other_arm_are_found_only_through_a_shared_committee(cast: Cast) -> None:
    assert await candidates_found(cast.caht_lead, "kcpd") == ["Kcpd alternate", "Kcpd detective"]
    assert await candidates_found(cast.bridge_advocate, "kcpd") == []
    assert (await candidates_with_words(people_to_invite(cast.bridge_advocate), "example", 1)).more == 3
    everyone = {one.id for one in await known_people.all_candidates(people_to_invite(cast.bridge_advocate))}
    assert everyone == {one.member_id for one in (cast.caht_lead, cast.caht_alternate, cast.harbor_advocate)} | {
        cast.bridge_advocate.member_id
    }


@pytest.mark.both_engines
async def test_people_of_the_other_arm_are_not_found_by_a_seat_of_their_former_agency(cast: Cast) -> None:
    detective = Member.id == cast.kcpd_detective.member_id
    assert await candidates_found(cast.caht_lead, "detective") == ["Kcpd detective"]
    await Member.update({Member.agency: cast.agencies["IPD"]}).where(detective)
    assert await candidates_found(cast.caht_lead, "detective") == []


@pytest.mark.both_engines
async def test_only_people_with_access_are_found(cast: Cast) -> None:
    await Member.update({Member.status: "suspended"}).where(Member.id == cast.kcpd_detective.member_id)
    await Agency.update({Agency.status: "departed"}).where(Agency.id == cast.agencies["IPD"])
    assert await candidates_found(cast.coordinator, "kcpd") == ["Kcpd alternate"]
    assert await candidates_found(cast.coordinator, "ipd") == []


@pytest.mark.both_engines
async def test_an_id_stands_for_a_person_only_within_the_condition(cast: Cast) -> None:
    ids = [cast.kcpd_detective.member_id, cast.harbor_advocate.member_id]
    assert set(await known_people.candidates_among(people_to_invite(cast.bridge_advocate), ids)) == {
        cast.harbor_advocate.member_id
    }
    assert set(await known_people.candidates_among(people_to_invite(cast.coordinator), ids)) == set(ids)
    assert await known_people.candidates_among(people_to_invite(cast.coordinator), []) == {}


@pytest.mark.both_engines
async def test_conditions_add_people_and_leave_some_out(cast: Cast) -> None:
    also = known_people.either(
        people_to_invite(cast.bridge_advocate), known_people.active_among([cast.kcpd_detective.member_id])
    )
    assert [one.name for one in (await candidates_with_words(also, "kcpd", MOST)).people] == ["Kcpd detective"]
    without = known_people.all_but(also, [cast.kcpd_detective.member_id])
    assert (await candidates_with_words(without, "kcpd", MOST)).people == ()
    assert (await candidates_with_words(known_people.all_but(also, []), "kcpd", MOST)).people != ()


@pytest.mark.both_engines
async def test_the_people_of_each_agency_are_counted_as_they_are_found(cast: Cast) -> None:
    await Member.update({Member.status: "suspended"}).where(Member.id == cast.kcpd_detective.member_id)
    await Agency.update({Agency.status: "departed"}).where(Agency.id == cast.agencies["IPD"])
    for viewer in (cast.coordinator, cast.fbi_lead, cast.bridge_advocate):
        known = people_to_invite(viewer)
        counter = Counter(one.agency for one in await known_people.all_candidates(known))
        assert {one.code: one.people for one in await known_people.count_candidates(known)} == counter


LINK = Origin("link")
ADDRESS = "ipd.liaison+cal@ipd.example"
HOUR = timedelta(hours=1)


async def add_alias(who: Viewer, address: str = ADDRESS) -> UUID:
    await known_people.add_alias(who, address, NOW)
    return next(one.id for one in await known_people.aliases_of(who) if one.address == address)


async def confirm_alias(who: Viewer, address: str = ADDRESS) -> UUID:
    alias_id = await add_alias(who, address)
    await known_people.confirm_alias(alias_id, NOW, LINK)
    return alias_id


async def due_emails() -> list[ReadEmail | SendOutcome]:
    return [
        read_result(await emails.write_email(message, NOW, ZONE))
        for message in await outbox.claim_messages("test", (), NOW, 100)
    ]


async def test_the_link_goes_to_the_address_alone_and_says_nothing_of_events(cast: Cast) -> None:
    await add_alias(cast.ipd_liaison)
    [letter] = await due_emails()
    assert isinstance(letter, ReadEmail)
    assert (letter.to, letter.subject) == (ADDRESS, f"Confirm {ADDRESS}")
    assert await known_people.addresses_of(cast.ipd_liaison) == {cast.ipd_liaison.email}


@pytest.mark.both_engines
async def test_the_account_s_address_hears_of_it_once_it_is_confirmed_also_if_it_was_removed_again(cast: Cast) -> None:
    alias_id = await confirm_alias(cast.ipd_liaison)
    await known_people.confirm_alias(alias_id, NOW, LINK)
    await known_people.remove_alias(cast.ipd_liaison, alias_id, NOW)
    [letter] = [one for one in await due_emails() if isinstance(one, ReadEmail)]
    assert (letter.to, letter.subject) == (cast.ipd_liaison.email, "An address was added to your account")
    assert f"We'll count email replies from {ADDRESS} as yours." in letter.paragraphs[0]
    assert letter.paragraphs[1] == "If you didn't add it, remove it in Settings and call the coordinator right away."
    assert [one.target for one in letter.buttons] == [SitePage(path="/settings#addresses")]


@pytest.mark.both_engines
async def test_it_counts_once_it_is_confirmed_and_no_longer_once_it_is_removed(cast: Cast) -> None:
    alias_id = await confirm_alias(cast.ipd_liaison)
    assert await known_people.addresses_of(cast.ipd_liaison) == {cast.ipd_liaison.email, ADDRESS}
    await known_people.remove_alias(cast.ipd_liaison, alias_id, NOW)
    assert await known_people.addresses_of(cast.ipd_liaison) == {cast.ipd_liaison.email}
    await known_people.restore_alias(cast.ipd_liaison, alias_id, NOW + timedelta(seconds=59))
    assert await known_people.addresses_of(cast.ipd_liaison) == {cast.ipd_liaison.email, ADDRESS}
    done = ["address_added", "address_confirmed", "address_removed", "address_restored"]
    assert await audit_verbs(cast.ipd_liaison.member_id) == done


async def test_a_link_works_for_an_hour_and_not_once_it_was_replaced(sqlite_cast: Cast) -> None:
    who = sqlite_cast.ipd_liaison
    first = await add_alias(who)
    with pytest.raises(Gone):
        await known_people.confirm_alias(first, NOW + HOUR, LINK)
    await add_alias(who)
    with pytest.raises(Gone):
        await known_people.confirm_alias(first, NOW, LINK)


@pytest.mark.both_engines
async def test_an_address_of_someone_else_looks_like_any_other_and_gets_no_email(cast: Cast) -> None:
    await confirm_alias(cast.fbi_lead, "fbi+cal@fbi.example")
    for address in (cast.fbi_lead.email, "fbi+cal@fbi.example"):
        alias_id = await add_alias(cast.ipd_liaison, address)
        with pytest.raises(Gone):
            await known_people.confirm_alias(alias_id, NOW, LINK)
    written = [one for one in await due_emails() if isinstance(one, ReadEmail)]
    assert [one.subject for one in written] == ["An address was added to your account"]  # to the one who confirmed it
    assert {one.is_waiting(NOW) for one in await known_people.aliases_of(cast.ipd_liaison)} == {True}
    assert await known_people.addresses_of(cast.ipd_liaison) == {cast.ipd_liaison.email}


async def test_no_list_of_messages_shows_whether_the_link_was_sent(sqlite_cast: Cast) -> None:
    await add_alias(sqlite_cast.coordinator, sqlite_cast.fbi_lead.email)
    await add_alias(sqlite_cast.coordinator)
    assert await Message.count() == 2
    assert (await messages.sendings_page(sqlite_cast.coordinator, MessageFilter(), None, NOW)).sendings == []


async def test_an_address_that_becomes_someone_s_account_has_no_effect(sqlite_cast: Cast) -> None:
    await confirm_alias(sqlite_cast.ipd_liaison, "new@fbi.example")
    agency = sqlite_cast.agencies["FBI"]
    async with writing():
        await people.insert_member(PersonFacts(agency_id=agency, name="New", email="new@fbi.example", zone=ZONE), NOW)
    assert await known_people.addresses_of(sqlite_cast.ipd_liaison) == {sqlite_cast.ipd_liaison.email}


@pytest.mark.parametrize(
    "address", ["no address", "ipd_liaison@ipd.example", ADDRESS, "a@b.example\r\nBcc: c@d.example"]
)
async def test_what_is_no_address_or_is_theirs_already_is_refused(sqlite_cast: Cast, address: str) -> None:
    await confirm_alias(sqlite_cast.ipd_liaison)
    with pytest.raises(Invalid):
        await known_people.add_alias(sqlite_cast.ipd_liaison, address, NOW)


async def test_no_one_can_have_links_sent_without_end(sqlite_cast: Cast) -> None:
    for _ in range(5):
        await add_alias(sqlite_cast.ipd_liaison)
    with pytest.raises(Invalid):
        await add_alias(sqlite_cast.ipd_liaison)
    await known_people.add_alias(sqlite_cast.ipd_liaison, ADDRESS, NOW + HOUR)


async def test_account_managers_and_the_person_alone_see_them(sqlite_cast: Cast) -> None:
    cast, who = sqlite_cast, sqlite_cast.ipd_liaison
    await confirm_alias(who)
    seen = [
        await known_people.addresses_of_person(one, who.member_id) for one in (cast.coordinator, who, cast.fbi_lead)
    ]
    assert seen == [[ADDRESS], [ADDRESS], []]


async def test_offboarding_deletes_them(sqlite_cast: Cast) -> None:
    cast, who = sqlite_cast, sqlite_cast.fbi_lead
    await confirm_alias(who)
    successor = cast.fbi_alternate.member_id
    await impact.offboard_person(cast.coordinator, who.member_id, successor, NOW, NOW, NOW.date())
    assert await EmailAlias.count() == 0


async def test_what_was_not_confirmed_is_deleted_after_a_week(sqlite_cast: Cast) -> None:
    await confirm_alias(sqlite_cast.ipd_liaison)
    await add_alias(sqlite_cast.fbi_lead, "fbi+cal@fbi.example")
    await known_people.purge_aliases(NOW + timedelta(days=7, seconds=1))
    assert await EmailAlias.select(EmailAlias.address).output(as_list=True) == [ADDRESS]


async def test_an_address_that_was_added_again_is_not_restored_beside_itself(sqlite_cast: Cast) -> None:
    who = sqlite_cast.ipd_liaison
    first = await confirm_alias(who)
    await known_people.remove_alias(who, first, NOW)
    second = await add_alias(who)
    with pytest.raises(Gone):
        await known_people.restore_alias(who, first, NOW + timedelta(seconds=9))
    await known_people.confirm_alias(second, NOW, LINK)
    assert [one.id for one in await known_people.aliases_of(who)] == [second]
