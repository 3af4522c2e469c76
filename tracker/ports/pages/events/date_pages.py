"""What the pages of a date share, and replies there: one’s own, for others, and substitutes."""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Any, NamedTuple, TypeAlias
from uuid import UUID

from litestar import HttpMethod, post, route
from litestar.params import QueryParameter
from litestar.response import Redirect
from msgspec import Struct

from tracker.errors import Conflict, Gone, Invalid, NotAllowed, NotFound
from tracker.ports.http.cookies import Undo
from tracker.ports.http.dependencies import Links, Now, Origin, PathText, Viewer
from tracker.ports.http.guards import link, signed_in
from tracker.ports.pages.core.dependencies import Form, OnDate, Page, Pages, Query, show_link_page
from tracker.ports.pages.core.form_values import Errors, FormReader, FormValues, errors_of, id_in, moment_in
from tracker.ports.pages.events.schedule_form import ONE_DAY
from tracker.rules.core.wording import local
from tracker.rules.emails.reminders import skipped_words, why_no_nudge
from tracker.rules.events.events import Event, EventStatus, Occurrence, agenda_items, planned_minutes
from tracker.rules.events.history import UNDO_FOR
from tracker.rules.events.plans import is_moved, may_change_from, rule_of, slot_at
from tracker.rules.events.replies import LONGEST_COMMENT, ReplyValue
from tracker.rules.intake.item_emails import Proposal
from tracker.rules.recurrence.series import pattern_words
from tracker.usecases.events import recorded_replies, replies
from tracker.usecases.events.replies import OpenInvitation
from tracker.usecases.intake import unrecorded_replies
from tracker.usecases.views.event_page import EventView, date_after_split


def occurrence_times(occurrence: Occurrence) -> dict[str, Any]:
    """Return a date with its times on the wall clock of its zone."""
    zone = occurrence.event.zone
    return {
        "occurrence": occurrence,
        "starts": local(occurrence.starts_at, zone),
        "ends": local(occurrence.ends_at, zone),
        "address": occurrence_address(occurrence),
    }


def date_context(occurrence: Occurrence) -> dict[str, Any]:
    """Return the same with its event."""
    return {"event": occurrence.event, **occurrence_times(occurrence)}


def occurrence_address(occurrence: Occurrence) -> str:
    """Return the address of a date's page."""
    return f"/events/{occurrence.event.id}/{occurrence.key}"


async def redirect_to_moved_date(viewer: Viewer, event_id: UUID, key: str, form: str = "") -> Redirect:
    """Redirect to the date in the series that continues the one that had it, or to its `form`: "/edit?from=".

    Errors: NotFound.
    """
    moved = await date_after_split(viewer, event_id, key)
    if moved is None:
        raise NotFound
    series_id, moved_key = moved
    path = f"{form or '/'}{moved_key}" if moved_key else form.partition("?")[0]
    return Redirect(f"/events/{series_id}{path}", status_code=303)


