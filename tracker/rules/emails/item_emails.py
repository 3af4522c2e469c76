"""Emails about action items: assigned, withdrawn, blocked, due, overdue, and the one email of a day about several.

No subject contains an item's title. Items for named people are counted in a list and not named. Every item in a list is
one row of facts; a long list says how many more there are.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from tracker.rules.actions import ActionItem, ItemStatus, days_late
from tracker.rules.core.message_types import (
    AnswerWord,
    ItemAnswered,
    ItemAssigned,
    ItemBlocked,
    ItemContent,
    ItemDue,
    ItemNoted,
    ItemOverdue,
    ItemWithdrawn,
)
from tracker.rules.core.viewers import Viewer
from tracker.rules.core.wording import long_day, plural, short_day
from tracker.rules.emails.account_emails import discreet_email
from tracker.rules.emails.emails import (
    SHORT_NOTE,
    Button,
    ButtonName,
    Email,
    Fact,
    FactName,
    Facts,
    Footer,
    ItemUpdatePage,
    ReplyByEmail,
    SitePage,
    TaskPart,
    UndoPage,
    mark_email,
    one_line,
    shorten,
)
from tracker.rules.emails.escalations import Rung
from tracker.rules.emails.template_values import (
    ItemAnsweredEmail,
    ItemAssignedEmail,
    ItemBlockedEmail,
    ItemDueEmail,
    ItemEmail,
    ItemEmailReason,
    ItemNotedEmail,
    ItemOverdueEmail,
    ItemRestrictedEmail,
    ItemsOfDayEmail,
    ItemWithdrawnEmail,
)
from tracker.rules.events.markings import banner_of_all

SHORT_ORIGIN = 40  # characters of an event's title in a preview
SHORT_NAME = 60  # characters of a person in a preview
FOOTERS: Mapping[type[ItemContent], Footer] = {
    ItemBlocked: Footer.BLOCKED_ITEM,
    ItemWithdrawn: Footer.EARLIER_OWNER,
    ItemAnswered: Footer.ANSWERED,
}
"""Those of other messages say that the item is the reader's."""
LISTED = 10  # lines of each kind


class RepeatedNote(Struct, frozen=True, kw_only=True):
    """The note that an email about a blocked item repeats, and who wrote it; empty without a note."""

    text: str = ""
    by: str = ""


def item_email(content: ItemContent, item: ActionItem, reader: Viewer, today: date, said: RepeatedNote) -> Email:
    """Return the email about an item to its owner, or for a blocked item to a person who can reassign it.

    `today` is the task force's calendar day.
    """
    says = _item_values(content, item, today, said)
    footer = FOOTERS.get(type(content), Footer.ITEM)
    if reader.is_discreet or item.is_restricted:
        days = says.days if isinstance(says, ItemDueEmail | ItemOverdueEmail) else 0
        reason = ItemEmailReason(says.folder.removeprefix("item_"))
        restricted = Email(  # names the item and its due day, and nothing of the event it comes from
            says=ItemRestrictedEmail(reason=reason, reference=says.reference, due=says.due, days=days),
            to=reader.email,
            to_name=reader.name,
            thread=item.id,
            facts=(Fact(name=FactName.DUE, value=long_day(item.due)), Fact(name=FactName.DETAILS)),
            buttons=(Button(name=ButtonName.SIGN_IN_TO_READ, target=_item_page(item)),),
            footer=footer,
        )
        return discreet_email(restricted) if reader.is_discreet else restricted
    is_withdrawn, is_owner = isinstance(content, ItemWithdrawn), item.owner_id == reader.member_id
    # The reader's program may open the task; marked content has none, because a task shows no marking.
    has_task = (is_owner or is_withdrawn) and not item.marking
    written = Email(
        says=says,
        to=reader.email,
        to_name=reader.name,
        thread=item.id,
        facts=_item_facts(content, item, said),
        buttons=_item_buttons(content, item, reader),
        footer=footer,
        reads=None if is_withdrawn else ReplyByEmail.ITEM_WORDS,
        task=TaskPart(item=item, is_withdrawn=not is_owner) if has_task else None,
    )
    return mark_email(written, item.marking)


