"""What Piccolo looks for: the engine and the registry. `database.bind` sets the engine."""

from piccolo.engine.base import Engine

DB: Engine | None = None


def __getattr__(name: str) -> object:
    """Return APP_REGISTRY to Piccolo's commands: it imports a formatter of code, which no process that serves needs."""
    if name != "APP_REGISTRY":
        raise AttributeError(name)
    from piccolo.conf.apps import AppRegistry  # noqa: PLC0415 - see above

    return AppRegistry(apps=["tracker.tables.piccolo_app"])
