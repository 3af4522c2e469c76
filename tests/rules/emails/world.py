"""A reader of digests, and their items, without a database."""

from datetime import date
from typing import Any
from uuid import uuid4

from tests.action_items import action_item
from tests.cast import NOW
from tracker.rules.actions import ActionItem
from tracker.rules.core.viewers import Arm, Viewer

CHICAGO = "America/Chicago"


def digest_reader(**facts: Any) -> Viewer:
    return Viewer(
        **{
            "member_id": uuid4(),
            "name": "Advocate",
            "email": "advocate@caht.example",
            "agency_id": uuid4(),
            "agency": "CAHT",
            "arm": Arm.VICTIM_SERVICES,
            "zone": CHICAGO,
            **facts,
        }
    )


def item_due(title: str, due: date, **facts: Any) -> ActionItem:
    return action_item(**{"title": title, "due": due, "owner": "Advocate", "created_at": NOW, **facts})
