"""What a watcher needs in AWS: the bucket, the queue, and that the one tells the other."""

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from tandem.errors import UsageError
from tandem.jobs.cloud.places import KILL, SUBMIT
from tandem.settings import Settings

if TYPE_CHECKING:
    from tandem.aws import Clients

#: Where buckets lie if nothing is said.
FIRST_REGION = "us-east-1"
#: What is told of.
SUFFIXES = (f"/{SUBMIT}", f"/{KILL}")


def prepare(clients: "Clients", settings: Settings, bucket: str, queue: str) -> None:
    """Make the bucket and the queue where they are missing, and let the bucket tell the queue of new files of JSON.
    UsageError where AWS does not let us."""
    try:
        _prepare(clients, settings, bucket, queue)
    except (BotoCoreError, ClientError) as error:
        raise UsageError(reason=f"AWS does not make the bucket {bucket} tell the queue {queue}: {error}") from error


def _prepare(clients: "Clients", settings: Settings, bucket: str, queue: str) -> None:
    make_bucket(clients, settings, bucket)
    url = clients.sqs.create_queue(QueueName=queue)["QueueUrl"]
    arn = clients.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps(_policy(arn, bucket))
    clients.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    told: Any = {"QueueConfigurations": [_told(arn, suffix) for suffix in SUFFIXES]}
    clients.s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=told)


def make_bucket(clients: "Clients", settings: Settings, name: str) -> None:
    """Make a bucket, unless it is ours already."""
    if any(found["Name"] == name for found in clients.s3.list_buckets()["Buckets"]):
        return
    where: Any = {} if settings.aws_region == FIRST_REGION else {"LocationConstraint": settings.aws_region}
    given: Any = {"CreateBucketConfiguration": where} if where else {}
    clients.s3.create_bucket(Bucket=name, **given)


def _told(arn: str, suffix: str) -> dict[str, Any]:
    rules = [{"Name": "suffix", "Value": suffix}]
    return {"QueueArn": arn, "Events": ["s3:ObjectCreated:*"], "Filter": {"Key": {"FilterRules": rules}}}


def _policy(arn: str, bucket: str) -> dict[str, Any]:
    """S3 may send to the queue what concerns this bucket."""
    partition = arn.split(":")[1]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnLike": {"aws:SourceArn": f"arn:{partition}:s3:*:*:{bucket}"}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}
