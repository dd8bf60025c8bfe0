"""Log groups of CloudWatch Logs: real ones."""

import contextlib

from rehearsal.world.cloud import Cloud
from rehearsal.world.kind import Inputs, Kind, Made, arn, refuse_taken


def _log_group(cloud: Cloud, inputs: Inputs) -> Made:
    logs = cloud.client("logs")
    with contextlib.suppress(logs.exceptions.ResourceAlreadyExistsException):
        logs.create_log_group(logGroupName=inputs["name"])
    if inputs.get("retentionInDays"):
        logs.put_retention_policy(logGroupName=inputs["name"], retentionInDays=int(inputs["retentionInDays"]))
    return inputs["name"], {"arn": arn(cloud, "logs", f"log-group:{inputs['name']}")}


def _remove_log_group(cloud: Cloud, resource_id: str, inputs: Inputs) -> None:  # noqa: ARG001
    cloud.client("logs").delete_log_group(logGroupName=resource_id)


LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"

KINDS = {
    LOG_GROUP: Kind(
        _log_group,
        _remove_log_group,
        longest=512,
        refuse=refuse_taken(
            LOG_GROUP, "ResourceAlreadyExistsException: The specified log group already exists"
        ),  # API_CreateLogGroup
        replaced_by=frozenset({"name"}),
    ),
}
