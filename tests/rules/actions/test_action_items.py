"""How action items move, who may move them, and how lists of them are grouped and counted."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from msgspec.structs import replace

from tests.action_items import action_item
from tests.cast import ZONE
from tracker.errors import Invalid
from tracker.rules import actions
from tracker.rules.actions import ActionItem, GroupBy, ItemEdit, ItemFilter, ItemNote, ItemStatus, history_words
from tracker.rules.core.viewers import Arm, Role, Viewer, Visibility

TODAY = date(2026, 12, 1)
NOW = datetime(2026, 12, 1, 15, tzinfo=UTC)
OWNER, GIVER, COMMITTEE = uuid4(), uuid4(), uuid4()


def item_of_owner(**facts: Any) -> ActionItem:
    return action_item(**{"owner_id": OWNER, "committee_id": COMMITTEE, "created_by_id": GIVER, **facts})


def a_viewer(**facts: Any) -> Viewer:
    viewer = Viewer(
        member_id=uuid4(),
        name="V",
        email="v@fbi.example",
        agency_id=uuid4(),
        agency="FBI",
        arm=Arm.LAW_ENFORCEMENT,
        zone="America/Chicago",
    )
    return replace(viewer, **facts)


def test_done_is_all_of_it_and_closes_the_item() -> None:
    done = actions.edited_item(item_of_owner(progress=25), ItemEdit(status=ItemStatus.DONE), NOW, TODAY)
    assert (done.progress, done.closed_at, done.is_open, done.version) == (100, NOW, False, 2)


def test_an_open_status_opens_a_closed_item_again() -> None:
    done = item_of_owner(status=ItemStatus.DONE, progress=100, closed_at=NOW)
    again = actions.edited_item(done, ItemEdit(status=ItemStatus.IN_PROGRESS, progress=25), NOW, TODAY)
    assert (again.is_open, again.closed_at, again.progress) == (True, None, 25)


def test_a_change_that_changes_nothing_leaves_the_version() -> None:
    item = item_of_owner()
    assert actions.edited_item(item, ItemEdit(status=ItemStatus.OPEN, progress=0, due=item.due), NOW, TODAY) is item


def test_a_note_alone_makes_a_new_version() -> None:
    assert actions.edited_item(item_of_owner(), ItemEdit(note="Waiting."), NOW, TODAY).version == 2


@pytest.mark.parametrize("due", [TODAY - timedelta(days=1), date(2126, 1, 1)])
def test_a_new_due_day_is_not_over_and_not_beyond_planning(due: date) -> None:
    with pytest.raises(Invalid) as refused:
        actions.edited_item(item_of_owner(), ItemEdit(due=due), NOW, TODAY)
    assert "due" in refused.value.fields


def test_an_overdue_item_can_be_updated_without_a_new_day() -> None:
    late = item_of_owner()
    assert actions.edited_item(late, ItemEdit(progress=50, due=late.due), NOW, TODAY).progress == 50


@pytest.mark.parametrize("progress", [-1, 101])
def test_progress_is_a_percentage(progress: int) -> None:
    with pytest.raises(Invalid):
        actions.edited_item(item_of_owner(), ItemEdit(progress=progress), NOW, TODAY)


def test_only_a_new_day_or_a_cancellation_is_a_change_for_calendars() -> None:
    changes = [ItemEdit(progress=50), ItemEdit(due=TODAY), ItemEdit(status=ItemStatus.CANCELED)]
    assert [actions.edited_item(item_of_owner(), one, NOW, TODAY).sequence for one in changes] == [0, 1, 1]


def test_history_says_what_changed_in_words() -> None:
    before = item_of_owner()
    after = replace(before, status=ItemStatus.IN_PROGRESS, progress=50, due=date(2026, 12, 4))
    assert actions.edit_words(before, after, TODAY) == "Open → In progress, 50%, due Fri, Nov 27 → Fri, Dec 4"


@pytest.mark.parametrize(
    ("viewer", "may_update", "may_direct"),
    [
        (a_viewer(member_id=OWNER), True, False),
        (a_viewer(member_id=GIVER), True, True),
        (a_viewer(chairs=frozenset({COMMITTEE})), True, True),
        (a_viewer(roles=frozenset({Role.COORDINATOR})), True, True),
        (a_viewer(roles=frozenset({Role.AGENCY_LEAD})), False, False),
    ],
    ids=["owner", "giver", "chair", "coordinator", "another lead"],
)
def test_who_may_move_an_item_and_who_may_hand_it_over(viewer: Viewer, may_update: bool, may_direct: bool) -> None:
    assert actions.may_update_item(viewer, item_of_owner()) is may_update
    assert actions.may_direct_item(viewer, item_of_owner()) is may_direct


def test_a_member_without_a_role_gives_items_to_themselves_alone() -> None:
    member = a_viewer()
    assert actions.may_assign_to(member, member.member_id, None)
    assert not actions.may_assign_to(member, OWNER, None)
    assert actions.may_assign_to(a_viewer(roles=frozenset({Role.AGENCY_LEAD})), OWNER, None)


@pytest.mark.parametrize(
    ("audience", "visibility"),
    [
        ("all", Visibility.ALL),
        ("arm:victim_services", Visibility.VICTIM_SERVICES),
        (f"committee:{COMMITTEE}", Visibility.COMMITTEE),
        (f"member:{OWNER}", Visibility.NAMED),
    ],
    ids=["everyone", "an arm", "a committee", "one person"],
)
def test_an_audience_has_a_name_for_people(audience: str, visibility: Visibility) -> None:
    assert actions.item_audience_label(audience) is visibility


ITEMS = [
    item_of_owner(reference="AI-LATE", due=TODAY - timedelta(days=1)),
    item_of_owner(reference="AI-NOW2", due=TODAY),
    item_of_owner(reference="AI-WEEK", due=TODAY + timedelta(days=6), owner="Analyst", agency="FBI"),
    item_of_owner(reference="AI-AFT2", due=TODAY + timedelta(days=7), owner_id=GIVER),
    item_of_owner(reference="AI-DQNE", due=TODAY, status=ItemStatus.DONE, closed_at=NOW),
    item_of_owner(reference="AI-CXXL", due=TODAY, status=ItemStatus.CANCELED, closed_at=NOW),
]


def names_and_references(groups: list[actions.ItemGroup]) -> list[tuple[str, list[str]]]:
    return [(group.name, [one.reference for one in group.items]) for group in groups]


def test_items_are_grouped_by_when_they_are_due() -> None:
    listed = actions.matching_items(ITEMS, ItemFilter(with_done=True), OWNER, {})
    assert names_and_references(actions.group_items(listed, GroupBy.DUE, TODAY)) == [
        ("Overdue", ["AI-LATE"]),
        ("Due today", ["AI-NOW2"]),
        ("Due in the next 7 days", ["AI-WEEK"]),
        ("Later", ["AI-AFT2"]),
        ("Done", ["AI-DQNE"]),
    ]


def test_items_are_grouped_by_owner_and_by_agency() -> None:
    listed = actions.matching_items(ITEMS, ItemFilter(), OWNER, {})
    assert [group.name for group in actions.group_items(listed, GroupBy.OWNER, TODAY)] == [
        "Analyst (FBI)",
        "Shelter lead (CAHT)",
    ]
    assert [group.name for group in actions.group_items(listed, GroupBy.AGENCY, TODAY)] == ["CAHT", "FBI"]


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        (ItemFilter(), ["AI-LATE", "AI-NOW2", "AI-WEEK", "AI-AFT2"]),
        (ItemFilter(only_mine=True), ["AI-LATE", "AI-NOW2", "AI-WEEK"]),
        (ItemFilter(words="CONTACT fbi"), ["AI-WEEK"]),
        (ItemFilter(words="ai-now2"), ["AI-NOW2"]),
        (ItemFilter(words="nothing like this"), []),
    ],
)
def test_a_list_is_narrowed_by_words_and_to_the_viewers_own(chosen: ItemFilter, found: list[str]) -> None:
    assert [one.reference for one in actions.matching_items(ITEMS, chosen, OWNER, {})] == found


def test_counts_leave_closed_items_out_of_what_is_owed() -> None:
    counted = actions.count_items(ITEMS, TODAY)
    assert (counted.open, counted.overdue, counted.due_today, counted.due_soon, counted.done) == (4, 1, 1, 1, 1)


ITEM_CHANGES_TODAY = date(2026, 12, 15)


def note(day: int, change: str, text: str = "", by: str = "Sam") -> ItemNote:
    return ItemNote(at=datetime(2026, 12, day, 16, 4, tzinfo=UTC), by=by, source="web", change=change, text=text)


def test_what_happened_is_said_by_whom_and_when_earliest_first() -> None:
    since = [note(15, "Done → Open, 0%"), note(14, "Open → Done, 100%", by="Lee"), note(14, "", "Sent.", by="")]
    assert history_words(since, ZONE, ITEM_CHANGES_TODAY) == (
        "Someone added a note on Mon, Dec 14, at 10:04 AM."
        " Lee changed this item on Mon, Dec 14, at 10:04 AM: Open → Done, 100%."
        " Sam reopened this item at 10:04 AM."
    )


def test_a_long_story_is_cut_to_its_last_three_steps() -> None:
    since = [note(15, f"{percent}%") for percent in (75, 50, 25, 0)]
    assert history_words(since, ZONE, ITEM_CHANGES_TODAY).count("Sam changed") == 3
    assert "0%" not in history_words(since, ZONE, ITEM_CHANGES_TODAY).replace("50%", "")


def test_a_done_item_that_is_canceled_was_not_reopened() -> None:
    assert "reopened" not in history_words([note(15, "Done → Canceled")], ZONE, ITEM_CHANGES_TODAY)
