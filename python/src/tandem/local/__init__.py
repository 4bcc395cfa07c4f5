"""The local platform: everything that Tandem needs, on one machine, under one supervisor."""
