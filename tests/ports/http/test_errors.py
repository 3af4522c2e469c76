"""Tries that led to nothing are in the log: refused deeds, and events that are not there for who asks."""

import json
from uuid import uuid4

from tests.cast import NOW, Cast, everybody, meeting, operation
from tests.ports.conftest import SignIn
from tracker.tables.schema.core.tables import AuditEntry
from tracker.usecases.events import scheduling


async def denials() -> list[tuple[str, str, str, str]]:
    found = await AuditEntry.select().where(AuditEntry.verb.is_in(["denied", "not_found"])).order_by(AuditEntry.seq)
    return [(one["verb"], one["subject"], one["subject_id"], json.loads(one["facts"])["route"]) for one in found]


async def test_a_refused_deed_is_recorded(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, meeting(*everybody(sqlite_cast)), NOW)
    browser = await browse(sqlite_cast.kcpd_detective)
    for _ in range(2):
        response = await browser.get(f"/events/{event_id}/edit")
        assert response.status_code == 403
    assert await denials() == [("denied", "event", str(event_id), "GET /events/{event_id}/edit")]


async def test_events_that_are_forbidden_and_events_that_never_were_are_recorded_alike(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    hidden, never = (
        await scheduling.schedule_event(sqlite_cast.fbi_lead, operation(sqlite_cast.hsi_liaison), NOW),
        uuid4(),
    )
    browser = await browse(sqlite_cast.harbor_advocate)
    for event_id in (hidden, never):
        assert (await browser.get(f"/events/{event_id}")).status_code == 404
    assert [(verb, subject_id) for verb, _, subject_id, _ in await denials()] == [
        ("not_found", str(hidden)),
        ("not_found", str(never)),
    ]


async def test_the_coordinator_is_told_of_tries_on_what_they_see_alone(sqlite_cast: Cast, browse: SignIn) -> None:
    hidden = await scheduling.schedule_event(sqlite_cast.fbi_lead, operation(sqlite_cast.hsi_liaison), NOW)
    shown = await scheduling.schedule_event(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead), NOW)
    browser = await browse(sqlite_cast.harbor_advocate)
    for path in (f"/events/{hidden}", f"/events/{uuid4()}", f"/events/{shown}/edit"):
        await browser.get(path)
    html = (await (await browse(sqlite_cast.coordinator)).get("/audit?what=denied")).text
    assert html.count('tt-tag--err">Denied') == 1
    html = (await (await browse(sqlite_cast.auditor)).get("/audit?what=denied")).text
    assert html.count('tt-tag--err">Denied') == 3


async def test_strangers_and_other_missing_pages_leave_nothing(sqlite_cast: Cast, browse: SignIn) -> None:
    await (await browse(None)).get(f"/events/{uuid4()}")
    await (await browse(sqlite_cast.kcpd_detective)).get("/nothing-here")
    assert await denials() == []
