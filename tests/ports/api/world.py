"""Events as a program schedules them."""

from typing import Any

from tests.ports.api.conftest import Program

NEW_MEETING: dict[str, Any] = {
    "kind": "meeting",
    "title": "Case review",
    "visibility": "all",
    "date": "2027-01-12",
    "time": "14:00",
    "minutes": 90,
    "place": "Room 5",
}
NEW_SERIES = {**NEW_MEETING, "repeat": {"every": "weekly", "count": 4}}


async def create_event(program: Program, new: dict[str, Any] = NEW_MEETING) -> tuple[str, str]:
    """Schedule an event and return its path and ETag."""
    response = await program.ask("POST", "/events", new)
    assert response.status_code == 201, response.text
    return response.headers["location"].removeprefix("/api/v1"), response.headers["etag"]
