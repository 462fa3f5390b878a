"""How many jobs run."""
