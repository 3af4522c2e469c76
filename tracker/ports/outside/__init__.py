"""Outbound connections: reads members' shared calendars from the servers that hold them."""
