"""Action items of one person, given by another."""

from datetime import date
from typing import Any

from tests.cast import NOW
from tracker.rules.actions import NewItem
from tracker.rules.core.viewers import Viewer
from tracker.usecases.actions import action_items

TODAY = date(2026, 12, 15)
DUE = date(2026, 12, 22)


async def create_item_for(giver: Viewer, owner: Viewer, **facts: Any) -> str:
    new = {"title": "Send the contact sheet", "due": DUE, **facts}
    return await action_items.create_item(giver, NewItem(owner_id=owner.member_id, **new), NOW, TODAY)
