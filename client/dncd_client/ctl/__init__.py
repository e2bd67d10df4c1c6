"""dncctl, the control client."""
