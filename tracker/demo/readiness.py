"""The service-readiness notice of the demo: two advocates get ready for Bluestem, and don't know of it."""

from datetime import timedelta

from tracker.demo.story import Story
from tracker.rules.operations.readiness import Minors, NoticeState, NoticeText
from tracker.rules.roster.confidential_sites import ConfidentialSiteFacts
from tracker.usecases.events import occurrences
from tracker.usecases.operations import readiness
from tracker.usecases.roster import confidential_sites


async def notify(story: Story) -> None:
    """Release a notice, which one of its two recipients has acknowledged, inside the caller's transaction."""
    writer, event_id, now = story.who("coordinator"), story.events["bluestem"], story.now
    date = await occurrences.nearest_date(writer, event_id, now)
    text = NoticeText(
        starts_at=date.starts_at - timedelta(hours=10),
        ends_at=date.starts_at + timedelta(hours=14),
        fewest=3,
        most=6,
        languages="Spanish, Mandarin",
        minors=Minors.UNKNOWN,
        needs="Beds for two nights, and a female interpreter.",
        place="Partner location 2",
        contact="FBI duty desk, 816-555-0142",
    )
    shelter = ConfidentialSiteFacts(
        name=text.place, address="1420 Wisteria Row", directions="Ring at the side entrance."
    )
    await confidential_sites.add_confidential_site(story.who("advocate"), shelter, now)
    to = [story.who(one).member_id for one in ("caht_lead", "advocate")]
    await readiness.save_readiness_notice(writer, event_id, text, now, to, now)
    [notice] = (await readiness.readiness_view(writer, event_id, date.key)).notices
    await readiness.change_notice_state(writer, event_id, notice.id, NoticeState.SCHEDULED, now)
    await readiness.run_due_notices(now)
    await readiness.acknowledge_notice(story.who("caht_lead"), notice.id, now)
