"""The commands of dncctl, a file each."""
