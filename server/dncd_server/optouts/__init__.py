"""Opt-outs: what a person said at the telephone, in force before the answer goes back."""
