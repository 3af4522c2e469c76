"""Event templates: what the form of a new event starts with, and who may use them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from tracker.rules.core import audiences
from tracker.rules.core.audiences import Visibility
from tracker.rules.core.viewers import Viewer
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
        and audiences.committee_audience(committee_id) in viewer.audiences
    )


def may_remove_template(viewer: Viewer, template: Template) -> bool:
    """Return whether the viewer, who may use it, may also remove it: its owner, or a coordinator."""
    return viewer.member_id == template.owner_id or viewer.is_coordinator
