"""Who asks the endpoint of a local cloud: a role with these permissions and no others; and what a refusal says."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rehearsal.world.cloud import Cloud


def refused(call: Callable[..., Any], **asked: Any) -> str:
    """Code and text of a call that is refused, in one line."""
    with pytest.raises(ClientError) as error:
        call(**asked)
    said: Mapping[str, str] = error.value.response["Error"]
    return f"{said['Code']}: {said['Message']}"


def as_role(cloud: Cloud, service: str, **allowed: str | list[str]) -> Any:
    """A client of a role that may do this: actions with `_` for `:`, each on its resources."""
    authority, role = cloud.authority, cloud.place.iam_arn("role/operator")
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    statements = [
        {"Effect": "Allow", "Action": action.replace("_", ":"), "Resource": on}
        for action, on in allowed.items()
    ]
    authority.put_role(role, {"Version": "2012-10-17", "Statement": [trust]})
    authority.put_policy(role, "inline", {"Version": "2012-10-17", "Statement": statements})
    return cloud.client(service, authority.assume(role, "ec2.amazonaws.com"))
