"""Keep recovery codes, and since when an authenticator is in force, on SQLite and PostgreSQL."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from tracker.database.migrate import statements

ID = "2026-11-25T13:44:11:429625"
VERSION = "1.38.0"
DESCRIPTION = "keep recovery codes"

CHANGE = """
CREATE TABLE recovery_code (
  id VARCHAR(43) PRIMARY KEY NOT NULL,
  member UUID NOT NULL REFERENCES member (id) ON DELETE CASCADE,
  made_at TIMESTAMPTZ NOT NULL,
  used_at TIMESTAMPTZ
);
CREATE INDEX recovery_code_member ON recovery_code (member);
ALTER TABLE member ADD COLUMN totp_at TIMESTAMPTZ;
"""


async def forwards() -> MigrationManager:
    """Run the statements inside the runner's transaction."""
    manager = MigrationManager(migration_id=ID, app_name="tracker", description=DESCRIPTION)
    manager.add_raw(statements(CHANGE))
    return manager
