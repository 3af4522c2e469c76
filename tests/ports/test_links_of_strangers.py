"""Links in emails: what someone who left still has is, to the byte, like what never was."""

from uuid import UUID, uuid4

from litestar import Litestar

from tests.cast import NOW, Cast, meeting
from tests.ports.browser import Browser
from tests.usecases.intake.writing_back import given, said
from tests.usecases.polls.world import asked
from tracker.crypto.signed_links import Links
from tracker.database import writing
from tracker.rules.core.message_types import AnswerOutcome
from tracker.rules.core.viewers import Status
from tracker.tables.background.events.invitees import invitations_by_member
from tracker.tables.schema.actions import ActionItem
from tracker.tables.schema.intake import IncomingWords
from tracker.tables.schema.roster import Member
from tracker.usecases.events import scheduling

Tokens = dict[str, str]


async def their_links(cast: Cast, links: Links) -> Tokens:
    """Return a link of each kind that the advocates' lead has, by the path that it opens; then they leave."""
    who = cast.caht_lead
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(who), NOW)
    poll_id = await asked(cast.coordinator, meeting(who))
    await given(cast.coordinator, who)
    assert await said(who, "IN PROGRESS") is AnswerOutcome.RECORDED
    [item] = await ActionItem.select(ActionItem.id)
    [words] = await IncomingWords.select(IncomingWords.id)
    made = {
        "r": links.reply((await invitations_by_member(event_id))[who.member_id].id),
        "u": links.item(item["id"], who.member_id),
        "p": links.poll(poll_id, who.member_id),
        "n": links.digest(who.member_id),
        "w": links.undo(words["id"]),
    }
    async with writing():
        await Member.update({Member.status: Status.DEPARTED}).where(Member.id == who.member_id)
    return made


def never_made(links: Links) -> Tokens:
    """Return links to nothing, as someone with our key would make them."""
    nothing: UUID = uuid4()
    return {
        "r": links.reply(nothing),
        "u": links.item(nothing, nothing),
        "p": links.poll(nothing, nothing),
        "n": links.digest(nothing),
        "w": links.undo(nothing),
    }


async def responses(app: Litestar, tokens: Tokens) -> list[tuple[str, int, dict[str, str], bytes]]:
    """Return what a stranger gets who opens each link, and who presses a button there."""
    found = []
    for path, token in tokens.items():
        for method in ("GET", "POST"):
            reply = await Browser(app).send(method, f"/{path}/{token}", data={"reply": "yes", "status": "done"})
            content = reply.content.replace(token.encode(), b"")
            found.append((f"{method} /{path}", reply.status_code, dict(reply.headers), content))
    return found


async def test_the_links_of_someone_who_left_are_like_links_to_nothing(app: Litestar, sqlite_cast: Cast) -> None:
    links = app.state.links
    theirs = await responses(app, await their_links(sqlite_cast, links))
    nothing = await responses(app, never_made(links))
    for left, none in zip(theirs, nothing, strict=True):
        assert left == none
