"""Uploads: from a header and bytes to a batch in the ledger, wholly or not at all."""
