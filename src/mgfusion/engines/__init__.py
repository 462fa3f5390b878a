"""How many jobs run at once, and what is done about one that fails."""
