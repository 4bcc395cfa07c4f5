"""The catalogue of analyses: what each accepts, and what R is asked to do for it."""
