"""ECS as the release function's tests find it: one service, the revisions of its family, and its deployments."""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

ARN = "arn:aws:ecs:us-east-1:123456789012"
CLUSTER, SERVICE = "apps", "shop-stg-web"
FIRST = f"{ARN}:task-definition/{SERVICE}:1"
_BEGUN = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class EcsCloud:
    """What there is; by default a service whose first revision was deployed, and runs two tasks."""

    controller: str | None = "ECS"
    launch: dict[str, Any] = field(default_factory=lambda: {"launchType": "FARGATE"})
    serving: str = ""
    """Target group of the PRIMARY task set, of a service of CodeDeploy's."""
    status: str = "ACTIVE"
    definition: str = FIRST
    alarms: list[str] = field(default_factory=list)
    heeds: bool = True
    definitions: dict[str, dict[str, Any]] = field(default_factory=lambda: {FIRST: {}})
    """Registered inputs by ARN."""
    deployments: list[dict[str, Any]] = field(default_factory=list)
    """Oldest first, which is as good an order as any."""
    details: dict[str, Any] = field(default_factory=dict)
    """What is said of the newest deployment besides."""
    tasks: list[dict[str, Any]] = field(default_factory=list)
    primary: str = ""
    """What the service still shows as its newest definition; empty for what it is."""
    lists: bool = True
    """Whether a new deployment is listed at once."""

    def __post_init__(self) -> None:
        self._numbers = itertools.count(1)
        if not self.deployments:
            self.deploy(FIRST, "SUCCESSFUL")
        if not self.tasks:
            self.tasks = [self.task(FIRST) for _ in range(2)]

    def deploy(self, definition: str, status: str = "IN_PROGRESS", reason: str = "") -> str:
        """A new deployment; its ARN."""
        number = next(self._numbers)
        self.definition = definition
        self.deployments.append(
            {
                "serviceDeploymentArn": f"{ARN}:service-deployment/{CLUSTER}/{SERVICE}/d{number}",
                "targetServiceRevisionArn": f"{ARN}:service-revision/{CLUSTER}/{SERVICE}/{number}",
                "createdAt": _BEGUN + timedelta(hours=number),
                "status": status,
                "statusReason": reason,
                "definition": definition,
            }
        )
        return str(self.deployments[-1]["serviceDeploymentArn"])

    def end(self, status: str, reason: str = "", definition: str | None = None) -> None:
        """End the newest deployment; `definition` is what the service has then, if another."""
        self.deployments[-1] |= {"status": status, "statusReason": reason}
        self.definition = definition or self.definition
        if status == "SUCCESSFUL":
            self.tasks = [self.task(self.definition) for _ in range(2)]

    def task(self, definition: str, **more: Any) -> dict[str, Any]:
        """A task."""
        arn = f"{ARN}:task/{CLUSTER}/t{next(self._numbers)}"
        given = {"lastStatus": "RUNNING", "desiredStatus": "RUNNING", **more}
        return {"taskArn": arn, "taskDefinitionArn": definition, **given}

    @property
    def operations(self) -> Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]]:
        """What each operation answers."""
        return {
            "DescribeServices": self._services,
            "UpdateService": self._update,
            "RegisterTaskDefinition": self._register,
            "DescribeTaskDefinition": self._definition,
            "ListServiceDeployments": self._list,
            "DescribeServiceDeployments": self._detail,
            "DescribeServiceRevisions": self._revisions,
            "StopServiceDeployment": self._stop,
            "ListTasks": self._listed,
            "DescribeTasks": lambda asked: {
                "tasks": [t for t in self.tasks if t["taskArn"] in asked["tasks"]]
            },
        }

    def _services(self, asked: dict[str, Any]) -> dict[str, Any]:
        assert (asked["cluster"], asked["services"]) == (CLUSTER, [SERVICE])
        alarms = {"alarmNames": self.alarms, "enable": self.heeds, "rollback": True}
        running = [one for one in self.tasks if one["lastStatus"] == "RUNNING"]
        shown = self.primary or self.definition
        primary = {"status": "PRIMARY", "taskDefinition": shown, "runningCount": len(running)}
        service = {
            "serviceArn": f"{ARN}:service/{CLUSTER}/{SERVICE}",
            "status": self.status,
            "taskDefinition": self.definition,
            "deployments": [{"status": "ACTIVE", "taskDefinition": FIRST, "runningCount": 9}, primary],
            "deploymentConfiguration": {"alarms": alarms},
            **self.launch,
            **({"deploymentController": {"type": self.controller}} if self.controller else {}),
            **({"taskSets": self._task_sets()} if self.serving else {}),
        }
        return {"services": [service], "failures": []}

    def _task_sets(self) -> list[dict[str, Any]]:
        balancer = {"targetGroupArn": self.serving, "containerName": "app", "containerPort": 8080}
        return [{"status": "ACTIVE"}, {"status": "PRIMARY", "loadBalancers": [balancer]}]

    def _update(self, asked: dict[str, Any]) -> dict[str, Any]:
        assert asked.keys() <= {"cluster", "service", "taskDefinition", "forceNewDeployment"}, (
            "a service of ECS's own blue/green deployments takes nothing else"
        )
        wanted = asked["taskDefinition"]
        assert wanted in self.definitions
        if wanted != self.definition or asked.get("forceNewDeployment"):
            self.deploy(wanted)
        return {"service": {}}

    def _register(self, asked: dict[str, Any]) -> dict[str, Any]:
        arn = f"{ARN}:task-definition/{asked['family']}:{len(self.definitions) + 1}"
        self.definitions[arn] = asked
        return {"taskDefinition": {"taskDefinitionArn": arn}, "tags": asked.get("tags", [])}

    def _definition(self, asked: dict[str, Any]) -> dict[str, Any]:
        wanted = asked["taskDefinition"]
        arn = wanted if wanted in self.definitions else next(reversed(self.definitions), None)
        if arn is None:
            raise ClientError(
                {"Error": {"Code": "ClientException", "Message": "Unable to describe task definition."}},
                "DescribeTaskDefinition",
            )
        given = self.definitions[arn]
        tags = {"tags": given.get("tags", [])} if "TAGS" in asked.get("include", []) else {}
        kept = {key: value for key, value in given.items() if key != "tags"}
        return {"taskDefinition": {**kept, "taskDefinitionArn": arn}, **tags}

    def _list(self, asked: dict[str, Any]) -> dict[str, Any]:
        """In two pages, so that one that reads the first only misses the newest."""
        shown = self.deployments if self.lists else self.deployments[:-1]
        half = len(shown) // 2
        page = shown[half:] if asked.get("nextToken") else shown[:half]
        briefs = [{k: v for k, v in one.items() if k != "definition"} for one in page]
        return {"serviceDeployments": briefs} | ({} if asked.get("nextToken") else {"nextToken": "more"})

    def _detail(self, asked: dict[str, Any]) -> dict[str, Any]:
        [wanted] = asked["serviceDeploymentArns"]
        [found] = [one for one in self.deployments if one["serviceDeploymentArn"] == wanted]
        said = {key: found[key] for key in ("serviceDeploymentArn", "status", "statusReason")}
        before = [{"arn": one["targetServiceRevisionArn"]} for one in self.deployments if one is not found]
        said["sourceServiceRevisions"] = before[-1:]
        return {"serviceDeployments": [{**said, **self.details}], "failures": []}

    def _revisions(self, asked: dict[str, Any]) -> dict[str, Any]:
        wanted = asked["serviceRevisionArns"]
        assert 0 < len(wanted) <= 20
        found = [
            {"serviceRevisionArn": one["targetServiceRevisionArn"], "taskDefinition": one["definition"]}
            for one in self.deployments
            if one["targetServiceRevisionArn"] in wanted
        ]
        return {"serviceRevisions": found, "failures": []}

    def _stop(self, asked: dict[str, Any]) -> dict[str, Any]:
        assert asked["stopType"] == "ROLLBACK"
        self.deployments[-1]["status"] = "ROLLBACK_REQUESTED"
        return {"serviceDeploymentArn": asked["serviceDeploymentArn"]}

    def _listed(self, asked: dict[str, Any]) -> dict[str, Any]:
        assert asked["serviceName"] == SERVICE
        arns = [one["taskArn"] for one in self.tasks if one["desiredStatus"] == asked["desiredStatus"]]
        return {"taskArns": arns}
