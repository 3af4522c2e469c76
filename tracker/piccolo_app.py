"""Tells Piccolo which tables there are and where their migrations stand."""

from piccolo.conf.apps import AppConfig, table_finder

from tracker.paths import folder

TABLE_MODULES = (
    "tracker.tables.people",
    "tracker.tables.blackouts",
    "tracker.tables.identity",
    "tracker.tables.preferences",
    "tracker.tables.api_tokens",
    "tracker.tables.meetings",
    "tracker.tables.history",
    "tracker.tables.invitations",
    "tracker.tables.attendance",
    "tracker.tables.action_items",
    "tracker.tables.outbox",
    "tracker.tables.deployment",
    "tracker.tables.prints",
    "tracker.tables.calendar_imports",
    "tracker.tables.event_templates",
    "tracker.tables.sites",
    "tracker.tables.saved_filters",
    "tracker.tables.outside_calendars",
    "tracker.tables.subscriptions",
    "tracker.tables.audit",
)

APP_CONFIG = AppConfig(
    app_name="tracker",
    migrations_folder_path=str(folder("migrations")),
    table_classes=table_finder(TABLE_MODULES, exclude_imported=True),
)
