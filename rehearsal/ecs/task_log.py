"""What the containers of a task write, as the awslogs driver sends it: each into a stream of its own, while they run.

AWS documents: AmazonECS/latest/developerguide/using_awslogs.md (`prefix/container/task`; the execution role sends);
AmazonECS/latest/developerguide/resource-initialization-error.md (a stream that cannot be made stops the task).
"""

import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from rehearsal.identity.authority import Credentials
from rehearsal.levels.runtime import RunningTask
from rehearsal.world import said
from rehearsal.world.cloud import Cloud
from rehearsal.world.declared_blocks import block
from rehearsal.world.logs import KEPT_LINES

EVERY = 1.0
"""Real seconds between two deliveries."""
_BATCH = 1000


class NoStream(Exception):
    """A stream cannot be made; the text is the task's stopped reason."""


class TaskLog:
    """The streams of one task."""

    def __init__(self, cloud: Cloud, task_id: str, execution: Credentials | None) -> None:
        """Send as the task's execution role."""
        self._cloud = cloud
        self._task_id = task_id
        self._execution = execution
        self._streams: dict[str, tuple[str, str]] = {}
        """Group and stream by container."""
        self._sent: dict[str, int] = {}
        self._lost = False
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def open(self, containers: Sequence[Mapping[str, Any]]) -> None:
        """Make the stream of each container that has one; NoStream."""
        for container in containers:
            configuration = block(container.get("logConfiguration"))
            if configuration.get("logDriver") == "awslogs":
                self._make(str(container["name"]), block(configuration.get("options")))

    def follow(self, task: RunningTask) -> None:
        """Send what is written from now on, until `end`."""
        if self._streams:
            name = f"log of task {self._task_id}"
            self._thread = threading.Thread(target=self._follow, args=(task,), name=name, daemon=True)
            self._thread.start()

    def end(self, task: RunningTask) -> None:
        """Send what is left, of a task that has stopped."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()
            self._send(task)

    def _make(self, container: str, options: Mapping[str, Any]) -> None:
        if self._execution is None:
            raise NoStream(
                "Fargate requires task definition to have execution role ARN to support log driver awslogs."
            )
        group = str(options.get("awslogs-group"))
        stream = f"{options.get('awslogs-stream-prefix', 'ecs')}/{container}/{self._task_id}"
        try:
            logs = self._cloud.client("logs", self._execution)
            if str(options.get("awslogs-create-group")) == "true":
                _make_group(logs, group)
            logs.create_log_stream(logGroupName=group, logStreamName=stream)
        except ClientError as error:
            raise NoStream(
                "ResourceInitializationError: failed to validate logger args: create stream has been "
                "retried 1 times: "
                f"failed to create Cloudwatch log stream: {said.whole(error)} : exit status 1"
            ) from error
        self._streams[container] = group, stream

    def _follow(self, task: RunningTask) -> None:
        while not (self._lost or self._over.wait(EVERY)):
            self._send(task)

    def _send(self, task: RunningTask) -> None:
        """Send each container's lines since the last time; a refusal loses only the log, as on AWS."""
        for container in () if self._lost else self._streams:
            written = task.written(container, KEPT_LINES)
            new = written[self._sent.get(container, 0) :]
            self._sent[container] = len(written)
            try:
                self._put(container, [line for line in new if line])
            except (BotoCoreError, ClientError) as error:
                why = said.whole(error) if isinstance(error, ClientError) else str(error)
                self._lost = True
                self._cloud.journal.record("ECS", f"the log of task {self._task_id} is lost: {why}")

    def _put(self, container: str, lines: Sequence[str]) -> None:
        group, stream = self._streams[container]
        now = int(time.time() * 1000)
        events = [{"timestamp": now, "message": line} for line in lines]
        logs = self._cloud.client("logs", self._execution)
        for start in range(0, len(events), _BATCH):
            batch = events[start : start + _BATCH]
            logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=batch)


def _make_group(logs: Any, group: str) -> None:
    try:
        logs.create_log_group(logGroupName=group)
    except ClientError as error:
        if said.code(error) != "ResourceAlreadyExistsException":
            raise
