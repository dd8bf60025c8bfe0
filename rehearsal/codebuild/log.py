"""A build's log: masked, kept for error messages, sent to CloudWatch Logs by the build role.

AWS documents: codebuild/latest/userguide/build-spec-ref.md (what is hidden: exact values only, so an encoded
secret shows here as it would there), build-env-ref.md; logs go to `/aws/codebuild/<project>` unless declared
otherwise.
"""

import time
from collections.abc import Iterable, Mapping
from typing import Any

from rehearsal.identity.authority import Credentials
from rehearsal.world import text as others
from rehearsal.world.cloud import Cloud

_MASK = "***"
_TAIL = 20
_BATCH = 1000
_GREETINGS = (
    "delivery: image ",
    "WARNING! Your ",
    "Configure a credential helper",
    "https://docs.docker.com/",
)
"""What the buildspec and Docker's login say of themselves: never why a build failed."""


class BuildLog:
    """Lines of one build."""

    def __init__(self, cloud: Cloud, project: str, build: str, declared: Mapping[str, Any]) -> None:
        """`declared` is the project's `logsConfig.cloudwatchLogs`, `build` the build's uuid."""
        self._cloud = cloud
        self._enabled = declared.get("status", "ENABLED") == "ENABLED"
        self.group = str(declared.get("groupName") or f"/aws/codebuild/{project}")
        prefix = declared.get("streamName")
        self.stream = f"{prefix}/{build}" if prefix else build
        self.file = f"build-{project}-{build[:8]}"
        """Name of the file that keeps it here."""
        self._client: Any = None
        self._secrets: list[str] = []
        self._pending: list[str] = []
        self._output: list[str] = []
        self._earlier: list[str] = []

    def open(self, credentials: Credentials) -> None:
        """Make the stream, and the group if it is missing; botocore's ClientError when the role may not."""
        if not self._enabled:
            return
        logs = self._client = self._cloud.client("logs", credentials)
        try:
            logs.create_log_stream(logGroupName=self.group, logStreamName=self.stream)
        except logs.exceptions.ResourceNotFoundException:
            logs.create_log_group(logGroupName=self.group)
            logs.create_log_stream(logGroupName=self.group, logStreamName=self.stream)

    @property
    def place(self) -> tuple[str, str] | None:
        """Group and stream, once they are there."""
        return (self.group, self.stream) if self._client is not None else None

    @property
    def is_by_line(self) -> bool:
        """Whether lines can be sent one by one: no secret reaches over a line's end, where it would not be seen."""
        return not any("\n" in secret for secret in self._secrets)

    def hide(self, secrets: Iterable[str]) -> None:
        """Show these exact values as `***` from now on."""
        self._secrets = sorted({*self._secrets, *secrets}, key=len, reverse=True)

    def agent(self, text: str) -> None:
        """Add what CodeBuild itself says."""
        self._add([f"[Container] {line}" for line in self.masked(text).splitlines()])

    def command_begins(self) -> None:
        """Put aside what earlier commands wrote: a failed command's last words are its own, if it has any."""
        self._earlier, self._output = self.tail(), []

    def output(self, text: str) -> None:
        """Add what the build's commands wrote."""
        lines = self.masked(text).splitlines()
        self._add(lines)
        own = [line for line in lines if not line.startswith(_GREETINGS)]
        self._output = others.last_words([*self._output, *own], _TAIL)

    def masked(self, text: str) -> str:
        """The text without any secret's exact value."""
        for secret in self._secrets:
            text = text.replace(secret, _MASK)
        return text

    def tail(self) -> list[str]:
        """The last lines of the last command that wrote any, as a terminal may show them."""
        return list(self._output or self._earlier)

    def _add(self, lines: list[str]) -> None:
        self._pending += lines
        self._cloud.logs.append(self.file, lines)

    def flush(self) -> None:
        """Send what was added since the last time, once the log is open.

        Raises botocore's ClientError when the role may not.
        """
        if self._client is None:
            return
        pending, self._pending = self._pending, []
        now = int(time.time() * 1000)
        for start in range(0, len(pending), _BATCH):
            events = [{"timestamp": now, "message": line or " "} for line in pending[start : start + _BATCH]]
            self._client.put_log_events(logGroupName=self.group, logStreamName=self.stream, logEvents=events)
