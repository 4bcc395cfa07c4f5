"""The API over HTTP: one module a resource, each with a router."""
