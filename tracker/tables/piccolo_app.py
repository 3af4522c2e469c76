"""Registers the tables and the migrations folder with Piccolo."""

from piccolo.conf.apps import AppConfig, table_finder

from tracker.config.paths import folder

TABLE_MODULES = (
    "tracker.tables.schema.roster.people",
    "tracker.tables.schema.availability.blackout_days",
    "tracker.tables.schema.identity.credentials",
    "tracker.tables.schema.emails.preferences",
    "tracker.tables.schema.emails.escalation",
    "tracker.tables.schema.emails.item_escalations",
    "tracker.tables.schema.events.events",
    "tracker.tables.schema.events.history",
    "tracker.tables.schema.events.undo",
    "tracker.tables.schema.events.invitations",
    "tracker.tables.schema.operations.records",
    "tracker.tables.schema.intake.received_emails",
    "tracker.tables.schema.polls.polls",
    "tracker.tables.schema.operations.plans",
    "tracker.tables.schema.operations.access",
    "tracker.tables.schema.attendance.attendance",
    "tracker.tables.schema.actions.action_items",
    "tracker.tables.schema.core.tables",
    "tracker.tables.schema.events.calendar_imports",
    "tracker.tables.schema.events.templates",
    "tracker.tables.schema.roster.sites",
    "tracker.tables.schema.availability.shared_calendars",
    "tracker.tables.schema.calendars.subscriptions",
    "tracker.tables.schema.views.search",
)

APP_CONFIG = AppConfig(
    app_name="tracker",
    migrations_folder_path=str(folder("migrations")),
    table_classes=table_finder(TABLE_MODULES, exclude_imported=True),
)
