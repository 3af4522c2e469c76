"""What Piccolo looks for: the engine and the registry. `database.bind` puts the engine in."""

from piccolo.conf.apps import AppRegistry
from piccolo.engine.base import Engine

DB: Engine | None = None
APP_REGISTRY = AppRegistry(apps=["tracker.tables.piccolo_app"])
