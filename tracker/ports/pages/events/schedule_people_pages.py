"""Requests of the form of an event about its people: an agency's list, and a search for the few that match."""

from litestar import Response, post

from tracker.errors import NotFound
from tracker.ports.http.dependencies import Now, PathId, Viewer, Zone
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Form, Pages
from tracker.ports.pages.core.form_values import Errors, id_in
from tracker.ports.pages.events.schedule import opened_in, shown_again
from tracker.ports.pages.events.schedule_people import ROLE_OPTIONS, lists_of, search_of, with_person, without_person


@post("/schedule/people", guards=[signed_in], status_code=200)
async def people(pages: Pages, viewer: Viewer, form: Form, zone: Zone, now: Now) -> Response[str]:
    """Show the lists as the checked agencies and committees make them, and with one person added or removed."""
    opened = await opened_in(viewer, form, zone, now)
    offered_ids = {one.id for one in opened.offered.people}
    added, dropped = id_in(form["add"]), id_in(form["drop"])
    form = with_person(form, added if added in offered_ids else None)
    form = without_person(form, dropped if dropped in offered_ids else None)
    if not pages.is_htmx:
        return await shown_again(pages, viewer, form, opened, now)
    lists = lists_of(form, opened.offered)
    return pages.render("events/schedule/people.html", lists=lists, role_options=ROLE_OPTIONS, errors=Errors())


@post("/schedule/people/{agency_id:uuid}", guards=[signed_in], status_code=200)
async def people_of_agency(
    agency_id: PathId, pages: Pages, viewer: Viewer, form: Form, zone: Zone, now: Now
) -> Response[str]:
    """Show all people of one agency whom the viewer may invite. Errors: NotFound for an agency without such people."""
    opened = await opened_in(viewer, form, zone, now, agency_id)
    one = next((one for one in lists_of(form, opened.offered, [agency_id]) if one.id == agency_id), None)
    if one is None:
        raise NotFound
    if not pages.is_htmx:
        loaded = form.but({"loaded": (*form.all("loaded"), str(agency_id))})
        return await shown_again(pages, viewer, loaded, opened, now)
    return pages.render("events/schedule/people-rows.html", one=one, role_options=ROLE_OPTIONS)


@post("/schedule/matches", guards=[signed_in], status_code=200)
async def matching_people(pages: Pages, viewer: Viewer, form: Form, zone: Zone, now: Now) -> Response[str]:
    """Show the first people whom the typed words find."""
    opened = await opened_in(viewer, form, zone, now)
    if not pages.is_htmx:
        return await shown_again(pages, viewer, form, opened, now)
    search = await search_of(viewer, form, opened.offered)
    return pages.render(
        "core/parts/people-found.html",
        place="add",
        deed="add",
        words=search.words,
        found=search.found,
        more=search.more,
        others=(),
        invited=search.invited,
    )
