"""How people and agencies are reached at work, and who may see it. Home addresses are never recorded.

A work number is for everyone who may know the person. Each person decides whether their mobile number is too, or is
for coordinators and administrators only. The contact of an agency is for everyone who may know the agency.
"""

import re
from uuid import UUID

from msgspec import Struct

from tracker.errors import Invalid
from tracker.rules.core.viewer import Viewer

LONGEST_PHONE = 40  # characters
LONGEST_ADDRESS = 200  # characters
FEWEST_DIGITS, MOST_DIGITS = 7, 15
"""Of a number without its extension (ITU-T E.164 allows at most 15)."""
PHONE_HINT = "Enter a phone number with area code, like 816-555-0100 or 816-555-0100 x12."
EMAIL_HINT = "Enter an email address like name@agency.gov."
_NUMBER = re.compile(r"(\+?[\d(][\d ().-]*)(?:(?:x|ext\.?) ?\d{1,6})?", re.IGNORECASE)
_EMAIL = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}")


class AgencyContact(Struct, frozen=True, kw_only=True):
    """Whom to ask for at an agency, and where its office is; each may be empty."""

    name: str = ""
    phone: str = ""
    email: str = ""
    address: str = ""

    @property
    def is_given(self) -> bool:
        """Return whether anything is known."""
        return bool(self.name or self.phone or self.email or self.address)

    def wrong(self) -> dict[str, str]:
        """Return a sentence for each wrong field, under its name in forms."""
        return {
            "contact_phone": "" if is_phone(self.phone) else PHONE_HINT,
            "contact_email": "" if not self.email or is_email(self.email) else EMAIL_HINT,
        }


NO_CONTACT = AgencyContact()


def is_phone(text: str) -> bool:
    """Return whether a text is a phone number, or empty: digits and their usual signs, perhaps with an extension."""
    found = _NUMBER.fullmatch(text)
    digits = sum(one.isdigit() for one in found[1]) if found else 0
    return not text or FEWEST_DIGITS <= digits <= MOST_DIGITS


def is_email(text: str) -> bool:
    """Return whether a text is an email address in lower case."""
    return _EMAIL.fullmatch(text) is not None


def check_phones(**numbers: str) -> None:
    """Raise `Invalid` with a sentence for each field that holds no phone number."""
    if wrong := {field: PHONE_HINT for field, number in numbers.items() if not is_phone(number)}:
        raise Invalid(**wrong)


def mobile_for(viewer: Viewer, member_id: UUID, mobile: str, *, is_private: bool) -> str:
    """Return a person's mobile number as far as a viewer who may know the person sees it."""
    sees_it = not is_private or viewer.manages_accounts or viewer.member_id == member_id
    return mobile if sees_it else ""
