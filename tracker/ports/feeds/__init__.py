"""Personal feeds: what a subscribed calendar program fetches all day long."""
