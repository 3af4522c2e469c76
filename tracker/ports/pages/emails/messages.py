"""The Messages page: what each deed sent, to whom, and how it ended; messages sent again; and thank-yous.

A thank-you is shown before it is sent. The application puts the function that words an email into
`app.state.read_email`.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import get, post
from litestar.di import Provide
from litestar.response import Redirect
from litestar.types import Scope
from msgspec import Struct
from msgspec.structs import replace

from tracker.database import together
from tracker.errors import Conflict, Gone
from tracker.ports.http.cookies import Undo
from tracker.ports.http.dependencies import Injected, Now, PathId, Settings, Viewer, Zone
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.date_entries import date_address
from tracker.ports.pages.core.dependencies import Form, OnDate, Page, Pages, Query, QueryString, usual_escalation
from tracker.ports.pages.core.drafts import saved_in
from tracker.ports.pages.core.form_values import FormValues, count_in, id_in, is_typed, moment_in, read_chosen_person
from tracker.ports.pages.emails.emails import NEVER
from tracker.rules.core.wording import local, plural
from tracker.rules.emails.emails import Email
from tracker.rules.emails.messages import ListPosition, MessageFilter, MessageStatus, message_kinds_for
from tracker.rules.emails.reminders import timing_words
from tracker.rules.emails.summaries import sent_thank_you_words
from tracker.rules.events.history import UNDO_FOR
from tracker.usecases.emails import messages, summaries
from tracker.usecases.emails.messages import read_message
from tracker.usecases.emails.summaries import ThankYouView
from tracker.usecases.roster.known_people import people_to_invite

STATUSES = [("", "All"), *MessageStatus.labels().items()]
RESENT = "Sending again, with current details."
MESSAGES = "/messages"
SENDINGS = f"{MESSAGES}/sendings"
BETWEEN = "_"  # the time and the id of a place


@get(MESSAGES, guards=[signed_in])
async def show_messages(
    pages: Pages, viewer: Viewer, params: Query, query_string: QueryString, zone: Zone, *, settings: Settings, now: Now
) -> Page:
    """Show a page of what was sent, as far as the viewer may know of it; its address names no one by words."""
    to = await read_chosen_person(params, "person", people_to_invite(viewer)) if viewer.may_schedule else None
    asked = message_query_in(viewer, params.but({"person": to.value}) if to else params)
    is_found = to is not None and is_typed(params, "person") and not to.error
    if is_found and not pages.is_htmx:
        return Redirect(asked.address, status_code=303)
    usual = usual_escalation(settings)
    message_page, items, digests, polls, saved = await together(
        messages.sendings_page(viewer, asked.narrowed, asked.after, now),
        messages.planned_items(viewer, asked.narrowed, asked.after, now, settings.time_zone, usual),
        messages.planned_digests(viewer, asked.narrowed, asked.after, now, settings.time_zone),
        messages.planned_polls(viewer, asked.narrowed, asked.after, now),
        saved_in(viewer, query_string, "messages"),
    )
    context: dict[str, Any] = {
        **message_words(viewer, zone),
        "asked": asked,
        "found": message_page,
        "planned": sorted([*message_page.planned, *items, *digests, *polls], key=lambda planned: planned.at),
        "standings": STATUSES,
        "kinds": [("", "All"), *((kind.value, words) for kind, words in message_kinds_for(viewer).items())],
        "to": to,
        "timing_words": timing_words,
        "address": date_address,
    }
    if pages.is_htmx:
        part = pages.render_block("emails/pages/messages.html", "list", **context)
        part.headers.update({"HX-Push-Url": asked.address} if is_found else {})
        return part
    return pages.render("emails/pages/messages.html", **context, **saved)


@get(f"{SENDINGS}/{{sending_id:uuid}}", guards=[signed_in])
async def show_sending(sending_id: PathId, pages: Pages, viewer: Viewer, params: Query, zone: Zone, now: Now) -> Page:
    """Show to whom a sending went, and how it ended for each."""
    return await _sending_page(pages, viewer, sending_id, zone, now, skip=count_in(params["skip"]))


@post(f"{MESSAGES}/{{message_id:uuid}}/sendings", guards=[signed_in], status_code=303)
async def post_resend(message_id: PathId, pages: Pages, viewer: Viewer, zone: Zone, now: Now) -> Page:
    """Queue a message again, and show its sending, or show there why it isn't sent again."""
    try:
        sending_id = await messages.resend_message(viewer, message_id, now)
    except Conflict as refused:
        sending_id = await messages.sending_of_message(viewer, message_id)
        return await _sending_page(pages, viewer, sending_id, zone, now, refused=refused.sentence)
    return pages.redirect(address_of_sending(sending_id), RESENT)