def event_page_context(view: EventView, now: Now) -> dict[str, Any]:
    """Return what the page of a date shows."""
    occurrence, event = view.occurrence, view.occurrence.event
    agenda = agenda_items(occurrence.agenda)
    by_rule = slot_at(occurrence.original_start, event.duration, event.zone)
    return {
        **occurrence_times(occurrence),
        "view": view,
        "event": event,
        "agenda": agenda,
        "planned": planned_minutes(agenda),
        "minutes": int((occurrence.ends_at - occurrence.starts_at).total_seconds() // 60),
        "repeats": pattern_words(rule) if (rule := rule_of(event)) else "",
        "was": tuple(local(moment, event.zone) for moment in by_rule)
        if event.is_series and is_moved(occurrence)
        else None,
        "nudge_words": lambda nudge, zone: (why_no_nudge(nudge, now, zone), skipped_words(nudge, now, zone)),
        "from_here": event.is_series and may_change_from(occurrence, view.before, now),
        "attendance_opens": local(view.attendance_opens, event.zone),
        "takes_items": event.status is not EventStatus.DRAFT and not occurrence.is_off,
        "assigns_items": view.assigns_items,
        "comment": "",
        "refused": "",
        "readings": [(reading, local(reading.at, event.zone)) for reading in view.readings],
        "wrong": errors_of(None, REPLY_FIELDS),
        "recorded": FormValues({}),
        "errors": Errors(),
        "outcome": None,
        "outcome_zone": event.zone,
        "refusal": FormValues({}),
        "refused_id": None,
        "wrong_refusal": Errors(),
        "unsent_decline": None,
    }


REPLIES = {"yes": ReplyValue.ACCEPTED, "maybe": ReplyValue.TENTATIVE, "no": ReplyValue.DECLINED}
"""The values of the reply buttons."""
ALTERNATE = "alternate"
"""The value of the button that names a substitute."""
REPLY_FIELDS = ("reply", "comment", "substitute")


def read_reply_form(form: FormValues) -> tuple[ReplyValue, str, UUID | None]:
    """Return a reply, its comment, and the substitute. Errors: Invalid by field."""
    if form["reply"] != ALTERNATE:
        return *read_reply_value(form), None
    value, words = read_reply_value(form.but({"reply": "no"}))
    substitute = id_in(form["substitute"])
    if substitute is None:
        raise Invalid(substitute="Choose who is coming in your place.")
    return value, words, substitute


def read_reply_value(form: FormValues, field: str = "reply", comment: str = "comment") -> tuple[ReplyValue, str]:
    """Return a reply and its comment from the fields of these names. Errors: Invalid by field."""
    reader = FormReader(form)
    words = reader.text(comment, LONGEST_COMMENT, multiline=True)
    value = REPLIES.get(form[field])
    if value is None:
        raise Invalid(**{field: "Choose Yes, Maybe, or No."}, **reader.wrong)
    reader.check()
    return value, words


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
) -> Page:
    """Show an invitation with its three buttons; ?a=yes puts that button first, ?saved=yes shows what was saved.

    The link to a series also replies to one of its dates: ?date=2027-01-14. If another series has these dates by now,
    the page says so, and its buttons reply to that one.
    """
    try:
        shown = await _shown_by_link(links, token, alone, now, origin)
    except (NotFound, Gone) as closed:
        return _closed_page(pages, closed)
    if params["saved"] and shown.reply.reply is not ReplyValue.NEEDS_ACTION and not shown.is_restricted:
        return show_link_page(pages.render("events/reply-saved.html", **_link_context(links, shown)))
    return _reply_form(pages, links, shown, wanted=params["a"])


@post("/r/{token:str}", guards=[link], status_code=303)
async def post_link_reply(
    token: PathText, pages: Pages, origin: Origin, form: Form, now: Now, links: Links, alone: Alone = ""
) -> Page:
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
    return show_link_page(Redirect(f"/r/{token}?{f'date={alone}&' if alone else ''}saved=yes", status_code=303))


async def _shown_by_link(links: Links, token: str, alone: str, now: Now, origin: Origin) -> ShownInvitation:
    wanted = links.read_reply(token)
    reply = await replies.open_invitation(wanted.invitation_id, wanted.occurrence_id, now, origin)
    if alone and not reply.occurrence.event.is_restricted:
        # The response for a restricted event must not show on which days it is.
        here = (reply.invitation_id, (reply.occurrence, *reply.ahead) if reply.for_series else ())
        series = (
            here,
            *((continued_series.invitation_id, continued_series.ahead) for continued_series in reply.onward),
        )
        dates = [
            (invitation_id, occurrence.id)
            for invitation_id, occurrences in series
            for occurrence in occurrences
            if occurrence.key == alone
        ]
        if not dates:
            raise NotFound
        reply = await replies.open_invitation(*dates[0], now, origin)
    if reply.invitation_id == wanted.invitation_id:
        return ShownInvitation(reply, token, alone)
    date_id = None if reply.for_series else reply.occurrence.id
    return ShownInvitation(reply, links.reply(reply.invitation_id, date_id), "", is_elsewhere=True)


