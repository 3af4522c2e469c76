"""Who somebody is: signing in, sessions, codes, tokens."""
