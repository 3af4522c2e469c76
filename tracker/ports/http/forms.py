"""Reads posted forms and files; says which draft a form keeps, and what becomes of the draft when the form is sent.

Litestar itself would keep the last 1,024 requests, passwords included, in memory. A form that keeps drafts carries a
mark, signed: whose draft, of which form and thing, and what the page showed of it. A form that could not be saved is
kept as its person's draft, before the page says so; one that was saved loses its draft. Without a session, the mark
alone proves nothing: see `keep_failed`.
"""

import logging
import threading
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

import anyio
import litestar
from anyio import to_thread
from litestar.datastructures import FormMultiDict, State
from litestar.enums import RequestEncodingType
from litestar.types import Empty, Message
from msgspec import Struct

from tracker import clock
from tracker.crypto import keys
from tracker.database import surviving_failures
from tracker.errors import Busy, NotAllowed, NotFound, ReauthenticationNeeded, TooLarge, TrackerError
from tracker.ical.calendar_import import USUAL, ImportProgress, read_calendar_file
from tracker.ports.http import cookies
from tracker.ports.http.cookies import SAFE, OutdatedForm, check_token
from tracker.rules.core.drafts import DraftForm, DraftKey, DraftVersion, Texts
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.plans import CalendarFile, ImportLimits
from tracker.usecases.core import drafts
from tracker.usecases.core.viewers import viewer_of_ended_session

MOST_FIELDS = 5_000
TOO_MANY = "This form has too many fields."


