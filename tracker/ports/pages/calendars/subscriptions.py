"""The page of calendar subscriptions: the viewer's feed addresses, and how to add them to a calendar."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from litestar import get, post
from litestar.response import Redirect
from msgspec import Struct

from tracker.errors import Invalid
from tracker.ports.http.dependencies import Now, PathId, Settings, Viewer, Visit
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Form, Page, Pages, is_reauthenticated, to_reauthentication
from tracker.ports.pages.core.form_shapes import CheckBox, Choice, FormField, FormShape, Id, ShownField, form_context
from tracker.ports.pages.core.form_values import FormValues, errors_of
from tracker.rules.calendars.feeds import (
    ALARM_MINUTES,
    KIND_WORDS,
    MAX_SUBSCRIPTIONS,
    Alarms,
    AllDayAlarm,
    FeedLimit,
    FeedScope,
    Subscription,
    alarm_words,
    feed_words,
)
from tracker.rules.events.events import Kind
from tracker.usecases.calendars import feeds as calendar_feeds
from tracker.usecases.calendars import subscriptions

PATH = "/subscriptions"
MADE = "Feed created. Add its address to your calendar."
MADE_UNSEEN = "Feed created. Confirm it’s you to see its address."
REPLACED = "The feed has a new address. The old one no longer works. Add the new one to your calendar."
CHANGED = "Feed saved. Your calendar shows the change the next time it checks."
TURNED_OFF = "Feed turned off. Its address no longer works."
NOT_OFFERED = "Choose from the list."
_Minutes = Choice(
    "Alert before an event",
    words={str(minutes): words for minutes, words in ALARM_MINUTES.items()},
    blank="None",
    unknown=NOT_OFFERED,
    of="alarms.minutes",
)
_AllDay = Choice(
    "Alert for an all-day event", words=AllDayAlarm.labels(), blank="None", unknown=NOT_OFFERED, of="alarms.all_day"
)
_Operations = CheckBox("Show restricted events as busy time")


class FeedForm(FormShape, kw_only=True):
    """What can be changed about a feed."""

    name: Annotated[str, FormField("Name", subscriptions.LONGEST_NAME)] = ""
    alarm: Annotated[str, _Minutes] = ""
    all_day_alarm: Annotated[AllDayAlarm | None, _AllDay] = None
    shows_operations: Annotated[bool, _Operations] = False


class NewFeedForm(FormShape, kw_only=True):
    """A new feed, and what it shows."""

    name: Annotated[str, FormField("Name", subscriptions.LONGEST_NAME)] = ""
    scope: Annotated[
        FeedScope,
        Choice(
            "What it shows",
            words=FeedScope.labels(),
            notes={FeedScope.MINE: "Events I organize or am invited to"},
            missing="Choose what the feed shows.",
        ),
    ]
    committee: Annotated[UUID | None, Id("Committee", unknown="Choose a committee from the list.")] = None
    kind: Annotated[
        Kind | None,
        Choice(
            "Kind of event",
            words={kind: words.capitalize() for kind, words in KIND_WORDS.items()},
            blank="Any kind",
            unknown="Choose a kind of event from the list.",
        ),
    ] = None
    alarm: Annotated[str, _Minutes] = ""
    all_day_alarm: Annotated[AllDayAlarm | None, _AllDay] = None
    shows_operations: Annotated[bool, _Operations] = False


def _alarms(form: FeedForm | NewFeedForm) -> Alarms:
    return Alarms(minutes=int(form.alarm) if form.alarm else None, all_day=form.all_day_alarm)


class ShownFeed(Struct, frozen=True, kw_only=True):
    """A feed, what it shows and, while its owner may see it and it works, its address."""

    feed: Subscription
    address: str | None
    words: str
    """What it shows."""
    is_open: bool
    """Whether it shows anything: not when its owner is not, or no longer, on its committee."""
    fields: Mapping[str, ShownField]
    """The form that changes it."""
    is_wrong: bool
    """Whether that was refused."""

    @property
    def alarm_words(self) -> str:
        """Return when programs may remind; empty without alarms."""
        return alarm_words(self.feed.alarms)

    @property
    def webcal(self) -> str | None:
        """Return the address that opens a calendar program."""
        return self.address and f"webcal://{self.address.partition('://')[2]}"


@get(PATH, guards=[signed_in])
async def show_subscriptions(pages: Pages, viewer: Viewer, visit: Visit, now: Now, settings: Settings) -> Page:
    """Show the viewer's feeds; this creates none."""
    return await _page(pages, viewer, visit, now, settings)


