"""A service-readiness notice: nothing before its release, one email at it, and then acknowledged and stood down."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.cast import NOW, ZONE, Cast
from tests.usecases.operations.world import NOTICE_TEXT, A, end_operation, plan_operation
from tracker.errors import Conflict, Invalid, NotAllowed, NotFound
from tracker.rules.core.message_types import ReadinessChanged
from tracker.rules.core.outbox import Message, SendOutcome
from tracker.rules.core.viewers import Viewer
from tracker.rules.emails.emails import Email
from tracker.rules.events.history import UNDO_FOR
from tracker.rules.operations.readiness import LedNotice, NoticeState, NoticeText
from tracker.rules.operations.states import OperationState
from tracker.rules.roster.meetings import ConfidentialSiteFacts
from tracker.tables.schema.core.tables import AuditEntry
from tracker.tables.visible.roster import public_sites
from tracker.usecases.core import outbox
from tracker.usecases.emails.emails import write_email
from tracker.usecases.events import history, scheduling
from tracker.usecases.operations import approvals, deconfliction, readiness
from tracker.usecases.operations.states import operation_for
from tracker.usecases.roster import agencies
from tracker.usecases.roster.known_people import count_candidates

pytestmark = pytest.mark.both_engines

KEY = "2027-01-16"
CallOff = Callable[[Cast, UUID], Awaitable[None]]
RELEASE = datetime(2027, 1, 14, 18, tzinfo=UTC)

STARTS_WITH_THE_WINDOW = datetime(2027, 1, 15, 20)  # noqa: DTZ001 - local to the zone


async def write_notice(
    cast: Cast, event_id: UUID, text: NoticeText = NOTICE_TEXT, release: datetime = RELEASE
) -> LedNotice:
    """Write the notice of an operation to two people, and return it as its lead sees it."""
    to = [cast.caht_lead.member_id, cast.harbor_advocate.member_id]
    await readiness.save_readiness_notice(cast.fbi_lead, event_id, text, release, to, NOW)
    return await read_notice(cast, event_id)


async def read_notice(cast: Cast, event_id: UUID) -> LedNotice:
    notices = (await readiness.readiness_view(cast.fbi_lead, event_id, KEY)).notices
    return notices[0]


async def schedule_notice(cast: Cast) -> tuple[UUID, UUID]:
    """Return an operation and its notice, which is scheduled."""
    event_id = await plan_operation(cast.fbi_lead, cast.hsi_liaison)
    notice = await write_notice(cast, event_id)
    await readiness.change_notice_state(cast.fbi_lead, event_id, notice.id, NoticeState.SCHEDULED, NOW)
    return event_id, notice.id


async def release_notice(cast: Cast) -> tuple[UUID, UUID]:
    event_id, notice_id = await schedule_notice(cast)
    assert await readiness.run_due_notices(RELEASE) == 1
    return event_id, notice_id


async def queued_states() -> list[tuple[UUID, str]]:
    """Return who gets an email about a notice, and which state it announces."""
    claimed = await outbox.claim_messages("w", [], RELEASE + timedelta(days=2), 1_000)
    contents = [(one.recipient_id, one.content) for one in claimed]
    return sorted((who, content.state) for who, content in contents if isinstance(content, ReadinessChanged))


async def notice_emails() -> list[tuple[Message, Email | SendOutcome]]:
    claimed = await outbox.claim_messages("w", [], RELEASE, 1_000)
    return [
        (one, await write_email(one, RELEASE, ZONE)) for one in claimed if isinstance(one.content, ReadinessChanged)
    ]


async def test_before_its_release_there_is_nothing_for_its_recipients(two: Cast) -> None:
    _, notice_id = await schedule_notice(two)
    assert await readiness.run_due_notices(RELEASE - timedelta(microseconds=1)) == 0
    assert await readiness.notices_in_force(two.caht_lead, RELEASE) == []
    with pytest.raises(NotFound):
        await readiness.notice_for(two.caht_lead, notice_id, RELEASE)
    with pytest.raises(NotFound):
        await readiness.acknowledge_notice(two.caht_lead, notice_id, RELEASE)
    assert await queued_states() == []


async def test_at_its_release_each_recipient_gets_one_email_and_no_one_else_does(two: Cast) -> None:
    _, notice_id = await release_notice(two)
    assert await readiness.run_due_notices(RELEASE + timedelta(hours=1)) == 0
    reported = sorted(one.member_id for one in (two.caht_lead, two.harbor_advocate))
    assert await queued_states() == [(one, "released") for one in reported]
    assert [one.id for one in await readiness.notices_in_force(two.caht_lead, RELEASE)] == [notice_id]
    with pytest.raises(NotFound):
        await readiness.notice_for(two.bridge_advocate, notice_id, RELEASE)


async def test_the_email_says_nothing_but_to_sign_in(two: Cast) -> None:
    _, notice_id = await release_notice(two)
    for message, email in await notice_emails():
        assert isinstance(email, Email)
        assert [button.target.path for button in email.buttons] == [f"/notices/{notice_id}"]
        assert (email.facts, email.calendar, message.event_id) == ((), None, None)


async def test_an_email_that_is_late_is_not_sent_when_the_notice_has_changed(two: Cast) -> None:
    event_id, notice_id = await release_notice(two)
    await readiness.change_notice_state(two.fbi_lead, event_id, notice_id, NoticeState.STOOD_DOWN, RELEASE)
    outcomes = {
        one.content.state: email for one, email in await notice_emails() if isinstance(one.content, ReadinessChanged)
    }
    assert isinstance(outcomes["released"], SendOutcome)
    assert isinstance(outcomes["stood_down"], Email)


async def test_the_lead_sees_who_has_acknowledged_and_when_all_have(two: Cast) -> None:
    event_id, notice_id = await release_notice(two)
    await readiness.acknowledge_notice(two.caht_lead, notice_id, RELEASE)
    notice = await read_notice(two, event_id)
    assert (notice.state, notice.acknowledged) == (NoticeState.RELEASED, 1)
    for _ in range(2):
        await readiness.acknowledge_notice(two.harbor_advocate, notice_id, RELEASE)
    notice = await read_notice(two, event_id)
    assert (notice.state, notice.acknowledged) == (NoticeState.ACKNOWLEDGED, 2)


async def test_a_notice_is_activated_by_the_lead_and_then_closed(two: Cast) -> None:
    event_id, notice_id = await release_notice(two)
    await readiness.change_notice_state(two.fbi_lead, event_id, notice_id, NoticeState.ACTIVATED, RELEASE)
    assert {state for _, state in await queued_states()} == {"released", "activated"}
    await readiness.change_notice_state(two.fbi_lead, event_id, notice_id, NoticeState.CLOSED, RELEASE)
    assert await readiness.notices_in_force(two.caht_lead, RELEASE) == []
    assert (await readiness.notice_for(two.caht_lead, notice_id, RELEASE)).state is NoticeState.CLOSED


async def test_services_are_not_activated_for_an_operation_that_is_closed(two: Cast) -> None:
    event_id, notice_id = await release_notice(two)
    await end_operation(two.fbi_lead, event_id, OperationState.CLOSED)
    assert (await readiness.readiness_view(two.fbi_lead, event_id, KEY)).moves == (NoticeState.STOOD_DOWN,)
    with pytest.raises(NotAllowed, match="The operation is over"):
        await readiness.change_notice_state(two.fbi_lead, event_id, notice_id, NoticeState.ACTIVATED, RELEASE)


async def test_a_released_notice_does_not_change_when_its_operation_moves_and_only_the_lead_is_warned(
    two: Cast,
) -> None:
    event_id, notice_id = await release_notice(two)
    before = await readiness.notice_for(two.caht_lead, notice_id, RELEASE)
    assert not (await readiness.readiness_view(two.fbi_lead, event_id, KEY)).is_outside
    event, plan = await scheduling.plan_to_change(two.fbi_lead, event_id)
    later = replace(plan, starts=datetime(2027, 1, 19, 6))  # noqa: DTZ001 - local to the zone
    await scheduling.change_event(two.fbi_lead, event_id, later, event.version, RELEASE)
    await readiness.run_due_notices(RELEASE)
    assert await readiness.notice_for(two.caht_lead, notice_id, RELEASE) == before
    assert (await readiness.readiness_view(two.fbi_lead, event_id, "2027-01-19")).is_outside
    assert {state for _, state in await queued_states()} == {"released"}


async def mark_stood_down(cast: Cast, event_id: UUID) -> None:
    await approvals.change_plan_state(cast.fbi_lead, event_id, OperationState.STOOD_DOWN, RELEASE)


async def cancel_the_event(cast: Cast, event_id: UUID) -> None:
    await scheduling.cancel_event(cast.fbi_lead, event_id, 1, "", RELEASE)


@pytest.mark.parametrize("call_off", [mark_stood_down, cancel_the_event])
async def test_services_are_stood_down_once_when_the_operation_is_called_off(two: Cast, call_off: CallOff) -> None:
    event_id, notice_id = await release_notice(two)
    await call_off(two, event_id)
    later = RELEASE + UNDO_FOR
    assert [await readiness.run_due_notices(later) for _ in range(2)] == [1, 0]
    notice = await readiness.notice_for(two.caht_lead, notice_id, RELEASE)
    assert (notice.state, notice.sequence) == (NoticeState.STOOD_DOWN, 1)
    assert [state for _, state in await queued_states()].count("stood_down") == 2


async def test_services_are_not_stood_down_when_the_cancellation_is_undone(two: Cast) -> None:
    event_id, notice_id = await release_notice(two)
    await cancel_the_event(two, event_id)
    assert await readiness.run_due_notices(RELEASE + timedelta(seconds=5)) == 0
    made = await history.change_made_at(two.fbi_lead, event_id, RELEASE)
    assert made
    await history.undo_change(two.fbi_lead, event_id, made, RELEASE + timedelta(seconds=10))
    assert await readiness.run_due_notices(RELEASE + UNDO_FOR) == 0
    assert (await readiness.notice_for(two.caht_lead, notice_id, RELEASE)).state is NoticeState.RELEASED


@pytest.mark.parametrize("call_off", [mark_stood_down, cancel_the_event])
async def test_a_scheduled_notice_of_an_operation_that_was_called_off_is_not_released(
    two: Cast, call_off: CallOff
) -> None:
    event_id, _ = await schedule_notice(two)
    await call_off(two, event_id)
    assert await readiness.run_due_notices(RELEASE) == 0
    assert (await read_notice(two, event_id)).state is NoticeState.SCHEDULED
    assert await queued_states() == []


async def test_a_notice_whose_window_is_over_is_not_released(two: Cast) -> None:
    await schedule_notice(two)
    assert await readiness.run_due_notices(NOTICE_TEXT.ends_at) == 0


async def test_a_scheduled_notice_is_changed_after_it_was_taken_back(two: Cast) -> None:
    event_id, notice_id = await schedule_notice(two)
    with pytest.raises(NotAllowed, match="This operation has a notice already"):
        await write_notice(two, event_id)
    await readiness.change_notice_state(two.fbi_lead, event_id, notice_id, NoticeState.DRAFT, NOW)
    changed = await write_notice(two, event_id, replace(NOTICE_TEXT, most=9))
    assert ((await read_notice(two, event_id)).id, changed.text.most) == (changed.id, 9)
    await readiness.discard_draft_notice(two.fbi_lead, event_id, changed.id, NOW)
    assert (await readiness.readiness_view(two.fbi_lead, event_id, KEY)).notices == []


async def test_another_notice_is_written_when_the_one_before_has_ended(two: Cast) -> None:
    event_id, notice_id = await release_notice(two)
    await readiness.change_notice_state(two.fbi_lead, event_id, notice_id, NoticeState.STOOD_DOWN, RELEASE)
    second = await write_notice(two, event_id)
    assert second.id != notice_id
    view = await readiness.readiness_view(two.fbi_lead, event_id, KEY)
    assert [one.state for one in view.notices] == [NoticeState.DRAFT, NoticeState.STOOD_DOWN]


async def test_only_people_of_victim_services_whom_the_lead_knows_are_chosen(two: Cast) -> None:
    event_id = await plan_operation(two.fbi_lead, two.hsi_liaison)
    view = await readiness.readiness_view(two.fbi_lead, event_id, KEY)
    assert {one.code for one in await count_candidates(view.candidates)} == {"CAHT", "Harbor House"}
    for wrong in ([], [two.kcpd_detective.member_id], [two.bridge_advocate.member_id]):
        with pytest.raises(Invalid, match="Choose who gets it"):
            await readiness.save_readiness_notice(two.fbi_lead, event_id, NOTICE_TEXT, RELEASE, wrong, NOW)


async def test_a_recipient_whom_someone_else_chose_stays_when_a_lead_who_does_not_know_them_saves_the_draft(
    two: Cast,
) -> None:
    event_id = await plan_operation(two.fbi_lead, two.hsi_liaison, two.coordinator)
    to = [two.bridge_advocate.member_id]
    await readiness.save_readiness_notice(two.coordinator, event_id, NOTICE_TEXT, RELEASE, to, NOW)
    view = await readiness.readiness_view(two.fbi_lead, event_id, KEY)
    assert "Bridge Legal" in {one.code for one in await count_candidates(view.candidates)}
    await readiness.save_readiness_notice(two.fbi_lead, event_id, NOTICE_TEXT, RELEASE, to, NOW)
    assert [one.id for one in (await read_notice(two, event_id)).recipients] == to


@pytest.mark.parametrize("title", ["Operation Bluestem", "OPERATION BLUESTEM"])
async def test_a_notice_that_names_its_operation_is_not_kept(two: Cast, title: str) -> None:
    event_id = await plan_operation(two.fbi_lead, two.hsi_liaison, title=title)
    with pytest.raises(Invalid, match="part of the operation"):
        await write_notice(two, event_id, replace(NOTICE_TEXT, needs="Blankets for Bluestem"))


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [({"title": "Operation Mandarin"}, "“Mandarin” is part of"), ({"starts": STARTS_WITH_THE_WINDOW}, "starts within")],
)
async def test_a_draft_that_names_what_the_operation_is_called_by_now_is_not_scheduled(
    two: Cast, facts: dict[str, object], sentence: str
) -> None:
    event_id = await plan_operation(two.fbi_lead, two.hsi_liaison)
    notice = await write_notice(two, event_id)
    event, plan = await scheduling.plan_to_change(two.fbi_lead, event_id)
    await scheduling.change_event(two.fbi_lead, event_id, replace(plan, **facts), event.version, NOW)
    with pytest.raises(NotAllowed, match=sentence):
        await readiness.change_notice_state(two.fbi_lead, event_id, notice.id, NoticeState.SCHEDULED, NOW)


@pytest.mark.parametrize("name", ["hsi_liaison", "kcpd_alternate", "caht_lead", "coordinator"])
async def test_only_the_people_who_lead_the_operation_write_a_notice(two: Cast, name: str) -> None:
    event_id, notice_id = await schedule_notice(two)
    stranger: Viewer = two.members[name]
    to = [two.caht_lead.member_id]
    for deed in (
        readiness.save_readiness_notice(stranger, event_id, NOTICE_TEXT, RELEASE, to, NOW),
        readiness.change_notice_state(stranger, event_id, notice_id, NoticeState.DRAFT, NOW),
        readiness.discard_draft_notice(stranger, event_id, notice_id, NOW),
    ):
        with pytest.raises((NotAllowed, NotFound)):
            await deed


SHELTER = ConfidentialSiteFacts(name="Partner location 2", address="12 Elm St", directions="Ring twice")
OTHERS = ("coordinator", "fbi_lead", "caht_lead", "bridge_advocate", "administrator", "auditor")


async def test_only_people_of_its_agency_read_the_address_whatever_role_others_hold(two: Cast) -> None:
    site_id = await agencies.add_confidential_site(two.harbor_advocate, SHELTER, NOW)
    [own] = await agencies.own_sites_of(two.harbor_advocate)
    assert own.facts == SHELTER
    for name in OTHERS:
        assert await agencies.own_sites_of(two.members[name]) == []
        with pytest.raises(NotFound):
            await agencies.own_site_for(two.members[name], site_id)
        with pytest.raises(NotFound):
            await agencies.change_confidential_site(two.members[name], site_id, SHELTER, 1, NOW)
        [public] = await public_sites(two.members[name])
        assert "Elm" not in repr(public)


async def test_the_plan_of_another_agency_has_its_public_name_and_no_pin(two: Cast) -> None:
    site_id = await agencies.add_confidential_site(two.harbor_advocate, SHELTER, NOW)
    event_id = await plan_operation(two.fbi_lead, two.hsi_liaison)
    before = await operation_for(two.fbi_lead, event_id)
    await readiness.add_off_site_place(two.fbi_lead, event_id, site_id, NOW)
    view = await readiness.readiness_view(two.fbi_lead, event_id, KEY)
    assert [(one.name, one.agency) for one in view.off_site] == [("Partner location 2", "Harbor House")]
    assert (view.own_addresses, view.places) == ({}, [])
    assert (view.operation.sites, view.operation.version) == (before.sites, before.version + 1)
    await readiness.remove_off_site_place(two.fbi_lead, event_id, site_id, NOW)
    assert (await readiness.readiness_view(two.fbi_lead, event_id, KEY)).off_site == []


async def test_two_operations_with_one_confidential_site_are_not_compared_by_it(two: Cast) -> None:
    site_id = await agencies.add_confidential_site(two.harbor_advocate, SHELTER, NOW)
    bluestem = await plan_operation(two.fbi_lead, two.hsi_liaison)
    larkspur = await plan_operation(
        two.kcpd_alternate, two.ipd_liaison, title="Operation Larkspur", at=(A[0] - 2, A[1])
    )
    await readiness.add_off_site_place(two.fbi_lead, bluestem, site_id, NOW)
    await readiness.add_off_site_place(two.kcpd_alternate, larkspur, site_id, NOW)
    assert await deconfliction.open_conflicts(two.coordinator, NOW) == []


async def test_a_place_that_is_closed_is_no_longer_offered_and_stays_where_it_is(two: Cast) -> None:
    site_id = await agencies.add_confidential_site(two.harbor_advocate, SHELTER, NOW)
    event_id = await plan_operation(two.fbi_lead, two.hsi_liaison)
    await readiness.add_off_site_place(two.fbi_lead, event_id, site_id, NOW)
    closed = ConfidentialSiteFacts(name="Partner location 3", address="12 Elm St", directions="", is_open=False)
    await agencies.change_confidential_site(two.harbor_advocate, site_id, closed, 1, NOW)
    assert await public_sites(two.fbi_lead) == []
    view = await readiness.readiness_view(two.fbi_lead, event_id, KEY)
    assert [one.name for one in view.off_site] == ["Partner location 3"]
    with pytest.raises(Conflict):
        await agencies.change_confidential_site(two.harbor_advocate, site_id, SHELTER, 1, NOW)


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        (ConfidentialSiteFacts(name="", address="12 Elm St", directions=""), "name"),
        (ConfidentialSiteFacts(name="House at 12 elm st", address="12 Elm St", directions=""), "name"),
        (ConfidentialSiteFacts(name="Partner location 2", address="12 Elm St", directions=""), "name"),
        (ConfidentialSiteFacts(name="Partner location 3", address="", directions=""), "address"),
    ],
)
async def test_a_public_name_is_needed_once_and_without_the_address(
    two: Cast, facts: ConfidentialSiteFacts, field: str
) -> None:
    await agencies.add_confidential_site(two.harbor_advocate, SHELTER, NOW)
    with pytest.raises(Invalid) as refused:
        await agencies.add_confidential_site(two.caht_lead, facts, NOW)
    assert set(refused.value.fields) == {field}


async def test_the_audit_log_has_neither_address_nor_directions(two: Cast) -> None:
    site_id = await agencies.add_confidential_site(two.harbor_advocate, SHELTER, NOW)
    moved = ConfidentialSiteFacts(name="Partner location 2", address="9 Oak St", directions="In the back")
    await agencies.change_confidential_site(two.harbor_advocate, site_id, moved, 1, NOW)
    facts = await AuditEntry.select(AuditEntry.facts).output(as_list=True)
    assert [one for one in facts if "Elm" in one or "Oak" in one or "Partner" in one or "back" in one] == []
