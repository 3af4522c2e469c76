"""What the administrators' forms share: a recent confirmation, errors at their fields, and simultaneous edits."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from litestar import Response
from msgspec.structs import replace

from tracker.errors import Conflict, Invalid, NotAllowed
from tracker.ports.http.dependencies import Now, Viewer, Visit
from tracker.ports.pages.core.form_values import FormValues
from tracker.ports.pages.core.reauthentication import is_reauthenticated
from tracker.ports.pages.core.sheets import Sheet, Words, overtaken, refused, typed_in
from tracker.rules.roster.accounts import MANAGERS_ONLY

Show = Callable[[Sheet], Awaitable[Response[Any]]]
Deed = Callable[[], Awaitable[Response[Any]]]
Current = Callable[[], Awaitable[tuple[Sheet, Words]]]
"""Returns the form as it is now, after another person saved it."""


def check_manager(viewer: Viewer) -> None:
    """Raise `NotAllowed` unless the viewer manages the roster."""
    if not viewer.manages_accounts:
        raise NotAllowed(MANAGERS_ONLY)


async def save(
    visit: Visit,
    form: FormValues,
    now: Now,
    fields: Sequence[str],
    deed: Deed,
    show: Show,
    current: Current | None = None,
) -> Response[Any]:
    """Save a form, or show it again with everything that was typed.

    It is shown again without a recent confirmation (403), with errors (422), or beside what another person saved
    meanwhile (409).
    """
    if not is_reauthenticated(visit, now):
        return await show(replace(typed_in(form), asks_reauthentication=True, status_code=403))
    try:
        return await deed()
    except Invalid as wrong:
        return await show(refused(form, wrong, fields))
    except Conflict:
        if current is None:
            raise
        return await show(overtaken(form, *await current()))
