"""Which version of an operation each person had, through what, and when first (28 CFR 23.20(e) and (g))."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct


class Outlet(StrEnum):
    """Through what a person got it."""

    PAGE = "page"
    PRINT = "print"
    EMAIL = "email"
    LINK = "link"
    FEED = "feed"
    API = "api"


OUTLET_WORDS = {
    Outlet.PAGE: "Web page",
    Outlet.PRINT: "Printed brief",
    Outlet.EMAIL: "Email",
    Outlet.LINK: "Link in an email",
    Outlet.FEED: "Calendar feed",
    Outlet.API: "Program (API)",
}


class Given(Struct, frozen=True, kw_only=True):
    """One time that a person was shown or sent an operation, as it was recorded; aware UTC."""

    member_id: UUID
    person: str
    outlet: Outlet
    at: datetime
    version: int | None
    """Of the event; None for what an earlier release recorded without it."""
    plan_version: int | None = None
    """Of its plan; None where no plan was shown."""


def first_of_each(given: Iterable[Given]) -> list[Given]:
    """Return the first time that each person had each version through each outlet; by person, then in time order."""
    found: dict[tuple[UUID, Outlet, int | None, int | None], Given] = {}
    for one in sorted(given, key=lambda one: one.at):
        found.setdefault((one.member_id, one.outlet, one.version, one.plan_version), one)
    return sorted(found.values(), key=lambda one: (one.person, str(one.member_id), one.at))
