"""Signing in to a demo by choosing a person. Registered only in a demo, and reached from this computer only."""

from litestar import get, post
from litestar.exceptions import NotFoundException
from litestar.handlers import BaseRouteHandler
from litestar.response import Redirect

from tracker.errors import NotAllowed
from tracker.ports.http.dependencies import Now, Settings
from tracker.ports.http.guards import public
from tracker.ports.http.request_source import Connection
from tracker.ports.pages.core.dependencies import Form, Page
from tracker.ports.pages.identity.sign_in import SIGN_IN, Arrival, Entry, Personas, SignInForm, offers_personas
from tracker.usecases.identity.sign_in import sign_in_as

PATH = "/demo/sign-in"


async def from_here(connection: Connection, _: BaseRouteHandler) -> None:
    """Answer all other requests as if there were no such address; it comes before the guard of the route."""
    if not offers_personas(connection):
        raise NotFoundException


@get(PATH, guards=[from_here, public])
async def to_personas() -> Redirect:
    """Lead to the page that offers the people: a browser comes here when it loads the answer to the form again."""
    return Redirect("/sign-in", status_code=303)


@post(PATH, guards=[from_here, public], status_code=303)
async def post_persona(
    entry: Entry, arrival: Arrival, personas: Personas, form: Form, settings: Settings, now: Now
) -> Page:
    """Sign in as the person who was chosen. Errors: NotFound for one who isn't offered."""
    try:
        await entry.check_own()
        session = await sign_in_as(form["persona"], settings.persona_addresses, now, arrival)
    except NotAllowed as wrong:
        return entry.show(SIGN_IN, SignInForm, form=form, wrong=wrong, personas=personas)
    return entry.let_in(session, form["next"])
