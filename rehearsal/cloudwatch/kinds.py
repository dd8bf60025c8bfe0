"""Alarms: on record, for `rehearsal.cloudwatch.alarms` to evaluate."""

from rehearsal.world.kind import Kind, on_record

KINDS = {
    "aws:cloudwatch/metricAlarm:MetricAlarm": Kind(
        on_record("cloudwatch", lambda inputs: f"alarm:{inputs['name']}"),
        longest=255,
        replaced_by=frozenset({"name"}),
    ),
}
