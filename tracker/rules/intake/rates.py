"""How many emails of one sender are taken, so that no one fills the mailbox of all others."""

from datetime import timedelta

MOST_AN_HOUR = 60
"""From one address, counted apart for those that the mail server confirmed: a forger holds up no one's own emails. Of
bounces, about one message. Also to one invitation, or to one person about one action item, from senders that were not
confirmed: they choose what address they send from."""
HOUR = timedelta(hours=1)
