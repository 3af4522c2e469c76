"""What the committees of the demo chose about emails: a reminder policy, and a thank-you after a meeting."""

from datetime import datetime, timedelta

from tracker.demo.cast import CHAIRS, Company
from tracker.demo.story import POLICIES, Date, Story
from tracker.usecases.emails import committee_reminders, thanks

THANKING = "services"
"""The committee, and the script of its meetings, whose chair thanks people after the last one."""
BEFORE_THE_START = timedelta(minutes=5)
"""So that it is really emailed (`seed.JUST_NOW`)."""


async def choose(company: Company, now: datetime) -> None:
    """Set the policies, as the chairs of the committees."""
    for key, policy in POLICIES.items():
        chair = company.members[CHAIRS[key]]
        await committee_reminders.save(chair, company.committees[key], policy, now)


def give_thanks(story: Story, dates: dict[str, list[Date]]) -> None:
    """Write into the diary that the people of the last meeting are thanked."""
    held = [date for date in dates[THANKING] if date.ends_at < story.now]

    async def deed(now: datetime) -> None:
        chair, event_id, key = story.who(CHAIRS[THANKING]), story.events[THANKING], held[-1].key
        people = (await thanks.thanks_of(chair, event_id, key, now, story.zone)).people
        await thanks.send(chair, event_id, key, now, people=len(people))

    if held:
        story.at(story.now - BEFORE_THE_START, deed)
