"""Readers with a viewer: rows as structs, replies, messages, and the index of words."""

from datetime import timedelta

import pytest

from tests.cast import NOW, Cast, meeting, operation
from tracker.database import engine, writing
from tracker.rules.emails.messages import EmailCount
from tracker.rules.events.replies import AttendeeRole, ReplyValue
from tracker.tables.background.events import events
from tracker.tables.schema.core.tables import Message, Sending
from tracker.tables.visible import attendance, core, emails
from tracker.tables.visible.events import replies
from tracker.usecases.events import occurrences, scheduling
from tracker.usecases.events import replies as reply_deeds
from tracker.usecases.views.search import MOST, search_all

_TITLES = "SELECT e.title FROM event e WHERE MAY_SEE(e)"


@pytest.mark.both_engines
async def test_a_query_that_does_not_ask_who_looks_is_refused(sqlite_cast: Cast) -> None:
    with pytest.raises(ValueError, match="does not ask who looks"):
        await core.rows("SELECT e.title FROM event e", sqlite_cast.coordinator, "")


@pytest.mark.both_engines
async def test_what_is_beside_the_predicate_does_not_loosen_it(cast: Cast) -> None:
    await scheduling.schedule_event(cast.coordinator, operation(cast.fbi_lead, title="Bluestem"), NOW)
    await scheduling.schedule_event(cast.coordinator, meeting(title="Open to all"), NOW)
    by_title = (" AND e.title IN ({}, {})", "Bluestem", "Open to all")
    seen = [row["title"] for row in await core.rows(_TITLES, cast.harbor_advocate, *by_title)]
    assert seen == ["Open to all"]
    assert len(await core.rows(_TITLES, cast.fbi_lead, *by_title)) == 2


@pytest.mark.both_engines
async def test_placeholders_before_the_predicate_take_the_first_arguments(cast: Cast) -> None:
    await scheduling.schedule_event(cast.coordinator, meeting(title="Open to all"), NOW)
    select = "SELECT CASE WHEN e.title = {} THEN 1 ELSE 0 END AS is_it FROM event e WHERE MAY_SEE(e)"
    rows_found = await core.rows(select, cast.harbor_advocate, " AND e.kind = {}", "Open to all", "meeting")
    assert [row["is_it"] for row in rows_found] == [1]


@pytest.mark.both_engines
async def test_an_invitation_opens_nothing_to_who_may_not_see_its_event(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, operation(cast.fbi_lead, cast.kcpd_detective), NOW)
    others = await events.audiences_of(event_id) - cast.fbi_lead.audiences
    async with writing():
        await events.replace_audiences(event_id, others)
    assert await replies.own_invitations(cast.fbi_lead, [event_id]) == {}
    assert set(await replies.own_invitations(cast.kcpd_detective, [event_id])) == {event_id}


@pytest.mark.both_engines
async def test_an_invitation_comes_with_what_was_replied_to_it_alone(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead, cast.caht_lead), NOW)
    for viewer, value in ((cast.fbi_lead, ReplyValue.ACCEPTED), (cast.caht_lead, ReplyValue.DECLINED)):
        date = await occurrences.nearest_date(viewer, event_id, NOW)
        await reply_deeds.record_own_reply(viewer, event_id, date.key, value, "", NOW, for_series=False)
    own = (await replies.own_invitations(cast.fbi_lead, [event_id]))[event_id]
    assert (own.role, [one.value for one in own.replies]) == (AttendeeRole.REQUIRED, [ReplyValue.ACCEPTED])


@pytest.mark.both_engines
async def test_who_may_not_see_an_event_does_not_read_who_is_invited(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, operation(cast.fbi_lead), NOW)
    assert await attendance.current_invitees(cast.harbor_advocate, event_id) == {}
    assert cast.fbi_lead.member_id in await attendance.current_invitees(cast.fbi_lead, event_id)


@pytest.mark.both_engines
async def test_how_many_are_notified_is_shown_to_who_may_see_the_event_alone(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, operation(cast.fbi_lead, cast.kcpd_detective), NOW)
    assert await emails.count_notified(cast.coordinator, [event_id], NOW) == EmailCount(2, 2)
    assert await emails.count_notified(cast.harbor_advocate, [event_id], NOW) == EmailCount(0, 0)


@pytest.mark.both_engines
async def test_a_stored_message_is_read_by_who_may_see_its_event_alone(cast: Cast) -> None:
    await scheduling.schedule_event(cast.coordinator, operation(cast.fbi_lead), NOW)
    [message_id] = await Message.select(Message.id).output(as_list=True)
    [stored] = await emails.stored_messages(cast.coordinator, [message_id])
    assert stored.recipient_id == cast.fbi_lead.member_id
    assert await emails.stored_messages(cast.harbor_advocate, [message_id]) == []


@pytest.mark.both_engines
async def test_who_keeps_no_accounts_reads_no_invitation_to_sign_in(cast: Cast) -> None:
    sending = Sending(topic="account_invited", queued_at=NOW)
    await Sending.insert(sending)
    await Message.insert(
        Message(
            sending=sending.id,
            key="account_invitation:1",
            kind="account_invitation",
            recipient=cast.fbi_lead.member_id,
            created_at=NOW,
            due=NOW,
            not_after=NOW + timedelta(days=7),
        )
    )
    assert await emails.account_invitations(cast.fbi_lead) == []
    [account_invitation] = await emails.account_invitations(cast.coordinator)
    assert account_invitation.recipient_id == cast.fbi_lead.member_id


STORED = 2_000
LOOKED_THROUGH = 500  # the newest rows, before the index is asked
TIMES = 2
ONE_PLAN = "SET LOCAL plan_cache_mode = force_generic_plan"  # as all that only reads has it
_FILL = (
    "INSERT INTO {0}_index SELECT 1000000 + n, array_to_tsvector(CASE"
    f" WHEN n < {STORED} THEN ARRAY['@member0', 'veiled'] ELSE ARRAY['@all', '@present', 'call'] END)"
    f" FROM generate_series(1, {2 * STORED}) n"
)
_READ = (
    "SELECT SUM(seq_tup_read + idx_tup_fetch) AS rows FROM pg_stat_xact_user_tables"
    " WHERE relname IN ('event_index', 'item_index', 'person_index')"
)


@pytest.mark.parametrize("source", ["postgres"], indirect=True)
@pytest.mark.parametrize("word", ["zanzibar", "call", "veiled"])  # that nothing, much, and much hidden has
async def test_a_search_reads_few_rows_of_a_large_index_on_postgresql(cast: Cast, word: str) -> None:
    for index in ("event", "item", "person"):
        await engine().run_ddl(_FILL.format(index))
        await engine().run_ddl(f"ANALYZE {index}_index")
    async with writing():
        await engine().run_ddl(ONE_PLAN)
        for _ in range(TIMES):
            await search_all(cast.coordinator, word, NOW)
        [read] = await engine().run_ddl(_READ)
    assert read["rows"] <= TIMES * 3 * (LOOKED_THROUGH + MOST)
