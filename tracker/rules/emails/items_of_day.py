"""The one email of a day about action items: the reader's own ones and those of others that reached them.

Items for named people are counted, not listed.
"""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from tracker.rules.actions.action_items import ActionItem, days_late
from tracker.rules.core.message_types import ItemDue, ItemOverdue
from tracker.rules.core.viewers import Viewer
from tracker.rules.core.wording import long_day
from tracker.rules.emails import item as item_emails
from tracker.rules.emails.content import Button, ButtonName, ItemPage, Letter, SitePage
from tracker.rules.emails.contexts import ItemsOfDayEmail
from tracker.rules.emails.discreet import of_nothing_more
from tracker.rules.emails.escalation import Rung
from tracker.rules.emails.facts import FactName, Footer
from tracker.rules.emails.item import Said
from tracker.rules.emails.item_lines import LISTED, others_items, own_items
from tracker.rules.events.markings import banner_of_all


class ItemDay(Struct, frozen=True, kw_only=True):
    """What one reader hears of action items on a day; at least one item."""

    reader: Viewer
    day: date
    """The day on which it is sent, in the task force's zone."""
    items: tuple[tuple[ActionItem, Rung], ...]
    """Soonest due first, each with the rung on which the reader is."""
    is_late: bool = False

    @property
    def own_alone(self) -> ActionItem | None:
        """Return the only item, if the reader owns it."""
        (item, rung), *others = self.items
        return item if rung is Rung.OWNER and not others else None

    def on(self, *rungs: Rung) -> tuple[ActionItem, ...]:
        """Return the items that the reader hears of on these rungs."""
        return tuple(item for item, rung in self.items if rung in rungs)


def letter(item_day: ItemDay, replies_to: UUID | None) -> Letter:
    """Return the email; one about a single item of the reader's own is that item's.

    `replies_to` is the item that a reply by email changes; an email about any other has no words to write back.
    """
    item = item_day.own_alone
    if item is None:
        return _list(item_day)
    make = ItemOverdue if days_late(item, item_day.day) > 0 else ItemDue
    written = item_emails.letter(
        make(due=item.due, is_late=item_day.is_late), item, item_day.reader, item_day.day, Said()
    )
    return written if item.id == replies_to else replace(written, reads=None)


def _list(item_day: ItemDay) -> Letter:
    own, agency, others = (
        item_day.on(Rung.OWNER),
        item_day.on(Rung.AGENCY),
        item_day.on(Rung.COORDINATOR, Rung.ASSIGNER),
    )
    written = Letter(
        says=_says(item_day, own, agency, others),
        to=item_day.reader.email,
        to_name=item_day.reader.name,
        thread=item_day.reader.member_id,
        facts=(
            *own_items(_open(own), item_day.day),
            *others_items(FactName.AGENCY_ITEM, _open(agency), item_day.day),
            *others_items(FactName.FOLLOW_UP, _open(others), item_day.day),
        ),
        buttons=(Button(name=ButtonName.ITEMS, target=SitePage(path="/action-items")),),
        more=tuple(_link(item, rung) for item, rung in item_day.items if not item.is_restricted)[:LISTED],
        footer=Footer.ITEMS,
        banner=banner_of_all(
            action_item.marking for action_item in _open(item for item, _ in item_day.items) if action_item.marking
        ),
    )
    if item_day.reader.is_discreet:
        page = Button(name=ButtonName.SIGN_IN, target=SitePage(path="/action-items"))
        return of_nothing_more(replace(written, facts=(), buttons=(page,), more=(), banner=""))
    return written


def _says(
    item_day: ItemDay, own: tuple[ActionItem, ...], agency: tuple[ActionItem, ...], others: tuple[ActionItem, ...]
) -> ItemsOfDayEmail:
    overdue = sum(days_late(action_item, item_day.day) > 0 for action_item in own)
    return ItemsOfDayEmail(
        day=long_day(item_day.day).rpartition(",")[0],
        overdue=overdue,
        due=len(own) - overdue,
        agency=len(agency),
        followed_up=len(others),
        restricted=sum(item.is_restricted for item, _ in item_day.items),
        lists_agency=bool(_open(agency)),
        lists_followed_up=bool(_open(others)),
        is_late=item_day.is_late,
    )


def _open(items: Iterable[ActionItem]) -> list[ActionItem]:
    """Return the items that are listed."""
    return [action_item for action_item in items if not action_item.is_restricted]


def _link(item: ActionItem, rung: Rung) -> Button:
    """Return where an item is updated: by its owner without signing in."""
    if rung is Rung.OWNER:
        page = ItemPage(item_id=item.id, owner_id=item.owner_id)
        return Button(name=ButtonName.UPDATE_ONE, target=page, of=item.reference)
    return Button(name=ButtonName.OPEN_ONE, target=SitePage(path=f"/action-items/{item.reference}"), of=item.reference)
