"""What Piccolo looks for: the engine and the registry. `database.bind` sets the engine."""

from piccolo.conf.apps import AppRegistry
from piccolo.engine.base import Engine

DB: Engine | None = None
APP_REGISTRY = AppRegistry(apps=["tracker.tables.piccolo_app"])
