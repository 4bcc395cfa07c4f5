"""Where Redis is: said by the settings, at home in development, else looked up in ElastiCache."""

from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tandem.errors import EventsUnavailable
from tandem.settings import Settings

DEVELOPMENT_URL = "redis://host.docker.internal:6379"
#: Seconds to reach ElastiCache's API, and to wait for its answer; the emit that needs it waits twice at most.
LOOKUP_TIMEOUT_S = 5
LOOKUP_TRIES = 2


def redis_url(settings: Settings) -> str:
    """The URL of the Redis that carries events. EventsUnavailable when the look-up fails."""
    if settings.redis_url:
        return settings.redis_url
    if settings.in_development:
        return DEVELOPMENT_URL
    return _elasticache_url(settings)


def _elasticache_url(settings: Settings) -> str:
    name = f"biomage-redis-{settings.cluster_env}"
    try:
        client = boto3.client(
            "elasticache",
            region_name=settings.aws_region,
            endpoint_url=settings.aws_endpoint,
            config=Config(
                connect_timeout=LOOKUP_TIMEOUT_S,
                read_timeout=LOOKUP_TIMEOUT_S,
                retries={"total_max_attempts": LOOKUP_TRIES},
            ),
        )
        group = client.describe_replication_groups(ReplicationGroupId=name)["ReplicationGroups"][0]
        endpoint = _endpoint(group)
    except (BotoCoreError, ClientError, LookupError) as error:
        raise EventsUnavailable(address=name, reason=f"its address cannot be looked up ({error})") from error
    return f"rediss://{endpoint['Address']}:{endpoint['Port']}"


def _endpoint(group: Mapping[str, Any]) -> Mapping[str, Any]:
    """The primary node of the group; with cluster mode on, the address that stands for all of them."""
    endpoint: Mapping[str, Any] = group.get("ConfigurationEndpoint") or group["NodeGroups"][0]["PrimaryEndpoint"]
    return endpoint
