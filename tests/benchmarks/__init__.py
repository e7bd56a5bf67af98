"""Measurements, each run by one command: `python -m tests.benchmarks.batch`, `.single`, `.kill`."""
