"""The servers that tests speak to; each is real, on 127.0.0.1 and a free port, and gone when the session ends."""

pytest_plugins = [
    "fixtures.aws",
    "fixtures.stores",
    "fixtures.redis",
    "fixtures.postgres",
    "fixtures.stack",
    "fixtures.cloud",
    "fixtures.platform",
    "fixtures.jobs",
    "fixtures.browser",
    "fixtures.chart",
    "fixtures.surroundings",
    "fixtures.api",
    "fixtures.gateway",
    "fixtures.listeners",
    "fixtures.records",
    "fixtures.runner",
    "fixtures.runs",
    "fixtures.jobs_api",
    "fixtures.kubernetes",
    "fixtures.engine",
]
