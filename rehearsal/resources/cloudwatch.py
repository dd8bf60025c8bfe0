"""CloudWatch and EventBridge: log groups for real, rules, targets and alarms on record."""

import contextlib

from rehearsal.cloud import Cloud
from rehearsal.resources.kind import Inputs, Kind, Made, arn, on_record


def _log_group(cloud: Cloud, inputs: Inputs) -> Made:
    logs = cloud.client("logs")
    with contextlib.suppress(logs.exceptions.ResourceAlreadyExistsException):
        logs.create_log_group(logGroupName=inputs["name"])
    if inputs.get("retentionInDays"):
        logs.put_retention_policy(logGroupName=inputs["name"], retentionInDays=int(inputs["retentionInDays"]))
    return inputs["name"], {"arn": arn(cloud, "logs", f"log-group:{inputs['name']}")}


def _remove_log_group(cloud: Cloud, resource_id: str, inputs: Inputs) -> None:  # noqa: ARG001
    cloud.client("logs").delete_log_group(logGroupName=resource_id)


def _target(cloud: Cloud, inputs: Inputs) -> Made:
    rule = str(inputs["rule"])
    return f"{rule}-{inputs.get('targetId', 'target')}", {"region": cloud.region}


KINDS = {
    "aws:cloudwatch/logGroup:LogGroup": Kind(
        _log_group, _remove_log_group, longest=512, replaced_by=frozenset({"name"})
    ),
    "aws:cloudwatch/eventRule:EventRule": Kind(
        on_record("events", lambda inputs: f"rule/{inputs['name']}"), replaced_by=frozenset({"name"})
    ),
    "aws:cloudwatch/eventTarget:EventTarget": Kind(_target, named=None, replaced_by=frozenset({"rule"})),
    "aws:cloudwatch/metricAlarm:MetricAlarm": Kind(
        on_record("cloudwatch", lambda inputs: f"alarm:{inputs['name']}"),
        longest=255,
        replaced_by=frozenset({"name"}),
    ),
}
