"""Registers the tables and the migrations folder with Piccolo."""

from piccolo.conf.apps import AppConfig, table_finder

from tracker.config.paths import folder

TABLE_MODULES = (
    "tracker.tables.schema.roster.people",
    "tracker.tables.schema.availability.blackout_days",
    "tracker.tables.schema.identity.identity",
    "tracker.tables.schema.emails.preferences",
    "tracker.tables.schema.identity.api_tokens",
    "tracker.tables.schema.events.events",
    "tracker.tables.schema.events.history",
    "tracker.tables.schema.events.undo",
    "tracker.tables.schema.events.invitations",
    "tracker.tables.schema.operations.activity_log",
    "tracker.tables.schema.operations.check_ins",
    "tracker.tables.schema.intake.replies",
    "tracker.tables.schema.intake.proposals",
    "tracker.tables.schema.intake.words",
    "tracker.tables.schema.intake.mailbox",
    "tracker.tables.schema.polls.polls",
    "tracker.tables.schema.polls.replies",
    "tracker.tables.schema.intake.bounces",
    "tracker.tables.schema.operations.plans",
    "tracker.tables.schema.operations.comparisons",
    "tracker.tables.schema.operations.releases",
    "tracker.tables.schema.operations.returns",
    "tracker.tables.schema.operations.orders",
    "tracker.tables.schema.operations.phases",
    "tracker.tables.schema.operations.briefs",
    "tracker.tables.schema.operations.grants",
    "tracker.tables.schema.operations.readiness",
    "tracker.tables.schema.operations.off_site",
    "tracker.tables.schema.operations.after",
    "tracker.tables.schema.operations.lessons",
    "tracker.tables.schema.operations.emergency",
    "tracker.tables.schema.attendance.attendance",
    "tracker.tables.schema.attendance.quorum",
    "tracker.tables.schema.actions.action_items",
    "tracker.tables.schema.core.outbox",
    "tracker.tables.schema.core.deployment",
    "tracker.tables.schema.events.calendar_imports",
    "tracker.tables.schema.events.templates",
    "tracker.tables.schema.core.drafts",
    "tracker.tables.schema.roster.sites",
    "tracker.tables.schema.roster.confidential_sites",
    "tracker.tables.schema.core.saved_filters",
    "tracker.tables.schema.availability.shared_calendars",
    "tracker.tables.schema.calendars.subscriptions",
    "tracker.tables.schema.core.audit",
)

APP_CONFIG = AppConfig(
    app_name="tracker",
    migrations_folder_path=str(folder("migrations")),
    table_classes=table_finder(TABLE_MODULES, exclude_imported=True),
)
