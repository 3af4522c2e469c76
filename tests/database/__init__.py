"""The database floor: what the stock engines lose on a failure, we keep."""
