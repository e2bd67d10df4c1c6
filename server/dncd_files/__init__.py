"""Bytes to rows and rows to bytes: encodings, layouts, reject files. No network."""
