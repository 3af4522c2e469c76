"""Fills an empty database with the demo task force, from its people to what happens just as it starts."""

import random
from datetime import datetime, timedelta

from msgspec import Struct

from tracker.crypto import ids
from tracker.database import writing
from tracker.demo import after, bulk, calendars, committees, history, items, operations, polls, readiness
from tracker.demo.cast import Company, assemble
from tracker.demo.days import MONDAY, TUESDAY, WEDNESDAY, Day, weeks
from tracker.demo.story import Story
from tracker.rules.core.outbox import Skip, State
from tracker.rules.core.wording import local
from tracker.rules.intake.bounces import DeliveryRefusal
from tracker.usecases.availability import blackout_days
from tracker.usecases.core import outbox
from tracker.usecases.intake import bounces
from tracker.usecases.views import home

FIRST_DAY = timedelta(days=200)  # before the start: when the people joined
JUST_NOW = timedelta(minutes=10)  # before the start: newer messages are really emailed
UNSENT = Skip(state=State.SUPPRESSED, reason="Part of the demo's invented past. No email was sent.")
EVERYTHING = 1_000_000  # messages
UNKNOWN = "hhs_specialist"
"""The person whose emails came back."""
REFUSING = timedelta(days=60)
"""Since when they have."""
BLACKOUTS: tuple[tuple[str, Day, Day, str], ...] = (
    ("fbi_lead", weeks(2, MONDAY), weeks(2, WEDNESDAY), "Range week"),
    ("caht_lead", weeks(1, TUESDAY), weeks(1, TUESDAY), "Staff retreat"),
)
"""Which days each person sets as blackout days for their agency, and why."""


class Recipe(Struct, frozen=True, kw_only=True):
    """How to make a demo: the same recipe makes the same demo, except for secrets and tokens."""

    now: datetime
    zone: str
    seed: int = 1
    size: int = 1
    """Multiplies people and events; the added ones are in the past and have no emails, replies or attendance."""


async def fill(recipe: Recipe) -> Company:
    """Write the demo into the bound, empty, migrated database in one transaction."""
    ids.seed(recipe.seed)
    luck = random.Random(recipe.seed)  # noqa: S311 - a demo is to be repeatable
    try:
        async with writing():
            company = await assemble(recipe.now - FIRST_DAY, recipe.zone)
            await home.hide_set_up(company.members["coordinator"], recipe.now - FIRST_DAY)
            await committees.choose(company, recipe.now - FIRST_DAY)
            story = Story(company=company, now=recipe.now, zone=recipe.zone, luck=luck)
            dates = history.fill(story)
            items.give(story, dates)
            committees.give_thanks(story, dates)
            polls.ask(story)
            after.look_back(story)
            await _past(story, recipe.now - JUST_NOW)
            await _blackouts(company, recipe)
            await story.live(recipe.now)
            await operations.plan(story)
            await readiness.notify(story)
            await items.remind(story)
            await calendars.share(company, recipe.now, recipe.zone)
            await bulk.add(company, recipe.now, recipe.zone, luck, recipe.size - 1)
    finally:
        ids.seed(None)
    return company


async def _blackouts(company: Company, recipe: Recipe) -> None:
    """Set the blackout days of two agencies."""
    now, today = recipe.now - JUST_NOW, local(recipe.now, recipe.zone).date()
    for key, first, last, reason in BLACKOUTS:
        lead = company.members[key]
        await blackout_days.set_blackout(lead, lead.agency_id, first(today), last(today), reason, now, today)


async def _past(story: Story, until: datetime) -> None:
    """Run day by day, so that an update in the past finds its invitation settled, as it would have been."""
    for days in range(FIRST_DAY.days, -1, -1):
        moment = until - timedelta(days=days)
        await story.live(moment)
        await _settle(moment, story.company if until - moment < REFUSING else None)


async def _settle(until: datetime, company: Company | None) -> None:
    """Close the messages of the past, each with the reason why no one got it.

    With the `company`, those to one person came back, until sending to their address was paused.
    """
    gone = company.members[UNKNOWN] if company else None
    for message in await outbox.claim_messages("demo", [], until, EVERYTHING):
        if gone and message.recipient_id == gone.member_id:
            words = f"550 5.1.1 <{gone.email}>: Recipient address rejected: User unknown"
            await bounces.record_refusal(
                message, DeliveryRefusal(words=words, sent_to=gone.email, at_recipient=True), until
            )
        else:
            await outbox.close_message(message, UNSENT, until)
