"""What Fargate does not take in a task definition, and what it takes and a rehearsal does not play.

Amazon ECS Developer Guide, fargate-tasks-services ("Task definition parameters", "Task resource limits"); Amazon ECS API
Reference, ContainerDefinition, LinuxParameters and KernelCapabilities. AWS documents no texts for these refusals: they are
ours.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from rehearsal.world.declared_blocks import block, blocks

_NEVER_BY_TASK = ("ipcMode", "placementConstraints", "inferenceAccelerators")
NEVER_BY_CONTAINER = (
    "disableNetworking", "dnsSearchDomains", "dnsServers", "dockerSecurityOptions", "extraHosts", "links", "privileged",
    "hostname",
)  # fmt: skip
_NEVER_IN_LINUX = ("devices", "sharedMemorySize", "tmpfs", "maxSwap", "swappiness")
_ADDABLE = frozenset({"SYS_PTRACE"})
_STOP = (2, 120)
_MOST_FILES = 1_048_576

_UNPLAYED_BY_TASK = ("volumes", "proxyConfiguration", "pidMode")
_UNPLAYED_BY_CONTAINER = (
    "environmentFiles", "firelensConfiguration", "restartPolicy", "mountPoints", "volumesFrom", "dependsOn", "startTimeout",
    "systemControls", "resourceRequirements", "credentialSpecs", "interactive", "pseudoTerminal",
)  # fmt: skip


def refusals(definition: Mapping[str, Any]) -> list[str]:
    """Why Fargate takes no such task definition, or why a rehearsal cannot play it; each one sentence, none when both can."""
    if "FARGATE" not in (definition.get("requiresCompatibilities") or ()):
        return ['requiresCompatibilities has no "FARGATE", and the services run there: add it']
    return [*_of_task(definition), *_of_containers(definition)]


def _of_task(definition: Mapping[str, Any]) -> Iterator[str]:
    if definition.get("networkMode") != "awsvpc":
        yield f"networkMode is {definition.get('networkMode')!r}; tasks on Fargate have awsvpc"
    for key in _NEVER_BY_TASK:
        if definition.get(key):
            yield f"{key} is not valid in tasks on Fargate: leave it out"
    for key in _UNPLAYED_BY_TASK:
        if definition.get(key):
            yield f"{key} is not played by the rehearsal"


def _of_containers(definition: Mapping[str, Any]) -> Iterator[str]:
    for container in blocks(definition.get("containerDefinitions")):
        where = f"of container {container.get('name')!r}"
        for key in NEVER_BY_CONTAINER:
            if container.get(key):
                yield f"{key} {where} is not valid in tasks on Fargate: leave it out"
        for key in _UNPLAYED_BY_CONTAINER:
            if container.get(key):
                yield f"{key} {where} is not played by the rehearsal"
        yield from _of_linux(block(container.get("linuxParameters")), where)
        yield from _of_limits(container, where)


def _of_linux(linux: Mapping[str, Any], where: str) -> Iterator[str]:
    for key in _NEVER_IN_LINUX:
        if linux.get(key):
            yield f"linuxParameters.{key} {where} is not supported on Fargate: leave it out"
    added = block(linux.get("capabilities")).get("add") or ()
    for one in sorted(set(map(str, added)) - _ADDABLE):
        yield f"capability {one} {where} can't be added on Fargate, which adds SYS_PTRACE only: leave it out"


def _of_limits(container: Mapping[str, Any], where: str) -> Iterator[str]:
    stop = container.get("stopTimeout")
    if stop is not None and not _STOP[0] <= int(stop) <= _STOP[1]:
        yield f"stopTimeout {stop} {where} is outside Fargate's {_STOP[0]} to {_STOP[1]} seconds"
    for limit in blocks(container.get("ulimits")):
        if limit.get("name") == "nofile" and int(limit.get("hardLimit") or 0) > _MOST_FILES:
            yield f"nofile {limit['hardLimit']} {where} is more than Fargate's {_MOST_FILES}"
