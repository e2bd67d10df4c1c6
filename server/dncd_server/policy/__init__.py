"""Policy changes: what a request would change, what it opens, and putting it in force."""
