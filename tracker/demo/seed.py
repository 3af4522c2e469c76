"""Fills an empty database with the demo task force, from its people to what happens just as it starts."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from tracker import chance
from tracker.database import writing
from tracker.demo import bulk, calendars, history, items
from tracker.demo.cast import Company, assemble
from tracker.demo.story import Story
from tracker.rules.outbox import Skip, State
from tracker.usecases import outbox

FIRST_DAY = timedelta(days=200)  # before the start: when the people joined
JUST_NOW = timedelta(minutes=10)  # before the start: what is newer really goes out by mail
UNSENT = Skip(state=State.SUPPRESSED, reason="Part of the demo's invented past: nobody was written to.")
EVERYTHING = 1_000_000  # messages


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How to make a demo: the same recipe makes the same demo, but for secrets and tokens."""

    now: datetime
    zone: str
    seed: int = 1
    size: int = 1
    """Multiplies people and events; what is added lies in the past and has no mails, answers or attendance."""


async def fill(recipe: Recipe) -> Company:
    """Write the demo into the bound, empty, migrated database in one transaction."""
    chance.seed(recipe.seed)
    luck = random.Random(recipe.seed)  # noqa: S311 - a demo is to be repeatable
    try:
        async with writing():
            company = await assemble(recipe.now - FIRST_DAY, recipe.zone)
            story = Story(company=company, now=recipe.now, zone=recipe.zone, luck=luck)
            items.give(story, history.fill(story))
            await _past(story, recipe.now - JUST_NOW)
            await story.live(recipe.now)
            await calendars.share(company, recipe.now, recipe.zone)
            await bulk.add(company, recipe.now, recipe.zone, luck, recipe.size - 1)
    finally:
        chance.seed(None)
    return company


async def _past(story: Story, until: datetime) -> None:
    """Live day by day, so that an update of the past finds the invitation settled, as it would have been."""
    for days in range(FIRST_DAY.days, -1, -1):
        moment = until - timedelta(days=days)
        await story.live(moment)
        await _settle(moment)


async def _settle(until: datetime) -> None:
    """Close the messages of the past, each with the reason why nobody got it."""
    for message in await outbox.claim("demo", [], until, EVERYTHING):
        await outbox.close(message, UNSENT, until)
