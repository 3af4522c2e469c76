"""Composes settings, database, ports and clock into one application; decides nothing."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from litestar import Litestar
from litestar.datastructures import State

from tracker import clock
from tracker.config.settings import Settings, load_settings
from tracker.crypto import keys
from tracker.crypto.signed_links import Links, ReplyAddresses
from tracker.database import bind, close_database, engine, engine_from_url, open_database
from tracker.database.migrate import check_schema, on_our_schema
from tracker.ports import feeds
from tracker.ports.api import routes as api
from tracker.ports.clock import Clock
from tracker.ports.health import RecentCheck, healthz
from tracker.ports.http import errors, forms
from tracker.ports.http.dependencies import DEPENDENCIES
from tracker.ports.http.forms import FormRequest
from tracker.ports.http.guards import note_after_responses, recognize, refuse_unguarded
from tracker.ports.http.security import BODY_LIMIT, protect
from tracker.ports.mail import compose
from tracker.ports.mail.compose import EmailComposer
from tracker.ports.mail.delivery import Delivery
from tracker.ports.mail.demo_emails import ReplyBox, SinkFolder
from tracker.ports.mail.imap import MailboxReader
from tracker.ports.mail.received_emails import EmailParser, Listener
from tracker.ports.mail.wording import read_email
from tracker.ports.outside import Network, read_due
from tracker.ports.pages.core.dependencies import usual_escalation
from tracker.ports.pages.core.templating import error_page
from tracker.ports.pages.routers import DEMO, ROOMS
from tracker.usecases import audit
from tracker.usecases.core import drafts as draft_deeds
from tracker.usecases.emails import reminders
from tracker.usecases.events import history as undo_deeds
from tracker.usecases.identity import credentials
from tracker.usecases.identity.credentials import Hashing, Pbkdf2
from tracker.usecases.intake import received_emails
from tracker.usecases.operations import access, check_ins, deconfliction, readiness
from tracker.usecases.roster import accounts as account_life
from tracker.usecases.roster import known_people

PLANNING_EVERY = 60.0  # seconds between two checks for due reminders
ACCOUNTS_EVERY = 60.0  # seconds between two checks for expired accounts
DRAFTS_EVERY = 60.0  # seconds between two checks for drafts to delete
UNDO_EVERY = 60.0  # seconds between two checks for undo snapshots to delete
AUDIT_EVERY = 600.0  # seconds between two checks whether the nightly verification is due
COMPARING_EVERY = 5.0  # seconds between two looks for operations that moved
MISSING_EVERY = 15.0  # seconds between two looks for people who haven't checked out
RELEASING_EVERY = 5.0  # seconds between two looks for service-readiness notices to release
INCOMING_EVERY = 3_600.0  # seconds between two checks for old rows about incoming emails to delete
MAILBOX_EVERY = 5.0  # seconds between two looks whether to read the mailbox of replies
CALENDARS_EVERY = 60.0  # seconds between two checks for shared calendars to read

Job = tuple[str, float, Callable[[], Awaitable[object]]]


def create_app(settings: Settings | None = None) -> Litestar:
    """Return the application; without settings, they are read from the environment.

    Raises `BadSettings`, and `Unguarded` for a route without a guard. The database is opened when it starts.
    """
    chosen = settings or load_settings()
    keys.use_secret(chosen.secret, *chosen.earlier_secrets)
    if chosen.fips:
        credentials.use_hashing(Hashing(Pbkdf2()))
    if settings is None:
        clock.start_at(chosen.now)
    links = Links(*keys.every("links"))
    demo = [DEMO] if chosen.is_demo else []
    app = Litestar(
        route_handlers=[*ROOMS.values(), *demo, api.router, feeds.subscription, healthz],
        dependencies=DEPENDENCIES,
        exception_handlers=errors.handlers(error_page),
        after_exception=[recognize, forms.keep_failed],
        before_send=[forms.settle_draft],
        lifespan=[_running(chosen, links)],
        state=_state(chosen, links),
        request_class=FormRequest,
        request_max_body_size=BODY_LIMIT,
        openapi_config=None,
        logging_config=None,
    )
    refuse_unguarded(app)
    protect(app, chosen)
    note_after_responses(app)
    return app


def _state(settings: Settings, links: Links) -> State:
    return State(
        {
            "links": links,
            "mailbox": SinkFolder(Path(settings.mail_folder)),
            "reply_box": ReplyBox(settings),
            "read_email": partial(
                read_email, reads_replies=bool(settings.reply_address), questions_to=settings.coordinator_address
            ),
            "api_document": api.described,
            "feeds": feeds.FeedDesk(settings),
            "mail_server": RecentCheck(),
        }
    )


def _running(settings: Settings, links: Links) -> Callable[[Litestar], Any]:
    @asynccontextmanager
    async def running(app: Litestar) -> AsyncIterator[None]:
        """Open the database, check its schema, and run the clock while the application runs."""
        bind(engine_from_url(settings.database_url, pool=settings.database_pool))
        await open_database(engine())
        try:
            await check_schema()
            try:
                async with _listening(settings), _ticking(settings, links):
                    yield
            finally:
                await app.state["feeds"].write()
        finally:
            await close_database(engine())

    return running


@asynccontextmanager
async def _listening(settings: Settings) -> AsyncIterator[None]:
    """Take replies of calendar programs, where the settings say so."""
    if not settings.lmtp:
        yield
        return
    listener = Listener(_reader(settings), clock.now)
    await listener.start(*settings.lmtp_address)
    try:
        yield
    finally:
        await listener.stop()


def _reader(settings: Settings) -> EmailParser:
    addresses = ReplyAddresses(settings.reply_address, keys.every("replies"))
    return EmailParser(addresses=addresses, authserv_id=settings.authserv_id, zone=settings.time_zone)


@asynccontextmanager
async def _ticking(settings: Settings, links: Links) -> AsyncIterator[None]:
    if not settings.run_clock:
        yield
        return
    composer = EmailComposer(settings, links)
    compose.prove_headers_safe(composer)
    delivery = Delivery(settings, composer, clock.now)
    mailbox = MailboxReader(settings, _reader(settings), clock.now) if settings.imap_host else None
    jobs = _jobs(settings, delivery)
    if mailbox is not None:
        jobs.append(("mailbox", min(settings.tick, MAILBOX_EVERY), on_our_schema(mailbox.run)))
    ticker = Clock(jobs)
    await ticker.start()
    try:
        yield
    finally:
        await delivery.stop()
        if mailbox is not None:
            await mailbox.stop()
        await ticker.stop()


def _jobs(settings: Settings, delivery: Delivery) -> list[Job]:
    plan = partial(reminders.queue_due_messages, zone=settings.time_zone, escalation=usual_escalation(settings))
    jobs: Sequence[Job] = (
        ("reminders", min(settings.tick, PLANNING_EVERY), lambda: plan(clock.now())),
        ("undo", UNDO_EVERY, lambda: undo_deeds.purge_snapshots(clock.now())),
        ("operations", min(settings.tick, COMPARING_EVERY), lambda: deconfliction.compare_due(clock.now())),
        ("access", min(settings.tick, COMPARING_EVERY), lambda: access.end_lapsed_access(clock.now())),
        ("accountability", min(settings.tick, MISSING_EVERY), lambda: check_ins.notify_leads_of_missing(clock.now())),
        ("readiness", min(settings.tick, RELEASING_EVERY), lambda: readiness.run_due_notices(clock.now())),
        ("emergency", min(settings.tick, COMPARING_EVERY), lambda: access.end_expired_emergencies(clock.now())),
        ("accounts", ACCOUNTS_EVERY, lambda: account_life.suspend_due_accounts(clock.now())),
        ("drafts", DRAFTS_EVERY, lambda: draft_deeds.purge_drafts(clock.now())),
        ("incoming", INCOMING_EVERY, lambda: received_emails.purge_received_emails(clock.now())),
        ("addresses", INCOMING_EVERY, lambda: known_people.purge_aliases(clock.now())),
        ("calendars", min(settings.tick, CALENDARS_EVERY), lambda: read_due(settings, Network())),
        ("mail", settings.tick, lambda: _send(delivery)),
        ("audit", AUDIT_EVERY, lambda: audit.verify_nightly(clock.now(), settings.time_zone)),
    )
    return [(name, every, on_our_schema(run)) for name, every, run in jobs]


async def _send(delivery: Delivery) -> None:
    await delivery.dispatch()
    await audit.note_email_run(clock.now())
