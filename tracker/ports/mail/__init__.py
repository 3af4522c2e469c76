"""The mail door: letters become bytes, bytes become mail; and a sink that keeps a demo's mail."""
