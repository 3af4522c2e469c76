"""The values that the templates of each email use; `RemovedUnseenEmail` finds its folder: `removed_unseen`.

They are ready to read: days as "Thu, Dec 10", times as "2:00 PM", and "" for missing values. `call` is
the coordinators with their phone numbers, or nothing.
"""

import re
from enum import StrEnum

from msgspec import Struct

from tracker.rules.core.email_declarations import EMAILS, Content
from tracker.rules.core.message_types import AnswerOutcome


class EmailValues(
    Struct, frozen=True, kw_only=True, tag=lambda name: re.sub(r"\B([A-Z])", r"_\1", name.removesuffix("Email")).lower()
):
    """The values that the words of an email use by name; its tag is their folder in `templates/emails/`."""

    @property
    def folder(self) -> str:
        """Return the folder of its words."""
        return str(self.__struct_config__.tag)


class EventEmail(EmailValues, frozen=True, kw_only=True):
    """An email that names an event, with its title."""

    title: str


class OwnReply(Struct, frozen=True, kw_only=True):
    """The reader's reply to the subject of an email; every field is empty when the reader is the organizer."""

    kept: str = ""
    """Yes, Maybe or No, if it still counts."""
    is_missing: bool = False
    comes_for: str = ""
    """The person for whom the reader substitutes."""
    sends: str = ""
    """The person who comes in the reader's place."""


class InvitationEmail(EventEmail, frozen=True, kw_only=True):
    """`invitation`: the reader is invited to an event."""

    starts: str
    reply_by: str
    reply_kept: str
    """The reply that still counts from an earlier series, so that none is requested."""
    asks_reply: bool
    is_tentative: bool
    is_informed: bool = False
    """Whether its reader is only informed, and not asked to come."""
    is_continuation: bool = False
    """Whether its dates replace later dates of a series to which the reader is invited too."""
    outline: str
    """How long it takes and how people attend, such as "90 minutes, in person." with its period."""


class ChangedPart(StrEnum):
    """What changed about an event or date."""

    TIME = "time"
    PLACE = "place"
    CONFIRMED = "confirmed"
    """Only that it is no longer tentative."""
    DETAILS = "details"


class ChangedEmail(EventEmail, frozen=True, kw_only=True):
    """`changed`: an event with one date, or one date of a series, has a new time, place or detail."""

    change: ChangedPart
    starts: str
    day: str
    time: str
    """Empty for an all-day event."""
    was_day: str
    """Set when it moved to another day."""
    was: str
    """The earlier time, as far as it differs."""
    reply: OwnReply


class SeriesChangedEmail(EventEmail, frozen=True, kw_only=True):
    """`series_changed`: a series has a new time, rule, end, place or detail."""

    starts: str
    day: str
    time: str
    was_time: str
    """Set when it begins at another hour."""
    until: str
    """Set with `was_until` when only the end of the series changed."""
    was_until: str
    is_longer: bool
    is_elsewhere: bool
    is_confirmed: bool
    """Whether it is no longer tentative, and neither time nor place changed."""
    reply: OwnReply


class RestoredEmail(EventEmail, frozen=True, kw_only=True):
    """`restored`: a canceled event or date is restored."""

    starts: str
    is_series: bool
    was: str
    reply: OwnReply


class DateAddedEmail(EventEmail, frozen=True, kw_only=True):
    """`date_added`: a series has one more date."""

    day: str
    time: str
    was: str
    reply: OwnReply


class CanceledEmail(EventEmail, frozen=True, kw_only=True):
    """`canceled`: an event or date is canceled."""

    day: str
    is_series: bool
    next_date: str
    """The date of the series that follows the canceled one."""


class RemovalReason(StrEnum):
    """Why a person need not come: they were taken off the list, or what the person they were to substitute for does."""

    OFF_THE_LIST = "off_the_list"
    NOT_ASKED = "not_asked"
    COMES = "comes"
    MAY_COME = "may_come"
    SENDS_ANOTHER = "sends_another"
    SENDS_NO_ONE = "sends_no_one"
    CAN_T_COME = "can_t_come"
    """The reader said so, or the organizer recorded it."""
    NO_LONGER_SAYS_SO = "no_longer_says_so"


class RemovedEmail(EventEmail, frozen=True, kw_only=True):
    """`removed`: the reader is no longer invited, or no longer a substitute."""

    day: str
    """Empty when it is about a series."""
    why: RemovalReason = RemovalReason.OFF_THE_LIST
    name: str = ""
    """The person for whom they were to substitute."""
    is_informed: bool = False
    """Whether they are kept informed of the event, which stays in their calendar."""


class RemovedUnseenEmail(EmailValues, frozen=True, kw_only=True):
    """`removed_unseen`: the reader is no longer invited and may not even know the event's title."""

    has_attachment: bool
    """Whether the email removes the event from their calendar."""