def _item_values(content: ItemContent, item: ActionItem, today: date, said: RepeatedNote) -> ItemEmail:
    due = short_day(item.due, today)
    match content:
        case ItemAssigned():
            origin = shorten(one_line(item.origin), SHORT_ORIGIN) if item.origin else ""
            return ItemAssignedEmail(reference=item.reference, due=due, origin=origin)
        case ItemWithdrawn():
            is_canceled = item.status is ItemStatus.CANCELED
            return ItemWithdrawnEmail(reference=item.reference, due=due, is_canceled=is_canceled)
        case ItemBlocked():
            owner = shorten(one_line(item.owner), SHORT_NAME)
            return ItemBlockedEmail(reference=item.reference, due=due, owner=owner, has_reason=bool(said.text))
        case ItemNoted():
            is_blocked = item.status is ItemStatus.BLOCKED
            by = shorten(one_line(said.by), SHORT_NAME)
            return ItemNotedEmail(reference=item.reference, due=due, by=by, is_blocked=is_blocked)
        case ItemAnswered(outcome=outcome, word=word, is_whole=is_whole):
            status = word.value.replace("_", " ") if word and word is not AnswerWord.NOTE else ""
            return ItemAnsweredEmail(
                reference=item.reference, due=due, outcome=outcome, status=status, is_whole=is_whole
            )
        case ItemDue() | ItemOverdue():
            return _reminder_values(content, item, today, due)


def _reminder_values(content: ItemDue | ItemOverdue, item: ActionItem, today: date, due: str) -> ItemEmail:
    if isinstance(content, ItemOverdue):
        late = days_late(item, today)
        return ItemOverdueEmail(reference=item.reference, due=due, days=late, is_late=content.is_late)
    left = max((item.due - today).days, 0)
    return ItemDueEmail(
        reference=item.reference, due=due, days=left, progress=_progress_words(item), is_late=content.is_late
    )


def _item_facts(content: ItemContent, item: ActionItem, said: RepeatedNote) -> Facts:
    due = FactName.WAS_DUE if isinstance(content, ItemOverdue) else FactName.DUE
    is_bare = isinstance(content, ItemAssigned | ItemWithdrawn | ItemAnswered)  # a later state is not what was answered
    return (
        Fact(name=FactName.ACTION, value=item.title),
        *_note_facts(content, item, said),
        Fact(name=due, value=long_day(item.due)),
        *([Fact(name=FactName.ORIGIN, value=item.origin)] if item.origin else []),
        *([] if is_bare else [Fact(name=FactName.PROGRESS, value=_progress_words(item))]),
    )


def _note_facts(content: ItemContent, item: ActionItem, said: RepeatedNote) -> Facts:
    """Return who is blocked and why, or what was noted by another person, or by the reader's own email."""
    text = shorten(one_line(said.text), SHORT_NOTE)
    match content:
        case ItemBlocked():
            why = (Fact(name=FactName.WHY, value=text),) if text else ()
            return Fact(name=FactName.OWNER, value=f"{item.owner} ({item.agency})"), *why
        case ItemWithdrawn() if item.status is not ItemStatus.CANCELED:
            return (Fact(name=FactName.OWNER, value=f"{item.owner} ({item.agency})"),)
        case ItemAnswered():
            return (Fact(name=FactName.NOTE, value=text),) if text else ()
        case ItemNoted():
            note = (Fact(name=FactName.NOTE, value=text),) if text else ()
            return *note, Fact(name=FactName.BY, value=said.by)
        case _:
            return ()


def _progress_words(item: ActionItem) -> str:
    shown = f", {item.progress}% done" if item.progress and item.is_open else ""
    return f"{item.status.label}{shown}"


def _item_buttons(content: ItemContent, item: ActionItem, reader: Viewer) -> tuple[Button, ...]:
    if isinstance(content, ItemAnswered):
        undo = (Button(name=ButtonName.UNDO, target=UndoPage(words_id=content.undo)),) if content.undo else ()
        return *undo, _update_button(item, reader)
    if isinstance(content, ItemWithdrawn):
        return (Button(name=ButtonName.SIGN_IN_TO_READ, target=_item_page(item)),)
    if isinstance(content, ItemBlocked):
        return (
            Button(name=ButtonName.ADD_NOTE, target=_item_page(item, "#update")),
            Button(name=ButtonName.REASSIGN_ITEM, target=_item_page(item, "#reassign")),
        )
    page = ItemUpdatePage(item_id=item.id, owner_id=item.owner_id)
    done = ItemUpdatePage(item_id=item.id, owner_id=item.owner_id, status="done")
    return Button(name=ButtonName.MARK_DONE, target=done), Button(name=ButtonName.UPDATE_ITEM, target=page)


def _update_button(item: ActionItem, reader: Viewer) -> Button:
    """Return how an item is updated: by its owner without signing in, while it is open."""
    if item.is_open and item.owner_id == reader.member_id:
        return Button(name=ButtonName.UPDATE_ITEM, target=ItemUpdatePage(item_id=item.id, owner_id=item.owner_id))
    return Button(name=ButtonName.SIGN_IN, target=_item_page(item))


