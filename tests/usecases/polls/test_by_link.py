"""A link replies for the person whose it is, as long as they are asked at the moment of the reply."""

import pytest
from msgspec.structs import replace

from tests.cast import LINK, NOW, Cast, meeting
from tests.usecases.polls.world import asked, in_words
from tracker.errors import NotFound
from tracker.rules.polls.polls import Fit
from tracker.usecases.events import events
from tracker.usecases.polls import polls


async def test_a_person_taken_off_the_list_after_opening_the_link_no_longer_replies(sqlite_cast: Cast) -> None:
    organizer, person = sqlite_cast.coordinator, sqlite_cast.caht_lead
    poll_id = await asked(organizer, meeting(sqlite_cast.fbi_lead, person))
    viewer, view = await polls.open_poll_by_link(poll_id, person.member_id, NOW, LINK)
    event, plan = await events.plan_to_change(organizer, view.poll.event.id)
    others = {one: role for one, role in plan.invitees.items() if one != person.member_id}
    await events.change(organizer, event.id, replace(plan, invitees=others), event.version, NOW)
    with pytest.raises(NotFound):
        await polls.reply_to_poll_by_link(viewer, poll_id, {view.poll.options[0].id: Fit.YES}, NOW)
    assert await in_words(organizer, poll_id) == ["1 yes, 1 no reply"] * 2
