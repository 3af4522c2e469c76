"""Replies to a date poll by the link in an email, without an account."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from msgspec.structs import replace

from tracker.database import writing
from tracker.errors import Conflict, Gone, NotFound
from tracker.rules.core.actors import Origin
from tracker.rules.core.viewer import Viewer
from tracker.rules.events.replies import ReplySource
from tracker.rules.polls.polls import Fit, Poll
from tracker.usecases.core.viewers import viewer_for
from tracker.usecases.polls import polls
from tracker.usecases.polls.polls import PollView


async def open_by_link(poll_id: UUID, member_id: UUID, now: datetime, origin: Origin) -> tuple[Viewer, PollView]:
    """Return the person of a link, coming from `origin`, and the poll as they may see it.

    A link to a poll that was canceled opens the one in which people were asked again.
    Errors: NotFound (no longer asked, left the task force, or no longer visible, all alike), Gone when the poll takes
    no replies; of a restricted event, without the reason.
    """
    viewer = replace(await viewer_for(member_id, now), origin=origin)
    return viewer, await _opened(viewer, poll_id, now)


async def reply_by_link(viewer: Viewer, poll_id: UUID, fits: Mapping[UUID, Fit], now: datetime) -> None:
    """Record replies made on the page of a link, as long as the person is asked.

    Errors: as above, Invalid(dates), Conflict when they are about the dates of a poll that was asked again since.
    """
    async with writing():
        view = await _opened(viewer, poll_id, now)
        if fits and view.poll.id != poll_id and fits.keys().isdisjoint(one.id for one in view.poll.options):
            raise Conflict(polls.ASKED_AGAIN)
        await polls.record(viewer, view.poll, fits, ReplySource.LINK, now)


async def _opened(viewer: Viewer, poll_id: UUID, now: datetime) -> PollView:
    poll = await _poll_of_link(viewer, poll_id)
    try:
        polls.check_open(poll, now)
    except Gone as closed:
        raise Gone(None if poll.event.is_restricted else closed.sentence) from closed
    view = await polls.view_of(viewer, poll)
    if view.mine is None:
        raise NotFound
    return view


async def _poll_of_link(viewer: Viewer, poll_id: UUID) -> Poll:
    """Return the poll that a link names, or the one in which people were asked again."""
    try:
        return await polls.any_poll(viewer, poll_id)
    except NotFound:
        return await polls.poll_in_place_of(viewer, poll_id)
