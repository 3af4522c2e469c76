"""Rules: pure functions of frozen values, with viewer and now as arguments."""
