"""Plans with their event and its date, read from the plans on.

CROSS JOIN keeps the order in SQLite (https://sqlite.org/lang_select.html). By itself it would begin at the index of
starts, or at the events that the viewer leads, and go through all dates that were ever stored for a handful of plans.
"""

PLANNED_DATES = "operation_plan p CROSS JOIN event e CROSS JOIN occurrence o"
OF_THEIR_PLAN = "e.id = p.event AND o.event = e.id"
"""The condition that belongs to it."""
