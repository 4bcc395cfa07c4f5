"""Attempts at jobs as Jobs of a Kubernetes cluster."""
