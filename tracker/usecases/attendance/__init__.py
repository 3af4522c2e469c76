"""Roll call, attendance sheets and printouts."""
