"""The page of calendar subscriptions: the viewer's feed addresses, and how to add them to a calendar."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.response import Redirect
from msgspec import Struct

from tracker.errors import Invalid
from tracker.ports.http.dependencies import Now, PathId, Settings, Viewer, Visit
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Form, Pages, is_reauthenticated, to_reauthentication
from tracker.ports.pages.core.form_values import Errors, FormReader, FormValues, errors_of, id_in
from tracker.rules.calendars.feeds import (
    ALARM_MINUTES,
    KIND_WORDS,
    MAX_SUBSCRIPTIONS,
    NO_ALARM,
    NO_ALARMS,
    Alarms,
    AllDayAlarm,
    FeedLimit,
    FeedScope,
    Subscription,
    alarm_words,
    feed_words,
    read_alarms,
    read_feed_kind,
    read_feed_scope,
)
from tracker.usecases.calendars import feeds as calendar_feeds
from tracker.usecases.calendars import subscriptions

PATH = "/subscriptions"
SCOPES = [
    (FeedScope.ALL.value, "Everything I can see", ""),
    (FeedScope.MINE.value, "My own events", "Events I organize or am invited to"),
]
MADE = "Feed created. Add its address to your calendar."
MADE_UNSEEN = "Feed created. Confirm it’s you to see its address."
REPLACED = "The feed has a new address. The old one no longer works. Add the new one to your calendar."
CHANGED = "Feed saved. Your calendar shows the change the next time it checks."
TURNED_OFF = "Feed turned off. Its address no longer works."
KINDS = [("", "Any kind"), *((kind.value, words.capitalize()) for kind, words in KIND_WORDS.items())]
ALARMS = [(NO_ALARM, "None"), *((str(minutes), words) for minutes, words in ALARM_MINUTES.items())]
ALL_DAY_ALARMS = [(NO_ALARM, "None"), *((alarm.value, alarm.label) for alarm in AllDayAlarm)]
FIELDS = ("name", "scope", "committee", "kind", "alarm", "all_day_alarm")


class ShownFeed(Struct, frozen=True, kw_only=True):
    """A feed, what it shows and, while its owner may see it and it works, its address."""

    feed: Subscription
    address: str | None
    words: str
    """What it shows."""
    is_open: bool
    """Whether it shows anything: not when its owner is not, or no longer, on its committee."""

    @property
    def alarm_words(self) -> str:
        """Return when programs may remind; empty without alarms."""
        return alarm_words(self.feed.alarms)

    @property
    def webcal(self) -> str | None:
        """Return the address that opens a calendar program."""
        return self.address and f"webcal://{self.address.partition('://')[2]}"


@get(PATH, guards=[signed_in])
async def show_subscriptions(pages: Pages, viewer: Viewer, visit: Visit, now: Now, settings: Settings) -> Response[str]:
    """Show the viewer's feeds; this creates none."""
    return await _page(pages, viewer, visit, now, settings)


@post(PATH, guards=[signed_in], status_code=303)
async def post_feed(
    pages: Pages, viewer: Viewer, visit: Visit, form: Form, now: Now, settings: Settings
) -> Response[Any]:
    """Make a feed, or show the form again with its errors."""
    try:
        scope, only, alarms = _chosen(form)
        await subscriptions.create_subscription(
            viewer, form["name"], scope, now, only=only, alarms=alarms, shows_operations=bool(form["shows_operations"])
        )
    except Invalid as wrong:
        return await _page(
            pages, viewer, visit, now, settings, form=form, errors=errors_of(wrong, FIELDS), status_code=422
        )
    return pages.redirect(PATH, MADE if is_reauthenticated(visit, now) else MADE_UNSEEN)


