"""Reads posted forms and files: Litestar itself would keep the last 1,024 requests, passwords included, in memory."""

import threading
from datetime import datetime
from functools import partial
from urllib.parse import parse_qsl

import anyio
import litestar
from anyio import to_thread
from litestar.datastructures import FormMultiDict, State
from litestar.enums import RequestEncodingType
from litestar.types import Empty

from tracker.errors import Busy, TooLarge
from tracker.ical.calendar_import import USUAL, ImportProgress, read_calendar_file
from tracker.rules.events.calendar_import import CalendarFile, ImportLimits

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
