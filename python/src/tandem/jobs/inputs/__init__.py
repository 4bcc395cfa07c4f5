"""What jobs read."""
