"""Settings of a person, and the Admin page."""

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from litestar import get, post
from litestar.di import Provide
from litestar.types import Scope
from msgspec.structs import asdict

from tracker.database import together
from tracker.errors import Invalid, NotFound
from tracker.ports.health import checks
from tracker.ports.health.mail_server import RecentCheck
from tracker.ports.http.dependencies import Injected, Now, Settings, Viewer, Visit
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Drafts, Form, Page, Pages
from tracker.ports.pages.core.form_values import FormValues, errors_of
from tracker.ports.pages.identity.security_settings import shown_sessions
from tracker.rules.core.drafts import DraftForm, DraftKey
from tracker.rules.core.wording import local, plural, zone_choices
from tracker.rules.operations.access import may_read_emergency_uses
from tracker.rules.roster.directory import Profile
from tracker.usecases import availability
from tracker.usecases.calendars import subscriptions
from tracker.usecases.core import drafts, process_locks
from tracker.usecases.emails import account_emails
from tracker.usecases.identity import sessions as identity_sessions
from tracker.usecases.identity.sign_in import credentials_of
from tracker.usecases.intake import received_emails
from tracker.usecases.operations.officer import is_officer
from tracker.usecases.roster import known_people, people
from tracker.usecases.views import health, home

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
    looks = await health.last_runs()
    jobs = [
        (label, local(looks[name], settings.time_zone) if name in looks else None, again)
        for name, label, again in (
            (health.REMINDERS, "Check for reminders", _every(min(settings.tick, 60))),
            (health.MAIL, "Send due emails", _every(settings.tick)),
            (health.AUDIT, "Verify the audit log", "Every night after 3 AM"),
        )
    ]
    known = await process_locks.deployment_state()
    return pages.render(
        "views/admin/health.html",
        state=await health.work_state(now),
        jobs=jobs,
        storage=await health.storage(),
        backup=local(known.backed_up_at, settings.time_zone) if known.backed_up_at else None,
        test=account_emails.latest_email_test(viewer, await account_emails.every_email_test(viewer)),
        stray=await received_emails.stray_emails(viewer),
        is_held=known.copy_of is not None,
        lines=[
            *checks.of_settings(settings),
            *[line async for line in checks.of_database()],
            *[line async for line in checks.of_mailbox(settings)],
            *[line async for line in checks.of_incoming(settings)],
            await checks.of_addresses(),
            *await checks.of_surroundings(settings, mail_server.trouble),
        ],
    )


def _every(seconds: float) -> str:
    return f"Every {plural(int(seconds), 'second')}"


def _mail_server(scope: Scope) -> RecentCheck:
    recent_check: RecentCheck = scope["litestar_app"].state["mail_server"]
    return recent_check


DEPENDENCIES = {"mail_server": Provide(_mail_server, sync_to_thread=False)}
