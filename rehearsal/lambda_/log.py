"""A function's log: Lambda's own lines around the function's, sent to CloudWatch Logs by the function's role.

AWS documents: lambda/latest/dg/python-logging.md (lines), lambda-runtime-environment.md (status of a failure),
monitoring-cloudwatchlogs-log-level.md (levels), monitoring-cloudwatchlogs.md (the role's permissions). A role that may not
write loses the log; the function runs all the same.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from rehearsal.identity.authority import Credentials
from rehearsal.lambda_.declared import Function
from rehearsal.world import said
from rehearsal.world.cloud import Cloud

_BATCH = 1000
_SYSTEM_ORDER = ("DEBUG", "INFO", "WARN")
_APPLICATION_ORDER = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")


@dataclass(frozen=True)
class Report:
    """What Lambda measured of one invocation."""

    request_id: str
    milliseconds: float
    memory: int
    """MiB that were used at most."""
    init_milliseconds: float | None = None
    """Of the first invocation of an environment."""
    status: str = "success"
    """`success`, `error`, `timeout` or `failure`."""
    error_type: str | None = None

    def failed(self, error_type: str) -> "Report":
        """The same with this error."""
        return replace(self, status="error", error_type=error_type)


class FunctionLog:
    """The stream of one execution environment."""

    def __init__(self, cloud: Cloud, function: Function, credentials: Credentials, stream: str) -> None:
        """Nothing is sent before the first invocation."""
        self._cloud = cloud
        self._function = function
        self._credentials = credentials
        self.stream = stream
        self._opened = False
        self._refused = False

    def write(self, lines: Sequence[str], report: Report) -> str:
        """Send one invocation's lines; the text of them all."""
        whole = [*self._begun(report), *self._of_its_own(lines), *self._ended(report)]
        self._cloud.logs.append(f"function-{self._function.name}", whole)
        if not self._refused:
            try:
                self._send(whole)
            except ClientError as error:
                self._refused = True
                self._cloud.journal.record(
                    "Lambda", f"function {self._function.name} writes no log: {said.whole(error)}"
                )
        return "".join(f"{line}\n" for line in whole)

    def _send(self, lines: Sequence[str]) -> None:
        logs: Any = self._cloud.client("logs", self._credentials)
        where = {"logGroupName": self._function.logging.group, "logStreamName": self.stream}
        if not self._opened:
            try:
                logs.create_log_stream(**where)
            except logs.exceptions.ResourceNotFoundException:
                logs.create_log_group(logGroupName=self._function.logging.group)
                logs.create_log_stream(**where)
            self._opened = True
        now = int(time.time() * 1000)
        events = [{"timestamp": now, "message": line} for line in lines if line]
        for start in range(0, len(events), _BATCH):
            logs.put_log_events(**where, logEvents=events[start : start + _BATCH])

    def _of_its_own(self, lines: Sequence[str]) -> list[str]:
        form = self._function.logging
        if not form.json:
            return list(lines)
        least = _APPLICATION_ORDER.index(form.application_level or "INFO")
        return [line for line in lines if _APPLICATION_ORDER.index(_level(line)) >= least]

    def _begun(self, report: Report) -> list[str]:
        if not self._function.logging.json:
            return [f"START RequestId: {report.request_id} Version: $LATEST"]
        record = {"requestId": report.request_id, "version": "$LATEST"}
        return self._system("INFO", "platform.start", record)

    def _ended(self, report: Report) -> list[str]:
        billed = int(-(-report.milliseconds // 1))
        if self._function.logging.json:
            metrics: dict[str, Any] = {
                "durationMs": round(report.milliseconds, 3),
                "billedDurationMs": billed,
                "memorySizeMB": self._function.memory,
                "maxMemoryUsedMB": report.memory,
            }
            if report.init_milliseconds is not None:
                metrics["initDurationMs"] = round(report.init_milliseconds, 3)
            record = {"requestId": report.request_id, "metrics": metrics, "status": report.status}
            if report.error_type:
                record["errorType"] = report.error_type
            level = "INFO" if report.status == "success" else "WARN"
            return self._system(level, "platform.report", record)
        parts = [
            f"REPORT RequestId: {report.request_id}",
            f"Duration: {report.milliseconds:.2f} ms",
            f"Billed Duration: {billed} ms",
            f"Memory Size: {self._function.memory} MB",
            f"Max Memory Used: {report.memory} MB",
        ]
        if report.init_milliseconds is not None:
            parts.append(f"Init Duration: {report.init_milliseconds:.2f} ms")
        if report.status != "success":
            parts.append(f"Status: {report.status}")
        if report.error_type:
            parts.append(f"Error Type: {report.error_type}")
        return [f"END RequestId: {report.request_id}", "\t".join(parts)]

    def _system(self, level: str, kind: str, record: dict[str, Any]) -> list[str]:
        if _SYSTEM_ORDER.index(level) < _SYSTEM_ORDER.index(self._function.logging.system_level):
            return []
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return [json.dumps({"time": now, "type": kind, "record": record})]


def _level(line: str) -> str:
    """Level of a function's line: what a JSON object says beside its time, else INFO."""
    try:
        said_by: Any = json.loads(line)
    except ValueError:
        return "INFO"
    if not isinstance(said_by, dict) or "timestamp" not in said_by:
        return "INFO"
    level = str(said_by.get("level", "INFO")).upper()  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
    return level if level in _APPLICATION_ORDER else "INFO"
