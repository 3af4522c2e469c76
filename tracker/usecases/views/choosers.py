"""Whom the field of a form offers to its reader, by the name that the page gives to its candidates."""

from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

from tracker.errors import NotFound
from tracker.rules.core.viewers import Viewer
from tracker.usecases.actions import after_actions, item_lists
from tracker.usecases.attendance import roll_call
from tracker.usecases.audit import audit_log
from tracker.usecases.operations import access, readiness
from tracker.usecases.roster import committees
from tracker.usecases.roster.known_people import Candidates, people_to_invite
from tracker.usecases.views import offboarding


async def candidates_named(viewer: Viewer, name: str, subject: str) -> Candidates:
    """Return the candidates of that name; `subject` is the id or reference of what they are chosen for, if anything.

    Errors: NotFound for an unknown name, and for candidates or a subject that the viewer may not see; NotAllowed.
    """
    found = _CANDIDATES.get(name)
    if found is None:
        raise NotFound
    return await found(viewer, subject)


async def _known(viewer: Viewer, _: str) -> Candidates:
    """Return whom the viewer may invite. Others, who invite no one, know fewer people than those: no page asks."""
    if not viewer.may_schedule:
        raise NotFound
    return people_to_invite(viewer)


async def _actors(viewer: Viewer, _: str) -> Candidates:
    return audit_log.actors_for(viewer)


async def _chairs(viewer: Viewer, _: str) -> Candidates:
    return committees.possible_chairs(viewer)


async def _owners(viewer: Viewer, origin: str) -> Candidates:
    return await item_lists.new_item_owners(viewer, _id(origin) if origin else None)


async def _after_action_owners(viewer: Viewer, event: str) -> Candidates:
    return await after_actions.after_action_owners(viewer, _id(event))


async def _walk_ins(viewer: Viewer, date: str) -> Candidates:
    event, _, key = date.partition("/")
    return await roll_call.possible_walk_ins(viewer, _id(event), key)


async def _operation_access(viewer: Viewer, event: str) -> Candidates:
    return await access.access_candidates(viewer, _id(event))


async def _services(viewer: Viewer, event: str) -> Candidates:
    return await readiness.recipient_candidates(viewer, _id(event))


async def _successors(viewer: Viewer, person: str) -> Candidates:
    return await offboarding.successors_of(viewer, _id(person))


_CANDIDATES: Mapping[str, Callable[[Viewer, str], Awaitable[Candidates]]] = {
    "known": _known,
    "actors": _actors,
    "chairs": _chairs,
    "owners": _owners,
    "new-owners": item_lists.reassignable_to,
    "walk-ins": _walk_ins,
    "successors": _successors,
    "services": _services,
    "operation-access": _operation_access,
    "after-action-owners": _after_action_owners,
}


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound from None
