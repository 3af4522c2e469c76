"""Received emails, replies, and proposals that wait for a decision, if the viewer may see what they are about."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import msgspec
from piccolo.querystring import QueryString

from tracker.database.queries import id_list
from tracker.rules.actions import ATTACHED
from tracker.rules.core.message_types import AnswerOutcome, AnswerWord
from tracker.rules.core.viewers import Status, Viewer
from tracker.rules.events.replies import ReplySource, ReplyValue
from tracker.rules.intake.calendar_replies import HeldEmail, Settled, UnrecordedReply
from tracker.rules.intake.item_emails import ItemSettled, KeptEmail, Proposal
from tracker.tables.visible.attendance import WAS_INVITED
from tracker.tables.visible.core import Row, rows, seen_by, with_agency
from tracker.tables.visible.emails import SEEN, known_to_viewer

Held = TypeVar("Held", bound=HeldEmail)
SHOWN = 20
"""Of those that wait, and of the others."""
# As `rules.intake.calendar_replies.reply_order` puts replies in their order.
_SEQUENCE = "CASE WHEN d.sequence > e.sequence THEN d.sequence ELSE e.sequence END"
_MADE_AT = "CASE WHEN n.stamped_at < n.received_at THEN n.stamped_at ELSE n.received_at END"
# Anyone can forge any address, so unconfirmed senders take one turn together, but for the address of the person.
_IS_OWN = "n.sender = m.email"
_TURN = f"CASE WHEN n.is_verified OR {_IS_OWN} THEN n.sender ELSE '' END"
_INVITED = "SELECT 1 FROM invitation z WHERE z.event = e.id AND z.withdrawn_at IS NULL AND z.member"
_NAMED = "SELECT 1 FROM reply z WHERE z.invitation = i.id AND z.occurrence = n.occurrence AND z.substitute"
_COMES = (
    "SELECT 1 FROM reply z WHERE z.invitation = i.id AND z.occurrence = n.occurrence AND NOT EXISTS (SELECT 1"
    " FROM reply y WHERE y.invitation = z.invitation AND y.occurrence = z.occurrence AND y.number > z.number)"
    " AND z.substitute"
)
# The SQL form of `UnrecordedReply.claimed_by`.
_IS_OF_SENDER = "n.misfit = 'other_attendee' OR (n.misfit = 'other_sender' AND COALESCE(s.id, x.member) IS NOT NULL)"
_UNRECORDED = (
    "SELECT n.id, n.received_at, n.sender, n.is_verified, n.reply AS value, n.comment, n.sequence, n.stamped_at,"
    " n.outcome, n.misfit, n.occurrence, n.occurrence IS NOT NULL AS for_date, i.id AS invitation_id,"
    f" i.member AS member_id, {with_agency('m', 'g')} AS person, o.id AS shown_on,"
    " COALESCE(s.id, x.member) AS sender_id, v.id IS NOT NULL AS is_sender_invited, n.decided_at AS at,"
    f" {with_agency('p', 'h')} AS by, COALESCE({with_agency('t', 'k')}, '') AS attached_to,"
    f" t.id IS NOT NULL AND a.source <> '{ReplySource.EMAIL}' AND a.substitute IS NOT NULL AS is_substitution,"
    f" t.id IS NOT NULL AND a.source <> '{ReplySource.EMAIL}' AND a.substitute IS NULL AS is_release,"
    f" {_TURN} AS turn_of, CASE WHEN {_IS_OWN} OR (n.is_verified AND (s.id IS NOT NULL OR x.member IS NOT NULL))"
    f" THEN 1 ELSE 0 END AS is_known, {_MADE_AT} AS made_at,"
    f" CASE WHEN n.sequence < {_SEQUENCE} THEN n.sequence ELSE {_SEQUENCE} END AS counted,"
    f" CASE WHEN {_IS_OF_SENDER} THEN v.id ELSE i.id END AS claims,"
    " CASE WHEN e.status = 'canceled' OR NOT EXISTS (SELECT 1 FROM occurrence y WHERE y.event = e.id"
    " AND y.id = COALESCE(n.occurrence, y.id) AND y.ends_at > {} AND NOT y.is_canceled) THEN 1 ELSE 0 END AS is_closed,"
    f" CASE WHEN EXISTS ({_NAMED} = COALESCE(s.id, x.member)) THEN 1 ELSE 0 END AS is_sender_named,"
    f" CASE WHEN EXISTS ({_COMES} = COALESCE(s.id, x.member)) OR v.role <> 'informed' THEN 1 ELSE 0 END AS sender_comes"
    " FROM incoming_reply n JOIN invitation i ON i.id = n.invitation JOIN event e ON e.id = i.event"
    " JOIN member m ON m.id = i.member JOIN agency g ON g.id = m.agency"
    " LEFT JOIN occurrence d ON d.id = n.occurrence"
    # Unconfirmed, it's only known of people on the list: a forged sender would show whether an address is a member's.
    f" LEFT JOIN member s ON s.email = n.sender AND n.sender <> '' AND (n.is_verified OR EXISTS ({_INVITED} = s.id)"
    f" OR EXISTS ({_NAMED} = s.id))"
    " LEFT JOIN email_alias x ON x.address = n.sender AND x.confirmed_at IS NOT NULL AND x.removed_at IS NULL"
    " AND n.is_verified"
    " LEFT JOIN invitation v ON v.event = e.id AND v.member = COALESCE(s.id, x.member) AND v.withdrawn_at IS NULL"
    " LEFT JOIN member p ON p.id = n.decided_by LEFT JOIN agency h ON h.id = p.agency"
    " LEFT JOIN reply a ON a.id = n.attached LEFT JOIN invitation b ON b.id = a.invitation"
    " LEFT JOIN member t ON t.id = b.member LEFT JOIN agency k ON k.id = t.agency"
)
_OF_DATE = (
    " JOIN occurrence o ON o.id = {} AND o.event = e.id AND (n.occurrence IS NULL OR n.occurrence = o.id)"
    f" WHERE MAY_SEE(e) AND {WAS_INVITED} AND n.received_at > {{}}"
    " AND n.outcome IN ('unmatched', 'old_time', 'stale', 'closed')"
    " AND (n.outcome = 'unmatched' OR NOT EXISTS (SELECT 1 FROM time_proposal q WHERE q.reply = n.id))"
)
# An email about a whole series waits on the page of its next date, or of its first one after the last.
_OPEN = (
    " JOIN occurrence o ON o.id = COALESCE(n.occurrence, (SELECT y.id FROM occurrence y WHERE y.event = e.id"
    " ORDER BY CASE WHEN y.ends_at > {} THEN 0 ELSE 1 END, y.starts_at, y.id LIMIT 1))"
    f" WHERE MAY_SEE(e) AND {WAS_INVITED} AND n.received_at > {{}} AND n.outcome = 'unmatched' AND n.decided_at IS NULL"
)
# The SQL form of `judge` in `rules.intake.calendar_replies`, for the person whose reply it says it is.
_GIVEN = (
    "SELECT 1 FROM reply r WHERE r.invitation = u.claims AND (r.occurrence = u.occurrence OR (r.occurrence IS NULL"
    " AND NOT EXISTS (SELECT 1 FROM reply y WHERE y.invitation = r.invitation AND y.occurrence = u.occurrence)))"
)
# A change asks everyone again: when it isn't known whose reply it is, that of the invited person says since when.
_GIVEN_TO_DATE = _GIVEN.replace("u.claims", "COALESCE(u.claims, u.invitation_id)")
_ASKED_AGAIN = (
    f"EXISTS ({_GIVEN_TO_DATE} AND r.source = '{ReplySource.CHANGE}'"
    " AND CASE WHEN u.sequence IS NULL THEN r.replied_at > u.made_at ELSE r.sequence > u.sequence END)"
)
_REPLIED = (
    f"EXISTS ({_GIVEN}"
    f" AND r.source NOT IN ('{ReplySource.CHANGE}', '{ReplySource.EMAIL}', '{ReplySource.SUBSTITUTE}')"
    f" AND r.reply <> '{ReplyValue.NEEDS_ACTION}' AND r.replied_at > u.made_at)"
)
_NOT_OLDER = "(c.sequence > u.counted OR (c.sequence = u.counted AND c.stamped_at >= u.made_at)) AND c.id <> u.id"
_UNDONE = "SELECT 1 FROM incoming_words w WHERE w.email_hash = c.email_hash AND w.undone_at IS NOT NULL"
_WROTE = (
    "EXISTS (SELECT 1 FROM incoming_reply c WHERE c.invitation = u.claims AND c.outcome = 'recorded'"
    f" AND COALESCE(c.occurrence, u.claims) = COALESCE(u.occurrence, u.claims) AND {_NOT_OLDER}"
    f" AND NOT EXISTS ({_UNDONE}))"
    " OR EXISTS (SELECT 1 FROM reply r JOIN incoming_reply c ON c.attached = r.id WHERE r.invitation = u.claims"
    f" AND r.source = '{ReplySource.EMAIL}' AND COALESCE(r.occurrence, u.claims) = COALESCE(u.occurrence, u.claims)"
    f" AND {_NOT_OLDER})"
)
# What an unconfirmed sender wrote is replaced only by the same: anyone could have written the other one.
_WROTE_AGAIN = (
    "EXISTS (SELECT 1 FROM incoming_reply c WHERE c.invitation = u.invitation_id AND c.sender = u.sender"
    " AND COALESCE(c.occurrence, u.invitation_id) = COALESCE(u.occurrence, u.invitation_id)"
    " AND c.id <> u.id AND c.outcome = 'unmatched'"
    " AND c.misfit = u.misfit AND c.is_verified = u.is_verified AND (c.reply IS NOT NULL OR u.value IS NULL)"
    " AND (u.is_verified OR (COALESCE(c.reply, '') = COALESCE(u.value, '') AND c.comment = u.comment))"
    " AND (c.received_at > u.received_at OR (c.received_at = u.received_at AND c.id > u.id)))"
)
_SAYS_NOTHING = (
    "u.misfit IN ('no_invitation', 'other_date')"
    " OR (u.value IS NULL AND u.comment = '' AND u.misfit NOT IN ('proposal', 'delegate'))"
)
_SAYS_KNOWN_NO = (
    "u.misfit IN ('other_attendee', 'other_sender') AND u.value = 'declined' AND u.is_sender_named = 1"
    " AND u.sender_comes = 0"
)
_JUDGED = (
    f"SELECT u.*, CASE WHEN u.outcome = 'stale' THEN '{Settled.REPLIED}' WHEN u.outcome <> 'unmatched' THEN u.outcome"
    f" WHEN {_SAYS_NOTHING} THEN '{Settled.NOTHING}' WHEN u.is_closed = 1 THEN '{Settled.CLOSED}'"
    f" WHEN {_ASKED_AGAIN} THEN '{Settled.OLD_TIME}' WHEN {_REPLIED} OR {_WROTE} THEN '{Settled.REPLIED}'"
    f" WHEN {_SAYS_KNOWN_NO} THEN '{Settled.RELEASED}'"
    f" WHEN {_WROTE_AGAIN} THEN '{Settled.WROTE_AGAIN}' END AS settled FROM ({_UNRECORDED}"
)
_WAITING = f"SELECT j.shown_on, j.received_at FROM ({_JUDGED}"
_UNSETTLED = ") u) j WHERE j.settled IS NULL ORDER BY j.received_at, j.id"
_WAITS = "CASE WHEN j.at IS NULL AND j.settled IS NULL THEN 1 ELSE 0 END AS waits"
# Senders take turns, those whom the tracker knows first: no one fills the list and hides what others wrote.
_IN_TURNS = (
    "SELECT * FROM (SELECT l.*, COUNT(*) OVER (PARTITION BY l.waits) AS every, ROW_NUMBER() OVER (PARTITION BY l.waits"
    " ORDER BY l.turn, l.is_known DESC, l.is_verified DESC, l.received_at DESC, l.id) AS place"
    " FROM (SELECT w.*, ROW_NUMBER() OVER (PARTITION BY w.waits, w.is_verified, w.turn_of"
    " ORDER BY w.received_at DESC, w.id) AS turn"
    f" FROM (SELECT j.*, {_WAITS} FROM ({_JUDGED}"
)
_AT_MOST = ") u) j) w) l) f WHERE f.place <= {} ORDER BY f.waits DESC, f.received_at DESC, f.id"


async def unrecorded_replies(
    viewer: Viewer, occurrence_id: UUID, now: datetime, since: datetime
) -> tuple[list[UnrecordedReply], int]:
    """Return the replies to a date, or to its whole series, that came since and were not recorded.

    Those that wait for a decision come first, and of these and of the others the newest; at most `SHOWN` of each. The
    number says how many more wait.
    """
    records = await rows(_IN_TURNS, viewer, _OF_DATE + _AT_MOST, now, occurrence_id, since, SHOWN)
    more = max((row["every"] - SHOWN for row in records if row["waits"]), default=0)
    return _held_emails(UnrecordedReply, records), max(0, more)


async def dates_of_waiting_replies(viewer: Viewer, now: datetime, since: datetime) -> list[tuple[UUID, datetime]]:
    """Return the date of each reply that came since and waits for a decision, and when it came, earliest first.

    Only those to people who are on the list of the date: the others aren't on its page.
    """
    records = await rows(_WAITING, viewer, _OPEN + _UNSETTLED, now, now, since)
    return [(row["shown_on"], row["received_at"]) for row in records]


async def unrecorded_reply_by_id(
    viewer: Viewer, occurrence_id: UUID, now: datetime, since: datetime, incoming_id: UUID
) -> list[UnrecordedReply]:
    """Return one of these replies, also one that isn't shown; none for any other."""
    tail = _OF_DATE + " AND n.id = {}) u"
    return _held_emails(UnrecordedReply, await rows(_JUDGED, viewer, tail, now, occurrence_id, since, incoming_id))


