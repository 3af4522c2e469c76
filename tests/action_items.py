"""An action item for tests of rules, which need no database."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

from tracker.rules.actions import ActionItem, ItemStatus

MADE_AT = datetime(2026, 12, 1, 15, tzinfo=UTC)


def action_item(**facts: Any) -> ActionItem:
    """Return an open item of someone at an agency, seen by everyone; `facts` replace its fields."""
    made_at = facts.get("created_at", MADE_AT)
    usual = {
        "id": uuid4(),
        "uid": "5f2c@tracker.example",
        "reference": "AI-7QK4",
        "title": "Send the contact sheet",
        "owner_id": uuid4(),
        "owner": "Shelter lead",
        "owner_email": "lead@caht.example",
        "agency_id": uuid4(),
        "agency": "CAHT",
        "due": date(2026, 11, 27),
        "origin_id": None,
        "origin": None,
        "origin_event_id": None,
        "origin_key": None,
        "is_restricted": False,
        "visibility": "all",
        "committee_id": None,
        "status": ItemStatus.OPEN,
        "progress": 0,
        "created_by_id": uuid4(),
        "created_at": made_at,
        "changed_at": made_at,
        "closed_at": None,
        "version": 1,
        "sequence": 0,
    }
    return ActionItem(**{**usual, **facts})
