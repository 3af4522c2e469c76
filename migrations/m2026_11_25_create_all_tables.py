"""Create all tables, with their constraints and indexes, on SQLite and PostgreSQL."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from tracker.database.migrate import statements

ID = "2026-11-25T10:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "create all tables"

TABLES = """
CREATE TABLE agency (
  id UUID PRIMARY KEY NOT NULL,
  name VARCHAR(200) NOT NULL,
  code VARCHAR(20) NOT NULL UNIQUE,
  arm VARCHAR(20) NOT NULL CHECK (arm IN ('law_enforcement', 'victim_services')),
  level VARCHAR(20) NOT NULL CHECK (level IN ('federal', 'state', 'local', 'tribal', 'non_governmental')),
  coalition UUID REFERENCES agency (id) ON DELETE RESTRICT,
  status VARCHAR(12) NOT NULL CHECK (status IN ('active', 'suspended', 'departed'))
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
  locked_at TIMESTAMPTZ,
  joined_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX member_agency ON member (agency);
CREATE TABLE body (
  id UUID PRIMARY KEY NOT NULL,
  name VARCHAR(120) NOT NULL UNIQUE,
  kind VARCHAR(20) NOT NULL,
  arm VARCHAR(20),
  place VARCHAR(200) NOT NULL,
  status VARCHAR(12) NOT NULL
);
CREATE TABLE member_role (
  id UUID PRIMARY KEY NOT NULL,
  member UUID NOT NULL REFERENCES member (id) ON DELETE CASCADE,
  role VARCHAR(20) NOT NULL CHECK (role IN ('coordinator', 'body_chair', 'agency_lead')),
  body UUID REFERENCES body (id) ON DELETE CASCADE,
  CHECK ((role = 'body_chair') = (body IS NOT NULL)),
  UNIQUE (member, role, body)
);
CREATE TABLE seat (
  id UUID PRIMARY KEY NOT NULL,
  body UUID NOT NULL REFERENCES body (id) ON DELETE CASCADE,
  agency UUID NOT NULL REFERENCES agency (id) ON DELETE RESTRICT,
  UNIQUE (body, agency)
);
CREATE TABLE seat_holder (
  id UUID PRIMARY KEY NOT NULL,
  seat UUID NOT NULL REFERENCES seat (id) ON DELETE CASCADE,
  member UUID NOT NULL REFERENCES member (id) ON DELETE CASCADE,
  is_primary BOOLEAN NOT NULL,
  UNIQUE (member, seat)
);
CREATE UNIQUE INDEX seat_holder_primary ON seat_holder (seat) WHERE is_primary;
CREATE TABLE session (
  id VARCHAR(64) PRIMARY KEY NOT NULL,
  member UUID NOT NULL REFERENCES member (id) ON DELETE CASCADE,
  created_at TIMESTAMPTZ NOT NULL,
  seen_at TIMESTAMPTZ NOT NULL,
  proved_at TIMESTAMPTZ NOT NULL,
  client VARCHAR(200) NOT NULL
);
CREATE INDEX session_member ON session (member);
CREATE TABLE sign_in_link (
  id VARCHAR(64) PRIMARY KEY NOT NULL,
  member UUID NOT NULL REFERENCES member (id) ON DELETE CASCADE,
  expires_at TIMESTAMPTZ NOT NULL,
  used_at TIMESTAMPTZ
);
CREATE TABLE failed_attempt (
  id UUID PRIMARY KEY NOT NULL,
  account VARCHAR(64) NOT NULL,
  at TIMESTAMPTZ NOT NULL
);
CREATE INDEX failed_attempt_account ON failed_attempt (account, at);
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
  visibility VARCHAR(20) NOT NULL CHECK (visibility IN ('all', 'law_enforcement', 'victim_services', 'body', 'named')),
  body UUID REFERENCES body (id) ON DELETE RESTRICT,
  lead UUID NOT NULL REFERENCES member (id) ON DELETE RESTRICT,
  status VARCHAR(12) NOT NULL CHECK (status IN ('draft', 'tentative', 'confirmed', 'cancelled')),
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
  CHECK (visibility <> 'body' OR body IS NOT NULL)
);
CREATE INDEX event_lead ON event (lead);
CREATE INDEX event_body ON event (body);
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
  is_cancelled BOOLEAN NOT NULL,
  is_changed BOOLEAN NOT NULL,
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
CREATE TABLE invitation (
  id UUID PRIMARY KEY NOT NULL,
  event UUID NOT NULL REFERENCES event (id) ON DELETE CASCADE,
  member UUID NOT NULL REFERENCES member (id) ON DELETE RESTRICT,
  role VARCHAR(12) NOT NULL CHECK (role IN ('chair', 'required', 'optional')),
  added_at TIMESTAMPTZ NOT NULL,
  withdrawn_at TIMESTAMPTZ,
  UNIQUE (event, member)
);
CREATE INDEX invitation_member ON invitation (member, event);
CREATE TABLE answer (
  id UUID PRIMARY KEY NOT NULL,
  invitation UUID NOT NULL REFERENCES invitation (id) ON DELETE CASCADE,
  occurrence UUID REFERENCES occurrence (id) ON DELETE CASCADE,
  answer VARCHAR(12) NOT NULL CHECK (answer IN ('needs_action', 'accepted', 'tentative', 'declined')),
  comment TEXT NOT NULL,
  source VARCHAR(12) NOT NULL,
  entered_by UUID REFERENCES member (id) ON DELETE RESTRICT,
  sequence INTEGER NOT NULL,
  answered_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX answer_invitation ON answer (invitation, occurrence, answered_at);
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
CREATE TABLE action_item (
  id UUID PRIMARY KEY NOT NULL,
  uid VARCHAR(120) NOT NULL UNIQUE,
  reference VARCHAR(12) NOT NULL UNIQUE,
  title VARCHAR(200) NOT NULL CHECK (title <> ''),
  owner UUID NOT NULL REFERENCES member (id) ON DELETE RESTRICT,
  agency UUID NOT NULL REFERENCES agency (id) ON DELETE RESTRICT,
  due DATE NOT NULL,
  origin UUID REFERENCES occurrence (id) ON DELETE RESTRICT,
  body UUID REFERENCES body (id) ON DELETE RESTRICT,
  audience VARCHAR(60) NOT NULL,
  status VARCHAR(12) NOT NULL CHECK (status IN ('open', 'in_progress', 'blocked', 'done', 'cancelled')),
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
CREATE INDEX action_item_body ON action_item (body);
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
CREATE TABLE watermark (
  name VARCHAR(20) PRIMARY KEY NOT NULL,
  until TIMESTAMPTZ NOT NULL
);
CREATE TABLE subscription (
  id UUID PRIMARY KEY NOT NULL,
  member UUID NOT NULL REFERENCES member (id) ON DELETE CASCADE,
  name VARCHAR(60) NOT NULL,
  token_hash VARCHAR(64) NOT NULL UNIQUE,
  token_sealed TEXT NOT NULL,
  scope VARCHAR(8) NOT NULL CHECK (scope IN ('all', 'mine')),
  shows_operations BOOLEAN NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  revoked_at TIMESTAMPTZ,
  fetched_at TIMESTAMPTZ,
  client VARCHAR(120) NOT NULL,
  fetches INTEGER NOT NULL,
  body_hash VARCHAR(64) NOT NULL,
  body_since TIMESTAMPTZ
);
CREATE INDEX subscription_member ON subscription (member);
CREATE TABLE audit_entry (
  seq BIGINT PRIMARY KEY NOT NULL,
  at TIMESTAMPTZ NOT NULL,
  actor VARCHAR(36) NOT NULL,
  door VARCHAR(12) NOT NULL,
  verb VARCHAR(40) NOT NULL,
  subject VARCHAR(20) NOT NULL,
  subject_id VARCHAR(64) NOT NULL,
  facts TEXT NOT NULL,
  previous VARCHAR(64) NOT NULL,
  hash VARCHAR(64) NOT NULL
);
CREATE INDEX audit_entry_subject ON audit_entry (subject, subject_id);
CREATE TABLE audit_head (
  id BIGINT PRIMARY KEY NOT NULL,
  seq BIGINT NOT NULL,
  hash VARCHAR(64) NOT NULL,
  seal VARCHAR(64) NOT NULL
);
"""


async def forwards() -> MigrationManager:
    """Run the statements inside the runner's transaction."""
    manager = MigrationManager(migration_id=ID, app_name="tracker", description=DESCRIPTION)
    manager.add_raw(statements(TABLES))
    return manager
