"""An event that opens to more people: no page, feed, answer of the API, search or email has an earlier reason."""

from datetime import timedelta
from uuid import UUID

from litestar import Litestar
from msgspec.structs import replace

from tests.cast import NOW, ZONE, Cast, meeting
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tracker.rules.calendars.feeds import FeedScope
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.events.replies import AttendeeRole
from tracker.rules.identity.passwords import ApiScope
from tracker.rules.recurrence.series import rule_for_choice
from tracker.tables.schema.core.tables import Message
from tracker.usecases.calendars import subscriptions
from tracker.usecases.core import outbox
from tracker.usecases.emails import emails
from tracker.usecases.events import occurrences, scheduling
from tracker.usecases.identity import sessions

KEY, SECRET = "2027-01-19", "Larkspur"


async def opened(cast: Cast, newcomer: Viewer) -> UUID:
    """Return a series of law enforcement, a date of which was canceled for a reason, that is open to all since."""
    weekly = rule_for_choice("weekly", meeting().starts, count=3)
    plan = meeting(cast.fbi_lead, visibility=Visibility.LAW_ENFORCEMENT, rule=weekly)
    event_id = await scheduling.schedule_event(cast.coordinator, plan, NOW - timedelta(days=1))
    yesterday = NOW - timedelta(days=1)
    await occurrences.cancel_occurrence(cast.coordinator, event_id, KEY, 1, f"Surveillance of {SECRET}", yesterday)
    await Message.update({Message.state: "sent", Message.sent_at: yesterday}, force=True)
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    invitees = {**plan.invitees, newcomer.member_id: AttendeeRole.REQUIRED}
    wider = replace(plan, visibility=Visibility.ALL, invitees=invitees)
    await scheduling.change_event(cast.coordinator, event_id, wider, event.version, NOW - timedelta(hours=1))
    return event_id


async def test_pages_and_search_do_not_have_the_reason(sqlite_cast: Cast, browse: SignIn) -> None:
    cast = sqlite_cast
    event_id = await opened(cast, cast.caht_lead)
    browser = await browse(cast.caht_lead)
    for path in (f"/events/{event_id}/{KEY}", f"/events/{event_id}", f"/search?q={SECRET}", "/calendar?month=2027-01"):
        page = await browser.get(path, follow_redirects=True)
        assert (page.status_code, f"Surveillance of {SECRET}" in page.text) == (200, False), path


async def test_the_api_does_not_have_the_reason(sqlite_cast: Cast, app: Litestar) -> None:
    cast = sqlite_cast
    event_id = await opened(cast, cast.caht_lead)
    token = await sessions.create_token(cast.caht_lead, "Program", frozenset(ApiScope), NOW)
    for path in (f"/events/{event_id}", f"/events/{event_id}/occurrences", f"/events/{event_id}/occurrences/{KEY}"):
        response = await Browser(app).get(f"/api/v1{path}", headers={"Authorization": f"Bearer {token}"})
        assert (response.status_code, SECRET in response.text) == (200, False), path


async def test_a_feed_does_not_have_the_reason(sqlite_cast: Cast, browse: SignIn) -> None:
    cast = sqlite_cast
    event_id = await opened(cast, cast.caht_lead)
    _, token = await subscriptions.create_subscription(
        cast.caht_lead, "Phone", FeedScope.ALL, NOW, shows_operations=False
    )
    feed = (await (await browse(None)).get(f"/feeds/{token}.ics")).text
    uid = (await scheduling.event_seen_by(cast.caht_lead, event_id)).uid
    assert (uid in feed.replace("\r\n ", ""), SECRET in feed) == (True, False)


async def test_an_invitation_to_it_does_not_have_the_reason(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    await opened(cast, cast.caht_lead)
    found = await outbox.claim_messages("test", (), NOW, 100)
    letters = [
        await emails.write_email(one, NOW, ZONE) for one in found if one.recipient_id == cast.caht_lead.member_id
    ]
    assert (len(letters), SECRET in str(letters)) == (1, False)