def _held_emails(shape: type[Held], records: Sequence[Row]) -> list[Held]:
    """Return emails from rows, whose columns `at`, `by`, and so on are of a decision, if there is one."""
    return [msgspec.convert({**row, "decision": row if row["at"] else None}, shape, strict=False) for row in records]


ITEM_EMAILS_SHOWN = 50
# Anyone can forge any address, so unconfirmed senders take one turn together, but for the address of the person
# themselves. Their other addresses have no turn of their own: it would show whose they are.
_SENDER = "CASE WHEN w.is_verified OR w.sender = m.email THEN w.sender ELSE '' END"
_KEPT = (
    "SELECT w.id, w.received_at, w.sender, w.is_verified, w.word, w.text, w.item AS item_id, w.claimed AS person_id,"
    f" {with_agency('m', 'g')} AS person, w.decided_at AS at, {with_agency('d', 'h')} AS by,"
    f" CASE WHEN w.outcome = '{AnswerOutcome.RECORDED}' THEN {with_agency('m', 'g')} ELSE '' END AS attached_to,"
    " m.status AS person_status, g.status AS agency_status, i.status, i.owner, i.created_by, i.closed_at,"
    f" {_SENDER} AS turn_of FROM incoming_words w JOIN action_item i ON i.id = w.item JOIN member m ON m.id = w.claimed"
    " JOIN agency g ON g.id = m.agency LEFT JOIN member d ON d.id = w.decided_by LEFT JOIN agency h ON h.id = d.agency"
    " LEFT JOIN occurrence o ON o.id = i.origin LEFT JOIN event e ON e.id = o.event"
    " WHERE ((i.origin IS NOT NULL AND MAY_SEE(e)) OR (i.origin IS NULL AND i.audience IN ({})))"
    " AND w.claimed IS NOT NULL AND w.received_at > {}{}"
)
# The SQL form of `rules.intake.item_emails.may_decide_emails`: the limit counts no email about which others decide.
_DIRECTED = " AND (i.created_by = {} OR i.committee IN ({}))"
# The SQL form of `is_answerable_by` there.
_IS_OF_OTHER = "u.person_id NOT IN (u.owner, u.created_by)"
# Nothing is attached as the update of a person who isn't active.
_IS_INACTIVE = f"u.person_status <> '{Status.ACTIVE}' OR u.agency_status <> '{Status.ACTIVE}'"
# A note says something else than a status, so neither replaces the other.
_UPDATED = (
    f"u.word <> '{AnswerWord.NOTE}' AND (EXISTS (SELECT 1 FROM action_note n WHERE n.item = u.item_id"
    f" AND n.by = u.person_id AND n.source NOT IN ('email', '{ATTACHED}') AND n.change <> '' AND n.at > u.received_at"
    " AND NOT EXISTS (SELECT 1 FROM incoming_words z WHERE z.item = n.item AND z.undone_at = n.at))"
    " OR EXISTS (SELECT 1 FROM incoming_words c WHERE c.item = u.item_id AND c.member = u.person_id AND c.id <> u.id"
    f" AND c.outcome = '{AnswerOutcome.RECORDED}' AND c.word <> '{AnswerWord.NOTE}'"
    " AND c.received_at > u.received_at AND c.undone_at IS NULL))"
)
_IS_NOTED = (
    f"u.word = '{AnswerWord.NOTE}' AND (EXISTS (SELECT 1 FROM action_note n WHERE n.item = u.item_id"
    " AND n.by = u.person_id AND n.text = u.text AND n.at >= u.received_at)"
    " OR EXISTS (SELECT 1 FROM incoming_words c WHERE c.item = u.item_id AND c.member = u.person_id"
    f" AND c.outcome = '{AnswerOutcome.RECORDED}' AND c.word = u.word AND c.text = u.text"
    " AND c.decided_at >= u.received_at))"
)
_IS_SO = "u.text = '' AND u.word = u.status"
# What an unconfirmed sender wrote is replaced only by the same: anyone could have written the other one.
_ITEMS_WROTE_AGAIN = (
    "EXISTS (SELECT 1 FROM incoming_words c WHERE c.item = u.item_id AND c.claimed = u.person_id"
    " AND c.sender = u.sender AND c.is_verified = u.is_verified AND c.id <> u.id"
    " AND ((c.word = u.word AND c.text = u.text)"
    f" OR (u.is_verified AND u.word <> '{AnswerWord.NOTE}' AND c.word <> '{AnswerWord.NOTE}'))"
    " AND (c.received_at > u.received_at OR (c.received_at = u.received_at AND c.id > u.id)))"
)
_ITEMS_JUDGED = (
    f"SELECT u.*, CASE WHEN u.closed_at IS NOT NULL THEN '{ItemSettled.CLOSED}'"
    f" WHEN {_IS_OF_OTHER} THEN '{ItemSettled.OTHER_OWNER}' WHEN {_IS_INACTIVE} THEN '{ItemSettled.INACTIVE}'"
    f" WHEN {_UPDATED} THEN '{ItemSettled.UPDATED}'"
    f" WHEN {_IS_SO} OR {_IS_NOTED} THEN '{ItemSettled.KNOWN}'"
    f" WHEN {_ITEMS_WROTE_AGAIN} THEN '{ItemSettled.WROTE_AGAIN}' END AS settled FROM ({_KEPT}"
)
# Items take turns, and so do the senders about an item: no sender fills the list and hides what others wrote.
_ITEMS_IN_TURNS = (
    "SELECT * FROM (SELECT l.*, ROW_NUMBER() OVER (PARTITION BY l.item_id, l.waits"
    " ORDER BY l.turn, l.is_verified, l.received_at DESC, l.id) AS place FROM (SELECT w.*, ROW_NUMBER() OVER"
    " (PARTITION BY w.item_id, w.waits, w.is_verified, w.turn_of ORDER BY w.received_at DESC, w.id) AS turn"
    f" FROM (SELECT j.*, {_WAITS} FROM ({_ITEMS_JUDGED}"
)
_TURNS_OF_ALL = ") u) j) w) l) k"
_TURNS_OF_WAITING = ") u) j) w WHERE w.waits = 1) l) k"
_ITEMS_AT_MOST = " ORDER BY k.waits DESC, k.place, k.is_verified DESC, k.received_at DESC, k.id LIMIT {}"
_ONE = " AND w.id = {}) u"


