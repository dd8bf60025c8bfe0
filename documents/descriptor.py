"""What a stack says of itself: written to an SSM parameter by the program, read by whoever operates it.

The writer's values may be known later only (Pulumi outputs), the reader's are texts: `StackDescriptor[str]`.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class DescriptorError(ValueError):
    """A text is no stack's descriptor."""


@dataclass(frozen=True, kw_only=True)
class DeploymentDescriptor:
    """Where CodeDeploy moves a service's traffic."""

    code_deploy_application: str
    deployment_group: str


@dataclass(frozen=True, kw_only=True)
class TrafficDescriptor:
    """What CodeDeploy moves of a service that others made; each by its ARN."""

    listener: str
    rules: Sequence[str]
    """Rules of the listener that the deployment's role may move."""
    test_listener: str | None
    target_groups: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class ExistingDescriptor:
    """What the stack takes for granted of a service that others made."""

    execution_role: str
    task_role: str
    traffic: TrafficDescriptor | None
    """None where ECS itself moves it."""


@dataclass(frozen=True, kw_only=True)
class ServiceDescriptor(Generic[T]):
    """One service of the stack."""

    cluster: str
    service: str
    """Name of the ECS service."""
    deployment: DeploymentDescriptor | None
    """None where ECS itself moves it to a new version."""
    container: str
    """Name of the container that runs the pushed image."""
    port: int | None
    """Where it takes traffic; None for a worker."""
    listener_arn: T | None
    """The production listener; None for a worker."""
    url: T | None
    """Where it answers; the load balancer's ARN where that is not made here, None for a worker."""
    log_group: str
    existing: ExistingDescriptor | None = None
    """None for a service that the stack makes."""


@dataclass(frozen=True, kw_only=True)
class StackDescriptor(Generic[T]):
    """What an operator needs of a stack; never a secret, nor a reference to one."""

    application: str
    stack: str
    account: str
    region: str
    pipeline: T
    project: T
    """The migration's CodeBuild project."""
    repository: str
    repository_url: T
    push_role_arn: T | None
    """None when no workflow is listed."""
    tag: str
    """Tag whose push starts a release."""
    bucket: T
    template_prefix: T
    undelivered_queue_url: T
    """Queue of the pushes that started nothing."""
    services: Mapping[str, ServiceDescriptor[T]]
    migration_log_group: str

    def document(self) -> dict[str, Any]:
        """The descriptor as JSON has it."""
        services = {name: _document(service) for name, service in self.services.items()}
        return {**_document(self), "services": services}


def from_json(text: str) -> StackDescriptor[str]:
    """The descriptor in a parameter's value; DescriptorError says what is missing in it."""
    try:
        given = json.loads(text)
        services = {
            name: ServiceDescriptor[str](
                **_given(ServiceDescriptor, one, deployment=_deployment(one), existing=_existing(one))
            )
            for name, one in given["services"].items()
        }
        return StackDescriptor[str](**_given(StackDescriptor, given, services=services))
    except KeyError as error:
        raise DescriptorError(
            f"the descriptor has no {error.args[0]}, which this version writes: run pulumi up with this version first"
        ) from None
    except (AttributeError, TypeError, json.JSONDecodeError):
        raise DescriptorError(
            f"{text[:40]!r} is no descriptor, which is a JSON object: name the parameter /delivery/<application>/<stack>"
        ) from None


def _deployment(service: Mapping[str, Any]) -> DeploymentDescriptor | None:
    if _camel("code_deploy_application") not in service:
        return None
    return DeploymentDescriptor(**_given(DeploymentDescriptor, service))


def _existing(service: Mapping[str, Any]) -> ExistingDescriptor | None:
    """What a stack of an earlier version never says."""
    given = service.get("existing")
    if given is None:
        return None
    traffic = given["traffic"]
    return ExistingDescriptor(
        **_given(
            ExistingDescriptor,
            given,
            traffic=TrafficDescriptor(**_given(TrafficDescriptor, traffic)) if traffic else None,
        )
    )


def _document(value: Any) -> dict[str, Any]:
    """The fields by their names in JSON; a nested deployment's beside the others, a missing one not at all."""
    own: dict[str, Any] = {}
    for one in fields(value):
        inner = getattr(value, one.name)
        if one.name == "deployment":
            own |= _document(inner) if inner else {}
        elif one.name == "existing":
            own |= (
                {"existing": {**_document(inner), "traffic": inner.traffic and _document(inner.traffic)}}
                if inner
                else {}
            )
        else:
            own[_camel(one.name)] = inner
    return own


def _given(kind: Any, given: Mapping[str, Any], **known: Any) -> dict[str, Any]:
    return {
        one.name: known[one.name] if one.name in known else given[_camel(one.name)] for one in fields(kind)
    }


def _camel(name: str) -> str:
    return re.sub("_([a-z])", lambda match: match[1].upper(), name)
