"""Date polls: the form that asks people for dates, their pages, and the questions before they are closed."""