class SeriesEndedEmail(EventEmail, frozen=True, kw_only=True):
    """`series_ended`: the upcoming dates of a series are canceled."""

    last_day: str


class RemovedFromSeriesEmail(EventEmail, frozen=True, kw_only=True):
    """`removed_from_series`: a series continues without the reader."""

    last_day: str


class SeriesContinuedEmail(EventEmail, frozen=True, kw_only=True):
    """`series_continued`: a series ends and another one continues it."""

    first_day: str = ""
    """The first date of the new series; empty when the reader may not see it by email, as is everything below."""
    time: str = ""
    was_time: str = ""
    """Set when only the hour changed."""
    was: str = ""
    """The earlier rule and hours, when more than the hour changed."""
    is_same_time: bool = False
    is_elsewhere: bool = False


class SubstituteEmail(EventEmail, frozen=True, kw_only=True):
    """`substitute`: the reader substitutes for another person."""

    starts: str
    name: str
    """The person for whom they substitute."""


class SubstituteDeclinedEmail(EventEmail, frozen=True, kw_only=True):
    """`substitute_declined`: the person named to come in the reader's place can't."""

    starts: str
    name: str
    """That person; empty where the email doesn't name them, or their No no longer counts."""
    asks_reply: bool


class ReminderEmail(EventEmail, frozen=True, kw_only=True):
    """`reminder`: a date is near."""

    near: str
    """"Today", "Tomorrow" or "In 7 days"."""
    time: str
    """Empty for an all-day event, and when the date is days away."""
    starts: str
    """Set when the date is days away."""
    where: str
    is_tentative: bool
    is_led: bool
    replied: str
    """"Yes", "Maybe", "No", or nothing."""
    is_late: bool


class ReplyNudgeEmail(EventEmail, frozen=True, kw_only=True):
    """`reply_nudge`: the reader has not replied."""

    day: str
    reply_by: str


class ConfirmationNudgeEmail(EventEmail, frozen=True, kw_only=True):
    """`confirmation_nudge`: the reader has not confirmed a change."""

    day: str
    what: str
    """"time", "place", or both."""


class InvitationAnsweredEmail(EventEmail, frozen=True, kw_only=True):
    """`invitation_answered`: what was understood of what the reader wrote back to an email about an event."""

    day: str
    outcome: AnswerOutcome
    value: str
    """Yes, Maybe or No, if it was recorded."""
    is_series: bool
    is_whole: bool
    released: str = ""
    """The person who no longer comes in their place because of it."""
    kept: str = ""
    """The reader's reply where the email didn't change it; empty for none."""
    is_partly: bool = False
    """Whether some dates of the series have a reply, and others none."""
    comes_for: str = ""
    """The person for whom the reader substitutes."""
    is_released: bool = False
    """Whether the reader was to come as a substitute, and no longer is."""


class ProposalDeclinedEmail(EventEmail, frozen=True, kw_only=True):
    """`proposal_declined`: the time that the reader proposed for a date was declined."""

    day: str


class SignpostEmail(EmailValues, frozen=True, kw_only=True):
    """An email that says nothing but that there is something to see after signing in; its message declares the folder.

    What that is, and who did it, is shown there only.
    """

    signpost: str

    @property
    def folder(self) -> str:
        """Return the folder of its words."""
        return self.signpost


def signpost_values(message: type[Content]) -> SignpostEmail:
    """Return the values of an email that has none: its message declares where its words are."""
    return SignpostEmail(signpost=EMAILS[message].folder)


class ItemEmail(EmailValues, frozen=True, kw_only=True):
    """An email about one action item."""

    reference: str
    due: str


class RestrictedReason(StrEnum):
    """Why a reader gets an email about a restricted event."""

    INVITATION = "invitation"
    REMINDER = "reminder"
    REPLY = "reply"
    CANCELED = "canceled"
    UPDATE = "update"


class RestrictedEmail(EmailValues, frozen=True, kw_only=True):
    """`restricted`: a change to a restricted event; the email reveals nothing about it."""

    reason: RestrictedReason
    has_attachment: bool
    """Whether the email removes an earlier entry from the reader's calendar."""
    asks_reply: bool = True


class ThankYouEmail(EventEmail, frozen=True, kw_only=True):
    """`thank_you`: the reader was at a date of an event."""

    day: str
    organizer: str
    """Empty in a time-only email, as both numbers are 0 there."""
    own: int
    """How many of its action items are the reader's."""
    others: int
    """How many other ones the reader can see."""


class ItemAssignedEmail(ItemEmail, frozen=True, kw_only=True):
    """`item_assigned`: the reader owns a new action item."""

    origin: str


