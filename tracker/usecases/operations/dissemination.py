"""The dissemination record of an operation, for the people who lead it."""

from uuid import UUID

from msgspec.structs import replace

from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event import Occurrence
from tracker.rules.operations.dissemination import Given, first_of_each
from tracker.rules.operations.plans import may_plan
from tracker.tables.visible.operations import dissemination
from tracker.usecases.core import names


async def record_of(viewer: Viewer, occurrence: Occurrence) -> list[Given]:
    """Return which version each person had, also people who no longer see it; nothing for people who don't lead it."""
    if not may_plan(viewer, occurrence.event):
        return []
    given = await dissemination.given(viewer, occurrence.event, occurrence.id)
    people = await names.people(one.member_id for one in given)
    return first_of_each(replace(one, person=_name(people, one.member_id)) for one in given)


def _name(people: dict[UUID, tuple[str, str]], member_id: UUID) -> str:
    name, agency = people[member_id]
    return f"{name} ({agency})"
