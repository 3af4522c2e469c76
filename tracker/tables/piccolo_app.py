"""Registers the tables and the migrations folder with Piccolo."""

from piccolo.conf.apps import AppConfig, table_finder

from tracker.config.installation import folder

TABLE_MODULES = (
    "tracker.tables.schema.roster",
    "tracker.tables.schema.availability",
    "tracker.tables.schema.identity",
    "tracker.tables.schema.emails",
    "tracker.tables.schema.events",
    "tracker.tables.schema.operations",
    "tracker.tables.schema.intake",
    "tracker.tables.schema.polls",
    "tracker.tables.schema.attendance",
    "tracker.tables.schema.actions",
    "tracker.tables.schema.core.tables",
    "tracker.tables.schema.calendars",
    "tracker.tables.schema.views",
)

APP_CONFIG = AppConfig(
    app_name="tracker",
    migrations_folder_path=str(folder("migrations")),
    table_classes=table_finder(TABLE_MODULES, exclude_imported=True),
)
