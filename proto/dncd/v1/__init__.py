"""Version 1 of the dncd protocol."""
