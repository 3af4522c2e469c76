"""Add plans of joint operations, and conflicts between them."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from tracker.database.migrate import statements

ID = "0003_add_operation_plans"
VERSION = "1.38.0"
DESCRIPTION = "add plans of joint operations, and conflicts between them"

TABLES = """
CREATE TABLE operation_plan (
  id UUID PRIMARY KEY NOT NULL,
  event UUID NOT NULL UNIQUE REFERENCES event (id) ON DELETE CASCADE,
  state VARCHAR(12) NOT NULL
    CHECK (state IN ('draft', 'planning', 'submitted', 'approved', 'briefed', 'executing', 'released', 'debriefed',
      'closed', 'stood_down', 'aborted')),
  supervisor UUID REFERENCES member (id) ON DELETE RESTRICT,
  disclosure VARCHAR(14) NOT NULL CHECK (disclosure IN ('open', 'contact_only', 'silent')),
  buffer_minutes INTEGER NOT NULL CHECK (buffer_minutes BETWEEN 0 AND 1440),
  version INTEGER NOT NULL,
  kind VARCHAR(60) NOT NULL,
  checked_start TIMESTAMPTZ,
  checked_end TIMESTAMPTZ,
  was_off BOOLEAN NOT NULL,
  awaits_clock BOOLEAN NOT NULL
);
CREATE INDEX operation_plan_state ON operation_plan (state);
CREATE TABLE operation_order (
  id UUID PRIMARY KEY NOT NULL,
  plan UUID NOT NULL REFERENCES operation_plan (id) ON DELETE CASCADE,
  version INTEGER NOT NULL,
  situation TEXT NOT NULL,
  mission TEXT NOT NULL,
  execution TEXT NOT NULL,
  administration TEXT NOT NULL,
  command TEXT NOT NULL,
  saved_by UUID NOT NULL REFERENCES member (id) ON DELETE RESTRICT,
  saved_at TIMESTAMPTZ NOT NULL,
  UNIQUE (plan, version)
);
CREATE TABLE operation_phase (
  id UUID PRIMARY KEY NOT NULL,
  plan UUID NOT NULL REFERENCES operation_plan (id) ON DELETE CASCADE,
  name VARCHAR(60) NOT NULL,
  start_minutes INTEGER NOT NULL,
  end_minutes INTEGER,
  begun_at TIMESTAMPTZ,
  ended_at TIMESTAMPTZ,
  version INTEGER NOT NULL,
  CHECK (end_minutes IS NULL OR end_minutes > start_minutes),
  CHECK (ended_at IS NULL OR begun_at IS NOT NULL)
);
CREATE INDEX operation_phase_plan ON operation_phase (plan);
ALTER TABLE brief_copy ADD COLUMN version INTEGER;
CREATE TABLE operation_site (
  id UUID PRIMARY KEY NOT NULL,
  plan UUID NOT NULL REFERENCES operation_plan (id) ON DELETE CASCADE,
  role VARCHAR(20) NOT NULL CHECK (role IN ('target', 'staging', 'command_post', 'off_site_services')),
  place VARCHAR(200) NOT NULL,
  latitude_e6 INTEGER NOT NULL CHECK (latitude_e6 BETWEEN -90000000 AND 90000000),
  longitude_e6 INTEGER NOT NULL CHECK (longitude_e6 BETWEEN -180000000 AND 180000000),
  radius_ft INTEGER NOT NULL
);
CREATE INDEX operation_site_plan ON operation_site (plan);
CREATE TABLE operation_off_site (
  id UUID PRIMARY KEY NOT NULL,
  plan UUID NOT NULL REFERENCES operation_plan (id) ON DELETE CASCADE,
  site UUID NOT NULL REFERENCES confidential_site (id) ON DELETE RESTRICT,
  UNIQUE (plan, site)
);
CREATE INDEX operation_off_site_site ON operation_off_site (site);
CREATE TABLE operation_agency (
  id UUID PRIMARY KEY NOT NULL,
  plan UUID NOT NULL REFERENCES operation_plan (id) ON DELETE CASCADE,
  agency UUID NOT NULL REFERENCES agency (id) ON DELETE RESTRICT,
  people INTEGER NOT NULL,
  vehicles INTEGER NOT NULL,
  skills VARCHAR(200) NOT NULL,
  acknowledged INTEGER,
  acknowledged_by UUID REFERENCES member (id) ON DELETE RESTRICT,
  acknowledged_at TIMESTAMPTZ,
  UNIQUE (plan, agency)
);
CREATE TABLE operation_check_in (
  id UUID PRIMARY KEY NOT NULL,
  plan UUID NOT NULL REFERENCES operation_plan (id) ON DELETE CASCADE,
  person UUID NOT NULL,
  member UUID REFERENCES member (id) ON DELETE RESTRICT,
  guest VARCHAR(120) NOT NULL,
  guest_agency VARCHAR(120) NOT NULL,
  agency UUID REFERENCES agency (id) ON DELETE RESTRICT,
  contact VARCHAR(120) NOT NULL,
  assignment VARCHAR(120) NOT NULL,
  time_in TIMESTAMPTZ,
  time_out TIMESTAMPTZ,
  tapped_at TIMESTAMPTZ,
  recorded_by UUID NOT NULL REFERENCES member (id) ON DELETE RESTRICT,
  recorded_at TIMESTAMPTZ NOT NULL,
  replaced_by UUID,
  CHECK ((member IS NULL) = (guest <> '')),
  CHECK (time_out IS NULL OR (time_in IS NOT NULL AND time_out >= time_in))
);
CREATE INDEX operation_check_in_plan ON operation_check_in (plan);
CREATE UNIQUE INDEX operation_check_in_current ON operation_check_in (plan, person) WHERE replaced_by IS NULL;
CREATE TABLE operation_release (
  id UUID PRIMARY KEY NOT NULL,
  plan UUID NOT NULL REFERENCES operation_plan (id) ON DELETE CASCADE,
  wait_minutes INTEGER NOT NULL CHECK (wait_minutes BETWEEN 5 AND 240),
  ordered_at TIMESTAMPTZ NOT NULL,
  ordered_by UUID NOT NULL REFERENCES member (id) ON DELETE RESTRICT,
  withdrawn_at TIMESTAMPTZ,
  notified_at TIMESTAMPTZ
);
CREATE UNIQUE INDEX operation_release_current ON operation_release (plan) WHERE withdrawn_at IS NULL;
CREATE TABLE operation_log_entry (
  id UUID PRIMARY KEY NOT NULL,
  plan UUID NOT NULL REFERENCES operation_plan (id) ON DELETE CASCADE,
  entry UUID NOT NULL,
  happened_at TIMESTAMPTZ NOT NULL,
  text VARCHAR(500) NOT NULL,
  written_by UUID NOT NULL REFERENCES member (id) ON DELETE RESTRICT,
  written_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX operation_log_entry_plan ON operation_log_entry (plan);
CREATE TABLE operation_state_change (
  id UUID PRIMARY KEY NOT NULL,
  plan UUID NOT NULL REFERENCES operation_plan (id) ON DELETE CASCADE,
  was VARCHAR(12) NOT NULL
    CHECK (was IN ('draft', 'planning', 'submitted', 'approved', 'briefed', 'executing', 'released', 'debriefed',
      'closed', 'stood_down', 'aborted')),
  state VARCHAR(12) NOT NULL
    CHECK (state IN ('draft', 'planning', 'submitted', 'approved', 'briefed', 'executing', 'released', 'debriefed',
      'closed', 'stood_down', 'aborted')),
  entered_at TIMESTAMPTZ NOT NULL,
  entered_by UUID REFERENCES member (id) ON DELETE RESTRICT
);
CREATE INDEX operation_state_change_plan ON operation_state_change (plan);
CREATE TABLE clearance (
  id UUID PRIMARY KEY NOT NULL,
  plan UUID NOT NULL REFERENCES operation_plan (id) ON DELETE CASCADE,
  system VARCHAR(14) CHECK (system IN ('rissafe', 'case_explorer', 'safetnet', 'other')),
  number VARCHAR(60) NOT NULL,
  result VARCHAR(11) CHECK (result IN ('no_conflict', 'conflict', 'pending')),
  reason TEXT NOT NULL,
  starts_at TIMESTAMPTZ NOT NULL,
  ends_at TIMESTAMPTZ NOT NULL,
  submitted_at TIMESTAMPTZ NOT NULL,
  submitted_by UUID NOT NULL REFERENCES member (id) ON DELETE RESTRICT,
  recorded_at TIMESTAMPTZ NOT NULL,
  replaced_at TIMESTAMPTZ,
  ended_by UUID REFERENCES member (id) ON DELETE RESTRICT,
  CHECK ((system IS NULL) = (number = '') AND (system IS NULL) = (reason <> '')),
  CHECK ((system IS NULL) = (result IS NULL))
);
CREATE UNIQUE INDEX clearance_current ON clearance (plan) WHERE replaced_at IS NULL;
CREATE TABLE hot_wash (
  id UUID PRIMARY KEY NOT NULL,
  plan UUID NOT NULL UNIQUE REFERENCES operation_plan (id) ON DELETE CASCADE,
  went_well TEXT NOT NULL,
  to_improve TEXT NOT NULL,
  version INTEGER NOT NULL,
  saved_by UUID NOT NULL REFERENCES member (id) ON DELETE RESTRICT,
  saved_at TIMESTAMPTZ NOT NULL
);
CREATE TABLE after_action (
  id UUID PRIMARY KEY NOT NULL,
  plan UUID NOT NULL REFERENCES operation_plan (id) ON DELETE CASCADE,
  title VARCHAR(200) NOT NULL CHECK (title <> ''),
  item UUID UNIQUE REFERENCES action_item (id) ON DELETE RESTRICT,
  added_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX after_action_plan ON after_action (plan);
CREATE TABLE released_lesson (
  id UUID PRIMARY KEY NOT NULL,
  title VARCHAR(120) NOT NULL,
  text TEXT NOT NULL,
  CHECK (title <> '' AND text <> '')
);
CREATE TABLE lesson (
  id UUID PRIMARY KEY NOT NULL,
  plan UUID NOT NULL REFERENCES operation_plan (id) ON DELETE CASCADE,
  text TEXT NOT NULL CHECK (text <> ''),
  edition_title VARCHAR(120) NOT NULL,
  edition_text TEXT NOT NULL,
  version INTEGER NOT NULL,
  released UUID UNIQUE REFERENCES released_lesson (id) ON DELETE SET NULL,
  added_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX lesson_plan ON lesson (plan);
CREATE TABLE operation_approval (
  id UUID PRIMARY KEY NOT NULL,
  plan UUID NOT NULL REFERENCES operation_plan (id) ON DELETE CASCADE,
  version INTEGER NOT NULL,
  starts_at TIMESTAMPTZ NOT NULL,
  ends_at TIMESTAMPTZ NOT NULL,
  approved_by UUID NOT NULL REFERENCES member (id) ON DELETE RESTRICT,
  approved_at TIMESTAMPTZ NOT NULL,
  ended_at TIMESTAMPTZ
);
CREATE INDEX operation_approval_plan ON operation_approval (plan);
CREATE TABLE operation_return (
  id UUID PRIMARY KEY NOT NULL,
  plan UUID NOT NULL REFERENCES operation_plan (id) ON DELETE CASCADE,
  version INTEGER NOT NULL,
  comment TEXT NOT NULL,
  returned_by UUID NOT NULL REFERENCES member (id) ON DELETE RESTRICT,
  returned_at TIMESTAMPTZ NOT NULL,
  CHECK (comment <> '')
);
CREATE INDEX operation_return_plan ON operation_return (plan);
CREATE TABLE operation_grant (
  id UUID PRIMARY KEY NOT NULL,
  event UUID NOT NULL REFERENCES event (id) ON DELETE CASCADE,
  member UUID NOT NULL REFERENCES member (id) ON DELETE RESTRICT,
  giver UUID NOT NULL REFERENCES member (id) ON DELETE RESTRICT,
  reason TEXT NOT NULL,
  requested_at TIMESTAMPTZ NOT NULL,
  granted_at TIMESTAMPTZ,
  approver UUID REFERENCES member (id) ON DELETE RESTRICT,
  until TIMESTAMPTZ,
  ended_at TIMESTAMPTZ,
  ended_by UUID REFERENCES member (id) ON DELETE RESTRICT,
  CHECK (approver IS NULL OR granted_at IS NOT NULL),
  CHECK (approver <> giver),
  CHECK (ended_by IS NULL OR ended_at IS NOT NULL)
);
CREATE UNIQUE INDEX operation_grant_open ON operation_grant (event, member) WHERE ended_at IS NULL;
CREATE INDEX operation_grant_until ON operation_grant (member, until) WHERE until IS NOT NULL AND ended_at IS NULL;
CREATE TABLE emergency_access (
  id UUID PRIMARY KEY NOT NULL,
  member UUID NOT NULL REFERENCES member (id) ON DELETE RESTRICT,
  session VARCHAR(64) NOT NULL,
  reason TEXT NOT NULL,
  began_at TIMESTAMPTZ NOT NULL,
  until TIMESTAMPTZ NOT NULL,
  ended_at TIMESTAMPTZ,
  CHECK (reason <> '')
);
CREATE INDEX emergency_access_session ON emergency_access (session) WHERE ended_at IS NULL;
CREATE TABLE emergency_opening (
  id UUID PRIMARY KEY NOT NULL,
  access UUID NOT NULL REFERENCES emergency_access (id) ON DELETE RESTRICT,
  event UUID NOT NULL REFERENCES event (id) ON DELETE CASCADE,
  opened_at TIMESTAMPTZ NOT NULL,
  UNIQUE (access, event)
);
CREATE INDEX emergency_opening_event ON emergency_opening (event);
ALTER TABLE message ADD COLUMN event_version INTEGER;
CREATE TABLE deconfliction_hit (
  id UUID PRIMARY KEY NOT NULL,
  first UUID NOT NULL REFERENCES operation_plan (id) ON DELETE CASCADE,
  second UUID NOT NULL REFERENCES operation_plan (id) ON DELETE CASCADE,
  distance_ft INTEGER NOT NULL,
  gap_minutes INTEGER NOT NULL,
  facts VARCHAR(64) NOT NULL,
  found_at TIMESTAMPTZ NOT NULL,
  first_knows BOOLEAN NOT NULL,
  second_knows BOOLEAN NOT NULL,
  dropped_at TIMESTAMPTZ,
  first_lead UUID REFERENCES member (id) ON DELETE RESTRICT,
  second_lead UUID REFERENCES member (id) ON DELETE RESTRICT,
  closed_at TIMESTAMPTZ,
  outcome VARCHAR(14)
    CHECK (outcome IN ('proceed', 'joint', 'rescheduled', 'canceled', 'not_a_conflict', 'superseded')),
  CHECK (first < second),
  CHECK ((closed_at IS NULL) = (outcome IS NULL))
);
CREATE INDEX deconfliction_hit_second ON deconfliction_hit (second);
CREATE UNIQUE INDEX deconfliction_hit_open ON deconfliction_hit (first, second) WHERE closed_at IS NULL;
CREATE TABLE compared_places (
  id UUID PRIMARY KEY NOT NULL,
  member UUID NOT NULL REFERENCES member (id) ON DELETE CASCADE,
  agency UUID NOT NULL REFERENCES agency (id) ON DELETE CASCADE,
  places INTEGER NOT NULL,
  compared_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX compared_places_member ON compared_places (member, compared_at);
CREATE INDEX compared_places_agency ON compared_places (agency, compared_at);
CREATE TABLE hit_decision (
  id UUID PRIMARY KEY NOT NULL,
  hit UUID NOT NULL REFERENCES deconfliction_hit (id) ON DELETE CASCADE,
  plan UUID NOT NULL REFERENCES operation_plan (id) ON DELETE CASCADE,
  decision VARCHAR(14) NOT NULL CHECK (decision IN ('proceed', 'joint', 'reschedule', 'cancel', 'not_a_conflict')),
  reason TEXT NOT NULL,
  decided_by UUID NOT NULL REFERENCES member (id) ON DELETE RESTRICT,
  decided_at TIMESTAMPTZ NOT NULL,
  replaced_at TIMESTAMPTZ
);
CREATE UNIQUE INDEX hit_decision_current ON hit_decision (hit, plan) WHERE replaced_at IS NULL;
CREATE TABLE readiness_notice (
  id UUID PRIMARY KEY NOT NULL,
  uid VARCHAR(36) NOT NULL UNIQUE,
  state VARCHAR(12) NOT NULL
    CHECK (state IN ('draft', 'scheduled', 'released', 'acknowledged', 'activated', 'stood_down', 'closed')),
  starts_at TIMESTAMPTZ NOT NULL,
  ends_at TIMESTAMPTZ NOT NULL,
  fewest INTEGER NOT NULL,
  most INTEGER NOT NULL,
  languages VARCHAR(200) NOT NULL,
  minors VARCHAR(8) NOT NULL CHECK (minors IN ('yes', 'no', 'unknown')),
  needs TEXT NOT NULL,
  place VARCHAR(200) NOT NULL,
  contact VARCHAR(200) NOT NULL,
  release_at TIMESTAMPTZ NOT NULL,
  released_at TIMESTAMPTZ,
  changed_at TIMESTAMPTZ NOT NULL,
  sequence INTEGER NOT NULL,
  CHECK (starts_at < ends_at),
  CHECK (fewest BETWEEN 0 AND most),
  CHECK ((released_at IS NULL) = (state IN ('draft', 'scheduled')))
);
CREATE INDEX readiness_notice_due ON readiness_notice (release_at) WHERE state = 'scheduled';
CREATE TABLE readiness_recipient (
  id UUID PRIMARY KEY NOT NULL,
  notice UUID NOT NULL REFERENCES readiness_notice (id) ON DELETE CASCADE,
  member UUID NOT NULL REFERENCES member (id) ON DELETE RESTRICT,
  acknowledged_at TIMESTAMPTZ,
  UNIQUE (notice, member)
);
CREATE INDEX readiness_recipient_member ON readiness_recipient (member);
CREATE TABLE operation_readiness (
  id UUID PRIMARY KEY NOT NULL,
  plan UUID NOT NULL REFERENCES operation_plan (id) ON DELETE CASCADE,
  notice UUID NOT NULL UNIQUE REFERENCES readiness_notice (id) ON DELETE CASCADE,
  made_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX operation_readiness_plan ON operation_readiness (plan);
"""


async def forwards() -> MigrationManager:
    """Run the statements inside the runner's transaction."""
    manager = MigrationManager(migration_id=ID, app_name="tracker", description=DESCRIPTION)
    manager.add_raw(statements(TABLES))
    return manager
