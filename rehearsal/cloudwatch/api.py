"""CloudWatch's API, for metric alarms.

AWS documents: AmazonCloudWatch/latest/APIReference, API_DescribeAlarms and API_SetAlarmState.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from rehearsal.cloudwatch.alarms import Alarms
from rehearsal.cloudwatch.permissions import on_alarm, on_alarms
from rehearsal.cloudwatch.shapes import metric_alarm
from rehearsal.endpoint.operations import operation
from rehearsal.endpoint.paging import Paging
from rehearsal.errors import AwsRefusal

Asked = Mapping[str, Any]
Answered = Mapping[str, Any]

INVALID = "ValidationError"
"""CloudWatch's code for an input that breaks a constraint."""

_PAGES = Paging(100, "NextToken", "", "MaxRecords", "InvalidNextToken")

_OF_COMPOSITES = ("ChildrenOfAlarmName", "ParentsOfAlarmName")


class CloudWatchApi:
    """The operations that operators ask for."""

    def __init__(self, alarms: Alarms) -> None:
        """Answer for these alarms."""
        self._alarms = alarms
        self._since = datetime.now(UTC)

    @operation(on_alarms)
    def describe_alarms(self, asked: Asked) -> Answered:
        """API_DescribeAlarms: each in the state that an evaluation now has; no alarm of a rehearsal is composite."""
        if asked.get("AlarmNames") and asked.get("AlarmNamePrefix"):
            raise AwsRefusal(INVALID, "AlarmNames and AlarmNamePrefix cannot be specified together")
        for name in _OF_COMPOSITES:
            if asked.get(name):
                raise AwsRefusal(INVALID, f"{name}: {asked[name]} is no composite alarm, and there is none")
        kinds = asked.get("AlarmTypes") or ["MetricAlarm"]
        found = self._found(asked) if "MetricAlarm" in kinds else []
        return {"CompositeAlarms": [], **_PAGES.page(asked, "MetricAlarms", found)}

    @operation(on_alarm)
    def set_alarm_state(self, asked: Asked) -> Answered:
        """API_SetAlarmState: for a while, because the next evaluation may set it back."""
        data = str(asked.get("StateReasonData") or "")
        if data:
            try:
                json.loads(data)
            except ValueError:
                raise AwsRefusal(
                    "InvalidFormat", "StateReasonData was not syntactically valid JSON"
                ) from None
        self._alarms.set_state(
            str(asked["AlarmName"]), str(asked["StateValue"]), str(asked["StateReason"]), data
        )
        return {}

    def _found(self, asked: Asked) -> list[dict[str, Any]]:
        names, prefix = asked.get("AlarmNames"), str(asked.get("AlarmNamePrefix") or "")
        state, action = asked.get("StateValue"), str(asked.get("ActionPrefix") or "")
        told = [
            metric_alarm(name, one, self._alarms.state(one), self._since)
            for name, one in sorted(self._alarms.declared().items())
            if name.startswith(prefix) and (not names or name in names)
        ]
        return [
            one
            for one in told
            if state in {None, one["StateValue"]}
            and (not action or any(arn.startswith(action) for arn in _actions(one)))
        ]


def _actions(alarm: Mapping[str, Any]) -> list[str]:
    return [*alarm["AlarmActions"], *alarm["OKActions"], *alarm["InsufficientDataActions"]]
