"""The page behind an invitation's link: no account, no navigation; looking changes nothing, a button does."""

from datetime import time, timedelta
from typing import Annotated, Any, NamedTuple, TypeAlias, TypeVar
from uuid import UUID

from litestar import HttpMethod, Response, post, route
from litestar.params import QueryParameter
from litestar.response import Redirect

from tracker.errors import Gone, Invalid, NotFound
from tracker.ports.http.dependencies import Links, Now, Origin, PathText
from tracker.ports.http.guards import link
from tracker.ports.pages.core.dependencies import Form, Pages, Query
from tracker.ports.pages.core.form_values import FormValues, errors_of
from tracker.ports.pages.events.event_page import REPLIES, REPLY_FIELDS, read_reply, times_of
from tracker.rules.core.wording import local
from tracker.rules.events.event import Occurrence
from tracker.rules.events.replies import ReplyValue
from tracker.usecases.events import replies
from tracker.usecases.events.replies import OpenInvitation

R = TypeVar("R", bound=Response[Any])
Alone: TypeAlias = Annotated[str, QueryParameter(name="date")]
"""The key of the only date meant, of all dates that a link covers; empty = all of them."""


class Shown(NamedTuple):
    """What a link shows; `token` and `alone` make the address of the page."""

    reply: OpenInvitation
    token: str
    alone: str
    is_elsewhere: bool = False
    """Whether its dates belong to a series that continues the one of the link that was opened."""

    @property
    def is_restricted(self) -> bool:
        """Return whether only named people may know what the event is."""
        return self.reply.occurrence.event.is_restricted


@route("/r/{token:str}", http_method=[HttpMethod.GET, HttpMethod.HEAD], guards=[link])
async def reply_page(
    token: PathText, pages: Pages, origin: Origin, params: Query, now: Now, links: Links, alone: Alone = ""
) -> Response[str]:
    """Show an invitation with its three buttons; ?a=yes puts that button first, ?saved=yes shows what was saved.

    The link to a series also replies to one of its dates: ?date=2027-01-14. If another series has these dates by now,
    the page says so, and its buttons reply to that one.
    """
    try:
        shown = await _shown(links, token, alone, now, origin)
    except (NotFound, Gone) as closed:
        return _closed(pages, closed)
    if params["saved"] and shown.reply.reply is not ReplyValue.NEEDS_ACTION and not shown.is_restricted:
        return _private(pages.render("events/reply-saved.html", **_context(links, shown)))
    return _form(pages, links, shown, wanted=params["a"])


@post("/r/{token:str}", guards=[link], status_code=303)
async def save_reply(
    token: PathText, pages: Pages, origin: Origin, form: Form, now: Now, links: Links, alone: Alone = ""
) -> Response[Any]:
    """Record the reply whose button was pressed; if another series has the dates by now, show them first (409)."""
    try:
        shown = await _shown(links, token, alone, now, origin)
        if shown.is_restricted:
            return _form(pages, links, shown)
        if shown.is_elsewhere:
            return _form(pages, links, shown, wanted=form["reply"], form=form)
        value, comment, substitute = read_reply(form)
        await replies.reply_by_link(shown.reply, value, comment, now, substitute)
    except (NotFound, Gone) as closed:
        return _closed(pages, closed, form["comment"])
    except Invalid as wrong:
        return _form(pages, links, shown, form=form, wrong=wrong)
    return _private(Redirect(f"/r/{token}?{f'date={alone}&' if alone else ''}saved=yes", status_code=303))


async def _shown(links: Links, token: str, alone: str, now: Now, origin: Origin) -> Shown:
    wanted = links.read_reply(token)
    reply = await replies.open_by_link(wanted.invitation_id, wanted.occurrence_id, now, origin)
    if alone and not reply.occurrence.event.is_restricted:
        # The response for a restricted event must not show on which days it is.
        reply = await replies.open_by_link(*_date_of(reply, alone), now, origin)
    if reply.invitation_id == wanted.invitation_id:
        return Shown(reply, token, alone)
    date_id = None if reply.for_series else reply.occurrence.id
    return Shown(reply, links.reply(reply.invitation_id, date_id), "", is_elsewhere=True)


def _date_of(reply: OpenInvitation, key: str) -> tuple[UUID, UUID]:
    """Return the invitation to the date with this key, among those of a link, and the date. Errors: NotFound."""
    here = (reply.invitation_id, (reply.occurrence, *reply.ahead) if reply.for_series else ())
    series = (here, *((one.invitation_id, one.ahead) for one in reply.onward))
    found = [(invitation_id, one.id) for invitation_id, dates in series for one in dates if one.key == key]
    if not found:
        raise NotFound
    return found[0]


def _form(
    pages: Pages,
    links: Links,
    shown: Shown,
    *,
    wanted: str = "",
    form: FormValues | None = None,
    wrong: Invalid | None = None,
) -> Response[str]:
    """Show the three buttons, or a link to sign in where only named people may know what the event is."""
    reply = shown.reply
    if shown.is_restricted:
        return _private(pages.render("events/reply-sign-in.html", address=f"/events/{reply.occurrence.event.id}"))
    first = next((word for word, value in REPLIES.items() if value is reply.reply), "yes")
    first = wanted if wanted in REPLIES else first
    is_unsaved = shown.is_elsewhere and form is not None
    return _private(
        pages.render(
            "events/reply-form.html",
            status_code=422 if wrong else 409 if is_unsaved else 200,
            replies=sorted(REPLIES, key=lambda word: word != first),
            is_asked_for=wanted in REPLIES,
            is_elsewhere=shown.is_elsewhere,
            is_unsaved=is_unsaved,
            comment=form["comment"] if form else reply.comment,
            wrong=errors_of(wrong, REPLY_FIELDS),
            **_context(links, shown),
        )
    )


def _context(links: Links, shown: Shown) -> dict[str, Any]:
    reply, address = shown.reply, f"/r/{shown.token}"
    dates = [_beside(reply.occurrence, one) for one in (reply.occurrence, *reply.ahead)]
    return {
        **times_of(reply.occurrence),
        "reply": reply,
        "dates": dates,
        "ahead": dates[1:],
        "onward": [(f"/r/{links.reply(one.invitation_id)}", times_of(one.ahead[0])) for one in reply.onward],
        "link": address,
        "alone": shown.alone,
        "here": f"{address}?date={shown.alone}" if shown.alone else address,
    }


def _beside(first: Occurrence, one: Occurrence) -> dict[str, Any]:
    """Return a date of a series, with whether its hours or its place are not those of the first one shown."""
    return {
        **times_of(one),
        "has_other_hours": _hours(one) != _hours(first),
        "has_other_place": one.place != first.place,
    }


def _hours(occurrence: Occurrence) -> tuple[time, time, timedelta]:
    starts, ends = (local(at, occurrence.event.zone) for at in (occurrence.starts_at, occurrence.ends_at))
    return starts.time(), ends.time(), ends.date() - starts.date()


def _closed(pages: Pages, why: NotFound | Gone, comment: str = "") -> Response[str]:
    """Say that the event is over or canceled, and show the note that came too late.

    Of any other link, say only that it can't be used.
    """
    if why.sentence in (NotFound.sentence, Gone.sentence):
        return _private(pages.render("core/errors/link.html", status_code=404, of="reply"))
    return _private(pages.render("events/reply-closed.html", status_code=410, sentence=why.sentence, comment=comment))


def _private(response: R) -> R:
    """Keep the address, which is the permission to reply, from search engines and other sites."""
    response.headers.update({"X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer"})
    return response
