"""Ingest: a process of its own turns an uploaded file into counted rows and finished segments."""
