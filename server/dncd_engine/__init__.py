"""The pure core of dncd: numbers, lists, policy and verdicts. No I/O and no clock of its own."""
