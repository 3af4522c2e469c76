"""Know the life of accounts (version, end, last use) and two more roles, on SQLite and PostgreSQL."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from tracker.database import rebuild_table
from tracker.database.migrate import statements

ID = "2026-11-25T13:40:54:857215"
VERSION = "1.38.0"
DESCRIPTION = "know the life of accounts"

COLUMNS = """
ALTER TABLE agency ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE body ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE member ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE member ADD COLUMN is_guest BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE member ADD COLUMN expires_at TIMESTAMPTZ;
ALTER TABLE member ADD COLUMN signed_in_at TIMESTAMPTZ;
ALTER TABLE member ADD COLUMN reopened_at TIMESTAMPTZ;
ALTER TABLE member ADD COLUMN reviewed_at TIMESTAMPTZ;
"""
ROLES = """CREATE TABLE member_role_new (
  id UUID PRIMARY KEY NOT NULL,
  member UUID NOT NULL REFERENCES member (id) ON DELETE CASCADE,
  role VARCHAR(20) NOT NULL
    CHECK (role IN ('coordinator', 'body_chair', 'agency_lead', 'administrator', 'auditor')),
  body UUID REFERENCES body (id) ON DELETE CASCADE,
  CHECK ((role = 'body_chair') = (body IS NOT NULL)),
  UNIQUE (member, role, body)
)"""
WIDER = (
    "ALTER TABLE member_role DROP CONSTRAINT member_role_role_check",
    """ALTER TABLE member_role ADD CONSTRAINT member_role_role_check
    CHECK (role IN ('coordinator', 'body_chair', 'agency_lead', 'administrator', 'auditor'))""",
)


async def _widen_roles() -> None:
    copy = "INSERT INTO member_role_new SELECT id, member, role, body FROM member_role"
    await rebuild_table("member_role", create=ROLES, copy=copy, postgres=WIDER)


async def forwards() -> MigrationManager:
    """Run the statements inside the runner's transaction."""
    manager = MigrationManager(migration_id=ID, app_name="tracker", description=DESCRIPTION)
    manager.add_raw(statements(COLUMNS))
    manager.add_raw(_widen_roles)
    return manager
