"""The administration page for people who manage accounts or read the audit log."""

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from litestar import Response, get
from litestar.di import Provide
from litestar.types import Scope

from tracker.errors import NotFound
from tracker.ports.health import checks
from tracker.ports.health.mail_server import RecentCheck
from tracker.ports.http.dependencies import Injected, Now, Settings, Viewer
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Pages
from tracker.rules.core.wording import local, plural
from tracker.rules.operations.access import may_read_emergency_uses
from tracker.usecases.core import send_hold
from tracker.usecases.emails import email_tests
from tracker.usecases.intake import received_emails
from tracker.usecases.operations.officer import is_officer
from tracker.usecases.views import health, home

MailServer: TypeAlias = Injected[RecentCheck]
"""Remembers the last result of the email server check."""


class AdminTask(NamedTuple):
    """One page of the administration and its purpose."""

    address: str
    label: str
    words: str
    sign: str
    is_for: Callable[[Viewer], bool]


TASKS = (
    AdminTask(
        "/messages",
        "Messages",
        "See what was sent, what’s waiting, and what couldn’t be delivered.",
        "mail",
        lambda viewer: viewer.may_schedule,
    ),
    AdminTask(
        "/sites",
        "Sites",
        "Set up the rooms where the task force meets, with their capacity.",
        "location_on",
        lambda viewer: viewer.manages_accounts,
    ),
    AdminTask(
        "/people/import",
        "Import people",
        "Add and update agencies, people, and seats from a file.",
        "group_add",
        lambda viewer: viewer.manages_accounts,
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
        lambda viewer: viewer.manages_accounts,
    ),
)


@get("/admin", guards=[signed_in])
async def admin_page(pages: Pages, viewer: Viewer) -> Response[str]:
    """Show the pages that the viewer may use. Errors: NotFound for people who may use none of them."""
    tasks = [task for task in TASKS if task.is_for(viewer)]
    if not tasks:
        raise NotFound
    hides_set_up = viewer.manages_accounts and await home.is_set_up_hidden()
    return pages.render("views/admin/show.html", tasks=tasks, hides_set_up=hides_set_up)


@get("/admin/health", guards=[signed_in])
async def health_page(
    pages: Pages, viewer: Viewer, now: Now, settings: Settings, mail_server: MailServer
) -> Response[str]:
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
    known = await send_hold.deployment_state()
    return pages.render(
        "views/admin/health.html",
        state=await health.work_state(now),
        jobs=jobs,
        storage=await health.storage(),
        backup=local(known.backed_up_at, settings.time_zone) if known.backed_up_at else None,
        test=email_tests.latest_email_test(viewer, await email_tests.every_email_test(viewer)),
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
