"""Date polls, before an event has its date."""
