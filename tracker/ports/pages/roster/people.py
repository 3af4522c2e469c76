"""The directory: the list of people with its search box, and the page of one person."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.response import Redirect

from tracker.database import together
from tracker.ports.http.dependencies import Now, Viewer, Zone
from tracker.ports.http.guards import signed_in
from tracker.ports.http.path import PathId
from tracker.ports.pages.core.dependencies import Pages, Query, QueryString
from tracker.ports.pages.core.form_values import FormValues
from tracker.ports.pages.core.saved_filters import saved_in
from tracker.ports.pages.roster.person_forms import last_day
from tracker.rules.roster import accounts
from tracker.rules.roster.directory import ARM_WORDS, PersonCard, role_words
from tracker.usecases.actions import item_lists
from tracker.usecases.intake import undeliverable
from tracker.usecases.roster import aliases, directory

MOST = 100  # people on one page
LONGEST_WORDS = 100  # characters of a search
RESUMED = "Sending resumed. New emails to this address will go out."
WORDS: dict[str, Any] = {"arm_words": ARM_WORDS, "role_words": role_words}


@get("/people", guards=[signed_in])
async def people_page(pages: Pages, viewer: Viewer, params: Query, query_string: QueryString) -> Response[str]:
    """Show the people whom the viewer may know, by agency; the address holds the search."""
    if pages.is_htmx:
        return pages.render_block("roster/people/list.html", "found", **await _listed(viewer, params))
    listed, saved = await together(_listed(viewer, params), saved_in(viewer, query_string, "people"))
    return pages.render("roster/people/list.html", **listed, **saved)


@get("/people/{person_id:uuid}", guards=[signed_in])
async def person_page(person_id: PathId, pages: Pages, viewer: Viewer, zone: Zone, now: Now) -> Response[str]:
    """Show one person."""
    return pages.render("roster/people/show.html", **await person_context(viewer, zone, person_id, now))


async def person_context(viewer: Viewer, zone: str, person_id: UUID, now: datetime) -> dict[str, Any]:
    """Return the values of a person's page."""
    person = await directory.person(viewer, person_id)
    return {
        **WORDS,
        "person": person,
        "items": await item_lists.open_items_of_people(viewer, [person_id]),
        "may_touch": accounts.may_touch(viewer, person_id, person.roles),
        "email": await undeliverable.of_person(viewer, person_id, now),
        "aliases": await aliases.of_person(viewer, person_id),
        "ends": person.account and person.account.expires_at and last_day(person.account.expires_at, zone),
    }


async def _listed(viewer: Viewer, query: FormValues) -> dict[str, Any]:
    words, with_departed = query["q"].strip()[:LONGEST_WORDS], query["left"] == "1"
    found = await directory.search(viewer, words, at_most=MOST, with_departed=with_departed)
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


@post("/people/{person_id:uuid}/sending", guards=[signed_in], status_code=303)
async def resume_sending(person_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Redirect:
    """Send to a person's address again, after emails to it couldn't be delivered."""
    await undeliverable.restore(viewer, person_id, now)
    return pages.redirect(f"/people/{person_id}", RESUMED)


def by_agency(people: Sequence[PersonCard]) -> list[tuple[PersonCard, list[PersonCard]]]:
    """Return the people of each agency, with one of them to name it."""
    groups = [list(group) for _, group in groupby(people, key=lambda person: person.agency_id)]
    return [(group[0], group) for group in groups]
