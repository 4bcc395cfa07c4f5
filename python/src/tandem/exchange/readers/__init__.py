"""One reader a format: each opens a path as a Source."""
