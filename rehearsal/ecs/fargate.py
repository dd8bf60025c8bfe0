"""What Fargate does not take in a task definition, and what it takes and a rehearsal does not play.

Amazon ECS Developer Guide, fargate-tasks-services ("Task definition parameters", "Task resource limits"); Amazon ECS API
Reference, ContainerDefinition, LinuxParameters and KernelCapabilities. AWS documents no texts for these refusals: they are
ours.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rehearsal.world.declared_blocks import block, blocks

NEVER_BY_TASK = ("ipcMode", "placementConstraints", "inferenceAccelerators")
NEVER_BY_CONTAINER = (
    "disableNetworking", "dnsSearchDomains", "dnsServers", "dockerSecurityOptions", "extraHosts", "links", "privileged",
    "hostname",
)  # fmt: skip
_NEVER_IN_LINUX = ("devices", "sharedMemorySize", "tmpfs", "maxSwap", "swappiness")
_ADDABLE = frozenset({"SYS_PTRACE"})
_STOP = (2, 120)
_MOST_FILES = 1_048_576

PLAYED_BY_TASK = (
    "family", "taskRoleArn", "executionRoleArn", "networkMode", "containerDefinitions", "requiresCompatibilities", "cpu", "memory",
    "runtimePlatform", "tags",
)  # fmt: skip
"""What a task definition may say: all of it is played, but tags, which no release depends on."""
PLAYED_BY_CONTAINER = (
    "name", "image", "cpu", "memory", "memoryReservation", "portMappings", "essential", "entryPoint", "command", "environment",
    "linuxParameters", "secrets", "stopTimeout", "user", "workingDirectory", "readonlyRootFilesystem", "ulimits",
    "logConfiguration", "healthCheck", "dockerLabels", "versionConsistency",
)  # fmt: skip
"""The same of a container; no release depends on labels, nor on which digest a tag of a sidecar was when the deployment began."""
UNPLAYED_BY_TASK = ("volumes", "proxyConfiguration", "pidMode", "ephemeralStorage", "enableFaultInjection")
UNPLAYED_BY_CONTAINER = (
    "repositoryCredentials",
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
    system = block(definition.get("runtimePlatform")).get("operatingSystemFamily") or "LINUX"
    if system != "LINUX":
        yield f"operatingSystemFamily is {system}, and the rehearsal plays LINUX"
    for key in NEVER_BY_TASK:
        if definition.get(key):
            yield f"{key} is not valid in tasks on Fargate: leave it out"
    for key in UNPLAYED_BY_TASK:
        if definition.get(key):
            yield f"{key} is not played by the rehearsal"


def _of_containers(definition: Mapping[str, Any]) -> Iterator[str]:
    for container in blocks(definition.get("containerDefinitions")):
        where = f"of container {container.get('name')!r}"
        for key in NEVER_BY_CONTAINER:
            if container.get(key):
                yield f"{key} {where} is not valid in tasks on Fargate: leave it out"
        for key in UNPLAYED_BY_CONTAINER:
            if container.get(key):
                yield f"{key} {where} is not played by the rehearsal"
        yield from _of_linux(block(container.get("linuxParameters")), where)
        yield from _of_limits(container, where)
        yield from _of_ports(blocks(container.get("portMappings")), where)
        yield from _of_log(block(container.get("logConfiguration")), where)


def _of_ports(mappings: Iterable[Mapping[str, Any]], where: str) -> Iterator[str]:
    """Amazon ECS API Reference, PortMapping: with awsvpc a host port is the container's own."""
    for one in mappings:
        port = one.get("containerPort")
        if one.get("hostPort") not in (None, 0, port):
            yield f"hostPort {one['hostPort']} {where} is not its containerPort {port}, as awsvpc wants it: leave it out"
        if one.get("containerPortRange"):
            yield f"containerPortRange {where} is not played by the rehearsal"
        if one.get("protocol") == "udp":
            yield f"port {port} {where} has protocol udp, which is not played by the rehearsal"


def _of_log(log: Mapping[str, Any], where: str) -> Iterator[str]:
    """Amazon ECS API Reference, LogConfiguration: Fargate has three drivers."""
    driver = log.get("logDriver")
    if driver in ("splunk", "awsfirelens"):
        yield f"logDriver {driver} {where} is not played by the rehearsal, which plays awslogs"
    elif driver not in (None, "awslogs"):
        yield f"logDriver {driver} {where} is not one of Fargate's, awslogs, splunk and awsfirelens"
    if log.get("secretOptions"):
        yield f"logConfiguration.secretOptions {where} is not played by the rehearsal"


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
