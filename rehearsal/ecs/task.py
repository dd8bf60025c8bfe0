"""One Fargate task: started step by step as the agent does, stopped gently, remembered with its reason.

Order and texts: AmazonECS/latest/developerguide/stopped-task-error-codes, resource-initialization-error,
task_cannot_pull_image; roles: task_execution_IAM_role and task-iam-roles. The task role's keys reach the
containers as ordinary environment variables; AWS hands them out at an address inside the task.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from rehearsal.ecs import image_pull, task_definition, task_secrets
from rehearsal.ecs.task_log import NoStream, TaskLog
from rehearsal.identity.authority import AccessDenied, Credentials
from rehearsal.levels.runtime import ContainerSpec, RunningTask, Runtime
from rehearsal.world import text
from rehearsal.world.cloud import Cloud
from rehearsal.world.declared_blocks import blocks
from rehearsal.world.logs import KEPT_LINES

TASKS = "ecs-tasks.amazonaws.com"
"""The service principal that both task roles must trust."""

LOG_LINES = 20

HURRIED_STOP = 2.0
"""Real seconds between TERM and KILL when the rehearsal ends, whatever is declared."""


class StartFailed(Exception):
    """A task did not start; the text is its stopped reason."""


@dataclass(frozen=True)
class StoppedTask:
    """What is left of a task, as DescribeTasks and its log would say."""

    task_id: str
    reason: str
    """AWS's `stoppedReason`."""
    exit_code: int | None = None
    log: Sequence[str] = ()
    """The last lines the containers wrote."""

    def __str__(self) -> str:
        """Say it in one line, the log's lines after it."""
        code = "" if self.exit_code is None else f" (exit code {self.exit_code})"
        lines = "".join(f"\n    {line}" for line in self.log)
        return f"task {self.task_id}: {self.reason}{code}{lines}"


@dataclass
class LiveTask:
    """A running task and the roles it runs with."""

    task_id: str
    definition: Mapping[str, Any]
    running: RunningTask
    log: TaskLog
    addresses: dict[str, tuple[str, int]] = field(default_factory=dict[str, tuple[str, int]])
    """Where its load-balanced container ports answer from here, by the target group that they are registered in."""

    @property
    def address(self) -> tuple[str, int] | None:
        """The first of them."""
        return next(iter(self.addresses.values()), None)


def start(
    cloud: Cloud,
    runtime: Runtime,
    definition: Mapping[str, Any],
    security_groups: Sequence[str],
    task_id: str,
) -> LiveTask:
    """Start a task of a registered task definition in these groups; StartFailed with AWS's stopped reason."""
    execution = _assumed(cloud, definition.get("executionRoleArn"))
    task_role = _assumed(cloud, definition.get("taskRoleArn"))
    architecture = task_definition.architecture(definition)
    try:
        specs = [
            replace(_spec(cloud, execution, task_role, c), security_groups=security_groups)
            for c in definition["containerDefinitions"]
        ]
        specs = [
            replace(one, elsewhere=not image_pull.verify(cloud, execution, one.image, architecture))
            for one in specs
        ]
    except (task_secrets.SecretsUnavailable, image_pull.PullFailed) as failure:
        raise StartFailed(str(failure)) from failure
    log = TaskLog(cloud, task_id, execution)
    try:
        log.open(definition["containerDefinitions"])
    except NoStream as failure:
        raise StartFailed(str(failure)) from failure
    try:
        running = runtime.run_task(
            task_id, specs, str(definition.get("cpu") or "256"), str(definition.get("memory") or "512")
        )
    except RuntimeError as failure:
        # A runtime that knows ECS's own word for the reason begins with it, as in CannotPullContainerError.
        known = str(failure).split(":", 1)[0].endswith("Error")
        raise StartFailed(str(failure) if known else f"CannotStartContainerError: {failure}") from failure
    log.follow(running)
    return LiveTask(task_id, definition, running, log)


def stop(cloud: Cloud, task: LiveTask, reason: str, *, hurried: bool = False) -> StoppedTask:
    """Stop a task: TERM, the declared `stopTimeout` in real seconds (two when `hurried`), KILL."""
    exit_code = task.running.exit_code()
    declared = max(
        (float(c.get("stopTimeout") or 30) for c in task.definition["containerDefinitions"]), default=30.0
    )
    task.running.stop(HURRIED_STOP if hurried else max(declared * cloud.clock.own, HURRIED_STOP))
    written = task.running.log_tail(KEPT_LINES)
    revision = str(task.definition["taskDefinitionArn"]).rpartition("/")[2].replace(":", "-")
    cloud.logs.append(f"task-{revision}-{task.task_id[:8]}", written)
    task.log.end(task.running)
    return StoppedTask(task.task_id, reason, exit_code, text.last_words(written, LOG_LINES))


def _assumed(cloud: Cloud, role_arn: Any) -> Credentials | None:
    if not role_arn:
        return None
    try:
        return cloud.authority.assume(str(role_arn), TASKS)
    except AccessDenied as denied:
        raise StartFailed(
            f"ECS was unable to assume the role '{role_arn}' that was provided for this task. Please "
            "verify that the role being passed has the proper trust relationship and permissions and that "
            f"your IAM user has permissions to pass this role. ({denied})"
        ) from denied


def _spec(
    cloud: Cloud, execution: Credentials | None, task_role: Credentials | None, container: Mapping[str, Any]
) -> ContainerSpec:
    environment = _fargate(cloud, task_role)
    environment |= {str(v["name"]): str(v["value"]) for v in blocks(container.get("environment"))}
    environment |= task_secrets.resolved(cloud, execution, blocks(container.get("secrets")))
    return ContainerSpec(
        name=str(container["name"]),
        image=str(container["image"]),
        environment=environment,
        command=tuple(container.get("command") or ()),
        entry_point=tuple(container.get("entryPoint") or ()),
        ports=tuple(task_definition.ports(container)),
        user=container.get("user"),
        working_directory=container.get("workingDirectory"),
        essential=container.get("essential", True) is not False,
        stop_timeout=float(container.get("stopTimeout") or 30),
        definition=container,
    )


def _fargate(cloud: Cloud, task_role: Credentials | None) -> dict[str, str]:
    environment = {
        "AWS_EXECUTION_ENV": "AWS_ECS_FARGATE",
        "AWS_REGION": cloud.place.region,
        "AWS_DEFAULT_REGION": cloud.place.region,
    }
    if task_role is not None:
        environment |= {
            "AWS_ENDPOINT_URL": cloud.endpoint,
            "AWS_ACCESS_KEY_ID": task_role.access_key_id,
            "AWS_SECRET_ACCESS_KEY": task_role.secret_access_key,
            "AWS_SESSION_TOKEN": task_role.session_token or "",
        }
    return environment
