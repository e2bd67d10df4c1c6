"""Changes: what becomes of a batch once its numbers are known, whatever brought it; guards, approvals, reverts."""