def _item_page(item: ActionItem, part: str = "") -> SitePage:
    return SitePage(path=f"/action-items/{item.reference}{part}")


class ItemsForReader(Struct, frozen=True, kw_only=True):
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


def items_of_day_email(item_day: ItemsForReader, replies_to: UUID | None) -> Email:
    """Return the email; one about a single item of the reader's own is that item's.

    `replies_to` is the item that a reply by email changes; an email about any other has no words to write back.
    """
    item = item_day.own_alone
    if item is None:
        return _list_email(item_day)
    make = ItemOverdue if days_late(item, item_day.day) > 0 else ItemDue
    written = item_email(
        make(due=item.due, is_late=item_day.is_late), item, item_day.reader, item_day.day, RepeatedNote()
    )
    return written if item.id == replies_to else replace(written, reads=None)


def _list_email(item_day: ItemsForReader) -> Email:
    reader, day = item_day.reader, item_day.day
    own, agency = item_day.on(Rung.OWNER), item_day.on(Rung.AGENCY)
    others = item_day.on(Rung.COORDINATOR, Rung.ASSIGNER)
    listed = [(item, rung) for item, rung in item_day.items if not item.is_restricted]
    overdue = sum(days_late(item, day) > 0 for item in own)
    written = Email(
        says=ItemsOfDayEmail(
            day=long_day(day).rpartition(",")[0],
            overdue=overdue,
            due=len(own) - overdue,
            agency=len(agency),
            followed_up=len(others),
            restricted=len(item_day.items) - len(listed),
            lists_agency=bool(_listed_items(agency)),
            lists_followed_up=bool(_listed_items(others)),
            is_late=item_day.is_late,
        ),
        to=reader.email,
        to_name=reader.name,
        thread=reader.member_id,
        facts=(
            *own_item_facts(_listed_items(own), day),
            *other_item_facts(FactName.AGENCY_ITEM, _listed_items(agency), day),
            *other_item_facts(FactName.FOLLOW_UP, _listed_items(others), day),
        ),
        buttons=(Button(name=ButtonName.ITEMS, target=SitePage(path="/action-items")),),
        more=tuple(_item_link(item, rung) for item, rung in listed)[:LISTED],
        footer=Footer.ITEMS,
        banner=banner_of_all(item.marking for item, _ in listed if item.marking),
    )
    if reader.is_discreet:
        page = Button(name=ButtonName.SIGN_IN, target=SitePage(path="/action-items"))
        return discreet_email(replace(written, facts=(), buttons=(page,), more=(), banner=""))
    return written


def _listed_items(items: Iterable[ActionItem]) -> list[ActionItem]:
    return [action_item for action_item in items if not action_item.is_restricted]


def _item_link(item: ActionItem, rung: Rung) -> Button:
    """Return where an item is updated: by its owner without signing in."""
    if rung is Rung.OWNER:
        page = ItemUpdatePage(item_id=item.id, owner_id=item.owner_id)
        return Button(name=ButtonName.UPDATE_ONE, target=page, of=item.reference)
    return Button(name=ButtonName.OPEN_ONE, target=_item_page(item), of=item.reference)


def listed_facts(name: FactName, words: list[str]) -> Facts:
    """Return a row for each line, up to `LISTED`, and one that counts the others."""
    more = [f"and {len(words) - LISTED} more"] if len(words) > LISTED else []
    return tuple(Fact(name=name, value=line) for line in (*words[:LISTED], *more))


def own_item_facts(items: Iterable[ActionItem], today: date) -> Facts:
    """Return the reader's own items: how long the overdue ones have been so, and when the others are due."""
    every = list(items)
    late = [item for item in every if days_late(item, today) > 0]
    overdue = [f"{_item_words(item)}, {plural(days_late(item, today), 'day')}" for item in late]
    due = [
        f"{_item_words(item)}, {'today' if item.due == today else short_day(item.due, today)}"
        for item in every
        if item not in late
    ]
    return *listed_facts(FactName.OVERDUE, overdue), *listed_facts(FactName.DUE, due)


def other_item_facts(name: FactName, items: Iterable[ActionItem], today: date) -> Facts:
    """Return items of other people with their owners, and why they need attention."""
    words = []
    for item in items:
        late = days_late(item, today)
        why = ["blocked"] if item.status is ItemStatus.BLOCKED else []
        why += [f"overdue by {plural(late, 'day')}"] if late > 0 else []
        words.append(f"{_item_words(item)}, {one_line(item.owner)} ({item.agency}), {', '.join(why)}")
    return listed_facts(name, words)


def _item_words(item: ActionItem) -> str:
    return f"{item.reference}, {one_line(item.title)}"
