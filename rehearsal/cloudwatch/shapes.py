"""Alarms in the shapes of CloudWatch's API. Pure.

AWS document: AmazonCloudWatch/latest/APIReference/API_MetricAlarm.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rehearsal.cloudwatch.alarms import State
from rehearsal.world.cloud import Declared
from rehearsal.world.declared_blocks import block, blocks

_TEXTS = {
    "AlarmDescription": "alarmDescription",
    "MetricName": "metricName",
    "Namespace": "namespace",
    "Statistic": "statistic",
    "ExtendedStatistic": "extendedStatistic",
    "Unit": "unit",
    "ComparisonOperator": "comparisonOperator",
    "TreatMissingData": "treatMissingData",
}
_NUMBERS = {
    "Period": "period",
    "EvaluationPeriods": "evaluationPeriods",
    "DatapointsToAlarm": "datapointsToAlarm",
}
_ACTIONS = {
    "AlarmActions": "alarmActions",
    "OKActions": "okActions",
    "InsufficientDataActions": "insufficientDataActions",
}


def metric_alarm(name: str, declared: Declared, state: State, since: datetime) -> dict[str, Any]:
    """An alarm as declared at the moment `since`, in the state it has now."""
    inputs = declared.inputs
    told: dict[str, Any] = {
        "AlarmName": name,
        "AlarmArn": declared.arn,
        "AlarmConfigurationUpdatedTimestamp": since,
        "ActionsEnabled": inputs.get("actionsEnabled") is not False,
        "StateValue": state.value,
        "StateReason": state.reason,
        "StateUpdatedTimestamp": state.changed,
        "StateTransitionedTimestamp": state.changed,
        "Dimensions": [
            {"Name": key, "Value": str(value)} for key, value in block(inputs.get("dimensions")).items()
        ],
    }
    if state.data:
        told["StateReasonData"] = state.data
    if inputs.get("threshold") is not None:
        told["Threshold"] = float(inputs["threshold"])
    if inputs.get("metricQueries"):
        told["Metrics"] = [_query(one) for one in blocks(inputs["metricQueries"])]
    told |= {to: str(inputs[of]) for to, of in _TEXTS.items() if inputs.get(of)}
    told |= {to: int(inputs[of]) for to, of in _NUMBERS.items() if inputs.get(of)}
    return told | {to: [str(one) for one in inputs.get(of) or ()] for to, of in _ACTIONS.items()}


def _query(declared: Mapping[str, Any]) -> dict[str, Any]:
    names = {"Id": "id", "Expression": "expression", "Label": "label", "AccountId": "accountId"}
    told: dict[str, Any] = {to: str(declared[of]) for to, of in names.items() if declared.get(of)}
    if declared.get("returnData") is not None:
        told["ReturnData"] = bool(declared["returnData"])
    if metric := block(declared.get("metric")):
        dimensions = block(metric.get("dimensions"))
        told["MetricStat"] = {
            "Metric": {
                "Namespace": str(metric.get("namespace")),
                "MetricName": str(metric.get("metricName")),
                "Dimensions": [{"Name": key, "Value": str(value)} for key, value in dimensions.items()],
            },
            "Period": int(metric.get("period") or 60),
            "Stat": str(metric.get("stat")),
        }
    return told
