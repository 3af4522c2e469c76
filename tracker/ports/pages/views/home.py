"""The home page, search, and the guide; settings of a person, and the Admin page."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import cache
from typing import Annotated, Any, NamedTuple, TypeAlias

from litestar import get, post
from litestar.di import Provide
from litestar.exceptions import NotFoundException
from litestar.params import FromQuery, QueryParameter
from litestar.types import Scope
from msgspec import Struct
from msgspec.structs import asdict

from tracker.config.installation import folder
from tracker.database import together
from tracker.errors import Invalid, NotFound
from tracker.ports import health
from tracker.ports.health import CheckLine, RecentCheck, health_warnings
from tracker.ports.http.cookies import BUTTON_FOR, Undo
from tracker.ports.http.dependencies import Injected, Now, PathText, Settings, Today, Viewer, Visit, Zone
from tracker.ports.http.guards import signed_in
from tracker.ports.http.request_source import HOME
from tracker.ports.pages.audit import SYSTEM
from tracker.ports.pages.core.date_entries import home_context, read_home, write_out
from tracker.ports.pages.core.dependencies import Drafts, Form, Page, Pages, Query
from tracker.ports.pages.core.form_values import MOST, WORDS, FormValues, errors_of
from tracker.ports.pages.core.templating import GUIDE, MarkdownReader, Picture, WrittenPage, own_assets, size_of_png
from tracker.ports.pages.identity.security_settings import shown_sessions
from tracker.rules.calendars import calendars
from tracker.rules.core.clean_text import LONGEST, stands_for_longer
from tracker.rules.core.drafts import DraftForm, DraftKey
from tracker.rules.core.outbox import MessageState
from tracker.rules.core.viewers import Role
from tracker.rules.core.viewers import Viewer as Person
from tracker.rules.core.wording import local, plural, zone_choices
from tracker.rules.intake.received_emails import PausedPerson
from tracker.rules.operations.access import may_read_emergency_uses
from tracker.rules.roster.directory import Profile
from tracker.rules.views.home import TextPart, day_typed, is_quoted, parts_with_words
from tracker.usecases import audit, availability
from tracker.usecases.calendars import subscriptions
from tracker.usecases.core import drafts, process_locks
from tracker.usecases.core.process_locks import DeploymentState
from tracker.usecases.emails import writers
from tracker.usecases.identity import sessions as identity_sessions
from tracker.usecases.identity.sign_in import credentials_of
from tracker.usecases.intake import received_emails
from tracker.usecases.intake.received_emails import paused_people
from tracker.usecases.operations.deconfliction import is_officer
from tracker.usecases.roster import known_people, people
from tracker.usecases.roster.known_people import candidates_with_words
from tracker.usecases.roster.people import number_of_newcomers
from tracker.usecases.views import home, search
from tracker.usecases.views.home import NEXT_DAYS

PATH = "/settings"
PROFILE_TEXTS = ("name", "title", "phone", "mobile", "zone")
FIELDS = ("name", "title", "phone", "mobile", "private", "zone", "address")
SAVED = "Profile saved."
LINK_SENT = "If {address} can be added, we’ve sent a link there. Open it within an hour."
LINK_REPLACED = f"{LINK_SENT} Any link we sent there earlier no longer works."


@get(PATH, guards=[signed_in])
async def settings_page(pages: Pages, viewer: Viewer, visit: Visit, drafts: Drafts, now: Now) -> Page:
    """Show the settings."""
    form_values, draft = await together(_profile(viewer), drafts.kept(DraftKey(form=DraftForm.PROFILE)))
    return await _page(pages, viewer, visit, now, form_values if draft is None else draft)


@post(f"{PATH}/profile", guards=[signed_in], status_code=303)
async def save_profile(pages: Pages, viewer: Viewer, visit: Visit, form: Form, now: Now) -> Page:
    """Change the viewer's own entry in the roster."""
    try:
        texts = {name: form[name] for name in PROFILE_TEXTS}
        await people.change_profile(viewer, Profile(**texts, is_mobile_private=bool(form["private"])), now)
    except Invalid as wrong:
        return await _page(pages, viewer, visit, now, form, wrong)
    return pages.redirect(PATH, SAVED)


