"""Add drafts, undo of any change, seats on lists, quorum records, informed people, sendings, choices of feeds."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from tracker.database import engine, is_postgres, rebuild_table
from tracker.database.migrate import statements

ID = "0002_add_drafts_and_records"
VERSION = "1.38.0"
DESCRIPTION = "add drafts, undo of any change, seats on lists, quorum records, informed people, sendings, feed choices"

NEW_TABLES = """
CREATE TABLE undo_snapshot (
  id UUID PRIMARY KEY NOT NULL,
  event UUID NOT NULL REFERENCES event (id) ON DELETE CASCADE,
  actor UUID NOT NULL REFERENCES member (id) ON DELETE CASCADE,
  at TIMESTAMPTZ NOT NULL,
  replaced TEXT NOT NULL
);
CREATE INDEX undo_snapshot_event ON undo_snapshot (event, at);
CREATE INDEX undo_snapshot_at ON undo_snapshot (at);
CREATE TABLE draft (
  id UUID PRIMARY KEY NOT NULL,
  member UUID NOT NULL REFERENCES member (id) ON DELETE CASCADE,
  form VARCHAR(20) NOT NULL
    CHECK (form IN ('schedule', 'event_copy', 'event', 'date', 'cancellation', 'reply', 'recorded_reply', 'new_item',
      'item', 'people', 'agencies', 'committees', 'sites', 'suspension', 'profile', 'order', 'hot_wash', 'lesson',
      'poll', 'usual_reminders', 'committee_reminders')),
  subject VARCHAR(80) NOT NULL,
  event UUID REFERENCES event (id) ON DELETE CASCADE,
  texts TEXT NOT NULL,
  tab UUID NOT NULL,
  version INTEGER NOT NULL,
  saved_at TIMESTAMPTZ NOT NULL,
  discarded_at TIMESTAMPTZ,
  UNIQUE (member, form, subject)
);
CREATE INDEX draft_saved ON draft (saved_at);
CREATE TABLE invitation_gap (
  id UUID PRIMARY KEY NOT NULL,
  invitation UUID NOT NULL REFERENCES invitation (id) ON DELETE CASCADE,
  withdrawn_at TIMESTAMPTZ NOT NULL,
  again_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX invitation_gap_invitation ON invitation_gap (invitation);
CREATE TABLE quorum_record (
  id UUID PRIMARY KEY NOT NULL,
  occurrence UUID NOT NULL REFERENCES occurrence (id) ON DELETE RESTRICT,
  committee UUID NOT NULL REFERENCES committee (id) ON DELETE RESTRICT,
  needed INTEGER CHECK (needed > 0),
  both_arms BOOLEAN NOT NULL,
  recorded_at TIMESTAMPTZ NOT NULL,
  replaced_at TIMESTAMPTZ
);
CREATE INDEX quorum_record_occurrence ON quorum_record (occurrence);
CREATE UNIQUE INDEX quorum_record_current ON quorum_record (occurrence) WHERE replaced_at IS NULL;
CREATE TABLE quorum_seat (
  id UUID PRIMARY KEY NOT NULL,
  record UUID NOT NULL REFERENCES quorum_record (id) ON DELETE CASCADE,
  agency UUID NOT NULL REFERENCES agency (id) ON DELETE RESTRICT,
  arm VARCHAR(20) NOT NULL CHECK (arm IN ('law_enforcement', 'victim_services')),
  is_filled BOOLEAN NOT NULL,
  UNIQUE (record, agency)
);
CREATE TABLE sending (
  id UUID PRIMARY KEY NOT NULL,
  topic VARCHAR(20) NOT NULL,
  queued_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX sending_recent ON sending (queued_at, id);
CREATE TABLE confidential_site (
  id UUID PRIMARY KEY NOT NULL,
  agency UUID NOT NULL REFERENCES agency (id) ON DELETE RESTRICT,
  name VARCHAR(120) NOT NULL UNIQUE,
  address VARCHAR(200) NOT NULL,
  directions TEXT NOT NULL,
  is_open BOOLEAN NOT NULL,
  version INTEGER NOT NULL
);
CREATE INDEX confidential_site_agency ON confidential_site (agency);
"""

NEW_COLUMNS = """
ALTER TABLE agency ADD COLUMN contact_name VARCHAR(120) NOT NULL DEFAULT '';
ALTER TABLE agency ADD COLUMN contact_phone VARCHAR(40) NOT NULL DEFAULT '';
ALTER TABLE agency ADD COLUMN contact_email VARCHAR(254) NOT NULL DEFAULT '';
ALTER TABLE agency ADD COLUMN address VARCHAR(200) NOT NULL DEFAULT '';
ALTER TABLE member ADD COLUMN mobile VARCHAR(40) NOT NULL DEFAULT '';
ALTER TABLE member ADD COLUMN is_mobile_private BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE event ADD COLUMN opened_at TIMESTAMPTZ;
ALTER TABLE occurrence ADD COLUMN is_off_record BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE site ADD COLUMN latitude_e6 INTEGER;
ALTER TABLE site ADD COLUMN longitude_e6 INTEGER;
DROP INDEX event_change_undo;
ALTER TABLE event_change DROP COLUMN undo_snapshot;
ALTER TABLE event_change ADD COLUMN reason TEXT NOT NULL DEFAULT '';
ALTER TABLE subscription ADD COLUMN committee UUID REFERENCES committee (id) ON DELETE CASCADE;
ALTER TABLE subscription ADD COLUMN kind VARCHAR(20)
  CHECK (kind IN ('meeting', 'joint_operation', 'training', 'outreach', 'deadline'));
ALTER TABLE subscription ADD COLUMN alarm_minutes INTEGER CHECK (alarm_minutes > 0);
ALTER TABLE subscription ADD COLUMN all_day_alarm VARCHAR(8) CHECK (all_day_alarm IN ('evening', 'morning'));
ALTER TABLE deployment ADD COLUMN unnamed_proxy_at TIMESTAMPTZ;
ALTER TABLE deployment ADD COLUMN set_up_at TIMESTAMPTZ;
UPDATE deployment SET set_up_at = (SELECT MIN(created_at) FROM event);
"""

# Who could see an event before is not known: each change of who can see it may have opened it to more people.
OPENED = """
UPDATE event SET opened_at = (SELECT MAX(h.at) FROM event_change h WHERE h.event = event.id
  AND (h.fields LIKE '%["visibility"%' OR (h.visibility = 'named' AND h.fields LIKE '%["people"%')));
"""
# Who holds the first place of a seat of the committee, and is on the list of its meetings, is there for the seat.
BY_SEAT = """
UPDATE invitation SET by_seat = TRUE WHERE EXISTS (
  SELECT 1 FROM event e JOIN seat s ON s.committee = e.committee JOIN seat_holder h ON h.seat = s.id
  WHERE e.id = invitation.event AND h.member = invitation.member AND h.is_primary);
"""

INVITATION = """
CREATE TABLE invitation_new (
  id UUID PRIMARY KEY NOT NULL,
  event UUID NOT NULL REFERENCES event (id) ON DELETE CASCADE,
  member UUID NOT NULL REFERENCES member (id) ON DELETE RESTRICT,
  role VARCHAR(12) NOT NULL CHECK (role IN ('chair', 'required', 'optional', 'informed')),
  by_seat BOOLEAN NOT NULL,
  added_at TIMESTAMPTZ NOT NULL,
  again_at TIMESTAMPTZ,
  withdrawn_at TIMESTAMPTZ,
  UNIQUE (event, member)
)
"""
REPLY = """
CREATE TABLE reply_new (
  id UUID PRIMARY KEY NOT NULL,
  invitation UUID NOT NULL REFERENCES invitation (id) ON DELETE CASCADE,
  occurrence UUID REFERENCES occurrence (id) ON DELETE CASCADE,
  reply VARCHAR(12) NOT NULL CHECK (reply IN ('needs_action', 'accepted', 'tentative', 'declined')),
  comment TEXT NOT NULL,
  source VARCHAR(12) NOT NULL CHECK (source IN ('site', 'link', 'api', 'email', 'on_behalf', 'substitute', 'change')),
  entered_by UUID REFERENCES member (id) ON DELETE RESTRICT,
  substitute UUID REFERENCES member (id) ON DELETE RESTRICT,
  number INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  replied_at TIMESTAMPTZ NOT NULL,
  UNIQUE (invitation, number)
)
"""
ACTION_ITEM = """
CREATE TABLE action_item_new (
  id UUID PRIMARY KEY NOT NULL,
  uid VARCHAR(120) NOT NULL UNIQUE,
  reference VARCHAR(12) NOT NULL UNIQUE,
  title VARCHAR(200) NOT NULL CHECK (title <> ''),
  owner UUID NOT NULL REFERENCES member (id) ON DELETE RESTRICT,
  agency UUID NOT NULL REFERENCES agency (id) ON DELETE RESTRICT,
  due DATE NOT NULL,
  origin UUID REFERENCES occurrence (id) ON DELETE RESTRICT,
  committee UUID REFERENCES committee (id) ON DELETE RESTRICT,
  audience VARCHAR(60) NOT NULL,
  status VARCHAR(12) NOT NULL CHECK (status IN ('open', 'in_progress', 'blocked', 'done', 'canceled')),
  progress INTEGER NOT NULL CHECK (progress BETWEEN 0 AND 100),
  created_by UUID NOT NULL REFERENCES member (id) ON DELETE RESTRICT,
  created_at TIMESTAMPTZ NOT NULL,
  changed_at TIMESTAMPTZ NOT NULL,
  closed_at TIMESTAMPTZ,
  blocked_at TIMESTAMPTZ,
  version INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  CHECK ((status = 'blocked') = (blocked_at IS NOT NULL))
)
"""

MESSAGE = """
CREATE TABLE message_new (
  id UUID PRIMARY KEY NOT NULL,
  key VARCHAR(250) NOT NULL UNIQUE,
  kind VARCHAR(20) NOT NULL,
  sending UUID NOT NULL REFERENCES sending (id) ON DELETE RESTRICT,
  recipient UUID NOT NULL REFERENCES member (id) ON DELETE RESTRICT,
  event UUID REFERENCES event (id) ON DELETE RESTRICT,
  occurrence UUID REFERENCES occurrence (id) ON DELETE SET NULL,
  item UUID REFERENCES action_item (id) ON DELETE RESTRICT,
  facts TEXT NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  due TIMESTAMPTZ NOT NULL,
  not_after TIMESTAMPTZ,
  state VARCHAR(12) NOT NULL
    CHECK (state IN ('pending', 'sent', 'bounced', 'failed', 'too_late', 'superseded', 'suppressed')),
  reason VARCHAR(200) NOT NULL,
  attempts INTEGER NOT NULL,
  worker VARCHAR(40) NOT NULL,
  try_after TIMESTAMPTZ,
  sent_at TIMESTAMPTZ,
  unconfirmed_at TIMESTAMPTZ,
  resent_at TIMESTAMPTZ
)
"""

# Replies had no number: their times say how they followed each other.
NUMBERED = """
SELECT id, ROW_NUMBER() OVER (PARTITION BY invitation ORDER BY replied_at, id) AS number FROM reply
"""
# A message that was sent again has the key of the first one, "#", and a number; no other key has a "#".
TRIES = """
SELECT id, CASE WHEN key LIKE '%#%' THEN RTRIM(RTRIM(key, '0123456789'), '#') ELSE key END AS first_key FROM message
"""
# What one deed queued has one time. It sent one kind of message about an event, or a reminder of each of several dates.
OF_SENDINGS = f"""
SELECT m.id, {{topic}} AS topic, f.created_at AS queued_at,
  FIRST_VALUE(m.id) OVER (PARTITION BY f.kind, f.event, f.item, f.created_at,
    CASE WHEN f.kind IN ('reminder', 'no_reply') THEN f.occurrence END ORDER BY m.id) AS sending,
  LEAD(m.created_at) OVER (PARTITION BY t.first_key ORDER BY m.created_at, m.id) AS resent_at
  FROM message m JOIN ({TRIES.strip()}) t ON t.id = m.id JOIN message f ON f.key = t.first_key
"""
TOPIC = {False: "json_extract(f.facts, '$.content.type')", True: "CAST(f.facts AS JSON) #>> '{content,type}'"}
SOURCES = "'site', 'link', 'api', 'email', 'on_behalf', 'substitute', 'change'"
KNOWN_SOURCE = "CASE WHEN source IN ('site', 'link', 'on_behalf', 'change') THEN source ELSE 'site' END"


async def _invitations() -> None:
    await rebuild_table(
        "invitation",
        create=INVITATION,
        copy="INSERT INTO invitation_new (id, event, member, role, by_seat, added_at, again_at, withdrawn_at)"
        " SELECT id, event, member, role, FALSE, added_at, again_at, withdrawn_at FROM invitation",
        then=["CREATE INDEX invitation_member ON invitation (member, event)"],
        postgres=[
            "ALTER TABLE invitation DROP CONSTRAINT invitation_role_check",
            "ALTER TABLE invitation ADD CHECK (role IN ('chair', 'required', 'optional', 'informed'))",
            "ALTER TABLE invitation ADD COLUMN by_seat BOOLEAN NOT NULL DEFAULT FALSE",
        ],
    )


async def _replies() -> None:
    await rebuild_table(
        "reply",
        create=REPLY,
        copy="INSERT INTO reply_new (id, invitation, occurrence, reply, comment, source, entered_by, substitute,"
        f" number, sequence, replied_at) SELECT r.id, invitation, occurrence, reply, comment, {KNOWN_SOURCE},"
        f" entered_by, substitute, number, sequence, replied_at FROM reply r JOIN ({NUMBERED}) n ON n.id = r.id",
        then=[
            "CREATE INDEX reply_invitation ON reply (invitation, occurrence, number)",
            "CREATE INDEX reply_substitute ON reply (occurrence) WHERE substitute IS NOT NULL",
        ],
        postgres=[
            f"UPDATE reply SET source = {KNOWN_SOURCE}",
            f"ALTER TABLE reply ADD CHECK (source IN ({SOURCES}))",
            "ALTER TABLE reply ADD COLUMN number INTEGER",
            f"UPDATE reply SET number = n.number FROM ({NUMBERED}) n WHERE n.id = reply.id",
            "ALTER TABLE reply ALTER COLUMN number SET NOT NULL",
            "ALTER TABLE reply ADD UNIQUE (invitation, number)",
            "DROP INDEX reply_invitation",
            "CREATE INDEX reply_invitation ON reply (invitation, occurrence, number)",
        ],
    )


async def _action_items() -> None:
    """An item that is blocked has been so since its last change, as far as is known."""
    columns = "id, uid, reference, title, owner, agency, due, origin, committee, audience, status, progress, created_by"
    blocked = "CASE WHEN status = 'blocked' THEN changed_at END"
    times = "created_at, changed_at, closed_at"
    await rebuild_table(
        "action_item",
        create=ACTION_ITEM,
        copy=f"INSERT INTO action_item_new ({columns}, {times}, blocked_at, version, sequence)"
        f" SELECT {columns}, {times}, {blocked}, version, sequence FROM action_item",
        then=[
            "CREATE INDEX action_item_due ON action_item (due) WHERE closed_at IS NULL",
            "CREATE INDEX action_item_owner ON action_item (owner)",
            "CREATE INDEX action_item_origin ON action_item (origin)",
            "CREATE INDEX action_item_committee ON action_item (committee)",
        ],
        postgres=[
            "ALTER TABLE action_item ADD COLUMN blocked_at TIMESTAMPTZ",
            f"UPDATE action_item SET blocked_at = {blocked}",
            "ALTER TABLE action_item ADD CHECK ((status = 'blocked') = (blocked_at IS NOT NULL))",
        ],
    )


async def _messages() -> None:
    of_sendings = OF_SENDINGS.format(topic=f"COALESCE({TOPIC[is_postgres(engine())]}, f.kind)")
    await engine().run_ddl(
        "INSERT INTO sending (id, topic, queued_at)"
        f" SELECT sending, topic, queued_at FROM ({of_sendings}) s WHERE id = sending"
    )
    fill = f"UPDATE message SET sending = s.sending, resent_at = s.resent_at FROM ({of_sendings}) s"
    columns = "key, kind, recipient, event, occurrence, item, facts, created_at, due, not_after, state, reason"
    tries = "attempts, worker, try_after, sent_at"
    await rebuild_table(
        "message",
        create=MESSAGE,
        copy=f"INSERT INTO message_new (id, sending, {columns}, {tries}, resent_at)"
        f" SELECT m.id, s.sending, {columns}, {tries}, s.resent_at"
        f" FROM message m JOIN ({of_sendings}) s ON s.id = m.id",
        then=[
            "CREATE INDEX message_waiting ON message (due) WHERE state = 'pending'",
            "CREATE INDEX message_recipient ON message (recipient, event)",
            "CREATE INDEX message_state ON message (state, due, id)",
            "CREATE INDEX message_to ON message (recipient, due, id)",
            "CREATE INDEX message_event ON message (event, due)",
            "CREATE INDEX message_item ON message (item)",
            "CREATE INDEX message_sending ON message (sending, recipient)",
            "CREATE INDEX message_email_test ON message (created_at) WHERE kind = 'email_test'",
        ],
        postgres=[
            "ALTER TABLE message ADD COLUMN unconfirmed_at TIMESTAMPTZ",
            "ALTER TABLE message ADD COLUMN resent_at TIMESTAMPTZ",
            "ALTER TABLE message ADD COLUMN sending UUID REFERENCES sending (id) ON DELETE RESTRICT",
            f"{fill} WHERE s.id = message.id",
            "ALTER TABLE message ALTER COLUMN sending SET NOT NULL",
            "DROP INDEX message_recent",
            "CREATE INDEX message_sending ON message (sending, recipient)",
            "CREATE INDEX message_email_test ON message (created_at) WHERE kind = 'email_test'",
        ],
    )


async def forwards() -> MigrationManager:
    """Run the steps inside the runner's transaction."""
    manager = MigrationManager(migration_id=ID, app_name="tracker", description=DESCRIPTION)
    for step in (
        statements(NEW_COLUMNS),
        statements(OPENED),
        _invitations,
        statements(BY_SEAT),
        _replies,
        _action_items,
        statements(NEW_TABLES),
        _messages,
    ):
        manager.add_raw(step)
    return manager
