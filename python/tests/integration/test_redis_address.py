"""Where Redis is looked for, with a simulator of ElastiCache that speaks HTTP."""

from collections.abc import Iterator

import boto3
import pytest
from moto.server import ThreadedMotoServer

from fixtures.redis import free_port
from tandem.errors import EventsUnavailable
from tandem.events.address import redis_url
from tandem.events.redis import open_events
from tandem.settings import Settings


@pytest.fixture
def elasticache(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "key")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def make_group(endpoint: str, name: str) -> None:
    client = boto3.client("elasticache", region_name="eu-west-1", endpoint_url=endpoint)
    client.create_replication_group(
        ReplicationGroupId=name,
        ReplicationGroupDescription="events",
        Engine="redis",
        TransitEncryptionEnabled=True,
        NumCacheClusters=1,
    )


def in_staging(endpoint: str) -> Settings:
    return Settings(cluster_env_given="staging", aws_endpoint=endpoint, aws_region="eu-west-1", redis_url=None)


def test_the_setting_comes_first() -> None:
    assert redis_url(Settings(redis_url="redis://here:1", cluster_env_given="production")) == "redis://here:1"


def test_in_development_redis_is_on_the_host() -> None:
    settings = Settings(redis_url=None, cluster_env_given="development")
    assert redis_url(settings) == "redis://host.docker.internal:6379"


def test_in_a_cluster_the_replication_group_of_its_environment_is_spoken_to_with_tls(elasticache: str) -> None:
    make_group(elasticache, "biomage-redis-staging")
    make_group(elasticache, "biomage-redis-production")
    url = redis_url(in_staging(elasticache))
    client = boto3.client("elasticache", region_name="eu-west-1", endpoint_url=elasticache)
    group = client.describe_replication_groups(ReplicationGroupId="biomage-redis-staging")["ReplicationGroups"][0]
    endpoint = group["NodeGroups"][0]["PrimaryEndpoint"]
    assert url == f"rediss://{endpoint['Address']}:{endpoint['Port']}"


def test_a_group_that_is_missing_is_named_and_looked_for_again(elasticache: str) -> None:
    events = open_events(in_staging(elasticache))
    assert not events.ping()
    with pytest.raises(EventsUnavailable, match="biomage-redis-staging"):
        events.emit("Update", {})


def test_a_look_up_that_is_not_answered_is_events_unavailable(elasticache: str) -> None:
    with pytest.raises(EventsUnavailable, match="biomage-redis-staging"):
        redis_url(in_staging(f"http://127.0.0.1:{free_port()}"))
