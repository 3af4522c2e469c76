"""Home: what needs the viewer's attention, with the button that settles each thing."""

from datetime import timedelta
from typing import Any

from litestar import Response, get
from msgspec import Struct

from tracker.database import together
from tracker.ports.health.checks import Line
from tracker.ports.health.warnings import warnings
from tracker.ports.http.dependencies import Now, Settings, Today, Viewer, Visit, Zone
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.date_entries import written_out
from tracker.ports.pages.core.dependencies import Pages
from tracker.ports.pages.core.home_part import home_context, read_home
from tracker.ports.pages.views.admin import MailServer
from tracker.rules.calendars import month_grid
from tracker.rules.core.viewer import Role
from tracker.rules.intake.undeliverable import PausedPerson
from tracker.usecases.core import send_hold
from tracker.usecases.core.send_hold import Known
from tracker.usecases.intake.undeliverable import paused_people
from tracker.usecases.roster.account_invitations import number_of_newcomers
from tracker.usecases.views import set_up
from tracker.usecases.views.home import NEXT_DAYS

AGENDA_SHOWN = 30  # events beside the queue; all of them are in the calendar


class Administration(Struct, frozen=True, kw_only=True):
    """What an administrator should look after."""

    warnings: list[Line]
    is_administrator: bool
    """Whether the viewer can do something about the warnings."""
    newcomers: int
    """People who have never signed in."""
    paused: list[PausedPerson]
    """People to whom nothing is sent, because emails to them came back."""


@get("/", guards=[signed_in])
async def home_page(
    pages: Pages, visit: Visit, zone: Zone, today: Today, now: Now, *, settings: Settings, mail_server: MailServer
) -> Response[str]:
    """Show what needs the viewer's attention; a part that can't be read says so, and the rest is shown."""
    viewer = visit.viewer
    found, managed = await together(read_home(viewer, now, zone), _managed(viewer, now, settings, mail_server))
    last = today + timedelta(days=NEXT_DAYS - 1)
    days = month_grid.by_day(found.days.agenda if found.days else (), today, last, zone)
    return pages.render(
        "views/home/show.html",
        **home_context(found, now, zone),
        days=written_out(days, zone, at_most=AGENDA_SHOWN),
        lacks_password=not (settings.is_demo or visit.has_password),
        **managed,
    )


async def _managed(viewer: Viewer, now: Now, settings: Settings, mail_server: MailServer) -> dict[str, Any]:
    """Return what people who manage accounts look after: a held copy, warnings, and the setup checklist."""
    if not viewer.manages_accounts:
        return {"copy_of": None, "administration": None, "set_up": None}
    known = await send_hold.known()
    administration, steps = await together(
        _administration(viewer, now, settings, mail_server, known), set_up.set_up(viewer, known)
    )
    return {"copy_of": known.copy_of, "administration": administration, "set_up": steps}


async def _administration(
    viewer: Viewer, now: Now, settings: Settings, mail_server: MailServer, known: Known
) -> Administration | None:
    """Return what needs an administrator; None when nothing does."""
    found, newcomers, paused = await together(
        warnings(settings, mail_server.trouble, known, now), number_of_newcomers(viewer, now), paused_people(viewer)
    )
    is_administrator = Role.ADMINISTRATOR in viewer.roles
    return (
        Administration(warnings=found, is_administrator=is_administrator, newcomers=newcomers, paused=paused)
        if found or newcomers or paused
        else None
    )