@post(f"{PATH}/addresses", guards=[signed_in], status_code=303)
async def add_address(pages: Pages, viewer: Viewer, visit: Visit, form: Form, now: Now) -> Page:
    """Add a further address, or say why it can't be; the answer is the same for one that is someone else's."""
    address = form["address"].strip().lower()
    try:
        is_again = await known_people.add_alias(viewer, address, now)
    except Invalid as wrong:
        return await _page(pages, viewer, visit, now, await _profile(viewer), wrong, address=form["address"])
    sentence = LINK_REPLACED if is_again else LINK_SENT
    return pages.redirect(f"{PATH}#addresses", sentence.format(address=address))


async def _profile(viewer: Viewer) -> FormValues:
    profile = asdict(await people.profile_of(viewer))
    texts = {name: [profile[name]] for name in PROFILE_TEXTS}
    return FormValues(texts | {"private": ["yes" if profile["is_mobile_private"] else ""]})


async def _page(
    pages: Pages,
    viewer: Viewer,
    visit: Visit,
    now: Now,
    form: FormValues,
    wrong: Invalid | None = None,
    *,
    address: str = "",
) -> Page:
    (proofs, sessions, tokens), (feeds, shares_calendar), (addresses, filters) = await together(
        together(
            credentials_of(viewer.member_id),
            shown_sessions(viewer.member_id, visit.session_id, now),
            identity_sessions.api_tokens_of(viewer, now),
        ),
        together(subscriptions.subscriptions_of(viewer), availability.own_shared_calendar(viewer)),
        together(known_people.aliases_of(viewer), drafts.filters_of(viewer)),
    )
    return pages.render(
        "views/settings/show.html",
        status_code=422 if wrong else 200,
        form=form,
        typed_address=address,
        errors=errors_of(wrong, FIELDS),
        zones=zone_choices(form["zone"]),
        proofs=proofs,
        sessions=sessions,
        feeds=feeds,
        aliases=addresses,
        filters=filters,
        tokens=tokens,
        shares_calendar=shares_calendar,
    )


MailServer: TypeAlias = Injected[RecentCheck]
"""Remembers the last result of the email server check."""


class AdminTask(NamedTuple):
    """One page of the administration and its purpose."""

    address: str
    label: str
    words: str
    sign: str
    is_for: Callable[[Viewer], bool] = lambda viewer: viewer.manages_accounts


TASKS = (
    AdminTask(
        "/messages",
        "Messages",
        "See what was sent, what’s waiting, and what couldn’t be delivered.",
        "mail",
        lambda viewer: viewer.may_schedule,
    ),
    AdminTask("/sites", "Sites", "Set up the rooms where the task force meets, with their capacity.", "location_on"),
    AdminTask(
        "/people/import", "Import people", "Add and update agencies, people, and seats from a file.", "group_add"
    ),
    AdminTask(
        "/audit",
        "Audit log",
        "See who did what and when. Verify that nothing was altered, or export a copy.",
        "history",
        lambda viewer: viewer.reads_audit,
    ),
    AdminTask(
        "/deconfliction",
        "Conflicts between operations",
        "See when and where operations in conflict are, and who to call.",
        "warning",
        is_officer,
    ),
    AdminTask(
        "/emergency-access",
        "Emergency access",
        "See who read operations without being on them, when, and why. Administrators can start it here.",
        "warning",
        may_read_emergency_uses,
    ),
    AdminTask(
        "/admin/health",
        "Health",
        "Check that reminders and emails are going out, and see what the tracker runs on.",
        "verified",
    ),
)


@get("/admin", guards=[signed_in])
async def admin_page(pages: Pages, viewer: Viewer) -> Page:
    """Show the pages that the viewer may use. Errors: NotFound for people who may use none of them."""
    tasks = [task for task in TASKS if task.is_for(viewer)]
    if not tasks:
        raise NotFound
    hides_set_up = viewer.manages_accounts and await home.is_set_up_hidden()
    return pages.render("views/admin/show.html", tasks=tasks, hides_set_up=hides_set_up)


@get("/admin/health", guards=[signed_in])
async def health_page(pages: Pages, viewer: Viewer, now: Now, settings: Settings, mail_server: MailServer) -> Page:
    """Show whether the jobs run: in words, because counts would reveal what the viewer does not see."""
    if not viewer.manages_accounts:
        raise NotFound
    looks = await audit.last_runs()
    jobs = [
        (label, local(looks[name], settings.time_zone) if name in looks else None, again)
        for name, label, again in (
            (audit.REMINDERS, "Check for reminders", _every(min(settings.tick, 60))),
            (audit.EMAIL_RUNS, "Send due emails", _every(settings.tick)),
            (audit.AUDIT, "Verify the audit log", "Every night after 3 AM"),
        )
    ]
    known = await process_locks.deployment_state()
    return pages.render(
        "views/admin/health.html",
        state=await audit.work_state(now),
        jobs=jobs,
        storage=await audit.storage(),
        backup=local(known.backed_up_at, settings.time_zone) if known.backed_up_at else None,
        test=writers.latest_email_test(viewer, await writers.every_email_test(viewer)),
        stray=await received_emails.stray_emails(viewer),
        is_held=known.copy_of is not None,
        lines=[
            *health.of_settings(settings),
            *[line async for line in health.of_database()],
            *[line async for line in health.of_mailbox(settings)],
            *[line async for line in health.of_incoming(settings)],
            await health.of_addresses(),
            *await health.of_surroundings(settings, mail_server.trouble),
        ],
    )


