"""AppSpec files of ECS deployments.

Rules: codedeploy/latest/userguide/reference-appspec-file-structure-resources ("Amazon ECS deployments") and
reference-appspec-file-structure-hooks.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

PLACEHOLDER = "<TASK_DEFINITION>"
"""What the CodeDeployToECS action replaces by the ARN it registered (action-reference-ECSbluegreen)."""

HOOKS = ("BeforeInstall", "AfterInstall", "AfterAllowTestTraffic", "BeforeAllowTraffic", "AfterAllowTraffic")
"""Lifecycle events that may have a Lambda function."""

_TOP = frozenset({"version", "Resources", "Hooks"})
_PROPERTIES = frozenset(
    {
        "TaskDefinition",
        "LoadBalancerInfo",
        "PlatformVersion",
        "NetworkConfiguration",
        "CapacityProviderStrategy",
    }
)
_NETWORK = frozenset({"Subnets", "SecurityGroups", "AssignPublicIp"})
_PUBLIC = ("ENABLED", "DISABLED")
_PLATFORMS = ("LATEST", "1.4.0")
"""Fargate's platform version for Linux that is the latest (Amazon ECS Developer Guide, platform-fargate), under both its names."""


class AppSpecError(Exception):
    """An AppSpec can't be used; the text is one sentence for whoever wrote it."""


@dataclass(frozen=True)
class AppSpec:
    """What a deployment is to put behind the load balancer."""

    task_definition: str
    """ARN."""
    container_name: str
    container_port: int
    hooks: Mapping[str, str] = field(default_factory=dict[str, str])
    """Lifecycle event → Lambda function name or ARN."""
    network: Mapping[str, Any] | None = None
    """`AwsvpcConfiguration`; None keeps the service's."""
    text: str = ""
    """As it was given."""
    location: Mapping[str, str] | None = None
    """The object in S3 that it was read from (API codedeploy.S3Location); None when it was sent itself."""

    @property
    def sha256(self) -> str:
        """Its text's checksum, by which a revision is known (API codedeploy.AppSpecContent)."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def filled(template: str, task_definition_arn: str) -> str:
    """Put the ARN in place of the placeholder; AppSpecError when it is not there."""
    if PLACEHOLDER not in template:
        raise AppSpecError(f"the AppSpec has no {PLACEHOLDER}: write it as the value of TaskDefinition")
    return template.replace(PLACEHOLDER, task_definition_arn)


def parsed(text: str) -> AppSpec:
    """Read an AppSpec whose placeholder is replaced; AppSpecError on anything CodeDeploy does not know."""
    try:
        document: Any = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise AppSpecError(f"the AppSpec is not YAML: {' '.join(str(error).split())}") from None
    top = _mapping(document, "the AppSpec")
    _only(top, _TOP, "the AppSpec")
    if str(top.get("version")) != "0.0":
        raise AppSpecError(f"the AppSpec has version {top.get('version')!r}; the only one allowed is 0.0")
    properties = _target_service(top.get("Resources"))
    info = _mapping(properties.get("LoadBalancerInfo"), "LoadBalancerInfo")
    _only(info, frozenset({"ContainerName", "ContainerPort"}), "LoadBalancerInfo")
    arn = properties.get("TaskDefinition")
    if not isinstance(arn, str) or not arn.startswith("arn:"):
        raise AppSpecError(f"TaskDefinition is {arn!r}, not the ARN of a task definition")
    name, port = info.get("ContainerName"), info.get("ContainerPort")
    if not isinstance(name, str) or not isinstance(port, int):
        raise AppSpecError(
            f"ContainerName is {name!r} and ContainerPort {port!r}; a name and a number are required"
        )
    _refuse_what_is_not_played(properties)
    return AppSpec(arn, name, port, _hooks(top.get("Hooks")), _network(properties), text)


def _refuse_what_is_not_played(properties: Mapping[str, Any]) -> None:
    platform = str(properties.get("PlatformVersion") or _PLATFORMS[0])
    if platform not in _PLATFORMS:
        raise AppSpecError(
            f"PlatformVersion is {platform}, and the rehearsal plays {' or '.join(_PLATFORMS)}: write one of them, or none"
        )
    if properties.get("CapacityProviderStrategy"):
        raise AppSpecError(
            "CapacityProviderStrategy is not played by the rehearsal, whose tasks all run as on FARGATE: leave it out"
        )


def _target_service(resources: Any) -> Mapping[str, Any]:
    if not isinstance(resources, list) or len(resources) != 1:  # pyright: ignore[reportUnknownArgumentType]
        raise AppSpecError("Resources must be a list of exactly one service")
    named = _mapping(resources[0], "Resources[0]")
    if list(named) != ["TargetService"]:
        raise AppSpecError(f"Resources[0] has {list(named)}; it must have exactly TargetService")
    service = _mapping(named["TargetService"], "TargetService")
    _only(service, frozenset({"Type", "Properties"}), "TargetService")
    if service.get("Type") != "AWS::ECS::Service":
        raise AppSpecError(
            f"TargetService has Type {service.get('Type')!r}; an ECS deployment needs AWS::ECS::Service"
        )
    properties = _mapping(service.get("Properties"), "Properties")
    _only(properties, _PROPERTIES, "Properties")
    return properties


def _hooks(hooks: Any) -> dict[str, str]:
    if hooks is None:
        return {}
    if not isinstance(hooks, list):
        raise AppSpecError("Hooks must be a list of lifecycle events")
    found: dict[str, str] = {}
    for entry in hooks:  # pyright: ignore[reportUnknownVariableType]
        named = _mapping(entry, "an entry of Hooks")
        _only(named, frozenset(HOOKS), "Hooks")
        found |= {event: str(function) for event, function in named.items()}
    return found


def _network(properties: Mapping[str, Any]) -> Mapping[str, Any] | None:
    if properties.get("NetworkConfiguration") is None:
        return None
    outer = _mapping(properties["NetworkConfiguration"], "NetworkConfiguration")
    inner = _mapping(outer.get("AwsvpcConfiguration"), "AwsvpcConfiguration")
    if frozenset(inner) != _NETWORK:
        raise AppSpecError(
            f"AwsvpcConfiguration has {sorted(inner)}; all of {sorted(_NETWORK)} are needed, or none"
        )
    if inner["AssignPublicIp"] not in _PUBLIC:
        raise AppSpecError(f"AssignPublicIp is {inner['AssignPublicIp']!r}; it is {' or '.join(_PUBLIC)}")
    return inner


def _mapping(value: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise AppSpecError(f"{what} is {value!r}, not a mapping")
    return value  # pyright: ignore[reportUnknownVariableType]


def _only(value: Mapping[str, Any], allowed: frozenset[str], what: str) -> None:
    if unknown := sorted(set(value) - allowed):
        raise AppSpecError(f"{what} has the unknown key {unknown[0]!r}; allowed are {sorted(allowed)}")
