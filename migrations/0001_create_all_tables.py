"""Create all tables with their constraints and indexes, and guard the audit log, on SQLite and PostgreSQL."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from tracker.database import engine, is_postgres
from tracker.database.migrate import statements

ID = "0001_create_all_tables"
VERSION = "1.38.0"
DESCRIPTION = "create all tables"

PEOPLE = """
CREATE TABLE agency (
  id UUID PRIMARY KEY NOT NULL,
  name VARCHAR(200) NOT NULL,
  code VARCHAR(20) NOT NULL UNIQUE,
  arm VARCHAR(20) NOT NULL CHECK (arm IN ('law_enforcement', 'victim_services')),
  level VARCHAR(20) NOT NULL CHECK (level IN ('federal', 'state', 'local', 'tribal', 'non_governmental')),
  coalition UUID REFERENCES agency (id) ON DELETE RESTRICT,
  status VARCHAR(12) NOT NULL CHECK (status IN ('active', 'suspended', 'departed')),
  version INTEGER NOT NULL DEFAULT 1
);
CREATE TABLE member (
  id UUID PRIMARY KEY NOT NULL,
  agency UUID NOT NULL REFERENCES agency (id) ON DELETE RESTRICT,
  name VARCHAR(120) NOT NULL,
  title VARCHAR(120) NOT NULL,
  email VARCHAR(254) NOT NULL UNIQUE CHECK (email = lower(email)),
  phone VARCHAR(40) NOT NULL,
  zone VARCHAR(60) NOT NULL,
  status VARCHAR(12) NOT NULL CHECK (status IN ('active', 'suspended', 'departed')),
  password_hash VARCHAR(255),
  totp_sealed TEXT,
  totp_last_step BIGINT NOT NULL,
  totp_at TIMESTAMPTZ,
  locked_at TIMESTAMPTZ,
  joined_at TIMESTAMPTZ NOT NULL,
  is_guest BOOLEAN NOT NULL DEFAULT FALSE,
  expires_at TIMESTAMPTZ,
  signed_in_at TIMESTAMPTZ,
  reopened_at TIMESTAMPTZ,
  reviewed_at TIMESTAMPTZ,
  version INTEGER NOT NULL DEFAULT 1
);
CREATE INDEX member_agency ON member (agency);
CREATE TABLE committee (
  id UUID PRIMARY KEY NOT NULL,
  name VARCHAR(120) NOT NULL UNIQUE,
  kind VARCHAR(20) NOT NULL,
  arm VARCHAR(20),
  place VARCHAR(200) NOT NULL,
  status VARCHAR(12) NOT NULL,
  version INTEGER NOT NULL DEFAULT 1,
  quorum INTEGER CHECK (quorum > 0),
  both_arms BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE TABLE member_role (
  id UUID PRIMARY KEY NOT NULL,
  member UUID NOT NULL REFERENCES member (id) ON DELETE CASCADE,
  role VARCHAR(20) NOT NULL
    CHECK (role IN ('coordinator', 'committee_chair', 'agency_lead', 'administrator', 'auditor')),
  committee UUID REFERENCES committee (id) ON DELETE CASCADE,
  UNIQUE (member, role, committee),
  CHECK ((role = 'committee_chair') = (committee IS NOT NULL))
);
CREATE TABLE seat (
  id UUID PRIMARY KEY NOT NULL,
  committee UUID NOT NULL REFERENCES committee (id) ON DELETE CASCADE,
  agency UUID NOT NULL REFERENCES agency (id) ON DELETE RESTRICT,
  UNIQUE (committee, agency)
);
CREATE TABLE seat_holder (
  id UUID PRIMARY KEY NOT NULL,
  seat UUID NOT NULL REFERENCES seat (id) ON DELETE CASCADE,
  member UUID NOT NULL REFERENCES member (id) ON DELETE CASCADE,
  is_primary BOOLEAN NOT NULL,
  UNIQUE (member, seat)
);
CREATE UNIQUE INDEX seat_holder_primary ON seat_holder (seat) WHERE is_primary;
CREATE TABLE blackout (
  id UUID PRIMARY KEY NOT NULL,
  agency UUID NOT NULL REFERENCES agency (id) ON DELETE CASCADE,
  first DATE NOT NULL,
  last DATE NOT NULL CHECK (last >= first),
  reason VARCHAR(60) NOT NULL DEFAULT ''
);
CREATE INDEX blackout_agency ON blackout (agency, last);
CREATE TABLE site (
  id UUID PRIMARY KEY NOT NULL,
  name VARCHAR(120) NOT NULL UNIQUE,
  address VARCHAR(160) NOT NULL DEFAULT '',
  capacity INTEGER CHECK (capacity > 0),
  equipment VARCHAR(160) NOT NULL DEFAULT '',
  is_open BOOLEAN NOT NULL DEFAULT TRUE,
  version INTEGER NOT NULL DEFAULT 1
);
CREATE TABLE preference (
  id UUID PRIMARY KEY NOT NULL,
  member UUID NOT NULL UNIQUE REFERENCES member (id) ON DELETE CASCADE,
  date_reminders BOOLEAN NOT NULL,
  item_reminders BOOLEAN NOT NULL,
  leads VARCHAR(60),
  quiet_from VARCHAR(5),
  quiet_until VARCHAR(5),
  digest BOOLEAN NOT NULL DEFAULT FALSE,
  is_discreet BOOLEAN NOT NULL,
  changed_at TIMESTAMPTZ NOT NULL,
  CHECK ((quiet_from IS NULL) = (quiet_until IS NULL))
);
CREATE TABLE committee_preference (
  id UUID PRIMARY KEY NOT NULL,
  committee UUID NOT NULL UNIQUE REFERENCES committee (id) ON DELETE CASCADE,
  leads VARCHAR(60) NOT NULL,
  asks_again BOOLEAN NOT NULL DEFAULT FALSE,
  changed_at TIMESTAMPTZ NOT NULL
);
CREATE TABLE saved_filter (
  id UUID PRIMARY KEY NOT NULL,
  member UUID NOT NULL REFERENCES member (id) ON DELETE CASCADE,
  listing VARCHAR(20) NOT NULL,
  name VARCHAR(60) NOT NULL,
  query VARCHAR(500) NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  UNIQUE (member, listing, name)
);
"""

IDENTITY = """
CREATE TABLE session (
  id VARCHAR(64) PRIMARY KEY NOT NULL,
  member UUID NOT NULL REFERENCES member (id) ON DELETE CASCADE,
  created_at TIMESTAMPTZ NOT NULL,
  seen_at TIMESTAMPTZ NOT NULL,
  reauthenticated_at TIMESTAMPTZ NOT NULL,
  client VARCHAR(200) NOT NULL
);
CREATE INDEX session_member ON session (member);
CREATE TABLE sign_in_link (
  id VARCHAR(64) PRIMARY KEY NOT NULL,
  member UUID NOT NULL REFERENCES member (id) ON DELETE CASCADE,
  expires_at TIMESTAMPTZ NOT NULL,
  used_at TIMESTAMPTZ,
  purpose VARCHAR(8) NOT NULL DEFAULT 'sign_in' CHECK (purpose IN ('sign_in', 'reset'))
);
CREATE TABLE recovery_code (
  id VARCHAR(43) PRIMARY KEY NOT NULL,
  member UUID NOT NULL REFERENCES member (id) ON DELETE CASCADE,
  made_at TIMESTAMPTZ NOT NULL,
  used_at TIMESTAMPTZ
);
CREATE INDEX recovery_code_member ON recovery_code (member);
CREATE TABLE failed_attempt (
  id UUID PRIMARY KEY NOT NULL,
  account VARCHAR(64) NOT NULL,
  at TIMESTAMPTZ NOT NULL
);
CREATE INDEX failed_attempt_account ON failed_attempt (account, at);
CREATE TABLE api_token (
  id UUID PRIMARY KEY NOT NULL,
  member UUID NOT NULL REFERENCES member (id) ON DELETE CASCADE,
  name VARCHAR(60) NOT NULL,
  token_hash VARCHAR(64) NOT NULL UNIQUE,
  scopes VARCHAR(200) NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  expires_at TIMESTAMPTZ NOT NULL,
  used_at TIMESTAMPTZ,
  revoked_at TIMESTAMPTZ
);
CREATE INDEX api_token_member ON api_token (member);
"""

EVENTS = """
CREATE TABLE event (
  id UUID PRIMARY KEY NOT NULL,
  uid VARCHAR(120) NOT NULL UNIQUE,
  reference VARCHAR(12) UNIQUE,
  kind VARCHAR(20) NOT NULL CHECK (kind IN ('meeting', 'joint_operation', 'training', 'outreach', 'deadline')),
  title VARCHAR(200) NOT NULL CHECK (title <> ''),
  description TEXT NOT NULL,
  place VARCHAR(300) NOT NULL,
  video_link VARCHAR(500) NOT NULL,
  agenda TEXT NOT NULL,
  visibility VARCHAR(20) NOT NULL
    CHECK (visibility IN ('all', 'law_enforcement', 'victim_services', 'committee', 'named')),
  committee UUID REFERENCES committee (id) ON DELETE RESTRICT,
  lead UUID NOT NULL REFERENCES member (id) ON DELETE RESTRICT,
  status VARCHAR(12) NOT NULL CHECK (status IN ('draft', 'tentative', 'confirmed', 'canceled')),
  cancel_reason VARCHAR(500) NOT NULL DEFAULT '',
  mark_categories VARCHAR(60) NOT NULL DEFAULT '',
  mark_limit VARCHAR(10) NOT NULL DEFAULT '',
  mark_agency UUID REFERENCES agency (id) ON DELETE RESTRICT,
  mark_until DATE,
  zone VARCHAR(60) NOT NULL,
  starts TIMESTAMP NOT NULL,
  duration INTERVAL NOT NULL,
  is_all_day BOOLEAN NOT NULL,
  rrule VARCHAR(300),
  previous_series UUID REFERENCES event (id) ON DELETE RESTRICT,
  version INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  changed_at TIMESTAMPTZ NOT NULL,
  CHECK (visibility <> 'committee' OR committee IS NOT NULL),
  CHECK ((mark_until IS NULL) = (mark_categories = '') AND (mark_until IS NULL) = (mark_agency IS NULL))
);
CREATE INDEX event_lead ON event (lead);
CREATE INDEX event_committee ON event (committee);
CREATE INDEX event_previous_series ON event (previous_series) WHERE previous_series IS NOT NULL;
CREATE TABLE event_audience (
  id UUID PRIMARY KEY NOT NULL,
  event UUID NOT NULL REFERENCES event (id) ON DELETE CASCADE,
  audience VARCHAR(60) NOT NULL,
  UNIQUE (event, audience)
);
CREATE INDEX event_audience_audience ON event_audience (audience, event);
CREATE TABLE occurrence (
  id UUID PRIMARY KEY NOT NULL,
  event UUID NOT NULL REFERENCES event (id) ON DELETE CASCADE,
  original_start TIMESTAMP NOT NULL,
  starts_at TIMESTAMPTZ NOT NULL,
  ends_at TIMESTAMPTZ NOT NULL,
  title VARCHAR(200),
  place VARCHAR(300),
  agenda TEXT,
  is_canceled BOOLEAN NOT NULL,
  cancel_reason VARCHAR(500) NOT NULL DEFAULT '',
  is_changed BOOLEAN NOT NULL,
  is_moved BOOLEAN NOT NULL DEFAULT FALSE,
  version INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  changed_at TIMESTAMPTZ NOT NULL,
  attendance_closed_at TIMESTAMPTZ,
  UNIQUE (event, original_start)
);
CREATE INDEX occurrence_starts_at ON occurrence (starts_at, event);
CREATE TABLE audience_version (
  audience VARCHAR(60) PRIMARY KEY NOT NULL,
  version BIGINT NOT NULL
);
CREATE TABLE event_change (
  id UUID PRIMARY KEY NOT NULL,
  event UUID NOT NULL REFERENCES event (id) ON DELETE CASCADE,
  occurrence UUID REFERENCES occurrence (id) ON DELETE CASCADE,
  actor UUID NOT NULL REFERENCES member (id) ON DELETE RESTRICT,
  at TIMESTAMPTZ NOT NULL,
  verb VARCHAR(20) NOT NULL,
  visibility VARCHAR(20) NOT NULL,
  committee UUID REFERENCES committee (id) ON DELETE RESTRICT,
  fields TEXT NOT NULL,
  undo_snapshot TEXT
);
CREATE INDEX event_change_event ON event_change (event, at);
CREATE INDEX event_change_undo ON event_change (at) WHERE undo_snapshot IS NOT NULL;
CREATE TABLE event_template (
  id UUID PRIMARY KEY NOT NULL,
  owner UUID NOT NULL REFERENCES member (id) ON DELETE CASCADE,
  name VARCHAR(80) NOT NULL,
  committee UUID REFERENCES committee (id) ON DELETE CASCADE,
  form TEXT NOT NULL DEFAULT '{}',
  created_at TIMESTAMPTZ NOT NULL,
  UNIQUE (owner, name)
);
CREATE TABLE imported_event (
  id UUID PRIMARY KEY NOT NULL,
  event UUID NOT NULL UNIQUE REFERENCES event (id) ON DELETE CASCADE,
  source VARCHAR(64) NOT NULL
);
CREATE INDEX imported_event_source ON imported_event (source);
CREATE TABLE invitation (
  id UUID PRIMARY KEY NOT NULL,
  event UUID NOT NULL REFERENCES event (id) ON DELETE CASCADE,
  member UUID NOT NULL REFERENCES member (id) ON DELETE RESTRICT,
  role VARCHAR(12) NOT NULL CHECK (role IN ('chair', 'required', 'optional')),
  added_at TIMESTAMPTZ NOT NULL,
  again_at TIMESTAMPTZ,
  withdrawn_at TIMESTAMPTZ,
  UNIQUE (event, member)
);
CREATE INDEX invitation_member ON invitation (member, event);
CREATE TABLE reply (
  id UUID PRIMARY KEY NOT NULL,
  invitation UUID NOT NULL REFERENCES invitation (id) ON DELETE CASCADE,
  occurrence UUID REFERENCES occurrence (id) ON DELETE CASCADE,
  reply VARCHAR(12) NOT NULL CHECK (reply IN ('needs_action', 'accepted', 'tentative', 'declined')),
  comment TEXT NOT NULL,
  source VARCHAR(12) NOT NULL,
  entered_by UUID REFERENCES member (id) ON DELETE RESTRICT,
  substitute UUID REFERENCES member (id) ON DELETE RESTRICT,
  sequence INTEGER NOT NULL,
  replied_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX reply_invitation ON reply (invitation, occurrence, replied_at);
CREATE INDEX reply_substitute ON reply (occurrence) WHERE substitute IS NOT NULL;
CREATE TABLE attendance_mark (
  id UUID PRIMARY KEY NOT NULL,
  occurrence UUID NOT NULL REFERENCES occurrence (id) ON DELETE RESTRICT,
  member UUID REFERENCES member (id) ON DELETE RESTRICT,
  guest VARCHAR(120) NOT NULL,
  guest_agency VARCHAR(120) NOT NULL,
  agency UUID REFERENCES agency (id) ON DELETE RESTRICT,
  status VARCHAR(8) NOT NULL CHECK (status IN ('here', 'remote', 'absent', 'excused', 'cleared')),
  recorded_by UUID NOT NULL REFERENCES member (id) ON DELETE RESTRICT,
  recorded_at TIMESTAMPTZ NOT NULL,
  corrected_at TIMESTAMPTZ,
  CHECK ((member IS NULL) = (guest <> ''))
);
CREATE INDEX attendance_mark_occurrence ON attendance_mark (occurrence);
CREATE UNIQUE INDEX attendance_mark_current ON attendance_mark (occurrence, member) WHERE corrected_at IS NULL;
CREATE TABLE brief_copy (
  id UUID PRIMARY KEY NOT NULL,
  occurrence UUID NOT NULL REFERENCES occurrence (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  issued_to UUID NOT NULL REFERENCES member (id) ON DELETE RESTRICT,
  issued_by UUID NOT NULL REFERENCES member (id) ON DELETE RESTRICT,
  issued_at TIMESTAMPTZ NOT NULL,
  UNIQUE (occurrence, number)
);
CREATE TABLE action_item (
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
  version INTEGER NOT NULL,
  sequence INTEGER NOT NULL
);
CREATE INDEX action_item_due ON action_item (due) WHERE closed_at IS NULL;
CREATE INDEX action_item_owner ON action_item (owner);
CREATE INDEX action_item_origin ON action_item (origin);
CREATE INDEX action_item_committee ON action_item (committee);
CREATE TABLE action_note (
  id UUID PRIMARY KEY NOT NULL,
  item UUID NOT NULL REFERENCES action_item (id) ON DELETE CASCADE,
  at TIMESTAMPTZ NOT NULL,
  by UUID REFERENCES member (id) ON DELETE RESTRICT,
  source VARCHAR(12) NOT NULL,
  change VARCHAR(200) NOT NULL,
  text TEXT NOT NULL
);
CREATE INDEX action_note_item ON action_note (item, at);
"""

CALENDARS = """
CREATE TABLE subscription (
  id UUID PRIMARY KEY NOT NULL,
  member UUID NOT NULL REFERENCES member (id) ON DELETE CASCADE,
  name VARCHAR(60) NOT NULL,
  token_hash VARCHAR(64) NOT NULL UNIQUE,
  token_sealed TEXT NOT NULL,
  scope VARCHAR(8) NOT NULL CHECK (scope IN ('all', 'mine')),
  shows_operations BOOLEAN NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  replaced_at TIMESTAMPTZ,
  revoked_at TIMESTAMPTZ,
  fetched_at TIMESTAMPTZ,
  client VARCHAR(120) NOT NULL,
  fetches INTEGER NOT NULL,
  body_hash VARCHAR(64) NOT NULL,
  body_since TIMESTAMPTZ
);
CREATE INDEX subscription_member ON subscription (member);
CREATE TABLE shared_calendar (
  id UUID PRIMARY KEY NOT NULL,
  member UUID NOT NULL UNIQUE REFERENCES member (id) ON DELETE CASCADE,
  address_sealed TEXT NOT NULL,
  host VARCHAR(253) NOT NULL,
  added_at TIMESTAMPTZ NOT NULL,
  next_at TIMESTAMPTZ NOT NULL,
  read_at TIMESTAMPTZ,
  failing_since TIMESTAMPTZ,
  failures INTEGER NOT NULL DEFAULT 0,
  problem VARCHAR(12) NOT NULL DEFAULT '',
  unread INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX shared_calendar_next_at ON shared_calendar (next_at);
CREATE TABLE busy_span (
  id UUID PRIMARY KEY NOT NULL,
  calendar UUID NOT NULL REFERENCES shared_calendar (id) ON DELETE CASCADE,
  starts_at TIMESTAMPTZ NOT NULL,
  ends_at TIMESTAMPTZ NOT NULL,
  kind VARCHAR(9) NOT NULL,
  UNIQUE (calendar, starts_at, kind)
);
"""

OPERATION = """
CREATE TABLE message (
  id UUID PRIMARY KEY NOT NULL,
  key VARCHAR(250) NOT NULL UNIQUE,
  kind VARCHAR(20) NOT NULL,
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
  sent_at TIMESTAMPTZ
);
CREATE INDEX message_waiting ON message (due) WHERE state = 'pending';
CREATE INDEX message_recipient ON message (recipient, event);
CREATE INDEX message_recent ON message (due, id);
CREATE INDEX message_state ON message (state, due, id);
CREATE INDEX message_to ON message (recipient, due, id);
CREATE INDEX message_event ON message (event, due);
CREATE INDEX message_item ON message (item);
CREATE TABLE watermark (
  name VARCHAR(20) PRIMARY KEY NOT NULL,
  until TIMESTAMPTZ NOT NULL
);
CREATE TABLE deployment (
  id BIGINT PRIMARY KEY NOT NULL CHECK (id = 1),
  copy_of TIMESTAMPTZ,
  backed_up_at TIMESTAMPTZ
);
INSERT INTO deployment (id) VALUES (1);
CREATE TABLE audit_entry (
  seq BIGINT PRIMARY KEY NOT NULL,
  at TIMESTAMPTZ NOT NULL,
  actor VARCHAR(36) NOT NULL,
  agency VARCHAR(36) NOT NULL DEFAULT '',
  source VARCHAR(12) NOT NULL,
  address VARCHAR(45) NOT NULL DEFAULT '',
  session VARCHAR(12) NOT NULL DEFAULT '',
  request VARCHAR(16) NOT NULL DEFAULT '',
  verb VARCHAR(40) NOT NULL,
  subject VARCHAR(20) NOT NULL,
  subject_id VARCHAR(64) NOT NULL,
  facts TEXT NOT NULL,
  previous VARCHAR(64) NOT NULL,
  hash VARCHAR(64) NOT NULL
);
CREATE INDEX audit_entry_at ON audit_entry (at, seq);
CREATE INDEX audit_entry_actor ON audit_entry (actor, at);
CREATE INDEX audit_entry_verb ON audit_entry (verb, at);
CREATE INDEX audit_entry_subject ON audit_entry (subject, subject_id);
CREATE TABLE audit_head (
  id BIGINT PRIMARY KEY NOT NULL,
  seq BIGINT NOT NULL,
  hash VARCHAR(64) NOT NULL,
  seal VARCHAR(64) NOT NULL
);
"""

# Entries are only added, and the head only moves forward (AU-9). Who owns the database can drop these triggers; then
# the chain of hashes tells (`usecases.audit.verify`).
SQLITE_GUARD = """
CREATE TRIGGER audit_entry_no_update BEFORE UPDATE ON audit_entry
  BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;
CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON audit_entry
  BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;
CREATE TRIGGER audit_head_forward BEFORE UPDATE ON audit_head WHEN NEW.seq <= OLD.seq OR NEW.id <> OLD.id
  BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;
CREATE TRIGGER audit_head_no_delete BEFORE DELETE ON audit_head
  BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;
"""
POSTGRES_GUARD = """
CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN RAISE EXCEPTION 'the audit log only grows'; END $$;
CREATE TRIGGER audit_entry_no_change BEFORE UPDATE OR DELETE ON audit_entry
  FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_entry_no_truncate BEFORE TRUNCATE ON audit_entry
  FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_head_forward BEFORE UPDATE ON audit_head
  FOR EACH ROW WHEN (NEW.seq <= OLD.seq OR NEW.id <> OLD.id) EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_head_no_delete BEFORE DELETE ON audit_head
  FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_head_no_truncate BEFORE TRUNCATE ON audit_head
  FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
"""


async def forwards() -> MigrationManager:
    """Run the statements inside the runner's transaction."""
    manager = MigrationManager(migration_id=ID, app_name="tracker", description=DESCRIPTION)
    guard = POSTGRES_GUARD if is_postgres(engine()) else SQLITE_GUARD
    for sql in (PEOPLE, IDENTITY, EVENTS, CALENDARS, OPERATION, guard):
        manager.add_raw(statements(sql))
    return manager
