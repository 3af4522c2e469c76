"""Forms of events: templates, a draft that comes back with an undone event, and a form that is sent twice."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from msgspec.structs import replace

from tests.cast import NOW, Cast, meeting, operation
from tests.database.others import url_of
from tracker.crypto import ids
from tracker.database import engine
from tracker.errors import Conflict, Invalid, NotAllowed, NotFound
from tracker.rules.core.drafts import MOST_DRAFTS, DraftForm, DraftKey, SentForm, draft_text
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.events.forms import MOST_TEMPLATES, Template, may_be_shared, texts_kept
from tracker.rules.events.history import UNDO_FOR, UndoneChange
from tracker.rules.events.replies import AttendeeRole
from tracker.tables.schema.core.tables import Draft, Message
from tracker.tables.schema.events import Event, UndoSnapshot
from tracker.usecases.core import drafts
from tracker.usecases.events import form_options, history, scheduling

FORM = {"title": ["Core group"], "place": ["Room A"], "person": ["one", "two"], "date": ["2027-01-12"]}


async def save_template(
    viewer: Viewer, name: str = "Core group", committee: str = "", cast: Cast | None = None
) -> Template:
    committee_id = cast.committees[committee] if cast else None
    await form_options.save_template(viewer, name, FORM, committee_id, NOW)
    [template] = [one for one in await form_options.templates_for(viewer) if one.name == name]
    return template


async def template_names(viewer: Viewer) -> list[str]:
    return [one.name for one in await form_options.templates_for(viewer)]


async def test_a_template_keeps_what_who_and_where_and_not_the_day(cast: Cast) -> None:
    template = await save_template(cast.coordinator)
    assert template.form == {"title": ["Core group"], "place": ["Room A"], "person": ["one", "two"]}


async def test_a_template_without_a_committee_is_its_owners_alone(cast: Cast) -> None:
    template = await save_template(cast.coordinator)
    assert await template_names(cast.caht_lead) == []
    with pytest.raises(NotFound):
        await form_options.template_for(cast.caht_lead, template.id)
    with pytest.raises(NotFound):
        await form_options.remove_template(cast.caht_lead, template.id, NOW)


async def test_a_template_of_a_committee_is_for_all_who_schedule_for_it(cast: Cast) -> None:
    template = await save_template(cast.coordinator, committee="services", cast=cast)
    assert (template.committee, await template_names(cast.caht_lead)) == ("Victim Services Committee", ["Core group"])
    assert await template_names(cast.harbor_advocate) == []
    assert await template_names(cast.fbi_lead) == []


async def test_saving_under_the_same_name_replaces_ones_own(cast: Cast) -> None:
    first = await save_template(cast.coordinator)
    await form_options.save_template(cast.coordinator, " Core group ", {"title": ["Another"]}, None, NOW)
    [template] = await form_options.templates_for(cast.coordinator)
    assert (template.id, template.form) == (first.id, {"title": ["Another"]})


async def test_only_its_owner_or_a_coordinator_removes_a_template(cast: Cast) -> None:
    other_template = await save_template(cast.coordinator, committee="services", cast=cast)
    with pytest.raises(NotAllowed):
        await form_options.remove_template(cast.caht_lead, other_template.id, NOW)
    own = await save_template(cast.caht_lead, "Own", committee="services", cast=cast)
    assert await form_options.remove_template(cast.coordinator, own.id, NOW) == "Own"
    assert await template_names(cast.caht_lead) == ["Core group"]


async def test_a_template_has_a_name_and_a_size_and_no_one_keeps_too_many(cast: Cast) -> None:
    for name, form in (("  ", FORM), ("x" * 81, FORM), ("Long", {"agenda": ["x" * 61_000]})):
        with pytest.raises(Invalid):
            await form_options.save_template(cast.coordinator, name, form, None, NOW)
    for number in range(MOST_TEMPLATES):
        await form_options.save_template(cast.coordinator, str(number), FORM, None, NOW)
    with pytest.raises(Invalid):
        await form_options.save_template(cast.coordinator, "One more", FORM, None, NOW)


async def test_odd_characters_of_a_form_come_back_as_they_were(cast: Cast) -> None:
    await form_options.save_template(cast.coordinator, "Odd", {"title": ["\x00“\u2028"]}, None, NOW)
    [template] = await form_options.templates_for(cast.coordinator)
    assert template.form["title"] == ["\x00“\u2028"]


def test_what_a_template_does_not_keep() -> None:
    form = {"date": ["2027-01-12"], "repeat": ["weekly"], "_csrf": ["x"], "place": [""], "role-1": ["required"]}
    assert texts_kept(form | {"role-2": ["optional"]}) == {"role-2": ["optional"]}


def test_a_template_for_named_people_is_never_of_a_committee() -> None:
    assert not may_be_shared("named")
    assert may_be_shared("all")


NEW = DraftKey(form=DraftForm.SCHEDULE)
PAGE, TAB, OTHER_TAB = "/schedule", ids.new_id(), ids.new_id()


def sent_form(title: str = "Case briefing", key: DraftKey = NEW) -> SentForm:
    return SentForm(key=key, page=PAGE, tab=TAB, text=draft_text(key.form, {"title": [title]}))


async def schedule_from_form(cast: Cast, form: SentForm) -> UUID:
    return await scheduling.schedule_event(
        cast.fbi_lead, operation(cast.kcpd_detective), NOW, form=form, notified_at=NOW + UNDO_FOR
    )


async def undo_scheduling(viewer: Viewer, event_id: UUID) -> UndoneChange:
    change_id = await history.change_made_at(viewer, event_id, NOW)
    assert change_id
    return await history.undo_change(viewer, event_id, change_id, NOW)


async def title_of(viewer: Viewer, key: DraftKey = NEW) -> str | None:
    draft = await drafts.draft_of(viewer, key, NOW)
    return draft.texts["title"][0] if draft else None


async def type_title(viewer: Viewer, title: str, key: DraftKey = NEW) -> None:
    await drafts.save_draft(viewer, key, {"title": [title]}, NOW, tab=OTHER_TAB, shown=None)


@pytest.mark.both_engines
async def test_what_was_entered_is_a_draft_again_of_its_person_alone(cast: Cast) -> None:
    event_id = await schedule_from_form(cast, sent_form())
    assert await title_of(cast.fbi_lead) is None
    assert (await undo_scheduling(cast.fbi_lead, event_id)).form_page == PAGE
    people = (cast.fbi_lead, cast.coordinator, cast.administrator, cast.fbi_alternate)
    assert [await title_of(one) for one in people] == ["Case briefing", None, None, None]


@pytest.mark.both_engines
async def test_a_draft_that_was_begun_meanwhile_stays(cast: Cast) -> None:
    event_id = await schedule_from_form(cast, sent_form())
    await type_title(cast.fbi_lead, "Another event")
    assert not (await undo_scheduling(cast.fbi_lead, event_id)).form_page
    assert await title_of(cast.fbi_lead) == "Another event"


@pytest.mark.both_engines
async def test_a_draft_that_was_discarded_meanwhile_makes_room(cast: Cast) -> None:
    event_id = await schedule_from_form(cast, sent_form())
    await type_title(cast.fbi_lead, "Another event")
    await drafts.discard_draft(cast.fbi_lead, NEW, NOW)
    assert (await undo_scheduling(cast.fbi_lead, event_id)).form_page == PAGE
    assert await title_of(cast.fbi_lead) == "Case briefing"


@pytest.mark.both_engines
async def test_the_page_that_sent_it_may_type_on_and_no_other_page_overwrites_it(cast: Cast) -> None:
    await undo_scheduling(cast.fbi_lead, await schedule_from_form(cast, sent_form()))
    await drafts.save_draft(cast.fbi_lead, NEW, {"title": ["Longer"]}, NOW, tab=TAB, shown=None)
    with pytest.raises(Conflict):
        await type_title(cast.fbi_lead, "Another event")
    assert await title_of(cast.fbi_lead) == "Longer"


@pytest.mark.both_engines
async def test_a_copy_of_an_event_that_its_person_may_no_longer_see_is_not_back(cast: Cast) -> None:
    like = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead, cast.kcpd_detective), NOW)
    copy = DraftKey(form=DraftForm.COPY, subject=str(like), event_id=like)
    event_id = await schedule_from_form(cast, sent_form(key=copy))
    event, plan = await scheduling.plan_to_change(cast.coordinator, like)
    named = replace(plan, visibility=Visibility.NAMED, invitees={cast.kcpd_detective.member_id: AttendeeRole.REQUIRED})
    await scheduling.change_event(cast.coordinator, like, named, event.version, NOW, reauthenticated_at=NOW)
    assert not (await undo_scheduling(cast.fbi_lead, event_id)).form_page
    assert await Draft.count() == 0


@pytest.mark.both_engines
async def test_it_makes_room_like_any_draft(cast: Cast) -> None:
    earlier = NOW - timedelta(hours=1)
    for number in range(MOST_DRAFTS):
        leave = DraftKey(form=DraftForm.SUSPENSION, subject=str(number))
        await drafts.save_draft(cast.fbi_lead, leave, {"title": ["Long leave"]}, earlier, tab=OTHER_TAB, shown=None)
    await undo_scheduling(cast.fbi_lead, await schedule_from_form(cast, sent_form()))
    assert (await Draft.count(), await title_of(cast.fbi_lead)) == (MOST_DRAFTS, "Case briefing")


@pytest.mark.both_engines
async def test_nothing_of_it_is_kept_when_it_is_too_late_to_undo(cast: Cast) -> None:
    await schedule_from_form(cast, sent_form())
    assert await Draft.count() == 0
    await history.purge_snapshots(NOW + UNDO_FOR)
    assert await UndoSnapshot.count() == 0


async def send_in_own_process(hash_seed: int, *facts: object) -> UUID:
    """Send the form in a Python whose sets are ordered by this seed; return the id of the event."""
    words = ["-m", "tests.usecases.events.same_form", *map(str, facts)]
    environment = {**os.environ, "PYTHONHASHSEED": str(hash_seed)}
    process = await asyncio.create_subprocess_exec(sys.executable, *words, env=environment, stdout=PIPE)
    said, _ = await process.communicate()
    return UUID(said.decode())


async def test_a_marked_operation_sent_to_two_processes_is_one_event_with_one_invitation(sqlite_cast: Cast) -> None:
    lead, invited, agency = (
        sqlite_cast.fbi_lead.member_id,
        sqlite_cast.hsi_liaison.member_id,
        sqlite_cast.agencies["FBI"],
    )
    facts = (url_of(engine()), lead, invited, agency, uuid4())
    made = [await send_in_own_process(seed, *facts) for seed in (1, 2, 3)]
    assert await Event.select(Event.id).output(as_list=True) == made[:1]
    assert await Message.select(Message.event, Message.kind, Message.recipient) == [
        {"event": made[0], "kind": "invitation", "recipient": invited}
    ]
