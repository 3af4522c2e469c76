"""The Messages page: what each deed sent, to whom, and how it ended; a page for each sending; and sending again."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.response import Redirect

from tracker.database import together
from tracker.errors import Conflict
from tracker.ports.http.dependencies import Now, PathId, Settings, Viewer, Zone
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.choosers import ChosenPerson, is_typed, read_chosen_person
from tracker.ports.pages.core.date_entries import date_address
from tracker.ports.pages.core.dependencies import Form, Pages, Query, QueryString, usual_escalation
from tracker.ports.pages.core.saved_filters import saved_in
from tracker.ports.pages.emails.messages_query import PATH, SENDINGS, address_of_sending, asked_for, skip_in
from tracker.rules.core.wording import local, plural
from tracker.rules.emails.follow_ups import timing_words
from tracker.rules.emails.messages import KIND_WORDS, STATE_WORDS, kinds_for
from tracker.usecases.emails import messages
from tracker.usecases.roster.known_people import people_to_invite

STANDINGS = [
    ("", "All"),
    ("planned", "Planned"),
    ("waiting", "Waiting"),
    ("sent", "Sent"),
    ("failed", "Failed"),
    ("skipped", "Not sent, and why"),
]
AGAIN = "Sending again, with current details."


@get(PATH, guards=[signed_in])
async def message_list(
    pages: Pages, viewer: Viewer, params: Query, query_string: QueryString, zone: Zone, *, settings: Settings, now: Now
) -> Response[Any]:
    """Show a page of what was sent, as far as the viewer may know of it; its address names no one by words."""
    to = await _recipient(viewer, params)
    asked = asked_for(viewer, params.but({"person": to.value}) if to else params)
    is_found = to is not None and is_typed(params, "person") and not to.error
    if is_found and not pages.is_htmx:
        return Redirect(asked.address, status_code=303)
    usual = usual_escalation(settings)
    message_page, items, digests, polls, saved = await together(
        messages.message_page(viewer, asked.narrowed, asked.after, now),
        messages.planned_items(viewer, asked.narrowed, asked.after, now, settings.time_zone, usual),
        messages.planned_digests(viewer, asked.narrowed, asked.after, now, settings.time_zone),
        messages.planned_polls(viewer, asked.narrowed, asked.after, now),
        saved_in(viewer, query_string, "messages"),
    )
    context: dict[str, Any] = {
        **words_for(viewer, zone),
        "asked": asked,
        "found": message_page,
        "planned": sorted([*message_page.planned, *items, *digests, *polls], key=lambda one: one.at),
        "standings": STANDINGS,
        "kinds": [("", "All"), *((kind.value, words) for kind, words in kinds_for(viewer).items())],
        "to": to,
        "kind_words": KIND_WORDS,
        "timing_words": timing_words,
        "address": date_address,
    }
    if pages.is_htmx:
        part = pages.render_block("emails/pages/messages.html", "list", **context)
        part.headers.update({"HX-Push-Url": asked.address} if is_found else {})
        return part
    return pages.render("emails/pages/messages.html", **context, **saved)


@get(f"{SENDINGS}/{{sending_id:uuid}}", guards=[signed_in])
async def sending_page(
    sending_id: PathId, pages: Pages, viewer: Viewer, params: Query, zone: Zone, now: Now
) -> Response[str]:
    """Show to whom a sending went, and how it ended for each."""
    return await _sending(pages, viewer, sending_id, zone, now, skip=skip_in(params["skip"]))


@post(f"{PATH}/{{message_id:uuid}}/sendings", guards=[signed_in], status_code=303)
async def send_again(message_id: PathId, pages: Pages, viewer: Viewer, zone: Zone, now: Now) -> Response[Any]:
    """Queue a message again, and show its sending, or show there why it isn't sent again."""
    try:
        sending_id = await messages.resend(viewer, message_id, now)
    except Conflict as refused:
        sending_id = await messages.sending_of(viewer, message_id)
        return await _sending(pages, viewer, sending_id, zone, now, refused=refused.sentence)
    return pages.redirect(address_of_sending(sending_id), AGAIN)


@post(f"{SENDINGS}/{{sending_id:uuid}}/retries", guards=[signed_in], status_code=303)
async def retry(sending_id: PathId, pages: Pages, viewer: Viewer, form: Form, zone: Zone, now: Now) -> Response[Any]:
    """Queue the messages of a sending that failed again, and redirect to where it was pressed."""
    try:
        number = await messages.retry(viewer, sending_id, now)
    except Conflict as refused:
        back = asked_for(viewer, form).address
        return await _sending(pages, viewer, sending_id, zone, now, refused=refused.sentence, back=back)
    back = address_of_sending(sending_id) if form["on"] == "sending" else asked_for(viewer, form).address
    return pages.redirect(back, f"Sending again to {plural(number, 'person', 'people')}, with current details.")


async def _sending(
    pages: Pages,
    viewer: Viewer,
    sending_id: UUID,
    zone: str,
    now: datetime,
    *,
    skip: int = 0,
    refused: str = "",
    back: str = PATH,
) -> Response[str]:
    """Return the page of a sending; `refused` says why nothing was sent again, and `back` leads to the list."""
    page = await messages.sending_page(viewer, sending_id, skip, now)
    return pages.render(
        "emails/pages/sending.html",
        status_code=409 if refused else 200,
        **words_for(viewer, zone),
        found=page,
        sending=page.sending,
        address=address_of_sending(sending_id),
        is_first=not skip,
        may_resend=lambda line: line.may_resend(now),
        refused=refused,
        back=back,
    )


def words_for(viewer: Viewer, zone: str) -> dict[str, Any]:
    """Return what the templates of messages have in common."""
    return {
        "state_words": STATE_WORDS,
        "here": lambda moment: local(moment, zone),
        "to_whom": lambda line: "You" if line.recipient_id == viewer.member_id else f"{line.recipient} ({line.agency})",
    }


async def _recipient(viewer: Viewer, params: Query) -> ChosenPerson | None:
    """Return the person to filter by; none for viewers who organize nothing, because they see only their own."""
    return await read_chosen_person(params, "person", people_to_invite(viewer)) if viewer.may_schedule else None
