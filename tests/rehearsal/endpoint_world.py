"""An endpoint without a stack behind it: services are put there, and asked by boto3 as anybody asks them."""

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rehearsal.gateway.gateway import Gateway
from rehearsal.identity.authority import Authority
from rehearsal.running.endpoint import local_endpoint
from rehearsal.world.cloud import Cloud
from rehearsal.world.journal import Journal


class Endpoint:
    """A gateway, the cloud behind it, and callers of it."""

    def __init__(self, gateway: Gateway, cloud: Cloud) -> None:
        self.gateway = gateway
        self.cloud = cloud

    def role(self, name: str, service: str, *statements: Mapping[str, Any]) -> str:
        """A role that `service` may assume, with exactly these statements; its ARN."""
        arn = self.cloud.place.iam_arn(f"role/{name}")
        principal = {"Service": f"{service}.amazonaws.com"}
        trust = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
        self.cloud.authority.put_role(arn, {"Version": "2012-10-17", "Statement": [trust]})
        document = {"Version": "2012-10-17", "Statement": list(statements)}
        self.cloud.authority.put_policy(arn, "inline", document)
        return arn

    def client_of(self, service: str, *statements: Mapping[str, Any]) -> Any:
        """A client that acts as a role with exactly these statements."""
        role = self.role("operator", "ec2", *statements)
        return self.cloud.client(service, self.cloud.authority.assume(role, "ec2.amazonaws.com"))


@contextmanager
def endpoint(scratch: Path, bucket: str = "") -> Generator[Endpoint]:
    """One endpoint, empty but for a bucket that is named."""
    authority = Authority()
    with local_endpoint(authority) as gateway:
        made = Endpoint(gateway, Cloud(gateway.endpoint, authority, Journal(), scratch))
        if bucket:
            made.cloud.client("s3").create_bucket(Bucket=bucket)
        yield made


def allow(action: str, resource: str) -> dict[str, str]:
    """A statement."""
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def refused(call: Callable[..., Any], **asked: Any) -> Mapping[str, str]:
    """The error of a call that is refused: code and text."""
    with pytest.raises(ClientError) as error:
        call(**asked)
    return error.value.response["Error"]