@post(f"{PATH}/{{subscription_id:uuid}}/choices", guards=[signed_in], status_code=303)
async def post_feed_change(
    subscription_id: PathId, pages: Pages, viewer: Viewer, visit: Visit, form: Form, now: Now, settings: Settings
) -> Response[Any]:
    """Rename a feed, or change its alarms and whether it shows operations."""
    shows_operations = bool(form["shows_operations"])
    try:
        alarms = read_alarms(form["alarm"], form["all_day_alarm"])
        await subscriptions.change_subscription(
            viewer, subscription_id, form["name"], now, alarms=alarms, shows_operations=shows_operations
        )
    except Invalid as wrong:
        return await _page(
            pages,
            viewer,
            visit,
            now,
            settings,
            changing=subscription_id,
            changes=form,
            change_errors=errors_of(wrong, FIELDS),
            errors=errors_of(wrong, ()),
            status_code=422,
        )
    return pages.redirect(PATH, CHANGED)


@post(f"{PATH}/{{subscription_id:uuid}}/replacement", guards=[signed_in], status_code=303)
async def post_feed_address(subscription_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Redirect:
    """Give a feed another address; the old one stops at once."""
    await subscriptions.replace_feed_token(viewer, subscription_id, now)
    return pages.redirect(PATH, REPLACED)


@post(f"{PATH}/{{subscription_id:uuid}}/revocation", guards=[signed_in], status_code=303)
async def post_feed_end(subscription_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Redirect:
    """Turn a feed off permanently."""
    await subscriptions.turn_off_subscription(viewer, subscription_id, now)
    return pages.redirect(PATH, TURNED_OFF)


def _chosen(form: FormValues) -> tuple[FeedScope, FeedLimit, Alarms]:
    """Return what a new feed is to show, and its alarms. Errors: Invalid by field."""
    reader = FormReader(form)
    scope = reader.tried(lambda: read_feed_scope(form["scope"]), FeedScope.ALL)
    kind = reader.tried(lambda: read_feed_kind(form["kind"]), None)
    committee_id = id_in(form["committee"])
    if form["committee"] and committee_id is None:
        reader.refuse("committee", "Choose a committee from the list.")
    alarms = reader.tried(lambda: read_alarms(form["alarm"], form["all_day_alarm"]), NO_ALARMS)
    reader.check()
    return scope, FeedLimit(committee_id=committee_id, kind=kind), alarms


async def _page(
    pages: Pages, viewer: Viewer, visit: Visit, now: Now, settings: Settings, *, status_code: int = 200, **context: Any
) -> Response[str]:
    committees = await calendar_feeds.calendar_committees(viewer)
    feeds = await _feeds(viewer, visit, now, settings, {committee.id: committee.name for committee in committees})
    values: dict[str, Any] = {
        "feeds": feeds,
        "is_reauthenticated": is_reauthenticated(visit, now),
        "may_add": len(feeds) < MAX_SUBSCRIPTIONS,
        "prove_again": to_reauthentication(PATH),
        "scopes": SCOPES,
        "committees": [
            ("", "Any committee or none"),
            *((str(committee.id), committee.name) for committee in committees),
        ],
        "kinds": KINDS,
        "alarms": ALARMS,
        "all_day_alarms": ALL_DAY_ALARMS,
        "form": FormValues({"scope": [FeedScope.ALL]}),
        "errors": Errors(),
        "changing": None,
        "changes": FormValues({}),
        "change_errors": Errors(),
    }
    return pages.render("calendars/subscriptions/show.html", status_code=status_code, **values | context)


async def _feeds(
    viewer: Viewer, visit: Visit, now: Now, settings: Settings, committees: Mapping[UUID, str]
) -> list[ShownFeed]:
    reauthenticated_at = visit.reauthenticated_at
    tokens = await subscriptions.feed_tokens(viewer, reauthenticated_at, now) if is_reauthenticated(visit, now) else {}
    base_url = settings.base_url
    return [
        ShownFeed(
            feed=subscription,
            address=None if subscription.is_over(now) else _address(base_url, tokens.get(subscription.id)),
            words=_words(subscription, committees),
            is_open=subscription.only.is_open_to(viewer),
        )
        for subscription in await subscriptions.subscriptions_of(viewer)
    ]


def _words(feed: Subscription, committees: Mapping[UUID, str]) -> str:
    committee = committees.get(feed.only.committee_id, "") if feed.only.committee_id else ""
    return feed_words(feed.scope, feed.only, committee) or "everything you can see"


def _address(base_url: str, token: str | None) -> str | None:
    return token and f"{base_url}/feeds/{token}.ics"
