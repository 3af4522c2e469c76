"""The page behind an invitation's link: no account, no navigation; looking changes nothing, a button does."""

from typing import Annotated, Any, TypeAlias, TypeVar

from litestar import HttpMethod, Response, post, route
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect

from tracker.errors import Gone, Invalid, NotFound
from tracker.ports.http.dependencies import Links, Now, Origin
from tracker.ports.http.guards import link
from tracker.ports.pages.core.dependencies import Form, Pages, Query
from tracker.ports.pages.core.form_values import FormValues, errors_of
from tracker.ports.pages.events.event_page import REPLIES, REPLY_FIELDS, read_reply, times_of
from tracker.rules.events.replies import ReplyValue
from tracker.usecases.events import replies
from tracker.usecases.events.replies import OpenInvitation

R = TypeVar("R", bound=Response[Any])
Alone: TypeAlias = Annotated[str, QueryParameter(name="date")]
"""The key of the only date meant, of all dates that a link covers; empty = all of them."""


@route("/r/{token:str}", http_method=[HttpMethod.GET, HttpMethod.HEAD], guards=[link])
async def reply_page(
    token: FromPath[str], pages: Pages, origin: Origin, params: Query, now: Now, links: Links, alone: Alone = ""
) -> Response[str]:
    """Show an invitation with its three buttons; ?a=yes puts that button first, ?saved=yes shows what was saved.

    The link to a series also replies to one of its dates: ?date=2027-01-14.
    """
    try:
        reply = await _reply(links, token, alone, now, origin)
    except (NotFound, Gone) as closed:
        return _closed(pages, closed)
    if params["saved"] and reply.reply is not ReplyValue.NEEDS_ACTION and not reply.occurrence.event.is_restricted:
        return _private(pages.render("events/reply-saved.html", **_context(token, alone, reply)))
    return _form(pages, token, alone, reply, wanted=params["a"])


@post("/r/{token:str}", guards=[link], status_code=303)
async def save_reply(
    token: FromPath[str], pages: Pages, origin: Origin, form: Form, now: Now, links: Links, alone: Alone = ""
) -> Response[Any]:
    """Record the reply whose button was pressed."""
    try:
        reply = await _reply(links, token, alone, now, origin)
        if reply.occurrence.event.is_restricted:
            return _form(pages, token, alone, reply)
        value, comment, substitute = read_reply(form)
        await replies.reply_by_link(reply, value, comment, now, substitute)
    except (NotFound, Gone) as closed:
        return _closed(pages, closed, form["comment"])
    except Invalid as wrong:
        return _form(pages, token, alone, reply, form=form, wrong=wrong)
    return _private(Redirect(f"/r/{token}?{f'date={alone}&' if alone else ''}saved=yes", status_code=303))


async def _reply(links: Links, token: str, alone: str, now: Now, origin: Origin) -> OpenInvitation:
    wanted = links.read_reply(token)
    reply = await replies.open_by_link(wanted.invitation_id, wanted.occurrence_id, now, origin)
    if not alone or reply.occurrence.event.is_restricted:
        return reply  # the response for a restricted event must not show on which days it is
    dates = (reply.occurrence, *reply.ahead) if reply.for_series else ()
    date_id = next((one.id for one in dates if one.key == alone), None)
    if date_id is None:
        raise NotFound
    return await replies.open_by_link(wanted.invitation_id, date_id, now, origin)


def _form(
    pages: Pages,
    token: str,
    alone: str,
    reply: OpenInvitation,
    *,
    wanted: str = "",
    form: FormValues | None = None,
    wrong: Invalid | None = None,
) -> Response[str]:
    """Show the three buttons, or a link to sign in where only named people may know what the event is."""
    if reply.occurrence.event.is_restricted:
        return _private(pages.render("events/reply-sign-in.html", address=f"/events/{reply.occurrence.event.id}"))
    first = next((word for word, value in REPLIES.items() if value is reply.reply), "yes")
    first = wanted if wanted in REPLIES else first
    return _private(
        pages.render(
            "events/reply-form.html",
            status_code=422 if wrong else 200,
            replies=sorted(REPLIES, key=lambda word: word != first),
            is_asked_for=wanted in REPLIES,
            comment=form["comment"] if form else reply.comment,
            wrong=errors_of(wrong, REPLY_FIELDS),
            **_context(token, alone, reply),
        )
    )


def _context(token: str, alone: str, reply: OpenInvitation) -> dict[str, Any]:
    return {
        **times_of(reply.occurrence),
        "reply": reply,
        "ahead": [times_of(one) for one in reply.ahead],
        "link": f"/r/{token}",
        "alone": alone,
        "here": f"/r/{token}{f'?date={alone}' if alone else ''}",
    }


def _closed(pages: Pages, why: NotFound | Gone, comment: str = "") -> Response[str]:
    """Say that the event is over or canceled, and show the note that came too late.

    Of any other link, say only that it can't be used.
    """
    if why.sentence in (NotFound.sentence, Gone.sentence):
        return _private(pages.render("core/errors/link.html", status_code=404))
    return _private(pages.render("events/reply-closed.html", status_code=410, sentence=why.sentence, comment=comment))


def _private(response: R) -> R:
    """Keep the address, which is the permission to reply, from search engines and other sites."""
    response.headers.update({"X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer"})
    return response


handlers = [reply_page, save_reply]
