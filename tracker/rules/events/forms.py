"""What the form of an event holds: whom it invites, and templates with which a new one starts.

The form invites agencies, committees and people who are added, without people who are unchecked. Each person has one
box in it, which is checked for people who are invited, so the form always shows what it means.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct, field

from tracker.rules.core import viewers
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.events.events import TEXTS, Kind, may_schedule
from tracker.rules.events.replies import AttendeeRole

LONGEST_NAME = 80  # characters
LARGEST = 60_000
"""The most characters of a stored form."""
MOST_TEMPLATES = 50
"""The most templates that one person keeps."""

TEMPLATE_FIELDS = frozenset(
    {
        *TEXTS,
        "kind",
        "visibility",
        "committee",
        "all_day",
        "starts",
        "ends",
        "zone",
        "agency",
        "seats",
        "person",
        "by_name",
        "mark_categories",
        "mark_limit",
        "mark_agency",
        "reminders",
        "leads",
        "asks_before",
        "asks_after",
        "sends_thanks",
    }
)
"""The fields that a template keeps: what, who, where, marking, reminders, and hours; not the day or how it repeats."""
ROLE = "role-"
"""Prefix of the form fields that hold a person's role in the invitation."""

Texts = Mapping[str, Sequence[str]]
"""A form: the text of each field."""


class Template(Struct, frozen=True, kw_only=True):
    """A template as a person who may use it sees it."""

    id: UUID
    name: str
    owner_id: UUID
    owner: str
    committee_id: UUID | None
    """The committee whose schedulers may use it; None = the owner only."""
    committee: str
    form: Texts
    created_at: datetime


def texts_kept(form: Texts) -> dict[str, list[str]]:
    """Return what a template keeps of a form; the default role is omitted for the people that the form lists."""
    usual = (AttendeeRole.REQUIRED.value,)
    return {
        name: [text for text in texts if text]
        for name, texts in form.items()
        if (name in TEMPLATE_FIELDS or (name.startswith(ROLE) and tuple(texts) != usual)) and any(texts)
    }


def may_be_shared(visibility: str) -> bool:
    """Return whether a template may belong to a committee: one for named people shows their names to its owner only."""
    return visibility != Visibility.NAMED


def may_use_template(viewer: Viewer, template: Template) -> bool:
    """Return whether the viewer may use it: its owner, and people who schedule for its committee."""
    if viewer.member_id == template.owner_id:
        return True
    committee_id = template.committee_id
    return (
        committee_id is not None
        and may_schedule(viewer, Kind.MEETING, Visibility.COMMITTEE, committee_id)
        and viewers.committee_audience(committee_id) in viewer.audiences
    )


def may_remove_template(viewer: Viewer, template: Template) -> bool:
    """Return whether the viewer, who may use it, may also remove it: its owner, or a coordinator."""
    return viewer.member_id == template.owner_id or viewer.is_coordinator


class Picks(Struct, frozen=True, kw_only=True):
    """The selections in the form."""

    agencies: frozenset[UUID] = frozenset()
    every_agency: bool = False
    committees: frozenset[UUID] = frozenset()
    people: frozenset[UUID] = frozenset()
    """People who are added one by one, whatever else is checked."""
    unchecked: frozenset[UUID] = frozenset()
    """People who are not invited, whatever else is checked."""
    roles: Mapping[UUID, AttendeeRole] = field(default_factory=dict)
    """The role of each invitee; required where it has none."""


class BoxReason(StrEnum):
    """What decides whether a person's box is checked."""

    BY_GROUP = "by_group"
    """An agency or committee: the box follows it."""
    BY_NAME = "by_name"
    """The box itself: it stays as it is when an agency or committee changes."""


class PersonBox(NamedTuple):
    """A person's box; nothing has decided about the box of a person whom no one has picked."""

    is_checked: bool
    decided: BoxReason | None


def people_picked(picks: Picks, grouped: AbstractSet[UUID]) -> frozenset[UUID]:
    """Return the people who are invited; `grouped` are those of the agencies and committees that are checked."""
    return (picks.people | grouped) - picks.unchecked


def box_of_person(member_id: UUID, picks: Picks, grouped: AbstractSet[UUID]) -> PersonBox:
    """Return the box of a person. One that was unchecked is forgotten when no group of theirs is checked any longer."""
    if member_id in picks.unchecked:
        return PersonBox(is_checked=False, decided=BoxReason.BY_NAME if member_id in grouped else None)
    if member_id in picks.people:
        return PersonBox(is_checked=True, decided=BoxReason.BY_NAME)
    is_grouped = member_id in grouped
    return PersonBox(is_checked=is_grouped, decided=BoxReason.BY_GROUP if is_grouped else None)


def picks_by_box(
    checked: AbstractSet[UUID], by_group: AbstractSet[UUID], by_name: AbstractSet[UUID]
) -> tuple[frozenset[UUID], frozenset[UUID]]:
    """Return who is added and who is unchecked, from the boxes that are checked and what had decided about each.

    A box that still is as its group had it says nothing of its own, so it follows the group; a box that was checked or
    unchecked since counts for itself. A box that nothing had decided about says something only when it is checked.
    """
    return frozenset(checked - by_group), frozenset((by_group | by_name) - checked)


def checked_agencies(
    checked: AbstractSet[UUID], *, all_checked: bool, shown_checked: int, by_name: AbstractSet[UUID] = frozenset()
) -> tuple[frozenset[UUID], bool]:
    """Return the agencies that are checked, and whether all of them are meant.

    "All agencies" acts when its box changes. `all_checked` is its box now; `shown_checked` is how many agencies were
    checked with it when the form was shown, 0 if it was not checked. Without scripts, an agency that is unchecked below
    a box that stays checked is left out, and a box that is unchecked above agencies that stay checked clears them all.

    `by_name` are agencies that were shown as checked because their people were. While they stay so, the boxes of these
    people count, and theirs says nothing.
    """
    if len(checked) < shown_checked:
        return frozenset(checked - by_name), False
    is_cleared = shown_checked > 0 and not all_checked
    is_whole = all_checked and not (shown_checked and by_name)
    return frozenset() if is_cleared else frozenset(checked - by_name), is_whole
