"""Programs tried by those who write them, without a platform."""
