"""How series repeat: rules, dates, words, and holidays."""
