"""What the forms of who keeps the roster share: a fresh proof, errors at their fields, and two keepers at once."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from litestar import Request, Response
from litestar.response import Redirect

from tracker.errors import Conflict, Invalid, NotAllowed
from tracker.ports.http import flash
from tracker.ports.pages.core.edit_conflicts import ChangeInWords, in_words, merged, record, recorded
from tracker.ports.pages.core.form_values import Errors, FormValues, errors_of, form_of, version_in
from tracker.ports.pages.core.reauthentication import is_reauthenticated
from tracker.ports.pages.core.request import viewer_of
from tracker.rules.core.viewer import Viewer
from tracker.rules.roster.accounts import KEEPERS_ONLY

NO_FORM = FormValues({})


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A form as it is shown: what stands in it, what is wrong with it, and what changed since it was opened."""

    form: FormValues
    version: int = 0
    was: str = ""
    errors: Errors = field(default_factory=Errors)
    changes: Sequence[ChangeInWords] | None = None
    asks_reauthentication: bool = False
    status_code: int = 200


@dataclass(frozen=True, kw_only=True)
class Words:
    """How the changes of a form are told: its fields in order, and what a text in one means."""

    labels: Mapping[str, str]
    said: Callable[[str, str], str]


Show = Callable[[Sheet], Awaitable[Response[Any]]]
Deed = Callable[[FormValues], Awaitable[Response[Any]]]
Now = Callable[[], Awaitable[tuple[Sheet, Words]]]


def opened(form: FormValues, version: int) -> Sheet:
    """Return a form as somebody opens it."""
    return Sheet(form=form, version=version, was=record(form))


def manager_of(request: Request[Any, Any, Any]) -> Viewer:
    """Return the viewer who keeps the roster. Errors: NotAllowed for everybody else."""
    viewer = viewer_of(request)
    if not viewer.manages_accounts:
        raise NotAllowed(KEEPERS_ONLY)
    return viewer


async def save(
    request: Request[Any, Any, Any], fields: Sequence[str], deed: Deed, show: Show, now: Now | None = None
) -> Response[Any]:
    """Do what a form asks, or show it again with everything that was typed.

    That is without a fresh proof (403), with errors (422), or beside what somebody else saved meanwhile (409).
    """
    form = await form_of(request)
    typed = Sheet(form=form, version=version_in(form), was=form["was"])
    if not is_reauthenticated(request):
        return await show(replace(typed, asks_reauthentication=True, status_code=403))
    try:
        return await deed(form)
    except Invalid as wrong:
        return await show(replace(typed, errors=errors_of(wrong, fields), status_code=422))
    except Conflict:
        if now is None:
            raise
        current, words = await now()
        both, changes = merged(recorded(form["was"]), form, current.form)
        told = in_words(changes, words.labels, words.said)
        return await show(replace(current, form=both, changes=told, status_code=409))


def done(request: Request[Any, Any, Any], address: str, said: str) -> Redirect:
    """Lead to a page that says what was done."""
    redirect = Redirect(address, status_code=303)
    flash.say(redirect, request.scope["state"]["settings"], said)
    return redirect