@post(f"{SENDINGS}/{{sending_id:uuid}}/retries", guards=[signed_in], status_code=303)
async def post_retry(sending_id: PathId, pages: Pages, viewer: Viewer, form: Form, zone: Zone, now: Now) -> Page:
    """Queue the messages of a sending that failed again, and redirect to where it was pressed."""
    try:
        number = await messages.retry_sending(viewer, sending_id, now)
    except Conflict as refused:
        back = message_query_in(viewer, form).address
        return await _sending_page(pages, viewer, sending_id, zone, now, refused=refused.sentence, back=back)
    back = address_of_sending(sending_id) if form["on"] == "sending" else message_query_in(viewer, form).address
    return pages.redirect(back, f"Sending again to {plural(number, 'person', 'people')}, with current details.")


async def _sending_page(
    pages: Pages,
    viewer: Viewer,
    sending_id: UUID,
    zone: str,
    now: datetime,
    *,
    skip: int = 0,
    refused: str = "",
    back: str = MESSAGES,
) -> Page:
    """Return the page of a sending; `refused` says why nothing was sent again, and `back` leads to the list."""
    page = await messages.sending_page(viewer, sending_id, skip, now)
    return pages.render(
        "emails/pages/sending.html",
        status_code=409 if refused else 200,
        **message_words(viewer, zone),
        found=page,
        sending=page.sending,
        address=address_of_sending(sending_id),
        is_first=not skip,
        may_resend=lambda line: line.may_resend(now),
        refused=refused,
        back=back,
    )


def message_words(viewer: Viewer, zone: str) -> dict[str, Any]:
    """Return what the templates of messages have in common."""
    return {
        "here": lambda moment: local(moment, zone),
        "to_whom": lambda line: "You" if line.recipient_id == viewer.member_id else f"{line.recipient} ({line.agency})",
    }


class MessageQuery(Struct, frozen=True, kw_only=True):
    """A page of the list."""

    narrowed: MessageFilter
    after: ListPosition | None = None

    @property
    def address(self) -> str:
        """Return the address of the first page."""
        asked = [(name, text) for name, text in self.fields.items() if text]
        return f"{MESSAGES}?{urlencode(asked)}" if asked else MESSAGES

    @property
    def fields(self) -> dict[str, str]:
        """Return the hidden values with which a form comes back here."""
        narrowed = self.narrowed
        return {
            "state": narrowed.standing or "",
            "kind": narrowed.kind or "",
            "person": str(narrowed.person or ""),
            "event": str(narrowed.event or ""),
        }

    @property
    def is_narrowed(self) -> bool:
        """Return whether a filter is set, apart from the event."""
        return replace(self.narrowed, event=None) != MessageFilter()

    @property
    def of_event(self) -> str:
        """Return the address without any filter but the event."""
        return MessageQuery(narrowed=MessageFilter(event=self.narrowed.event)).address

    def older(self, place: ListPosition) -> str:
        """Return the address of the page that continues after a sending."""
        after = urlencode({"after": f"{place.at.isoformat()}{BETWEEN}{place.id}"})
        return f"{self.address}{'&' if self.address != MESSAGES else '?'}{after}"


def message_query_in(viewer: Viewer, query: FormValues) -> MessageQuery:
    """Return the query of an address or a form; values that are unknown, or not offered to the viewer, are ignored."""
    narrowed = MessageFilter(
        standing=MessageStatus.known(query["state"]),
        kind=next((kind for kind in message_kinds_for(viewer) if kind == query["kind"]), None),
        person=id_in(query["person"]),
        event=id_in(query["event"]),
    )
    at, _, text = query["after"].partition(BETWEEN)
    moment, sending_id = moment_in(at), id_in(text)
    after = ListPosition(at=moment, id=sending_id) if moment and sending_id else None
    return MessageQuery(narrowed=narrowed, after=after)


