"""Cursors: where a page of a list ended, signed for this reader and this list; they reveal nothing new."""

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from tracker.crypto import keys
from tracker.errors import NotFound
from tracker.ports.http.forms import FormRequest
from tracker.rules.core.viewer import Viewer
from tracker.usecases.views.listings import START, Place

LONGEST = 400  # characters


def cursor(viewer: Viewer, of: str, position: Sequence[str]) -> str:
    """Return the cursor that continues after a position of a list."""
    letters = base64.urlsafe_b64encode(msgspec.json.encode(position)).rstrip(b"=").decode("ascii")
    return f"{letters}.{_mark(viewer, of, letters)}"


def position_of(viewer: Viewer, of: str, text: str) -> list[str]:
    """Return the position of a cursor. Errors: NotFound unless it was made here for this reader and this list."""
    letters, _, mark = text.partition(".")
    if len(text) > LONGEST or not keys.same(mark, _mark(viewer, of, letters)):
        raise NotFound
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(letters + "=" * (-len(letters) % 4)), type=list[str])
    except (binascii.Error, msgspec.DecodeError) as odd:
        raise NotFound from odd


def place_words(moment: datetime, thing_id: UUID) -> tuple[str, str]:
    """Return a place, in a list that is ordered by time, as its cursor holds it."""
    return moment.isoformat(), str(thing_id)


def place_in(request: FormRequest, viewer: Viewer, text: str | UnsetType) -> Place:
    """Return the place after which a page of such a list starts. Errors: NotFound."""
    if text is UNSET:
        return START
    moment, thing_id = position_of(viewer, request.scope["path"], text)
    return datetime.fromisoformat(moment), UUID(thing_id)


def _mark(viewer: Viewer, of: str, letters: str) -> str:
    return keys.mac(keys.named("cursor"), f"{viewer.member_id} {of} {letters}")
