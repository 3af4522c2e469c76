"""Add replies and bounces that come by email."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from tracker.database.migrate import statements

ID = "0004_add_incoming_replies"
VERSION = "1.38.0"
DESCRIPTION = "add replies and bounces that come by email"

TABLES = """
CREATE TABLE incoming_reply (
  id UUID PRIMARY KEY NOT NULL,
  received_at TIMESTAMPTZ NOT NULL,
  email_hash VARCHAR(64) NOT NULL,
  part INTEGER NOT NULL,
  sender VARCHAR(254) NOT NULL,
  is_verified BOOLEAN NOT NULL,
  invitation UUID REFERENCES invitation (id) ON DELETE CASCADE,
  occurrence UUID REFERENCES occurrence (id) ON DELETE CASCADE,
  reply VARCHAR(12) CHECK (reply IN ('needs_action', 'accepted', 'tentative', 'declined')),
  comment TEXT NOT NULL,
  sequence INTEGER,
  stamped_at TIMESTAMPTZ,
  outcome VARCHAR(12) NOT NULL
    CHECK (outcome IN ('recorded', 'released', 'repeated', 'stale', 'old_time', 'closed', 'proposed', 'unmatched',
      'ignored', 'unreadable')),
  misfit VARCHAR(16) CHECK (misfit IN ('no_address', 'no_invitation', 'other_sender', 'unverified', 'other_attendee',
    'other_date', 'proposal', 'delegate', 'no_reply')),
  decided_at TIMESTAMPTZ,
  decided_by UUID REFERENCES member (id) ON DELETE RESTRICT,
  attached UUID REFERENCES reply (id) ON DELETE CASCADE,
  UNIQUE (email_hash, part),
  CHECK ((misfit IS NULL) = (outcome <> 'unmatched')),
  CHECK ((decided_at IS NULL) = (decided_by IS NULL)),
  CHECK (attached IS NULL OR decided_at IS NOT NULL)
);
CREATE INDEX incoming_reply_invitation ON incoming_reply (invitation, occurrence);
CREATE INDEX incoming_reply_sender ON incoming_reply (sender, received_at);
CREATE INDEX incoming_reply_occurrence ON incoming_reply (occurrence);
CREATE INDEX incoming_reply_attached ON incoming_reply (attached);
CREATE INDEX incoming_reply_open ON incoming_reply (received_at)
  WHERE outcome = 'unmatched' AND decided_at IS NULL;
