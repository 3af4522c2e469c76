"""Date polls: people are asked which dates suit them before an event is scheduled."""
