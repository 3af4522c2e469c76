"""Personal feeds, which subscribed calendar programs fetch all day."""
