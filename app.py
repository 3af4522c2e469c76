"""What servers start: `uvicorn app:app`. The composition is `tracker.app`."""

from tracker.app import create_app

app = create_app()
