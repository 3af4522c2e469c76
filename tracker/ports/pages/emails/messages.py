"""The Messages page: planned, waiting, sent, failed or skipped, and why; and resending one."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from tracker.ports.http.dependencies import Now, Viewer, Zone
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.date_entries import address_of
from tracker.ports.pages.core.dependencies import Form, Pages, Query, QueryString
from tracker.ports.pages.core.people_options import people_options
from tracker.ports.pages.core.saved_filters import saved_in
from tracker.ports.pages.emails.messages_query import PATH, asked_for
from tracker.rules.core.wording import local
from tracker.rules.emails.messages import KIND_WORDS, STATE_WORDS
from tracker.rules.emails.preferences import lead_words
from tracker.usecases.emails import messages
from tracker.usecases.roster import people

STANDINGS = [
    ("", "All"),
    ("planned", "Planned"),
    ("waiting", "Waiting"),
    ("sent", "Sent"),
    ("failed", "Failed"),
    ("skipped", "Not sent, and why"),
]
KINDS = [("", "All"), *((kind.value, words) for kind, words in KIND_WORDS.items())]
AGAIN = "Sending again, with current details."


@get(PATH, guards=[signed_in])
async def message_list(
    pages: Pages, viewer: Viewer, params: Query, query_string: QueryString, zone: Zone, now: Now
) -> Response[str]:
    """Show a page of the messages that the viewer may know of."""
    asked = asked_for(params)
    found = await messages.message_page(viewer, asked.narrowed, asked.after, now)
    context: dict[str, Any] = {
        "asked": asked,
        "found": found,
        "standings": STANDINGS,
        "kinds": KINDS,
        "people": await _people(viewer),
        "kind_words": KIND_WORDS,
        "state_words": STATE_WORDS,
        "lead_words": lead_words,
        "address": address_of,
        "may_resend": lambda line: line.may_resend(now),
        "here": lambda moment: local(moment, zone),
    }
    if pages.is_htmx:
        return pages.render_block("emails/pages/messages.html", "list", **context)
    return pages.render("emails/pages/messages.html", **context, **await saved_in(viewer, query_string, "messages"))


@post(f"{PATH}/{{message_id:uuid}}/sendings", guards=[signed_in], status_code=303)
async def send_again(message_id: FromPath[UUID], pages: Pages, viewer: Viewer, form: Form, now: Now) -> Redirect:
    """Queue a message again, and redirect to where it was pressed."""
    asked = asked_for(form)
    await messages.resend(viewer, message_id, now)
    return pages.redirect(asked.address, AGAIN)


async def _people(viewer: Viewer) -> list[Any]:
    """Return the people to filter by: viewers who organize nothing see only their own messages."""
    return people_options(await people.directory(viewer), "Everybody") if viewer.may_schedule else []


handlers = [message_list, send_again]
