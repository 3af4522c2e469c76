"""The query of the Messages page, and the addresses of related views."""

import re
from urllib.parse import urlencode
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from tracker.ports.pages.core.form_values import FormValues, id_in, moment_in
from tracker.rules.core.outbox import MessageKind
from tracker.rules.core.viewers import Viewer
from tracker.rules.emails.messages import Narrowed, Place, Standing, kinds_for

PATH = "/messages"
SENDINGS = f"{PATH}/sendings"
_NUMBER = re.compile("[0-9]{1,6}")
BETWEEN = "_"  # the time and the id of a place


class Asked(Struct, frozen=True, kw_only=True):
    """A page of the list."""

    narrowed: Narrowed
    after: Place | None = None

    @property
    def address(self) -> str:
        """Return the address of the first page."""
        asked = [(name, text) for name, text in self.fields.items() if text]
        return f"{PATH}?{urlencode(asked)}" if asked else PATH

    @property
    def fields(self) -> dict[str, str]:
        """Return the hidden values with which a form comes back here."""
        narrowed = self.narrowed
        return {
            "state": narrowed.standing or "",
            "kind": narrowed.kind or "",
            "person": str(narrowed.person or ""),
            "event": str(narrowed.event or ""),
        }

    @property
    def is_narrowed(self) -> bool:
        """Return whether a filter is set, apart from the event."""
        return replace(self.narrowed, event=None) != Narrowed()

    @property
    def of_event(self) -> str:
        """Return the address without any filter but the event."""
        return Asked(narrowed=Narrowed(event=self.narrowed.event)).address

    def older(self, place: Place) -> str:
        """Return the address of the page that continues after a sending."""
        after = urlencode({"after": f"{place.at.isoformat()}{BETWEEN}{place.id}"})
        return f"{self.address}{'&' if self.address != PATH else '?'}{after}"


def asked_for(viewer: Viewer, query: FormValues) -> Asked:
    """Return the query of an address or a form; values that are unknown, or not offered to the viewer, are ignored."""
    standing, kind = query["state"], query["kind"]
    narrowed = Narrowed(
        standing=Standing(standing) if standing in set(Standing) else None,
        kind=MessageKind(kind) if kind in kinds_for(viewer) else None,
        person=id_in(query["person"]),
        event=id_in(query["event"]),
    )
    return Asked(narrowed=narrowed, after=_place(query["after"]))


def address_of_sending(sending_id: UUID, skip: int = 0) -> str:
    """Return the address of a sending, or of the page of its messages after `skip` of them."""
    return f"{SENDINGS}/{sending_id}{f'?skip={skip}' if skip else ''}"


def skip_in(text: str) -> int:
    """Return how many messages come before the page that is asked for; 0 for a text that says no such number."""
    return int(text) if _NUMBER.fullmatch(text) else 0


def _place(text: str) -> Place | None:
    at, _, sending_id = text.partition(BETWEEN)
    moment, found = moment_in(at), id_in(sending_id)
    return Place(at=moment, id=found) if moment and found else None
