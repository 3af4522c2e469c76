"""Replying without the event's page: the page behind an invitation's link, and a substitute's No with its Undo.

Behind the link there is no account and no navigation; looking changes nothing, a button does.
"""

from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Any, NamedTuple, TypeAlias, TypeVar
from uuid import UUID

from litestar import HttpMethod, Response, post, route
from litestar.params import QueryParameter
from litestar.response import Redirect

from tracker.errors import Conflict, Gone, Invalid, NotAllowed, NotFound
from tracker.ports.http.cookies import Undo
from tracker.ports.http.dependencies import Links, Now, Origin, PathId, PathText, Viewer
from tracker.ports.http.guards import link, signed_in
from tracker.ports.pages.core.dependencies import Form, Pages, Query
from tracker.ports.pages.core.form_values import FormValues, errors_of, moment_in
from tracker.ports.pages.events.date_pages import REPLIES, REPLY_FIELDS, occurrence_times, read_reply_form
from tracker.rules.core.wording import local
from tracker.rules.events.events import Occurrence
from tracker.rules.events.replies import ReplyValue
from tracker.rules.events.undo import UNDO_FOR
from tracker.usecases.events import recorded_replies, replies
from tracker.usecases.events.recorded_replies import SubstituteRefusal
from tracker.usecases.events.replies import OpenInvitation

ReplyLinkResponse = TypeVar("ReplyLinkResponse", bound=Response[Any])
Alone: TypeAlias = Annotated[str, QueryParameter(name="date")]
"""The key of the only date meant, of all dates that a link covers; empty = all of them."""


class ShownInvitation(NamedTuple):
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
async def show_reply_link(
    token: PathText, pages: Pages, origin: Origin, params: Query, now: Now, links: Links, alone: Alone = ""
) -> Response[str]:
    """Show an invitation with its three buttons; ?a=yes puts that button first, ?saved=yes shows what was saved.

    The link to a series also replies to one of its dates: ?date=2027-01-14. If another series has these dates by now,
    the page says so, and its buttons reply to that one.
    """
    try:
        shown = await _shown_by_link(links, token, alone, now, origin)
    except (NotFound, Gone) as closed:
        return _closed_page(pages, closed)
    if params["saved"] and shown.reply.reply is not ReplyValue.NEEDS_ACTION and not shown.is_restricted:
        return _private(pages.render("events/reply-saved.html", **_link_context(links, shown)))
    return _reply_form(pages, links, shown, wanted=params["a"])


@post("/r/{token:str}", guards=[link], status_code=303)
async def post_link_reply(
    token: PathText, pages: Pages, origin: Origin, form: Form, now: Now, links: Links, alone: Alone = ""
) -> Response[Any]:
    """Record the reply whose button was pressed; if another series has the dates by now, show them first (409)."""
    try:
        shown = await _shown_by_link(links, token, alone, now, origin)
        if shown.is_restricted:
            return _reply_form(pages, links, shown)
        if shown.is_elsewhere:
            return _reply_form(pages, links, shown, wanted=form["reply"], form=form)
        value, comment, substitute = read_reply_form(form)
        await replies.record_reply_by_link(shown.reply, value, comment, now, substitute)
    except (NotFound, Gone) as closed:
        return _closed_page(pages, closed, form["comment"])
    except Invalid as wrong:
        return _reply_form(pages, links, shown, form=form, wrong=wrong)
    return _private(Redirect(f"/r/{token}?{f'date={alone}&' if alone else ''}saved=yes", status_code=303))


async def _shown_by_link(links: Links, token: str, alone: str, now: Now, origin: Origin) -> ShownInvitation:
    wanted = links.read_reply(token)
    reply = await replies.open_invitation(wanted.invitation_id, wanted.occurrence_id, now, origin)
    if alone and not reply.occurrence.event.is_restricted:
        # The response for a restricted event must not show on which days it is.
        reply = await replies.open_invitation(*_date_of(reply, alone), now, origin)
    if reply.invitation_id == wanted.invitation_id:
        return ShownInvitation(reply, token, alone)
    date_id = None if reply.for_series else reply.occurrence.id
    return ShownInvitation(reply, links.reply(reply.invitation_id, date_id), "", is_elsewhere=True)


def _date_of(reply: OpenInvitation, key: str) -> tuple[UUID, UUID]:
    """Return the invitation to the date with this key, among those of a link, and the date. Errors: NotFound."""
    here = (reply.invitation_id, (reply.occurrence, *reply.ahead) if reply.for_series else ())
    series = (here, *((continued_series.invitation_id, continued_series.ahead) for continued_series in reply.onward))
    found = [
        (invitation_id, occurrence.id)
        for invitation_id, dates in series
        for occurrence in dates
        if occurrence.key == key
    ]
    if not found:
        raise NotFound
    return found[0]