async def emails_about_items(viewer: Viewer, since: datetime, *, only_waiting: bool = False) -> list[KeptEmail]:
    """Return the emails that came since, also those that are settled or decided; at most `ITEM_EMAILS_SHOWN`.

    Those that wait come first, and of these and of the others the newest.
    """
    tail = (_TURNS_OF_WAITING if only_waiting else _TURNS_OF_ALL) + _ITEMS_AT_MOST
    records = await rows(_ITEMS_IN_TURNS, viewer, tail, *_asked(viewer, since), ITEM_EMAILS_SHOWN)
    emails = _held_emails(KeptEmail, records)
    emails.sort(key=lambda email: (email.received_at, str(email.id)), reverse=True)
    return sorted(emails, key=lambda email: not email.waits)


async def email_about_item_by_id(viewer: Viewer, since: datetime, email_id: UUID) -> KeptEmail | None:
    """Return one of these emails, or None when it is missing or not for this viewer."""
    records = await rows(_ITEMS_JUDGED, viewer, _ONE, *_asked(viewer, since), email_id)
    return next(iter(_held_emails(KeptEmail, records)), None)


def _asked(viewer: Viewer, since: datetime) -> tuple[QueryString, datetime, QueryString]:
    """Return the arguments of `_KEPT`."""
    directed = QueryString(_DIRECTED, viewer.member_id, id_list(viewer.chairs))
    return seen_by(viewer)[0], since, QueryString("") if viewer.is_coordinator else directed


