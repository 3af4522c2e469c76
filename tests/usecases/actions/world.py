"""An action item that is assigned, for the tests of use cases."""

from datetime import date
from typing import Any

from tests.cast import NOW
from tracker.rules.actions import NewItem
from tracker.rules.core.viewers import Viewer
from tracker.usecases.actions import action_items


async def assign_item(giver: Viewer, owner: Viewer, **facts: Any) -> str:
    """Assign an item that is due in a week, and return its reference; `facts` replace its fields."""
    usual = {"title": "Send the contact sheet", "owner_id": owner.member_id, "due": date(2026, 12, 22)}
    return await action_items.create_item(giver, NewItem(**{**usual, **facts}), NOW, NOW.date())
