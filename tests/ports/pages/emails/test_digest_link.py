"""The link of the weekly digest: looking changes nothing, the button and a mail program's one click stop it."""

from uuid import uuid4

from tests.cast import NOW, SECRET, Cast
from tests.ports.conftest import SignIn
from tests.ports.mail.making import letter, message, parts, read
from tests.ports.mail.sending import LINKS, composer
from tracker.crypto import keys
from tracker.crypto.signed_links import Links
from tracker.rules.core.viewers import Viewer
from tracker.rules.emails.emails import StopDigestPage
from tracker.rules.emails.preferences import Preferences
from tracker.usecases.emails import preferences


def path(viewer: Viewer) -> str:
    keys.use_secret(SECRET)
    return f"/n/{Links(keys.named('links')).digest(viewer.member_id)}"


async def is_on(viewer: Viewer) -> bool:
    return (await preferences.preferences_of(viewer)).digest


async def test_looking_a_hundred_times_changes_nothing(sqlite_cast: Cast, browse: SignIn) -> None:
    reader, stranger = sqlite_cast.fbi_lead, await browse(None)
    await preferences.save_preferences(reader, Preferences(digest=True), NOW)
    for method in ("GET", "HEAD") * 50:
        assert (await stranger.send(method, path(reader))).status_code == 200
    assert await is_on(reader)


async def test_the_button_stops_it_without_an_account(sqlite_cast: Cast, browse: SignIn) -> None:
    reader, stranger = sqlite_cast.fbi_lead, await browse(None)
    await preferences.save_preferences(reader, Preferences(digest=True), NOW)
    assert "Stop digest" in (await stranger.get(path(reader))).text
    response = await stranger.post(path(reader))
    assert (response.status_code, "You won’t get the weekly digest" in response.text) == (200, True)
    assert not await is_on(reader)


async def test_a_mail_program_stops_it_by_one_click(sqlite_cast: Cast, browse: SignIn) -> None:
    """RFC 8058 §3.2: a POST with this committee, without cookies and without Origin, and no redirect for an answer."""
    reader, program = sqlite_cast.fbi_lead, await browse(None)
    await preferences.save_preferences(reader, Preferences(digest=True), NOW)
    response = await program.send("POST", path(reader), data={"List-Unsubscribe": "One-Click"})
    assert response.status_code == 200
    assert not await is_on(reader)


async def test_it_stops_nobody_else_s_and_a_made_up_link_nothing(sqlite_cast: Cast, browse: SignIn) -> None:
    reader, stranger = sqlite_cast.fbi_lead, await browse(None)
    await preferences.save_preferences(reader, Preferences(digest=True), NOW)
    await stranger.post(path(sqlite_cast.caht_lead))
    other = Links(keys.named("links")).item(reader.member_id, reader.member_id)
    for odd in ("/n/nothing", f"/n/{other}", path(reader)[:-1]):
        assert (await stranger.post(odd)).status_code == 404
        assert (await stranger.get(odd)).status_code == 404
    assert await is_on(reader)


def test_the_mail_says_to_programs_how_to_stop_it_and_no_other_mail_does() -> None:
    member_id = uuid4()
    mail = composer().mail(letter(stop=StopDigestPage(member_id=member_id)), message())
    url = f"https://tracker.example/n/{LINKS.digest(member_id)}"
    assert read(mail.content)["List-Unsubscribe"] == f"<{url}>"
    assert read(mail.content)["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert all(url in part.get_content() for kind, part in parts(mail.content).items() if kind.startswith("text/"))
    assert read(composer().mail(letter(), message()).content)["List-Unsubscribe"] is None
