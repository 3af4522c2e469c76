"""The sites where the task force meets: a list for people who schedule, and a form for people who manage it."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

from litestar import Response, get

from tracker.errors import NotFound
from tracker.ports.http.dependencies import Viewer
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Pages
from tracker.ports.pages.core.form_shapes import Choice, FormShape, Name, Text, Typed, Whole
from tracker.ports.pages.core.form_values import FormValues
from tracker.ports.pages.core.sheets import FormWords
from tracker.ports.pages.roster.admin_forms import AdminForm, handlers_of
from tracker.rules.roster.sites import (
    LONGEST_ADDRESS,
    LONGEST_EQUIPMENT,
    LONGEST_NAME,
    SEATS_WANTED,
    Coordinates,
    MeetingSiteFacts,
    coordinates_in,
)
from tracker.usecases.roster import sites

OPEN, CLOSED = "open", "closed"


class MeetingSiteForm(FormShape, kw_only=True):
    """A site where the task force meets."""

    name: Annotated[str, Name("Name", LONGEST_NAME)]
    address: Annotated[str, Text("Address", LONGEST_ADDRESS)]
    coordinates: Annotated[Coordinates | None, Typed("Coordinates", 60, of_text=coordinates_in)]
    capacity: Annotated[int | None, Whole("Capacity", 4, unreadable=SEATS_WANTED)]
    equipment: Annotated[str, Text("Equipment", LONGEST_EQUIPMENT)]
    status: Annotated[
        str,
        Choice(
            "Status",
            words={OPEN: "Open", CLOSED: "Closed"},
            notes={
                OPEN: "Suggested when you schedule an event",
                CLOSED: "No longer suggested. Events there don’t change",
            },
            of="is_open",
        ),
    ] = OPEN


@get("/sites", guards=[signed_in])
async def sites_page(pages: Pages, viewer: Viewer) -> Response[str]:
    """Show the sites. Errors: NotFound for people who neither schedule nor manage them."""
    if not (viewer.may_schedule or viewer.manages_accounts):
        raise NotFound
    return pages.render("roster/sites/list.html", sites=await sites.every_site())


async def _texts(_: Viewer, site_id: UUID, __: str) -> tuple[FormValues, int]:
    site = await sites.meeting_site(site_id)
    coordinates = site.coordinates.text if site.coordinates else ""
    texts = MeetingSiteForm.texts_of(site, coordinates=coordinates, status=OPEN if site.is_open else CLOSED)
    return texts, site.version


async def _shown(_: Viewer, site_id: UUID | None, __: FormValues) -> Mapping[str, Any]:
    return {"site": await sites.meeting_site(site_id) if site_id else None}


def _read(form: FormValues, _: str) -> MeetingSiteFacts:
    site = MeetingSiteForm.read(form)
    return site.facts(MeetingSiteFacts, is_open=site.status != CLOSED)


async def _words(_: Viewer, __: Sequence[FormValues]) -> FormWords:
    return MeetingSiteForm.words()


site_form = handlers_of(
    AdminForm(
        address="/sites",
        key="site_id",
        template="roster/sites/form.html",
        shape=MeetingSiteForm,
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
