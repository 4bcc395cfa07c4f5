"""Gives experiments their pods in a Kubernetes cluster, as the caretaker gives them processes on one machine."""
