"""The page behind the link of a date poll: no account, no navigation; looking changes nothing, the button does."""

from typing import Any, NamedTuple, TypeVar

from litestar import HttpMethod, Response, post, route
from litestar.response import Redirect

from tracker.errors import Conflict, Gone, Invalid, NotFound
from tracker.ports.http.dependencies import Links, Now, Origin
from tracker.ports.http.guards import link
from tracker.ports.http.path import PathText
from tracker.ports.pages.core.dependencies import Form, Pages, Query
from tracker.ports.pages.core.form_values import errors_of
from tracker.ports.pages.polls.poll import FIELDS, fits_in, shown
from tracker.rules.core.viewer import Viewer
from tracker.usecases.polls import by_link
from tracker.usecases.polls.polls import PollView

R = TypeVar("R", bound=Response[Any])


class Opened(NamedTuple):
    """What a link shows, and to whom."""

    viewer: Viewer
    view: PollView


@route("/p/{token:str}", http_method=[HttpMethod.GET, HttpMethod.HEAD], guards=[link])
async def poll_link_page(
    token: PathText, pages: Pages, origin: Origin, params: Query, now: Now, links: Links
) -> Response[str]:
    """Show the dates of a poll; ?saved=yes shows what was saved."""
    try:
        opened = await _opened(links, token, now, origin)
    except (NotFound, Gone) as closed:
        return _closed(pages, closed)
    return _form(pages, opened, token, now, is_saved=bool(params["saved"]))


@post("/p/{token:str}", guards=[link], status_code=303)
async def save_by_link(
    token: PathText, pages: Pages, origin: Origin, form: Form, now: Now, links: Links
) -> Response[Any]:
    """Record the replies, or show the form: with why they are refused, or that the person is asked about new dates."""
    try:
        opened = await _opened(links, token, now, origin)
        if opened.view.poll.event.is_restricted:
            return _form(pages, opened, token, now)
        try:
            await by_link.reply_by_link(opened.viewer, links.read_poll(token).poll_id, fits_in(form), now)
        except Invalid as wrong:
            return _form(pages, opened, token, now, wrong)
        except Conflict as asked_again:
            opened = await _opened(links, token, now, origin)
            return _form(pages, opened, token, now, Invalid(asked_again.sentence), is_asked_again=True)
    except (NotFound, Gone) as closed:
        return _closed(pages, closed)
    return _private(Redirect(f"/p/{token}?saved=yes", status_code=303))


async def _opened(links: Links, token: str, now: Now, origin: Origin) -> Opened:
    return Opened(*await by_link.open_by_link(*links.read_poll(token), now, origin))


def _form(
    pages: Pages,
    opened: Opened,
    token: str,
    now: Now,
    wrong: Invalid | None = None,
    *,
    is_saved: bool = False,
    is_asked_again: bool = False,
) -> Response[str]:
    """Show the dates, or a link to sign in where only named people may know what the event is."""
    poll, mine = opened.view.poll, opened.view.mine
    if poll.event.is_restricted:
        return _private(pages.render("events/reply-sign-in.html", address=f"/polls/{poll.id}"))
    context = shown(opened.view, now) | {"errors": errors_of(wrong, FIELDS)}
    return _private(
        pages.render(
            "polls/link.html",
            status_code=409 if is_asked_again else 422 if wrong else 200,
            person=opened.viewer,
            here=f"/p/{token}",
            is_asked_again=is_asked_again,
            is_saved=is_saved and mine is not None and mine.has_replied,
            **context,
        )
    )


def _closed(pages: Pages, why: NotFound | Gone) -> Response[str]:
    """Say why replies are closed; of any other link, say only that it can't be used."""
    if why.sentence in (NotFound.sentence, Gone.sentence):
        return _private(pages.render("core/errors/link.html", status_code=404, of="poll"))
    return _private(pages.render("events/reply-closed.html", status_code=410, sentence=why.sentence, comment=""))


def _private(response: R) -> R:
    """Keep the address, which is the permission to reply, from search engines and other sites."""
    response.headers.update({"X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer"})
    return response
