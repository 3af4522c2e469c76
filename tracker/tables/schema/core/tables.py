"""The tables below every room: the audit log, the outbox, drafts of forms, saved filters, and the deployment."""

from piccolo.columns import UUID, BigInt, Boolean, ForeignKey, Integer, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from tracker.rules.core.drafts import LONGEST_SUBJECT, DraftForm
from tracker.rules.core.outbox import MessageState
from tracker.tables.schema.actions import ActionItem
from tracker.tables.schema.core.columns import Identified, check, index, one_of, unique
from tracker.tables.schema.events import USUAL_LEADS, Event, Occurrence
from tracker.tables.schema.roster import Member


class AuditEntry(Table):
    """One deed. `hash` covers the row and the hash before it."""

    seq = BigInt(primary_key=True)
    at = Timestamptz(null=False)
    actor = Varchar(length=36, default="")
    """Member id; empty = the system. No foreign key: the audit log outlives its subjects."""
    agency = Varchar(length=36, default="")
    """Id of the agency for which the member acted; empty = the system, or an unknown person."""
    source = Varchar(length=12)
    """page, link, feed, api, cli, clock"""
    address = Varchar(length=45, default="")
    """Network address, of 45 characters at most (RFC 4291 §2.2); empty for commands and the clock."""
    session = Varchar(length=12, default="")
    """The first characters of the session's id, which is the hash of its cookie; for a program, of its token's row."""
    request = Varchar(length=16, default="")
    """The id that the access log gives the request."""
    verb = Varchar(length=40)
    subject = Varchar(length=20)
    """Kind of thing: event, occurrence, item, member, subscription…"""
    subject_id = Varchar(length=64, default="")
    facts = Text(default="{}")
    """JSON: names of the changed fields, and their values unless they are secret."""
    previous = Varchar(length=64)
    hash = Varchar(length=64)

    constraints = (
        index("audit_entry_at", "at", "seq"),
        index("audit_entry_actor", "actor", "at"),
        index("audit_entry_verb", "verb", "at"),
        index("audit_entry_subject", "subject", "subject_id"),
    )


class AuditHead(Table):
    """The end of the chain, one row with id 1: shows when the last entry was deleted."""

    id = BigInt(primary_key=True)
    seq = BigInt(null=False)
    hash = Varchar(length=64)
    seal = Varchar(length=64)
    """HMAC over seq and hash."""


class Sending(Identified, Table):
    """The messages of one kind that one deed queued about one event, date, or action item: a row of the Messages page.

    What it is about is read from its messages, because a change of a series can move messages to another event.
    """

    topic = Varchar(length=20)
    """What its messages announce: a key of `rules.core.outbox.TOPIC_WORDS`"""
    queued_at = Timestamptz(null=False)

    constraints = (index("sending_recent", "queued_at", "id"),)


