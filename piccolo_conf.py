"""Where Piccolo's own commands find the database: the one that the settings name."""

import os

from tracker.config.settings import Settings
from tracker.database import bind, engine_from_url, piccolo_conf

bind(engine_from_url(os.environ.get("TRACKER_DATABASE_URL", Settings.database_url)))
DB = piccolo_conf.DB
APP_REGISTRY = piccolo_conf.APP_REGISTRY