"""
PROPOSALS = """
CREATE TABLE time_proposal (
  id UUID PRIMARY KEY NOT NULL,
  reply UUID NOT NULL UNIQUE REFERENCES incoming_reply (id) ON DELETE CASCADE,
  starts_at TIMESTAMPTZ NOT NULL,
  ends_at TIMESTAMPTZ NOT NULL,
  was_starts_at TIMESTAMPTZ NOT NULL,
  was_ends_at TIMESTAMPTZ NOT NULL,
  made_at TIMESTAMPTZ NOT NULL,
  sequence INTEGER,
  declined_at TIMESTAMPTZ,
  declined_by UUID REFERENCES member (id) ON DELETE RESTRICT,
  CHECK (starts_at < ends_at),
  CHECK ((declined_at IS NULL) = (declined_by IS NULL))
);
"""
POLLS = """
CREATE TABLE poll (
  id UUID PRIMARY KEY NOT NULL,
  event UUID NOT NULL UNIQUE REFERENCES event (id) ON DELETE CASCADE,
  reply_by TIMESTAMPTZ NOT NULL,
  opened_at TIMESTAMPTZ NOT NULL,
  canceled_at TIMESTAMPTZ
);
CREATE INDEX poll_open ON poll (reply_by) WHERE canceled_at IS NULL;
CREATE TABLE earlier_poll (
  id UUID PRIMARY KEY NOT NULL,
  event UUID NOT NULL REFERENCES event (id) ON DELETE CASCADE
);
CREATE INDEX earlier_poll_event ON earlier_poll (event);
CREATE TABLE poll_option (
  id UUID PRIMARY KEY NOT NULL,
  poll UUID NOT NULL REFERENCES poll (id) ON DELETE CASCADE,
  starts TIMESTAMP NOT NULL,
  UNIQUE (poll, starts)
);
CREATE TABLE poll_reply (
  id UUID PRIMARY KEY NOT NULL,
  option UUID NOT NULL REFERENCES poll_option (id) ON DELETE CASCADE,
  member UUID NOT NULL REFERENCES member (id) ON DELETE RESTRICT,
  fit VARCHAR(10) NOT NULL CHECK (fit IN ('yes', 'if_needed', 'no')),
  source VARCHAR(12) NOT NULL CHECK (source IN ('site', 'link', 'api', 'email', 'on_behalf', 'substitute', 'change')),
  replied_at TIMESTAMPTZ NOT NULL,
  UNIQUE (option, member)
);
CREATE INDEX poll_reply_member ON poll_reply (member);
"""

WORDS = """
CREATE TABLE incoming_words (
  id UUID PRIMARY KEY NOT NULL,
  received_at TIMESTAMPTZ NOT NULL,
  email_hash VARCHAR(64) NOT NULL UNIQUE,
  sender VARCHAR(254) NOT NULL,
  is_verified BOOLEAN NOT NULL,
  member UUID REFERENCES member (id) ON DELETE RESTRICT,
  outcome VARCHAR(12) NOT NULL CHECK (outcome IN ('recorded', 'unchanged', 'no_word', 'closed', 'outdated', 'sign_in',
    'unmatched', 'ignored', 'unreadable')),
  word VARCHAR(12) CHECK (word IN ('done', 'in_progress', 'blocked', 'note', 'yes', 'maybe', 'no')),
  item UUID REFERENCES action_item (id) ON DELETE CASCADE,
  reply UUID REFERENCES reply (id) ON DELETE CASCADE,
  status_before VARCHAR(12) CHECK (status_before IN ('open', 'in_progress', 'blocked', 'done', 'canceled')),
  progress_before INTEGER,
  blocked_before TIMESTAMPTZ,
  undone_at TIMESTAMPTZ,
  claimed UUID REFERENCES member (id) ON DELETE RESTRICT,
  text TEXT NOT NULL,
  decided_at TIMESTAMPTZ,
  decided_by UUID REFERENCES member (id) ON DELETE RESTRICT,
  CHECK ((status_before IS NULL) = (progress_before IS NULL)),
  CHECK (status_before IS NULL OR item IS NOT NULL),
  CHECK ((blocked_before IS NOT NULL) = (status_before IS NOT NULL AND status_before = 'blocked')),
  CHECK (claimed IS NULL OR item IS NOT NULL),
  CHECK ((decided_at IS NULL) = (decided_by IS NULL))
);
CREATE INDEX incoming_words_claimed ON incoming_words (received_at) WHERE claimed IS NOT NULL;
CREATE INDEX incoming_words_item ON incoming_words (item);
CREATE INDEX incoming_words_sender ON incoming_words (sender, received_at);
CREATE INDEX incoming_words_reply ON incoming_words (reply);
CREATE INDEX incoming_words_member ON incoming_words (member, received_at);
"""

MAILBOX = """
CREATE TABLE mailbox_state (
  id BIGINT PRIMARY KEY NOT NULL,
  read_at TIMESTAMPTZ,
  email_at TIMESTAMPTZ,
  trouble TEXT NOT NULL,
  trouble_since TIMESTAMPTZ,
  CHECK (id = 1),
  CHECK ((trouble = '') = (trouble_since IS NULL))
);
"""

BOUNCES = """
ALTER TABLE message ADD COLUMN sent_to VARCHAR(254);
ALTER TABLE message ADD COLUMN bounced_at TIMESTAMPTZ;
CREATE INDEX message_bounced ON message (bounced_at) WHERE bounced_at IS NOT NULL;
CREATE TABLE bounce (
  id UUID PRIMARY KEY NOT NULL,
  received_at TIMESTAMPTZ NOT NULL,
  email_hash VARCHAR(64) UNIQUE,
  message UUID REFERENCES message (id) ON DELETE CASCADE,
  fate VARCHAR(12) NOT NULL CHECK (fate IN ('failed', 'delayed', 'unclear')),
  cause VARCHAR(16) NOT NULL CHECK (cause IN ('no_address', 'mailbox_full', 'mailbox_off', 'unreachable', 'refused',
    'content', 'unknown')),
  status VARCHAR(12) NOT NULL,
  words VARCHAR(150) NOT NULL,
  is_counted BOOLEAN NOT NULL
);
CREATE INDEX bounce_message ON bounce (message);
CREATE TABLE email_pause (
  id UUID PRIMARY KEY NOT NULL,
  member UUID NOT NULL REFERENCES member (id) ON DELETE CASCADE,
  address VARCHAR(254) NOT NULL,
  paused_at TIMESTAMPTZ NOT NULL,
  restored_at TIMESTAMPTZ
);
CREATE INDEX email_pause_member ON email_pause (member);
CREATE UNIQUE INDEX email_pause_open ON email_pause (member, address) WHERE restored_at IS NULL;
"""

QUIET_HOURS = """
ALTER TABLE preference ADD COLUMN has_quiet_weekends BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE preference ADD COLUMN is_never_quiet BOOLEAN NOT NULL DEFAULT FALSE
  CHECK (NOT is_never_quiet OR (quiet_from IS NULL AND NOT has_quiet_weekends));
