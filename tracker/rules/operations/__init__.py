"""Plans of joint operations: sites, deconfliction, and who approves what."""