class Message(Identified, Table):
    """One email to one person. Its content is read at the moment of sending, with the recipient as viewer."""

    key = Varchar(length=250, unique=True)
    """The same deed for the same person never makes two rows."""
    kind = Varchar(length=20)
    """`rules.core.outbox.MessageKind`: what people filter by"""
    sending = ForeignKey(Sending, null=False, on_delete=OnDelete.restrict)
    recipient = ForeignKey(Member, null=False, on_delete=OnDelete.restrict)
    event = ForeignKey(Event, null=True, default=None, on_delete=OnDelete.restrict)
    occurrence = ForeignKey(Occurrence, null=True, default=None, on_delete=OnDelete.set_null)
    """None = the whole series"""
    item = ForeignKey(ActionItem, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    facts = Text(default="{}")
    """JSON of `rules.core.message_types`: what can't be read again later, such as the earlier time."""
    created_at = Timestamptz(null=False)
    """Gives the Date header, the same on every try."""
    due = Timestamptz(null=False)
    not_after = Timestamptz(null=True, default=None)
    """From this moment on it is no longer useful."""
    state = Varchar(length=12, default="pending")
    reason = Varchar(length=200, default="")
    attempts = Integer(default=0)
    worker = Varchar(length=40, default="")
    """The worker that has claimed it; empty = none"""
    try_after = Timestamptz(null=True, default=None)
    sent_at = Timestamptz(null=True, default=None)
    sent_to = Varchar(length=254, null=True, default=None)
    """The address for which it was handed over; None = it wasn't, or by an earlier release"""
    bounced_at = Timestamptz(null=True, default=None)
    """When it came back for good after it was sent; None = as far as is known, it arrived"""
    event_version = Integer(null=True, default=None)
    """The version of its event when it was sent; None = not sent, about no event, or sent by an earlier release"""
    unconfirmed_at = Timestamptz(null=True, default=None)
    """When a try last ended without the mail server's reply, so that the email may have arrived; None = never"""
    resent_at = Timestamptz(null=True, default=None)
    """When a person sent it again, as another message of the same sending; None = it is the last try to reach them"""

    constraints = (
        one_of("state", MessageState),
        index("message_waiting", "due", where="state = 'pending'"),
        index("message_sending", "sending", "recipient"),
        index("message_state", "state", "due", "id"),
        index("message_to", "recipient", "due", "id"),
        index("message_recipient", "recipient", "event"),
        index("message_event", "event", "due"),
        index("message_bounced", "bounced_at", where="bounced_at IS NOT NULL"),
        index("message_email_test", "created_at", where="kind = 'email_test'"),
    )


class Watermark(Table):
    """How far a planner has run: everything due up to `until` has its row."""

    name = Varchar(length=20, primary_key=True)
    until = Timestamptz(null=False)


class Draft(Identified, Table):
    """One draft; a person has one for each form and what it is about."""

    member = ForeignKey(Member, null=False, on_delete=OnDelete.cascade)
    form = Varchar(length=20)
    """`rules.core.drafts.DraftForm`"""
    subject = Varchar(length=LONGEST_SUBJECT)
    """What the form is about; empty for something new."""
    event = ForeignKey(Event, null=True, default=None, on_delete=OnDelete.cascade)
    """The event whose texts it may hold: it is read only with a viewer who may see that event."""
    texts = Text(default="{}")
    """The texts of its fields, as JSON."""
    tab = UUID()
    """The page that saved it last."""
    version = Integer(default=1)
    saved_at = Timestamptz(null=False)
    discarded_at = Timestamptz(null=True, default=None)
    """None = it is shown; otherwise it can be restored for a minute."""

    constraints = (unique("member", "form", "subject"), one_of("form", DraftForm), index("draft_saved", "saved_at"))


class SavedFilter(Identified, Table):
    """One filter of one listing; its name is unique per person and listing."""

    member = ForeignKey(Member, null=False, on_delete=OnDelete.cascade)
    listing = Varchar(length=20)
    name = Varchar(length=60)
    query = Varchar(length=500)
    """The query string of its address."""
    created_at = Timestamptz(null=False)

    constraints = (unique("member", "listing", "name"),)


class Deployment(Table):
    """One row with id 1."""

    id = BigInt(primary_key=True)
    copy_of = Timestamptz(null=True, default=None)
    """The moment of the backup that this copy was restored from, until a person resumes sending; None = it sends."""
    backed_up_at = Timestamptz(null=True, default=None)
    """When the last backup was made."""
    unnamed_proxy_at = Timestamptz(null=True, default=None)
    """When a sign-in last came through a web server that `--proxy` doesn't name; None = not since it is named."""
    set_up_at = Timestamptz(null=True, default=None)
    """When the setup checklist of the first day was hidden; None = it is shown while anything on it is left to do."""
    quiet_from = Varchar(length=5, null=True, default=None)
    """22:00: when quiet hours begin for people who have chosen nothing, on their own clocks; None = there are none"""
    quiet_until = Varchar(length=5, null=True, default=None)
    reminder_leads = Varchar(length=60, default=USUAL_LEADS)
    """The reminder policy of the task force, which committees and events of none begin with; as in `Event`"""
    ask_leads = Varchar(length=60, default="")
    ask_after = Varchar(length=60, default="")
    sends_thanks = Boolean(default=False)

    constraints = (check("id = 1"), check("(quiet_from IS NULL) = (quiet_until IS NULL)"))
