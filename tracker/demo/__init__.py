"""The demo task force: invented agencies, people by role, a living calendar around today, mails that really go out."""
