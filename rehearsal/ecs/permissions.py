"""What a caller of ECS's API needs, where a cluster's name stands in the ARN or in a condition key.

AWS document: service-authorization/latest/reference/list_amazonelasticcontainerservice.md.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from documents.place import Place
from rehearsal.ecs.task import TASKS
from rehearsal.endpoint.permissions import Needed, on, on_each
from rehearsal.endpoint.request import Request


def on_services(request: Request, place: Place) -> list[Needed]:
    """The action of the operation's own name on each service that is named."""
    return _each(request, place, "service", request.document.get("services") or [])


def on_service(request: Request, place: Place) -> list[Needed]:
    """The same on one service."""
    return _each(request, place, "service", [str(request.document["service"])])


def on_tasks(request: Request, place: Place) -> list[Needed]:
    """The same on each task that is named."""
    return _each(request, place, "task", request.document.get("tasks") or [])


def listing(request: Request, place: Place) -> list[Needed]:
    """What lists knows no resource of ours, only the key of the cluster."""
    return on(request, "*", _of_cluster(request, place))


def on_clusters(request: Request, place: Place) -> list[Needed]:
    """The action of the operation's own name on each cluster; on the default one where the request names none."""
    names = [_name(one) for one in request.document.get("clusters") or ["default"]]
    return on_each(request, [place.arn("ecs", f"cluster/{name}") for name in names])


def on_task_sets(request: Request, place: Place) -> list[Needed]:
    """The same on each task set; on all of the service where the request names none."""
    asked = request.document
    cluster, service = _name(asked["cluster"]), _name(asked["service"])
    ids = [
        str(one).rpartition("/ecs-svc/")[2].removeprefix("ecs-svc/") for one in asked.get("taskSets") or ["*"]
    ]
    context = {
        **_of_cluster(request, place),
        "ecs:service": place.arn("ecs", f"service/{cluster}/{service}"),
    }
    prefix = place.arn("ecs", f"task-set/{cluster}/{service}")
    return [one for id_ in ids for one in on(request, f"{prefix}/ecs-svc/{id_}", context)]


def on_service_deployments(request: Request, place: Place) -> list[Needed]:
    """The same on each service deployment that is named, and on its service."""
    del place
    return _with_service(request, request.document.get("serviceDeploymentArns") or [], "service-deployment")


def on_service_deployment(request: Request, place: Place) -> list[Needed]:
    """The same on one service deployment, and on its service."""
    del place
    return _with_service(request, [str(request.document["serviceDeploymentArn"])], "service-deployment")


def on_revisions(request: Request, place: Place) -> list[Needed]:
    """The same on each service revision that is named, and on its service."""
    del place
    return _with_service(request, request.document.get("serviceRevisionArns") or [], "service-revision")


def to_update(request: Request, place: Place, definition: Mapping[str, Any] | None) -> list[Needed]:
    """UpdateService, with the task definition it resolves to where it names one, and what it takes to hand on roles."""
    asked = request.document
    context: dict[str, Any] = dict(_of_cluster(request, place))
    found: list[Needed] = []
    if definition is not None:
        context["ecs:task-definition"] = str(definition["taskDefinitionArn"])
        roles = [definition.get(key) for key in ("executionRoleArn", "taskRoleArn")]
        found += [_pass(str(role), TASKS) for role in roles if role]
    network: Mapping[str, Any] = (asked.get("networkConfiguration") or {}).get("awsvpcConfiguration") or {}
    if network.get("subnets"):
        context["ecs:subnet"] = list(network["subnets"])
    advanced = [one.get("advancedConfiguration") or {} for one in asked.get("loadBalancers") or ()]
    hooks = (asked.get("deploymentConfiguration") or {}).get("lifecycleHooks") or ()
    found += [
        _pass(str(one["roleArn"]), "ecs.amazonaws.com") for one in (*advanced, *hooks) if one.get("roleArn")
    ]
    name = str(asked["service"])
    arn = (
        name
        if name.startswith("arn:")
        else place.arn("ecs", f"service/{_name(asked.get('cluster') or 'default')}/{name}")
    )
    return [*on(request, arn, context), *found]


def _pass(role: str, service: str) -> Needed:
    return Needed("iam:PassRole", role, {"iam:PassedToService": service})


def _with_service(request: Request, arns: Sequence[str], kind: str) -> list[Needed]:
    """On each resource of a service, whose ARN ends in cluster, service and id, and on the service itself."""
    found: list[Needed] = []
    for arn in arns:
        head, _, path = arn.partition(f":{kind}/")
        cluster, _, rest = path.partition("/")
        service = f"{head}:service/{cluster}/{rest.partition('/')[0]}"
        context = {"ecs:cluster": f"{head}:cluster/{cluster}", "ecs:service": service}
        found += [*on(request, service, context), *on(request, arn, context)]
    return found or on(request, "*")


def _each(request: Request, place: Place, kind: str, names: Sequence[str]) -> list[Needed]:
    """On each of a kind whose ARNs hold the cluster's name; on `*` where none is named."""
    cluster = _name(request.document.get("cluster") or "default")
    arns = [one if one.startswith("arn:") else place.arn("ecs", f"{kind}/{cluster}/{one}") for one in names]
    return [one for arn in arns or ["*"] for one in on(request, arn, _of_cluster(request, place))]


def _of_cluster(request: Request, place: Place) -> dict[str, str]:
    return {"ecs:cluster": place.arn("ecs", f"cluster/{_name(request.document.get('cluster') or 'default')}")}


def _name(arn_or_name: object) -> str:
    return str(arn_or_name).rpartition("/")[2]
