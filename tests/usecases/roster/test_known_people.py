"""People to choose from: whom a viewer may know, and the few of them whom words find."""

from collections import Counter

import pytest

from tests.cast import NOW, ZONE, Cast
from tracker.database import writing
from tracker.rules.core.viewers import Viewer
from tracker.rules.roster.directory import PersonFacts
from tracker.tables.schema.roster import Agency, Member
from tracker.usecases.roster import known_people, people
from tracker.usecases.roster.known_people import candidates_with_words, people_to_invite

pytestmark = pytest.mark.both_engines

MOST = 8


async def found(viewer: Viewer, words: str) -> list[str]:
    return [one.name for one in (await candidates_with_words(people_to_invite(viewer), words, MOST)).people]


async def test_people_are_found_by_name_agency_or_email_whatever_the_case(cast: Cast) -> None:
    for words in ("KCPD DETEC", "detectives", "kcpd_detective@", "Missouri, police detective", "Kcpd detective (KCPD)"):
        assert await found(cast.coordinator, words) == ["Kcpd detective"], words


async def test_accents_and_case_do_not_count(cast: Cast) -> None:
    async with writing():
        await people.insert_member(
            PersonFacts(
                agency_id=cast.agencies["FBI"], name="Ángel Ruiz", title="Ändern", email="a@fbi.example", zone=ZONE
            ),
            NOW,
        )
    for words in ("ángel ÄNDERN", "Angel andern"):
        assert await found(cast.coordinator, words) == ["Ángel Ruiz"]


async def test_signs_only_separate_words(cast: Cast) -> None:
    assert await found(cast.coordinator, "% *") == []
    assert await found(cast.coordinator, "kcpd_") == ["Kcpd alternate", "Kcpd detective"]


async def test_nothing_typed_finds_no_one(cast: Cast) -> None:
    assert await candidates_with_words(people_to_invite(cast.coordinator), " () ", MOST) == known_people.PeopleMatched()


async def test_names_that_begin_with_the_word_come_first_and_the_rest_is_a_number(cast: Cast) -> None:
    few = await candidates_with_words(people_to_invite(cast.coordinator), "alternate", 3)
    assert [one.name for one in few.people] == ["Caht alternate", "Fbi alternate", "Kcpd alternate"]
    assert await found(cast.coordinator, "harbor house") == ["Harbor advocate"]
    assert await found(cast.coordinator, "co") == ["Coordinator", "Caht alternate", "Caht lead"]
    assert (await candidates_with_words(people_to_invite(cast.coordinator), "example", 1)).more == 13


async def test_the_first_letter_of_a_word_is_enough(cast: Cast) -> None:
    assert await found(cast.fbi_lead, "k") == ["Kcpd alternate", "Kcpd detective"]
    assert await found(cast.coordinator, "fbi l") == ["Fbi lead"]
    assert await found(cast.bridge_advocate, "k") == []


async def test_people_of_the_other_arm_are_found_only_through_a_shared_committee(cast: Cast) -> None:
    assert await found(cast.caht_lead, "kcpd") == ["Kcpd alternate", "Kcpd detective"]
    assert await found(cast.bridge_advocate, "kcpd") == []
    assert (await candidates_with_words(people_to_invite(cast.bridge_advocate), "example", 1)).more == 3
    everyone = {one.id for one in await known_people.all_candidates(people_to_invite(cast.bridge_advocate))}
    assert everyone == {one.member_id for one in (cast.caht_lead, cast.caht_alternate, cast.harbor_advocate)} | {
        cast.bridge_advocate.member_id
    }


async def test_people_of_the_other_arm_are_not_found_by_a_seat_of_their_former_agency(cast: Cast) -> None:
    detective = Member.id == cast.kcpd_detective.member_id
    assert await found(cast.caht_lead, "detective") == ["Kcpd detective"]
    await Member.update({Member.agency: cast.agencies["IPD"]}).where(detective)
    assert await found(cast.caht_lead, "detective") == []


async def test_only_people_with_access_are_found(cast: Cast) -> None:
    await Member.update({Member.status: "suspended"}).where(Member.id == cast.kcpd_detective.member_id)
    await Agency.update({Agency.status: "departed"}).where(Agency.id == cast.agencies["IPD"])
    assert await found(cast.coordinator, "kcpd") == ["Kcpd alternate"]
    assert await found(cast.coordinator, "ipd") == []


async def test_an_id_stands_for_a_person_only_within_the_condition(cast: Cast) -> None:
    ids = [cast.kcpd_detective.member_id, cast.harbor_advocate.member_id]
    assert set(await known_people.candidates_among(people_to_invite(cast.bridge_advocate), ids)) == {
        cast.harbor_advocate.member_id
    }
    assert set(await known_people.candidates_among(people_to_invite(cast.coordinator), ids)) == set(ids)
    assert await known_people.candidates_among(people_to_invite(cast.coordinator), []) == {}


async def test_conditions_add_people_and_leave_some_out(cast: Cast) -> None:
    also = known_people.either(
        people_to_invite(cast.bridge_advocate), known_people.active_among([cast.kcpd_detective.member_id])
    )
    assert [one.name for one in (await candidates_with_words(also, "kcpd", MOST)).people] == ["Kcpd detective"]
    without = known_people.all_but(also, [cast.kcpd_detective.member_id])
    assert (await candidates_with_words(without, "kcpd", MOST)).people == ()
    assert (await candidates_with_words(known_people.all_but(also, []), "kcpd", MOST)).people != ()


async def test_the_people_of_each_agency_are_counted_as_they_are_found(cast: Cast) -> None:
    await Member.update({Member.status: "suspended"}).where(Member.id == cast.kcpd_detective.member_id)
    await Agency.update({Agency.status: "departed"}).where(Agency.id == cast.agencies["IPD"])
    for viewer in (cast.coordinator, cast.fbi_lead, cast.bridge_advocate):
        known = people_to_invite(viewer)
        found = Counter(one.agency for one in await known_people.all_candidates(known))
        assert {one.code: one.people for one in await known_people.count_candidates(known)} == found
