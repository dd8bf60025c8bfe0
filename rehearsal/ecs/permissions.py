"""What a caller of ECS's API needs, where a cluster's name stands in the ARN or in a condition key.

AWS document: service-authorization/latest/reference/list_amazonelasticcontainerservice.md.
"""

from collections.abc import Sequence

from documents.place import Place
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


def _each(request: Request, place: Place, kind: str, names: Sequence[str]) -> list[Needed]:
    """On each of a kind whose ARNs hold the cluster's name; on `*` where none is named."""
    cluster = _name(request.document.get("cluster") or "default")
    arns = [one if one.startswith("arn:") else place.arn("ecs", f"{kind}/{cluster}/{one}") for one in names]
    return [one for arn in arns or ["*"] for one in on(request, arn, _of_cluster(request, place))]


def _of_cluster(request: Request, place: Place) -> dict[str, str]:
    return {"ecs:cluster": place.arn("ecs", f"cluster/{_name(request.document.get('cluster') or 'default')}")}


def _name(arn_or_name: object) -> str:
    return str(arn_or_name).rpartition("/")[2]