_PROPOSALS = (
    f"SELECT p.id, e.id AS event_id, o.id AS occurrence_id, i.member AS member_id, {with_agency('m', 'g')} AS person,"
    " n.comment, n.received_at, p.made_at, p.starts_at, p.ends_at, p.was_starts_at, p.was_ends_at, p.sequence,"
    " p.declined_at, o.starts_at AS now_starts_at, o.ends_at AS now_ends_at,"
    " CASE WHEN o.is_canceled OR e.status = 'canceled' THEN 1 ELSE 0 END AS is_off,"
    " CASE WHEN o.sequence > e.sequence THEN o.sequence ELSE e.sequence END AS current"
    " FROM time_proposal p JOIN incoming_reply n ON n.id = p.reply JOIN occurrence o ON o.id = n.occurrence"
    " JOIN event e ON e.id = o.event LEFT JOIN reply a ON a.id = n.attached AND a.source = 'email'"
    " JOIN invitation i ON i.id = COALESCE(a.invitation, n.invitation) JOIN member m ON m.id = i.member"
    " JOIN agency g ON g.id = m.agency WHERE MAY_SEE(e) AND (n.outcome <> 'unmatched' OR a.id IS NOT NULL)"
    " AND i.withdrawn_at IS NULL"
)


async def proposals_of_date(viewer: Viewer, occurrence_id: UUID) -> list[Proposal]:
    """Return the proposals for a date."""
    return [_proposal(row) for row in await rows(_PROPOSALS, viewer, " AND o.id = {}", occurrence_id)]


