"""Denied requests, for the audit log: a member was refused, or asked for something that isn't there for them.

Missing and forbidden events are recorded alike, after the response was sent, so that neither the response nor its
timing shows which it was. There is one entry a day for each person, subject and route.
"""

from litestar.background_tasks import BackgroundTask

from tracker import clock
from tracker.errors import NotAllowed, NotFound, TrackerError
from tracker.ports.http.access_log import route_of
from tracker.ports.http.csrf import Outdated
from tracker.ports.http.forms import FormRequest
from tracker.rules.core.viewer import Viewer
from tracker.usecases.core import access_records

EVENT = "event_id"
"""The name of an event's id in routes."""


def recorded(request: FormRequest, error: TrackerError) -> BackgroundTask | None:
    """Return what is to be recorded after the response, if anything is."""
    viewer: Viewer | None = request.scope["state"].get("viewer")
    if isinstance(error, Outdated):  # an old page isn't an attempt
        return None
    event_id = request.path_params.get(EVENT)
    if viewer is None or not (isinstance(error, NotAllowed) or (isinstance(error, NotFound) and event_id)):
        return None
    route = f"{request.method} {route_of(request.scope)}"
    verb = "denied" if isinstance(error, NotAllowed) else "not_found"
    subject, subject_id = ("event", str(event_id)) if event_id else ("address", route[:64])
    return BackgroundTask(access_records.note, viewer, verb, subject, subject_id, {"route": route}, clock.now())