class FormRequest(litestar.Request[None, None, State]):
    """The application's `request_class`: the viewer is in the state, not in Litestar's `user` and `auth`."""

    @property
    def form_that_was_read(self) -> FormMultiDict | None:
        """The posted form, if its body was read already."""
        posted = self._connection_state.form
        return None if posted is Empty else FormMultiDict.from_form_data(posted)

    async def form(self) -> FormMultiDict:
        """Return the posted form. Errors: TooLarge for more fields than any form of the site has."""
        is_url_encoded = self.content_type[0] == RequestEncodingType.URL_ENCODED
        if is_url_encoded and self._connection_state.form is Empty:
            body = await self.body()
            try:
                pairs = parse_qsl(body.decode("latin-1"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
            except ValueError as many:
                raise TooLarge(TOO_MANY) from many
            fields: dict[str, list[str]] = {}
            for name, text in pairs:
                fields.setdefault(name, []).append(text)
            self._connection_state.form = {
                name: texts if len(texts) > 1 else texts[0] for name, texts in fields.items()
            }
        return await super().form()


SLOW = "Reading the calendar file takes too long. Export fewer months at a time."


async def read_upload(
    content: bytes,
    now: datetime,
    zone: str,
    limits: ImportLimits = USUAL,
    progress: ImportProgress = lambda _done, _of: None,
) -> CalendarFile:
    """Return the content of a file; `progress` is called in another thread, which ends when time is up.

    Errors: Invalid, TooLarge; Busy when reading takes longer than its limit.
    """
    is_over = threading.Event()

    def note(done: int, of: int) -> None:
        if is_over.is_set():
            raise Busy(SLOW)
        progress(done, of)

    try:
        with anyio.fail_after(limits.seconds):
            return await to_thread.run_sync(
                partial(read_calendar_file, content, now, zone, limits, note), abandon_on_cancel=True
            )
    except TimeoutError as slow:
        is_over.set()
        raise Busy(SLOW) from slow


log = logging.getLogger(__name__)

FIELD = "_draft"
PATH = "/drafts"
"""The requests below this address are about drafts themselves."""
LIFETIME = timedelta(hours=24)  # of a mark: longer than any session
KEPT = "kept_draft"
"""The state key for the draft of a form that could not be saved: a `KeptDraft`, or None when there is none."""
SAVED = "is_saved"
"""The state key for whether the form of this request was saved."""
SEE_OTHER = 303
FAILED = 400  # this status and those above it


class DraftMark(Struct, frozen=True, kw_only=True):
    """Which draft a form keeps; `page` is the address that shows the form."""

    member_id: UUID
    form: DraftForm
    subject: str
    event_id: UUID | None
    page: str
    tab: UUID
    """The page as it was opened, which no other page shares."""
    shown: DraftVersion | None
    """The draft that the page was opened with, if any."""
    until: datetime

    @property
    def key(self) -> DraftKey:
        """Return which draft of the person it is."""
        return DraftKey(form=self.form, subject=self.subject, event_id=self.event_id)


class KeptDraft(Struct, frozen=True):
    """The draft of a form that could not be saved."""

    page: str
    """The address that shows the form with it."""
    at: datetime


def field_of_mark(mark: DraftMark) -> str:
    """Return a mark as the value of a form's field."""
    return keys.sign_value("draft", mark)


def read(text: object, now: datetime) -> DraftMark | None:
    """Return the mark in a form's field; None for anything that was not written here within a day."""
    mark = keys.read_value("draft", text, DraftMark) if isinstance(text, str) else None
    return mark if mark and now < mark.until else None


def texts_of(form: FormMultiDict) -> Texts:
    """Return the texts of a posted form; a file counts as none."""
    return {name: [text for text in form.getall(name) if isinstance(text, str)] for name in form}


def mark_in(form: Mapping[str, Any], viewer: Viewer, now: datetime) -> DraftMark | None:
    """Return the mark of a posted form, if the form is this viewer’s own."""
    mark = read(form.get(FIELD), now)
    return mark if mark and mark.member_id == viewer.member_id else None


async def keep_failed(error: Exception, scope: Any) -> None:
    """Keep what a form held whose request failed. A hook for `after_exception`, so it runs before the page is made.

    A form that arrives without a session is kept if it was opened in a session of this browser that ended by its time;
    not if that session was ended by a person, who signed out or revoked access. A form of another person than the one
    who is signed in now is not kept, nor one for something that its person may not do or see.
    """
    form = FormRequest(scope).form_that_was_read
    if form is None:
        return
    await form.close()  # Litestar closes uploaded files only of forms that came past the guards
    scope["state"][KEPT] = None
    mark, viewer = _mark(scope, form), scope["state"].get("viewer")
    if mark is None or _is_final(error):
        return
    try:
        with surviving_failures():
            person = viewer or await _last_viewer(FormRequest(scope), mark)
            await _keep(person, mark, form, scope, replaces=viewer is not None)
    except TrackerError:
        log.info("A form that failed is not kept as a draft.")
    except Exception:
        log.exception("A form that failed could not be kept as a draft.")


async def settle_draft(message: Message, scope: Any) -> None:
    """Remove the draft of a form that was saved, and keep one that was not, before its response is sent.

    A hook for `before_send`. A response that shows a part of the page does neither.
    """
    if message["type"] != "http.response.start" or scope["method"] in SAFE or "viewer" not in scope["state"]:
        return
    state, form = scope["state"], FormRequest(scope).form_that_was_read
    mark = _mark(scope, form) if form is not None else None
    if form is None or mark is None:
        return
    with surviving_failures(), suppress(TrackerError):
        if state.get(SAVED):
            await drafts.remove_draft(state["viewer"], mark.key, tab=mark.tab, shown=mark.shown)
        elif KEPT not in state and (message["status"] == SEE_OTHER or message["status"] >= FAILED):
            await _keep(state["viewer"], mark, form, scope, replaces=True)


def _mark(scope: Any, form: FormMultiDict) -> DraftMark | None:
    """Return the mark of a posted form; None for a form about drafts, and for one of another person than the viewer."""
    mark: DraftMark | None = None if scope["path"].startswith(PATH) else read(form.get(FIELD), clock.now())
    viewer: Viewer | None = scope["state"].get("viewer")
    return mark if mark and (viewer is None or viewer.member_id == mark.member_id) else None


def _is_final(error: Exception) -> bool:
    """Return whether the same form would be refused again, because its person may not do or see this."""
    may_come_back = isinstance(error, OutdatedForm | ReauthenticationNeeded)
    return isinstance(error, NotFound | NotAllowed) and not may_come_back


async def _last_viewer(request: FormRequest, mark: DraftMark) -> Viewer:
    """Return who filled in a form in a session that has ended by its time, as its cookie and the form token prove.

    Errors: NotAllowed when the session was ended by a person or is another person's, and for a form of another session.
    """
    cookie = cookies.read_cookie(request, cookies.SESSION)
    visit = await viewer_of_ended_session(cookie, clock.now())
    if visit is None or visit.viewer.member_id != mark.member_id:
        raise NotAllowed
    await check_token(request, cookie)
    return visit.viewer


async def _keep(viewer: Viewer, mark: DraftMark, form: FormMultiDict, scope: Any, *, replaces: bool) -> None:
    now = clock.now()
    await drafts.save_draft(viewer, mark.key, texts_of(form), now, tab=mark.tab, shown=mark.shown, replaces=replaces)
    scope["state"][KEPT] = KeptDraft(mark.page, now)
