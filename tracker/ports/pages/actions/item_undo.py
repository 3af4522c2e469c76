"""The button Undo of an action item that was just marked done, or reopened.

Its form takes along how far the item was, with since when, for the person who pressed: signed, so that no one can name
another day on which it was closed.
"""

import base64
import binascii
from datetime import timedelta

import msgspec

from tracker.crypto import keys
from tracker.errors import NotFound
from tracker.ports.http.dependencies import Now, Viewer
from tracker.ports.http.flash import Undo
from tracker.ports.pages.core.form_values import FormValues
from tracker.rules.actions.action_items import ActionItem
from tracker.rules.actions.item_undo import Update, stage_of

UNDO_FOR = timedelta(seconds=60)
"""How long the message that an item is done, or open again, has its button Undo."""
LONGEST = 2000  # characters; ours have about 600
_PURPOSE = "item undo"


def undo_button(viewer: Viewer, form: FormValues, before: ActionItem, after: ActionItem, now: Now) -> Undo | None:
    """Return what undoes an update that the viewer just made; None when the item had that status before."""
    if before.status is after.status or after.changed_at != now:
        return None
    update = Update(at=now, before=stage_of(before), after=stage_of(after))
    fields = {"update": _signed(viewer, after.reference, update), "next": form["next"]}
    return Undo(address=f"/action-items/{after.reference}/undo", fields=fields, until=now + UNDO_FOR)


def update_in(viewer: Viewer, reference: str, form: FormValues) -> Update:
    """Return the viewer's update of an item that a form undoes. Errors: NotFound for what was not written here."""
    letters, _, seal = form["update"].partition(".") if len(form["update"]) <= LONGEST else ("", "", "")
    if not any(keys.same(seal, _seal(key, viewer, reference, letters)) for key in keys.every(_PURPOSE)):
        raise NotFound
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(letters + "=" * (-len(letters) % 4)), type=Update)
    except (msgspec.DecodeError, binascii.Error) as odd:  # signed by a release with other fields
        raise NotFound from odd


def _signed(viewer: Viewer, reference: str, update: Update) -> str:
    letters = base64.urlsafe_b64encode(msgspec.json.encode(update)).rstrip(b"=").decode("ascii")
    return f"{letters}.{_seal(keys.named(_PURPOSE), viewer, reference, letters)}"


def _seal(key: bytes, viewer: Viewer, reference: str, letters: str) -> str:
    return keys.mac(key, f"{viewer.member_id} {reference} {letters}")
