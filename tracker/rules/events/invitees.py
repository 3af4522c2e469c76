"""Whom an event invites: by its form, and by the seats of its committee.

The form invites agencies, committees and people who are added, without people who are unchecked. Each person has one
box in it, which is checked for people who are invited, so the form always shows what it means. The primary of a seat is
invited to the meetings of the committee; a new primary takes the place of the former one on the list of each upcoming
meeting.
"""
