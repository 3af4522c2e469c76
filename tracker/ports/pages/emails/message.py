"""The page of one message: what it says, to whom, and how it ended.

The application puts the function that words an email into `app.state.read_email`.
"""

from collections.abc import Callable
from typing import Any

from litestar import Response, get
from litestar.di import Provide
from litestar.types import Scope

from tracker.ports.http.dependencies import Injected, Now, PathId, Viewer, Zone
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Pages
from tracker.ports.pages.emails.messages import words_for
from tracker.ports.pages.emails.messages_query import PATH
from tracker.rules.emails.content import Letter
from tracker.usecases.emails.message_reading import read_message

ReadEmail = Callable[[Letter], Any]
"""Returns the words of an email, without its links (`tracker.ports.mail.reading`)."""


def _read_email(scope: Scope) -> ReadEmail:
    found: ReadEmail = scope["litestar_app"].state["read_email"]
    return found


@get(f"{PATH}/{{message_id:uuid}}", guards=[signed_in])
async def message_page(
    message_id: PathId, pages: Pages, viewer: Viewer, zone: Zone, now: Now, read_email: Injected[ReadEmail]
) -> Response[str]:
    """Show one message, as its recipient would see it now."""
    message = await read_message(viewer, message_id, now, zone)
    return pages.render(
        "emails/pages/message.html",
        **words_for(viewer, zone),
        found=message,
        line=message.line,
        sending=message.sending,
        email=read_email(message.letter) if message.letter else None,
        may_resend=message.line.may_resend(now),
    )


DEPENDENCIES = {"read_email": Provide(_read_email, sync_to_thread=False)}
