"""Which details of an event or date differ from what people last heard of: its title, video link, agenda and notes.

Messages keep hashes of the earlier texts, because they only compare them: no earlier agenda is in the outbox.
"""

import hashlib
from collections.abc import Mapping

from tracker.rules.events.event import Event

LENGTH = 16  # characters of a hash


def hashes_of(event: Event, texts: Mapping[str, str]) -> dict[str, str]:
    """Return a hash of each detail by its field; `texts` are the title and agenda of the event or its date."""
    shown = {
        "title": texts["title"],
        "video_link": event.video_link,
        "agenda": texts["agenda"],
        "description": event.description,
    }
    return {name: hashlib.sha256(text.encode()).hexdigest()[:LENGTH] for name, text in shown.items()}


def differing(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Return the fields whose earlier hash is known and is not the present one, in the order of `now`."""
    return [name for name, text in now.items() if name in before and before[name] != text]
