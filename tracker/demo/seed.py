"""Fills an empty database with the demo task force, from its people to what happens just as it starts."""

import random
from datetime import datetime, timedelta

from msgspec import Struct

from tracker.crypto import ids
from tracker.database import writing
from tracker.demo import bulk
from tracker.demo.cast import Company, assemble_company, choose_reminders, set_blackouts, share_calendars
from tracker.demo.history import Story, ask_for_dates, give_thanks, write_history
from tracker.demo.items import give_items, remind_of_items
from tracker.demo.operations import notify_services, plan_operations, write_past_operation
from tracker.rules.core.outbox import MessageState, SendOutcome
from tracker.rules.intake.received_emails import DeliveryRefusal
from tracker.usecases.core import outbox
from tracker.usecases.intake import received_emails
from tracker.usecases.views import home

FIRST_DAY = timedelta(days=200)  # before the start: when the people joined
JUST_NOW = timedelta(minutes=10)  # before the start: newer messages are really emailed
UNSENT = SendOutcome(state=MessageState.SUPPRESSED, reason="Part of the demo's invented past. No email was sent.")
EVERYTHING = 1_000_000  # messages
UNKNOWN = "hhs_specialist"
"""The person whose emails came back."""
REFUSING = timedelta(days=60)
"""Since when they have."""


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
            joined = recipe.now - FIRST_DAY
            company = await assemble_company(joined, recipe.zone)
            await home.hide_set_up(company.members["coordinator"], joined)
            await choose_reminders(company, joined)
            story = Story(company=company, now=recipe.now, zone=recipe.zone, luck=luck)
            dates = write_history(story)
            give_items(story, dates)
            give_thanks(story, dates)
            ask_for_dates(story)
            write_past_operation(story)
            until = recipe.now - JUST_NOW
            for days in range(FIRST_DAY.days, -1, -1):
                # Day by day, so that an update in the past finds its invitation settled, as it would have been.
                moment = until - timedelta(days=days)
                await story.live(moment)
                await _settle(moment, company if until - moment < REFUSING else None)
            await set_blackouts(company, recipe.now, recipe.zone, until)
            await story.live(recipe.now)
            await plan_operations(story)
            await notify_services(story)
            await remind_of_items(story)
            await share_calendars(company, recipe.now, recipe.zone)
            await bulk.add_batches(company, recipe.now, recipe.zone, luck, recipe.size - 1)
    finally:
        ids.seed(None)
    return company


async def _settle(until: datetime, company: Company | None) -> None:
    """Close the messages of the past, each with the reason why no one got it.

    With the `company`, those to one person came back, until sending to their address was paused.
    """
    gone = company.members[UNKNOWN] if company else None
    for message in await outbox.claim_messages("demo", [], until, EVERYTHING):
        if gone and message.recipient_id == gone.member_id:
            words = f"550 5.1.1 <{gone.email}>: Recipient address rejected: User unknown"
            await received_emails.record_refusal(
                message, DeliveryRefusal(words=words, sent_to=gone.email, at_recipient=True), until
            )
        else:
            await outbox.close_message(message, UNSENT, until)