def _reply_form(
    pages: Pages,
    links: Links,
    shown: ShownInvitation,
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
            **_link_context(links, shown),
        )
    )


def _link_context(links: Links, shown: ShownInvitation) -> dict[str, Any]:
    reply, address = shown.reply, f"/r/{shown.token}"
    dates = [_beside(reply.occurrence, occurrence) for occurrence in (reply.occurrence, *reply.ahead)]
    return {
        **occurrence_times(reply.occurrence),
        "reply": reply,
        "dates": dates,
        "ahead": dates[1:],
        "onward": [
            (f"/r/{links.reply(continued_series.invitation_id)}", occurrence_times(continued_series.ahead[0]))
            for continued_series in reply.onward
        ],
        "link": address,
        "alone": shown.alone,
        "here": f"{address}?date={shown.alone}" if shown.alone else address,
    }


def _beside(first: Occurrence, occurrence: Occurrence) -> dict[str, Any]:
    """Return a date of a series, with whether its hours or its place are not those of the first one shown."""
    return {
        **occurrence_times(occurrence),
        "has_other_hours": _hours(occurrence) != _hours(first),
        "has_other_place": occurrence.place != first.place,
    }


def _hours(occurrence: Occurrence) -> tuple[time, time, timedelta]:
    starts, ends = (local(at, occurrence.event.zone) for at in (occurrence.starts_at, occurrence.ends_at))
    return starts.time(), ends.time(), ends.date() - starts.date()


def _closed_page(pages: Pages, why: NotFound | Gone, comment: str = "") -> Response[str]:
    """Say that the event is over or canceled, and show the note that came too late.

    Of any other link, say only that it can't be used.
    """
    if why.sentence in (NotFound.sentence, Gone.sentence):
        return _private(pages.render("core/errors/link.html", status_code=404, of="reply"))
    return _private(pages.render("events/reply-closed.html", status_code=410, sentence=why.sentence, comment=comment))


def _private(response: ReplyLinkResponse) -> ReplyLinkResponse:
    """Keep the address, which is the permission to reply, from search engines and other sites."""
    response.headers.update({"X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer"})
    return response


NO_LONGER_SUBSTITUTE = "You’re no longer the substitute. We’ll email you a calendar update."
REFUSAL_PATH = "/events/{event_id:uuid}/{key:str}/substitution/refusal"
NEVER = datetime.min.replace(tzinfo=UTC)


@post(REFUSAL_PATH, guards=[signed_in], status_code=303)
async def post_refusal(event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, now: Now) -> Redirect:
    """Record that the viewer can't come in another person's place, or say why it's too late."""
    address = f"/events/{event_id}/{key}"
    try:
        await recorded_replies.decline_as_substitute(viewer, event_id, key, now)
    except (Gone, NotAllowed) as closed:
        return pages.refuse(f"{address}#reply", closed.sentence)
    return pages.redirect(f"{address}#reply", NO_LONGER_SUBSTITUTE, refusal_undo_button(address, now))


@post(f"{REFUSAL_PATH}/removal", guards=[signed_in], status_code=303)
async def post_refusal_undo(
    event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Redirect:
    """Undo a substitute's No that the viewer gave or recorded, or say why it can't be undone."""
    address = f"/events/{event_id}/{key}"
    try:
        substitute_refusal = await recorded_replies.undo_refusal(
            viewer, event_id, key, moment_in(form["at"]) or NEVER, now
        )
    except (Gone, Conflict) as refused:
        return pages.refuse(address, refused.sentence)
    return pages.redirect(address, _undone_words(substitute_refusal, viewer))


def refusal_undo_button(address: str, now: Now) -> Undo:
    """Return what undoes a substitute's No to a date that was just given, or recorded."""
    return Undo(address=f"{address}/substitution/refusal/removal", fields={"at": now.isoformat()}, until=now + UNDO_FOR)


def _undone_words(substitute_refusal: SubstituteRefusal, viewer: Viewer) -> str:
    is_own = all(substitute_turn.substitute_id == viewer.member_id for substitute_turn in substitute_refusal.turns)
    who = "You’re" if is_own else f"{substitute_refusal.substitute} is"
    known = f"{substitute_refusal.principals} may already have an email about the No. Let them know it was undone."
    last = known if substitute_refusal.may_be_known else "No one was notified."
    return f"Undone. {who} the substitute for {substitute_refusal.principals} again. {last}"
