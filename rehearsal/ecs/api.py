"""ECS's API, for services, their task sets, deployments and tasks; task definitions are the emulator's.

AWS documents: AmazonECS/latest/APIReference, a page for each operation.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from documents.place import Place
from rehearsal.ecs import shapes
from rehearsal.ecs.deployments.api import ServiceDeploymentsApi
from rehearsal.ecs.making import INVALID
from rehearsal.ecs.permissions import (
    listing,
    on_clusters,
    on_services,
    on_task_sets,
    on_tasks,
    to_update,
)
from rehearsal.ecs.running_service import Service
from rehearsal.ecs.service import EcsServices
from rehearsal.ecs.task_life import TaskLife
from rehearsal.ecs.task_set import TaskSet
from rehearsal.ecs.update import apply, expect_updatable
from rehearsal.endpoint.operations import operation
from rehearsal.endpoint.paging import Paging
from rehearsal.endpoint.permissions import Needed, anywhere
from rehearsal.endpoint.request import Request
from rehearsal.errors import AwsRefusal
from rehearsal.world.cloud import Cloud

Asked = Mapping[str, Any]
Answered = Mapping[str, Any]

_SERVICES = Paging(100, wrong=INVALID, said="Invalid token.", usual=10)
_TASKS = Paging(100, wrong=INVALID, said="Invalid token.")

_MOST_SERVICES = 10
_MOST = 100
"""Services, and tasks or clusters, of one description."""


class _Task(NamedTuple):
    service: Service
    task_set: TaskSet
    life: TaskLife


class EcsApi(ServiceDeploymentsApi):
    """The operations that operators and scripts ask for."""

    def __init__(self, cloud: Cloud, services: EcsServices) -> None:
        """Answer for these services, which run in the account and Region of `cloud`."""
        super().__init__(services)
        self._cloud = cloud

    def needed_to_update(self, request: Request, place: Place) -> list[Needed]:
        """What UpdateService takes: the task definition that it names is resolved first (API_UpdateService)."""
        named = request.document.get("taskDefinition")
        try:
            definition = self._services.describe_task_definition(str(named)) if named else None
        except ClientError:
            definition = None  # which is refused when it is asked for
        return to_update(request, place, definition)

    @operation(anywhere)
    def list_clusters(self, asked: Asked) -> Answered:
        """API_ListClusters: those that services of the stack are in."""
        return _TASKS.page(
            asked, "clusterArns", sorted({shapes.cluster_arn(one) for one in self._services.all()})
        )

    @operation(on_clusters)
    def describe_clusters(self, asked: Asked) -> Answered:
        """API_DescribeClusters; of a cluster what the stack's services show."""
        found: list[dict[str, Any]] = []
        failures: list[dict[str, str]] = []
        for named in _several(asked.get("clusters") or ["default"], _MOST, "clusters"):
            mine = [one for one in self._services.all() if one.cluster == _name(named)]
            if mine:
                found.append(shapes.cluster(shapes.cluster_arn(mine[0]), mine))
            else:
                failures.append(self._missing(f"cluster/{_name(named)}"))
        return {"clusters": found, "failures": failures}

    @operation(listing)
    def list_services(self, asked: Asked) -> Answered:
        """API_ListServices."""
        found = [
            one.arn
            for one in self._in_cluster(asked)
            if asked.get("launchType") in {None, "FARGATE"}
            and asked.get("schedulingStrategy") in {None, "REPLICA"}
        ]
        return _SERVICES.page(_bounded(asked), "serviceArns", sorted(found))

    @operation(on_services)
    def describe_services(self, asked: Asked) -> Answered:
        """API_DescribeServices."""
        there = {one.name: one for one in self._in_cluster(asked)}
        cluster = _name(asked.get("cluster") or "default")
        found: list[dict[str, Any]] = []
        failures: list[dict[str, str]] = []
        for named in _several(asked["services"], _MOST_SERVICES, "services"):
            one = there.get(_name(named))
            if one is None:
                failures.append(self._missing(f"service/{cluster}/{_name(named)}"))
            else:
                tags = {"tags": shapes.tags(one)} if "TAGS" in (asked.get("include") or ()) else {}
                found.append({**shapes.service(one), **tags})
        return {"services": found, "failures": failures}

    @operation(needed_to_update)
    def update_service(self, asked: Asked) -> Answered:
        """API_UpdateService: what changes at once, and what begins a deployment; answers at once."""
        one = self._service(asked)
        expect_updatable(self._cloud, one, asked)
        definition = self._definition(asked)
        with one.lock:
            deploys = apply(one, asked) or definition not in {None, one.primary.task_definition}
            if asked.get("desiredCount") is not None:
                self._services.resize(one, int(asked["desiredCount"]), wait=False)
            if deploys:
                self._services.deployments.begin(one, definition or one.primary.task_definition)
        return {"service": shapes.service(one)}

    @operation(on_task_sets)
    def describe_task_sets(self, asked: Asked) -> Answered:
        """API_DescribeTaskSets."""
        one = self._service(asked)
        named = [str(ts).rpartition("/")[2] for ts in asked.get("taskSets") or ()]
        there = {ts.id.rpartition("/")[2]: ts for ts in one.task_sets}
        found = [ts for id_, ts in there.items() if not named or id_ in named]
        prefix = f"task-set/{one.cluster}/{one.name}/ecs-svc"
        return {
            "taskSets": [shapes.task_set(one, ts) for ts in found],
            "failures": [self._missing(f"{prefix}/{id_}") for id_ in named if id_ not in there],
        }

    @operation(listing)
    def list_tasks(self, asked: Asked) -> Answered:
        """API_ListTasks: those that are to run, unless asked for those that are not."""
        services = self._in_cluster(asked)
        if asked.get("serviceName"):
            services = [self._service({**asked, "service": asked["serviceName"]})]
        wanted = str(asked.get("desiredStatus") or "RUNNING")
        found = [
            shapes.task_arn(one.service, one.life)
            for one in _tasks(services)
            if one.life.wanted == wanted
            and asked.get("family") in {None, one.life.definition.get("family")}
            and asked.get("startedBy") in {None, one.task_set.id}
            and asked.get("launchType") in {None, "FARGATE"}
            and not asked.get("containerInstance")
        ]
        return _TASKS.page(_bounded(asked), "taskArns", found)

    @operation(on_tasks)
    def describe_tasks(self, asked: Asked) -> Answered:
        """API_DescribeTasks, of stopped ones too."""
        there = {one.life.id: one for one in _tasks(self._in_cluster(asked))}
        cluster = _name(asked.get("cluster") or "default")
        found: list[dict[str, Any]] = []
        failures: list[dict[str, str]] = []
        for named in _several(asked["tasks"], _MOST, "tasks"):
            one = there.get(_name(named))
            if one is None:
                failures.append(self._missing(f"task/{cluster}/{_name(named)}"))
            else:
                found.append(shapes.task(*one))
        return {"tasks": found, "failures": failures}

    def _in_cluster(self, asked: Asked) -> list[Service]:
        name = _name(asked.get("cluster") or "default")
        found = [one for one in self._services.all() if one.cluster == name]
        if not found:
            raise AwsRefusal("ClusterNotFoundException", "Cluster not found.")
        return found

    def _service(self, asked: Asked) -> Service:
        name = _name(asked["service"])
        for one in self._in_cluster(asked):
            if one.name == name:
                return one
        raise AwsRefusal("ServiceNotFoundException", "Service not found.")

    def _definition(self, asked: Asked) -> str | None:
        """ARN of the task definition that is asked for; of a family that of its latest active revision."""
        named = asked.get("taskDefinition")
        if named is None:
            return None
        try:
            found = self._services.describe_task_definition(str(named))
        except ClientError as missing:
            raise AwsRefusal("ClientException", "TaskDefinition not found.") from missing
        if found.get("status") == "INACTIVE":
            raise AwsRefusal("ClientException", "TaskDefinition is inactive")
        return str(found["taskDefinitionArn"])

    def _missing(self, resource: str) -> dict[str, str]:
        return {"arn": self._cloud.place.arn("ecs", resource), "reason": "MISSING"}


def _tasks(services: Sequence[Service]) -> Iterator[_Task]:
    """Every task that is remembered of these services, those of deleted task sets first."""
    for service in services:
        for task_set in [*service.gone, *service.task_sets]:
            for life in list(task_set.lives):
                yield _Task(service, task_set, life)


def _several(named: Sequence[str], most: int, what: str) -> Sequence[str]:
    if not named:
        raise AwsRefusal(INVALID, f"{what} cannot be empty.")
    if len(named) > most:
        raise AwsRefusal(INVALID, f"{what} cannot have more than {most} elements.")
    return named


def _bounded(asked: Asked) -> Asked:
    if not 1 <= int(asked.get("maxResults") or 1) <= _MOST or asked.get("maxResults") == 0:
        raise AwsRefusal(INVALID, f"maxResults must be between 1 and {_MOST}, and is {asked['maxResults']}.")
    return asked


def _name(arn_or_name: object) -> str:
    return str(arn_or_name).rpartition("/")[2]
