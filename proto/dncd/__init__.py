"""Generated protocol code of dncd."""
