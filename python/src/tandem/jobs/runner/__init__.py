"""Takes jobs from their queues and carries them out."""
