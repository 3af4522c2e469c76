"""What is a phone number, and who sees a mobile number."""

from uuid import uuid4

import pytest
from msgspec.structs import replace

from tracker.errors import Invalid
from tracker.rules.core.viewers import Arm, Role, Viewer
from tracker.rules.roster.directory import PHONE_HINT, AgencyContact, check_phones, is_email, is_phone, mobile_for

VIEWER = Viewer(
    member_id=uuid4(),
    name="Detective",
    email="detective@kcpd.example",
    agency_id=uuid4(),
    agency="KCPD",
    arm=Arm.LAW_ENFORCEMENT,
    zone="America/Chicago",
)


@pytest.mark.parametrize(
    "text",
    ["", "816-555-0100", "(816) 555-0100", "+1 816.555.0100", "8165550100 x12", "816-555-0100 ext. 1234", "555-0100"],
)
def test_digits_with_their_usual_signs_and_an_extension_are_a_phone_number(text: str) -> None:
    assert is_phone(text)


@pytest.mark.parametrize(
    "text", ["911", "call me", "816-555-01OO", "+", "1" * 16, "816-555-0100 x", "=816-555-0100", "816-555-0100 or 0101"]
)
def test_anything_else_is_none(text: str) -> None:
    assert not is_phone(text)


def test_the_sentence_for_a_wrong_number_stands_at_its_field() -> None:
    with pytest.raises(Invalid) as refused:
        check_phones(phone="816-555-0100", mobile="none")
    assert refused.value.fields == {"mobile": PHONE_HINT}


def test_an_agencys_contact_names_its_wrong_fields() -> None:
    wrong = AgencyContact(name="Front desk", phone="x", email="nobody").wrong()
    assert {field for field, sentence in wrong.items() if sentence} == {"contact_phone", "contact_email"}
    assert not AgencyContact().is_given
    assert is_email("desk@kcpd.example")


@pytest.mark.parametrize("role", [None, Role.AGENCY_LEAD, Role.AUDITOR])
def test_a_private_mobile_number_is_hidden_from_everyone_else(role: Role | None) -> None:
    viewer = replace(VIEWER, roles=frozenset({role} if role else ()))
    assert mobile_for(viewer, uuid4(), "816-555-0101", is_private=True) == ""
    assert mobile_for(viewer, uuid4(), "816-555-0101", is_private=False) == "816-555-0101"


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.ADMINISTRATOR])
def test_coordinators_administrators_and_the_person_see_it(role: Role) -> None:
    viewer = replace(VIEWER, roles=frozenset({role}))
    assert mobile_for(viewer, uuid4(), "816-555-0101", is_private=True) == "816-555-0101"
    assert mobile_for(VIEWER, VIEWER.member_id, "816-555-0101", is_private=True) == "816-555-0101"