class ItemWithdrawnEmail(ItemEmail, frozen=True, kw_only=True):
    """`item_withdrawn`: another person canceled the reader's action item, or reassigned it."""

    is_canceled: bool


class ItemBlockedEmail(ItemEmail, frozen=True, kw_only=True):
    """`item_blocked`: the owner of an action item can't finish it; the reader can help or reassign it."""

    owner: str
    has_reason: bool


class ItemNotedEmail(ItemEmail, frozen=True, kw_only=True):
    """`item_noted`: another person unblocked the reader's action item, or added a note while it was blocked."""

    by: str
    is_blocked: bool


class ItemAnsweredEmail(ItemEmail, frozen=True, kw_only=True):
    """`item_answered`: what was understood of what the reader wrote back to an email about an action item."""

    outcome: AnswerOutcome
    status: str
    """What they set it to, in small emails; empty for a note."""
    is_whole: bool


class ItemDueEmail(ItemEmail, frozen=True, kw_only=True):
    """`item_due`: an action item is due in some days, or today."""

    days: int
    progress: str
    is_late: bool


class ItemOverdueEmail(ItemEmail, frozen=True, kw_only=True):
    """`item_overdue`: an action item was due some days ago."""

    days: int
    is_late: bool


class ItemEmailReason(StrEnum):
    """Why a reader gets an email about an action item."""

    ASSIGNED = "assigned"
    WITHDRAWN = "withdrawn"
    BLOCKED = "blocked"
    NOTED = "noted"
    ANSWERED = "answered"
    DUE = "due"
    OVERDUE = "overdue"


class ItemRestrictedEmail(EmailValues, frozen=True, kw_only=True):
    """`item_restricted`: an action item of which the email reveals only the number and the due day."""

    reason: ItemEmailReason
    reference: str
    due: str
    days: int
    """Days until it is due, or since then; 0 when the email isn't a reminder."""


class ItemsOfDayEmail(EmailValues, frozen=True, kw_only=True):
    """`items_of_day`: several action items that the reader owns or can help with, or one of another person."""

    day: str
    overdue: int
    due: int
    agency: int
    """Items that reached the agency of their owner."""
    followed_up: int
    """Items that reached the coordinators, or the person who assigned them."""
    restricted: int
    """How many of all these are counted but not listed."""
    lists_agency: bool
    lists_followed_up: bool
    is_late: bool


class DigestEmail(EmailValues, frozen=True, kw_only=True):
    """`digest`: the reader's week."""

    monday: str
    sunday: str
    events: int
    replies: int
    items: int
    followed_up: int
    has_restricted: bool


class AccountInvitationEmail(EmailValues, frozen=True, kw_only=True):
    """`account_invitation`: a new member gets a link to sign in for the first time."""

    until: str


class AccountLockedEmail(EmailValues, frozen=True, kw_only=True):
    """`account_locked`: sign-in is paused after failed attempts."""

    call: str


class AccountChangedEmail(EmailValues, frozen=True, kw_only=True):
    """`account_changed`: another person changed how the reader signs in."""

    call: str


class EmailTestEmail(EmailValues, frozen=True, kw_only=True):
    """`email_test`: the reader asked for it, to see whether emails arrive."""

    asked: str
    """When they asked."""


class AddressCheckEmail(EmailValues, frozen=True, kw_only=True):
    """`address_check`: the reader of this mailbox confirms that replies from here are a member's."""

    person: str
    """Name and agency."""
    address: str


class AddressAddedEmail(EmailValues, frozen=True, kw_only=True):
    """`address_added`: replies from a further address count as the reader's."""

    address: str


class ConflictFoundEmail(EmailValues, frozen=True, kw_only=True):
    """`conflict_found`: two operations are in each other's way; what they are is shown after sign-in only."""

    for_officer: bool


class ReadinessEmail(EmailValues, frozen=True, kw_only=True):
    """`readiness`: a service-readiness notice is new or has changed; what it says is shown after sign-in only."""

    is_new: bool


class PlanMovedEmail(EmailValues, frozen=True, kw_only=True):
    """`plan_moved`: the time of an operation moved; what that is is shown after sign-in only."""

    is_back: bool
    keeps_window: bool


class PollOpenedEmail(EventEmail, frozen=True, kw_only=True):
    """`poll_opened`: the reader is asked which of some dates suit them."""

    reply_by: str


class PollNudgeEmail(EventEmail, frozen=True, kw_only=True):
    """`poll_nudge`: the reader has not replied to a date poll."""

    reply_by: str
    """Empty once the day is over."""


class PollCanceledEmail(EmailValues, frozen=True, kw_only=True):
    """`poll_canceled`: a date poll in which the reader was asked is canceled."""

    title: str
    """Empty once the draft was edited after that."""
