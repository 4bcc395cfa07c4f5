"""Tandem executes analyses of single-cell experiments: Python steers, R pedals."""

__version__ = "0.1.0"
