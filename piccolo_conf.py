"""Where Piccolo's own commands find the database: the one that the settings name."""

import os

from tracker import conf
from tracker.database import bind, engine_from_url
from tracker.settings import Settings

bind(engine_from_url(os.environ.get("TRACKER_DATABASE_URL", Settings.database_url)))
DB = conf.DB
APP_REGISTRY = conf.APP_REGISTRY