def _reply_form(
    pages: Pages,
    links: Links,
    shown: ShownInvitation,
    *,
    wanted: str = "",
    form: FormValues | None = None,
    wrong: Invalid | None = None,
) -> Page:
    """Show the three buttons, or a link to sign in where only named people may know what the event is."""
    reply = shown.reply
    if shown.is_restricted:
        return show_link_page(pages.render("events/reply-sign-in.html", address=f"/events/{reply.occurrence.event.id}"))
    first = next((word for word, value in REPLIES.items() if value is reply.reply), "yes")
    first = wanted if wanted in REPLIES else first
    is_unsaved = shown.is_elsewhere and form is not None
    return show_link_page(
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
    dates = [
        {
            **occurrence_times(occurrence),
            "has_other_hours": _hours(occurrence) != _hours(reply.occurrence),
            "has_other_place": occurrence.place != reply.occurrence.place,
        }
        for occurrence in (reply.occurrence, *reply.ahead)
    ]
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


def _hours(occurrence: Occurrence) -> tuple[time, time, timedelta]:
    starts, ends = (local(at, occurrence.event.zone) for at in (occurrence.starts_at, occurrence.ends_at))
    return starts.time(), ends.time(), ends.date() - starts.date()


def _closed_page(pages: Pages, why: NotFound | Gone, comment: str = "") -> Page:
    """Say that the event is over or canceled, and show the note that came too late.

    Of any other link, say only that it can't be used.
    """
    if why.sentence in (NotFound.sentence, Gone.sentence):
        return show_link_page(pages.render("core/errors/link.html", status_code=404, of="reply"))
    return show_link_page(
        pages.render("events/reply-closed.html", status_code=410, sentence=why.sentence, comment=comment)
    )


NO_LONGER_SUBSTITUTE = "You’re no longer the substitute. We’ll email you a calendar update."
REFUSAL_PATH = "/events/{event_id:uuid}/{key:str}/substitution/refusal"
NEVER = datetime.min.replace(tzinfo=UTC)


@post(REFUSAL_PATH, guards=[signed_in], status_code=303)
async def post_refusal(date: OnDate, pages: Pages, viewer: Viewer, now: Now) -> Redirect:
    """Record that the viewer can't come in another person's place, or say why it's too late."""
    deed, undo = recorded_replies.decline_as_substitute(viewer, *date, now), refusal_undo_button(date.page, now)
    return await pages.respond(f"{date.page}#reply", deed, NO_LONGER_SUBSTITUTE, (Gone, NotAllowed), undo)


@post(f"{REFUSAL_PATH}/removal", guards=[signed_in], status_code=303)
async def post_refusal_undo(date: OnDate, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Redirect:
    """Undo a substitute's No that the viewer gave or recorded, or say why it can't be undone."""
    try:
        refusal = await recorded_replies.undo_refusal(viewer, *date, moment_in(form["at"]) or NEVER, now)
    except (Gone, Conflict) as refused:
        return pages.refuse(date.page, refused.sentence)
    is_own = all(turn.substitute_id == viewer.member_id for turn in refusal.turns)
    who = "You’re" if is_own else f"{refusal.substitute} is"
    known = f"{refusal.principals} may already have an email about the No. Let them know it was undone."
    last = known if refusal.may_be_known else "No one was notified."
    return pages.redirect(date.page, f"Undone. {who} the substitute for {refusal.principals} again. {last}")


def refusal_undo_button(address: str, now: Now) -> Undo:
    """Return what undoes a substitute's No to a date that was just given, or recorded."""
    return Undo(address=f"{address}/substitution/refusal/removal", fields={"at": now.isoformat()}, until=now + UNDO_FOR)


NO_PROPOSAL = UUID(int=0)


class ProposedTimesShown(Struct, frozen=True, kw_only=True):
    """A proposal that waits, and the texts of the form that it fills in."""

    of: Proposal
    texts: Mapping[str, str]


async def proposed_times(
    viewer: Viewer, proposal: str, event_id: UUID, now: Now, date_id: UUID | None = None
) -> ProposedTimesShown | None:
    """Return a proposal for a date of an event, or for its only date (None); None when the address names no proposal.

    Errors: NotFound, also for a proposal for another date; Conflict when it no longer waits.
    """
    if not proposal:
        return None
    accepted, date = await unrecorded_replies.proposal_to_accept(viewer, id_in(proposal) or NO_PROPOSAL, now)
    is_of_date = not date.event.is_series if date_id is None else date.id == date_id
    if date.event.id != event_id or not is_of_date:
        raise NotFound
    texts = texts_of_times(accepted.made.times, date.event)
    hours = ("starts", "ends") if date.event.is_all_day else ()
    return ProposedTimesShown(of=accepted, texts={name: text for name, text in texts.items() if name not in hours})


def texts_of_times(times: tuple[datetime, datetime], event: Event) -> dict[str, str]:
    """Return the fields of a form that say when a date is, on the clocks of its event."""
    starts, ends = (local(moment, event.zone) for moment in times)
    last = ends - ONE_DAY if event.is_all_day else ends
    return {
        "date": starts.date().isoformat(),
        "starts": f"{starts:%H:%M}",
        "ends": f"{ends:%H:%M}",
        "last_day": "" if last.date() == starts.date() else last.date().isoformat(),
    }
