"""Who is who: the list of people with its find box, and the page of one person."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any
from uuid import UUID

from litestar import Request, Response, get
from litestar.params import FromPath

from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.form_values import FormValues, query_of
from tracker.ports.pages.core.request import is_from_htmx, viewer_of, zone_of
from tracker.ports.pages.core.saved_filters import saved_in
from tracker.ports.pages.core.templating import page, part
from tracker.ports.pages.roster.person_forms import last_day
from tracker.rules.roster import accounts
from tracker.rules.roster.directory import ARM_WORDS, PersonCard, role_words
from tracker.usecases.actions import item_lists
from tracker.usecases.roster import directory

MOST = 100  # people on one page
LONGEST_WORDS = 100  # characters of what is looked for
WORDS: dict[str, Any] = {"arm_words": ARM_WORDS, "role_words": role_words}


@get("/people", guards=[signed_in])
async def people_page(request: Request[Any, Any, Any]) -> Response[str]:
    """Show the people whom the viewer may know, by agency; the address holds what is looked for."""
    context = await _listed(request, query_of(request))
    if is_from_htmx(request):
        return part("roster/people/list.html", "found", request, **context)
    return page("roster/people/list.html", request, **context, **await saved_in(request, "people"))


@get("/people/{person_id:uuid}", guards=[signed_in])
async def person_page(person_id: FromPath[UUID], request: Request[Any, Any, Any]) -> Response[str]:
    """Show one person."""
    return page("roster/people/show.html", request, **await person_context(request, person_id))


async def person_context(request: Request[Any, Any, Any], person_id: UUID) -> dict[str, Any]:
    """Return what the page of a person shows."""
    viewer = viewer_of(request)
    person = await directory.person(viewer, person_id)
    return {
        **WORDS,
        "person": person,
        "items": await item_lists.open_items_of_people(viewer, [person_id]),
        "may_touch": accounts.may_touch(viewer, person_id, person.roles),
        "ends": person.account and person.account.expires_at and last_day(person.account.expires_at, zone_of(request)),
    }


async def _listed(request: Request[Any, Any, Any], query: FormValues) -> dict[str, Any]:
    words, with_departed = query["q"].strip()[:LONGEST_WORDS], query["left"] == "1"
    found = await directory.search(viewer_of(request), words, at_most=MOST, with_departed=with_departed)
    return {
        **WORDS,
        "groups": by_agency(found.people),
        "words": words,
        "with_departed": with_departed,
        "shown": len(found.people),
        "found": found.found,
        "known": found.known,
        "agencies": found.agencies,
    }


def by_agency(people: Sequence[PersonCard]) -> list[tuple[PersonCard, list[PersonCard]]]:
    """Return the people of each agency, with one of them to name it."""
    groups = [list(group) for _, group in groupby(people, key=lambda person: person.agency_id)]
    return [(group[0], group) for group in groups]


handlers = [people_page, person_page]
