"""Benchmarks: `python -m bench` measures on this machine and writes bench/results."""
