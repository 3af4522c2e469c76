"""A member's own roster entry: what they may change themselves, and what only the coordinator may."""

from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict

from tracker.database import writing
from tracker.errors import Invalid, NotFound
from tracker.rules.core.clean_text import clean
from tracker.rules.core.names import name_in
from tracker.rules.core.viewer import Viewer
from tracker.rules.core.wall_clock import zone_of
from tracker.rules.roster.contacts import LONGEST_PHONE, check_phones
from tracker.rules.roster.csv_rows import LONGEST
from tracker.tables.schema.roster.people import Member
from tracker.usecases.core import audit


class Profile(Struct, frozen=True, kw_only=True):
    """A member's roster entry."""

    name: str
    title: str
    phone: str
    mobile: str = ""
    is_mobile_private: bool = False
    zone: str


async def profile_of(viewer: Viewer) -> Profile:
    """Return the viewer's own profile. Errors: NotFound."""
    columns = (Member.name, Member.title, Member.phone, Member.mobile, Member.is_mobile_private, Member.zone)
    row = await Member.select(*columns).where(Member.id == viewer.member_id).first()
    if row is None:
        raise NotFound
    return Profile(**row | {"is_mobile_private": bool(row["is_mobile_private"])})


async def change_profile(viewer: Viewer, wanted: Profile, now: datetime) -> None:
    """Change the viewer's own title, phones and zone, and a coordinator's own name; other members' names stay.

    Errors: Invalid by field.
    """
    was = await profile_of(viewer)
    new = _checked(wanted, was.name if not viewer.is_coordinator else wanted.name)
    before = asdict(was)
    changed = [field for field in new if new[field] != before[field]]
    if not changed:
        return
    async with writing():
        values: dict[Any, Any] = {**new, "version": Member.version + 1}
        await Member.update(values).where(Member.id == viewer.member_id)
        facts = {"fields": changed}
        await audit.record(viewer.actor, "profile_changed", "member", viewer.member_id, facts, now)


def _checked(wanted: Profile, name: str) -> dict[str, Any]:
    named = name_in(name, LONGEST["name"], "name")
    if not named:
        raise Invalid(name="Enter your display name, for example your role and agency.")
    phone, mobile = (
        clean(text, LONGEST_PHONE, field) for field, text in (("phone", wanted.phone), ("mobile", wanted.mobile))
    )
    check_phones(phone=phone, mobile=mobile)
    return {
        "name": named,
        "title": name_in(wanted.title, LONGEST["title"], "title"),
        "phone": phone,
        "mobile": mobile,
        "is_mobile_private": wanted.is_mobile_private,
        "zone": zone_of(wanted.zone).key,
    }
