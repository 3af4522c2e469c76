"""The forms of action items, and how they are read."""

from datetime import date
from uuid import UUID

from tracker.errors import Invalid
from tracker.ports.pages.core.choosers import Chosen
from tracker.ports.pages.core.form_values import FormValues, Reader, id_in
from tracker.rules.actions.action_items import ActionItem, ItemStatus
from tracker.rules.actions.item_changes import LONGEST_NOTE, LONGEST_TITLE, NO_TITLE, Change, NewItem
from tracker.rules.actions.item_lists import Filter, GroupBy
from tracker.rules.core.audiences import Visibility

NOBODY = UUID(int=0)
LONGEST_WORDS = 100  # characters of the filter
STEPS = (0, 25, 50, 75, 100)  # percent
NEW_FIELDS = ("title", "owner", "due", "origin", "seen_by")
CHANGE_FIELDS = ("status", "progress", "due", "note")
LABELS = {"status": "Status", "progress": "Progress", "due": "Due", "note": "Note"}
SEEN_BY = {
    Visibility.ALL: "Everyone in the task force",
    Visibility.LAW_ENFORCEMENT: "Law enforcement only",
    Visibility.VICTIM_SERVICES: "Victim services only",
}
MORE_TIME = "time"
"""On the page behind an email link: not a status of its own, but a request for another day."""


def read_filter(query: FormValues) -> Filter:
    """Return the filter of the address; values that can't be understood are ignored."""
    group = query["group"]
    return Filter(
        group_by=GroupBy(group) if group in set(GroupBy) else GroupBy.DUE,
        words=query["q"][:LONGEST_WORDS].strip(),
        only_mine=query["mine"] == "1",
        with_done=query["done"] == "1",
    )


def read_new(form: FormValues, owner: Chosen) -> NewItem:
    """Return the new item for the chosen owner. Errors: Invalid by field, all at once."""
    reader = Reader(form)
    title = reader.text("title", LONGEST_TITLE)
    if not title:
        reader.refuse("title", NO_TITLE)
    owner_id, due = id_in(owner.value), reader.day("due", "Choose a due date.")
    if owner_id is None:
        reader.refuse("owner", owner.error or "Choose an owner.")
    seen_by, committee_id = _audience(form["seen_by"])
    reader.check()
    return NewItem(
        title=title,
        owner_id=owner_id or NOBODY,
        due=due or date.min,
        origin_id=id_in(form["origin"]),
        seen_by=seen_by,
        committee_id=committee_id,
    )


def read_owner(owner: Chosen) -> UUID:
    """Return the new owner of an item. Errors: Invalid."""
    if owner.error:
        raise Invalid(owner=owner.error)
    return id_in(owner.value) or NOBODY


def _audience(text: str) -> tuple[Visibility, UUID | None]:
    kind, _, committee = text.partition(":")
    if kind == Visibility.COMMITTEE:
        return Visibility.COMMITTEE, id_in(committee)
    return (Visibility(kind), None) if kind in SEEN_BY else (Visibility.NAMED if kind else Visibility.ALL, None)


def form_of_item(item: ActionItem) -> FormValues:
    """Return the texts of an item's form."""
    texts = {"status": item.status.value, "progress": str(item.progress), "due": item.due.isoformat(), "note": ""}
    return FormValues({name: (text,) for name, text in texts.items()})


def read_change(form: FormValues) -> Change:
    """Return the change to an item; a missing field leaves it as it is. Errors: Invalid by field."""
    reader = Reader(form)
    change = Change(
        status=_status(reader),
        progress=reader.number("progress"),
        due=reader.day("due"),
        note=reader.text("note", LONGEST_NOTE, multiline=True),
    )
    reader.check()
    return change


def read_word_from_owner(form: FormValues) -> Change:
    """Return what an owner reports with the link in an email. Errors: Invalid by field."""
    reader = Reader(form)
    status, due = form["status"], reader.day("due")
    if status == MORE_TIME:
        due = due or reader.day("due", "Choose a new due date.")
    elif status not in {ItemStatus.DONE, ItemStatus.IN_PROGRESS, ItemStatus.BLOCKED}:
        reader.refuse("status", "Choose a status.")
    note, progress = reader.text("note", LONGEST_NOTE, multiline=True), reader.number("progress")
    reader.check()
    said = None if status == MORE_TIME else ItemStatus(status)
    return Change(status=said, progress=progress, due=due, note=note)


def _status(reader: Reader) -> ItemStatus | None:
    text = reader.form["status"]
    if text and text not in set(ItemStatus):
        reader.refuse("status", "Choose a status from the list.")
        return None
    return ItemStatus(text) if text else None


def status_options(*, may_cancel: bool) -> list[tuple[str, str]]:
    """Return the options of a status field."""
    return [(one.value, one.word) for one in ItemStatus if may_cancel or one is not ItemStatus.CANCELED]


def progress_options(now: int) -> list[tuple[str, str]]:
    """Return the options of a progress field: quarters, and the present value if it differs."""
    return [(str(step), f"{step}%") for step in sorted({*STEPS, now})]


def said(name: str, text: str) -> str:
    """Return the text of a field in words, to show what another person saved."""
    if name == "status":
        return ItemStatus(text).word if text in set(ItemStatus) else "unchanged"
    if name == "progress":
        return f"{text}%"
    return text or "empty"
