"""Batch jobs: any program, on any data, any number of times."""
