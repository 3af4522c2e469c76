"""Home: what needs the viewer's attention, with the button that settles each thing.

The setup checklist there is hidden and shown again, and sends a test email.
"""

from datetime import timedelta
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.params import QueryParameter
from msgspec import Struct

from tracker.database import together
from tracker.errors import NotFound
from tracker.ports.health.checks import CheckLine
from tracker.ports.health.monitoring import health_warnings
from tracker.ports.http.cookies import Undo
from tracker.ports.http.dependencies import Now, Settings, Today, Viewer, Visit, Zone
from tracker.ports.http.guards import signed_in
from tracker.ports.http.request_source import HOME
from tracker.ports.pages.core.date_entries import write_out
from tracker.ports.pages.core.dependencies import Form, Pages
from tracker.ports.pages.core.home_part import home_context, read_home
from tracker.ports.pages.views.admin import MailServer
from tracker.rules.calendars import calendars
from tracker.rules.core.outbox import MessageState
from tracker.rules.core.viewers import Role
from tracker.rules.core.viewers import Viewer as Person
from tracker.rules.intake.bounces import PausedPerson
from tracker.usecases.core import send_hold
from tracker.usecases.core.send_hold import DeploymentState
from tracker.usecases.emails import email_tests
from tracker.usecases.intake.bounces import paused_people
from tracker.usecases.roster.account_invitations import number_of_newcomers
from tracker.usecases.views import home
from tracker.usecases.views.home import NEXT_DAYS

AGENDA_SHOWN = 30  # events beside the queue; all of them are in the calendar
HEALTH = "/admin/health#test-email-row"
SET_UP_HIDDEN = "The setup checklist is hidden. You can show it again on the Admin page."
UNDO_FOR = timedelta(seconds=60)
"""How long the message that the list is hidden has its button Undo."""


class Administration(Struct, frozen=True, kw_only=True):
    """What an administrator should look after."""

    warnings: list[CheckLine]
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
    days = calendars.dates_by_day(found.days.agenda if found.days else (), today, last, zone)
    return pages.render(
        "views/home/show.html",
        **home_context(found, now, zone),
        days=write_out(days, zone, at_most=AGENDA_SHOWN),
        lacks_password=not (settings.is_demo or visit.has_password),
        **managed,
    )


async def _managed(viewer: Viewer, now: Now, settings: Settings, mail_server: MailServer) -> dict[str, Any]:
    """Return what people who manage accounts look after: a held copy, warnings, and the setup checklist."""
    if not viewer.manages_accounts:
        return {"copy_of": None, "administration": None, "set_up": None}
    known = await send_hold.deployment_state()
    administration, steps = await together(
        _administration(viewer, now, settings, mail_server, known), home.set_up_list(viewer, known)
    )
    return {"copy_of": known.copy_of, "administration": administration, "set_up": steps}


async def _administration(
    viewer: Viewer, now: Now, settings: Settings, mail_server: MailServer, known: DeploymentState
) -> Administration | None:
    """Return what needs an administrator; None when nothing does."""
    check_lines, newcomers, paused = await together(
        health_warnings(settings, mail_server.trouble, known, now),
        number_of_newcomers(viewer, now),
        paused_people(viewer),
    )
    is_administrator = Role.ADMINISTRATOR in viewer.roles
    return (
        Administration(warnings=check_lines, is_administrator=is_administrator, newcomers=newcomers, paused=paused)
        if check_lines or newcomers or paused
        else None
    )


@post("/test-emails", guards=[signed_in], status_code=303)
async def post_test_email(pages: Pages, viewer: Viewer, form: Form, now: Now) -> Response[Any]:
    """Send a test email to the viewer; the row says what became of it."""
    await email_tests.send_email_test(viewer, now)
    said = f"A test email to {viewer.email} is on its way."
    if pages.is_htmx:
        return await _test_row(pages, viewer, said, is_set_up=bool(form["set-up"]))
    return pages.redirect(HOME if form["set-up"] else HEALTH, said)


@get("/test-emails/last", guards=[signed_in])
async def last_test_email(
    pages: Pages, viewer: Viewer, is_set_up: Annotated[str, QueryParameter(name="set-up")] = ""
) -> Response[Any]:
    """Show what became of the last test email, for htmx. Errors: NotFound for people who do not manage accounts."""
    if not viewer.manages_accounts:
        raise NotFound
    if not pages.is_htmx:
        return pages.redirect(HEALTH)
    return await _test_row(pages, viewer, is_set_up=bool(is_set_up))


@post("/set-up-list/removal", guards=[signed_in], status_code=303)
async def post_set_up_removal(pages: Pages, viewer: Viewer, now: Now) -> Response[Any]:
    """Hide the list, with Undo."""
    await home.hide_set_up(viewer, now)
    return pages.redirect(HOME, SET_UP_HIDDEN, Undo(address="/set-up-list", fields={}, until=now + UNDO_FOR))


@post("/set-up-list", guards=[signed_in], status_code=303)
async def post_set_up(pages: Pages, viewer: Viewer, now: Now) -> Response[Any]:
    """Show the list again, or say that nothing on it is left to do."""
    await home.show_set_up_again(viewer, now)
    left = await home.set_up_list(viewer, await send_hold.deployment_state())
    return pages.redirect(HOME, "The setup checklist is back." if left else "Setup checklist done.")


async def _test_row(pages: Pages, viewer: Person, said: str = "", *, is_set_up: bool) -> Response[str]:
    progress = await home.set_up_progress(viewer)
    test = progress.test
    if not said and test and test.state is not MessageState.PENDING:
        said = _test_words(test.state, was_sent=test.sent_at is not None)
    return pages.render("views/admin/test-email-part.html", test=test, set_up=progress, is_set_up=is_set_up, said=said)


def _test_words(state: MessageState, *, was_sent: bool) -> str:
    if state is MessageState.SENT:
        return "The email server took the test email."
    return "The test email couldn’t be delivered." if was_sent else "The test email wasn’t sent."
