"""The demo task force: invented agencies, people named by role, a calendar around today, and real emails."""