ALTER TABLE deployment ADD COLUMN quiet_from VARCHAR(5);
ALTER TABLE deployment ADD COLUMN quiet_until VARCHAR(5) CHECK ((quiet_from IS NULL) = (quiet_until IS NULL));
"""

REMINDER_POLICIES = """
ALTER TABLE event ADD COLUMN reminder_leads VARCHAR(60) NOT NULL DEFAULT '10080,1440,120';
ALTER TABLE event ADD COLUMN ask_leads VARCHAR(60) NOT NULL DEFAULT '';
ALTER TABLE event ADD COLUMN ask_after VARCHAR(60) NOT NULL DEFAULT '';
ALTER TABLE committee_preference ADD COLUMN ask_leads VARCHAR(60) NOT NULL DEFAULT '';
ALTER TABLE committee_preference ADD COLUMN ask_after VARCHAR(60) NOT NULL DEFAULT '';
UPDATE committee_preference SET ask_leads = '7200,2880' WHERE asks_again;
ALTER TABLE committee_preference DROP COLUMN asks_again;
UPDATE event SET
  reminder_leads = (SELECT p.leads FROM committee_preference p WHERE p.committee = event.committee),
  ask_leads = (SELECT p.ask_leads FROM committee_preference p WHERE p.committee = event.committee)
  WHERE committee IN (SELECT committee FROM committee_preference);
ALTER TABLE committee_preference ADD COLUMN replaced TEXT;
ALTER TABLE committee_preference ADD COLUMN is_usual BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE deployment ADD COLUMN reminder_leads VARCHAR(60) NOT NULL DEFAULT '10080,1440,120';
ALTER TABLE deployment ADD COLUMN ask_leads VARCHAR(60) NOT NULL DEFAULT '';
ALTER TABLE deployment ADD COLUMN ask_after VARCHAR(60) NOT NULL DEFAULT '';
ALTER TABLE deployment ADD COLUMN sends_thanks BOOLEAN NOT NULL DEFAULT FALSE;
"""
THANK_YOUS = """
ALTER TABLE event ADD COLUMN sends_thanks BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE committee_preference ADD COLUMN sends_thanks BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE preference ADD COLUMN thank_yous BOOLEAN NOT NULL DEFAULT TRUE;
"""

REPLIES = """
ALTER TABLE reply ADD COLUMN renewed_at TIMESTAMPTZ;
"""

PEOPLE = """
CREATE INDEX member_counted ON member (agency, status, id);
"""

ESCALATIONS = """
CREATE TABLE committee_escalation (
  id UUID PRIMARY KEY NOT NULL,
  committee UUID NOT NULL UNIQUE REFERENCES committee (id) ON DELETE CASCADE,
  agency INTEGER CHECK (agency >= 0),
  coordinator INTEGER CHECK (coordinator >= 0),
  changed_at TIMESTAMPTZ NOT NULL
);
"""
ITEM_ESCALATIONS = """
CREATE TABLE item_escalation (
  id UUID PRIMARY KEY NOT NULL,
  item UUID NOT NULL REFERENCES action_item (id) ON DELETE CASCADE,
  rung INTEGER NOT NULL,
  agency UUID NOT NULL REFERENCES agency (id) ON DELETE RESTRICT,
  day DATE NOT NULL,
  CHECK (rung IN (1, 2)),
  UNIQUE (item, rung, agency)
);
"""
ALIASES = """
CREATE TABLE email_alias (
  id UUID PRIMARY KEY NOT NULL,
  member UUID NOT NULL REFERENCES member (id) ON DELETE CASCADE,
  address VARCHAR(254) NOT NULL,
  added_at TIMESTAMPTZ NOT NULL,
  confirmed_at TIMESTAMPTZ,
  removed_at TIMESTAMPTZ,
  CHECK (address = lower(address))
);
CREATE INDEX email_alias_member ON email_alias (member);
CREATE UNIQUE INDEX email_alias_confirmed ON email_alias (address)
  WHERE confirmed_at IS NOT NULL AND removed_at IS NULL;
"""


async def forwards() -> MigrationManager:
    """Run the statements inside the runner's transaction."""
    manager = MigrationManager(migration_id=ID, app_name="tracker", description=DESCRIPTION)
    manager.add_raw(statements(TABLES))
    manager.add_raw(statements(PROPOSALS))
    manager.add_raw(statements(WORDS))
    manager.add_raw(statements(MAILBOX))
    manager.add_raw(statements(POLLS))
    manager.add_raw(statements(BOUNCES))
    manager.add_raw(statements(QUIET_HOURS))
    manager.add_raw(statements(REMINDER_POLICIES))
    manager.add_raw(statements(PEOPLE))
    manager.add_raw(statements(ESCALATIONS))
    manager.add_raw(statements(THANK_YOUS))
    manager.add_raw(statements(ALIASES))
    manager.add_raw(statements(ITEM_ESCALATIONS))
    manager.add_raw(statements(REPLIES))
    return manager
