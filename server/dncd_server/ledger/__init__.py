"""The ledger: the one place where what is true is kept. SQL lives here and nowhere else."""
