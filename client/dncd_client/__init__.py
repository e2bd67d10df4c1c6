"""The client library of dncd."""
