"""What may stand beside `existing`: what the service's owner decides is not said a second time. Each finding is the first that is wrong."""

from collections.abc import Collection, Iterator, Mapping

from settings.existing import Existing
from settings.rollout import Mover, Rollout

_OWNERS = (
    "load_balancer",
    "desired_count",
    "autoscaled",
    "bootstrap_image",
    "task_role_statements",
    "execution_role_statements",
    "further_target_groups",
    "service_connect",
)
"""Settings of a service that only make one."""

_STRATEGIES = ("strategy", "canary", "linear", "rolling", "bake_time_minutes", "lifecycle_hooks")


def besides(existing: Existing, rollout: Rollout, given: Collection[str]) -> Iterator[str]:
    """What belongs to the owner; `given` are the settings of the service that were written."""
    for name in _OWNERS:
        if name in given:
            yield (
                f"{_spelled(name)} stands beside existing, and {existing.service} is made and kept by its owner, who says so there: "
                f"remove {_spelled(name)}, or remove existing and let this stack make the service"
            )
    if existing.traffic is None:
        yield from _moved_by_ecs(rollout)
    elif rollout.by is Mover.ECS:
        yield (
            "rollout.by is ecs, and existing.traffic is what CodeDeploy has to know: leave existing.traffic out, and ECS moves the service "
            "as its owner has set it up"
        )
    elif rollout.hooks.after_allow_test_traffic and existing.traffic.test_listener_arn is None:
        yield (
            "rollout.hooks.afterAllowTestTraffic is called while a test listener points to green (CodeDeploy User Guide, "
            "tutorial-ecs-with-hooks-create-second-listener), and there is no existing.traffic.testListenerArn: give one, or take another "
            "hook such as afterInstall"
        )


def twice(services: Mapping[str, tuple[str, Existing]]) -> Iterator[str]:
    """Services, or target groups of theirs, that two deliveries would move; each with its cluster, by its name in the settings."""
    seen: dict[object, str] = {}
    for name, (cluster, existing) in services.items():
        there = (cluster, existing.service)
        for thing in (there, *(existing.traffic.target_group_arns if existing.traffic else ())):
            other = seen.setdefault(thing, name)
            if other != name:
                said = (
                    f"service {there[1]} of cluster {cluster}" if thing is there else f"target group {thing}"
                )
                yield (
                    f"services {other} and {name} both move {said}, and a service has one deployment group (CodeDeploy User Guide, "
                    "deployment-groups-create-ecs): name each once"
                )


def _moved_by_ecs(rollout: Rollout) -> Iterator[str]:
    if rollout.by is Mover.CODEDEPLOY:
        yield (
            "rollout.by is codedeploy, and existing.traffic does not say between which target groups, behind which listener: add it, or "
            "remove rollout.by"
        )
    for name in _STRATEGIES:
        if name in rollout.model_fields_set:
            yield (
                f"rollout.{_spelled(name)} is the existing service's own (its deployment configuration), which its owner keeps: change it "
                "there and remove it here"
            )


def _spelled(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.title, rest))
