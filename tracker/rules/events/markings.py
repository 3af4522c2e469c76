"""Markings of controlled unclassified information: the choices, and the banner made of them (32 CFR 2002.20).

Categories and limits are those of the CUI Registry of the National Archives that fit a task force; people can't type
labels of their own. Categories about victims are left out: information that they protect has no place here.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from uuid import UUID

from msgspec import Struct
from msgspec.structs import asdict

from tracker.errors import Invalid
from tracker.rules.core.viewers import CAPACITIES, Arm, Capacity, Level, Viewer, Visibility
from tracker.rules.core.wording import Worded, short_date

CONTROL = "CUI"
SPECIFIED = "SP-"
"""Prefix of a category whose law says how it is handled; any other one is Basic."""


class Category(StrEnum):
    """A category in a banner: with `SP-`, and without it where the registry has a Basic authority for it."""

    SP_CHRI = "SP-CHRI"
    INV = "INV"
    SP_INV = "SP-INV"
    LEI = "LEI"
    PRIVILEGE = "PRIVILEGE"
    PRVCY = "PRVCY"
    SP_PRVCY = "SP-PRVCY"

    @property
    def is_specified(self) -> bool:
        """Return whether its law says how it is handled."""
        return self.startswith(SPECIFIED)

    @property
    def abbreviation(self) -> str:
        """Return the registry's abbreviation."""
        return self.removeprefix(SPECIFIED)

    @property
    def words(self) -> str:
        """Return the registry's full name."""
        return NAMES[self.abbreviation]


NAMES = {
    "CHRI": "Criminal history records information",
    "INV": "Investigation",
    "LEI": "General law enforcement",
    "PRIVILEGE": "Legal privilege",
    "PRVCY": "General privacy",
}


class Limit(Worded):
    """A limited dissemination control of the registry; each needs a list of named people."""

    DL_ONLY = "DL ONLY", "only people on the list"
    FED_ONLY = "FED ONLY", "federal employees only"
    FEDCON = "FEDCON", "federal employees and contractors"
    NOCON = "NOCON", "government employees, no contractors"


STANDING = {
    None: Capacity.MEMBER,
    Limit.DL_ONLY: Capacity.MEMBER,
    Limit.FED_ONLY: Capacity.FEDERAL,
    Limit.FEDCON: Capacity.FEDERAL,
    Limit.NOCON: Capacity.GOVERNMENT,
}
"""The standing of people on the list. Contractors are not recorded here, so no one is treated as one."""


class Marking(Struct, frozen=True, kw_only=True, eq=False):
    """The marking of one event."""

    categories: frozenset[Category]
    agency_id: UUID
    """The agency that designated it: only that agency changes or ends the control."""
    decontrol_on: date
    limit: Limit | None = None
    agency: str = ""
    """Name of the agency, for readers."""

    @property
    def identity(self) -> Mapping[str, object]:
        """What makes it this marking: all but the agency's name, which may not be at hand."""
        return {name: value for name, value in asdict(self).items() if name != "agency"}

    def __eq__(self, other: object) -> bool:
        """Return whether both are the same marking."""
        return isinstance(other, Marking) and self.identity == other.identity

    def __ne__(self, other: object) -> bool:
        """Return whether they differ; a Struct has a comparison of its own here, by identity."""
        return not self == other

    def __hash__(self) -> int:
        """Return the hash of what makes it this marking."""
        return hash(tuple(self.identity.values()))

    @property
    def banner(self) -> str:
        """Return, for example, CUI//SP-INV/LEI//FEDCON."""
        return banner_of(self.categories, {self.limit} if self.limit else ())

    @property
    def indicator(self) -> str:
        """Return the designation indicator for the first page."""
        return f"Controlled by: {self.agency}. Decontrol on: {short_date(self.decontrol_on)}."


def banner_of_all(markings: Iterable[Marking]) -> str:
    """Return the banner of a page or file that holds all of these: every category and the strictest limit; else ""."""
    every = list(markings)
    if not every:
        return ""
    categories = frozenset[Category]().union(*(marking.categories for marking in every))
    specified = {category.abbreviation for category in categories if category.is_specified}
    kept = (category for category in categories if category.is_specified or category.abbreviation not in specified)
    limits = {marking.limit for marking in every if marking.limit}
    if Limit.FED_ONLY in limits or (limits & {Limit.FED_ONLY, Limit.FEDCON} and Limit.NOCON in limits):
        limits = (limits & {Limit.DL_ONLY}) | {Limit.FED_ONLY}  # it admits only people whom all of them admit
    return banner_of(kept, limits)


def check_marking(marking: Marking, today: date) -> None:
    """Check that the marking can be set today. Errors: Invalid with a sentence for each field."""
    wrong: dict[str, str] = {}
    if not marking.categories:
        wrong["mark_categories"] = "Choose at least one category."
    numbers = Counter(category.abbreviation for category in marking.categories)
    if twice := sorted(name for name, number in numbers.items() if number > 1):
        wrong["mark_categories"] = f"Choose “{NAMES[twice[0]]}” once: Basic or Specified."
    if marking.decontrol_on < today:
        wrong["mark_until"] = "This date has passed. Choose a later decontrol date."
    if wrong:
        raise Invalid(**wrong)


def capacity_on_list(marking: Marking | None) -> Capacity:
    """Return the standing of people on the list of an event so marked: changing agencies may end their access."""
    return STANDING[marking.limit if marking else None]


def check_limit_visibility(limit: Limit, visibility: Visibility) -> None:
    """Check that a limited event is for named people only. Errors: Invalid."""
    if visibility is not Visibility.NAMED:
        raise Invalid(mark_limit=f"{limit} needs a list of people. Choose “Only the named participants” above.")


def may_have_limited(limit: Limit, level: Level) -> bool:
    """Return whether people who serve at an agency of this level may have what is limited like this."""
    return STANDING[limit] in CAPACITIES[level]


def check_people_admitted(limit: Limit, people: Iterable[tuple[str, Level]]) -> None:
    """Check that each person on the list, given as words and level of agency, may have it. Errors: Invalid."""
    if others := sorted(words for words, level in people if not may_have_limited(limit, level)):
        raise Invalid(
            mark_limit=f"{limit} means {limit.label}. Remove other people from the list, or choose another limit: "
            f"{', '.join(others)}."
        )


def may_mark(viewer: Viewer) -> bool:
    """Return whether a person who may change an event may also set, change or remove its marking."""
    return viewer.arm is Arm.LAW_ENFORCEMENT


def may_copy(viewer: Viewer, marking: Marking | None) -> bool:
    """Return whether a person may schedule a copy of an event so marked: the copy is controlled too."""
    return viewer.may_schedule and (marking is None or may_mark(viewer))


def banner_of(categories: Iterable[Category], limits: Iterable[Limit]) -> str:
    """Return the banner of categories and limits: Specified first, each group in alphabetical order (CUI Registry)."""
    ordered = sorted(categories, key=lambda category: (not category.is_specified, category.abbreviation))
    return "//".join(filter(None, (CONTROL, "/".join(ordered), "/".join(sorted(limits)))))
