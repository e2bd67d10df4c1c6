"""What tests stand on: real daemons, and a canary for numbers that leak."""
