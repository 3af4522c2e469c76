"""Names: nothing in them that no one sees, and nothing that a spreadsheet would calculate; the same at every way in."""

import pytest

from tracker.errors import Invalid
from tracker.rules.core.audiences import Arm
from tracker.rules.core.clean_text import FORMULA, UNSEEN, name_in
from tracker.rules.core.viewers import Level, Status
from tracker.rules.roster.directory import AgencyFacts, CommitteeFacts, PersonFacts
from tracker.rules.roster.sites import MeetingSiteFacts

UNSEEN_BEFORE = "\u00ad\u034f\u115f\u180e\u200b\u200d\u2060\u2800\u2003\u202e\t"


@pytest.mark.parametrize("name", ["Ngọc\u200cAn", "O’Brien", "HSI liaison (acting)", "5th District", "", "Zoë"])
def test_a_name_is_kept_as_people_spell_it(name: str) -> None:
    assert name_in(f" {name} ", 40, "name") == name


@pytest.mark.parametrize("unseen", UNSEEN_BEFORE, ids=ascii)
def test_no_name_begins_with_what_nobody_sees(unseen: str) -> None:
    with pytest.raises(Invalid):
        name_in(f"{unseen}Ada", 40, "name")


@pytest.mark.parametrize("unseen", ["", *UNSEEN_BEFORE], ids=ascii)
def test_no_name_is_a_formula(unseen: str) -> None:
    with pytest.raises(Invalid) as refused:
        name_in(f"{unseen}=1+1", 40, "title")
    assert refused.value.fields == {"title": FORMULA}


def test_no_name_hides_a_character() -> None:
    with pytest.raises(Invalid) as refused:
        name_in("A\u200bda", 40, "name")
    assert refused.value.fields == {"name": UNSEEN}


def test_people_agencies_committees_and_sites_have_the_same_rule() -> None:
    of_person = {"email": "a@b.example", "phone": "", "zone": "UTC", "agency_id": None, "roles": frozenset()}
    person = PersonFacts(name="=1", title="\u2800-1", is_guest=False, expires_at=None, **of_person)
    agency = AgencyFacts(code="@A", name="+1", arm=Arm.LAW_ENFORCEMENT, level=Level.LOCAL, coalition_id=None, **_ACTIVE)
    committee = CommitteeFacts(name="\u200b=1", kind="committee", arm=None, place="", chair_id=None, **_ACTIVE)
    site = MeetingSiteFacts(name="\u2060=1", address="", capacity=None, equipment="", is_open=True)
    wrong = [_fields(one) for one in (person, agency, committee, site)]
    assert wrong == [{"name", "title", "agency"}, {"code", "name"}, {"name"}, {"name"}]


_ACTIVE = {"status": Status.ACTIVE}


def _fields(facts: PersonFacts | AgencyFacts | CommitteeFacts | MeetingSiteFacts) -> set[str]:
    with pytest.raises(Invalid) as refused:
        facts.check()
    return set(refused.value.fields)