def _every(seconds: float) -> str:
    return f"Every {plural(int(seconds), 'second')}"


def _mail_server(scope: Scope) -> RecentCheck:
    recent_check: RecentCheck = scope["litestar_app"].state["mail_server"]
    return recent_check


DEPENDENCIES = {"mail_server": Provide(_mail_server, sync_to_thread=False)}
AGENDA_SHOWN = 30  # events beside the queue; all of them are in the calendar
HEALTH = "/admin/health#test-email-row"
SET_UP_HIDDEN = "The setup checklist is hidden. You can show it again on the Admin page."


class Administration(Struct, frozen=True, kw_only=True):
    """What an administrator should look after."""

    warnings: list[CheckLine]
    is_administrator: bool
    """Whether the viewer can do something about the warnings."""
    newcomers: int
    """People who have never signed in."""
    paused: list[PausedPerson]
    """People to whom nothing is sent, because emails to them came back."""


@get("/", guards=[signed_in])
async def home_page(
    pages: Pages, visit: Visit, zone: Zone, today: Today, now: Now, *, settings: Settings, mail_server: MailServer
) -> Page:
    """Show what needs the viewer's attention; a part that can't be read says so, and the rest is shown."""
    viewer = visit.viewer
    shown, managed = await together(read_home(viewer, now, zone), _managed(viewer, now, settings, mail_server))
    last = today + timedelta(days=NEXT_DAYS - 1)
    days = calendars.dates_by_day(shown.days.agenda if shown.days else (), today, last, zone)
    return pages.render(
        "views/home/show.html",
        **home_context(shown, now, zone),
        days=write_out(days, zone, at_most=AGENDA_SHOWN),
        lacks_password=not (settings.is_demo or visit.has_password),
        **managed,
    )


async def _managed(viewer: Viewer, now: Now, settings: Settings, mail_server: MailServer) -> dict[str, Any]:
    """Return what people who manage accounts look after: a held copy, warnings, and the setup checklist."""
    if not viewer.manages_accounts:
        return {"copy_of": None, "administration": None, "set_up": None}
    known = await process_locks.deployment_state()
    administration, steps = await together(
        _administration(viewer, now, settings, mail_server, known), home.set_up_list(viewer, known)
    )
    return {"copy_of": known.copy_of, "administration": administration, "set_up": steps}


async def _administration(
    viewer: Viewer, now: Now, settings: Settings, mail_server: MailServer, known: DeploymentState
) -> Administration | None:
    """Return what needs an administrator; None when nothing does."""
    warnings, newcomers, paused = await together(
        health_warnings(settings, mail_server.trouble, known, now),
        number_of_newcomers(viewer, now),
        paused_people(viewer),
    )
    if not (warnings or newcomers or paused):
        return None
    is_administrator = Role.ADMINISTRATOR in viewer.roles
    return Administration(warnings=warnings, is_administrator=is_administrator, newcomers=newcomers, paused=paused)


@post("/test-emails", guards=[signed_in], status_code=303)
async def post_test_email(pages: Pages, viewer: Viewer, form: Form, now: Now) -> Page:
    """Send a test email to the viewer; the row says what became of it."""
    await writers.send_email_test(viewer, now)
    said = f"A test email to {viewer.email} is on its way."
    if pages.is_htmx:
        return await _test_row(pages, viewer, said, is_set_up=bool(form["set-up"]))
    return pages.redirect(HOME if form["set-up"] else HEALTH, said)


@get("/test-emails/last", guards=[signed_in])
async def last_test_email(
    pages: Pages, viewer: Viewer, is_set_up: Annotated[str, QueryParameter(name="set-up")] = ""
) -> Page:
    """Show what became of the last test email, for htmx. Errors: NotFound for people who do not manage accounts."""
    if not viewer.manages_accounts:
        raise NotFound
    if not pages.is_htmx:
        return pages.redirect(HEALTH)
    return await _test_row(pages, viewer, is_set_up=bool(is_set_up))


