"""Reading and verifying the audit log, and backups."""
