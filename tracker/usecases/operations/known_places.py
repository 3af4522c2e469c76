"""Places whose coordinates the task force knows, so that a site can be entered by its name or street address."""

from tracker.rules.roster.sites import Site, known_place
from tracker.usecases.roster.sites import every_site


async def known_places() -> tuple[Site, ...]:
    """Return the sites that have coordinates, by name; every member may know where the task force meets."""
    return tuple(one for one in await every_site() if one.coordinates)


async def coordinates_of(place: str) -> str:
    """Return the coordinates of a known place by its name or address, as people write them; empty for another one."""
    found = known_place(place, await known_places())
    return found.coordinates.text if found and found.coordinates else ""
