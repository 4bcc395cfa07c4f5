"""What Prometheus is told: counted as it happens, or looked at when it asks."""