def address_of_sending(sending_id: UUID, skip: int = 0) -> str:
    """Return the address of a sending, or of the page of its messages after `skip` of them."""
    return f"{SENDINGS}/{sending_id}{f'?skip={skip}' if skip else ''}"


PageEmailReader = Callable[[Email], Any]
"""Returns the words of an email, without its links (`tracker.ports.mail.wording`)."""


def _page_email_reader(scope: Scope) -> PageEmailReader:
    reader: PageEmailReader = scope["litestar_app"].state["read_email"]
    return reader


@get(f"{MESSAGES}/{{message_id:uuid}}", guards=[signed_in])
async def show_message(
    message_id: PathId, pages: Pages, viewer: Viewer, zone: Zone, now: Now, read_email: Injected[PageEmailReader]
) -> Page:
    """Show one message, as its recipient would see it now."""
    message = await read_message(viewer, message_id, now, zone)
    return pages.render(
        "emails/pages/message.html",
        **message_words(viewer, zone),
        found=message,
        line=message.line,
        sending=message.sending,
        email=read_email(message.email) if message.email else None,
        may_resend=message.line.may_resend(now),
    )


DEPENDENCIES = {"read_email": Provide(_page_email_reader, sync_to_thread=False)}
THANK_YOU_PATH = "/events/{event_id:uuid}/{key:str}/thank-you"


@get(THANK_YOU_PATH, guards=[signed_in])
async def show_thank_you(
    date: OnDate, pages: Pages, viewer: Viewer, *, zone: Zone, now: Now, read_email: Injected[PageEmailReader]
) -> Page:
    """Show who would get it, and what it says to the viewer; or that it was sent."""
    thank_you = await summaries.thank_you_view(viewer, *date, now, zone)
    return _thank_you_page(pages, thank_you, read_email, zone, now)


@post(THANK_YOU_PATH, guards=[signed_in], status_code=303)
async def post_thank_you(
    date: OnDate,
    pages: Pages,
    viewer: Viewer,
    form: Form,
    *,
    zone: Zone,
    now: Now,
    read_email: Injected[PageEmailReader],
) -> Page:
    """Send it to as many people as the page showed, or show the page again with the reason why not."""
    try:
        people = await summaries.send_thank_you(viewer, *date, now, people=count_in(form["people"]))
    except Conflict as refused:
        thank_you = await summaries.thank_you_view(viewer, *date, now, zone)
        return _thank_you_page(pages, thank_you, read_email, zone, now, refused.sentence)
    removal = f"{date.page}/thank-you/removal"
    undo = Undo(address=removal, fields={"at": now.isoformat()}, until=now + UNDO_FOR)
    return pages.redirect(date.page, f"Thank-you on its way to {plural(people, 'person', 'people')}.", undo)


@post(f"{THANK_YOU_PATH}/removal", guards=[signed_in], status_code=303)
async def post_thank_you_undo(date: OnDate, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Redirect:
    """Undo a thank-you that has not left yet, or say that it may have."""
    deed = summaries.undo_thank_you(viewer, *date, moment_in(form["at"]) or NEVER, now)
    return await pages.respond(date.page, deed, "Undone. No one was emailed.", Gone)


def _thank_you_page(
    pages: Pages, thank_you: ThankYouView, read_email: PageEmailReader, zone: str, now: Now, refused: str = ""
) -> Page:
    occurrence, event = thank_you.occurrence, thank_you.occurrence.event
    return pages.render(
        "emails/pages/thank-you.html",
        status_code=409 if refused else 200,
        found=thank_you,
        occurrence=occurrence,
        event=event,
        address=f"/events/{event.id}/{occurrence.key}",
        refused=refused,
        sent=sent_thank_you_words(thank_you.sent, zone, now.date()) if thank_you.sent else "",
        email=read_email(thank_you.email) if thank_you.email else None,
    )
