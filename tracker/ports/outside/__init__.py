"""The way out: calendars that members share are read from the servers where they keep them."""
