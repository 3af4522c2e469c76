"""The Messages page: what each deed sent, to whom, and how it ended; a page for each sending; and sending again."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from tracker.database import together
from tracker.ports.http.dependencies import Now, Viewer, Zone
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.choosers import Chosen, chosen, is_typed
from tracker.ports.pages.core.date_entries import address_of
from tracker.ports.pages.core.dependencies import Form, Pages, Query, QueryString
from tracker.ports.pages.core.saved_filters import saved_in
from tracker.ports.pages.emails.messages_query import PATH, SENDINGS, address_of_sending, asked_for, skip_in
from tracker.rules.core.wording import local, plural
from tracker.rules.emails.follow_ups import timing_words
from tracker.rules.emails.messages import KIND_WORDS, STATE_WORDS, kinds_for
from tracker.usecases.emails import messages
from tracker.usecases.roster.known_people import known_to

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
    pages: Pages, viewer: Viewer, params: Query, query_string: QueryString, zone: Zone, now: Now
) -> Response[Any]:
    """Show a page of what was sent, as far as the viewer may know of it; its address names no one by words."""
    to = await _recipient(viewer, params)
    asked = asked_for(viewer, params.but({"person": to.value}) if to else params)
    is_found = to is not None and is_typed(params, "person") and not to.error
    if is_found and not pages.is_htmx:
        return Redirect(asked.address, status_code=303)
    found, saved = await together(
        messages.message_page(viewer, asked.narrowed, asked.after, now), saved_in(viewer, query_string, "messages")
    )
    context: dict[str, Any] = {
        **words_for(viewer, zone),
        "asked": asked,
        "found": found,
        "standings": STANDINGS,
        "kinds": [("", "All"), *((kind.value, words) for kind, words in kinds_for(viewer).items())],
        "to": to,
        "kind_words": KIND_WORDS,
        "timing_words": timing_words,
        "address": address_of,
    }
    if pages.is_htmx:
        part = pages.render_block("emails/pages/messages.html", "list", **context)
        part.headers.update({"HX-Push-Url": asked.address} if is_found else {})
        return part
    return pages.render("emails/pages/messages.html", **context, **saved)


@get(f"{SENDINGS}/{{sending_id:uuid}}", guards=[signed_in])
async def sending_page(
    sending_id: FromPath[UUID], pages: Pages, viewer: Viewer, params: Query, zone: Zone, now: Now
) -> Response[str]:
    """Show to whom a sending went, and how it ended for each."""
    found = await messages.sending_page(viewer, sending_id, skip_in(params["skip"]), now)
    return pages.render(
        "emails/pages/sending.html",
        **words_for(viewer, zone),
        found=found,
        sending=found.sending,
        address=address_of_sending(sending_id),
        is_first=not skip_in(params["skip"]),
        may_resend=lambda line: line.may_resend(now),
    )


@post(f"{PATH}/{{message_id:uuid}}/sendings", guards=[signed_in], status_code=303)
async def send_again(message_id: FromPath[UUID], pages: Pages, viewer: Viewer, now: Now) -> Redirect:
    """Queue a message again, and show its sending."""
    return pages.redirect(address_of_sending(await messages.resend(viewer, message_id, now)), AGAIN)


@post(f"{SENDINGS}/{{sending_id:uuid}}/retries", guards=[signed_in], status_code=303)
async def retry(sending_id: FromPath[UUID], pages: Pages, viewer: Viewer, form: Form, now: Now) -> Redirect:
    """Queue the messages of a sending that failed again, and redirect to where it was pressed."""
    number = await messages.retry(viewer, sending_id, now)
    back = address_of_sending(sending_id) if form["on"] == "sending" else asked_for(viewer, form).address
    return pages.redirect(back, f"Sending again to {plural(number, 'person', 'people')}, with current details.")


def words_for(viewer: Viewer, zone: str) -> dict[str, Any]:
    """Return what the templates of messages have in common."""
    return {
        "state_words": STATE_WORDS,
        "here": lambda moment: local(moment, zone),
        "to_whom": lambda line: "You" if line.recipient_id == viewer.member_id else f"{line.recipient} ({line.agency})",
    }


async def _recipient(viewer: Viewer, params: Query) -> Chosen | None:
    """Return the person to filter by; none for viewers who organize nothing, because they see only their own."""
    return await chosen(params, "person", known_to(viewer)) if viewer.may_schedule else None


handlers = [message_list, sending_page, send_again, retry]
