"""Laws for readers with a viewer, and for the columns that they name."""

import ast
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from piccolo.columns import Timestamptz
from piccolo.conf.apps import table_finder
from piccolo.table import Table

from tests.house import readers
from tests.house.reading import ROOT, modules, offences, product, tree_of
from tracker.tables.piccolo_app import APP_CONFIG

VISIBLE = modules("tracker/tables/visible")
BY_ROWS = [file for file in VISIBLE if file not in modules("tracker/tables/visible/core.py")]
OF_POLLS = modules("tracker/tables/visible/polls.py", "tracker/tables/visible/core.py")
BACKGROUND = modules("tracker/tables/background")
READERS = [*VISIBLE, *BACKGROUND]
THEY_READ = {
    "Event": "event",
    "EventAudience": "event_audience",
    "Occurrence": "occurrence",
    "Invitation": "invitation",
    "InvitationGap": "invitation_gap",
    "Reply": "reply",
    "AttendanceMark": "attendance_mark",
    "ActionItem": "action_item",
    "ActionNote": "action_note",
    "Message": "message",
    "EventChange": "event_change",
    "BriefCopy": "brief_copy",
    "Draft": "draft",
    "QuorumRecord": "quorum_record",
    "QuorumSeat": "quorum_seat",
    "ImportedEvent": "imported_event",
    "UndoSnapshot": "undo_snapshot",
    "IncomingReply": "incoming_reply",
    "IncomingWords": "incoming_words",
    "TimeProposal": "time_proposal",
    "Poll": "poll",
    "EarlierPoll": "earlier_poll",
    "PollOption": "poll_option",
    "PollReply": "poll_reply",
    "Bounce": "bounce",
    "OperationPlan": "operation_plan",
    "OperationOrder": "operation_order",
    "OperationPhase": "operation_phase",
    "AfterAction": "after_action",
    "Lesson": "lesson",
    "HotWash": "hot_wash",
    "OperationSite": "operation_site",
    "OperationAgency": "operation_agency",
    "OperationCheckIn": "operation_check_in",
    "OperationRelease": "operation_release",
    "OperationLogEntry": "operation_log_entry",
    "OperationStateChange": "operation_state_change",
    "Clearance": "clearance",
    "OperationApproval": "operation_approval",
    "OperationReturn": "operation_return",
    "OperationGrant": "operation_grant",
    "EmergencyOpening": "emergency_opening",
    "DeconflictionHit": "deconfliction_hit",
    "HitDecision": "hit_decision",
    "OperationOffSite": "operation_off_site",
    "OperationReadiness": "operation_readiness",
    "EventText": "event_text",
    "ItemText": "item_text",
    "ItemEscalation": "item_escalation",
}
"""What hangs on events today; a new table that leads there joins it by its foreign key."""

Law = Callable[[ast.Module], Iterator[str]]
ASKS_FOR_A_VIEWER: Law = readers.visible_readers_ask_for_a_viewer
ONLY_IN_READERS: Law = partial(readers.reads_only_in_readers, tables=readers.hanging())
BY_ROWS_ALONE: Law = partial(readers.visible_readers_ask_by_rows, tables=readers.hanging())
TELLS_NO_CONTENT: Law = partial(
    readers.background_readers_tell_no_content, known=readers.plain_values() | readers.classes_of(BACKGROUND)
)


def test_what_hangs_on_events_is_found_by_foreign_keys() -> None:
    assert dict(readers.hanging()) == THEY_READ


def test_events_are_read_only_through_the_eyes_of_a_viewer() -> None:
    """And what hangs on them; or as ids, states and moments, by a background reader."""
    assert offences(ONLY_IN_READERS, [file for file in product() if file not in READERS]) == []


def test_a_visible_reader_asks_for_its_viewer() -> None:
    assert offences(ASKS_FOR_A_VIEWER, VISIBLE) == []


def test_a_visible_reader_asks_by_the_predicate_alone() -> None:
    assert offences(BY_ROWS_ALONE, BY_ROWS) == []


def test_others_see_a_draft_in_its_poll_alone() -> None:
    elsewhere = [file for file in product() if file not in OF_POLLS]
    assert offences(readers.drafts_are_shown_by_polls_alone, elsewhere) == []


def test_a_background_reader_tells_no_content() -> None:
    assert offences(TELLS_NO_CONTENT, BACKGROUND) == []


def test_the_texts_of_background_readers_have_names_of_their_own() -> None:
    made = {text for file in modules("tracker/rules") for text in readers.named_texts(tree_of(file))}
    assert set(readers.WORDS) <= made


def test_what_a_reader_keeps_to_itself_no_one_imports() -> None:
    assert offences(readers.nothing_private_leaves_a_reader, product()) == []


