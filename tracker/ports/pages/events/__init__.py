"""Events, series and their dates, invitations and replies."""
