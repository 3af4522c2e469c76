"""Composes settings, database, doors and clock into one application; decides nothing."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from litestar import Litestar
from litestar.datastructures import State

from tracker import clock, keys
from tracker.database import bind, close_database, engine, engine_from_url, open_database
from tracker.links import Links
from tracker.migrate import check_schema, on_our_schema
from tracker.ports import errors
from tracker.ports.api import routes as api
from tracker.ports.clock.ticker import Clock
from tracker.ports.feeds import subscription
from tracker.ports.forms import FormRequest
from tracker.ports.guards import recognise, refuse_unguarded
from tracker.ports.healthz import healthz
from tracker.ports.mail import self_test
from tracker.ports.mail.compose import Composer
from tracker.ports.mail.delivery import Delivery
from tracker.ports.mail.mailbox import Mailbox
from tracker.ports.mail_server import Lately
from tracker.ports.outside.network import Network
from tracker.ports.outside.reading import read_due
from tracker.ports.pages import (
    account_invitations,
    accounts,
    action_items,
    added_dates,
    admin,
    agencies,
    agencies_edit,
    api_docs,
    attendance,
    audit,
    blackouts,
    bodies,
    bodies_edit,
    calendar,
    calendar_import,
    cancellations,
    demo_mail,
    departures,
    digest_link,
    event_dates,
    event_edit,
    events,
    holding,
    home,
    identity,
    item_link,
    messages,
    nudges,
    outside_calendar,
    people,
    people_access,
    people_edit,
    preferences,
    prints,
    recorded_replies,
    replies,
    reports,
    roster_import,
    saved_filters,
    schedule,
    schedule_templates,
    schedule_times,
    search,
    seats,
    session,
    sites,
    static,
    subscriptions,
    tokens,
    undo,
)
from tracker.ports.pages import settings as settings_page
from tracker.ports.security import BODY_LIMIT, protect
from tracker.ports.token_uses import note_after_answers
from tracker.settings import Settings, load
from tracker.usecases import accounts as account_life
from tracker.usecases import audit_verification, health, identity_passwords, reminders
from tracker.usecases import undo as undo_deeds
from tracker.usecases.identity_hashes import Pbkdf2
from tracker.usecases.identity_passwords import Hashing

PAGES = (
    home,
    holding,
    calendar,
    calendar_import,
    search,
    schedule,
    schedule_templates,
    schedule_times,
    events,
    event_dates,
    event_edit,
    added_dates,
    cancellations,
    undo,
    nudges,
    recorded_replies,
    messages,
    prints,
    attendance,
    action_items,
    people,
    people_access,
    people_edit,
    accounts,
    account_invitations,
    departures,
    roster_import,
    agencies,
    agencies_edit,
    blackouts,
    bodies,
    bodies_edit,
    seats,
    sites,
    reports,
    subscriptions,
    outside_calendar,
    admin,
    audit,
    preferences,
    saved_filters,
    tokens,
    api_docs,
    identity,
    settings_page,
    session,
    replies,
    item_link,
    digest_link,
)
PLANNING_EVERY = 60.0  # seconds between two looks for reminders that became due
ACCOUNTS_EVERY = 60.0  # seconds between two looks for accounts that end
UNDO_EVERY = 60.0  # seconds between two looks for what cannot be taken back any more
AUDIT_EVERY = 600.0  # seconds between two looks whether the night's verification is due
CALENDARS_EVERY = 60.0  # seconds between two looks for calendars to be read

Job = tuple[str, float, Callable[[], Awaitable[object]]]


def create_app(settings: Settings | None = None) -> Litestar:
    """Return the application; without settings they are read from the environment.

    Raises `BadSettings`, and `Unguarded` for a route without a guard. The database is opened when it starts.
    """
    chosen = settings or load()
    keys.use(chosen.secret, *chosen.earlier_secrets)
    if chosen.fips:
        identity_passwords.use(Hashing(Pbkdf2()))
    if settings is None:
        clock.start_at(chosen.now)
    links = Links(*keys.every("links"))
    app = Litestar(
        route_handlers=[*_handlers(chosen), *api.handlers, static.static_file, subscription.subscription, healthz],
        exception_handlers=errors.HANDLERS,
        after_exception=[recognise],
        lifespan=[_running(chosen, links)],
        state=_state(chosen, links),
        request_class=FormRequest,
        request_max_body_size=BODY_LIMIT,
        openapi_config=None,
        logging_config=None,
    )
    refuse_unguarded(app)
    protect(app, chosen)
    note_after_answers(app)
    return app


def _state(settings: Settings, links: Links) -> State:
    return State({
        "links": links, "mailbox": Mailbox(Path(settings.mail_folder)), "api_document": api.described(),
        "mail_server": Lately(),
    })  # fmt: skip


def _handlers(settings: Settings) -> list[Any]:
    pages = [*PAGES, demo_mail] if settings.is_demo else PAGES
    return [handler for page in pages for handler in page.handlers]


def _running(settings: Settings, links: Links) -> Callable[[Litestar], Any]:
    @asynccontextmanager
    async def running(_app: Litestar) -> AsyncIterator[None]:
        """Open the database, check its schema, tick while the application runs."""
        bind(engine_from_url(settings.database_url, pool=settings.database_pool))
        await open_database(engine())
        try:
            await check_schema()
            async with _ticking(settings, links):
                yield
        finally:
            await close_database(engine())

    return running


@asynccontextmanager
async def _ticking(settings: Settings, links: Links) -> AsyncIterator[None]:
    if not settings.run_clock:
        yield
        return
    composer = Composer(settings, links)
    self_test.prove(composer)
    delivery = Delivery(settings, composer, clock.now)
    ticker = Clock(_jobs(settings, delivery))
    await ticker.start()
    try:
        yield
    finally:
        await delivery.stop()
        await ticker.stop()


def _jobs(settings: Settings, delivery: Delivery) -> Sequence[Job]:
    jobs: Sequence[Job] = (
        ("reminders", min(settings.tick, PLANNING_EVERY), lambda: reminders.queue_due(clock.now(), settings.time_zone)),
        ("undo", UNDO_EVERY, lambda: undo_deeds.forget_former(clock.now())),
        ("accounts", ACCOUNTS_EVERY, lambda: account_life.close_due(clock.now())),
        ("calendars", min(settings.tick, CALENDARS_EVERY), lambda: read_due(settings, Network())),
        ("mail", settings.tick, lambda: _send(delivery)),
        ("audit", AUDIT_EVERY, lambda: audit_verification.verify_nightly(clock.now(), settings.time_zone)),
    )
    return [(name, every, on_our_schema(run)) for name, every, run in jobs]


async def _send(delivery: Delivery) -> None:
    await delivery.dispatch()
    await health.note_look(clock.now())