async def proposals_ahead(viewer: Viewer, now: datetime) -> list[Proposal]:
    """Return the proposals for all dates that are not over."""
    return [_proposal(row) for row in await rows(_PROPOSALS, viewer, " AND o.ends_at > {}", now)]


async def proposal_by_id(viewer: Viewer, proposal_id: UUID) -> Proposal | None:
    """Return a proposal; None when it is missing or not for this viewer."""
    records = await rows(_PROPOSALS, viewer, " AND p.id = {}", proposal_id)
    return _proposal(records[0]) if records else None


def _proposal(row: Row) -> Proposal:
    times, was, now_at = ((row[f"{of}starts_at"], row[f"{of}ends_at"]) for of in ("", "was_", "now_"))
    made = {"times": times, "was": was, "made_at": row["made_at"], "sequence": row["sequence"]}
    return msgspec.convert({**row, "made": made, "now_at": now_at}, Proposal, strict=False)


_SAID = f"SELECT m.id, b.words FROM bounce b JOIN message m ON m.id = b.message{SEEN}"


async def bounced_words(viewer: Viewer, member_id: UUID) -> dict[UUID, str]:
    """Return the messages to a person that came back, as far as the viewer may know of them, with the last reason."""
    of_person = " AND m.recipient = {} ORDER BY b.received_at"
    return {
        row["id"]: row["words"] for row in await rows(_SAID, viewer, of_person, *known_to_viewer(viewer), member_id)
    }