@post(PATH, guards=[signed_in], status_code=303)
async def post_feed(pages: Pages, viewer: Viewer, visit: Visit, form: Form, now: Now, settings: Settings) -> Page:
    """Make a feed, or show the form again with its errors."""
    try:
        feed = NewFeedForm.read(form)
        await subscriptions.create_subscription(
            viewer,
            feed.name,
            feed.scope,
            now,
            only=FeedLimit(committee_id=feed.committee, kind=feed.kind),
            alarms=_alarms(feed),
            shows_operations=feed.shows_operations,
        )
    except Invalid as wrong:
        return await _page(pages, viewer, visit, now, settings, form, wrong)
    return pages.redirect(PATH, MADE if is_reauthenticated(visit, now) else MADE_UNSEEN)


@post(f"{PATH}/{{subscription_id:uuid}}/choices", guards=[signed_in], status_code=303)
async def post_feed_change(
    subscription_id: PathId, pages: Pages, viewer: Viewer, visit: Visit, form: Form, now: Now, settings: Settings
) -> Page:
    """Rename a feed, or change its alarms and whether it shows operations."""
    try:
        feed = FeedForm.read(form)
        await subscriptions.change_subscription(
            viewer, subscription_id, feed.name, now, alarms=_alarms(feed), shows_operations=feed.shows_operations
        )
    except Invalid as wrong:
        return await _page(pages, viewer, visit, now, settings, form, wrong, changing=subscription_id)
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


async def _page(
    pages: Pages,
    viewer: Viewer,
    visit: Visit,
    now: Now,
    settings: Settings,
    form: FormValues | None = None,
    wrong: Invalid | None = None,
    *,
    changing: UUID | None = None,
) -> Page:
    """Show the feeds with their forms, of which that of a new one was refused, or that of the feed `changing`."""
    committees = {committee.id: committee.name for committee in await calendar_feeds.calendar_committees(viewer)}
    is_recent = is_reauthenticated(visit, now)
    tokens = await subscriptions.feed_tokens(viewer, visit.reauthenticated_at, now) if is_recent else {}
    feeds = []
    for feed in await subscriptions.subscriptions_of(viewer):
        token = None if feed.is_over(now) else tokens.get(feed.id)
        committee = committees.get(feed.only.committee_id, "") if feed.only.committee_id else ""
        is_wrong = changing == feed.id
        shown = (form, wrong) if is_wrong else (FeedForm.texts_of(feed), None)
        feeds.append(
            ShownFeed(
                feed=feed,
                address=token and f"{settings.base_url}/feeds/{token}.ics",
                words=feed_words(feed.scope, feed.only, committee) or "everything you can see",
                is_open=feed.only.is_open_to(viewer),
                fields=form_context(*shown, FeedForm)["fields"],
                is_wrong=is_wrong,
            )
        )
    new = FormValues({"scope": [FeedScope.ALL]})
    context = form_context(new, None, NewFeedForm) if changing else form_context(form or new, wrong, NewFeedForm)
    if changing:
        context |= {"errors": errors_of(wrong, ()), "status_code": 422}
    return pages.render(
        "calendars/subscriptions/show.html",
        feeds=feeds,
        is_reauthenticated=is_recent,
        may_add=len(feeds) < MAX_SUBSCRIPTIONS,
        prove_again=to_reauthentication(PATH),
        committees=[("", "Any committee or none"), *((str(key), name) for key, name in committees.items())],
        **context,
    )
