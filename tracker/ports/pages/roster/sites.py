"""The sites where the task force meets: a list for people who schedule, and a form for people who manage it."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from litestar import Response, get

from tracker.errors import NotFound
from tracker.ports.http.dependencies import Viewer
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Pages
from tracker.ports.pages.core.form_values import FormReader, FormValues
from tracker.ports.pages.core.sheets import NO_FORM, FormWords
from tracker.ports.pages.roster.admin_forms import AdminForm, handlers_of
from tracker.rules.roster.sites import (
    LONGEST_ADDRESS,
    LONGEST_EQUIPMENT,
    LONGEST_NAME,
    SEATS_WANTED,
    MeetingSiteFacts,
    coordinates_in,
)
from tracker.usecases.roster import sites

LABELS = {
    "name": "Name",
    "address": "Address",
    "coordinates": "Coordinates",
    "capacity": "Capacity",
    "equipment": "Equipment",
    "status": "Status",
}
OPEN, CLOSED = "open", "closed"
STATUSES = [
    (OPEN, "Open", "Suggested when you schedule an event"),
    (CLOSED, "Closed", "No longer suggested. Events there don’t change"),
]


@get("/sites", guards=[signed_in])
async def sites_page(pages: Pages, viewer: Viewer) -> Response[str]:
    """Show the sites. Errors: NotFound for people who neither schedule nor manage them."""
    if not (viewer.may_schedule or viewer.manages_accounts):
        raise NotFound
    return pages.render("roster/sites/list.html", sites=await sites.every_site())


async def _texts(_: Viewer, site_id: UUID, __: str) -> tuple[FormValues, int]:
    site = await sites.meeting_site(site_id)
    return NO_FORM.but(
        {
            "name": site.name,
            "address": site.address,
            "coordinates": site.coordinates.text if site.coordinates else "",
            "capacity": str(site.capacity or ""),
            "equipment": site.equipment,
            "status": OPEN if site.is_open else CLOSED,
        }
    ), site.version


async def _shown(_: Viewer, site_id: UUID | None, __: FormValues) -> Mapping[str, Any]:
    return {"site": await sites.meeting_site(site_id) if site_id else None, "statuses": STATUSES}


def _read(form: FormValues, _: str) -> MeetingSiteFacts:
    reader = FormReader(form)
    name, address = reader.named("name", LONGEST_NAME), reader.text("address", LONGEST_ADDRESS)
    capacity, equipment = reader.number("capacity", SEATS_WANTED), reader.text("equipment", LONGEST_EQUIPMENT)
    coordinates = reader.tried(lambda: coordinates_in(form["coordinates"]), None)
    reader.check()
    return MeetingSiteFacts(
        name=name,
        address=address,
        capacity=capacity,
        equipment=equipment,
        is_open=form["status"] != CLOSED,
        coordinates=coordinates,
    )


async def _words(_: Viewer, __: Sequence[FormValues]) -> FormWords:
    meanings = {value: words for value, words, _ in STATUSES}
    return FormWords(labels=LABELS, said=lambda _, text: meanings.get(text, text) or "empty")


site_form = handlers_of(
    AdminForm(
        address="/sites",
        key="site_id",
        template="roster/sites/form.html",
        fields=tuple(LABELS),
        read=_read,
        add=sites.add_meeting_site,
        change=sites.change_meeting_site,
        texts=_texts,
        words=_words,
        shown=_shown,
        added=lambda facts: f"{facts.name} added.",
        saved=lambda facts: f"{facts.name} saved.",
        leads_to=lambda _: "/sites",
    )
)