@post("/set-up-list/removal", guards=[signed_in], status_code=303)
async def post_set_up_removal(pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Hide the list, with Undo."""
    await home.hide_set_up(viewer, now)
    return pages.redirect(HOME, SET_UP_HIDDEN, Undo(address="/set-up-list", fields={}, until=now + BUTTON_FOR))


@post("/set-up-list", guards=[signed_in], status_code=303)
async def post_set_up(pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Show the list again, or say that nothing on it is left to do."""
    await home.show_set_up_again(viewer, now)
    left = await home.set_up_list(viewer, await process_locks.deployment_state())
    return pages.redirect(HOME, "The setup checklist is back." if left else "Setup checklist done.")


async def _test_row(pages: Pages, viewer: Person, said: str = "", *, is_set_up: bool) -> Page:
    progress = await home.set_up_progress(viewer)
    test = progress.test
    if not said and test and test.state is MessageState.SENT:
        said = "The email server took the test email."
    elif not said and test and test.state is not MessageState.PENDING:
        said = f"The test email {'couldn’t be delivered' if test.sent_at else 'wasn’t sent'}."
    return pages.render("views/admin/test-email-part.html", test=test, set_up=progress, is_set_up=is_set_up, said=said)


OTHER_VALUES: Mapping[str, Sequence[str]] = {"actors": (SYSTEM,)}
"""Values beside people, each also the word that finds it."""
_FIELD_PLACE = re.compile(r"[a-z0-9-]{1,80}")


@get("/search", guards=[signed_in])
async def search_page(pages: Pages, viewer: Viewer, now: Now, today: Today, q: FromQuery[str] = "") -> Page:
    """Show the results, with the words highlighted in them; for a date, first a link to its week, whatever is in it."""
    text = q.strip()[:LONGEST]
    search_results = await search.search_all(viewer, text, now)

    def marked(of: str) -> list[TextPart]:
        return parts_with_words(of, search_results.words)

    return pages.render(
        "views/search/show.html",
        text=text,
        on=day_typed(text, today),
        found=search_results,
        marked=marked,
        is_quoted=is_quoted(text),
        has_letter=not all(map(stands_for_longer, search_results.words)),
        most=search.MOST,
    )


@get("/people/found", guards=[signed_in])
async def people_found(pages: Pages, viewer: Viewer, params: Query) -> Page:
    """Show the first people among the candidates whom the words in the named field find. Errors: NotFound."""
    if not _FIELD_PLACE.fullmatch(params["place"]):
        raise NotFound
    candidates = await search.candidates_named(viewer, params["candidates"], params["subject"] or params["origin"])
    words = params[f"{params['name']}{WORDS}"].strip()
    people_matched = await candidates_with_words(candidates, words, MOST)
    others = OTHER_VALUES.get(params["candidates"], ())
    return pages.render(
        "core/parts/people-found.html",
        place=params["place"],
        deed="choose",
        words=words,
        found=people_matched.people,
        more=people_matched.more,
        others=[value for value in others if words and value.startswith(words.lower())],
        invited=(),
    )


HELP = "/help"
FIRST = "README"
"""The page that lists the others."""


@get(HELP, guards=[signed_in])
async def help_list(pages: Pages) -> Page:
    """Show what the guide has."""
    return pages.render("views/help.html", page=guide()[FIRST], first="")


@get(f"{HELP}/{{name:str}}", guards=[signed_in])
async def help_page(pages: Pages, name: PathText) -> Page:
    """Show one page of the guide. Errors: NotFound for any other name."""
    page = guide().get(name)
    if page is None or name == FIRST:
        raise NotFoundException
    return pages.render("views/help.html", page=page, first=HELP)


@cache
def guide() -> dict[str, WrittenPage]:
    """Return the pages of the guide by name, read once."""
    files = {file.stem: file for file in folder(GUIDE).glob("*.md")}
    addresses = {file.name: HELP if name == FIRST else f"{HELP}/{name}" for name, file in files.items()}

    def picture(name: str) -> Picture:
        asset = own_assets()[f"{GUIDE}/{name}"]
        return Picture(asset.address, *size_of_png(asset.body))

    reader = MarkdownReader(page=addresses.__getitem__, picture=picture)
    return {name: reader.read(file.read_text(encoding="utf-8")) for name, file in files.items()}