BROKEN = [
    (ONLY_IN_READERS, "Event.select(Event.id)"),
    (ONLY_IN_READERS, "from tracker.tables.schema.events import Occurrence as Dates\nDates.objects()"),
    (ONLY_IN_READERS, "meetings.EventAudience.exists()"),
    (ONLY_IN_READERS, "rows.Invitation.count()"),
    (ONLY_IN_READERS, "table = rows.Reply\ntable.select()"),
    (ONLY_IN_READERS, "table: type[Table] = rows.Reply\ntable.select()"),
    (ONLY_IN_READERS, "AttendanceMark.select().where(x)"),
    (ONLY_IN_READERS, "ActionItem.objects()"),
    (ONLY_IN_READERS, "ActionNote.select()"),
    (ONLY_IN_READERS, "Message.raw('anything')"),
    (ONLY_IN_READERS, "EventChange.exists()"),
    (ONLY_IN_READERS, "x = 'SELECT title FROM event WHERE id = {}'"),
    (ONLY_IN_READERS, "x = 'SELECT 1 FROM member m JOIN invitation i ON i.member = m.id'"),
    (ONLY_IN_READERS, "x = f'select a.comment from reply a {TAIL}'"),
    (ONLY_IN_READERS, "x = 'UPDATE message SET due = {} WHERE id IN (SELECT id FROM message)'"),
    (ONLY_IN_READERS, "Event.update(x).where(y).returning(Event.title)"),
    (ASKS_FOR_A_VIEWER, "async def titles(event_id: UUID) -> list[str]: ..."),
    (ASKS_FOR_A_VIEWER, "async def titles(viewer: Viewer) -> list[str]:\n    return await all()"),
    (ASKS_FOR_A_VIEWER, "async def _all() -> list[str]:\n    return await rows(x)"),
    (BY_ROWS_ALONE, "engine().run_querystring(x)"),
    (BY_ROWS_ALONE, "Event.select(Event.title)"),
    (readers.drafts_are_shown_by_polls_alone, "x = f'SELECT {TITLE} FROM event e WHERE MAY_SEE_POLL(e)'"),
    (TELLS_NO_CONTENT, "async def titles() -> list[str]: ..."),
    (TELLS_NO_CONTENT, "async def rows() -> list[dict[str, Any]]: ..."),
    (TELLS_NO_CONTENT, "async def event() -> Event: ..."),
    (TELLS_NO_CONTENT, "async def unsaid(): ..."),
    (TELLS_NO_CONTENT, "class Due(NamedTuple):\n    id: UUID\n    title: str"),
    (TELLS_NO_CONTENT, "class Due(NamedTuple):\n    id: UUID\n    def words(self) -> str: ..."),
    (readers.nothing_private_leaves_a_reader, "from tracker.tables.background.emails.due import _DATES"),
]
SOUND = [
    (ONLY_IN_READERS, "Member.select(Member.id)"),
    (ONLY_IN_READERS, "Event.update(x).where(y).returning(Event.id)"),
    (ONLY_IN_READERS, "x = 'DELETE FROM event WHERE id = {}'"),
    (ONLY_IN_READERS, "x = 'SELECT id FROM event_template'"),
    (ONLY_IN_READERS, '"""Read the letter of a message from event to event."""'),
    (ONLY_IN_READERS, "given.count('event')"),
    (ASKS_FOR_A_VIEWER, "async def event(viewer: Viewer) -> Event:\n    return await rows(viewer)"),
    (TELLS_NO_CONTENT, "async def dates() -> dict[UUID, set[tuple[datetime, int | None]]]: ..."),
    (TELLS_NO_CONTENT, "async def states() -> Mapping[UUID, ReplyValue]: ..."),
    (TELLS_NO_CONTENT, "async def audiences() -> set[Audience]: ..."),
    (TELLS_NO_CONTENT, "def _again(row: Row) -> Answer: ..."),
]


@pytest.mark.parametrize(("law", "source"), BROKEN)
def test_every_law_of_reading_can_be_broken(law: Law, source: str) -> None:
    assert list(law(ast.parse(source)))


@pytest.mark.parametrize(("law", "source"), SOUND)
def test_sound_reading_breaks_no_law(law: Law, source: str) -> None:
    assert list(law(ast.parse(source))) == []


def surprising(tables: list[type[Table]]) -> list[str]:
    """Return the nullable columns that would be filled with something when nobody fills them."""
    return [
        f"{table.__name__}.{column._meta.name}"
        for table in tables
        for column in table._meta.columns
        if column._meta.null and column._meta.params.get("default") is not None
    ]


def test_a_column_that_may_be_empty_is_empty_by_default() -> None:
    assert surprising(APP_CONFIG.table_classes) == []


def test_a_hidden_default_is_seen() -> None:
    class Surprise(Table):
        when = Timestamptz(null=True)

    assert surprising([Surprise]) == ["Surprise.when"]


def test_migrations_know_every_table() -> None:
    files = [file for file in modules("tracker/tables/schema") if file.stem != "__init__"]
    names = [".".join(file.relative_to(ROOT).with_suffix("").parts) for file in files]
    every = table_finder(names, exclude_imported=True)
    assert {table.__name__ for table in every} == {table.__name__ for table in APP_CONFIG.table_classes}
